"""Data broken at random: the gate's validator and the referee find the same, result by result.

Many small countries stand in one store, each under names of its own and with a few changes that nobody thought of.
"""

from __future__ import annotations

import logging
import os
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store

from loaders.gate import Gate, read_gate
from loaders.gate.faults import SPACE
from loaders.gate.report import Finding, Term
from loaders.gate.validator import validate
from loaders.namespaces import rdf, sh, xsd
from tests.referee import refereed

# rdflib tells the whole story of every literal that it cannot read, and would write others in its own way.
logging.getLogger("rdflib.term").setLevel(logging.ERROR)

# How many countries are broken: THIDUA_TEST_CHANGES=5000 for an hour's doubt.
CHANGES = max(40, int(os.environ.get("THIDUA_TEST_CHANGES", "40")))
# As many as the referee judges at once in bearable time.
_BATCH = 100
_DATATYPES = """string integer decimal double boolean date dateTime gYear anyURI hexBinary nonNegativeInteger
gYearMonth time duration positiveInteger"""
_LANGUAGES = ("vi", "en", "VI", "fr", "vi-VN", "en-GB")
_LITERALS = (
    *(Literal(text) for text in ("", " ", "x", "24", "Cu\u0323m", "a\nb", "2017-07-14", "https://example.org/")),
    *(Literal(text, language="vi") for text in ("", "Cụm", "Cu\u0323m", "x" * 600)),
    *(Literal(text, datatype=xsd.integer) for text in ("0", "-1", "1", "1948", "2101", "999999999999999999", "07")),
    *(Literal(text, datatype=xsd.date) for text in ("2017-07-14", "2017-13-45", "2017-07-14Z", "0001-01-01", "x")),
    *(Literal(text, datatype=xsd.dateTime) for text in ("2017-07-14T00:00:00Z", "2017-07-14T00:00:00", "x")),
    *(Literal(text, datatype=xsd.decimal) for text in ("0.5", "1.0", "-0.1", "x")),
    Literal("NaN", datatype=xsd.double),
    Literal("maybe", datatype=xsd.boolean),
    Literal("0G", datatype=xsd.hexBinary),
    Literal("x", datatype=NamedNode("urn:datatype")),
)
# What a blank node's name may not have.
_LETTERS = str.maketrans(":-/", "___")
_NUMBERS = {xsd[name] for name in ("integer", "decimal", "double")}
_BOUNDS, _PAIRED = {sh.minInclusive, sh.maxInclusive}, {sh.lessThan, sh.lessThanOrEquals}
Statements = list[Quad]
Breaking = Callable[[Statements, Quad, "Pool"], Statements]


class Pool:
    """What changes are made of."""

    def __init__(self, chance: random.Random, gate: Gate) -> None:
        self.chance = chance
        known = [*gate.cases.country, *(quad for case in gate.cases.cases for quad in case.quads)]
        self.properties = sorted({quad.predicate for quad in known}, key=str)
        self.classes = sorted({quad.object for quad in known if quad.predicate == rdf.type}, key=str)
        self.objects = sorted({quad.object for quad in known}, key=str)

    def literal(self) -> Literal:
        return self.chance.choice(_LITERALS)


def said(quad: Quad, value: object) -> Quad:
    return Quad(quad.subject, quad.predicate, value, quad.graph_name)  # type: ignore[arg-type]


def removed(quads: Statements, quad: Quad, pool: Pool) -> Statements:
    return [each for each in quads if each != quad]


def node_removed(quads: Statements, quad: Quad, pool: Pool) -> Statements:
    return [each for each in quads if each.subject != quad.subject]


def in_its_place(quads: Statements, quad: Quad, value: object) -> Statements:
    return [*(each for each in quads if each != quad), said(quad, value)]


def of_another_datatype(quads: Statements, quad: Quad, pool: Pool) -> Statements:
    text = quad.object.value if isinstance(quad.object, Literal | NamedNode) else "x"
    return in_its_place(quads, quad, Literal(text, datatype=xsd[pool.chance.choice(_DATATYPES.split())]))


def in_another_language(quads: Statements, quad: Quad, pool: Pool) -> Statements:
    text = quad.object.value if isinstance(quad.object, Literal) else "x"
    return in_its_place(quads, quad, Literal(text, language=pool.chance.choice(_LANGUAGES)))


def twice(quads: Statements, quad: Quad, pool: Pool) -> Statements:
    """Another value stands beside it: one that the property has elsewhere, or the same in another language."""
    others = [each.object for each in quads if each.predicate == quad.predicate]
    if isinstance(quad.object, Literal) and quad.object.language:
        others.append(Literal(f"{quad.object.value}!", language=quad.object.language.upper()))
        others.append(Literal(quad.object.value, language=pool.chance.choice(_LANGUAGES)))
    return [*quads, said(quad, pool.chance.choice(others))]


def another_value(quads: Statements, quad: Quad, pool: Pool) -> Statements:
    return in_its_place(quads, quad, pool.literal())


def one_value_more(quads: Statements, quad: Quad, pool: Pool) -> Statements:
    return [*quads, said(quad, pool.literal())]


def another_thing(quads: Statements, quad: Quad, pool: Pool) -> Statements:
    return in_its_place(quads, quad, pool.chance.choice(quads).subject)


def anything(quads: Statements, quad: Quad, pool: Pool) -> Statements:
    return in_its_place(quads, quad, pool.chance.choice(pool.objects))


def of_another_kind(quads: Statements, quad: Quad, pool: Pool) -> Statements:
    """An IRI is a literal or a blank node, a literal an IRI."""
    if isinstance(quad.object, Literal):
        return in_its_place(quads, quad, NamedNode("https://example.org/x"))
    value = Literal(str(quad.object)) if pool.chance.random() < 0.5 else BlankNode()
    return in_its_place(quads, quad, value)


def nameless(quads: Statements, quad: Quad, pool: Pool) -> Statements:
    """A node has no name, wherever it stands."""
    blank, name = BlankNode(), quad.subject
    return [
        Quad(blank if q.subject == name else q.subject, q.predicate, blank if q.object == name else q.object, q[3])
        for q in quads
    ]


def of_another_class(quads: Statements, quad: Quad, pool: Pool) -> Statements:
    typed = [each for each in quads if each.subject == quad.subject and each.predicate == rdf.type]
    kept = [each for each in quads if each not in typed or pool.chance.random() < 0.3]
    return [*kept, Quad(quad.subject, rdf.type, pool.chance.choice(pool.classes), quad.graph_name)]


def with_another_property(quads: Statements, quad: Quad, pool: Pool) -> Statements:
    more = Quad(quad.subject, pool.chance.choice(pool.properties), quad.object, quad.graph_name)
    return [*quads, more] if pool.chance.random() < 0.5 else [*(each for each in quads if each != quad), more]


def in_a_circle(quads: Statements, quad: Quad, pool: Pool) -> Statements:
    """It leads to where it came from, at once or by one more step."""
    if isinstance(quad.object, NamedNode) and pool.chance.random() < 0.5:
        return [*quads, Quad(quad.object, quad.predicate, quad.subject, quad.graph_name)]
    return [*quads, said(quad, quad.subject)]


def exchanged(quads: Statements, quad: Quad, pool: Pool) -> Statements:
    """Two statements about a thing, or with one property, have each other's values: dates are reversed."""
    others = [q for q in quads if (q.subject == quad.subject) != (q.predicate == quad.predicate) and q[1] != rdf.type]
    if not others:
        return quads
    other = pool.chance.choice(others)
    return [*(each for each in quads if each not in (quad, other)), said(quad, other.object), said(other, quad.object)]


BREAKING: Sequence[Breaking] = (
    removed,
    node_removed,
    of_another_datatype,
    in_another_language,
    twice,
    another_value,
    one_value_more,
    another_thing,
    anything,
    of_another_kind,
    nameless,
    of_another_class,
    with_another_property,
    in_a_circle,
    exchanged,
)


def renamed(quad: Quad, space: str) -> Quad:
    """The statement with the names of one country among many."""

    def own(term: object) -> object:
        if isinstance(term, NamedNode) and term.value.startswith(SPACE):
            return NamedNode(space + term.value.removeprefix(SPACE))
        return BlankNode(f"{term.value}_{space.translate(_LETTERS)}0") if isinstance(term, BlankNode) else term

    return Quad(*map(own, quad))  # type: ignore[arg-type]


def told(findings: Iterable[Finding]) -> Counter[Finding]:
    """The findings, whatever blank nodes in them are called, and literals as the referee writes them."""
    return Counter(replace(f, focus=written(f.focus), value=f.value and written(f.value)) for f in findings)


def written(term: Term) -> Term:
    if isinstance(term, BlankNode):
        return BlankNode("any")
    if isinstance(term, Literal) and not term.language:
        return Literal(str(read(term)), datatype=term.datatype)
    return term


def read(literal: Literal) -> rdflib.Literal:
    return rdflib.Literal(literal.value, datatype=rdflib.URIRef(literal.datatype.value), normalize=True)


def compared_in_vain(finding: Finding, gate: Gate, store: Store) -> bool:
    """Whether SPARQL has no answer for a comparison: the referee puts whatever it finds in an order.

    A value is to be told of where the comparison "does not return true" (SHACL 4.3 and 4.5).
    """
    name = finding.component.value.removesuffix("ConstraintComponent").removeprefix(sh.iri)
    (other,) = gate.shapes.facts[finding.rule.iri].get(parameter := sh[f"{name[:1].lower()}{name[1:]}"], [None])
    if parameter in _BOUNDS:
        return order(finding.value) is None or order(finding.value) != order(other)
    others = store.quads_for_pattern(finding.focus, other, None) if parameter in _PAIRED else ()
    return any(None in (mine := {order(finding.value), order(q.object)}) or len(mine) > 1 for q in others)


def order(term: object) -> object:
    """What literals a term has its place among; None for one that has none."""
    if not isinstance(term, Literal) or read(term).ill_typed:
        return None
    return "numbers" if term.datatype in _NUMBERS else term.datatype


def broken(gate: Gate, number: int) -> list[Quad]:
    """The country of the cases with a case or two, a few things in it changed at random."""
    chance = random.Random(number)
    pool = Pool(chance, gate)
    cases = chance.sample(gate.cases.cases, chance.randrange(3))
    space = f"{SPACE}broken-{number}/"
    quads = [renamed(quad, space) for quad in (*gate.cases.country, *(q for case in cases for q in case.quads))]
    for _ in range(chance.randrange(1, 6)):
        quads = chance.choice(BREAKING)(quads, chance.choice(quads), pool)
    compared = {term for told in gate.shapes.facts.values() if _PAIRED & told.keys() for term in _terms(told)}
    # The referee gives up where it is to compare a blank node.
    return [q for q in quads if not (isinstance(q.object, BlankNode) and q.predicate in compared)]


def _terms(told: Mapping[NamedNode, list[Any]]) -> list[Any]:
    return [term for name in (sh.path, *_PAIRED) for term in told.get(name, ())]


@pytest.fixture(scope="module")
def gate() -> Gate:
    return read_gate()


@pytest.mark.filterwarnings("ignore:Parsing weird boolean")
@pytest.mark.parametrize("first", range(0, CHANGES, _BATCH))
def test_what_is_broken_at_random_is_found_as_the_referee_finds_it(gate: Gate, first: int) -> None:
    store = Store()
    store.extend(gate.ontology)
    for number in range(first, min(first + _BATCH, CHANGES)):
        store.extend(broken(gate, number))
    found = set(validate(gate.shapes, gate.ontology, store))
    assert len({finding.rule for finding in found}) > 20
    ours, theirs = told(found), told(refereed(gate.shapes, store))
    assert not theirs - ours
    assert ours - theirs <= told(finding for finding in found if compared_in_vain(finding, gate, store))
