from types import SimpleNamespace

import pytest

from tests.chat_naming import model, short_waits
from tests.servers.faults import always, saying
from toolkit.embedding import OpenAIProvider
from toolkit.embedding.http import single
from toolkit.embedding.http.single import Single, reply_to
from toolkit.embedding.http.waits import RetryPolicy
from toolkit.embedding.http.wire import BadReply, Fault, FaultKind, Request


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """The seconds that were waited, by nobody."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    short_waits(monkeypatch)
    waited = []
    monkeypatch.setattr(single.time, "sleep", waited.append)

    return waited


def ask(server, parse=lambda body: SimpleNamespace(body=body, n_tokens=7, model=None)):
    provider = OpenAIProvider("tiny-chat", base_url=server.url)
    messages = [{"role": "user", "content": '{"groups": []}'}]
    body = {"model": "tiny-chat", "messages": messages}

    return reply_to(provider, Single(Request(f"{server.url}/chat/completions", body), [], 5), parse)


def raising(error):
    def parse(body):
        raise error

    return parse


@pytest.mark.parametrize(
    ("status", "n_sent"), [(400, 1), (401, 1), (404, 1), (500, 3), (503, 6), (429, 6)]
)
def test_what_may_pass_is_tried_again(status, n_sent):
    """
    A busy service is asked more often than a broken one, and a refusal is final.
    """
    with model(always(saying(status, "no"))) as server:
        fault = ask(server)

    assert isinstance(fault, Fault)
    assert len(server.seen) == n_sent


def test_waits_grow_and_are_at_least_what_is_asked_for(monkeypatch, waits):
    """
    The service's word is the least.
    """
    monkeypatch.setattr(single, "POLICY", RetryPolicy(tries=3, first_wait=4.0))
    with model(always(saying(429, "no", headers={"retry-after": "5"}))) as server:
        ask(server)

    assert len(waits) == 2
    assert all(5 <= wait <= 8 for wait in waits)


def test_a_bad_reply_is_asked_for_twice():
    """
    What is answered badly again stays bad.
    """
    with model() as server:
        fault = ask(server, raising(BadReply("no names")))

    assert fault.kind is FaultKind.BAD_REPLY
    assert fault.message.startswith("no names; the answer begins")
    assert len(server.seen) == 2


def test_a_fault_of_ours_is_a_fault_and_no_crash():
    """
    Hours of work before it are not lost to a mistake in reading a reply.
    """
    with model() as server:
        fault = ask(server, raising(TypeError("odd")))

    assert fault.message == "TypeError in the toolkit: odd"
