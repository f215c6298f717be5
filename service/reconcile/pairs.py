"""What the engine tells of each property, subject and value by subject and value, made into the book of a release."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import groupby, islice

from service.query import Words
from service.reconcile.directory import KINDS, Directory, Entry
from service.reconcile.question import Book
from service.reconcile.register import Register, Unit, Version, names

Pairs = list[tuple[str, str]]
Many = dict[str, list[str]]

# Rows that are put in order at once.
_RUN = 10_000

# By which properties an entry of a kind has its sort, its places and the bodies that it belongs to.
_SORTS = {"cluster": "clusterKind", "organisation": "organizationKind"}
_PLACES = {"cluster": "scope", "organisation": "jurisdiction"}
_BODIES = {"organisation": "partOf", "post": "postIn"}


def read(answer: bytes, base: str) -> Pairs:
    """Subject and object of every row, in order, each once; IRIs by what comes behind `id/`, concepts by their key."""
    rows = csv.reader(io.StringIO(answer.decode()))
    next(rows)
    told = ((_key(subject, base), _key(value, base)) for subject, value in rows)
    # A sort lets no other thread in before its end, and of a million rows that takes seconds.
    runs = list(iter(lambda: sorted(islice(told, _RUN)), []))
    return [pair for pair, _ in groupby(merge(*runs))]


def _key(value: str, base: str) -> str:
    if value.startswith(base + "id/"):
        return value.removeprefix(base + "id/").removeprefix("unit/")
    return value.rpartition("/")[2] if value.startswith(base + "concept/") else value


def book(found: dict[str, Pairs]) -> Book:
    """The book of what was read, by property; `scheme@lang` are the words for the concepts of a scheme."""
    return Book(_register(found), Directory(_entries(found), _words(found)))


def _register(found: dict[str, Pairs]) -> Register:
    one = {name: dict(pairs) for name, pairs in found.items()}
    label, start, end = one["label"], one["validFrom"], one["validTo"]
    others = _many(found["altLabel"])
    units = {
        key: Unit(key, one["code"][key], edition, one["level"][key], label[key], start.get(key), end.get(key))
        for key, edition in found["codeList"]
        if key in label
    }
    for version, key in sorted(one["versionOf"].items(), key=lambda pair: start.get(pair[0], "")):
        if key in units and version in label:
            # Other names go with the name that it had in the end.
            own, plain = names(label[version], others.get(key, ()) if label[version] == label[key] else ())
            type, parent = one["unitType"].get(version, ""), one["parent"].get(version)
            units[key].versions.append(
                Version(label[version], type, parent, start.get(version), end.get(version), own, plain)
            )
    for transfer, key in found["fromUnit"]:
        taker = one["toUnit"].get(transfer)
        if key in units and taker and taker not in units[key].becomes:
            units[key].becomes.append(taker)
    return Register(unit for unit in units.values() if unit.versions)


def _entries(found: dict[str, Pairs]) -> Iterator[Entry]:
    many = {name: _many(pairs) for name, pairs in found.items()}
    entries = {
        id: Entry(id, kind, label, tuple(many["altLabel"].get(id, ())))
        for id, label in found["label"]
        if (kind := id.partition("/")[0]) in KINDS
    }
    for entry in entries.values():
        for given, terms in ((entry.sorts, _SORTS), (entry.places, _PLACES), (entry.bodies, _BODIES)):
            given += many[terms[entry.kind]].get(entry.id, []) if entry.kind in terms else []
    _show(entries, many)
    _place(entries)
    for year, cluster in found["ofCluster"]:
        if cluster in entries:
            entries[cluster].years += map(int, many["year"].get(year, ()))
    for statement, role in found["role"]:
        for cluster, when, member in _held(statement, many):
            if cluster in entries:
                entries[cluster].roles.append((when, role, member))
    # A person is their public post: whom no source shows in one is nobody here.
    return (entry for entry in entries.values() if entry.kind != "person" or entry.posts)


def _show(entries: dict[str, Entry], many: dict[str, Many]) -> None:
    """People have the posts that they are shown in, and both the days."""
    for holding, posts in many["post"].items():
        for person in many["person"].get(holding, ()):
            if person in entries:
                _add(entries[person].posts, (post for post in posts if post in entries))
                for entry in (entries[person], *(entries[post] for post in posts if post in entries)):
                    _add(entry.days, many["asOf"].get(holding, ()))


def _place(entries: dict[str, Entry]) -> None:
    """Posts lie where their bodies do, people where their posts do."""
    for kind in ("post", "person"):
        for entry in entries.values():
            if entry.kind == kind:
                for post in entry.posts:
                    _add(entry.bodies, entries[post].bodies)
                for body in entry.bodies:
                    _add(entry.places, entries[body].places if body in entries else ())


def _held(statement: str, many: dict[str, Many]) -> Iterator[tuple[str, int, str]]:
    """Cluster, year and member of a role: the unit or the body that the member is."""
    for cluster_year in many["inClusterYear"].get(statement, ()):
        for cluster in many["ofCluster"].get(cluster_year, ()):
            for year in many["year"].get(cluster_year, ()):
                for member in many["member"].get(statement, ()):
                    for held in many["territory"].get(member, [member]):
                        yield cluster, int(year), held


def _words(found: dict[str, Pairs]) -> dict[str, Words]:
    spoken: dict[str, dict[str, str]] = {"vi": {}, "en": {}}
    for name, pairs in found.items():
        if "@" in name:
            spoken[name.rpartition("@")[2]].update(pairs)
    return {key: Words(vi, spoken["en"].get(key, vi)) for key, vi in spoken["vi"].items()}


def _many(pairs: Pairs) -> Many:
    found: Many = defaultdict(list)
    for subject, value in pairs:
        found[subject].append(value)
    return dict(found)


def _add(known: list[str], more: Iterable[str]) -> None:
    known += [each for each in dict.fromkeys(more) if each not in known]
