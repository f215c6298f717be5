"""Answers that are kept, so that the same question is not worked on twice: within bounds, of one release at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cachetools import LRUCache
from starlette.types import Message, Scope, Send

from loaders.release import Release
from service.condition import NOT_OF_304, is_anything
from service.encoding import Headers, choose

# No answer takes more than this part of the whole, so that one long answer does not drive out many short ones.
_SHARE = 16
# What an entry takes beside what it holds.
_OVERHEAD = 1024
# Of what asks for more than an answer, none is kept.
_BESIDE = {b"range", b"accept-datetime", b"if-match"}
# What belongs to one request only.
_OF_ONE = (b"content-length", b"x-request-id", b"server-timing", b"date")

Key = tuple[object, ...]


@dataclass(frozen=True)
class Kept:
    """An answer as it was sent, and what the log says of the request that made it."""

    headers: Headers
    body: bytes
    route: str = ""
    query: str | None = None
    tag: bytes = field(init=False)
    unchanged: Headers = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tag", dict(self.headers)[b"etag"])
        object.__setattr__(self, "unchanged", [(name, value) for name, value in self.headers if name not in NOT_OF_304])

    def is_known(self, known: bytes | None) -> bool:
        """Whether a client that knows these tags (If-None-Match) has the answer already."""
        return known is not None and (is_anything(known) or self.tag in known)


class Cache:
    """Answers up to so many bytes; the one not asked for the longest goes first."""

    def __init__(self, size: int) -> None:
        self.longest = size // _SHARE
        self.hits = self.misses = 0
        # Each with the bytes that it takes.
        self._kept: LRUCache[Key, tuple[Kept, int]] = LRUCache(size, getsizeof=lambda item: item[1])
        self._release: Release | None = None

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def size(self) -> int:
        """The bytes that are taken."""
        return int(self._kept.currsize)

    def turn(self, release: Release) -> None:
        """It holds answers of this release only."""
        if release is not self._release:
            self._release = release
            self._kept.clear()

    def find(self, key: Key) -> Kept | None:
        """The answer to the same question, if it is kept."""
        found = self._kept.get(key)
        if found is None:
            self.misses += 1
        else:
            self.hits += 1
        return found and found[0]

    def keep(self, key: Key, kept: Kept | None, release: Release) -> None:
        """The answer, if there is one, is kept, unless it is too long or of a release that is served no more."""
        if kept is not None and release is self._release and (size := _size(key, kept)) <= self.longest:
            self._kept[key] = kept, size


def _size(key: Key, kept: Kept) -> int:
    asked = sum(len(part) for part in key if isinstance(part, bytes))
    headers = sum(len(name) + len(value) for name, value in kept.headers)
    return _OVERHEAD + asked + 2 * headers + len(kept.body) + 4 * len(kept.query or "")


def question(scope: Scope, head: Mapping[bytes, bytes]) -> Key | None:
    """All that the answer depends on beside the release; None when a request is not one that an answer is kept for."""
    if scope["method"] not in ("GET", "HEAD") or not _BESIDE.isdisjoint(head):
        return None
    if b"no-store" in head.get(b"cache-control", b""):
        return None
    if b"transfer-encoding" in head or head.get(b"content-length", b"0") != b"0":
        return None
    return (
        scope["scheme"],
        head.get(b"host") or scope.get("server"),
        scope.get("root_path"),
        scope.get("raw_path") or scope["path"],
        scope["query_string"],
        # As they came: what is the same to us need not be the same to those who read it, `text/ csv` and `text/csv`.
        head.get(b"accept"),
        head.get(b"accept-language"),
        choose(head.get(b"accept-encoding", b"").decode("latin-1")),
    )


class Recorder:
    """What is sent, and at the end the whole of it if it may be kept."""

    def __init__(self, send: Send, longest: int) -> None:
        self._send, self._longest = send, longest
        self._headers: Headers | None = None
        self._parts: list[bytes] = []
        self._taken = 0
        self.complete = False

    async def send(self, message: Message) -> None:
        """The message was sent, and remembered."""
        if message["type"] == "http.response.start":
            self._headers = list(message["headers"]) if _fit(message) else None
        elif self._headers is not None and message["type"] == "http.response.body":
            self._take(message)
        await self._send(message)

    def _take(self, message: Message) -> None:
        self._parts.append(message.get("body", b""))
        self._taken += len(self._parts[-1])
        self.complete = not message.get("more_body", False)
        if self._taken > self._longest:
            self._headers, self._parts, self.complete = None, [], False

    def whole(self, route: str, query: str | None) -> Kept | None:
        """The answer, if all of it was there and it may be kept."""
        if self._headers is None or not self.complete:
            return None
        body = b"".join(self._parts)
        headers = [(name, value) for name, value in self._headers if name not in _OF_ONE]
        return Kept([*headers, (b"content-length", b"%d" % len(body))], body, route, query)


def _fit(start: Message) -> bool:
    """Whether everybody may get this answer, and it can be told whether it has changed."""
    headers = dict(start["headers"])
    strong = headers.get(b"etag", b"").startswith(b'"')
    return start["status"] == 200 and strong and b"public" in headers.get(b"cache-control", b"")
