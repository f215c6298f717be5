"""The ledger `data/keys.csv`: every key that was ever minted, so that none is ever given twice."""

from __future__ import annotations

import csv
import io
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from loaders.errors import LedgerError, UsageError
from loaders.identity import fold
from loaders.records.cells import clean
from loaders.records.delimited import read_lines
from loaders.records.tables import TABLES
from loaders.release.disk import append, locked

COLUMNS = ("kind", "key", "minted", "note")
KINDS = tuple(table.kind for table in TABLES.values() if table.keyed)

# Neither 0/o nor 1/l can be mistaken; a letter in front, or a spreadsheet would read 23e45672 as a number.
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_OPAQUE = _LETTERS + "234567"

_KIND = re.compile("|".join(KINDS))
_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_PERSON = re.compile(r"[a-z][a-z2-7]{7}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Ledger:
    """Every minted key of every kind, with the line that minted it."""

    file: str
    lines: Mapping[tuple[str, str], int]

    def __contains__(self, key: tuple[str, str]) -> bool:
        return key in self.lines

    def keys(self, kind: str) -> set[str]:
        """The keys of a kind."""
        return {key for of, key in self.lines if of == kind}


def read_ledger(path: Path) -> Ledger:
    """The ledger; LedgerError for a line that is none, or a key that stands twice."""
    file = str(path)
    lines: dict[tuple[str, str], int] = {}
    read = read_lines(_there(path))
    if tuple(next(read, (0, []))[1]) != COLUMNS:
        raise LedgerError("not a ledger of keys", file=file, line=1, hint="first line: " + ",".join(COLUMNS))
    for line, cells in read:
        key = _checked([str(cell or "") for cell in cells], file, line)
        if key in lines:
            hint = f"it stands on line {lines[key]} too; mint another one"
            raise LedgerError("a key minted twice", file=file, line=line, value=key[1], hint=hint)
        lines[key] = line
    return Ledger(file, lines)


def mint(
    path: Path,
    kind: str,
    key: str | None,
    note: str,
    today: date,
    choose: Callable[[Sequence[str]], str] = secrets.choice,
) -> str:
    """A new key stands in the ledger, on disk, and is returned.

    A person's key is drawn, so that it says nothing; other keys are given, or made of a name: "Cụm biên giới" becomes
    cum-bien-gioi. UsageError for a kind or key that can not be minted, LedgerError for one that was.
    """
    if kind not in KINDS:
        raise UsageError(f"no kind of key: {kind!r} → one of {', '.join(KINDS)}")
    if kind == "person" and key:
        raise UsageError("a person's key is drawn and says nothing → leave it out: thidua mint person")
    with locked(_there(path)):
        ledger = read_ledger(path)
        new = _drawn(ledger, choose) if kind == "person" else _given(key)
        if (kind, new) in ledger:
            line = ledger.lines[kind, new]
            raise LedgerError("this key was minted before", file=str(path), line=line, value=new, hint="choose another")
        append(path, _line((kind, new, today.isoformat(), note)))
    return new


def slug(name: str) -> str:
    """The name in small ASCII letters, digits and hyphens.

    >>> slug("Cụm thi đua các huyện biên giới, tỉnh Lạng Sơn")
    'cum-thi-dua-cac-huyen-bien-gioi-tinh-lang-son'
    """
    return re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")


def _given(key: str | None) -> str:
    made = slug(key or "")
    if not made:
        raise UsageError("which key? → thidua mint KIND KEY, or a name to make the key of")
    return made


def _drawn(ledger: Ledger, choose: Callable[[Sequence[str]], str]) -> str:
    while True:
        key = choose(_LETTERS) + "".join(choose(_OPAQUE) for _ in range(7))
        if ("person", key) not in ledger:
            return key


def _there(path: Path) -> Path:
    if not path.is_file():
        raise LedgerError("the ledger is missing", file=str(path), hint="restore it: a key must never be given twice")
    return path


def _line(cells: Sequence[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(clean(cell) for cell in cells)
    return line.getvalue().encode()


def _checked(cells: list[str], file: str, line: int) -> tuple[str, str]:
    if len(cells) != len(COLUMNS):
        raise LedgerError("not a line of the ledger", file=file, line=line, hint="four cells: " + ",".join(COLUMNS))
    kind, key, minted, _ = cells
    forms = (("kind", kind, _KIND), ("key", key, _PERSON if kind == "person" else _KEY), ("minted", minted, _DAY))
    for column, cell, form in forms:
        if not form.fullmatch(cell):
            hint = "only thidua mint writes here; restore the file"
            raise LedgerError("not a line of the ledger", file=file, line=line, column=column, value=cell, hint=hint)
    return kind, key
