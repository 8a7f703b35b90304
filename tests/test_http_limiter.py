import threading

import pytest

from tests.services_on_paper import Bucket, Clock, Closed, Failing, Serial, Windows, play
from toolkit.embedding.http.limiter import Limiter

SEEDS = range(5)


@pytest.mark.parametrize("n_requests", [80, 1_000])
@pytest.mark.parametrize("per_second", [2, 3, 5, 7, 10, 20, 50])
def test_a_limit_for_each_second_is_nearly_used_and_hardly_passed(per_second, n_requests):
    """
    After the first second at most a twentieth is refused, and four fifths of the limit are used.
    """
    played = [play(Windows(per_second), n_requests, seed=seed) for seed in SEEDS]

    assert sum(each.refused_later for each in played) / len(played) <= 0.05
    learning = 1.0  # second; in a short run it weighs much
    assert all(each.seconds <= n_requests / per_second / 0.8 + learning for each in played)


@pytest.mark.parametrize(("per_second", "burst"), [(3, 10), (5, 50), (10, 3), (20, 100), (50, 10)])
def test_a_burst_does_not_hide_the_pace_behind_it(per_second, burst):
    """
    What a service takes at first is no measure of what it takes for long, up or down.
    """
    n_requests = 2_000
    for seed in SEEDS:
        played = play(Bucket(per_second, burst), n_requests, seed=seed)
        assert played.refused_later <= 0.05
        assert played.seconds <= 1.25 * (n_requests - burst) / per_second + 12


@pytest.mark.parametrize("seconds", [0.1, 0.5, 3.0])
def test_the_window_does_not_grow_where_it_does_not_help(seconds):
    """
    A server that works on one request after the other gets a few, however many are allowed.
    """
    played = play(Serial(seconds), 200, most=64)

    assert played.most_in_flight <= 20
    assert played.seconds <= 1.05 * 200 * seconds


@pytest.mark.parametrize(("latency", "most"), [(0.03, 16), (1.0, 16), (1.0, 64)])
def test_where_nothing_is_refused_all_that_is_allowed_is_used(latency, most):
    """
    The window reaches its bound within a few round trips, and never passes it.
    """
    played = play(Failing((), latency), 2_000, most=most)

    assert played.most_in_flight == most
    assert played.seconds <= 1.25 * 2_000 * latency / most


@pytest.mark.parametrize("wait", [None, 5.0, 20.0])
def test_a_service_that_refuses_for_a_minute_is_hardly_asked(wait):
    """
    It says how long to wait; afterwards the old pace comes back.
    """
    n_requests = 1_000
    played = play(Closed(1, 61, wait), n_requests)
    in_vain = [at for at, is_good in played.sent if not is_good]

    assert len(in_vain) <= 16 * (1 if wait is None else 3)
    assert played.seconds <= 61 + 25


@pytest.mark.parametrize("number", [4, 40])
@pytest.mark.parametrize("is_pace", [True, False])
def test_one_refusal_while_others_are_served_sets_no_pace(number, is_pace):
    """
    It was a mishap: fewer are in flight for a while, and the run is as soon at its end.
    """
    played = play(Failing((number,)), 300, is_pace=is_pace)

    assert played.seconds <= 1.5
    assert play(Failing(()), 300).seconds <= played.seconds


def test_a_service_that_fails_now_and_then_under_load_sets_no_pace():
    """
    Failures that are not about the pace only make the window smaller.
    """
    numbers = tuple(range(20, 1_000, 20))
    played = play(Failing(numbers), 1_000, is_pace=False)

    assert played.seconds <= 20


@pytest.mark.parametrize(
    "service", [Windows(5), Windows(60, 60.0, tells=True), Bucket(5, 50), Serial(0.1), Closed(1, 9)]
)
def test_nothing_is_in_flight_at_the_end(service):
    """
    Whatever happened, what was taken is given back.
    """
    limiter = play(service, 200).limiter

    assert limiter._in_flight == 0
    assert limiter.window >= 1


def at_work(most=16):
    """Return a limiter with its clock, and four requests that it let go at 0."""
    clock = Clock()
    limiter = Limiter(most, clock)
    assert limiter.acquire() == 0
    assert limiter.acquire() is None
    clock.now = 0.01
    limiter.succeeded(0.0, 1)
    assert [limiter.acquire() for _ in range(4)] == [0.0] * 4

    return limiter, clock


def test_a_first_window_is_used_at_once_and_replaced_by_the_first_success():
    """
    Where nothing is at stake a run begins with more than one, and a slow service keeps fewer.
    """
    clock = Clock()
    limiter = Limiter(16, clock, first=8)
    assert [limiter.acquire() for _ in range(9)] == [0.0] * 8 + [None]

    clock.now = 2.0
    limiter.succeeded(0.0, 1)

    assert limiter.window < 8


@pytest.mark.parametrize("how", ["refused", "slowed", "released"])
def test_a_service_that_has_never_answered_well_is_asked_by_one_at_a_time(how):
    """
    What begins with failures is probably not there.
    """
    limiter = Limiter(16, Clock(), first=8)
    assert limiter.acquire() == 0

    getattr(limiter, how)(*{"refused": (0.0, 0.0), "slowed": (0.0,), "released": ()}[how])

    assert limiter.window == 1


@pytest.mark.parametrize("how", ["refused", "slowed"])
def test_the_window_is_halved_once_for_what_was_in_flight_together(how):
    """
    The others that fail with the first one tell nothing new.
    """
    limiter, clock = at_work()
    window, sent_at, clock.now = limiter.window, 0.01, 0.02
    for _ in range(3):
        limiter.refused(sent_at, 0.0) if how == "refused" else limiter.slowed(sent_at)
    assert limiter.window == window / 2

    clock.now = 0.03
    limiter.slowed(0.025)
    assert limiter.window == window / 4


def test_a_failure_of_the_server_sets_no_pace():
    """
    What was in flight beside it counts as before.
    """
    limiter, clock = at_work()
    clock.now = 0.02
    limiter.slowed(0.01)
    limiter.succeeded(0.01, 1)

    assert [limiter.acquire() for _ in range(5)] == [0.0] * 5


def test_everybody_waits_while_one_is_asked_to():
    """
    And the longest of several waits counts.
    """
    limiter, clock = at_work()
    limiter.refused(0.01, 2.0)
    limiter.refused(0.01, 1.0)
    limiter.pause(0.5)
    assert limiter.acquire() == pytest.approx(2.0)

    clock.now += 2.0
    assert limiter.acquire() == 0


def test_the_window_is_never_below_one():
    """
    However often a service fails, it is asked again.
    """
    limiter, clock = at_work()
    for _ in range(3):
        limiter.released()
    for _ in range(9):
        limiter.slowed(clock.now)
        clock.now += 1
        assert limiter.acquire() == 0
    assert limiter.window == 1


def test_what_tells_nothing_of_load_changes_nothing():
    """
    A refused text says nothing of how many requests there may be.
    """
    limiter, _ = at_work()
    window = limiter.window
    limiter.released()

    assert limiter.window == window
    assert limiter.acquire() == 0


def test_threads_share_it():
    """
    Together they never have more in flight than the window, and all of it comes back.
    """
    limiter, lock = Limiter(4), threading.Lock()
    n_in_flight = most = 0
    stop = threading.Event()

    def work():
        nonlocal n_in_flight, most
        for number in range(200):
            while limiter.acquire() != 0:
                stop.wait(1e-4)
            with lock:
                n_in_flight += 1
                most = max(most, n_in_flight)
            with lock:
                n_in_flight -= 1
            limiter.released() if number % 2 else limiter.succeeded(0.0, number)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert limiter._in_flight == 0
    assert 1 <= most <= 4
