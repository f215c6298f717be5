"""What somebody wrote for a cluster, a body or a post, as words.

"Cụm biên giới Lạng Sơn" is how people call the Cụm thi đua các huyện biên giới tỉnh Lạng Sơn: words that only frame a
name may be left out, the others may not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from loaders.identity import fold, match_key, search_key
from service.reconcile.wording import LONGEST, likeness

# Written in two capital letters, or in three and more of any case.
_SHORT = {
    **{"td": "thi dua", "kt": "khen thuong", "hd": "hoi dong", "ct": "chu tich", "pct": "pho chu tich"},
    **{"bt": "bi thu", "pbt": "pho bi thu", "gd": "giam doc", "pgd": "pho giam doc", "hu": "huyen uy", "tu": "tinh uy"},
    **{"ubmttq": "uy ban mat tran to quoc", "ldld": "lien doan lao dong", "ptth": "phat thanh truyen hinh"},
    **{"cdcd": "cao dang cong dong", "vn": "viet nam"},
}
# What frames a name: it may be left out, of a cluster also what clusters are made for.
_FRAMES = frozenset(("va", "cac", "cua", "tinh", "huyen", "thanh pho", "thi xa", "viet nam"))
_CLUSTER_FRAMES = _FRAMES | {"thi dua", "don vi"}
# A frame weighs so much beside another word when two names are compared.
_LIGHT = 0.25
# GD&ĐT, VH-XH: one abbreviation.
_JOINED = re.compile(r"(?<=[A-ZĐ])[-&](?=[A-ZĐ])")
_TOKEN = re.compile(r"\w+")
_MOST = 40
# Two syllables that are one word here: the "phố" of a city is not the "phó" of a deputy.
_PAIRS = frozenset(pair for pair in _CLUSTER_FRAMES if " " in pair)


@dataclass(frozen=True, slots=True)
class Word:
    """A word without marks, and with them where they are known."""

    folded: str
    marked: str | None


Naming = tuple[Word, ...]


@lru_cache(maxsize=4096)
def naming(text: str) -> Naming:
    """The words of a name, abbreviations spelt out.

    >>> [word.folded for word in naming("PCT UBND H. Ba Bể")]
    ['pho', 'chu', 'tich', 'uy', 'ban', 'nhan', 'dan', 'huyen', 'ba', 'be']
    """
    text = unicodedata.normalize("NFC", text[: 2 * LONGEST])[:LONGEST]
    joined = text if text.isupper() else _JOINED.sub("", text)
    found: list[Word] = []
    for token in _TOKEN.findall(_lettered(joined)):
        folded = fold(token)
        short = _SHORT.get(folded, "") if len(folded) > 2 or token.isupper() else ""
        spelt = short or search_key(folded)
        found += [Word(word, None) for word in spelt.split()] if spelt != folded else [_word(token, folded)]
    return tuple(_paired(found[:_MOST]))


def _paired(words: list[Word]) -> Iterator[Word]:
    at = 0
    while at < len(words):
        one, *rest = words[at : at + 2]
        if rest and (pair := f"{one.folded} {rest[0].folded}") in _PAIRS:
            yield Word(pair, f"{one.marked} {rest[0].marked}" if one.marked and rest[0].marked else None)
            at += 2
        else:
            yield one
            at += 1


def _word(token: str, folded: str) -> Word:
    if folded.isdigit():
        return Word(folded.lstrip("0") or "0", None)
    marked = match_key(f"a {token}")[2:]
    return Word(folded, marked if len(marked) == len(folded) else None)


_LETTER = {"h": "huyện", "q": "quận", "p": "phường", "x": "xã", "t": "tỉnh"}


def _lettered(text: str) -> str:
    """The text in which one letter before a full stop is the word that it stands for."""
    return re.sub(r"\b([hqpxtHQPXT])\.(?=\s*\w)", lambda match: _LETTER[match[1].lower()] + " ", text)


def frames(kind: str) -> frozenset[str]:
    """The words that may be left out of the name of a thing of this kind; of a person's none."""
    return {"cluster": _CLUSTER_FRAMES, "person": frozenset[str]()}.get(kind, _FRAMES)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much two names have in common, from 0 to 1, and whether only frames are left out of one of them."""

    value: float
    same: bool


def compared(written: Naming, name: Naming, light: frozenset[str]) -> Likeness:
    """How well the words that were written are those of a name."""
    left = list(written)
    agreed, shared = 1.0, 0.0
    for word in name:
        found = next((other for other in left if other.folded == word.folded), None)
        if found is not None:
            left.remove(found)
            agreed = min(agreed, _agreed(found, word))
            shared += _weight(word, light)
    sizes = sum(_weight(word, light) for word in (*written, *name))
    same = _same(written, name, light)
    dice = 2 * shared / sizes if sizes else 0.0
    return Likeness(round(agreed * (1.0 if same else 0.85 * dice), 4), same)


def _same(written: Naming, name: Naming, light: frozenset[str]) -> bool:
    ours, theirs = ([word.folded for word in words] for words in (written, name))
    if sorted(ours) == sorted(theirs):
        return True
    heavy = [word for word in ours if word not in light]
    if len(heavy) < 2 or sorted(heavy) != sorted(word for word in theirs if word not in light):
        return False
    left, right = ({word for word in words if word in light} for words in (ours, theirs))
    return left <= right or right <= left


def _agreed(written: Word, name: Word) -> float:
    if written.marked is None or name.marked is None:
        return 1.0
    return likeness(written.marked, name.marked, name.folded) or 0.6


def _weight(word: Word, light: frozenset[str]) -> float:
    return _LIGHT if word.folded in light else 1.0


def within(part: Sequence[str], words: Sequence[str]) -> int | None:
    """Where the words stand among the others, one behind the other; None if they do not."""
    size = len(part)
    return next((at for at in range(len(words) - size + 1) if list(words[at : at + size]) == list(part)), None)
