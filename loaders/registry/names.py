"""How a unit is called: the type in its name, and the other ways people write it."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from loaders.errors import SourceError
from loaders.identity import match_key, other_tones, strip_type

_TYPES = {
    ("province", "tỉnh"): "tinh",
    ("province", "thành phố"): "thanh-pho-truc-thuoc-trung-uong",
    ("district", "huyện"): "huyen",
    ("district", "quận"): "quan",
    ("district", "thị xã"): "thi-xa",
    ("district", "thành phố"): "thanh-pho-thuoc-tinh",
    ("commune", "xã"): "xa",
    ("commune", "phường"): "phuong",
    ("commune", "thị trấn"): "thi-tran",
    ("commune", "đặc khu"): "dac-khu",
}
# Written so often that people search for them; other abbreviations are spelt out on both sides.
_ABBREVIATIONS = {"hồ chí minh": ("TP.HCM", "TPHCM")}


@lru_cache(maxsize=65536)
def parted(name: str) -> tuple[str | None, str]:
    """The type word that a name begins with, if it does, and the name without it, both as names are matched.

    >>> parted("TX. Nghĩa Lộ")
    ('thị xã', 'nghĩa lộ')
    """
    return strip_type(match_key(name))


def unit_type(level: str, name: str, parent_type: str | None = None) -> str:
    """The key of the type that a name begins with; SourceError when it begins with none of its level.

    >>> unit_type("district", "Thành phố Thủ Đức", "thanh-pho-truc-thuoc-trung-uong")
    'thanh-pho-thuoc-thanh-pho'
    """
    word, _ = parted(name)
    kind = _TYPES.get((level, word or ""))
    if kind is None:
        words = [word for at, word in _TYPES if at == level]
        raise SourceError(f"no type of a {level} in this name", value=name, hint="begin it with " + ", ".join(words))
    if kind == "thanh-pho-thuoc-tinh" and parent_type == "thanh-pho-truc-thuoc-trung-uong":
        return "thanh-pho-thuoc-thanh-pho"
    return kind


def without_type(name: str) -> str:
    """The name without its type word, spelt as in the name.

    >>> without_type("Thành Phố Bắc Kạn")
    'Bắc Kạn'
    """
    word, _ = parted(name)
    return name[len(word) :].strip() if word else name


def in_sentence(name: str) -> str:
    """The name as it stands inside a sentence.

    >>> in_sentence("Thành Phố Bắc Kạn")
    'thành phố Bắc Kạn'
    """
    word, _ = parted(name)
    return f"{word} {without_type(name)}" if word else name


@cache
def alternatives(name: str) -> tuple[str, ...]:
    """Other ways to write a registry name, without the name itself.

    >>> alternatives("Thành Phố Bắc Kạn")
    ('Bắc Kạn', 'TP. Bắc Kạn', 'Thành phố Bắc Kạn')
    >>> alternatives("Tỉnh Hoà Bình")
    ('Hoà Bình', 'Hòa Bình', 'Tỉnh Hòa Bình')
    """
    tidy = _capitalised(in_sentence(name))
    written = {name, tidy}
    if in_sentence(name).startswith("thành phố "):
        written.add("TP. " + without_type(tidy))
    written |= {without_type(form) for form in (name, tidy)}
    written |= set(_numbered(name))
    written |= {tones for form in tuple(written) for tones in other_tones(form)}
    return tuple(sorted(written.union(abbreviations(name)) - {name}))


def abbreviations(name: str) -> tuple[str, ...]:
    """Abbreviations that stand for a name.

    >>> abbreviations("Thành phố Hồ Chí Minh")
    ('TP.HCM', 'TPHCM')
    """
    return _ABBREVIATIONS.get(parted(name)[1], ())


def _numbered(name: str) -> tuple[str, ...]:
    # The list has written both "Phường 4" and "Phường 04" for wards.
    number = without_type(name)
    if not (name.startswith("Phường ") and number.isdigit()):
        return ()
    return f"Phường {int(number)}", f"Phường {int(number):02}"


def _capitalised(name: str) -> str:
    # The registry writes "Xã Đại áng", "Xã Ya ly": every word of the proper name gets its capital.
    word, _ = parted(name)
    proper = re.sub(r"(?<![\w'’-])\w", lambda m: m[0].upper(), without_type(name))
    return f"{word[0].upper()}{word[1:]} {proper}" if word else proper
