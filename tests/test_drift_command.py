import json

import pandas as pd
import pytest

OPTIONS = ["--text", "text", "--provider", "hashing:64"]


@pytest.fixture
def tables(tmp_path):
    """An old table and a new one, in which a third of the texts are about lamps."""
    parcels = [f"my parcel number {number} is late" for number in range(60)]
    lamps = [f"the lamp {number} is broken glass" for number in range(15)]
    old = pd.DataFrame({"id": [f"o-{row}" for row in range(30)], "text": parcels[:30]})
    new = pd.DataFrame(
        {"id": [f"n-{row}" for row in range(46)], "text": [*parcels[30:], *lamps, ""]}
    )
    paths = tmp_path / "old.csv", tmp_path / "new.csv"
    for frame, path in zip((old, new), paths, strict=True):
        frame.to_csv(path, index=False)

    return paths


def test_the_verdict_and_what_changed_go_to_stdout(command, tables):
    """
    A person reads whether, and in what, the tables differ.
    """
    code, out, err = command("drift", *tables, *OPTIONS)

    assert code == 0, err
    assert "30 texts before, 46 after: they differ by more than chance" in out
    assert "new" in out
    assert "lamp" in out


def test_a_pipeline_can_stop_at_drift(command, tables):
    """
    With --fail-on the exit code is 4 where the p-value is small, and 0 where it is not.
    """
    old, new = tables

    code, _, err = command("drift", old, new, *OPTIONS, "--fail-on", "0.01")
    assert code == 4
    assert "Check failed: the tables differ: p = 0.003, at most 0.01 (--fail-on)" in err
    code, _, err = command("drift", old, old, *OPTIONS, "--fail-on", "0.01")
    assert code == 0, err


def test_rows_of_the_new_table_are_written_with_what_became_of_their_group(
    command, tables, tmp_path
):
    """
    Rows keep their order and columns; ours follow, with the nearest row of the old table.
    """
    old, new = tables
    output = tmp_path / "rows.csv"
    code, _, err = command("drift", old, new, *OPTIONS, "--id", "id", "-o", output)

    assert code == 0, err
    rows = pd.read_csv(output, dtype=str, keep_default_na=False)
    assert rows["id"].tolist() == [f"n-{row}" for row in range(46)]
    assert set(rows["change"][30:45]) == {"new"}
    nearest = int(rows["nearest_before"][0].removeprefix("o-"))
    assert rows["nearest_text"][0] == f"my parcel number {nearest} is late"
    assert rows.loc[45, ["group", "change", "nearest_before"]].tolist() == ["-1", "", ""]


def test_json_is_one_object(command, tables):
    """
    --json prints the verdict, the tests and the groups.
    """
    code, out, err = command("drift", *tables, *OPTIONS, "--json")

    assert code == 0, err
    told = json.loads(out)
    assert told["has_drifted"] is True
    assert len(told["tests"]) == 3


def test_odd_input_is_refused_in_a_sentence(command, tables, tmp_path):
    """
    A missing column names the table that lacks it; two standard inputs are a matter of usage.
    """
    old, new = tables
    other = tmp_path / "other.csv"
    pd.read_csv(old).rename(columns={"text": "body"}).to_csv(other, index=False)

    code, _, err = command("drift", other, new, *OPTIONS)
    assert code == 1
    assert "other.csv" in err
    assert "text" in err
    code, _, err = command("drift", "-", "-", *OPTIONS)
    assert code == 2
    assert "cannot both be standard input" in err
