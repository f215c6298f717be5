"""The endpoint over HTTP: SPARQL 1.1 Protocol, read-only, on a real socket."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from pyoxigraph import QueryResultsFormat, RdfFormat, parse, parse_query_results

from loaders.namespaces import sd
from service.body import IN_MEMORY, Body
from service.engine import Engine
from service.frame import MAX_BODY, MAX_TARGET
from tests.house import ENDLESS, FLOOD, JSON, House, house, listener, lives, publish, until

SELECT = "SELECT ?s ?label { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?label }"
CONSTRUCT = "CONSTRUCT WHERE { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?label }"
RESULTS = ["application/sparql-results+json", "application/sparql-results+xml", "text/csv", "text/tab-separated-values"]
GRAPHS = [
    "text/turtle",
    "application/n-triples",
    "application/n-quads",
    "application/trig",
    "application/ld+json",
    "application/rdf+xml",
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The service over ten clusters; a query may take a second."""
    releases = tmp_path_factory.mktemp("served") / "releases"
    publish(releases, 10)
    with house(releases, query_timeout=1.0) as found:
        yield found


def media(response: httpx.Response) -> str:
    """The media type of a response."""
    return response.headers["content-type"].partition(";")[0]


def problem(response: httpx.Response) -> dict[str, object]:
    """The problem that a response tells."""
    assert media(response) == "application/problem+json", response.text
    told: dict[str, object] = response.json()
    assert told["status"] == response.status_code
    assert told["title"]
    assert told["detail"]
    return told


@pytest.mark.parametrize("asked", RESULTS)
def test_rows_come_in_every_result_format(served: House, asked: str) -> None:
    response = served.sparql(SELECT, headers={"Accept": asked})
    assert (response.status_code, media(response)) == (200, asked)
    if asked == "text/csv":  # which says no kind of term, so the engine does not read it back
        found = list(csv.reader(io.StringIO(response.text, newline="")))[1:]
    else:
        found = list(parse_query_results(response.content, QueryResultsFormat.from_media_type(asked)))  # type: ignore[arg-type]
    assert len(found) == 10


@pytest.mark.parametrize("asked", GRAPHS)
def test_graphs_come_in_every_rdf_format(served: House, asked: str) -> None:
    response = served.sparql(CONSTRUCT, headers={"Accept": asked})
    assert (response.status_code, media(response)) == (200, asked)
    assert len({quad.triple for quad in parse(response.content, RdfFormat.from_media_type(asked))}) == 10


@pytest.mark.parametrize(
    ("name", "asked"), [("json", RESULTS[0]), ("xml", RESULTS[1]), ("csv", RESULTS[2]), ("tsv", RESULTS[3])]
)
def test_the_format_can_be_named_in_the_address(served: House, name: str, asked: str) -> None:
    assert media(served.sparql(SELECT, format=name, headers={"Accept": "text/html"})) == asked


@pytest.mark.parametrize("header", ["X-Plain", "Forwarded"], ids=["by a teller", "by a worker"])
def test_what_a_spreadsheet_may_take_for_a_formula_is_exact_and_comes_as_a_file(served: House, header: str) -> None:
    query = 'SELECT * { VALUES ?x { "=1+1" } }'
    for form, text in (("csv", "x\r\n=1+1\r\n"), ("tsv", '?x\n"=1+1"\n')):
        response = served.sparql(query, format=form, headers={"Accept": "*/*", header: "for=x"})
        assert response.text == text
        assert response.headers["content-disposition"] == f'attachment; filename="sparql.{form}"'
        assert response.headers["x-content-type-options"] == "nosniff"
    assert "content-disposition" not in served.sparql(query, headers={"Accept": JSON, header: "for=x"}).headers


def test_what_is_not_there_is_406_with_what_is(served: House) -> None:
    for told in (
        problem(served.sparql(SELECT, headers={"Accept": "image/png"})),
        problem(served.sparql(SELECT, format="ttl")),
    ):
        assert told["status"] == 406
        assert [each["media"] for each in told["available"]] == RESULTS  # type: ignore[attr-defined]


def test_every_way_to_send_a_query_gives_the_same(served: House) -> None:
    accept = {"Accept": "text/csv"}
    query = 'SELECT ("Huyện 100% é+& Đ" AS ?x) ?y { VALUES ?y { <http://e/Huy%E1%BB%87n> } }'
    direct = {"Content-Type": "application/sparql-query; charset=UTF-8", **accept}
    answers = {
        served.sparql(query, headers=accept).content,
        served.client.post("/sparql", data={"query": query}, headers=accept).content,
        served.client.post("/sparql", content=query.encode(), headers=direct).content,
        served.client.request("QUERY", "/sparql", content=query.encode(), headers=direct).content,
    }
    assert answers == {"x,y\r\nHuyện 100% é+& Đ,http://e/Huy%E1%BB%87n\r\n".encode()}


def test_head_is_get_without_the_body(served: House) -> None:
    parameters = {"query": SELECT}
    got, head = served.client.get("/sparql", params=parameters), served.client.head("/sparql", params=parameters)
    assert head.status_code == 200
    assert head.content == b""
    for name in ("content-type", "content-length", "etag", "vary"):
        assert head.headers[name] == got.headers[name]
    long = {"query": f"{FLOOD} LIMIT 100000", "format": "csv"}
    plain = {"Accept-Encoding": "identity"}
    got, head = (served.client.request(method, "/sparql", params=long, headers=plain) for method in ("GET", "HEAD"))
    assert int(got.headers["content-length"]) == len(got.content) > IN_MEMORY
    assert head.headers["content-length"] == got.headers["content-length"]
    assert served.client.head("/sparql", params={"query": FLOOD}).status_code == 504


def test_options_says_what_may_be_asked_from_anywhere(served: House) -> None:
    response = served.client.options(
        "/sparql", headers={"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    )
    assert response.status_code == 204
    assert response.headers["allow"] == "GET, HEAD, OPTIONS, POST, QUERY"
    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in response.headers
    assert served.client.options("/nothing").status_code == 404


def test_who_asks_in_vain_is_told_every_way_to_ask(served: House) -> None:
    version = served.follower.now().release.version
    everything, reading = ["GET", "HEAD", "OPTIONS", "POST", "QUERY"], ["GET", "HEAD", "OPTIONS"]
    for path, methods in (
        ("/sparql", everything),
        (f"/releases/{version}/sparql", everything),
        ("/reconcile", ["GET", "HEAD", "OPTIONS", "POST"]),
        ("/", reading),
        ("/api/clusters", reading),
        ("/doc/cluster/x", reading),
        ("/releases", reading),
        (f"/releases/{version}/dumps/", reading),
    ):
        for method in ("PUT", "DELETE", "PATCH"):
            told = served.client.request(method, path)
            assert told.status_code == 405
            assert told.headers["allow"].split(", ") == methods, path
        told = served.client.options(path)
        assert told.headers["allow"].split(", ") == methods
        assert ("accept-query" in told.headers) == ("QUERY" in methods)


def test_who_queries_is_told_what_a_query_may_come_as(served: House) -> None:
    kinds = ["application/sparql-query", "application/x-www-form-urlencoded"]
    wrong = served.client.request("QUERY", "/sparql", content=b"ASK {}", headers={"Content-Type": "text/plain"})
    assert wrong.status_code == 415
    for told in (wrong, served.client.options("/sparql"), served.client.get("/sparql", headers={"Accept": "*/*"})):
        assert told.headers["accept-query"].split(", ") == kinds
    for kind, body in zip(kinds, (b"ASK {}", b"query=ASK%20%7B%7D"), strict=True):
        answer = served.client.request("QUERY", "/sparql", content=body, headers={"Content-Type": kind})
        assert answer.json()["boolean"] is True


def test_the_whole_service_says_which_methods_it_knows(served: House) -> None:
    with served.connect(b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") as connection:
        head = connection.makefile("rb").read().decode().lower().split("\r\n")
    assert head[0] == "http/1.1 204 no content"
    assert "allow: get, head, options, post, query" in head


def test_a_browser_is_shown_a_query_however_it_writes_what_it_wants(served: House) -> None:
    for wish in ("text/html", "TEXT/HTML", "Text/Html;q=0.9"):
        shown = served.client.get("/sparql?query=ASK%7B%7D", headers={"Accept": wish})
        assert (shown.status_code, media(shown)) == (200, "text/html"), wish


@pytest.mark.parametrize("coding", ["identity", "Identity", "IDENTITY", ""])
def test_a_query_in_no_coding_is_answered_however_that_is_said(served: House, coding: str) -> None:
    headers = {"Content-Type": "application/sparql-query", "Content-Encoding": coding, "Accept": JSON}
    assert served.client.post("/sparql", content="ASK {}", headers=headers).json()["boolean"] is True
    refused = served.client.post("/sparql", content="ASK {}", headers={**headers, "Content-Encoding": "gzip"})
    assert refused.status_code == 415


def test_a_request_can_choose_the_graphs(served: House) -> None:
    base = "https://w3id.org/thidua/graph/"
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"

    def found(query: str = count, **graphs: object) -> int:
        rows = served.sparql(query, **graphs).json()["results"]["bindings"]
        return int(rows[0]["n"]["value"])

    assert found() == 40
    assert found(**{"default-graph-uri": f"{base}s0"}) == found(count.replace(" {", f" FROM <{base}s0> {{")) == 20
    both = {"default-graph-uri": [f"{base}s0", f"{base}s1"]}
    assert found("SELECT (COUNT(DISTINCT ?p) AS ?n) { ?s ?p ?o }", **both) == 4
    assert found(**{"default-graph-uri": "urn:nothing"}) == 0
    assert found(**{"named-graph-uri": f"{base}s0"}) == 0
    assert found("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", **{"named-graph-uri": f"{base}s0"}) == 20
    assert problem(served.sparql(count, **{"default-graph-uri": "not an iri <>"}))["status"] == 400


def test_a_graph_that_is_named_twice_is_counted_once(served: House) -> None:
    graph = "https://w3id.org/thidua/graph/s0"
    for asked, query in (
        ("default-graph-uri", "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"),
        ("named-graph-uri", "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"),
    ):
        found = served.sparql(query, **{asked: [graph, graph]}).json()["results"]["bindings"]
        assert found[0]["n"]["value"] == "20"


@pytest.mark.parametrize("header", ["X-Plain", "Forwarded"], ids=["by a teller", "by a worker"])
@pytest.mark.parametrize(
    ("clauses", "pattern", "counted"),
    [
        ("FROM <G> FROM <G>", "?s ?p ?o", 20),
        ("FROM <G> FROM g:s0 FROM <graph/s0>", "?s ?p ?o", 20),
        ("FROM NAMED <G> FROM NAMED <G>", "GRAPH ?g { ?s ?p ?o }", 20),
        ("FROM NAMED <G> FROM <G> FROM NAMED g:s0", "GRAPH ?g { ?s ?p ?o }", 20),
        ("FROM NAMED <G> FROM NAMED g:s0", "?s ?p ?o", 0),
        ("FROM <G> FROM g:s0", "GRAPH ?g { ?s ?p ?o }", 0),
    ],
)
def test_a_graph_that_a_query_names_twice_is_counted_once(
    served: House, header: str, clauses: str, pattern: str, counted: int
) -> None:
    graph = "https://w3id.org/thidua/graph/"
    query = f"PREFIX g: <{graph}> SELECT (COUNT(*) AS ?n) {clauses} {{ {pattern} }}".replace("<G>", f"<{graph}s0>")
    found = served.sparql(query, headers={"Accept": JSON, header: "for=x"}).json()["results"]["bindings"]
    assert found[0]["n"]["value"] == str(counted)


def test_a_query_with_a_wrong_graph_is_told_where_it_is(served: House) -> None:
    told = problem(served.sparql("SELECT * FROM <urn:a> FROM <urn:b c> { ?s ?p ?o }"))
    assert (told["status"], told["line"]) == (400, 1)


def test_a_wrong_request_is_told_what_is_wrong(served: House) -> None:
    post = served.client.post
    query, update = ({"Content-Type": f"application/sparql-{kind}"} for kind in ("query", "update"))
    utf16 = {"Content-Type": "application/sparql-query; charset=utf-16"}
    statuses = {
        "two queries": (served.client.get("/sparql", params=[("query", "ASK {}"), ("query", "ASK {}")]), 400),
        "a query here and there": (post("/sparql", params={"query": "ASK {}"}, content=b"ASK {}", headers=query), 400),
        "no query": (post("/sparql", data={"foo": "bar"}), 400),
        "an empty query": (served.sparql(""), 400),
        "another body": (post("/sparql", json={"query": "ASK {}"}), 415),
        "no type": (post("/sparql", content=b"ASK {}"), 415),
        "another encoding": (post("/sparql", content=b"x", headers=utf16), 415),
        "a packed body": (post("/sparql", content=b"x", headers={**query, "Content-Encoding": "gzip"}), 415),
        "not UTF-8": (post("/sparql", content=b'SELECT ("\xff" AS ?x) {}', headers=query), 400),
        "not UTF-8 in the address": (served.client.get("/sparql?query=SELECT%20(%22%FF%22%20AS%20?x)%7B%7D"), 400),
        "too long a body": (post("/sparql", content=b"ASK {} #" + b"x" * MAX_BODY, headers=query), 413),
        "too long an address": (served.client.get("/sparql?query=" + "x" * MAX_TARGET), 414),
        "an update": (post("/sparql", data={"update": "CLEAR ALL"}), 403),
        "an update as the body": (post("/sparql", content=b"CLEAR ALL", headers=update), 403),
        "an update as the query": (served.sparql("CLEAR ALL"), 400),
        "a function that there is not": (served.sparql("SELECT (<urn:f>(1) AS ?x) {}"), 400),
    }  # fmt: skip
    assert {what: problem(response)["status"] for what, (response, _) in statuses.items()} == {
        what: status for what, (_, status) in statuses.items()
    }


def test_a_query_that_cannot_be_read_is_told_line_and_column(served: House) -> None:
    told = problem(served.sparql("SELECT * WHERE {\n ?s ?p }"))
    assert (told["status"], told["line"], told["column"]) == (400, 2, 8)


def test_a_call_to_another_service_is_refused_and_not_made(served: House) -> None:
    with listener() as (port, heard):
        for call in (f"SERVICE <http://127.0.0.1:{port}/>", f"?x ?y 1SERVICE<http://127.0.0.1:{port}/>"):
            assert problem(served.sparql(f"SELECT * {{ {call} {{ ?s ?p ?o }} }}"))["status"] == 403
        for source in (f"FROM <http://127.0.0.1:{port}/>", "FROM <file:///etc/passwd>"):
            assert served.sparql(f"SELECT * {source} {{ ?s ?p ?o }}").json()["results"]["bindings"] == []
    assert heard == []


def test_a_browser_is_told_in_html_and_nothing_of_the_query_runs_there(served: House) -> None:
    html = {"Accept": "text/html,*/*;q=0.8"}
    response = served.sparql("<script>alert(1)</script>", format="json", headers=html)
    assert (response.status_code, media(response)) == (400, "text/html")
    # What scripts there are, are files of ours.
    assert (
        re.sub(r'<script src="/static/[^"<>]+"( (defer|type="module"))*></script>', "", response.text).count("<script")
        == 0
    )
    assert "alert(1)</script>" not in response.text
    assert "script-src 'self'" in response.headers["content-security-policy"]


def test_the_same_question_to_the_same_release_is_not_asked_twice(
    served: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = served.sparql(SELECT)
    tag = first.headers["etag"]
    assert tag != served.sparql(SELECT, headers={"Accept": "text/csv"}).headers["etag"]
    assert tag != served.sparql(SELECT + " LIMIT 1").headers["etag"]
    monkeypatch.setattr(Engine, "answer", None)
    for given in (tag, f'"other", W/{tag}'):
        again = served.sparql(SELECT, headers={"Accept": JSON, "If-None-Match": given})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert again.headers["vary"] == "Accept, Accept-Encoding"


FRESH = [
    "SELECT (RAND() AS ?x) {}",
    "SELECT (BNODE() AS ?x) {}",
    "CONSTRUCT { [] ?p ?o } { ?s ?p ?o }",
    "CONSTRUCT { _:b ?p ?o } { ?s ?p ?o }",
    "CONSTRUCT { ?s ?p (1 ?o) } { ?s ?p ?o }",
    "CONSTRUCT { ?s ?p [ <urn:p> ?o ] } { ?s ?p ?o }",
    "CONSTRUCT { << ?s ?p ?o >> <urn:p> 1 } { ?s ?p ?o }",
    "CONSTRUCT { ?s ?p ?o {| <urn:p> 1 |} } { ?s ?p ?o }",
    "CONSTRUCT { ?s ?p ?o ~ } { ?s ?p ?o }",
    "CONSTRUCT WHERE { ?s ?p _:b }",
    "CONSTRUCT FROM <https://w3id.org/thidua/graph/tiny> WHERE { ?s ?p [] }",
]


@pytest.mark.parametrize("query", FRESH)
def test_an_answer_that_differs_every_time_is_not_tagged(served: House, query: str) -> None:
    for _ in range(2):  # of a teller first, of the application or what was kept then
        response = served.sparql(query, headers={"Accept": "*/*"})
        assert response.status_code == 200
        assert "etag" not in response.headers
        assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "query",
    [
        "CONSTRUCT { ?s ?p ?o . } { ?s ?p ?o , [] , _:b FILTER(?s < ?p) }",
        "CONSTRUCT WHERE { ?s ?p ?o } ORDER BY (?s)",
        "SELECT * { ?s ?p [] , _:b }",
        "DESCRIBE ?s { ?s ?p [] }",
    ],
)
def test_a_blank_node_that_is_only_looked_for_does_not_cost_the_tag(served: House, query: str) -> None:
    one, two = (served.sparql(query, headers={"Accept": "*/*", "Cache-Control": "no-cache"}) for _ in range(2))
    assert "etag" in one.headers
    assert one.content == two.content


def test_a_query_past_its_deadline_is_told_the_limit_and_the_seconds(served: House) -> None:
    told = problem(served.sparql(ENDLESS))
    assert (told["status"], told["limit"]) == (504, 1.0)
    assert 1.0 <= float(str(told["used"])) < 2.0
    assert served.sparql("ASK {}").json()["boolean"] is True


def test_the_wait_for_a_turn_is_part_of_the_time_that_a_query_may_take(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    with house(tmp_path, query_timeout=3.0, workers=1) as served, ThreadPoolExecutor(1) as other:
        turns = served.follower.now().engine.crew.lanes["user"].turns
        with served.connect(f"GET /sparql?query={quote(ENDLESS)} HTTP/1.1\r\nHost: x\r\n\r\n".encode()) as first:
            until(lambda: turns.free == 0)
            began = time.monotonic()
            second = other.submit(served.sparql, ENDLESS)
            until(lambda: turns.waiting == 1)
            time.sleep(0.8)
            first.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        told = problem(second.result())
        assert (told["status"], told["limit"]) == (504, 3.0)
        assert 3.0 <= float(str(told["used"])) <= time.monotonic() - began < 3.5


def test_an_answer_without_end_is_no_answer(served: House) -> None:
    for asked in ("text/csv", JSON):
        assert problem(served.sparql(FLOOD, headers={"Accept": asked}))["status"] == 504


def test_an_answer_that_is_too_long_is_refused_with_advice(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    with house(tmp_path, answer_size=1) as served:
        told = problem(served.sparql(FLOOD))
        assert (told["status"], told["type"]) == (400, "urn:thidua:problem:answer-size")
        assert (told["limit"], told["dumps"]) == (1 << 20, "/dumps/")
        assert served.sparql("ASK {}").json()["boolean"] is True


def test_an_answer_that_fails_on_its_way_never_looks_complete(served: House, monkeypatch: pytest.MonkeyPatch) -> None:
    read, reads = Body._apart, itertools.count()

    async def fail(body: Body, work: Any, *given: Any) -> Any:
        if work.__name__ == "read" and next(reads) % 2:  # every second piece
            raise OSError("the disk is gone")
        return await read(body, work, *given)

    monkeypatch.setattr(Body, "_apart", fail)
    query = f"{FLOOD} LIMIT 100000"
    with pytest.raises(httpx.RemoteProtocolError):
        served.sparql(query, headers={"Accept": "text/csv"})
    head = f"GET /sparql?query={quote(query)}&format=csv HTTP/1.0\r\n\r\n".encode()
    with served.connect(head) as connection, connection.makefile("rb") as stream:
        answer = stream.read()
    length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    assert len(answer.split(b"\r\n\r\n", 1)[1]) < length


def test_a_client_that_goes_away_ends_its_query(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    with house(tmp_path, query_timeout=60.0) as served:
        before = served.processes
        connection = served.connect(f"GET /sparql?query={quote(ENDLESS)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        busy = served.follower.now().engine.crew.lanes["user"]
        until(lambda: busy.turns.free == 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.close()
        until(lambda: len(before - served.processes) == 1, 1.0)
        assert not any(lives(pid) for pid in before - served.processes)


def test_a_client_that_goes_away_while_it_waits_leaves_the_line(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    with house(tmp_path, query_timeout=60.0, workers=1) as served:
        head = f"GET /sparql?query={quote(ENDLESS)} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        turns = served.follower.now().engine.crew.lanes["user"].turns
        with served.connect(head):
            until(lambda: turns.free == 0)
            with served.connect(head):
                until(lambda: turns.waiting == 1)
            until(lambda: turns.waiting == 0, 1.0)
            assert turns.free == 0
        until(lambda: turns.free == 1)


def test_who_finds_no_turn_is_told_when_to_come_back(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    with house(tmp_path, query_timeout=60.0, workers=1) as served:
        head = f"GET /sparql?query={quote(ENDLESS)} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        with served.connect(head):
            until(lambda: served.follower.now().engine.crew.lanes["user"].turns.free == 0)
            response = served.sparql(ENDLESS)
        told = problem(response)
        assert (told["status"], told["type"], told["bound"]) == (429, "urn:thidua:problem:busy", "seconds")
        assert int(response.headers["retry-after"]) >= 1


def test_the_endpoint_describes_itself(served: House) -> None:
    response = served.client.get("/sparql", headers={"Accept": "text/turtle"})
    triples = {quad.triple for quad in parse(response.content, RdfFormat.TURTLE)}
    said = {(triple.predicate, getattr(triple.object, "value", "")) for triple in triples}
    assert (sd.endpoint, f"http://127.0.0.1:{served.port}/sparql") in said
    assert (sd.supportedLanguage, sd.SPARQL11Query.value) in said
    assert (sd.feature, sd.UnionDefaultGraph.value) in said
    assert (sd.extensionFunction, "https://w3id.org/thidua/def#fold") in said
    graphs = served.sparql("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }").json()["results"]["bindings"]
    assert {row["g"]["value"] for row in graphs} == {value for name, value in said if name == sd.name}
    again = {"Accept": "text/turtle", "If-None-Match": response.headers["etag"]}
    assert served.client.get("/sparql", headers=again).status_code == 304
    for asked in GRAPHS:
        assert media(served.client.get("/sparql", headers={"Accept": asked})) == asked


def test_a_browser_gets_a_form_that_loads_nothing_from_elsewhere(served: House) -> None:
    response = served.client.get("/sparql?example=leaders", headers={"Accept": "text/html"})
    assert (response.status_code, media(response)) == (200, "text/html")
    assert "<textarea" in response.text
    assert "td:ClusterRoleHolding" in response.text
    assert "//" not in "".join(part.split('"')[0] for part in response.text.split('src="')[1:])


def test_it_is_alive_and_ready(served: House) -> None:
    assert served.client.get("/healthz").json() == {"status": "alive"}
    ready = served.client.get("/readyz").json()
    assert (ready["status"], ready["statements"]) == ("ready", 50)


def test_every_response_carries_what_keeps_browsers_safe(served: House) -> None:
    for path in ("/sparql?query=ASK{}", "/nothing", "/healthz", "/sparql?query="):
        response = served.client.get(path)
        assert response.headers["access-control-allow-origin"] == "*", path
        assert response.headers["x-content-type-options"] == "nosniff", path
        assert "server" not in response.headers, path


def test_a_fault_of_ours_is_told_without_its_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError("/etc/secret")

    monkeypatch.setattr("service.lectern.guard.read", fail)
    publish(tmp_path, 3)
    with house(tmp_path, door=False) as served:
        told = problem(served.sparql("ASK { ?fault ?of ?ours }"))
    assert told["status"] == 500
    assert "secret" not in json.dumps(told)


def test_the_openapi_document_tells_of_the_endpoint(served: House) -> None:
    paths = served.client.get("/openapi.json").json()["paths"]
    assert {parameter["name"] for parameter in paths["/sparql"]["get"]["parameters"]} >= {"query", "format"}
    assert set(paths["/sparql"]["post"]["requestBody"]["content"]) >= {"application/sparql-query"}


def test_who_errs_too_often_is_sent_away_before_any_work(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    # A teller that the door ended for being slow, on a busy machine, would be charged as well.
    with house(tmp_path, rate_limit=(240, 3), door=False) as served:
        statuses = [served.sparql("ASK").status_code for _ in range(3)]
        innocent = [served.sparql("ASK {}", format="png").status_code for _ in range(3)]
        assert (statuses, innocent) == ([400] * 3, [406] * 3)
        served.sparql("ASK")
        response = served.sparql("ASK {}")
        told = problem(response)
        assert (told["status"], told["type"], told["bound"]) == (429, "urn:thidua:problem:rate", "errors")
        assert 1 <= int(response.headers["retry-after"]) <= 20
        # Other parts of the service are not closed to it.
        assert served.client.get("/dumps/").status_code == 200


def test_whose_time_is_used_up_gets_what_nobody_else_wants(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    with house(tmp_path, rate_limit=(1, 1000), workers=1, query_timeout=60.0) as served:
        turns = served.follower.now().engine.crew.lanes["user"].turns
        served.standing.used("127.0.0.1", 2.0, time.monotonic())
        assert served.sparql("ASK {}").status_code == 200
        with served.connect(f"GET /sparql?query={quote(ENDLESS)} HTTP/1.1\r\nHost: x\r\n\r\n".encode()):
            until(lambda: turns.free == 0)
            response = served.sparql(ENDLESS)
            told = problem(response)
        assert (told["status"], told["type"], told["bound"]) == (429, "urn:thidua:problem:rate", "seconds")
        assert 1 <= int(response.headers["retry-after"]) <= 60
        assert turns.waiting == 0


def test_limits_outlive_a_release_and_can_be_turned_off(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    with house(tmp_path, rate_limit=(240, 1)) as served:
        first = served.follower.now().release.version
        for _ in range(3):
            served.sparql("ASK")
        publish(tmp_path, 5)
        until(lambda: served.follower.now().release.version != first)
        assert served.sparql("ASK {}").status_code == 429
    with house(tmp_path, rate_limit=()) as served:
        assert {served.sparql("ASK").status_code for _ in range(5)} == {400}
