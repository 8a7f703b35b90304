"""Rows of a delimited text, each with the line it starts on."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator

from toolkit.errors import TableError
from toolkit.frames.dialects import Dialect
from toolkit.frames.report import ReadReport

MAX_CELL = 1 << 26
"""Characters; a longer cell is the work of a quote that is never closed."""


class Records:
    """
    Iterate over the rows of a delimited text, as lists of exact strings.

    A row whose quotes are broken is left out and put on the report, and reading goes on with the
    line after the one on which that row starts, so that a stray quote costs one row only.

    Parameters
    ----------
    lines
        Lines with their line ends, as ``open(..., newline="")`` gives them.
    dialect
        Delimiter and quoting.
    report
        Where broken rows are counted.

    Examples
    --------
    >>> report = ReadReport("x.csv", "csv")
    >>> list(Records(['a,b\\n', '"1" 2,3\\n', '"4\\n', '5",6\\n'], Dialect(), report))
    [['a', 'b'], ['4\\n5', '6']]
    >>> report.problems()
    ['1 row had a quote in the wrong place and was left out (line 2)']
    """

    def __init__(self, lines: Iterable[str], dialect: Dialect, report: ReadReport) -> None:
        self._lines = iter(lines)
        self._report = report
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._n_lines = 0
        self._ended = False
        self._reader = csv.reader(
            self._feed(),
            delimiter=dialect.delimiter,
            quoting=csv.QUOTE_MINIMAL if dialect.quoted else csv.QUOTE_NONE,
            quotechar='"' if dialect.quoted else None,
            strict=True,
        )
        csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL))

    @property
    def line(self) -> int:
        """The line on which the latest row starts, counted from 1."""
        return self._n_lines + 1

    @property
    def text(self) -> str:
        """The latest row as it stands in the file."""
        return "".join(self._taken)

    def __iter__(self) -> Iterator[list[str]]:
        taken, reader = self._taken, self._reader
        while True:
            self._n_lines += len(taken)
            taken.clear()
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._recover(error)
            else:
                yield row

    def _feed(self) -> Iterator[str]:
        taken, again = self._taken, self._again
        while True:
            while again:
                taken.append(again.popleft())
                yield taken[-1]
            for line in self._lines:
                taken.append(line)
                yield line
                if again:
                    break
            else:
                self._ended = True
                return

    def _recover(self, error: csv.Error) -> None:
        if self._ended or sum(map(len, self._taken)) > MAX_CELL:
            raise TableError(
                f"{self._report.source}: the row on line {self.line} opens a quote that is never "
                'closed; close it, or write a quote within a quoted cell twice ("")'
            ) from error

        self._again.extendleft(reversed(self._taken[1:]))
        del self._taken[1:]
        self._report.reject(self.line, "had a quote in the wrong place", self.text)
