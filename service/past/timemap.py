"""`/timemap/…`: when the release was published in which a document, an answer or a description was what it was."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.negotiation import etag, not_modified
from service.openapi import PROBLEM
from service.past import memento
from service.past.doors import is_door
from service.past.layer import Times
from service.past.memento import LINK_FORMAT, Places, asked
from service.problems import Problem
from service.snapshot import Now

_ROOT = "/timemap"


def routes() -> APIRouter:
    """`/timemap/` and behind it the path of what it is about."""
    router = APIRouter(tags=["release"])
    router.add_api_route(
        f"{_ROOT}/{{path:path}}",
        timemap,
        response_class=Response,
        summary="The kept releases in which something is to be had (RFC 7089)",
        responses={
            200: {"content": {LINK_FORMAT: {}}},
            404: {"description": "No release that was published has it", "content": PROBLEM},
        },
    )
    return router


async def timemap(path: str, request: Request, snapshot: Now) -> Response:
    """Every kept release that has what is at `/{path}`, with the moment since which it was published."""
    times: Times = request.app.state.times
    found = await times.mementos(f"/{path}") if is_door(f"/{path}") else []
    if not found:
        raise Problem(404, "Not found", f"no release that was published has /{path[:200]}")
    stamps = [f"{each.version} {memento.stamp(each.since)}" for each in found]
    tag = etag(snapshot.release, request, str(request.base_url), *stamps)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if not_modified(request, tag):
        return Response(status_code=304, headers=headers)
    places = Places(request, asked(request.scope).removeprefix(_ROOT))
    return Response(memento.timemap(places, found), 200, headers, LINK_FORMAT)
