"""What separates the fields of a delimited text."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

DELIMITERS = ",;\t|"
ONE_COLUMN = "\uffff"
"""A delimiter that no text holds: every line is one cell."""


@dataclass(frozen=True)
class Dialect:
    """The delimiter, and whether quotes around a field have a meaning."""

    delimiter: str = ","
    quoted: bool = True


def detect_dialect(sample: str, delimiter: str | None = None) -> Dialect:
    """
    Tell the dialect from the first lines of a text; ``delimiter`` is kept where given.

    The one that divides the header, and most rows into as many fields, is taken. Where none
    divides the header, the table has one column; its lines may then hold commas.
    ``csv.Sniffer`` is not asked, since it looks at letters, not at rows.

    >>> detect_dialect("text;label\\nHello, you;greeting\\n").delimiter
    ';'
    >>> detect_dialect("text\\nHello\\nWorld\\n").delimiter
    ','
    """
    if delimiter is None:
        fits = {candidate: _evenness(sample, candidate) for candidate in DELIMITERS}
        best = max(DELIMITERS, key=lambda candidate: fits[candidate])
        delimiter = best if fits[best] > (0, 0) else _one_column(sample)

    return Dialect(delimiter, quoted=not (delimiter == "\t" and _has_bare_quotes(sample)))


def _evenness(sample: str, delimiter: str) -> tuple[float, int]:
    """Return (share of rows as wide as the header, width), or (0, 0) if it is no delimiter."""
    widths = [len(row) for row in _rows(sample, delimiter)]
    if not widths or widths[0] < 2:
        return 0, 0

    header, *others = widths

    return others.count(header) / max(1, len(others)), header


def _one_column(sample: str) -> str:
    well_formed = all(len(row) <= 1 for row in _rows(sample, ","))

    return "," if well_formed else ONE_COLUMN


def _has_bare_quotes(sample: str) -> bool:
    """Tell whether quotes are mere characters, as in tables made by tools that never quote."""
    n_broken = 0
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter="\t", strict=True)
    while True:
        try:
            if next(reader, None) is None:
                break
        except csv.Error:
            n_broken += 1
    plain = csv.reader(
        io.StringIO(sample, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None
    )
    widths = {len(row) for row in plain if row}

    return n_broken > 0 and len(widths) == 1


def _rows(sample: str, delimiter: str) -> Iterator[list[str]]:
    """Give the rows that are well formed; the last may be cut off and does not count."""
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            continue
        if row is None:
            return
        if row:
            yield row
