"""The units of edition 2004 with their history: versions since 2004, and the units that ended before 2025."""

from __future__ import annotations

from datetime import date
from itertools import chain, count, takewhile

from loaders.registry.editions import Units
from loaders.registry.history_rows import History, first_day, last_day
from loaders.registry.names import unit_type
from loaders.registry.rows import Row
from loaders.registry.unit import HISTORY, Unit, Version


def with_history(listed: Units, history: History) -> Units:
    """The listed units with their versions, and those that had ended; SourceError where history and list disagree."""
    units = dict(listed)
    for key, rows in history.items():
        versions = tuple(_version(row, history, listed) for row in rows)
        units[key] = _living(rows[-1], listed, versions) if not rows[-1]["valid_to"] else _ended(key, rows, versions)
        if rows[-1]["valid_to"] and key in listed:
            raise rows[-1].error("this unit is still in the list of 2025-06-30", "valid_to", "leave it empty")
    return units


def _living(row: Row, listed: Units, versions: tuple[Version, ...]) -> Unit:
    unit = listed.get(row["code"])
    if unit is None:
        raise row.error("this unit is not in the list of 2025-06-30", "valid_to", "give the day on which it ended")
    if unit.parent != versions[-1].parent:
        raise row.error("the list of 2025-06-30 has another parent", "parent_code", unit.parent)
    return unit._replace(versions=versions, start=versions[0].start, floor=versions[0].floor)


def _ended(key: str, rows: list[Row], versions: tuple[Version, ...]) -> Unit:
    last = versions[-1]
    marks = rows[-1]["close_event"].split("+")
    recoded = next((mark.removeprefix("recoded_to:") for mark in marks if mark.startswith("recoded_to:")), None)
    return Unit(
        "2004", key, rows[-1]["level"], last.name, last.type, last.parent, HISTORY, versions,
        start=versions[0].start, floor=versions[0].floor, recoded_to=recoded,
    )  # fmt: skip


def _version(row: Row, history: History, listed: Units) -> Version:
    day = first_day(row)
    # The first state of the list is from 2004-08-31: such a unit is older, nobody says by how much.
    seen = "first_seen" in row["open_event"]
    parent, parent_type = _parent(row["parent_code"], day, history, listed)
    opened, closed = tuple(row.parts("act_open")), tuple(row.parts("act_close"))
    return Version(
        row["name"], unit_type(row["level"], row["name"], parent_type), parent, HISTORY,
        start=None if seen else day, floor=day if seen else None, end=last_day(row),
        opened_by=opened, closed_by=closed, variants=tuple(row.parts("name_variants")),
        certainty=_certainty(row, opened, closed),
    )  # fmt: skip


def _parent(code: str, day: date, history: History, listed: Units) -> tuple[str | None, str | None]:
    if not code:
        return None, None
    for key in takewhile(history.__contains__, chain([code], (f"{code}-{number}" for number in count(1)))):
        for row in history[key]:
            if first_day(row) <= day <= last_day(row):
                return key, unit_type(row["level"], row["name"])
    return code, listed[code].type


def _certainty(row: Row, opened: tuple[str, ...], closed: tuple[str, ...]) -> str:
    if len(opened) > 1 or len(closed) > 1:
        return "ambiguous"
    return "inferred" if "inferred" in row["date_note"] else "stated"
