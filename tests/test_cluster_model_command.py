"""Groups that are kept in a file: rows of tomorrow find theirs, and groups that go on stay."""

import json

import pandas as pd
import pytest

from tests.test_cluster_command import TABLE, TOPICS, USUAL, read
from toolkit import (
    CosineLeiden,
    HashingProvider,
    TextClassifier,
    TextEmbedder,
    load,
    save,
)
from toolkit.frames import read_frame
from toolkit.persistence import read_manifest


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "tickets.csv"
    TABLE.to_csv(path, index=False)

    return path


@pytest.fixture
def model(command, table, tmp_path):
    path = tmp_path / "clusters.toolkit"
    code, _, told = command(
        *("cluster", table, *USUAL, "--id", "id", "--model", path, "-o", tmp_path / "found.csv")
    )
    assert code == 0, told
    assert f"The groups are in {path}; next: toolkit predict new.csv --model {path}" in told

    return path


def with_names(path, names):
    """Write the groups of a model under other names."""
    numbers = dict(enumerate(names))
    save(load(path).renumbered({}, numbers), path, overwrite=True)


def test_the_file_tells_what_it_is(model):
    """
    The columns of text and ids, and the table, are remembered.
    """
    told = read_manifest(model)

    assert told["estimator"].endswith("TextClusterer")
    assert told["columns"] == ["text"]
    assert told["training"] == {"table": "tickets.csv", "n_rows": 90, "id": "id"}
    assert told["metrics"] == {"n_clusters": 3, "n_noise": 0}


def test_rows_of_the_fit_are_predicted_as_they_were(command, model, table, tmp_path):
    """
    Number, name and confidence are those of toolkit cluster; --text is remembered.
    """
    code, _, told = command("predict", table, "--model", model, "-o", tmp_path / "again.csv")

    assert code == 0, told
    again = read(tmp_path / "again.csv")
    assert list(again)[-1] == "next_cluster"
    pd.testing.assert_frame_equal(again.drop(columns="next_cluster"), read(tmp_path / "found.csv"))


def test_new_rows_find_their_groups(command, model, tmp_path, monkeypatch):
    """
    In chunks, in another column of text, with the columns that they have; empty ones find none.
    """
    monkeypatch.setattr("toolkit.cli.streams.CHUNK_ROWS", 2)
    new = tmp_path / "new.jsonl"
    texts = [TOPICS[0], "", TOPICS[2], TOPICS[0], TOPICS[1]]
    pd.DataFrame({"body": texts, "cluster": "mine"}).to_json(new, orient="records", lines=True)

    code, _, told = command(
        *("predict", new, "--model", model, "--text", "body", "-o", tmp_path / "found.jsonl")
    )

    assert code == 0, told
    found = pd.read_json(tmp_path / "found.jsonl", lines=True)
    labels = load(model).labels_
    assert found["cluster"].tolist() == ["mine"] * 5
    assert found["cluster_2"].tolist() == [labels[0], -1, labels[2], labels[0], labels[1]]
    assert found["cluster_name"].tolist()[1] == ""


@pytest.mark.parametrize("ending", ["csv", "parquet", "feather", "xlsx", "jsonl"])
def test_every_format_takes_the_answers(command, model, table, tmp_path, ending):
    """
    Numbers of groups are whole numbers in each.
    """
    path = tmp_path / f"again.{ending}"
    code, _, told = command("predict", table, "--model", model, "-o", path)

    assert code == 0, told
    found = read_frame(path)["cluster"].astype(str)
    assert found.tolist() == [str(number) for number in load(model).labels_]


@pytest.mark.parametrize(
    ("command_line", "message"),
    [
        (("predict", "--evidence", "2"), "--evidence is for classifiers, and"),
        (("evaluate", "--label", "zip"), "holds groups, which have no labels to compare with"),
        (("predict", "-o", "x.pdf"), "no table format goes with a name like 'x.pdf'"),
    ],
)
def test_what_groups_cannot_do_is_one_sentence(command, model, table, command_line, message):
    """
    Before any work.
    """
    name, *options = command_line
    code, _, told = command(name, table, "--model", model, *options)

    assert code == 2
    assert message in " ".join(told.split())


def test_other_models_are_no_groups(command, table, tmp_path):
    """
    A classifier is nothing to go on from, and what takes vectors is nothing for a table.
    """
    path = tmp_path / "other.toolkit"
    embedder = TextEmbedder(HashingProvider(8))
    save(TextClassifier(embedder).fit(["a", "b", "a b", "b b"], [0, 1, 0, 1]), path)
    code, _, told = command("cluster", table, *USUAL, "--previous", path)
    assert (code, "holds a classifier where groups were expected" in told) == (2, True)

    save(CosineLeiden().fit([[1.0, 0.0], [0.0, 1.0]]), path, overwrite=True)
    for arguments in (("predict", table, "--model"), ("cluster", table, *USUAL, "--previous")):
        code, _, told = command(*arguments, path)
        assert (code, "holds CosineLeiden, which takes no table" in told) == (2, True)


def test_a_model_is_not_replaced_unasked(command, model, table):
    """
    And the question comes before the work.
    """
    content = model.read_bytes()
    code, _, told = command("cluster", table, *USUAL, "--model", model)
    assert (code, "is there already" in told) == (1, True)
    assert "embedded" not in told
    assert model.read_bytes() == content

    code, _, _ = command("cluster", table, *USUAL, "--model", model, "--force", "--limit", "60")
    assert code == 0
    assert len(load(model).labels_) == 60


def test_new_rows_go_on_from_a_model_by_their_meaning(command, model, tmp_path):
    """
    No row need be the same, and what people called the groups stays, also in the next model.
    """
    with_names(model, ["first", "second", "third"])
    save(load(model).renumbered({0: 5, 1: 3, 2: 9}, next_number=20), model, overwrite=True)
    last = load(model)
    new = pd.DataFrame({"text": [f"{TOPICS[n % 3]} quite new {n}" for n in range(60)]})
    extra = pd.DataFrame({"text": [f"something else {n} entirely other" for n in range(12)]})
    pd.concat([new, extra]).to_csv(tmp_path / "new.csv", index=False)
    options = [*USUAL[:-1], "4"]

    code, _, told = command(
        *("cluster", tmp_path / "new.csv", *options, "--previous", model),
        *("-o", tmp_path / "now.csv", "--model", tmp_path / "now.toolkit", "--levels"),
    )

    assert code == 0, told
    now = read(tmp_path / "now.csv")
    expected = last.predict(pd.DataFrame({"text": new["text"]}))
    assert now["cluster"][:60].tolist() == [str(number) for number in expected]
    assert set(now["cluster"][60:]) == {"20"}
    names = {"5": "first", "3": "second", "9": "third"}
    assert now["cluster_name"][:60].tolist() == [names[number] for number in now["cluster"][:60]]
    levels = [name for name in now if name.startswith("cluster_level_")]
    assert any(now[level].equals(now["cluster"]) for level in levels)
    assert "born    20 " in told

    again = load(tmp_path / "now.toolkit")
    assert again.next_number_ == 21
    decided = again.decide(pd.read_csv(tmp_path / "new.csv"))
    assert decided["cluster"].astype(str).tolist() == now["cluster"].tolist()
    assert decided["cluster_name"].tolist() == now["cluster_name"].tolist()


def test_the_earlier_model_may_have_another_provider(command, table, model, tmp_path):
    """
    It finds the earlier groups with its own, and the new ones with the new.
    """
    save(load(model).renumbered({0: 5, 1: 3, 2: 9}), model, overwrite=True)
    options = ["--text", "text", "--provider", "hashing:128", "--no-cache", "--n-clusters", "3"]

    code, _, told = command(
        *("cluster", table, *options, "--previous", model, "-o", tmp_path / "now.csv")
    )

    assert code == 0, told
    expected = [str(number) for number in load(model).labels_]
    assert read(tmp_path / "now.csv")["cluster"].tolist() == expected
    assert "Since last time: 3 same" in told


def test_a_group_that_died_is_told_by_its_name(command, model, tmp_path):
    """
    A number alone says nothing to a person.
    """
    with_names(model, ["ours", "parcels", "theirs"])
    rows = [f"{TOPICS[0]} {TOPICS[1]} {number}" for number in range(30)]
    rows += [f"sun {number} rain wind" for number in range(30)]
    pd.DataFrame({"text": rows}).to_csv(tmp_path / "new.csv", index=False)

    _, _, told = command(
        *("cluster", tmp_path / "new.csv", *USUAL[:-1], "2", "--previous", model),
        *("-o", tmp_path / "now.csv", "--json"),
    )
    code, out, _ = command(
        *("cluster", tmp_path / "new.csv", *USUAL[:-1], "2", "--previous", model, "--json")
    )

    changes = json.loads(out)["changes"]
    assert code == 0
    assert all(change["name"] for change in changes)


def test_a_name_that_stays_is_nobody_elses(command, model, table, tmp_path):
    """
    A group whose own words make the kept name of another steps back.
    """
    names = load(model).themes_.names
    with_names(model, [names[1], names[2], names[0]])

    command("cluster", table, *USUAL, "--previous", model, "-o", tmp_path / "now.csv")
    assert read(tmp_path / "now.csv")["cluster_name"].nunique() == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--clusters", "g.pdf"), "no table format goes with a name like 'g.pdf'"),
        (("--clusters", "g.txt"), "'g.txt': a table cannot be written as .txt"),
        (("-o", "o.foo"), "no table format goes with a name like 'o.foo'"),
        (("--format", "foo"), "no table format goes with format='foo'"),
        (("--model", "clusters.csv"), "--model clusters.csv: expected a name that ends in"),
        (("--model", "-"), "--model -: expected a name that ends in .toolkit"),
        (("--previous", "none.csv"), "--previous none.csv: there is no such file"),
        (("--previous", "none.toolkit"), "--previous none.toolkit: there is no such file"),
        (("--previous", __file__), "models end in .toolkit"),
    ],
)
def test_files_that_cannot_be_are_told_at_once(command, table, options, message):
    """
    Before anything is read or embedded.
    """
    code, _, told = command("cluster", table, *USUAL, *options)

    assert code == 2
    assert message in " ".join(told.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ("dedupe", "TABLE", "-o", "x.foo"),
        ("dedupe", "TABLE", "--duplicates", "x.foo"),
        ("drift", "TABLE", "TABLE", "-o", "x.foo"),
        ("search", "TABLE", "refund", "-o", "x.foo"),
        ("embed", "TABLE", "-o", "x.foo"),
    ],
    ids=" ".join,
)
def test_no_command_works_towards_a_table_without_a_format(command, table, arguments):
    """
    Each says so at once.
    """
    named = [table if each == "TABLE" else each for each in arguments]
    code, _, told = command(*named, "--provider", "hashing:8", "--no-cache")

    assert code == 2
    assert "no table format goes with a name like 'x.foo'" in told
    assert "embedded" not in told
