import pytest
from sklearn.base import clone

from toolkit.embedding import (
    HashingProvider,
    SentenceTransformerProvider,
    StaticProvider,
    provider_from_name,
    provider_name,
)
from toolkit.errors import InputError, UnknownProvider

PROVIDERS = [
    HashingProvider(64),
    SentenceTransformerProvider(),
    SentenceTransformerProvider("./my model"),
    SentenceTransformerProvider("BAAI/bge-base-en-v1.5", device="cpu", precision="fp32"),
    SentenceTransformerProvider("google/embeddinggemma-300m", dimensions=256),
    SentenceTransformerProvider("a/b", revision="refs/pr/1"),
    SentenceTransformerProvider("a/b", revision="a&b=c d%20?", device="cuda:1"),
    StaticProvider(),
    StaticProvider("C:/models/mine", dimensions=64),
]


@pytest.mark.parametrize("provider", PROVIDERS, ids=str)
def test_a_name_gives_its_provider_again(provider):
    """
    What provider_name says, provider_from_name understands.
    """
    assert provider_from_name(provider_name(provider)) == provider


@pytest.mark.parametrize("provider", PROVIDERS, ids=str)
def test_a_clone_is_the_provider_itself(provider):
    """
    scikit-learn's clone copies no model.
    """
    assert clone(provider) is provider


def test_a_provider_that_no_name_gives_has_none():
    """
    A name is given only if it leads back.
    """

    class Mine:
        name = "mine"
        fingerprint = "mine:1"

    assert provider_name(Mine()) is None
    assert provider_name(SentenceTransformerProvider("./model@2")) is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("locl:all-MiniLM-L6-v2", "no provider is called 'locl': did you mean local:"),
        ("zzz:model", "no provider is called 'zzz': known are local, static, hashing"),
        ("all-MiniLM-L6-v2", "named provider:model, such as local:.*; got 'all-MiniLM-L6-v2'"),
        ("local:", "named provider:model"),
        ("", "named provider:model"),
        ("hashing:abc", "such as hashing:256; got 'abc'"),
        ("hashing:64@8", "such as hashing:256"),
        ("hashing:0", "n_dimensions must be an integer > 0, got 0"),
        ("hashing:64?seed=1", "hashing: has no setting 'seed' .it has none"),
        ("local:x?precision=fp8", "precision must be fp32 or bf16, got 'fp8'"),
        ("local:x?devise=cpu", "no setting 'devise' .known settings: device, precision, revision"),
        ("local:x?device", "the setting device needs a value"),
        ("local:all-MiniLM-L6-v2@64", "not known to have been trained for shorter"),
        ("local:google/embeddinggemma-300m@8", "must be from 128 to 768, got 8"),
        ("static:x@0", "dimensions must be > 0, got 0"),
    ],
)
def test_a_wrong_name_says_what_is_right(name, message):
    """
    Each mistake has its sentence, and all are InputErrors.
    """
    with pytest.raises(InputError, match=message) as caught:
        provider_from_name(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("setting", ["key", "api_key", "apikey", "API-KEY", "token", "my_secret"])
@pytest.mark.parametrize("start", ["local:x", "openai:x", "no-colon", "hashing:8", "locl:x@5"])
def test_a_key_in_a_name_is_refused_and_not_repeated(start, setting):
    """
    Names are shown and stored, so a key has no place in them, nor in the error.
    """
    with pytest.raises(UnknownProvider, match="never stands in a provider's name") as caught:
        provider_from_name(f"{start}?device=cpu&{setting}=sk-12345")
    assert "12345" not in str(caught.value)
