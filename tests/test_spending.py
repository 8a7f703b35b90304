from concurrent.futures import ThreadPoolExecutor

import pytest

from toolkit.embedding import spending_at_most
from toolkit.embedding.spending import Budget, current_budget
from toolkit.errors import InputError, QuotaExceeded


def test_what_is_set_aside_counts_as_spent():
    """
    Requests in flight may cost all that they may cost.
    """
    budget = Budget(1.0)
    budget.reserve(0.6, "openai:minilm")
    with pytest.raises(QuotaExceeded, match=r"pass the limit of \$1.00 \(\$0.60 spent"):
        budget.reserve(0.6, "openai:minilm")

    budget.settle(0.6, 0.4)
    budget.reserve(0.6, "openai:minilm")
    assert (budget.spent, budget.reserved) == (0.4, 0.6)


def test_what_costs_an_unknown_amount_cannot_be_limited():
    """
    Whatever the limit is, it might be passed.
    """
    with pytest.raises(QuotaExceeded, match="the price of openai:minilm is not known"):
        Budget(1e9).reserve(None, "openai:minilm")


@pytest.mark.parametrize("usd", [-1, float("nan")])
def test_a_limit_is_an_amount(usd):
    """
    Less than nothing cannot be spent.
    """
    with pytest.raises(InputError, match="must be >= 0 US dollars"), spending_at_most(usd):
        pass


def test_limits_inside_one_another_all_hold():
    """
    A higher limit inside does not lift the outer one, and both count.
    """
    with spending_at_most(1.0) as outer:
        with spending_at_most(5.0) as inner:
            assert current_budget() is inner
            inner.reserve(0.75, "openai:minilm")
            inner.settle(0.75, 0.75)
            with pytest.raises(QuotaExceeded, match=r"the limit of \$1.00 "):
                inner.reserve(0.5, "openai:minilm")
        assert current_budget() is outer
        assert outer.spent == inner.spent == 0.75
        assert outer.reserved == inner.reserved == 0.0
    assert current_budget() is None


def test_threads_together_stay_within_a_limit():
    """
    No two of them take the same dollar.
    """
    budget = Budget(100.0)

    def spend(_):
        try:
            budget.reserve(1.0, "openai:minilm")
        except QuotaExceeded:
            return 0
        budget.settle(1.0, 1.0)
        return 1

    with ThreadPoolExecutor(8) as pool:
        n_spent = sum(pool.map(spend, range(400)))

    assert n_spent == budget.spent == 100
