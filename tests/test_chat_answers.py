import json
import time

import pytest

from toolkit.clustering.chat_answers import LONGEST_NAME, Proposal, proposals_in
from toolkit.plain_text import columns

RIGHT = [
    {"id": 0, "name": "Late parcels", "description": "Where is it?"},
    {"id": 1, "name": "Refunds"},
]
EXPECTED = {0: Proposal("Late parcels", "Where is it?"), 1: Proposal("Refunds")}
WRITTEN = json.dumps(RIGHT)


@pytest.mark.parametrize(
    "answer",
    [
        WRITTEN,
        f"```json\n{WRITTEN}\n```",
        f"Sure! Here are [some] names {{for you}}:\n\n{WRITTEN}\n\nShall I go on?",
        f'<think>maybe [{{"id": 0, "name": "Parcels"}}]?</think>{WRITTEN}',
        json.dumps({"groups": RIGHT}),
        json.dumps({"result": {"names": RIGHT, "n": 2}}),
        "\n".join(map(json.dumps, RIGHT)),
        WRITTEN.replace("}]", "},]"),
        WRITTEN[:-1] + ', {"id": 2, "name": "cut sh',
        WRITTEN.replace('"id": 0', '"id": "0"').replace('"id": 1', '"id": 1.0'),
        WRITTEN[:-1] + ', {"id": 5}, {"id": 6, "name": null}, {"name": "x"}, 7, "b", [true]]',
        json.dumps({"0": RIGHT[0], "1": "Refunds"}),
    ],
)
def test_names_are_found_however_they_are_written(answer):
    """
    Fences, prose, thoughts, objects around, lines, a cut end, numbers as texts and odd items.
    """
    assert proposals_in(answer) == EXPECTED


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "no",
        "[]",
        "{}",
        "null",
        "[[[[",
        '[{"id": true, "name": "x"}]',
        '{"id": 0, "name": "?!"}',
    ],
)
def test_what_is_no_name_is_none(answer):
    """
    Nothing is found where nothing is, and nothing is raised.
    """
    assert proposals_in(answer) == {}


def test_a_name_is_one_short_line():
    """
    Line breaks and control characters go, HTML stays as text, and the length has a bound.
    """
    name = "**Late\n\x1b[31mparcels\u202e** <b>now</b> " + "x" * 100
    found = proposals_in(json.dumps([{"id": 0, "name": name, "description": "a\nb" * 500}]))[0]

    assert found.name.startswith("Late [31mparcels** <b>now</b> xxx")
    assert columns(found.name) <= LONGEST_NAME
    assert "\n" not in found.description
    assert len(found.description) <= 240


def test_the_last_name_counts():
    """
    A model may correct itself.
    """
    assert proposals_in('{"id": 0, "name": "A"} no: {"id": 0, "name": "B"}')[0].name == "B"


@pytest.mark.parametrize("part", ["[", '{"a":', '["[', "[0,", '{"id": 0, "name": "x'])
def test_endless_answers_are_read_in_no_time(part):
    """
    Nothing that a broken model writes takes long to read.
    """
    begin = time.monotonic()
    proposals_in(part * 100_000)

    assert time.monotonic() - begin < 10
