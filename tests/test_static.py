import copy
import pickle
import sys
from collections import OrderedDict

import numpy as np
import pytest

from toolkit.embedding import StaticProvider, registry
from toolkit.errors import InputError, MissingDependency, ModelNotFound

model2vec = pytest.importorskip("model2vec", reason="the extra static is not installed")

WORDS = ["[UNK]", "late", "parcel", "refund", "lamp"]
TEXTS = ["late parcel", "refund lamp refund", "late"]


@pytest.fixture
def folder(tmp_path):
    """A model of five words, made and saved here."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    words = {word: row for row, word in enumerate(WORDS)}
    tokenizer = Tokenizer(WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    vectors = np.random.default_rng(0).normal(size=(len(WORDS), 8)).astype(np.float32)
    model = model2vec.StaticModel(vectors, tokenizer, config={"normalize": False})
    model.save_pretrained(tmp_path / "tiny")

    return tmp_path / "tiny"


def test_vectors_are_the_models(folder):
    """
    Vectors equal model2vec's own, in the order of the texts.
    """
    expected = model2vec.StaticModel.from_pretrained(folder).encode(TEXTS)
    provider = StaticProvider(str(folder))

    assert np.allclose(provider.embed(TEXTS), expected, atol=1e-6)
    assert np.allclose(provider.embed(TEXTS[::-1]), expected[::-1], atol=1e-6)
    assert provider.embed(TEXTS).dtype == np.float32


def test_cut_vectors_are_their_beginning(folder):
    """
    Fewer dimensions are the first ones, under a fingerprint of their own.
    """
    whole, cut = StaticProvider(str(folder)), StaticProvider(str(folder), dimensions=3)

    assert np.array_equal(cut.embed(TEXTS), whole.embed(TEXTS)[:, :3])
    assert cut.fingerprint == f"{whole.fingerprint}@3"
    with pytest.raises(InputError, match="from 1 to 8 for .*, got 9"):
        StaticProvider(str(folder), dimensions=9).embed(TEXTS)


@pytest.mark.parametrize("text", ["", "\0", "unheard words", "late " * 200_000, "🙂"])
def test_any_text_gets_a_finite_vector(folder, text):
    """
    Texts without known words, and long ones, are no error.
    """
    assert np.isfinite(StaticProvider(str(folder)).embed([text, "late"])).all()


def test_no_texts_give_no_rows(folder):
    """
    An empty list has an answer of the right width.
    """
    assert StaticProvider(str(folder)).embed([]).shape == (0, 8)


def test_copies_carry_no_model(folder):
    """
    A pickle or a copy holds the settings alone.
    """
    provider = StaticProvider(str(folder))
    provider.embed(TEXTS)

    for copied in (pickle.loads(pickle.dumps(provider)), copy.deepcopy(provider)):
        assert copied == provider
        assert set(vars(copied)) == {"model", "dimensions"}


def test_tasks_are_alike(folder):
    """
    It knows no tasks, so all share their vectors.
    """
    assert StaticProvider(str(folder)).task_as_sent("query") == ""


def test_a_missing_package_names_the_line_that_installs_it(folder, monkeypatch):
    """
    Without model2vec the error is the cure.
    """
    monkeypatch.setitem(sys.modules, "model2vec", None)
    provider = StaticProvider(str(folder))
    monkeypatch.setattr(registry, "_models", OrderedDict())

    with pytest.raises(MissingDependency, match=r"pip install 'text-embedding-toolkit\[static\]'"):
        provider.embed(TEXTS)


def test_a_missing_model_names_itself():
    """
    Names without an organisation are minishlab's.
    """
    with pytest.raises(ModelNotFound, match="the model minishlab/nothing-8M is not on this"):
        StaticProvider("nothing-8M").embed(TEXTS)


def test_a_broken_folder_is_one_sentence(folder):
    """
    Files that cannot be read are a model that is not there.
    """
    (folder / "model.safetensors").write_bytes(b"broken")

    with pytest.raises(ModelNotFound, match="the model in tiny cannot be loaded") as caught:
        StaticProvider(str(folder)).embed(TEXTS)
    assert "\n" not in str(caught.value)
