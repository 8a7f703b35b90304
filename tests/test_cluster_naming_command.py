import json

import pandas as pd
import pytest

from tests.chat_naming import KEY, model, short_waits
from tests.servers.faults import always, saying

TOPICS = ("parcel late gone", "refund money back", "password reset login")
TABLE = pd.DataFrame(
    {"text": [f"{TOPICS[number % 3]} {number // 3} {TOPICS[number % 3]}" for number in range(90)]}
)
USUAL = ("--text", "text", "--provider", "hashing:256", "--no-cache", "--n-clusters", "3")
GOOD = {"parcel": "Lost parcels", "refund": "Money back", "password": "Login trouble"}
CACHED = tuple(word for word in USUAL if word != "--no-cache")


def read(path):
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def by_words(told):
    """Name each group by what its texts hold."""
    return [
        {"id": group["id"], "name": GOOD[word], "description": f"On {word}s."}
        for group in told["groups"]
        for word in GOOD
        if word in group["texts"][0]
    ]


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    short_waits(monkeypatch)
    path = tmp_path / "tickets.csv"
    TABLE.to_csv(path, index=False)

    return path


@pytest.fixture
def server(table):
    with model(name=by_words, key=KEY) as server:
        yield server


def name_with(server, setting=""):
    return ("--name-with", f"openai:tiny-chat?base_url={server.url}{setting}")


def test_groups_are_named_by_a_model(command, server, table, tmp_path):
    """
    Rows have its names; the table of groups has descriptions, who named them, and support.
    """
    outputs = ("-o", tmp_path / "o.csv", "--clusters", tmp_path / "g.csv")
    code, _, told = command("cluster", table, *USUAL, *name_with(server), *outputs)

    assert code == 0, told
    rows, groups = read(tmp_path / "o.csv"), read(tmp_path / "g.csv")
    assert set(rows["cluster_name"]) == set(GOOD.values())
    expected = [GOOD[text.split()[0]] for text in TABLE["text"]]
    assert rows["cluster_name"].tolist() == expected
    assert groups["named_by"].tolist() == ["model"] * 3
    assert sorted(groups["description"]) == sorted(f"On {word}s." for word in GOOD)
    assert {float(share) for share in groups["support"]} <= {0.0, 1.0}
    assert "3 of 3 groups named by openai:tiny-chat" in told
    assert "sent: 1 request, 100 tokens" in told
    assert KEY not in told


def test_names_are_in_the_json(command, server, table):
    """
    As in the table of groups.
    """
    _, output, _ = command("cluster", table, *USUAL, *name_with(server), "--json")

    assert {group["name"] for group in json.loads(output)["clusters"]} == set(GOOD.values())


def test_the_same_table_asks_once(command, server, table, tmp_path):
    """
    Replies are kept, shown and cleared with the cache.
    """
    for number in range(2):
        command("cluster", table, *CACHED, *name_with(server), "-o", tmp_path / f"{number}.csv")

    assert len(server.seen) == 1
    assert "1 replies of chat models" in command("cache", "info")[1]
    assert json.loads(command("cache", "info", "--json")[1])["chat"]["n_replies"] == 1
    command("cache", "clear", "--yes", "--provider", "hashing:256")
    assert json.loads(command("cache", "info", "--json")[1])["chat"]["n_replies"] == 1
    assert "1 replies of chat models forgotten" in command("cache", "clear", "--yes")[1]
    command("cluster", table, *CACHED, *name_with(server), "-o", tmp_path / "2.csv")
    assert len(server.seen) == 2


def test_a_failing_model_fails_no_command(command, table, tmp_path):
    """
    Names made of words stay, and a note says why.
    """
    with model(always(saying(401, f"wrong key {KEY}"))) as server:
        code, _, told = command(
            *("cluster", table, *USUAL, *name_with(server), "-o", tmp_path / "o.csv")
        )

    assert code == 0
    assert "wrong key ***" in told
    assert "3 of 3 groups keep the names made of their words" in told
    assert read(tmp_path / "o.csv")["cluster_name"].str.contains("parcel|money|password").any()


def test_a_dry_run_tells_what_naming_takes(command, server, table, tmp_path):
    """
    After what embedding takes; nothing is sent and nothing written.
    """
    _, known, _ = command("cluster", table, *USUAL, *name_with(server), "--dry-run")
    unknown = (*USUAL[:-2], *name_with(server, "&price=2"), "--dry-run")
    _, told, _ = command("cluster", table, *unknown)

    assert "groups           3\n" in known
    assert "requests         1, and as many again" in known
    assert "none, at a price of 0" in known
    assert "groups           not known yet, probably at most 10\n" in told
    assert "at $2 per million tokens" in told
    assert not server.seen


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ollama:llama3", "a chat model is named openai:MODEL"),
        ("openai:gpt-4.1-mini?key_env=NO_SUCH_KEY", "NO_SUCH_KEY"),
    ],
)
def test_a_wrong_name_or_missing_key_is_told_first(command, table, tmp_path, name, expected):
    """
    Before anything is embedded.
    """
    output = tmp_path / "o.csv"
    code, _, told = command("cluster", table, *USUAL, "--name-with", name, "-o", output)

    assert code == 1
    assert expected in told
    assert not output.exists()


def test_a_limit_on_costs_needs_a_price(command, table, tmp_path):
    """
    What cannot be limited is told first; at a price of its own the limit holds for naming.
    """
    named = ("cluster", table, *USUAL, "-o", tmp_path / "o.csv", "--name-with")
    code, _, told = command(*named, "openai:gpt-4.1-mini", "--max-cost", "1")
    assert code == 2
    assert "as the price is not known" in told

    with model(name=by_words) as server:
        costly = f"openai:tiny-chat?base_url={server.url}&price=1000000"
        code, _, told = command(*named, costly, "--max-cost", "0.5")
    assert code == 0
    assert "pass the limit of $0.50" in told
    assert not server.seen


def test_groups_that_go_on_keep_their_earlier_names(command, server, table, tmp_path):
    """
    What people call a group already is not renamed, and the table says so.
    """
    command("cluster", table, *USUAL, "-o", tmp_path / "last.csv")
    last = read(tmp_path / "last.csv")
    last["cluster_name"] = "ours " + last["cluster"]
    last.to_csv(tmp_path / "last.csv", index=False)

    outputs = ("-o", tmp_path / "o.csv", "--clusters", tmp_path / "g.csv")
    previous = ("--previous", tmp_path / "last.csv")
    command("cluster", table, *USUAL, *name_with(server), *previous, *outputs)

    groups = read(tmp_path / "g.csv")
    assert groups["name"].tolist() == ["ours 0", "ours 1", "ours 2"]
    assert groups["named_by"].tolist() == ["earlier"] * 3
    assert groups["support"].tolist() == [""] * 3


def test_without_a_model_the_tables_are_as_ever(command, table, tmp_path):
    """
    The columns of naming come with --name-with only.
    """
    command("cluster", table, *USUAL, "-o", tmp_path / "o.csv", "--clusters", tmp_path / "g.csv")

    assert "named_by" not in pd.read_csv(tmp_path / "g.csv")
