import numpy as np
import pytest

from tests.chat_naming import LABELS, NAMES, TEXTS, found
from toolkit import themes
from toolkit.clustering.chat_answers import Proposal
from toolkit.clustering.name_choice import NameChoice
from toolkit.clustering.name_words import NameWords
from toolkit.clustering.theme_documents import documents_of


def choice(texts=TEXTS, labels=LABELS):
    table = themes(texts, labels).table
    documents = documents_of(texts, np.array(labels), None)

    return NameChoice(table, NameWords(documents, table["n_rows"].to_numpy()))


def settled(one, *rounds):
    for names in rounds:
        one.consider({number: Proposal(name) for number, name in names.items()})

    return one.settled()


@pytest.mark.parametrize("name", ["Login problems", "Account access", "Locked out", "Mot de passe"])
def test_good_paraphrases_are_accepted(name):
    """
    A name need not hold a word of the texts: its support says so, and it stands.
    """
    table = settled(choice(), {2: name})

    assert table["name"].tolist()[2] == name
    assert table["named_by"].tolist() == ["words", "words", "model"]


def test_names_of_other_clusters_are_refused():
    """
    A model that mixes clusters up is not believed.
    """
    one = choice()
    table = settled(one, {0: "Late parcels", 1: "Refund requests"})

    assert one.refused == {
        0: {"Late parcels": "its words are those of another group (is late, parcel with my)"},
        1: {"Refund requests": "its words are those of another group (please refund)"},
    }
    assert table["named_by"].tolist() == ["words"] * 3


def test_a_brand_in_few_texts_is_refused():
    """
    A name of one in eight texts is not the cluster's, however many hold its other words.
    """
    texts = [f"the parcel with my {what} is late" for what in "abcdefg"]
    texts += ["the parcel from Acme is late", *TEXTS[:6]]
    labels = [0] * 8 + [1] * 6
    one = choice(texts, labels)
    settled(one, {0: "Late Acme parcels"})

    assert one.refused == {0: {"Late Acme parcels": "only 12.5 % of its rows hold 'acme'"}}
    assert settled(one, {0: "Late parcels"})["name"][0] == "Late parcels"


def test_a_brand_that_is_the_subject_is_accepted():
    """
    What half of the texts hold may be named.
    """
    texts = [f"the parcel from {who} is late" for who in ("Acme", "Acme", "you", "us")]
    texts = [f"{text} {number}x" for number, text in enumerate(texts)]
    table = settled(choice([*texts, *TEXTS[:6]], [0] * 4 + [1] * 6), {0: "Late Acme parcels"})

    assert table["named_by"][0] == "model"


def test_the_same_words_in_another_order_are_the_same_name():
    """
    The cluster that holds them more has the name.
    """
    one = choice()
    settled(one, {1: "Late parcels", 2: "Parcels, late!"})

    assert one.in_use == ["Late parcels"]
    assert list(one.refused) == [2]


def test_a_name_for_three_clusters_is_nobodys_but_the_first():
    """
    Two may share one, told apart by a term; of more it says nothing.
    """
    names = dict.fromkeys(NAMES, "Things")
    table = settled(choice(), names)

    assert table["named_by"].tolist() == ["model", "words", "words"]
    assert table["name"].is_unique


def test_names_are_unique_even_against_words():
    """
    A model's name that is another cluster's name of words leaves that one numbered.
    """
    words = found().names
    one = choice()
    one.accepted[0] = Proposal(words[1])
    table = one.settled()

    assert table["name"].tolist()[:2] == [words[1], f"{words[1]} (2)"]


def test_numbers_that_nobody_asked_for_are_passed_over():
    """
    A model may invent clusters.
    """
    table = settled(choice(), {7: "Weather", -1: "Noise", 2: "Login problems"})

    assert table["named_by"].tolist() == ["words", "words", "model"]
