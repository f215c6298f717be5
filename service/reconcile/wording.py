"""What somebody wrote for a unit, read: its type word, its name, and the units above that stand behind a comma.

People leave out marks, write them in other places, abbreviate type words or drop them. What was written with marks
says more than what was written without, so both are kept apart until a name of the registry stands beside it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from loaders.identity import UNIT_TYPES, fold, match_key, search_key

# What is longer names no unit: the longest cell with all units above has some 120 characters.
LONGEST = 300
# Units above that are looked at: there are three levels.
HIGHEST = 6
# Parts of a cell that are read, however it is divided: three levels and the country, each with a dash in its name,
# have eight. Between dashes every row of parts may be a name, so that work grows with the square.
_MOST = 12
_TYPES = [(word, fold(word)) for word in UNIT_TYPES]
_LETTERS = "abcdefghijklmnopqrstuvwxyz "
# Shorter names are so near to each other that a slip says nothing; nobody writes longer ones.
_SLIPS = range(5, 41)
# Q1, P.12: before a number the letter needs no full stop.
_NUMBERED = re.compile(r"^([qp])\.?\s*(\d+)$", re.IGNORECASE)
# What stands between a unit and the one above; a stroke between figures is one of a key, 2004/182.
_PARTS = re.compile(r"[,;()|\n]|(?<!\d)/(?!\d)")
# A dash may do the same, or be part of a name: Phan Rang - Tháp Chàm.
_DASH = re.compile(r"\s[-‐‑‒–—−]\s")
# The number or the bullet of a list: 1. 12) 3/ - +
_BULLET = re.compile(r"^\s*(?:\d{1,4}\s*[.)/]|[-+*•‐‑‒–—−])\s*(?=[^\W\d])")
# XãĐầm Hà, Phường7, DakLak: a space is missing.
_GLUED = re.compile(r"(?<=[^\W\d_][^\W\d_A-ZĐ])(?=[A-ZĐ][^\W\d_A-ZĐ])|(?<=[^\W\d_]{2})(?=\d{1,2}$)")
_ENDS = " \t\n\u00a0.:"


@dataclass(frozen=True, slots=True)
class Wording:
    """A name as it can be read: the folded type word if there is one, the name with its marks, and without."""

    kind: str | None
    bare: str
    folded: str


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one cell: the text, and its parts, each split where a dash may divide or belong to the name."""

    text: str
    parts: tuple[tuple[str, ...], ...]

    @property
    def unmarked(self) -> bool:
        """Whether the name is written without any mark, so that it may stand for names with marks."""
        return not self.parts or " - ".join(self.parts[0]).isascii()


def cell(text: str) -> Cell:
    """The cell, taken apart.

    >>> cell("1. X. Hoàng Văn Thụ - H. Văn Lãng, Lạng Sơn.").parts
    (('X. Hoàng Văn Thụ', 'H. Văn Lãng'), ('Lạng Sơn',))
    """
    text = unicodedata.normalize("NFC", text[: 2 * LONGEST]).strip(_ENDS)
    text = text if len(text) <= LONGEST else ""
    found, left = [], _MOST
    for written in _PARTS.split(_BULLET.sub("", text)):
        if part := tuple(filter(None, map(_trimmed, _DASH.split(written))))[:left]:
            found.append(part)
            left -= len(part)
    return Cell(text, tuple(found[: HIGHEST + 1]))


def _trimmed(part: str) -> str:
    return _GLUED.sub(" ", part.strip(_ENDS))


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


def slips(name: str) -> Iterator[str]:
    """The names that differ by one letter: too much, missing, another, or two that changed places."""
    return _one_off(name) if len(name) in _SLIPS else iter(())


def _one_off(name: str) -> Iterator[str]:
    for at in range(len(name) + 1):
        head, tail = name[:at], name[at:]
        yield head + tail[1:]
        yield head + tail[1:2] + tail[:1] + tail[2:]
        for letter in _LETTERS:
            yield head + letter + tail
            yield head + letter + tail[1:]


def slip(one: str, other: str) -> bool:
    """Whether two names differ by one letter, as `slips` does, whatever letter it is.

    >>> slip("lộc bình", "lộc bìnhh"), slip("lộc bình", "lôc binh")
    (True, False)
    """
    start = _alike(one, other)
    one, other = one[start:], other[start:]
    end = _alike(one[::-1], other[::-1])
    one, other = one[: len(one) - end], other[: len(other) - end]
    return max(len(one), len(other)) <= 1 or (len(one) == 2 and one == other[::-1])


def _alike(one: str, other: str) -> int:
    """With how many of the same letters both begin."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


# Where two type words are one letter apart from the same, the longer one is meant. What has no x is hardly xã.
_MISSPELT = {
    written: folded
    for _, folded in reversed(_TYPES)
    for written in _one_off(folded)
    if folded != "xa" or "x" in written
}


def misspelt(written: Sequence[Wording]) -> Iterator[Wording]:
    """The readings in which the words before a name are a type word with a slip of the keys.

    >>> [wording.kind for wording in misspelt(readings("Xiã Phổ An"))]
    ['xa']
    """
    for wording in written:
        words, folded = wording.bare.split(), wording.folded.split()
        if wording.kind is None and len(words) == len(folded):
            for length in (1, 2):
                kind = _MISSPELT.get(" ".join(folded[:length]))
                if kind and folded[length:]:
                    yield Wording(kind, " ".join(words[length:]), " ".join(folded[length:]))
