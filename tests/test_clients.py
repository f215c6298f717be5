"""Clients that others wrote are answered."""

from pathlib import Path

import pytest
from rdflib import RDF, RDFS, Graph, URIRef
from rdflib import Literal as RDFLiteral
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, JSON, JSONLD, N3, POST, RDFXML, TURTLE, SPARQLWrapper

from tests.house import house, publish

TD = "https://w3id.org/thidua/def#"
CLUSTERS = "SELECT ?s WHERE { ?s a <https://w3id.org/thidua/def#EmulationCluster> } ORDER BY ?s"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory):
    releases = tmp_path_factory.mktemp("releases")
    publish(releases, 3)
    with house(releases) as served:
        yield f"http://127.0.0.1:{served.port}/sparql"


@pytest.mark.parametrize("method", ["GET", POST])
def test_sparqlwrapper_gets_rows(endpoint: str, method: str) -> None:
    client = SPARQLWrapper(endpoint, returnFormat=JSON)
    client.setMethod(method)
    client.setQuery(CLUSTERS)
    rows = client.queryAndConvert()["results"]["bindings"]
    assert [Path(row["s"]["value"]).name for row in rows] == ["cum-0", "cum-1", "cum-2"]


def test_sparqlwrapper_gets_text(endpoint: str) -> None:
    client = SPARQLWrapper(endpoint, returnFormat=CSV)
    client.setQuery(CLUSTERS)
    assert client.queryAndConvert().decode().splitlines()[0] == "s"


@pytest.mark.parametrize("form", [TURTLE, N3, RDFXML, JSONLD])
def test_sparqlwrapper_gets_graphs_under_its_own_names_of_forms(endpoint: str, form: str) -> None:
    client = SPARQLWrapper(endpoint, returnFormat=form)
    client.setQuery("CONSTRUCT WHERE { ?s a <https://w3id.org/thidua/def#EmulationCluster> }")
    found = client.queryAndConvert()
    graph = found if isinstance(found, Graph) else Graph().parse(found, format=form)
    assert {Path(str(each)).name for each in graph.subjects()} == {"cum-0", "cum-1", "cum-2"}


def test_rdflib_reads_rows_in_pages(endpoint: str) -> None:
    store = SPARQLStore(endpoint, method="POST")
    graph = Graph(store)
    assert [Path(str(row.s)).name for row in graph.query(CLUSTERS + " LIMIT 2 OFFSET 1")] == ["cum-1", "cum-2"]  # type: ignore[union-attr]
    found = [Path(str(each)).name for each in graph.subjects(RDF.type, URIRef(TD + "EmulationCluster"))]
    assert sorted(found) == ["cum-0", "cum-1", "cum-2"]


def test_rdflib_reads_a_label_as_it_was_written(endpoint: str) -> None:
    graph = Graph(SPARQLStore(endpoint))
    label = graph.value(URIRef("https://w3id.org/thidua/id/cluster/cum-1"), RDFS.label)
    assert label == RDFLiteral('Cụm "biên giới" số 1\n<https://w3id.org/thidua/id/cluster/cum>', lang="vi")


def test_rdflib_asks_constructs_and_names_graphs(endpoint: str) -> None:
    graph = Graph(SPARQLStore(endpoint))
    assert graph.query(f"ASK {{ ?s a <{TD}EmulationCluster> }}").askAnswer is True
    assert graph.query("ASK { ?s a <urn:nothing> }").askAnswer is False
    made = graph.query(f"CONSTRUCT WHERE {{ ?s a <{TD}EmulationCluster> }}").graph
    assert made is not None
    assert len(made) == 3
    rows = graph.query(f"SELECT ?g {{ GRAPH ?g {{ ?s a <{TD}EmulationCluster> }} }} ORDER BY ?g ?s")
    assert [Path(str(row.g)).name for row in rows] == ["s0"] * 3 + ["s1"] * 3  # type: ignore[union-attr]
