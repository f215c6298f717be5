"""Pages of rows: how many, from where, and what comes after them.

Rows are in a total order and a release never changes, so a place in it is all that a cursor has to say.
"""

from __future__ import annotations

import re
from typing import Any

from loaders.release import Release
from service.problems import Problem
from service.reply import MOST, USUAL

# A release and a place in it.
CURSOR = "[0-9a-f]{16}-[0-9]{1,9}"


def limit(text: str | None) -> int:
    """How many rows at most; Problem 422 for what is no such number."""
    if text is None:
        return USUAL
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= MOST):
        expected = f"a number between 1 and {MOST}"
        more: dict[str, Any] = {"parameter": "limit", "value": text[:60], "expected": expected, "limit": MOST}
        raise Problem(422, "A value of the wrong type", f"limit={text[:60]!r}: {expected}", **more)
    return int(text)


def cursor(release: Release, place: int) -> str:
    """Where the next page begins: CURSOR, though nobody but us is to read it."""
    return f"{release.hash[:16]}-{place}"


def offset(cursor: str | None, release: Release) -> int:
    """Where a page begins; Problem 409 when its cursor is of another release, 400 when it is none."""
    if cursor is None:
        return 0
    if not re.fullmatch(CURSOR, cursor):
        raise Problem(400, "Not a cursor", "a cursor is taken from `next`, as it is")
    begun, _, place = cursor.partition("-")
    if begun != release.hash[:16]:
        detail = "The pages were begun on another release; rows may have moved. Begin again without the cursor."
        raise Problem(409, "Another release", detail, release=release.version)
    return int(place)
