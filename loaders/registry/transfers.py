"""What became of each old unit: to which new units its territory went on 2025-07-01, whole or in part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from loaders.errors import SourceError
from loaders.registry.editions import Units
from loaders.registry.package import Package
from loaders.registry.rows import Row, read_rows

Targets = dict[str, set[str]]
CORRECTION_COLUMNS = ("old_code", "old_name", "converter_targets", "official_targets", "official_kinds", "table_wrong")


@dataclass(frozen=True, slots=True)
class Transfer:
    """Old unit `old` went to new unit `new`; `whole`: all of it did. `certainty`: read in the table, or worked out."""

    old: str
    new: str
    whole: bool
    certainty: str = "stated"


def read_corrections(path: Path) -> list[Row]:
    """The communes for which the package's converter is not the official table."""
    return list(read_rows(path, CORRECTION_COLUMNS, once="old_code"))


def read_targets(package: Package, converter: Iterable[tuple[str, str, str]]) -> Targets:
    """The new communes of each old commune, and of each district without communes, as the converter has them."""
    olds = {row.key: row.commune_code or row.district_code for row in package.old}
    news = {(row.province_key, row.commune_key): row.commune_code for row in package.new}
    if len(olds) != len(package.old) or len(news) != len(package.new):
        raise SourceError("two units share a key of the converter")
    targets: Targets = {}
    for old, province, commune in converter:
        try:
            targets.setdefault(olds[old], set()).add(news[province, commune])
        except KeyError as error:
            raise SourceError("the converter names a unit that is not in the lists", value=str(error.args[0])) from None
    return targets


def commune_transfers(targets: Targets, corrections: Iterable[Row]) -> list[Transfer]:
    """The transfers of the official table: the converter's, but for the corrected communes."""
    official = dict(targets)
    for row in corrections:
        official[row["old_code"]] = _official(row, targets.get(row["old_code"], set()))
    # A commune with one target went there whole: nothing of it can have gone elsewhere.
    return [Transfer(old, new, len(news) == 1) for old, news in sorted(official.items()) for new in sorted(news)]


def _official(row: Row, found: set[str]) -> set[str]:
    if set(row.parts("converter_targets")) != found:
        raise row.error("the converter has other targets, so this correction is not for it", "converter_targets")
    news, kinds = row.parts("official_targets"), row.parts("official_kinds")
    if kinds != (["whole"] if len(news) == 1 else ["part"] * len(news)) or not news:
        raise row.error("whole goes with one target, part with several", "official_kinds")
    return set(news)


def district_transfers(communes: Iterable[Transfer], units: Units) -> list[Transfer]:
    """The transfers of districts, worked out from those of their communes."""
    news: dict[str, set[str]] = defaultdict(set)
    for transfer in communes:
        unit = units[transfer.old]
        if unit.level == "commune" and unit.parent:
            news[unit.parent].add(transfer.new)
    return [
        Transfer(old, new, len(found) == 1, "inferred") for old, found in sorted(news.items()) for new in sorted(found)
    ]


def province_transfers(merges: Iterable[Row]) -> list[Transfer]:
    """Every old province went whole into a new one."""
    return [Transfer(old, row["new_code"], True) for row in merges for old in row.parts("old_codes")]


def check_complete(transfers: Iterable[Transfer], old: Units, new: Units) -> None:
    """Nothing, when every old unit went somewhere in the right province and every new one came from somewhere."""
    found = list(transfers)
    _check_every(old, {transfer.old for transfer in found}, "an old unit went nowhere")
    _check_every(new, {transfer.new for transfer in found}, "a new unit came from nowhere")
    provinces = {transfer.old: transfer.new for transfer in found if old[transfer.old].level == "province"}
    for transfer in found:
        if provinces[_province(transfer.old, old)] != _province(transfer.new, new):
            raise SourceError("a unit went into a province that its own did not go into", value=transfer)


def _check_every(units: Mapping[str, object], met: set[str], message: str) -> None:
    for code in sorted(set(units) ^ met):
        raise SourceError(message if code in units else "a transfer names a unit that is not listed", value=code)


def _province(code: str, units: Units) -> str:
    while (parent := units[code].parent) is not None:
        code = parent
    return code
