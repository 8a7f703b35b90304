"""What libraries log of requests holds no key, even where a service sends it back."""

import logging

from toolkit.embedding.http.keys import KeySource

LOGGERS = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)


def hide_keys(keys: KeySource) -> None:
    """Have these keys made unreadable in all that is logged from now on."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(one, _Hiding) and one.keys == keys for one in logger.filters):
            logger.addFilter(_Hiding(keys))


class _Hiding(logging.Filter):
    def __init__(self, keys: KeySource) -> None:
        super().__init__()
        self.keys = keys

    def filter(self, record: logging.LogRecord) -> bool:
        told = record.getMessage()
        hidden = self.keys.hidden(told)
        if hidden != told:
            record.msg, record.args = hidden, None

        return True
