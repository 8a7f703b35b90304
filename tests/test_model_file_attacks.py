"""Damaged and forged model files: refused in one sentence, and nothing in them is ever run."""

import base64
import hashlib
import io
import json
import sys
import zipfile

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from skops.io.exceptions import UntrustedTypesFoundException

from toolkit import CosineCentroidClassifier, HashingProvider, TextClassifier, TextEmbedder
from toolkit.embedding.verified import Canary
from toolkit.errors import ModelFileError
from toolkit.persistence import load, read_manifest, save
from toolkit.persistence.schema import ALLOWED, trusted_types

TEXTS = ["card lost", "lost my card", "a refund", "refund me"]
LABELS = ["card", "card", "refund", "refund"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "model.toolkit"
    embedder = TextEmbedder(HashingProvider(8))
    save(TextClassifier(embedder, CosineCentroidClassifier()).fit(TEXTS, LABELS), path)

    return path


@pytest.fixture(scope="module")
def members(whole):
    with zipfile.ZipFile(whole) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "forged.toolkit"


@pytest.fixture
def tripwire(tmp_path, monkeypatch):
    """
    A module that leaves a mark when it is imported, and one more for all that can be called.
    """
    folder, mark = tmp_path / "modules", tmp_path / "mark"
    folder.mkdir()
    (folder / "tripwire.py").write_text(
        "from pathlib import Path\n"
        f"mark = Path({str(mark)!r})\n"
        "mark.touch()\n"
        "def trip(*args, **options):\n"
        "    mark.touch()\n"
        "class Trip(list):\n"
        "    __init__ = __setstate__ = __call__ = trip\n"
        "class Bomb:\n"
        "    def __reduce__(self):\n"
        "        return trip, ()\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    yield mark
    sys.modules.pop("tripwire", None)


def forge(path, members, *, manifest=None, listed=None):
    """Write a model file whose hashes are right, whatever it holds."""
    told = json.loads(members["manifest.json"]) | (manifest or {})
    others = {name: content for name, content in members.items() if name != "manifest.json"}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in others.items()}
    told["members"] = hashes if listed is None else listed
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(told))
        for name, content in others.items():
            archive.writestr(name, content)


def with_schema(members, change):
    """Return the members with a schema that ``change`` has worked on, or has put in its place."""
    schema = json.loads(members["schema.json"])
    changed = change(schema)

    return members | {"schema.json": json.dumps(schema if changed is None else changed).encode()}


def node(name, loader, **content):
    module, _, cls = name.rpartition(".")

    return {"__module__": module, "__class__": cls, "__loader__": loader, **content}


def text(value):
    return node("builtins.str", "JsonNode", content=json.dumps(value))


def sequence(*items, loader="TupleNode", name="builtins.tuple"):
    return node(name, loader, content=list(items))


def mapping(content, key=None):
    keys = [key or node("builtins.str", "TypeNode")] * len(content)
    listed = sequence(*keys, loader="ListNode", name="builtins.list")

    return node("builtins.dict", "DictNode", content=content, key_types=listed)


TRIP = node("tripwire.trip", "FunctionNode")
LOADED = node("toolkit.text_embedder.TextEmbedder", "ObjectNode", content=mapping({}))
ARRAY = {"type": "numpy", "file": "1.npy"}

EVIL = {
    "function": TRIP,
    "system": node("os.system", "FunctionNode"),
    "eval": node("builtins.eval", "TypeNode"),
    "ufunc of skops's own list": node("numpy.frompyfunc", "FunctionNode"),
    "function of the toolkit": node("toolkit.persistence.saving.save", "FunctionNode"),
    "partial": node(
        "functools.partial",
        "PartialNode",
        content={"func": TRIP, "args": sequence(), "kwds": mapping({}), "namespace": text(None)},
    ),
    "constructor": node(
        "subprocess.Popen", "ConstructorFromReduceNode", content=sequence(text(["true"]))
    ),
    "constructor of a trusted type": node(
        "toolkit.text_embedder.TextEmbedder", "ConstructorFromReduceNode", content=sequence()
    ),
    "object": node("tripwire.Trip", "ObjectNode", content=mapping({"a": text(1)})),
    "method of a trusted object": node(
        "toolkit.text_embedder.TextEmbedder", "MethodNode", content={"func": "fit", "obj": LOADED}
    ),
    "operator": node("operator.methodcaller", "OperatorFuncNode", attrs=sequence(text("system"))),
    "operator in disguise": node("operator.call", "OperatorFuncNode", attrs=sequence(TRIP)),
    "type of a trusted object": node("toolkit.text_embedder.TextEmbedder", "TypeNode"),
    "list of another type": sequence(text(1), loader="ListNode", name="tripwire.Trip"),
    "dict of another type": node("tripwire.Trip", "DictNode", content={}, key_types=sequence()),
    "keys of another type": mapping({"a": text(1)}, key=node("tripwire.Trip", "TypeNode")),
    "keys that are called": mapping({"a": text(1)}, key=TRIP),
    "default factory": node(
        "collections.defaultdict",
        "DefaultDictNode",
        content={"main": mapping({}), "default_factory": TRIP},
    ),
    "array of another type": node("tripwire.Trip", "NdArrayNode", **ARRAY),
    "array from elsewhere": node(
        "numpy.ndarray", "NdArrayNode", type="numpy", file="../../etc/passwd.npy"
    ),
    "random generator": node(
        "numpy.random._generator.Generator",
        "RandomGeneratorNode",
        content={"bit_generator": mapping({"bit_generator": text("seed")}), "seed_seq": text(1)},
    ),
    "tree": node("sklearn.tree._tree.Tree", "TreeNode", content=mapping({})),
    "loss": node("tripwire.Trip", "LossNode", content=mapping({}), __reduce__={"args": text(1)}),
    "cached": node("builtins.str", "CachedNode", __id__=1),
    "estimator of another module": node("tripwire.LogisticRegression", "ObjectNode"),
    "forest": node("sklearn.ensemble._forest.RandomForestClassifier", "ObjectNode"),
    "unknown loader": node("builtins.str", "pickle"),
    "no loader": {"__module__": "tripwire", "__class__": "Trip"},
    "names that are lists": {"__module__": ["os"], "__class__": {}, "__loader__": "TypeNode"},
    "value that is no text": node("builtins.str", "JsonNode", content=["[]"]),
}


def in_place_of_the_model(schema, evil):
    return evil | {"protocol": schema["protocol"]}


def in_an_attribute(schema, evil):
    schema["content"]["content"]["head_"] = evil


def where_skops_never_looks(schema, evil):
    schema["content"]["content"]["head"]["remark"] = [[{"deep": evil}]]


PLACES = [in_place_of_the_model, in_an_attribute, where_skops_never_looks]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
@pytest.mark.parametrize("evil", EVIL.values(), ids=EVIL)
def test_foreign_types_are_refused_before_anything_is_imported(
    evil, place, path, members, tripwire, monkeypatch
):
    """
    Whatever could run code is refused by its name, wherever it stands; skops never sees it.
    """
    forge(path, with_schema(members, lambda schema: place(schema, evil)))
    monkeypatch.setattr(skops.io, "load", lambda *_, **__: pytest.fail("skops was reached"))

    with pytest.raises(ModelFileError, match="is refused: no model file may hold"):
        load(path)

    assert "tripwire" not in sys.modules
    assert not tripwire.exists()


GUARDED_TWICE = ("function", "partial", "constructor", "object", "default factory", "loss", "tree")


@pytest.mark.parametrize("name", GUARDED_TWICE)
def test_skops_would_refuse_them_too(name, path, members, tripwire):
    """
    The list that skops is told is a second guard: it trusts our estimators and no function.
    """
    forge(path, with_schema(members, lambda schema: in_an_attribute(schema, EVIL[name])))

    with pytest.raises((UntrustedTypesFoundException, KeyError)):
        skops.io.load(path, trusted=trusted_types())
    assert not tripwire.exists()


def test_the_list_holds_no_way_to_call():
    """
    The fixed list has plain values, arrays and estimators; no loader on it calls what it loads.
    """
    loaders = {loader for _, loader in ALLOWED}
    types = {name for name, loader in ALLOWED if loader == "TypeNode"}

    assert loaders == {
        *("JsonNode", "DictNode", "ListNode", "TupleNode", "TypeNode", "NdArrayNode"),
        "ObjectNode",
    }
    assert types == {"builtins.str", "builtins.int", "builtins.float", "numpy.str_", "numpy.int64"}


def test_pickles_in_arrays_are_refused(path, members, tripwire):
    """
    An array file that holds a pickle is not unpickled, and neither is a zip in its place.
    """
    import tripwire as module

    tripwire.unlink()
    pickled, zipped = io.BytesIO(), io.BytesIO()
    np.save(pickled, np.array([module.Bomb()], dtype=object), allow_pickle=True)
    np.savez(zipped, np.array([module.Bomb()], dtype=object))

    forge(path, members | {"1.npy": pickled.getvalue()})
    with pytest.raises(ModelFileError, match="allow_pickle=False"):
        load(path)
    for content in (zipped.getvalue(), b"\x80\x04."):
        forge(path, members | {"1.npy": content})
        with pytest.raises(ModelFileError, match="is refused: 1.npy holds no array"):
            load(path)
    assert not tripwire.exists()


def test_no_file_chooses_what_is_written_here(path, members, tmp_path):
    """
    A forged path for the cache, or a folder for a pipeline's memory, is refused.
    """
    precious = tmp_path / "precious.txt"
    precious.write_text("keep me")

    def cache_there(schema):
        schema["content"]["content"]["embedder_"]["content"]["content"]["cache"] = text(
            str(precious)
        )

    forge(path, with_schema(members, cache_there))
    with pytest.raises(ModelFileError, match="a cache or a provider of its own"):
        load(path)
    assert precious.read_text() == "keep me"

    steps = TextEmbedder(HashingProvider(8)), LogisticRegression()
    model = make_pipeline(*steps, memory=str(tmp_path / "here")).fit(TEXTS, LABELS)
    remembering = tmp_path / "pipeline.toolkit"
    save(model, remembering)
    assert load(remembering).memory is None
    with zipfile.ZipFile(remembering) as archive:
        whole = {name: archive.read(name) for name in archive.namelist()}

    def memory_there(schema):
        schema["content"]["content"]["memory"] = text("there")

    forge(path, with_schema(whole, memory_there))
    with pytest.raises(ModelFileError, match="a memory of its own"):
        load(path)


def test_a_file_cut_short_anywhere_is_refused(path, whole):
    """
    However few bytes are missing, the file is refused in one sentence that names it.
    """
    content = whole.read_bytes()
    for length in [*range(0, len(content), 61), *range(len(content) - 40, len(content))]:
        path.write_bytes(content[:length])
        with pytest.raises(ModelFileError, match="forged.toolkit' is "):
            load(path)


def test_a_changed_byte_is_refused_or_changes_nothing(path, whole):
    """
    After any one byte has changed, the model is refused or gives the same answers.
    """
    content = whole.read_bytes()
    expected = load(whole).predict_proba(TEXTS)
    n_refused = 0
    offsets = range(0, len(content), 17)
    for offset in offsets:
        path.write_bytes(content[:offset] + bytes([content[offset] ^ 0x55]) + content[offset + 1 :])
        try:
            np.testing.assert_array_equal(load(path).predict_proba(TEXTS), expected)
        except ModelFileError:
            n_refused += 1

    assert n_refused > 0.8 * len(offsets)


WRONG = {
    "newer": ({"manifest": {"format": 2}}, {}, "has the format 2, and this version reads up to 1"),
    "no format": ({"manifest": {"format": None}}, {}, "its manifest tells no format"),
    "not listed": ({"listed": {}}, {}, "its members are not those that its manifest lists"),
    "another hash": ({"listed": None}, {}, "1.npy is not as it was written"),
    "folder": ({}, {"../1.npy": b""}, r"no model file has a member '../1.npy'"),
    "absolute": ({}, {"/1.npy": b""}, "no model file has a member '/1.npy'"),
    "script": ({}, {"setup.py": b""}, "no model file has a member 'setup.py'"),
    "bomb": ({}, {"schema.json": b" " * 30_000_000}, "schema.json would unpack to 30,000,000"),
    "deep": ({}, {"schema.json": b"[" * 100_000}, "RecursionError"),
    "no json": ({}, {"schema.json": b"\xff"}, "UnicodeDecodeError"),
    "frame": ({}, {"frame-0.json": b'[{"name": "id", "dtype": "evil", "cells": []}]'}, "evil"),
    "cells": (
        {},
        {"frame-0.json": b'[{"name": "id", "dtype": "object", "cells": [[1]]}]'},
        "a cell holds list",
    ),
    "canary": (
        {"manifest": {"provider": {"name": "hashing:8"}}},
        {},
        "damaged or no model file .KeyError: 'fingerprint'",
    ),
}


@pytest.mark.parametrize(("options", "changed", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_in_one_sentence(options, changed, message, path, members):
    """
    Each way in which a file can be wrong has its sentence, and none is loaded.
    """
    if "listed" in options and options["listed"] is None:
        told = json.loads(members["manifest.json"])["members"]
        options = {"listed": told | {"1.npy": "0" * 64}}
    forge(path, members | changed, **options)

    with pytest.raises(ModelFileError, match=message) as caught:
        load(path)
    assert "\n" not in str(caught.value)


def test_a_missing_member_is_told(path, members):
    """
    A manifest that lists more than the file holds is told as damage.
    """
    told = json.loads(members["manifest.json"])["members"]
    forge(path, {k: v for k, v in members.items() if k != "2.npy"}, listed=told)

    with pytest.raises(ModelFileError, match="its members are not those"):
        load(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_stands_twice_is_refused(path, members):
    """
    Two members of one name could be checked as one and read as the other.
    """
    forge(path, members)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("schema.json", "{}")

    with pytest.raises(ModelFileError, match="one of them twice"):
        load(path)


@pytest.mark.parametrize("protocol", [0, 1, 99, True, "2", None])
def test_other_protocols_are_refused(protocol, path, members):
    """
    Older rules of skops cannot be asked for, and newer ones are not guessed.
    """
    forge(path, with_schema(members, lambda schema: schema | {"protocol": protocol}))

    with pytest.raises(ModelFileError, match=r"is refused|cannot be loaded|is cut short"):
        load(path)


def test_an_array_that_claims_too_much_is_refused(path, members):
    """
    A header that tells of more values than the file holds ends in a sentence, not in a crash.
    """
    content = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        content, {"descr": "<f8", "fortran_order": False, "shape": (10**15,)}
    )
    forge(path, members | {"1.npy": content.getvalue()})

    with pytest.raises(ModelFileError, match="cannot be loaded"):
        load(path)


def test_what_is_no_model_file_is_told(tmp_path):
    """
    Missing files, folders, other files and other zips each get their sentence.
    """
    other, empty, foreign = (tmp_path / name for name in ("a.csv", "b.toolkit", "c.zip"))
    other.write_text("id,text\n1,hello\n")
    empty.touch()
    with zipfile.ZipFile(foreign, "w") as archive:
        archive.writestr("hello.txt", "hello")

    for path, message in {
        tmp_path / "none.toolkit": "cannot be read: No such file or directory",
        tmp_path: "cannot be read: Is a directory",
        other: "is cut short, damaged or no model file",
        empty: "is cut short, damaged or no model file",
        foreign: "is no model file: it has no manifest.json",
    }.items():
        for read in (load, read_manifest):
            with pytest.raises(ModelFileError, match=message):
                read(path)


def test_a_list_in_place_of_an_estimator_is_refused(path, members):
    """
    Harmless things are refused as well if they are no model.
    """
    listed = sequence(text(1), loader="ListNode", name="builtins.list") | {"protocol": 2}
    forge(path, with_schema(members, lambda _: listed))

    with pytest.raises(ModelFileError, match="holds list, no estimator"):
        load(path)


@pytest.mark.parametrize(
    "change", [{"task": "evil"}, {"name": 1}, {"canary": {"texts": [], "shape": [0, 8]}}], ids=str
)
def test_a_damaged_origin_is_told(change, path, members):
    """
    What the manifest says of the provider is checked before it is used.
    """
    told = json.loads(members["manifest.json"])["provider"]
    canary = told["canary"] | ({"float32": ""} | change["canary"] if "canary" in change else {})
    forge(path, members, manifest={"provider": told | change | {"canary": canary}})

    with pytest.raises(ModelFileError, match="is damaged: it"):
        load(path)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_a_canary_that_is_no_number_stops_every_text(number, path, members):
    """
    Vectors that compare with nothing do not count as the same vectors.
    """
    told = json.loads(members["manifest.json"])["provider"]
    n_numbers = np.prod(told["canary"]["shape"])
    content = base64.b64encode(np.full(n_numbers, number, dtype="<f4").tobytes()).decode()
    canary = told["canary"] | {"float32": content}
    forge(path, members, manifest={"provider": told | {"canary": canary}})

    with pytest.raises(ModelFileError, match="is damaged: its canary holds what is no number"):
        load(path)
    vectors = np.full((1, 64), number, dtype=np.float32)
    with pytest.raises(ModelFileError, match="gives other vectors"), np.errstate(invalid="ignore"):
        Canary(("text",), "none", tuple(map(tuple, vectors))).check(HashingProvider(64))


def test_small_files_do_not_grow_large(path, members):
    """
    Neither many members that unpack well nor one that is read many times can fill the memory.
    """
    forge(path, members | {f"{i}.npy": b"\x93NUMPY" + bytes(2**20 - 10) for i in range(100, 150)})
    with pytest.raises(ModelFileError, match="unpack to far more than it should"):
        load(path)

    array = node("numpy.ndarray", "NdArrayNode", **ARRAY)
    many = sequence(*(array | {"__id__": 1000 + i} for i in range(5)))
    forge(path, with_schema(members, lambda schema: in_an_attribute(schema, many)))
    with pytest.raises(ModelFileError, match="would read 1.npy many times"):
        load(path)
