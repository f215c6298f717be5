"""The reference of the HTTP interface at `/docs`: what `/openapi.json` says, as a page that needs no script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from service import render
from service.snapshot import Now


@dataclass(frozen=True)
class Operation:
    """An operation of the OpenAPI document."""

    method: str
    path: str
    summary: str
    description: str
    parameters: list[dict[str, Any]]


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    """The operations of an OpenAPI 3.1 document, by path."""
    for path, methods in sorted(document["paths"].items()):
        for method, told in methods.items():
            summary, description = told.get("summary", ""), told.get("description", "")
            yield Operation(method.upper(), path, summary, description, told.get("parameters", []))


def routes() -> APIRouter:
    """`/docs`."""
    router = APIRouter()
    router.add_api_route("/docs", reference, include_in_schema=False, response_class=Response)
    return router


async def reference(request: Request, snapshot: Now) -> Response:
    """Every operation with its parameters."""
    found = list(operations(request.app.openapi()))
    return render.page(request, "reference.html", "OpenAPI", operations=found, release=snapshot.release)
