"""The SHACL tests of the W3C, as far as what they need can be asked: the same results."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from pyoxigraph import NamedNode, RdfFormat, Store

from loaders.errors import GateError
from loaders.gate.terms import SHACL
from loaders.gate.translation import questions
from loaders.namespaces import rdfs, sh

CHECKOUT = os.environ.get("THIDUA_TEST_SHACL")
if not CHECKOUT:
    pytest.skip("THIDUA_TEST_SHACL names no checkout of w3c/data-shapes", allow_module_level=True)

MF, SHT = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#", "http://www.w3.org/ns/shacl-test#"
ROOM = Path(CHECKOUT) / "data-shapes-test-suite" / "tests" / "core"
# What tests say of their results, and what is no constraint.
_BESIDE = """ValidationReport ValidationResult conforms result focusNode resultSeverity sourceConstraintComponent
sourceShape value resultPath resultMessage Shape flags"""
BESIDE = {sh[name] for name in _BESIDE.split()}
# What our shapes do not say and can be asked all the same.
_MORE = "name BlankNode BlankNodeOrIRI BlankNodeOrLiteral IRIOrLiteral minExclusive maxExclusive"
MORE = {sh[name] for name in _MORE.split()}
# A path that is two kinds of path at once is ill-formed.
ILL_FORMED = {"path/path-strange-001", "path/path-strange-002"}
# The store makes integers of all that are derived from them, and true of "1", before anybody judges.
REWRITTEN = {"property/datatype-ill-formed", "property/uniqueLang-002"}
# What cannot be asked is refused.
REFUSED = {"property/or-datatypes-001"}
Facts = dict[Any, dict[NamedNode, list[Any]]]


@dataclass(frozen=True)
class Case:
    """A test: what it says of itself, its data and its shapes, as the engine stores them."""

    name: str
    told: Facts
    data: Store
    shapes: Facts


def read(file: Path) -> Store:
    store = Store()
    store.load(path=file, format=RdfFormat.TURTLE, base_iri=file.as_uri())
    return store


def facts(store: Store) -> Facts:
    found: Facts = {}
    for quad in store:
        found.setdefault(quad.subject, {}).setdefault(quad.predicate, []).append(quad.object)
    return found


def cases() -> Iterator[Case]:
    for file in sorted(ROOM.rglob("*.ttl")):
        told = facts(store := read(file))
        action = next(
            (said[NamedNode(MF + "action")][0] for said in told.values() if NamedNode(MF + "action") in said), None
        )
        if action is None:
            continue
        data, shapes = (
            store if (place := told[action][NamedNode(SHT + name)][0].value) == file.as_uri() else read(_path(place))
            for name in ("dataGraph", "shapesGraph")
        )
        name = f"{file.parent.name}/{file.stem}"
        case = Case(name, told, data, told if shapes is store else facts(shapes))
        if not needed(case) and name not in ILL_FORMED | REWRITTEN:
            yield case


def _path(address: str) -> Path:
    return Path(unquote(urlsplit(address).path))


def needed(case: Case) -> set[NamedNode]:
    """The terms of SHACL in a test that nothing here asks for."""
    terms = {term for said in case.shapes.values() for name, objects in said.items() for term in (name, *objects)}
    ours = {term for term in terms if isinstance(term, NamedNode) and term.value.startswith(sh.iri)}
    return {term for term in ours - SHACL - BESIDE - MORE if not term.value.endswith("ConstraintComponent")}


def below(told: Facts) -> Callable[[NamedNode], list[NamedNode]]:
    def found(term: NamedNode) -> list[NamedNode]:
        classes = [term]
        for each in classes:
            lower = (thing for thing, said in told.items() if each in said.get(rdfs.subClassOf, ()))
            classes.extend(thing for thing in lower if thing not in classes)
        return classes

    return found


def expected(case: Case) -> set[tuple[Any, ...]]:
    """Focus node, value, component and shape of each result that the test wants; the gate tells each once."""
    reports = [report for said in case.told.values() for report in said.get(NamedNode(MF + "result"), ())]
    results = [result for report in reports for result in case.told[report].get(sh.result, ())]
    names = (sh.focusNode, sh.value, sh.sourceConstraintComponent, sh.sourceShape)
    return {tuple(case.told[result].get(name, [None])[0] for name in names) for result in results}


def found(case: Case) -> Iterator[tuple[Any, ...]]:
    for question in questions(case.shapes, below(facts(case.data))):
        for row in case.data.query(question.text):
            at = dict(zip(question.columns, row, strict=True))
            yield at["this"], at.get("value"), question.component, question.shape


CASES = list(cases())


def test_most_tests_need_no_more_than_our_shapes_use() -> None:
    assert len(CASES) > 75


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_results_are_those_that_the_w3c_wants(case: Case) -> None:
    if case.name in REFUSED:
        with pytest.raises(GateError):
            list(found(case))
    else:
        assert set(found(case)) == expected(case)
