"""One example for every modelling pattern: valid for the gate, and able to say what DOMAIN tells apart."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pyshacl
import pytest
from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, Store, parse
from rdflib import RDF, BNode, Graph, Namespace

from loaders.identity import search_key, strip_type
from loaders.namespaces import PREFIXES, dcterms, graph, prov
from loaders.resources import ROOT, check_files, ontology_files, read_text, shape_files

SH = Namespace("http://www.w3.org/ns/shacl#")
TD = Namespace("https://w3id.org/thidua/def#")
EXAMPLES = sorted((ROOT / "ontology" / "examples").glob("*.ttl"))
each_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)

# DOMAIN B5, number by number: a question that only an ontology that makes the distinction can answer, and its example.
DISTINCTIONS = sorted((ROOT / "tests" / "distinctions").glob("*.rq"))


@cache
def ontology() -> Graph:
    merged = Graph()
    for path in ontology_files():
        merged.parse(path)
    return merged


@cache
def shapes() -> Graph:
    merged = Graph().parse(ROOT / "ontology" / "prefixes.ttl")
    for path in shape_files():
        merged.parse(path)
    return merged


@each_example
def test_an_example_is_what_the_shapes_promise(example: Path) -> None:
    if not shape_files():
        pytest.skip("no shapes here")
    _, report, text = pyshacl.validate(
        ontology() + Graph().parse(example), shacl_graph=shapes(), advanced=True, allow_infos=True
    )
    severities = set(report.objects(None, SH.resultSeverity))
    assert severities <= {SH.Info}, text


@each_example
def test_an_example_passes_every_check_query(example: Path) -> None:
    said = graph("example")
    store = Store()
    for path in ontology_files():
        store.extend(Quad(q.subject, q.predicate, q.object, graph("ontology")) for q in _triples(path))
    store.extend(Quad(q.subject, q.predicate, q.object, said) for q in _triples(example))
    store.add(Quad(said, prov.wasDerivedFrom, NamedNode("https://example.org/thidua/id/source/bai-mau"), said))
    store.add(Quad(said, dcterms.license, NamedNode("https://creativecommons.org/licenses/by/4.0/"), said))
    complaints = {
        path.stem: str(row[0])
        for path in check_files()
        if "severity: violation" in (query := read_text(path))
        for row in store.query(query, use_default_graph_as_union=True)  # type: ignore[union-attr]
        if str(row[0].value).startswith("https://example.org/")
    }
    assert complaints == {}


@each_example
def test_an_example_has_no_blank_node_and_speaks_of_no_real_node(example: Path) -> None:
    for quad in _triples(example):
        assert not isinstance(quad.subject, BlankNode)
        assert not isinstance(quad.object, BlankNode)
        assert quad.subject.value.startswith("https://example.org/thidua/id/")


@each_example
def test_an_example_says_in_words_what_it_shows(example: Path) -> None:
    assert any(line.startswith("# ") and len(line) > 60 for line in read_text(example).splitlines())


@each_example
def test_a_thing_of_an_example_is_found_by_its_name(example: Path) -> None:
    graph = Graph().parse(example)
    for node in set(graph.subjects(TD.searchKey)):
        (name,) = graph.objects(node, Namespace(PREFIXES["rdfs"]).label)
        found = {str(key) for key in graph.objects(node, TD.searchKey)}
        assert found <= {search_key(name), search_key(strip_type(name.lower())[1])}
        assert search_key(name) in found


@pytest.mark.parametrize("distinction", DISTINCTIONS, ids=lambda path: path.stem)
def test_the_ontology_can_tell_apart(distinction: Path) -> None:
    question = read_text(distinction)
    example = re.search(r"^# example: (.+)$", question, re.M)
    assert example
    store = Store()
    for path in (*ontology_files(), ROOT / "ontology" / "examples" / f"{example[1]}.ttl"):
        store.extend(_triples(path))
    assert bool(store.query(_prologue() + question))


def test_all_fourteen_distinctions_are_asked_for() -> None:
    assert {path.stem[:2] for path in DISTINCTIONS} == {f"{number:02}" for number in range(1, 15)}


def test_every_class_and_property_stands_in_an_example() -> None:
    """A term that no example uses is a term that no question needs."""
    shown = {
        node.value
        for path in EXAMPLES
        for quad in _triples(path)
        for node in (quad.predicate, quad.object)
        if _is_ours(node)
    }
    shown |= {str(term) for term in ontology().predicates() if str(term).startswith(TD)}
    owl = Namespace(PREFIXES["owl"])
    ours = {
        str(term)
        for kind in (owl.Class, owl.ObjectProperty, owl.DatatypeProperty)
        for term in ontology().subjects(RDF.type, kind)
        if not isinstance(term, BNode) and term.startswith(TD)
    }
    abstract = {TD.Attested, TD.Agent, TD.Source, TD.AwardType, TD.OfficialText}
    assert ours - shown - {str(term) for term in abstract} == set()


def _triples(path: Path) -> list[Quad]:
    return list(parse(path=path, format=RdfFormat.TURTLE))


def _is_ours(node: object) -> bool:
    return isinstance(node, NamedNode) and node.value.startswith(str(TD))


def _prologue() -> str:
    schemes = {
        str(node).rpartition("/")[2]: f"{node}/"
        for node in ontology().objects(None, Namespace(PREFIXES["skos"]).inScheme)
    }
    return "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in {**PREFIXES, **schemes}.items())
