"""The whole territory as values: read from its sources, checked and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from loaders.registry.acts import Act, commune_resolutions, read_acts
from loaders.registry.changes import Change, changes_2025, changes_2026, closed, opened, read_basis
from loaders.registry.counts import count, expect
from loaders.registry.editions import Units, read_2004, read_2025
from loaders.registry.events import Event, changed, read_events
from loaders.registry.history import with_history
from loaders.registry.history_rows import read_history
from loaders.registry.merges import check_communes, read_merges
from loaders.registry.package import CONVERTER, DATASET, Package, package_file, read_converter, read_dataset
from loaders.registry.rows import Row
from loaders.registry.spellings import official_names, read_spellings
from loaders.registry.transfers import (
    Targets,
    Transfer,
    check_complete,
    commune_transfers,
    district_transfers,
    province_transfers,
    read_corrections,
    read_targets,
)
from loaders.registry.unit import CHANGES, HISTORY, Unit
from loaders.source import Source, read_source


@dataclass(frozen=True)
class Territory:
    """The units of both editions (with a history also those that ended before 2025), changes, and acts by source."""

    sources: tuple[Source, ...]
    units: tuple[Unit, ...]
    changes: tuple[Change, ...]
    acts: Mapping[str, tuple[Act, ...]]

    @property
    def has_history(self) -> bool:
        """Whether it was read with a history of 2004-2025."""
        return HISTORY in self.acts


@dataclass(frozen=True)
class _Tables:
    package: Package
    targets: Targets
    names: Mapping[str, str]
    merges: list[Row]
    corrections: list[Row]
    acts: tuple[Act, ...]


def sources(directory: Path, history: Path | None = None) -> tuple[Source, ...]:
    """The sources of the registry, one for each of its graphs; that of the history only when one is given."""
    names = ["2004", "2025", "changes"] + (["history"] if history else [])
    return tuple(read_source(directory / name) for name in names)


def read(directory: Path, history: Path | None = None, site: Path | None = None) -> Territory:
    """The territory that the sources in a directory describe; DataError for any doubt.

    `history` is a file of the units' intervals 2004-2025, if there is one; `site` is where the registry package is
    installed, found out when not given.
    """
    before, since, changing, *_ = described = sources(directory, history)
    tables = _read_tables(before, since, changing, site)
    old, new = _lists(tables, before, since)
    transfers = _transfers(tables, old, new)
    changes = list(changes_2025(transfers, old, new, read_basis(tables.merges, tables.acts)))
    events = read_events(changing.path("events_2026.csv"), new)
    after = changed(opened(new, changes), events)
    expect(changing, _counts(transfers, tables.corrections, changes, events, after))
    lived = with_history(old, read_history(history, old)) if history else old
    return Territory(
        described,
        (*closed(lived, changes).values(), *after.values()),
        (*changes, *changes_2026(events, after)),
        {CHANGES: tables.acts} | ({HISTORY: _acts(lived)} if history else {}),
    )


def _read_tables(before: Source, since: Source, changing: Source, site: Path | None) -> _Tables:
    package_file(before, DATASET, site)
    package = read_dataset(package_file(since, DATASET, site))
    merges = read_merges(changing.path("province_merge_2025.csv"))
    corrections = read_corrections(changing.path("converter_corrections.csv"))
    spellings = read_spellings(changing.path("spellings.csv"), package)
    return _Tables(
        package,
        read_targets(package, read_converter(package_file(changing, CONVERTER, site))),
        spellings | official_names(merges, corrections, package),
        merges,
        corrections,
        (*read_acts(changing.path("acts.csv")), *commune_resolutions(merges)),
    )


def _lists(tables: _Tables, before: Source, since: Source) -> tuple[Units, Units]:
    old, new = read_2004(tables.package, tables.names), read_2025(tables.package)
    expect(before, count(old))
    expect(since, count(new))
    check_communes(tables.merges, new)
    return old, new


def _transfers(tables: _Tables, old: Units, new: Units) -> list[Transfer]:
    communes = commune_transfers(tables.targets, tables.corrections)
    transfers = [*province_transfers(tables.merges), *district_transfers(communes, old), *communes]
    check_complete(transfers, old, new)
    return transfers


def _counts(
    transfers: Iterable[Transfer],
    corrections: list[Row],
    changes: Iterable[Change],
    events: list[Event],
    after: Units,
) -> Counter[str]:
    counts = count(after) + Counter(change.kind for change in changes)
    counts["corrections"], counts["events"] = len(corrections), len(events)
    pieces = Counter(transfer.old for transfer in transfers if len(transfer.old) == 5)
    counts["divided"] = sum(number > 1 for number in pieces.values())
    return counts


def _acts(units: Units) -> tuple[Act, ...]:
    versions = (version for unit in units.values() for version in unit.versions if version.source == HISTORY)
    found = {act for version in versions for act in (*version.opened_by, *version.closed_by)}
    return tuple(Act(reference) for reference in sorted(found))
