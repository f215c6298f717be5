"""When two Vietnamese names are the same name: folding for search, keys for matching; and which of two comes first.

Three strengths, from weak to strong: `fold` drops every mark (search as people type), `search_key` also spells out
abbreviations, `match_key` keeps the marks and only irons out spelling (resolution against the registry).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Words that say what a unit is, longest first, so that "thành phố" is not read as "thành".
UNIT_TYPES = (
    "thành phố trực thuộc trung ương",
    "thành phố",
    "thị trấn",
    "đặc khu",
    "thị xã",
    "phường",
    "huyện",
    "quận",
    "tỉnh",
    "xã",
)

_TYPED = re.compile(f"({'|'.join(UNIT_TYPES)}) ")
_ABBREVIATED_TYPES = {
    "tp": "thành phố ",
    "tx": "thị xã ",
    "tt": "thị trấn ",
    "h": "huyện ",
    "q": "quận ",
    "p": "phường ",
    "x": "xã ",
    "t": "tỉnh ",
}
_ABBREVIATED_TYPE = re.compile(r"^(t\.?[pxt]|[hqpxt])(?:\.\s*|\s+)")

_WORDS = {
    "tp": "thanh pho",
    "tx": "thi xa",
    "tt": "thi tran",
    "ubnd": "uy ban nhan dan",
    "hdnd": "hoi dong nhan dan",
    "tdkt": "thi dua khen thuong",
    "mttq": "mat tran to quoc",
    "tw": "trung uong",
    "hcm": "ho chi minh",
    "tphcm": "thanh pho ho chi minh",
    "tphn": "thanh pho ha noi",
    "bhxh": "bao hiem xa hoi",
    "vhxh": "van hoa xa hoi",
    "ntm": "nong thon moi",
    "gddt": "giao duc va dao tao",
    "tnmt": "tai nguyen va moi truong",
    "ldtbxh": "lao dong thuong binh va xa hoi",
    "vhttdl": "van hoa the thao va du lich",
    "nnptnt": "nong nghiep va phat trien nong thon",
    "hdtdkt": "hoi dong thi dua khen thuong",
    "hcmc": "thanh pho ho chi minh",
    "brvt": "ba ria vung tau",
    "khcn": "khoa hoc va cong nghe",
    "tttt": "thong tin va truyen thong",
    "ttcp": "thu tuong chinh phu",
    "cstd": "chien si thi dua",
    "cstdcs": "chien si thi dua co so",
    "cstdtq": "chien si thi dua toan quoc",
    "ldtt": "lao dong tien tien",
    "ldxs": "lao dong xuat sac",
    "hcld": "huan chuong lao dong",
    "vnah": "viet nam anh hung",
}
# T.P. Lang Son, T.X Ba Don: two letters are one word.
_DOTTED = re.compile(r"\bt\.([pxt])\b\.?(?=\s*\w)")
# One letter is an abbreviation only before a full stop: "H. Cao Loc", but "khoi H".
_LETTERS = {"h": "huyen", "q": "quan", "p": "phuong", "x": "xa", "t": "tinh"}

# Old placement on the left, new placement on the right: hoà/hòa, khoẻ/khỏe, thuý/thúy. Only where the cluster ends
# the syllable: "hoàn" and "thuỷn" are spelt one way. "quý", "quỳ" keep theirs: there the u belongs to the q.
_TONES = {
    "oà": "òa", "oá": "óa", "oả": "ỏa", "oã": "õa", "oạ": "ọa",
    "oè": "òe", "oé": "óe", "oẻ": "ỏe", "oẽ": "õe", "oẹ": "ọe",
    "uỳ": "ùy", "uý": "úy", "uỷ": "ủy", "uỹ": "ũy", "uỵ": "ụy",
}  # fmt: skip
_TONE = re.compile(r"(?<![qQ])(" + "|".join(_TONES) + r")(?!\w)")
_OLD_TONES = {new: old for old, new in _TONES.items()}
_OLD_TONE = re.compile(r"(?<![qQ])(" + "|".join(_OLD_TONES) + r")(?!\w)")
_APOSTROPHES = re.compile(r"['’‘ʼ`´]")
_DASHES = re.compile(r"\s*[-‐‑‒–—−]\s*")
_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]+")

# What looks like Đ and is another letter: old fonts and converters left it in many a text, above all in QĐ and NĐ-CP.
_ALIKE = str.maketrans("ÐðƉɖ", "ĐđĐđ")

# The letters that Vietnamese sorts as letters of their own, after the bare one; every other mark is a tone.
_OWN_LETTERS = {"ă": "a1", "â": "a2", "đ": "d1", "ê": "e1", "ô": "o1", "ơ": "o2", "ư": "u1"}
# In the order of dictionaries: level, huyền, hỏi, ngã, sắc, nặng.
_TONE_ORDER = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}


def fold(text: str) -> str:
    """The text without case, marks or extra space.

    >>> fold("Đình  Lập")
    'dinh lap'
    """
    bare = text.lower() if text.isascii() else unicodedata.normalize("NFC", text).translate(_BARE)
    return " ".join(bare.split())


class _Bare(dict[int, str]):
    """Characters without case and marks, each found out when it is met for the first time."""

    def __missing__(self, character: int) -> str:
        lowered = chr(character).translate(_ALIKE).casefold().replace("đ", "d")
        bare = "".join(c for c in unicodedata.normalize("NFD", lowered) if not unicodedata.combining(c))
        # Those of European scripts, ours among them; whatever else somebody sends is not remembered.
        if character < 0x2000:
            self[character] = bare
        return bare


_BARE = _Bare()


def search_key(text: str) -> str:
    """The folded text with abbreviations spelt out and punctuation as space.

    >>> search_key("UBND TP. Bắc Kạn")
    'uy ban nhan dan thanh pho bac kan'
    """
    folded = fold(text)
    if "." in folded:
        folded = _DOTTED.sub(r"t\1 ", folded)
        folded = re.sub(r"\b([hqpxt])\.(?=\s*\w)", lambda m: _LETTERS[m[1]] + " ", folded)
    words = _WORD.findall(_APOSTROPHES.sub("", folded))
    return " ".join([_WORDS.get(word, word) for word in words])


def match_key(name: str) -> str:
    """The key on which a name is matched with the registry: marks kept, spelling ironed out.

    >>> match_key("Tỉnh Hoà Bình") == match_key("tỉnh  Hòa Bình")
    True
    >>> match_key("TP. Bắc Kạn")
    'thành phố bắc kạn'
    """
    key = unicodedata.normalize("NFC", name).translate(_ALIKE).lower()
    # Spaces come first: before each of ten thousand, dashes would look for the end of all of them.
    key = _SPACES.sub(" ", _APOSTROPHES.sub("", key))
    key = _SPACES.sub(" ", _DASHES.sub(" ", key)).strip()
    key = _ABBREVIATED_TYPE.sub(lambda m: _ABBREVIATED_TYPES[m[1].replace(".", "")], key)
    return _TONE.sub(lambda m: _TONES[m[1]], key)


def other_tones(name: str) -> set[str]:
    """The name with its tone marks in the old and in the new place, as far as that differs from the name.

    >>> other_tones("Tỉnh Hoà Bình"), other_tones("Tỉnh Phú Thọ")
    ({'Tỉnh Hòa Bình'}, set())
    """
    new = _TONE.sub(lambda m: _TONES[m[1]], name)
    old = _OLD_TONE.sub(lambda m: _OLD_TONES[m[1]], name)
    return {new, old} - {name}


def strip_type(key: str) -> tuple[str | None, str]:
    """The type word of a matching key, if it has one, and the bare name.

    >>> strip_type(match_key("H. Cao Lộc"))
    ('huyện', 'cao lộc')
    >>> strip_type("lạng sơn")
    (None, 'lạng sơn')
    """
    found = _TYPED.match(key)
    return (found[1], key[found.end() :]) if found else (None, key)


def sort_key(text: str) -> str:
    """A text that sorts by code point where the text sorts in Vietnamese: letters first, then tones, then the rest.

    >>> sorted(["Đà Nẵng", "Yên Bái", "Dà", "Ăn", "An Giang", "Án", "Àn", "an"], key=sort_key)
    ['an', 'Àn', 'Án', 'An Giang', 'Ăn', 'Dà', 'Đà Nẵng', 'Yên Bái']
    """
    found = [_placed(character) for character in unicodedata.normalize("NFC", text).casefold()]
    # A space ends the letters and sorts before all of them, so that a name sorts before what it begins.
    return " ".join(("".join(letter for letter, _ in found), "".join(tone for _, tone in found), text))


@lru_cache(maxsize=4096)
def _placed(character: str) -> tuple[str, str]:
    """What a letter sorts by without its tone, and the tone."""
    base, tone = _apart(character)
    return _place(base), tone


def _apart(character: str) -> tuple[str, str]:
    """A letter without its tone, and the tone."""
    marks = unicodedata.normalize("NFD", character)
    tone = next((_TONE_ORDER[mark] for mark in marks if mark in _TONE_ORDER), "0")
    return unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in _TONE_ORDER)), tone


def _place(letter: str) -> str:
    if letter in _OWN_LETTERS:
        return _OWN_LETTERS[letter]
    bare = unicodedata.normalize("NFD", letter)[:1]
    if bare.isalpha():
        return bare + "0"
    return "!" if bare.isspace() else bare
