"""toolkit doctor: what is installed here, and what a bug report should say."""

import json

import click

from toolkit.cli.options import json_option, talk_options


@click.command("doctor", short_help="Show versions, device, models and keys, for a bug report.")
@json_option
@talk_options
def doctor_command(as_json: bool) -> None:
    """Show versions, device, models on this machine, and which keys are set, never their values."""
    from toolkit.cli.health import health

    found = health()
    if as_json:
        click.echo(json.dumps(found))
        return
    for title, facts in found.items():
        click.echo(title)
        width = max(map(len, facts), default=0)
        for name, value in facts.items():
            click.echo(f"  {name:<{width}}  {value}")
