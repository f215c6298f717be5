"""Rows of a fact table, each of which knows its line, so that an error can name the cell."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from loaders.errors import SourceError
from loaders.identity import fold


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table."""

    file: str
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def parts(self, column: str, separator: str = "|") -> list[str]:
        """The values of a cell that holds several."""
        return [part.strip() for part in self[column].split(separator) if part.strip()]

    def day_if_any(self, column: str) -> date | None:
        """The date in a cell, None for an empty one; SourceError for anything else."""
        if not self[column]:
            return None
        try:
            return date.fromisoformat(self[column])
        except ValueError:
            raise self.error("no such date", column, "write it as 2025-07-01") from None

    def day(self, column: str) -> date:
        """The date in a cell that must hold one."""
        found = self.day_if_any(column)
        if found is None:
            raise self.error("a date is missing", column, "write it as 2025-07-01")
        return found

    def number(self, column: str) -> int:
        """The count in a cell; SourceError for anything else."""
        if not re.fullmatch(r"[0-9]+", self[column]):
            raise self.error("not a whole number", column, "write digits only")
        return int(self[column])

    def error(self, message: str, column: str, hint: str | None = None) -> SourceError:
        """The error that names this cell."""
        return SourceError(message, file=self.file, line=self.line, column=column, value=self[column], hint=hint)


def read_rows(path: Path, columns: tuple[str, ...], once: str | None = None) -> Iterator[Row]:
    """The rows of a UTF-8 CSV file in NFC, in order; SourceError when it is none or a column is missing.

    A column that says what a row is about, and so says it `once`, may not say the same in two rows.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            rows = _rows(reader, str(path), columns)
            yield from _each_once(rows, once) if once else rows
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        # What is not in UTF-8 is met somewhere in the block after the last row that was read.
        line = reader.line_num + 1 if isinstance(error, csv.Error) else None
        hint = "save it as CSV UTF-8, with every quotation mark closed, or restore the file"
        raise SourceError(f"not a readable CSV file: {error}", file=str(path), line=line, hint=hint) from error


def _each_once(rows: Iterator[Row], column: str) -> Iterator[Row]:
    lines: dict[str, int] = {}
    for row in rows:
        # As in IRIs: 1672/nq-ubtvqh15 is the act 1672/NQ-UBTVQH15.
        before = lines.setdefault(fold(row[column]), row.line)
        if before != row.line:
            raise row.error("this stands twice", column, f"it is also on line {before}: delete one")
        yield row


def _rows(reader: csv.DictReader[str], file: str, columns: tuple[str, ...]) -> Iterator[Row]:
    for column in columns:
        if column not in (reader.fieldnames or ()):
            hint = "the columns are separated by commas: " + ",".join(columns)
            raise SourceError("a column is missing", file=file, line=1, column=column, hint=hint)
    for cells in reader:
        # DictReader collects surplus cells under None and fills missing ones with None.
        if None in cells or None in cells.values():
            hint = "a comma inside a cell needs quotation marks around the cell"
            raise SourceError("more or fewer cells than columns", file=file, line=reader.line_num, hint=hint)
        tidy = {name: unicodedata.normalize("NFC", cell).strip() for name, cell in cells.items()}
        yield Row(file, reader.line_num, tidy)
