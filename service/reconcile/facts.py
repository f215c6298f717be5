"""What `/reconcile` tells of a unit: a line that tells it from its namesakes, and its properties as cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from service.query import Words
from service.reconcile.register import Register, Unit, Version

Cells = list[Mapping[str, str]]

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
UNIT = Words("đơn vị hành chính", "administrative unit")
LEVELS = {
    "province": Words("cấp tỉnh", "province level"),
    "district": Words("cấp huyện", "district level"),
    "commune": Words("cấp xã", "commune level"),
}
# What may be said of a unit in a question, and what may be asked of it.
SAID = {
    "parent": Words(
        "trực thuộc: tên, mã hay IRI, ở cấp nào phía trên cũng được", "part of: name, code or IRI, at any height"
    ),
    "level": Words("cấp: tỉnh, huyện, xã", "level: province, district, commune"),
    "date": Words("có vào ngày, tháng hay năm này", "there on this day, month or year"),
    "edition": Words("ấn bản danh mục: 2004, 2025", "edition of the code list: 2004, 2025"),
    "code": Words("mã đơn vị", "code of the unit"),
}
ASKED = {
    "code": Words("mã", "code"),
    "edition": Words("ấn bản danh mục", "edition of the code list"),
    "level": Words("cấp", "level"),
    "type": Words("loại đơn vị", "type"),
    "parent": Words("trực thuộc", "parent"),
    "province": Words("tỉnh", "province"),
    "today": Words("nay là", "today"),
    "todayProvince": Words("nay thuộc tỉnh", "province today"),
    "validFrom": Words("có từ ngày", "valid from"),
    "validTo": Words("đến hết ngày", "valid to"),
}
# Names in one line; the preview has more room.
_SHOWN = 3


@dataclass(frozen=True)
class Teller:
    """Who tells of the units of a register, in a language."""

    register: Register
    lang: str

    def line(self, unit: Unit, version: Version | None = None) -> str:
        """Type, units above, period, and what it is today, of the unit under the name of a version."""
        version = version or unit.last
        above = [each.label for each in self.register.chain(version)]
        named = [] if version.label == unit.label else [self._word("sau là ", "later ") + unit.label]
        return " · ".join([", ".join([self.type(version), *above]), self.period(unit), *named, self.today(unit)])

    def type(self, version: Version) -> str:
        """The type, in words."""
        return TYPES[version.type].get(self.lang) if version.type in TYPES else version.type

    def period(self, unit: Unit) -> str:
        """From when to when it was there."""
        return f"{unit.start or '?'} – {unit.end or ''}".strip()

    def today(self, unit: Unit) -> str:
        """What it is today."""
        if unit.end is None:
            return self._word("hiện có", "there today")
        found = self.register.today(unit)
        if not found:
            return self._word("nay là gì: nguồn không nói", "today: the sources do not say")
        names = ", ".join(each.label for each in found[:_SHOWN])
        rest = f" … ({len(found)})" if len(found) > _SHOWN else ""
        return self._word("nay: ", "today: ") + names + rest

    def cells(self, unit: Unit, name: str) -> Cells:
        """The values of a property; none when they are unknown."""
        version, last = unit.last, self.register.chain(unit.last)
        match name:
            case "code" | "edition" | "level":
                return [{"str": getattr(unit, name)}]
            case "type":
                return [{"str": self.type(version)}]
            case "parent":
                return [cell(each) for each in last[:1]]
            case "province":
                return [cell(each) for each in (last or [unit])[-1:] if each.level == "province"]
            case "today":
                return [cell(each) for each in self.register.today(unit)]
            case "todayProvince":
                return [cell(each) for each in self._provinces(unit)]
            case "validFrom":
                return [{"date": f"{unit.start}T00:00:00Z"}] if unit.start else []
            case _:
                return [{"date": f"{unit.end}T00:00:00Z"}] if unit.end else []

    def _provinces(self, unit: Unit) -> list[Unit]:
        tops = [(self.register.chain(each.last) or [each])[-1] for each in self.register.today(unit)]
        return list({top.key: top for top in tops if top.level == "province"}.values())

    def _word(self, vi: str, en: str) -> str:
        return vi if self.lang == "vi" else en


def cell(unit: Unit) -> Mapping[str, str]:
    """A unit as a value."""
    return {"id": identifier(unit), "name": unit.label}


def identifier(unit: Unit) -> str:
    """The identifier of a unit: what its IRI has behind `id/`."""
    return f"unit/{unit.key}"
