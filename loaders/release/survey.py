"""A survey of a release: everything that people look for, with its names and what stands around them.

What is said of things is read from end to end and joined here: seconds, where the engine takes a minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from sys import intern

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, parse

from loaders.identity import fold, strip_type
from loaders.namespaces import dcterms, rdfs, skos
from loaders.release.things import KINDS, LEVELS, Name, Thing, Value, folded, kind_of, named

_NAMES = ("label", "prefLabel", "awardText", "measure", "altLabel")
_BORROWED = {
    "label": rdfs.label,
    "prefLabel": skos.prefLabel,
    "altLabel": skos.altLabel,
    "inScheme": skos.inScheme,
    "replacedBy": dcterms.isReplacedBy,
}
# What leads to the things, or says the words, that tell a thing from its namesakes, by kind.
_BESIDE: Mapping[str, tuple[str, ...]] = {
    "cluster": ("scope",),
    "organisation": ("jurisdiction",),
    "person": ("post",),
    "post": ("postIn",),
    "conference": ("hostCluster", "place"),
    "movement": ("launchedBy",),
    "award": ("recipient", "recipientText", "authority", "standing"),
    "concept": ("inScheme",),
    "act": ("number",),
    "source": ("publisherName",),
    "figure": ("about", "period"),
    "emulation-unit": ("territory",),
}
# What leads to where a thing is; the members of a cluster only where nothing else does.
_PLACED = (
    *(
        "scope",
        "jurisdiction",
        "place",
        "territory",
        "postIn",
        "hostCluster",
        "recipient",
        "about",
        "publisher",
        "post",
    ),
    *("ofCluster", "inCluster", "member"),
)
_DATED = (
    "date",
    "datePublished",
    "dateIssued",
    "forYear",
    "fromYear",
    "toYear",
    "asOf",
    "year",
    "validFrom",
    "validTo",
)
_JOINED = (
    *("versionOf", "person", "ofCluster", "inClusterYear", "inMovement", "parent", "formerParent"),
    *("period", "periodReviewed", "ofAward"),
)
_READ = (*_NAMES, *_PLACED, *_DATED, *_JOINED, *(name for names in _BESIDE.values() for name in names))
_PROPERTIES = dict.fromkeys([*_READ, "replacedBy", "searchKey", "level", "code"])
# Whatever type word a unit is written with, one of its level is meant.
_TYPES = {
    "province": ("tỉnh", "thành phố trực thuộc trung ương"),
    "district": ("huyện", "quận", "thị xã", "thành phố"),
    "commune": ("xã", "phường", "thị trấn", "đặc khu"),
}
# How far an award has come: what was proposed was not therefore given.
STANDINGS = {
    "award-presentation": "đã trao",
    "award-decision": "đã có quyết định",
    "award-proposal": "được đề nghị, chưa biết kết quả",
}
# Steps to where a thing is, and parents above a unit; more than these go round in circles.
_FARTHEST = 6
# A name of so many words is also written as one: Kontum, Langson.
_SHORT = 4

# Bytes of lines that are read at once.
_SOME = 2**20

Said = dict[str, list[str]]


class Survey:
    """What the default graph of a store, or files of sorted N-Triples, say of things with names, under a base."""

    def __init__(self, source: Store | Sequence[Path], base: str) -> None:
        self._base = base
        self._english: Said = {}
        self._said: dict[str, Said] = {name: {} for name in _PROPERTIES}
        names = _named(base)
        for quad in _of_store(source, names) if isinstance(source, Store) else _of_files(source, names):
            self._hear(quad, names[quad.predicate])
        for said in (self._english, *self._said.values()):
            for values in said.values():
                values.sort()
        self._join()
        # What each province is called, by the key of its name.
        self.provinces: dict[str, str] = {}
        self._home = cache(self._find_home)

    def _hear(self, quad: Quad, name: str) -> None:
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode | Literal):
            english = isinstance(quad.object, Literal) and quad.object.language == "en"
            said = self._english if english else self._said[name]
            # The same IRIs and days come again and again.
            subject = intern(quad.subject.value.removeprefix(self._base))
            value = intern(quad.object.value.removeprefix(self._base))
            if (known := said.get(subject)) is None:
                said[subject] = [value]
            else:
                known.append(value)

    def _join(self) -> None:
        """What is said of holdings, versions and the years of clusters is said of persons, units and clusters.

        It is joined in the order of IRIs, whatever the order in which it was read.
        """
        said = self._said
        for name, owner in (("post", "person"), ("asOf", "person"), ("year", "ofCluster"), ("label", "versionOf")):
            for node, things in sorted(said[owner].items()):
                for thing in things:
                    _add(said["altLabel" if name == "label" else name], thing, said[name].get(node, ()))
        for name in ("period", "periodReviewed"):
            for node, periods in sorted(said[name].items()):
                _add(said["year"], node, (year for each in periods for year in said["year"].get(each, ())))
        steps: dict[str, set[str]] = {}
        for step, awards in sorted(said["ofAward"].items()):
            for award in awards:
                steps.setdefault(award, set()).add(step.split("/")[1])
        for award, taken in steps.items():
            said["standing"][award] = [words for step, words in STANDINGS.items() if step in taken][:1]
        for version, units in sorted(said["versionOf"].items()):
            for unit in units:
                _add(said["formerParent"], unit, said["parent"].get(version, ()))
        for node, years in sorted(said["inClusterYear"].items()):
            clusters = [cluster for year in years for cluster in said["ofCluster"].get(year, ())]
            for cluster in clusters:
                _add(said["member"], cluster, said["member"].get(node, ()))
            for movement in said["inMovement"].get(node, ()):
                _add(said["inCluster"], movement, clusters)
                _add(said["year"], movement, (each for year in years for each in said["year"].get(year, ())))

    def things(self) -> Iterator[Thing]:
        """Everything with a name that is of one of the kinds, by IRI."""
        for iri in sorted({*self._english, *(iri for name in _NAMES for iri in self._said[name])}):
            if (kind := kind_of(iri)) and (label := self._label(iri)):
                yield self._thing(iri, kind, label)

    def _values(self, iri: str, *names: str) -> list[str]:
        return [value for name in names for value in self._said[name].get(iri, ())]

    def _one(self, iri: str, name: str) -> str | None:
        return next(iter(self._said[name].get(iri, ())), None)

    def _label(self, iri: str) -> str | None:
        """What a thing is called in Vietnamese, or else in English."""
        return next(iter([*self._values(iri, *_NAMES), *self._english.get(iri, ())]), None)

    def _thing(self, iri: str, kind: str, label: str) -> Thing:
        level = (self._one(iri, "level") or "").rpartition("/")[2]
        first, last = self._days(iri, kind)
        names, provinces = self._names(iri, kind, label), self._home(iri)
        years = sorted({int(day[:4]) for day in self._values(iri, *_DATED) if day[:4].isdigit()})
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
            english=next(iter(self._english.get(iri, ())), None),
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
        days = self._values(iri, *_DATED)
        return min(days, default=None), max(days, default=None)

    def _names(self, iri: str, kind: str, label: str) -> tuple[Name, ...]:
        """Its label, then its other names in the order of their keys; what reads the same comes once."""
        written = [label, *self._values(iri, *_NAMES), *self._english.get(iri, ())]
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
        return list(dict.fromkeys(self._values(iri, *_BESIDE[kind])))

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

    def _find_home(self, iri: str, steps: int = 0) -> tuple[str, ...]:
        """The keys of the provinces where a thing is, by the names that they had then."""
        if kind_of(iri) == "unit":
            top = [iri, *self._above(iri)][-1]
            return (self._province(top),) if (self._one(top, "level") or "").endswith("/province") else ()
        if steps > _FARTHEST:
            return ()
        places = [value for name in _PLACED if name != "member" for value in self._values(iri, name)]
        places = places or self._values(iri, "member")
        return tuple(sorted({key for place in places for key in self._find_home(place, steps + 1)}))

    def _province(self, unit: str) -> str:
        """The key of a province's name, under which it has its latest spelling."""
        label = self._label(unit) or unit
        bare = _without_type(label).written
        key = fold(bare).replace(" ", "-")
        if key not in self.provinces or self._one(unit, "validTo") is None:
            self.provinces[key] = bare
        return key

    def _neighbours(self, unit: str, level: str, today: Iterable[str]) -> set[str]:
        """By what a unit is known beside its names: type words, former parents, what it is today and where that is."""
        above = [each for parent in self._values(unit, "formerParent") for each in (parent, *self._above(parent))]
        above += [each for heir in today for each in (heir, *self._above(heir))]
        written = {name for each in above for name in self._values(each, "label")}
        return {folded(words) for words in (*written, *_TYPES.get(level, ()))}


def concerned(lines: Iterable[bytes], base: str) -> bool:
    """Whether any line of N-Quads says something that a survey hears."""
    wanted = {str(name).encode() for name in _named(base)}
    return any(line.split(b" ", 2)[1] in wanted for line in lines)


def _named(base: str) -> dict[NamedNode, str]:
    """The properties that a survey hears, and what they are called here."""
    return {_BORROWED.get(name) or NamedNode(f"{base}def#{name}"): name for name in _PROPERTIES}


def _of_store(store: Store, names: Iterable[NamedNode]) -> Iterator[Quad]:
    for name in names:
        yield from store.quads_for_pattern(None, name, None, DefaultGraph())


def _of_files(files: Iterable[Path], names: Iterable[NamedNode]) -> Iterator[Quad]:
    """Those of the triples that have one of the properties; the others are not even parsed."""
    wanted = {str(name).encode() for name in names}
    for path in files:
        with path.open("rb") as lines:
            while some := lines.readlines(_SOME):
                yield from parse(
                    b"".join(line for line in some if line.split(b" ", 2)[1] in wanted), RdfFormat.N_TRIPLES
                )


@lru_cache(maxsize=65_536)
def _without_type(written: str) -> Name:
    word, _ = strip_type(written.lower())
    return named(written[len(word) :].strip() if word else written)


def _one_word(names: Iterable[Name]) -> Iterator[str]:
    for name in names:
        _, bare = strip_type(name.marked)
        words = folded(bare).split()
        if 1 < len(words) <= _SHORT:
            yield "".join(words)


def _add(said: Said, thing: str, values: Iterable[str]) -> None:
    known = said.setdefault(thing, [])
    known.extend(value for value in values if value not in known)
