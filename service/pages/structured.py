"""What search engines read of a page: schema.org, as JSON-LD, and nothing that is not true.

A cluster is an Organization, a conference an Event; an award that may only have been proposed is a Thing and no more,
because schema.org's `award` says "received". Of a person there is the name and the post.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from markupsafe import Markup
from pyoxigraph import NamedNode

from loaders.namespaces import BASE, rdf, rdfs, skos, td
from loaders.release import Release
from loaders.release.catalogue import LICENSE
from service.pages.sketch import Sketch
from service.render import is_address

Node = dict[str, Any]

_DESCRIPTION = "Vietnam's emulation and commendation system as linked open data, each statement with its source."

# The first class that a thing has decides.
_TYPES = {
    td.EmulationCluster: "Organization",
    td.EmulationUnit: "Organization",
    td.Organization: "Organization",
    td.AdministrativeUnit: "AdministrativeArea",
    td.Conference: "Event",
    td.Person: "Person",
    td.Movement: "EventSeries",
    td.LegalAct: "Legislation",
    td.OfficialText: "CreativeWork",
    td.PartyDocument: "CreativeWork",
    td.Article: "Article",
    td.RegistryEdition: "Dataset",
    td.SyntheticSource: "CreativeWork",
    skos.ConceptScheme: "DefinedTermSet",
    skos.Concept: "DefinedTerm",
}


def data(thing: NamedNode, label: str, sketch: Sketch, release: Release) -> Markup:
    """The page and what it is about, as JSON that may stand in a `<script>`: nothing in it ends that element."""
    moved = _moved(release.base)
    about = {key: value for key, value in _about(thing, label, sketch, moved).items() if value}
    described = {
        "@context": "https://schema.org",
        "@type": "WebPage",
        "name": label,
        "inLanguage": sketch.lang,
        "license": LICENSE.value,
        "isPartOf": {
            "@type": "Dataset",
            "@id": f"{release.base}release/{release.version}",
            "name": "thidua",
            "description": _DESCRIPTION,
            "version": release.version,
            "dateModified": f"{release.modified:%Y-%m-%d}",
            "license": LICENSE.value,
        },
        "mainEntity": about,
    }
    text = json.dumps(described, ensure_ascii=False, indent=1)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _moved(base: str) -> Callable[[str], str]:
    return lambda iri: base + iri.removeprefix(BASE) if iri.startswith(BASE) else iri


def _about(thing: NamedNode, label: str, sketch: Sketch, moved: Callable[[str], str]) -> Node:
    classes = sketch.facts[thing].get(rdf.type, set())
    type_ = next((name for kind, name in _TYPES.items() if kind in classes), "Thing")
    node: Node = {"@type": type_, "@id": moved(thing.value), "name": label, "url": moved(thing.value)}
    return node | _MORE.get(type_, _nothing)(thing, sketch, moved)


def _nothing(_thing: NamedNode, _sketch: Sketch, _moved: Callable[[str], str]) -> Node:
    return {}


def _cluster(thing: NamedNode, sketch: Sketch, moved: Callable[[str], str]) -> Node:
    return {
        "alternateName": [value.label for value in sketch.values(thing, skos.altLabel)],
        "areaServed": _named(sketch.node(thing, td.scope, td.jurisdiction), "AdministrativeArea", sketch, moved),
    }


def _event(thing: NamedNode, sketch: Sketch, moved: Callable[[str], str]) -> Node:
    return {
        # Two sources may give two days; then none is told as the day.
        "startDate": None if sketch.contested(thing, td.date) else sketch.text(thing, td.date),
        "location": _named(sketch.node(thing, td.place), "AdministrativeArea", sketch, moved),
        "organizer": _named(sketch.node(thing, td.hostCluster), "Organization", sketch, moved),
    }


def _person(_thing: NamedNode, sketch: Sketch, _moved: Callable[[str], str]) -> Node:
    posts = (sketch.node(holding, td.post) for holding in sketch.of(td.PostHolding))
    return {"jobTitle": sorted({sketch.label(post) for post in posts if post})}


def _article(thing: NamedNode, sketch: Sketch, _moved: Callable[[str], str]) -> Node:
    publisher, url = sketch.text(thing, td.publisherName), sketch.text(thing, td.url)
    return {
        "headline": sketch.label(thing),
        "datePublished": sketch.text(thing, td.datePublished),
        "publisher": {"@type": "Organization", "name": publisher} if publisher else None,
        "url": url if is_address(url) else None,
    }


def _area(thing: NamedNode, sketch: Sketch, moved: Callable[[str], str]) -> Node:
    return {
        "identifier": sketch.text(thing, td.code),
        "containedInPlace": _named(sketch.node(thing, td.parent), "AdministrativeArea", sketch, moved),
    }


def _dataset(thing: NamedNode, sketch: Sketch, _moved: Callable[[str], str]) -> Node:
    return {"description": sketch.text(thing, rdfs.comment) or sketch.label(thing)}


def _law(thing: NamedNode, sketch: Sketch, _moved: Callable[[str], str]) -> Node:
    return {
        "legislationIdentifier": sketch.text(thing, td.number),
        "legislationDate": sketch.text(thing, td.dateIssued),
    }


def _named(node: NamedNode | None, type_: str, sketch: Sketch, moved: Callable[[str], str]) -> Node | None:
    return {"@type": type_, "@id": moved(node.value), "name": sketch.label(node)} if node else None


_MORE = {
    "Organization": _cluster,
    "Event": _event,
    "Person": _person,
    "Article": _article,
    "AdministrativeArea": _area,
    "Dataset": _dataset,
    "Legislation": _law,
}
