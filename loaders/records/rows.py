"""Rows: the lines of a sheet, each cell read as its column says, every fault with its place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loaders.errors import DataError, SourceError
from loaders.records import cells
from loaders.records.cells import Raw
from loaders.records.delimited import Line
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
    Kind.TEXT: cells.read_text,
    Kind.NOTE: cells.read_text,
    Kind.CODE: cells.read_code,
    Kind.UNIT: cells.read_code,
    Kind.AGENT: cells.read_code,
    Kind.WITHIN: cells.read_code,
    Kind.INTEGER: cells.read_integer,
    Kind.NUMBER: cells.read_number,
    Kind.YEAR: cells.read_year,
    Kind.CLUSTER_YEAR: cells.read_year,
    Kind.DATE: cells.read_date,
    Kind.MOMENT: cells.read_moment,
    Kind.ADDRESS: cells.read_address,
    Kind.LICENCE: cells.read_address,
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands.

    >>> str(Place("data/records/members.csv", 7))
    'data/records/members.csv:7'
    """

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Row:
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
        error.value = self.raw.get(column) if error.value is None else error.value
        return error


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
        readers = {column.key: _reader(column, vocabulary) for column in columns if column}
        if only is not None:
            columns = [column if column and column.key in only else None for column in columns]
        headings = {column.key: str(title) for column, title in zip(columns, titles, strict=True) if column}
        for number, read in lines:
            yield _row(sheet, (number, read), columns, readers, headings, errors, whole=only is None)
    except SourceError as error:
        errors.append(error)


def _reader(column: Column, vocabulary: Vocabulary) -> Reader:
    if column.kind in (Kind.CHOICE, Kind.SORT, Kind.TARGET_KIND):
        choices = vocabulary.choices(column)
        read: Reader = lambda raw: choices.find(cells.read_text(raw))  # noqa: E731
    else:
        read = _READERS[column.kind]
    if not column.many:
        return read
    return lambda raw: tuple(read(part) for part in _parts(cells.read_text(raw)))


def _parts(text: str) -> list[str]:
    parts = [part.strip() for part in text.split(SEPARATOR)]
    if not all(parts):
        raise SourceError("nothing before or after a separator", hint=f"a {SEPARATOR} only between two values")
    return parts


def _row(
    sheet: Sheet,
    line: Line,
    columns: Sequence[Column | None],
    readers: Mapping[str, Reader],
    headings: Mapping[str, str],
    errors: list[DataError],
    whole: bool,
) -> Row:
    number, read = line
    raw = {c.key: cell for c, cell in zip(columns, read, strict=False) if c is not None and cell is not None}
    values: dict[str, Any] = {}
    row = Row(sheet.table, Place(sheet.file, number), values, raw, headings, True)
    faults: list[DataError] = []
    for key, cell in raw.items():
        try:
            values[key] = readers[key](cell)
        except DataError as error:
            faults.append(row.placed(error, key))
    if whole:
        faults.extend(_missing(row))
        faults.extend(_nameless(row, read, columns))
        faults.extend(_percent(row))
    if whole and not faults:
        faults.extend(_broken(row, rule) for rule in sheet.table.rules if rule.broken(values))
    errors.extend(faults)
    return Row(sheet.table, row.place, values, raw, headings, not faults)


def _missing(row: Row) -> Iterator[DataError]:
    for column in row.table.watched:
        if column.required and column.key not in row.raw:
            yield row.placed(SourceError("a required cell is empty", hint=help_of(column) or None), column.key)
        if column.kind is Kind.WITHIN and column.key in row.raw and column.key.removesuffix("_in") not in row.raw:
            error = SourceError("this says what a unit lies in, but names no unit", hint="fill in the column before it")
            yield row.placed(error, column.key)


def _percent(row: Row) -> Iterator[DataError]:
    if not (numbers := row.table.of_kind(Kind.NUMBER)):
        return
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
