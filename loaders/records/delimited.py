"""CSV as spreadsheets write it: comma, semicolon or tab; UTF-8 or, when its mark says so, UTF-16."""

from __future__ import annotations

import codecs
import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from loaders.errors import SourceError
from loaders.records.cells import Raw, clean

Line = tuple[int, list[Raw | None]]

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_lines(path: Path) -> Iterator[Line]:
    """The lines that hold something, with their numbers in the file; an empty cell is None.

    SourceError for a file that is no CSV in Unicode, or was cut short in the middle of a row.
    """
    encoding = _encoding(path)
    try:
        with path.open(encoding=encoding, newline="") as stream:
            yield from _lines(stream, path)
    except UnicodeError:
        message = "not in UTF-8, and another encoding would garble the Vietnamese"
        hint = "in Excel choose Save as, then CSV UTF-8"
        raise SourceError(message, file=str(path), line=_first_broken(path, encoding), hint=hint) from None


def _lines(stream: TextIO, path: Path) -> Iterator[Line]:
    delimiter, skipped = _delimiter(stream)
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    line, width, short = skipped + 1, 0, 0
    try:
        for cells in reader:
            width = width or len(cells)
            read: list[Raw | None] = [clean(cell) or None for cell in cells]
            short = line if any(read) and len(cells) < width else 0
            if any(read):
                yield line, read
            line = skipped + reader.line_num + 1
    except csv.Error as error:
        hint = "a quotation mark that is not closed, or stands inside a cell without being doubled"
        raise SourceError(f"not CSV: {error}", file=str(path), line=line, hint=hint) from None
    # Some leave out empty cells at the end of a row, and some the end of the last row; what lacks both was cut short.
    if short and not _is_ended(path, stream.encoding):
        hint = "restore the file; or, if that is all, end its last line"
        raise SourceError("the file ends in the middle of a row", file=str(path), line=short, hint=hint)


def _encoding(path: Path) -> str:
    with path.open("rb") as stream:
        start = stream.read(4)
    return next((encoding for mark, encoding in _MARKS if start.startswith(mark)), "utf-8")


def _delimiter(stream: TextIO) -> tuple[str, int]:
    """The delimiter, and the number of lines that only say so; the stream stands behind them."""
    first = next((line for line in stream if line.strip()), "")
    if first.lower().startswith("sep=") and len(first.strip("\r\n")) == 5:
        return first[4], 1
    stream.seek(0)
    # No heading has a tab or a semicolon, but some have a comma.
    return next((delimiter for delimiter in "\t;" if delimiter in first), ","), 0


def _is_ended(path: Path, encoding: str) -> bool:
    with path.open("rb") as stream:
        stream.seek(-2 if encoding == "utf-16" else -1, os.SEEK_END)
        return stream.read().strip(b"\0") in (b"\n", b"\r")


def _first_broken(path: Path, encoding: str) -> int | None:
    if encoding == "utf-16":
        return None
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return None
