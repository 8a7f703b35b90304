"""Embedding providers: what turns texts into vectors."""

from toolkit.embedding.base import TASKS, Embeddings, Provider, Task
from toolkit.embedding.blocks import embed_in_blocks, embed_or_nan
from toolkit.embedding.cache import CachedProvider, cache_info, clear_cache, default_cache_path
from toolkit.embedding.catalog import DEFAULT_PROVIDER, provider_from_name, provider_name
from toolkit.embedding.counts import Counts, count, counting, is_counting
from toolkit.embedding.forecast import Forecaster
from toolkit.embedding.hashing import HashingProvider
from toolkit.embedding.http.service import HTTPProvider
from toolkit.embedding.local import SentenceTransformerProvider
from toolkit.embedding.services.azure import AzureOpenAIProvider
from toolkit.embedding.services.cohere import CohereProvider
from toolkit.embedding.services.gemini import GeminiProvider
from toolkit.embedding.services.jina import JinaProvider
from toolkit.embedding.services.mistral import MistralProvider
from toolkit.embedding.services.ollama import OllamaProvider
from toolkit.embedding.services.openai import OpenAIProvider
from toolkit.embedding.services.tei import TEIProvider
from toolkit.embedding.services.voyage import VoyageProvider
from toolkit.embedding.spending import spending_at_most
from toolkit.embedding.static import StaticProvider

__all__ = [
    "DEFAULT_PROVIDER",
    "TASKS",
    "AzureOpenAIProvider",
    "CachedProvider",
    "CohereProvider",
    "Counts",
    "Embeddings",
    "GeminiProvider",
    "Forecaster",
    "HTTPProvider",
    "HashingProvider",
    "JinaProvider",
    "MistralProvider",
    "OllamaProvider",
    "OpenAIProvider",
    "Provider",
    "SentenceTransformerProvider",
    "StaticProvider",
    "TEIProvider",
    "Task",
    "VoyageProvider",
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
