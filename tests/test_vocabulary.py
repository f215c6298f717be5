"""The ontology keeps its own promises, and the shapes that hold it to them find every kind of fault."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import pyshacl
import pytest
from rdflib import RDF, Graph, Literal, Namespace, URIRef

from loaders.namespaces import BASE, PREFIXES
from loaders.resources import ROOT, ontology_files, read_text

SH = Namespace("http://www.w3.org/ns/shacl#")
SKOS = Namespace("http://www.w3.org/2004/02/skos/core#")
TDS = Namespace("https://w3id.org/thidua/shapes#")
FAULTS = read_text(ROOT / "tests" / "fixtures" / "vocabulary-faults.rq").split("\n\n")

# The schemes that records and queries rely on, and the keys of each.
SCHEMES = dict(
    line.split(": ") for line in read_text(ROOT / "tests" / "fixtures" / "schemes.txt").splitlines() if line[0] != "#"
)


@cache
def ontology() -> Graph:
    merged = Graph()
    for path in ontology_files():
        merged.parse(path)
    return merged


@cache
def shapes() -> Graph:
    return Graph().parse(ROOT / "shapes" / "vocabulary.ttl").parse(ROOT / "ontology" / "prefixes.ttl")


@cache
def found() -> frozenset[tuple[str, str]]:
    """Which promise each fault breaks, after all faults were sown at once: (shape or constraint, node at fault)."""
    sown = ontology() + Graph()
    prologue = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
    for fault in FAULTS:
        sown.update(prologue + fault)
    report = _report(sown)
    broken = set()
    for result in report.subjects(RDF.type, SH.ValidationResult):
        blamed = {report.value(result, SH.sourceConstraint), report.value(result, SH.sourceShape)} - {None}
        nodes = {report.value(result, SH.value), report.value(result, SH.focusNode)} - {None}
        broken |= {(_local(shape), str(node)) for shape in blamed for node in nodes}
    return frozenset(broken)


def _report(graph: Graph) -> Graph:
    _, report, _ = pyshacl.validate(graph, shacl_graph=shapes(), advanced=True)
    assert isinstance(report, Graph)
    return report


def _local(shape: object) -> str:
    return str(shape).removeprefix(str(TDS))


def _expected(fault: str) -> tuple[str, str]:
    comment = re.match(r"# (\S+) (\S+)", fault)
    assert comment, f"a fault begins with a comment that names a shape and a node: {fault}"
    return comment[1], BASE + comment[2]


def test_the_ontology_keeps_its_promises() -> None:
    conforms, _, text = pyshacl.validate(ontology(), shacl_graph=shapes(), advanced=True)
    assert conforms, text


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: " ".join(_expected(fault)).replace(BASE, ""))
def test_a_fault_in_the_ontology_is_found(fault: str) -> None:
    assert _expected(fault) in found()


def test_every_promise_was_broken_by_a_fault() -> None:
    promises = {
        _local(shape) for shape in shapes().subjects(SH.message) if (shape, RDF.type, SH.NodeShape) not in shapes()
    }
    promises |= {
        _local(shape)
        for shape in shapes().subjects(SH.message)
        if set(shapes().predicates(shape)) & {SH.pattern, SH["in"], SH["or"], SH.xone, SH["class"]}
    }
    assert promises - {shape for shape, _ in found()} == set()


def test_every_promise_is_told_in_both_languages() -> None:
    for shape in set(shapes().subjects(SH.message)):
        assert {
            message.language for message in shapes().objects(shape, SH.message) if isinstance(message, Literal)
        } == {
            "vi",
            "en",
        }


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_scheme_has_the_keys_that_spreadsheets_use(scheme: str) -> None:
    keys = {
        str(ontology().value(c, SKOS.notation))
        for c in ontology().subjects(SKOS.inScheme, URIRef(f"{BASE}concept/{scheme}"))
    }
    assert keys == set(SCHEMES[scheme].split())


def test_every_text_of_the_ontology_is_in_nfc() -> None:
    for path in sorted((ROOT / "ontology").rglob("*.ttl")):
        text = path.read_text("utf-8")
        assert unicodedata.is_normalized("NFC", text), path


def test_no_text_is_said_of_two_terms() -> None:
    """Two terms with one definition are one term too many."""
    said: dict[str, str] = {}
    for term, text in ontology().subject_objects(SKOS.definition):
        key = f"{text}@{getattr(text, 'language', None)}"
        if "/def#" in str(term):
            assert said.setdefault(key, str(term)) == str(term), text
