"""Reads Parquet and Feather: types and named indexes are kept."""

from collections.abc import Iterator

import pandas as pd
import pyarrow as pa

from toolkit.errors import TableError
from toolkit.frames.options import ReadOptions
from toolkit.frames.report import ReadReport
from toolkit.frames.sources import Source

BATCH_ROWS = 1 << 16

WHOLE_OR_MISSING = {
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}


def read_arrow(source: Source, options: ReadOptions, report: ReadReport) -> Iterator[pd.DataFrame]:
    """Give the table in frames of at most ``options.chunk_rows`` rows, at least one frame."""
    tables = _parquet_batches if source.format.name == "parquet" else _feather_batches
    try:
        yield from _frames(tables(source, options.chunk_rows or BATCH_ROWS), options)
    except pa.ArrowException as error:
        raise TableError(f"{report.source} is no {report.format} file: {error}") from error


def _parquet_batches(source: Source, n_rows: int) -> Iterator[pa.Table]:
    from pyarrow.parquet import ParquetFile

    with source.open() as stream, ParquetFile(stream) as file:
        yield file.schema_arrow.empty_table()
        for batch in file.iter_batches(batch_size=n_rows):
            yield pa.Table.from_batches([batch], schema=file.schema_arrow)


def _feather_batches(source: Source, n_rows: int) -> Iterator[pa.Table]:
    with source.open() as stream, pa.ipc.open_file(stream) as file:
        yield file.schema.empty_table()
        for number in range(file.num_record_batches):
            batch = pa.Table.from_batches([file.get_batch(number)])
            for start in range(0, batch.num_rows, n_rows):
                yield batch.slice(start, n_rows)


def _frames(tables: Iterator[pa.Table], options: ReadOptions) -> Iterator[pd.DataFrame]:
    empty = next(tables)
    filled = _first_rows(tables, options.limit)
    if options.chunk_rows is None:
        yield _frame(pa.concat_tables([empty, *filled]))
        return

    n_frames = 0
    for n_frames, table in enumerate(filled, start=1):  # noqa: B007 - counted for the line below
        yield _frame(table)
    if n_frames == 0:
        yield _frame(empty)


def _first_rows(tables: Iterator[pa.Table], limit: int | None) -> Iterator[pa.Table]:
    for table in tables:
        if limit is not None:
            table = table.slice(0, limit)
            limit -= table.num_rows
        if table.num_rows:
            yield table
        if limit == 0:
            return


def _frame(table: pa.Table) -> pd.DataFrame:
    names = table.column_names
    if len(set(names)) < len(names):
        raise TableError(f"expected columns of different names, got {', '.join(map(repr, names))}")

    frame: pd.DataFrame = table.to_pandas()
    for name in frame.columns.intersection(names):
        column = table.column(name)
        # pandas would turn whole numbers beside missing ones into floats: long ids would change.
        if column.null_count and column.type in WHOLE_OR_MISSING:
            frame[name] = pd.Series(
                column.to_pandas(types_mapper=WHOLE_OR_MISSING.get).array, index=frame.index
            )

    return frame
