"""What goes to an embedding service and what comes back, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

import numpy as np
import numpy.typing as npt

from toolkit.errors import ProviderError

Json = object
"""What ``json.loads`` gives: checked with isinstance before it is used."""


@dataclass(frozen=True)
class Request:
    """
    One POST of a JSON body; the key is added where it is sent, never here.

    Attributes
    ----------
    url : str
    body : mapping
    headers : mapping
        Beside the usual ones.
    """

    url: str
    body: Mapping[str, Json] = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """
    What a service answered, in the order of the texts.

    Attributes
    ----------
    vectors : sequence of 1-D arrays
        One for each text; their number and lengths are checked by the run.
    n_tokens : int or None
        Tokens that the service says it counted.
    model : str or None
        The model that the service says it used.
    """

    vectors: Sequence[npt.NDArray[np.float32]]
    n_tokens: int | None = None
    model: str | None = None


class BadReply(Exception):
    """A reply with status 200 that is not one vector a text; its message says what it is."""


@dataclass(frozen=True)
class Limits:
    """
    What a service takes in one request; whatever its errors name replaces these in a run.

    Attributes
    ----------
    texts : int
        Most texts in a request.
    tokens : int or None
        Most tokens in a request.
    tokens_per_text : int or None
        Tokens that the model reads of one text.
    batch : int
        Texts to send at once where nothing forces fewer: small enough that a killed run loses
        little, large enough that the way there and back does not matter.
    bytes_per_token : float
        UTF-8 bytes a token has at least, by experience; learned in a run where a service counts.
    size : int
        Most bytes in a request's body.
    """

    texts: int = 2048
    tokens: int | None = None
    tokens_per_text: int | None = None
    batch: int = 128
    bytes_per_token: float = 3.0
    size: int = 4_000_000


class FaultKind(Enum):
    """What to do about a failed request."""

    BUSY = auto()
    """Too much was asked at once (429, 503): everybody waits, then goes slower."""
    TRANSIENT = auto()
    """It may work next time (time-outs, broken connections, 5xx)."""
    TOO_MANY_TEXTS = auto()
    """Fewer texts a request."""
    TOO_MANY_TOKENS = auto()
    """Fewer tokens a request, or fewer bytes."""
    TOO_LONG = auto()
    """One text is longer than the model reads."""
    BAD_TEXT = auto()
    """Something about these texts is refused: found by halving."""
    BAD_REPLY = auto()
    """A reply that is not one vector a text."""
    FATAL = auto()
    """No text will be embedded until a person does something."""


@dataclass(frozen=True)
class Fault:
    """
    Why a request failed.

    Attributes
    ----------
    kind : FaultKind
    message : str
        What the service said: cut short, without keys and texts.
    wait : float or None
        Seconds that the service asks to wait.
    cap : int or None
        The limit that the service names: texts, tokens a request or tokens a text.
    given : int or None
        How much it got, where it says so.
    may_be_texts : bool
        Whether these texts may be the reason: then they are taken apart after a few tries.
    error : type
        What is raised if this ends the run.
    is_pace : bool
        Whether requests came too fast one after the other, not only too many at a time.
    is_late : bool
        Whether an answer may still have been made, and be paid for.
    """

    kind: FaultKind
    message: str
    wait: float | None = None
    cap: int | None = None
    given: int | None = None
    may_be_texts: bool = False
    error: type[ProviderError] = ProviderError
    is_pace: bool = False
    is_late: bool = False


@dataclass(frozen=True)
class Discovery:
    """
    What a server tells about itself before the first text is sent.

    Attributes
    ----------
    revision : str
        Digest or commit of the model, "" if it tells none.
    limits : Limits or None
        In place of the provider's usual ones.
    model : str
        Name of the model that it serves, where the provider's own name does not say, else "".
    """

    revision: str = ""
    limits: Limits | None = None
    model: str = ""
