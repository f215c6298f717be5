"""Headings: which column of a table each one names, by key or by its Vietnamese or English words."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from loaders.errors import DataError, SourceError
from loaders.identity import fold
from loaders.records.cells import Raw
from loaders.records.schema import Column, Table
from loaders.records.sheets import Sheet
from loaders.records.tables import TABLES


def columns_of(
    sheet: Sheet, line: int, titles: Sequence[Raw | None], errors: list[DataError]
) -> list[Column | None] | None:
    """The column that each heading names, None above nothing; None at all, and errors, when a heading is wrong."""
    names = _names(sheet.table.key)
    columns = [None if title is None else names.get(_folded(str(title)).rstrip(" *")) for title in titles]
    faults: list[DataError] = []
    times = Counter(column.key for column in columns if column)
    for title, column in zip(titles, columns, strict=True):
        if title is not None and column is None:
            near = difflib.get_close_matches(fold(str(title)), names, n=1)
            hint = f"did you mean {names[near[0]].key} ({names[near[0]].vi})?" if near else _all(sheet.table)
            faults.append(SourceError("no column has this heading", file=sheet.file, line=line, value=title, hint=hint))
        elif column is not None and times[column.key] > 1:
            hint = "delete one, or give it its own heading"
            faults.append(
                SourceError("two columns have this heading", file=sheet.file, line=line, value=title, hint=hint)
            )
    for column in sheet.table.columns:
        if column.required and column.key not in times:
            hint = f"add the column {column.key} ({column.vi})"
            faults.append(SourceError("a column is missing", file=sheet.file, line=line, value=column.key, hint=hint))
    errors.extend(faults)
    return None if faults else columns


# Hundreds of sheets have the same headings.
@cache
def _names(table: str) -> Mapping[str, Column]:
    return {fold(name): column for column in TABLES[table].columns for name in (column.key, column.vi, column.en)}


@lru_cache(maxsize=4096)
def _folded(title: str) -> str:
    return fold(title)


def _all(table: Table) -> str:
    return "the columns are " + ", ".join(column.key for column in table.columns)
