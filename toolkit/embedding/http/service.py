"""What all embedding services share: settings, name and fingerprint; each adds its wire form."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields, replace
from typing import ClassVar, Self
from urllib.parse import urlencode

from toolkit.embedding.asynchronous import embed_async
from toolkit.embedding.base import Embeddings, Task, check_task
from toolkit.embedding.http.keys import KeySource
from toolkit.embedding.http.urls import checked_url, is_this_machine
from toolkit.embedding.http.wire import Discovery, Fault, Json, Limits, Reply, Request
from toolkit.embedding.models import KnownModel, known_model
from toolkit.embedding.parts import Failure, Part, whole
from toolkit.errors import InputError

NOT_IN_FINGERPRINT = (
    "model",
    "dimensions",
    "base_url",
    "key_env",
    "timeout",
    "concurrency",
    "price",
)


@dataclass(frozen=True)
class HTTPProvider(ABC):
    """
    An embedding service, as plain settings and pure functions from texts to requests and back.

    Everything that concerns the network (batches, retries, limits, keys) is the same for all and
    lives in `toolkit.embedding.http`. Nothing is sent before the first text is embedded.

    Parameters
    ----------
    model : str
        The model's name at the service.
    dimensions : int, optional
        Length of the vectors, if the model offers a choice.
    base_url : str, optional
        Address of the service, up to what its manual calls the base; the vendor's own if not given.
    key_env : str, optional
        Name of the environment variable that holds the key, if it is not the usual one.
    truncate : bool, default=True
        Texts longer than the model reads are cut at their end and counted; False lets them fail.
    timeout : float, default=120
        Seconds to wait for a reply, > 0.
    concurrency : int, default=32
        Most requests in flight at a time, > 0; how many there really are follows from what the
        service can take.
    price : float, optional
        US dollars for a million tokens, >= 0, where the known price does not hold.
    """

    model: str
    _: KW_ONLY
    dimensions: int | None = None
    base_url: str | None = None
    key_env: str | None = None
    truncate: bool = True
    timeout: float = 120.0
    concurrency: int = 32
    price: float | None = None

    kind: ClassVar[str]
    own_url: ClassVar[str | None] = None
    url_env: ClassVar[str | None] = None
    own_keys: ClassVar[KeySource]
    echoes_model: ClassVar[bool] = True
    cuts_texts: ClassVar[bool] = False
    """Whether the service itself cuts texts that are too long, without a sign."""
    setting_names: ClassVar[Mapping[str, str]] = {}
    """What a field is called in a provider's name, where that is not its own name."""
    refused_settings: ClassVar[Mapping[str, str]] = {}
    """Settings that the service offers and this class does not, and why."""
    same_vectors: ClassVar[tuple[str, ...]] = ()
    """Fields of its own that change no vector."""

    @property
    @abstractmethod
    def limits(self) -> Limits:
        """What the service takes in one request."""

    @abstractmethod
    def request(self, texts: Sequence[str], task: Task) -> Request:
        """Return the request for the vectors of these texts."""

    @abstractmethod
    def parse(self, body: Json, n_texts: int) -> Reply:
        """Return what the body of a reply with status 200 says, or raise BadReply."""

    def fault(self, status: int, message: str, body: Json) -> Fault | None:
        """Return what a failure means at this service, None if it is as everywhere."""
        return None

    @property
    def discovery_url(self) -> str | None:
        """Where the server tells about itself, None if nowhere."""
        return None

    def discovered(self, body: Json) -> Discovery:
        """Return what the server told there."""
        return Discovery()

    def task_as_sent(self, task: Task) -> str:
        """Return what becomes of the task: a word for the service, or a prompt before each text."""
        check_task(task)

        return self.prompt(task)

    def __post_init__(self) -> None:
        if not (isinstance(self.model, str) and self.model.strip()):
            raise InputError(f"model must be the name of a model, got {self.model!r}")
        if self.dimensions is not None:
            self._check_dimensions(self.dimensions)
        if not self.timeout > 0:
            raise InputError(f"timeout must be > 0 seconds, got {self.timeout!r}")
        if not (isinstance(self.concurrency, int) and self.concurrency > 0):
            raise InputError(f"concurrency must be an integer > 0, got {self.concurrency!r}")
        if self.price is not None and not self.price >= 0:
            raise InputError(f"price must be >= 0 USD per million tokens, got {self.price!r}")
        if self.base_url is not None:
            checked_url(self.base_url)
        if self.key_env is not None:
            KeySource((self.key_env,))

    def __sklearn_clone__(self) -> Self:
        return self

    @property
    def url(self) -> str:
        """The address as given, else from the environment, else the vendor's."""
        url = self.base_url or os.environ.get(self.url_env or "", "").strip() or self.own_url
        if not url:
            raise InputError(
                f"{self.kind}: where is the service? Give "
                f"{self.setting_names.get('base_url', 'base_url')}"
                + (f" or set {self.url_env}" if self.url_env else "")
            )

        return checked_url(url)

    @property
    def keys(self) -> KeySource:
        """Where the key comes from; another address than the vendor's may need none."""
        own = self.own_keys
        if self.key_env is not None:
            return KeySource((self.key_env,), own.header, own.prefix)

        return replace(own, is_required=own.is_required and self.is_vendors)

    @property
    def is_usual(self) -> bool:
        """
        Whether texts and key go to the vendor, or where the environment says.

        On this machine no key may be set: the port may be somebody else's.
        """
        if self.key_env is not None and self.key_env not in self.own_keys.names:
            return False
        if is_this_machine(self.url) and self.keys.key() is None:
            return True
        try:
            return self.base_url is None or self.url == replace(self, base_url=None).url
        except InputError:  # nobody but the name says where it is
            return False

    @property
    def known(self) -> KnownModel | None:
        """What is known of the model."""
        return known_model(self.model, self.kind)

    @property
    def is_vendors(self) -> bool:
        """Whether the address is the vendor's own, so that its limits and prices hold."""
        return self.url == self.own_url

    @property
    def price_per_million(self) -> float | None:
        """US dollars for a million tokens, None if not known; this machine costs nothing."""
        if self.price is not None:
            return self.price
        if is_this_machine(self.url):
            return 0.0

        return self.known.price if self.known is not None and self.is_vendors else None

    @property
    def name(self) -> str:
        at = f"@{self.dimensions}" if self.dimensions else ""
        query = urlencode(self._settings(without=("model", "dimensions")), safe="/:")

        return f"{self.kind}:{self.model}{at}{'?' + query if query else ''}"

    @property
    def fingerprint(self) -> str:
        """What the vectors depend on: service, address, model, its revision and the dimensions."""
        from toolkit.embedding.http.endpoint import discovery

        at = f"@{self.dimensions}" if self.dimensions else ""
        revision = discovery(self).revision
        where = "" if self.url == self.own_url else f" at {self.url}"
        other = self._settings(without=(*NOT_IN_FINGERPRINT, *self.same_vectors))
        told = f"?{urlencode(other, safe='/:')}" if other else ""

        return f"{self.kind}:{self.model}{'#' + revision if revision else ''}{at}{told}{where}"

    def prompt(self, task: Task) -> str:
        """Return what is put before each text for a task: models trained with prompts need it."""
        known = self.known

        return known.prompts.get(task, "") if known is not None and known.prompts else ""

    def prompted(self, texts: Sequence[str], task: Task) -> list[str]:
        """Return the texts with the prompt of the task before each."""
        prompt = self.prompt(task)

        return [prompt + text for text in texts] if prompt else list(texts)

    def stream(self, texts: Sequence[str], *, task: Task = "none") -> Iterator[Part | Failure]:
        """Yield vectors as they come, in any order, and the texts that cannot be embedded."""
        from toolkit.embedding.http.run import embed_over_http

        check_task(task)

        return embed_over_http(self, texts, task)

    def embed(self, texts: Sequence[str], *, task: Task = "none") -> Embeddings:
        """Return the service's vectors as they come, shape (n_texts, n_dimensions)."""
        return whole(self.stream(texts, task=task), len(texts), self._n_dimensions)

    async def aembed(self, texts: Sequence[str], *, task: Task = "none") -> Embeddings:
        """Return what ``embed`` returns, while the event loop goes on."""
        return await embed_async(self, texts, task)

    @property
    def _n_dimensions(self) -> int:
        """Length of the vectors where no text tells it: 0 if not known."""
        return self.dimensions or (self.known.n_dimensions if self.known else 0)

    def _check_dimensions(self, dimensions: int) -> None:
        if not (isinstance(dimensions, int) and dimensions > 0):
            raise InputError(f"dimensions must be an integer > 0, got {dimensions!r}")
        if self.known is not None:
            self.known.check_dimensions(dimensions)

    def _settings(self, *, without: Sequence[str]) -> dict[str, str]:
        """Settings that are not the usual ones, as a name tells them."""
        return {
            self.setting_names.get(field.name, field.name): _told(getattr(self, field.name))
            for field in fields(self)
            if field.name not in without and getattr(self, field.name) != field.default
        }


def _told(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value}"
