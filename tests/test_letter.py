"""Requests as they lie in a socket: whatever a stranger sends is read at once, or left to the application."""

from __future__ import annotations

from time import process_time

import pytest

from service.letter import Aside, is_last, opened, read

_PEER, _SERVER = "127.0.0.1", ("127.0.0.1", 80)
_HEAD = b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize("name", [b"X-Request-Id", b"X-Forwarded-For", b"X-Anything"])
@pytest.mark.parametrize("filling", [b" ", b"\t", b", ", b"a,"])
@pytest.mark.parametrize("end", [b"\x01", b"\n", b""])
def test_64_kilobytes_of_filling_hold_nobody_up(name: bytes, filling: bytes, end: bytes) -> None:
    request = _HEAD + name + b":" + filling * (65_000 // len(filling)) + end + b"\r\n\r\n"
    began = process_time()
    letter = opened(request, _PEER)
    if end:
        with pytest.raises(Aside):
            read(letter, _SERVER)
    else:
        assert read(letter, _SERVER)[0]["path"] == "/sparql"
    assert process_time() - began < 1  # tried in every way, it takes minutes


@pytest.mark.parametrize("said", [b"X-Forwarded-For: 192.0.2.1", b"x-forwarded-proto: https"])
def test_what_a_proxy_elsewhere_says_is_for_the_application_to_believe(said: bytes) -> None:
    request = _HEAD + said + b"\r\n\r\n"
    with pytest.raises(Aside):
        read(opened(request, "192.0.2.9"), _SERVER)
    assert read(opened(request, _PEER), _SERVER)[0]["path"] == "/sparql"
    assert opened(request, "192.0.2.9").client == "192.0.2.9"


def test_clients_behind_two_proxies_of_ours_do_not_share_one_limit() -> None:
    lines = b"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 127.0.0.1\r\n"
    assert opened(_HEAD + lines + b"\r\n", _PEER).client == "192.0.2.1"


@pytest.mark.parametrize("said", [b"192.0.2.1:51234", b"[2001:db8::1]:443", b"[2001:db8::1]"])
def test_nobody_has_a_new_limit_with_every_port(said: bytes) -> None:
    with pytest.raises(Aside):
        read(opened(_HEAD + b"X-Forwarded-For: " + said + b"\r\n\r\n", _PEER), _SERVER)


@pytest.mark.parametrize("said", [b"192.0.2.1, 10.0.0.10", b"192.0.2.1\r\nX-Forwarded-For: 10.0.0.10"])
def test_a_proxy_before_ours_is_not_taken_for_everybody_behind_it(said: bytes) -> None:
    with pytest.raises(Aside):
        read(opened(_HEAD + b"X-Forwarded-For: " + said + b"\r\n\r\n", _PEER), _SERVER)


def test_a_fragment_is_left_to_the_application() -> None:
    with pytest.raises(Aside):
        read(opened(b"GET /api/clusters?limit=1#2 HTTP/1.1\r\nHost: x\r\n\r\n", _PEER), _SERVER)


def test_the_name_of_a_request_has_no_blanks_around_it() -> None:
    assert opened(_HEAD + b"X-Request-Id:  order-17 \t\r\n\r\n", _PEER).name == b"order-17"


@pytest.mark.parametrize(
    ("said", "last"),
    [
        (b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk", False),
        (b"Connection: TE, close\r\nTE: deflate, gzip;q=0.3", True),
        (b"Connection: keep-alive\r\nConnection: CLOSE", True),
    ],
)
def test_an_offer_that_nobody_takes_up_is_no_reason_to_wait_longer(said: bytes, last: bool) -> None:
    scope, _ = read(opened(_HEAD + said + b"\r\n\r\n", _PEER), _SERVER)
    assert is_last(scope["headers"]) is last


def test_what_else_is_said_of_a_connection_is_for_the_application() -> None:
    scope, _ = read(opened(_HEAD + b"Connection: close, Host\r\n\r\n", _PEER), _SERVER)
    with pytest.raises(Aside):
        is_last(scope["headers"])
