import json

import numpy as np
import pandas as pd

from toolkit import find_outliers, findings, label_issues, near_duplicates, text_overlap
from toolkit.audit.findings import COLUMNS, KINDS

WRONG = [90, 91, 92, 170, 171, 172, 240, 241, 242]


def a_table():
    """Four topics with a repeat, a contradiction, wrong labels, an odd and an empty text."""
    rng = np.random.default_rng(0)
    numbers = np.repeat(np.arange(4), 75)
    vectors = np.eye(4, 12)[numbers] + 0.2 * rng.normal(size=(300, 12))
    texts = [f"text {row}" for row in range(300)]
    labels = np.array(["delay", "refund", "lamp", "code"], dtype=object)[numbers]
    texts[1], vectors[1] = texts[0], vectors[0]
    texts[3], vectors[3], labels[3] = texts[2], vectors[2], "other"
    labels[WRONG] = "delay"
    vectors[50] = -np.eye(12)[5]
    texts[60], vectors[60] = "", 0

    return pd.Series(texts, index=[f"t-{row}" for row in range(300)]), labels, vectors


def all_findings():
    texts, labels, vectors = a_table()
    return findings(
        duplicates=near_duplicates(texts, vectors, labels=labels, threshold=0.9999),
        labels=label_issues(texts, labels, vectors),
        outliers=find_outliers(texts, vectors, false_alarm_rate=0.01),
        leaks=text_overlap(["text 7"], texts, vectors=(vectors[[7]], vectors)),
    )


def test_every_kind_has_its_rows_with_reason_and_suggestion():
    """
    What is planted is found, under the names of the rows, in the order of the kinds.
    """
    found = all_findings()
    rows = found.table.groupby("kind")["row"].agg(list)

    assert tuple(found.table.columns) == COLUMNS
    assert rows["conflicting_label"] == ["t-2", "t-3"]
    assert "t-1" in rows["exact_duplicate"]
    assert {f"t-{row}" for row in WRONG} <= set(rows["label_issue"])
    assert "t-50" in rows["outlier"]
    assert rows["empty_text"] == ["t-60"]
    assert rows["leak"] == [0]
    assert rows["rare_label"] == [None]
    order = [KINDS.index(kind) for kind in found.table["kind"]]
    assert order == sorted(order)
    assert (found.table["reason"] != "").all()
    assert (found.table["suggestion"] != "").all()


def test_counts_and_text_tell_the_same():
    """
    Each kind that was found is counted, in words and in numbers.
    """
    found = all_findings()

    assert sum(found.counts.values()) == len(found.table)
    assert f"300 rows, {len(found.table)} findings" in found.to_text()
    assert "relabel: refund" in found.to_text(n_examples=30)
    assert "relabel" not in found.to_text(n_examples=0)


def test_what_goes_to_json_is_plain():
    """
    Missing scores and groups are null, evidence is a list.
    """
    told = json.loads(json.dumps(all_findings().to_dict()))

    assert told["n_rows"] == 300
    by_kind = {finding["kind"]: finding for finding in told["findings"]}
    assert by_kind["empty_text"]["score"] is None
    assert by_kind["conflicting_label"]["evidence"] == ["t-2"]


def test_nothing_found_is_said():
    """
    An audit without findings has an empty table and a sentence.
    """
    found = findings(duplicates=near_duplicates(["a b", "c d"], np.eye(2)))

    assert found.table.empty
    assert found.to_text() == "2 rows: nothing was found\n"
    assert findings().counts["outlier"] == 0
