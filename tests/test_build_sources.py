from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from loaders import ontology, resources
from loaders.errors import SourceError
from loaders.namespaces import BASE, dcterms, entity, graph, owl, prov, rdf, rdfs, skos, td, text
from loaders.provenance import PROVENANCE, Provenance, describe
from loaders.source import Source


@pytest.fixture(scope="module")
def published() -> list[Quad]:
    return list(ontology.load(resources.ontology_files()))


def test_the_ontology_is_published_without_blank_nodes(published: list[Quad]) -> None:
    assert not any(isinstance(term, BlankNode) for quad in published for term in quad)


def test_terms_concepts_and_alignments_have_a_graph_each(published: list[Quad]) -> None:
    classes = {quad.graph_name for quad in published if quad.object == owl.Class}
    assert ontology.ONTOLOGY in classes
    assert {quad.graph_name for quad in published if quad.predicate == skos.inScheme} == {ontology.CONCEPTS}
    for quad in published:
        if quad.graph_name == ontology.CONCEPTS:
            assert quad.subject.value.startswith(BASE + "concept/")  # type: ignore[union-attr]


def test_an_act_of_the_law_stands_in_the_graph_of_the_source_that_attests_it(published: list[Quad]) -> None:
    act = entity("act", "15-2003-qh11")
    assert {quad.graph_name for quad in published if quad.subject == act} == {graph("luat-15-2003-qh11")}


def test_every_triple_of_the_ontology_without_blank_nodes_is_published(published: list[Quad]) -> None:
    labels = {quad.subject for quad in published if quad.predicate == rdfs.label}
    typed = {
        quad.subject for quad in published if quad.object == owl.Class and str(quad.subject).startswith("<" + td.iri)
    }
    assert typed <= labels
    assert len(typed) > 30


def test_an_act_without_a_witness_is_refused(tmp_path: Path) -> None:
    (tmp_path / "acts.ttl").write_text(f"<{BASE}id/act/x> a <{td.LegalAct.value}> .")
    with pytest.raises(SourceError, match=r"acts\.ttl.*nothing bears witness"):
        list(ontology.load([tmp_path / "acts.ttl"]))


def test_a_file_that_is_not_turtle_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.ttl").write_text("<a")
    with pytest.raises(SourceError, match=r"broken\.ttl"):
        list(ontology.load([tmp_path / "broken.ttl"]))


def test_every_graph_says_its_source_and_its_licence(published: list[Quad]) -> None:
    provenance = Provenance()
    assert list(provenance.watch(published)) == published
    said = list(provenance.quads())
    graphs = {quad.graph_name for quad in published} | {PROVENANCE}
    assert {quad.subject for quad in said if quad.predicate == dcterms.license} == graphs
    origins = {quad.subject: quad.object for quad in said if quad.predicate == prov.wasDerivedFrom}
    assert origins[graph("luat-15-2003-qh11")] == entity("source", "luat-15-2003-qh11")
    assert all(quad.graph_name == PROVENANCE for quad in said)


def test_a_source_without_a_licence_stops_the_build() -> None:
    provenance = Provenance()
    ours = Quad(NamedNode(BASE + "def"), dcterms.license, NamedNode("https://example.org/licence"), ontology.ONTOLOGY)
    list(provenance.watch([ours, Quad(entity("cluster", "a"), rdfs.label, text("Cụm"), graph("s9"))]))
    with pytest.raises(SourceError, match=r"without a licence.*source/s9"):
        list(provenance.quads())


def test_a_source_of_the_registry_is_described_in_its_own_graph() -> None:
    source = Source(
        "registry-2004", Path(), "Danh mục", "Nhà xuất bản", "https://example.org/licence", rights="Ghi nguồn"
    )
    said = list(describe(source))
    assert {quad.graph_name for quad in said} == {graph("registry-2004")}
    node = entity("source", "registry-2004")
    triples = {(quad.subject, quad.predicate, quad.object) for quad in said}
    assert (node, rdf.type, td.RegistryEdition) in triples
    assert (node, dcterms.license, NamedNode("https://example.org/licence")) in triples
    assert (node, td.searchKey, Literal("danh muc")) in triples
