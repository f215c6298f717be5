"""Turtle, TriG, RDF/XML and JSON-LD that are the same bytes every time: the engine writes prefixes in any order."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from pyoxigraph import Quad, RdfFormat, Triple, serialize

from loaders.release import base as bases

_NAMES = re.compile(rb' xmlns:[^=]+="[^"]*"')


class Text(NamedTuple):
    """A text in three parts, so that several become one: its head, the bodies with what stands between, the tail."""

    head: bytes
    body: bytes
    tail: bytes = b""
    between: bytes = b""


def turtle(triples: Iterable[Triple], base: str) -> bytes:
    """The triples in the order given, under the prefixes of a base, sorted.

    >>> from loaders.namespaces import BASE, rdfs, td, text
    >>> print(turtle([Triple(td.Source, rdfs.label, text("nguồn"))], BASE).decode().splitlines()[-1])
    td:Source rdfs:label "nguồn"@vi .
    """
    return b"".join(written(triples, RdfFormat.TURTLE, base))


def written(quads: Iterable[Quad] | Iterable[Triple], form: RdfFormat, base: str) -> Text:
    """The quads in the order given, as TriG or Turtle."""
    text = _serialized(quads, form, bases.prefixes(base))
    place, prefixes = 0, []
    while text.startswith(b"@prefix ", place):
        end = text.index(b"\n", place) + 1
        prefixes.append(text[place:end])
        place = end
    return Text(b"".join(sorted(prefixes)), text[place:])


def written_xml(quads: Iterable[Quad], base: str) -> Text:
    """The quads in the order given, as RDF/XML."""
    first, names, body = _serialized(quads, RdfFormat.RDF_XML, bases.prefixes(base)).split(b"\n", 2)
    head = first + b"\n<rdf:RDF" + b"".join(sorted(_NAMES.findall(names))) + b">\n"
    tail = b"</rdf:RDF>"
    return Text(head, body.removesuffix(tail), tail)


def written_json(quads: Iterable[Quad]) -> Text:
    """The quads in the order given, as JSON-LD."""
    return Text(b"[", _serialized(quads, RdfFormat.JSON_LD)[1:-1], b"]", b",")


def _serialized(
    quads: Iterable[Quad] | Iterable[Triple], form: RdfFormat, prefixes: dict[str, str] | None = None
) -> bytes:
    text = serialize(quads, format=form, prefixes=prefixes)
    assert text is not None  # as when it goes to a file
    return text
