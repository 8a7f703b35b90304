"""What a command says on stderr while its data goes to stdout."""

import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext

import click

from toolkit.plain_text import one_line

_QUIET = "toolkit.quiet"


def be_quiet(ctx: click.Context, _option: click.Parameter, quiet: bool) -> None:
    """Turn notes, warnings and progress off."""
    ctx.meta[_QUIET] = quiet
    if quiet:
        warnings.simplefilter("ignore")
        os.environ["TOOLKIT_PROGRESS"] = "0"


def note(message: str) -> None:
    """Say one line on stderr."""
    if not click.get_current_context().meta.get(_QUIET):
        click.echo(one_line(message), err=True)


def notes(messages: Iterable[str]) -> None:
    """Say several lines on stderr, each marked as a note."""
    for message in messages:
        note(f"note: {message}")


@contextmanager
def telling_counts(max_cost: float | None = None) -> Iterator[None]:
    """
    Afterwards say how many texts were embedded, what it cost, and what was odd.

    What a service was asked for is told even if the block fails: it may have cost something.
    """
    from toolkit.embedding import counting, spending_at_most

    limited = nullcontext() if max_cost is None else spending_at_most(max_cost)
    with counting() as counts:
        try:
            with limited:
                yield
        finally:
            if counts.embedded or counts.cached:
                note(f"{counts.embedded:,} texts embedded, {counts.cached:,} taken from the cache")
            if usage := counts.usage():
                note(f"sent: {usage}")
    notes(counts.notes())
