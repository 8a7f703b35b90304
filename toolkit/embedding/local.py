"""Sentence-transformers models on this machine: packaged, from a folder or from the model hub."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlencode

from toolkit.embedding.base import Embeddings, Task, check_embeddings, check_task
from toolkit.embedding.local_encoder import Encoder, load_encoder
from toolkit.embedding.models import cannot_cut, known_model
from toolkit.embedding.precision import Precision, default_device, default_precision
from toolkit.embedding.registry import loaded
from toolkit.embedding.weights import full_model_name, is_folder, model_digest, model_folder
from toolkit.errors import InputError, ModelNotFound

PROMPT_SYNONYMS: dict[Task, tuple[str, ...]] = {
    "none": (),
    "classification": ("classification", "Classification"),
    "clustering": ("clustering", "Clustering"),
    "similarity": ("similarity", "STS", "sts"),
    "query": ("query", "search_query", "retrieval.query"),
    "document": ("document", "passage", "search_document", "retrieval.passage"),
}


@dataclass(frozen=True)
class SentenceTransformerProvider:
    """
    Embed texts with a sentence-transformers model on this machine.

    Naming a provider loads nothing: the model is loaded when the first text is embedded, once in
    a process, and never travels in a pickle.

    Parameters
    ----------
    model : str, default="all-MiniLM-L6-v2"
        Name on the model hub, or a folder written as a path (``./my-model``).
    dimensions : int, optional
        Cut vectors to their first values; only for models that were trained for it.
    device : str, optional
        "cpu", "cuda", "cuda:1", "mps"; the fastest there is if not given.
    precision : {"fp32", "bf16"}, optional
        Number format; "bf16" where the hardware computes it natively if not given. It is part of
        the fingerprint, as vectors differ in the fourth decimal.
    revision : str, optional
        Branch, tag or commit on the model hub.

    Examples
    --------
    >>> from toolkit.embedding import SentenceTransformerProvider
    >>> provider = SentenceTransformerProvider("all-MiniLM-L6-v2")
    >>> provider.name
    'local:all-MiniLM-L6-v2'
    """

    model: str = "all-MiniLM-L6-v2"
    dimensions: int | None = None
    device: str | None = None
    precision: Precision | None = None
    revision: str | None = None

    def __post_init__(self) -> None:
        if not (isinstance(self.model, str) and self.model):
            raise InputError(f"model must be the name or folder of a model, got {self.model!r}")
        if self.precision not in (None, "fp32", "bf16"):
            raise InputError(f"precision must be fp32 or bf16, got {self.precision!r}")
        if self.dimensions is not None:
            check_cut(full_model_name(self.model), self.dimensions)

    def __sklearn_clone__(self) -> "SentenceTransformerProvider":
        return self

    def __getstate__(self) -> dict[str, object]:
        # The cached properties hold what this machine found; another machine looks for itself.
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @property
    def name(self) -> str:
        at = f"@{self.dimensions}" if self.dimensions else ""
        settings = {
            "device": self.device,
            "precision": self.precision,
            "revision": self.revision,
        }
        query = urlencode({key: value for key, value in settings.items() if value}, safe="/:")

        return f"local:{self.model}{at}{'?' + query if query else ''}"

    @cached_property
    def fingerprint(self) -> str:
        model = Path(self.model).name if is_folder(self.model) else full_model_name(self.model)
        at = f"@{self.dimensions}" if self.dimensions else ""

        return f"local:{model}#{self._digest}{at}/{self._precision}"

    def task_as_sent(self, task: Task) -> str:
        """Return the prompt that the task puts before each text."""
        check_task(task)
        known = known_model(full_model_name(self.model))
        if known is not None and known.prompts:
            return known.prompts.get(task, "")

        return _prompt_from(self._own_prompts, task)

    def embed(self, texts: Sequence[str], *, task: Task = "none") -> Embeddings:
        """Return the model's vectors as they come, shape (n_texts, n_dimensions)."""
        prompt = self.task_as_sent(task)
        vectors = self._encoder.encode(texts, prompt)

        return check_embeddings(vectors[:, : self.dimensions], len(texts), self.fingerprint)

    @property
    def _encoder(self) -> Encoder:
        device, precision = self._device, self._precision
        # The dimensions are cut afterwards: cuts of one model share it.
        key = f"{self._digest}/{precision} on {device}"

        return loaded(key, lambda: load_encoder(self._folder, device, precision))

    @cached_property
    def _folder(self) -> Path:
        return model_folder(self.model, self.revision)

    @cached_property
    def _digest(self) -> str:
        return model_digest(self.model, self._folder)

    @cached_property
    def _device(self) -> str:
        return self.device or default_device()

    @cached_property
    def _precision(self) -> Precision:
        return self.precision or default_precision(self._device)

    @cached_property
    def _own_prompts(self) -> dict[str, str]:
        path = self._folder / "config_sentence_transformers.json"
        if not path.exists():
            return {}
        try:
            settings = json.loads(path.read_text(encoding="utf-8"))
            prompts: dict[str, str] = settings.get("prompts") or {}
            default = prompts.get(settings.get("default_prompt_name") or "")
        except (AttributeError, OSError, ValueError) as error:
            raise ModelNotFound(
                f"{path.name} of the model {self.model} cannot be read: fetch or save it again"
            ) from error

        return prompts | ({"": default} if default else {})


def check_cut(model: str, dimensions: int) -> None:
    """
    Raise InputError unless the model is known to allow vectors of this length.

    >>> check_cut("google/embeddinggemma-300m", 256)
    """
    known = known_model(model)
    if known is None:
        raise cannot_cut(model, dimensions)
    known.check_dimensions(dimensions)


def _prompt_from(prompts: dict[str, str], task: Task) -> str:
    for name in PROMPT_SYNONYMS[task]:
        if name in prompts:
            return prompts[name]

    return prompts.get("", "")
