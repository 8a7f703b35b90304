import pytest

from toolkit.embedding import TASKS, SentenceTransformerProvider, StaticProvider
from toolkit.embedding.catalog import parse_name
from toolkit.embedding.models import all_models, known_model, known_models
from toolkit.embedding.models.known_model import ON_THIS_MACHINE
from toolkit.embedding.models.reading import _rows
from toolkit.embedding.models.sources import SOURCES
from toolkit.errors import InputError

MODELS = all_models()
SCORES = ("classification", "clustering", "overall")

each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.provider_name)


@each_model
def test_every_row_is_sane(model):
    """
    No figure is out of its range, and none stands without its source and date.
    """
    assert 0 < model.n_dimensions <= 4096
    assert model.max_tokens is None or 0 < model.max_tokens <= 128_000
    assert set(model.prompts or ()) <= set(TASKS)
    assert model.is_local == (model.provider in ON_THIS_MACHINE)
    assert (model.memory is not None) == model.is_local
    if model.is_local:
        assert model.price == 0
    else:
        assert model.price is None or 0 < model.price < 5
        assert (model.price is None) == (model.price_date is None)
    for scores in model.scores:
        figures = [getattr(scores, name) for name in SCORES]
        assert any(figures)
        assert all(figure is None or 0 < figure <= 100 for figure in figures)
        assert scores.source.published
        assert 2024 <= int(scores.source.date[:4]) <= 2026
    assert len({scores.source.benchmark for scores in model.scores}) == len(model.scores)


@each_model
def test_what_is_written_after_provider_leads_back_to_the_row(model):
    """
    The first column is a provider's name that parses to this model and no other.
    """
    name = parse_name(model.provider_name)

    assert known_model(name.model, name.kind) is model
    assert known_model(name.model.upper(), name.kind) is model


@each_model
def test_lengths_are_allowed_or_refused_by_name(model):
    """
    Every length that is offered can be had, the usual one too; others are refused with the choice.
    """
    allowed = model.allowed_dimensions
    if allowed is None:
        with pytest.raises(InputError, match="not known to have been trained for shorter"):
            model.check_dimensions(model.n_dimensions)
        return

    assert model.n_dimensions in allowed
    for length in (*allowed[:3], *allowed[-3:], model.n_dimensions):
        model.check_dimensions(length)
    for wrong in (0, -1, max(allowed) + 1, 8.5):
        with pytest.raises(InputError, match=rf"{min(allowed)}.*{max(allowed)}, got {wrong}"):
            model.check_dimensions(wrong)


def test_tables_hold_nothing_twice_and_nothing_idle():
    """
    A model stands in one row, and every score and source belongs to one that is there.
    """
    names = [model.provider_name.lower() for model in MODELS]
    there = {f"{model.provider}:{model.name}" for model in MODELS}
    rows = _rows("scores.csv")

    assert len(set(names)) == len(names)
    assert {row["model"] for row in rows} <= there
    assert {row["scores_of"] for row in _rows("models.csv")} - {""} <= there
    assert {row["source"] for row in rows} == set(SOURCES)
    assert len({(row["source"], row["model"]) for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("name", "provider", "found"),
    [
        ("all-MiniLM-L6-v2", "local", "local:all-MiniLM-L6-v2"),
        ("sentence-transformers/ALL-minilm-l6-v2", "local", "local:all-MiniLM-L6-v2"),
        ("potion-base-8M", "static", "static:minishlab/potion-base-8M"),
        ("minishlab/potion-base-8M", "local", "static:minishlab/potion-base-8M"),
        ("text-embedding-3-small", "openai", "openai:text-embedding-3-small"),
        ("text-embedding-3-small", "azure", "azure:text-embedding-3-small"),
        ("baai/bge-m3", "openai", "local:BAAI/bge-m3"),
        ("baai/bge-m3", "tei", "local:BAAI/bge-m3"),
        ("nomic-embed-text", "ollama", "ollama:nomic-embed-text"),
        ("nomic-embed-text:v1.5", "ollama", "ollama:nomic-embed-text"),
        ("qwen3-embedding:latest", "ollama", "ollama:qwen3-embedding"),
        ("qwen3-embedding:0.6b", "ollama", "ollama:qwen3-embedding:0.6b"),
        ("qwen3-embedding:0.6b-fp16", "ollama", "ollama:qwen3-embedding:0.6b"),
    ],
)
def test_models_are_found_as_their_providers_call_them(name, provider, found):
    """
    Case, organisation and tag do not hide a model; open models are known wherever they are served.
    """
    assert known_model(name, provider).provider_name == found


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("", "local"),
        ("./all-MiniLM-L6-v2", "local"),
        ("bge-m3", "openai"),
        ("all-MiniLM-L6-v2", "openai"),
        ("BAAI/bge-m3", "cohere"),
        ("embed-v4.0", "openai"),
        ("nomic-embed-text:v1.5", "openai"),
        ("my-nomic-embed-text", "ollama"),
        ("voyage-5", "voyage"),
        ("voyage-4", "nonsense"),
    ],
)
def test_no_model_is_taken_for_another(name, provider):
    """
    What is not known is not guessed: a part of a name, or another provider's, finds nothing.
    """
    assert known_model(name, provider) is None


def test_open_models_get_their_prompts_wherever_they_are_served():
    """
    The prompt that a model was trained with goes before a text on every way to it.
    """
    for provider in ("local", "openai", "tei"):
        assert known_model("intfloat/multilingual-e5-small", provider).prompts["query"] == "query: "
    gemma = known_model("google/embeddinggemma-300m").prompts
    assert known_model("embeddinggemma:300m", "ollama").prompts == gemma
    assert known_model("gemini-embedding-2", "gemini").prompts == gemma
    assert known_model("gemini-embedding-001", "gemini").prompts is None


def test_local_providers_take_their_lengths_from_the_table():
    """
    A length that a model does not have is refused before the model is loaded.
    """
    assert SentenceTransformerProvider("nomic-ai/nomic-embed-text-v1.5", dimensions=64)
    with pytest.raises(InputError, match="must be from 64 to 768, got 63"):
        SentenceTransformerProvider("nomic-ai/nomic-embed-text-v1.5", dimensions=63)
    with pytest.raises(InputError, match="must be one of 256, 1024, got 512"):
        SentenceTransformerProvider("Snowflake/snowflake-arctic-embed-l-v2.0", dimensions=512)
    with pytest.raises(InputError, match="must be from 1 to 256, got 300"):
        StaticProvider("potion-base-8M", dimensions=300)


def test_the_frame_is_the_table():
    """
    The pandas table has a row for each model, and missing values where nothing is known.
    """
    frame = known_models()

    assert list(frame["provider"]) == [model.provider_name for model in MODELS]
    assert frame.loc[~frame["is_local"], "memory_mb"].isna().all()
    assert (frame["benchmark"].isna() == frame["score_source"].isna()).all()
    assert set(known_models("english-v2")["benchmark"].dropna()) == {"english-v2"}
    with pytest.raises(InputError, match="must be one of english-v2, .*; got 'mteb'"):
        known_models("mteb")
