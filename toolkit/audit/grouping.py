"""Groups of near texts, each around one text that all others of the group are near to."""

import numpy as np

from toolkit.audit.components import Components
from toolkit.audit.near_pairs import NearTexts
from toolkit.kernels import Indices

_TEXTS_AT_ONCE = 1000


def centres(texts: NearTexts, first_rows: Indices) -> Indices:
    """
    Name for each text the one that its group stands around, which may be itself.

    Two texts are neighbours if they are near or spelled alike. Where some text of a connected
    component neighbours all others, the component is one group around the first such text of the
    table. Else it holds a chain: the text with most neighbours that is no neighbour of a centre
    becomes a centre, again and again, and the others go to the centre they are nearest to. So
    every text neighbours its centre, and no two centres are neighbours.

    Parameters
    ----------
    texts : NearTexts
        In an order that does not depend on the rows; it decides where texts have equally many
        neighbours.
    first_rows : ndarray of shape (n_texts,)
        The first row of each text.

    Returns
    -------
    ndarray of shape (n_texts,)
    """
    component, n_neighbours = _neighbourhoods(texts)
    sizes = np.bincount(component, minlength=1)
    is_middle = n_neighbours == sizes[component] - 1

    middles = np.flatnonzero(is_middle)
    middles = middles[np.lexsort((first_rows[middles], component[middles]))]
    found, at = np.unique(component[middles], return_index=True)
    of_component = np.full(len(sizes), -1, dtype=np.intp)
    of_component[found] = middles[at]

    centre = of_component[component]
    for members in _members(component, of_component < 0):
        order = members[np.argsort(-n_neighbours[members], kind="stable")]
        centre[order] = _nearest(texts, order, _independent(texts, order))

    return centre


def _neighbourhoods(texts: NearTexts) -> tuple[Indices, Indices]:
    """Number the components of the graph, and count the neighbours of each text."""
    components = Components(len(texts))
    for i, j in texts.pairs():
        differ = texts.words[i] != texts.words[j]
        components.add(i[differ], j[differ])
    alike = np.argsort(texts.words, kind="stable")
    same = texts.words[alike[1:]] == texts.words[alike[:-1]]
    components.join(alike[1:][same], alike[:-1][same])
    n_alike = np.bincount(texts.words, minlength=1)[texts.words] - 1

    return components.labels(), components.n_partners + n_alike


def _members(component: Indices, wanted: np.ndarray) -> list[Indices]:
    """List the texts of each wanted component, in their order."""
    among = np.flatnonzero(wanted[component])
    among = among[np.argsort(component[among], kind="stable")]
    if not len(among):
        return []

    return np.split(among, np.flatnonzero(np.diff(component[among])) + 1)


def _independent(texts: NearTexts, order: Indices) -> Indices:
    """Choose centres in this order: each text that neighbours no centre chosen before."""
    chosen = np.empty(0, dtype=np.intp)
    for start in range(0, len(order), _TEXTS_AT_ONCE):
        block = order[start : start + _TEXTS_AT_ONCE]
        near, _ = texts.pairs_between(block, chosen)
        taken = np.isin(block, near) | np.isin(texts.words[block], texts.words[chosen])
        chosen = np.append(chosen, _independent_in_block(texts, block[~taken]))

    return chosen


def _independent_in_block(texts: NearTexts, block: Indices) -> Indices:
    place = {text: at for at, text in enumerate(block.tolist())}
    later: list[list[int]] = [[] for _ in place]
    i, j = texts.pairs_among(block)
    for left, right in zip(i.tolist(), j.tolist(), strict=True):
        first, second = sorted((place[left], place[right]))
        later[first].append(second)

    is_free = np.ones(len(block), dtype=bool)
    words = texts.words[block]
    for at in range(len(block)):
        if is_free[at]:
            is_free[at + 1 :] &= words[at + 1 :] != words[at]
            is_free[later[at]] = False

    return block[is_free]


def _nearest(texts: NearTexts, order: Indices, chosen: Indices) -> Indices:
    """Give each text the centre that is spelled alike, else the nearest, else the first of them."""
    spelled = dict(zip(texts.words[chosen].tolist(), chosen.tolist(), strict=True))
    centre = np.array([spelled.get(words, -1) for words in texts.words[order].tolist()])
    for start in range(0, len(order), _TEXTS_AT_ONCE):
        part = slice(start, start + _TEXTS_AT_ONCE)
        i, j = texts.pairs_between(order[part], chosen)
        ranked = np.lexsort((j, -texts.similarities(i, j), i))
        text, at = np.unique(i[ranked], return_index=True)
        best = dict(zip(text.tolist(), j[ranked][at].tolist(), strict=True))
        for place in np.flatnonzero(centre[part] < 0) + start:
            centre[place] = best[int(order[place])]

    return centre
