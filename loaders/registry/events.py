"""The changes of 2026: provinces that became cities, communes that became wards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from loaders.registry.editions import Units
from loaders.registry.names import unit_type
from loaders.registry.rows import Row, read_rows
from loaders.registry.unit import CHANGES, Unit, Version

COLUMNS = (
    "event_id", "level", "code", "edition", "province_code", "old_name", "new_name", "change", "legal_act",
    "effective_date", "attestation",
)  # fmt: skip
# None was read in the gazette. Strong: the statistics office's own list is quoted, and two projects agree with it:
# somebody states it. Medium: only projects that cite the act: we take their word that it says so.
_CERTAINTY = {"strong": "stated", "medium": "inferred"}


@dataclass(frozen=True, slots=True)
class Event:
    """A unit of edition 2025 that kept code and parent and took another type on a day."""

    key: str
    code: str
    old_name: str
    new_name: str
    day: date
    act: str
    attestation: str

    @property
    def certainty(self) -> str:
        """How far it is to be believed."""
        return _CERTAINTY[self.attestation]


def read_events(path: Path, units: Units) -> list[Event]:
    """The events in order of their days; SourceError for one that fits no unit."""
    return sorted(
        (_event(row, units) for row in read_rows(path, COLUMNS, once="event_id")),
        key=lambda event: (event.day, event.code),
    )


def _event(row: Row, units: Units) -> Event:
    if row["edition"] != "2025" or row["code"] not in units:
        raise row.error("no unit of edition 2025 has this code", "code")
    if row["change"] != "type_change":
        raise row.error("unknown change", "change", "type_change")
    if row["attestation"] not in _CERTAINTY:
        raise row.error("unknown attestation", "attestation", " or ".join(_CERTAINTY))
    if units[row["code"]].name != row["old_name"]:
        raise row.error("the unit had another name", "old_name", units[row["code"]].name)
    return Event(
        row["event_id"], row["code"], row["old_name"], row["new_name"], row.day("effective_date"), row["legal_act"],
        row["attestation"],
    )  # fmt: skip


def changed(units: Units, events: Iterable[Event]) -> Units:
    """The units after the events: each has a further version, and is called as that one is."""
    after = dict(units)
    for event in events:
        after[event.code] = _changed(after[event.code], event)
    return after


def _changed(unit: Unit, event: Event) -> Unit:
    *before, last = unit.versions
    ended = last._replace(end=event.day - timedelta(days=1), closed_by=(event.act,))
    kind = unit_type(unit.level, event.new_name)
    new = Version(
        event.new_name, kind, last.parent, CHANGES, start=event.day, opened_by=(event.act,), certainty=event.certainty
    )
    return unit._replace(name=new.name, type=kind, versions=(*before, ended, new), naming=CHANGES)
