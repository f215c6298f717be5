"""What `/reconcile` says of itself: the manifest, and the types and properties that may be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loaders.identity import fold
from service.query import Words
from service.reconcile.kinds import ASKED, TYPES, Property, broad
from service.snapshot import Snapshot

WIDTH, HEIGHT = 420, 280
_NAME = Words(
    "thidua: đơn vị hành chính, cụm và khối thi đua, tổ chức, chức vụ của Việt Nam",
    "thidua: administrative units, emulation clusters, organisations and posts of Viet Nam",
)
_YEAR = Words("Năm (đơn vị trưởng, phó)", "Year (lead and deputy unit)")
_HELP = Words("Để trống: năm cuối được nguồn nêu", "Left empty: the last year that a source tells of")


def manifest(snapshot: Snapshot, here: str, lang: str) -> dict[str, Any]:
    """What the service at this address can do."""
    base = snapshot.release.base
    year = {"type": "text", "name": "year", "label": _YEAR.get(lang), "help_text": _HELP.get(lang), "default": ""}
    return {
        "versions": ["0.2"],
        "name": _NAME.get(lang),
        "identifierSpace": f"{base}id/",
        "schemaSpace": f"{base}def#",
        "documentation": f"{here}/docs#reconcile",
        "view": {"url": f"{here}/id/{{{{id}}}}"},
        "defaultTypes": [type(name, lang) for name in TYPES],
        "suggest": {name: _service(here, f"/reconcile/suggest/{name}") for name in ("entity", "type", "property")},
        "preview": {"url": f"{here}/reconcile/preview?id={{{{id}}}}", "width": WIDTH, "height": HEIGHT},
        "extend": {
            "propose_properties": _service(here, "/reconcile/extend/propose"),
            "property_settings": [year],
        },
        "batchSize": 100,
        "serviceVersion": snapshot.release.version,
    }


def _service(here: str, path: str) -> dict[str, str]:
    return {"service_url": here, "service_path": path}


def thing(name: str, words: Words, lang: str) -> dict[str, Any]:
    """A type or a property by identifier and name."""
    return {"id": name, "name": words.get(lang)}


def type(name: str, lang: str) -> dict[str, Any]:
    """A type, under the one that has its properties."""
    found = thing(name, TYPES[name], lang)
    above = broad(name)
    return found if above == name else {**found, "broader": [thing(above, TYPES[above], lang)]}


def meta(name: str, lang: str) -> dict[str, Any]:
    """A property as a column, with the type of its values if these are things."""
    words, _, value = ASKED[name]
    found = thing(name, words, lang)
    return found if value is None else {**found, "type": thing(value, TYPES[value], lang)}


def starting(known: Mapping[str, Property] | Mapping[str, Words], prefix: str) -> list[str]:
    """The identifiers of those whose identifier or name has a word that begins so."""
    begun = f" {fold(prefix[:100])}"
    found = []
    for name, each in known.items():
        words = each if isinstance(each, Words) else each.words
        if any(begun in f" {fold(text)}" for text in (name, words.vi, words.en)):
            found.append(name)
    return found
