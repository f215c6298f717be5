"""Answers travel compressed where a client wants it and it is worth it, and are the same when unpacked."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Iterator

import brotli
import httpx
import pytest
from starlette.types import Message

from service.encoding import Coding, Encoded, choose
from tests.house import FLOOD, JSON, House, house, publish

ROWS = f"{FLOOD} LIMIT 3000"
LONG = f"{FLOOD} LIMIT 100000"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The service over two clusters, without answers that are kept."""
    releases = tmp_path_factory.mktemp("encoding") / "releases"
    publish(releases, 2)
    with house(releases, cache_memory=0) as found:
        yield found


def raw(served: House, path: str, **headers: str) -> tuple[httpx.Response, bytes]:
    """The response and its body as it was sent."""
    with served.client.stream("GET", path, headers=headers) as response:
        return response, b"".join(response.iter_raw())


def sparql(query: str) -> str:
    return str(httpx.URL("/sparql", params={"query": query, "format": "json"}))


UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress}


@pytest.mark.parametrize("coding", ["br", "gzip"])
@pytest.mark.parametrize("query", [ROWS, LONG])
def test_an_answer_comes_in_the_coding_that_is_wanted(served: House, coding: str, query: str) -> None:
    plain, body = raw(served, sparql(query), **{"Accept-Encoding": "identity"})
    packed, small = raw(served, sparql(query), **{"Accept-Encoding": coding})
    assert packed.headers["content-encoding"] == coding
    assert UNPACK[coding](small) == body
    assert len(small) * 4 < len(body)
    assert packed.headers["etag"] == plain.headers["etag"][:-1] + f'-{coding}"'
    assert "content-encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["vary"]
    assert "Accept-Encoding" in packed.headers["vary"]
    head = served.client.head(sparql(query), headers={"Accept-Encoding": coding})
    for name in ("content-encoding", "etag", "vary", "content-type", "content-length"):
        assert head.headers.get(name) == packed.headers.get(name)


@pytest.mark.parametrize("coding", ["br", "gzip"])
def test_who_has_the_packed_answer_is_told_so(served: House, coding: str) -> None:
    packed, _ = raw(served, sparql(ROWS), **{"Accept-Encoding": coding})
    tag = packed.headers["etag"]
    for known in (tag, f'"x", W/{tag}'):
        response, _ = raw(served, sparql(ROWS), **{"Accept-Encoding": coding, "If-None-Match": known})
        assert (response.status_code, response.headers["etag"]) == (304, tag)
        assert "Accept-Encoding" in response.headers["vary"]
    response, _ = raw(served, sparql(ROWS), **{"Accept-Encoding": "identity", "If-None-Match": tag})
    assert response.status_code == 200


@pytest.mark.parametrize("coding", ["br", "gzip"])
def test_a_part_can_be_read_as_soon_as_it_is_there(coding: Coding) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def give() -> None:
        encoded = Encoded(send, coding, {"http_version": "1.1"}, b"")
        headers = [(b"content-type", b"text/csv"), (b"content-length", b"250000")]
        await encoded.send({"type": "http.response.start", "status": 200, "headers": headers})
        for size in (50_000, 200_000):
            await encoded.send({"type": "http.response.body", "body": b"x" * size, "more_body": True})
            assert unpack(sent[-1]["body"]) == b"x" * size

    read = brotli.Decompressor().process if coding == "br" else zlib.decompressobj(31).decompress

    def unpack(packed: bytes) -> bytes:
        parts = [read(packed)]
        while parts[-1]:
            parts.append(read(b""))
        return b"".join(parts)

    asyncio.run(give())
    assert b"content-length" not in dict(sent[0]["headers"])


@pytest.mark.parametrize("path", ["/healthz", "/api/clusters?format=xlsx", "/sparql?query=ASK+%7B%7D"])
def test_what_is_short_or_packed_already_stays_as_it_is(served: House, path: str) -> None:
    response, _ = raw(served, path, **{"Accept-Encoding": "br, gzip"})
    assert response.status_code == 200
    assert "content-encoding" not in response.headers


@pytest.mark.parametrize("address", ["/api/clusters?format=xlsx", "/api/clusters?format=csv", "/dumps/thidua.nq.gz"])
@pytest.mark.parametrize("coding", ["br", "identity"])
def test_who_has_an_answer_is_told_what_it_varies_by(served: House, address: str, coding: str) -> None:
    there, _ = raw(served, address, **{"Accept-Encoding": coding})
    for known in (there.headers["etag"], "*"):
        same, _ = raw(served, address, **{"Accept-Encoding": coding, "If-None-Match": known})
        assert (same.status_code, same.headers["vary"]) == (304, there.headers["vary"])
        assert "content-type" not in same.headers


def test_dumps_are_left_alone_and_come_by_range(served: House) -> None:
    for file in served.client.get("/dumps/", headers={"Accept": "application/json"}).json()["files"]:
        response, body = raw(served, file["url"], **{"Accept-Encoding": "br"})
        assert len(UNPACK["br"](body) if "content-encoding" in response.headers else body) == file["size"]
        assert ("content-encoding" in response.headers) <= (not file["name"].endswith(".gz"))
        part, _ = raw(served, file["url"], **{"Accept-Encoding": "br", "Range": "bytes=1-3"})
        assert (part.status_code, part.headers["content-length"]) == (206, "3")
        assert "content-encoding" not in part.headers


def test_to_http_1_0_nothing_comes_without_its_length(served: House) -> None:
    request = f"GET {sparql(LONG)} HTTP/1.0\r\nHost: a\r\nAccept-Encoding: br\r\n\r\n".encode()
    received = b""
    with served.connect(request) as connection:
        while part := connection.recv(1 << 20):
            received += part
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length: "))
    assert int(length.split()[1]) == len(body)
    assert body == raw(served, sparql(LONG), **{"Accept-Encoding": "identity"})[1]


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        (None, None),
        ("", None),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("GZIP;Q=1", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.4, gzip;q=0.8", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("*", "br"),
        ("*;q=0", None),
        ("gzip, *;q=0", "gzip"),
        ("br;q=0, *;q=0.1", "gzip"),
        ("identity;q=0", None),
        ("identity;q=0, *", "br"),
        ("identity;q=1, br;q=0.5", None),
        ("br;q=2", None),
        ("br;q=nan, gzip;q=", None),
        ("zstd", None),
    ],
)
def test_weights_are_honoured(accept: str | None, coding: str | None) -> None:
    assert choose(accept) == coding


def test_a_page_is_packed_too(served: House) -> None:
    response, body = raw(served, "/", **{"Accept": "text/html", "Accept-Encoding": "gzip"})
    assert response.headers["content-encoding"] == "gzip"
    assert b"<!doctype html>" in UNPACK["gzip"](body)


def test_a_problem_of_a_packed_answer_is_still_a_problem(served: House) -> None:
    response = served.sparql("ASK {", headers={"Accept": JSON, "Accept-Encoding": "br"})
    assert response.json()["status"] == 400
