"""The shortest way through the service: an answer that is kept is given again before anything else is done."""

from __future__ import annotations

from starlette.types import Scope, Send

from service.cache import Cache, question
from service.frame import MAX_HEADERS, TEXT, arrival
from service.visit import Visits


class Front:
    """What meets a request first."""

    def __init__(self, cache: Cache, visits: Visits) -> None:
        self.cache, self.visits = cache, visits

    async def repeat(self, scope: Scope, send: Send) -> bool:
        """Whether an answer was there; to a client that knows it (If-None-Match), that it has not changed."""
        if not self.cache.longest or scope["http_version"] not in TEXT:
            return False
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        head = dict(headers)
        # A header that is there twice, and headers that are too long, are for the frame to judge.
        if len(head) < len(headers) or sum(len(name) + len(value) for name, value in headers) > MAX_HEADERS:
            return False
        key = question(scope, head)
        if key is None or b"no-cache" in head.get(b"cache-control", b"") or not (kept := self.cache.find(key)):
            return False
        visit = arrival(scope)
        visit.cached, visit.route, visit.query = True, kept.route, kept.query
        known = kept.is_known(head.get(b"if-none-match"))
        visit.status = 304 if known else 200
        visit.size = 0 if known or visit.method == "HEAD" else len(kept.body)
        named = [(b"x-request-id", visit.id.encode()), (b"server-timing", visit.timing().encode())]
        there = kept.unchanged if known else kept.headers
        await send({"type": "http.response.start", "status": visit.status, "headers": there + named})
        await send({"type": "http.response.body", "body": b"" if known else kept.body})
        self.visits.end(visit)
        return True
