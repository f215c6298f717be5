"""An answer is given again only to who would get the same, and only while it is true."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.cache import Cache, Kept
from service.engine import Engine
from tests.house import JSON, House, house, publish, until

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The service over ten clusters."""
    releases = tmp_path_factory.mktemp("cache") / "releases"
    publish(releases, 10)
    with house(releases, door=False) as found:
        yield found


def again(response: httpx.Response) -> bool:
    """Whether the answer was one that was kept."""
    return response.headers["server-timing"].startswith("cache,")


def stable(response: httpx.Response) -> dict[str, str]:
    """The headers that do not belong to one request only."""
    own = ("date", "x-request-id", "server-timing", "transfer-encoding", "content-length")
    return {name: value for name, value in response.headers.items() if name not in own}


@pytest.mark.parametrize(
    "path", ["/sparql?query=ASK+%7B%7D", "/api/clusters?lang=en", "/def", "/api/clusters?format=csv"]
)
@pytest.mark.parametrize("accept", ["*/*", "text/html, */*;q=0.1", "application/json, */*;q=0.1"])
@pytest.mark.parametrize("coding", ["identity", "br", "gzip"])
def test_an_answer_that_is_kept_is_the_same_in_every_byte(served: House, path: str, accept: str, coding: str) -> None:
    headers = {"Accept": accept, "Accept-Encoding": coding}
    fresh = served.client.get(path, headers=headers | {"Cache-Control": "no-cache"})
    kept, head = served.client.get(path, headers=headers), served.client.head(path, headers=headers)
    assert (again(fresh), again(kept), again(head)) == (False, True, True)
    assert (kept.status_code, kept.content) == (fresh.status_code, fresh.content)
    assert head.content == b""
    assert stable(kept) == stable(fresh) == stable(head)
    assert kept.headers["x-request-id"] != fresh.headers["x-request-id"]


@pytest.mark.parametrize(
    "other",
    [
        {"url": "/api/clusters?lang=en&limit=2"},
        {"headers": {"Accept": "text/html"}},
        {"headers": {"Accept-Language": "en"}},
        {"headers": {"Host": "other.example"}},
        {"headers": {"Accept-Encoding": "gzip"}},
    ],
)
def test_what_an_answer_depends_on_keeps_answers_apart(served: House, other: dict[str, Any]) -> None:
    first = {"url": "/api/clusters?lang=en&limit=1", "headers": {"Accept": JSON, "Accept-Encoding": "br"}}
    served.client.get(**first)  # type: ignore[arg-type]
    assert again(served.client.get(**first))  # type: ignore[arg-type]
    headers = {**first["headers"], **other.get("headers", {}), "X-Case": "1"}  # type: ignore[dict-item]
    changed = {**first, **other, "headers": headers}
    one = served.client.get(**(changed | {"headers": headers | {"Cache-Control": "no-cache"}}))  # type: ignore[arg-type]
    two = served.client.get(**changed)  # type: ignore[arg-type]
    assert two.content == one.content
    assert stable(two) == stable(one)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_how_the_service_is_now_is_kept_by_nobody(served: House, path: str) -> None:
    assert served.client.get(path).headers["cache-control"] == "no-store"


def test_another_host_gets_links_to_itself(served: House) -> None:
    for host in ("one.example", "two.example"):
        for _ in range(2):
            response = served.client.get("/sparql", headers={"Host": host, "Accept": "text/turtle"})
            assert f"<http://{host}/sparql>" in response.text
        assert again(response)


def test_nobody_works_on_a_question_twice(served: House, monkeypatch: pytest.MonkeyPatch) -> None:
    first = served.sparql(COUNT)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a query")

    monkeypatch.setattr(Engine, "answer", refuse)
    assert served.sparql(COUNT).json() == first.json()
    tag = first.headers["etag"]
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        response = served.sparql(COUNT, headers={"Accept": JSON, "If-None-Match": known})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == tag
        assert "content-type" not in response.headers
    assert served.sparql(COUNT, headers={"Accept": JSON, "If-None-Match": '"x"'}).status_code == 200


@pytest.mark.parametrize("wish", ["no-cache", "no-store", "max-age=0, no-cache"])
def test_a_client_can_ask_for_a_new_answer(served: House, wish: str) -> None:
    served.sparql(COUNT)
    assert not again(served.sparql(COUNT, headers={"Accept": JSON, "Cache-Control": wish}))


def test_what_changes_by_itself_or_failed_is_not_kept(served: House) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/nothing", "/sparql?query=SELECT+(NOW()+AS+%3Fn)+%7B%7D"):
        assert not any(again(served.client.get(path)) for _ in range(3))
    assert not any(again(served.client.post("/sparql", data={"query": COUNT})) for _ in range(3))


def test_a_new_release_ends_the_answers_of_the_old(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    with house(tmp_path, door=False) as served:
        assert not again(served.sparql(COUNT))
        assert again(served.sparql(COUNT))
        old = served.sparql(COUNT).json()
        publish(tmp_path, 5)
        until(lambda: served.sparql(COUNT).json() != old)
        assert "thidua_cache_answers 1.0" in served.client.get("/metrics").text


def test_without_memory_nothing_is_kept(tmp_path: Path) -> None:
    publish(tmp_path, 2)
    with house(tmp_path, cache_memory=0, door=False) as served:
        assert not any(again(served.sparql(COUNT)) for _ in range(3))


def answer(size: int) -> Kept:
    return Kept([(b"etag", b'"x"')], b"x" * size)


def test_the_bound_holds_and_the_least_asked_for_goes_first() -> None:
    cache, release = Cache(1 << 20), object()
    cache.turn(release)  # type: ignore[arg-type]
    for number in range(100):
        cache.keep((number,), answer(30_000), release)  # type: ignore[arg-type]
        assert cache.find((0,))
        assert cache.size <= 1 << 20
    assert cache.find((99,))
    assert not cache.find((1,))
    cache.keep(("long",), answer((1 << 16) + 1), release)  # type: ignore[arg-type]
    assert not cache.find(("long",))


def test_an_answer_of_a_release_that_is_gone_is_not_kept() -> None:
    cache, old, new = Cache(1 << 20), object(), object()
    cache.turn(old)  # type: ignore[arg-type]
    cache.keep((1,), answer(1), old)  # type: ignore[arg-type]
    cache.turn(new)  # type: ignore[arg-type]
    cache.keep((2,), answer(1), old)  # type: ignore[arg-type]
    assert (len(cache), cache.size) == (0, 0)


@pytest.mark.parametrize(
    ("name", "malformed", "right", "told"),
    [
        ("accept", "text/ csv", "text/csv", ("content-type", "text/csv; charset=utf-8")),
        ("accept-language", "e n, vi;q=0.5", "en, vi;q=0.5", ("content-language", "en")),
    ],
)
def test_what_a_malformed_header_gets_is_not_given_to_who_wrote_it_right(
    served: House, name: str, malformed: str, right: str, told: tuple[str, str]
) -> None:
    for value in (malformed, right):
        answer = served.client.get("/api/clusters?limit=7", headers={"accept": "text/html", name: value})
    assert answer.headers[told[0]] == told[1]
