"""OpenAI's form of chats: a server that names groups, as a model would or as none should."""

import json
from collections.abc import Callable, Mapping, Sequence

from tests.servers.answers import Answer
from tests.servers.asked import Asked, Rule, json_answer
from tests.servers.forms import Json
from tests.servers.openai_forms import OpenAIForm

Naming = Callable[[Mapping[str, Json]], Json]
"""From what a model is told of groups to what it writes: a text, or a value to be written."""


class ChatForm(OpenAIForm):
    """Messages in place of texts."""

    def texts(self, body: Mapping[str, Json]) -> Sequence[str]:
        messages = body["messages"]
        assert isinstance(messages, list)

        return [message["content"] for message in messages]


CHAT = ChatForm(
    "chat",
    path=r"/v1/chat/completions",
    base="/v1",
    required=frozenset({"model", "messages"}),
    optional=frozenset({"temperature"}),
)


def told(texts: Sequence[str]) -> Mapping[str, Json]:
    """Return what the model is told of groups, from the messages of a request."""
    content = json.loads(texts[-1])
    assert isinstance(content, dict)

    return content


def naming(name: Naming) -> Rule:
    """Answer with what the function makes of the groups."""

    def rule(asked: Asked) -> Answer:
        written = name(told(asked.texts))
        text = written if isinstance(written, str) else json.dumps(written)
        return json_answer(completion({"role": "assistant", "content": text}))

    return rule


def completion(message: Json, **more: Json) -> Json:
    """Return a reply in OpenAI's form with this message."""
    return {
        "object": "chat.completion",
        "model": "tiny-chat",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 90, "completion_tokens": 10, "total_tokens": 100},
        **more,
    }
