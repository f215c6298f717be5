"""Where a document's neighbours are: the addresses of its forms, and the `Link` header that names them (RFC 8288)."""

from __future__ import annotations

from urllib.parse import quote, unquote

from pyoxigraph import NamedNode

from loaders.release.catalogue import LICENSE
from service.negotiation import HTML, Choice
from service.problems import Problem

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
# An address that is longer is not said again in links: there it may stand seven times, and clients and proxies take no
# head of any length; HAProxy takes 15 KB.
LONGEST = 1950
_SUFFIX_OF = {media: suffix for suffix, media in SUFFIXES.items()}


# What is not under id/: these answer at /doc/{first segment}/… as well.
OUTSIDE_ID = ("concept", "graph", "release")


def iri_of(path: str, base: str) -> NamedNode:
    """The IRI whose document is at `/doc/{path}`; Problem 404 if there can be none."""
    inside = "" if path.partition("/")[0] in OUTSIDE_ID else "id/"
    try:
        return NamedNode(base + inside + quote(unquote(path), safe="/~"))
    except ValueError:
        raise Problem(404, "Not found", f"nothing is called {path!r}") from None


def path_of(iri: str, base: str) -> str:
    """Where a page links to for a thing: its path on this host.

    >>> path_of("https://w3id.org/thidua/id/unit/2004/182", "https://w3id.org/thidua/")
    '/doc/unit/2004/182'
    >>> path_of("https://w3id.org/thidua/concept/cluster-role/truong", "https://w3id.org/thidua/")
    '/doc/concept/cluster-role/truong'
    """
    path = iri.removeprefix(base)
    return "/doc/" + path.removeprefix("id/") if path.startswith(("id/", *OUTSIDE_ID)) else "/" + path


def split(path: str) -> tuple[str, str | None]:
    """The path of a document without the suffix of a format, and that format's media type.

    >>> split("unit/2004/182.ttl"), split("unit/2004/182"), split("1.0.0")
    (('unit/2004/182', 'text/turtle'), ('unit/2004/182', None), ('1.0.0', None))
    """
    stem, dot, suffix = path.rpartition(".")
    return (stem, SUFFIXES[suffix]) if dot and suffix in SUFFIXES else (path, None)


def form(suffix: str) -> str:
    """The media type of a suffix; Problem 404 if no form is called that."""
    if suffix not in SUFFIXES:
        raise Problem(404, "Not found", f"no form is called {suffix[:40]!r}", available=sorted(SUFFIXES))
    return SUFFIXES[suffix]


def alternates(stem: str, under: str = "/doc/") -> list[tuple[str, str]]:
    """The media type and address of each form of data that the document `/doc/{stem}` has.

    >>> alternates("unit/2004/182")[0]
    ('text/turtle', '/doc/unit/2004/182.ttl')
    """
    return [(media, f"{under}{stem}.{suffix}") for suffix, media in DATA.items()]


def of_thing(stem: str) -> str:
    """The header of an IRI that is no document: which document describes it, unless that has a very long name."""
    document = f"/doc/{quote(stem)}"
    described = [_link(document, "describedby")] if len(document) <= LONGEST else []
    return ", ".join([*described, _link(LICENSE.value, "license")])


def of_document(stem: str, thing: str, version: str, under: str = "/doc/") -> str:
    """The header of a document in a release: what it is about, its forms, and what it is a part of."""
    about = [_link(thing, "about"), _link(thing, "canonical")]
    whole = _link(f"/doc/release/{version}", "describedby")
    # The description of a release is data; its page is among the releases.
    kinds = DATA if stem.startswith("release/") else FORMS
    forms = [_link(f"{under}{quote(stem)}.{suffix}", "alternate", media) for suffix, media in kinds.items()]
    return ", ".join([*about, *forms, whole, _link(LICENSE.value, "license")])


def location(stem: str, choice: Choice, lang: str, under: str = "/doc/") -> dict[str, str]:
    """Where this very representation is to be had (`Content-Location`); nowhere if it goes by a name of its own.

    >>> from service.negotiation import N_TRIPLES
    >>> location("unit/2004/182", Choice(N_TRIPLES, "application/n-triples"), "vi")
    {'Content-Location': '/doc/unit/2004/182.nt'}
    >>> location("unit/2004/182", Choice(N_TRIPLES, "text/plain"), "vi")
    {}
    """
    if choice.format == HTML:
        return {"Content-Location": f"{under}{quote(stem)}.html?lang={lang}"}
    suffix = _SUFFIX_OF.get(choice.media)
    return {"Content-Location": f"{under}{quote(stem)}.{suffix}"} if suffix else {}


def _link(address: str, relation: str, media: str | None = None) -> str:
    return f'<{address}>; rel="{relation}"' + (f'; type="{media}"' if media else "")
