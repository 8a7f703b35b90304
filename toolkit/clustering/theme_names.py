"""Names of clusters made from terms: no two of one partition are the same."""

from collections.abc import Iterator, Sequence
from itertools import chain, combinations, count

from toolkit.plain_text import cut

NO_TEXT = "(no text)"
_JOINT = " · "
_LONGEST = 60  # terminal columns of a name that is a whole text


def different_sets(chosen: Sequence[tuple[list[int], list[int]]]) -> list[list[int]]:
    """
    Add terms to a name until no earlier one has the same.

    >>> different_sets([([3, 7], [5]), ([7, 3], [9, 5])])
    [[3, 7], [7, 3, 9]]
    """
    taken: set[frozenset[int]] = set()
    different = []
    for name, rest in chosen:
        options = [name] + [[*name, term] for term in rest]
        terms = next((option for option in options if frozenset(option) not in taken), name)
        taken.add(frozenset(terms))
        different.append(terms)

    return different


def unique_names(terms: Sequence[Sequence[str]], texts: Sequence[str]) -> list[str]:
    """
    Write the names; a cluster without terms is called by its most central text.

    What is still the same is numbered.

    >>> unique_names([["refund", "money back"], [], ["refund", "money back"]], ["a", "?!", "b"])
    ['refund · money back', '?!', 'refund · money back (2)']
    """
    taken: set[str] = set()
    last_number: dict[str, int] = {}
    names = []
    for own_terms, text in zip(terms, texts, strict=True):
        name = _JOINT.join(own_terms) or cut(text, _LONGEST) or NO_TEXT
        unique, number = name, last_number.get(name, 1)
        while unique.casefold() in taken:
            number += 1
            unique = f"{name} ({number})"
        last_number[name] = number
        taken.add(unique.casefold())
        names.append(unique)

    return names


def names_beside(
    names: Sequence[str], terms: Sequence[Sequence[str]], kept: Sequence[str | None]
) -> list[str]:
    """
    Put names that are kept in place of some; another that says the same steps back.

    It is made of the best of its own terms that no other name is made of, else it is numbered.

    >>> own = ["refund · money", "parcel"], [["refund", "money"], ["parcel"]]
    >>> names_beside(*own, [None, "money · refund"])
    ['refund', 'money · refund']
    """
    taken = {_said(name) for name in kept if name is not None}
    beside = [name if old is None else old for name, old in zip(names, kept, strict=True)]
    clash = [
        place for place, old in enumerate(kept) if old is None and _said(names[place]) in taken
    ]
    taken.update(_said(name) for name in beside)
    for place in clash:
        options = _fewer_terms(names[place], terms[place])
        beside[place] = next(option for option in options if _said(option) not in taken)
        taken.add(_said(beside[place]))

    return beside


def _fewer_terms(name: str, terms: Sequence[str]) -> Iterator[str]:
    """Yield what a cluster may be called instead, best first, without end."""
    fewer = (combinations(terms, n) for n in range(len(terms) - 1, 0, -1))
    joined = (_JOINT.join(own) for own in chain.from_iterable(fewer))

    return chain(joined, (f"{name} ({number})" for number in count(2)))


def _said(name: str) -> frozenset[str]:
    """What a name says, in whatever order and letters."""
    return frozenset(name.casefold().split(_JOINT))
