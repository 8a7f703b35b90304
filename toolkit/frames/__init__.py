"""Tables in and out: every cell comes back as it was, and what did not fit is told."""

from toolkit.frames.appending import append_columns
from toolkit.frames.guessing import Guess, guess_label_column, guess_text_column
from toolkit.frames.reading import FrameReader, read_frame
from toolkit.frames.report import LineTally, ReadReport, RejectedRow
from toolkit.frames.selecting import filter_rows, require_columns, require_rows
from toolkit.frames.writing import FrameWriter, write_frame

__all__ = [
    "FrameReader",
    "FrameWriter",
    "Guess",
    "LineTally",
    "ReadReport",
    "RejectedRow",
    "append_columns",
    "filter_rows",
    "guess_label_column",
    "guess_text_column",
    "read_frame",
    "require_columns",
    "require_rows",
    "write_frame",
]
