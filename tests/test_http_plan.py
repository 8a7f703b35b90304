from dataclasses import replace

import numpy as np
import pytest

from tests.http_service import ADDRESS, PROVIDER, TEXTS, Service, start
from toolkit.embedding import CohereProvider, OpenAIProvider, TEIProvider, counting
from toolkit.embedding.http.endpoint import endpoint_of
from toolkit.embedding.http.jobs import Jobs
from toolkit.embedding.http.plan import Plan
from toolkit.embedding.http.wire import Discovery, Fault, FaultKind, Limits

BYTES = sum(map(len, TEXTS))
ALL = np.arange(len(TEXTS))


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    start(monkeypatch, Service())


def plan_of(texts=TEXTS, provider=PROVIDER):
    return Plan(provider, endpoint_of(provider), texts, "none")


def fault(kind, cap=None, given=None):
    return Fault(kind, "too much", cap=cap, given=given)


@pytest.mark.parametrize(
    ("told", "is_credible"),
    [
        *((BYTES // 4, True), (BYTES // 3, True), (2 * BYTES // 3, True), (BYTES // 10, True)),
        *((None, False), (0, False), (-5, False), (BYTES // 100, False), (9 * BYTES, False)),
        (BYTES, False),  # characters
        (BYTES - len(TEXTS), False),
    ],
)
def test_tokens_are_believed_if_they_may_be_tokens(told, is_credible):
    """
    Some servers count characters or nothing: then it is our estimate, and nothing is learned.
    """
    plan = plan_of()
    estimate = plan.n_tokens(ALL)

    assert plan.usage(ALL, told) == ((told if is_credible else estimate), is_credible)
    learned = endpoint_of(PROVIDER).tokens_per_byte
    assert learned == (pytest.approx(told / BYTES) if is_credible else None)
    assert plan.n_tokens(ALL) == pytest.approx(told if is_credible else estimate, abs=len(TEXTS))


def test_a_few_bytes_teach_nothing():
    """
    The marks around a short text would count as the text.
    """
    assert plan_of(["hello"]).usage(np.array([0]), 3) == (3, True)
    assert endpoint_of(PROVIDER).tokens_per_byte is None


def test_what_was_learned_moves_slowly():
    """
    One request with odd texts does not change the measure of all.
    """
    plan = plan_of()
    plan.usage(ALL, BYTES // 4)
    plan.usage(ALL, BYTES // 2)

    assert 0.25 < endpoint_of(PROVIDER).tokens_per_byte < 0.35


def test_prompts_count():
    """
    They are sent with each text, and paid.
    """
    provider = OpenAIProvider("intfloat/e5-large-v2", base_url=ADDRESS)
    plan = Plan(provider, endpoint_of(provider), ["short"] * 10, "query")
    without = plan_of(["short"] * 10)
    rows = np.arange(10)

    assert provider.prompt("query")
    assert plan.n_tokens(rows) > without.n_tokens(rows)
    assert plan.texts(rows) == ["short"] * 10


def test_what_is_cut_takes_less_room_but_may_cost_as_much():
    """
    A batch takes as many texts as are read of it; what may be paid is the whole of each.
    """
    long = ["word " * 3_000] * 8
    cutting = TEIProvider(ADDRESS)
    endpoint_of(cutting).discovery = Discovery("sha", Limits(tokens=4_000, tokens_per_text=512))
    failing = replace(cutting, truncate=False, concurrency=15)
    endpoint_of(failing).discovery = Discovery("sha", Limits(tokens=4_000, tokens_per_text=512))
    rows = np.arange(8)

    assert len(next(plan_of(long, cutting).batches(rows))) > 4
    assert len(next(plan_of(long, failing).batches(rows))) == 1
    assert plan_of(long, cutting).n_tokens(rows) > 8 * 4_000


def test_texts_that_the_service_must_have_cut_are_counted():
    """
    It says nothing of it; what was cut here is counted already.
    """
    provider = CohereProvider("embed-english-v3.0", base_url=ADDRESS)
    plan = plan_of(["word " * 20_000, "short", "word " * 20_000], provider)
    with counting() as counts:
        plan.shorten(2, fault(FaultKind.TOO_LONG))
        assert (counts.truncated, counts.limit) == (1, 0)
        plan.count_cut_by_service(np.arange(3))

    assert (counts.truncated, counts.limit) == (2, 512)
    assert counts.longest > 30_000

    refusing = OpenAIProvider("text-embedding-3-small", base_url=ADDRESS)
    with counting() as counts:
        plan_of(["word " * 20_000]).count_cut_by_service(np.array([0]))
        plan_of(["word " * 20_000], refusing).count_cut_by_service(np.array([0]))
    assert counts.truncated == 0  # what an unknown model reads, or one that refuses, is not cut


@pytest.mark.parametrize(
    ("told", "n_texts"),
    [(fault(FaultKind.TOO_MANY_TEXTS, cap=20), 20), (fault(FaultKind.TOO_MANY_TEXTS), 25)],
)
def test_the_number_of_texts_is_learned(told, n_texts):
    """
    As it is named, or half of what was sent; batches keep to it and cover all rows.
    """
    plan = plan_of()
    assert plan.learn(told, np.arange(50))

    parts = list(plan.batches(ALL))
    assert max(map(len, parts)) == n_texts
    assert sorted(np.concatenate(parts)) == list(ALL)


def test_a_limit_above_what_was_sent_is_not_learned():
    """
    Then the message means something else.
    """
    plan = plan_of()

    assert not plan.learn(fault(FaultKind.TOO_MANY_TEXTS, cap=96), np.arange(50))
    assert endpoint_of(PROVIDER).limits(PROVIDER) == PROVIDER.limits


@pytest.mark.parametrize(
    ("cap", "given"), [(None, None), (500, None), (10**6, None), (500, 1_500), (10**6, 3), (9, 9)]
)
def test_the_number_of_tokens_is_learned_and_no_batch_comes_back(cap, given):
    """
    Whatever a service names, what is sent next is smaller than what was refused.
    """
    plan = plan_of()
    rows = next(plan.batches(ALL))
    for _ in range(12):
        refused = fault(FaultKind.TOO_MANY_TOKENS, cap, given)
        is_learned = plan.learn(refused, rows)
        smaller = next(plan.batches(rows)) if is_learned else plan.split(rows, refused)[1]
        assert len(smaller) < len(rows) or len(rows) == 1
        rows = smaller
    assert len(rows) == 1


def test_what_was_given_tells_how_many_tokens_there_are():
    """
    With it, the next batches are as large as the service takes.
    """
    plan = plan_of()
    rows = np.arange(64)
    n_bytes = sum(len(TEXTS[row]) for row in rows)
    plan.learn(fault(FaultKind.TOO_MANY_TOKENS, cap=1_000, given=n_bytes), rows)

    assert endpoint_of(PROVIDER).limits(PROVIDER).tokens == 1_000
    assert plan.n_tokens(rows) == pytest.approx(n_bytes, abs=64)


def test_limits_only_shrink():
    """
    An answer to an older, larger request does not undo what was learned since.
    """
    endpoint = endpoint_of(PROVIDER)
    for cap in (20, 50, 0):
        endpoint.learn("texts", cap)
        assert endpoint.limits(PROVIDER).texts == (20 if cap else 1)


@pytest.mark.parametrize(
    ("lengths", "cap", "sizes"),
    [
        ([10, 10, 10, 10, 10], None, [2, 3]),
        ([10, 10, 10, 10, 10], 100, [2, 3]),
        ([10, 400, 10, 400, 10], 100, [3, 1, 1]),
        ([400, 400, 400], 100, [1, 1, 1]),
        ([10, 2_000, 10], 100, [3]),
    ],
)
@pytest.mark.parametrize("truncate", [True, False])
def test_a_batch_is_taken_apart_where_the_trouble_is(lengths, cap, sizes, truncate):
    """
    In halves, or with long texts alone; what is too long for certain is cut where that is allowed.
    """
    provider = OpenAIProvider("minilm", base_url=ADDRESS, truncate=truncate)
    plan = plan_of(["x" * length for length in lengths], provider)
    rows = np.arange(len(lengths))
    parts = plan.split(rows, fault(FaultKind.TOO_LONG, cap, given=10 * (cap or 0)))

    assert sorted(np.concatenate(parts)) == list(rows)
    is_cut = [len(text) for text in plan.texts(rows)] != lengths
    assert is_cut == (truncate and max(lengths) == 2_000)
    assert [len(part) for part in parts] == (sizes if truncate or sizes != [3] else [2, 1])
    if is_cut:
        assert len(plan.texts(rows)[1]) == 4 * cap


@pytest.mark.parametrize(("cap", "given"), [(None, None), (100, 104), (100, 5_000), (100, None)])
def test_a_text_gets_shorter_every_time(cap, given):
    """
    By what the service says of it, until nothing can be cut.
    """
    plan = plan_of(["日本 late parcel " * 50])
    lengths = [len(plan.texts(np.array([0]))[0])]
    with counting() as counts:
        while plan.shorten(0, fault(FaultKind.TOO_LONG, cap, given)):
            lengths.append(len(plan.texts(np.array([0]))[0]))

    assert all(later < earlier for earlier, later in zip(lengths, lengths[1:], strict=False))
    assert lengths[-1] == 1
    assert plan.n_tokens(np.array([0])) == 1
    assert (counts.truncated, counts.limit) == (1, cap or 0)


def jobs_of(plan):
    return Jobs(plan, ALL)


def taken(jobs):
    """Return all jobs in the order in which they are sent."""
    return [jobs.pop() for _ in range(len(jobs))]


def test_what_comes_of_a_failure_goes_first_and_what_was_refused_last():
    """
    A run learns early what is wrong, and waits only if there is nothing else to do.
    """
    jobs = jobs_of(plan_of())
    first = jobs.pop()
    jobs.again(first, wait=5.0)
    jobs.add(np.array([7]))
    second = jobs.pop()
    jobs.put_first(second)

    assert jobs.wait() <= 0
    order = taken(jobs)
    assert order[0] is second
    assert order[-1] is first
    assert first.ready_at - second.ready_at > 4


def test_batches_are_made_anew_of_what_was_not_tried():
    """
    What failed and waits keeps its rows and the count of its failures.
    """
    plan = plan_of()
    jobs = jobs_of(plan)
    failed, refused = jobs.pop(), jobs.pop()
    failed.n_failures = 2
    jobs.again(failed, wait=0.0)
    plan.learn(fault(FaultKind.TOO_MANY_TEXTS, cap=5), refused.rows)
    jobs.replan(refused.rows)
    order = taken(jobs)

    assert failed in order
    assert all(len(job.rows) <= 5 for job in order if job is not failed)
    assert sorted(row for job in order for row in job.rows) == list(ALL)


def test_limits_that_a_server_tells_come_before_usual_ones():
    """
    And what its errors name before both.
    """
    endpoint = endpoint_of(PROVIDER)
    assert endpoint.limits(PROVIDER) == PROVIDER.limits
    endpoint.learn("tokens", 77)

    assert endpoint.limits(PROVIDER) == Limits(texts=2048, tokens=77, batch=64)
