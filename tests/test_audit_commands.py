import json

import pandas as pd
import pytest

OPTIONS = ["--text", "text", "--provider", "hashing:1024"]


@pytest.fixture
def tickets(tmp_path):
    """Parcels and refunds; a repeat, a contradiction, an odd text and an empty one."""
    texts = [f"my parcel number {row} is late" for row in range(40)]
    texts += [f"a refund of {row} euros please" for row in range(40)]
    frame = pd.DataFrame({"text": texts, "label": ["delay"] * 40 + ["refund"] * 40})
    frame.loc[1, "text"] = frame.loc[0, "text"]
    frame.loc[41, ["text", "label"]] = [frame.loc[40, "text"], "delay"]
    frame.loc[80] = ["zebra quagga okapi", "refund"]
    frame.loc[81] = ["", "refund"]
    frame.insert(0, "id", [f"t-{row}" for row in range(82)])
    path = tmp_path / "tickets.csv"
    frame.to_csv(path, index=False)

    return path


def test_outliers_are_marked_in_their_rows(command, tickets, tmp_path):
    """
    Rows and columns stay; ours follow, with the reason; talk goes to stderr, power first.
    """
    output = tmp_path / "flagged.csv"
    code, out, err = command("outliers", tickets, *OPTIONS, "--id", "id", "-o", output)

    assert (code, out) == (0, ""), err
    rows = pd.read_csv(output, keep_default_na=False)
    assert rows["id"].tolist() == [f"t-{row}" for row in range(82)]
    assert rows.loc[80, "is_outlier"]
    assert "similarity of" in rows.loc[80, "reason"]
    assert rows.loc[81, "p_value"] == ""
    assert "With 81 calibration rows" in err
    assert "t-80" in err


def test_outliers_against_a_reference(command, tickets, tmp_path):
    """
    With --reference, --fdr is possible; as JSON the flagged rows are listed.
    """
    asked = tmp_path / "new.csv"
    rows = [f"a refund of {row} euros please" for row in range(50, 60)] + ["okapi", "quagga zebra"]
    pd.DataFrame({"text": rows}).to_csv(asked, index=False)
    arguments = [asked, *OPTIONS, "--reference", tickets, "--json"]

    code, out, err = command("outliers", *arguments, "--false-alarm-rate", "0.05")
    assert code == 0, err
    told = json.loads(out)
    assert told["has_reference"] is True
    assert {outlier["row"] for outlier in told["outliers"]} >= {10, 11}
    code, out, err = command("outliers", *arguments, "--fdr", "0.2")
    assert code == 0, err
    assert json.loads(out)["power"]["fdr"] == 0.2


def test_a_pipeline_can_stop_at_outliers(command, tickets):
    """
    With --fail-on the exit code is 4 where more are flagged, 0 where not.
    """
    code, _, err = command("outliers", tickets, *OPTIONS, "--fail-on", "0")
    assert code == 4
    assert "texts are flagged, more than 0 (--fail-on)" in err
    assert command("outliers", tickets, *OPTIONS, "--fail-on", "50")[0] == 0


def test_an_audit_lists_what_is_wrong(command, tickets, tmp_path):
    """
    A row a finding, with the names of rows; lists are joined in a CSV and stay lists in JSON.
    """
    output = tmp_path / "findings.csv"
    arguments = [tickets, *OPTIONS, "--label", "label", "--id", "id"]
    code, out, err = command("audit", *arguments, "-o", output, "--false-alarm-rate", "0.02")

    assert (code, out) == (0, ""), err
    rows = pd.read_csv(output, keep_default_na=False).groupby("kind")["row"].agg(list)
    assert rows["conflicting_label"] == ["t-40", "t-41"]
    assert "t-1" in rows["exact_duplicate"]
    assert rows["empty_text"] == ["t-81"]
    assert "exact repeats" in err
    code, out, err = command("audit", *arguments, "--json")
    assert code == 0, err
    assert json.loads(out)["counts"]["conflicting_label"] == 2


def test_an_audit_tells_what_a_test_table_repeats(command, tickets, tmp_path):
    """
    With --against its rows that are here, too, are leaks.
    """
    test = tmp_path / "test.csv"
    pd.DataFrame({"text": ["a refund of 7 euros please", "something else"]}).to_csv(test)
    code, out, err = command(
        "audit", tickets, *OPTIONS, "--label", "label", "--against", test, "--json"
    )

    assert code == 0, err
    leaks = [each for each in json.loads(out)["findings"] if each["kind"] == "leak"]
    assert [leak["row"] for leak in leaks] == [0]


def test_a_pipeline_can_stop_at_findings(command, tickets):
    """
    With --fail-on KIND=N the exit code is 4 where there are more of that kind.
    """
    arguments = [tickets, *OPTIONS, "--label", "label", "--json"]
    code, _, err = command("audit", *arguments, "--fail-on", "conflicting_label=1")
    assert code == 4
    assert "2 findings of kind conflicting_label, more than 1" in err
    assert command("audit", *arguments, "--fail-on", "conflicting_label=2")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["outliers", "a.csv", "--fdr", "0.1"], "--fdr needs --reference"),
        (
            ["outliers", "a.csv", "--fdr", "0.1", "--false-alarm-rate", "0.1"],
            "two ways to set one threshold",
        ),
        (["outliers", "-", "--reference", "-"], "cannot both be standard input"),
        (["audit", "a.csv", "--fail-on", "label_issue"], "expected KIND=N"),
        (["audit", "a.csv", "--fail-on", "zebra=1"], "the kinds are conflicting_label"),
        (["audit", "-", "--against", "-"], "cannot both be standard input"),
    ],
)
def test_usage_is_checked_before_the_work(command, arguments, says):
    """
    Exit code 2 and one sentence, before anything is read.
    """
    code, _, err = command(*arguments)

    assert code == 2
    assert says in err


def test_what_cannot_be_judged_is_left_out_of_an_audit(command, tmp_path):
    """
    Three equal rows have neither outliers nor labels to judge; the repeats are listed.
    """
    table = tmp_path / "equal.csv"
    pd.DataFrame({"text": ["late parcel"] * 3, "label": ["delay"] * 3}).to_csv(table, index=False)
    code, out, err = command("audit", table, *OPTIONS, "--label", "label", "--json")

    assert code == 0, err
    assert json.loads(out)["counts"]["exact_duplicate"] == 2
    assert "labels were not judged" in err
    assert "outliers were not looked for" in err
