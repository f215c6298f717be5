"""The page of a thing, made: two queries, what its kind draws from them, and what every page has."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from fastapi import Request, Response
from pyoxigraph import NamedNode

from loaders.namespaces import BASE, rdf, td
from service import links, render
from service.pages import citation, structured
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
    facts = await statements(kind, ours, snapshot, part)
    if not any(fact.subject == ours for fact in facts):
        return None
    sketch = Sketch(facts, await names(mentioned(ours, facts), snapshot), lang)
    drawn = {**kind.draw(ours, sketch), **(await kind.more(ours, request, snapshot) if kind.more else {})}
    label = kind.title(ours, sketch) if kind.title else sketch.label(ours)
    made = render.page(
        request,
        kind.template,
        label,
        thing=thing.value,
        known_as=stem.partition("/")[2],
        label=label,
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
        alternates=links.alternates(stem),
        sparql="/sparql?" + urlencode({"query": query(kind, ours, release.base, part)}),
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
