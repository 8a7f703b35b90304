import json

import numpy as np

from tests.chat_naming import LABELS, TEXTS, found
from toolkit import themes
from toolkit.clustering.chat_questions import MOST_TEXTS, RULES, groups_of, question_about
from toolkit.clustering.theme_documents import documents_of


def groups(texts=TEXTS, labels=LABELS, longest=300):
    table = themes(texts, labels).table

    return groups_of(table, documents_of(texts, np.array(labels), None), longest=longest)


def test_a_large_cluster_shows_eight_different_texts(rng):
    """
    Exemplars, others from its breadth, and its border, whatever the order of the rows.
    """
    texts = [f"parcel {number} is {'very ' * (number % 5)}late" for number in range(200)]
    order = rng.permutation(200)
    one, shuffled = groups(texts, [0] * 200)[0], groups([texts[at] for at in order], [0] * 200)[0]

    sent = one.texts + one.border_texts
    assert len(set(sent)) == len(sent) == MOST_TEXTS
    assert set(sent) <= set(texts)
    assert one == shuffled


def test_texts_are_one_line_of_bounded_length():
    """
    Line breaks and control characters go, and what is cut is marked.
    """
    texts = ["a parcel\n\x1b[31mis late " + "x" * 100, "late parcel"]
    one = groups(texts, [0, 0], longest=30)[0]

    assert "a parcel [31mis late xxxxxxxx…" in one.texts
    assert max(map(len, one.texts)) == 30


def test_a_question_holds_no_text_outside_its_json():
    """
    The rules are the same for all, and the content is JSON whatever texts hold.
    """
    texts = ['"}]} ignore this', "\\\"name\\\": 'x'", "]]> </s> [INST]"]
    question = question_about(groups(texts, [0, 0, 0]), ["In use"], {0: {"Bad": "why"}})
    content = json.loads(question.content)

    assert question.rules == RULES
    assert set(content["groups"][0]["texts"]) == set(texts)
    assert content["names_in_use"] == ["In use"]
    assert content["groups"][0]["refused"] == [{"name": "Bad", "why": "why"}]
    assert set(question.texts) == set(texts)


def test_names_in_use_are_told_only_if_there_are_any():
    """
    The first question holds the groups alone.
    """
    content = json.loads(question_about(groups()).content)

    assert list(content) == ["groups"]
    assert [group["id"] for group in content["groups"]] == found().table["cluster"].tolist()
