"""A file, as far as its client wants it: not at all, in parts, or whole (RFC 9110, 13.2.2)."""

from __future__ import annotations

import asyncio
import os

from fastapi import Request, Response
from fastapi.responses import FileResponse
from starlette.types import Receive, Scope, Send

from service import ranges
from service.condition import NOT_OF_304, is_anything, moment
from service.negotiation import not_modified
from service.problems import Problem
from service.ranges import Part


class Download(FileResponse):
    """A file with a strong tag: its own, or one of its time and size."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """It was sent, or that it is unchanged; Problem 416 when it has no such part."""
        if self.stat_result is None:
            self.stat_result = await asyncio.to_thread(os.stat, self.path)
            self.set_stat_headers(self.stat_result)
        request = Request(scope)
        if self._is_known(request):
            return await self._unchanged()(scope, receive, send)
        headers = [(name, value) for name, value in scope["headers"] if name not in (b"range", b"if-range")]
        if parts := self._parts(request, self.stat_result.st_size):
            said = ",".join(f"{part.start}-{part.end - 1}" for part in parts)
            headers.append((b"range", f"bytes={said}".encode()))
        return await super().__call__({**scope, "headers": headers}, receive, send)

    def _is_known(self, request: Request) -> bool:
        known = request.headers.get("if-none-match")
        if known is None:
            since, last = moment(request.headers.get("if-modified-since")), moment(self.headers["last-modified"])
            return since is not None and last is not None and last <= since
        return is_anything(known.encode("latin-1")) or not_modified(request, self.headers["etag"])

    def _unchanged(self) -> Response:
        unchanged = Response(status_code=304, media_type=self.media_type)
        unchanged.raw_headers += [header for header in self.raw_headers if header[0] not in NOT_OF_304]
        return unchanged

    def _parts(self, request: Request, size: int) -> list[Part] | None:
        """The parts to send; None for all of it."""
        asked, tag = request.headers.getlist("range"), request.headers.get("if-range")
        # A range is of a GET only (14.2). Who knows the file by its date could know it by its tag as well (13.1.5).
        if not asked or _is_head(request) or (tag is not None and tag != self.headers["etag"]):
            return None
        parts = ranges.asked(", ".join(asked), size)
        if parts is not None and not parts:
            detail = f"The file has {size} bytes, and none of those that Range asks for."
            raise Problem(416, "No such part", detail, {"Content-Range": f"bytes */{size}"}, size=size)
        return parts


def _is_head(request: Request) -> bool:
    """Whether the client asked by HEAD: the routes see a GET."""
    return bool(request.scope.get("state", {}).get("head"))
