"""Is it alive, does it answer, and how is it?"""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response

from service.metrics import Metrics
from service.problems import Problem
from service.snapshot import Now

# A cache that was told nothing may keep an answer for as long as it likes, and some do for two minutes.
_OF_NOW = {"Cache-Control": "no-store"}


def routes() -> APIRouter:
    """`/healthz`, `/readyz` and `/metrics`."""
    router = APIRouter(tags=["health"])
    router.add_api_route("/healthz", alive, summary="The process lives")
    router.add_api_route("/readyz", ready, summary="A release is open and answers a query")
    router.add_api_route(
        "/metrics",
        metrics,
        response_class=Response,
        summary="How the service is, for Prometheus",
        responses={200: {"content": {media: {} for media in ("text/plain", "application/openmetrics-text")}}},
    )
    return router


async def alive(response: Response) -> dict[str, str]:
    """The process lives."""
    response.headers.update(_OF_NOW)
    return {"status": "alive"}


async def ready(request: Request, response: Response, snapshot: Now) -> dict[str, Any]:
    """A query was answered just now, of what is published; otherwise Problem 503, whatever the reason."""
    if why := request.app.state.follower.sight.lasting:
        raise Problem(503, "Not following", f"What is published cannot be seen, and may be another release: {why}")
    try:
        rows = await snapshot.engine.rows("SELECT ?s WHERE { ?s ?p ?o } LIMIT 1")
    except Problem as problem:
        raise Problem(503, "Not ready", problem.detail, problem.headers, **problem.more) from None
    if not rows:
        raise Problem(503, "Empty", "The release that is open has no statement.")
    response.headers.update(_OF_NOW)
    release = snapshot.release
    return {"status": "ready", "release": release.version, "statements": release.quads}


async def metrics(request: Request) -> Response:
    """Counts and gauges. They are gathered in a thread, since the system takes its time to tell of memory."""
    told: Metrics = request.app.state.metrics
    body, media = await asyncio.to_thread(told.written, request.headers.get("accept", ""))
    return Response(body, headers={"Content-Type": media, "Vary": "Accept", **_OF_NOW})
