"""The dumps of a release: canonical N-Quads, sorted, and the same in other forms, packed the same way every time."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, cast

from pyoxigraph import Quad, RdfFormat, Triple, parse, serialize

from loaders.release import canonical, turtle
from loaders.release.census import Census

NQUADS = "thidua.nq.gz"
TRIG = "thidua.trig.gz"
JSON_LD = "thidua.jsonld.gz"
TURTLE = "thidua.ttl.gz"
RDF_XML = "thidua.rdf.gz"
# Level 6 packs these texts to 4 % in a third of the time that level 9 takes for 3.9 %.
_LEVEL = 6


@contextlib.contextmanager
def packed(path: Path) -> Iterator[BinaryIO]:
    """A gzip file to write to; without name and time in it, so equal content gives equal bytes."""
    with path.open("wb") as file, gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as stream:
        yield cast(BinaryIO, stream)


def write_nquads(lines: Iterable[bytes], census: Census, plain: Path, dump: Path) -> str:
    """The sorted lines stand in `plain` and, packed, in `dump`; they are counted. Returns the dataset's hash."""
    sha = hashlib.sha256()
    with plain.open("wb") as file, packed(dump) as stream:
        for batch in canonical.batches(lines):
            census.count(batch)
            block = b"".join(batch)
            sha.update(block)
            file.write(block)
            stream.write(block)
    return sha.hexdigest()


def write_forms(plain: Path, base: str, scratch: Path, folder: Path) -> None:
    """The sorted lines of `plain` stand in the folder in every other form, with the graphs and without."""
    by_graph = scratch / "by-graph.nq"
    with plain.open("rb") as file, by_graph.open("wb") as sorted_file:
        sorted_file.writelines(map(_graph_last, canonical.ordered(map(_graph_first, file), scratch=scratch)))
    with packed(folder / JSON_LD) as stream:
        serialize(_quads(by_graph), stream, RdfFormat.JSON_LD)
    with (scratch / "dataset.trig").open("w+b") as engine, packed(folder / TRIG) as stream:
        turtle.write_trig(_quads(by_graph), base, engine, stream)
    with (scratch / "merged.ttl").open("w+b") as engine, packed(folder / TURTLE) as stream:
        turtle.write_turtle(once(_quads(plain)), base, engine, stream)
    with (scratch / "merged.rdf").open("w+b") as engine, packed(folder / RDF_XML) as stream:
        turtle.write_xml(once(_quads(plain)), base, engine, stream)


def once(quads: Iterable[Quad]) -> Iterator[Triple]:
    """The triples of sorted quads without their graphs: one that several sources state comes once."""
    return (triple for triple, _ in groupby(quad.triple for quad in quads))


def _quads(lines: Path) -> Iterator[Quad]:
    return parse(path=lines, format=RdfFormat.N_QUADS)


def write_checksum(dump: Path) -> None:
    """Beside the dump stands its SHA-256, as `sha256sum --check` reads it."""
    with dump.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    dump.with_name(dump.name + ".sha256").write_text(f"{digest}  {dump.name}\n", encoding="ascii")


def _graph_first(line: bytes) -> bytes:
    cut = line.rindex(b" <")
    return line[cut + 1 : -2] + line[:cut] + b"\n"


def _graph_last(line: bytes) -> bytes:
    graph, _, triple = line.partition(b" ")
    return triple[:-1] + b" " + graph + b" .\n"
