"""The table of cases and services, and what its cells mean."""

from collections.abc import Collection, Mapping

from tests.servers.cases.all_cases import CASES
from tests.servers.cases.services import SERVICES
from toolkit.plain_text import padded

Cell = tuple[int, str]

OK, FAILED, NOT_APPLICABLE = "ok", "FAILED", "-"
WIDTH = max(map(len, SERVICES)) + 1
FAULT_WIDTH = 60


def table(tried: Collection[Cell], failed: Collection[Cell]) -> str:
    """Return a row for each case and a column for each service."""
    names = "".join(padded(name, WIDTH) for name in SERVICES)
    lines = [f"{'':<{FAULT_WIDTH + 4}}{names}"]
    for number, case in CASES.items():
        cells = (_cell((number, name), tried, failed) for name in SERVICES)
        row = "".join(padded(cell, WIDTH) for cell in cells)
        lines.append(f"{number:>2} {padded(case.fault, FAULT_WIDTH)} {row}")

    return "\n".join(line.rstrip() for line in lines)


def legend() -> str:
    """Return what is expected in each case, and why some services are left out of it."""
    lines = [f"\nexpected, where it says {OK}:"]
    lines += [f"{number:>2} {case.outcome}" for number, case in CASES.items()]
    lines.append(f"\nleft out, where it says {NOT_APPLICABLE}:")
    for number, case in CASES.items():
        for reason in dict.fromkeys(case.not_for.values()):
            names = ", ".join(name for name, why in case.not_for.items() if why == reason)
            lines.append(f"{number:>2} {names}: {reason}")

    return "\n".join(lines)


def details(failed: Mapping[Cell, str]) -> str:
    """Return what was found wrong in each cell."""
    return "".join(
        f"\n{FAILED}: {number} {CASES[number].fault}, {name}\n{told}\n"
        for (number, name), told in sorted(failed.items())
    )


def _cell(cell: Cell, tried: Collection[Cell], failed: Collection[Cell]) -> str:
    if cell in failed:
        return FAILED

    return OK if cell in tried else NOT_APPLICABLE
