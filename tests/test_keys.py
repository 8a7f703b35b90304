import pytest

from toolkit.embedding.http.keys import HIDDEN, KeySource
from toolkit.errors import AuthenticationFailed, InputError

KEY = KeySource(("FIRST_KEY", "SECOND_KEY"))
TOKEN = KeySource(("SOME_TOKEN",))
EITHER = KeySource(("FIRST_KEY",), header="api-key", prefix="", otherwise=TOKEN)


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    for name in ("FIRST_KEY", "SECOND_KEY", "SOME_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def test_the_first_key_that_is_set_is_used(monkeypatch):
    """
    White space that pasting brings along is no part of a key, and no key is an empty one.
    """
    monkeypatch.setenv("SECOND_KEY", " sk-second\n")
    monkeypatch.setenv("FIRST_KEY", "  ")
    assert KEY.headers() == {"Authorization": "Bearer sk-second"}

    monkeypatch.setenv("FIRST_KEY", "sk-first")
    assert KEY.headers() == {"Authorization": "Bearer sk-first"}


def test_a_token_goes_into_its_own_header_and_never_along_with_a_key(monkeypatch):
    """
    Where both are set, the key is used; each has the header that belongs to it.
    """
    monkeypatch.setenv("SOME_TOKEN", "ey-token")
    assert EITHER.headers() == {"Authorization": "Bearer ey-token"}

    monkeypatch.setenv("FIRST_KEY", "sk-first")
    assert EITHER.headers() == {"api-key": "sk-first"}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (KEY, "FIRST_KEY and SECOND_KEY are not set: put the key in the environment"),
        (EITHER, "FIRST_KEY and SOME_TOKEN are not set"),
        (TOKEN, "SOME_TOKEN is not set"),
    ],
)
def test_a_missing_key_is_told_by_its_names(source, message):
    """
    The error says where the key is looked for; services that need none go on without.
    """
    with pytest.raises(AuthenticationFailed, match=message):
        source.headers()
    assert KeySource(source.names, is_required=False).headers() == {}


@pytest.mark.parametrize("key", ["sk-a\nb", "sk-ä", "sk-\x07"])
def test_what_can_be_no_key_is_refused_and_not_repeated(monkeypatch, key):
    """
    Such a key would end in an error of the HTTP library that holds it.
    """
    for name, source in (("FIRST_KEY", EITHER), ("SOME_TOKEN", EITHER)):
        monkeypatch.setenv(name, key)
        with pytest.raises(AuthenticationFailed, match=f"{name} holds characters") as caught:
            source.headers()
        assert key not in str(caught.value)
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    "name",
    [
        *("sk-12345", "", "MY KEY", "9KEY", "a" * 10 + "!"),
        *("jina_0a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d", "qX7" * 11, "a1" * 12),
    ],
)
def test_a_key_in_place_of_its_name_is_refused_and_not_repeated(name):
    """
    A name is shown and kept: some keys would pass for one.
    """
    with pytest.raises(InputError, match="such as OPENAI_API_KEY, not a key") as caught:
        KeySource((name,))
    assert not name or name not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["OPENAI_API_KEY", "my_key", "_K2", "OUR_VERY_LONG_KEY_NAME_2026_A"]
)
def test_names_of_variables_are_names(name):
    """
    Whatever an environment variable may be called by people is accepted.
    """
    assert KeySource((name,)).names == (name,)


def test_keys_and_tokens_are_hidden_in_what_services_say(monkeypatch):
    """
    Services echo keys; very short values stand in any sentence and are left alone.
    """
    monkeypatch.setenv("FIRST_KEY", "sk-first")
    monkeypatch.setenv("SOME_TOKEN", "ey-token")

    assert EITHER.hidden("bad key sk-first, token ey-token") == f"bad key {HIDDEN}, token {HIDDEN}"
    monkeypatch.setenv("FIRST_KEY", "key")
    assert EITHER.hidden("bad key") == "bad key"
