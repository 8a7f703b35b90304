"""Whatever is no table gives one clear sentence."""

import gzip
import re
import sys

import pandas as pd
import pytest

from toolkit.errors import MissingDependency, TableError
from toolkit.frames import FrameReader, read_frame, require_rows, write_frame

ONE_ROW = pd.DataFrame({"a": [1]})


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "a.csv is empty"),
        ("a.csv", b"\n\n  \n"[:2], "holds no rows"),
        ("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(100), "is a PNG image, not a text table"),
        ("a.csv", b"PK\x03\x04" + bytes(100), "a ZIP archive or an Excel workbook"),
        ("a.csv", b"%PDF-1.7\n%\xe2\xe3", "is a PDF"),
        ("a.csv", b"PAR1" + bytes(50), "is a Parquet file"),
        ("a.csv", gzip.compress(b"a,b\n"), "is a gzip file"),
        ("a.csv", bytes(1000), "is a binary file"),
        ("a.csv", bytes(range(256)) * 20, "is a binary file"),
        ("a.json", b'{"text": ', "is not valid JSON: .* line 1"),
        ("a.json", b'{"text": "a"}\n{"text": "b"}\n', "one object a line, name it .jsonl"),
        ("a.json", b'["a", "b"]', "expected an array of objects"),
        ("a.json", b'{"a": [1, 2], "b": [1]}', "equally long columns"),
        ("a.json", b"3", "holds no table"),
        ("a.json", b"[" * 100_000, "nested too deeply"),
        ("a.parquet", b"PAR1 nothing PAR1", "no parquet file"),
        ("a.parquet", b"", "a.parquet"),
        ("a.feather", b"text,label\n", "no feather file"),
        ("a.xlsx", b"text,label\n", "no xlsx file"),
        ("a.csv.gz", b"text,label\n", "cannot be read as csv; it may be damaged"),
        ("a.csv.gz", gzip.compress(b"a,b\n" * 1000)[:-20], "damaged or cut short"),
        ("a.csv.zst", b"text,label\n", "damaged or cut short"),
    ],
)
def test_no_table_is_a_table_error(tmp_path, name, content, message):
    """
    Empty, binary, damaged and misnamed files are told apart and named.
    """
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(TableError, match=message) as caught:
        read_frame(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("header", ["PAR1", "PAR1,PAR2", "GIF89a;x", "ARROW1\ty"])
def test_headers_may_look_like_the_start_of_another_format(tmp_path, header):
    """
    A column's name is no reason to take a text for a binary file.
    """
    path = tmp_path / "a.csv"
    path.write_text(f"{header}\n{header.lower()}\n")

    assert "".join(read_frame(path).columns) == "".join(re.findall(r"\w+", header))


@pytest.mark.parametrize(("format", "kind"), [("parquet", "Parquet"), ("feather", "Feather")])
@pytest.mark.parametrize("n_rows", [0, 1, 100_000])
def test_binary_tables_named_csv_are_told_by_their_kind(tmp_path, format, kind, n_rows):
    """
    Parquet and Feather files of any size are known also under a wrong name.
    """
    path = tmp_path / "a.csv"
    write_frame(pd.DataFrame({"text": ["word"] * n_rows}), path, format=format)

    with pytest.raises(TableError, match=f"is a {kind} file"):
        read_frame(path)


def test_a_zstd_file_that_is_cut_short(tmp_path):
    """
    A cut zstd file never passes for a shorter table.
    """
    path = tmp_path / "a.csv.zst"
    write_frame(pd.DataFrame({"n": range(100_000)}), path)
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(TableError, match="damaged or cut short"):
        read_frame(path)


def test_a_folder_is_no_table(tmp_path):
    """
    A folder is named as such, also if its name ends like a table's.
    """
    folder = tmp_path / "tickets.csv"
    folder.mkdir()

    with pytest.raises(TableError, match="is a folder: name a file in it"):
        read_frame(folder)


def test_a_missing_file_has_near_names(tmp_path):
    """
    A mistyped name is answered with the name that is meant.
    """
    (tmp_path / "tickets.csv").write_text("a\n")

    with pytest.raises(TableError, match=r"did you mean '.*tickets\.csv'"):
        read_frame(tmp_path / "tikets.csv")
    with pytest.raises(TableError, match="there is no folder"):
        read_frame(tmp_path / "nowhere" / "tickets.csv")
    with pytest.raises(TableError, match="check the name"):
        read_frame(tmp_path / "unlike.parquet")


@pytest.mark.parametrize("name", ["table.doc", "table", "table.csv.bz2"])
def test_an_unknown_ending_names_the_known_ones(tmp_path, name):
    """
    An unknown format is an error that lists what there is, for reading and writing.
    """
    (tmp_path / name).write_text("a\n1\n")

    with pytest.raises(TableError, match=r"\.csv \.tsv .* or say which"):
        read_frame(tmp_path / name)
    with pytest.raises(TableError, match=r"\.csv \.tsv"):
        write_frame(ONE_ROW, tmp_path / f"new_{name}")


def test_formats_that_compress_themselves(tmp_path):
    """
    A Parquet file in gzip is refused with the cure.
    """
    with pytest.raises(TableError, match="compressed by itself"):
        read_frame(tmp_path / "table.parquet.gz")


def test_a_table_without_rows_can_be_refused(tmp_path):
    """
    The reader gives a header alone as a table without rows; require_rows refuses it.
    """
    path = tmp_path / "a.csv"
    path.write_text("text,label\n")

    with pytest.raises(TableError, match="a header but no rows"):
        require_rows(read_frame(path), "a.csv")


@pytest.mark.parametrize("option", ["chunk_rows", "limit"])
def test_numbers_of_rows_must_be_positive(tmp_path, option):
    """
    Nobody asks for no rows.
    """
    with pytest.raises(TableError, match=f"{option} must be at least 1"):
        FrameReader(tmp_path / "a.csv", **{option: 0})


@pytest.mark.parametrize(
    ("module", "use", "extra"),
    [
        ("zstandard", lambda folder: read_frame(folder / "old.csv.zst"), "zst"),
        ("python_calamine", lambda folder: read_frame(folder / "old.xlsx"), "excel"),
        ("zstandard", lambda folder: write_frame(ONE_ROW, folder / "new.csv.zst"), "zst"),
        ("xlsxwriter", lambda folder: write_frame(ONE_ROW, folder / "new.xlsx"), "excel"),
    ],
)
def test_missing_packages_are_named_with_their_extra(tmp_path, monkeypatch, module, use, extra):
    """
    Without an optional package the error says what to install, and nothing is left behind.
    """
    old = [tmp_path / "old.csv.zst", tmp_path / "old.xlsx"]
    for path in old:
        path.touch()
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(MissingDependency, match=rf"pip install .*\[{extra}\]"):
        use(tmp_path)
    assert sorted(tmp_path.iterdir()) == old
