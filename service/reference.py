"""The HTTP interface: `/openapi.json`, and what that says as a page that needs no script, `/docs`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from service import render
from service.negotiation import HTML, unchanged, validators
from service.snapshot import Now


@dataclass(frozen=True)
class Operation:
    """An operation of the OpenAPI document."""

    name: str
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
            parameters = told.get("parameters", [])
            yield Operation(told["operationId"], method.upper(), path, summary, description, parameters)


def routes() -> APIRouter:
    """`/openapi.json` and `/docs`."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/openapi.json", document, response_class=Response)
    router.add_api_route("/docs", reference, response_class=Response)
    return router


async def document(request: Request, snapshot: Now) -> Response:
    """The OpenAPI document."""
    headers = validators(snapshot.release, request)
    return unchanged(request, headers) or JSONResponse(request.app.openapi(), headers=headers)


async def reference(request: Request, snapshot: Now) -> Response:
    """Every operation with its parameters."""
    headers = validators(snapshot.release, request, HTML.media, render.language(request))
    if known := unchanged(request, headers):
        return known
    found = list(operations(request.app.openapi()))
    page = render.page(request, "reference.html", "OpenAPI", operations=found, release=snapshot.release)
    page.headers.update(headers)
    return page
