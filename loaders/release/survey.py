"""A survey of a release: everything that people look for, with its names and what stands around them.

What is said of things is joined here, thing by thing: of all of them where it was read from end to end, which takes
seconds where the engine takes a minute; of some after a change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial

from loaders.identity import fold, strip_type
from loaders.release.heard import BESIDE, DATED, NAMES, PERIODS, PLACED, PROPERTIES, Heard
from loaders.release.things import KINDS, LEVELS, Name, Thing, Value, folded, kind_of, named

# Whatever type word a unit is written with, one of its level is meant.
_TYPES = {
    "province": ("tỉnh", "thành phố trực thuộc trung ương"),
    "district": ("huyện", "quận", "thị xã", "thành phố"),
    "commune": ("xã", "phường", "thị trấn", "đặc khu"),
}
# What is said of a thing by what belongs to it: by property, what names the owner, and what is said there.
_OF_OTHERS = {
    "post": (("person", "post"),),
    "asOf": (("person", "asOf"),),
    "year": (("ofCluster", "year"),),
    "altLabel": (("versionOf", "label"),),
    "formerParent": (("versionOf", "parent"),),
}
_JOINED = frozenset((*_OF_OTHERS, "standing", "member", "inCluster"))
# How far an award has come: what was proposed was not therefore given.
STANDINGS = {
    "award-presentation": "đã trao",
    "award-decision": "đã có quyết định",
    "award-proposal": "được đề nghị, chưa biết kết quả",
}
# Steps to where a thing is, and parents above a unit; more than these go round in circles.
_FARTHEST = 6
# What is joined is remembered of so many things.
_KNOWN = 65_536
# A name of so many words is also written as one: Kontum, Langson.
_SHORT = 4


class Survey:
    """Things with names, as they are heard of."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._said = {name: heard.said(name) for name in PROPERTIES}
        # Asked for again and again: what is joined, and where a thing is.
        self._joined = lru_cache(_KNOWN)(partial(_joined, heard))
        self._homes: dict[str, tuple[str, ...]] = {}
        # What each province is called, by the key of its name, in its latest spelling.
        self.provinces: dict[str, str] = {}
        for unit in sorted(heard.provinces):
            bare = self._bare(unit)
            if _key(bare) not in self.provinces or self._one(unit, "validTo") is None:
                self.provinces[_key(bare)] = bare

    def things(self, iris: Iterable[str]) -> Iterator[Thing]:
        """Those of the things that have a name and are of one of the kinds."""
        for iri in iris:
            if (kind := kind_of(iri)) and (label := self._label(iri)):
                yield self._thing(iri, kind, label)

    def _of(self, iri: str, name: str) -> Sequence[str]:
        return self._joined(name, iri) if name in _JOINED else self._said[name].get(iri, ())

    def _values(self, iri: str, *names: str) -> list[str]:
        said, joined = self._said, self._joined
        return [
            value for name in names for value in (joined(name, iri) if name in _JOINED else said[name].get(iri, ()))
        ]

    def _one(self, iri: str, name: str) -> str | None:
        return next(iter(self._of(iri, name)), None)

    def _label(self, iri: str) -> str | None:
        """What a thing is called in Vietnamese, or else in English."""
        return next(iter([*self._values(iri, *NAMES), *self._heard.english(iri)]), None)

    def _thing(self, iri: str, kind: str, label: str) -> Thing:
        level = (self._one(iri, "level") or "").rpartition("/")[2]
        first, last = self._days(iri, kind)
        names, provinces = self._names(iri, kind, label), self._home(iri)
        years = sorted({int(day[:4]) for day in self._values(iri, *DATED) if day[:4].isdigit()})
        beside = [self._value(each) for each in (self._above(iri) if kind == "unit" else self._told(iri, kind))]
        today = [self._value(each) for each in self._today(iri)] if kind == "unit" and last else []
        around = {folded(self.provinces[each]) for each in provinces} | {str(year) for year in years}
        around |= {folded(words) for _, words in beside} | set(_one_word(names))
        if kind == "unit":
            around |= self._neighbours(iri, level, [each for each, _ in today if each])
        return Thing(
            iri=iri,
            kind=kind,
            label=label,
            english=next(iter(self._heard.english(iri)), None),
            place=LEVELS.index(level) if level else len(LEVELS) + KINDS.index(kind),
            names=names,
            around=frozenset(word for words in around for word in words.split()),
            first=first,
            last=last,
            years=tuple(years),
            provinces=provinces,
            beside=tuple(beside),
            today=tuple(today),
        )

    def _days(self, iri: str, kind: str) -> tuple[str | None, str | None]:
        """The first and the last of its days: of a unit, since and until when it was there, as far as is known."""
        if kind == "unit":
            return self._one(iri, "validFrom"), self._one(iri, "validTo")
        days = self._values(iri, *DATED)
        return min(days, default=None), max(days, default=None)

    def _names(self, iri: str, kind: str, label: str) -> tuple[Name, ...]:
        """Its label, then its other names in the order of their keys; what reads the same comes once."""
        written = [label, *self._values(iri, *NAMES), *self._heard.english(iri)]
        written += self._values(iri, "code") if kind == "unit" else self._values(iri, "number") if kind == "act" else []
        found = {(name.key, name.marked): name for name in reversed([named(each) for each in written]) if name.key}
        keys = {key for key, _ in found}
        bare = {name.key: name for name in map(_without_type, written)}
        for key in self._values(iri, "searchKey"):
            if key not in keys:
                name = bare.get(key, Name(key, key, key))
                found[name.key, name.marked] = name
        main = found.pop((named(label).key, named(label).marked), None)
        others = sorted(found.values(), key=lambda name: (name.key, name.marked))
        return (main, *others) if main else tuple(others)

    def _told(self, iri: str, kind: str) -> list[str]:
        return list(dict.fromkeys(self._values(iri, *BESIDE[kind])))

    def _value(self, value: str) -> Value:
        """A thing by its IRI and name; other values as they are.

        An emulation unit is shown as the unit for which it stands, the year of a cluster as the cluster.
        """
        if not value.startswith(("id/", "concept/")):
            return None, value
        value = self._one(value, "territory") or self._one(value, "ofCluster") or value
        return value, self._label(value) or value.rpartition("/")[2]

    def _above(self, unit: str) -> list[str]:
        """The units above a unit, from its parent up."""
        found: list[str] = []
        while (parent := self._one(unit, "parent")) and len(found) < _FARTHEST:
            found.append(parent)
            unit = parent
        return found

    def _today(self, unit: str) -> list[str]:
        """The units that are there today on the territory of a unit that has ended."""
        seen, ahead, found = {unit}, [unit], []
        while ahead:
            each = ahead.pop()
            if self._one(each, "validTo") is None:
                found.append(each)
            following = [follower for follower in self._values(each, "replacedBy") if follower not in seen]
            seen.update(following)
            ahead.extend(following)
        return sorted(found)

    def _home(self, iri: str) -> tuple[str, ...]:
        if (found := self._homes.get(iri)) is None:
            found = self._homes[iri] = self._find_home(iri)
        return found

    def _find_home(self, iri: str, steps: int = 0) -> tuple[str, ...]:
        """The keys of the provinces where a thing is, by the names that they had then."""
        if kind_of(iri) == "unit":
            top = [iri, *self._above(iri)][-1]
            return (_key(self._bare(top)),) if (self._one(top, "level") or "").endswith("/province") else ()
        if steps > _FARTHEST:
            return ()
        places = [value for name in PLACED if name != "member" for value in self._values(iri, name)]
        places = places or self._values(iri, "member")
        return tuple(sorted({key for place in places for key in self._find_home(place, steps + 1)}))

    def _bare(self, unit: str) -> str:
        """What a province is called without its type."""
        return _without_type(self._label(unit) or unit).written

    def _neighbours(self, unit: str, level: str, today: Iterable[str]) -> set[str]:
        """By what a unit is known beside its names: type words, former parents, what it is today and where that is."""
        above = [each for parent in self._values(unit, "formerParent") for each in (parent, *self._above(parent))]
        above += [each for heir in today for each in (heir, *self._above(heir))]
        written = {name for each in above for name in self._values(each, "label")}
        return {folded(words) for words in (*written, *_TYPES.get(level, ()))}


@lru_cache(maxsize=_KNOWN)
def _without_type(written: str) -> Name:
    word, _ = strip_type(written.lower())
    return named(written[len(word) :].strip() if word else written)


def _one_word(names: Iterable[Name]) -> Iterator[str]:
    for name in names:
        _, bare = strip_type(name.marked)
        words = folded(bare).split()
        if 1 < len(words) <= _SHORT:
            yield "".join(words)


def _key(bare: str) -> str:
    """The key of a province's name."""
    return fold(bare).replace(" ", "-")


def _joined(heard: Heard, name: str, thing: str) -> Sequence[str]:
    """What a property says of a thing, and what is said of its holdings, versions, years and steps."""
    own = heard.said(name).get(thing, ())
    if heard.alone(thing):
        return own
    found = dict.fromkeys(own)
    if name == "standing":
        taken = {step.split("/")[1] for step in heard.owned("ofAward", thing)}
        return [words for step, words in STANDINGS.items() if step in taken][:1] or list(found)
    for owner, there in _OF_OTHERS.get(name, ()):
        for node in heard.owned(owner, thing):
            found.update(dict.fromkeys(heard.said(there).get(node, ())))
    if name == "year":
        for node in (each for kind in PERIODS for each in heard.said(kind).get(thing, ())):
            found.update(dict.fromkeys(heard.said("year").get(node, ())))
    if name in ("year", "inCluster"):
        told = heard.said("ofCluster" if name == "inCluster" else "year")
        for node in heard.owned("inMovement", thing):
            for year in heard.said("inClusterYear").get(node, ()):
                found.update(dict.fromkeys(told.get(year, ())))
    elif name == "member":
        for year in heard.owned("ofCluster", thing):
            for node in heard.owned("inClusterYear", year):
                found.update(dict.fromkeys(heard.said("member").get(node, ())))
    return list(found)
