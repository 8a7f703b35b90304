"""JSON, JSON lines, Parquet, Feather and Excel keep types, and are read in pieces."""

import io
import json
import os
import threading

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from toolkit.errors import TableError, ToolkitWarning
from toolkit.frames import FrameReader, FrameWriter, read_frame, write_frame

LONG_ID = 2**60 + 1


@pytest.fixture
def typed():
    return pd.DataFrame(
        {
            "text": ["one", "", "=1+1\n two"],
            "zip": ["007", "NA", "08"],
            "count": [1, -2, 3],
            "id": pd.array([LONG_ID, None, 2], dtype="Int64"),
            "score": [0.5, np.nan, -1.25],
            "flag": [True, False, True],
        }
    )


def read_chunks(path, chunk_rows, **options):
    with FrameReader(path, chunk_rows=chunk_rows, **options) as reader:
        chunks = list(reader)

    return pd.concat(chunks), reader.report


@pytest.mark.parametrize("name", ["t.jsonl", "t.json", "t.parquet", "t.feather", "t.jsonl.gz"])
@pytest.mark.parametrize("chunk_rows", [None, 1, 2, 10])
def test_typed_formats_keep_values_and_types(tmp_path, typed, name, chunk_rows):
    """
    Texts, long whole numbers beside missing ones, floats and truth values come back as they
    were, whole or in chunks.
    """
    write_frame(typed, tmp_path / name)
    with FrameReader(tmp_path / name, chunk_rows=chunk_rows) as reader:
        chunks = list(reader)
    frame = pd.concat([chunk.astype(typed.dtypes) for chunk in chunks])

    pd.testing.assert_frame_equal(frame, typed, check_index_type=False)
    assert frame["id"].dropna().tolist() == [LONG_ID, 2]
    assert reader.report.n_rows == 3
    if chunk_rows is None:
        assert chunks[0].dtypes.tolist() == typed.dtypes.tolist()


def test_workbooks_keep_texts_and_numbers(tmp_path, typed):
    """
    In a sheet a text stays a text, also if it looks like a number, a formula or a link.
    """
    frame = typed.assign(
        link=["http://a.b", "mailto:x", "=HYPERLINK(1)"],
        when=pd.to_datetime(["2026-01-31 00:00", None, "2026-02-01 10:30"]),
    )
    write_frame(frame, tmp_path / "t.xlsx")
    back = read_frame(tmp_path / "t.xlsx")

    for name in ["text", "zip", "count", "flag", "link"]:
        assert back[name].tolist() == frame[name].tolist()
    assert back["score"].dropna().tolist() == [0.5, -1.25]
    assert back["when"].dropna().tolist() == frame["when"].dropna().tolist()
    assert str(LONG_ID) in back["id"].tolist()


def test_whole_numbers_in_a_sheet_are_whole_beside_anything(tmp_path):
    """
    An id such as 345 never becomes 345.0, whatever else its column holds.
    """
    frame = pd.DataFrame({"id": ["A12", 345, 7], "n": [1, True, 2.5], "x": [1.5, None, 2]})
    write_frame(frame, tmp_path / "t.xlsx")
    back = read_frame(tmp_path / "t.xlsx")

    assert list(map(str, back["id"])) == ["A12", "345", "7"]
    assert list(map(str, back["n"])) == ["1", "True", "2.5"]
    assert str(back["x"].dtype) == "float64"


def test_only_the_first_sheet_is_read_and_that_is_told(tmp_path):
    """
    Further sheets are mentioned.
    """
    with pd.ExcelWriter(tmp_path / "t.xlsx", engine="xlsxwriter") as writer:
        pd.DataFrame({"a": [1.5, 2], "b": ["", "x"]}).to_excel(writer, sheet_name="A", index=False)
        pd.DataFrame({"c": [1]}).to_excel(writer, sheet_name="B", index=False)
    with pytest.warns(ToolkitWarning, match="read the sheet 'A', the first of 2"):
        frame = read_frame(tmp_path / "t.xlsx")

    assert frame["a"].tolist() == [1.5, 2.0]
    assert frame["b"].tolist() == ["", "x"]


@pytest.mark.parametrize("name", ["t.jsonl", "t.json"])
@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1, 2.5, 2**53], "float64"),
        ([1, 2.5, 2**53 + 1], "object"),
        ([0.5, None, -(2**53) - 1], "object"),
        ([0.5, 2**2000 + 1], "object"),
    ],
)
def test_whole_numbers_beside_fractions_keep_their_value(tmp_path, name, values, dtype):
    """
    Long whole numbers are not rounded to what a float can hold; shorter ones make a float column.
    """
    lines = [json.dumps({"n": value}) for value in values]
    text = "\n".join(lines) if name == "t.jsonl" else f"[{','.join(lines)}]"
    (tmp_path / name).write_text(text)
    column = read_frame(tmp_path / name)["n"]

    assert column.dropna().tolist() == [value for value in values if value is not None]
    assert str(column.dtype) == dtype


def test_json_lines_take_all_keys(tmp_path):
    """
    Keys that come up late are columns of every chunk, in the order in which they come up.
    """
    path = tmp_path / "t.jsonl"
    path.write_text('{"b": 1}\n{"a": "x", "b": 2}\n\n{"c": [1, 2]}\n')
    whole = read_frame(path)
    with FrameReader(path, chunk_rows=1) as reader:
        chunks = list(reader)

    assert list(whole.columns) == ["b", "a", "c"]
    assert all(list(chunk.columns) == ["b", "a", "c"] for chunk in chunks)
    assert whole["c"].iloc[2] == [1, 2]
    assert whole["b"].dropna().tolist() == [1, 2]


def test_bad_json_lines_are_counted(tmp_path):
    """
    Lines that hold no JSON object are left out with their numbers; a line break within a text
    other than \\n ends no line.
    """
    path = tmp_path / "t.jsonl"
    path.write_text('{"a": "x\u2028y"}\n{"a": \n[1]\n"a"\n{"a": "z"}\n' + "[" * 100_000, "utf-8")
    frame, report = read_chunks(path, None)

    assert frame["a"].tolist() == ["x\u2028y", "z"]
    assert report.rejected.first_lines == [2, 3, 4, 6]
    assert report.problems()[0].startswith("4 rows held no JSON object and were left out (lines 2")


def test_lone_surrogates_in_json_come_in_and_go_out(tmp_path):
    """
    Halves of characters, which pandas' own strings refuse, survive JSON both ways.
    """
    path = tmp_path / "t.jsonl"
    path.write_text('{"a": "x\\ud800"}\n{"a": "é"}\n', "utf-8")
    frame = read_frame(path)
    write_frame(frame, tmp_path / "again.jsonl")

    assert frame["a"].tolist() == ["x\ud800", "é"]
    assert read_frame(tmp_path / "again.jsonl")["a"].tolist() == ["x\ud800", "é"]


@pytest.mark.parametrize(
    "content",
    [
        [{"text": "a", "n": 1}, {"text": "b", "n": None}],
        {"text": ["a", "b"], "n": [1, None]},
        {"text": {"0": "a", "1": "b"}, "n": {"0": 1, "1": None}},
    ],
)
def test_json_shapes(tmp_path, content):
    """
    An array of objects and an object of columns, as pandas writes it, give the same table.
    """
    (tmp_path / "t.json").write_text(json.dumps(content))
    frame = read_frame(tmp_path / "t.json")

    assert frame["text"].tolist() == ["a", "b"]
    assert str(frame["n"].dtype) == "Int64"


@pytest.mark.parametrize("name", ["t.parquet", "t.feather"])
def test_arrow_keeps_indexes_and_dtypes(tmp_path, name):
    """
    Named and unnamed indexes, categories, dates and small numbers come back.
    """
    frame = pd.DataFrame(
        {
            "kind": pd.Categorical(["a", "b", "a"]),
            "when": pd.to_datetime(["2026-01-31", None, "2026-02-01"]),
            "small": np.array([1, 2, 3], dtype="int8"),
            "score": np.array([0.1, 0.2, 0.3], dtype="float32"),
        }
    )
    for index in (pd.Index(["x", "y", "z"], name="key"), pd.Index([5, 3, 9])):
        write_frame(frame.set_index(index), tmp_path / name, overwrite=True)
        pd.testing.assert_frame_equal(read_frame(tmp_path / name), frame.set_index(index))
        chunks, _ = read_chunks(tmp_path / name, 2)
        assert chunks.index.equals(index)


def test_parquet_from_elsewhere_keeps_long_numbers(tmp_path):
    """
    Whole numbers beside missing ones stay whole where no pandas wrote the file.
    """
    table = pa.table({"id": pa.array([LONG_ID, None, 3]), "ok": pa.array([True, None, False])})
    parquet.write_table(table, tmp_path / "t.parquet")
    frame = read_frame(tmp_path / "t.parquet")

    assert frame["id"].dropna().tolist() == [LONG_ID, 3]
    assert frame["ok"].dropna().tolist() == [True, False]


def test_equal_names_in_arrow_are_an_error(tmp_path):
    """
    Two columns of one name cannot be told apart.
    """
    parquet.write_table(pa.table([[1], [2]], names=["a", "a"]), tmp_path / "t.parquet")

    with pytest.raises(TableError, match="different names"):
        read_frame(tmp_path / "t.parquet")


@pytest.mark.parametrize("name", ["t.parquet", "t.feather", "t.json", "t.xlsx", "t.csv"])
@pytest.mark.parametrize("chunk_rows", [None, 2])
def test_limits_and_empty_tables_in_every_format(tmp_path, name, chunk_rows):
    """
    A limit holds in every format; a table without rows gives one frame without rows.
    """
    frame = pd.DataFrame({"n": range(7)})
    write_frame(frame, tmp_path / name)
    some, report = read_chunks(tmp_path / name, chunk_rows, limit=5)

    assert some["n"].astype(int).tolist() == [0, 1, 2, 3, 4]
    assert some.index.tolist() == [0, 1, 2, 3, 4]
    assert report.n_rows == 5

    write_frame(frame.head(0), tmp_path / name, overwrite=True)
    assert len(read_chunks(tmp_path / name, chunk_rows)[0]) == 0


@pytest.mark.parametrize("ending", [".csv.gz", ".CSV.ZST", ".tsv.gz", ".jsonl.zst", ".json.gz"])
def test_compressed_text_formats(tmp_path, ending):
    """
    Text formats are compressed and decompressed by their names, in the same bytes each time.
    """
    frame = pd.DataFrame({"text": [f"text {n}, and more" for n in range(5000)]})
    for name in ("first", "second"):
        write_frame(frame, tmp_path / (name + ending))
    first, second = ((tmp_path / (name + ending)).read_bytes() for name in ("first", "second"))

    assert first == second
    assert len(first) < 40_000
    pd.testing.assert_frame_equal(read_frame(tmp_path / ("first" + ending)), frame)


def test_zstd_files_of_several_frames(tmp_path):
    """
    Files that were put together from compressed parts are read to the end.
    """
    write_frame(pd.DataFrame({"a": ["1"]}), tmp_path / "a.csv.zst")
    part = (tmp_path / "a.csv.zst").read_bytes()
    (tmp_path / "b.csv.zst").write_bytes(part + part)

    assert read_frame(tmp_path / "b.csv.zst")["a"].tolist() == ["1", "a", "1"]


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet", "csv.gz", "xlsx"])
def test_standard_input_in_every_format(monkeypatch, tmp_path, format):
    """
    "-" reads the format that is named, as from a file of that format.
    """
    frame = pd.DataFrame({"text": ["a", "b"]})
    write_frame(frame, tmp_path / "piped", format=format)

    class Piped:
        buffer = io.BytesIO((tmp_path / "piped").read_bytes())

    monkeypatch.setattr("sys.stdin", Piped)
    with FrameReader("-", format=format, chunk_rows=1) as reader:
        assert pd.concat(reader)["text"].tolist() == ["a", "b"]


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["", "bom"])
@pytest.mark.parametrize(
    ("content", "format"),
    [
        ('{"text": "a"}\n{"text": "b"}', "jsonl"),
        ('\n{ "text" : "a"}\n\t{\t"text": "b"}', "jsonl"),
        ('[{"text": "a"}, {"text": "b"}]', "json"),
        ('[\n  {\n    "text": "a"\n  },\n  {"text": "b"}\n]', "json"),
        ('[\r\n\t{ "text": "a"},{"text": "b"}]', "json"),
        ('{\n  "text": [\n    "a",\n    "b"\n  ]\n}', "json"),
        ("text\na\nb\n", "csv"),
        ("[text],{n}\na,1\nb,2\n", "csv"),
    ],
)
def test_the_first_bytes_of_a_pipe_tell_its_format(monkeypatch, bom, content, format):
    """
    JSON and JSON lines are known however they are spaced, with or without a byte order mark.
    """

    class Piped:
        buffer = io.BytesIO(bom + content.encode())

    monkeypatch.setattr("sys.stdin", Piped)
    with FrameReader("-") as reader:
        (frame,) = reader

    assert reader.report.format == format
    assert frame.iloc[:, 0].tolist() == ["a", "b"]


def test_pipes_with_a_name_are_read_once(tmp_path):
    """
    A named pipe, as a shell makes it of <(command), gives its table like a file.
    """
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    feeder = threading.Thread(target=pipe.write_text, args=("text;n\nä;1\n", "cp1252"))
    feeder.start()
    with FrameReader(pipe, format="csv") as reader:
        (frame,) = reader
    feeder.join()

    assert frame["text"].tolist() == ["ä"]


def test_a_stream_of_parquet_keeps_to_the_first_types(tmp_path):
    """
    Later frames are fitted to the types of the first, and refused where that would change values.
    """
    with FrameWriter(tmp_path / "t.parquet") as writer:
        writer.write(pd.DataFrame({"n": [1.5], "note": [None]}))
        writer.write(pd.DataFrame({"n": [2], "note": ["late"]}))
    frame = read_frame(tmp_path / "t.parquet")

    assert frame["n"].tolist() == [1.5, 2.0]
    assert frame["note"].iloc[1] == "late"


def write_parquet(path, *columns):
    with FrameWriter(path) as writer:
        for column in columns:
            writer.write(pd.DataFrame({"n": column}))


@pytest.mark.parametrize("columns", [([1], ["x"]), ([1], [0.5]), ([1, "a"],)])
def test_a_parquet_column_of_two_types_is_an_error(tmp_path, columns):
    """
    Values that do not fit the type of their column are refused with the cure, never changed.
    """
    with pytest.raises(TableError, match=r"write \.csv or \.jsonl instead"):
        write_parquet(tmp_path / "t.parquet", *columns)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ["parquet", "feather"])
@pytest.mark.parametrize(
    "columns",
    [([2**70],), ([1], [2**70]), ([None], [-(2**70), None]), (["a"], [2**64]), ([[1]], [[2**64]])],
    ids=str,
)
def test_numbers_beyond_64_bits_are_an_error_that_names_the_column(tmp_path, ending, columns):
    """
    Whether in the first rows or further down, they are refused with the cure, never cut.
    """
    with pytest.raises(TableError, match=r"'n' holds .* more than 64 bits.*write \.csv or"):
        write_parquet(tmp_path / f"t.{ending}", *columns)
    assert list(tmp_path.iterdir()) == []


def test_an_index_beyond_64_bits_is_named_as_such(tmp_path):
    """
    The index is kept in Parquet, so it must fit as well; halves of characters are no hindrance.
    """
    index = pd.Index([2**70], name="id", dtype=object)
    frame = pd.DataFrame({"text": ["\ud83d"]}, index=index, dtype=object)

    with pytest.raises(TableError, match="the index holds whole numbers of more than 64 bits"):
        write_frame(frame, tmp_path / "t.parquet")
