"""Addresses of services: checked once, and shown without anything private."""

import re
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from toolkit.errors import InputError


@lru_cache(maxsize=256)  # asked for many times a request
def checked_url(url: str) -> str:
    """
    Return an address without its last slash, if it may be shown and used.

    >>> checked_url("HTTP://LocalHost:8080/v1/")
    'http://localhost:8080/v1'

    Raises
    ------
    InputError
        If it is no http(s) address, or holds a password or a query.
    """
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        is_address = False
    if not is_address:
        told = "one that may hold a secret" if re.search("[@?#]", url) else repr(url)
        raise InputError(f"expected an address such as http://127.0.0.1:8080/v1, got {told}")
    if parts.username is not None or parts.password is not None:
        raise InputError(
            "an address holds no user or password, as it is shown and kept: put the key in the "
            "environment"
        )
    if parts.query or parts.fragment:
        raise InputError(
            f"an address holds no ? or #, got one at {parts.scheme}://{parts.hostname}: a key "
            "belongs into the environment"
        )

    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path}".rstrip("/")


def host_of(url: str) -> str:
    """
    Return host and port, for messages.

    >>> host_of("https://api.openai.com/v1/embeddings")
    'api.openai.com'
    """
    return urlsplit(url).netloc.rpartition("@")[2]


def is_this_machine(url: str) -> bool:
    """
    Return whether an address leads to the machine itself.

    >>> is_this_machine("http://127.0.0.1:8080"), is_this_machine("https://api.openai.com")
    (True, False)
    """
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
