"""Tables are written whole or not at all, and come back as they were."""

import io
import json
import os
import random
import stat

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import TableError, ToolkitWarning
from toolkit.frames import FrameReader, FrameWriter, read_frame, write_frame

FORMATS = ["csv", "tsv", "jsonl", "json", "parquet", "feather", "xlsx", "csv.gz", "csv.zst"]


@pytest.fixture
def frame():
    return pd.DataFrame({"id": ["007", "008"], "text": ["a", "b"]})


def random_texts(generator, n):
    characters = ["a", "ß", "語", "😀", " ", ",", ";", "\t", '"', "'", "\n", "\r", "\r\n", "\0"]
    characters += ["\ufeff", "\u2028", "\x1c", "=", "-", "NA", "007", "\\", "\x85"]

    return ["".join(generator.choices(characters, k=generator.randint(0, 5))) for _ in range(n)]


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "json", "parquet", "csv.gz"])
def test_texts_come_back_as_they_were(tmp_path, seed, ending):
    """
    Read what was written and nothing has changed, from one column to four, in one go or in many.
    """
    generator = random.Random(seed)
    n_rows = generator.randint(1, 20)
    frame = pd.DataFrame(
        {f"column {n}": random_texts(generator, n_rows) for n in range(generator.randint(1, 4))},
        dtype="str",
    )
    path = tmp_path / f"t.{ending}"
    with FrameWriter(path) as writer:
        for start in range(0, n_rows, 7):
            writer.write(frame.iloc[start : start + 7])

    pd.testing.assert_frame_equal(read_frame(path).reset_index(drop=True), frame)
    with FrameReader(path, chunk_rows=3) as reader:
        pd.testing.assert_frame_equal(pd.concat(reader, ignore_index=True), frame)


def test_csv_is_plain(tmp_path):
    """
    CSV has Unix line ends, quotes only where needed, empty cells for what is missing, the
    shortest numbers, and JSON for lists.
    """
    frame = pd.DataFrame(
        {
            "text": ["a b", "c,d", 'say "x"', None],
            "score": np.array([0.3, 1e-10, np.nan, 2], dtype="float32"),
            "ratio": pd.array([0.1, None, 1, 2], dtype="Float32"),
            "n": pd.array([1, None, 3, 4], dtype="Int64"),
            "ok": [True, False, True, False],
            "when": pd.to_datetime(
                ["2026-01-31 00:00", None, "2026-02-01 10:30", "2026-02-02 00:00"]
            ),
            "tags": [["x", "é"], {"k": 1}, np.array([0.3], dtype="float32"), None],
            "kind": pd.Categorical(["p", "q", None, "p"]),
        }
    )
    write_frame(frame, tmp_path / "t.csv")

    assert (tmp_path / "t.csv").read_bytes().decode() == (
        "text,score,ratio,n,ok,when,tags,kind\n"
        'a b,0.3,0.1,1,True,2026-01-31 00:00:00,"[""x"", ""é""]",p\n'
        '"c,d",1e-10,,,False,,"{""k"": 1}",q\n'
        '"say ""x""",,1.0,3,True,2026-02-01 10:30:00,[0.3],\n'
        ",2.0,2.0,4,False,2026-02-02 00:00:00,,p\n"
    )


def test_json_is_plain(tmp_path):
    """
    JSON has the shortest numbers, null for what is missing and readable characters.
    """
    frame = pd.DataFrame(
        {
            "text": ["é", None],
            "score": np.array([0.3, np.nan], dtype="float32"),
            "vector": [np.array([0.1, 0.2], dtype="float32"), [np.float32(0.7), np.int64(2)]],
            "when": pd.to_datetime(["2026-01-31", None]),
        }
    )
    write_frame(frame, tmp_path / "t.jsonl")

    assert (tmp_path / "t.jsonl").read_bytes().decode() == (
        '{"text": "é", "score": 0.3, "vector": [0.1, 0.2], "when": "2026-01-31 00:00:00"}\n'
        '{"text": null, "score": null, "vector": [0.7, 2], "when": null}\n'
    )


@pytest.mark.parametrize("ending", ["jsonl", "json"])
def test_json_has_no_nan_and_no_infinity(tmp_path, ending):
    """
    What is no number is null, also within lists, arrays and objects, so that any program reads it.
    """
    odd = [float("nan"), float("inf"), -np.float64("inf"), np.float32("nan")]
    values = [*odd, odd, (1, odd), np.array([1, np.inf]), {"k": np.array(odd)}, 0.5, "\ud800"]
    values.append([odd[0], "\ud800"])
    frame = pd.DataFrame({"object": values, "float": np.resize([np.inf, -np.inf, 2], len(values))})
    write_frame(frame, tmp_path / f"t.{ending}")
    content = (tmp_path / f"t.{ending}").read_text()
    text = content if ending == "json" else f"[{','.join(content.splitlines())}]"
    records = json.loads(text, parse_constant=pytest.fail)
    found = [record["object"] for record in records]

    none = [None] * 4
    assert found[:6] == [*none, none, [1, none]]
    assert found[6:] == [[1, None], {"k": none}, 0.5, "\ud800", [None, "\ud800"]]
    assert [record["float"] for record in records[:3]] == [None, None, 2]


def test_lists_in_cells_are_json(tmp_path):
    """
    A vector in a CSV cell can be read as JSON, also if it holds NaN.
    """
    write_frame(pd.DataFrame({"v": [np.array([0.5, np.nan])]}), tmp_path / "t.csv")

    assert json.loads(read_frame(tmp_path / "t.csv")["v"][0]) == [0.5, None]


def write_all(path, frames, failure=None, **options):
    with FrameWriter(path, **options) as writer:
        for frame in frames:
            writer.write(frame)
        if failure is not None:
            raise failure


@pytest.mark.parametrize("ending", FORMATS)
def test_nothing_is_left_after_an_error(tmp_path, frame, ending):
    """
    If the work fails, or is interrupted, half way, there is no file, and an old one is untouched.
    """
    path = tmp_path / f"t.{ending}"
    for failure in (ValueError, KeyboardInterrupt):
        with pytest.raises(failure):
            write_all(path, [frame], failure)
        assert list(tmp_path.iterdir()) == []

    write_frame(frame, path)
    before = path.read_bytes()
    with pytest.raises(KeyboardInterrupt):
        write_all(path, [frame.head(1)], KeyboardInterrupt, overwrite=True)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_appears_at_the_end(tmp_path, frame):
    """
    Nobody sees the table before it is whole.
    """
    with FrameWriter(tmp_path / "t.csv") as writer:
        writer.write(frame)
        assert not (tmp_path / "t.csv").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_files_are_not_overwritten_unasked(tmp_path, frame):
    """
    An existing file is an error before any work is done; the message holds both cures.
    """
    path = tmp_path / "t.csv"
    path.write_text("mine")

    with pytest.raises(TableError, match=r"overwrite=True \(--force on the command line\)"):
        FrameWriter(path)
    assert path.read_text() == "mine"

    write_frame(frame, path, overwrite=True)
    assert len(read_frame(path)) == 2


def test_a_table_may_replace_the_one_it_is_made_from(tmp_path):
    """
    The input stays readable until the output is whole.
    """
    path = tmp_path / "t.csv"
    write_frame(pd.DataFrame({"n": [str(n) for n in range(100)]}), path)
    with FrameReader(path, chunk_rows=10) as reader, FrameWriter(path, overwrite=True) as writer:
        for chunk in reader:
            writer.write(chunk.assign(twice=chunk["n"] + chunk["n"]))

    assert read_frame(path)["twice"].iloc[-1] == "9999"


def test_permissions_and_links_stay(tmp_path, frame):
    """
    A new file has usual permissions, a replaced one keeps its own, and a link stays a link.
    """
    plain, link = tmp_path / "plain.csv", tmp_path / "link.csv"
    plain.touch()
    usual = stat.S_IMODE(plain.stat().st_mode)
    write_frame(frame, tmp_path / "new.csv")
    assert stat.S_IMODE((tmp_path / "new.csv").stat().st_mode) == usual

    plain.chmod(0o600)
    link.symlink_to(plain)
    write_frame(frame, link, overwrite=True)
    assert link.is_symlink()
    assert len(read_frame(plain)) == 2
    assert stat.S_IMODE(plain.stat().st_mode) == 0o600


def test_devices_are_written_to_not_replaced(frame):
    """
    /dev/null stays what it is.
    """
    write_frame(frame, os.devnull, format="csv", overwrite=True)

    assert not os.path.isfile(os.devnull)


def test_places_that_cannot_be(tmp_path, frame):
    """
    A folder, a missing folder and a format that holds no table are errors before any work.
    """
    with pytest.raises(TableError, match="is a folder: add a file name"):
        FrameWriter(tmp_path, format="csv")
    with pytest.raises(TableError, match="there is no folder .*make it first"):
        FrameWriter(tmp_path / "none" / "t.csv")
    with pytest.raises(TableError, match=r"write \.csv"):
        FrameWriter(tmp_path / "t.txt")


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ([], "nothing was written"),
        ([pd.DataFrame(index=[0])], "without any"),
        ([pd.DataFrame([[1, 2]], columns=["a", "a"])], "got twice: a"),
        ([pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})], "expected the columns"),
        ([pd.DataFrame({"a": [1]}, index=pd.Index([1], name="a"))], "another name than a column"),
    ],
)
def test_frames_that_make_no_table(tmp_path, frames, message):
    """
    A table has columns, each of another name, and the same ones all along.
    """
    with pytest.raises(TableError, match=message):
        write_all(tmp_path / "t.csv", frames)
    assert list(tmp_path.iterdir()) == []


def test_a_writer_is_used_in_its_block(tmp_path, frame):
    """
    Before the with block there is nothing to write to.
    """
    with pytest.raises(TableError, match="inside the with block"):
        FrameWriter(tmp_path / "t.csv").write(frame)


def test_a_named_index_is_a_column_in_text_formats(tmp_path, frame):
    """
    An index with a name is data; row numbers are not.
    """
    write_frame(frame.set_index("id"), tmp_path / "a.csv")
    write_frame(frame.iloc[[1, 0]], tmp_path / "b.csv")

    assert (tmp_path / "a.csv").read_text() == "id,text\n007,a\n008,b\n"
    assert (tmp_path / "b.csv").read_text() == "id,text\n008,b\n007,a\n"


def test_the_delimiter_is_kept(tmp_path):
    """
    A table that came with semicolons goes out with semicolons, unless it becomes a TSV.
    """
    (tmp_path / "in.csv").write_text("a;b\n1,5;2\n")
    with FrameReader(tmp_path / "in.csv") as reader:
        (frame,) = reader
    write_frame(frame, tmp_path / "out.csv", like=reader.report)
    write_frame(frame, tmp_path / "out.tsv", like=reader.report)

    assert (tmp_path / "out.csv").read_text() == "a;b\n1,5;2\n"
    assert (tmp_path / "out.tsv").read_text() == "a\tb\n1,5\t2\n"


def test_the_delimiter_of_a_table_that_is_still_to_be_read(tmp_path):
    """
    A report taken before the first frame tells the delimiter as well, and one file has one.
    """
    (tmp_path / "in.csv").write_text("a;b\n1,5;2\n3;4\n")
    reader = FrameReader(tmp_path / "in.csv", chunk_rows=1)
    with reader, FrameWriter(tmp_path / "out.csv", like=reader.report) as writer:
        for frame in reader:
            writer.write(frame)
            iter(reader)
            break
        for frame in reader:
            writer.write(frame)

    assert (tmp_path / "out.csv").read_text() == "a;b\n1,5;2\n1,5;2\n3;4\n"


def test_standard_output(capsysbinary, frame):
    """
    "-" writes UTF-8 to standard output and leaves it open.
    """
    write_frame(frame.assign(text=["é", "😀"]), "-")
    write_frame(frame, "-", format="jsonl")

    out = capsysbinary.readouterr().out.decode()
    assert out.splitlines()[:3] == ["id,text", "007,é", "008,😀"]
    assert out.splitlines()[3] == '{"id": "007", "text": "a"}'


def test_formulas_are_defused_on_request(tmp_path):
    """
    Texts that a spreadsheet would run get an apostrophe, in cells and header; numbers do not.
    """
    texts = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "＝1", "a=1", "", "'=1"]
    frame = pd.DataFrame({"=name": texts, "n": range(-1, -12, -1)})
    write_frame(frame, tmp_path / "t.csv", spreadsheet_safe=True)
    back = read_frame(tmp_path / "t.csv")

    assert list(back.columns) == ["'=name", "n"]
    assert back["'=name"].tolist() == ["'" + text for text in texts[:8]] + texts[8:]
    assert back["n"].tolist()[0] == "-1"


@pytest.mark.parametrize("ending", ["csv", "parquet", "feather", "xlsx"])
def test_lone_surrogates_are_replaced_and_told(tmp_path, ending):
    """
    Halves of characters, which UTF-8 cannot hold, become U+FFFD, and a note says how many.
    """
    texts = ["ok 😀", *["fine"] * 20_000, "bad \ud800\udbff"]
    frame = pd.DataFrame({"text": pd.Series(texts, dtype=object)})
    path = tmp_path / f"t.{ending}"
    with pytest.warns(ToolkitWarning, match="2 halves of characters were replaced"):
        write_frame(frame, path)

    back = read_frame(path)["text"].tolist()
    assert back == [*texts[:-1], "bad \ufffd\ufffd"]


def test_what_a_sheet_cannot_hold(tmp_path):
    """
    Longer cells are cut and told; more columns or rows than a sheet has are an error.
    """
    with pytest.warns(ToolkitWarning, match="1 cell was cut"):
        write_frame(pd.DataFrame({"t": ["x" * 40_000, "y"]}), tmp_path / "a.xlsx")
    assert read_frame(tmp_path / "a.xlsx")["t"].str.len().tolist() == [32_767, 1]

    wide = pd.DataFrame(np.zeros((1, 16_385)), columns=[f"c{n}" for n in range(16_385)])
    with pytest.raises(TableError, match="16,384 columns at most"):
        write_frame(wide, tmp_path / "b.xlsx")


def test_times_with_a_time_zone_are_text_in_a_sheet(tmp_path):
    """
    A sheet knows no time zones: such times are written as ISO text, and that is told.
    """
    moment = pd.Timestamp("2026-01-31 10:30", tz="Europe/Berlin")
    frame = pd.DataFrame(
        {
            "mixed": pd.Series([moment.to_pydatetime(), "later"], dtype=object),
            "typed": pd.Series([moment, None]),
        }
    )
    with pytest.warns(ToolkitWarning, match="2 times were written as text"):
        write_frame(frame, tmp_path / "t.xlsx")
    back = read_frame(tmp_path / "t.xlsx")

    assert back["mixed"].tolist() == ["2026-01-31 10:30:00+01:00", "later"]
    assert back["typed"].tolist() == ["2026-01-31 10:30:00+01:00", ""]


def test_bytes_reach_a_stream_in_pieces(tmp_path, monkeypatch):
    """
    Rows go out as they come: standard output has them before the block ends.
    """

    class Screen:
        buffer = io.BytesIO()

    monkeypatch.setattr("sys.stdout", Screen)
    with FrameWriter("-") as writer:
        writer.write(pd.DataFrame({"n": [1]}))
        assert Screen.buffer.getvalue() == b"n\n1\n"
