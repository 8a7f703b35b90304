"""A chat model behind OpenAI's form of chats: one question, one answer, kept for the next time."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from toolkit.embedding.catalog import parse_name, provider_from_name
from toolkit.embedding.http.batches import byte_lengths, estimated_tokens
from toolkit.embedding.http.decoding import count_in, items, member, text_in
from toolkit.embedding.http.faults import shown
from toolkit.embedding.http.single import Single, reply_to
from toolkit.embedding.http.urls import host_of
from toolkit.embedding.http.wire import BadReply, Fault, FaultKind, Json, Limits, Request
from toolkit.embedding.services.openai import OpenAIProvider
from toolkit.errors import InvalidResponse, UnknownProvider

FORMAT = 1
NO_ROOM = r"context (?:size|length|window)|n_ctx"
SETTINGS = ("base_url", "key_env", "timeout", "price")
USUAL_TIMEOUT = 600.0
"""Seconds: nothing comes before all is written, and a model on a laptop writes slowly."""


@dataclass(frozen=True)
class ChatReply:
    """
    What a model wrote.

    Attributes
    ----------
    text : str
    refusal : str or None
        Why the model would not answer.
    n_tokens : int or None
        Of question and answer, as the service counts.
    model : str or None
        The model that the service says it used.
    """

    text: str
    refusal: str | None = None
    n_tokens: int | None = None
    model: str | None = None


@dataclass(frozen=True)
class Question:
    """
    What a model is asked.

    Attributes
    ----------
    rules : str
        What to do, as the system's message.
    content : str
        What to do it with, as the user's message.
    texts : sequence of str
        Texts of people in the content: no error repeats them.
    n_answer_tokens : int
        About how long the answer will be.
    """

    rules: str
    content: str
    texts: Sequence[str] = ()
    n_answer_tokens: int = 0

    @property
    def n_tokens(self) -> int:
        """About how many tokens question and answer have."""
        n_bytes = byte_lengths([self.rules, self.content])

        return int(estimated_tokens(n_bytes, Limits()).sum()) + self.n_answer_tokens


@dataclass(frozen=True)
class ChatModel:
    """
    A chat model at OpenAI, or at any server that speaks its form: llama.cpp, vLLM, Ollama, ...

    Keys come from the environment when something is sent, as they do for embeddings.

    Parameters
    ----------
    name : str
        ``openai:MODEL``, or ``openai:MODEL?base_url=http://127.0.0.1:8080/v1``; further settings
        are `key_env`, `timeout` (seconds, 600 if not given) and `price` (US dollars for a million
        tokens).

    Examples
    --------
    >>> ChatModel("openai:gpt-4.1-mini").service.url
    'https://api.openai.com/v1'
    """

    name: str

    def __post_init__(self) -> None:
        _ = self.service.url

    @property
    def service(self) -> OpenAIProvider:
        """Where the model is, and whose key is sent there."""
        parts, service = parse_name(self.name), provider_from_name(self.name)
        if type(service) is not OpenAIProvider:
            raise UnknownProvider(
                "a chat model is named openai:MODEL, or by its address, as "
                f"openai:MODEL?base_url=http://127.0.0.1:8080/v1; got {parts.kind}:{parts.model}"
            )
        for setting in parts.settings:
            if setting not in SETTINGS:
                raise UnknownProvider(
                    f"a chat model has no setting {setting!r} (known: {', '.join(SETTINGS)})"
                )
        if parts.dimensions is not None:  # to a chat model, @digits are a part of its name
            service = replace(service, model=f"{parts.model}@{parts.dimensions}", dimensions=None)
        is_usual = "timeout" not in parts.settings

        return replace(service, timeout=USUAL_TIMEOUT) if is_usual else service

    def check_key(self) -> None:
        """
        Ask the environment for the key; nothing is sent.

        Raises
        ------
        AuthenticationFailed
            If there is none, and one is needed.
        """
        self.service.keys.headers()

    def key_of(self, question: Question) -> str:
        """Return a hash over all that the answer depends on; no key of the service is in it."""
        service = self.service
        asked = [FORMAT, service.url, service.model, _messages(question)]

        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()

    def answer(self, question: Question) -> str | Fault:
        """
        Return what the model answers, or why it does not.

        Raises
        ------
        ProviderError
            If there is no key, or the model refuses, or it would cost more than is allowed.
        """
        reply = self._sent(question, {"temperature": 0})
        if isinstance(reply, Fault) and _is_about_temperature(reply):
            reply = self._sent(question, {})  # models that think take no other than their own
        if isinstance(reply, Fault):
            return reply
        if reply.refusal is not None:
            said = shown(reply.refusal, self.service.keys, question.texts)
            raise InvalidResponse(f"{self.who}: the model refuses: {said}")

        return self.service.keys.hidden(reply.text)

    @property
    def who(self) -> str:
        """Service and address, for messages."""
        return f"{self.service.kind} ({host_of(self.service.url)})"

    def _sent(self, question: Question, more: dict[str, Json]) -> ChatReply | Fault:
        service = self.service
        body = {"model": service.model, "messages": _messages(question), **more}
        request = Request(f"{service.url}/chat/completions", body)

        return reply_to(service, Single(request, question.texts, question.n_tokens), chat_reply)


def chat_reply(body: Json) -> ChatReply:
    """
    Return what a reply in OpenAI's form of chats says, or raise BadReply.

    >>> chat_reply({"choices": [{"message": {"role": "assistant", "content": "[]"}}]}).text
    '[]'
    """
    choices = items(body, "choices")
    if not choices:
        raise BadReply("the reply has no choices")
    message = member(choices[0], "message")
    refusal = text_in(message, "refusal")
    text = _content(message)
    if refusal is None and not text.strip():
        raise BadReply("the model wrote nothing")

    return ChatReply(text, refusal, count_in(body, "usage", "total_tokens"), text_in(body, "model"))


def is_too_long(fault: Fault) -> bool:
    """
    Return whether less at once could be answered.

    >>> is_too_long(Fault(FaultKind.BAD_TEXT, "400: it exceeds the available context size"))
    True
    """
    if fault.kind in (FaultKind.TOO_LONG, FaultKind.TOO_MANY_TOKENS):
        return True

    return bool(re.search(NO_ROOM, fault.message, flags=re.IGNORECASE))


def _is_about_temperature(fault: Fault) -> bool:
    is_refusal = fault.kind in (FaultKind.BAD_TEXT, FaultKind.FATAL)

    return is_refusal and "temperature" in fault.message.lower()


def _messages(question: Question) -> list[dict[str, str]]:
    return [
        {"role": "system", "content": question.rules},
        {"role": "user", "content": question.content},
    ]


def _content(message: Json) -> str:
    """Some servers send the text in parts."""
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, list):
        return "".join(text_in(part, "text") or "" for part in content)

    return content if isinstance(content, str) else ""
