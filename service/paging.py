"""Pages of rows: how many, from where, and what comes after them.

Rows are in a total order and a release never changes, so a place in it is all that a cursor has to say.
"""

from __future__ import annotations

import base64
import re
from typing import Any

from loaders.release import Release
from service.problems import Problem
from service.reply import MOST, USUAL


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
    """Where the next page begins, in a form that nobody is tempted to make up."""
    return base64.urlsafe_b64encode(f"{release.hash[:16]} {place}".encode()).decode().rstrip("=")


def offset(cursor: str | None, release: Release) -> int:
    """Where a page begins; Problem 410 when its cursor is of another release, 400 when it is none."""
    if cursor is None:
        return 0
    begun, place = _parts(cursor)
    if begun != release.hash[:16]:
        detail = "The pages were begun on another release; rows may have moved. Begin again without the cursor."
        raise Problem(410, "Another release", detail, release=release.version)
    return place


def _parts(cursor: str) -> tuple[str, int]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except ValueError:
        text = ""
    if not (match := re.fullmatch(r"([0-9a-f]{16}) ([0-9]{1,9})", text)):
        raise Problem(400, "Not a cursor", "a cursor is taken from `next`, as it is")
    return match[1], int(match[2])
