"""toolkit cache: what is kept, and forgetting it."""

import json
import sys

import click

from toolkit.cli.options import json_option, talk_options


@click.group("cache", short_help="Show or clear what is kept.")
def cache_command() -> None:
    """Show or clear what is kept, so that no text is embedded and no name is asked for twice."""


@cache_command.command("info")
@json_option
@talk_options
def info(as_json: bool) -> None:
    """Show where the cache is, how large, and what it holds."""
    from dataclasses import asdict

    from toolkit.embedding import cache_info, default_cache_path
    from toolkit.embedding.kept_replies import KeptReplies

    path, spaces, replies = default_cache_path(), cache_info(), KeptReplies()
    n_replies = len(replies.files())
    n_bytes = path.stat().st_size if path.exists() else 0
    if as_json:
        rows = [asdict(space) for space in spaces]
        found = {"path": str(path), "n_bytes": n_bytes, "spaces": rows}
        kept = {"path": str(replies.path), "n_bytes": replies.n_bytes(), "n_replies": n_replies}
        click.echo(json.dumps({**found, "chat": kept}))
        return
    click.echo(f"{path}  ({n_bytes / 1e6:,.1f} MB)")
    for space in spaces:
        prompt = f"  task or prompt {space.task!r}" if space.task else ""
        click.echo(f"  {space.n_vectors:>9,} vectors  {space.fingerprint}{prompt}")
    if not spaces:
        click.echo("  nothing is kept yet")
    if n_replies:
        click.echo(f"{replies.path}  ({replies.n_bytes() / 1e6:,.1f} MB)")
        click.echo(f"  {n_replies:>9,} replies of chat models")


@cache_command.command("clear")
@click.option(
    "--provider", metavar="NAME", help="Forget only this provider's vectors, and no replies."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@talk_options
def clear(provider: str | None, yes: bool) -> None:
    """Forget vectors, and replies of chat models; what is needed again is asked for again."""
    from toolkit.embedding import clear_cache, default_cache_path, provider_from_name
    from toolkit.embedding.kept_replies import KeptReplies

    fingerprint = provider_from_name(provider).fingerprint if provider else None
    if not yes:
        what = f"the vectors of {provider}" if provider else "all vectors and replies"
        if not sys.stdin.isatty():
            raise click.UsageError("there is no terminal to ask at: add --yes to forget vectors")
        if not click.confirm(f"Forget {what} in {default_cache_path()}?", err=True):
            click.echo("Nothing was forgotten", err=True)
            return
    click.echo(f"{clear_cache(fingerprint):,} vectors forgotten")
    if provider is None and (n_replies := KeptReplies().clear()):
        click.echo(f"{n_replies:,} replies of chat models forgotten")
