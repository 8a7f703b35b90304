"""Keys of services: read from the environment when a request is sent, and kept nowhere."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from toolkit.errors import AuthenticationFailed, InputError

HIDDEN = "***"
LEAST_SECRET = 6
"""Characters of a key that are worth hiding in what a service says: less stands in any sentence."""

NAME = r"[A-Za-z_][A-Za-z0-9_]*"
LIKE_A_KEY = r"(?=.*[a-z])(?=.*[0-9]).{24,}"
"""Some keys could be names: they must not be shown in an error as a name that is not set."""


@dataclass(frozen=True)
class KeySource:
    """
    Where a service's key comes from, and the header that it goes into.

    Attributes
    ----------
    names : tuple of str
        Environment variables, the first that is set is used.
    header : str
    prefix : str
        Put before the key in the header.
    is_required : bool
        Whether the service refuses to work without a key.
    otherwise : KeySource or None
        Where to look if none of the names is set: another kind of key, with a header of its own.

    Examples
    --------
    >>> KeySource(("NO_SUCH_KEY",), is_required=False).headers()
    {}
    """

    names: tuple[str, ...]
    header: str = "Authorization"
    prefix: str = "Bearer "
    is_required: bool = True
    otherwise: Self | None = None

    def __post_init__(self) -> None:
        for name in self.names:
            if not re.fullmatch(NAME, name) or re.fullmatch(LIKE_A_KEY, name):
                raise InputError(
                    "key_env must be the name of an environment variable, such as OPENAI_API_KEY, "
                    "not a key"
                )

    def headers(self) -> Mapping[str, str]:
        """Return the header with the key, nothing if there is none and none is needed."""
        key = self.key()
        if key is not None:
            return {self.header: self.prefix + key}
        if self.otherwise is not None and self.otherwise.key() is not None:
            return self.otherwise.headers()
        if self.is_required:
            names = self.all_names
            raise AuthenticationFailed(
                f"the service needs a key, and {' and '.join(names)} "
                f"{'is' if len(names) == 1 else 'are'} not set: put the key in the environment"
            )

        return {}

    def key(self) -> str | None:
        """Return the key without the white space that pasting brings along, None if not set."""
        for name in self.names:
            key = os.environ.get(name, "").strip()
            if key and not (key.isascii() and key.isprintable()):
                raise AuthenticationFailed(
                    f"{name} holds characters that no key has, such as line breaks: set it again"
                )
            if key:
                return key

        return None

    def hidden(self, text: str) -> str:
        """Return the text with the keys in it, as services may echo them, made unreadable."""
        for name in self.all_names:
            key = os.environ.get(name, "").strip()
            if len(key) >= LEAST_SECRET:
                text = text.replace(key, HIDDEN)

        return text

    @property
    def all_names(self) -> tuple[str, ...]:
        """Every environment variable that is looked at."""
        return self.names + (self.otherwise.all_names if self.otherwise is not None else ())
