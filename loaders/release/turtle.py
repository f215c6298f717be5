"""Turtle, TriG and RDF/XML that are the same bytes every time: the engine writes prefixes in an order of the moment."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterable
from typing import IO

from pyoxigraph import Quad, RdfFormat, Triple, serialize

from loaders.release import base as bases

_NAMES = re.compile(rb' xmlns:[^=]+="[^"]*"')


def turtle(triples: Iterable[Triple], base: str) -> bytes:
    """The triples in the order given, under the prefixes of a base, sorted.

    >>> from loaders.namespaces import BASE, rdfs, td, text
    >>> print(turtle([Triple(td.Source, rdfs.label, text("nguồn"))], BASE).decode().splitlines()[-1])
    td:Source rdfs:label "nguồn"@vi .
    """
    engine, out = io.BytesIO(), io.BytesIO()
    serialize(triples, engine, RdfFormat.TURTLE, prefixes=bases.prefixes(base))
    engine.seek(0)
    _settle(engine, out)
    return out.getvalue()


def write_trig(quads: Iterable[Quad], base: str, scratch: IO[bytes], out: IO[bytes]) -> None:
    """The quads stand in `out` as TriG, in the order given; `scratch` is an empty file, open for reading as well."""
    serialize(quads, scratch, RdfFormat.TRIG, prefixes=bases.prefixes(base))
    scratch.seek(0)
    _settle(scratch, out)


def write_turtle(triples: Iterable[Triple], base: str, scratch: IO[bytes], out: IO[bytes]) -> None:
    """The triples stand in `out` as Turtle, as above."""
    serialize(triples, scratch, RdfFormat.TURTLE, prefixes=bases.prefixes(base))
    scratch.seek(0)
    _settle(scratch, out)


def write_xml(triples: Iterable[Triple], base: str, scratch: IO[bytes], out: IO[bytes]) -> None:
    """The triples stand in `out` as RDF/XML, as above."""
    serialize(triples, scratch, RdfFormat.RDF_XML, prefixes=bases.prefixes(base))
    scratch.seek(0)
    out.write(scratch.readline())
    out.write(b"<rdf:RDF" + b"".join(sorted(_NAMES.findall(scratch.readline()))) + b">\n")
    shutil.copyfileobj(scratch, out, 2**20)


def _settle(engine: IO[bytes], out: IO[bytes]) -> None:
    prefixes = []
    line = engine.readline()
    while line.startswith(b"@prefix "):
        prefixes.append(line)
        line = engine.readline()
    out.writelines(sorted(prefixes))
    out.write(line)
    shutil.copyfileobj(engine, out, 2**20)
