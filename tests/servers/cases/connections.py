"""Cases 1 to 3, 26 and 27: nobody there, answers that break off, redirects, odd encodings."""

import time
from urllib.parse import urlsplit

from tests.servers.answers import (
    Answer,
    Chunked,
    Drip,
    DripBeforeHeaders,
    Gzipped,
    NoAnswer,
    OldHTTP,
    ResetBeforeHeaders,
    ResetInBody,
    TooLongContentLength,
    TruncatedChunks,
)
from tests.servers.asked import Rule
from tests.servers.cases.case import case
from tests.servers.cases.trial import POLICY, TEXTS, Trial
from tests.servers.embedding_server import EmbeddingServer
from tests.servers.faults import always, broken, first, on, plain
from toolkit.embedding import HTTPProvider, counting
from toolkit.embedding.http import client
from toolkit.errors import InvalidResponse, ProviderUnavailable

N_BATCHES, BATCH = 6, 4
TIMEOUT = 0.15


@case(
    1,
    "connection refused, no such host, TLS error",
    "retried with backoff, then ProviderUnavailable that names the host",
)
def nothing_answers(trial: Trial) -> None:
    with trial.server() as server:
        provider = trial.provider(server)
        _ = provider.fingerprint  # what tells of itself has told it
    trial.together(
        {
            "refused": lambda: _refused(trial, server, provider),
            "refused from the beginning": lambda: _not_there(
                trial, server.url.replace("127.0.0.1", "localhost")
            ),
            "no such host": lambda: _not_there(trial, "https://nobody.invalid"),
            "TLS error": lambda: _without_tls(trial),
        }
    )


def _refused(trial: Trial, server: EmbeddingServer, provider: HTTPProvider) -> None:
    with counting() as counts:
        trial.fails(server, ProviderUnavailable, urlsplit(server.url).netloc, provider=provider)

    assert counts.requests == POLICY.first_tries


def _not_there(trial: Trial, url: str) -> None:
    error = trial.error(trial.provider_at(url, timeout=2.0))

    assert type(error) is ProviderUnavailable
    assert urlsplit(url).netloc in str(error)


def _without_tls(trial: Trial) -> None:
    """The server speaks plain HTTP: it is there, but no request comes through."""
    with trial.server() as server:
        _not_there(trial, server.url.replace("http:", "https:"))
        assert server.seen == []


@case(
    2,
    "reset before headers or in the body, chunks or a length that break off",
    "retried; nothing of a part is used or kept",
)
def breaks_off(trial: Trial) -> None:
    kinds = (ResetBeforeHeaders, ResetInBody, TruncatedChunks, TooLongContentLength)
    trial.each(_by_name(*kinds), lambda kind: _survived(trial, on([1, 4], broken(kind)), 2))
    if trial.service.tells_of_itself:
        with trial.part("when asked what it serves"), trial.server() as server:
            server.answers_first = [ResetBeforeHeaders()]
            trial.embeds(server)


@case(
    3, "no answer in time; a byte now and then", "counts as retryable, and the run comes to an end"
)
def too_slow(trial: Trial) -> None:
    trial.together(
        {
            "once no answer": lambda: _once(trial, NoAnswer),
            "once a drip": lambda: _once(trial, Drip),
            "once a drip before the headers": lambda: _once(trial, DripBeforeHeaders),
            "a drip for ever": lambda: _for_ever(trial),
        }
    )


def _once(trial: Trial, kind: type[Answer]) -> None:
    with trial.server(first(1, broken(kind))) as server:
        trial.embeds(server, trial.provider(server, timeout=TIMEOUT), texts=TEXTS[:4])
        assert len(server.seen) == 2


def _for_ever(trial: Trial) -> None:
    with trial.server(always(broken(Drip))) as server:
        start = time.monotonic()
        trial.fails(
            server,
            ProviderUnavailable,
            urlsplit(server.url).netloc,
            provider=trial.provider(server, timeout=TIMEOUT),
        )
        assert time.monotonic() - start < POLICY.first_tries * (TIMEOUT + 0.5)
        assert len(server.seen) == POLICY.first_tries


@case(26, "302 to another host", "not followed, so the key stays; a clear error")
def redirected(trial: Trial) -> None:
    with trial.server() as other:
        statuses = {str(status): status for status in (301, 302, 307, 308)}
        trial.each(statuses, lambda status: _not_followed(trial, status, other.url))
        assert other.seen == []


def _not_followed(trial: Trial, status: int, url: str) -> None:
    with trial.server(always(plain(status, "", location=url))) as server:
        trial.fails(server, ProviderUnavailable, str(status))
        assert len(server.seen) == 1


@case(
    27,
    "gzip, chunks, odd header names, HTTP/1.0; br unasked, 100 MB",
    "read as they are; what cannot be read or is too large is an error",
)
def odd_encodings(trial: Trial) -> None:
    kinds = _by_name(Gzipped, Chunked, OldHTTP)
    trial.each(kinds, lambda kind: _survived(trial, always(broken(kind)), 0))
    brotli = plain(200, "\x0b\x02\x80not to be read", **{"Content-Encoding": "br"})
    with trial.part("br"), trial.server(always(brotli)) as server:
        trial.fails(server, InvalidResponse)
        assert len(server.seen) == 2
    trial.monkeypatch.setattr(client, "LARGEST_BODY", 100_000)
    trial.each(_by_name(Answer, Gzipped, Chunked), lambda kind: _too_large(trial, kind))


def _survived(trial: Trial, rule: Rule, n_more: int) -> None:
    with trial.server(rule) as server:
        trial.embeds(server, trial.provider(server, batch=BATCH))
        assert len(server.seen) == N_BATCHES + n_more


def _too_large(trial: Trial, kind: type[Answer]) -> None:
    with trial.server(always(lambda _: kind(200, b" " * 200_000))) as server:
        trial.fails(server, ProviderUnavailable, "more than")
        assert len(server.seen) <= POLICY.first_tries


def _by_name(*kinds: type[Answer]) -> dict[str, type[Answer]]:
    return {kind.__name__: kind for kind in kinds}
