"""What a letter asks, read once: how it is to be answered, as far as that does not depend on what the store says."""

from __future__ import annotations

from operator import itemgetter
from typing import NamedTuple

from cachetools import LRUCache
from starlette.requests import Request
from starlette.types import Message, Scope

from loaders.release import Release
from service import encoding, guard
from service.condition import is_anything
from service.dataset import Dataset
from service.encoding import Coding, Encoded, Headers
from service.frame import CARRIED, heard
from service.letter import Address, Aside, Letter, is_last, read
from service.lookup import Lookup, lookup
from service.negotiation import GRAPHS, RESULTS, attachment, choose, etag, not_modified
from service.protocol import is_shown, operation

# What is longer, a letter or a query, is read anew each time: it would take the place of too many others.
USUAL = 16_384
# What queries are, each with the bytes that it takes, and those that it takes beside its text.
_READINGS, _BESIDE = LRUCache[str, tuple[guard.Reading, int]](2 << 20, itemgetter(1)), 1000
_EVERY = b"".join([b"%b: %b\r\n" % header for header in CARRIED.items()])


class Draft(NamedTuple):
    """A response before it is in the coding that its client likes."""

    status: int
    headers: Headers
    body: bytes


class Sparql(NamedTuple):
    """A query to `/sparql`: its dataset, the media type of the answer, the headers, and whether its client has it.

    `lookup` if it is no more than that, and asks for what all graphs say together.
    """

    query: str
    dataset: Dataset
    media: str
    headers: Headers
    known: bool
    lookup: Lookup | None


class Plan(NamedTuple):
    """How a letter is to be answered: in which coding, whether it is the last, whether that may be kept; the query.

    `head` is all of the head but the length, for a query whose answer is in no coding.
    """

    scope: Scope
    coding: Coding | None
    known: bytes
    last: bool
    kept: bool
    sparql: Sparql | None
    head: bytes

    @property
    def query(self) -> str | None:
        """The query that was sent to `/sparql`."""
        return self.sparql.query if self.sparql else None


def plan(letter: Letter, server: Address, release: Release) -> Plan:
    """The plan for a letter; Aside or Problem when it is for the application."""
    scope, body = read(letter, server)
    said = dict(reversed(scope["headers"]))
    coding = encoding.choose(said.get(b"accept-encoding", b"").decode("latin-1"))
    if is_anything(known := said.get(b"if-none-match", b"")):
        raise Aside
    inner = {**scope, "headers": heard(scope["headers"], Encoded(_nowhere, coding, scope, known))}
    # What is in no coding has its headers from here; what is gets them where it is coded.
    vary = b"Accept" if coding else b"Accept, Accept-Encoding"
    asked = _sparql(Request(inner), body, release, vary) if scope["path"] == "/sparql" else None
    if asked is None and (body or not scope["path"].startswith("/api/") or scope["method"] != "GET"):
        raise Aside
    wishes = [value for name, value in scope["headers"] if name == b"cache-control"]
    kept = not any(b"no-" in wish for wish in wishes)
    head = lines(asked.headers) if asked and coding is None and not asked.known else b""
    return Plan(inner, coding, known, is_last(scope["headers"]), kept and b"no-store" not in head, asked, head)


def lines(headers: Headers) -> bytes:
    """The headers as they go over the wire, with those that every response carries."""
    return b"".join([b"%b: %b\r\n" % header for header in headers]) + _EVERY


async def _nowhere(message: Message) -> None:
    """Nothing is sent while a letter is read."""


def _sparql(request: Request, body: bytes, release: Release, vary: bytes) -> Sparql:
    asked = operation(request.method, request.headers, request.scope["query_string"], body)
    accept = request.headers.get("accept")
    if asked.query is None or is_shown(request.method, accept, asked):
        raise Aside
    # Nothing may be called from here, whatever SERVICE may call elsewhere: to wait for an answer takes too long.
    reading = _reading(asked.query)
    choice = choose(accept, RESULTS if reading.form in ("SELECT", "ASK") else GRAPHS, asked.format)
    headers, known = [(b"vary", vary), (b"cache-control", b"no-store")], False
    if reading.repeatable and request.method == "GET":
        tag = etag(release, request, choice.media)
        headers = [(b"vary", vary), (b"cache-control", b"public, no-cache"), (b"etag", tag.encode())]
        if known := not_modified(request, tag):
            # What has no body gets it with the coding, whichever that is.
            headers[0] = (b"vary", b"Accept")
    media = f"{choice.media}; charset=utf-8" if choice.media.startswith("text/") else choice.media
    if not known:
        headers.append((b"content-type", media.encode()))
        headers += [(name.lower().encode(), value.encode()) for name, value in attachment(choice).items()]
    dataset, form = Dataset.of(asked, reading, release.base), choice.format.media
    short = lookup(asked.query, form) if dataset.merged and len(asked.query) <= USUAL else None
    return Sparql(asked.query, dataset, form, headers, known, short)


def _reading(query: str) -> guard.Reading:
    if len(query) > USUAL:
        return guard.read(query)
    if (known := _READINGS.get(query)) is None:
        known = _READINGS[query] = guard.read(query), len(query) + _BESIDE
    return known[0]
