import json

import pandas as pd
import pytest

TOPICS = ("parcel late gone", "refund money back", "password reset login")
TABLE = pd.DataFrame(
    {
        "id": [f"T{number:03}" for number in range(90)],
        "text": [
            f"{TOPICS[number % 3]} {number // 3} {TOPICS[number % 3]}" for number in range(90)
        ],
        "zip": ["007"] * 90,
    }
)
USUAL = ("--text", "text", "--provider", "hashing:256", "--no-cache", "--n-clusters", "3")


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "tickets.csv"
    TABLE.to_csv(path, index=False)

    return path


def read(path):
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def test_groups_are_appended_to_every_row(command, table, tmp_path):
    """
    Rows, columns and cells stay; number, name and confidence are new.
    """
    code, _, told = command("cluster", table, *USUAL, "-o", tmp_path / "found.csv")

    assert code == 0, told
    found = read(tmp_path / "found.csv")
    assert list(found) == [*TABLE, "cluster", "cluster_name", "confidence"]
    pd.testing.assert_frame_equal(found[list(TABLE)], read(table))
    assert found.groupby(TABLE.index % 3)["cluster"].nunique().tolist() == [1, 1, 1]
    assert "90 rows in 3 groups" in told
    assert "parcel" in told


def test_groups_have_a_table_of_their_own(command, table, tmp_path):
    """
    A row for each, whose lists fit into cells.
    """
    command("cluster", table, *USUAL, "-o", tmp_path / "o.csv", "--clusters", tmp_path / "g.csv")

    groups = read(tmp_path / "g.csv")
    assert groups["cluster"].tolist() == ["0", "1", "2"]
    assert groups["n_rows"].tolist() == ["30"] * 3
    assert not groups["terms"].str.startswith("[").any()


def test_everything_is_in_the_json(command, table):
    """
    One object on stdout, and nothing else.
    """
    _, output, _ = command("cluster", table, *USUAL, "--json", "--check")

    found = json.loads(output)
    assert (found["n_rows"], found["n_clusters"], found["n_noise"]) == (90, 3, 0)
    assert {group["n_rows"] for group in found["clusters"]} == {30}
    assert found["check"]["n_clusters"] == 3


def test_groups_that_go_on_keep_numbers_and_names(command, table, tmp_path):
    """
    Next week's table has other rows, and a group of the last one keeps what people call it.
    """
    command("cluster", table, *USUAL, "-o", tmp_path / "last.csv")
    last = read(tmp_path / "last.csv")
    last["cluster"] = last["cluster"].map({"0": "5", "1": "3", "2": "9"})
    last["cluster_name"] = "ours " + last["cluster"]
    last.to_csv(tmp_path / "last.csv", index=False)
    TABLE[12:].to_csv(tmp_path / "now.csv", index=False)

    _, _, told = command(
        *("cluster", tmp_path / "now.csv", *USUAL, "--previous", tmp_path / "last.csv"),
        *("-o", tmp_path / "now_found.csv"),
    )

    now = read(tmp_path / "now_found.csv").set_index("id")
    expected = last.set_index("id").loc[now.index]
    pd.testing.assert_series_equal(now["cluster"], expected["cluster"])
    pd.testing.assert_series_equal(now["cluster_name"], expected["cluster_name"])
    assert "Since last time: 3 shrank" in told


@pytest.mark.parametrize("method", ["leiden", "hdbscan", "kmeans", "agglomerative"])
def test_every_method_answers(command, table, tmp_path, method):
    """
    With three groups on topics as clear as these.
    """
    asked = USUAL[:-2] if method == "hdbscan" else USUAL
    _, output, _ = command("cluster", table, *asked, "--method", method, "--json")

    assert json.loads(output)["n_clusters"] == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--method", "kmeans"), "--method kmeans does not find out how many: give --n-clusters N"),
        (("--method", "hdbscan", "--n-clusters", "3"), "leave out --n-clusters"),
        (("--min-cluster-size", "5"), "--min-cluster-size is for --method hdbscan"),
        (("--method", "hdbscan", "--levels"), "--levels is for --method leiden"),
        (("--noise", "keep"), "--noise is for --method hdbscan"),
        (("--noise", "some"), "'some' is not a valid float"),
        (("--clusters", "-"), "--clusters - would mix with the output"),
    ],
)
def test_what_cannot_be_is_told_at_once(command, table, options, message):
    """
    Before anything is embedded.
    """
    code, _, told = command("cluster", table, "--provider", "hashing:64", *options)

    assert code == 2
    assert message in " ".join(told.split())


def test_levels_nest(command, table, tmp_path):
    """
    A finer group lies in one coarser group.
    """
    command("cluster", table, *USUAL, "--levels", "-o", tmp_path / "found.csv")

    found = read(tmp_path / "found.csv")
    levels = [name for name in found if name.startswith("cluster_level_")]
    assert levels
    for coarse, fine in zip(levels, levels[1:], strict=False):
        assert found.groupby(fine)[coarse].nunique().max() == 1


def test_an_output_that_is_clustered_again_goes_on_from_its_last_answer(command, table, tmp_path):
    """
    It has the earlier groups beside the new ones, and those are what is gone on from.
    """
    command("cluster", table, *USUAL, "-o", tmp_path / "one.csv")
    two, three = tmp_path / "two.csv", tmp_path / "three.csv"
    one = read(tmp_path / "one.csv").assign(cluster="0")  # somebody's, and no help
    one.to_csv(tmp_path / "one.csv", index=False)
    command("cluster", tmp_path / "one.csv", *USUAL, "-o", two)

    _, _, told = command("cluster", two, *USUAL, "--previous", two, "-o", three, "--check")

    assert "Since last time: 3 same" in told
    assert read(three)["cluster_3"].tolist() == read(two)["cluster_2"].tolist()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": {"cluster": "group"}}, "last.csv: there is no column 'cluster'"),
        ({"columns": {"text": "body"}}, "last.csv: there is no column 'text'"),
    ],
)
def test_what_is_no_earlier_output_is_told_with_its_name(command, table, tmp_path, change, message):
    """
    Before anything is embedded, in a dry run too.
    """
    command("cluster", table, *USUAL, "-o", tmp_path / "last.csv")
    read(tmp_path / "last.csv").rename(**change).to_csv(tmp_path / "last.csv", index=False)

    code, _, told = command(
        "cluster", table, *USUAL, "--previous", tmp_path / "last.csv", "--dry-run"
    )

    assert code == 1
    assert message in told


def test_numbers_of_groups_may_be_written_as_floats(command, table, tmp_path):
    """
    As pandas writes them where a cell is missing; with ids no text is needed.
    """
    command("cluster", table, *USUAL, "-o", tmp_path / "last.csv")
    last = read(tmp_path / "last.csv").drop(columns="text")
    last.assign(cluster=last["cluster"] + ".0").to_csv(tmp_path / "last.csv", index=False)

    code, _, told = command(
        *("cluster", table, *USUAL, "--id", "id", "--previous", tmp_path / "last.csv"),
        *("-o", tmp_path / "now.csv"),
    )

    assert code == 0, told
    assert "Since last time: 3 same" in told
