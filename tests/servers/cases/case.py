"""A fault case: what a server does, what must come of it, and the check that it does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.servers.cases.trial import Trial

Check = Callable[[Trial], None]


@dataclass(frozen=True)
class Case:
    """
    One row of the table.

    Attributes
    ----------
    number : int
        As in the list of cases.
    fault, outcome : str
    check : callable
        Raises what was found wrong.
    not_for : mapping of str to str
        Services that have no such fault, and why.
    """

    number: int
    fault: str
    outcome: str
    check: Check = field(repr=False)
    not_for: Mapping[str, str] = field(default_factory=dict)


entered: dict[int, Case] = {}


def case(
    number: int, fault: str, outcome: str, *, not_for: Mapping[str, str] | None = None
) -> Callable[[Check], Check]:
    """Enter a check into the table."""

    def enter(check: Check) -> Check:
        entered[number] = Case(number, fault, outcome, check, not_for or {})

        return check

    return enter


def apart(reason: str, *names: str) -> dict[str, str]:
    """
    Return one reason for several services.

    >>> apart("takes no money", "ollama", "tei")
    {'ollama': 'takes no money', 'tei': 'takes no money'}
    """
    return dict.fromkeys(names, reason)
