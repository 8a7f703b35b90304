import json
import random
import subprocess
import sys
from itertools import pairwise

import pytest

from toolkit.cli import models as models_cli
from toolkit.cli.commands import toolkit
from toolkit.cli.failures import run
from toolkit.cli.model_table import models_text
from toolkit.embedding.models import BENCHMARKS, Wanted, all_models, as_row, choosing, ordered

MODELS = all_models()
SCORES = ("classification", "clustering", "overall")
KEYS = [benchmark.key for benchmark in BENCHMARKS]


@pytest.fixture
def command(capfd, monkeypatch):
    """Run ``toolkit models`` and return its exit code, stdout and stderr."""
    monkeypatch.setenv("COLUMNS", "120")

    def run_command(*arguments):
        code = run(toolkit, ["models", *map(str, arguments)])
        out, err = capfd.readouterr()

        return code, out, err

    return run_command


def shown(out):
    """Return the first words of the table's lines."""
    table = out.split("\n\n¹")[0]

    return [line.split()[0] for line in table.splitlines()[1:] if ":" in line.split(" ")[0][:-1]]


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(place="local"),
        Wanted(place="service"),
        Wanted(provider="voyage"),
        Wanted(languages="multilingual"),
        Wanted(languages="en", place="local", max_memory=500),
        Wanted(max_memory=91),
        Wanted(max_price=0.02),
        Wanted(max_price=0.02, place="service"),
        Wanted(benchmark="english-v2"),
        Wanted(text="MINILM"),
        Wanted(text="openai:text"),
        Wanted(text="nothing like that"),
    ],
)
def test_a_wish_is_met_by_all_that_fit_and_no_other(wanted):
    """
    Wishes are met together; what is not known of a model meets none.
    """

    def meets(model):
        text, price = wanted.text.lower(), 10 if model.price is None else model.price
        return (
            (wanted.place is None or (wanted.place == "local") == (model.price == 0))
            and (wanted.provider is None or model.provider == wanted.provider)
            and (wanted.languages is None or model.languages == wanted.languages)
            and (wanted.max_memory is None or (model.memory or 10**9) <= wanted.max_memory)
            and (wanted.max_price is None or price <= wanted.max_price)
            and (wanted.benchmark is None or model.scores_on(wanted.benchmark) is not None)
            and text in f"{model.provider_name} {model.provider}:{model.name}".lower()
        )

    assert [wanted.fits(model) for model in MODELS] == [meets(model) for model in MODELS]


@pytest.mark.parametrize("benchmark", [None, *KEYS])
@pytest.mark.parametrize("by", SCORES)
def test_high_scores_come_first_within_a_benchmark_and_the_unknown_last(by, benchmark):
    """
    Scores are put in order only among those that can be compared.
    """
    mixed = random.Random(0).sample(MODELS, len(MODELS))
    scores = [model.scores_on(benchmark) for model in ordered(mixed, by, benchmark=benchmark)]
    values = [getattr(each, by, None) for each in scores]

    n_known = sum(value is not None for value in values)
    assert None not in values[:n_known]
    places = [KEYS.index(each.source.benchmark.key) for each in scores[:n_known]]
    assert places == sorted(places)
    for (place, value), (after, less) in pairwise(zip(places, values[:n_known], strict=True)):
        assert value >= less or after > place


@pytest.mark.parametrize(
    ("by", "value"),
    [
        ("price", lambda model: model.price),
        ("memory", lambda model: model.memory),
        ("dimensions", lambda model: model.n_dimensions),
        ("name", lambda model: model.provider_name.lower()),
    ],
)
def test_what_is_small_comes_first_and_the_unknown_last(by, value):
    """
    Cheap, light, short and early in the alphabet: in this order, and nothing is lost.
    """
    mixed = random.Random(0).sample(MODELS, len(MODELS))
    result = ordered(mixed, by)
    values = [value(model) for model in result]
    known = [each for each in values if each is not None]

    assert known == sorted(known)
    assert values[len(known) :] == [None] * (len(MODELS) - len(known))
    assert {model.provider_name for model in result} == {model.provider_name for model in MODELS}


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--local", "--sort", "classification"),
        ("--service", "--sort", "price"),
        ("--provider", "ollama", "--sort", "memory"),
        ("--language", "multilingual", "--sort", "clustering"),
        ("--max-memory", 150, "--sort", "name"),
        ("--max-price", 0.05, "--service"),
        ("--benchmark", "multilingual", "--sort", "overall"),
        ("minilm", "--sort", "dimensions"),
    ],
)
def test_json_says_what_the_table_says(command, options):
    """
    Both show the same models in the same order, and every figure of the table is in the JSON.
    """
    code, out, err = command(*options)
    assert (code, err) == (0, "")
    code, as_json, _ = command(*options, "--json")
    rows = json.loads(as_json)["models"]

    assert code == 0
    assert shown(out) == [row["provider"] for row in rows]
    assert len(rows) < len(MODELS) or not options
    by_name = {model.provider_name: model for model in MODELS}
    benchmark = options[1] if "--benchmark" in options else None
    assert rows == [as_row(by_name[row["provider"]], benchmark) for row in rows]
    for row in rows:
        line = next(line for line in out.splitlines() if line.split(" ")[0] == row["provider"])
        cells = line.rstrip("¹²³⁴⁵⁶⁷⁸⁹ ").split()
        for name, cell in zip(SCORES, cells[-3:], strict=True):
            assert (cell == "–") == (row[name] is None)
            assert cell == "–" or float(cell) == pytest.approx(row[name], abs=0.0501)


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_the_table_fits_the_terminal(width):
    """
    No line is wider than the terminal; names and scores are shown in any case.
    """
    lines = models_text(ordered(MODELS, "overall"), "overall", width=width).splitlines()

    widest = max(map(len, lines))
    assert widest <= max(width, 79)
    assert all(any(line.startswith(model.provider_name) for line in lines) for model in MODELS)
    assert "overall" in lines[0]


def test_notes_name_every_source_that_is_shown(command):
    """
    Each mark in the table stands below it with benchmark, publisher and date.
    """
    _, out, _ = command("--sort", "overall")
    table, notes = out.split("\n\n¹", 1)
    marks = {line[-1] for line in table.splitlines() if line and line[-1] in "¹²³⁴⁵⁶⁷⁸⁹"}

    assert marks == {line[0] for line in f"¹{notes}".splitlines() if line[0] in "¹²³⁴⁵⁶⁷⁸⁹"}
    assert "litellm 1.109.1, 2026-11" in notes
    assert "cannot be compared" in notes
    assert "Not known (–): the scores of" in notes


def test_blocks_are_of_one_benchmark(command):
    """
    Sorted by a score, the table says which benchmark each block is by.
    """
    _, out, _ = command("--sort", "clustering")

    titles = [line for line in out.splitlines() if line.startswith("clustering: ")]
    expected = [f"clustering: {benchmark.title}" for benchmark in BENCHMARKS]
    assert titles == [*expected, "clustering: not known"]


def test_a_wish_that_none_meets_is_said(command):
    """
    No model is no failure: a note on stderr, an empty list as JSON.
    """
    code, out, err = command("--max-memory", 1)
    assert (code, out) == (0, "")
    assert "no known model is like that" in err

    code, out, _ = command("--max-memory", 1, "--json")
    assert (code, json.loads(out)) == (0, {"models": []})


def test_an_unknown_kind_is_a_usage_error(command):
    """
    A kind that does not exist is answered with those that do.
    """
    code, out, err = command("--provider", "openia")

    assert (code, out) == (2, "")
    assert "kinds are local, static, ollama, openai" in err


def test_the_command_offers_what_the_table_has():
    """
    The choices in the help, written out so that it is fast, are those of the table.
    """
    assert set(models_cli.ORDERS) == set(choosing.Order.__args__)
    assert list(models_cli.BENCHMARKS) == KEYS


def test_the_command_loads_no_heavy_packages():
    """
    A look at the table takes an instant.
    """
    script = (
        "import sys\n"
        "from toolkit.cli.commands import toolkit\n"
        "from toolkit.cli.failures import run\n"
        "assert run(toolkit, ['models', '--sort', 'overall']) == 0\n"
        "heavy = {'pandas', 'sklearn', 'torch', 'httpx', 'sentence_transformers'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
