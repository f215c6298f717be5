"""What a unit came from and what it became, read from the statements of its page: transfers, changes and versions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from pyoxigraph import NamedNode

from loaders.namespaces import rdfs, skos, td
from service.pages.flow import Act, Change, Flow, Passage, Stage
from service.pages.said import Value, Witness, tail
from service.pages.sketch import Sketch

# So many units that were merged with it are drawn beside a unit.
_BESIDE = 12
# What a change is called that only versions tell of: by whether the type stayed the same.
_RENAMED = {True: ("đổi tên", "renaming"), False: ("đổi loại", "change of type")}


@dataclass(frozen=True)
class Transfer:
    """The passing of a unit's territory, all of it or a part, to another in one change."""

    node: NamedNode
    old: NamedNode
    new: NamedNode
    share: str
    change: NamedNode


@dataclass(frozen=True)
class Move:
    """A transfer as a line of a table."""

    old: Value
    new: Value
    share: str
    words: str
    change: Value
    kind: str
    date: str | None
    acts: list[Value]
    witnesses: list[Witness]


@dataclass(frozen=True)
class Version:
    """A unit during a time in which its name, type and parent did not change."""

    label: str
    type: Value | None
    parent: Value | None
    since: str | None
    until: str | None
    attested: str | None
    opened: list[Value]
    closed: list[Value]
    witnesses: list[Witness]


def transfers(sketch: Sketch) -> list[Transfer]:
    """The transfers among the statements."""
    found = []
    for node in sketch.of(td.TerritorialTransfer):
        old, new = sketch.node(node, td.fromUnit), sketch.node(node, td.toUnit)
        change, share = sketch.node(node, td.ofChange), sketch.node(node, td.share)
        if old and new and change and share:
            found.append(Transfer(node, old, new, tail(share.value), change))
    return sorted(found, key=lambda each: (each.old.value, each.new.value))


def moves(thing: NamedNode, sketch: Sketch) -> list[Move]:
    """Every transfer to and from the unit, those of its own level first; then of the units merged with it."""
    own = sketch.node(thing, td.level)
    found = sorted(
        _told(thing, sketch), key=lambda each: (thing not in (each.old, each.new), _level(sketch, each) != own)
    )
    return [
        Move(
            placed(sketch, each.old),
            placed(sketch, each.new),
            each.share,
            sketch.label(sketch.node(each.node, td.share) or each.node),
            sketch.value(each.change),
            _kind(sketch, each.change),
            _day(sketch, each.change),
            _acts(sketch, each.change, td.legalBasis),
            sketch.witnesses(each.node),
        )
        for each in found
    ]


def placed(sketch: Sketch, unit: NamedNode) -> Value:
    """The unit with what it belongs, or belonged, to."""
    parent = sketch.node(unit, td.parent)
    return Value(f"{sketch.label(unit)}, {sketch.label(parent)}" if parent else sketch.label(unit), unit.value)


def versions(unit: NamedNode, sketch: Sketch) -> list[Version]:
    """The versions of the unit, the earliest first."""
    return [
        Version(
            sketch.label(node),
            sketch.maybe(sketch.one(node, td.unitType)),
            sketch.maybe(sketch.one(node, td.parent)),
            sketch.text(node, td.validFrom),
            sketch.text(node, td.validTo),
            sketch.text(node, td.attestedFrom),
            _acts(sketch, node, td.openedBy),
            _acts(sketch, node, td.closedBy),
            sketch.witnesses(node),
        )
        for node in _versions(unit, sketch)
    ]


def flow(thing: NamedNode, sketch: Sketch) -> Flow:
    """The unit among those it came from, those it was merged with, and those that it became."""
    drawn, undrawn = _drawn(thing, sketch)
    later = {each.new for each in drawn if each.old == thing}
    units = dict.fromkeys([*(each.old for each in drawn), thing, *(each.new for each in drawn)])
    histories = {unit: _history(unit, thing, sketch, whole=unit == thing or unit in later) for unit in units}
    stages = {stage.key: stage for history in histories.values() for stage in history}
    changes: dict[str, Change] = {}
    passages: dict[Passage, None] = {}
    for unit, history in histories.items():
        for before, after in pairwise(history):
            change = _renaming(unit, before, after, sketch)
            changes[change.key] = change
            passages |= dict.fromkeys([Passage(before.key, change.key), Passage(change.key, after.key)])
    for each in drawn:
        changes[each.change.value] = _change(sketch, each.change)
        start, end = histories[each.old][-1].key, histories[each.new][0].key
        # Where one change has several results, as when a district ends, shares tell of what each result got.
        alone = len({other.new for other in drawn if other.change == each.change}) == 1
        passages[Passage(start, each.change.value, each.share if alone else None)] = None
        passages[Passage(each.change.value, end, None if alone else each.share)] = None
    return Flow(stages, changes, list(passages), undrawn)


def _told(thing: NamedNode, sketch: Sketch) -> list[Transfer]:
    """The transfers that the page tells: those of the unit, and those of its level that went to its successors."""
    every = transfers(sketch)
    later = {each.new for each in every if each.old == thing}
    own = sketch.node(thing, td.level)
    return [
        each for each in every if thing in (each.old, each.new) or (each.new in later and _level(sketch, each) == own)
    ]


def _drawn(thing: NamedNode, sketch: Sketch) -> tuple[list[Transfer], int]:
    """Those that are drawn, and how many units are left to the table.

    What came to a commune from districts is not, for its former communes tell it better, if there are any; nor what
    was merged with a unit that was divided among so many that the drawing would show little else.
    """
    own, told = sketch.node(thing, td.level), _told(thing, sketch)
    drawn = [each for each in told if each.old == thing or _level(sketch, each) == own] or told
    others = {each.old for each in drawn} - {thing}
    if len(others) > _BESIDE and any(each.old == thing for each in drawn):
        return [each for each in drawn if each.old == thing], len(others)
    return drawn, 0


def _level(sketch: Sketch, transfer: Transfer) -> NamedNode | None:
    return sketch.node(transfer.old, td.level)


def _versions(unit: NamedNode, sketch: Sketch) -> list[NamedNode]:
    found = [node for node in sketch.of(td.UnitVersion) if sketch.node(node, td.versionOf) == unit]
    return sorted(found, key=lambda node: (sketch.text(node, td.validFrom) or "", sketch.text(node, td.validTo) or "~"))


def _history(unit: NamedNode, thing: NamedNode, sketch: Sketch, *, whole: bool) -> list[Stage]:
    """The stages of a unit: one a name that it bore, or only the last for a unit that is not what the page is about."""
    now = sketch.one(unit, td.validTo) is None
    last = Stage(
        unit.value,
        unit.value,
        sketch.label(unit),
        sketch.text(unit, td.validFrom),
        sketch.text(unit, td.validTo),
        own=unit == thing,
        today=now,
    )
    if not whole:
        return [last]
    return list(_named(unit, thing, sketch)) or [last]


def _named(unit: NamedNode, thing: NamedNode, sketch: Sketch) -> Iterator[Stage]:
    """A stage for each run of versions with one name; that only the parent changed, the table of versions says."""
    runs: list[list[NamedNode]] = []
    for node in _versions(unit, sketch):
        if runs and sketch.label(runs[-1][-1]) == sketch.label(node):
            runs[-1].append(node)
        else:
            runs.append([node])
    for run in runs:
        until = sketch.text(run[-1], td.validTo)
        yield Stage(
            run[0].value,
            unit.value,
            sketch.label(run[0]),
            sketch.text(run[0], td.validFrom),
            until,
            own=unit == thing,
            today=until is None and sketch.one(unit, td.validTo) is None,
        )


def _renaming(unit: NamedNode, before: Stage, after: Stage, sketch: Sketch) -> Change:
    """The change by which a unit came to bear another name: the one of that day, or what the version says."""
    for node in sketch.of(td.TerritorialChange):
        if unit in sketch.all(node, td.changedUnit) and sketch.text(node, td.operationDate) == after.since:
            return _change(sketch, node)
    version = NamedNode(after.key)
    same = sketch.node(version, td.unitType) == sketch.node(NamedNode(before.key), td.unitType)
    label = _RENAMED[same][sketch.lang == "en"]
    return Change(f"{after.key}#opened", label, None, after.since, _cited(sketch, version, td.openedBy))


def _change(sketch: Sketch, node: NamedNode) -> Change:
    return Change(node.value, _kind(sketch, node), node.value, _day(sketch, node), _cited(sketch, node, td.legalBasis))


def _kind(sketch: Sketch, change: NamedNode) -> str:
    kind = sketch.node(change, td.changeKind)
    return sketch.label(kind) if kind else sketch.label(change)


def _day(sketch: Sketch, change: NamedNode) -> str | None:
    """Since when it is so on the map; else the day on which the act took effect."""
    return sketch.text(change, td.operationDate, td.changeDate)


def _acts(sketch: Sketch, node: NamedNode, name: NamedNode) -> list[Value]:
    return [Value(act.number, act.iri) for act in _cited(sketch, node, name)]


def _cited(sketch: Sketch, node: NamedNode, name: NamedNode) -> tuple[Act, ...]:
    return tuple(
        Act(sketch.text(act, td.number, rdfs.label) or tail(act.value), act.value) for act in sketch.all(node, name)
    )


def searched(unit: NamedNode, sketch: Sketch) -> tuple[list[Value], list[str]]:
    """Other names of the unit, and the folded forms under which search finds it."""
    return sketch.values(unit, skos.altLabel), sorted({value.label for value in sketch.values(unit, td.searchKey)})
