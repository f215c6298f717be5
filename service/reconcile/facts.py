"""What `/reconcile` tells of a thing: a line that tells it from its namesakes, and its properties as cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from service.query import Words
from service.reconcile.directory import Entry
from service.reconcile.kinds import TYPES as KINDS
from service.reconcile.question import Book
from service.reconcile.register import Unit, Version

Cells = list[Mapping[str, str | int]]
Thing = Unit | Entry

# What the unit types are called; a test compares with the vocabulary.
TYPES = {
    "tinh": Words("tỉnh", "province"),
    "thanh-pho-truc-thuoc-trung-uong": Words("thành phố trực thuộc trung ương", "centrally-run city"),
    "huyen": Words("huyện", "rural district"),
    "quan": Words("quận", "urban district"),
    "thi-xa": Words("thị xã", "town"),
    "thanh-pho-thuoc-tinh": Words("thành phố thuộc tỉnh", "provincial city"),
    "thanh-pho-thuoc-thanh-pho": Words(
        "thành phố thuộc thành phố trực thuộc trung ương", "city within a centrally-run city"
    ),
    "xa": Words("xã", "commune"),
    "phuong": Words("phường", "ward"),
    "thi-tran": Words("thị trấn", "township"),
    "dac-khu": Words("đặc khu", "special zone"),
}
# Names in one line; the preview has more room.
_SHOWN = 3
_ROLES = {"lead": "truong", "deputy": "pho"}


@dataclass(frozen=True)
class Teller:
    """Who tells of the things in a book, in a language."""

    book: Book
    lang: str

    def find(self, key: str) -> Thing | None:
        """The thing of a key, if there is one."""
        return self.book.register.units.get(key) or self.book.directory.entries.get(key)

    def types(self, thing: Thing) -> list[str]:
        """The types of a thing, the narrowest first."""
        return [thing.level, "unit"] if isinstance(thing, Unit) else [thing.kind]

    def line(self, thing: Thing, version: Version | None = None) -> str:
        """What tells a thing from its namesakes; of a unit what it was, under the name of a version, and is today."""
        if isinstance(thing, Unit):
            return self._unit(thing, version or thing.last)
        return " · ".join(filter(None, (self.sort(thing), self.place(thing), self.time(thing))))

    def _unit(self, unit: Unit, version: Version) -> str:
        above = [each.label for each in self.book.register.chain(version)]
        named = [] if version.label == unit.label else [self._word("sau là ", "later ") + unit.label]
        return " · ".join([", ".join([self.type(version), *above]), self.period(unit), *named, self.today(unit)])

    def type(self, version: Version) -> str:
        """The type of a unit, in words."""
        return TYPES[version.type].get(self.lang) if version.type in TYPES else version.type

    def period(self, unit: Unit) -> str:
        """From when to when it was there."""
        return f"{unit.start or '?'} – {unit.end or ''}".strip()

    def today(self, unit: Unit) -> str:
        """What it is today."""
        if unit.end is None:
            return self._word("hiện có", "there today")
        found = self.book.register.today(unit)
        if not found:
            return self._word("nay là gì: nguồn không nói", "today: the sources do not say")
        return self._word("nay: ", "today: ") + _listed([each.label for each in found])

    def sort(self, entry: Entry) -> str:
        """Of which kind it is; of a person the posts, and of a post the body."""
        if entry.kind == "person":
            return _listed([each.label for each in self._entries(entry.posts)], "; ")
        if entry.kind == "post":
            return _listed([KINDS["post"].get(self.lang), *(each.label for each in self._entries(entry.bodies))])
        words = self.book.directory.words
        return _listed([words[sort].get(self.lang) for sort in entry.sorts if sort in words])

    def place(self, entry: Entry) -> str:
        """Where it is, and what that is today."""
        units = self._units(entry.places)
        found = [f"{unit.label} ({self.today(unit)})" if unit.end else unit.label for unit in units]
        return _listed(found, "; ")

    def time(self, entry: Entry) -> str:
        """In which years, or on which days, a source shows it."""
        known = [str(year) for year in sorted(entry.years)] or sorted(entry.days)
        if not known:
            return ""
        shown = " – ".join(dict.fromkeys((known[0], known[-1])))
        return self._word("nguồn nêu ", "attested ") + shown

    def cells(self, thing: Thing, name: str, year: int | None = None) -> Cells:
        """The values of a property; none when they are unknown."""
        return self._of_unit(thing, name) if isinstance(thing, Unit) else self._of_entry(thing, name, year)

    def _of_unit(self, unit: Unit, name: str) -> Cells:
        last = self.book.register.chain(unit.last)
        match name:
            case "code" | "edition" | "level":
                return [{"str": getattr(unit, name)}]
            case "type":
                return [{"str": self.type(unit.last)}]
            case "parent":
                return _cells(last[:1])
            case "province":
                return _cells(each for each in (last or [unit])[-1:] if each.level == "province")
            case "today":
                return _cells(self.book.register.today(unit))
            case "todayProvince":
                return _cells(self._provinces(unit))
            case "validFrom":
                return _day(unit.start)
            case "validTo":
                return _day(unit.end)
            case _:
                return []

    def _of_entry(self, entry: Entry, name: str, year: int | None) -> Cells:
        units, years = self._units(entry.places), sorted(entry.years)
        match entry.kind, name:
            case "cluster" | "organisation", "kind":
                return [{"str": text} for text in (self.sort(entry),) if text]
            case ("cluster", "scope") | ("organisation" | "post" | "person", "place"):
                return _cells(units)
            case _, "placeToday":
                return _cells({each.key: each for unit in units for each in self.book.register.today(unit)}.values())
            case "cluster", "firstYear" | "lastYear":
                return [{"int": years[0 if name == "firstYear" else -1]}] if years else []
            case "cluster", "lead" | "deputy":
                return self._holders(entry, _ROLES[name], year)
            case "person", "post":
                return _cells(self._entries(entry.posts))
            case ("post" | "person", "organisation") | ("organisation", "partOf"):
                return _cells(self._entries(entry.bodies))
            case _:
                return []

    def _holders(self, cluster: Entry, role: str, year: int | None) -> Cells:
        """Who had a role in a year, else in the last of which anybody tells it."""
        held = [(when, member) for when, each, member in cluster.roles if each == role]
        year = year or max((when for when, _ in held), default=0)
        members = (self.find(member) for when, member in held if when == year)
        return _cells(member for member in members if member is not None)

    def _provinces(self, unit: Unit) -> list[Unit]:
        register = self.book.register
        tops = [(register.chain(each.last) or [each])[-1] for each in register.today(unit)]
        return list({top.key: top for top in tops if top.level == "province"}.values())

    def _units(self, keys: Iterable[str]) -> list[Unit]:
        return [self.book.register.units[key] for key in keys if key in self.book.register.units]

    def _entries(self, ids: Iterable[str]) -> list[Entry]:
        return [self.book.directory.entries[id] for id in ids if id in self.book.directory.entries]

    def _word(self, vi: str, en: str) -> str:
        return vi if self.lang == "vi" else en


def _listed(names: list[str], between: str = ", ") -> str:
    return between.join(names[:_SHOWN]) + (f" … ({len(names)})" if len(names) > _SHOWN else "")


def _day(day: str | None) -> Cells:
    return [{"date": f"{day}T00:00:00Z"}] if day else []


def _cells(things: Iterable[Thing]) -> Cells:
    return [{"id": identifier(thing), "name": thing.label} for thing in things]


def identifier(thing: Thing) -> str:
    """The identifier of a thing: what its IRI has behind `id/`."""
    return f"unit/{thing.key}" if isinstance(thing, Unit) else thing.id
