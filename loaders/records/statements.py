"""Statements: the nodes that a row describes, with what it says of them and the witness who says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date as Day
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pyoxigraph import Literal, NamedNode

from loaders.identity import search_key
from loaders.namespaces import (
    any_uri,
    concept,
    date,
    decimal,
    entity,
    integer,
    key_of,
    rdf,
    rdfs,
    skos,
    string,
    td,
    text,
)
from loaders.records.naming import Unit
from loaders.records.periods import Period
from loaders.records.rows import Row
from loaders.records.schema import Column, Kind
from loaders.records.tables import TABLES
from loaders.records.vocabulary import Choice

Term = NamedNode | Literal
Fact = tuple[NamedNode, Term]

# What people look for things by: names, and the words of what has none.
_SOUGHT = {rdfs.label, skos.altLabel, td.awardText, td.recipientText, td.authorityText, td.measure}


@dataclass(frozen=True, slots=True)
class Description:
    """A node and what is said of it; `attested` by the row's witness, unless it is the witness."""

    node: NamedNode
    facts: Sequence[Fact]

    def lines(self, where: NamedNode) -> list[str]:
        """Its facts in a graph, as N-Quads."""
        return [f"{self.node} {predicate} {value} {where} .\n" for predicate, value in self.facts]


def source_key(row: Row) -> str:
    """The key of the source that a row draws on; a source speaks for itself."""
    key: str = row.values["source" if "source" in row.values else "key"]
    return key


def describe(row: Row) -> tuple[Description, ...]:
    """The row's own node, then what comes along with it: emulation units, periods, and the witness of them all."""
    said = witness(row)
    attested = (td.attestedBy, said.node)
    own = Description(node(row), [*_facts(row), attested])
    beside = [Description(there, [*facts, attested]) for there, facts in _beside(row)]
    return own, *beside, said


def node(row: Row) -> NamedNode:
    """The IRI of the node that a row describes."""
    kind = row.table.kind or _kebab(row)
    return entity(kind, *(_part(row, part) for part in row.table.node))


def witness(row: Row) -> Description:
    """The place in the source that bears witness to a row: the source as a whole where the row names no place."""
    source, start, end = source_key(row), row.values.get("start"), row.values.get("end")
    certainty = row.values["certainty"].key if "certainty" in row.values else "stated"
    facts: list[Fact] = [
        (rdf.type, td.Witness),
        (td.source, _thing("source", source)),
        (td.certainty, row.values["certainty"].node if "certainty" in row.values else concept("certainty", "stated")),
    ]
    if start is None or end is None:
        return Description(entity("witness", source, "whole", certainty), facts)
    facts += [(td.startOffset, integer(start)), (td.endOffset, integer(end))]
    return Description(entity("witness", source, f"{start}-{end}", certainty), facts)


def _facts(row: Row) -> Iterator[Fact]:
    yield from ((rdf.type, type) for type in row.table.types)
    keys: set[str] = set()
    for column in row.table.columns:
        value = row.values.get(column.key)
        if value is None:
            continue
        if column.classes and column.kind is not Kind.TARGET_KIND and value.key in column.classes:
            yield rdf.type, column.classes[value.key]
        if column.says is not None:
            for one in value if column.many else (value,):
                yield column.says, _term(row, column, one)
        if column.says in _SOUGHT:
            keys.update(search_key(name) for name in (value if column.many else (value,)))
    yield from ((td.searchKey, string(key)) for key in sorted(keys))


def _term(row: Row, column: Column, value: Any) -> Term:
    match column.kind:
        case Kind.TEXT:
            return text(value, column.lang)
        case Kind.KEY | Kind.CODE | Kind.CHECKSUM:
            return string(value)
        case Kind.INTEGER | Kind.YEAR:
            return integer(value)
        case Kind.NUMBER:
            return _number(value)
        case Kind.DATE:
            return date(value)
        case Kind.ADDRESS:
            return any_uri(value)
        case Kind.LICENCE:
            return NamedNode(value)
        case Kind.CHOICE:
            concept_node: NamedNode = value.node
            return concept_node
        case Kind.REFERENCE | Kind.MEMBER:
            return _thing(TABLES[column.of].kind, value)
        case Kind.TARGET:
            return entity(row.values[column.of].key, value)
        case Kind.CLUSTER_YEAR:
            return _thing("cluster-year", row.values["cluster"], str(value))
        case Kind.HOLDING:
            return entity("holding", *value)
        case Kind.PERIOD:
            return entity("period", value.key)
        case Kind.UNIT:
            unit: NamedNode = value.iri
            return unit
        case Kind.AGENT:
            return _agent(value)
    raise ValueError(column.kind)


def _beside(row: Row) -> Iterator[tuple[NamedNode, tuple[Fact, ...]]]:
    for column in row.table.columns:
        value = row.values.get(column.key)
        if value is None:
            continue
        if column.kind is Kind.AGENT:
            yield _agent(value), _emulation_unit(value)
        elif column.kind is Kind.MEMBER:
            yield _thing(TABLES[column.of].kind, value), ((rdf.type, td.EmulationUnit),)
        elif column.kind is Kind.PERIOD:
            yield _thing("period", value.key), tuple(_period(value))


@lru_cache(maxsize=1 << 16)
def _thing(kind: str, *key: str) -> NamedNode:
    # What many rows refer to is not spelt anew for each of them.
    return entity(kind, *key)


@lru_cache(maxsize=1 << 16)
def _agent(unit: Unit) -> NamedNode:
    return entity("emulation-unit", key_of(unit.iri)[1].replace("/", "-"))


@lru_cache(maxsize=1 << 16)
def _emulation_unit(unit: Unit) -> tuple[Fact, ...]:
    return (
        (rdf.type, td.EmulationUnit),
        (rdfs.label, text(unit.name)),
        (td.searchKey, string(search_key(unit.name))),
        (td.territory, unit.iri),
    )


def _period(period: Period) -> Iterator[Fact]:
    yield rdf.type, td.Period
    yield rdfs.label, text(period.vi)
    yield rdfs.label, text(period.en, "en")
    if period.year is not None:
        yield td.year, integer(period.year)
    if period.start is not None and period.end is not None:
        yield td.periodStart, date(period.start)
        yield td.periodEnd, date(period.end)


def _number(value: Decimal) -> Literal:
    return integer(int(value)) if value == value.to_integral_value() else decimal(value)


def _part(row: Row, part: str) -> str:
    """A part of a node's key: the first of the alternatives that the row has a value for."""
    column = next(name for name in part.split("|") if name in row.values)
    value = row.values[column]
    if isinstance(value, Unit):
        return key_of(value.iri)[1].replace("/", "-")
    if isinstance(value, Choice):
        return value.key
    if isinstance(value, Day):
        return value.isoformat()
    # The only part that falls back to the source is the day of a holding.
    return f"undated-{value}" if part.endswith("|source") else str(value)


def _kebab(row: Row) -> str:
    """The name of the class that the row chooses, as kinds are written: AwardProposal, award-proposal."""
    column = next(column for column in row.table.columns if column.kind is Kind.SORT)
    name = column.classes[row.values[column.key].key].value.removeprefix(td.iri)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
