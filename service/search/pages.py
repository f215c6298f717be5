"""`/search`: what was found, as a page that needs no script; `/suggest`: the same while somebody types."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from service import render
from service.binding import LETTER, LONGEST
from service.negotiation import HTML, unchanged, validators
from service.problems import Problem
from service.search.finding import sought, suggested
from service.search.index import Facet, Filters, Findings, Found
from service.search.kinds import KINDS
from service.search.shown import shown
from service.snapshot import Now, Snapshot
from service.values import optional

# Findings on a page, pages that are shown, and suggestions.
PAGE, _PAGES, _FEW, _MANY = 20, 500, 8, 20
_FACETS = ("kind", "province", "year")
# What a link to another part of the findings carries along.
_CARRIED = ("q", *_FACETS, "page", "lang")
# Of provinces and years, so many are offered.
_OFFERED = 12
_NUMBER = re.compile("[1-9][0-9]{0,3}")


def routes() -> APIRouter:
    """`/search` and `/suggest`."""
    router = APIRouter(tags=["search"])
    router.add_api_route("/search", search, include_in_schema=False, response_class=Response)
    router.add_api_route(
        "/suggest",
        suggest,
        response_class=Response,
        summary="Gợi ý khi đang gõ",
        description="Names that begin so, as somebody types: the best first. Nothing for less than a letter or digit.",
        openapi_extra=_OPERATION,
    )
    return router


@dataclass(frozen=True)
class Choice:
    """A way to narrow what was found, or to stop narrowing: its words, its number, where it leads."""

    label: str
    count: int
    href: str
    chosen: bool


async def search(request: Request, snapshot: Now) -> Response:
    """What was found, by which it can be narrowed, and the pages of it."""
    headers = _headers(request, snapshot)
    if known := unchanged(request, headers):
        return known
    typed, fault = _typed(request, snapshot)
    filters, number = _filters(request.query_params), _page(request.query_params.get("page"))
    found = Findings([], 0)
    if typed and not fault:
        found = await sought(snapshot, typed, filters, limit=PAGE, offset=(number - 1) * PAGE, facets=_FACETS)
    lang = render.language(request)
    page = render.page(
        request,
        "search.html",
        f"{typed} · {render.said(request, 'Tìm', 'Search')}" if typed else render.said(request, "Tìm", "Search"),
        status=422 if fault else 200,
        typed=typed,
        fault=fault,
        instead=found.instead,
        total=found.total,
        first=(number - 1) * PAGE + 1,
        results=[shown(each, snapshot.release.base, lang) for each in found.found],
        facets=[(name, _choices(name, found.facets[name], request)) for name in _FACETS if found.facets.get(name)],
        filters=filters,
        before=_address(request, page=number - 1) if number > 1 else None,
        after=_address(request, page=number + 1) if number * PAGE < found.total and number < _PAGES else None,
        release=snapshot.release,
    )
    page.headers.update(headers if not fault else {"Cache-Control": "no-store"})
    return page


async def suggest(request: Request, snapshot: Now) -> Response:
    """Names for what was typed so far."""
    headers = _headers(request, snapshot)
    if known := unchanged(request, headers):
        return known
    typed, fault = _typed(request, snapshot)
    if fault and len(typed) > LONGEST:
        raise _wrong("q", typed, fault)
    limit, filters = _limit(request.query_params.get("limit")), Filters(_kind(request.query_params.get("kind")))
    found = Findings([], 0) if fault or not typed else await suggested(snapshot, typed, filters, limit)
    body = {
        "q": typed,
        "release": snapshot.release.version,
        "total": found.total,
        "suggestions": [_suggestion(each, snapshot, render.language(request)) for each in found.found],
    }
    return JSONResponse(body, headers=headers)


def _suggestion(found: Found, snapshot: Snapshot, lang: str) -> dict[str, Any]:
    each = shown(found, snapshot.release.base, lang)
    return {
        "iri": found.iri,
        "address": each.link.href,
        "label": each.link.label,
        "kind": found.kind,
        "kindLabel": each.kind,
        "beside": [link.label for link in each.beside],
        "when": each.when,
        "called": each.called,
    }


def _headers(request: Request, snapshot: Snapshot) -> dict[str, str]:
    language = render.language(request)
    return validators(snapshot.release, request, HTML.media, language) | {"Content-Language": language}


def _typed(request: Request, snapshot: Snapshot) -> tuple[str, str | None]:
    """What was typed, and what is wrong with it, if anything."""
    typed = request.query_params.get("q", "").strip()
    if len(typed) > LONGEST:
        fault = render.said(request, f"Nhiều nhất {LONGEST} ký tự.", f"At most {LONGEST} characters.")
    elif typed and not re.search(LETTER, typed):
        fault = render.said(request, "Cần ít nhất một chữ cái hay chữ số.", "It takes at least one letter or digit.")
    else:
        return "".join(character if character.isprintable() else " " for character in typed), None
    return typed, fault


def _filters(given: Mapping[str, str]) -> Filters:
    """What the findings are narrowed to; Problem 422 for what narrows nothing."""
    year = given.get("year") or None
    if year is not None and not _NUMBER.fullmatch(year):
        raise _wrong("year", year, "a year, such as 2017")
    return Filters(_kind(given.get("kind")), int(year) if year else None, (given.get("province") or None))


def _kind(given: str | None) -> str | None:
    if given and given not in KINDS:
        raise _wrong("kind", given, "one of " + ", ".join(KINDS))
    return given or None


def _limit(given: str | None) -> int:
    if not given:
        return _FEW
    if not _NUMBER.fullmatch(given) or int(given) > _MANY:
        raise _wrong("limit", given, f"a number between 1 and {_MANY}")
    return int(given)


def _page(given: str | None) -> int:
    if not given:
        return 1
    if not _NUMBER.fullmatch(given) or int(given) > _PAGES:
        raise _wrong("page", given, f"a number between 1 and {_PAGES}")
    return int(given)


def _wrong(name: str, value: str, expected: str) -> Problem:
    more: dict[str, Any] = {"parameter": name, "value": value[:60], "expected": expected}
    return Problem(422, "A value of the wrong type", f"{name}={value[:60]!r}: {expected}", **more)


def _choices(name: str, facets: Sequence[Facet], request: Request) -> list[Choice]:
    """The values of a facet, the chosen one first of all if there is one."""
    chosen = request.query_params.get(name)
    found = [
        Choice(
            KINDS[facet.value].said_of_all(render.language(request)) if name == "kind" else facet.label,
            facet.count,
            _address(request, **{name: None if facet.value == chosen else facet.value}, page=None),
            facet.value == chosen,
        )
        for facet in (_in_order(facets) if name == "kind" else facets)
    ]
    return sorted(found, key=lambda choice: not choice.chosen)[: len(KINDS) if name == "kind" else _OFFERED]


def _in_order(facets: Sequence[Facet]) -> list[Facet]:
    return sorted(facets, key=lambda facet: list(KINDS).index(facet.value))


def _address(request: Request, **changed: str | int | None) -> str:
    """The address of this page with other values of some parameters."""
    values = {name: request.query_params.get(name) for name in _CARRIED} | changed
    return f"{request.url.path}?{urlencode({name: value for name, value in values.items() if value})}"


_SUGGESTION = {
    "type": "object",
    "required": ["iri", "address", "label", "kind", "kindLabel", "beside", "when", "called"],
    "properties": {
        "iri": {"type": "string", "format": "iri"},
        "address": {"type": "string", "description": "its page on this host"},
        "label": {"type": "string"},
        "kind": {"type": "string", "enum": list(KINDS)},
        "kindLabel": {"type": "string"},
        "beside": {"type": "array", "items": {"type": "string"}, "description": "which of its namesakes it is"},
        "when": {"type": ["string", "null"]},
        "called": {"type": ["string", "null"], "description": "the name that was looked for, if it is another one"},
    },
}
_OPERATION: dict[str, Any] = {
    "parameters": [
        {
            "name": "q",
            "in": "query",
            "description": "Những gì đã gõ / what was typed so far",
            "schema": {"type": "string", "maxLength": LONGEST},
            "example": "dinh l",
        },
        {"name": "kind", "in": "query", "schema": optional({"type": "string", "enum": list(KINDS)})},
        {
            "name": "limit",
            "in": "query",
            "schema": optional({"type": "integer", "minimum": 1, "maximum": _MANY}, _FEW),
        },
        {
            "name": "lang",
            "in": "query",
            "description": "vi, en; cái khác bị bỏ qua / any other is passed over",
            "schema": {"type": "string"},
        },
    ],
    "responses": {
        "200": {
            "description": "OK",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["q", "release", "total", "suggestions"],
                        "properties": {
                            "q": {"type": "string"},
                            "release": {"type": "string"},
                            "total": {"type": "integer", "minimum": 0, "description": "how many fit"},
                            "suggestions": {"type": "array", "items": _SUGGESTION, "maxItems": _MANY},
                        },
                    }
                }
            },
        }
    },
}
