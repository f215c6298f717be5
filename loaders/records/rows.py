"""Rows: the lines of a sheet, each cell read as its column says, every fault with its place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from loaders.errors import DataError, SourceError
from loaders.records import cells
from loaders.records.cells import Raw
from loaders.records.headings import columns_of
from loaders.records.periods import read_period
from loaders.records.schema import Column, Kind, Rule, Table
from loaders.records.sheets import Sheet
from loaders.records.tables import help_of
from loaders.records.vocabulary import Choice, Vocabulary

Reader = Callable[[Raw], Any]
SEPARATOR = "|"

_READERS: Mapping[Kind, Reader] = {
    Kind.KEY: cells.read_key,
    Kind.REFERENCE: cells.read_key,
    Kind.MEMBER: cells.read_key,
    Kind.HOLDING: cells.read_key,
    Kind.TARGET: cells.read_key,
    Kind.TEXT: cells.read_words,
    Kind.NOTE: cells.read_text,
    Kind.CODE: cells.read_name,
    Kind.UNIT: cells.read_name,
    Kind.AGENT: cells.read_name,
    Kind.WITHIN: cells.read_name,
    Kind.INTEGER: cells.read_integer,
    Kind.NUMBER: cells.read_number,
    Kind.YEAR: cells.read_year,
    Kind.CLUSTER_YEAR: cells.read_year,
    Kind.DATE: cells.read_date,
    Kind.MOMENT: cells.read_moment,
    Kind.ADDRESS: cells.read_address,
    Kind.LICENCE: cells.read_licence,
    Kind.CHECKSUM: cells.read_checksum,
    Kind.PERIOD: lambda raw: read_period(cells.read_text(raw)),
}
_RULES = {
    "exactly one of": "exactly one of these must be filled in",
    "at least one of": "at least one of these must be filled in",
    "at most one of": "only one of these may be filled in",
    "all or none of": "fill in all of these, or none",
    "first only with": "the first of these needs the second",
    "in order": "the first of these must be smaller than the second",
    "not after": "the first of these must not be after the second",
}


class Place(NamedTuple):
    """Where a row stands.

    >>> str(Place("data/records/members.csv", 7))
    'data/records/members.csv:7'
    """

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Row(NamedTuple):
    """One row; `values` holds what its cells mean by column key, without the empty ones.

    `raw` is what stood there and `headings` what the file calls its columns, for errors; a row that is not `sound`
    has cells that were refused.
    """

    table: Table
    place: Place
    values: Mapping[str, Any]
    raw: Mapping[str, Raw]
    headings: Mapping[str, str]
    sound: bool

    def placed(self, error: DataError, column: str) -> DataError:
        """The error, with the row's place and the cell's value."""
        error.file, error.line = self.place.file, self.place.line
        error.column = self.headings.get(column, column)
        error.value = _shown(self.raw.get(column)) if error.value is None else error.value
        return error


def _shown(cell: Raw | None) -> str | float | None:
    """What stood in a cell, as staff see it there."""
    return str(cell) if isinstance(cell, date | time | timedelta) else cell


def read_rows(
    sheet: Sheet, vocabulary: Vocabulary, errors: list[DataError], only: Collection[str] | None = None
) -> Iterator[Row]:
    """The rows of a sheet, in order; every fault is added to the errors, at most one a cell.

    With `only`, the other columns' cells are passed over, and nothing is asked of the rows but those.
    """
    lines = sheet.lines()
    try:
        line, titles = next(lines, (1, []))
        columns = columns_of(sheet, line, titles, errors)
        if columns is None:
            return
        form = _Form(sheet, columns, titles, vocabulary, only)
        for number, read in lines:
            yield form.row(number, read, errors)
    except SourceError as error:
        errors.append(error)


# A column of a table is read in hundreds of sheets, and most of its cells hold what others hold too.
@lru_cache(maxsize=1024)
def _reader(column: Column, vocabulary: Vocabulary) -> Reader:
    if column.kind in (Kind.CHOICE, Kind.SORT, Kind.TARGET_KIND):
        choices = vocabulary.choices(column)
        read: Reader = lambda raw: choices.find(cells.read_text(raw))  # noqa: E731
    else:
        read = _READERS[column.kind]
    if column.many:
        return lru_cache(maxsize=1024, typed=True)(lambda raw: tuple(map(read, _parts(cells.read_text(raw)))))
    return lru_cache(maxsize=1024, typed=True)(read)


def _parts(text: str) -> list[str]:
    parts = [part.strip() for part in text.split(SEPARATOR)]
    if not all(parts):
        raise SourceError("nothing before or after a separator", hint=f"a {SEPARATOR} only between two values")
    return parts


class _Form:
    """How the rows of one sheet are read: which column stands where, and what is asked of each row."""

    def __init__(
        self,
        sheet: Sheet,
        columns: Sequence[Column | None],
        titles: Sequence[Raw | None],
        vocabulary: Vocabulary,
        only: Collection[str] | None,
    ) -> None:
        self.table, self.file, self.whole, self.columns = sheet.table, sheet.file, only is None, columns
        read = [column if column and (only is None or column.key in only) else None for column in columns]
        self.keys = [column.key if column else None for column in read]
        self.readers = {column.key: _reader(column, vocabulary) for column in read if column}
        self.headings = {column.key: str(title) for column, title in zip(read, titles, strict=True) if column}
        self.required = {column.key for column in self.table.columns if column.required}
        self.within = {column.key for column in self.table.of_kind(Kind.WITHIN)}
        self.gaps = None in columns
        self.numbers = self.table.of_kind(Kind.NUMBER)

    def row(self, number: int, read: Sequence[Raw | None], errors: list[DataError]) -> Row:
        """The row on a line; its faults are added to the errors."""
        cells = zip(self.keys, read, strict=False)
        raw = {key: cell for key, cell in cells if cell is not None and key is not None}
        place, readers = Place(self.file, number), self.readers
        try:
            values = {key: readers[key](cell) for key, cell in raw.items()}
            row = Row(self.table, place, values, raw, self.headings, True)
            faults: list[DataError] = []
        except DataError:
            values = {}
            row = Row(self.table, place, values, raw, self.headings, False)
            faults = list(_refused(row, readers, values))
        if self.whole:
            if not self.required <= raw.keys() or not self.within.isdisjoint(raw):
                faults += _missing(row)
            if self.gaps or len(read) > len(self.columns):
                faults += _nameless(row, read, self.columns)
            if self.numbers:
                faults += _percent(row, self.numbers)
            if not faults:
                faults += [_broken(row, rule) for rule in self.table.rules if rule.broken(values)]
        if not faults:
            return row
        errors += faults
        return row._replace(sound=False)


def _refused(row: Row, readers: Mapping[str, Reader], values: dict[str, Any]) -> Iterator[DataError]:
    """The cells that cannot be read, one by one; the others are among the values."""
    for key, cell in row.raw.items():
        try:
            values[key] = readers[key](cell)
        except DataError as error:
            yield row.placed(error, key)


def _missing(row: Row) -> Iterator[DataError]:
    for column in row.table.columns:
        if column.required and column.key not in row.raw:
            yield row.placed(SourceError("a required cell is empty", hint=help_of(column) or None), column.key)
        if column.kind is Kind.WITHIN and column.key in row.raw and column.key.removesuffix("_in") not in row.raw:
            error = SourceError("this says what a unit lies in, but names no unit", hint="fill in the column before it")
            yield row.placed(error, column.key)


def _percent(row: Row, numbers: Sequence[Column]) -> Iterator[DataError]:
    # A spreadsheet shows 50% and keeps 0.5.
    per_cent = any(isinstance(value, Choice) and value.key == "phan-tram" for value in row.values.values())
    for column in numbers:
        raw = row.raw.get(column.key)
        if per_cent and type(raw) is float and 0 < raw <= 1:
            yield row.placed(cells.percentage(raw), column.key)


def _nameless(row: Row, read: Sequence[Raw | None], columns: Sequence[Column | None]) -> Iterator[DataError]:
    for at, cell in enumerate(read):
        # Even an empty cell too many tells of a comma that split one.
        if at >= len(columns) or (cell is not None and columns[at] is None):
            hint = "give its column a heading, or empty it; a comma inside a cell needs quotation marks around the cell"
            yield row.placed(SourceError("a cell without a heading above it", value=cell, hint=hint), f"{at + 1}")


def _broken(row: Row, rule: Rule) -> DataError:
    named = ", ".join(f"{key} ({row.table.by_key[key].vi})" for key in rule.columns)
    first = next((key for key in rule.columns if key in row.raw), rule.columns[0])
    return row.placed(SourceError(_RULES[rule.word], hint=named), first)
