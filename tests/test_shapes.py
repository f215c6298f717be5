"""The rules, proved on their cases: shapes by two validators, checks by two engines."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import Any

import pytest
import rdflib
from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, Store, parse, serialize

from loaders.gate import Gate, read_gate
from loaders.gate import validator as gate_validator
from loaders.gate.faults import Case
from loaders.gate.field import foci
from loaders.gate.report import Finding
from loaders.gate.shapes import path_steps
from loaders.gate.text import spellings
from loaders.namespaces import graph, owl, sh, td, tds
from loaders.resources import ROOT, shape_files
from tests.referee import refereed

pytestmark = pytest.mark.long

# rdflib tells the whole story of every literal that it cannot read; the cases have some.
logging.getLogger("rdflib.term").setLevel(logging.ERROR)


@pytest.fixture(scope="module")
def gate() -> Gate:
    return read_gate()


def fields(gate: Gate, cases: Iterable[Case]) -> list[tuple[Quad, ...]]:
    return [gate.ontology, gate.cases.country, *(case.quads for case in cases)]


def holding(gate: Gate, cases: Iterable[Case]) -> Store:
    store = Store()
    for field in fields(gate, cases):
        store.extend(field)
    return store


def validated(gate: Gate, cases: Iterable[Case]) -> list[Finding]:
    store = holding(gate, cases)
    spelt = [finding for spelling in spellings() for finding in spelling.findings(store)]
    return [*gate_validator.validate(gate.shapes, gate.ontology, store), *spelt]


def checked(gate: Gate, cases: Iterable[Case]) -> list[Finding]:
    store = holding(gate, cases)
    return [finding for check in gate.checks for finding in check.findings(store)]


def about(case: Case, findings: Iterable[Finding]) -> list[Finding]:
    return [f for f in findings if isinstance(f.focus, NamedNode) and f.focus.value.startswith(case.space)]


def test_the_daily_validator_says_what_pyshacl_says_about_every_case(gate: Gate) -> None:
    store = holding(gate, gate.cases.cases)
    found = list(gate_validator.validate(gate.shapes, gate.ontology, store))
    assert len(found) == len(set(found)) > 200
    assert set(found) == refereed(gate.shapes, store)


def test_the_daily_validator_says_what_pyshacl_says_about_a_country_with_faults(gate: Gate) -> None:
    """A mixed set: the fixture country, from which every seventh statement is missing."""
    path = ROOT / "tests" / "fixtures" / "country"
    quads = [quad for file in sorted(path.glob("*.trig")) for quad in parse(path=file, format=RdfFormat.TRIG)]
    store = holding(gate, [])
    store.extend(quad for number, quad in enumerate(quads) if number % 7)
    found = set(gate_validator.validate(gate.shapes, gate.ontology, store))
    assert len({finding.rule for finding in found}) > 20
    assert found == refereed(gate.shapes, store)


def test_a_fault_breaks_the_shape_it_was_made_for_and_no_other(gate: Gate) -> None:
    cases = [case for case in gate.cases.faults if case.finds in gate.validated]
    found = validated(gate, cases)
    assert {case.file: {f.rule.iri for f in about(case, found)} for case in cases} == {
        case.file: {case.finds} for case in cases
    }


def test_a_fault_breaks_the_check_it_was_made_for_and_no_other(gate: Gate) -> None:
    cases = [case for case in gate.cases.faults if case.finds in gate.checked]
    for case in cases:
        assert {f.rule.iri for f in about(case, checked(gate, [case]))} == {case.finds}, case.file


def test_a_valid_case_breaks_nothing(gate: Gate) -> None:
    valid = [case for case in gate.cases.cases if case.finds is None]
    found = [*validated(gate, valid), *checked(gate, valid)]
    assert [str(f) for case in valid for f in about(case, found)] == []
    assert [str(f) for f in found if str(f.focus).startswith("<urn:thidua:sown:country/")] == []


def test_a_valid_case_is_looked_at_by_its_shape(gate: Gate) -> None:
    """A valid case that its shape does not even select would prove nothing."""
    shapes = {shape.rule.name: shape for shape in gate.shapes.by_iri.values() if shape.targets}
    for case in gate.cases.cases:
        if case.finds is None and case.rule in shapes:
            # What is sown does not count, so it is stored as data.
            data = stored(Quad(*quad.triple, graph("s0")) for quad in case.quads)
            assert foci(shapes[case.rule].targets, gate.ontology, data), case.file


def stored(quads: Iterable[Quad]) -> Store:
    store = Store()
    store.extend(quads)
    return store


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
def test_a_check_says_the_same_on_another_engine(gate: Gate) -> None:
    cases = [case for case in gate.cases.cases if case.rule in {rule.name for rule in gate.checked.values()}]
    # Each engine names blank nodes in its own way.
    quads = [q for field in fields(gate, cases) for q in field if not {type(q.subject), type(q.object)} & {BlankNode}]
    ours = stored(quads)
    theirs = rdflib.Dataset(default_union=True)
    theirs.parse(data=serialize(quads, format=RdfFormat.N_QUADS), format="nquads")
    for check in gate.checks:
        found = {(f.focus.value, f.value.value if f.value else "") for f in check.findings(ours)}
        rows: list[Any] = [row for query in check.queries for row in theirs.query(query)]
        answer = {(str(row[0]), str(row[2] or "")) for row in rows}
        # SAMPLE may take any node of a graph.
        column = slice(1, 2) if check.rule.iri == tds["graph-without-licence"] else slice(0, 2)
        assert {row[column] for row in found} == {row[column] for row in answer}, check.rule.name


def test_no_shape_and_no_axiom_forbids_what_two_sources_may_say(gate: Gate) -> None:
    one, two = (_may_differ(gate, f"two-values-in-{where}") for where in ("one-source", "two-sources"))
    assert one == two
    assert len(one) > 40
    single = {quad.subject for quad in gate.ontology if quad.object == owl.FunctionalProperty}
    assert not single & one
    for shape in re.findall(r"sh:path (td:\w+) ;\s(?:[^.]*\s)?sh:maxCount 1 ", _shape_files()):
        assert td[shape.removeprefix("td:")] not in one, shape


def _may_differ(gate: Gate, name: str) -> set[NamedNode]:
    queries = next(check.queries for check in gate.checks if check.rule.name == name)
    return {td[term] for query in queries for term in re.findall(r"\btd:(\w+)", query)}


def _shape_files() -> str:
    return "".join(path.read_text(encoding="utf-8") for path in shape_files())


def test_every_rule_is_told_apart_by_its_name(gate: Gate) -> None:
    assert not gate.validated.keys() & gate.checked.keys()
    for rule in (*gate.validated.values(), *gate.checked.values()):
        assert rule.vi != rule.en


def test_against_a_path_of_several_steps_its_last_step_comes_first() -> None:
    path = "[ sh:inversePath ( <urn:a> [ sh:inversePath <urn:b> ] <urn:c> ) ]"
    file = f"@prefix sh: <http://www.w3.org/ns/shacl#> . <urn:x> sh:path {path} ."
    facts: dict[Any, dict[Any, list[Any]]] = {}
    for quad in parse(file, format=RdfFormat.TURTLE):
        facts.setdefault(quad.subject, {}).setdefault(quad.predicate, []).append(quad.object)
    assert path_steps(facts[NamedNode("urn:x")][sh.path][0], facts) == ["^<urn:c>", "<urn:b>", "^<urn:a>"]
