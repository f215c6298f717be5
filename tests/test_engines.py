"""The same questions over each engine that is here: what it answers is what the own store answers.

The double always is; the others are where THIDUA_TEST_OXIGRAPH and THIDUA_TEST_VIRTUOSO name their programs, or
`oxigraph` and `virtuoso-t` are found.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pyoxigraph import RdfFormat, Store, parse

from bench.draws import Draws
from loaders import release
from loaders.namespaces import td
from loaders.progress import Progress
from loaders.settings import Settings
from service.app import create_app
from service.problems import Problem
from service.push import push
from service.remote import dialect
from service.remote.dialect import VIRTUOSO
from service.remote.exchange import Failed, Refused, failure
from service.remote.port import Port
from service.search import finding
from tests import country, engines
from tests.test_every_iri import ALL, BASE

# The questions of people, with the client of this module.
from tests.test_questions import *  # noqa: F403

pytestmark = pytest.mark.long

_ENGINES = {"double": lambda _: engines.double(), "oxigraph": engines.oxigraph, "virtuoso": engines.virtuoso}


@pytest.fixture(scope="module", params=_ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[engines.Engine]:
    """An engine with nothing in it."""
    with _ENGINES[request.param](tmp_path_factory.mktemp(request.param)) as made:
        yield made


def _over(releases: Path, engine: engines.Engine) -> Iterator[TestClient]:
    with Port(engine.endpoint, engine.login) as port:
        push(release.open_release(release.find(releases, None)), port, Progress(io.StringIO()))
    settings = Settings(releases=releases, workers=2, sparql_endpoint=engine.endpoint)
    with TestClient(create_app(settings), follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="module")
def client(engine: engines.Engine, published: Path) -> Iterator[TestClient]:
    """A client of the service on the committed data, over the engine: what the questions of people are asked with."""
    yield from _over(published, engine)


@pytest.fixture(scope="module")
def over_country(engine: engines.Engine, country_releases: Path) -> Iterator[TestClient]:
    """A client of the service on the tiny country, over the engine, in which another release was before."""
    yield from _over(country_releases, engine)


def test_every_question_has_the_expected_rows(over_country) -> None:
    for query in country.catalogue():
        if query.name == finding.QUERY:  # the index of the release answers it, whatever engine is asked
            continue
        stream = io.StringIO()
        writer = csv.DictWriter(stream, [column.name for column in query.columns], lineterminator="\n")
        writer.writeheader()
        writer.writerows(over_country.get(query.example_url).json()["rows"])
        assert stream.getvalue() == country.expected(query).read_text(encoding="utf-8"), query.name


def test_every_question_answers_the_same_whatever_is_given(over_country, country_client, country_releases) -> None:
    draws = Draws(Store.read_only(str(country_releases / "current" / "store")))
    for query in country.catalogue():
        if query.name == finding.QUERY:
            continue
        for values, _ in draws.cases(query):
            given = {name: value.removeprefix(f"{BASE}id/unit/") for name, value in values.items()}
            address = query.url(given)
            there, here = over_country.get(address), country_client.get(address)
            assert (there.status_code, here.status_code) == (200, 200), address
            assert there.json()["rows"] == here.json()["rows"], address


def test_every_question_can_be_copied_into_a_client(over_country, country_client) -> None:
    """The editor offers them as their files have them."""
    for query in country.catalogue():
        if query.name == finding.QUERY:
            continue
        asked = {"query": query.body, "format": "csv"}
        there, here = (each.post("/sparql", data=asked) for each in (over_country, country_client))
        assert (there.status_code, here.status_code) == (200, 200), (query.name, there.text)
        # Asked for all at once, Virtuoso may still lose a value that may be missing.
        assert there.text.count("\r\n") == here.text.count("\r\n"), query.name


def test_named_graphs_are_those_of_the_release_alone(over_country, country_client) -> None:
    """In the engine there are merges, the account and graphs of its own besides."""
    for query in (
        "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
        "SELECT DISTINCT ?g { { ?s a ?t } OPTIONAL { GRAPH ?g { ?s a ?t } } } ORDER BY ?g",
    ):
        there, here = (each.get("/sparql", params={"query": query}) for each in (over_country, country_client))
        assert there.status_code == here.status_code == 200
        assert here.json()["results"]["bindings"]
        assert _content(there.text, "srj") == _content(here.text, "srj")


def test_a_graph_that_is_named_is_found_and_none_that_is_not_of_the_release(over_country, country_client) -> None:
    """A constant after GRAPH, graphs of a request or of the query; the account and Virtuoso's own are empty."""
    count = "SELECT (COUNT(*) AS ?n)"
    asked = country_client.get("/sparql", params={"query": "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g"})
    one, two = (f"<{row['g']['value']}>" for row in asked.json()["results"]["bindings"][:2])
    for query in (
        *(f"{count} {{ GRAPH {name} {{ ?s ?p ?o }} }}" for name in (one, *_OUTSIDE)),
        *(f"{count} FROM {name} {{ ?s ?p ?o }}" for name in (one, *_OUTSIDE)),
        *(f"{count} FROM NAMED {name} {{ GRAPH ?g {{ ?s ?p ?o }} }}" for name in (one, *_OUTSIDE)),
        *(f"ASK {{ GRAPH {name} {{ ?s a ?t }} }}" for name in (one, *_OUTSIDE)),
        f"{count} FROM {one} {{ GRAPH ?g {{ ?s ?p ?o }} }}",
        f"{count} FROM {one} {{ ?s ?p ?o FILTER NOT EXISTS {{ GRAPH {two} {{ ?s ?p ?o }} }} }}",
        f"{count} {{ {{ GRAPH {one} {{ ?s ?p ?o }} }} UNION {{ GRAPH {two} {{ ?s ?p ?o }} }} }}",
        f"{count} {{ ?s a ?t MINUS {{ GRAPH {one} {{ ?s ?p ?o }} }} }}",
        f"{count} {{ GRAPH {one} {{ ?s a ?t }} ?s ?p ?o }}",
    ):
        there, here = (each.get("/sparql", params={"query": query}) for each in (over_country, country_client))
        assert (there.status_code, here.status_code) == (200, 200), query
        told = [(answer.json().get("boolean"), answer.json().get("results")) for answer in (there, here)]
        assert told[0][0] == told[1][0], query
        assert told[0][1] is None or _content(there.text, "srj") == _content(here.text, "srj"), query


_OUTSIDE = (f"<{BASE}pushed>", "<http://www.openlinksw.com/schemas/virtrdf#>", "<http://nowhere/x>")


@pytest.mark.parametrize("form", ["csv", "srj", "ttl", "html"])
def test_every_form_of_an_answer_is_as_over_the_own_store(over_country, country_client, form: str) -> None:
    for query in country.catalogue():
        address = f"{query.example_url}{'&' if '?' in query.example_url else '?'}format={form}"
        there, here = over_country.get(address), country_client.get(address)
        assert (there.status_code, here.status_code) == (200, 200), query.name
        assert _content(there.text, form) == _content(here.text, form), query.name


def _content(text: str, form: str) -> object:
    """What is compared: of RDF the statements, of raw rows the values, whose types engines may lose."""
    if form == "ttl":
        return set(parse(text.encode(), RdfFormat.TURTLE))
    if form == "srj":
        rows = json.loads(text)["results"]["bindings"]
        return [{name: _TRUTH.get(term["value"], term["value"]) for name, term in row.items()} for row in rows]
    return text


_TRUTH = {"true": "1", "false": "0"}


@pytest.mark.parametrize("end", [";", "; ;", "; .", ";; . ?s a ?t ;", "; OPTIONAL { ?s a ?t ; }", "; FILTER(true)"])
def test_a_semicolon_with_nothing_behind_it_is_no_error(over_country, country_client, end: str) -> None:
    asked = {"query": f"SELECT (COUNT(*) AS ?n) {{ ?s a ?o {end} }}", "format": "csv"}
    there, here = (each.get("/sparql", params=asked) for each in (over_country, country_client))
    assert (there.status_code, there.text) == (200, here.text)


def test_every_page_is_as_over_the_own_store(over_country, country_client) -> None:
    listed = country_client.get("/sparql", params={"query": ALL, "format": "csv"}).text.split()[1:]
    found = sorted({f"/{iri.partition('#')[0].removeprefix(BASE)}" for iri in listed})
    # Each page asks the engine several times; every twentieth is one of each kind, or nearly.
    paths = ["/", "/map", "/sitemap.xml", *found[::20]]
    for path in paths:
        for media in ("text/html", "application/n-triples"):
            there, here = (
                each.get(path, headers={"Accept": media}, follow_redirects=True)
                for each in (over_country, country_client)
            )
            assert there.status_code == here.status_code, path
            assert sorted(there.text.split("\n")) == sorted(here.text.split("\n")), path


QUESTIONS = (
    "/api/disagreements",
    "/api/awards?recipient=2004/25&q=zzzz",
    "/api/awards?recipient=2004/25&q=2017",
    "/api/conferences?cluster=huyen-thanh-pho-bac-kan&place=2004/061",
    "/api/conferences?cluster=bien-gioi-lang-son&planned=2017&place=2004/182",
    "/api/conferences?cluster=van-hoa-xa-hoi-bac-kan&q=đ",
    "/api/conferences?cluster=van-hoa-xa-hoi-bac-kan&q=2020",
)


def test_what_virtuoso_counts_when_it_starts_changes_no_answer(published: Path, tmp_path: Path) -> None:
    """It plans by what it counted then: of what may be missing it can lose something at one start, not at another."""
    own = Settings(releases=published, workers=2)
    with TestClient(create_app(own), follow_redirects=False) as client:
        here = {address: client.get(address).json()["rows"] for address in QUESTIONS}
    for start in range(3):
        with engines.virtuoso(tmp_path) as engine:
            if not start:
                with Port(engine.endpoint, engine.login, shared=tmp_path) as port:
                    push(release.open_release(release.find(published, None)), port, Progress(io.StringIO()))
            for client in _over(published, engine):
                for address in QUESTIONS:
                    there = client.get(address)
                    assert (there.status_code, there.json().get("rows")) == (200, here[address]), address


def test_no_page_of_a_source_lacks_what_virtuoso_looks_up_at_a_time(
    country_releases: Path, country_client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian's `VectorSize` is 1000, and sources that speak of more are common; this country is small."""
    monkeypatch.setattr(engines, "_INI", engines._INI.replace("VectorSize = 10000", "VectorSize = 10"))
    monkeypatch.setattr(dialect, "_VECTOR", 10)
    sources = "SELECT DISTINCT ?source { ?witness td:source ?source } ORDER BY ?source".replace(
        "td:source", str(td.source)
    )
    listed = country_client.get("/sparql", params={"query": sources, "format": "csv"}).text.split()[1:]
    with engines.virtuoso(tmp_path) as engine:
        for client in _over(country_releases, engine):
            for iri in listed:
                there, here = (
                    each.get(f"/{iri.removeprefix(BASE)}", headers={"Accept": "text/html"}, follow_redirects=True)
                    for each in (client, country_client)
                )
                assert (there.status_code, there.text) == (200, here.text), iri


def test_virtuoso_as_debian_sets_it_gives_no_answer_that_lacks_something(
    country_releases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = engines._INI
    monkeypatch.setattr(engines, "_INI", settings.replace("ResultSetMaxRows = 2000000", "ResultSetMaxRows = 1000"))
    asked = "{} {{ ?s ?p ?o }}".format
    with engines.virtuoso(tmp_path) as engine:
        for client in _over(country_releases, engine):
            for form in ("CONSTRUCT { ?s ?p ?o }", "CONSTRUCT { ?s a ?p ; ?p ?o }", "DESCRIBE ?s", "SELECT *"):
                problem = client.get("/sparql", params={"query": asked(form)}).json()
                assert (problem["status"], problem["limit"]) == (400, 1000), form
    monkeypatch.setattr(engines, "_INI", settings.replace("VectorSize = 10000", "VectorSize = 1000"))
    with engines.virtuoso(tmp_path) as engine:
        for client in _over(country_releases, engine):
            assert client.get("/readyz").status_code == 503
            assert client.get("/sparql", params={"query": asked("ASK")}).status_code == 503


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (500, "Virtuoso 22012 Error SR084: Division by 0.", Refused),
        (500, "Virtuoso 37000 Error TR...: transitive start not given", Refused),
        (400, "Virtuoso 37000 Error SP030: SPARQL compiler, line 1: syntax error", Refused),
        (500, "Virtuoso S1T00 Error SR171: Transaction timed out", Failed),
        (500, "Virtuoso 40001 Error SR172: Transaction deadlocked", Failed),
    ],
)
def test_a_query_that_virtuoso_cannot_answer_is_not_asked_again_and_again(status: int, words: str, kind: type) -> None:
    assert type(failure(VIRTUOSO, status, words)) is kind


@pytest.mark.parametrize("iri", ["bif:http_get", "sql:x", "\\u0062if:concat", "javascript:x"])
def test_no_iri_can_call_a_function_of_virtuoso(iri: str) -> None:
    with pytest.raises(Problem, match="in full"):
        VIRTUOSO.heard(f"SELECT (<{iri}>('a') AS ?x) {{ <https://w3id.org/thidua/def#x> ?p ?o }}", BASE)


@pytest.mark.parametrize("query", ["BASE <bif:> SELECT (<x>() AS ?x) {}", "PREFIX b: <sql:> SELECT (b:x() AS ?x) {}"])
def test_no_short_name_stands_for_a_function_of_virtuoso(query: str) -> None:
    with pytest.raises(Problem, match="in full"):
        VIRTUOSO.heard(query, BASE)


@pytest.mark.parametrize(
    ("query", "heard"),
    [
        ("SELECT (<x>('a') AS ?x) {}", f'SELECT (<{BASE}x>("a") AS ?x) {{}}'),
        ("BASE <http://y/z/> SELECT * { ?s a <../b> }", "SELECT * { ?s a <http://y/b> }"),
        ("ASK { ?s ?p ?a,?b FILTER(?a<?b&&?b>?a) }", "ASK { ?s ?p ?a,?b FILTER(?a< ?b&&?b>?a) }"),
        ("ASK { # <bif:x>\n ?s ?p '<bif:x>' }", 'ASK { ?s ?p "\\u003Cbif:x\\u003E" }'),
        ("ASK { ?s ?p '''a''''<bif:x>' }", 'ASK { ?s ?p "a""\\u003Cbif:x\\u003E" }'),
        ("ASK { ?s a ?t ; ; ?p ?o ; }", "ASK { ?s a ?t ; ?p ?o }"),
        ("ASK { ?s a ?t ;; . [ a ?t ; ] a ?u ; filter(true) }", "ASK { ?s a ?t . [ a ?t ] a ?u filter(true) }"),
        ("SELECT (GROUP_CONCAT(?s ; SEPARATOR=',') AS ?x) {}", 'SELECT (GROUP_CONCAT(?s;SEPARATOR=",") AS ?x) {}'),
        ("ASK { ?s ?p (?a <b> <c>) }", f"ASK {{ ?s ?p (?a <{BASE}b> <{BASE}c>) }}"),
    ],
)
def test_a_query_is_refused_for_what_it_asks_and_not_for_how_it_is_spelt(query: str, heard: str) -> None:
    assert VIRTUOSO.heard(query, BASE).replace(" ", "") == heard.replace(" ", "")
