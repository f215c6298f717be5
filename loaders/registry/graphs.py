"""The registry as quads: what each source says stands in that source's graph, with its witness."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from pyoxigraph import Literal, NamedNode, Quad

from loaders import namespaces
from loaders.identity import search_key
from loaders.namespaces import date, dcterms, entity, rdf, rdfs, skos, string, td, text
from loaders.registry.acts import Act, act_iri
from loaders.registry.changes import Change
from loaders.registry.names import alternatives
from loaders.registry.transfers import Transfer
from loaders.registry.unit import CHANGES, HISTORY, LAST_DAY_2004, Unit, Version, unit_iri

# Few and asked for half a million times.
concept, graph, folded = cache(namespaces.concept), cache(namespaces.graph), cache(search_key)
# Said with each event, so that nobody takes it for a reading of the gazette.
_EVIDENCE = {
    "strong": (
        "Chưa đọc trên Công báo; danh sách của cơ quan thống kê được dẫn và ít nhất hai dự án dữ liệu ghi như vậy.",
        "Not read in the gazette; the statistics office's list is quoted and at least two data projects agree.",
    ),
    "medium": (
        "Chưa đọc trên Công báo; suy ra từ ít nhất hai dự án dữ liệu dẫn văn bản này.",
        "Not read in the gazette; inferred from at least two data projects that cite the act.",
    ),
}


def _said(subject: NamedNode, source: str, *facts: tuple[NamedNode, NamedNode | Literal | None]) -> Iterator[Quad]:
    """Those of the facts that have a value, in the source's graph."""
    where = graph(source)
    return (Quad(subject, predicate, value, where) for predicate, value in facts if value is not None)


@cache
def _witness(source: str, certainty: str) -> NamedNode:
    # A table has no place in a text: one witness speaks for all of it.
    return entity("witness", source, "whole", certainty)


def witness_quads(used: Iterable[tuple[str, str]]) -> Iterator[Quad]:
    """The witnesses of sources that are tables, by source and certainty."""
    for source, certainty in sorted(set(used)):
        yield from _said(
            _witness(source, certainty), source,
            (rdf.type, td.Witness),
            (td.source, entity("source", source)),
            (td.certainty, concept("certainty", certainty)),
        )  # fmt: skip


def unit_quads(unit: Unit) -> Iterator[Quad]:
    """A unit and its versions."""
    parent = unit_iri(unit.edition, unit.parent) if unit.parent else None
    yield from _said(
        unit.iri, unit.source,
        (rdf.type, td.AdministrativeUnit),
        (td.code, string(unit.code)),
        (td.codeList, concept("code-list", unit.edition)),
        (td.level, concept("unit-level", unit.level)),
        (td.parent, parent),
        (td.validTo, date(unit.end) if unit.end else None),
        (td.attestedBy, _witness(unit.source, "stated")),
    )  # fmt: skip
    yield from _said(
        unit.iri, unit.versions[0].source,
        (td.validFrom, date(unit.start) if unit.start else None),
        (td.attestedFrom, date(unit.floor) if unit.floor else None),
        (dcterms.isReplacedBy, unit_iri(unit.edition, unit.recoded_to) if unit.recoded_to else None),
    )  # fmt: skip
    yield from _name_quads(unit)
    for number, version in enumerate(unit.versions, start=1):
        yield from _version_quads(unit, number, version)


def _names(unit: Unit) -> Iterator[tuple[str, str]]:
    yield unit.naming or unit.source, unit.name
    yield from ((unit.source, variant) for variant in unit.variants)
    for version in unit.versions:
        yield from ((version.source, name) for name in (version.name, *version.variants))


def _name_quads(unit: Unit) -> Iterator[Quad]:
    naming = unit.naming or unit.source
    yield from _said(unit.iri, naming, (rdfs.label, text(unit.name)), (td.unitType, concept("unit-type", unit.type)))
    labels, keys, done = {unit.name}, set[str](), set[str]()
    for source, name in _names(unit):
        if name in done:
            continue
        done.add(name)
        for form in (name, *alternatives(name)):
            if form not in labels:
                labels.add(form)
                yield from _said(unit.iri, source, (skos.altLabel, text(form)))
            if (key := folded(form)) not in keys:
                keys.add(key)
                yield from _said(unit.iri, source, (td.searchKey, string(key)))


def _version_quads(unit: Unit, number: int, version: Version) -> Iterator[Quad]:
    node = entity("unit-version", unit.edition, unit.key, str(number))
    yield from _said(
        node, version.source,
        (rdf.type, td.UnitVersion),
        (td.versionOf, unit.iri),
        (rdfs.label, text(version.name)),
        (td.unitType, concept("unit-type", version.type)),
        (td.parent, unit_iri(unit.edition, version.parent) if version.parent else None),
        (td.attestedFrom, date(version.floor) if version.floor else None),
        (td.attestedBy, _witness(version.source, version.certainty)),
    )  # fmt: skip
    # The list of 2004 does not say since when a unit is what it is; for one province the table of changes does.
    opening = HISTORY if version.source == HISTORY else CHANGES
    begins = version.source if unit.edition == "2025" else opening
    yield from _said(node, begins, (td.validFrom, date(version.start) if version.start else None))
    yield from _said(node, opening, *((td.openedBy, act_iri(act)) for act in version.opened_by))
    # What ended in 2025 or later ended by an act that the history does not know.
    closing = HISTORY if version.source == HISTORY and version.end != LAST_DAY_2004 else CHANGES
    yield from _said(node, closing, (td.validTo, date(version.end) if version.end else None))
    yield from _said(node, closing, *((td.closedBy, act_iri(act)) for act in version.closed_by))


def act_quads(act: Act, source: str) -> Iterator[Quad]:
    """A legal act, as far as the source knows it."""
    return _said(
        act.iri, source,
        (rdf.type, td.LegalAct),
        (rdfs.label, text(act.label)),
        (td.searchKey, string(search_key(act.label))),
        (td.number, string(act.number)),
        (td.dateIssued, date(act.issued) if act.issued else None),
        (td.inForceFrom, date(act.in_force) if act.in_force else None),
        (td.attestedBy, _witness(source, act.certainty)),
    )  # fmt: skip


def change_quads(change: Change) -> Iterator[Quad]:
    """A change and the transfers that belong to it."""
    node = entity("change", *change.key.split("/"))
    comments = zip(_EVIDENCE.get(change.attestation or "", ()), ("vi", "en"), strict=False)
    yield from _said(
        node, CHANGES,
        (rdf.type, td.TerritorialChange),
        (rdfs.label, text(change.label)),
        *((rdfs.comment, text(comment, lang)) for comment, lang in comments),
        (td.changeKind, concept("change-kind", change.kind)),
        (td.changeDate, date(change.in_law)),
        (td.operationDate, date(change.operation)),
        (td.legalBasis, act_iri(change.act)),
        (td.resultingUnit, unit_iri("2025", change.resulting) if change.resulting else None),
        (td.changedUnit, unit_iri("2025", change.changed) if change.changed else None),
        (td.attestedBy, _witness(CHANGES, change.certainty)),
    )  # fmt: skip
    for transfer in change.transfers:
        yield from _transfer_quads(transfer, node)


def _transfer_quads(transfer: Transfer, change: NamedNode) -> Iterator[Quad]:
    old, new = unit_iri("2004", transfer.old), unit_iri("2025", transfer.new)
    yield from _said(
        entity("transfer", transfer.old, transfer.new), CHANGES,
        (rdf.type, td.TerritorialTransfer),
        (td.ofChange, change),
        (td.fromUnit, old),
        (td.toUnit, new),
        (td.share, concept("share", "whole" if transfer.whole else "part")),
        (td.attestedBy, _witness(CHANGES, transfer.certainty)),
    )  # fmt: skip
    yield from _said(old, CHANGES, (dcterms.isReplacedBy, new))
