"""The form of an answer: what an engine wrote, read to its end and written as the store of the service writes it.

So an answer that was cut off, or is something else, is found out before a status line, and clients see one form,
whatever the engine makes of it.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import IO, cast

from pyoxigraph import (
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
    serialize,
)

from service.body import Body
from service.failures import unsayable
from service.markup import Unsayable, printable, sayable
from service.negotiation import GRAPHS

ROWS, STATEMENTS = "application/sparql-results+json", "application/n-triples"
QUADS = "application/n-quads"
# What is no longer is read and written at once, in some tenths of a millisecond.
_SMALL = 1 << 16
_PIECE = 1 << 18
_SORTED = 20_000
_THREADS = ThreadPoolExecutor(2, "form")


class Garbled(Exception):
    """The engine's answer cannot be read, or ends too early."""


class Full(Exception):
    """The engine's answer has more statements than those of which it says that there are more."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most


def wanted(media: str) -> str:
    """What to ask an engine for, so that it can be written in a media type.

    >>> wanted("text/csv"), wanted("text/turtle")
    ('application/sparql-results+json', 'application/n-triples')
    """
    return STATEMENTS if any(form.media == media for form in GRAPHS) else ROWS


async def write(raw: Body, media: str, body: Body, most: int | None = None) -> None:
    """The body has the answer in the media type; Garbled, TooLong or NoRoom otherwise.

    Full for more than so many statements: it is from an engine that stops then, without a word.
    """
    if raw.size <= _SMALL:
        target = io.BytesIO()
        _convert(raw.reader(), media, target, most)
        await body.add(target.getvalue())
        return
    loop = asyncio.get_running_loop()
    sink = _Sink(lambda part: asyncio.run_coroutine_threadsafe(body.add(part), loop).result())
    try:
        await loop.run_in_executor(_THREADS, sink.fill, raw.reader(), media, most)
    finally:
        sink.left = True


class _Sink:
    """What a thread writes an answer to: pieces go to the loop as they fill, until nobody waits for them any more."""

    def __init__(self, give: Callable[[bytes], None]) -> None:
        self._give, self._buffer, self.left = give, bytearray(), False

    def fill(self, source: IO[bytes], media: str, most: int | None) -> None:
        """The whole answer was written."""
        _convert(source, media, cast(IO[bytes], self), most)
        self._give(bytes(self._buffer))

    def write(self, data: bytes) -> int:
        """The data are on their way."""
        if self.left:
            raise BrokenPipeError
        self._buffer += data
        if len(self._buffer) >= _PIECE:
            self._give(bytes(self._buffer))
            self._buffer.clear()
        return len(data)

    def flush(self) -> None:
        """Nothing: a piece leaves when it is full, or with the end."""


class _Printable:
    """What XML is written through: nothing in it that XML cannot have."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target, self.flush = target, target.flush

    def write(self, data: bytes) -> int:
        """The data are written."""
        self._target.write(printable(data))
        return len(data)


def _statements(source: IO[bytes], most: int | None) -> Iterator[Triple]:
    """The statements; those of an answer that is not long in one order, since engines give them in any."""
    found = _within(most, (quad.triple for quad in parse(source, RdfFormat.N_TRIPLES)))
    some = list(islice(found, _SORTED))
    yield from sorted(some, key=str) if len(some) < _SORTED else some
    yield from found


def _within(most: int | None, found: Iterator[Triple]) -> Iterator[Triple]:
    """The statements, which are no more than these; Full otherwise."""
    yield from islice(found, most)
    if next(found, None):
        raise Full(most or 0)


def _convert(source: IO[bytes], media: str, target: IO[bytes], most: int | None) -> None:
    if media.endswith("xml"):
        target = cast(IO[bytes], _Printable(target))
    try:
        if wanted(media) == STATEMENTS:
            statements = _statements(source, most)
            written = RdfFormat.from_media_type(media)
            serialize(sayable(statements) if written == RdfFormat.RDF_XML else statements, target, written)
        else:
            _rows(source, media, target)
    except Unsayable as error:
        raise unsayable(str(error)) from None
    except (SyntaxError, ValueError) as error:
        raise Garbled(str(error)[:300]) from None


def _rows(source: IO[bytes], media: str, target: IO[bytes]) -> None:
    found: QuerySolutions | QueryBoolean | None = parse_query_results(source, QueryResultsFormat.JSON)
    assert found is not None
    try:
        found.serialize(target, QueryResultsFormat.from_media_type(media))
    finally:
        # It is to end in this thread, and a failure would take it along.
        found = None
