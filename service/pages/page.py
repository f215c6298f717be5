"""The page of a thing, made: two queries, what its kind draws from them, and what every page has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request, Response
from pyoxigraph import NamedNode

from loaders.namespaces import BASE, rdf, td
from loaders.release import Release
from service import links, render
from service.pages import citation, structured
from service.pages.kind import Kind
from service.pages.kinds import kind_of
from service.pages.said import Value, plainest, written
from service.pages.sketch import Sketch, mentioned
from service.pages.statements import names, query, statements
from service.problems import Problem
from service.snapshot import Snapshot

_NUMBER = re.compile("[1-9][0-9]{0,5}")


async def page(thing: NamedNode, stem: str, request: Request, snapshot: Snapshot) -> Response | None:
    """The page about the thing whose document is at `/doc/{stem}`; None if the release does not know it."""
    release, lang = snapshot.release, render.language(request)
    ours = NamedNode(BASE + thing.value.removeprefix(release.base))
    kind = kind_of(ours)
    part = _part(request)
    asked = await query(kind, ours, snapshot, part)
    facts = await statements(asked, snapshot)
    if not any(fact.subject == ours for fact in facts):
        return None
    sketch = Sketch(facts, await names(mentioned(ours, facts), snapshot), lang)
    more = await kind.more(ours, request, snapshot) if kind.more else {}
    drawing = Drawing(ours, thing, stem, part, asked, sketch, more)
    # Tens of milliseconds for a page with much on it, in which nobody else would be heard.
    return await snapshot.engine.apart(lambda: _drawn(drawing, kind, request, release))


@dataclass(frozen=True)
class Drawing:
    """What a page is drawn from: the thing under our base and under its release's, what was asked, and its facts."""

    ours: NamedNode
    thing: NamedNode
    stem: str
    part: int
    asked: str
    sketch: Sketch
    more: Mapping[str, Any]


def _drawn(drawing: Drawing, kind: Kind, request: Request, release: Release) -> Response:
    ours, thing, sketch, part = drawing.ours, drawing.thing, drawing.sketch, drawing.part
    lang = render.language(request)
    drawn = {**kind.draw(ours, sketch), **drawing.more}
    label = kind.title(ours, sketch) if kind.title else sketch.label(ours)
    made = render.page(
        request,
        kind.template,
        label,
        thing=thing.value,
        known_as=drawing.stem.partition("/")[2],
        label=label,
        tongue=None if kind.title else sketch.tongue(ours),
        kinds=_kinds(ours, sketch),
        witnesses=sketch.witnesses(ours),
        part=part,
        most=kind.most,
        turned=lambda number: render.kept(f"{request.url.path}?page={number}", request),
        base=BASE,
        plainest=plainest,
        written=lambda date: written(date, lang),
        path=lambda iri: render.kept(links.path_of(_released(iri, release.base), release.base), request),
        release=release,
        alternates=links.alternates(drawing.stem),
        # This page as this release has it, whatever later ones say.
        lasting=f"/releases/{release.version}/doc/{quote(drawing.stem)}",
        sparql="/sparql?" + urlencode({"query": drawing.asked}),
        citation=citation.cite(label, thing.value, release, lang),
        structured=structured.data(ours, label, sketch, release),
        **drawn,
    )
    if not kind.listed:
        made.headers["X-Robots-Tag"] = "noindex"
    return made


def _kinds(thing: NamedNode, sketch: Sketch) -> list[Value]:
    """The classes of the thing in our vocabulary; those of others only where it has none of ours."""
    shown = sketch.values(thing, rdf.type)
    return [value for value in shown if value.iri and value.iri.startswith(td.iri)] or shown


def _part(request: Request) -> int:
    """Which part of the page is asked for; Problem 400 if that is no number."""
    asked = request.query_params.get("page", "1")
    if not _NUMBER.fullmatch(asked):
        raise Problem(400, "No such part", f"a part of a page is a number from 1 on, not {asked[:20]!r}")
    return int(asked)


def _released(iri: str, base: str) -> str:
    return base + iri.removeprefix(BASE) if iri.startswith(BASE) else iri
