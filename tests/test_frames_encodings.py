"""The encoding of a text file is found, and told where it was guessed."""

import codecs
import io

import pytest

from toolkit.errors import TableError, ToolkitWarning
from toolkit.frames import FrameReader, read_frame

GERMAN = "text;label\nWo ist mein Päckchen? Schöne Grüße;Lieferung\n"
RUSSIAN = "text,label\nГде мой заказ? Я очень недоволен доставкой.,a\nСпасибо большое,b\n"
JAPANESE = "text,label\n注文はどこですか？配送がとても遅いです。,a\n返金してください,b\n"
CHINESE = "text,label\n我的订单在哪里？我对送货很不满意。,a\n请退款,b\n"
POLISH = "text,label\nGdzie jest moje zamówienie? Proszę o zwrot źle działa,a\nŻółta łódź,b\n"


@pytest.fixture
def table(tmp_path):
    def write(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def read_quietly(path, **options):
    with FrameReader(path, **options) as reader:
        (frame,) = reader

    return frame, reader.report


@pytest.mark.parametrize(
    ("encoding", "bom", "label"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", codecs.BOM_UTF8, "utf-8"),
        ("utf-16-le", codecs.BOM_UTF16_LE, "utf-16"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "utf-16"),
        ("utf-32-le", codecs.BOM_UTF32_LE, "utf-32"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
    ],
)
def test_unicode_is_certain(table, encoding, bom, label):
    """
    Every Unicode encoding is found, its byte order mark is no part of the first name, and as
    nothing was guessed there is no warning.
    """
    path = table(bom + (GERMAN + "😀 語;Lob\n").encode(encoding))
    frame = read_frame(path)
    report = read_quietly(path)[1]

    assert list(frame.columns) == ["text", "label"]
    assert frame["text"].tolist() == ["Wo ist mein Päckchen? Schöne Grüße", "😀 語"]
    assert report.encoding == label


@pytest.mark.parametrize("repeats", [1, 50, 2000])
@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "cp1252"),
        ("text,label\nOù est ma commande ? L’article est abîmé.,a\n", "cp1252"),
        ("text,label\nIt’s “broken” – again…,a\nI paid 20€,b\n", "cp1252"),
        ("text,label\n" + "hello there,a\n" * 30 + "the café is nice,b\n", "cp1252"),
        (POLISH, "cp1250"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8_r"),
        (JAPANESE, "cp932"),
        (JAPANESE, "euc_jp"),
        (CHINESE, "gb18030"),
    ],
)
def test_older_encodings_are_guessed_and_told(table, text, encoding, repeats):
    """
    The text is read as it was written, from one row as from many, with a warning.
    """
    header, *rows = text.splitlines(keepends=True)
    text = header + "".join(rows) * repeats
    path = table(text.encode(encoding))
    with pytest.warns(ToolkitWarning, match=f"read as {encoding}: the file is not valid UTF-8"):
        frame = read_frame(path)

    delimiter = text[4]
    assert delimiter.join(frame.iloc[-1]) == rows[-1].rstrip("\n")


def test_a_late_byte_counts(table):
    """
    The whole file is looked at: an accent after 3 MB of ASCII is read right.
    """
    path = table(b"text,label\n" + b"hello,x\n" * 400_000 + "café,y\n".encode("cp1252"))
    frame, report = read_quietly(path)

    assert frame["text"].iloc[-1] == "café"
    assert report.encoding == "cp1252"
    assert "line 400002" in report.problems()[0]


def test_damaged_utf8_is_not_taken_for_another_encoding(table):
    """
    One broken byte in a UTF-8 file costs one character, and all accents stay.
    """
    rows = "naïve café,x\n" * 20
    path = table(f"text,label\n{rows}".encode() + b"bro\xffken,y\n" + rows.encode())
    frame, report = read_quietly(path)

    assert frame["text"].iloc[0] == "naïve café"
    assert frame["text"].iloc[20] == "bro\ufffdken"
    assert report.problems() == [
        "read as UTF-8, in which 1 broken character was replaced by '\ufffd' (first in line 22)"
    ]


def test_a_replacement_character_that_was_there_is_not_counted(table):
    """
    U+FFFD in a valid file is a character like any other.
    """
    frame = read_frame(table("text,label\n\ufffd,x\n".encode()))

    assert frame["text"].tolist() == ["\ufffd"]


def test_bytes_without_meaning_in_cp1252(table):
    """
    Where nothing else fits, latin-1 does.
    """
    _, report = read_quietly(table(b"text,label\n" + b"hello \x81 world,x\n" * 3))

    assert report.encoding == "latin-1"


def test_an_encoding_that_is_asked_for(table):
    """
    A given encoding is taken; if it is none, or does not fit, that is an error with the cure.
    """
    path = table(GERMAN.encode("mac_roman"))

    assert read_frame(path, encoding="mac_roman")["text"][0].startswith("Wo ist mein Päckchen")
    for encoding in ("uft-8", "hex"):
        with pytest.raises(TableError, match=f"there is no encoding {encoding!r}"):
            read_frame(path, encoding=encoding)
    with pytest.raises(TableError, match="not valid utf-8 .*leave the encoding out"):
        read_frame(path, encoding="utf8")


def test_utf16_cut_in_the_middle(table):
    """
    A UTF-16 file that ends within a character is an error.
    """
    with pytest.raises(TableError, match="starts as UTF-16 but does not go on so"):
        read_frame(table("\ufefftext,label\na,b\n".encode("utf-16-le")[:-1]))


def test_stray_nul_bytes_are_characters(table):
    """
    A NUL here and there makes no file binary, in UTF-8 or not.
    """
    frame = read_frame(table(b"text,label\na\0b,x\n\0,y\n"))

    assert frame["text"].tolist() == ["a\0b", "\0"]


def test_standard_input_is_read_the_same_way(monkeypatch):
    """
    "-" is spooled, so that its encoding and delimiter are found like a file's.
    """

    class Piped:
        buffer = io.BytesIO(GERMAN.encode("cp1252"))

    monkeypatch.setattr("sys.stdin", Piped)
    frame, report = read_quietly("-")

    assert frame["label"].tolist() == ["Lieferung"]
    assert (report.source, report.encoding) == ("standard input", "cp1252")
