import random

import pytest

from tests.recorded_faults import RECORDED, openais
from toolkit.embedding.http.faults import LONGEST_MESSAGE, classify, message_of, shown
from toolkit.embedding.http.keys import HIDDEN, KeySource
from toolkit.embedding.http.wire import FaultKind
from toolkit.errors import (
    AuthenticationFailed,
    ModelNotFound,
    ProviderError,
    ProviderUnavailable,
    QuotaExceeded,
)

BUSY, TRANSIENT, FATAL = FaultKind.BUSY, FaultKind.TRANSIENT, FaultKind.FATAL

KEY = "sk-test-5f0c1d2e3b4a69788796a5b4"
SOURCE = KeySource(("SOME_TEST_KEY",))


def fault(status, body, headers=None):
    return classify(status, headers or {}, body, message_of(body, ""))


@pytest.mark.parametrize("name", RECORDED)
def test_what_services_say_of_texts_is_understood(name):
    """
    What to do, and the figures that stand in the message.
    """
    status, body, told = RECORDED[name]
    found = fault(status, body)

    assert (found.kind, found.cap, found.given) == told


@pytest.mark.parametrize(
    ("status", "body", "kind", "error"),
    [
        (401, {"error": "Unauthorized"}, FATAL, AuthenticationFailed),
        (401, openais("Incorrect API key provided"), FATAL, AuthenticationFailed),
        (400, openais("No connected db.", type="no_db_connection"), FATAL, AuthenticationFailed),
        (400, openais("API key not valid. Please pass one."), FATAL, AuthenticationFailed),
        (402, openais("pay"), FATAL, QuotaExceeded),
        (403, None, FATAL, AuthenticationFailed),
        (403, {"detail": "AUTHZ_INSUFFICIENT_BALANCE"}, FATAL, QuotaExceeded),
        (429, openais("quota", code="insufficient_quota"), FATAL, QuotaExceeded),
        (404, openais("The model `x` does not exist"), FATAL, ModelNotFound),
        (404, {"error": 'model "x" not found, try pulling it first'}, FATAL, ModelNotFound),
        (302, None, FATAL, ProviderUnavailable),
        (201, None, FATAL, ProviderUnavailable),
        *((status, None, FATAL, ProviderError) for status in (405, 421, 498, 499)),
        *((status, None, TRANSIENT, ProviderUnavailable) for status in (408, 409, 425, 500)),
        *((status, None, TRANSIENT, ProviderUnavailable) for status in (502, 504, 520, 524, 599)),
        *((status, None, BUSY, ProviderUnavailable) for status in (429, 503, 529)),
        (429, {"error": "Model is overloaded", "error_type": "Overloaded"}, BUSY, None),
        (503, {"error": "server busy, please try again."}, BUSY, None),
        (500, openais("This model has 8 dimensions"), TRANSIENT, ProviderUnavailable),
        (429, openais("maximum context length is 8192 tokens a minute"), BUSY, None),
    ],
)
def test_what_a_status_means(status, body, kind, error):
    """
    Whether to wait, to give up or to look for a text, and which error ends the run.
    """
    found = fault(status, body)

    assert found.kind is kind
    assert error is None or found.error is error
    assert found.message.startswith(str(status))
    assert found.is_pace == (status == 429)
    assert found.may_be_texts == (status == 500)


@pytest.mark.parametrize(
    ("status", "wait"), [(429, 7.0), (503, 7.0), (502, 7.0), (400, None), (401, None)]
)
def test_a_wait_is_read_where_waiting_helps(status, wait):
    """
    Services ask for it at too many requests, and gateways when they are down.
    """
    assert fault(status, None, {"retry-after": "7"}).wait == wait


@pytest.mark.parametrize(
    ("body", "text", "message"),
    [
        ({"error": {"message": "no such model"}}, "", "no such model"),
        ({"error": "No models loaded"}, "", "No models loaded"),
        ({"message": "flat", "object": "error"}, "", "flat"),
        ({"detail": "in detail"}, "", "in detail"),
        ({"detail": {"message": "in detail"}}, "", "in detail"),
        (
            {"detail": [{"loc": ["body", "input", 3], "msg": "too short"}, {"msg": "odd"}]},
            "",
            "body.input.3: too short; odd",
        ),
        ({"error": None, "message": "beside"}, "", "beside"),
        ("a string", "", "a string"),
        (None, "Internal\n  Server   Error", "Internal Server Error"),
        (None, "<html><style>a {}</style><h1>502</h1><p>Bad Gateway", "502 Bad Gateway"),
        (None, "<script>alert(1)</script>", "no message"),
        *((body, "", "no message") for body in (None, {}, [], 3, {"error": 7}, {"detail": [3]})),
        ({"unknown": 1}, '{"unknown": 1}', '{"unknown": 1}'),
    ],
)
def test_the_message_is_found_in_any_form(body, text, message):
    """
    Objects in each vendor's form, plain text and pages of gateways.
    """
    assert message_of(body, text) == message


def test_a_huge_page_is_read_in_a_moment():
    """
    Nobody waits for the message of an error, whatever a server sends.
    """
    assert len(message_of(None, "<p" * 10**6)) < 30_000
    assert len(message_of({"error": "x" * 10**7}, "")) < 30_000


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("SOME_TEST_KEY", KEY)


@pytest.mark.parametrize("n_before", range(LONGEST_MESSAGE - 40, LONGEST_MESSAGE + 5))
def test_no_part_of_a_key_is_shown(key, n_before):
    """
    Not even where a long message is cut within it.
    """
    said = shown(f"{'x' * n_before} {KEY} was refused", SOURCE)

    assert KEY[:6] not in said
    assert len(said) <= LONGEST_MESSAGE
    assert n_before > LONGEST_MESSAGE - 6 or HIDDEN in said


SECRET = 'My "secret" diary:\n\tI lost the\\ key of Zoë 日本, and nobody may know it.'


@pytest.mark.parametrize(
    "quoted",
    [
        SECRET,
        " ".join(SECRET.split()),
        'My \\"secret\\" diary:\\n\\tI lost the\\\\ key of Zo\\u00eb \\u65e5\\u672c, and nobody',
        SECRET[:40],
        f"{SECRET} and again {SECRET}",
    ],
)
@pytest.mark.parametrize("n_before", [0, 440, 470])
def test_no_text_of_the_user_is_shown(quoted, n_before):
    """
    Whole or its beginning, as it is, on one line, or as JSON writes it.
    """
    message = message_of({"error": f"{'x' * n_before} invalid: {quoted}"}, "")
    said = shown(message, SOURCE, ["other", SECRET, "My"])

    assert "diary" not in said
    assert "nobody" not in said
    assert "invalid" in said


def test_words_that_stand_in_any_sentence_are_left():
    """
    A short text is no secret, and its words may be those of the message.
    """
    message = "the input is too long: at most 512 tokens"

    assert shown(message, SOURCE, ["too long", "the", "", "the input is a short one"]) == message


def test_hiding_ends_whatever_the_texts_are():
    """
    Also if what takes a text's place looks like a text.
    """
    assert shown("." * 400, SOURCE, ["." * 30, "." * 24]).count(".") < 24


def test_no_message_breaks_us():
    """
    Words of real messages in any order are some fault.
    """
    generator = random.Random(0)
    words = " ".join(message_of(body, "") for _, body, _ in RECORDED.values()).split()
    for _ in range(500):
        message = " ".join(generator.choices(words, k=12))
        for status in (400, 413, 422, 500):
            found = classify(status, {}, {"error": {"code": None, "type": 3}}, message)
            assert found.cap is None or found.cap > 0
