"""Which of the names that a model gave may stand: true of their cluster, and of no other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from toolkit.clustering.chat_answers import LONGEST_NAME, Proposal
from toolkit.clustering.name_words import NameWords, hold_a_word_of, words_of
from toolkit.plain_text import columns, cut, percent

LEAST_SUPPORT = 0.3
"""Share of a cluster's rows below which words of a name are not its own."""

_FITS_BETTER = 2.0
_MOST_SHARERS = 2
"""Clusters that may be given one name; if more are, it says nothing of any."""

WORDS, MODEL = "words", "model"


@dataclass(eq=False)
class NameChoice:
    """
    The names of one partition while they are settled.

    A name is refused only where something speaks against it, as a good paraphrase need not hold a
    word of the texts ("Login problems" for texts on passwords):

    - another cluster has it, the order of its words apart;
    - it holds a proper name (written with a capital or a digit within sentences) that fewer than
      30 % of the cluster's rows hold and none of its terms: a brand of few texts;
    - its words are not the cluster's, being in fewer than 30 % of its rows and in none of its
      terms, but are those of another cluster, which holds them in 30 % of its rows and at least
      twice as often.

    Attributes
    ----------
    table : DataFrame
        Of `Themes`: the names made of words are what is left if all others are refused.
    words : NameWords
    accepted : dict of int to Proposal
        By place in the table.
    refused : dict of int to dict of str to str
        By the number of the cluster: each name that was refused, and why.
    """

    table: pd.DataFrame
    words: NameWords
    accepted: dict[int, Proposal] = field(default_factory=dict)
    refused: dict[int, dict[str, str]] = field(default_factory=dict)
    _shared: dict[int, Proposal] = field(default_factory=dict)

    @property
    def in_use(self) -> list[str]:
        """The names that were accepted so far."""
        return [self.accepted[place].name for place in sorted(self.accepted)]

    def is_named(self, number: int) -> bool:
        """Whether the cluster of this number has a name from the model."""
        return self._place.get(number) in self.accepted

    def consider(self, proposals: Mapping[int, Proposal]) -> None:
        """Accept or refuse names, by the number of their cluster; numbers nobody asked for go."""
        known = [(self._place[number], number) for number in proposals if number in self._place]
        supports = {
            place: float(self.words.supports(proposals[number].name)[place])
            for place, number in known
        }
        # Where two have the same name, it is the one's in which it stands more often.
        for place, number in sorted(known, key=lambda each: (-supports[each[0]], each[0])):
            proposal = proposals[number]
            self._shared.pop(place, None)
            why = self._objection(place, proposal.name)
            if why is None and self._is_in_use(proposal.name):
                self._shared[place] = proposal
                why = "another group has that name"
            if why is None:
                self.accepted[place] = proposal
            else:
                self.refused.setdefault(number, {})[proposal.name] = why

    def settled(self) -> pd.DataFrame:
        """Return the table with names, who made them, what else is told and how far it is held."""
        for place, proposal in self._shared.items():
            if (name := self._told_apart(place, proposal)) is not None:
                self.accepted[place] = Proposal(name, proposal.description)
        names = self._unique_names()
        given = [self.accepted.get(place) for place in range(len(names))]

        table = self.table.assign(name=np.array(names, dtype=object))
        at = list(table).index("name") + 1
        told = ["" if each is None else each.description for each in given]
        makers = [WORDS if each is None else MODEL for each in given]
        supports = [float(self.words.supports(name)[place]) for place, name in enumerate(names)]
        table.insert(at, "description", np.array(told, dtype=object))
        table.insert(at + 1, "named_by", np.array(makers, dtype=object))
        table.insert(at + 2, "support", np.array(supports, dtype=np.float64))

        return table

    @property
    def _place(self) -> dict[int, int]:
        return {number: place for place, number in enumerate(self.table["cluster"].tolist())}

    def _objection(self, place: int, name: str) -> str | None:
        """Return what the texts say against a name, None if nothing."""
        terms = self.table["terms"].iloc[place]
        proper = self.words.proper_names(name, place)
        if proper is not None:
            named, share = proper
            if share < LEAST_SUPPORT and not hold_a_word_of(" ".join(named), terms):
                return f"only {percent(share)} of its rows hold {' or '.join(map(repr, named))}"
        supports = self.words.supports(name)
        own = supports[place]
        own_words = " ".join(self.words.own_words(name, place))
        if own >= LEAST_SUPPORT or hold_a_word_of(own_words, terms):
            return None
        rival = int(np.argmax(supports))
        if supports[rival] >= max(LEAST_SUPPORT, _FITS_BETTER * own):
            others = ", ".join(self.table["terms"].iloc[rival][:2])
            return f"its words are those of another group ({others})"

        return None

    def _is_in_use(self, name: str) -> bool:
        """Whether a cluster has this name, but for the order of words."""
        return any(_key(other.name) == _key(name) for other in self.accepted.values())

    def _told_apart(self, place: int, proposal: Proposal) -> str | None:
        """Return a name that two clusters were given with the best term of one of them."""
        sharers = [
            other for other in self._shared.values() if _key(other.name) == _key(proposal.name)
        ]
        if 1 + len(sharers) > _MOST_SHARERS:  # one cluster has it
            return None
        terms: Sequence[str] = self.table["terms"].iloc[place]
        for term in terms:
            if not hold_a_word_of(term, [proposal.name]):
                room = LONGEST_NAME - columns(term) - 3
                return f"{cut(proposal.name, room)} ({term})" if room > LONGEST_NAME / 2 else None

        return None

    def _unique_names(self) -> list[str]:
        """Number what is still the same, such as a model's name and another's words."""
        taken: set[str] = set()
        names = {}
        made_of_words = self.table["name"].tolist()
        for place in sorted(range(len(self.table)), key=lambda each: each not in self.accepted):
            own = self.accepted.get(place)
            name = unique = made_of_words[place] if own is None else own.name
            number = 1
            while unique.casefold() in taken:
                number += 1
                unique = f"{name} ({number})"
            taken.add(unique.casefold())
            names[place] = unique

        return [names[place] for place in range(len(self.table))]


def _key(name: str) -> frozenset[str]:
    return frozenset(words_of(name) or [name.casefold()])
