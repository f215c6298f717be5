"""The kept releases: their list, and of each what the gate found and what was added and removed since the one before.

A release never changes, so neither does what is said of it: whoever has it need not ask again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from loaders.errors import DamagedRelease
from loaders.release import Release, legible, sound_file
from service import render
from service.comparison import Comparisons
from service.links import path_of
from service.negotiation import HTML, TURTLE, Choice, Format, choose, etag, not_modified
from service.openapi import PROBLEM
from service.past.layer import FOR_EVER
from service.past.shelf import missing
from service.problems import Problem
from service.snapshot import Now
from service.values import optional

_TEXT = Format("text/plain", ("txt", "text"))
_JSON = Format("application/json", ("json",))
# The type by which Apache Jena knows it; none is registered.
_PATCH = Format("application/rdf-patch", ("patch", "rdfp"))
LISTED_AS = (HTML, _JSON)
REPORTED_AS = (_TEXT, _JSON, TURTLE, HTML)
DIFFERS_AS = (_TEXT, _JSON, _PATCH)
_FILES = {_TEXT: "report.txt", _JSON: "report.json", TURTLE: "report.ttl", HTML: "report.json"}
_FORMS = {_TEXT: "text", _JSON: "json", _PATCH: "patch"}


def routes() -> APIRouter:
    """`/releases`, `/releases/{version}/report` and `/releases/{version}/diff`, the last two with a suffix as well."""
    router = APIRouter(tags=["release"])
    router.add_api_route("/releases", index, response_class=Response, **_told("The kept releases", LISTED_AS))
    told = {
        "report": (report, _told("What the gate found in a release", REPORTED_AS, "No such release")),
        "diff": (diff, _told("What was added and removed since the release before", DIFFERS_AS, _NONE_BEFORE)),
    }
    for name, (answer, about) in told.items():
        path = f"/releases/{{version}}/{name}"
        router.add_api_route(path, answer, response_class=Response, **about)
        router.add_api_route(path + ".{suffix}", answer, include_in_schema=False)
    return router


_NONE_BEFORE = "No such release, or none before it; `available` lists those there are"


def _told(summary: str, formats: Sequence[Format], missing: str | None = None) -> dict[str, Any]:
    """What the OpenAPI document says of an address."""
    names = optional({"type": "string", "enum": [form.names[0] for form in formats]})
    parameter = {"name": "format", "in": "query", "schema": names, "description": "instead of Accept"}
    responses: dict[int | str, dict[str, Any]] = {200: {"content": {form.media: {} for form in formats}}}
    if missing:
        responses[404] = {"description": missing, "content": PROBLEM}
    return {"summary": summary, "responses": responses, "openapi_extra": {"parameters": [parameter]}}


async def index(request: Request, snapshot: Now) -> Response:
    """Every kept release, the newest first, as a page or as JSON."""
    choice = _chosen(request, LISTED_AS)
    found = await _kept(request)
    served = snapshot.release
    tag = etag(served, request, choice.media, render.language(request), *(release.hash for release in found))
    # Not for ever: a release may be built, made anew or deleted, without another being published.
    headers = {"ETag": tag, "Vary": "Accept, Accept-Language", "Cache-Control": "no-cache"}
    if not_modified(request, tag):
        return Response(status_code=304, headers=headers)
    rows = [_row(release, before, served) for before, release in zip([None, *found], found, strict=False)][::-1]
    if choice.format == _JSON:
        return JSONResponse({"current": served.version, "releases": rows}, headers=headers)
    page = render.page(request, "releases.html", _title(request), release=served, rows=rows)
    page.headers.update(headers)
    return page


async def report(version: str, request: Request) -> Response:
    """What the gate found in a release: as text, JSON, SHACL's report in Turtle, or a page."""
    choice = _chosen(request, REPORTED_AS)
    release, _ = await _named(version, request)
    tag = etag(release, request, choice.media, render.language(request))
    headers = {"ETag": tag, "Vary": "Accept, Accept-Language", "Cache-Control": FOR_EVER}
    if not_modified(request, tag):
        return Response(status_code=304, headers=headers)
    try:
        content = await asyncio.to_thread(_read, release, _FILES[choice.format])
    except (DamagedRelease, OSError) as error:
        raise _damaged(release) from error
    if choice.format != HTML:
        return Response(content, 200, headers, choice.media)
    told = json.loads(content)
    groups = [(rule, list(found)) for rule, found in groupby(told["findings"], lambda finding: finding["rule"])]
    page = render.page(
        request,
        "report.html",
        release.version,
        release=release,
        told=told,
        groups=groups,
        path=lambda iri: _document(iri, release),
    )
    page.headers.update(headers)
    return page


def _document(iri: str, release: Release) -> str | None:
    """Where the release tells of a thing of its own."""
    return f"/releases/{release.version}{path_of(iri, release.base)}" if iri.startswith(f"{release.base}id/") else None


async def diff(version: str, request: Request) -> Response:
    """What was added to a release and removed from the one before: as text, JSON or RDF Patch."""
    choice = _chosen(request, DIFFERS_AS)
    release, before = await _named(version, request)
    if before is None:
        raise Problem(404, "Not found", f"{version} is the oldest release that is kept; none is before it.")
    tag = etag(release, request, before.version, before.hash, choice.media)
    headers = {"ETag": tag, "Vary": "Accept", "Cache-Control": FOR_EVER}
    if not_modified(request, tag):
        return Response(status_code=304, headers=headers)
    comparisons: Comparisons = request.app.state.comparisons
    try:
        packed = await comparisons.find(before, release, _FORMS[choice.format])
    except (DamagedRelease, OSError) as error:
        raise _damaged(release) from error
    headers["Content-Length"] = str(packed.size)
    if request.state.head:
        return Response(None, 200, headers, choice.media)
    return StreamingResponse(packed.parts(), 200, headers, choice.media)


def _chosen(request: Request, formats: Sequence[Format]) -> Choice:
    name = request.path_params.get("suffix") or request.query_params.get("format") or None
    return choose(request.headers.get("accept"), formats, name)


async def _kept(request: Request) -> list[Release]:
    """The kept releases, the oldest first."""
    releases: Path = request.app.state.follower.settings.releases
    return await asyncio.to_thread(legible, releases)


async def _named(version: str, request: Request) -> tuple[Release, Release | None]:
    """A kept release, and the one before it if there is one; Problem 404 with the list when there is none so called."""
    found = await _kept(request)
    for before, release in zip([None, *found], found, strict=False):
        if release.version == version:
            return release, before
    raise missing(version, [release.version for release in reversed(found)])


def _read(release: Release, name: str) -> bytes:
    # What is sound now was so when it was read: another one only ever comes later.
    content = (release.directory / name).read_bytes()
    sound_file(release, name)
    return content


def _damaged(release: Release) -> Problem:
    detail = f"A file of {release.version}, or of the release before, is not as its manifest says."
    return Problem(503, "The release is damaged", detail)


def _row(release: Release, before: Release | None, served: Release) -> dict[str, object]:
    here = f"/releases/{release.version}"
    return {
        "version": release.version,
        "created": release.manifest.created,
        "statements": release.quads,
        "hash": release.hash,
        "current": release.version == served.version,
        "home": f"{here}/",
        "report": f"{here}/report",
        "diff": f"{here}/diff" if before else None,
        "redacted": [redaction.at for redaction in release.manifest.redactions],
    }


def _title(request: Request) -> str:
    return "Các bản phát hành" if render.language(request) == "vi" else "Releases"
