"""The rows of a history of units 2004-2025, each of which could be true.

A row is an interval in which a unit kept name, type and parent; `valid_to` is the first day on which it did not,
empty when it was still so on 2025-06-30. A code that was given twice has two holders.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from loaders.errors import SourceError
from loaders.identity import match_key, strip_type
from loaders.registry.editions import Units
from loaders.registry.names import unit_type
from loaders.registry.rows import Row, read_rows
from loaders.registry.unit import LAST_DAY_2004

COLUMNS = (
    "code", "level", "name", "type", "parent_code", "valid_from", "valid_to", "act_open", "act_close", "open_event",
    "close_event", "date_note", "name_variants",
)  # fmt: skip
_DIGITS = {"province": 2, "district": 3, "commune": 5}
_ABOVE = {"district": "province", "commune": "district"}
_DAY = timedelta(days=1)
_CITY = ("thành phố trực thuộc trung ương", "thành phố")
History = Mapping[str, list[Row]]


def read_history(path: Path, listed: Units) -> dict[str, list[Row]]:
    """The rows of each unit in order, by the unit's key; SourceError for a row that cannot be true.

    `listed` are the units of 2025-06-30: a parent that the history leaves out must be one of them.
    """
    by_code: dict[str, list[Row]] = {}
    for row in read_rows(path, COLUMNS):
        _check(row)
        by_code.setdefault(row["code"], []).append(row)
    if not by_code:
        raise SourceError("the history has no rows", file=str(path))
    history = {key: rows for code, found in by_code.items() for key, rows in _holders(code, found)}
    for rows in by_code.values():
        for row in rows:
            _check_parent(row, by_code, listed)
    return history


def first_day(row: Row) -> date:
    """The first day of the interval."""
    return row.day("valid_from")


def last_day(row: Row) -> date:
    """The last day of the interval."""
    end = row.day_if_any("valid_to")
    return end - _DAY if end else LAST_DAY_2004


def _check(row: Row) -> None:
    digits = _DIGITS.get(row["level"])
    if digits is None:
        raise row.error("unknown level", "level", ", ".join(_DIGITS))
    if not re.fullmatch(rf"\d{{{digits}}}", row["code"]):
        raise row.error(f"the code of a {row['level']} has {digits} digits", "code")
    _check_name(row)
    if last_day(row) > LAST_DAY_2004 or first_day(row) > LAST_DAY_2004:
        raise row.error("the history ends on 2025-06-30", "valid_to" if row["valid_to"] else "valid_from")
    if last_day(row) < first_day(row):
        raise row.error("this interval ends before it begins", "valid_to", f"later than {row['valid_from']}")


def _check_name(row: Row) -> None:
    try:
        unit_type(row["level"], row["name"])
    except SourceError as error:
        raise row.error(error.message, "name", error.hint) from None
    word, kind = strip_type(match_key(row["name"]))[0], match_key(row["type"])
    if kind != word and (kind, word) != _CITY:
        raise row.error("the name says another type", "type", row["name"])


def _holders(code: str, rows: list[Row]) -> Iterator[tuple[str, list[Row]]]:
    rows.sort(key=first_day)
    holders = [[rows[0]]]
    for before, after in pairwise(rows):
        if first_day(after) <= last_day(before):
            message = f"this interval overlaps that of line {before.line}"
            raise after.error(message, "valid_from", f"not before {before['valid_to'] or 'its end'}")
        if "code_reused" in after["open_event"]:
            holders.append([])
        elif first_day(after) != last_day(before) + _DAY:
            hint = f"line {before.line} ends on {before['valid_to']}; for another unit write code_reused in open_event"
            raise after.error("a gap in the life of a unit", "valid_from", hint)
        holders[-1].append(after)
    # The last holder bears the code alone, the earlier ones are told apart.
    yield from ((f"{code}-{number}", earlier) for number, earlier in enumerate(holders[:-1], start=1))
    yield code, holders[-1]


def _check_parent(row: Row, by_code: Mapping[str, list[Row]], listed: Units) -> None:
    parent, above = row["parent_code"], _ABOVE.get(row["level"])
    if not parent and above is None:
        return
    if above is None or len(parent) != _DIGITS[above]:
        raise row.error(f"a {row['level']} has {above or 'nothing'} above it", "parent_code")
    if parent not in by_code:
        if parent not in listed:
            raise row.error("no unit has this code", "parent_code")
        return
    day = first_day(row)
    for found in by_code[parent]:
        if first_day(found) <= day <= last_day(found):
            day = last_day(found) + _DAY
    if day <= last_day(row):
        raise row.error(f"the parent was not valid on {day}", "parent_code")
