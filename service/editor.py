"""What a browser gets at `/sparql`: a form, and over it the editor from npm where that is installed."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from loaders.resources import ROOT
from service import render
from service.download import Download
from service.frame import PAGE_POLICY
from service.negotiation import RESULTS
from service.problems import Problem
from service.snapshot import Snapshot

# What `service/npm/install` puts there; without it the form is all there is.
_PACKAGES = ROOT / "service" / "npm" / "node_modules" / "@zazuko"
_PARTS = {
    "yasqe.js": (_PACKAGES / "yasqe" / "build" / "yasqe.esm.js", "text/javascript; charset=utf-8"),
    "yasqe.css": (_PACKAGES / "yasqe" / "build" / "yasqe.min.css", "text/css; charset=utf-8"),
    "yasr.js": (_PACKAGES / "yasr" / "build" / "yasr.esm.js", "text/javascript; charset=utf-8"),
    "yasr.css": (_PACKAGES / "yasr" / "build" / "yasr.min.css", "text/css; charset=utf-8"),
}

# Columns of the table change their width by a style of the library's own; no other style in the page is allowed.
_POLICY = PAGE_POLICY.decode().replace(
    "style-src 'self'", "style-src 'self' 'sha256-zCK2EVMoPc04mRF/g5CotUvxbJPWS+8V0b+s9ptqQIk='"
)


def routes() -> APIRouter:
    """`/static/npm/…`: the parts of the editor."""
    router = APIRouter()
    router.add_api_route("/static/npm/{name}", part, response_class=Response, include_in_schema=False)
    return router


async def part(name: str) -> Response:
    """A part of the editor; Problem 404 for any other, and where none is installed."""
    path, media = _PARTS.get(name, (None, ""))
    if path is None or not path.is_file():
        raise Problem(404, "Not found", f"no such part: {name[:60]!r}")
    return Download(path, media_type=media, headers={"Cache-Control": "max-age=3600"})


def installed() -> bool:
    """Whether every part of the editor is there."""
    return all(path.is_file() for path, _ in _PARTS.values())


def page(request: Request, snapshot: Snapshot) -> Response:
    """The form with the query of the address or the one that `?example=` names, and the editor if it is installed."""
    name, query = request.query_params.get("example", ""), request.query_params.get("query", "")
    example = snapshot.catalogue.names.get(name) if not query else None
    shown = render.page(
        request,
        "sparql.html",
        "SPARQL",
        release=snapshot.release,
        example=name if example else "",
        query=example.body if example else query,
        groups=snapshot.catalogue.groups,
        formats=[form.names[0] for form in RESULTS],
        editor=installed(),
    )
    shown.headers["Content-Security-Policy"] = _POLICY
    return shown
