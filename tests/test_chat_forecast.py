from tests.chat_naming import LABELS, TEXTS
from tests.test_chat_questions import groups
from toolkit import ChatNamer
from toolkit.clustering.chat_forecast import naming_forecast
from toolkit.clustering.chat_questions import question_about

NAMER = ChatNamer("openai:gpt-4.1-mini")


def test_a_forecast_is_an_upper_bound_of_about_the_right_size():
    """
    Of the tokens of the first request, where the number of clusters is known.
    """
    texts = [f"{text} {number} {'and more ' * 20}" for number in range(8) for text in TEXTS]
    asked = question_about(groups(texts, LABELS * 8)).n_tokens
    forecast = naming_forecast(NAMER, texts, 3)

    assert forecast.is_known
    assert asked <= forecast.n_tokens <= 2 * asked


def test_unknown_numbers_of_clusters_are_bounded():
    """
    By the square root of the different texts; long texts count as they are cut.
    """
    texts = [f"text {number}" for number in range(400)]
    short, long = naming_forecast(NAMER, texts), naming_forecast(NAMER, [t * 500 for t in texts])

    assert (short.n_clusters, short.is_known, short.n_requests) == (20, False, 1)
    assert long.n_tokens < 30_000
    assert naming_forecast(NAMER, texts * 3) == short


def test_there_may_be_nothing_to_name():
    """
    No text is no request.
    """
    forecast = naming_forecast(NAMER, ["", " "])

    assert (forecast.n_clusters, forecast.n_requests, forecast.n_tokens) == (0, 0, 0)


def test_prices_are_told():
    """
    A price that is not known, none at all, or the cost.
    """
    assert "unknown; tell the price" in naming_forecast(NAMER, TEXTS).to_text()
    free = ChatNamer("openai:m?base_url=http://127.0.0.1:1/v1")
    assert "none, at a price of 0" in naming_forecast(free, TEXTS).to_text()
    paid = ChatNamer("openai:m?price=1000")
    assert "about $" in naming_forecast(paid, TEXTS).to_text()
