import json
import zipfile

import numpy as np
import pandas as pd
import pytest

from tests.servers.embedding_server import EmbeddingServer
from tests.servers.faults import holding, saying
from tests.servers.own_forms import FORMS
from toolkit import load, read_frame, unit_rows

MODEL = "openai:text-embedding-3-small?price=0.02"
N_ROWS = 60


@pytest.fixture
def server(monkeypatch):
    """OpenAI's form on this machine; it refuses texts that hold the word cursed."""
    rules = [holding("cursed", saying(400, "this text cannot be embedded"))]
    with EmbeddingServer(FORMS["openai"], *rules, key="sk-test-123456") as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-123456")
        yield server


@pytest.fixture
def table(tmp_path):
    """Rows of two labels in which words tell the label; one text comes twice."""
    words = {"card": "my card is blocked", "parcel": "the parcel is late"}
    labels = ["card", "parcel"] * (N_ROWS // 2)
    texts = [f"{words[label]} number {row}" for row, label in enumerate(labels)]
    texts[-1] = texts[1]
    path = tmp_path / "tickets.csv"
    pd.DataFrame({"text": texts, "label": labels}).to_csv(path, index=False)

    return path


@pytest.fixture
def cursed(tmp_path, table):
    """The same with two rows whose text the service refuses."""
    frame = pd.read_csv(table)
    frame.loc[[7, 20], "text"] = ["a cursed text", "another cursed text"]
    path = tmp_path / "cursed.csv"
    frame.to_csv(path, index=False)

    return path


def embed(table, output, *more):
    return ("embed", table, "--text", "text", "-o", output, "--provider", MODEL, *more)


def test_a_dry_run_tells_the_cost_and_sends_nothing(command, server, table, tmp_path):
    """
    Rows, different texts, requests, tokens and dollars are told before a cent is spent.
    """
    code, out, _ = command(*embed(table, tmp_path / "x.parquet", "--dry-run"))
    told = dict(
        line.split(None, 1) for line in out.replace("different texts", "different").splitlines()
    )

    assert code == 0
    assert told["rows"] == str(N_ROWS)
    assert told["different"] == str(N_ROWS - 1)
    assert told["cost"].startswith("about $0.0000")
    assert not server.seen
    assert not (tmp_path / "x.parquet").exists()


def test_a_dry_run_knows_the_cache(command, server, table, tmp_path):
    """
    What is known costs nothing again.
    """
    command(*embed(table, tmp_path / "x.parquet"))
    _, out, _ = command(*embed(table, tmp_path / "y.parquet", "--dry-run"))

    assert "to embed         0" in out
    assert "cost             none, nothing is sent" in out


def test_a_run_tells_what_it_sent(command, server, table, tmp_path):
    """
    Requests, tokens and dollars are told after the run, and the key by nobody.
    """
    code, out, err = command(*embed(table, tmp_path / "x.parquet"))

    assert code == 0
    assert f"sent: {len(server.seen)} request" in err
    assert "tokens, $" in err
    assert "sk-test" not in out + err


def test_a_task_that_changes_nothing_is_said(command, server, table, tmp_path):
    """
    Where the service knows no tasks, whoever asks for one is told.
    """
    _, _, err = command(*embed(table, tmp_path / "x.parquet", "--task", "clustering"))

    assert "--task clustering changes nothing" in err


def test_a_limit_on_costs_stops_the_run(command, server, table, tmp_path):
    """
    Nothing is sent that would cost more than allowed, and nothing is written.
    """
    price = MODEL.replace("0.02", "1000000")
    code, _, err = command(*embed(table, tmp_path / "x.parquet")[:-1], price, "--max-cost", "0.5")

    assert code == 1
    assert "pass the limit of $0.50 ($0.00 spent)" in err
    assert not server.seen
    assert not (tmp_path / "x.parquet").exists()


def test_a_text_that_is_refused_stops_the_run_and_is_named(command, server, cursed, tmp_path):
    """
    The error tells how many, the first row, the reason and the cure; the others are kept.
    """
    code, _, err = command(*embed(cursed, tmp_path / "x.parquet"))

    assert code == 1
    assert "2 of 60 texts cannot be embedded, the first in row 7 (400 Bad Request: this" in err
    assert "--on-error" in err
    n_sent = len(server.seen)
    command(*embed(cursed, tmp_path / "x.parquet", "--on-error", "skip"))
    again = [text for seen in server.seen[n_sent:] for text in seen.texts]
    assert set(again) == {"a cursed text", "another cursed text"}


def test_refused_texts_leave_their_cells_empty(command, server, cursed, tmp_path):
    """
    With nan all rows stay where they are, the reasons are in the rejects, and exit code 3 tells.
    """
    output, rejects = tmp_path / "x.parquet", tmp_path / "rejects.txt"
    code, _, err = command(*embed(cursed, output, "--on-error", "nan", "--rejects", rejects))
    vectors = read_frame(output)["embedding"]

    assert code == 3
    assert "2 texts could not be embedded (see " in err
    assert vectors.isna().to_numpy().nonzero()[0].tolist() == [7, 20]
    told = rejects.read_text().splitlines()
    assert [line.split(":")[0] for line in told] == ["row 7", "row 20"]
    assert told[0].endswith("this text cannot be embedded: a cursed text")


def test_refused_texts_leave_their_rows_out(command, server, cursed, tmp_path):
    """
    With skip the other rows are there, in order, each with its own vector.
    """
    output = tmp_path / "x.parquet"
    code, _, _ = command(*embed(cursed, output, "--on-error", "skip"))
    frame, all_rows = read_frame(output), pd.read_csv(cursed)

    assert code == 3
    assert frame["text"].tolist() == all_rows["text"].drop([7, 20]).tolist()
    expected = unit_rows(server.expected(frame["text"].tolist()))
    assert np.allclose(np.stack(frame["embedding"]), expected, atol=1e-6)


def test_fit_evaluate_and_predict_by_a_service(command, server, cursed, table, tmp_path):
    """
    A classifier learns from the rows that can be embedded, and is kept without the key.
    """
    model, output = tmp_path / "tickets.toolkit", tmp_path / "predicted.csv"
    fit = ("fit", cursed, "--text", "text", "--label", "label", "-o", model, "--provider", MODEL)
    refused, _, _ = command(*fit)
    code, _, _ = command(*fit, "--on-error", "skip")
    judged, report, _ = command("evaluate", cursed, "--model", model, "--on-error", "skip")
    predicted, _, _ = command(
        "predict", cursed, "--model", model, "-o", output, "--on-error", "nan"
    )

    assert (refused, code, judged, predicted) == (1, 3, 3, 3)
    assert "58" in report
    assert (read_frame(output)["status"] == "failed").to_numpy().nonzero()[0].tolist() == [7, 20]
    assert b"sk-test" not in model.read_bytes()
    assert load(model).predict(["my card is blocked"]).tolist() == ["card"]


@pytest.mark.parametrize("name", ["fit", "predict", "evaluate"])
def test_every_command_that_embeds_has_a_dry_run(command, server, table, tmp_path, name):
    """
    Learning, predicting and judging tell their cost, and send nothing then.
    """
    model = tmp_path / "tickets.toolkit"
    fit = ("fit", table, "--text", "text", "--label", "label", "--provider", MODEL)
    command(*fit, "-o", model)
    new = tmp_path / "new.csv"
    pd.DataFrame({"text": ["a new one", "another"], "label": ["card", "parcel"]}).to_csv(
        new, index=False
    )
    n_sent = len(server.seen)
    commands = {
        "fit": ("fit", new, "-o", tmp_path / "x.toolkit", "--provider", MODEL),
        "predict": ("predict", new, "--model", model, "-o", tmp_path / "x.csv"),
        "evaluate": ("evaluate", new, "--model", model),
    }
    code, out, _ = command(*commands[name], "--dry-run")

    assert code == 0
    assert "to embed         2" in out
    assert len(server.seen) == n_sent
    assert not (tmp_path / "x.toolkit").exists()


@pytest.mark.parametrize(
    "name", ["openai:minilm?base_url={root}/v1", "ollama:minilm?base_url={root}", "tei:{root}"]
)
def test_a_model_file_chooses_no_address(command, server, table, tmp_path, monkeypatch, name):
    """
    Whoever gets a file that names an address must name it too: before, nothing is sent there.
    """
    model, foreign = tmp_path / "tickets.toolkit", tmp_path / "foreign.toolkit"
    fit = ("fit", table, "--text", "text", "--label", "label", "-o", model, "--provider", MODEL)
    assert command(*fit)[0] == 0
    monkeypatch.delenv("OPENAI_BASE_URL")
    for key in ("OLLAMA_API_KEY", "TEI_API_KEY"):
        monkeypatch.setenv(key, "sk-test-123456")
    kind = name.partition(":")[0]
    with EmbeddingServer(FORMS[kind]) as elsewhere:
        rewrite_provider(model, foreign, name.format(root=elsewhere.root))
        code, _, err = command("predict", table, "--model", foreign, "-o", "-")
        asked = [*elsewhere.seen, *elsewhere.asked_about]

    assert code == 1
    assert "to an address or by a key of its own" in err
    assert not asked


def rewrite_provider(model, target, name):
    """Copy a model file with another provider's name in its manifest."""
    with zipfile.ZipFile(model) as source, zipfile.ZipFile(target, "w") as copy:
        for member in source.namelist():
            content = source.read(member)
            if member == "manifest.json":
                manifest = json.loads(content)
                manifest["provider"]["name"] = name
                content = json.dumps(manifest).encode()
            copy.writestr(member, content)
