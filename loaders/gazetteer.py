"""The units by name: which one somebody means, given its type, its parent and the date."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from pyoxigraph import NamedNode

from loaders.errors import ResolutionError
from loaders.identity import fold
from loaders.registry.names import abbreviations, parted
from loaders.registry.unit import Unit, Version

_CODE = re.compile(r"(2004|2025)/(\d{2,5}(?:-\d+)?)")
_MOST = 10
Key = tuple[str | None, str]  # type word, if there is one, and bare name
Span = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Sense:
    """What a name may mean: a unit in one of its versions, and the keys under which that is found."""

    unit: Unit
    version: Version
    keys: frozenset[Key]

    def called(self, key: Key) -> bool:
        """Whether it is called so; a name without a type word fits every type."""
        kind, bare = key
        return key in self.keys or (kind is None and any(bare == own for _, own in self.keys))


class Registry:
    """The units of both editions, found by name as people write it.

    A name is matched on its key: case, tone placement, dashes and abbreviated type words do not matter, marks do. A
    type word in it must fit. A parent may stand at any height above, the province of a commune; parts after a comma
    are parents too: "xã Hoàng Văn Thụ, huyện Văn Lãng". An edition and code, "2004/182", names its unit.

    >>> def unit(key, level, name, kind, parent=None):
    ...     only = Version(name, kind, parent, "registry-2004", end=date(2025, 6, 30))
    ...     return Unit("2004", key, level, name, kind, parent, "registry-2004", (only,))
    >>> registry = Registry([unit("20", "province", "Tỉnh Lạng Sơn", "tinh"),
    ...                      unit("188", "district", "Huyện Lộc Bình", "huyen", "20")])
    >>> registry.resolve("H. Lộc Bình", "Lạng Sơn", date(2017, 7, 14)).value
    'https://w3id.org/thidua/id/unit/2004/188'
    """

    def __init__(self, units: Iterable[Unit]) -> None:
        self._senses: dict[tuple[str, str], list[Sense]] = {}
        self._called: dict[str, list[Sense]] = defaultdict(list)
        self._folded: dict[str, set[str]] = defaultdict(set)
        self._by_iri: dict[NamedNode, Unit] = {}
        for unit in units:
            self._add(unit)
        self._has_history = any(unit.floor for unit in self._by_iri.values())
        # Rows name the same units again and again.
        self._meant = lru_cache(maxsize=65536)(self._one)

    def _add(self, unit: Unit) -> None:
        self._by_iri[unit.iri] = unit
        senses = [Sense(unit, version, _keys(unit, version)) for version in unit.versions]
        self._senses[unit.edition, unit.key] = senses
        for sense in senses:
            for bare in {bare for _, bare in sense.keys}:
                self._called[bare].append(sense)
                self._folded[fold(bare)].add(bare)

    def unit(self, iri: NamedNode) -> Unit:
        """The unit with an IRI; KeyError when there is none."""
        return self._by_iri[iri]

    def resolve(
        self, name: str, parent: str | None = None, on: date | int | None = None, level: str | None = None
    ) -> NamedNode:
        """The IRI of the one unit that is meant; ResolutionError, with candidates, when none or several could be.

        `on` is a day, or a year: then any day of it. Until 2025-06-30 units of edition 2004 are meant, after that
        those of edition 2025; for the year 2025 it can take a day to tell. `level`: province, district or commune.
        """
        return self._meant(name, parent, on, level)

    def _one(self, name: str, parent: str | None, on: date | int | None, level: str | None) -> NamedNode:
        first, *above = (part.strip() for part in name.split(","))
        above += (part.strip() for part in (parent or "").split(","))
        parents = tuple(_key(part) for part in above if part)
        found = {sense.unit.iri: sense.unit for sense in self._found(first, parents, on, level)}
        if len(found) == 1:
            iri, unit = found.popitem()
            if parents or level or not _is_bare_commune(unit, first):
                return iri
        raise self._refusal(first, parents, on, level, name if parent is None else f"{name}, {parent}")

    def _found(
        self, name: str, parents: tuple[Key, ...], on: date | int | None, level: str | None
    ) -> tuple[Sense, ...]:
        key, span = _key(name), _span(on)
        code = _CODE.fullmatch(name)
        senses = self._senses.get((code[1], code[2]), []) if code else self._called.get(key[1], [])
        return tuple(
            sense
            for sense in senses
            if (code or sense.called(key))
            and level in (None, sense.unit.level)
            and sense.version.overlaps(*span)
            and self._below(sense, parents, span)
        )

    def _below(self, sense: Sense, parents: tuple[Key, ...], span: Span) -> bool:
        if not parents:
            return True
        above = list(self._above(sense, span))
        return all(any(higher.called(parent) for higher in above) for parent in parents)

    def _above(self, sense: Sense, span: Span) -> Iterator[Sense]:
        """What stood above it in that span of its life."""
        version = sense.version
        if version.parent is None:
            return
        then = max(span[0], version.start or date.min), min(span[1], version.end or date.max)
        for higher in self._senses.get((sense.unit.edition, version.parent), ()):
            if higher.version.overlaps(*then):
                yield higher
                yield from self._above(higher, then)

    def _refusal(
        self, name: str, parents: tuple[Key, ...], on: date | int | None, level: str | None, value: str
    ) -> ResolutionError:
        several = self._found(name, parents, on, level)
        when = f" in {on}" if isinstance(on, int) else f" on {on}" if on else ""
        if several:
            message, hint = f"several units could be meant{when}", _way_out(several, on)
        else:
            message, hint = f"no unit has this name{when}", "check spelling, type, parent and date"
            if not self._has_history:
                hint += "; what was renamed or ended before 2025 is only known with a history (THIDUA_HISTORY)"
        senses = several or self._near(name, parents)
        return ResolutionError(message, [self._told(sense) for sense in senses[:_MOST]], value=value, hint=hint)

    def _near(self, name: str, parents: tuple[Key, ...]) -> tuple[Sense, ...]:
        """Units that are called so or nearly so, at any time; those below the parents first."""
        key = _key(name)
        bares = {key[1]} if key[1] in self._called else self._folded.get(fold(key[1]), set())
        senses = [sense for bare in sorted(bares) for sense in self._called[bare]]
        always = _span(None)
        senses.sort(key=lambda sense: (not self._below(sense, parents, always), not sense.called(key)))
        return tuple(senses)

    def _told(self, sense: Sense) -> str:
        unit, version = sense.unit, sense.version
        names = [version.name, *(higher.unit.name for higher in self._above(sense, _span(None)))]
        since = version.start or (f"{version.floor} or earlier" if version.floor else "?")
        return f"{', '.join(dict.fromkeys(names))} ({unit.edition}/{unit.key}, {since} – {version.end or ''})"


@lru_cache(maxsize=65536)
def _key(name: str) -> Key:
    kind, bare = parted(name)
    return kind, bare.lstrip("0") if bare.isdigit() else bare


def _keys(unit: Unit, version: Version) -> frozenset[Key]:
    names = {version.name, *version.variants}
    # The list's own spelling is good for as long as the unit bore the name that it had in the end.
    if version.name == unit.versions[-1].name:
        names |= {unit.name, *unit.variants}
    names |= {short for name in tuple(names) for short in abbreviations(name)}
    return frozenset(_key(name) for name in names)


def _span(on: date | int | None) -> Span:
    if on is None:
        return date.min, date.max
    return (date(on, 1, 1), date(on, 12, 31)) if isinstance(on, int) else (on, on)


def _is_bare_commune(unit: Unit, name: str) -> bool:
    # Thousands of communes share names with each other and with units that ended: "Hà Tây" alone is not the commune.
    return unit.level == "commune" and _key(name)[0] is None and not _CODE.fullmatch(name)


def _way_out(several: Iterable[Sense], on: date | int | None) -> str:
    if len({sense.unit.edition for sense in several}) > 1:
        return "give the day: since 2025-07-01 another unit bears it" if on else "give a date or a year"
    return "write its type, its parent, or its edition and code"
