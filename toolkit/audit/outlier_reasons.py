"""What can be said of a text that is flagged, in a sentence a person can believe or dismiss."""

import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

_MOST_LETTERS = 200


def outlier_reasons(table: pd.DataFrame, known: Sequence[str]) -> list[str]:
    """
    Return a reason for each row that is flagged, "" for the others.

    Parameters
    ----------
    table : DataFrame
        With ``is_outlier``, ``similarity`` (to the nearest text) and ``text``.
    known : sequence of str
        What is usual: the texts of the reference, or of the table itself.
    """
    typical = float(table["similarity"].median())
    lengths = np.array([len(text) for text in known if text.strip()])
    short, long = np.quantile(lengths, [0.02, 0.98]) if len(lengths) else (0, np.inf)
    usual_script = _most_common([script(text) for text in known])

    reasons = []
    columns = table[["text", "is_outlier", "similarity"]]
    for text, is_outlier, similarity in columns.to_numpy(dtype=object).tolist():
        if not is_outlier:
            reasons.append("")
            continue
        said = [f"the nearest text has a similarity of {similarity:.2f}, usual is {typical:.2f}"]
        own = script(text)
        if not any(map(str.isalpha, text)):
            said.append("it has no letters")
        elif own != usual_script:
            said.append(f"it is written in {own}, most in {usual_script}")
        if len(text) <= short:
            said.append(f"it is very short ({len(text)} characters)")
        elif len(text) >= long:
            said.append(f"it is very long ({len(text):,} characters)")
        reasons.append("; ".join(said))

    return reasons


def script(text: str) -> str:
    """
    Return the script that most letters of a text are of, "" if it has none.

    >>> script("Wo bleibt mein Paket?"), script("Где моя посылка?"), script("12:30")
    ('latin', 'cyrillic', '')
    """
    letters = [letter for letter in text[: 5 * _MOST_LETTERS] if letter.isalpha()]
    names = [unicodedata.name(letter, "").split(" ")[0] for letter in letters[:_MOST_LETTERS]]

    return _most_common([name for name in names if name]).lower()


def _most_common(values: list[str]) -> str:
    counts = Counter(values)

    return max(sorted(counts), key=lambda value: counts[value]) if counts else ""
