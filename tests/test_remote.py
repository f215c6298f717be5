"""The service over an engine elsewhere: what clients see of it, and of its failures."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from pyoxigraph import RdfFormat, parse

from loaders.namespaces import BASE
from loaders.progress import Progress
from loaders.release import find, open_release
from service.catalogue import Catalogue
from service.problems import Problem
from service.push import push
from service.remote import dialect, marker
from service.remote.port import Port
from service.remote.scope import Scope
from tests import engines
from tests.house import ENDLESS, JSON, House, house, publish, until

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
GRAPHS = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"


@pytest.fixture
def engine() -> Iterator[engines.Double]:
    with engines.double() as made:
        yield made


def send(releases: Path, engine: engines.Engine, version: str | None = None) -> None:
    with Port(engine.endpoint, None) as port:
        push(open_release(find(releases, version)), port, Progress(io.StringIO()))


@contextlib.contextmanager
def served(releases: Path, engine: engines.Engine, **settings: object) -> Iterator[House]:
    with house(releases, door=False, sparql_endpoint=engine.endpoint, **settings) as made:
        yield made


@pytest.fixture
def releases(tmp_path: Path, engine: engines.Double) -> Path:
    """A directory in which a release is published that the engine holds."""
    publish(tmp_path / "releases", 20)
    send(tmp_path / "releases", engine)
    return tmp_path / "releases"


def number(answer) -> int:
    assert answer.status_code == 200, answer.text
    return int(answer.json()["results"]["bindings"][0]["n"]["value"])


def test_the_merge_is_asked_and_named_graphs_are_those_of_the_release(releases, engine) -> None:
    with served(releases, engine) as it:
        manifest = it.follower.now().release.manifest
        assert number(it.sparql(COUNT)) == manifest.triples
        assert number(it.sparql(GRAPHS)) == manifest.quads
        one = next(iter(manifest.graphs))
        assert number(it.sparql(COUNT, **{"default-graph-uri": one})) == manifest.graphs[one]
        assert number(it.sparql(GRAPHS, **{"named-graph-uri": one})) == manifest.graphs[one]
        assert number(it.sparql(COUNT, **{"named-graph-uri": one})) == 0
        assert number(it.sparql(GRAPHS, **{"default-graph-uri": one})) == 0
        assert number(it.sparql(f"SELECT (COUNT(*) AS ?n) FROM <{one}> {{ ?s ?p ?o }}")) == manifest.graphs[one]
        assert number(it.sparql("SELECT (COUNT(*) AS ?n) { ?s ?p ?o # FROM nowhere\n }")) == manifest.triples


SAID = f"{BASE}graph/s0"
OUTSIDE = (f"{BASE}pushed", "{merged}", "http://www.openlinksw.com/schemas/virtrdf#")


@pytest.mark.parametrize("server", ["Double", "Oxigraph"])
def test_nobody_reads_a_graph_that_is_not_of_the_published_release(releases, engine, monkeypatch, server) -> None:
    """The account, other releases, what the engine has of its own: whoever names them finds them empty."""
    monkeypatch.setattr(engines._Handler, "server_version", server)
    engine.store.update(f"INSERT DATA {{ GRAPH <{OUTSIDE[2]}> {{ <urn:x> a <urn:y> }} }}")
    with served(releases, engine) as it:
        outside = [iri.format(merged=marker.merged(BASE, it.follower.now().release.hash).value) for iri in OUTSIDE]
        for iri in outside:
            for parameter in ("default-graph-uri", "named-graph-uri"):
                for query in (COUNT, GRAPHS, GRAPHS.replace("?g", f"<{iri}>")):
                    assert number(it.sparql(query, **{parameter: iri})) == 0, (iri, parameter, query)
            for query in (COUNT, GRAPHS, GRAPHS.replace("?g", f"<{iri}>")):
                for clause in ("FROM", "FROM NAMED"):
                    assert number(it.sparql(query.replace("{", f"{clause} <{iri}> {{", 1))) == 0, (iri, query)
            assert number(it.sparql(GRAPHS.replace("?g", f"<{iri}>"))) == 0
            prefixed = f"PREFIX x: <{iri[:-2]}> " + COUNT.replace("{", f"FROM x:{iri[-2:]} {{", 1)
            assert iri.endswith("#") or number(it.sparql(prefixed)) == 0


NAMED = (
    GRAPHS.replace("?g", f"<{SAID}>"),
    GRAPHS.replace("?g", "<graph/s0>"),
    f"BASE <{BASE}graph/> " + GRAPHS.replace("?g", "<s0>"),
    f"PREFIX g: <{BASE}graph/> " + GRAPHS.replace("?g", "g:s0"),
    f"ASK {{ GRAPH <{SAID}> {{ ?s ?p ?o }} }}",
    "ASK { GRAPH <http://nowhere/x> { ?s ?p ?o } }",
    f"SELECT (COUNT(*) AS ?n) FROM <{SAID}> {{ ?s ?p ?o FILTER NOT EXISTS {{ GRAPH <graph/s1> {{ ?s a ?t }} }} }}",
    GRAPHS.replace("{", f"FROM <{SAID}> {{", 1),
    GRAPHS.replace("{", f"FROM NAMED <{SAID}> {{", 1),
    f"SELECT (COUNT(*) AS ?n) {{ GRAPH ?g {{ ?s ?p ?o }} GRAPH <{SAID}> {{ ?s a ?t }} }}",
    f"SELECT (COUNT(*) AS ?n) {{ ?s a ?t MINUS {{ GRAPH <{SAID}> {{ ?s ?p ?o }} }} }}",
    "SELECT (COUNT(*) AS ?n) FROM <http://nowhere/x> { ?s ?p ?o }",
)


@pytest.mark.parametrize("server", ["Double", "Oxigraph"])
def test_a_graph_that_is_named_is_found_as_in_the_own_store(releases, engine, monkeypatch, server) -> None:
    monkeypatch.setattr(engines._Handler, "server_version", server)
    with served(releases, engine) as it, house(releases) as own:
        for query in NAMED:
            for parameters in ({}, {"default-graph-uri": f"{BASE}graph/s1"}, {"named-graph-uri": SAID}):
                there, here = it.sparql(query, **parameters), own.sparql(query, **parameters)
                assert (there.status_code, here.status_code) == (200, 200), there.text
                assert there.json() == here.json(), (query, parameters)


@pytest.fixture
def oxigraph(engine, monkeypatch) -> engines.Double:
    """The double, when it says that it is Oxigraph: it has a default graph of its own, which is empty."""
    monkeypatch.setattr(engines._Handler, "server_version", "Oxigraph")
    return engine


PLACES = "GRAPH ?g { ?s ?p ?o }"
NOT_SPARQL = ("CONSTRUCT WHERE { GRAPH", f"SELECT * {{ {PLACES} }} }}")


@pytest.mark.parametrize(
    ("query", "inside"),
    [
        (f"SELECT ?g ?t (COUNT(*) AS ?n) {{ ?s a ?t {PLACES} }} GROUP BY ?g ?t ORDER BY ?g ?t", True),
        (
            f"SELECT * {{ {{ SELECT ?s {{ {PLACES} }} ORDER BY ?s LIMIT 3 }} ?s a ?t }} ORDER BY ?s VALUES ?g {{ 1 }}",
            True,
        ),
        (f"ASK {{ {PLACES} FILTER NOT EXISTS {{ ?s ?p ?o }} }}", True),
        (f"CONSTRUCT {{ ?g a ?t }} WHERE {{ ?s a ?t {PLACES} }}", True),
        (f"DESCRIBE ?s {{ {PLACES} }}", False),
        (f"SELECT (EXISTS {{ ?x ?y ?z }} AS ?there) {{ {PLACES} }}", False),
        (f"SELECT * {{ GRAPH <{BASE}pushed> {{ ?s ?p ?o }} }}", False),
        (f"CONSTRUCT WHERE {{ {PLACES} }}", False),
        (f"SELECT * {{ {PLACES} }} }}", False),
        ("SELECT (COUNT(*) AS ?n) { ?s ?p ?o FILTER(?o != 'GRAPH') }", False),
    ],
)
def test_where_graphs_are_too_many_for_a_list_the_same_is_found(oxigraph, releases, query, inside) -> None:
    with served(releases, oxigraph) as it, house(releases) as own:
        oxigraph.heard.clear()
        form = "nt" if query.startswith(("CONSTRUCT", "DESCRIBE")) else "json"
        there, here = it.sparql(query, format=form), own.sparql(query, format=form)
        assert there.status_code == here.status_code == (400 if query.startswith(NOT_SPARQL) else 200)
        if there.status_code == 200:
            assert sorted(there.text.split("\n")) == sorted(here.text.split("\n"))
        merged = f"GRAPH {marker.merged(BASE, it.follower.now().release.hash)}"
        assert any(merged in sent for _, sent in oxigraph.heard) == inside


ROWS, STATEMENTS = ("json", "xml", "csv", "tsv"), ("nt", "nq")


@pytest.mark.parametrize(
    ("query", "forms"),
    [
        ("SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o", ROWS),
        ("ASK { ?s ?p ?o }", ROWS),
        ("CONSTRUCT WHERE { ?s ?p ?o }", STATEMENTS),
        ("DESCRIBE <https://w3id.org/thidua/id/cluster/cum-1>", STATEMENTS),
    ],
)
def test_every_form_is_as_over_the_own_store(releases, engine, query, forms) -> None:
    with served(releases, engine) as it, house(releases) as own:
        for form in forms:
            there, here = it.sparql(query, format=form), own.sparql(query, format=form)
            assert (there.status_code, here.status_code) == (200, 200)
            assert there.headers["content-type"] == here.headers["content-type"]
            assert sorted(set(there.text.split("\n"))) == sorted(set(here.text.split("\n"))), form


@pytest.mark.parametrize("form", ["turtle", "trig", "jsonld", "rdf"])
def test_a_graph_is_written_in_every_form(releases, engine, form) -> None:
    with served(releases, engine) as it:
        answer = it.sparql("CONSTRUCT WHERE { ?s ?p ?o }", format=form)
        written = RdfFormat.from_media_type(answer.headers["content-type"].partition(";")[0])
        assert len(set(parse(answer.content, written))) == it.follower.now().release.manifest.triples


def test_what_changes_or_calls_out_never_reaches_the_engine(releases, engine) -> None:
    with served(releases, engine) as it:
        engine.heard.clear()
        assert it.sparql("DROP ALL").status_code == 400
        assert it.sparql("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }").status_code == 403
        assert it.sparql("SELECT * {" * 200).status_code == 400
        assert not any("SERVICE" in sent or "DROP" in sent for _, sent in engine.heard)


def test_our_own_question_as_a_client_copies_it_is_in_words_that_the_engine_gets_right(
    releases, engine, monkeypatch
) -> None:
    """Virtuoso ended at `awards` as its file has it, which the editor offers, and lost rows of others."""
    monkeypatch.setattr(dialect, "_KNOWN", (dialect.Dialect("Double", "update", "data", scoped=False),))
    with served(releases, engine) as it:
        for query in Catalogue.read():
            assert it.sparql(query.body).status_code == 200, query.name
            assert "VALUES ?_" not in engine.heard[-1][1], query.name
        awards = Catalogue.read()["awards"].body.replace("VALUES ?_year { UNDEF }", "VALUES ?_year { 2017 }")
        assert it.sparql(awards).status_code == 200
        assert "2017" in engine.heard[-1][1]
        assert "VALUES ?_" not in engine.heard[-1][1]
        others = "SELECT * { VALUES ?_year { 2017 } ?s ?p ?_year }"
        assert it.sparql(others).status_code == 200
        assert others in engine.heard[-1][1]
        assert it.sparql(awards.replace("2017", "(2017 2018)")).status_code == 400


def test_a_query_that_is_no_sparql_is_told_with_its_place(releases, engine) -> None:
    with served(releases, engine) as it:
        problem = it.sparql("SELECT * {\n  ?s ?p }").json()
        assert (problem["status"], problem["line"], problem["column"]) == (400, 2, 9)
        assert problem["type"].endswith(":syntax")


def test_an_engine_that_takes_too_long_is_a_timeout_and_the_next_is_answered(releases, engine) -> None:
    with served(releases, engine, query_timeout=0.5) as it:
        engine.delay = 1.5
        late = it.sparql(COUNT)
        assert (late.status_code, late.json()["limit"]) == (504, 0.5)
        engine.delay = 0.0
        assert it.sparql(COUNT).status_code == 200


FAULTS = {
    "a server error": ((500, b"Virtuoso 22003 Error"), 502),
    "its own timeout": ((500, b"the query timed out"), 504),
    "a page": ((200, b"<html><title>Welcome</title></html>"), 502),
    "half a result": ((200, b'{"head":{"vars":["n"]},"results":{"bindings":[{"n":{"type":"lit'), 502),
    "nothing": ((200, b""), 502),
    "too busy": ((503, b"busy"), 503),
    "a login": ((401, b"who?"), 503),
}


@pytest.mark.parametrize("name", FAULTS)
def test_whatever_the_engine_answers_is_never_taken_for_an_answer(releases, engine, name) -> None:
    said, status = FAULTS[name]
    with served(releases, engine) as it:
        engine.fault = lambda path, sent: said if "COUNT" in sent or "attestedBy" in sent else None
        answer = it.sparql(COUNT)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert status == 504 or answer.headers["retry-after"]
        assert it.client.get("/api/figures?cluster=a").status_code == status
        engine.fault = lambda path, sent: None
        assert it.sparql(COUNT).status_code == 200


def test_an_answer_longer_than_it_may_be_is_refused(releases, engine) -> None:
    with served(releases, engine, answer_size=1) as it:
        values = " ".join(f'"{n}{"x" * 100}"' for n in range(700))
        query = f"SELECT * {{ VALUES ?a {{ {values} }} VALUES ?b {{ {' '.join(map(str, range(20)))} }} }}"
        assert it.client.post("/sparql", data={"query": query}).json()["type"].endswith(":answer-size")


def test_an_answer_that_the_engine_cut_off_is_never_taken_for_whole(releases, engine, monkeypatch) -> None:
    """Virtuoso says so in the head of that answer alone."""
    monkeypatch.setattr(dialect, "_KNOWN", (dialect.Dialect("Double", "update", "data", ceiling="x-sparql-maxrows"),))
    ended = engines._Handler.end_headers
    with served(releases, engine) as it:
        assert it.sparql("SELECT ?s { ?s ?p ?o }").status_code == 200
        cut: list[str] = []

        def end(handler: engines._Handler) -> None:
            if "?s ?p ?o # cut" in engine.heard[-1][1]:
                handler.send_header("X-SPARQL-MaxRows", "10000")
                cut.append(handler.path)
            ended(handler)

        monkeypatch.setattr(engines._Handler, "end_headers", end)
        problem = it.sparql("SELECT ?s { ?s ?p ?o # cut\n }").json()
        assert (problem["status"], problem["limit"], bool(cut)) == (400, 10000, True)
        assert it.sparql("SELECT ?o { ?s ?p ?o }").status_code == 200


@pytest.mark.parametrize(("more", "rows"), [(None, 200), (9, 502)])
def test_a_graph_of_which_the_last_lines_may_be_missing_is_never_taken_for_whole(
    releases, engine, monkeypatch, more, rows
) -> None:
    """Rows end with a bracket, lines may end anywhere: a connection that is closed does not say why."""
    tell = engines._Handler.send_header

    def untold(handler: engines._Handler, name: str, value: str) -> None:
        if name != "Content-Length":
            return tell(handler, name, value)
        handler.close_connection = True
        return tell(handler, name, str(int(value) + more)) if more else None

    with served(releases, engine) as it:
        assert it.client.get("/readyz").status_code == 200
        monkeypatch.setattr(engines._Handler, "send_header", untold)
        assert it.sparql("SELECT ?s { ?s ?p ?o }").status_code == rows
        assert it.sparql("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", headers={"Accept": "text/turtle"}).status_code == 502
        monkeypatch.undo()


VIRTUOSO = dialect.Dialect("Double", "update", "data", limits=dialect.VIRTUOSO.limits)


def limited(vector: int, most: int):
    """What Virtuoso says of how it is set."""
    row = {name: {"type": "literal", "value": str(value)} for name, value in (("vector", vector), ("most", most))}
    said = json.dumps({"head": {"vars": list(row)}, "results": {"bindings": [row]}}).encode()
    return lambda path, sent: (200, said) if "sys_stat" in sent else None


@pytest.mark.parametrize("form", ["text/turtle", "application/rdf+xml", "application/n-triples"])
def test_a_graph_that_the_engine_stopped_at_is_never_taken_for_whole(releases, engine, monkeypatch, form) -> None:
    """Virtuoso says of a CONSTRUCT nowhere that it stopped: not after so many solutions, but statements, and one."""
    monkeypatch.setattr(dialect, "_KNOWN", (VIRTUOSO,))
    engine.fault = limited(10_000, 5)
    with served(releases, engine) as it:
        asked = "CONSTRUCT {{ ?s ?p ?o }} {{ ?s ?p ?o }} LIMIT {}".format
        assert it.sparql(asked(5), headers={"Accept": form}).status_code == 200
        problem = it.sparql(asked(6), headers={"Accept": form}).json()
        assert (problem["status"], problem["limit"]) == (400, 5)
        assert it.sparql("DESCRIBE ?s { ?s ?p ?o }", headers={"Accept": form}).status_code == 400
        assert len(it.sparql("SELECT ?s { ?s ?p ?o } LIMIT 6").json()["results"]["bindings"]) == 6

        def away_meanwhile(path: str, sent: str) -> tuple[int, bytes] | None:
            if "slow" in sent:
                engine.fault = lambda path, sent: (503, b"busy")
                until(lambda: it.follower.now().engine._state.fault)
            return None

        engine.fault = away_meanwhile
        assert it.sparql(f"{asked(7)} # slow", headers={"Accept": form}).status_code == 400


def test_an_engine_that_loses_rows_as_it_is_set_is_not_asked(releases, engine, monkeypatch) -> None:
    monkeypatch.setattr(dialect, "_KNOWN", (VIRTUOSO,))
    engine.fault = limited(1000, 0)
    with served(releases, engine) as it:
        assert it.client.get("/readyz").status_code == 503
        assert it.sparql(COUNT).status_code == 503
        engine.fault = limited(10_000, 0)
        until(lambda: it.client.get("/readyz").status_code == 200)
        assert it.sparql("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", headers={"Accept": "text/turtle"}).status_code == 200


def test_a_long_answer_is_whole(releases, engine) -> None:
    with served(releases, engine) as it:
        query = "SELECT * { ?a ?b ?c . ?d ?e ?f }"
        found = it.sparql(query).json()["results"]["bindings"]
        assert len(found) == it.follower.now().release.manifest.triples ** 2


def test_without_the_engine_the_process_lives_but_is_not_ready_and_says_when_it_is(tmp_path, engine) -> None:
    publish(tmp_path / "releases", 5)
    with served(tmp_path / "releases", engine) as it:
        assert it.client.get("/healthz").status_code == 200
        assert it.client.get("/readyz").status_code == 503
        away = it.sparql(COUNT)
        assert (away.status_code, away.headers["retry-after"]) == (503, "5")
        assert it.client.get("/dumps/", headers={"Accept": "text/html"}).status_code == 200
        send(tmp_path / "releases", engine)
        until(lambda: it.client.get("/readyz").status_code == 200)
        assert number(it.sparql(COUNT)) == it.follower.now().release.manifest.triples
        engine.fault = lambda path, sent: (503, b"restarting")
        assert it.sparql(f"{COUNT} # not asked before").status_code == 503
        until(lambda: it.client.get("/readyz").status_code == 503)
        assert it.client.get("/healthz").status_code == 200


def test_another_release_is_followed_without_a_failed_request(releases, engine) -> None:
    """It is pushed, then published: the merge of each is there as long as anybody is served from it."""
    with served(releases, engine) as it:
        old, failed, stop = it.follower.now().release, [], threading.Event()

        def keep_asking() -> None:
            while not stop.is_set():
                answer = it.sparql(COUNT)
                failed.extend([answer.text] if answer.status_code != 200 else [])

        asking = threading.Thread(target=keep_asking)
        asking.start()
        try:
            version = publish_later(releases, engine)
            until(lambda: it.follower.now().release.version == version)
            time.sleep(0.1)
        finally:
            stop.set()
            asking.join()
        assert not failed
        assert it.follower.now().release.version != old.version
        assert number(it.sparql(COUNT)) == it.follower.now().release.manifest.triples
        assert number(it.sparql(GRAPHS)) == it.follower.now().release.manifest.quads


def publish_later(releases: Path, engine: engines.Double) -> str:
    """A release is pushed first, and published when the engine holds it."""
    from datetime import UTC, datetime

    from loaders.release import pointer
    from tests import tiny

    version = tiny.release(releases, 30).version
    send(releases, engine, version)
    return pointer.publish(releases, version, now=datetime.now(UTC))


def test_between_push_and_publish_named_graphs_are_not_taken_for_those_of_the_old_release(releases, engine) -> None:
    from tests import tiny

    with served(releases, engine) as it:
        send(releases, engine, tiny.release(releases, 30).version)
        asked = map("{} # {}".format, itertools.repeat(GRAPHS), itertools.count())
        until(lambda: it.sparql(next(asked)).status_code == 503)
        assert it.sparql(COUNT).status_code == 200


@pytest.mark.parametrize("name", ["_:b", "[]", "(1 2)", "1", "'x'", "a:b", ""])
def test_what_names_no_graph_is_told_so(name: str) -> None:
    for query in (f"ASK {{ GRAPH {name or 'true'} {{ ?s ?p ?o }} }}", f"ASK FROM {name} {{ ?s ?p ?o }}"):
        with pytest.raises(Problem, match="names no graph") as refused:
            Scope.of(query, BASE)
        assert refused.value.status == 400


def test_no_answer_is_of_graphs_that_were_exchanged_while_it_was_asked_for(releases, engine) -> None:
    """A push begins to put graphs into their places in the middle of a question."""
    # What FROM names, the engine is told beside the query.
    asked = {GRAPHS: GRAPHS, COUNT.replace("{", f"FROM <{SAID}> {{", 1): SAID}
    with served(releases, engine) as it:
        for number_, (query, told) in enumerate(asked.items()):
            begun = threading.Event()

            def fault(path: str, sent: str, begun: threading.Event = begun, told: str = told) -> None:
                if not begun.is_set() and quote_plus(told) in sent:
                    begun.set()
                    engine.store.update(marker.forget(BASE, marker.account(BASE)))

            assert it.sparql(f"{query} # before {number_}").status_code == 200
            engine.fault = fault
            assert (it.sparql(query).status_code, begun.is_set()) == (503, True)
            engine.fault = lambda path, sent: None
            assert it.sparql(COUNT).status_code == 200
            engine.store.update(marker.insert_belong(it.follower.now().release))
            until(lambda query=query: it.sparql(f"{query} # after").status_code == 200)


def test_no_long_answer_is_of_a_merge_that_a_later_push_removed(releases, engine, monkeypatch) -> None:
    monkeypatch.setattr(marker, "GRACE", 0.1)
    with served(releases, engine) as it:
        merged = marker.merged(BASE, it.follower.now().release.hash)

        def remove(path: str, sent: str) -> None:
            if "long" in sent:
                engine.store.update(marker.forget(BASE, merged))
                time.sleep(0.2)
                engine.store.update(f"DELETE WHERE {{ GRAPH {merged} {{ ?s ?p ?o ; ?q ?r }} }}")

        engine.fault = remove
        assert it.sparql(COUNT).status_code == 200
        removed = it.sparql(f"{COUNT} # long")
        assert (removed.status_code, removed.headers["retry-after"]) == (503, "5")


def test_a_release_that_the_engine_does_not_hold_leaves_the_one_before_served(releases, engine) -> None:
    with served(releases, engine) as it:
        old = it.follower.now().release.version
        publish(releases, 40)
        until(lambda: it.follower.refused)
        assert it.follower.now().release.version == old
        assert it.sparql(COUNT).status_code == 200


def test_functions_that_the_engine_does_not_have_are_not_announced(releases, engine) -> None:
    with served(releases, engine) as it, house(releases) as own:
        turtle = {"Accept": "text/turtle"}
        assert "extensionFunction" in own.client.get("/sparql", headers=turtle).text
        assert "extensionFunction" not in it.client.get("/sparql", headers=turtle).text


def test_who_floods_is_told_and_others_are_answered(releases, engine) -> None:
    with served(releases, engine, workers=1, query_timeout=5) as it:
        engine.delay = 3.0
        asking = [threading.Thread(target=it.sparql, args=(f"{COUNT} # {n}",)) for n in range(2)]
        for thread in asking:
            thread.start()
        until(lambda: it.follower.now().engine.turns["user"].waiting == 1)
        refused = it.sparql(f"{COUNT} # last")
        assert (refused.status_code, "retry-after" in refused.headers) == (429, True)
        engine.delay = 0.0
        assert it.client.get("/api/clusters").status_code == 200
        for thread in asking:
            thread.join()


def test_metrics_say_where_the_statements_are(releases, engine) -> None:
    with served(releases, engine) as it:
        assert 'held="remote"' in it.client.get("/metrics").text


def test_an_endless_query_is_ended_at_its_deadline(releases, engine) -> None:
    with served(releases, engine, query_timeout=0.5) as it:
        engine.fault = lambda path, sent: (time.sleep(1), (200, b"{}"))[1] if "VALUES" in sent else None
        assert it.sparql(ENDLESS, headers={"Accept": JSON}).status_code == 504
