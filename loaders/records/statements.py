"""Statements: the nodes that a row describes, with what it says of them and the witness who says so.

All of it as N-Quads write it, in the form that the engine stores: a node, or a predicate and a value, is spelt once for
many rows, and what a line consists of is only put together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date as Day
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, NamedTuple

from pyoxigraph import Literal, NamedNode

from loaders.identity import search_key
from loaders.namespaces import (
    any_uri,
    concept,
    date,
    decimal,
    integer,
    key_of,
    rdf,
    rdfs,
    skos,
    spelt,
    string,
    td,
    text,
)
from loaders.records.naming import Unit
from loaders.records.periods import Period
from loaders.records.rows import Row
from loaders.records.schema import Column, Kind, Table
from loaders.records.tables import TABLES
from loaders.records.vocabulary import Choice

# What people look for things by: names, and the words of what has none.
_SOUGHT = {rdfs.label, skos.altLabel, td.awardText, td.recipientText, td.authorityText, td.measure}
_BESIDE = (Kind.AGENT, Kind.MEMBER, Kind.PERIOD)


class Description(NamedTuple):
    """A node and what is said of it: predicates with their values."""

    node: str
    facts: Sequence[str]


def fact(predicate: NamedNode, value: NamedNode | Literal | str) -> str:
    """A predicate with a value.

    >>> fact(rdfs.label, text("Cụm A"))
    '<http://www.w3.org/2000/01/rdf-schema#label> "Cụm A"@vi'
    """
    return f"{predicate} {value}"


def spell(node: str, fact: str, where: str) -> str:
    """A fact about a node in a graph, as a line of N-Quads."""
    return f"{node} {fact} {where} .\n"


def source_key(row: Row) -> str:
    """The key of the source that a row draws on; a source speaks for itself."""
    key: str = row.values["source" if "source" in row.values else "key"]
    return key


def describe(row: Row) -> tuple[Description, list[Description], Description]:
    """The row's own node, then what comes along with it, emulation units and periods, and the witness of them all."""
    return Description(node(row), _facts(row)), _beside(row), witness(row)


def node(row: Row) -> str:
    """The IRI of the node that a row describes."""
    return spelt(row.table.kind or _kebab(row), *[_part(row, part) for part in row.table.named_by])


def witness(row: Row) -> Description:
    """The place in the source that bears witness to a row: the source as a whole where the row names no place."""
    values = row.values
    return _witness(source_key(row), values.get("certainty"), values.get("start"), values.get("end"))


@lru_cache(maxsize=1 << 12)
def _witness(source: str, certainty: Choice | None, start: int | None, end: int | None) -> Description:
    key = certainty.key if certainty else "stated"
    facts = _testimony(source, certainty)
    if start is None or end is None:
        return Description(spelt("witness", source, "whole", key), facts)
    place = fact(td.startOffset, integer(start)), fact(td.endOffset, integer(end))
    return Description(spelt("witness", source, f"{start}-{end}", key), (*facts, *place))


@lru_cache(maxsize=1 << 12)
def _testimony(source: str, certainty: Choice | None) -> tuple[str, ...]:
    return (
        fact(rdf.type, td.Witness),
        fact(td.source, spelt("source", source)),
        fact(td.certainty, certainty.node if certainty else concept("certainty", "stated")),
    )


def _facts(row: Row) -> list[str]:
    facts = list(_types(row.table))
    keys: set[str] = set()
    for column, sought in _telling(row.table):
        value = row.values.get(column.key)
        if value is None:
            continue
        if column.classes and column.kind is not Kind.TARGET_KIND and value.key in column.classes:
            facts.append(_type(column, value))
        if column.says is None:
            continue
        for one in value if column.many else (value,):
            facts.append(_said(column, _meant(row, column, one)))
            if sought:
                keys.add(_found_by(one))
    facts += keys
    return facts


@cache
def _types(table: Table) -> tuple[str, ...]:
    return tuple(fact(rdf.type, type) for type in table.types)


@cache
def _telling(table: Table) -> tuple[tuple[Column, bool], ...]:
    """The columns that say something of the row's node, and whether people look for it by that."""
    return tuple(
        (column, column.says in _SOUGHT)
        for column in table.columns
        if column.says is not None or (column.classes and column.kind is not Kind.TARGET_KIND)
    )


@lru_cache(maxsize=1 << 10)
def _type(column: Column, choice: Choice) -> str:
    return fact(rdf.type, column.classes[choice.key])


@lru_cache(maxsize=1 << 14)
def _found_by(name: str) -> str:
    return fact(td.searchKey, string(search_key(name)))


def _meant(row: Row, column: Column, value: Any) -> Any:
    """What a cell means together with the others of its row."""
    if column.kind is Kind.TARGET:
        return row.values[column.of].key, value
    if column.kind is Kind.CLUSTER_YEAR:
        return row.values["cluster"], str(value)
    return value


# What many rows say is not spelt anew for each of them.
@lru_cache(maxsize=1 << 15)
def _said(column: Column, value: Any) -> str:
    assert column.says is not None
    return fact(column.says, _term(column, value))


def _term(column: Column, value: Any) -> NamedNode | Literal | str:
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
            return spelt(TABLES[column.of].kind, value)
        case Kind.TARGET:
            return spelt(*value)
        case Kind.CLUSTER_YEAR:
            return spelt("cluster-year", *value)
        case Kind.HOLDING:
            return spelt("holding", *value)
        case Kind.PERIOD:
            return spelt("period", value.key)
        case Kind.UNIT:
            unit: NamedNode = value.iri
            return unit
        case Kind.AGENT:
            return _agent(value)
    raise ValueError(column.kind)


def _beside(row: Row) -> list[Description]:
    found = []
    for column in row.table.of_kind(*_BESIDE):
        value = row.values.get(column.key)
        if value is not None:
            found.append(_come_along(column, value))
    return found


@lru_cache(maxsize=1 << 14)
def _come_along(column: Column, value: Any) -> Description:
    if column.kind is Kind.AGENT:
        return Description(_agent(value), _emulation_unit(value))
    if column.kind is Kind.MEMBER:
        return Description(spelt(TABLES[column.of].kind, value), (fact(rdf.type, td.EmulationUnit),))
    return Description(spelt("period", value.key), tuple(_period(value)))


@lru_cache(maxsize=1 << 14)
def _key_of(unit: Unit) -> str:
    return key_of(unit.iri)[1].replace("/", "-")


def _agent(unit: Unit) -> str:
    return spelt("emulation-unit", _key_of(unit))


def _emulation_unit(unit: Unit) -> tuple[str, ...]:
    return (
        fact(rdf.type, td.EmulationUnit),
        fact(rdfs.label, text(unit.name)),
        _found_by(unit.name),
        fact(td.territory, unit.iri),
    )


def _period(period: Period) -> Iterator[str]:
    yield fact(rdf.type, td.Period)
    yield fact(rdfs.label, text(period.vi))
    yield fact(rdfs.label, text(period.en, "en"))
    if period.year is not None:
        yield fact(td.year, integer(period.year))
    if period.start is not None and period.end is not None:
        yield fact(td.periodStart, date(period.start))
        yield fact(td.periodEnd, date(period.end))


def _number(value: Decimal) -> Literal:
    return integer(int(value)) if value == value.to_integral_value() else decimal(value)


def _part(row: Row, alternatives: Sequence[str]) -> str:
    """A part of a node's key: the first of the alternatives that the row has a value for."""
    column = next(name for name in alternatives if name in row.values)
    value = row.values[column]
    if isinstance(value, Unit):
        return _key_of(value)
    if isinstance(value, Choice):
        return value.key
    if isinstance(value, Day):
        return value.isoformat()
    # The only part that falls back to the source is the day of a holding.
    return f"undated-{value}" if alternatives[-1] == "source" else str(value)


def _kebab(row: Row) -> str:
    """The name of the class that the row chooses, as kinds are written: AwardProposal, award-proposal."""
    (column,) = row.table.of_kind(Kind.SORT)
    return _class_name(column, row.values[column.key])


@lru_cache(maxsize=1 << 10)
def _class_name(column: Column, choice: Choice) -> str:
    name = column.classes[choice.key].value.removeprefix(td.iri)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
