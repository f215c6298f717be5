"""Every IRI of a release that is under its base answers by its path, to people and in every form to machines."""

from __future__ import annotations

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse

BASE = "https://w3id.org/thidua/"
FORMS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/ld+json": RdfFormat.JSON_LD,
}
ALL = f"""SELECT DISTINCT ?iri WHERE {{
  {{ GRAPH ?g {{ ?iri ?p ?o }} }} UNION {{ GRAPH ?g {{ ?s ?iri ?o }} }} UNION {{ GRAPH ?g {{ ?s ?p ?iri }} }}
  UNION {{ GRAPH ?iri {{ ?s ?p ?o }} }}
  FILTER(ISIRI(?iri) && STRSTARTS(STR(?iri), "{BASE}"))
}} ORDER BY ?iri"""


@pytest.fixture(scope="module")
def documents(country_client) -> dict[str, list[str]]:
    """The IRIs of the release by the document that each is in: what a client asks for leaves out what is behind #."""
    answer = country_client.get("/sparql", params={"query": ALL, "format": "csv"})
    found: dict[str, list[str]] = {}
    for iri in answer.text.split()[1:]:
        found.setdefault(iri.partition("#")[0], []).append(iri)
    return found


def test_there_are_iris_of_every_sort(documents) -> None:
    sorts = {document.removeprefix(BASE).partition("/")[0] for document in documents}
    assert {"id", "concept", "graph", "def"} <= sorts
    assert len(documents) > 400


def test_every_iri_answers_machines_in_every_form_with_the_same_triples(country_client, documents) -> None:
    faults = []
    for document, iris in documents.items():
        said = {}
        for media, form in FORMS.items():
            answer = country_client.get(_path(document), headers={"Accept": media}, follow_redirects=True)
            if answer.status_code != 200 or answer.headers["content-type"].partition(";")[0] != media:
                faults.append((document, media, answer.status_code, answer.headers["content-type"]))
                continue
            said[media] = parse(answer.content, form)
        whole = [Dataset(quads) for quads in said.values()]
        for quads in whole:
            quads.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
        if any(set(quads) != set(whole[0]) for quads in whole):
            faults.append((document, "not the same in every form"))
        text = str(list(map(str, whole[0]))) if whole else ""
        faults += [(iri, "not in its document") for iri in iris if f"<{iri}>" not in text]
    assert faults == []


def test_every_iri_answers_people(country_client, documents) -> None:
    faults = []
    for document, iris in documents.items():
        answer = country_client.get(_path(document), headers={"Accept": "text/html"}, follow_redirects=True)
        if answer.status_code != 200 or not answer.headers["content-type"].startswith("text/html"):
            faults.append((document, answer.status_code))
        anchors = [iri.partition("#")[2] for iri in iris if "#" in iri]
        faults += [(document, anchor) for anchor in anchors if f'id="{anchor}"' not in answer.text]
    assert faults == []


def _path(document: str) -> str:
    return "/" + document.removeprefix(BASE)
