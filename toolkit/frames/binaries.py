"""Tells files that are no text at all."""

import re

from toolkit.errors import TableError

KINDS = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF-": "a PDF",
    b"PK\x03\x04": "a ZIP archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file",
    b"PAR1": "a Parquet file",
    b"ARROW1": "a Feather file",
    b"\x1f\x8b": "a gzip file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"7z\xbc\xaf": "a 7z archive",
    b"SQLite format 3": "an SQLite database",
    b"\x7fELF": "a program",
}
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def refuse_binary(head: bytes, name: str) -> None:
    """Raise a TableError if the first bytes of a file are not the start of a text."""
    kind = next((kind for magic, kind in KINDS.items() if _starts_with(magic, head)), None)
    if kind is None:
        is_utf8 = _is_utf8(head)
        # Texts may hold a stray NUL; files of which much is control characters are no texts.
        if control_share(head.decode("latin-1")) > (0.3 if is_utf8 else 0.05):
            kind = "a binary file"

    if kind is not None:
        raise TableError(
            f"{name} is {kind}, not a text table: give it the ending of its true format, "
            "or export it as CSV in UTF-8"
        )


def control_share(text: str) -> float:
    """
    Return which share of the characters are control characters (line ends and tabs are not).

    >>> control_share("a\\0b\\0")
    0.5
    """
    return len(CONTROLS.findall(text)) / max(1, len(text))


def _starts_with(magic: bytes, head: bytes) -> bool:
    # A header may start with the same letters, but is not followed by control characters.
    is_sure = not magic.isalnum() or CONTROLS.search(head[:16].decode("latin-1")) is not None

    return is_sure and head.startswith(magic)


def _is_utf8(head: bytes) -> bool:
    # The sample may end within a character, which has at most four bytes.
    return any(_decodes(head[: len(head) - cut]) for cut in range(4))


def _decodes(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False

    return True
