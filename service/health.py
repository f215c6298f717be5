"""Is it alive, and does it answer?"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from service.problems import Problem
from service.snapshot import Now


def routes() -> APIRouter:
    """`/healthz` and `/readyz`."""
    router = APIRouter(tags=["health"])
    router.add_api_route("/healthz", alive, summary="The process lives")
    router.add_api_route("/readyz", ready, summary="A release is open and answers a query")
    return router


async def alive() -> dict[str, str]:
    """The process lives."""
    return {"status": "alive"}


async def ready(snapshot: Now) -> dict[str, Any]:
    """A query was answered just now; otherwise 503 or 504."""
    rows = await snapshot.engine.rows("SELECT ?s WHERE { ?s ?p ?o } LIMIT 1")
    if not rows:
        raise Problem(503, "Empty", "The release that is open has no statement.")
    release = snapshot.release
    return {"status": "ready", "release": release.version, "statements": release.quads}
