"""Embedding providers: what turns texts into vectors."""

from toolkit.embedding.base import TASKS, Embeddings, Provider, Task
from toolkit.embedding.blocks import embed_in_blocks, embed_or_nan
from toolkit.embedding.cache import CachedProvider, cache_info, clear_cache, default_cache_path
from toolkit.embedding.catalog import DEFAULT_PROVIDER, provider_from_name, provider_name
from toolkit.embedding.counts import Counts, count, counting, is_counting
from toolkit.embedding.hashing import HashingProvider
from toolkit.embedding.local import SentenceTransformerProvider
from toolkit.embedding.spending import spending_at_most
from toolkit.embedding.static import StaticProvider

__all__ = [
    "DEFAULT_PROVIDER",
    "TASKS",
    "CachedProvider",
    "Counts",
    "Embeddings",
    "HashingProvider",
    "Provider",
    "SentenceTransformerProvider",
    "StaticProvider",
    "Task",
    "cache_info",
    "clear_cache",
    "count",
    "counting",
    "default_cache_path",
    "embed_in_blocks",
    "embed_or_nan",
    "is_counting",
    "provider_from_name",
    "provider_name",
    "spending_at_most",
]
