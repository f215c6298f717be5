"""Filling: rows that were read, written back into the cells of a workbook so that they read the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from loaders.records.periods import Period
from loaders.records.rows import SEPARATOR, Row
from loaders.records.schema import Column, Kind
from loaders.records.vocabulary import Choice

Names = Mapping[str, Mapping[str, str]]
Cell = str | int | float | date

REFERENCES = (Kind.REFERENCE, Kind.MEMBER, Kind.HOLDING)
# A name beside a key is there to be recognised.
_LONGEST = 80


def cells(row: Row, names: Names) -> list[Cell | None]:
    """What to write in the columns of the row's table; a cell that was refused goes back as it was."""
    return [_cell(row, column, names) for column in row.table.columns]


def entry(key: str, names: Mapping[str, str]) -> str:
    """A key with the name of what it stands for; whoever reads it back takes the key.

    >>> entry("k7m2q4xa", {"k7m2q4xa": "Nguyễn Văn A"})
    'k7m2q4xa (Nguyễn Văn A)'
    """
    name = names.get(key, "")
    return f"{key} ({name[:_LONGEST]})" if name else key


def _cell(row: Row, column: Column, names: Names) -> Cell | None:
    value = row.values.get(column.key)
    if value is None:
        raw: Any = row.raw.get(column.key)
        return raw if isinstance(raw, Cell) or raw is None else str(raw)
    if column.many:
        return f" {SEPARATOR} ".join(str(_plain(column, one, names)) for one in value)
    return _plain(column, value, names)


def _plain(column: Column, value: Any, names: Names) -> Cell:
    if isinstance(value, Choice):
        return value.vi
    if isinstance(value, Period):
        return value.key
    if isinstance(value, Decimal):
        return _number(value)
    if column.kind is Kind.MOMENT:
        return str(value)
    if column.kind in REFERENCES:
        return entry(value, names.get(column.of, {}))
    kept: Cell = value
    return kept


def _number(value: Decimal) -> Cell:
    # What a cell can not hold exactly, or shows as another thing (0.5 as 50%), stays text.
    exact = Decimal(repr(float(value))) == value
    return float(value) if exact and not 0 < value <= 1 else str(value)
