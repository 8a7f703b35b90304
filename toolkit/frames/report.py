"""What was noticed while a table was read."""

from dataclasses import dataclass, field

LINES_KEPT = 20


@dataclass(frozen=True)
class RejectedRow:
    """A row that was left out: its first line (from 1), why, and the text as it stood there."""

    line: int
    reason: str
    text: str


@dataclass
class LineTally:
    """
    Count things by line and remember where the first ones were.

    >>> tally = LineTally()
    >>> for line in (5, 9, 12):
    ...     tally.add(line)
    >>> tally.n, str(tally)
    (3, 'lines 5, 9, 12')
    """

    n: int = 0
    first_lines: list[int] = field(default_factory=list)

    def add(self, line: int) -> None:
        """Count one more thing, on this line."""
        self.n += 1
        if len(self.first_lines) < LINES_KEPT:
            self.first_lines.append(line)

    def __str__(self) -> str:
        more = ", ..." if self.n > len(self.first_lines) else ""

        return f"line{'s'[: self.n != 1]} {', '.join(map(str, self.first_lines))}{more}"


@dataclass
class ReadReport:
    """
    How a table was read and what did not fit; it grows while the reader runs.

    Parameters
    ----------
    source
        The file's name, or "standard input".
    format
        "csv", "tsv", "txt", "jsonl", "json", "parquet", "feather" or "xlsx".
    encoding
        How the bytes were turned into text; None for binary formats.
    delimiter
        What separates the fields of a CSV; None elsewhere, and where there is one column only.
    n_rows
        Rows given out so far.
    padded
        Rows with too few fields, filled up with empty cells.
    rejected
        Rows left out: too many fields, broken quotes, or not a JSON object.
    rejects
        The rows left out, as they stood in the file. Whoever streams a large table may write
        them somewhere and clear the list between chunks; the counts stay.
    n_blank
        Empty lines passed over.
    oddities
        Sentences on what changes the meaning of the table and that a person should see.
    remarks
        Sentences on harmless choices.

    Examples
    --------
    >>> report = ReadReport("tickets.csv", "csv", encoding="utf-8", delimiter=";")
    >>> report.padded.add(7)
    >>> report.problems()
    ['1 row had too few fields and was filled up with empty cells (line 7)']
    >>> report.notes()[-1]
    "fields are separated by ';'"
    """

    source: str
    format: str
    encoding: str | None = None
    delimiter: str | None = None
    n_rows: int = 0
    padded: LineTally = field(default_factory=LineTally)
    rejected: LineTally = field(default_factory=LineTally)
    rejects: list[RejectedRow] = field(default_factory=list)
    n_blank: int = 0
    oddities: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    _reasons: dict[str, LineTally] = field(default_factory=dict, init=False, repr=False)

    def restart(self) -> None:
        """Forget what was noticed, since the table is read from the start again."""
        vars(self).update(vars(ReadReport(self.source, self.format)))

    def reject(self, line: int, reason: str, text: str) -> None:
        """Count a row as left out and keep its text."""
        self.rejected.add(line)
        self._reasons.setdefault(reason, LineTally()).add(line)
        self.rejects.append(RejectedRow(line, reason, text))

    def problems(self) -> list[str]:
        """Return a sentence for everything that a person should see."""
        sentences = list(self.oddities)
        for reason, tally in self._reasons.items():
            were = "was" if tally.n == 1 else "were"
            sentences.append(f"{_rows(tally.n)} {reason} and {were} left out ({tally})")
        if self.padded.n:
            were = "was" if self.padded.n == 1 else "were"
            sentences.append(
                f"{_rows(self.padded.n)} had too few fields and {were} filled up with empty cells "
                f"({self.padded})"
            )

        return sentences

    def notes(self) -> list[str]:
        """Return the problems and, after them, the harmless choices."""
        sentences = self.problems() + self.remarks
        if self.n_blank:
            lines = (
                "1 blank line was" if self.n_blank == 1 else f"{self.n_blank:,} blank lines were"
            )
            sentences.append(f"{lines} passed over")
        if self.format == "csv" and self.delimiter not in (None, ","):
            sentences.append(f"fields are separated by {self.delimiter!r}")

        return sentences


def _rows(n: int) -> str:
    return "1 row" if n == 1 else f"{n:,} rows"
