"""Where a document's neighbours are: the addresses of its forms, and the `Link` header that names them (RFC 8288)."""

from __future__ import annotations

from urllib.parse import quote

from loaders.release.catalogue import LICENSE
from service.negotiation import HTML, Choice

SUFFIXES = {
    "html": "text/html",
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "json": "application/json",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
}
# JSON is JSON-LD by another name, and no form of its own.
FORMS = {suffix: media for suffix, media in SUFFIXES.items() if suffix != "json"}
DATA = {suffix: media for suffix, media in FORMS.items() if suffix != "html"}
_SUFFIX_OF = {media: suffix for suffix, media in SUFFIXES.items()}


def alternates(stem: str) -> list[tuple[str, str]]:
    """The media type and address of each form of data that the document `/doc/{stem}` has.

    >>> alternates("unit/2004/182")[0]
    ('text/turtle', '/doc/unit/2004/182.ttl')
    """
    return [(media, f"/doc/{stem}.{suffix}") for suffix, media in DATA.items()]


def of_thing(stem: str) -> str:
    """The header of an IRI that is no document: which document describes it."""
    return ", ".join([_link(f"/doc/{quote(stem)}", "describedby"), _link(LICENSE.value, "license")])


def of_document(stem: str, thing: str, version: str) -> str:
    """The header of a document in a release: what it is about, its forms, and what it is a part of."""
    about = [_link(thing, "about"), _link(thing, "canonical")]
    whole = _link(f"/doc/release/{version}", "describedby")
    forms = [_link(f"/doc/{quote(stem)}.{suffix}", "alternate", media) for suffix, media in FORMS.items()]
    return ", ".join([*about, *forms, whole, _link(LICENSE.value, "license")])


def location(stem: str, choice: Choice, lang: str) -> dict[str, str]:
    """Where this very representation is to be had (`Content-Location`); nowhere if it goes by a name of its own.

    >>> from service.negotiation import N_TRIPLES
    >>> location("unit/2004/182", Choice(N_TRIPLES, "application/n-triples"), "vi")
    {'Content-Location': '/doc/unit/2004/182.nt'}
    >>> location("unit/2004/182", Choice(N_TRIPLES, "text/plain"), "vi")
    {}
    """
    if choice.format == HTML:
        return {"Content-Location": f"/doc/{quote(stem)}.html?lang={lang}"}
    suffix = _SUFFIX_OF.get(choice.media)
    return {"Content-Location": f"/doc/{quote(stem)}.{suffix}"} if suffix else {}


def _link(address: str, relation: str, media: str | None = None) -> str:
    return f'<{address}>; rel="{relation}"' + (f'; type="{media}"' if media else "")
