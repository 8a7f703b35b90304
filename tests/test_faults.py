import pytest

from tests.servers.cases.all_cases import CASES, cells
from tests.servers.cases.trial import Trial


@pytest.mark.parametrize(("case", "service"), cells())
def test_fault(case, service, tmp_path, monkeypatch):
    """
    What the table of faults says comes of each of them, at every service that has it.
    """
    with Trial(service, tmp_path, monkeypatch) as trial:
        case.check(trial)


def test_the_table_is_whole():
    """
    There are thirty cases, and a reason wherever a service is left out of one.
    """
    assert sorted(CASES) == list(range(1, 31))
    assert all(all(case.not_for.values()) for case in CASES.values())
