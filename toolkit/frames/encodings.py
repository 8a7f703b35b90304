"""How the bytes of a text file become characters: measured over the whole file, guessed last."""

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import IO

from toolkit.errors import TableError
from toolkit.frames.binaries import control_share, refuse_binary

SAMPLE_BYTES = 1 << 16
BLOCK_BYTES = 1 << 20

BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Where two fit equally well, the earlier one is taken.
FOREIGN = (
    "cp1255",
    "cp1251",
    "koi8_r",
    "cp1253",
    "cp1256",
    "cp874",
    "cp932",
    "euc_jp",
    "gb18030",
    "big5",
    "cp949",
)

OpenStream = Callable[[], IO[bytes]]


@dataclass(frozen=True)
class TextEncoding:
    """A codec, how it treats bytes that do not fit, and what to tell about the choice."""

    codec: str
    errors: str = "strict"
    problem: str | None = None

    @property
    def label(self) -> str:
        """The name that people use: "utf-8" also where a byte order mark is removed."""
        return self.codec.removesuffix("-sig")


def detect_encoding(open_stream: OpenStream, name: str) -> TextEncoding:
    """
    Find the encoding of a text; the whole of it is read, in bounded memory.

    A byte order mark decides; then UTF-8 if every byte fits, or nearly every; then what the
    bytes look like, with Windows-1252 for everything in western letters.

    >>> import io
    >>> detect_encoding(lambda: io.BytesIO("naïve".encode("cp1252")), "words.txt").codec
    'cp1252'
    """
    with open_stream() as stream:
        head = stream.read(SAMPLE_BYTES)
    if not head:
        raise TableError(f"{name} is empty: expected a header line and rows")

    codec = next((codec for bom, codec in BOMS if head.startswith(bom)), _unmarked_utf16(head))
    if codec is not None and codec != "utf-8-sig":
        return _checked(codec, open_stream, name)
    refuse_binary(head, name)
    if _decodes("utf-8", open_stream):
        return TextEncoding(codec or "utf-8")

    return _not_quite_utf8(open_stream, has_bom=codec is not None)


def checked_encoding(encoding: str) -> TextEncoding:
    """Return the encoding that was asked for; a byte order mark is removed where there is one."""
    try:
        codec = codecs.lookup(encoding).name
        "".encode(codec)  # refuses codecs that are not for text, such as "hex"
    except LookupError as error:
        raise TableError(
            f"there is no encoding {encoding!r}; expected a name like 'utf-8' or 'cp1252'"
        ) from error

    return TextEncoding("utf-8-sig" if codec == "utf-8" else codec)


def _unmarked_utf16(head: bytes) -> str | None:
    """Return the codec where NUL bytes sit as in UTF-16, line ends included; else None."""
    if b"\0" not in head:
        return None

    low, high = head[0::2], head[1::2]
    for codec, letters, zeros, newline in (
        ("utf-16-le", low, high, b"\n\0"),
        ("utf-16-be", high, low, b"\0\n"),
    ):
        n_newlines = letters.count(b"\n")
        paired = sum(head[i : i + 2] == newline for i in range(0, len(head) - 1, 2))
        looks_so = zeros.count(0) > 0.1 * len(zeros) and 10 * letters.count(0) <= zeros.count(0)
        if looks_so and n_newlines and paired > n_newlines / 2:
            text = head[: len(head) // 2 * 2].decode(codec, "replace")
            return codec if control_share(text) < 0.01 else None

    return None


def _checked(codec: str, open_stream: OpenStream, name: str) -> TextEncoding:
    if not _decodes(codec, open_stream):
        raise TableError(
            f"{name} starts as {codec.upper()} but does not go on so; it may be cut short: "
            "save it again as UTF-8"
        )

    return TextEncoding(codec)


def _decodes(codec: str, open_stream: OpenStream) -> bool:
    decoder = codecs.getincrementaldecoder(codec)("strict")
    try:
        with open_stream() as stream:
            while block := stream.read(BLOCK_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False

    return True


def _not_quite_utf8(open_stream: OpenStream, *, has_bom: bool) -> TextEncoding:
    """Tell a damaged UTF-8 text, where a few bytes are replaced, from another encoding."""
    n_good, n_bad, first_line = _count_utf8(open_stream)
    if has_bom or n_good > 4 * n_bad:
        were = "1 broken character was" if n_bad == 1 else f"{n_bad:,} broken characters were"
        problem = (
            f"read as UTF-8, in which {were} replaced by '\ufffd' (first in line {first_line})"
        )
        return TextEncoding("utf-8-sig" if has_bom else "utf-8", "replace", problem)

    guess = _guess(open_stream)
    codec = next(codec for codec in (guess, "cp1252", "latin-1") if _decodes(codec, open_stream))
    problem = f"read as {codec}: the file is not valid UTF-8 (see line {first_line})"

    return TextEncoding(codec, "strict", problem)


def _count_utf8(open_stream: OpenStream) -> tuple[int, int, int]:
    """Count characters beyond ASCII that are valid UTF-8 and that are not; find the first not."""
    n_good = n_bad = first_line = 0
    with open_stream() as stream:
        for number, line in enumerate(stream, start=1):
            if line.isascii():
                continue
            text = line.decode("utf-8", "replace")
            bad = text.count("\ufffd") - line.count("\ufffd".encode())
            n_good += sum(not character.isascii() for character in text) - bad
            n_bad += bad
            first_line = first_line or (number if bad else 0)

    return n_good, n_bad, first_line


def _guess(open_stream: OpenStream) -> str:
    with open_stream() as stream:
        telling = (line for line in stream if not line.isascii())
        sample = b"".join(islice(telling, 1000))[:SAMPLE_BYTES]
    # Not to end within a character, the sample ends with a line.
    sample = sample[: sample.rfind(b"\n") + 1] or sample
    n_beyond_ascii = sum(byte >= 0x80 for byte in sample)
    n_letters = sum(bytes((byte,)).isalpha() for byte in sample)

    # In western languages few letters carry an accent; Greek, Russian, Chinese ... have no others.
    is_western = n_beyond_ascii < 0.4 * (n_beyond_ascii + n_letters)
    codec = "cp1252" if is_western else _guess_foreign(sample)

    return "cp1250" if codec == "cp1252" and _looks_central_european(sample) else codec


def _looks_central_european(sample: bytes) -> bool:
    """
    Tell whether cp1252 would show Polish, Czech, Slovak or Croatian text as gibberish.

    Detection by language models takes German for cp1250 and worse, so we count: š and ž are rare
    in western languages, and superscripts before a letter (the Polish ł, ą) are rarer.
    """
    text = sample.decode("cp1252", "replace")
    odd = re.findall(r"[šžŠŽ]|[³¹¾¼](?=[^\W\d_])|\ufffd", text)

    return len(odd) > 0.1 * sum(not character.isascii() for character in text)


def _guess_foreign(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    matches = from_bytes(sample, cp_isolation=["cp1252", *FOREIGN])
    fits = {
        match.encoding: (round(match.chaos, 2), -round(match.coherence, 2)) for match in matches
    }
    for codec in ("cp932", "euc_jp"):
        if codec in fits and _is_japanese(sample.decode(codec, "replace")):
            return codec

    order = ["cp1252", *FOREIGN]
    known = [codec for codec in fits if codec in order]

    return min(known, key=lambda codec: (fits[codec], order.index(codec)), default="cp1252")


def _is_japanese(text: str) -> bool:
    n_hiragana = len(re.findall(r"[\u3041-\u3096]", text))

    return n_hiragana > 0.1 * sum(not character.isascii() for character in text)
