"""A person's names in running text: with marks or without, either tone placement, in addresses and in keys.

What merely folds to the same letters is another name (`Hoằng Minh` is not `Hoàng Minh`), and after the type word of a
unit it is a place (`xã Hoàng Minh`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import unquote

from loaders.identity import UNIT_TYPES, fold, other_tones
from loaders.records.ledger import slug

# What stands in a text where the name stood.
LEFT_OUT = "[…]"
_GAP = r"[\s_.+-]*"
_EDGES = r"(?<![^\W_]){}(?![^\W_])"
_PLACES = tuple(f"-{slug(word)}" for word in UNIT_TYPES)


class Names:
    """The names of one person; a name of one word is too common to be looked for.

    >>> names = Names(["Nguyễn Văn Mẫu"])
    >>> names.without("Ông Nguyễn  Văn Mẫu phát biểu; xã Nguyễn Văn Mẫu; nguyen van mau")
    'Ông […] phát biểu; xã Nguyễn Văn Mẫu; […]'
    >>> names.stand_in("https://example.org/tin/nguyen-van-mau-phat-bieu.html")
    True
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.all = sorted({" ".join(unicodedata.normalize("NFC", name).split()) for name in names})
        forms = {form for name in self.all for form in _forms(name) if len(form.split()) > 1}
        # The longest first, so that nothing is left of it.
        ordered = sorted(forms, key=lambda form: (-len(form), form))
        spelt = "|".join(_GAP.join(map(re.escape, form.split())) for form in ordered)
        self._words = {word for form in forms for word in fold(form).split()}
        self._pattern = re.compile(_EDGES.format(f"(?:{spelt})"), re.IGNORECASE) if spelt else None

    def without(self, text: str, instead: str = LEFT_OUT) -> str:
        """The text with something else instead of each name."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: found[0] if _is_place(text[: found.start()]) else instead, text)

    def stand_in(self, text: str) -> bool:
        """Whether a name stands in a text, an address or a key."""
        read = unicodedata.normalize("NFC", unquote(text))
        return self.without(read) != read

    def may_stand_behind(self, key: str) -> bool:
        """Whether a text of which this is the search key may hold a name: no word of it is lost in the key."""
        return any(word in key for word in self._words)


def _forms(name: str) -> set[str]:
    """The spellings of a name: both places of the tone mark, and no marks at all."""
    return {name, *other_tones(name), fold(name)}


def _is_place(before: str) -> bool:
    return f"-{slug(before[-40:])}".endswith(_PLACES)
