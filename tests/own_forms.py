"""Services with forms of their own, what their servers tell of themselves, and good answers."""

from toolkit.embedding.http.endpoint import endpoint_of, forget_endpoints
from toolkit.embedding.services.cohere import CohereProvider
from toolkit.embedding.services.gemini import GeminiProvider
from toolkit.embedding.services.ollama import OllamaProvider
from toolkit.embedding.services.tei import TEIProvider

TEXTS = ["late parcel", "日本語 🙂"]
COHERE = CohereProvider("embed-v4.0")
GEMINI = GeminiProvider("gemini-embedding-001")
GEMINI_2 = GeminiProvider("gemini-embedding-2")
OLLAMA = OllamaProvider("nomic-embed-text")
TEI = TEIProvider("http://127.0.0.1:8080")

VARIABLES = (
    *("COHERE_API_KEY", "CO_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY", "OLLAMA_API_KEY"),
    *("TEI_API_KEY", "COHERE_BASE_URL", "GEMINI_BASE_URL", "OLLAMA_HOST"),
)

TAGS = {
    "models": [
        {"name": "llama3:8b", "model": "llama3:8b", "digest": "365c0bd3c000a25d28ddbf732fe1c6ad"},
        {
            "name": "nomic-embed-text:latest",
            "model": "nomic-embed-text:latest",
            "size": 274302450,
            "digest": "0a109f422b47e3a30ba2b10eca18548e944e8a23073ee3f3e947efcf3c45e59f",
            "details": {"family": "nomic-bert", "quantization_level": "F16"},
        },
    ]
}

INFO = {
    "model_id": "intfloat/multilingual-e5-small",
    "model_sha": "c007d7ef6fd86656326059b28395a7a03a7c5846",
    "model_dtype": "float16",
    "model_type": {"embedding": {"pooling": "mean"}},
    "max_concurrent_requests": 512,
    "max_input_length": 512,
    "max_batch_tokens": 16384,
    "max_batch_requests": None,
    "max_client_batch_size": 64,
    "auto_truncate": True,
    "tokenization_workers": 8,
    "version": "1.8.2",
}

GOOD = {
    "cohere": {
        "id": "5807ee2e",
        "embeddings": {"float": [[1.0, 0.5], [0.25, -1.0]]},
        "texts": TEXTS,
        "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 7}},
    },
    "gemini": {
        "embeddings": [{"values": [1.0, 0.5]}, {"values": [0.25, -1.0]}],
        "usageMetadata": {"promptTokenCount": 7},
    },
    "ollama": {
        "model": "nomic-embed-text",
        "embeddings": [[1.0, 0.5], [0.25, -1.0]],
        "total_duration": 14143917,
        "load_duration": 1019500,
        "prompt_eval_count": 7,
    },
    "tei": [[1.0, 0.5], [0.25, -1.0]],
}


def start_anew(monkeypatch):
    """Unset all keys and addresses, and let the two servers have told what they serve."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    forget_endpoints()
    for provider, body in ((OLLAMA, TAGS), (TEI, INFO)):
        endpoint_of(provider).discovery = provider.discovered(body)
