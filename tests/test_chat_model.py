import pytest

from tests.chat_naming import model, short_waits
from tests.servers.chat_form import completion
from tests.servers.faults import always, json_body, saying
from toolkit.embedding.chat import ChatModel, Question, chat_reply, is_too_long
from toolkit.embedding.http.wire import BadReply, Fault, FaultKind
from toolkit.errors import InputError, InvalidResponse

QUESTION = Question("Name the groups.", '{"groups": []}', ["a very private text"], 10)


@pytest.fixture(autouse=True)
def no_waits(monkeypatch):
    """No key, no other address, and no long waits."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    short_waits(monkeypatch)


def chat(server):
    return ChatModel(f"openai:tiny-chat?base_url={server.url}")


def test_a_question_is_two_messages_at_temperature_0():
    """
    Rules go as the system's message, what they are for as the user's.
    """
    bodies = []

    def rule(asked):
        bodies.append(asked.body)

    with model(rule, name=lambda told: "an answer") as server:
        assert chat(server).answer(QUESTION) == "an answer"

    assert bodies == [
        {
            "model": "tiny-chat",
            "messages": [
                {"role": "system", "content": "Name the groups."},
                {"role": "user", "content": '{"groups": []}'},
            ],
            "temperature": 0,
        }
    ]


def test_a_final_refusal_is_returned_without_the_texts():
    """
    The fault says what the service said, and repeats no text.
    """
    with model(always(saying(422, "bad: 'a very private text'"))) as server:
        fault = chat(server).answer(QUESTION)

    assert isinstance(fault, Fault)
    assert fault.message == "422 Unprocessable Entity: bad: '...'"
    assert len(server.seen) == 1


def test_a_model_that_refuses_is_an_error():
    """
    It is asked once, and what it says is told.
    """
    message = {"content": None, "refusal": "I cannot name these."}
    with (
        model(always(json_body(completion(message)))) as server,
        pytest.raises(InvalidResponse, match="refuses: I cannot name these"),
    ):
        chat(server).answer(QUESTION)
    assert len(server.seen) == 1


@pytest.mark.parametrize("content", ["[]", [{"type": "text", "text": "["}, {"text": "]"}]])
def test_an_answer_may_come_in_parts(content):
    """
    Text, or a list of parts.
    """
    assert chat_reply({"choices": [{"message": {"content": content}}]}).text == "[]"


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"choices": None},
        {"choices": []},
        {"choices": [None]},
        {"choices": [{}]},
        {"choices": [{"message": None}]},
        {"choices": [{"message": {"content": 7}}]},
        {"choices": [{"message": {"content": [None, 7, {"text": 1}]}}]},
        {"error": {"message": "overloaded"}},
    ],
)
def test_what_is_no_answer_is_a_bad_reply(body):
    """
    Whatever comes with status 200 is looked at before it is believed.
    """
    with pytest.raises(BadReply):
        chat_reply(body)


def test_the_key_of_a_question_follows_all_that_is_asked(monkeypatch):
    """
    Model, address, rules and content count; keys, time limits and prices do not.
    """
    one = ChatModel("openai:m?base_url=http://127.0.0.1:1/v1").key_of(QUESTION)
    same = ChatModel("openai:m?base_url=http://127.0.0.1:1/v1/&timeout=5&price=1")
    others = [
        ChatModel("openai:n?base_url=http://127.0.0.1:1/v1").key_of(QUESTION),
        ChatModel("openai:m?base_url=http://127.0.0.1:2/v1").key_of(QUESTION),
        ChatModel("openai:m?base_url=http://127.0.0.1:1/v1").key_of(Question("", "x")),
    ]
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another-key-12345")

    assert same.key_of(QUESTION) == one
    assert one not in others


def test_digits_after_an_at_belong_to_the_name():
    """
    A chat model has no dimensions.
    """
    service = ChatModel("openai:sonnet@20240620?base_url=http://127.0.0.1:1/v1").service

    assert (service.model, service.dimensions) == ("sonnet@20240620", None)


def test_a_model_has_time_unless_it_is_said():
    """
    Ten minutes, or what the name says.
    """
    assert ChatModel("openai:m").service.timeout == 600
    assert ChatModel("openai:m?timeout=120").service.timeout == 120


def test_an_address_with_a_password_is_refused():
    """
    It would be shown.
    """
    with pytest.raises(InputError, match="no user or password"):
        ChatModel("openai:m?base_url=http://me:secret@127.0.0.1/v1")


def test_only_too_much_is_worth_asking_in_parts():
    """
    A small context is, a wrong key or a broken line is not.
    """
    assert is_too_long(Fault(FaultKind.TOO_LONG, "400: too long"))
    assert is_too_long(Fault(FaultKind.TRANSIENT, "500: n_ctx is 512"))
    assert not is_too_long(Fault(FaultKind.FATAL, "401: wrong key"))
    assert not is_too_long(Fault(FaultKind.TRANSIENT, "no connection to 127.0.0.1"))
