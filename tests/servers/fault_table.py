"""
Print what comes of each fault at each service, as a table.

    python -m tests.servers.fault_table
"""

import sys
import time
from pathlib import Path

import click
import pytest

TESTS = Path(__file__).parents[1] / "test_faults.py"
OPTIONS = ("-p", "no:terminal", "-p", "no:cacheprovider")


class Outcomes:
    """A plugin of pytest that remembers which cells of the table were tried, and what failed."""

    def __init__(self) -> None:
        self.tried: set[tuple[int, str]] = set()
        self.failed: dict[tuple[int, str], str] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> object:
        report = yield
        told = getattr(getattr(item, "callspec", None), "params", {})
        if "case" in told:
            cell = (told["case"].number, told["service"].name)
            self.tried.add(cell)
            if report.failed:
                self.failed[cell] = report.longreprtext
            if sys.stderr.isatty():
                click.echo(f"\r{len(self.tried)} cells\r", nl=False, err=True)

        return report


def main() -> int:
    """Run all cells and print the table; return 1 if any failed."""
    start = time.monotonic()
    outcomes = Outcomes()
    code = pytest.main([str(TESTS), *OPTIONS], plugins=[outcomes])
    # Only now: failing asserts are told in full if pytest is the first to import what holds them.
    from tests.servers.cases.table import details, legend, table

    click.echo(table(outcomes.tried, outcomes.failed))
    click.echo(legend())
    click.echo(details(outcomes.failed), nl=False)
    seconds, n_failed = time.monotonic() - start, len(outcomes.failed)
    click.echo(f"\n{len(outcomes.tried)} cells in {seconds:.0f} s, {n_failed or 'none'} failed")

    return int(code)


if __name__ == "__main__":
    sys.exit(main())
