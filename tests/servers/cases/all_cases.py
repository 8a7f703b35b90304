"""All cases, from the files that hold them, and the cells of the table."""

from importlib import import_module

import pytest

from tests.servers.cases import FILES
from tests.servers.cases.case import entered
from tests.servers.cases.services import SERVICES

for file in FILES:
    import_module(f"tests.servers.cases.{file}")

CASES = dict(sorted(entered.items()))


def cells() -> list[object]:
    """Return a parameter set for each case and each service that it applies to."""
    return [
        pytest.param(case, service, id=f"{number}-{service.name}")
        for number, case in CASES.items()
        for service in SERVICES.values()
        if service.name not in case.not_for
    ]
