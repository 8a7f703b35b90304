"""Services whose replies have OpenAI's form, and such replies."""

import base64

import numpy as np

from toolkit.embedding import (
    AzureOpenAIProvider,
    JinaProvider,
    MistralProvider,
    OpenAIProvider,
    VoyageProvider,
)
from toolkit.embedding.services.openai import VENDORS

TEXTS = ["late parcel", "Café ☕"]
VECTORS = [[1.0, 0.5], [0.25, -1.0]]

OPENAI = OpenAIProvider("text-embedding-3-small")
OPENROUTER = OpenAIProvider("a/b", base_url="https://openrouter.ai/api/v1")
LOCAL = OpenAIProvider("minilm", base_url="http://127.0.0.1:8080/v1")
AZURE = AzureOpenAIProvider("tickets", base_url="https://mine.openai.azure.com")
AZURE_V1 = AzureOpenAIProvider("tickets", base_url="https://mine.openai.azure.com/openai/v1/")
VOYAGE = VoyageProvider("voyage-4")
JINA = JinaProvider("jina-embeddings-v3")
MISTRAL = MistralProvider("codestral-embed")

PROVIDERS = [OPENAI, AZURE, VOYAGE, JINA, MISTRAL]

VARIABLES = {
    *(name for vendor in VENDORS.values() for name in vendor.keys),
    *("OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_AD_TOKEN"),
    *("VOYAGE_BASE_URL", "JINA_BASE_URL", "MISTRAL_BASE_URL"),
}


def start_anew(monkeypatch):
    """Forget what the environment of the person who tests holds."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def in_base64(values):
    """Return a vector as services send it."""
    return base64.b64encode(np.array(values, dtype="<f4").tobytes()).decode()


def good(items=None, **more):
    """Return a reply with these items, those of the two texts if not given."""
    items = items or [
        {"object": "embedding", "index": index, "embedding": in_base64(values)}
        for index, values in enumerate(VECTORS)
    ]

    return {
        "object": "list",
        "data": items,
        "model": "the-model",
        "usage": {"prompt_tokens": 7, "total_tokens": 7},
        **more,
    }
