"""Which representation a client gets: RFC 9110 negotiation by media type, `format=` before `Accept`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.problems import Problem

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_RANGE = re.compile(rf"({_TOKEN})/({_TOKEN})")
_WEIGHT = re.compile(r"(0(\.\d{0,3})?|1(\.0{0,3})?)")


@dataclass(frozen=True)
class Format:
    """A form an answer can take: its media type, the short names of `format=`, other media types it answers to."""

    media: str
    names: tuple[str, ...]
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """The format that was agreed on, and the media type to call it by: the alias, if the client asked for that."""

    format: Format
    media: str


JSON = Format("application/sparql-results+json", ("json", "srj"), ("application/json",))
XML = Format("application/sparql-results+xml", ("xml", "srx"), ("application/xml", "text/xml"))
CSV = Format("text/csv", ("csv",))
TSV = Format("text/tab-separated-values", ("tsv",))
RESULTS = (JSON, XML, CSV, TSV)

TURTLE = Format("text/turtle", ("turtle", "ttl"), ("application/x-turtle",))
N_TRIPLES = Format("application/n-triples", ("nt", "ntriples", "n-triples"), ("text/plain",))
N_QUADS = Format("application/n-quads", ("nq", "nquads", "n-quads"))
TRIG = Format("application/trig", ("trig",))
JSON_LD = Format("application/ld+json", ("jsonld", "json-ld", "json"), ("application/json",))
RDF_XML = Format("application/rdf+xml", ("rdf", "rdfxml", "xml"), ("application/xml", "text/xml"))
GRAPHS = (TURTLE, N_TRIPLES, JSON_LD, RDF_XML, N_QUADS, TRIG)

HTML = Format("text/html", ("html",), ("application/xhtml+xml",))


@dataclass(frozen=True)
class _Wish:
    type: str
    subtype: str
    weight: float

    def rank(self, media: str) -> int:
        """How exactly the wish names a media type: 3 itself, 2 its family, 1 anything, 0 not at all."""
        kind, _, sub = media.partition("/")
        if (self.type, self.subtype) == (kind, sub):
            return 3
        return 2 if (self.type, self.subtype) == (kind, "*") else int(self.type == self.subtype == "*")


def choose(accept: str | None, offers: Sequence[Format], name: str | None = None) -> Choice:
    """The offer that a client likes best, the earlier one when it does not mind; Problem 406 with the list if none.

    >>> choose("text/csv;q=0.5, application/json", RESULTS).media
    'application/json'
    >>> choose("*/*", RESULTS).format == JSON, choose(None, GRAPHS, name="nt").media
    (True, 'application/n-triples')
    """
    if name is not None:
        return _named(name, offers)
    wishes = _wishes(accept or "")
    best = max((_liking(media, offer, wishes) for offer in offers for media in (offer.media, *offer.aliases)), key=_key)
    if best.weight == 0:
        raise _nothing(f"none of the media types in Accept is offered: {_shown(accept)}", offers)
    return Choice(best.format, best.media)


def prefers(accept: str | None, one: Format, others: Sequence[Format]) -> bool:
    """Whether a client would rather have the one than any of the others; not when it does not mind."""
    wishes = _wishes(accept or "")
    wanted = max(_liking(media, one, wishes).weight for media in (one.media, *one.aliases))
    return wanted > max(_liking(media, o, wishes).weight for o in others for media in (o.media, *o.aliases))


@dataclass(frozen=True)
class _Liking:
    format: Format
    media: str
    weight: float
    rank: int


def _key(liking: _Liking) -> tuple[float, int]:
    return liking.weight, liking.rank


def _liking(media: str, offer: Format, wishes: Sequence[_Wish]) -> _Liking:
    """What the most exact wish that covers a media type says of it; an alias counts only when it is named."""
    covering = [wish for wish in wishes if wish.rank(media) >= (1 if media == offer.media else 3)]
    if not covering:
        return _Liking(offer, media, 0.0, 0)
    wish = max(covering, key=lambda wish: wish.rank(media))
    return _Liking(offer, media, wish.weight, wish.rank(media))


def _wishes(accept: str) -> list[_Wish]:
    """The members of an Accept header that are well-formed; anything goes when there is none."""
    found = [wish for part in accept.split(",") if (wish := _wish(part))]
    return found or [_Wish("*", "*", 1.0)]


def _wish(part: str) -> _Wish | None:
    media, *parameters = (piece.strip() for piece in part.split(";"))
    match = _RANGE.fullmatch(media.lower())
    weight = next((value for name, value in map(_parameter, parameters) if name == "q"), "1")
    if not match or not _WEIGHT.fullmatch(weight) or (match[1] == "*" != match[2]):
        return None
    return _Wish(match[1], match[2], float(weight))


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip()


def _named(name: str, offers: Sequence[Format]) -> Choice:
    # A + that was not escaped arrives as a space.
    wanted = name.strip().lower().replace(" ", "+")
    for offer in offers:
        if wanted in (offer.media, *offer.names, *offer.aliases):
            return Choice(offer, offer.media)
    raise _nothing(f"there is no format {_shown(name)} here", offers)


def _nothing(detail: str, offers: Sequence[Format]) -> Problem:
    available = [{"media": offer.media, "format": offer.names[0]} for offer in offers]
    return Problem(406, "No such representation", detail, available=available)


def _shown(text: str | None) -> str:
    return repr((text or "")[:100])
