"""Which representation a client gets, and whether it has that one already (RFC 9110, 12.5.1 and 13)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request

from service.problems import Problem

if TYPE_CHECKING:
    from loaders.release import Release

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_RANGE = re.compile(rf"({_TOKEN})/({_TOKEN})")
_WEIGHT = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")


@dataclass(frozen=True)
class Format:
    """A form an answer can take: its media type, the short names of `format=`, other media types it answers to."""

    media: str
    names: tuple[str, ...]
    aliases: tuple[str, ...] = ()


RESULTS = (
    Format("application/sparql-results+json", ("json", "srj"), ("application/json",)),
    Format("application/sparql-results+xml", ("xml", "srx"), ("application/xml", "text/xml")),
    Format("text/csv", ("csv",)),
    Format("text/tab-separated-values", ("tsv",)),
)
GRAPHS = (
    Format("text/turtle", ("turtle", "ttl"), ("application/x-turtle",)),
    Format("application/n-triples", ("nt", "ntriples", "n-triples"), ("text/plain",)),
    Format("application/ld+json", ("jsonld", "json-ld", "json"), ("application/json",)),
    Format("application/rdf+xml", ("rdf", "rdfxml", "xml"), ("application/xml", "text/xml")),
    Format("application/n-quads", ("nq", "nquads", "n-quads")),
    Format("application/trig", ("trig",)),
)


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


def choose(accept: str | None, offers: Sequence[str]) -> str:
    """The media type that a client likes best, the earlier one if it does not mind; Problem 406 with the list if none.

    >>> choose("text/csv;q=0.5, */*;q=0.1", ["application/json", "text/csv"])
    'text/csv'
    """
    wishes = _wishes(accept)
    best = max(offers, key=lambda media: _liking(media, wishes))
    if _liking(best, wishes)[0] == 0:
        raise _nothing(f"none of the media types in Accept is there: {_shown(accept)}", available=list(offers))
    return best


def agree(accept: str | None, formats: Sequence[Format], name: str | None = None) -> tuple[Format, str]:
    """The format for a client, by the name it gives or else by Accept, and the media type that it calls it by.

    >>> agree("application/json, */*;q=0.1", RESULTS)[1], agree("*/*", GRAPHS, name="nt")[1]
    ('application/json', 'application/n-triples')
    """
    if name is None:
        # Aliases come after all media types, so that only a client that names one gets it.
        offers = {f.media: f for f in formats} | {alias: f for f in formats for alias in f.aliases}
        media = choose(accept, list(offers))
        return offers[media], media
    wanted = name.strip().lower().replace(" ", "+")  # a + that was not escaped arrives as a space
    for found in formats:
        if wanted in (found.media, *found.names):
            return found, found.media
    raise _nothing(f"there is no format {_shown(name)} for this", available=[f.names[0] for f in formats])


def prefers(accept: str | None, media: str, over: str) -> bool:
    """Whether a client would rather have one media type than the other; not when it does not mind."""
    wishes = _wishes(accept)
    return _liking(media, wishes) > _liking(over, wishes)


def etag(release: Release, request: Request, *variant: str) -> str:
    """The strong entity tag of what a GET of this address gives, in this variant (media type, language)."""
    parts = (release.version, release.hash, request.url.path, request.url.query, *variant)
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f'"{digest[:32]}"'


def not_modified(request: Request, tag: str) -> bool:
    """Whether the client has this representation already.

    If-None-Match compares weakly, so the prefix that a compressing proxy puts before the tag does not matter.
    """
    given = {member.strip().removeprefix("W/") for member in request.headers.get("if-none-match", "").split(",")}
    return request.method in ("GET", "HEAD") and (tag in given or "*" in given)


def _liking(media: str, wishes: Iterable[_Wish]) -> tuple[float, int]:
    """Weight and exactness of the most exact wish that covers a media type."""
    wish = max(wishes, key=lambda wish: wish.rank(media))
    return (wish.weight, rank) if (rank := wish.rank(media)) else (0.0, 0)


def _wishes(accept: str | None) -> list[_Wish]:
    """The well-formed members of an Accept header; anything goes when there is none."""
    found = [wish for part in (accept or "").split(",") if (wish := _wish(part))]
    return found or [_Wish("*", "*", 1.0)]


def _wish(part: str) -> _Wish | None:
    media, *parameters = (piece.strip() for piece in part.split(";"))
    match = _RANGE.fullmatch(media.lower())
    weight = next((value for name, value in map(_parameter, parameters) if name == "q"), "1")
    if not match or not _WEIGHT.fullmatch(weight) or (match[1] == "*" and match[2] != "*"):
        return None
    return _Wish(match[1], match[2], float(weight))


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip()


def _nothing(detail: str, available: list[str]) -> Problem:
    return Problem(406, "No such representation", detail, available=available)


def _shown(text: str | None) -> str:
    return repr((text or "")[:100])
