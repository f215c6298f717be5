"""Prometheus is told what happened and how things stand, in bounded labels and without a query."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read

from service.engine import Engine
from service.metrics import resident
from service.problems import Problem
from tests.house import ENDLESS, FLOOD, UNSORTABLE, House, house, publish, until


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The application over two clusters, without tellers; a query may take half a second."""
    releases = tmp_path_factory.mktemp("metrics") / "releases"
    publish(releases, 2)
    with house(releases, query_timeout=0.5, door=False) as found:
        yield found


Samples = dict[tuple[str, tuple[str, ...]], float]


def samples(served: House) -> Samples:
    """Every sample by name and values of labels."""
    text = served.client.get("/metrics").text
    return {
        (sample.name, tuple(sample.labels.values())): sample.value for family in read(text) for sample in family.samples
    }


def test_a_request_counts_under_the_template_of_its_address(served: House) -> None:
    before = samples(served)
    assert served.sparql("ASK {}").status_code == 200
    assert served.sparql("ASK {").status_code == 400
    for cluster in ("one", "two"):
        assert served.client.get(f"/api/clusters/{cluster}").status_code in (200, 404)
        assert served.client.get(f"/nothing/{cluster}").status_code == 404
        assert served.client.get(f"/dumps/{cluster}").status_code == 404
    after = samples(served)

    def more(*labels: str) -> float:
        key = ("thidua_requests_total", labels)
        return after.get(key, 0) - before.get(key, 0)

    assert (more("/sparql", "200"), more("/sparql", "400")) == (1, 1)
    assert (more("unmatched", "404"), more("/dumps/{name}", "404")) == (2, 2)
    routes = {labels[0] for name, labels in after if name == "thidua_requests_total"}
    assert not any("one" in route or "two" in route for route in routes)
    assert "/metrics" in routes
    version = served.follower.now().release.version
    for path in ("/sparql", "/api", "/dumps/"):
        served.client.get(f"/releases/{version}{path}")
    routes = {labels[0] for name, labels in samples(served) if name == "thidua_requests_total"}
    assert {"/releases/{version}/sparql", "/releases/{version}/api", "/releases/{version}/dumps/"} <= routes
    assert not any(version in route for route in routes)
    assert after["thidua_request_seconds_count", ("/sparql",)] >= 2
    assert after["thidua_query_seconds_count", ("user",)] >= 1


def test_a_killed_query_counts_with_its_reason(served: House) -> None:
    before = samples(served).get(("thidua_kills_total", ("deadline",)), 0)
    assert served.sparql(ENDLESS).status_code == 504
    assert samples(served)["thidua_kills_total", ("deadline",)] == before + 1
    assert served.sparql(UNSORTABLE).status_code == 500
    assert samples(served)["thidua_kills_total", ("panic",)] == 1
    assert samples(served)["thidua_faults_total", ()] == 0


def test_a_fault_of_ours_counts_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError

    monkeypatch.setattr("service.lectern.guard.read", fail)
    publish(tmp_path, 2)
    with house(tmp_path, door=False) as broken:
        assert broken.sparql("ASK { ?fault ?of ?ours }").status_code == 500
        assert samples(broken)["thidua_faults_total", ()] == 1


def test_an_answer_that_is_too_long_counts_as_a_kill(tmp_path: Path) -> None:
    publish(tmp_path, 2)
    with house(tmp_path, answer_size=1) as small:
        assert small.sparql(FLOOD).json()["type"] == "urn:thidua:problem:answer-size"
        assert samples(small)["thidua_kills_total", ("answer-size",)] == 1


def test_a_client_that_leaves_counts_as_a_kill(tmp_path: Path) -> None:
    publish(tmp_path, 2)
    path = str(httpx.URL("/sparql", params={"query": ENDLESS})).encode()
    with house(tmp_path, query_timeout=60.0, door=False) as patient:
        connection = patient.connect(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: samples(patient)["thidua_queries", ("user", "working")])
        connection.close()
        until(lambda: samples(patient).get(("thidua_kills_total", ("client gone",)), 0) == 1)
        assert samples(patient)["thidua_queries", ("user", "working")] == 0
        assert samples(patient)["thidua_requests_total", ("/sparql", "499")] >= 1


def test_the_state_is_told_without_a_query(served: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a query")

    monkeypatch.setattr(Engine, "answer", refuse)
    found, release = samples(served), served.follower.now().release
    assert found["thidua_release_info", ("memory", release.version)] == 1
    assert found["thidua_release_statements", ()] == release.quads
    assert 0 <= found["thidua_release_published_seconds", ()] < 600
    assert 0 < found["thidua_uptime_seconds", ()] < 600
    assert all(found["thidua_memory_bytes", (kind,)] > 0 for kind in ("web", "holder", "workers"))


def test_the_service_is_as_old_as_it_is_though_the_clock_was_set(
    served: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert 0 < samples(served)["thidua_uptime_seconds", ()] < 600


def test_what_is_told_can_be_read_as_openmetrics(served: House) -> None:
    response = served.client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert response.headers["content-type"].startswith("application/openmetrics-text")
    assert "thidua_requests" in {family.name for family in read_openmetrics(response.text)}
    assert served.client.get("/metrics").headers["content-type"].startswith("text/plain")


def test_a_service_that_cannot_answer_is_not_ready(served: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert served.client.get("/readyz").status_code == 200

    async def late(*_: object) -> None:
        raise Problem(504, "The query took too long", "It was stopped.")

    monkeypatch.setattr(served.follower.now().engine, "rows", late)
    response = served.client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (503, 503)


def test_memory_is_that_of_the_process() -> None:
    assert 1 << 20 < resident(os.getpid()) < 4 << 30
