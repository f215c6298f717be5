"""Changes of the map as events with a legal basis: formations, continuations, ends of districts, changes of type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from loaders.errors import SourceError
from loaders.identity import match_key
from loaders.registry.acts import Act
from loaders.registry.editions import Units
from loaders.registry.events import Event
from loaders.registry.names import in_sentence
from loaders.registry.rows import Row
from loaders.registry.transfers import Transfer
from loaders.registry.unit import FIRST_DAY_2025, Unit


@dataclass(frozen=True, slots=True)
class Change:
    """One event: `resulting` and `changed` are units of edition 2025, `transfers` what went where in it.

    `in_law` is the day on which its act took effect, `operation` the day since which the map is like that.
    """

    key: str
    label: str
    kind: str
    act: str
    in_law: date
    operation: date
    resulting: str | None = None
    changed: str | None = None
    transfers: tuple[Transfer, ...] = ()
    attestation: str | None = None
    certainty: str = "stated"


@dataclass(frozen=True)
class Basis:
    """Which act is behind what happened in a new province, and since when each act is in force."""

    provinces: Mapping[str, str]
    communes: Mapping[str, str]
    in_force: Mapping[str, date]

    def of(self, unit: Unit) -> str:
        """The act on a new unit."""
        return self.communes[unit.parent] if unit.parent else self.provinces[unit.key]


def read_basis(merges: Iterable[Row], acts: Iterable[Act]) -> Basis:
    """The acts of 2025 by new province."""
    rows = list(merges)
    in_force = {act.reference: act.in_force for act in acts if act.in_force}
    for row in rows:
        for column in ("legal_act", "commune_resolution"):
            if row[column] not in in_force:
                raise row.error("no date of effect is known for this act", column, "write it into acts.csv")
    provinces = {row["new_code"]: row["legal_act"] for row in rows}
    communes = {row["new_code"]: row["commune_resolution"] for row in rows}
    return Basis(provinces, communes, in_force)


def changes_2025(transfers: Iterable[Transfer], old: Units, new: Units, basis: Basis) -> Iterator[Change]:
    """A change for each new unit, and one for the end of each district; `new` is as of 2025-07-01."""
    into: dict[str, list[Transfer]] = defaultdict(list)
    out: dict[str, list[Transfer]] = defaultdict(list)
    for transfer in transfers:
        district = old[transfer.old].level == "district"
        (out[transfer.old] if district else into[transfer.new]).append(transfer)
    for unit in new.values():
        yield _arrival(unit, tuple(into[unit.key]), old, new, basis)
    for code, found in out.items():
        yield _end_of_district(old[code], tuple(found), old, new, basis)


def _arrival(unit: Unit, into: tuple[Transfer, ...], old: Units, new: Units, basis: Basis) -> Change:
    kept = len(into) == 1 and into[0].whole and match_key(old[into[0].old].name) == match_key(unit.name)
    label = f"{'Giữ nguyên' if kept else 'Thành lập'} {_called(unit, new)} (2025)"
    act = basis.of(unit)
    return Change(
        f"2025/{unit.key}", label, "continuation" if kept else "formation", act,
        basis.in_force[act], FIRST_DAY_2025, resulting=unit.key, transfers=into,
    )  # fmt: skip


def _end_of_district(unit: Unit, out: tuple[Transfer, ...], old: Units, new: Units, basis: Basis) -> Change:
    acts = {basis.of(new[transfer.new]) for transfer in out}
    if len(acts) != 1:
        raise SourceError("a district went into several provinces", value=unit.key)
    label, act = f"Kết thúc cấp huyện: {_called(unit, old)} (2025)", acts.pop()
    return Change(
        f"2025/district-{unit.key}", label, "abolition", act,
        basis.in_force[act], FIRST_DAY_2025, transfers=out, certainty=out[0].certainty,
    )  # fmt: skip


def changes_2026(events: Iterable[Event], new: Units) -> Iterator[Change]:
    """A change of type for each event; `new` is as after them."""
    for event in events:
        parent = new[event.code].parent
        where = f", {in_sentence(new[parent].name)}" if parent else ""
        label = f"{event.old_name} thành {in_sentence(event.new_name)}{where} ({event.day.isoformat()})"
        yield Change(
            f"2026/{event.key}", label, "type-change", event.act, event.day, event.day,
            changed=event.code, attestation=event.attestation, certainty=event.certainty,
        )  # fmt: skip


def _called(unit: Unit, units: Units) -> str:
    parts = [in_sentence(unit.name)]
    while unit.parent is not None:
        unit = units[unit.parent]
        parts.append(in_sentence(unit.name))
    return ", ".join(parts)


def closed(old: Units, changes: Iterable[Change]) -> Units:
    """The old units, the last version of each closed by the act that ended it; what was left as it was has none."""
    acts = {t.old: change.act for change in changes if change.kind != "continuation" for t in change.transfers}
    return old | {code: _closed(old[code], act) for code, act in acts.items()}


def _closed(unit: Unit, act: str) -> Unit:
    *before, last = unit.versions
    return unit._replace(versions=(*before, last._replace(closed_by=(act,))))


def opened(new: Units, changes: Iterable[Change]) -> Units:
    """The new units, the first version of each opened by the act that formed it."""
    acts = {change.resulting: change.act for change in changes if change.kind == "formation" and change.resulting}
    return new | {code: _opened(new[code], act) for code, act in acts.items()}


def _opened(unit: Unit, act: str) -> Unit:
    first, *after = unit.versions
    return unit._replace(versions=(first._replace(opened_by=(act,)), *after))
