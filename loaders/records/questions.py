"""Questions: what the rows of one file ask of all the others, with the answers they were given.

What was read from a file stays right for as long as every question still has the same answer.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from loaders.errors import DataError, LedgerError, SourceError
from loaders.records.ledger import Ledger
from loaders.records.references import Moment, References, dated, own_time
from loaders.records.rows import Place, Row
from loaders.records.schema import Column, Kind
from loaders.records.tables import TABLES

_KEYED = {table.kind: table.key for table in TABLES.values() if table.keyed}
# Looking for a similar key among very many takes longer than a person who searches the table.
_FEW = 5000
# Rows without a time of their own have that of what they belong to.
_TIMED_BY = (("conference", "conferences"), ("award", "awards"))


@dataclass(frozen=True)
class Answers:
    """What was asked and found: keys by table, minted ones by kind, holdings, cluster years, texts of sources, times.

    Whatever is not found is a fault, and of files with faults nothing is kept; nor of those whose rows asked what is
    `unknown`, since a table, or the time of a key, could not be read.
    """

    keys: set[tuple[str, str]] = field(default_factory=set)
    minted: set[tuple[str, str]] = field(default_factory=set)
    holdings: set[tuple[str, str, str]] = field(default_factory=set)
    cluster_years: set[tuple[str, int]] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    times: dict[tuple[str, str], Moment | None] = field(default_factory=dict)
    unknown: set[str | tuple[str, str]] = field(default_factory=set)

    def hold(self, references: References, ledger: Ledger) -> bool:
        """Whether the same would be answered now, and without a doubt."""
        return (
            self.minted <= ledger.lines.keys()
            and self.cluster_years <= references.cluster_years
            and self.holdings <= references.holdings.keys()
            and self.texts <= references.texts
            and all(_is_there(key, table, references) for table, key in self.keys)
            and all(
                references.keys[table].get(key) == time
                and table not in references.unread
                and (table, key) not in references.doubtful
                for (table, key), time in self.times.items()
            )
        )

    @property
    def persons(self) -> set[str]:
        """The keys of the persons whom the rows speak of."""
        return {key for table, key in self.keys if table == "persons"}


@dataclass(frozen=True)
class Questions:
    """The questions of one file's rows, while they are read; `blamed` are the conferences with a wrong day so far."""

    references: References
    ledger: Ledger
    answers: Answers = field(default_factory=Answers)
    blamed: set[str] = field(default_factory=set)

    def when(self, row: Row) -> Moment | None:
        """The time at which a row means the names of units: its own, or that of its conference or award."""
        times = [own_time(row)]
        for column, table in _TIMED_BY:
            if column in row.values:
                times.append(self._time(table, row.values[column]))
        return next((time for time in times if time is not None), None)

    def unsure(self, row: Row) -> bool:
        """Whether the row's time hangs on another row that was refused."""
        return own_time(row) is None and any(
            self._doubtful(table, row.values[column]) for column, table in _TIMED_BY if column in row.values
        )

    def holding(self, row: Row, post: str) -> tuple[str, str, str]:
        """The key of the holding of a post by the row's person, on the day of the row's conference if it has one."""
        day = self._time("conferences", row.values["conference"])
        return row.values["person"], post, dated(day if isinstance(day, date) else None, row.values["source"])

    def missing(self, row: Row) -> Iterator[DataError]:
        """An error for every key of a row that was never minted or leads nowhere; rows with other faults too."""
        for column in row.table.referring:
            value = row.values.get(column.key, ())
            for one in value if isinstance(value, tuple) else (value,):
                error = self._unminted(row, column, one) or self._dangling(row, column, one)
                if error is not None:
                    yield error if error.file else row.placed(error, column.key)
        if "start" in row.values and (error := self._textless(row.values.get("source"))):
            yield row.placed(error, "start")

    def _time(self, table: str, key: str) -> Moment | None:
        time = self.answers.times[table, key] = self.references.keys[table].get(key)
        return time

    def _doubtful(self, table: str, key: str) -> bool:
        self._time(table, key)
        return self._unread(table) or self._vague((table, key))

    def _unread(self, *tables: str) -> bool:
        """Whether one of the tables could not be read, so that nobody knows what is in it."""
        found = self.references.unread.intersection(tables)
        self.answers.unknown.update(found)
        return bool(found)

    def _vague(self, *keys: tuple[str, str]) -> bool:
        """Whether the time of one of the keys, given with their tables, could not be read."""
        found = self.references.doubtful.intersection(keys)
        self.answers.unknown.update(found)
        return bool(found)

    def _textless(self, source: str | None) -> SourceError | None:
        if source in self.references.texts:
            self.answers.texts.add(source)
            return None
        if self._unread("sources") or source not in self.references.keys["sources"]:
            return None
        hint = "give the source its text_sha256, or empty start and end"
        return SourceError("this source has no text whose characters could be counted", hint=hint)

    def _unminted(self, row: Row, column: Column, key: str) -> DataError | None:
        if column.kind is not Kind.KEY:
            return None
        if (row.table.kind, key) in self.ledger:
            self.answers.minted.add((row.table.kind, key))
            return None
        mint = f"thidua mint {row.table.kind} {key}"
        if row.table.kind == "person":
            mint = "thidua mint person, and write the key that it prints"
        return LedgerError("this key was never minted", value=key, hint=f"run: {mint}")

    def _dangling(self, row: Row, column: Column, value: Any) -> DataError | None:
        match column.kind:
            case Kind.REFERENCE | Kind.MEMBER:
                return self._nowhere(value, column.of)
            case Kind.TARGET if column.of in row.values:
                return self._nowhere(value, _KEYED[row.values[column.of].key])
            case Kind.HOLDING:
                return self._nowhere(value, column.of) or self._not_held(row, value)
            case Kind.CLUSTER_YEAR if "cluster" in row.values:
                return self._no_such_year(row, value)
        return None

    def _nowhere(self, value: str, table: str) -> SourceError | None:
        if _is_there(value, table, self.references):
            self.answers.keys.add((table, value))
            return None
        if self._unread(table):
            return None
        keys = self.references.keys[table]
        near = difflib.get_close_matches(value, keys, n=3) if len(keys) <= _FEW else []
        hint = f"add it to the table {table} ({TABLES[table].vi})"
        return SourceError("no row has this key", value=value, hint=", or write ".join([hint, *near]))

    def _not_held(self, row: Row, post: str) -> SourceError | None:
        references = self.references
        if not {"person", "conference", "source"} <= row.values.keys() or self._unread("holdings", "conferences"):
            return None
        if row.values["person"] in references.withdrawn:
            return None
        holding = person, _, when = self.holding(row, post)
        if holding in references.holdings:
            self.answers.holdings.add(holding)
            return None
        if self._vague(("conferences", row.values["conference"]), ("holdings", f"{person}/{post}")):
            return None
        if other := self._on_another_day(holding, row.values["source"]):
            return self._differing(row.values["conference"], other)
        hint = f"add to the table holdings: {person}, {post}, {when}"
        return SourceError("no row of holdings says that the person held this post then", value=post, hint=hint)

    def _on_another_day(self, holding: tuple[str, str, str], source: str) -> tuple[str, Place] | None:
        """The day and place of the same holding, when the source knows the person's post, but nobody's that day."""
        person, post, when = holding
        said = [(key, place) for key, (told_by, place) in self.references.holdings.items() if told_by == source]
        if any(key[2] == when for key, _ in said):
            return None
        return next(((key[2], place) for key, place in said if key[:2] == (person, post)), None)

    def _differing(self, conference: str, other: tuple[str, Place]) -> SourceError | None:
        # One wrong day is one fault, however many people took part.
        if conference in self.blamed or conference not in self.references.days:
            return None
        self.blamed.add(conference)
        (day, held), (place, heading) = other, self.references.days[conference]
        hint = f"{held} has {day}: correct the day of the conference or as_of of its holdings"
        value = self.references.keys["conferences"][conference]
        shown = value.isoformat() if isinstance(value, date) else conference
        return Blame(conference, file=place.file, line=place.line, column=heading, value=shown, hint=hint)

    def _no_such_year(self, row: Row, year: int) -> SourceError | None:
        cluster = row.values["cluster"]
        if (cluster, year) in self.references.cluster_years:
            self.answers.cluster_years.add((cluster, year))
            return None
        if self._unread("cluster_years") or self._vague(("cluster_years", cluster)):
            return None
        hint = f"add to the table cluster_years: {cluster}, {year}"
        return SourceError("no row of cluster_years has this cluster and year", value=year, hint=hint)


class Blame(SourceError):
    """A conference with a wrong day, which is told once, at the first row that shows it."""

    def __init__(self, conference: str, **place: Any) -> None:
        super().__init__("the conference and the posts that people held at it have different days", **place)
        self.conference = conference

    def __reduce__(self) -> Any:
        return type(self), (self.conference,), self.__dict__


def _is_there(key: str, table: str, references: References) -> bool:
    return key in references.keys[table] or (table == "persons" and key in references.withdrawn)
