"""CSV and TSV come in exactly as they stand in the file."""

import csv
import random
import warnings

import pandas as pd
import pytest

from toolkit.errors import TableError, ToolkitWarning
from toolkit.frames import FrameReader, read_frame


@pytest.fixture
def table(tmp_path):
    def write(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def read_with_report(path, **options):
    with FrameReader(path, **options) as reader:
        frames = list(reader)

    return pd.concat(frames, ignore_index=True), reader.report


def random_cells(generator, n_rows, n_columns):
    pieces = [
        "a",
        "Ü",
        "語",
        "😀",
        " ",
        ",",
        ";",
        "\t",
        "|",
        '"',
        '""',
        "\n",
        "\r",
        "\r\n",
        "\0",
        "'",
    ]
    pieces += ["007", "NA", "null", "\ufeff", "\u2028", "\x1c", "=1+1"]
    return [
        ["".join(generator.choices(pieces, k=generator.randint(0, 6))) for _ in range(n_columns)]
        for _ in range(n_rows)
    ]


@pytest.mark.parametrize("text", ["007", "NA", "null", "1e5", " x ", "", "True", "2026-01-31"])
def test_cells_stay_the_strings_they_are(table, text):
    """
    Nothing in a CSV is taken for a number, a date or a missing value.
    """
    frame = read_frame(table(f"id,cell\n1,{text}\n"))

    assert frame["cell"].tolist() == [text]


def test_columns_have_the_default_string_dtype(table):
    """
    A column without rows has the same dtype as one with rows.
    """
    expected = pd.Series(["a"], dtype="str").dtype

    assert read_frame(table("a,b\nx,y\n"))["a"].dtype == expected
    assert read_frame(table("a,b\n"))["a"].dtype == expected


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_what_the_csv_module_writes_comes_back(table, seed, delimiter):
    """
    Any strings come back, whatever line ends, quotes and delimiters they hold.
    """
    generator = random.Random(seed)
    rows = random_cells(generator, n_rows=generator.randint(1, 30), n_columns=3)
    path = table("")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerows([["id", "text", "label"], *rows])

    assert read_frame(path).to_numpy().tolist() == rows


@pytest.mark.parametrize("chunk_rows", [1, 2, 3, 7, 100])
def test_chunks_are_the_whole_table_cut_up(table, chunk_rows):
    """
    Chunks have at most the rows asked for, their row numbers go on, and together they are all.
    """
    path = table("n,text\n" + "".join(f'{n},"line {n}\nand more"\n' for n in range(14)))
    with FrameReader(path, chunk_rows=chunk_rows) as reader:
        chunks = list(reader)

    assert max(map(len, chunks)) <= chunk_rows
    pd.testing.assert_frame_equal(pd.concat(chunks), read_frame(path), check_index_type=False)


def test_a_reader_can_be_read_again(table):
    """
    A second pass gives the same rows and counts from nought.
    """
    with FrameReader(table("a,b\n1\n2,3\n"), chunk_rows=1) as reader:
        assert [len(chunk) for chunk in reader] == [len(chunk) for chunk in reader] == [1, 1]

    assert (reader.report.n_rows, reader.report.padded.n) == (2, 1)


def test_a_report_taken_early_tells_all(table):
    """
    The report is one object: whoever takes it before the first frame sees what is noticed later.
    """
    reader = FrameReader(table("a;b\n1\n2;3\n4;5;6\n"), chunk_rows=1)
    report = reader.report
    with reader:
        for _ in range(2):
            assert sum(map(len, reader)) == report.n_rows == 2

    assert report is reader.report
    assert (report.delimiter, report.padded.n, report.rejected.n) == (";", 1, 1)
    assert len(report.problems()) == 2


def test_limit_stops_before_what_is_broken_further_down(table):
    """
    With a limit only so many rows are read, in chunks or not.
    """
    path = table('a,b\n1,2\n3,4\n5,"6\n')

    assert len(read_frame(path, limit=2)) == 2
    assert len(read_with_report(path, limit=2, chunk_rows=1)[0]) == 2


def test_ragged_rows_are_counted_with_their_lines(table):
    """
    Short rows are filled up, long ones left out and kept as they stood; lines are counted
    across cells of several lines.
    """
    path = table('a,b,c\n1,"x\ny",2\n3,4\n5,6,7,8\n\n9,"p, q",10,"r\ns"\n11,12,13\n')
    frame, report = read_with_report(path)

    assert frame["a"].tolist() == ["1", "3", "11"]
    assert frame.loc[1].tolist() == ["3", "4", ""]
    assert report.padded.first_lines == [4]
    assert [(row.line, row.text) for row in report.rejects] == [
        (5, "5,6,7,8\n"),
        (7, '9,"p, q",10,"r\ns"\n'),
    ]
    assert report.notes() == [
        "2 rows had too many fields and were left out (lines 5, 7)",
        "1 row had too few fields and was filled up with empty cells (line 4)",
        "1 blank line was passed over",
    ]


def test_empty_fields_beyond_the_header_cost_nothing(table):
    """
    Rows that end in spare delimiters are not too long.
    """
    frame, report = read_with_report(table("a,b\n1,2,\n3,4,,\n"))

    assert frame["b"].tolist() == ["2", "4"]
    assert report.notes() == []


def test_many_bad_rows_keep_the_first_twenty_lines_only(table):
    """
    All bad rows are counted, while a note stays short.
    """
    _, report = read_with_report(table("a,b\n" + "1,2,3\n" * 1000))

    assert report.rejected.n == 1000
    assert report.rejected.first_lines == list(range(2, 22))
    assert report.notes()[0].endswith("21, ...)")


def test_warnings_come_only_where_something_changed(table):
    """
    read_frame warns of rows left out or filled up and is silent about a harmless choice.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_frame(table("\ufeffa;b\n\n1;2\n"))
    with pytest.warns(ToolkitWarning, match="1 row had too few fields .*line 2"):
        read_frame(table("a,b\n1\n"))


@pytest.mark.parametrize(
    ("broken", "lines"),
    [
        ('"Hello" he said,x\n', [3]),
        ('"tis the season,x\n', [3]),
        ('"one,x\n"two,x\n', [3, 4]),
    ],
)
def test_a_stray_quote_costs_one_row_only(table, broken, lines):
    """
    A row with broken quotes is left out with its line; the rows after it are kept.
    """
    after = 'good,y\n"fine, too",z\nlast,z\n'
    frame, report = read_with_report(table(f"text,label\nfirst,x\n{broken}{after}"))

    assert frame["text"].tolist() == ["first", "good", "fine, too", "last"]
    assert report.rejected.first_lines == lines


def test_an_open_quote_at_the_end_is_named_by_its_line(table):
    """
    A quote that is never closed is an error with the line on which it opens.
    """
    path = table('text,label\na,x\n"b\nc",x\n"open,x\nd,x\n')

    with pytest.raises(TableError, match="line 5 opens a quote that is never closed"):
        read_frame(path)


def test_very_long_cells(table):
    """
    A cell of 1 MB, in quotes or not, comes back whole.
    """
    long = "x y " * 262_144
    frame = read_frame(table(f'id,text\n1,{long}\n2,"{long}\n"\n'))

    assert frame["text"].tolist() == [long, long + "\n"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_known(table, end):
    """
    Unix, Windows and old Mac files give the same table, also without an end at the end.
    """
    assert read_frame(table(f"a,b{end}1,2{end}3,4")).to_numpy().tolist() == [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found(table, delimiter):
    """
    Other delimiters within the texts, and quoted cells with all of them, do not mislead.
    """
    rows = [f"Hello, {n}; you{delimiter}label {n}" for n in range(5)]
    if delimiter in ",;":
        rows = [f'"Hello, {n}; you"{delimiter}label {n}' for n in range(5)]
    quoted = f'"a{delimiter}b\n,;|\t,;|"{delimiter}x'
    path = table("\n".join([f"text{delimiter}label", quoted, *rows]))
    frame, report = read_with_report(path)

    assert list(frame.columns) == ["text", "label"]
    assert len(frame) == 6
    assert report.delimiter == delimiter
    assert report.problems() == []


@pytest.mark.parametrize(
    "content",
    [
        "text\nHello\nWorld\n",
        "text\nHello, you\nWorld, a; b\n",
        'text\n"Hello, you"\nWorld\n',
        "text\nrow|with, many; marks\nsecond\n",
    ],
)
def test_one_column(table, content):
    """
    A table of one column has one column, also where its lines hold commas.
    """
    frame, report = read_with_report(table(content))

    assert list(frame.columns) == ["text"]
    assert len(frame) == 2
    assert report.problems() == []


def test_empty_cells_of_one_column_survive(table):
    """
    Empty cells are rows, quoted or as blank lines; only a last blank line ends the file.
    """
    path = table('text\n\na\n""\n\nb, c\n\n\n')
    frame, report = read_with_report(path)

    assert frame["text"].tolist() == ["", "a", "", "", "b, c", ""]
    assert report.n_blank == 1
    assert read_frame(path, limit=1)["text"].tolist() == [""]
    with FrameReader(path, chunk_rows=1) as reader:
        assert [len(chunk) for chunk in reader] == [1] * 6


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_of_one_column_and_rows_are_the_same_in_number(table, end):
    """
    Each line below the header is a row, so that rows stay beside those of another file.
    """
    cells = ["a", "", "", "b", "", "c"]

    assert read_frame(table(end.join(["text", *cells, ""])))["text"].tolist() == cells


def test_blank_lines_between_rows_of_several_cells_are_no_rows(table):
    """
    In a table of several columns blank lines are passed over and counted.
    """
    frame, report = read_with_report(table("a,b\n\n1,2\n\n\n3,4\n\n"))

    assert frame["a"].tolist() == ["1", "3"]
    assert report.n_blank == 4


def test_one_ragged_row_does_not_hide_the_delimiter(table):
    """
    A semicolon stays the delimiter where one row is too long.
    """
    _, report = read_with_report(table("a;b\n1;2\n3;4\n5;6;7\n8;9\n"))

    assert report.delimiter == ";"
    assert report.rejected.n == 1


def test_tsv_without_quoting(table):
    """
    Tables whose tools never quote may hold bare quotes; properly quoted ones are read as such.
    """
    bare = read_frame(table('text\tlabel\n"Hello" he said\tx\n"tis\ty\n', "bare.tsv"))
    quoted = read_frame(table('text\tlabel\n"a\tb"\tx\n"c ""d"""\ty\n', "quoted.tsv"))

    assert bare["text"].tolist() == ['"Hello" he said', '"tis']
    assert quoted["text"].tolist() == ["a\tb", 'c "d"']


def test_delimiter_that_is_asked_for(table):
    """
    A given delimiter is taken; one that cannot be is an error.
    """
    path = table("a:b\n1:2\n")

    assert list(read_frame(path, delimiter=":").columns) == ["a", "b"]
    with pytest.raises(TableError, match="one character"):
        read_frame(path, delimiter="::")


def test_columns_get_names_that_differ(table):
    """
    Repeated and empty names are made unique without touching names that were there, and told.
    """
    frame, report = read_with_report(table("a,a,a.2,,a\n1,2,3,4,5\n"))

    assert list(frame.columns) == ["a", "a.3", "a.2", "column_4", "a.4"]
    assert frame.loc[0].tolist() == list("12345")
    assert report.problems() == [
        "the second column 'a' is called 'a.3'",
        "column 4 has no name and is called 'column_4'",
        "the third column 'a' is called 'a.4'",
    ]


def test_plain_lines_are_texts(table):
    """
    A .txt file gives one row a line, blank lines included.
    """
    frame = read_frame(table('first, "line"\r\n\r\n third ', "lines.txt"))

    assert frame.to_dict("list") == {"text": ['first, "line"', "", " third "]}


def test_a_header_alone_gives_a_table_without_rows(table):
    """
    There is always one frame, so that its columns are known.
    """
    for chunk_rows in (None, 10):
        frame, report = read_with_report(table("text,label\n"), chunk_rows=chunk_rows)
        assert list(frame.columns) == ["text", "label"]
        assert report.n_rows == len(frame) == 0
