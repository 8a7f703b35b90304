"""Azure OpenAI: OpenAI's models under names and addresses of one's own."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote, urlencode

from toolkit.embedding.base import Task
from toolkit.embedding.http.keys import KeySource
from toolkit.embedding.http.wire import Fault, FaultKind, Json, Request
from toolkit.embedding.models import KnownModel, known_model
from toolkit.embedding.services.openai import OpenAIProvider
from toolkit.errors import InputError, ModelNotFound

V1 = "/openai/v1"
TOKEN = KeySource(("AZURE_OPENAI_AD_TOKEN",))
"""Of Microsoft Entra; a request holds either a key or a token."""

TOO_MANY = r"max number of inputs is (\d+)"


@dataclass(frozen=True, kw_only=True)
class AzureOpenAIProvider(OpenAIProvider):
    """
    Embed texts with a deployment at Azure OpenAI.

    Azure knows a deployment by the name that it was given, which tells nothing of the model: say
    by `known_as` which one it is, and its dimensions, limits and price are known.

    Parameters
    ----------
    model : str
        Name of the deployment.
    dimensions : int, optional
        Length of the vectors, for models that offer a choice.
    base_url : str, optional
        The endpoint, as ``https://mine.openai.azure.com``, or with ``/openai/v1`` at its end for
        the form without versions; ``AZURE_OPENAI_ENDPOINT`` if not given. It is called
        ``endpoint`` in a provider's name.
    api_version : str, default="2024-10-21"
        Version of the form that has versions.
    known_as : str, optional
        The model behind the deployment, as ``text-embedding-3-small``.
    encoding_format : {"base64", "float"}, default="base64"
        How vectors are sent: base64 is a quarter of the bytes, but a few gateways refuse it.
    key_env, truncate, timeout, concurrency, price
        As for every service: see `HTTPProvider`. The key is in ``AZURE_OPENAI_API_KEY``, or a
        token of Microsoft Entra in ``AZURE_OPENAI_AD_TOKEN``.

    References
    ----------
    Microsoft, "Azure OpenAI REST API reference".

    Examples
    --------
    >>> from toolkit.embedding import AzureOpenAIProvider
    >>> AzureOpenAIProvider("tickets", base_url="https://mine.openai.azure.com").name
    'azure:tickets?endpoint=https://mine.openai.azure.com'
    """

    api_version: str = "2024-10-21"
    known_as: str | None = None

    kind: ClassVar[str] = "azure"
    own_url: ClassVar[str | None] = None
    url_env: ClassVar[str | None] = "AZURE_OPENAI_ENDPOINT"
    own_keys: ClassVar[KeySource] = KeySource(
        ("AZURE_OPENAI_API_KEY",), header="api-key", prefix="", otherwise=TOKEN
    )
    echoes_model: ClassVar[bool] = False
    setting_names: ClassVar[Mapping[str, str]] = {"base_url": "endpoint"}
    same_vectors: ClassVar[tuple[str, ...]] = ("encoding_format", "api_version")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.known_as is not None and self.known is None:
            raise InputError(
                "known_as must be a model that is known at Azure, such as text-embedding-3-small, "
                f"got {self.known_as!r}"
            )

    @property
    def url(self) -> str:
        """The endpoint without what tells the form: vectors are the same in both."""
        return super().url.removesuffix(V1)

    @property
    def is_vendors(self) -> bool:
        """Azure has no address that is the same for all."""
        return True

    @property
    def keys(self) -> KeySource:
        """Where the key or the token comes from."""
        if self.key_env in TOKEN.names:
            return TOKEN
        if self.key_env is not None:
            return KeySource((self.key_env,), self.own_keys.header, self.own_keys.prefix)

        return self.own_keys

    @property
    def known(self) -> KnownModel | None:
        """What is known of the model behind the deployment."""
        return known_model(self.known_as or self.model, self.kind)

    def request(self, texts: Sequence[str], task: Task) -> Request:
        """Ask in the form that the endpoint stands for."""
        body = self._body(texts, task)
        if super().url.endswith(V1):
            return Request(f"{self.url}{V1}/embeddings", {"model": self.model, **body})
        path = f"openai/deployments/{quote(self.model, safe='')}/embeddings"
        version = urlencode({"api-version": self.api_version})

        return Request(f"{self.url}/{path}?{version}", body)

    def fault(self, status: int, message: str, body: Json) -> Fault | None:
        """Return what people get wrong at Azure, and the number of texts of old versions."""
        if status == 404:
            cure = "model is the deployment's own name; check the endpoint and api_version too"
            return Fault(FaultKind.FATAL, f"404: {message}: {cure}", error=ModelNotFound)
        if status == 400 and (found := re.search(TOO_MANY, message)):
            return Fault(FaultKind.TOO_MANY_TEXTS, f"400: {message}", cap=int(found[1]))

        return super().fault(status, message, body)
