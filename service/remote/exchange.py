"""Asking an engine over HTTP: connections that are used again, an answer that is gathered, failures in our words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx

from service.body import Body
from service.remote import dialect as dialects
from service.remote.dialect import Dialect
from service.remote.form import STATEMENTS

# Seconds to be connected within; how long all of it may take, the asker says.
_CONNECT = 3.0
_PIECE = 1 << 16
# So much of what an engine says of a failure is read.
_WORDS = 2000
FORM = "application/x-www-form-urlencoded"
# One of these says where an answer ends; one that has less is a failure to httpx.
_ENDS = {"content-length", "transfer-encoding"}


class Unreachable(Exception):
    """The engine is not there, or does not let us in."""


class Refused(Exception):
    """The engine says that the query is wrong, in its words."""


class Failed(Exception):
    """The engine failed at the query; `late` when it was its own time that ran out."""

    def __init__(self, words: str, *, late: bool = False) -> None:
        super().__init__(words)
        self.late = late


@dataclass(frozen=True)
class Question:
    """A query, the media type of its answer, and the graphs that it is about; `settled` ones, if named graphs are."""

    query: str
    media: str
    default: Sequence[str] = ()
    named: Sequence[str] = ()
    settled: bool = False

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The fields of the form that asks it (SPARQL 1.1 Protocol, 2.1.2)."""
        graphs = [("default-graph-uri", iri) for iri in self.default] + [("named-graph-uri", iri) for iri in self.named]
        return [("query", self.query), *graphs]


class Exchange:
    """An engine at an address; its dialect is known after the first answer."""

    def __init__(self, endpoint: str, login: tuple[str, str] | None, connections: int) -> None:
        self.endpoint, self._login = endpoint, login
        self.dialect: Dialect | None = None
        # As many connections as may be busy, and no proxy of the environment: the engine is ours.
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._client = httpx.AsyncClient(
            limits=limits, timeout=httpx.Timeout(None, connect=_CONNECT), trust_env=False, follow_redirects=False
        )

    async def ask(self, question: Question, body: Body) -> httpx.Headers:
        """The body has the answer as the engine gave it; Unreachable, Refused, Failed or TooLong otherwise."""
        content = urlencode(question.fields).encode()
        headers = {"Accept": question.media, "Content-Type": FORM, "Accept-Encoding": "identity"}
        try:
            async with self._client.stream(
                "POST", self.endpoint, content=content, headers=headers, auth=self._auth()
            ) as response:
                self.dialect = self.dialect or dialects.of(response.headers.get("server", ""))
                if response.status_code != 200:
                    raise failure(self.dialect, response.status_code, await _words(response))
                # Rows end with a bracket. Lines end anywhere, and a connection that is closed does not say why.
                if question.media == STATEMENTS and not _ENDS & response.headers.keys():
                    raise Failed("a graph with neither a length nor an end: by HTTP/1.0, or a proxy?")
                async for part in response.aiter_raw(_PIECE):
                    await body.add(part)
                return response.headers
        except httpx.RemoteProtocolError as error:
            raise Failed(f"the connection was cut: {error}") from None
        except httpx.HTTPError as error:
            raise Unreachable(str(error) or type(error).__name__) from None

    async def close(self) -> None:
        """No connection is left."""
        await self._client.aclose()

    def _auth(self) -> httpx.Auth | None:
        return (self.dialect or dialects.OTHER).login(*self._login) if self._login else None


def failure(dialect: Dialect, status: int, words: str) -> Exception:
    """What a status other than 200 means, with what the engine says of it."""
    said = f"{status} {words}".strip()
    if dialect.late.search(words) or status in (408, 504):
        return Failed(said, late=True)
    if status == 400 or (dialect.wrong and dialect.wrong.search(words)):
        return Refused(words)
    if status in (401, 403, 404, 405, 429, 502, 503):
        return Unreachable(said)
    return Failed(said)


async def _words(response: httpx.Response) -> str:
    found = b""
    async for part in response.aiter_raw(_WORDS):
        found += part
        if len(found) >= _WORDS:
            break
    return words(found)


def words(content: bytes) -> str:
    """The first line of what an engine says of a failure, which may be a page.

    >>> words(b"<html><p>Error</p>\\n at line 3")
    'Error'
    """
    text = re.sub(r"<[^<>]{0,200}>", "", content[:_WORDS].decode(errors="replace"))
    return next((line.strip()[:300] for line in text.splitlines() if line.strip()), "")
