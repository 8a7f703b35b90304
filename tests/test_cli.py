import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from toolkit import (
    HashingProvider,
    TextClassifier,
    TextEmbedder,
    load,
    read_frame,
    save,
    write_frame,
)
from toolkit.errors import InvalidResponse

PROVIDER = ["--provider", "hashing:256"]


@pytest.fixture
def tickets(tmp_path):
    """A small table in which words tell the label."""
    rng = np.random.default_rng(0)
    words = {"card": "card pin bank chip blocked", "parcel": "parcel late courier box tracking"}
    rows = [
        {
            "id": f"{number:03}",
            "text": " ".join(rng.permutation(words[label].split())[:3]),
            "label": label,
        }
        for number, label in enumerate(["card", "parcel"] * 30)
    ]
    for row in rows:
        row["split"] = "test" if int(row["id"]) % 3 == 0 else "train"
    path = tmp_path / "tickets.csv"
    pd.DataFrame(rows).to_csv(path, index=False)

    return path


@pytest.fixture
def model(command, tickets, tmp_path):
    path = tmp_path / "tickets.toolkit"
    code, _, err = command("fit", tickets, "--where", "split=train", "-o", path, *PROVIDER)
    assert code == 0, err

    return path


def test_help_names_every_command_and_loads_nothing_heavy():
    """
    Help is instant: neither pandas nor scikit-learn nor torch is imported for it.
    """
    script = (
        "import sys\n"
        "from toolkit.cli.commands import toolkit\n"
        "from toolkit.cli.failures import run\n"
        "run(toolkit, ['--help'])\n"
        "heavy = {'pandas', 'sklearn', 'torch', 'numpy', 'httpx'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )

    told = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )

    for name in ("similarity", "embed", "fit", "predict", "evaluate", "doctor", "cache", "demo"):
        assert name in told.stdout


def test_similarity_prints_one_number(command):
    """
    The value alone goes to stdout, as a number or as JSON.
    """
    code, out, _ = command("similarity", "late parcel", "late parcel", *PROVIDER)
    assert (code, out) == (0, "1.0000\n")

    code, out, _ = command("similarity", "late parcel", "blocked card", "--json", *PROVIDER)
    assert json.loads(out)["similarity"] < 0.5


def test_fit_reports_what_it_guessed_and_how_it_does(command, tickets, tmp_path):
    """
    Unnamed columns are guessed and told; the report stands on stdout.
    """
    code, out, err = command("fit", tickets, "-o", tmp_path / "m.toolkit", *PROVIDER)

    assert code == 0
    assert "text: column 'text'" in err
    assert "label: column 'label'" in err
    assert "accuracy" in out.lower()
    assert "toolkit predict" in out


def test_predict_keeps_every_row_and_column_and_appends(command, tickets, model, tmp_path):
    """
    The output is the input, cell for cell, with our columns behind it.
    """
    output = tmp_path / "predicted.csv"

    code, _, _ = command("predict", tickets, "--model", model, "--evidence", 2, "-o", output)

    before = pd.read_csv(tickets, dtype=str, keep_default_na=False)
    after = pd.read_csv(output, dtype=str, keep_default_na=False)
    assert code == 0
    pd.testing.assert_frame_equal(after[before.columns], before)
    assert list(after.columns[4:8]) == ["prediction", "confidence", "margin", "status"]
    assert "evidence_2_similarity" in after
    assert (after["prediction"] == after["label"]).mean() > 0.9


def test_predict_to_stdout_can_be_piped(command, tickets, model):
    """
    Data alone goes to stdout; everything said goes to stderr.
    """
    code, out, err = command(
        "predict", tickets, "--model", model, "--format", "jsonl", "--limit", 3
    )

    assert code == 0
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["000", "001", "002"]
    assert command("predict", tickets, "--model", model, "--quiet")[2] == ""
    assert err == "" or "embedded" in err


def test_an_index_keeps_its_name_too(command, tickets, model, tmp_path):
    """
    A Parquet index that is named like one of our columns comes out as CSV, and so does ours.
    """
    path, output = tmp_path / "indexed.parquet", tmp_path / "out.csv"
    pd.read_csv(tickets, dtype=str).rename(columns={"id": "status"}).set_index("status").to_parquet(
        path
    )

    code, _, err = command("predict", path, "--model", model, "-o", output)

    frame = pd.read_csv(output, dtype=str)
    assert code == 0, err
    assert list(frame["status"])[:2] == ["000", "001"]
    assert set(frame["status_2"]) <= {"ok", "unsure"}


def test_predict_never_replaces_a_column(command, tickets, model, tmp_path):
    """
    A table that already has a prediction keeps it; ours is named prediction_2.
    """
    once, twice = tmp_path / "once.csv", tmp_path / "twice.csv"
    command("predict", tickets, "--model", model, "-o", once)

    command("predict", once, "--model", model, "-o", twice)

    frame = pd.read_csv(twice)
    assert (frame["prediction"] == frame["prediction_2"]).all()


def test_evaluate_agrees_with_the_model(command, tickets, model, tmp_path):
    """
    The JSON report can be read by a program; the plot is written.
    """
    plot = tmp_path / "confusion.png"

    code, out, _ = command(
        "evaluate", tickets, "--model", model, "--where", "split=test", "--json", "--plot", plot
    )

    assert code == 0
    assert json.loads(out)["accuracy"] > 0.9
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_other_names_of_the_text_column_are_fine(command, tickets, model, tmp_path):
    """
    A new table may call its texts otherwise, if --text says how.
    """
    other = tmp_path / "other.csv"
    pd.read_csv(tickets, dtype=str).rename(columns={"text": "body"}).to_csv(other, index=False)

    assert command("predict", other, "--model", model, "--text", "body")[0] == 0
    code, _, err = command("predict", other, "--model", model)
    assert code == 1
    assert "there is no column 'text'" in err


def test_several_labels_a_cell(command, tmp_path):
    """
    With a separator, cells may hold several labels, and predictions do too.
    """
    path, model = tmp_path / "many.csv", tmp_path / "many.toolkit"
    kinds = [("red big", "red; big"), ("red small", "red"), ("blue big", "big"), ("blue", "blue")]
    rows = [(f"{text} {thing}", label) for text, label in kinds for thing in "abcdefgh"]
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(path, index=False)

    code, out, err = command("fit", path, "--separator", ";", "-o", model, *PROVIDER)
    assert code == 0, err
    assert "F1" in out
    assert ",big;red," in command("predict", path, "--model", model, "--limit", 1)[1]
    code, out, _ = command("evaluate", path, "--model", model, "--json")
    assert (code, json.loads(out)["micro_f1"]) == (0, 1.0)


@pytest.fixture
def several(tmp_path):
    """A table and a model of several labels a row, learned from an indicator matrix."""
    kinds = {"red big": [1, 1, 0], "red small": [1, 0, 0], "blue big": [0, 1, 1], "blue": [0, 0, 1]}
    frame = pd.DataFrame(
        [(f"{text} {thing}", marks) for text, marks in kinds.items() for thing in "abcdefgh"],
        columns=["text", "marks"],
    )
    frame["label"] = [";".join(map(str, np.flatnonzero(marks))) for marks in frame.pop("marks")]
    path, model = tmp_path / "many.csv", tmp_path / "indicator.toolkit"
    frame.to_csv(path, index=False)
    matrix = np.array([[str(n) in label for n in range(3)] for label in frame["label"]], dtype=int)
    embedder = TextEmbedder("hashing:256", columns=["text"])
    save(TextClassifier(embedder).fit(frame, matrix), model)

    return path, model


def test_a_model_of_an_indicator_matrix_is_judged_by_column_numbers(command, several):
    """
    It gives several labels a row, called by the numbers of their columns.
    """
    path, model = several
    named = ["--text", "text", "--label", "label"]

    code, out, err = command(
        "evaluate", path, "--model", model, *named, "--separator", ";", "--json"
    )

    assert code == 0, err
    assert json.loads(out)["micro_f1"] == 1.0
    code, _, err = command("evaluate", path, "--model", model, *named)
    assert code == 1
    assert "the model gives several labels a row and the table has one" in err


def test_labels_with_names_cannot_judge_an_indicator_matrix(command, several):
    """
    The error says what the model calls its labels, and what to do.
    """
    path, model = several
    frame = pd.read_csv(path)
    frame.assign(label=frame["label"].str.replace("0", "red")).to_csv(path, index=False)
    named = ["--text", "text", "--label", "label", "--separator", ";"]

    code, _, err = command("evaluate", path, "--model", model, *named)

    assert code == 1
    assert "its labels are the numbers 0 to 2 of the columns, and the table has red" in err


def test_what_cannot_be_drawn_is_refused_before_the_work(command, several, model, tmp_path):
    """
    A plot of several labels a row, or of an unknown kind, does not wait for the table.
    """
    _, indicator = several

    for path, name, code, message in (
        (indicator, "confusion.png", 2, "--plot draws one label a row"),
        (model, "confusion.txt", 1, "to end in .png, .svg or .pdf"),
    ):
        plot = tmp_path / name
        told = command("evaluate", "nowhere.csv", "--model", path, "--plot", plot)
        assert told[0] == code
        assert message in told[2]
        assert not plot.exists()


def test_a_separator_that_parts_nothing_is_told(command, tickets, tmp_path):
    """
    The note says what the model is, and how to get another.
    """
    path = tmp_path / "m.toolkit"

    code, _, err = command("fit", tickets, "--separator", ";", "-o", path, *PROVIDER)

    assert code == 0, err
    assert "no cell of column 'label' holds ';', but the model may give a row several" in err
    assert load(path).is_multilabel_


def test_labels_never_learned_count_as_wrong(command, tmp_path):
    """
    A row that also has a label unknown to the model is not "every label right".
    """
    path, model, new = (tmp_path / name for name in ("a.csv", "m.toolkit", "new.csv"))
    kinds = [("red big", "red;big"), ("red small", "red"), ("blue big", "big"), ("blue", "blue")]
    rows = [(f"{text} {thing}", label) for text, label in kinds for thing in "abcdefgh"]
    frame = pd.DataFrame(rows, columns=["text", "label"])
    frame.to_csv(path, index=False)
    frame.assign(label=frame["label"] + ";huge").to_csv(new, index=False)
    command("fit", path, "--separator", ";", "-o", model, *PROVIDER)

    code, out, err = command("evaluate", new, "--model", model, "--json")

    assert code == 0, err
    assert json.loads(out)["subset_accuracy"] == 0


def test_one_label_and_several_are_not_mixed_up(command, tickets, model):
    """
    Evaluating one-label rows as sets of labels is refused, not scored.
    """
    code, _, err = command("evaluate", tickets, "--model", model, "--separator", ";")

    assert code == 1
    assert "leave the separator out" in err


def test_evaluate_reads_the_column_it_is_told(command, tickets, model, tmp_path):
    """
    --text names the texts that are judged, also where a column of the model's name is there.
    """
    path = tmp_path / "two.csv"
    frame = pd.read_csv(tickets, dtype=str)
    frame.assign(body=frame["text"], text="nothing to see").to_csv(path, index=False)

    right = command("evaluate", path, "--model", model, "--text", "body", "--json")
    wrong = command("evaluate", path, "--model", model, "--json")

    assert json.loads(right[1])["accuracy"] > 0.9 > json.loads(wrong[1])["accuracy"]


@pytest.mark.parametrize("columns", [None, "text", ["text"]])
def test_a_model_made_in_python_is_used_like_any_other(command, tickets, tmp_path, columns):
    """
    Whatever the embedder takes, predict and evaluate find the texts.
    """
    frame = pd.read_csv(tickets, dtype=str)
    path = tmp_path / "python.toolkit"
    texts = frame["text"] if columns is None else frame
    save(
        TextClassifier(TextEmbedder("hashing:256", columns=columns)).fit(texts, frame["label"]),
        path,
    )

    assert command("predict", tickets, "--model", path, "--text", "text")[0] == 0
    code, out, err = command("evaluate", tickets, "--model", path, "--text", "text", "--json")
    assert code == 0, err
    assert json.loads(out)["accuracy"] > 0.9


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet", "xlsx"])
def test_numbers_as_labels_are_the_same_in_every_format(command, tickets, tmp_path, ending):
    """
    A model fitted on labels 1 and 2 of one format can be judged by any other.
    """
    frame = pd.read_csv(tickets, dtype=str)
    frame["label"] = frame["label"].map({"card": 1, "parcel": 2})
    paths = {name: tmp_path / f"numbers.{name}" for name in {"csv", ending}}
    for path in paths.values():
        write_frame(frame, path)
    model = tmp_path / "m.toolkit"
    named = ["--text", "text", "--label", "label"]

    assert command("fit", paths[ending], "-o", model, *named, *PROVIDER)[0] == 0
    code, out, err = command("evaluate", paths["csv"], "--model", model, *named, "--json")

    assert code == 0, err
    assert json.loads(out)["accuracy"] > 0.9


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("learned", "given"),
    [
        ([1, 2], [1.0, 2.0]),
        ([1.0, 2.0], [1, 2]),
        ([1.0, 2.0], [1.0, 2.0]),
        (["1.0", "2.0"], [1, 2]),
        ([False, True], [False, True]),
    ],
    ids=str,
)
def test_a_model_made_in_python_may_have_labels_of_any_type(
    command, tickets, tmp_path, learned, given, ending
):
    """
    Numbers and truth values of a table judge a model that learned them in Python.
    """
    frame = pd.read_csv(tickets, dtype=str)
    is_parcel = (frame["label"] == "parcel").astype(int)
    path, model = tmp_path / f"numbers.{ending}", tmp_path / "m.toolkit"
    write_frame(frame.assign(label=[given[of_row] for of_row in is_parcel]), path)
    embedder = TextEmbedder("hashing:256", columns=["text"])
    save(TextClassifier(embedder).fit(frame, [learned[of_row] for of_row in is_parcel]), model)

    code, out, err = command("evaluate", path, "--model", model, "--label", "label", "--json")

    assert code == 0, err
    assert json.loads(out)["accuracy"] > 0.9


def test_rejects_never_replace_what_is_there(command, tickets, model, tmp_path):
    """
    The file of rejects may be neither the input, nor another file without --force.
    """
    notes = tmp_path / "notes.txt"
    notes.write_text("mine", encoding="utf-8")
    before = tickets.read_bytes()

    assert command("predict", tickets, "--model", model, "--rejects", tickets)[0] == 2
    assert command("predict", tickets, "--model", model, "--rejects", notes)[0] == 1
    assert tickets.read_bytes() == before
    assert notes.read_text(encoding="utf-8") == "mine"


def test_fit_and_evaluate_too_say_when_lines_were_left_out(command, tickets, tmp_path):
    """
    A ragged table teaches by its good lines, and ends with exit code 3.
    """
    path, model = tmp_path / "ragged.csv", tmp_path / "m.toolkit"
    path.write_text(tickets.read_text() + "99,a,b,c,d,e\n", encoding="utf-8")

    code, _, err = command(
        "fit", path, "--text", "text", "--label", "label", "-o", model, *PROVIDER
    )

    assert code == 3
    assert "1 line of the input could not be read" in err
    assert model.exists()
    assert command("evaluate", path, "--model", model)[0] == 3


def test_the_place_of_the_output_is_checked_first(command, tickets, tmp_path):
    """
    Nobody waits for a model that cannot be written.
    """
    code, _, err = command("fit", tickets, "-o", tmp_path / "no" / "folder.toolkit", *PROVIDER)

    assert code == 1
    assert "there is no folder" in err
    assert "embedded" not in err


def test_the_delimiter_of_the_input_is_kept(command, tickets, model, tmp_path):
    """
    A table with semicolons comes out with semicolons.
    """
    path, output = tmp_path / "semicolons.csv", tmp_path / "out.csv"
    pd.read_csv(tickets, dtype=str).to_csv(path, sep=";", index=False)

    command("predict", path, "--model", model, "-o", output)

    assert output.read_text().startswith("id;text;label;split;prediction;")


def test_clearing_the_cache_can_be_declined(command, own_cache, monkeypatch):
    """
    Answering no forgets nothing and is no interruption.
    """
    from tests.providers import CountingProvider
    from toolkit import CachedProvider

    CachedProvider(CountingProvider(8), own_cache).embed(["a"])
    monkeypatch.setattr("click.confirm", lambda *_args, **_more: False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)

    code, _, err = command("cache", "clear")

    assert (code, err) == (0, "Nothing was forgotten\n")
    assert "1 vectors" in command("cache", "info")[1]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "is empty"),
        ("text,label\n", "no rows"),
        ("text,label\nlate,a\nlost,a\n", "at least two labels, got only 'a'"),
        ("text,label\nlate,\nlost,\n", "no row has both a text and a label"),
        ("text,label\n,a\n,b\n", "no row has both a text and a label"),
        ("text,label\n" + "".join(f"t{n},{n / 7:.3f}\n" for n in range(90)), "different numbers"),
        ('text,label\n"late,a\nlost,b\n', "never closed"),
    ],
)
def test_tables_that_cannot_teach_are_refused_in_one_sentence(command, tmp_path, content, expected):
    """
    One line on stderr, exit code 1, and no model file.
    """
    path, model = tmp_path / "bad.csv", tmp_path / "bad.toolkit"
    path.write_text(content, encoding="utf-8")

    code, _, err = command(
        "fit", path, "--text", "text", "--label", "label", "-o", model, *PROVIDER
    )

    errors = [line for line in err.splitlines() if line.startswith("Error: ")]
    assert code == 1
    assert len(errors) == 1
    assert expected in errors[0]
    assert not model.exists()


def test_rows_without_text_or_label_are_counted_and_left_out(command, tmp_path):
    """
    What cannot teach is left out, and said; a label with one row is learned, and said.
    """
    path = tmp_path / "gaps.csv"
    rows = [f"late parcel {n},a" for n in range(6)] + [f"lost card {n},b" for n in range(6)]
    rows += ["no label,", ",a", "rare thing,c"]
    path.write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")

    code, _, err = command("fit", path, "-o", tmp_path / "m.toolkit", *PROVIDER)

    assert code == 0
    assert "1 of 15 rows has no label: left out" in err
    assert "1 of 15 rows has no text: left out" in err
    assert "1 label has only one row (c)" in err


def test_odd_texts_get_an_answer(command, model, tmp_path):
    """
    Empty, huge, numeric and binary-looking texts are predicted like any other row.
    """
    path = tmp_path / "odd.jsonl"
    texts = [None, "", "  ", 7, 3.5, "a\x00b", "\ud83d", "late " * 200_000, "late parcel"]
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")

    code, out, err = command("predict", path, "--model", model, "--format", "jsonl")

    assert code == 0, err
    assert len(out.splitlines()) == len(texts)
    assert "3 of 9 texts are empty" in err


def test_an_existing_file_is_kept_unless_forced(command, tickets, model):
    """
    Neither models nor tables are replaced without --force.
    """
    before = model.read_bytes()

    code, _, err = command("fit", tickets, "-o", model, *PROVIDER)

    assert code == 1
    assert "--force" in err
    assert model.read_bytes() == before
    assert command("fit", tickets, "-o", model, "--force", *PROVIDER)[0] == 0


def test_lines_that_cannot_be_read_end_in_exit_code_3(command, model, tmp_path):
    """
    The other rows are predicted, the bad lines are counted and kept in a file.
    """
    path, rejects = tmp_path / "ragged.csv", tmp_path / "rejects.txt"
    path.write_text("id,text\n1,late parcel\n2,a,b,c\n3,card\n", encoding="utf-8")

    code, out, err = command("predict", path, "--model", model, "--rejects", rejects)

    assert code == 3
    assert len(out.splitlines()) == 3
    assert "1 line of the input could not be read" in err
    assert "line 3" in rejects.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["fitt"], 2, "did you mean 'fit'"),
        (["fit"], 2, "Missing argument"),
        (["fit", "nowhere.csv", "-o", "m"], 1, "no file 'nowhere.csv'"),
        (["predict", "nowhere.csv", "--model", "none.toolkit"], 1, "none.toolkit"),
        (["similarity", "a", "b", "--provider", "hashin:8"], 1, "did you mean hashing:"),
        (["similarity", "a", "b", "--provider", "local:no/such-model"], 1, "not on this machine"),
    ],
)
def test_mistakes_get_one_sentence_and_their_exit_code(command, arguments, code, message):
    """
    Usage errors end with 2, other errors with 1, none with a traceback.
    """
    got, _, err = command(*arguments)

    assert got == code
    assert message in err
    assert "Traceback" not in err


def test_interruption_ends_with_130_and_says_how_to_go_on(command, monkeypatch):
    """
    Ctrl-C is no error: what was done is kept.
    """

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("toolkit.pipelines.text_similarity", interrupt)

    code, _, err = command("similarity", "a", "b")

    assert code == 130
    assert "goes on from there" in err


def test_doctor_tells_keys_without_their_values(command, monkeypatch):
    """
    A bug report may hold the whole output.
    """
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")

    code, out, _ = command("doctor", "--json")

    facts = json.loads(out)
    assert code == 0
    assert facts["keys"]["OPENAI_API_KEY"] == "set"
    assert "very-secret" not in out


def test_cache_info_and_clear(command, tickets, own_cache):
    """
    What is kept is shown by provider, and can be forgotten.
    """
    from tests.providers import CountingProvider
    from toolkit import CachedProvider

    CachedProvider(CountingProvider(8), own_cache).embed(["a", "b"])

    assert "2 vectors  counting:8" in command("cache", "info")[1]
    assert json.loads(command("cache", "info", "--json")[1])["spaces"][0]["n_vectors"] == 2
    assert "2 vectors forgotten" in command("cache", "clear", "--yes")[1]
    assert "nothing is kept yet" in command("cache", "info")[1]


@pytest.mark.parametrize("ending", ["parquet", "feather", "jsonl", "csv", "tsv"])
def test_embed_writes_the_vector_beside_each_row(command, tickets, tmp_path, ending):
    """
    Every format gets the same numbers: as one list, or as one column a dimension.
    """
    output = tmp_path / f"vectors.{ending}"

    code, _, err = command(
        "embed", tickets, "--text", "text", "-o", output, "--provider", "hashing:8"
    )

    frame = read_frame(output)
    columns = [name for name in frame if name.startswith("text_")]
    vectors = frame[columns].astype(float) if columns else np.stack(frame["embedding"])
    expected = TextEmbedder("hashing:8").fit_transform(pd.read_csv(tickets)["text"])
    assert code == 0, err
    assert np.allclose(vectors, expected, atol=1e-6)
    assert list(frame["id"])[:2] == ["000", "001"]


def test_demo_shows_the_main_job(command):
    """
    The demo learns, sorts and checks by itself, without network or model.
    """
    code, out, err = command("demo", *PROVIDER)

    assert code == 0, err
    assert "1. Learn" in out
    assert "->" in out
    assert "3. Check" in out
    assert "toolkit fit yours.csv" in out


@pytest.mark.parametrize("head", ["knn", "centroid"])
def test_other_heads_learn_too(command, tickets, tmp_path, head):
    """
    Neighbours and centroids are a word away.
    """
    path = tmp_path / "m.toolkit"

    assert command("fit", tickets, "-o", path, "--head", head, *PROVIDER)[0] == 0
    assert command("predict", tickets, "--model", path)[0] == 0


def test_settings_that_do_not_go_together_are_refused(command, tickets, tmp_path):
    """
    A head that cannot weigh classes says so before anything is embedded.
    """
    arguments = ["fit", tickets, "-o", tmp_path / "m.toolkit", "--head", "knn", "--balanced"]

    code, _, err = command(*arguments, *PROVIDER)

    assert code == 2
    assert "need --head logistic" in err


def test_a_broken_pipe_is_quiet(tickets):
    """
    `toolkit embed ... | head` ends without a word.
    """
    line = f"{sys.executable} -m toolkit embed {tickets} --provider hashing:512 --quiet | head -n 1"

    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"], capture_output=True, text=True
    )

    assert done.stderr == ""
    assert done.stdout.startswith("id,text")


def test_nothing_that_steers_a_terminal_is_printed(command, tickets):
    """
    Escape sequences in names or cells come out harmless.
    """
    _, _, err = command("embed", tickets, "--text", "\x1b[31mred")

    assert "[31mred" in err
    assert "\x1b" not in err


def test_judging_by_rows_that_were_learned_is_told(command, tickets, model):
    """
    A report on the training table says that it flatters.
    """
    _, _, err = command("evaluate", tickets, "--model", model, "--where", "split=train")

    assert "40 of 40 texts also stand among those that the model learned from" in err


def test_limit_counts_rows_that_were_asked_for(command, tickets, tmp_path):
    """
    --where comes first, --limit after it.
    """
    _, out, _ = command(
        "fit",
        tickets,
        "--where",
        "split=test",
        "--limit",
        8,
        "-o",
        tmp_path / "m",
        "--json",
        *PROVIDER,
    )

    assert json.loads(out)["n_rows"] == 8


def test_json_lines_come_through_a_pipe(tickets, model, tmp_path):
    """
    What is piped in need not be CSV: its first bytes tell.
    """
    lines = '{"text": "late parcel box"}\n{"text": "blocked card"}\n'

    done = subprocess.run(
        [sys.executable, "-m", "toolkit", "predict", "-", "--model", str(model), "--quiet"],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
    )

    assert [line.split(",")[1] for line in done.stdout.splitlines()[1:]] == ["parcel", "card"]


def test_a_text_that_cannot_be_embedded_fails_alone(command, model, tmp_path, monkeypatch):
    """
    With --on-error nan its row is marked, the others are answered, and the exit code is 3.
    """
    embed = HashingProvider.embed

    def flaky(self, texts, *, task="none"):
        if any("poison" in text for text in texts):
            raise InvalidResponse("the service refused a text")

        return embed(self, texts, task=task)

    monkeypatch.setattr(HashingProvider, "embed", flaky)
    path = tmp_path / "new.csv"
    path.write_text("text\nlate parcel box\npoison\nblocked card\n", encoding="utf-8")

    code, out, err = command("predict", path, "--model", model, "--on-error", "nan")
    rows = [line.split(",") for line in out.splitlines()[1:]]

    assert code == 3, err
    assert [row[1] for row in rows] == ["parcel", "", "card"]
    assert rows[1][-1] == "failed"
    assert "1 text could not be embedded" in err
    assert command("predict", path, "--model", model)[0] == 1


def test_nothing_that_is_read_is_written_over(command, tickets, model):
    """
    Not even --force lets rejects replace the model, or a model its own table.
    """
    before = model.read_bytes(), tickets.read_bytes()

    codes = [
        command("predict", tickets, "--model", model, "--rejects", model, "--force")[0],
        command("predict", tickets, "--model", model, "--rejects", "-")[0],
        command("fit", tickets, "-o", tickets, "--force", *PROVIDER)[0],
        command("fit", tickets, "-o", "m.toolkit", "--separator", "", *PROVIDER)[0],
    ]

    assert codes == [2, 2, 2, 2]
    assert (model.read_bytes(), tickets.read_bytes()) == before


def test_no_two_files_of_a_command_are_one(command, tickets, model, tmp_path):
    """
    Rejects, plots and outputs are kept apart, by whatever path or link, also with --force.
    """
    link, other = tmp_path / "link.png", tmp_path / "folder" / ".." / "out.png"
    (tmp_path / "folder").mkdir()
    link.symlink_to(tickets)
    before = model.read_bytes(), tickets.read_bytes()
    judge = ["evaluate", tickets, "--model", model, "--force"]
    commands = [
        ["fit", tickets, "-o", other, "--rejects", tmp_path / "out.png", *PROVIDER],
        ["fit", tickets, "-o", other, "--rejects", link, "--force", *PROVIDER],
        ["predict", tickets, "--model", model, "-o", tmp_path / "o.csv"]
        + ["--rejects", tmp_path / "o.csv"],
        [*judge, "--rejects", model],
        [*judge, "--rejects", tickets],
        [*judge, "--plot", other, "--rejects", tmp_path / "out.png"],
        [*judge, "--plot", link],
    ]

    for arguments in commands:
        code, _, err = command(*arguments)
        assert (code, "name another file" in err) == (2, True), (arguments, err)
    assert (model.read_bytes(), tickets.read_bytes()) == before
    assert not other.exists()
    assert not (tmp_path / "o.csv").exists()


def test_rejects_and_plots_keep_files_that_are_there(command, tickets, model, tmp_path):
    """
    They are replaced with --force only, and judged before the work.
    """
    plot, rejects = tmp_path / "plot.png", tmp_path / "rejects.txt"
    plot.write_bytes(b"mine")
    rejects.write_bytes(b"mine")
    judge = ["evaluate", tickets, "--model", model]

    for arguments in (["--plot", plot], ["--rejects", rejects]):
        code, out, err = command(*judge, *arguments)
        assert (code, out) == (1, "")
        assert "--force" in err
    assert (plot.read_bytes(), rejects.read_bytes()) == (b"mine", b"mine")
    assert command(*judge, "--plot", plot, "--rejects", rejects, "--force")[0] == 0
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert rejects.read_bytes() == b""
