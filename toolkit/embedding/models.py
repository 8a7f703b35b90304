"""What is known of models by name: their prompts, and where their vectors may be cut."""

from collections.abc import Mapping
from dataclasses import dataclass

from toolkit.embedding.base import Task

Prompts = Mapping[Task, str]


@dataclass(frozen=True)
class KnownModel:
    """
    Facts from a model's own card.

    Attributes
    ----------
    name : str
        Name on the model hub.
    n_dimensions : int
        Length of its vectors.
    prompts : mapping of task to str, or None
        What is put before a text, where the model's own files do not say; tasks that are not
        named get nothing.
    least_dimensions : int or None
        The shortest cut of its vectors that it was trained for (Matryoshka representation
        learning, Kusupati et al. 2022); None if it was not.
    """

    name: str
    n_dimensions: int
    prompts: Prompts | None = None
    least_dimensions: int | None = None


def known_model(name: str) -> KnownModel | None:
    """
    Return what is known of the model, or None.

    >>> known_model("BAAI/bge-small-en-v1.5").n_dimensions
    384
    """
    return _BY_NAME.get(name.lower())


_E5: Prompts = {
    "none": "query: ",
    "classification": "query: ",
    "clustering": "query: ",
    "similarity": "query: ",
    "query": "query: ",
    "document": "passage: ",
}
_BGE: Prompts = {"query": "Represent this sentence for searching relevant passages: "}
_NOMIC: Prompts = {
    "none": "search_document: ",
    "classification": "classification: ",
    "clustering": "clustering: ",
    "similarity": "classification: ",
    "query": "search_query: ",
    "document": "search_document: ",
}

KNOWN_MODELS = (
    KnownModel("sentence-transformers/all-MiniLM-L6-v2", 384),
    KnownModel("sentence-transformers/all-MiniLM-L12-v2", 384),
    KnownModel("sentence-transformers/all-mpnet-base-v2", 768),
    KnownModel("sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2", 384),
    KnownModel("sentence-transformers/paraphrase-multilingual-mpnet-base-v2", 768),
    KnownModel("sentence-transformers/static-retrieval-mrl-en-v1", 1024, None, 32),
    KnownModel("BAAI/bge-small-en-v1.5", 384, _BGE),
    KnownModel("BAAI/bge-base-en-v1.5", 768, _BGE),
    KnownModel("BAAI/bge-large-en-v1.5", 1024, _BGE),
    KnownModel("BAAI/bge-m3", 1024),
    KnownModel("intfloat/e5-small-v2", 384, _E5),
    KnownModel("intfloat/e5-base-v2", 768, _E5),
    KnownModel("intfloat/e5-large-v2", 1024, _E5),
    KnownModel("intfloat/multilingual-e5-small", 384, _E5),
    KnownModel("intfloat/multilingual-e5-base", 768, _E5),
    KnownModel("intfloat/multilingual-e5-large", 1024, _E5),
    KnownModel("thenlper/gte-small", 384),
    KnownModel("thenlper/gte-base", 768),
    KnownModel("thenlper/gte-large", 1024),
    KnownModel("mixedbread-ai/mxbai-embed-large-v1", 1024, _BGE, 64),
    KnownModel("nomic-ai/nomic-embed-text-v1.5", 768, _NOMIC, 64),
    KnownModel("google/embeddinggemma-300m", 768, None, 128),
    KnownModel("Qwen/Qwen3-Embedding-0.6B", 1024, None, 32),
    KnownModel("minishlab/potion-base-8M", 256, None, 32),
    KnownModel("minishlab/potion-base-32M", 512, None, 32),
)

_BY_NAME = {model.name.lower(): model for model in KNOWN_MODELS}
