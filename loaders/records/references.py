"""References between rows: what each table has, so that a row can be refused that refers to nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from loaders.errors import DataError, LedgerError, SourceError
from loaders.records.ledger import Ledger
from loaders.records.rows import Place, Row, read_rows
from loaders.records.schema import Column, Kind
from loaders.records.sheets import Sheet
from loaders.records.tables import TABLES
from loaders.records.vocabulary import Vocabulary

Moment = date | int

_KEYED = {table.kind: table.key for table in TABLES.values() if table.keyed}
# Looking for a similar key among very many takes longer than a person who searches the table.
_FEW = 5000


# What gives a row its time, the first that is there.
_MOMENTS = ("on", "date", "as_of", "year")
_PERIODS = ("reviewed", "planned", "period")
# Rows without a time of their own have that of what they belong to.
_TIMED_BY = (("conference", "conferences"), ("award", "awards"))


@dataclass(frozen=True)
class References:
    """What rows can refer to: keys by table, each with the time that its row gives.

    `texts` are the sources in whose text characters can be counted. `unread` are tables that could not be read, and
    `doubtful` keys whose time could not: nobody can tell whether a reference to them is right. `holdings` have the
    source and the place that says so, `days` where each conference gives its day, with that column's heading.
    `withdrawn` are the keys of persons who need no rows of their own any more.
    """

    keys: dict[str, dict[str, Moment | None]]
    unread: set[str]
    cluster_years: set[tuple[str, int]] = field(default_factory=set)
    holdings: dict[tuple[str, str, str], tuple[str, Place]] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)
    doubtful: set[tuple[str, str]] = field(default_factory=set)
    days: dict[str, tuple[Place, str]] = field(default_factory=dict)
    blamed: set[str] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)

    def when(self, row: Row) -> Moment | None:
        """The time at which a row means the names of units: its own, or that of its conference or award."""
        times = [_own_time(row)]
        for column, table in _TIMED_BY:
            times.append(self.keys[table].get(row.values.get(column, "")))
        return next((time for time in times if time is not None), None)

    def unsure(self, row: Row) -> bool:
        """Whether the row's time hangs on another row that was refused."""
        return _own_time(row) is None and any(
            table in self.unread or (table, row.values[column]) in self.doubtful
            for column, table in _TIMED_BY
            if column in row.values
        )

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
    if row.table.keyed:
        _remember_key(references, row)
    elif row.table.key == "cluster_years":
        if {"cluster", "year"} <= values.keys():
            references.cluster_years.add((values["cluster"], values["year"]))
        elif "cluster" in values:
            references.doubtful.add(("cluster_years", values["cluster"]))
        else:
            references.unread.add("cluster_years")
    elif not {"person", "post", "source"} <= values.keys():
        references.unread.add("holdings")
    elif _refused(row, "as_of"):
        references.doubtful.add(("holdings", f"{values['person']}/{values['post']}"))
    else:
        when = dated(values.get("as_of"), values["source"])
        references.holdings[values["person"], values["post"], when] = values["source"], row.place


def _remember_key(references: References, row: Row) -> None:
    table, key = row.table.key, row.values.get("key")
    if key is None:
        references.unread.add(table)
        return
    references.keys[table].setdefault(key, _own_time(row))
    if _refused(row, *_MOMENTS, *_PERIODS):
        references.doubtful.add((table, key))
    # A checksum that was refused is a fault of its own: there is a text.
    if table == "sources" and "text_sha256" in row.raw:
        references.texts.add(key)
    if table == "conferences":
        references.days.setdefault(key, (row.place, row.headings.get("date", "date")))


def _refused(row: Row, *columns: str) -> bool:
    return any(column in row.raw and column not in row.values for column in columns)


def _own_time(row: Row) -> Moment | None:
    for column in _MOMENTS:
        if column in row.values:
            found: Moment = row.values[column]
            return found
    periods = (row.values[column] for column in _PERIODS if column in row.values)
    return next((time for period in periods if (time := period.year or period.start)), None)


def missing(row: Row, references: References, ledger: Ledger) -> Iterator[DataError]:
    """An error for every key of a row that was never minted or leads nowhere; rows with other faults are read too."""
    for column in row.table.columns:
        value = row.values.get(column.key, ())
        for one in value if isinstance(value, tuple) else (value,):
            error = _unminted(row, column, one, ledger) or _dangling(row, column, one, references)
            if error is not None:
                yield error if error.file else row.placed(error, column.key)
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
    if value in keys or table in references.unread or (table == "persons" and value in references.withdrawn):
        return None
    near = difflib.get_close_matches(value, keys, n=3) if len(keys) <= _FEW else []
    hint = f"add it to the table {table} ({TABLES[table].vi})"
    return SourceError("no row has this key", value=value, hint=", or write ".join([hint, *near]))


def _not_held(row: Row, post: str, references: References) -> SourceError | None:
    if not {"person", "conference", "source"} <= row.values.keys() or references.unread & {"holdings", "conferences"}:
        return None
    if row.values["person"] in references.withdrawn:
        return None
    holding = person, _, when = references.holding(row, post)
    doubts = {("conferences", row.values["conference"]), ("holdings", f"{person}/{post}")}
    if holding in references.holdings or doubts & references.doubtful:
        return None
    if other := _on_another_day(holding, row.values["source"], references):
        return _differing(row.values["conference"], other, references)
    hint = f"add to the table holdings: {person}, {post}, {when}"
    return SourceError("no row of holdings says that the person held this post then", value=post, hint=hint)


def _on_another_day(holding: tuple[str, str, str], source: str, references: References) -> tuple[str, Place] | None:
    """The day and place of the same holding, when the source knows the person's post, but nobody's on the right day."""
    person, post, when = holding
    said = [(key, place) for key, (told_by, place) in references.holdings.items() if told_by == source]
    if any(key[2] == when for key, _ in said):
        return None
    return next(((key[2], place) for key, place in said if key[:2] == (person, post)), None)


def _differing(conference: str, other: tuple[str, Place], references: References) -> SourceError | None:
    # One wrong day is one fault, however many people took part.
    if conference in references.blamed or conference not in references.days:
        return None
    references.blamed.add(conference)
    (day, held), (place, heading) = other, references.days[conference]
    hint = f"{held} has {day}: correct the day of the conference or as_of of its holdings"
    message = "the conference and the posts that people held at it have different days"
    value = references.keys["conferences"][conference]
    shown = value.isoformat() if isinstance(value, date) else conference
    return SourceError(message, file=place.file, line=place.line, column=heading, value=shown, hint=hint)


def _no_such_year(row: Row, year: int, references: References) -> SourceError | None:
    cluster = row.values["cluster"]
    if (cluster, year) in references.cluster_years or "cluster_years" in references.unread:
        return None
    if ("cluster_years", cluster) in references.doubtful:
        return None
    hint = f"add to the table cluster_years: {cluster}, {year}"
    return SourceError("no row of cluster_years has this cluster and year", value=year, hint=hint)
