import json
import os

import numpy as np
import pandas as pd
import pytest

from toolkit.embedding import HashingProvider
from toolkit.errors import ModelFileError
from toolkit.search import CosineIndex
from toolkit.text_embedder import TextEmbedder

TEXTS = ["late parcel", "parcel is lost", "refund please", "my refund is late", "card blocked"]


@pytest.fixture
def vectors(rng):
    return rng.standard_normal((300, 16)).astype(np.float32)


@pytest.fixture
def queries(rng):
    return rng.standard_normal((7, 16)).astype(np.float32)


@pytest.fixture
def tickets():
    labels = ["delivery", "delivery", "refund", "refund", "card"]

    return pd.DataFrame({"key": list("abcde"), "text": TEXTS, "label": labels})


@pytest.fixture
def embedder():
    return TextEmbedder(HashingProvider(512), columns="text", task="document")


@pytest.fixture
def index(tickets, embedder):
    return CosineIndex(embedder).fit(tickets, ids="key")


@pytest.mark.parametrize("mmap", [True, False])
@pytest.mark.parametrize("mode", ["semantic", "keyword", "hybrid"])
def test_a_saved_index_gives_the_same_answers(index, tmp_path, mmap, mode):
    """
    Memory-mapped or read whole, a loaded index is the saved one.
    """
    index.remove(["b"]).save(tmp_path / "tickets.index")

    loaded = CosineIndex.load(tmp_path / "tickets.index", mmap=mmap)

    pd.testing.assert_frame_equal(
        loaded.search("late refund", mode=mode), index.search("late refund", mode=mode)
    )


def test_a_memory_mapped_index_can_change(vectors, queries, tmp_path):
    """
    Rows are added to, and removed from, an index whose vectors lie in a file.
    """
    CosineIndex().fit(vectors[:200]).save(tmp_path / "index")
    loaded = CosineIndex.load(tmp_path / "index")
    loaded.add(vectors[200:]).remove([0, 1]).save(tmp_path / "index", overwrite=True)

    expected = CosineIndex().fit(vectors).remove([0, 1]).search(queries)

    pd.testing.assert_frame_equal(loaded.search(queries), expected)
    pd.testing.assert_frame_equal(CosineIndex.load(tmp_path / "index").search(queries), expected)
    assert os.listdir(tmp_path) == ["index"]


def test_a_loaded_index_refuses_another_model(tickets, embedder, tmp_path):
    """
    Vectors of two models are never compared.
    """
    CosineIndex(embedder).fit(tickets).save(tmp_path / "index")

    with pytest.raises(ModelFileError, match="of hashing:512: .*256 dimensions, and 512"):
        CosineIndex.load(tmp_path / "index", provider="hashing:256")


def test_a_failed_save_leaves_what_was_there(vectors, tmp_path, monkeypatch):
    """
    A folder appears whole or not at all, and the older one stays until then.
    """
    CosineIndex().fit(vectors[:3]).save(tmp_path / "index")
    monkeypatch.setattr(np, "save", lambda *_: (_ for _ in ()).throw(OSError(28, "disk full")))

    with pytest.raises(ModelFileError, match="disk full"):
        CosineIndex().fit(vectors).save(tmp_path / "index", overwrite=True)

    assert len(CosineIndex.load(tmp_path / "index")) == 3
    assert os.listdir(tmp_path) == ["index"]


def test_only_an_index_is_replaced(vectors, tmp_path):
    """
    Neither a folder of something else nor, unasked, an index is overwritten.
    """
    index = CosineIndex().fit(vectors)
    (tmp_path / "photos").mkdir()
    index.save(tmp_path / "index")

    with pytest.raises(ModelFileError, match="is no index"):
        index.save(tmp_path / "photos", overwrite=True)
    with pytest.raises(ModelFileError, match="overwrite=True"):
        index.save(tmp_path / "index")
    with pytest.raises(ModelFileError, match="there is no folder"):
        index.save(tmp_path / "nowhere" / "index")


def test_a_folder_without_manifest_is_no_index(tmp_path):
    """
    A wrong folder is told with what is missing.
    """
    with pytest.raises(ModelFileError, match=r"has no manifest.json"):
        CosineIndex.load(tmp_path)


def broken(folder, name, content):
    (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: broken(folder, "vectors.npy", b"\x93NUMPY"),
        lambda folder: broken(folder, "vectors.npy", b""),
        lambda folder: broken(folder, "vectors.npy", b"PK\x03\x04"),
        lambda folder: broken(folder, "zero_rows.npy", b""),
        lambda folder: np.save(folder / "vectors.npy", np.zeros((2, 2), np.float32)),
        lambda folder: np.save(folder / "vectors.npy", np.array([{}]), allow_pickle=True),
        lambda folder: np.save(folder / "zero_rows.npy", np.array([10**6])),
        lambda folder: broken(folder, "rows.parquet", b"PAR1"),
        lambda folder: (folder / "rows.parquet").unlink(),
        lambda folder: broken(folder, "manifest.json", b"{"),
        lambda folder: broken(folder, "manifest.json", b'{"kind": "CosineIndex", "format": 9}'),
        lambda folder: broken(folder, "manifest.json", b'{"kind": "CosineIndex", "format": 1}'),
    ],
)
def test_a_damaged_index_is_told(vectors, tmp_path, damage):
    """
    Whatever is wrong with a folder is one sentence, and arrays of objects are never read.
    """
    CosineIndex().fit(vectors).save(tmp_path / "index")
    damage(tmp_path / "index")

    with pytest.raises(ModelFileError, match="copy it again|is no index|upgrade"):
        CosineIndex.load(tmp_path / "index")


def test_a_folder_chooses_no_address(tickets, tmp_path):
    """
    An index that names a service at an address of its own is refused without the reader's word.
    """
    CosineIndex(TextEmbedder(HashingProvider(8), columns="text")).fit(tickets).save(tmp_path / "i")
    manifest = json.loads((tmp_path / "i" / "manifest.json").read_text())
    manifest["provider"]["name"] = "openai:m?base_url=http://elsewhere.example/v1"
    (tmp_path / "i" / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(ModelFileError, match="address"):
        CosineIndex.load(tmp_path / "i")
