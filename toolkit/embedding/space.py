"""Vectors that may stand in one matrix, and the keys that their texts have in the cache."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.errors import InvalidResponse

FORMAT = 1
"""Of keys and of the file that holds them."""


@dataclass(frozen=True)
class Space:
    """Vectors that may stand in one matrix: those of one provider and one task as it is sent."""

    fingerprint: str
    task: str

    def keys(self, texts: Sequence[str]) -> list[bytes]:
        """
        Return a 20-byte key for each text; no field can run into the next.

        >>> Space("a", "bc").keys(["d"]) == Space("ab", "c").keys(["d"])
        False
        """
        common = hashlib.blake2b(digest_size=20)
        for part in (str(FORMAT), self.fingerprint, self.task):
            encoded = part.encode("utf-8", "surrogatepass")
            common.update(len(encoded).to_bytes(8, "little") + encoded)
        keys = []
        for text in texts:
            key = common.copy()
            key.update(text.encode("utf-8", "surrogatepass"))
            keys.append(key.digest())

        return keys


@dataclass(frozen=True)
class SpaceInfo:
    """How many vectors of one provider and task are kept, and their size in bytes."""

    fingerprint: str
    task: str
    n_vectors: int
    n_bytes: int


def check_length(space: Space, kept: int, came: int) -> None:
    """
    Raise InvalidResponse unless vectors that came are as long as those kept in their space.

    >>> check_length(Space("hashing:8", "none"), kept=8, came=8)
    """
    if kept != came:
        raise InvalidResponse(
            f"{space.fingerprint}: vectors of {kept} dimensions are kept, now {came} came: "
            "if the model was replaced, run toolkit cache clear"
        )
