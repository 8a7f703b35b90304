"""Three groups of texts, and a chat model on this machine that names them."""

from contextlib import contextmanager

from tests.servers.chat_form import CHAT, naming
from tests.servers.embedding_server import EmbeddingServer
from toolkit import ChatNamer, themes
from toolkit.embedding.http import single
from toolkit.embedding.http.endpoint import forget_endpoints
from toolkit.embedding.http.waits import RetryPolicy

KEY = "sk-very-secret-1234567890"

REFUNDS = [f"please refund the {what}" for what in ("lamp", "chair", "desk", "sofa", "bed", "rug")]
PARCELS = [f"the parcel with my {what} is late" for what in ("lamp", "chair", "desk", "sofa")]
PASSWORDS = [f"i forgot the password of {what}" for what in ("the app", "my account", "the site")]
TEXTS = REFUNDS + PARCELS + PASSWORDS
LABELS = [0] * len(REFUNDS) + [1] * len(PARCELS) + [2] * len(PASSWORDS)
NAMES = {0: "Refund requests", 1: "Late parcels", 2: "Login problems"}


def found(texts=TEXTS, labels=LABELS):
    return themes(texts, labels)


def well(told):
    """Return the right names, as a good model does."""
    return [
        {"id": group["id"], "name": NAMES[group["id"]], "description": f"On {group['id']}."}
        for group in told["groups"]
    ]


def as_names(names):
    """Name each group as the mapping says, whatever is asked."""
    return lambda told: [
        {"id": group["id"], "name": names[group["id"]]}
        for group in told["groups"]
        if group["id"] in names
    ]


def short_waits(monkeypatch):
    """Let a service be tried again at once, and be no one that an earlier test knew."""
    forget_endpoints()
    monkeypatch.setattr(single, "POLICY", RetryPolicy(first_wait=0.001, longest_wait=0.002))


@contextmanager
def model(*rules, name=well, key=None):
    """A server whose model follows the rules, then names well."""
    with EmbeddingServer(CHAT, *rules, naming(name), key=key) as server:
        yield server


def namer(server, setting="", **more):
    return ChatNamer(f"openai:tiny-chat?base_url={server.url}{setting}", **more)


def named(server, texts=TEXTS, labels=LABELS, **more):
    return namer(server, **more).named(found(texts, labels), texts, labels)


def names_in(result):
    return dict(result.names)


def makers(result):
    return result.table["named_by"].tolist()
