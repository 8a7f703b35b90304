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

    return (
        f"\nIt marks {head.coverage_:.0%} of held-out rows 'ok', of which {head.precision_:.1%} "
        "are right; the rest is 'unsure' or 'out_of_scope'."
    )
