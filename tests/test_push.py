"""`thidua push`: a release in an engine elsewhere, whatever befalls on the way."""

from __future__ import annotations

import contextlib
import io
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Quad

from loaders.errors import OutsideError, UsageError
from loaders.namespaces import BASE, dcterms, entity, graph, rdf, td
from loaders.progress import Progress
from loaders.release import Release, pointer
from service import push as pushing
from service.push import push
from service.remote import dialect, marker
from service.remote.port import Port
from tests import engines, tiny
from tests.conftest import thidua


@pytest.fixture
def engine():
    with engines.double() as made:
        yield made


@pytest.fixture(autouse=True)
def nobody_looks(monkeypatch) -> None:
    """No copy of the service is there to wait for."""
    monkeypatch.setattr(pushing, "GRACE", 0.0)


def send(release: Release, engine: engines.Double, batch: int = 5) -> bool:
    with Port(engine.endpoint, None) as port:
        return push(release, port, Progress(io.StringIO()), batch)


def held(engine: engines.Double) -> dict[str, int]:
    """How many triples each graph has, by what follows the base in its name."""
    graphs = [graph for graph in engine.store.named_graphs() if isinstance(graph, NamedNode)]
    sizes = [
        (graph.value.removeprefix(BASE), engine.store.quads_for_pattern(None, None, None, graph)) for graph in graphs
    ]
    return {name: size for name, found in sizes if (size := len(list(found))) and name != "pushed"}


def wanted(*releases: Release) -> dict[str, int]:
    """The merges of the releases, and the named graphs of the last."""
    merges = {f"merged/{release.hash}": release.manifest.triples for release in releases}
    return merges | {name.removeprefix(BASE): size for name, size in releases[-1].manifest.graphs.items()}


def told(engine: engines.Double) -> marker.Marker:
    with Port(engine.endpoint, None) as port:
        return port.marker(BASE)


def test_every_graph_and_their_merge_are_there_and_the_engine_says_so(tmp_path: Path, engine) -> None:
    release = tiny.release(tmp_path, 5)
    assert send(release, engine)
    assert held(engine) == wanted(release)
    assert told(engine).holds(release)
    assert told(engine).names(release)
    assert not told(engine).filling


def test_a_second_push_of_the_same_release_writes_nothing(tmp_path: Path, engine) -> None:
    release = tiny.release(tmp_path, 5)
    send(release, engine)
    engine.heard.clear()
    assert not send(release, engine)
    assert {path for path, _ in engine.heard} == {"/query"}


def test_what_has_not_changed_is_not_sent_again_and_what_is_gone_is_removed(tmp_path: Path, engine) -> None:
    first = tiny.release(tmp_path, tiny.quads(5))
    kept = [quad for quad in tiny.quads(9) if quad.graph_name.value.endswith("/s0")]
    second = tiny.release(tmp_path, [quad for quad in tiny.quads(5) if quad.graph_name.value.endswith("/s1")])
    third = tiny.release(tmp_path, kept)
    send(first, engine)
    engine.heard.clear()
    send(second, engine)
    assert held(engine) == wanted(first, second)
    assert not any("MOVE" in sent for _, sent in engine.heard), "s1 is as it was, s0 is gone"
    send(third, engine)
    assert held(engine) == wanted(second, third)


def test_a_push_leaves_the_published_release_whatever_was_pushed_meanwhile(tmp_path: Path, engine) -> None:
    served, passed_over, new = (tiny.release(tmp_path, number) for number in (4, 6, 8))
    pointer.publish(tmp_path, served.version, now=tiny.NOW)
    for each in (served, passed_over, new):
        send(each, engine)
    assert held(engine) == wanted(served, new)
    assert told(engine).holds(served)


def test_after_a_rollback_the_next_push_leaves_the_release_that_is_served(tmp_path: Path, engine) -> None:
    first, second, third = (tiny.release(tmp_path, number) for number in (4, 6, 8))
    for each in (first, second):
        send(each, engine)
        pointer.publish(tmp_path, each.version, now=tiny.NOW)
    pointer.rollback(tmp_path, now=tiny.NOW)
    send(third, engine)
    assert held(engine) == wanted(first, third)
    assert told(engine).holds(first)


def test_two_pushes_at_once_leave_no_mix(tmp_path: Path, engine) -> None:
    """Each goes by what the engine said when it began: of two at once, the named graphs belonged to both."""
    old, first, second = (tiny.release(tmp_path, number) for number in (4, 6, 8))
    send(old, engine)
    at_work, go_on = threading.Event(), threading.Event()

    def stops(path: str, sent: str) -> None:
        if f"{dcterms.source} {marker.merged(BASE, first.hash)}" in sent and not at_work.is_set():
            at_work.set()
            go_on.wait(10)

    engine.fault = stops
    with ThreadPoolExecutor(2) as pool:
        pushes = [pool.submit(send, first, engine)]
        assert at_work.wait(10)
        pushes.append(pool.submit(send, second, engine))
        with contextlib.suppress(TimeoutError):
            pushes[1].result(1)
        go_on.set()
        assert all(push.result(10) for push in pushes)
    owners = engine.store.quads_for_pattern(None, dcterms.source, None, marker.account(BASE))
    assert [owner.object for owner in owners] == [marker.merged(BASE, second.hash)]
    assert held(engine) == wanted(first, second)


@pytest.mark.parametrize("published", [False, True])
def test_what_was_withdrawn_is_gone_with_the_next_push(tmp_path: Path, engine, published: bool) -> None:
    release = tiny.release(tmp_path, 6)
    if published:
        pointer.publish(tmp_path, release.version, now=tiny.NOW)
    send(release, engine)
    left = tiny.replaced(release, 4)
    send(left, engine)
    assert held(engine) == wanted(left)
    assert set(told(engine).whole) == {marker.merged(BASE, left.hash).value}


def test_a_push_of_what_is_there_removes_what_nobody_is_served_from(tmp_path: Path, engine) -> None:
    first, second = tiny.release(tmp_path, 4), tiny.release(tmp_path, 6)
    send(first, engine)
    send(second, engine)
    pointer.publish(tmp_path, second.version, now=tiny.NOW)
    assert held(engine) == wanted(first, second)
    assert not send(second, engine)
    assert held(engine) == wanted(second)
    assert not told(engine).filling


@pytest.mark.parametrize("lost", ["merged/{hash}", "graph/s1"])
def test_what_the_engine_has_lost_is_sent_again_whatever_the_account_says(tmp_path: Path, engine, lost: str) -> None:
    release = tiny.release(tmp_path, 6)
    send(release, engine)
    engine.store.clear_graph(NamedNode(BASE + lost.format(hash=release.hash)))
    assert send(release, engine)
    assert held(engine) == wanted(release)
    assert told(engine).holds(release)
    assert told(engine).names(release)
    assert not send(release, engine)


def test_a_graph_that_was_lost_is_sent_again_with_the_next_release(tmp_path: Path, engine) -> None:
    first, second = tiny.release(tmp_path, 6), tiny.release(tmp_path, [*tiny.quads(6), *tiny.quads(7)[-5:-4]])
    send(first, engine)
    engine.store.clear_graph(graph("s1"))
    send(second, engine)
    assert held(engine) == wanted(first, second)


def test_a_push_that_was_stopped_anywhere_goes_on_and_nothing_is_there_twice(tmp_path: Path, engine) -> None:
    """The engine fails at each request that writes, in turn."""
    old, new = tiny.release(tmp_path, 4), tiny.release(tmp_path, 6)
    send(old, engine)
    before = engine.store.dump(format=engines.RdfFormat.N_QUADS)
    step, done = 0, False
    while not done:
        engine.store.clear()
        engine.store.load(before, engines.RdfFormat.N_QUADS)
        _stop(engine, step)
        with contextlib.suppress(OutsideError):
            done = send(new, engine)
        if not done:
            assert told(engine).holds(old), "the one before can be asked until the new one is there, and after"
        engine.fault = lambda path, sent: None
        send(new, engine)
        assert held(engine) == wanted(old, new), step
        assert told(engine).names(new)
        step += 1
    assert step > 20


def _stop(engine: engines.Double, step: int) -> None:
    """From here on the engine fails at one of the requests that write."""
    left = [step]

    def fault(path: str, sent: str) -> tuple[int, bytes] | None:
        if path == "/query":
            return None
        left[0] -= 1
        return (500, b"stopped") if left[0] == -1 else None

    engine.fault = fault


def test_a_batch_that_arrived_before_the_push_was_killed_is_not_sent_again(tmp_path: Path, engine) -> None:
    release = tiny.release(tmp_path, 10)
    posts = []

    def fault(path: str, sent: str) -> tuple[int, bytes] | None:
        if path == "/data":
            posts.append(sent)
            return (503, b"no more for now") if len(posts) == 4 else None
        return None

    engine.fault = fault
    with pytest.raises(OutsideError, match="503 no more for now"):
        send(release, engine)
    send(release, engine)
    assert posts[4] == posts[3], "the one that failed is the next"
    assert len(posts) == len(set(posts)) + 1


def test_small_graphs_travel_together_to_an_engine_that_takes_several(tmp_path: Path, engine, monkeypatch) -> None:
    """And a large one is cut."""
    monkeypatch.setattr(engines._Handler, "server_version", "Oxigraph")
    named = [Quad(entity("source", f"x{number}"), rdf.type, td.Source, graph(f"x{number}")) for number in range(40)]
    release = tiny.release(tmp_path, [*tiny.quads(30), *named])
    send(release, engine, 20)
    assert held(engine) == wanted(release)
    sent = [sent for path, sent in engine.heard if path == "/store"]
    assert len(sent) <= -(-release.manifest.triples // 20) + -(-release.quads // 20) + 2
    assert all(text.count("\n") <= 20 for text in sent)


def test_an_engine_that_loses_what_it_is_given_is_found_out(tmp_path: Path, engine) -> None:
    engine.fault = lambda path, sent: (204, b"") if path == "/data" else None
    with pytest.raises(OutsideError, match="holds 0 triples instead of"):
        send(tiny.release(tmp_path, 5), engine)
    assert not told(engine).whole


def test_no_graph_is_emptied_since_the_engine_does_not_count_all_of_them(tmp_path: Path, engine, monkeypatch) -> None:
    """As Debian sets it, Virtuoso ends its answers after 10,000 rows; a country has more graphs."""
    cut = dialect.Dialect("Double", "update", "data", ceiling="x-sparql-maxrows")
    monkeypatch.setattr(dialect, "_KNOWN", (cut,))
    ended = engines._Handler.end_headers

    def end(handler: engines._Handler) -> None:
        if "GROUP BY" in engine.heard[-1][1]:
            handler.send_header("X-SPARQL-MaxRows", "10")
        ended(handler)

    monkeypatch.setattr(engines._Handler, "end_headers", end)
    engine.fault = lambda path, sent: (
        (200, b'{"head":{"vars":[]},"results":{"bindings":[]}}') if "GROUP+BY" in sent else None
    )
    named = [Quad(entity("source", f"x{number}"), rdf.type, td.Source, graph(f"x{number}")) for number in range(40)]
    with pytest.raises(OutsideError, match="after 10 rows → a higher ResultSetMaxRows"):
        send(tiny.release(tmp_path, named), engine)
    assert not [sent for _, sent in engine.heard if "DROP" in sent]


def test_the_command_says_what_it_did_and_a_failing_engine_in_one_line(tmp_path: Path, engine) -> None:
    release = tiny.release(tmp_path, 5)
    pointer.publish(tmp_path, release.version, now=tiny.NOW)
    setting = {"THIDUA_RELEASES": str(tmp_path), "THIDUA_SPARQL_ENDPOINT": engine.endpoint}
    first, second = thidua("push", **setting), thidua("push", **setting)
    assert (first.returncode, first.stderr) == (0, "")
    assert "statements are at" in first.stdout
    assert "were already at" in second.stdout
    engine.fault = lambda path, sent: (401, b"<html>who are you?</html>")
    secret = {"THIDUA_SPARQL_USER": "dba", "THIDUA_SPARQL_PASSWORD": "bi-mat"}
    refused = thidua("push", "--endpoint", engine.endpoint, **{**setting, **secret})
    assert (refused.returncode, refused.stderr.count("\n")) == (3, 1)
    assert "401 who are you?" in refused.stderr
    assert "bi-mat" not in refused.stdout + refused.stderr + thidua("settings", **secret).stdout
    nobody = thidua("push", "--endpoint", "http://127.0.0.1:9/query", **setting)
    assert nobody.returncode == 3
    assert thidua("push", "--endpoint", "ftp://x", **setting).returncode == 2
    assert thidua("push", THIDUA_RELEASES=str(tmp_path)).returncode == 2


@pytest.mark.parametrize("path", ["/query", "/update", "/data"])
@pytest.mark.parametrize("status", [404, 405, 301, 308])
def test_a_wrong_address_is_told_with_the_option_that_says_it(tmp_path, engine, monkeypatch, path, status) -> None:
    ended = engines._Handler.end_headers

    def end(handler: engines._Handler) -> None:
        if status < 400 and handler.path.startswith(path):
            handler.send_header("Location", "/elsewhere?query=ASK+%7B%7D")
        ended(handler)

    monkeypatch.setattr(engines._Handler, "end_headers", end)
    engine.fault = lambda at, sent: (status, b"") if at == path else None
    wrong = engine.endpoint.replace("/query", path)
    option = {"/query": "--endpoint", "/update": "--update", "/data": "--store"}[path]
    way = f"{option} {engine.endpoint.replace('/query', '/elsewhere')}" if status < 400 else f"{option} URL"
    with pytest.raises(OutsideError, match=rf"^{wrong}: {status} [A-Z].* → {re.escape(way)}$") as told:
        send(tiny.release(tmp_path, 2), engine)
    assert str(told.value).count("--") == 1


def made_up(releases: Path) -> Release:
    """A release of data that were made up."""
    return tiny.release(
        releases, [*tiny.quads(), Quad(entity("source", "x"), rdf.type, td.SyntheticSource, graph("s0"))]
    )


def test_made_up_data_are_pushed_only_by_who_says_so(tmp_path: Path, engine) -> None:
    version = made_up(tmp_path).version
    setting = {"THIDUA_RELEASES": str(tmp_path), "THIDUA_SPARQL_ENDPOINT": engine.endpoint}
    refused = thidua("push", version, **setting)
    assert (refused.returncode, held(engine)) == (2, {})
    assert f"push --synthetic {version}" in refused.stderr
    assert thidua("push", "--synthetic", version, **setting).returncode == 0
    assert told(engine).synthetic == set(told(engine).whole)


def test_made_up_data_and_others_are_never_in_one_engine(tmp_path: Path, engine) -> None:
    real, invented = tiny.release(tmp_path, 5), made_up(tmp_path)
    send(real, engine)
    with pytest.raises(UsageError, match=f"{invented.version} are made up, those of {real.version} in the engine real"):
        send(invented, engine)
    assert held(engine) == wanted(real)
    engine.store.clear()
    send(invented, engine)
    with pytest.raises(UsageError, match="an engine for each"):
        send(real, engine)
    assert held(engine) == wanted(invented)


def test_an_engine_without_a_loader_says_how_it_takes_graphs(tmp_path: Path, engine) -> None:
    version = tiny.release(tmp_path).version
    setting = {"THIDUA_RELEASES": str(tmp_path), "THIDUA_SPARQL_ENDPOINT": engine.endpoint}
    refused = thidua("push", version, "--bulk", str(tmp_path), **setting)
    assert (refused.returncode, held(engine)) == (2, {})
    assert "given graphs over HTTP" in refused.stderr
    assert thidua("push", version, "--bulk", str(tmp_path / "none"), **setting).returncode == 2


def test_what_an_engine_says_of_itself_is_read_as_rows(tmp_path: Path, engine) -> None:
    engine.fault = lambda path, sent: (200, b"<html>")
    with pytest.raises(OutsideError, match="no SPARQL result"):
        send(tiny.release(tmp_path, 2), engine)
    engine.fault = lambda path, sent: (200, json.dumps({"boolean": True}).encode())
    with pytest.raises(OutsideError, match="no SPARQL result"):
        send(tiny.release(tmp_path, 2), engine)
