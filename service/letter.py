"""A request as it lies in a socket, for those who answer it on the spot: the envelope, and what is asked.

What names one request, or the way that it came, is the envelope: the same question from two clients is the same letter.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from service.frame import HOST, MAX_TARGET
from service.negotiation import joined

Address = tuple[str, int]

# A request that leaves nothing to interpret. Any other, lawful or not, is for the application's own parser. What
# was read is tried in no other way (`++`): that takes time with the square of the length, minutes for 64 KB of spaces.
_REQUEST = re.compile(
    rb"(GET|POST) (/[!\"$-~]*+) HTTP/1\.1\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]++:[ \t!-~\x80-\xff]*+\r\n)*+)\r\n"
)
_ENVELOPE, _FROM_ANYBODY = (
    re.compile(rb"(?i)\r\n(x-request-id|x-real-ip%b):([!-~ \t]*+)(?=\r\n)" % way) for way in (rb"|x-forwarded-for", b"")
)
_CURATED = re.compile(rb"GET (/api/[!-~]+) ")
_ASIDE = {b"transfer-encoding", b"content-encoding", b"expect", b"range", b"forwarded", b"x-forwarded-for"}
_ASIDE |= {b"accept-datetime"}  # which leads to another release
_ASIDE |= {b"if-match"}  # which may be of another answer
# What a client may say of its connection: it ends, it stays, and offers that nobody needs to take up (RFC 9110, 7.6.1).
_WISHES = {b"close", b"keep-alive", b"upgrade", b"http2-settings", b"te"}
_ONCE = (b"content-length", b"content-type")
# A proxy on this machine is believed what it says of its clients, as uvicorn does by default. What another one says is
# for the application, which may have been told to believe it (FORWARDED_ALLOW_IPS).
_BELIEVED = "127.0.0.1"


class Aside(Exception):
    """This is for the application."""


class Letter(NamedTuple):
    """A request without its envelope; the name it was given; its client; whether a proxy of ours brought it."""

    text: bytes
    name: bytes | None
    client: str
    believed: bool


def opened(request: bytes, host: str) -> Letter:
    """The letter in a request that came from a host."""
    head, believed = request.find(b"\r\n\r\n") + 2, host == _BELIEVED
    envelope = _ENVELOPE if believed else _FROM_ANYBODY
    if not envelope.search(request, 0, head):
        return Letter(request, None, host, believed)
    said = [(match[1].lower(), match[2].strip()) for match in envelope.finditer(request, 0, head)]
    chain = b",".join(value for name, value in said if name == b"x-forwarded-for").decode()
    way = {hop.strip() for hop in chain.split(",")} - {"", _BELIEVED}
    if len(way) > 1 or any(map(_has_port, way)):
        # Which of several is a proxy, and what of it is an address, the application knows: it is left to see them.
        envelope, way = _FROM_ANYBODY, set()
    text = envelope.sub(b"", request[:head]) + request[head:]
    return Letter(text, dict(said).get(b"x-request-id"), next(iter(way), host), believed)


def _has_port(hop: str) -> bool:
    return hop.startswith("[") or hop.count(":") == 1


def kind(letter: Letter) -> bytes:
    """What a letter has in common with those that take as long as it does.

    A query of the public is of a kind of its own. A curated one is its address without keys, and what is given.

    >>> kind(opened(b"GET /api/units?q=van+lang&level=commune HTTP/1.1\\r\\n\\r\\n", ""))
    b'/api/units/units/1 q level'
    """
    match = _CURATED.match(letter.text)
    if match is None:
        return letter.text
    path, _, query = match[1].partition(b"?")
    parts = path.removeprefix(b"/api/").split(b"/")
    names = [part.partition(b"=")[0] for part in query.split(b"&")]
    return b"/api/%b/%b/%d %b" % (parts[0], parts[-1], len(parts), b" ".join(names))


def read(letter: Letter, server: Address) -> tuple[dict[str, Any], bytes]:
    """What is asked, as the scope of ASGI, and the body; Aside if anything about it is unusual."""
    if not (match := _REQUEST.match(letter.text)):
        raise Aside
    method, target, lines = match.groups()
    parts = [line.partition(b":") for line in lines.split(b"\r\n")[:-1]]
    headers = [(name.lower(), value.strip(b" \t")) for name, _, value in parts]
    headers = joined(headers)
    body = letter.text[match.end() :]
    if len(target) > MAX_TARGET or not _plain(headers, method, body):
        raise Aside
    path, _, query = target.partition(b"?")
    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "method": method.decode(),
        "scheme": _scheme(headers, letter.believed),
        "path": unquote_to_bytes(path).decode(),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": headers,
        "client": (letter.client, 0),
        "server": server,
        "state": {},
    }
    return scope, body


def _plain(headers: list[tuple[bytes, bytes]], method: bytes, body: bytes) -> bool:
    """Whether there is one host, nothing unusual, and the body that is announced."""
    names, said = [name for name, _ in headers], dict(headers)
    if not _ASIDE.isdisjoint(names) or names.count(b"host") != 1 or any(names.count(name) > 1 for name in _ONCE):
        return False
    length = said.get(b"content-length", b"0")
    whole = length.isdigit() and int(length) == len(body) and not (body and method == b"GET")
    return whole and HOST.fullmatch(said[b"host"]) is not None


def _scheme(headers: list[tuple[bytes, bytes]], believed: bool) -> str:
    said = {value for name, value in headers if name == b"x-forwarded-proto"}
    if said and not believed:
        raise Aside
    return "https" if said == {b"https"} else "http"


def is_last(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether the client wants no more on this connection; Aside if it says anything unusual of it."""
    said = [value.lower().split(b",") for name, value in headers if name == b"connection"]
    wishes = {wish.strip(b" \t") for each in said for wish in each}
    if not wishes <= _WISHES:
        raise Aside
    return b"close" in wishes
