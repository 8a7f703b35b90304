"""The shipped support tickets are what their README says they are."""

import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

DATA = Path(__file__).parents[1] / "data"
SAME_TEXT = ["exact_duplicate", "conflict"]
REPEATS = [*SAME_TEXT, "near_duplicate", "leak"]


def read(name):
    return pd.read_csv(DATA / name, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def tickets():
    return read("support_tickets.csv").set_index("ticket_id", drop=False)


@pytest.fixture(scope="module")
def planted():
    return read("support_tickets_planted.csv")


@pytest.fixture(scope="module")
def readme():
    return (DATA / "README.md").read_text(encoding="utf-8")


def counts_in(readme, names):
    """Numbers in the second cell of the README's table rows that start with one of the names."""
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", readme, flags=re.MULTILINE)

    return {name: int(count) for name, count in rows if name in names}


def repeats(tickets, planted, kinds):
    """Pair each planted repeat with its original: (repeat, original) frames in the same order."""
    facts = planted[planted["kind"].isin(kinds)]

    return tickets.loc[facts["ticket_id"]], tickets.loc[facts["of"]]


def test_readme_counts_labels(tickets, readme):
    """
    The README's count of every label is the table's.
    """
    expected = Counter(label for label in tickets["label"] if label)

    assert counts_in(readme, expected) == expected


def test_readme_counts_planted_facts(planted, readme):
    """
    The README's count of every planted kind is the planted table's.
    """
    expected = Counter(planted["kind"])

    assert counts_in(readme, expected) == expected


def test_readme_counts_rows(tickets, readme):
    """
    The README's numbers of rows, altogether and per split, are the table's.
    """
    splits = Counter(tickets["split"])

    assert f"holds {len(tickets)} customer messages" in readme
    assert f"`train` ({splits['train']} rows) or `test` ({splits['test']} rows)" in readme
    assert set(splits) == {"train", "test"}


def test_columns_and_order(tickets):
    """
    The columns are the documented ones, ids are unique, and rows follow their dates through 2025.
    """
    assert list(tickets) == ["ticket_id", "created", "channel", "text", "label", "split"]
    assert tickets["ticket_id"].is_unique
    assert tickets["ticket_id"].str.fullmatch(r"LT-\d{5}").all()
    assert tickets["created"].str.fullmatch(r"2025-\d\d-\d\dT\d\d:\d\d:\d\d").all()
    assert tickets["created"].is_monotonic_increasing
    assert set(tickets["channel"]) == {"email", "chat", "form"}


def test_every_label_has_enough_rows(tickets):
    """
    No label has fewer than 25 rows, and each is in both splits.
    """
    labelled = tickets[tickets["label"] != ""]

    assert labelled["label"].value_counts().min() >= 25
    assert (labelled.groupby("label")["split"].nunique() == 2).all()


def test_planted_ids_are_in_the_table(tickets, planted):
    """
    Every planted ticket, and every ticket it repeats, stands in the table; no fact is told twice.
    """
    assert planted["ticket_id"].isin(tickets.index).all()
    assert planted.loc[planted["of"] != "", "of"].isin(tickets.index).all()
    assert not planted.duplicated(["ticket_id", "kind"]).any()


def test_repeats_name_their_original(planted):
    """
    Repeats say of which ticket, and nothing else does.
    """
    assert ((planted["of"] != "") == planted["kind"].isin(REPEATS)).all()


def test_exact_duplicates_equal_their_original(tickets, planted):
    """
    An exact duplicate has the text of an earlier ticket.
    """
    repeat, original = repeats(tickets, planted, SAME_TEXT)

    assert list(repeat["text"]) == list(original["text"])
    assert (repeat["created"].to_numpy() > original["created"].to_numpy()).all()


def test_all_exact_duplicates_are_documented(tickets, planted):
    """
    No two tickets share a text unless the planted table says so.
    """
    repeated = tickets["ticket_id"][tickets.duplicated("text")]

    assert set(repeated) == set(planted.loc[planted["kind"] == "exact_duplicate", "ticket_id"])


def test_near_duplicates_differ_from_their_original(tickets, planted):
    """
    A near duplicate has another text than its original and the same label, and every label has one.
    """
    repeat, original = repeats(tickets, planted, ["near_duplicate"])

    assert (repeat["text"].to_numpy() != original["text"].to_numpy()).all()
    assert list(repeat["label"]) == list(original["label"])
    assert set(repeat["label"]) == set(tickets["label"]) - {""}


def test_conflicts_differ_in_label(tickets, planted):
    """
    A conflict carries another label than its original.
    """
    repeat, original = repeats(tickets, planted, ["conflict"])

    assert (repeat["label"].to_numpy() != original["label"].to_numpy()).all()


def test_splits_share_no_text_but_the_leaks(tickets, planted):
    """
    Only the documented leaks repeat a training ticket in the test split.
    """
    repeat, original = repeats(tickets, planted, ["exact_duplicate", "near_duplicate"])
    crossing = repeat["ticket_id"][repeat["split"].to_numpy() != original["split"].to_numpy()]
    leaks = tickets.loc[planted.loc[planted["kind"] == "leak", "ticket_id"]]

    assert set(crossing) == set(leaks["ticket_id"])
    assert set(leaks["split"]) == {"test"}


def test_true_labels_correct_the_table(tickets, planted):
    """
    A true label is a known one, differs from the table's, and is told for nothing but bad labels.
    """
    told = planted[planted["true_label"] != ""]

    assert set(told["true_label"]) <= set(tickets["label"]) - {""}
    assert (told["true_label"].to_numpy() != tickets.loc[told["ticket_id"], "label"]).all()
    assert set(told["kind"]) == {"label_error", "conflict", "missing_label"}


def test_wrong_labels_are_otherwise_sound(planted):
    """
    A ticket with a wrong label neither is a repeat nor has one.
    """
    wrong = planted.loc[planted["kind"] == "label_error", "ticket_id"]
    others = planted[planted["kind"] != "label_error"]

    assert not wrong.isin(others["ticket_id"]).any()
    assert not wrong.isin(others["of"]).any()


@pytest.mark.parametrize(("column", "kind"), [("text", "empty_text"), ("label", "missing_label")])
def test_every_gap_is_documented(tickets, planted, column, kind):
    """
    Each empty text and each missing label is planted.
    """
    gaps = tickets["ticket_id"][tickets[column].str.strip() == ""]

    assert set(gaps) == set(planted.loc[planted["kind"] == kind, "ticket_id"])


@pytest.mark.parametrize("name", ["support_tickets.csv", "support_tickets_planted.csv"])
def test_files_are_plain(name):
    r"""
    The tables are UTF-8 without a byte order mark, with \n line ends.
    """
    content = (DATA / name).read_bytes()

    assert content.decode("utf-8").startswith("ticket_id,")
    assert b"\r" not in content


def test_only_example_addresses(tickets):
    """
    No ticket holds an e-mail address outside example.org.
    """
    domains = tickets["text"].str.extractall(r"@([\w.-]+\w)")[0]

    assert set(domains) == {"example.org"}
