"""Reports as the plain types that JSON knows."""

import numpy as np
import pandas as pd

from toolkit.texts import clean_texts


def plain(value: object) -> object:
    """
    Return a value of numpy as one of Python, and what JSON does not know as text.

    >>> plain(np.int64(3)), plain(np.str_("late")), plain(pd.Timestamp("2025-01-02"))
    (3, 'late', '2025-01-02 00:00:00')
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        return clean_texts([value]).texts[0]

    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def records(table: pd.DataFrame) -> list[dict[str, object]]:
    """
    Return the rows of a table, each as a dict.

    >>> records(pd.DataFrame({"label": ["card"], "f1": [0.5]}))
    [{'label': 'card', 'f1': 0.5}]
    """
    return [
        {str(name): plain(value) for name, value in row.items()}
        for row in table.astype(object).to_dict("records")
    ]
