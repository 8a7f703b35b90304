"""toolkit cache: what is kept, and forgetting it."""

import json
import sys

import click

from toolkit.cli.options import json_option, talk_options


@click.group("cache", short_help="Show or clear the vectors that are kept.")
def cache_command() -> None:
    """Show or clear the file that keeps vectors, so that no text is embedded twice."""


@cache_command.command("info")
@json_option
@talk_options
def info(as_json: bool) -> None:
    """Show where the cache is, how large, and what it holds."""
    from dataclasses import asdict

    from toolkit.embedding import cache_info, default_cache_path

    path, spaces = default_cache_path(), cache_info()
    n_bytes = path.stat().st_size if path.exists() else 0
    if as_json:
        rows = [asdict(space) for space in spaces]
        click.echo(json.dumps({"path": str(path), "n_bytes": n_bytes, "spaces": rows}))
        return
    click.echo(f"{path}  ({n_bytes / 1e6:,.1f} MB)")
    for space in spaces:
        prompt = f"  task or prompt {space.task!r}" if space.task else ""
        click.echo(f"  {space.n_vectors:>9,} vectors  {space.fingerprint}{prompt}")
    if not spaces:
        click.echo("  nothing is kept yet")


@cache_command.command("clear")
@click.option("--provider", metavar="NAME", help="Forget only this provider's vectors.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@talk_options
def clear(provider: str | None, yes: bool) -> None:
    """Forget vectors; the texts will be embedded again when they are needed."""
    from toolkit.embedding import clear_cache, default_cache_path, provider_from_name

    fingerprint = provider_from_name(provider).fingerprint if provider else None
    if not yes:
        what = f"the vectors of {provider}" if provider else "all vectors"
        if not sys.stdin.isatty():
            raise click.UsageError("there is no terminal to ask at: add --yes to forget vectors")
        if not click.confirm(f"Forget {what} in {default_cache_path()}?", err=True):
            click.echo("Nothing was forgotten", err=True)
            return
    click.echo(f"{clear_cache(fingerprint):,} vectors forgotten")
