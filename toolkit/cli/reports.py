"""The few sentences that commands add to a report."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.classification import TextClassifier


def answered_line(model: "TextClassifier") -> str:
    """Say how many rows the classifier would answer, and how right it then is."""
    from toolkit.classification import SelectiveClassifier

    head = model.head_
    if not isinstance(head, SelectiveClassifier):
        return ""

    if not head.coverage_:
        return (
            "It marks no row ok, as no threshold is as right as asked for on held-out rows: "
            "lower --precision, or choose --coverage."
        )
    answered, right = 100 * head.coverage_, 100 * head.precision_

    return (
        f"It marks {answered:.1f} % of held-out rows ok, and {right:.1f} % of those are right; "
        "the rest is marked unsure or out_of_scope."
    )
