"""How a command ends: its exit code, and one sentence on stderr if it failed."""

import os
import sys
import warnings
from collections.abc import Sequence

import click

from toolkit.errors import ToolkitError, ToolkitWarning
from toolkit.plain_text import cut

DONE, FAILED, USAGE, SOME_ROWS_FAILED, CHECK_FAILED, INTERRUPTED = 0, 1, 2, 3, 4, 130

LONGEST_SENTENCE = 600


class SomeRowsFailed(Exception):
    """The command did its work, but not for every row."""


class CheckFailed(Exception):
    """The command did its work, and what it found is more than was allowed."""


_TOLD = (click.ClickException, click.Abort, SomeRowsFailed, CheckFailed)


def run(command: click.Command, arguments: Sequence[str]) -> int:
    """Run a command and return its exit code; a failure is told in one sentence."""
    debug = "--debug" in arguments or os.environ.get("TOOLKIT_DEBUG") == "1"
    with warnings.catch_warnings():
        if not debug:
            _tell_warnings_as_notes()
        try:
            command.main(args=list(arguments), prog_name="toolkit", standalone_mode=False)
        except click.exceptions.Exit as ending:
            return ending.exit_code
        except BrokenPipeError:
            _forget_stdout()
            return DONE
        except (Exception, KeyboardInterrupt) as error:
            is_ours = isinstance(
                error, (click.ClickException, click.Abort, SomeRowsFailed, CheckFailed)
            )
            if debug and not is_ours:
                raise
            return _tell(error)

    return DONE


def _tell(error: BaseException) -> int:
    """Say on stderr what happened and return the exit code for it."""
    match error:
        case click.ClickException():
            error.show()
            return error.exit_code
        case KeyboardInterrupt() | click.Abort():
            message = "Interrupted: what was embedded is kept; the same command goes on from there."
            code = INTERRUPTED
        case SomeRowsFailed():
            message, code = f"Done, but {error}", SOME_ROWS_FAILED
        case CheckFailed():
            message, code = f"Check failed: {error}", CHECK_FAILED
        case ToolkitError() | OSError() | MemoryError():
            message, code = f"Error: {_sentence(error)}", FAILED
        case _:
            kind, hint = type(error).__name__, "a fault of the toolkit; --debug shows where"
            message, code = f"Error: {kind}: {_sentence(error)} ({hint})", FAILED
    click.echo(message, err=True)

    return code


def _sentence(error: BaseException) -> str:
    return cut(error, LONGEST_SENTENCE) or type(error).__name__


def _tell_warnings_as_notes() -> None:
    warnings.simplefilter("ignore")
    warnings.simplefilter("always", ToolkitWarning)
    warnings.showwarning = lambda message, *_args, **_more: click.echo(
        f"note: {cut(message, LONGEST_SENTENCE)}", err=True
    )


def _forget_stdout() -> None:
    """The reader of our output is gone: keep Python from complaining when it flushes."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
