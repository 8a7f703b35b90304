"""The names in what a chat model wrote, in whatever way it wrote them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from toolkit.plain_text import cut, one_line

LONGEST_NAME, LONGEST_DESCRIPTION = 60, 240
"""Terminal columns."""

_MOST_CHARACTERS, _MOST_FAILURES = 400_000, 200
_BEGIN = re.compile(r"\[\s*\{|\{\s*\"")
_DEEPEST = 5
_THOUGHTS = r"<think(?:ing)?>.*?</think(?:ing)?>"
_WRAPPING = " \t\"'`*_“”„«»#"


@dataclass(frozen=True)
class Proposal:
    """A name that a model gave, and its sentence on the cluster, "" if there is none."""

    name: str
    description: str = ""


def proposals_in(answer: str) -> dict[int, Proposal]:
    """
    Return the names in an answer by the number of their cluster.

    Whatever stands around them is passed over, and so is what is no name for a number: the array
    may be fenced, cut short or lie in an object, and numbers may be texts. The last name for a
    number counts.

    >>> proposals_in('Sure! ```json [{"id": "1", "name": "Late parcels"}, {"id": 2}, ...')
    {1: Proposal(name='Late parcels', description='')}
    >>> proposals_in('{"0": "Late parcels", "1": {"name": 7}}')
    {0: Proposal(name='Late parcels', description='')}
    """
    answer = re.sub(_THOUGHTS, "", answer[:_MOST_CHARACTERS], flags=re.DOTALL)
    found: dict[int, Proposal] = {}
    for value in _values(answer):
        for number, proposal in _named(value):
            found[number] = proposal

    return found


def _values(text: str) -> Iterator[object]:
    """Yield what is JSON in a text: each value that lies in no other."""
    decoder, at, n_failures = json.JSONDecoder(), 0, 0
    while n_failures < _MOST_FAILURES and (begin := _BEGIN.search(text, at)):
        try:
            value, at = decoder.raw_decode(text, begin.start())
        except (ValueError, RecursionError):
            at, n_failures = begin.start() + 1, n_failures + 1
            continue
        yield value


def _named(value: object, n_levels: int = _DEEPEST) -> Iterator[tuple[int, Proposal]]:
    """Yield the names in a value, down to so many levels in it."""
    if n_levels and isinstance(value, list):
        for each in value:
            yield from _named(each, n_levels - 1)
    if not (n_levels and isinstance(value, dict)):
        return
    if "id" in value:
        yield from _numbered(value["id"], value)
        return
    for key, inner in value.items():
        if _number(key) is None:
            yield from _named(inner, n_levels - 1)
        else:
            yield from _numbered(key, inner)


def _numbered(number: object, told: object) -> Iterator[tuple[int, Proposal]]:
    """Yield what is told of a cluster, if it is a name: alone, or in an object."""
    place = _number(number)
    name, description = (
        (told.get("name"), told.get("description")) if isinstance(told, dict) else (told, "")
    )
    proposal = _proposal(name, description)
    if place is not None and proposal is not None:
        yield place, proposal


def _number(value: object) -> int | None:
    """Return the number of a cluster, as models write it."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    found = re.fullmatch(r"\s*#?(\d{1,9})\s*", value) if isinstance(value, str) else None

    return int(found[1]) if found else None


def _proposal(name: object, description: object) -> Proposal | None:
    """Return a name of one line and bounded length, None if there is not a letter in it."""
    if not isinstance(name, str):
        return None
    line = cut(one_line(name).strip(_WRAPPING), LONGEST_NAME)
    if not any(map(str.isalnum, line)):
        return None
    told = cut(description, LONGEST_DESCRIPTION) if isinstance(description, str) else ""

    return Proposal(line, told)
