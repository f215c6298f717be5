"""The page of a thing, made: two queries, what its kind draws from them, and what every page has."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from fastapi import Request, Response
from pyoxigraph import NamedNode

from loaders.namespaces import BASE, rdf
from service import links, render
from service.pages import citation, structured
from service.pages.kinds import kind_of
from service.pages.sketch import Sketch, mentioned, plainest, written
from service.pages.statements import names, query, statements
from service.snapshot import Snapshot


async def page(
    thing: NamedNode, stem: str, request: Request, snapshot: Snapshot, path: Callable[[str], str]
) -> Response | None:
    """The page about the thing whose document is at `/doc/{stem}`; None if the release does not know it.

    `path` says where this host answers for an IRI of the release.
    """
    release, lang = snapshot.release, render.language(request)
    ours = NamedNode(BASE + thing.value.removeprefix(release.base))
    kind = kind_of(ours)
    facts = await statements(kind, ours, snapshot)
    if not any(fact.subject == ours for fact in facts):
        return None
    sketch = Sketch(facts, await names(mentioned(ours, facts), snapshot), lang)
    drawn = {**kind.draw(ours, sketch), **(await kind.more(ours, request, snapshot) if kind.more else {})}
    label = sketch.label(ours)
    return render.page(
        request,
        kind.template,
        label,
        thing=thing.value,
        label=label,
        kinds=sketch.values(ours, rdf.type),
        witnesses=sketch.witnesses(ours),
        base=BASE,
        plainest=plainest,
        written=lambda date: written(date, lang),
        path=lambda iri: path(_released(iri, release.base)),
        release=release,
        alternates=links.alternates(stem),
        sparql="/sparql?" + urlencode({"query": query(kind, ours, release.base)}),
        citation=citation.cite(label, thing.value, release, lang),
        structured=structured.data(ours, sketch, release),
        **drawn,
    )


def _released(iri: str, base: str) -> str:
    return base + iri.removeprefix(BASE) if iri.startswith(BASE) else iri
