"""The units of a release by name, in memory: who bore a name, when, under whom, and what they are today."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from loaders.identity import fold
from service.reconcile.wording import HIGHEST, Cell, Wording, likeness, misspelt, readings, slip, slips

LEVELS = ("province", "district", "commune")
# Days are compared as they are written. Where none is known, the first and the last that there are.
FIRST, LAST = "0000-01-01", "9999-12-31"
# What a prefix may bring at most.
_MOST = 500


@dataclass(slots=True)
class Version:
    """What a unit was called, of which type and under whom, from a day to a day; unknown days are `None`."""

    label: str
    type: str
    parent: str | None
    start: str | None
    end: str | None
    names: tuple[Wording, ...]
    plain: tuple[str, ...]

    def overlaps(self, first: str, last: str) -> bool:
        """Whether it was so on some day from the first to the last."""
        return (self.start or FIRST) <= last and first <= (self.end or LAST)

    def called(self, written: Wording) -> float:
        """How well the name that was written is one of its own: 0 if not at all; a contrary type word takes half."""
        best = 0.0
        for name, plain in zip(self.names, self.plain, strict=True):
            if name.folded == written.folded:
                like = likeness(written.bare, name.bare, plain) or 0.6
                fits = written.kind is None or name.kind is None or written.kind.startswith(name.kind)
                best = max(best, like if fits else like / 2)
        return best

    def slipped(self, written: Sequence[Wording]) -> bool:
        """Whether it is one slip from a name of its own to what was written, marks and all."""
        return any(slip(wording.bare, name.bare) for wording in written for name in self.names) or any(
            wording.bare == name.bare for wording in misspelt(written) for name in self.names
        )


@dataclass(slots=True)
class Unit:
    """A unit by its key, `2004/182`; `becomes` are the keys of the units that took its territory."""

    key: str
    code: str
    edition: str
    level: str
    label: str
    start: str | None
    end: str | None
    versions: list[Version] = field(default_factory=list)
    becomes: list[str] = field(default_factory=list)

    @property
    def last(self) -> Version:
        """What it is, or was in the end."""
        return self.versions[-1]


Sense = tuple[Unit, Version]
Readings = tuple[Wording, ...]


class Register:
    """The units of a release."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self.units = {unit.key: unit for unit in units}
        self._called: dict[str, list[Sense]] = defaultdict(list)
        self._codes: dict[str, list[Unit]] = defaultdict(list)
        for unit in self.units.values():
            self._codes[unit.code].append(unit)
            for version in unit.versions:
                for folded in {name.folded for name in version.names}:
                    self._called[folded].append((unit, version))
        spelt = {
            (key, unit.key)
            for unit in self.units.values()
            for name in unit.last.names
            for key in (name.folded, f"{name.kind} {name.folded}" if name.kind else name.folded)
        }
        self._sorted = sorted(spelt)

    def bearing(self, written: Sequence[Wording]) -> list[Sense]:
        """Who bears a name that reads so, whatever its marks."""
        return [sense for wording in written for sense in self._called.get(wording.folded, ())]

    def near(self, written: Sequence[Wording]) -> list[Sense]:
        """Who bears a name that is one slip of a letter away."""
        found = {name for wording in written for name in slips(wording.folded) if name in self._called}
        found |= {wording.folded for wording in misspelt(written) if wording.folded in self._called}
        return [sense for name in sorted(found) for sense in self._called[name]]

    def spoken(self, cell: Cell) -> tuple[Readings, list[Readings]]:
        """The name in a cell, and those of the units above; what is a name with a dash in it is not divided there."""
        found = [reading for part in cell.parts for reading in self._divided(part)]
        return (found[0], found[1 : HIGHEST + 1]) if found else ((), [])

    def _divided(self, part: Sequence[str]) -> Iterator[Readings]:
        at = 0
        while at < len(part):
            # The longest that somebody bears; the first part alone if nobody does.
            for end in range(len(part), at, -1):
                found = readings(" - ".join(part[at:end]))
                if self.bearing(found):
                    break
            if found:
                yield found
            at = end

    def coded(self, code: str) -> list[Unit]:
        """The units with a code, in either edition; or the one that `2004/182` names."""
        return [self.units[code]] if code in self.units else self._codes.get(code, [])

    def starting(self, prefix: str) -> list[Unit]:
        """The units whose name begins so, in the order of names; those whose marks are as typed come first."""
        folded = " ".join(fold(prefix).split())
        at = bisect_left(self._sorted, (folded, ""))
        found: dict[str, Unit] = {}
        for key, unit in self._sorted[at : at + _MOST]:
            if not key.startswith(folded):
                break
            found.setdefault(unit, self.units[unit])
        marked = prefix.strip().lower()
        return sorted(found.values(), key=lambda unit: (marked not in unit.label.lower(), unit.end is not None))

    def above(self, version: Version) -> Iterator[Sense]:
        """What stood above, at any height, at some time while the version lasted."""
        if version.parent is None or (unit := self.units.get(version.parent)) is None:
            return
        for higher in unit.versions:
            if higher.overlaps(version.start or FIRST, version.end or LAST):
                yield unit, higher
                yield from self.above(higher)

    def chain(self, version: Version) -> list[Unit]:
        """The units above, from the parent up."""
        found: list[Unit] = []
        while version.parent is not None and (unit := self.units.get(version.parent)) is not None:
            found.append(unit)
            version = unit.last
        return found

    def today(self, unit: Unit) -> list[Unit]:
        """The units that are there today on its territory, in the order of their codes; itself while it is there."""
        seen, ahead, found = {unit.key}, [unit], []
        while ahead:
            each = ahead.pop()
            if each.end is None:
                found.append(each)
                continue
            for key in each.becomes:
                if key in self.units and key not in seen:
                    seen.add(key)
                    ahead.append(self.units[key])
        return sorted(found, key=lambda unit: (LEVELS.index(unit.level), unit.code))


def names(label: str, others: Iterable[str] = ()) -> tuple[tuple[Wording, ...], tuple[str, ...]]:
    """The ways in which a unit of this label is called, and each as it is without marks."""
    own = readings(label)[:1]
    found = dict.fromkeys(own)
    for other in others:
        found.update(dict.fromkeys(name for name in readings(other)[:1] if name.bare != own[0].bare))
    return tuple(found), tuple(fold(name.bare) for name in found)
