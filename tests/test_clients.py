"""Clients that others wrote are answered."""

from pathlib import Path

import pytest
from SPARQLWrapper import CSV, JSON, POST, TURTLE, SPARQLWrapper

from tests.house import house, publish

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


def test_sparqlwrapper_gets_text_and_graphs(endpoint: str) -> None:
    client = SPARQLWrapper(endpoint, returnFormat=CSV)
    client.setQuery(CLUSTERS)
    assert client.queryAndConvert().decode().splitlines()[0] == "s"
    client = SPARQLWrapper(endpoint, returnFormat=TURTLE)
    client.setQuery("CONSTRUCT WHERE { ?s a <https://w3id.org/thidua/def#EmulationCluster> }")
    assert b"cum-0" in client.queryAndConvert()
