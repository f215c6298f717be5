"""The types of things that `/reconcile` knows, what may be said of each in a question, and what may be asked of it."""

from __future__ import annotations

from typing import NamedTuple

from service.query import Words
from service.reconcile.register import LEVELS

TYPES = {
    "unit": Words("đơn vị hành chính", "administrative unit"),
    "province": Words("cấp tỉnh", "province level"),
    "district": Words("cấp huyện", "district level"),
    "commune": Words("cấp xã", "commune level"),
    "cluster": Words("cụm, khối thi đua", "emulation cluster or bloc"),
    "organisation": Words("tổ chức", "organisation"),
    "post": Words("chức vụ", "post"),
    "person": Words("người giữ chức vụ công", "holder of a public post"),
}


class Property(NamedTuple):
    """What a property is called, of which types it is, and of which type its values are."""

    words: Words
    types: tuple[str, ...]
    value: str | None = None


def _said(vi: str, en: str, *types: str) -> Property:
    return Property(Words(vi, en), types)


def _asked(vi: str, en: str, types: str, value: str | None = None) -> Property:
    return Property(Words(vi, en), tuple(types.split()), value)


SAID = {
    "parent": _said(
        "trực thuộc: tên, mã hay IRI, ở cấp nào phía trên cũng được",
        "part of: name, code or IRI, at any height",
        "unit",
    ),
    "level": _said("cấp: tỉnh, huyện, xã", "level: province, district, commune", "unit"),
    "date": _said(
        "có vào ngày, tháng hay năm này", "there on this day, month or year", "unit", "organisation", "post", "person"
    ),
    "edition": _said("ấn bản danh mục: 2004, 2025", "edition of the code list: 2004, 2025", "unit"),
    "code": _said("mã đơn vị", "code of the unit", "unit"),
    "within": _said(
        "trong địa bàn: tên, mã hay IRI, cũ hay mới", "within a unit, old or new: name, code or IRI", "cluster"
    ),
    "year": _said("năm thi đua", "year of the cluster", "cluster"),
    "kind": _said(
        "loại: cụm, khối; UBND, sở …", "kind: cluster, bloc; People's Committee …", "cluster", "organisation"
    ),
    "place": _said(
        "địa bàn: tên, mã hay IRI, cũ hay mới", "place, old or new: name, code or IRI", "organisation", "post", "person"
    ),
    "organisation": _said("tổ chức", "organisation", "post", "person"),
    "post": _said("chức vụ", "post", "person"),
}
ASKED = {
    "code": _asked("mã", "code", "unit"),
    "edition": _asked("ấn bản danh mục", "edition of the code list", "unit"),
    "level": _asked("cấp", "level", "unit"),
    "type": _asked("loại đơn vị", "type", "unit"),
    "parent": _asked("trực thuộc", "parent", "unit", "unit"),
    "province": _asked("tỉnh", "province", "unit", "unit"),
    "today": _asked("nay là", "today", "unit", "unit"),
    "todayProvince": _asked("nay thuộc tỉnh", "province today", "unit", "unit"),
    "validFrom": _asked("có từ ngày", "valid from", "unit"),
    "validTo": _asked("đến hết ngày", "valid to", "unit"),
    "kind": _asked("loại", "kind", "cluster organisation"),
    "scope": _asked("phạm vi địa bàn", "area", "cluster", "unit"),
    "firstYear": _asked("năm đầu được nêu", "first year known", "cluster"),
    "lastYear": _asked("năm cuối được nêu", "last year known", "cluster"),
    "lead": _asked(
        "đơn vị trưởng (của năm, không thì năm cuối được nêu)",
        "lead unit (of the year, else of the last known)",
        "cluster",
    ),
    "deputy": _asked(
        "đơn vị phó (của năm, không thì năm cuối được nêu)",
        "deputy unit (of the year, else of the last known)",
        "cluster",
    ),
    "post": _asked("chức vụ", "post", "person", "post"),
    "organisation": _asked("tổ chức", "organisation", "post person", "organisation"),
    "partOf": _asked("thuộc tổ chức", "part of", "organisation", "organisation"),
    "place": _asked("địa bàn", "place", "organisation post person", "unit"),
    "placeToday": _asked("địa bàn nay là", "place today", "cluster organisation post person", "unit"),
}


def broad(type: str) -> str:
    """The type whose properties a thing of this type has."""
    return "unit" if type in LEVELS else type


def of(properties: dict[str, Property], type: str) -> dict[str, Property]:
    """The properties that a type has; all for the empty type, none for one that there is not."""
    return {name: each for name, each in properties.items() if not type or broad(type) in each.types}
