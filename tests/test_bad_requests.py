"""Whatever is sent, the answer is the right kind of no, says nothing of the inside, and the service goes on."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from loaders.resources import ROOT
from tests.bad_requests import BAD, WIRE, Bad, lines
from tests.house import House, house, listener
from tests.odd_requests import ODD, Odd
from tests.test_engine_guard import CALLS

CANARY = "a-canary-that-sings-of-the-environment"
NEVER = ("Traceback", 'File "', "root:x:", "site-packages", CANARY, str(ROOT), sys.prefix, "panicked")


@pytest.fixture(scope="module")
def served(published: Path) -> Iterator[House]:
    """The service over the committed data; a query may take five seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CANARY", CANARY)
        with house(published, query_timeout=5.0, rate_limit=()) as found:
            yield found


def exchange(served: House, raw: bytes, place: int) -> http.client.HTTPResponse | None:
    """The response to these bytes, read to its end; None when the connection was closed without one."""
    # Each comes from an address of its own where loopback has many, so that no client is known for its errors.
    source = (f"127.0.{place // 250 + 1}.{place % 250 + 1}", 0) if sys.platform == "linux" else None
    with socket.create_connection(("127.0.0.1", served.port), 20, source_address=source) as connection:
        # It may be refused before it has been sent.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(raw)
        response = http.client.HTTPResponse(connection, method="GET")
        try:
            response.begin()
        except (http.client.BadStatusLine, ConnectionResetError):
            return None
        response.body = response.read()  # type: ignore[attr-defined]
        return response


@pytest.mark.parametrize(("place", "bad"), list(enumerate(BAD)), ids=[bad.name for bad in BAD])
def test_a_bad_request_gets_the_answer_it_must(served: House, published: Path, place: int, bad: Bad) -> None:
    dump = next(path.name for path in served.follower.now().release.dumps if path.name.endswith(".nq.gz"))
    response = exchange(served, bad.raw.replace(b"/dumps/DUMP", f"/dumps/{dump}".encode()), place)
    status = response.status if response else 0
    assert status in bad.statuses, response and response.body[:500]  # type: ignore[attr-defined]
    if response:
        _tells(response, strict=bad not in WIRE)
        told = response.body.decode() + str(response.headers)  # type: ignore[attr-defined]
        assert not [word for word in (*NEVER, str(published)) if word in told]
    assert served.sparql("ASK {}").json()["boolean"] is True


def _tells(response: http.client.HTTPResponse, *, strict: bool) -> None:
    """The response is a problem (RFC 9457) about itself; what is no HTTP, the server may refuse in its own words."""
    kind = response.headers.get_content_type()
    if not strict and kind != "application/problem+json":
        return
    assert kind == "application/problem+json"
    told = json.loads(response.body)  # type: ignore[attr-defined]
    assert told["status"] == response.status
    for member in ("type", "title", "detail"):
        assert isinstance(told[member], str)
        assert told[member]
    assert "Location" not in response.headers
    assert "Set-Cookie" not in response.headers
    if response.status == 405:
        assert response.headers["Allow"]


def test_there_are_bad_requests_enough_and_each_has_a_name() -> None:
    assert len(BAD) >= 250
    assert len({bad.name for bad in BAD}) == len(BAD)


@pytest.mark.parametrize(("place", "odd"), list(enumerate(ODD)), ids=[odd.name for odd in ODD])
def test_an_odd_request_gets_the_right_answer(served: House, place: int, odd: Odd) -> None:
    response = exchange(served, odd.raw, place)
    assert response is not None
    body = response.body  # type: ignore[attr-defined]
    assert response.status == odd.status, body[:500]
    assert odd.holds in body


def test_two_requests_in_one_packet_get_two_answers(served: House) -> None:
    one = b"GET /sparql?query=ASK%7B%7D&format=csv HTTP/1.1\r\nHost: x\r\n"
    with served.connect(one + b"\r\n" + one + b"Connection: close\r\n\r\n") as connection:
        answer = connection.makefile("rb").read()
    assert answer.count(b"HTTP/1.1 200 OK") == 2


def test_what_follows_a_refused_message_is_not_taken_for_a_request(served: House) -> None:
    # Were the length believed, or the chunks ended elsewhere, the second line would be a request of its own.
    inside = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    for head in (
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: 0\r\nContent-Length: 35\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    ):
        with served.connect(b"POST /sparql HTTP/1.1\r\nHost: x\r\n" + head + inside) as connection:
            connection.settimeout(5)
            assert b"alive" not in connection.makefile("rb").read()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1:1"])
@pytest.mark.parametrize(
    "address",
    [
        "/dumps",
        "/sparql/",
        "/api/",
        "/def/",
        "/api?query=clusters",
        "/id/cluster/x",
        "/id//evil.example",
        "/def/prefix/td",
    ],
)
def test_nobody_is_sent_to_another_host(served: House, host: str, address: str) -> None:
    response = exchange(served, lines(f"GET {address} HTTP/1.1", f"Host: {host}", "Connection: close"), 0)
    assert response is not None
    assert response.status in (301, 302, 303, 307, 308)
    assert response.headers["Location"].startswith("/")
    assert not response.headers["Location"].startswith("//")


@pytest.mark.parametrize("before", ["/", "//", "///", "/%2f/", "/%2F%2f", "/%5c", "/\\", "/.//", "/..//"])
def test_no_page_links_to_another_host_that_its_address_names(served: House, before: str) -> None:
    target = f"{before}evil.example/x"
    response = exchange(served, lines(f"GET {target} HTTP/1.1", "Host: x", "Accept: text/html", "Connection: close"), 0)
    assert response is not None
    assert response.status == 404
    links = re.findall(r'(?:href|src|action)="([^"]*)"', response.body.decode())  # type: ignore[attr-defined]
    assert any("evil.example" in link for link in links)
    # As a browser reads it: a backslash is a slash to it, and three slashes are two.
    assert not [link for link in links if link.replace("\\", "/").startswith("//") or "://evil" in link]


@pytest.mark.parametrize("clothes", CALLS)
def test_a_call_to_another_service_is_refused_however_it_is_sent(served: House, clothes: str) -> None:
    with listener() as (port, heard):
        query = CALLS[clothes].replace("<U>", f"<http://127.0.0.1:{port}/>")
        direct = {"Content-Type": "application/sparql-query"}
        for response in (
            served.sparql(query),
            served.client.post("/sparql", data={"query": query}),
            served.client.post("/sparql", content=query, headers=direct),
            served.client.request("QUERY", "/sparql", content=query, headers=direct),
        ):
            assert response.status_code in (400, 403)
            assert response.headers["content-type"] == "application/problem+json"
    assert heard == []
