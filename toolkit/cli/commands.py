"""The commands by name; each is imported only when it is run or described."""

import difflib
from importlib import import_module

import click

_HOME = {
    "similarity": "similarity",
    "embed": "embed",
    "search": "search",
    "dedupe": "dedupe",
    "cluster": "cluster",
    "outliers": "outliers",
    "audit": "audit",
    "drift": "drift",
    "fit": "fit",
    "predict": "predict",
    "evaluate": "evaluate",
    "models": "models",
    "doctor": "doctor",
    "cache": "cache",
    "demo": "demo",
}

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands in the order of their use."""
        return list(_HOME)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command of this name."""
        if cmd_name not in _HOME:
            return None
        command: click.Command = getattr(
            import_module(f"toolkit.cli.{_HOME[cmd_name]}"), f"{cmd_name}_command"
        )

        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the nearest name for one that is not there."""
        near = difflib.get_close_matches(args[0], _HOME, n=1)
        if args[0] in _HOME or args[0].startswith("-") or not near:
            return super().resolve_command(ctx, args)
        raise click.UsageError(f"no such command {args[0]!r}; did you mean {near[0]!r}?", ctx)


@click.group(cls=_Commands, context_settings=_SETTINGS)
@click.version_option(package_name="text-embedding-toolkit", prog_name="toolkit")
def toolkit() -> None:
    """
    Learn labels for a table of texts by what they mean, and tell how sure the answers are.

    Begin with:  toolkit demo
    """
