"""The ledger `data/withdrawals.csv`: who was withdrawn, by a key that says nothing, on which day and why.

It is published with the data and only ever added to. It names nobody.
"""

from __future__ import annotations

import csv
import datetime
import difflib
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import NamedNode

from loaders.errors import LedgerError
from loaders.namespaces import entity
from loaders.release import disk

NAME = "withdrawals.csv"
COLUMNS = ("person", "withdrawn", "reason")
# The concepts of the scheme withdrawal-reason. Words of one's own are for the log, which is not published.
REASONS = ("request", "legal", "error", "other")
KEY = re.compile(r"[0-9a-z]{8}")
_HEAD = ",".join(COLUMNS)
_RESTORE = f"only thidua withdraw writes here; restore the file: {_HEAD}"


@dataclass(frozen=True)
class Withdrawal:
    """A person's key, the day on which the person was withdrawn, and one of the `REASONS`."""

    key: str
    day: datetime.date
    reason: str

    @property
    def person(self) -> NamedNode:
        """The IRI that answers 410."""
        return entity("person", self.key)


def read(path: Path) -> list[Withdrawal]:
    """Everybody who was withdrawn, the first one first; LedgerError for a line that is none."""
    if not path.is_file():
        # A link that leads nowhere is no sign that nobody was withdrawn.
        if path.exists() or path.is_symlink():
            raise LedgerError("not a ledger of withdrawals", file=str(path), hint=_RESTORE)
        return []
    # One that is empty was locked by somebody who was killed.
    if not path.stat().st_size:
        return []
    content = path.read_bytes()
    try:
        lines = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise LedgerError("not in UTF-8", file=str(path), line=line, hint=_RESTORE) from None
    try:
        if tuple(next(lines, ())) != COLUMNS:
            raise LedgerError("not a ledger of withdrawals", file=str(path), line=1, hint=f"first line: {_HEAD}")
        return list(_read(lines, path))
    except csv.Error as error:
        raise LedgerError(f"not CSV: {error}", file=str(path), line=lines.line_num, hint=_RESTORE) from None


def _read(lines: Iterator[list[str]], path: Path) -> Iterator[Withdrawal]:
    known: set[str] = set()
    for number, cells in enumerate(lines, start=2):
        try:
            key, day, reason = cells
            found = Withdrawal(key, datetime.date.fromisoformat(day), reason)
        except ValueError:
            raise LedgerError("not a line of the ledger", file=str(path), line=number, hint=_RESTORE) from None
        if not KEY.fullmatch(key) or reason not in REASONS or key in known:
            hint = "a person's key, once; one of " + ", ".join(REASONS)
            raise LedgerError("not a withdrawal", file=str(path), line=number, value=",".join(cells), hint=hint)
        known.add(key)
        yield found


def unminted(path: Path, minted: Collection[str]) -> Iterator[LedgerError]:
    """An error for each line whose key no person ever had: whoever was meant would stay published."""
    # Nothing but lines of withdrawals can be read, one after the other.
    for line, withdrawal in enumerate(read(path), start=2):
        if withdrawal.key not in minted:
            near = difflib.get_close_matches(withdrawal.key, minted, n=1)
            hint = "write it as the person's address has it; if that is how it was minted, restore keys.csv"
            yield LedgerError(
                "nobody ever had this key",
                file=str(path),
                line=line,
                column=COLUMNS[0],
                value=withdrawal.key,
                hint=f"did you mean {near[0]}? {hint}" if near else hint,
            )


def enter(path: Path, withdrawal: Withdrawal) -> None:
    """The withdrawal stands in the ledger, on the disk."""
    with disk.locked(path):
        head = "" if path.stat().st_size else f"{_HEAD}\n"
        disk.append(path, f"{head}{withdrawal.key},{withdrawal.day.isoformat()},{withdrawal.reason}\n".encode())
