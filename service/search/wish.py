"""What somebody looks for, read: words without marks, words as they were typed, and what stands behind a comma."""

from __future__ import annotations

import re
from dataclasses import dataclass

from loaders.identity import match_key, search_key

# Q1, P.12: before a number the letter needs no full stop.
_NUMBERED = re.compile(r"\b([qp])\.?\s?(\d+)\b", re.IGNORECASE)
_PARTS = re.compile(r"[,;()]")
# Bodies and offices of a unit, which are not all in the data; the unit is.
_BODIES = (
    *("uy ban nhan dan", "hoi dong nhan dan", "uy ban mat tran to quoc", "mat tran to quoc", "tinh uy", "thanh uy"),
    *("huyen uy", "dang uy", "so noi vu", "phong noi vu", "hoi dong thi dua khen thuong", "ban thi dua khen thuong"),
    *("pho chu tich", "chu tich", "pho bi thu", "bi thu", "thuong truc", "van phong"),
)
# Words that are looked for; nobody needs more to say what they mean.
_MOST = 16


@dataclass(frozen=True, slots=True)
class Wish:
    """One way to read what was typed: the name without marks and with them, and words that are to stand around it."""

    key: str
    marked: str
    near: str = ""

    @property
    def words(self) -> list[str]:
        """The words of the name, each of which begins a word of what is found."""
        return self.key.split()[:_MOST]


def wishes(typed: str) -> list[Wish]:
    """The ways to read what was typed: all of it as a name, and what stands before a comma as a name in what follows.

    >>> [(wish.key, wish.near) for wish in wishes("Đình Lập, Lạng Sơn")]
    [('dinh lap lang son', ''), ('dinh lap', 'lang son')]
    >>> [wish.key for wish in wishes("Q1")], wishes("…")
    (['quan 1'], [])
    """
    text = _NUMBERED.sub(r"\1. \2", typed)
    found = [Wish(search_key(text), match_key(text.strip()))]
    first, *others = (part.strip() for part in _PARTS.split(text))
    if search_key(first) and (near := search_key(" ".join(others))):
        found.append(Wish(search_key(first), match_key(first), near))
    return [wish for wish in found if wish.key]


def instead(typed: str) -> list[Wish]:
    """What to look for when there is nothing of a body's name: the unit whose body it is.

    >>> [wish.key for wish in instead("Chủ tịch UBND tỉnh Lạng Sơn")], instead("Lạng Sơn")
    (['tinh lang son'], [])
    """
    key = search_key(typed)
    bare = key
    while body := next((body for body in _BODIES if bare.startswith(body + " ")), None):
        bare = bare.removeprefix(body).lstrip()
    return [Wish(bare, bare)] if bare != key else []
