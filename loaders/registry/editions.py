"""The two editions of the code list, as units: until 2025-06-30 and since 2025-07-01."""

from __future__ import annotations

from collections.abc import Mapping

from loaders.errors import SourceError
from loaders.registry.names import unit_type
from loaders.registry.package import Package
from loaders.registry.unit import FIRST_DAY_2025, LAST_DAY_2004, Unit, Version

Units = dict[str, Unit]
Listed = dict[str, tuple[str, str, str | None]]  # level, name and parent by code


def read_2004(package: Package, official: Mapping[str, str]) -> Units:
    """The units until 2025-06-30 by code; `official` has the names that the package spells in its own way."""
    listed: Listed = {}
    for row in package.old:
        _list(listed, row.province_code, "province", row.province, None)
        _list(listed, row.district_code, "district", row.district, row.province_code)
        # Five island districts have no commune: their row has no commune code.
        if row.commune_code and row.commune:
            _list(listed, row.commune_code, "commune", row.commune, row.district_code)
    return _respelt(_units("2004", listed), official)


def read_2025(package: Package) -> Units:
    """The units since 2025-07-01 by code, as they were on that day."""
    listed: Listed = {}
    for row in package.new:
        _list(listed, row.province_code, "province", row.province, None)
        _list(listed, row.commune_code, "commune", row.commune, row.province_code)
    return _units("2025", listed)


def _list(listed: Listed, code: str, level: str, name: str, parent: str | None) -> None:
    entry = (level, name, parent)
    if listed.setdefault(code, entry) != entry:
        raise SourceError(f"code {code} names two units of one edition", value=f"{listed[code]} and {entry}")


def _units(edition: str, listed: Listed) -> Units:
    units: Units = {}
    for code, (level, name, parent) in sorted(listed.items(), key=lambda entry: (len(entry[0]), entry[0])):
        # Codes get longer downwards, so a parent comes before its children.
        units[code] = _unit(edition, code, level, name, parent, units[parent].type if parent else None)
    return units


def _unit(edition: str, code: str, level: str, name: str, parent: str | None, parent_type: str | None) -> Unit:
    source = f"registry-{edition}"
    kind = unit_type(level, name, parent_type)
    start, end = (FIRST_DAY_2025, None) if edition == "2025" else (None, LAST_DAY_2004)
    only = Version(name, kind, parent, source, start=start, end=end)
    return Unit(edition, code, level, name, kind, parent, source, (only,), start=start)


def _respelt(units: Units, official: Mapping[str, str]) -> Units:
    return units | {code: _renamed(units[code], name) for code, name in official.items() if units[code].name != name}


def _renamed(unit: Unit, name: str) -> Unit:
    only = unit.versions[0]._replace(name=name, variants=(unit.name,))
    return unit._replace(name=name, versions=(only,), variants=(unit.name,))
