"""Which representation a client gets, and whether it has that one already (RFC 9110, 12.5.1 and 13)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from service.edition import edition
from service.methods import SAFE
from service.past.doors import CURRENT
from service.problems import Problem

if TYPE_CHECKING:
    from loaders.release import Release

# Headers that are lists, of which each line has a part (RFC 9110, 5.3).
_LISTS = (b"accept", b"accept-encoding", b"accept-language", b"cache-control", b"if-match", b"if-none-match")
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_RANGE = re.compile(rf"({_TOKEN})/({_TOKEN})")
# Characters of an Accept header, or of the name of a format, that are worth remembering.
_USUAL = 500
# Members of such a header that are read. Nobody has so many wishes, and there is room for 15,000.
MOST = 1000
_WEIGHT = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")


@dataclass(frozen=True, eq=False)
class Format:
    """A form an answer can take: its media type, the short names of `format=`, other media types it answers to."""

    media: str
    names: tuple[str, ...]
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """The format that was agreed on, and the media type to call it by: an alias only if the client named that."""

    format: Format
    media: str


HTML = Format("text/html", ("html",), ("application/xhtml+xml",))
# What the tag of a page ends with.
_PAGE = "-page"

RESULTS = (
    Format("application/sparql-results+json", ("json", "srj"), ("application/json",)),
    Format("application/sparql-results+xml", ("xml", "srx"), ("application/xml", "text/xml")),
    Format("text/csv", ("csv",)),
    Format("text/tab-separated-values", ("tsv",)),
)

# What a spreadsheet opens.
_TABLES = RESULTS[2:]
# Every text in Turtle is one in N3.
TURTLE = Format("text/turtle", ("turtle", "ttl", "n3"), ("application/x-turtle", "text/n3", "text/rdf+n3"))
N_TRIPLES = Format("application/n-triples", ("nt", "ntriples", "n-triples"), ("text/plain",))
JSON_LD = Format("application/ld+json", ("jsonld", "json-ld", "json"), ("application/json",))
RDF_XML = Format("application/rdf+xml", ("rdf", "rdfxml", "rdf+xml", "xml"), ("application/xml", "text/xml"))
N_QUADS = Format("application/n-quads", ("nq", "nquads", "n-quads"))
TRIG = Format("application/trig", ("trig",))
GRAPHS = (TURTLE, N_TRIPLES, JSON_LD, RDF_XML, N_QUADS, TRIG)


# The weight of each type and subtype that a client named, either of which may be `*`.
_Wishes = Mapping[tuple[str, str], float]


def joined(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of a request, of which those that are lists have one line each.

    >>> joined([(b"accept", b"text/csv;q=0.5"), (b"host", b"x"), (b"accept", b"text/turtle")])
    [(b'host', b'x'), (b'accept', b'text/csv;q=0.5, text/turtle')]
    """
    names = [name for name, _ in headers if name in _LISTS]
    if len(names) == len(set(names)):
        return headers
    lists: dict[bytes, list[bytes]] = {name: [] for name in names}
    for name, value in headers:
        lists.get(name, []).append(value)
    others = [header for header in headers if header[0] not in lists]
    return others + [(name, b", ".join(values)) for name, values in lists.items()]


def choose(accept: str | None, formats: Sequence[Format], name: str | None = None) -> Choice:
    """What a client likes best: by the name it gives, else by Accept; the earlier one if it does not mind.

    Problem 406 with the list when there is nothing for it.

    >>> choose("text/csv;q=0.5, application/json", RESULTS).media, choose("*/*", GRAPHS, name="nt").media
    ('application/json', 'application/n-triples')
    """
    usual = len(accept or "") <= _USUAL and len(name or "") <= _USUAL
    return (_known_choice if usual else _chosen)(accept, tuple(formats), name)


def _chosen(accept: str | None, formats: tuple[Format, ...], name: str | None) -> Choice:
    if name is not None:
        return _named(name, formats)
    # Aliases come after all media types, so that only a client that names one gets it.
    offers = {f.media: f for f in formats} | {alias: f for f in formats for alias in f.aliases}
    wishes = _wishes(accept)
    best = max(offers, key=lambda media: _liking(media, wishes))
    if _liking(best, wishes)[0] == 0:
        raise _nothing(f"none of the media types in Accept is there: {_shown(accept)}", formats)
    return Choice(offers[best], best)


_known_choice = lru_cache(1000)(_chosen)


def _named(name: str, formats: Sequence[Format]) -> Choice:
    wanted = name.strip().lower().replace(" ", "+")  # a + that was not escaped arrives as a space
    for found in formats:
        if wanted in (found.media, *found.names):
            return Choice(found, found.media)
    raise _nothing(f"there is no format {_shown(name)} for this", formats)


def attachment(choice: Choice) -> dict[str, str]:
    """The header by which a table is a file to its reader, who decides what opens it; for anything else none.

    >>> attachment(choose("text/csv", RESULTS)), attachment(choose("*/*", RESULTS))
    ({'Content-Disposition': 'attachment; filename="sparql.csv"'}, {})
    """
    name = f"sparql.{choice.format.names[0]}"
    return {"Content-Disposition": f'attachment; filename="{name}"'} if choice.format in _TABLES else {}


def prefers(accept: str | None, media: str, over: str) -> bool:
    """Whether a client would rather have one media type than the other; not when it does not mind."""
    wishes = _wishes(accept)
    return _liking(media, wishes) > _liking(over, wishes)


def etag(release: Release, request: Request, *variant: str) -> str:
    """The strong entity tag of what a GET of this address gives, in this variant (media type, language, `brought`).

    Other software has other tags: after an upgrade nobody is told that the page of the old one still holds. That of a
    page says that it is one (`of_page`), to those who see of an answer no more than that the client has it.
    """
    address = (request.scope["path"], request.scope["query_string"].decode("latin-1"))
    parts = (edition(), release.version, release.hash, *address, *variant)
    page = not {HTML.media, *HTML.aliases}.isdisjoint(variant)
    # A page of the published release under its lasting address does not say that another one is published.
    if page and CURRENT in request.scope.get("state", {}):
        parts += (CURRENT,)
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f'"{digest[:32]}{_PAGE if page else ""}"'


def brought(request: Request, body: bytes) -> tuple[str, ...]:
    """What of a request is not in its address: of a QUERY what it brings, and as what (RFC 10008, 2.7)."""
    if request.method != "QUERY":
        return ()
    return request.headers.get("content-type", ""), hashlib.sha256(body).hexdigest()


def of_page(tag: str) -> bool:
    """Whether what has this tag is a page.

    >>> of_page('"0123456789abcdef-page"'), of_page('"0123456789abcdef"')
    (True, False)
    """
    return tag.endswith(f'{_PAGE}"')


def validators(release: Release, request: Request, *variant: str) -> dict[str, str]:
    """The headers by which a client knows whether it has what a GET of this address gives, in this variant."""
    tag = etag(release, request, *variant)
    return {"ETag": tag, "Vary": "Accept, Accept-Language", "Cache-Control": "public, no-cache"}


def unchanged(request: Request, headers: Mapping[str, str]) -> Response | None:
    """The response to a client that has what goes with these headers; None to one that has not."""
    return Response(status_code=304, headers=headers) if not_modified(request, headers["ETag"]) else None


def not_modified(request: Request, tag: str) -> bool:
    """Whether the client has this representation already.

    If-None-Match compares weakly, so the prefix that a compressing proxy puts before the tag does not matter. `*` is
    no tag: whether there is anything, is seen when the answer is there (`condition`).
    """
    given = request.headers.get("if-none-match", "")
    known = {member.strip().removeprefix("W/") for member in given.split(",")}
    return tag in known and request.method in SAFE


def _liking(media: str, wishes: _Wishes) -> tuple[float, int]:
    """Weight and exactness of the most exact wish that covers a media type: 3 itself, 2 its family, 1 anything."""
    kind, _, sub = media.partition("/")
    for rank, name in ((3, (kind, sub)), (2, (kind, "*")), (1, ("*", "*"))):
        if name in wishes:
            return wishes[name], rank
    return 0.0, 0


def _wishes(accept: str | None) -> _Wishes:
    """The well-formed members of an Accept header; anything goes when there is none."""
    return _read(accept or "") if len(accept or "") > _USUAL else _known(accept or "")


def _read(accept: str) -> _Wishes:
    found = [wish for part in members(accept) if (wish := _wish(part))]
    # What is said twice counts as it was said first.
    return dict(reversed(found)) or {("*", "*"): 1.0}


def members(header: str) -> list[str]:
    """The members of a header that is a list, as far as they are read.

    >>> members("vi, en;q=0.5"), len(members("a/b," * 15_000))
    (['vi', ' en;q=0.5'], 1000)
    """
    return header.split(",", MOST)[:MOST]


# Most clients are of a few kinds, and reading their header takes longer than finding it.
_known = lru_cache(maxsize=256)(_read)


def _wish(part: str) -> tuple[tuple[str, str], float] | None:
    media, *parameters = (piece.strip() for piece in part.split(";"))
    match = _RANGE.fullmatch(media.lower())
    weight = next((value for name, value in map(_parameter, parameters) if name == "q"), "1")
    if not match or not _WEIGHT.fullmatch(weight) or (match[1] == "*" and match[2] != "*"):
        return None
    return (match[1], match[2]), float(weight)


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip()


def _nothing(detail: str, formats: Sequence[Format]) -> Problem:
    available = [{"media": offer.media, "format": offer.names[0]} for offer in formats]
    return Problem(406, "No such representation", detail, available=available)


def _shown(text: str | None) -> str:
    return repr((text or "")[:100])
