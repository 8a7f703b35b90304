"""A provider without a cache, in parts all the same: for the bar and for bounded memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from toolkit.embedding.base import Embeddings, Provider, Task
from toolkit.embedding.blocks import embed_in_blocks, embedded_parts
from toolkit.embedding.cache import task_as_sent
from toolkit.embedding.parts import Failure, Part


@dataclass(frozen=True)
class UncachedProvider:
    """
    Embed part by part, with progress and counts, and keep nothing.

    Parameters
    ----------
    provider : Provider
        Who embeds the texts.

    Examples
    --------
    >>> from toolkit.embedding import HashingProvider
    >>> UncachedProvider(HashingProvider(8)).embed(["late parcel"]).shape
    (1, 8)
    """

    provider: Provider

    @property
    def fingerprint(self) -> str:
        return self.provider.fingerprint

    def task_as_sent(self, task: Task) -> str:
        """Return what the provider makes of the task."""
        return task_as_sent(self.provider, task)

    def embed(self, texts: Sequence[str], *, task: Task = "none") -> Embeddings:
        """Return the provider's vectors, shape (n_texts, n_dimensions)."""
        return embed_in_blocks(self.provider, texts, task)

    def stream(self, texts: Sequence[str], *, task: Task = "none") -> Iterator[Part | Failure]:
        """Yield vectors as they come, and the texts that cannot be embedded."""
        return embedded_parts(self.provider, texts, task, may_fail=True)
