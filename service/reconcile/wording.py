"""What somebody wrote for a unit, read: its type word, its name, and the units above that stand behind a comma.

People leave out marks, write them in other places, abbreviate type words or drop them. What was written with marks
says more than what was written without, so both are kept apart until a name of the registry stands beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from loaders.identity import UNIT_TYPES, fold, match_key, search_key

# What is longer names no unit: the longest cell with all units above has some 120 characters.
LONGEST = 300
# Units above that are looked at: there are three levels.
HIGHEST = 6
_TYPES = [(word, fold(word)) for word in UNIT_TYPES]
# Q1, P.12: before a number the letter needs no full stop.
_NUMBERED = re.compile(r"^([qp])\.?\s*(\d+)$", re.IGNORECASE)
_PARTS = re.compile(r"[,;()]")


@dataclass(frozen=True, slots=True)
class Wording:
    """A name as it can be read: the folded type word if there is one, the name with its marks, and without."""

    kind: str | None
    bare: str
    folded: str


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one cell: the name as it is written, its readings, and those of each unit above."""

    text: str
    name: tuple[Wording, ...]
    above: tuple[tuple[Wording, ...], ...]


def cell(text: str) -> Cell:
    """The cell, read.

    >>> [wording.bare for wording in cell("X. Hoàng Văn Thụ, H. Văn Lãng").above[0]]
    ['văn lãng']
    """
    parts = [part.strip() for part in _PARTS.split(text[:LONGEST])] if len(text) <= LONGEST else []
    first, *above = parts or [""]
    return Cell(first, readings(first), tuple(readings(part) for part in above[:HIGHEST] if part))


@lru_cache(maxsize=4096)
def readings(name: str) -> tuple[Wording, ...]:
    """The ways to read a name; the first word of one without marks may be a type word or not.

    >>> [(wording.kind, wording.bare) for wording in readings("phuong mai")]
    [('phuong', 'mai'), (None, 'phuong mai')]
    >>> [(wording.kind, wording.bare) for wording in readings("Phương Mai")]
    [(None, 'phương mai')]
    """
    key = match_key(_NUMBERED.sub(r"\1. \2", name.strip()))
    found = [_wording(None, key)]
    for word, folded in _TYPES:
        bare = key[len(word) + 1 :]
        if bare and key[len(word)] == " " and likeness(key[: len(word)], word, folded) > 0:
            # Written with its marks, it is a type word and nothing else.
            found = [_wording(folded, bare), *([] if key.startswith(word) else found)]
            break
    return tuple(wording for wording in found if wording.folded)


def _wording(kind: str | None, bare: str) -> Wording:
    bare = bare.lstrip("0") if bare.isdigit() else bare
    return Wording(kind, bare, search_key(bare))


def likeness(written: str, name: str, plain: str) -> float:
    """How well what was written agrees with a name that is the same without marks; `plain` is that.

    1 if letter by letter, 0.9 if marks are only missing, 0 if they are others.
    """
    if written == name:
        return 1.0
    if len(written) != len(name) or len(name) != len(plain):
        # An abbreviation was spelt out.
        return 0.9 if written.isascii() else 0.0
    return 0.9 if all(w in (n, p) for w, n, p in zip(written, name, plain, strict=True)) else 0.0
