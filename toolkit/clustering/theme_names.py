"""Names of clusters made from terms: no two of one partition are the same."""

from collections.abc import Sequence

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
