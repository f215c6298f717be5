"""The national registry of administrative units: both editions of the code list, and what became of what.

`read` makes values of the sources, `load` makes quads of them; `docs/registry.md` tells the model.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Quad

from loaders.namespaces import dcterms, graph, text
from loaders.registry.graphs import act_quads, change_quads, unit_quads, witness_quads
from loaders.registry.territory import Territory, read, sources
from loaders.registry.unit import CHANGES

__all__ = ["Territory", "load", "notes", "read", "sources"]

_UNKNOWN_VI = (
    "Chưa có tệp lịch sử: không biết các đơn vị của danh mục 2004 có từ ngày nào, trước đó tên gì, "
    "và những đơn vị nào đã kết thúc trước ngày 30/6/2025."
)
_UNKNOWN_EN = (
    "No history file: since when the units of edition 2004 exist, what they were called before, and which units "
    "ended before 2025-06-30 is not known."
)


def load(territory: Territory) -> Iterator[Quad]:
    """The graphs registry-2004, registry-2025, registry-changes, and registry-history when there is a history."""
    yield from witness_quads(_witnesses(territory))
    for unit in territory.units:
        yield from unit_quads(unit)
    for source, acts in territory.acts.items():
        for act in acts:
            yield from act_quads(act, source)
    for change in territory.changes:
        yield from change_quads(change)
    if not territory.has_history:
        for literal in (text(_UNKNOWN_VI), text(_UNKNOWN_EN, "en")):
            yield Quad(graph("registry-2004"), dcterms.description, literal, graph("provenance"))


def notes(territory: Territory) -> list[str]:
    """What the registry does not know, for the one who builds."""
    if not territory.has_history:
        return [_UNKNOWN_EN + " THIDUA_HISTORY names such a file."]
    left = sum(unit.edition == "2004" and not (unit.start or unit.floor) for unit in territory.units)
    return [f"The history says nothing about {left:,} units of edition 2004."] if left else []


def _witnesses(territory: Territory) -> Iterator[tuple[str, str]]:
    for unit in territory.units:
        yield unit.source, "stated"
        yield from ((version.source, version.certainty) for version in unit.versions)
    for source, acts in territory.acts.items():
        yield from ((source, act.certainty) for act in acts)
    for change in territory.changes:
        yield CHANGES, change.certainty
        yield from ((CHANGES, transfer.certainty) for transfer in change.transfers)
