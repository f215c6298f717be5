"""References between rows: what each table has, so that a row can be refused that refers to nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from loaders.errors import DataError
from loaders.records.rows import Place, Row, read_rows
from loaders.records.sheets import Sheet
from loaders.records.tables import TABLES
from loaders.records.vocabulary import Vocabulary

Moment = date | int

# What gives a row its time, the first that is there.
_MOMENTS = ("on", "date", "as_of", "year")
_PERIODS = ("reviewed", "planned", "period")
_PAIRS = ("cluster_years", "holdings")
# What is asked of rows that others refer to; the rest of them is left unread.
_ASKED = {"key", "cluster", "person", "post", "source", "text_sha256", *_MOMENTS, *_PERIODS}


@dataclass(frozen=True)
class References:
    """What rows can refer to: keys by table, each with the time that its row gives.

    `texts` are the sources in whose text characters can be counted. `unread` are tables that could not be read, and
    `doubtful` keys whose time could not: nobody can tell whether a reference to them is right. `holdings` have the
    source and the place that says so, `days` where each conference gives its day, with that column's heading.
    `withdrawn` are the keys of persons who need no rows of their own any more.
    """

    keys: dict[str, dict[str, Moment | None]]
    unread: set[str] = field(default_factory=set)
    cluster_years: set[tuple[str, int]] = field(default_factory=set)
    holdings: dict[tuple[str, str, str], tuple[str, Place]] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)
    doubtful: set[tuple[str, str]] = field(default_factory=set)
    days: dict[str, tuple[Place, str]] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)

    def take(self, other: References) -> None:
        """What rows further down define is there too; of two rows with one key the first counts."""
        for table, keys in other.keys.items():
            known = self.keys[table]
            for key, moment in keys.items():
                known.setdefault(key, moment)
        for conference, day in other.days.items():
            self.days.setdefault(conference, day)
        self.unread.update(other.unread)
        self.cluster_years.update(other.cluster_years)
        self.holdings.update(other.holdings)
        self.texts.update(other.texts)
        self.doubtful.update(other.doubtful)


def nothing() -> References:
    """No row is there to refer to."""
    return References({table.key: {} for table in TABLES.values() if table.keyed})


def dated(day: date | None, source: str) -> str:
    """The part of a holding's key that says when it is attested."""
    return day.isoformat() if day else f"undated-{source}"


def gather(sheets: Iterable[Sheet], vocabulary: Vocabulary) -> References:
    """Everything in the sheets that rows can refer to; the faults of the rows are left to the reading that follows."""
    references = nothing()
    for sheet in sheets:
        if sheet.table.keyed or sheet.table.key in _PAIRS:
            faults: list[DataError] = []
            for row in read_rows(sheet, vocabulary, faults, _ASKED):
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
    references.keys[table].setdefault(key, own_time(row))
    if _refused(row, *_MOMENTS, *_PERIODS):
        references.doubtful.add((table, key))
    # A checksum that was refused is a fault of its own: there is a text.
    if table == "sources" and "text_sha256" in row.raw:
        references.texts.add(key)
    if table == "conferences":
        references.days.setdefault(key, (row.place, row.headings.get("date", "date")))


def _refused(row: Row, *columns: str) -> bool:
    return any(column in row.raw and column not in row.values for column in columns)


def own_time(row: Row) -> Moment | None:
    """The time that a row gives itself."""
    for column in _MOMENTS:
        if column in row.values:
            found: Moment = row.values[column]
            return found
    periods = (row.values[column] for column in _PERIODS if column in row.values)
    return next((time for period in periods if (time := period.year or period.start)), None)
