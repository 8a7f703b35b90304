"""
Every error that the toolkit raises on purpose.

::

    ToolkitError
    ├── InputError              what was given cannot be used (also a ValueError)
    │   ├── TableError          a table cannot be read or written, or lacks a column
    │   ├── TooFewRows          there are not enough rows to hold any out
    │   └── UnknownProvider     no provider goes by this name
    ├── ProviderError           texts could not be turned into vectors
    │   ├── ModelNotFound       the model is not on this machine and cannot be fetched
    │   ├── ProviderUnavailable the service did not answer
    │   ├── InvalidResponse     the provider gave something else than one vector a text
    │   ├── AuthenticationFailed    a key is missing or refused
    │   ├── QuotaExceeded       the account has no credit, or the limit on costs is reached
    │   └── TextsFailed         some texts cannot be embedded, and the others were
    ├── ModelFileError          a model file cannot be read or does not fit
    └── MissingDependency       an optional package is not installed (also an ImportError)

    ToolkitWarning              something was guessed, counted or left out (a UserWarning)

A message is one sentence: what was expected, what came, the cure.
"""

import sys
import warnings
from collections.abc import Mapping
from typing import Any


class ToolkitError(Exception):
    """Anything that went wrong in a way the toolkit can explain."""


class InputError(ToolkitError, ValueError):
    """What was given cannot be used."""


class TableError(InputError):
    """A table cannot be read or written, or lacks a column."""


class TooFewRows(InputError):
    """There are not enough rows to hold any out."""


class UnknownProvider(InputError):
    """No provider goes by this name."""


class ProviderError(ToolkitError):
    """Texts could not be turned into vectors."""


class ModelNotFound(ProviderError):
    """The model is not on this machine and cannot be fetched."""


class ProviderUnavailable(ProviderError):
    """The service did not answer."""


class InvalidResponse(ProviderError):
    """The provider gave something else than one finite vector a text."""


class AuthenticationFailed(ProviderError):
    """A service's key is missing or refused."""


class QuotaExceeded(ProviderError):
    """The account has no credit left, or the limit on costs is reached."""


class TextsFailed(ProviderError):
    """
    Some texts cannot be embedded; the others were, and are in the cache if there is one.

    Attributes
    ----------
    reasons : dict of row to str
        Why, by the number of the text's row, or by its id where rows have one.
    n_texts : int
        Texts that were asked for.
    """

    def __init__(self, reasons: Mapping[Any, str], n_texts: int) -> None:
        super().__init__(reasons, n_texts)
        self.reasons = dict(reasons)
        self.n_texts = n_texts

    def __str__(self) -> str:
        row, reason = next(iter(self.reasons.items()))
        return (
            f"{len(self.reasons):,} of {self.n_texts:,} texts cannot be embedded, the first in row "
            f"{row} ({reason}): change or remove them, or go on without them (on_error='nan', on "
            "the command line --on-error)"
        )


class ModelFileError(ToolkitError):
    """A model file cannot be read or does not fit."""


class MissingDependency(ToolkitError, ImportError):
    """An optional package is not installed; the message holds the line that installs it."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package}, which is not installed: "
            f"pip install 'text-embedding-toolkit[{extra}]'"
        )


class ToolkitWarning(UserWarning):
    """Something was guessed, counted or left out."""


def warn_user(message: str) -> None:
    """Give a ToolkitWarning that points at the line of the user's own code."""
    inside = ("toolkit", "sklearn", "joblib")
    level, frame = 2, sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] in inside:
        level, frame = level + 1, frame.f_back

    warnings.warn(message, ToolkitWarning, stacklevel=level - 1)
