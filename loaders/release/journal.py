"""The journal of a directory of releases: a line for everything that was built, published and rolled back.

`journal.jsonl` is only ever added to. A line is written before the pointer moves, so a crash between the two leaves a
last line that never came true; the pointer is right and the line is passed over.
"""

from __future__ import annotations

import contextlib
import datetime
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from loaders.release import disk

NAME = "journal.jsonl"
_LOCK = ".journal.lock"
_ACTIONS = ("build", "publish", "rollback", "void")


@dataclass(frozen=True)
class Entry:
    """`action` is build, publish, rollback, or void: the publish or rollback before it never came true."""

    action: str
    version: str
    at: str
    inputs: str = ""


@contextlib.contextmanager
def locked(releases: Path) -> Iterator[None]:
    """One process at a time adds to the journal and moves the pointer."""
    with disk.locked(releases / _LOCK):
        yield


def append(releases: Path, entry: Entry) -> None:
    """The journal ends with the entry."""
    line = json.dumps({key: value for key, value in asdict(entry).items() if value}, ensure_ascii=False)
    disk.append(releases / NAME, line.encode() + b"\n")


def entries(releases: Path) -> list[Entry]:
    """All entries, the oldest first; a line that a crash cut off or a disk has damaged is none."""
    path = releases / NAME
    if not path.exists():
        return []
    return [entry for line in path.read_bytes().splitlines() if (entry := _entry(line))]


def published(found: list[Entry], current: str | None) -> list[str]:
    """The versions that were published and not taken back, the current one last; the pointer is always right.

    >>> at = "2026-11-21T08:00:00Z"
    >>> published([Entry("publish", v, at) for v in ("a", "b", "c")] + [Entry("rollback", "b", at)], "b")
    ['a', 'b']
    """
    lost = unfinished(found, current)
    stack = steps([entry for entry in found if entry is not lost])
    return stack if current is None or stack[-1:] == [current] else [*stack, current]


def steps(found: list[Entry]) -> list[str]:
    """The versions that the entries lead through: published, and not rolled back or void."""
    stack: list[str] = []
    for move in moves(found):
        while move.action == "rollback" and stack and stack[-1] != move.version:
            stack.pop()
        if stack[-1:] != [move.version]:
            stack.append(move.version)
    return stack


def taken_back(found: list[Entry]) -> set[str]:
    """The versions from which a rollback led away, and that were not published again.

    >>> at = "2026-11-21T08:00:00Z"
    >>> taken_back([Entry("publish", v, at) for v in ("a", "b")] + [Entry("rollback", "a", at)])
    {'b'}
    """
    back, stack = set[str](), list[str]()
    for move in moves(found):
        while move.action == "rollback" and stack and stack[-1] != move.version:
            back.add(stack.pop())
        stack.append(move.version)
        back.discard(move.version)
    return back


def moves(found: list[Entry]) -> list[Entry]:
    """The moves of the pointer that the entries tell of, the oldest first; those that are void are none."""
    made: list[Entry] = []
    for entry in found:
        if entry.action == "void":
            # Of a move whose own line was lost, nothing is to be taken back.
            if made and made[-1].version == entry.version:
                made.pop()
        elif entry.action in ("publish", "rollback"):
            made.append(entry)
    return made


def unfinished(found: list[Entry], current: str | None) -> Entry | None:
    """The last move, if it never came true: it names another version than the pointer."""
    last = next((entry for entry in reversed(found) if entry.action != "build"), None)
    return last if last and last.action != "void" and last.version != current else None


def _entry(line: bytes) -> Entry | None:
    """What a line says; None if it was cut, or one bit is not as it was written and that can be seen."""
    try:
        entry = Entry(**json.loads(line))
        told = all(isinstance(value, str) for value in asdict(entry).values()) and entry.action in _ACTIONS
        return entry if told and datetime.datetime.fromisoformat(entry.at).tzinfo else None
    except (ValueError, TypeError):
        return None
