"""The command line: read a table, run a pipeline, write a table."""

import sys

from toolkit.cli.commands import toolkit
from toolkit.cli.failures import run

__all__ = ["main"]


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(toolkit, sys.argv[1:]))
