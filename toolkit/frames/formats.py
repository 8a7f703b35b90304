"""Which table formats there are and how a file's name tells them."""

from dataclasses import dataclass

from toolkit.errors import TableError

FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".txt": "txt",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".feather": "feather",
    ".xlsx": "xlsx",
}
TEXT_FORMATS = frozenset({"csv", "tsv", "txt", "jsonl", "json"})
COMPRESSIONS = {".gz": "gz", ".zst": "zst"}


@dataclass(frozen=True)
class Format:
    """A table format, and how its bytes are compressed ("gz", "zst" or None)."""

    name: str
    compression: str | None = None


def format_of(name: str, format: str | None = None) -> Format:
    """
    Tell the format from a file's name, or from ``format`` where that is given.

    >>> format_of("tickets.CSV.gz")
    Format(name='csv', compression='gz')
    >>> format_of("-", "jsonl")
    Format(name='jsonl', compression=None)
    """
    stem, compression = _split_compression(name.lower())
    if format is not None:
        named = "." + format.lower().lstrip(".")
        stem, named_compression = _split_compression(named)
        compression = named_compression or compression
    elif name == "-":
        stem = ".csv"
    found = next((FORMATS[suffix] for suffix in FORMATS if stem.endswith(suffix)), None)

    if found is None:
        what = f"format={format!r}" if format is not None else f"a name like {name!r}"
        raise TableError(
            f"no table format goes with {what}: expected one of {' '.join(FORMATS)} "
            "(the text formats also with .gz or .zst), or say which with format= "
            "(--input-format or --format on the command line)"
        )
    if compression and found not in TEXT_FORMATS:
        raise TableError(
            f"{name!r}: {found} is compressed by itself; leave out the ending .{compression}"
        )

    return Format(found, compression)


def written_format(name: str, format: str | None = None) -> Format:
    """
    Tell the format that a table is written in; not every one that is read can be.

    >>> written_format("found.jsonl")
    Format(name='jsonl', compression=None)
    """
    found = format_of(name, format)
    if found.name == "txt":
        raise TableError(f"{name!r}: a table cannot be written as .txt; write .csv or .tsv instead")

    return found


def _split_compression(name: str) -> tuple[str, str | None]:
    for suffix, compression in COMPRESSIONS.items():
        if name.endswith(suffix):
            return name.removesuffix(suffix), compression

    return name, None
