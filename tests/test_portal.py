"""The catalogue is a page for people, and says what the description of the release says."""

from __future__ import annotations

import re
import threading

import pytest
from pyoxigraph import RdfFormat, parse

from service import dumps, engine, place, portal, sparql

FORMS = {"ttl": RdfFormat.TURTLE, "nt": RdfFormat.N_TRIPLES, "rdf": RdfFormat.RDF_XML, "jsonld": RdfFormat.JSON_LD}
PEOPLE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_catalogue_shows_files_services_and_counts(country_client, lang: str) -> None:
    answer = country_client.get("/catalog", headers=PEOPLE, params={"lang": lang})
    assert answer.headers["content-type"].startswith("text/html")
    for file in country_client.get("/dumps/", headers={"Accept": "application/json"}).json()["files"]:
        if not file["name"].endswith(".sha256"):
            row = re.search(rf'<tr><td><a href="{file["url"]}".*?</tr>', answer.text)
            assert row is not None
            assert f"{file['size']:,}".replace(",", {"vi": ".", "en": ","}[lang]) in row[0]
            assert file["sha256"] in row[0]
    query = "SELECT (COUNT(*) AS ?n) { ?s a <https://w3id.org/thidua/def#EmulationCluster> }"
    clusters = country_client.get("/sparql", params={"query": query, "format": "csv"}).text.split()[1]
    assert len(clusters) <= 3, "longer numbers are written with marks between thousands"
    assert f'<code>td:EmulationCluster</code></td><td class="number">{clusters}</td>' in answer.text
    links = re.findall(r'href="([^"?]*)', answer.text)
    assert {"/sparql", "/api", "/reconcile", "/def", "/shapes", "/concept"} <= set(links)
    assert "https://creativecommons.org/licenses/by/4.0/" in links


def test_of_thousands_of_sources_the_catalogue_shows_the_largest(country_client, monkeypatch) -> None:
    def asked() -> str:
        return country_client.get("/catalog?lang=en", headers=PEOPLE | {"Cache-Control": "no-cache"}).text

    rows = re.compile(r'<td><a href="/(?:graph|doc/graph)/')
    whole = len(rows.findall(asked()))
    assert whole > 2
    assert "largest" not in asked()
    monkeypatch.setattr(portal, "_MOST", whole - 1)
    assert len(rows.findall(asked())) == whole - 1
    assert "These are the" in asked()
    assert country_client.get("/browse/sources", headers=PEOPLE).status_code == 200


def test_the_catalogue_is_the_same_in_every_form(country_client) -> None:
    said = {suffix: country_client.get(f"/catalog.{suffix}") for suffix in FORMS}
    whole = set(parse(country_client.get("/.well-known/void").content, RdfFormat.TURTLE))
    for suffix, form in FORMS.items():
        assert set(parse(said[suffix].content, form)) == whole
        media = said[suffix].headers["content-type"]
        agreed = country_client.get("/catalog", headers={"Accept": f"{media}, text/html;q=0.5"})
        assert (agreed.content, agreed.headers["content-location"]) == (said[suffix].content, f"/catalog.{suffix}")
    assert country_client.get("/catalog.exe").status_code == 404


def test_a_release_has_a_page_and_its_report_too(country_client) -> None:
    version = country_client.get("/api/clusters").json()["release"]
    page = country_client.get(f"/doc/release/{version}", headers=PEOPLE)
    assert f"/doc/release/{version}.ttl" in page.text
    report = country_client.get(f"/doc/release/{version}/report", headers=PEOPLE)
    assert (report.status_code, report.headers["location"]) == (303, f"/releases/{version}/report")


def test_a_program_that_takes_anything_gets_rdf(country_client) -> None:
    for path in ("/catalog", "/.well-known/void"):
        assert country_client.get(path, headers={"Accept": "*/*"}).headers["content-type"].startswith("text/turtle")


@pytest.mark.parametrize("path", ["/catalog", "/catalog.ttl", "/.well-known/void", "/sparql"])
def test_nobody_waits_while_a_release_is_described(country_client, path: str, monkeypatch) -> None:
    threads: list[str] = []

    def noted(work):
        return lambda *given, **named: threads.append(threading.current_thread().name) or work(*given, **named)

    for module, name in ((place, "parse"), (dumps, "written"), (portal, "offer"), (sparql, "serialize")):
        monkeypatch.setattr(module, name, noted(getattr(module, name)))
    # A country has thousands of graphs, the one that is tried here a few.
    monkeypatch.setattr(engine, "_FEW", 10)
    accept = "text/html" if path == "/catalog" else "application/n-triples;q=0.9, text/turtle;q=0.8"
    # Another test may have asked the same.
    anew = {"Accept": accept, "Cache-Control": "no-cache"}
    assert country_client.get(path, headers=anew, params={"lang": "en"}).status_code == 200
    assert threads
    assert all(name.startswith("writer") for name in threads)
