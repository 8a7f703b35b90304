import json
import sys

import numpy as np
import pandas as pd
import pytest

from toolkit import HashingProvider, read_frame
from toolkit.embedding.parts import Failure, Part

PROVIDER = ["--provider", "hashing:512"]
TEXTS = ["late parcel", "parcel is lost", "refund please", "my refund is late", "", "card\nblocked"]


@pytest.fixture
def tickets(tmp_path):
    path = tmp_path / "tickets.csv"
    table = {"key": list("abcdef"), "text": TEXTS, "label": list("ddrrxc"), "same": ["s"] * 6}
    pd.DataFrame(table).to_csv(path, index=False)

    return path


@pytest.fixture
def search(command, tickets):
    """Search the table and return exit code, stdout and stderr."""

    def run_search(*arguments, table=tickets):
        return command("search", table, "--text", "text", *PROVIDER, *arguments)

    return run_search


def test_the_nearest_rows_are_printed_a_line_each(search):
    """
    Rank, cosine, id and text: stdout holds the answer alone, what was done stands on stderr.
    """
    code, out, err = search("late parcel", "-k", "2", "--id", "key")

    assert code == 0
    assert out.splitlines()[:2] == ["   cosine  key  text", "1   1.000  a    late parcel"]
    assert len(out.splitlines()) == 3
    assert "1 of 7 texts" in err


def test_lines_fit_the_terminal(search, tmp_path, monkeypatch):
    """
    Long texts are cut to the width, and line breaks in a text break no line.
    """
    monkeypatch.setenv("COLUMNS", "60")
    path = tmp_path / "long.csv"
    pd.DataFrame({"text": ["late parcel " * 50, "late\nparcel"], "n": [1, 2]}).to_csv(path)

    _, out, _ = search("late parcel", "--show", "n", table=path)

    assert len(out.splitlines()) == 3
    assert max(map(len, out.splitlines())) <= 60
    assert "…" in out


def test_columns_may_be_shown(search):
    """
    --show puts columns before the text; one that is not there is told.
    """
    _, out, _ = search("late parcel", "-k", "1", "--show", "label,same")
    code, _, err = search("late parcel", "--show", "colour")

    assert out.splitlines()[0].split() == ["cosine", "row", "label", "same", "text"]
    assert code == 1
    assert "no column 'colour'" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["late", "--show", "colour"], "no column 'colour'"),
        (["late", "--id", "colour"], "no column 'colour'"),
        (["late", "--filter", "colour=red"], "no column 'colour'"),
        (["--queries", "nowhere.csv"], "no file 'nowhere.csv'"),
    ],
)
def test_what_is_not_there_costs_nothing(search, monkeypatch, arguments, message):
    """
    A slip in a name is told before a text is embedded, which may take long or cost something.
    """
    monkeypatch.setattr(
        "toolkit.embedding.HashingProvider.embed", lambda *_, **__: pytest.fail("embedded")
    )

    code, out, err = search(*arguments)

    assert (code, out) == (1, "")
    assert message in err


def test_rows_keep_their_numbers_behind_a_filter(search):
    """
    A filter leaves rows out before they are embedded; numbers stay those of the table.
    """
    _, out, err = search("late", "--filter", "label=r", "--json")

    assert {hit["id"] for hit in json.loads(out)["results"]} == {2, 3}
    assert "3 texts" in err or "embedded" not in err
    assert search("late", "--where", "label=zzz")[0] == 1


def test_json_holds_query_and_results(search):
    """
    One object with all columns of each hit.
    """
    code, out, _ = search("late parcel", "-k", "1", "--json", "--id", "key")
    told = json.loads(out)

    assert code == 0
    assert {name: told[name] for name in ("query", "mode", "provider")} == {
        "query": "late parcel",
        "mode": "semantic",
        "provider": "hashing:512",
    }
    assert told["results"] == [
        {"rank": 1, "id": "a", "similarity": 1.0, "text": "late parcel", "label": "d", "same": "s"}
    ]


@pytest.mark.parametrize("mode", ["semantic", "keyword", "hybrid"])
def test_every_mode_finds(search, mode):
    """
    By meaning, by words, or by both.
    """
    code, out, _ = search("my refund", "-k", "1", "--mode", mode, "--id", "key")

    assert code == 0
    assert out.splitlines()[1].split()[2] == "d"


def test_words_are_searched_without_a_provider(search, monkeypatch):
    """
    --mode keyword embeds nothing.
    """
    monkeypatch.setattr(
        "toolkit.embedding.HashingProvider.embed", lambda *_, **__: pytest.fail("embedded")
    )

    assert search("refund", "--mode", "keyword")[0] == 0


def test_a_table_of_queries_gives_a_table(search, tmp_path):
    """
    Each query has its rows, with the text and the row number of the query.
    """
    queries, output = tmp_path / "queries.csv", tmp_path / "found.csv"
    pd.DataFrame({"n": [1, 2, 3], "text": ["late parcel", "", "refund please"]}).to_csv(queries)

    code, out, _ = search("--queries", queries, "-k", "2", "-o", output)
    found = read_frame(output)

    assert (code, out) == (0, "")
    assert found["query_row"].astype(int).tolist() == [0, 0, 2, 2]
    assert found["query"].tolist() == ["late parcel"] * 2 + ["refund please"] * 2
    assert found["text"].tolist()[::2] == ["late parcel", "refund please"]
    assert found.columns.tolist()[2:6] == ["rank", "id", "similarity", "text"]


def test_queries_of_any_column_may_stream_as_json(search, tmp_path):
    """
    The column of queries is guessed and told; JSON is a line a query, even if nothing is found.
    """
    queries = tmp_path / "queries.txt"
    queries.write_text("late parcel\nzzz unknown\n")

    _, out, _ = search("--queries", queries, "--json", "--mode", "keyword")
    told = [json.loads(line) for line in out.splitlines()]

    assert [each["query"] for each in told] == ["late parcel", "zzz unknown"]
    assert [len(each["results"]) for each in told] == [3, 0]


def test_the_column_of_queries_is_guessed(search, tmp_path):
    """
    Where queries stand in a column of another name, the guess is told.
    """
    queries = tmp_path / "queries.csv"
    queries.write_text("n,question\n1,where is the late parcel\n2,may I have a refund please\n")

    code, out, err = search("--queries", queries, "-k", "1")

    assert code == 0
    assert len(out.splitlines()) == 3
    assert "queries: column 'question'" in err


def test_one_query_may_be_written_as_a_table(search, tmp_path):
    """
    -o writes what is found in any format.
    """
    code, out, _ = search("late parcel", "-k", "1", "-o", tmp_path / "found.jsonl")

    assert (code, out) == (0, "")
    assert json.loads((tmp_path / "found.jsonl").read_text())["text"] == "late parcel"


def test_typed_queries_are_answered_until_an_empty_line(search, tmp_path, monkeypatch):
    """
    -i reads one query a line.
    """
    typed = tmp_path / "typed.txt"
    typed.write_text("late parcel\nrefund please\n\nnever asked\n")
    with typed.open() as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        code, out, _ = search("-i", "-k", "1")

    assert code == 0
    assert [line for line in out.splitlines() if line.startswith("1")] == [
        "1   1.000  0    late parcel",
        "1   1.000  2    refund please",
    ]


def test_nothing_found_is_said(search):
    """
    No hit is no error: stdout is empty and stderr tells what to try.
    """
    for arguments, message in [
        (["zzz", "--mode", "keyword"], "nothing is found: no row has a word of the query"),
        (["late", "--threshold", "0.999"], "nothing is found: no cosine is 0.999 or more"),
        (["late", "--filter", "label=x"], "nothing is found: try other words"),
    ]:
        code, out, err = search(*arguments)

        assert (code, out) == (0, "")
        assert message in err


def test_queries_that_find_nothing_are_counted(search, tmp_path):
    """
    They have no line in the table of hits, so that stderr tells how many there are.
    """
    queries = tmp_path / "queries.txt"
    queries.write_text("late parcel\nzzz\nqqq\n")

    code, out, err = search("--queries", queries, "--mode", "keyword", "-k", "1")

    assert (code, len(out.splitlines())) == (0, 2)
    assert "nothing is found for 2 of 3 queries" in err
    assert "nothing is found" not in search("--queries", queries, "-k", "1", "--limit", "1")[2]


def test_ids_that_repeat_are_replaced_by_numbers(search):
    """
    A column that does not tell rows apart is no id, and that is told.
    """
    code, out, err = search("late parcel", "-k", "1", "--id", "same")

    assert code == 0
    assert out.splitlines()[0].split() == ["cosine", "row", "text"]
    assert "does not tell rows apart" in err


def test_a_kept_index_is_searched_like_the_table(search, command, tmp_path):
    """
    --save keeps the index in a folder, which then stands in place of the table.
    """
    code, expected, _ = search("late", "--id", "key", "--save", tmp_path / "index", "--json")
    assert code == 0

    _, found, _ = command("search", tmp_path / "index", "late", "--json")
    _, filtered, _ = command("search", tmp_path / "index", "late", "--json", "--filter", "label=r")

    assert json.loads(found) == json.loads(expected)
    assert {hit["label"] for hit in json.loads(filtered)["results"]} == {"r"}


def test_an_index_refuses_what_is_for_tables(search, command, tmp_path):
    """
    What would be passed over in silence is told instead; --no-cache holds for the query.
    """
    search("late", "--save", tmp_path / "index", "--approximate")
    for option in ["--text", "text"], ["--id", "key"], ["--limit", "3"], ["--approximate"]:
        code, _, err = command("search", tmp_path / "index", "late", *option)

        assert code == 2
        assert f"{option[0]} is for tables" in err

    command("search", tmp_path / "index", "another query", "--no-cache")
    _, _, err = command("search", tmp_path / "index", "another query")
    assert "1 texts embedded" in err


def test_rows_that_cannot_be_embedded_may_be_left_out(search, tmp_path, monkeypatch):
    """
    With --on-error skip the others are found, the reasons are kept, and the exit code is 3.
    """

    def stream(self, texts, *, task="none"):
        for row, text in enumerate(texts):
            if "card" in text:
                yield Failure(row, "refused")
            else:
                yield Part(np.array([row]), self.embed([text], task=task))

    monkeypatch.setattr(HashingProvider, "stream", stream, raising=False)
    rejects = tmp_path / "rejects.txt"

    code, out, _ = search("late parcel", "--on-error", "skip", "--rejects", rejects)

    assert code == 3
    assert "late parcel" in out
    assert "card" not in out
    assert rejects.read_text() == "row 5: refused: card blocked\n"


def test_a_dry_run_tells_and_finds_nothing(search):
    """
    Only the forecast is printed.
    """
    code, out, _ = search("late", "--dry-run")

    assert code == 0
    assert "texts" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give a QUERY"),
        (["late", "-i"], "give a QUERY"),
        ([" "], "the query is empty"),
        (["late", "-k", "0"], "-k"),
        (["late", "--threshold", "2"], "--threshold"),
        (["late", "--threshold", "0.1", "--mode", "keyword"], "has none"),
        (["late", "--save", "x", "--mode", "keyword"], "--mode keyword has none"),
        (["-i", "-o", "x.csv"], "-i reads queries"),
        (["--queries", "x.csv", "-o", "x.csv"], "also written"),
        (["late", "parcel"], 'put the query in quotes: "late parcel"'),
        (["late", "--json", "-o", "x.csv"], "choose one"),
        (["--queries", "x.csv", "--json", "-o", "y.csv"], "choose one"),
        (["late", "--json", "--format", "csv"], "choose one"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(search, arguments, message):
    """
    Exit code 2 and a sentence, before any text is embedded.
    """
    code, out, err = search(*arguments)

    assert (code, out) == (2, "")
    assert message in err


def test_an_output_that_exists_is_kept(search, tmp_path):
    """
    Neither a table nor an index is replaced without --force.
    """
    (tmp_path / "found.csv").write_text("mine")
    (tmp_path / "index").mkdir()

    assert search("late", "-o", tmp_path / "found.csv")[0] == 1
    assert search("late", "--save", tmp_path / "index")[0] == 1
    assert (tmp_path / "found.csv").read_text() == "mine"
