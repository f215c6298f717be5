"""Functions that can be called in SPARQL here: folding and sorting of Vietnamese text."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from loaders.identity import fold

Term = NamedNode | BlankNode | Literal | Triple

# The letters that Vietnamese sorts as letters of their own, after the bare one; every other mark is a tone.
_LETTERS = {"ă": "a1", "â": "a2", "đ": "d1", "ê": "e1", "ô": "o1", "ơ": "o2", "ư": "u1"}
# In the order of dictionaries: level, huyền, hỏi, ngã, sắc, nặng.
_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}


def sort_key(text: str) -> str:
    """A text that sorts by code point where the text sorts in Vietnamese: letters first, then tones, then the rest.

    >>> sorted(["Đà Nẵng", "Yên Bái", "Dà", "Ăn", "An Giang", "Án", "Àn", "an"], key=sort_key)
    ['an', 'Àn', 'Án', 'An Giang', 'Ăn', 'Dà', 'Đà Nẵng', 'Yên Bái']
    """
    letters, tones = [], []
    for character in unicodedata.normalize("NFC", text).casefold():
        base, tone = _apart(character)
        letters.append(_place(base))
        tones.append(tone)
    # A space ends the letters and sorts before all of them, so that a name sorts before what it begins.
    return " ".join(("".join(letters), "".join(tones), text))


def _apart(character: str) -> tuple[str, str]:
    """A letter without its tone, and the tone."""
    marks = unicodedata.normalize("NFD", character)
    tone = next((_TONES[mark] for mark in marks if mark in _TONES), "0")
    return unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in _TONES)), tone


def _place(letter: str) -> str:
    if letter in _LETTERS:
        return _LETTERS[letter]
    bare = unicodedata.normalize("NFD", letter)[:1]
    if bare.isalpha():
        return bare + "0"
    return "!" if bare.isspace() else bare


@dataclass(frozen=True)
class Function:
    """A function of one text: its name in our vocabulary, what it does, in Vietnamese and English."""

    name: str
    apply: Callable[[str], str]
    vi: str
    en: str

    def iri(self, base: str) -> NamedNode:
        """What the function is called in a query."""
        return NamedNode(f"{base}def#{self.name}")

    def __call__(self, *terms: Term) -> Literal | None:
        """The result as a plain string; none, which is an error in SPARQL, for anything but one literal."""
        if len(terms) != 1 or not isinstance(terms[0], Literal):
            return None
        return Literal(self.apply(terms[0].value))


FUNCTIONS = (
    Function(
        "fold",
        fold,
        'Bỏ dấu, chữ hoa và khoảng trắng thừa: fold("Đình Lập") là "dinh lap".',
        'Without marks, case and extra space: fold("Đình Lập") is "dinh lap".',
    ),
    Function(
        "sortKey",
        sort_key,
        "Khóa sắp xếp theo thứ tự tiếng Việt: ORDER BY td:sortKey(?label).",
        "A key for Vietnamese order: ORDER BY td:sortKey(?label).",
    ),
)


def custom(base: str) -> dict[NamedNode, Callable[..., Term | None]]:
    """The functions as the engine takes them."""
    return {function.iri(base): function for function in FUNCTIONS}
