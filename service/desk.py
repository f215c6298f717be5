"""What is answered on the spot: a small question to `/sparql` or `/api`, in the process that read it, over its store.

The desk takes a request as it came over the wire and gives the response as it goes over the wire, whole, or None: then
the application answers, which knows every route, every form and every failure. So there is one place that refuses, and
what the desk does not know for certain it does not try.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine, Mapping
from email.utils import formatdate
from functools import lru_cache
from operator import itemgetter
from time import perf_counter, time
from typing import Any, NamedTuple, TypeVar, cast

from cachetools import LRUCache
from pyoxigraph import QueryResultsFormat, QueryTriples, RdfFormat, Store, serialize
from starlette.requests import Request
from starlette.routing import compile_path
from starlette.types import Message, Scope

from loaders.release import Release
from service import curated
from service.catalogue import Catalogue
from service.dataset import UNION, Dataset
from service.edition import edition
from service.encoding import Encoded
from service.engine import Engine
from service.functions import custom
from service.letter import Address, Aside, Letter
from service.markup import printable, sayable
from service.negotiation import HTML, RESULTS
from service.openapi import pattern
from service.plan import USUAL, Draft, Plan, Sparql, lines, plan
from service.problems import Problem
from service.query import Query
from service.reply import bindings
from service.snapshot import Snapshot
from service.visit import name

Result = TypeVar("Result")

# So much is written to a socket at once, whatever its buffer was; what is longer, the application sends.
LONGEST = 163_840

_STATUS = {200: b"HTTP/1.1 200 OK\r\n", 304: b"HTTP/1.1 304 Not Modified\r\n"}
# Bytes of the letters whose plan is remembered: what is asked stands in a plan several times over.
_PLANS, _TIMES = 8 << 20, 4
Key = tuple[bytes, bool]
_graph_format, _rows_format = lru_cache(RdfFormat.from_media_type), lru_cache(QueryResultsFormat.from_media_type)
# What a response takes in memory beside its bytes and those of the letter that it is kept under.
_BESIDE = 2000


class Response(NamedTuple):
    """A response as it is sent, in two parts: what is of this very moment, and what may be kept.

    `status` is its code, `length` the bytes of its body; `last` when the connection is to end with it, `kept` when it
    may be given again, `repeated` when it is; `path` and `query` are what it answers.
    """

    moment: bytes
    rest: bytes
    status: int
    length: int
    last: bool = False
    kept: bool = False
    repeated: bool = False
    path: str = ""
    query: str | None = None

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self.moment) + len(self.rest)


class StoreEngine:
    """The engine that the curated queries ask here: the store of this very process, which never lets them wait."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def read(self, query: str, media: str, lane: str = "curated") -> bytes:
        """The whole answer in a media type."""
        return self._desk.evaluate(query, media)

    async def apart(self, work: Callable[[], Result]) -> Result:
        """What the work gives that needs no query."""
        return work()

    async def write(self, work: Callable[[], Result], rows: int) -> Result:
        """What the work makes of so many rows."""
        return work()

    async def rows(self, query: str, lane: str = "curated") -> list[dict[str, dict[str, str]]]:
        """The rows of a SELECT as in SPARQL's JSON."""
        return bindings(self._desk.evaluate(query, RESULTS[0].media))


class Desk:
    """What answers on the spot over a release, its store and the questions asked of it."""

    def __init__(self, release: Release, kept: int) -> None:
        self._release = release
        self._functions = custom(release.base)
        engine = cast(Engine, StoreEngine(self))
        self._snapshot = Snapshot(release, engine, Catalogue.read(release.base))
        # Read once, before tellers are forked: each by itself would take longer than a teller may. What cannot be
        # read is told to who asks.
        with contextlib.suppress(Problem):
            self._orders = self._snapshot.orders
        edition()
        self._routes = [
            (compile_path(pattern(query.path))[0], query)
            for query in sorted(self._snapshot.catalogue, key=lambda query: -len(query.path.split("/")))
        ]
        # Each with the bytes that it takes.
        self._kept = LRUCache[Key, tuple[Response, int]](kept, itemgetter(1))
        self._plans = LRUCache[Key, tuple[Plan, int]](_PLANS, itemgetter(1))

    def open(self, whole: Store, merge: Store) -> None:
        """From here on these stores answer: the second one, with nothing but the merge of all graphs, where it can."""
        self._store, self._merge = whole, merge

    def answer(self, letter: Letter, server: Address) -> Response | None:
        """The response to a request that is there whole, or None when it is for the application."""
        began, key = perf_counter(), (letter.text, letter.believed)
        if kept := self._kept.get(key):
            return _dated(kept[0], letter.name, began)
        try:
            response = self._respond(letter, server)
        except (Aside, Problem, SyntaxError, ValueError, RuntimeError, OSError):
            return None
        if len(response.rest) > LONGEST:
            return None
        size = len(letter.text) + len(response.rest) + _BESIDE
        if response.kept and len(letter.text) <= USUAL and size <= self._kept.maxsize:
            self._kept[key] = response._replace(repeated=True), size
        return _dated(response, letter.name, began)

    def _respond(self, letter: Letter, server: Address) -> Response:
        """The response to what is asked, as the frame around the application gives it."""
        made = self._plan(letter, server)
        if made.sparql and made.head:
            return _written(made, 200, made.head, self._evaluated(made.sparql), made.kept)
        draft = _coded(made, self._sparql(made.sparql) if made.sparql else self._curated(made.scope))
        head = lines([header for header in draft.headers if header[0] != b"content-length"])
        return _written(made, draft.status, head, draft.body, made.kept and b"no-store" not in head)

    def _plan(self, letter: Letter, server: Address) -> Plan:
        key = (letter.text, letter.believed)
        if known := self._plans.get(key):
            return known[0]
        made = plan(letter, server, self._release)
        if len(letter.text) <= USUAL:
            self._plans[key] = made, _TIMES * len(letter.text) + _BESIDE
        return made

    def _sparql(self, asked: Sparql) -> Draft:
        if asked.known:
            return Draft(304, asked.headers, b"")
        answer = self._evaluated(asked)
        return Draft(200, [*asked.headers, (b"content-length", b"%d" % len(answer))], answer)

    def _evaluated(self, asked: Sparql) -> bytes:
        if (short := asked.lookup) and short.few and (answer := short.answer(self._merge)) is not None:
            return answer
        return self.evaluate(asked.query, asked.media, asked.dataset)

    def _curated(self, scope: Scope) -> Draft:
        query, given = self._route(scope["path"])
        response = _run(curated.answer(query, Request({**scope, "path_params": given, "state": {}}), self._snapshot))
        if response.headers.get("content-type", "").startswith(HTML.media):
            raise Aside
        return Draft(response.status_code, response.raw_headers, bytes(response.body))

    def _route(self, path: str) -> tuple[Query, Mapping[str, str]]:
        for route, query in self._routes:
            if match := route.match(path):
                return query, match.groupdict()
        raise Aside

    def evaluate(self, query: str, media: str, asked: Dataset = UNION) -> bytes:
        """The answer to a query in a media type, whole."""
        store = self._merge if asked.merged else self._store
        results = store.query(query, custom_functions=self._functions, **asked.options(self._release.base))
        if isinstance(results, QueryTriples):
            written = _graph_format(media)
            told = written == RdfFormat.RDF_XML
            answer = serialize(sayable(results), format=written) if told else results.serialize(format=written)
        else:
            answer = results.serialize(format=_rows_format(media))
        assert answer is not None, "the engine returns what it writes nowhere else"
        return printable(answer) if media.endswith("xml") else answer


def _coded(made: Plan, draft: Draft) -> Draft:
    """The response in the coding of its client, if that is worth it."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    encoded = Encoded(send, made.coding, made.scope, made.known)
    _run(_give(draft, encoded))
    start, content = sent
    return Draft(start["status"], start["headers"], content["body"])


async def _give(draft: Draft, encoded: Encoded) -> None:
    await encoded.send({"type": "http.response.start", "status": draft.status, "headers": draft.headers})
    await encoded.send({"type": "http.response.body", "body": draft.body})


def _written(made: Plan, status: int, head: bytes, body: bytes, kept: bool) -> Response:
    length = b"content-length: %d\r\n\r\n" % len(body) if status == 200 else b"\r\n"
    path, whole = made.scope["path"], head + length + body
    return Response(_STATUS[status], whole, status, len(body), made.last, kept, False, path, made.query)


def _dated(response: Response, given: bytes | None, began: float) -> Response:
    """The response of this moment, to a request under the name that it was given if that is fit."""
    spent = (perf_counter() - began) * 1000
    moment = b"%b%bx-request-id: %b\r\nserver-timing: %btotal;dur=%.2f\r\n%b" % (
        response.moment,
        _date(int(time())),
        name(given).encode(),
        b"cache, " if response.repeated else b"",
        spent,
        b"connection: close\r\n" if response.last else b"",
    )
    return Response(moment, *response[1:])


@lru_cache(1)
def _date(second: int) -> bytes:
    return f"date: {formatdate(second, usegmt=True)}\r\n".encode()


def _run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """What a coroutine returns that never waits; Aside if it would."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return cast(Result, end.value)
    coroutine.close()
    raise Aside
