"""References between rows: what each table has, so that a row can be refused that refers to nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from loaders.errors import DataError, LedgerError, SourceError
from loaders.records.ledger import Ledger
from loaders.records.rows import Row, read_rows
from loaders.records.schema import Column, Kind
from loaders.records.sheets import Sheet
from loaders.records.tables import TABLES
from loaders.records.vocabulary import Vocabulary

Moment = date | int

_KEYED = {table.kind: table.key for table in TABLES.values() if table.keyed}
# Looking for a similar key among very many takes longer than a person who searches the table.
_FEW = 5000


@dataclass(frozen=True)
class References:
    """What rows can refer to: keys by table, each with the time that its row gives.

    `texts` are the sources in whose text characters can be counted. `unread` are tables that could not be read: nobody
    can tell whether a reference to them leads somewhere.
    """

    keys: dict[str, dict[str, Moment | None]]
    unread: set[str]
    cluster_years: set[tuple[str, int]] = field(default_factory=set)
    holdings: set[tuple[str, str, str]] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)

    def when(self, row: Row) -> Moment | None:
        """The time at which a row means the names of units: its own, or that of its conference or award."""
        times = [_own_time(row)]
        for column, table in (("conference", "conferences"), ("award", "awards")):
            times.append(self.keys[table].get(row.values.get(column, "")))
        return next((time for time in times if time is not None), None)

    def holding(self, row: Row, post: str) -> tuple[str, str, str]:
        """The key of the holding of a post by the row's person, on the day of the row's conference if it has one."""
        day = self.keys["conferences"].get(row.values["conference"])
        return row.values["person"], post, dated(day if isinstance(day, date) else None, row.values["source"])


def dated(day: date | None, source: str) -> str:
    """The part of a holding's key that says when it is attested."""
    return day.isoformat() if day else f"undated-{source}"


def gather(sheets: Iterable[Sheet], vocabulary: Vocabulary, complete: bool = True) -> References:
    """Everything that rows can refer to; the faults of the rows are left to the reading that follows."""
    keys: dict[str, dict[str, Moment | None]] = {table.key: {} for table in TABLES.values() if table.keyed}
    references = References(keys, unread=set() if complete else set(TABLES))
    for sheet in sheets:
        if sheet.table.keyed or sheet.table.key in ("cluster_years", "holdings"):
            faults: list[DataError] = []
            for row in read_rows(sheet, vocabulary, faults):
                _remember(references, row)
            # A fault of a row has a column; one of a file or a heading has none.
            if any(fault.column is None for fault in faults):
                references.unread.add(sheet.table.key)
    return references


def _remember(references: References, row: Row) -> None:
    values = row.values
    if "key" in values:
        references.keys[row.table.key].setdefault(values["key"], _own_time(row))
    if row.table.key == "sources" and {"key", "text_sha256"} <= values.keys():
        references.texts.add(values["key"])
    if row.table.key == "cluster_years" and {"cluster", "year"} <= values.keys():
        references.cluster_years.add((values["cluster"], values["year"]))
    if row.table.key == "holdings" and {"person", "post", "source"} <= values.keys():
        when = dated(values.get("as_of"), values["source"])
        references.holdings.add((values["person"], values["post"], when))


def _own_time(row: Row) -> Moment | None:
    for column in ("on", "date", "as_of", "year"):
        if column in row.values:
            found: Moment = row.values[column]
            return found
    periods = (row.values[column] for column in ("reviewed", "planned", "period") if column in row.values)
    return next((time for period in periods if (time := period.year or period.start)), None)


def missing(row: Row, references: References, ledger: Ledger) -> Iterator[DataError]:
    """An error for every key of a row that was never minted or leads nowhere; rows with other faults are read too."""
    for column in row.table.columns:
        value = row.values.get(column.key, ())
        for one in value if isinstance(value, tuple) else (value,):
            error = _unminted(row, column, one, ledger) or _dangling(row, column, one, references)
            if error is not None:
                yield row.placed(error, column.key)
    if "start" in row.values and (error := _textless(row.values.get("source"), references)):
        yield row.placed(error, "start")


def _textless(source: str | None, references: References) -> SourceError | None:
    if source in references.texts or source not in references.keys["sources"] or "sources" in references.unread:
        return None
    hint = "give the source its text_sha256, or empty start and end"
    return SourceError("this source has no text whose characters could be counted", hint=hint)


def _unminted(row: Row, column: Column, key: str, ledger: Ledger) -> DataError | None:
    if column.kind is not Kind.KEY or (row.table.kind, key) in ledger:
        return None
    mint = f"thidua mint {row.table.kind} {key}"
    if row.table.kind == "person":
        mint = "thidua mint person, and write the key that it prints"
    return LedgerError("this key was never minted", value=key, hint=f"run: {mint}")


def _dangling(row: Row, column: Column, value: Any, references: References) -> DataError | None:
    match column.kind:
        case Kind.REFERENCE | Kind.MEMBER:
            return _nowhere(value, column.of, references)
        case Kind.TARGET if column.of in row.values:
            return _nowhere(value, _KEYED[row.values[column.of].key], references)
        case Kind.HOLDING:
            return _nowhere(value, column.of, references) or _not_held(row, value, references)
        case Kind.CLUSTER_YEAR if "cluster" in row.values:
            return _no_such_year(row, value, references)
    return None


def _nowhere(value: str, table: str, references: References) -> SourceError | None:
    keys = references.keys[table]
    if value in keys or table in references.unread:
        return None
    near = difflib.get_close_matches(value, keys, n=3) if len(keys) <= _FEW else []
    hint = f"add it to the table {table} ({TABLES[table].vi})"
    return SourceError("no row has this key", value=value, hint=", or write ".join([hint, *near]))


def _not_held(row: Row, post: str, references: References) -> SourceError | None:
    if not {"person", "conference", "source"} <= row.values.keys() or references.unread & {"holdings", "conferences"}:
        return None
    holding = person, _, when = references.holding(row, post)
    if holding in references.holdings:
        return None
    hint = f"add to the table holdings: {person}, {post}, {when}"
    return SourceError("no row of holdings says that the person held this post then", value=post, hint=hint)


def _no_such_year(row: Row, year: int, references: References) -> SourceError | None:
    cluster = row.values["cluster"]
    if (cluster, year) in references.cluster_years or "cluster_years" in references.unread:
        return None
    hint = f"add to the table cluster_years: {cluster}, {year}"
    return SourceError("no row of cluster_years has this cluster and year", value=year, hint=hint)
