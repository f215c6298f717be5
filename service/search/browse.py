"""`/browse`: everything with a name, kind by kind, in Vietnamese order; units province by province."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from loaders.identity import sort_key
from loaders.release.things import LEVELS
from service import render
from service.negotiation import HTML, unchanged, validators
from service.problems import Problem
from service.search.index import Facet, Filters, Findings, Index
from service.search.kinds import BY_LIST, KINDS
from service.search.shown import shown
from service.snapshot import Now, Snapshot

# Things on a page of a list.
PAGE = 100
_NUMBER = re.compile("[1-9][0-9]{0,3}")
# Lists that need no list: what they hold is on other pages, or under the unit it stands for.
_QUIET = ("figure", "emulation-unit")


def routes() -> APIRouter:
    """`/browse` and `/browse/{kind}`."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/browse", kinds, response_class=Response)
    router.add_api_route("/browse/{name}", listing, response_class=Response)
    return router


@dataclass(frozen=True)
class Door:
    """A list, or a part of one: what it is called, where it is, how much is in it."""

    label: str
    href: str
    count: int = 0
    chosen: bool = False


@dataclass(frozen=True)
class Asked:
    """Which part of a list is asked for."""

    kind: str
    page: int = 1
    province: str | None = None
    level: str | None = None

    @property
    def filters(self) -> Filters:
        """What the list is narrowed to."""
        return Filters(self.kind, province=self.province)

    @property
    def place(self) -> int | None:
        """The place of the level of the units."""
        return LEVELS.index(self.level) if self.level else None

    def address(self, request: Request, **changed: str | int | None) -> str:
        """The address of another part."""
        known: dict[str, str | int | None] = {"province": self.province, "level": self.level, **changed}
        given = {name: value for name, value in known.items() if value is not None}
        path = f"/browse/{KINDS[self.kind].list}"
        return render.kept(f"{path}?{urlencode(given)}" if given else path, request)


@dataclass(frozen=True)
class List:
    """A part of a list, and the provinces by which units are found."""

    findings: Findings | None = None
    provinces: Sequence[Facet] = field(default_factory=list)


async def doors(snapshot: Snapshot, lang: str) -> list[Door]:
    """The lists that a release has, with how much is in each; none without an index."""
    if (index := snapshot.index) is None:
        return []
    counts = await snapshot.engine.apart(index.kinds)
    return [
        Door(kind.said_of_all(lang), f"/browse/{kind.list}", counts[name])
        for name, kind in KINDS.items()
        if name in counts and name not in _QUIET
    ]


async def kinds(request: Request, snapshot: Now) -> Response:
    """Which lists there are."""
    headers = _headers(request, snapshot)
    if known := unchanged(request, headers):
        return known
    found = await doors(snapshot, render.language(request))
    title = render.said(request, "Danh sách", "Lists")
    return _page(request, snapshot, headers, title=title, kinds=found)


async def listing(name: str, request: Request, snapshot: Now) -> Response:
    """One list, a page at a time; Problem 404 if there is no such list."""
    headers = _headers(request, snapshot)
    if known := unchanged(request, headers):
        return known
    asked = _asked(name, request)
    if (index := snapshot.index) is None:
        raise Problem(404, "No lists", "this release has no index, and so no lists; /api has questions for each kind")
    found = await snapshot.engine.apart(lambda: _listed(index, asked))
    kind, lang = KINDS[asked.kind], render.language(request)
    title = kind.said_of_all(lang)
    if asked.province:
        called = next((each.label for each in found.provinces if each.value == asked.province), None)
        if called is None:
            raise Problem(404, "Not found", f"no unit of this release is in a province {asked.province[:60]!r}")
        title = f"{title}: {called}"
    return _page(
        request,
        snapshot,
        headers,
        title=title,
        provinces=[] if asked.province else _doors(found.provinces, asked, request),
        levels=_levels(asked, request) if asked.province else [],
        **_rows(found.findings, asked, request, snapshot),
    )


def _listed(index: Index, asked: Asked) -> List:
    """The things of the list; of units only those of a province, for all are too many to read."""
    by_province = asked.kind == "unit"
    if by_province and not asked.province:
        return List(None, index.listed(asked.filters, limit=0, facets=("province",)).facets["province"])
    start = (asked.page - 1) * PAGE
    facets = ("province",) if by_province else ()
    found = index.listed(asked.filters, place=asked.place, limit=PAGE, offset=start, facets=facets)
    return List(found, found.facets.get("province", ()))


def _rows(found: Findings | None, asked: Asked, request: Request, snapshot: Snapshot) -> dict[str, Any]:
    if found is None:
        return {}
    if not found.found and asked.page > 1:
        raise Problem(404, "Not found", f"the list has no page {asked.page}")
    lang = render.language(request)
    more = asked.page * PAGE < found.total
    return {
        "results": [shown(each, snapshot.release.base, lang) for each in found.found],
        "total": found.total,
        "first": (asked.page - 1) * PAGE + 1,
        "before": asked.address(request, page=asked.page - 1) if asked.page > 1 else None,
        "after": asked.address(request, page=asked.page + 1) if more else None,
    }


def _doors(facets: Sequence[Facet], asked: Asked, request: Request) -> list[Door]:
    ordered = sorted(facets, key=lambda facet: sort_key(facet.label))
    return [Door(facet.label, asked.address(request, province=facet.value), facet.count) for facet in ordered]


def _levels(asked: Asked, request: Request) -> list[Door]:
    words = {
        None: ("Mọi cấp", "All levels"),
        "province": ("Cấp tỉnh", "Provinces"),
        "district": ("Cấp huyện", "Districts"),
        "commune": ("Cấp xã", "Communes"),
    }
    return [
        Door(render.said(request, *said), asked.address(request, level=level), chosen=level == asked.level)
        for level, said in words.items()
    ]


def _asked(name: str, request: Request) -> Asked:
    given = request.query_params
    if name not in BY_LIST:
        raise Problem(404, "Not found", f"there is no list {name[:60]!r}", available=list(BY_LIST))
    page, level = given.get("page") or "1", given.get("level") or None
    if not _NUMBER.fullmatch(page):
        raise Problem(422, "A value of the wrong type", f"page={page[:60]!r}: a number from 1", parameter="page")
    if level is not None and level not in LEVELS:
        raise Problem(422, "A value of the wrong type", f"level={level[:60]!r}: one of {', '.join(LEVELS)}")
    return Asked(BY_LIST[name], int(page), given.get("province") or None, level)


def _page(request: Request, snapshot: Snapshot, headers: dict[str, str], **context: Any) -> Response:
    nothing: dict[str, Any] = {"kinds": [], "provinces": [], "levels": [], "total": None, "results": [], "first": 1}
    shown = {**nothing, "before": None, "after": None, "release": snapshot.release, **context}
    page = render.page(request, "browse.html", shown.pop("title"), **shown)
    page.headers.update(headers)
    return page


def _headers(request: Request, snapshot: Snapshot) -> dict[str, str]:
    return validators(snapshot.release, request, HTML.media, render.language(request))
