import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

PROVIDER = ["--provider", "hashing:256"]
TEXTS = [
    "where is my parcel",
    "I want my money back",
    "Where is my  PARCEL",
    "the lamp from the shop is broken",
    "",
    "the lamp from the shop is broke",
    "",
]


@pytest.fixture
def tickets(tmp_path):
    """Seven rows: an exact pair, a near pair, a single row and two without text."""
    frame = pd.DataFrame(
        {
            "id": [f"t-{number:03}" for number in range(len(TEXTS))],
            "text": TEXTS,
            "label": ["delay", "refund", "refund", "damage", "", "damage", ""],
            "price": ["007", "NA", "1.50", "", "=1+1", "x;y", "0"],
        }
    )
    path = tmp_path / "tickets.csv"
    frame.to_csv(path, index=False, sep=";")

    return path


def dedupe(command, table, *arguments):
    return command("dedupe", table, "--text", "text", "--threshold", "0.8", *PROVIDER, *arguments)


def read(path_or_text):
    return pd.read_csv(path_or_text, sep=";", dtype=str, keep_default_na=False)


def test_one_row_a_group_is_kept_as_it_was(command, tickets, tmp_path):
    """
    Kept rows have their order, columns, cells and delimiter, byte by byte.
    """
    code, out, err = dedupe(command, tickets, "-o", tmp_path / "unique.csv")

    assert (code, out) == (0, ""), err
    lines = tickets.read_text().splitlines()
    kept = [lines[row] for row in (0, 1, 2, 4, 5, 7)]
    assert (tmp_path / "unique.csv").read_text().splitlines() == kept
    assert "7 rows: 5 to keep, 2 duplicates of them (1 exact, 1 near) in 2 groups" in err


def test_data_goes_to_stdout_and_talk_to_stderr(command, tickets):
    """
    Without -o the table is printed; with --quiet nothing else is.
    """
    _, out, err = dedupe(command, tickets, "--quiet")

    assert len(out.splitlines()) == 6
    assert err == ""


def test_nothing_is_lost(command, tickets, tmp_path):
    """
    Rows that are left out can be written, and with the others they are the whole table.
    """
    unique, left = tmp_path / "unique.csv", tmp_path / "left.csv"
    code, _, err = dedupe(command, tickets, "-o", unique, "--duplicates", left, "--id", "id")

    assert code == 0, err
    out = read(left)
    assert out["id"].tolist() == ["t-002", "t-005"]
    assert out["duplicate_of"].tolist() == ["t-000", "t-003"]
    assert out["reason"].tolist() == ["exact", "near"]
    whole = pd.concat([read(unique), out[read(tickets).columns]]).sort_values("id")
    pd.testing.assert_frame_equal(whole.reset_index(drop=True), read(tickets))


def test_mark_keeps_all_rows(command, tickets, tmp_path):
    """
    With --mark three columns are appended, none of the table's own is replaced.
    """
    frame = read(tickets).rename(columns={"price": "reason"})
    frame.to_csv(tickets, index=False, sep=";")
    code, _, err = dedupe(command, tickets, "--mark", "-o", tmp_path / "marked.csv")

    assert code == 0, err
    marked = read(tmp_path / "marked.csv")
    pd.testing.assert_frame_equal(marked[frame.columns], frame)
    assert marked.columns[-3:].tolist() == ["duplicate_of", "similarity", "reason_2"]
    assert marked["duplicate_of"].tolist() == ["", "", "0", "", "", "3", ""]


def test_list_writes_groups_only(command, tickets, tmp_path):
    """
    With --list the groups stand side by side, the row that is kept first.
    """
    path = tmp_path / "groups.csv"
    code, _, err = dedupe(command, tickets, "--list", "--label", "label", "--id", "id", "-o", path)

    assert code == 0, err
    groups = read(path)
    assert groups["id"].tolist() == ["t-000", "t-002", "t-003", "t-005"]
    assert groups["group"].tolist() == ["0", "0", "2", "2"]
    assert groups["label"].tolist() == ["delay", "refund", "damage", "damage"]
    assert "The same text under different labels (1)" in err


def test_list_of_nothing_has_a_header(command, tmp_path):
    """
    A table without duplicates gives a table of groups without rows.
    """
    path = tmp_path / "one.csv"
    path.write_text("text\nlate\n")
    code, out, err = dedupe(command, path, "--list")

    assert code == 0
    assert out.split() == ["row,group,n_rows,duplicate_of,similarity,reason,text"]
    assert "1 row, no duplicates" in err


def test_labels_are_listed_where_they_are_asked_for(command, tickets):
    """
    Without --label neither list nor JSON has a column of them.
    """
    for arguments in ["--list"], ["--json"], ["--list", "--against", tickets]:
        _, out, _ = dedupe(command, tickets, *arguments)
        _, labelled, _ = dedupe(command, tickets, *arguments, "--label", "label")

        assert "label" not in out
        assert "label" in labelled


def test_ids_called_as_our_columns(command, tickets, tmp_path):
    """
    A column of ids may have the name of one of ours.
    """
    read(tickets).rename(columns={"id": "group"}).to_csv(tickets, index=False, sep=";")
    code, _, err = dedupe(command, tickets, "--list", "--id", "group", "-o", tmp_path / "a.csv")

    assert code == 0, err
    assert read(tmp_path / "a.csv")["group_2"].tolist() == ["0", "0", "2", "2"]


def test_json_is_one_object(command, tickets, tmp_path):
    """
    With --json the counts and the groups are printed, and the table is written only with -o.
    """
    code, out, _ = dedupe(command, tickets, "--json", "-o", tmp_path / "unique.csv")

    report = json.loads(out)
    assert code == 0
    assert (report["n_rows"], report["n_kept"], report["n_groups"]) == (7, 5, 2)
    assert [row["duplicate_of"] for row in report["duplicates"]] == [None, 0, None, 3]
    assert len(read(tmp_path / "unique.csv")) == 5
    assert json.loads(dedupe(command, tickets, "--json")[1]) == report


def test_against_leaves_out_what_the_other_table_has(command, tickets, tmp_path):
    """
    With --against rows of the other table are looked for, and duplicates within stay.
    """
    old = tmp_path / "old.csv"
    old.write_text("text,label\nWHERE IS MY PARCEL,delay\nthe lamp from the shop is broken,x\n")
    path = tmp_path / "new.csv"
    path.write_text("text,label\nwhat\nwhat\nwhere is my parcel,refund\n")
    code, out, err = dedupe(command, path, "--against", old, "--label", "label")

    assert code == 0, err
    assert out.splitlines() == ["text,label", "what,", "what,"]
    assert "3 rows: 1 of them the other table has already (1 exact; threshold 0.8)" in err
    conflict = err.split("The same text under different labels (1)")[1].splitlines()
    assert conflict[1:3] == [
        "  exact          2 [refund]: where is my parcel",
        "                 0 [delay]: WHERE IS MY PARCEL",
    ]
    _, out, _ = dedupe(command, path, "--against", old, "--label", "label", "--json")
    assert json.loads(out)["n_conflicts"] == 1
    assert json.loads(out)["duplicates"][0]["other_text"] == "WHERE IS MY PARCEL"


def test_formats_keep_their_types(command, tmp_path):
    """
    A Parquet table comes back with the types of its columns.
    """
    frame = pd.DataFrame({"text": ["late", "LATE", None], "stars": [1, 2, 3]})
    frame.to_parquet(tmp_path / "in.parquet", index=False)
    code, _, err = dedupe(command, tmp_path / "in.parquet", "-o", tmp_path / "out.parquet")

    assert code == 0, err
    kept = pd.read_parquet(tmp_path / "out.parquet")
    assert kept["stars"].tolist() == [1, 3]
    assert kept["stars"].dtype == np.int64


def test_ids_that_repeat_are_not_used(command, tickets):
    """
    A column that does not tell rows apart names none; this is said.
    """
    code, out, err = dedupe(command, tickets, "--id", "label", "--list")

    assert code == 0
    assert "column 'label' does not tell rows apart" in err
    assert out.splitlines()[1].startswith("0;0;2;")


def test_rows_that_cannot_be_read_are_told(command, tmp_path):
    """
    Broken lines go to the rejects, and the exit code says so.
    """
    path = tmp_path / "broken.csv"
    path.write_text("id,text\n1,late\n2,late,more\n3,late\n")
    code, out, err = dedupe(command, path, "--rejects", tmp_path / "rejects.txt")

    assert code == 3
    assert out.splitlines() == ["id,text", "1,late"]
    assert "2,late,more" in (tmp_path / "rejects.txt").read_text()
    assert "1 line of the input could not be read" in err


@dataclass(frozen=True)
class Refusing:
    """A provider that cannot embed texts with the word "no"."""

    fingerprint: str = "refusing"

    def embed(self, texts, *, task="none"):
        from toolkit.embedding import HashingProvider
        from toolkit.errors import TextsFailed

        refused = {row: "refused" for row, text in enumerate(texts) if "no" in text}
        if refused:
            raise TextsFailed(refused, len(texts))

        return HashingProvider(64).embed(texts, task=task)


def test_texts_that_cannot_be_embedded_are_kept(command, tmp_path, monkeypatch):
    """
    With --on-error nan such a row is left out only if the same words are there; it is noted.
    """
    monkeypatch.setattr("toolkit.text_embedder.provider_from_name", lambda name: Refusing())
    path = tmp_path / "table.csv"
    path.write_text("text\nyes\noh no\nOH NO\nno way\n")
    arguments = "dedupe", path, "--provider", "refusing:x", "--rejects", tmp_path / "rejects.txt"
    code, out, err = command(*arguments, "--on-error", "nan")

    assert out.splitlines() == ["text", "yes", "oh no", "no way"]
    assert code == 3, err
    rejected = (tmp_path / "rejects.txt").read_text().splitlines()
    assert [line[:7] for line in rejected] == ["row 1: ", "row 3: "]
    assert command(*arguments, "--force")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--mark", "--list"], 2, "choose one"),
        (["--mark", "--duplicates", "left.csv"], 2, "--mark and --list leave none"),
        (["--duplicates", "-"], 2, "name a file"),
        (["--duplicates", "TABLE"], 2, "is also read or written"),
        (["-o", "TABLE", "--force"], 2, "is also read or written"),
        (["--threshold", "1.5"], 2, "1.5"),
        (["--threshold", "0"], 2, "0"),
        (["--threshold", "nan"], 2, "nan"),
        (["--label", "lable"], 1, "did you mean 'label'?"),
        (["--id", "nr"], 1, "there is no column 'nr'"),
        (["--against", "nowhere.csv"], 1, "nowhere.csv"),
        (["--against", "OTHER"], 1, "other.csv: there is no column 'text'"),
        (["--against", "EMPTY"], 1, "has a header but no rows"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(command, tickets, arguments, code, message):
    """
    A mistake in the command line ends it at once, and nothing is written.
    """
    places = {
        "TABLE": tickets,
        "OTHER": tickets.with_name("other.csv"),
        "EMPTY": tickets.with_name("e.csv"),
    }
    places["OTHER"].write_text("body\nlate\n")
    places["EMPTY"].write_text("text\n")
    before = tickets.read_bytes()
    got, out, err = dedupe(command, tickets, *[places.get(word, word) for word in arguments])

    assert (got, out) == (code, ""), err
    assert message in err
    assert "Traceback" not in err
    assert tickets.read_bytes() == before


def test_missing_text_column(command, tickets):
    """
    A text column that is not there is told with the ones that are.
    """
    code, _, err = command("dedupe", tickets, "--text", "txt", *PROVIDER)

    assert code == 1
    assert "did you mean 'text'?" in err


def test_both_tables_from_standard_input(command):
    """
    Standard input can be one table only.
    """
    code, _, err = command("dedupe", "-", "--against", "-", *PROVIDER)

    assert code == 2
    assert "cannot both be standard input" in err


def test_dry_run_writes_nothing(command, tickets, tmp_path):
    """
    With --dry-run the cost is told and no table written.
    """
    code, out, _ = dedupe(command, tickets, "--dry-run", "-o", tmp_path / "unique.csv")

    assert code == 0
    assert "texts" in out
    assert not (tmp_path / "unique.csv").exists()
