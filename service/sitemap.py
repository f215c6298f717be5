"""What search engines are told: `/robots.txt`, and the sitemap of the pages that people look for (sitemaps.org 0.9)."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from service.engine import JSON, estimate
from service.links import path_of
from service.negotiation import etag, unchanged
from service.problems import Problem
from service.reply import each
from service.snapshot import Now, Snapshot

# As many addresses as the protocol lets a part have.
LONGEST = 50_000
_NUMBER = re.compile("[1-9][0-9]{0,4}")
# Persons have pages, but nobody is offered to search engines; memberships, witnesses and the like are on other pages.
_LISTED = (
    "td:AdministrativeUnit", "td:EmulationCluster", "td:Conference", "td:Movement", "td:AwardCase", "td:Organization",
    "td:LegalAct", "td:PartyDocument", "td:Source", "td:Article", "td:OfficialText", "td:RegistryEdition",
    "td:SyntheticSource", "skos:Concept", "skos:ConceptScheme",
)  # fmt: skip
_DOCUMENTS = {"catalog", "concept", "def", "shapes"}
_THINGS = """
PREFIX td: <{base}def#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?thing {{ VALUES ?class {{ {listed} }} ?thing a ?class FILTER(STRSTARTS(STR(?thing), "{base}")) }}"""
_ROBOTS = """\
User-agent: *
Disallow: /sparql?
Disallow: /api/*?
Disallow: /releases/
Disallow: /timemap/
Disallow: /search?
Disallow: /suggest
Sitemap: {host}sitemap.xml
"""


def routes() -> APIRouter:
    """`/robots.txt`, `/sitemap.xml` and its parts, `/sitemap-1.xml` and so on."""
    router, sitemap = APIRouter(include_in_schema=False), Sitemap()
    router.add_api_route("/robots.txt", robots)
    router.add_api_route("/sitemap.xml", sitemap.index)
    # At the root, because a part may only list what lies below the place where it stands.
    router.add_api_route("/sitemap-{number}.xml", sitemap.part)
    return router


async def robots(request: Request, snapshot: Now) -> Response:
    """Pages are for everybody; questions are asked by those who want the answer."""
    headers = _headers(request, snapshot)
    return unchanged(request, headers) or PlainTextResponse(_ROBOTS.format(host=request.base_url), headers=headers)


class Sitemap:
    """The pages of the release that is served: asked for once, because every host that we are called by differs."""

    def __init__(self) -> None:
        self._hash = ""
        self._places: list[str] = []

    async def index(self, request: Request, snapshot: Now) -> Response:
        """The parts of the sitemap, all as old as the release."""
        if known := unchanged(request, _headers(request, snapshot)):
            return known
        parts = math.ceil(len(await self._all(snapshot)) / LONGEST)
        places = [f"sitemap-{number}.xml" for number in range(1, parts + 1)]
        return await _written("sitemapindex", "sitemap", places, request, snapshot)

    async def part(self, number: str, request: Request, snapshot: Now) -> Response:
        """The addresses of one part; Problem 404 if there is no such part."""
        if known := unchanged(request, _headers(request, snapshot)):
            return known
        first = (int(number) - 1) * LONGEST if _NUMBER.fullmatch(number) else None
        places = await self._all(snapshot)
        if first is None or first >= len(places):
            raise Problem(404, "Not found", f"the sitemap has no part {number[:20]!r}")
        return await _written("urlset", "url", places[first : first + LONGEST], request, snapshot)

    async def _all(self, snapshot: Snapshot) -> list[str]:
        release = snapshot.release
        if self._hash != release.hash:
            answer = await snapshot.engine.read(_THINGS.format(base=release.base, listed=" ".join(_LISTED)), JSON)
            places = await snapshot.engine.write(lambda: _places(answer, release.base), estimate(answer))
            self._hash, self._places = release.hash, places
        return self._places


def _places(answer: bytes, base: str) -> list[str]:
    found = {path_of(row["thing"]["value"], base).lstrip("/") for row in each(answer)}
    return sorted(found | _DOCUMENTS)


def _headers(request: Request, snapshot: Snapshot) -> dict[str, str]:
    tag = etag(snapshot.release, request, str(request.base_url))
    return {"ETag": tag, "Cache-Control": "public, no-cache"}


async def _written(root: str, item: str, places: Sequence[str], request: Request, snapshot: Snapshot) -> Response:
    """The places, under the host that was asked, as XML."""
    body = await snapshot.engine.write(lambda: _xml(root, item, places, request, snapshot), len(places))
    return Response(body, media_type="application/xml", headers=_headers(request, snapshot))


def _xml(root: str, item: str, places: Sequence[str], request: Request, snapshot: Snapshot) -> str:
    host, day = escape(str(request.base_url)), f"{snapshot.release.modified:%Y-%m-%d}"
    items = (f"<{item}><loc>{host}{escape(place)}</loc><lastmod>{day}</lastmod></{item}>\n" for place in places)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{''.join(items)}</{root}>\n"
    )
