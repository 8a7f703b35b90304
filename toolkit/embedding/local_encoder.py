"""Run a sentence-transformers model over texts: sorted by length, batched by tokens, counted."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from toolkit.embedding.base import Embeddings
from toolkit.embedding.counts import Counts, count, is_counting
from toolkit.embedding.precision import Precision
from toolkit.embedding.registry import cannot_load
from toolkit.errors import InputError, ModelNotFound
from toolkit.kernels.arrays import Indices

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

    Features = dict[str, torch.Tensor]

# On a CPU the layers' outputs for so many tokens stay in its caches; an accelerator wants more.
TOKENS_PER_BATCH_ON_CPU = 1024
TOKENS_PER_BATCH = 16_384
TEXTS_PER_TOKENIZATION = 512


@dataclass(frozen=True)
class Encoder:
    """A loaded model; ``encode`` gives its vectors."""

    model: "SentenceTransformer"
    device: str
    # A tokenizer cannot be used by two threads at once.
    tokenizing: AbstractContextManager[object] = field(default_factory=Lock, repr=False)

    def encode(self, texts: Sequence[str], prompt: str) -> Embeddings:
        """Return one float32 row a text, in the order of the texts."""
        import torch

        vectors = np.empty((len(texts), self._n_dimensions()), dtype=np.float32)
        by_length: Indices = np.argsort([-len(text) for text in texts], kind="stable")
        with torch.inference_mode():
            for start in range(0, len(texts), TEXTS_PER_TOKENIZATION):
                rows = by_length[start : start + TEXTS_PER_TOKENIZATION]
                part = [texts[int(row)] for row in rows]
                with self.tokenizing:
                    features = self.model.preprocess(part, prompt=prompt or None)
                    self._count_truncated(part, prompt, features)
                for members, batch in _batches(features, len(part), self._tokens_per_batch()):
                    vectors[rows[members]] = self._forward(batch)

        return vectors

    def _tokens_per_batch(self) -> int:
        return TOKENS_PER_BATCH_ON_CPU if self.device == "cpu" else TOKENS_PER_BATCH

    def _n_dimensions(self) -> int:
        n_dimensions = self.model.get_embedding_dimension()
        if n_dimensions is None:
            raise ModelNotFound("the model does not tell the length of its vectors")

        return int(n_dimensions)

    def _forward(self, batch: "Features") -> Embeddings:
        import torch

        on_device = {
            name: value.to(self.device) if isinstance(value, torch.Tensor) else value
            for name, value in batch.items()
        }
        vectors: Embeddings = self.model(on_device)["sentence_embedding"].float().cpu().numpy()

        return vectors

    def _count_truncated(self, texts: Sequence[str], prompt: str, features: "Features") -> None:
        limit, tokenizer = self.model.max_seq_length, self.model.tokenizer
        if not is_counting() or limit is None or "attention_mask" not in features:
            return
        is_full = features["attention_mask"].sum(dim=1).numpy() >= limit
        if not is_full.any():
            return
        full = [prompt + texts[int(row)] for row in np.flatnonzero(is_full)]
        sizes = [len(ids) for ids in tokenizer(full, truncation=False, verbose=False)["input_ids"]]
        longer = [size for size in sizes if size > limit]
        if longer:
            count(Counts(truncated=len(longer), longest=max(longer), limit=int(limit)))


def load_encoder(folder: Path, device: str, precision: Precision) -> Encoder:
    """Load the model in the folder; no code from the folder is run."""
    with warnings.catch_warnings():
        # A notebook without ipywidgets is told so by tqdm, which is of no use to anyone here.
        warnings.filterwarnings("ignore", message="IProgress not found")
        import torch
        from sentence_transformers import SentenceTransformer

    _check_device(device)
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
    try:
        with _quiet_loading():
            model = SentenceTransformer(
                str(folder),
                device=device,
                model_kwargs={"dtype": dtype},
                local_files_only=True,
                trust_remote_code=False,
            )
    except Exception as error:  # a broken folder fails in as many ways as it has files
        raise cannot_load(folder, error) from error

    return Encoder(model.eval(), device)


def _check_device(device: str) -> None:
    import torch

    try:
        torch.empty(1, device=device)
    except (AssertionError, RuntimeError) as error:  # torch asserts that it was built with CUDA
        raise InputError(
            f"device must be one that torch can use here, such as cpu; got {device!r}"
        ) from error


def batches_by_tokens(lengths: np.ndarray, budget: int) -> Iterator[np.ndarray]:
    """
    Yield row numbers, longest first, so that rows x longest row stays within the budget.

    >>> [rows.tolist() for rows in batches_by_tokens(np.array([3, 9, 4, 4]), 12)]
    [[1], [2, 3, 0]]
    """
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        size = max(1, budget // max(1, int(lengths[order[start]])))
        yield order[start : start + size]
        start += size


def _batches(
    features: "Features", n_texts: int, tokens_per_batch: int
) -> Iterator[tuple[np.ndarray, "Features"]]:
    """Yield (rows, their features); models that do not pad take all rows at once."""
    if "attention_mask" not in features:
        yield np.arange(n_texts), features
        return
    mask = features["attention_mask"]
    lengths = mask.sum(dim=1).numpy()
    pads_left = bool((mask[:, -1] == 1).all()) and not bool((mask[:, 0] == 1).all())
    for rows in batches_by_tokens(lengths, tokens_per_batch):
        width = int(lengths[rows].max())
        columns = slice(mask.shape[1] - width, None) if pads_left else slice(0, width)
        yield rows, _part_of(features, rows, columns)


def _part_of(features: "Features", rows: np.ndarray, columns: slice) -> "Features":
    import torch

    index, padded = torch.from_numpy(rows), features["attention_mask"].shape

    return {
        name: value[index][:, columns]
        if isinstance(value, torch.Tensor) and value.shape[:2] == padded
        else value
        for name, value in features.items()
    }


@contextmanager
def _quiet_loading() -> Iterator[None]:
    from transformers.utils import logging

    was_on = logging.is_progress_bar_enabled()
    level = logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if was_on:
            logging.enable_progress_bar()
