"""What somebody meant whose words are not spelt as anything is: keys of Telex left standing, English, one slip."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from string import ascii_lowercase

from loaders.identity import search_key

# Telex: dd, aa, ee, oo and w make letters, s f r x j z tones; no syllable of ours has these behind its vowel.
_DOUBLED = re.compile(r"\bd(?=d)|a(?=a)|e(?=e)|o(?=o)")
_KEYS = re.compile(r"(?<=[aeiouy])[wsfrxjz]+|(?<=[aeiouy][a-z])[sfrxjz]\b|(?<=[aeiouy][a-z]{2})[sfrxjz]\b")
_TYPES = {
    "province": "tinh", "city": "thanh pho", "district": "huyen", "town": "thi xa", "township": "thi tran",
    "commune": "xa", "ward": "phuong",
}  # fmt: skip
# Of fewer letters nearly any word is one slip from any other; a word alone has nothing beside it that would tell.
_SHORTEST, _ALONE, _LONGEST = 3, 5, 16


def telexed(typed: str) -> str:
    """What was meant by somebody whose keyboard left the keys of Telex standing; nothing if none stand there.

    >>> telexed("cum bieen giowis"), telexed("Dinhf Laapj"), telexed("baswc kajn"), telexed("lang son")
    ('cum bien gioi', 'dinh lap', 'bac kan', '')
    """
    key = search_key(typed)
    meant = " ".join(_KEYS.sub("", _DOUBLED.sub("", word)) for word in key.split())
    return meant if meant != key else ""


def translated(typed: str) -> str:
    """A unit with its English type as we call it; nothing if there is none.

    >>> translated("Lang Son city"), translated("Van Lang District"), translated("city")
    ('thanh pho lang son', 'huyen van lang', '')
    """
    *name, last = search_key(typed).split() or [""]
    return f"{_TYPES[last]} {' '.join(name)}" if name and last in _TYPES else ""


def strange(key: str, known: Collection[str]) -> str:
    """The one word of a key that no name has, if it is long enough to be told by the others; else nothing.

    >>> strange("van lng", {"van", "lang"}), strange("atlnt", {"van"}), strange("abc", {"van"})
    ('lng', 'atlnt', '')
    """
    words = key.split()
    least = _SHORTEST if len(words) > 1 else _ALONE
    unknown = [word for word in words if word not in known]
    told = len(unknown) == 1 and least <= len(unknown[0]) <= _LONGEST and unknown[0].isalpha()
    return unknown[0] if told else ""


def slips(word: str) -> Iterator[str]:
    """The words that differ from one in a letter: too many, too few, another one, or two that changed places.

    >>> {"lang", "long", "ng"} <= set(slips("lng")), "van" in slips("vna"), "lag" in slips("lag")
    (True, True, False)
    """
    pairs = [(word[:end], word[end:]) for end in range(len(word) + 1)]
    found = {left + right[1:] for left, right in pairs if right}
    found |= {left + right[1] + right[0] + right[2:] for left, right in pairs if len(right) > 1}
    found |= {
        left + letter + rest for left, right in pairs for letter in ascii_lowercase for rest in {right, right[1:]}
    }
    yield from sorted(found - {word})
