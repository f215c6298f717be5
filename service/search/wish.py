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
# GD&ĐT, VH-XH: one abbreviation; and so are vh xh, gd-dt.
_PAIRS = re.compile(r"\b(gd|kh|tn|vh) (dt|cn|mt|xh)\b")
_JOINED = re.compile(r"(?<=[A-ZĐ])-(?=[A-ZĐ])|(?<=\w)&(?=\w)")
_YEAR = re.compile(r"(?:\bnam )?\b((?:19|20)\d\d)\b")
# What people say around a name when they ask a whole question, and what a thing is called beside its name. A lead is
# asked for by its cluster, whose page says what is known of each year.
_ASIDE = re.compile(
    r"\b(?:bao nhieu|o dau|phong trao|cuoc van dong|hoi nghi|don vi|lanh dao|dung dau|dan dau|truoc day|hien nay"
    r"|hang nam|tung nam|(?:truong|pho)(?= (?:cum|khoi)\b)|(?<=cum )(?:truong|pho)|(?<=khoi )(?:truong|pho)"
    r"|ai|gi|nao|la|lam|duoc|co|cua|thuoc|gom|nhung|cac|nay|nam)\b"
)
# Huân chương hạng 3, hạng III: classes are written in words.
_CLASS = re.compile(r"\bhang (1|2|3|i{1,3})\b")
_CLASSES = {"1": "nhat", "i": "nhat", "2": "nhi", "ii": "nhi", "3": "ba", "iii": "ba"}
# NQ 202/2025/QH15: the kind of an act beside its number, which is spelt out in its title.
_ACT = re.compile(r"^(?:nq|nd|nđ|tt|qd|qđ)\.?\s*(?:s[ốo]\s*)?(?=\d+/)", re.IGNORECASE)
# At which levels units of this type are; thị xã become thành phố, xã become phường, and keep their names.
_LEVELS = {
    "thanh pho": (0, 1), "thi xa": (1,), "huyen": (1,), "quan": (1,), "tinh": (0,),
    "thi tran": (2,), "phuong": (2,), "dac khu": (2,), "xa": (2,),
}  # fmt: skip
_TYPE = re.compile(f"({'|'.join(_LEVELS)}) (?=.)")
# Words that are looked for; nobody needs more to say what they mean.
_MOST = 16
# So few letters are no name.
_TOO_SHORT = 2


@dataclass(frozen=True, slots=True)
class Wish:
    """One way to read what was typed: the name without marks and with them, and words that are to stand around it.

    With levels, the whole name of a unit of one of these, whatever type it is of.
    """

    key: str
    marked: str
    near: str = ""
    levels: tuple[int, ...] = ()

    @property
    def words(self) -> list[str]:
        """The words of the name, each of which begins a word of what is found."""
        return self.key.split()[:_MOST]


def wishes(typed: str) -> list[Wish]:
    """The ways to read what was typed: all of it as a name, and what stands before a comma as a name in what follows.

    And with its abbreviations spelt out, without the word before a year, with the year as what is known of it, and of
    a unit without its type.

    >>> [(wish.key, wish.near) for wish in wishes("Đình Lập, Lạng Sơn")]
    [('dinh lap lang son', ''), ('dinh lap', 'lang son')]
    >>> [(wish.key, wish.near) for wish in wishes("Khối VH-XH năm 2019")][1:]
    [('khoi van hoa xa hoi nam 2019', ''), ('khoi van hoa xa hoi 2019', ''), ('khoi van hoa xa hoi', '2019')]
    >>> [wish.key for wish in wishes("huân chương lao động hạng 3")], [wish.key for wish in wishes("NQ 202/QH15")]
    (['huan chuong lao dong hang 3', 'huan chuong lao dong hang ba'], ['nq 202 qh15', '202 qh15'])
    >>> [(wish.key, wish.levels) for wish in wishes("tx bac kan")]
    [('thi xa bac kan', ()), ('bac kan', (1,))]
    >>> [wish.key for wish in wishes("Q1")][0], wishes("…")
    ('quan 1', [])
    """
    text = _NUMBERED.sub(r"\1. \2", typed)
    found = [Wish(search_key(text), match_key(text.strip()))]
    first, *rest = (part.strip() for part in _PARTS.split(text))
    if search_key(first) and (near := search_key(" ".join(rest))):
        found.append(Wish(search_key(first), match_key(first), near))
    spelt = search_key(_JOINED.sub("", text))
    classed = _CLASS.sub(lambda match: f"hang {_CLASSES[match[1]]}", spelt)
    numbered = search_key(_ACT.sub("", typed.strip()))
    paired = search_key(_PAIRS.sub(r"\1\2", spelt))
    others = dict.fromkeys((spelt, paired, _YEAR.sub(r"\1", spelt), classed, numbered))
    found += [Wish(key, key) for key in others if key != found[0].key]
    if (year := _YEAR.search(spelt)) and (timeless := " ".join(_YEAR.sub(" ", spelt).split())):
        found.append(Wish(timeless, timeless, year[1]))
    if type_ := _TYPE.match(spelt):
        name = spelt[type_.end() :]
        found.append(Wish(name, name, levels=_LEVELS[type_[1]]))
    return [wish for wish in found if wish.key]


def fewer(typed: str) -> str:
    """What is left of a question when nothing is called so: the name in it; then that without a year; then nothing.

    A year alone is no name: it would be the beginning of a code.

    >>> fewer("Ai làm trưởng cụm biên giới năm 2018?"), fewer("cum bien gioi 2018"), fewer("ai, nam 2018")
    ('cum bien gioi 2018', 'cum bien gioi', '')
    """
    key = search_key(typed)
    left = (" ".join(pattern.sub(" ", key).split()) for pattern in (_ASIDE, _YEAR))
    return next((rest for rest in left if rest != key and len(rest) > _TOO_SHORT and not rest.isdigit()), "")


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
