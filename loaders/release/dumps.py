"""The dumps of a release: canonical N-Quads, sorted, and the same in other forms, packed the same way every time.

Sorted lines are cut into blocks, always at the same places. Whoever shares in the work writes blocks in all forms, and
a dump is its blocks one after the other, each a member of the gzip file (RFC 1952 §2.2).
"""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import IO

from pyoxigraph import Quad, RdfFormat, Triple, parse

from loaders.release import canonical, turtle
from loaders.release.share import Share
from loaders.release.turtle import Text

NQUADS = "thidua.nq.gz"
TRIG = "thidua.trig.gz"
JSON_LD = "thidua.jsonld.gz"
TURTLE = "thidua.ttl.gz"
RDF_XML = "thidua.rdf.gz"
_BY_SUBJECT, _BY_GRAPH = (NQUADS, TURTLE, RDF_XML), (TRIG, JSON_LD)
# Bytes of lines. Smaller blocks pack worse, and quads of larger ones take more memory.
_BLOCK = 8 * 2**20
# Level 6 packs these texts to 4 % in a third of the time that level 9 takes for 3.9 %.
_LEVEL, _GZIP = 6, 31


@dataclass(frozen=True)
class Block:
    """Sorted lines from one place of a file to another, and a base; the `first` opens a text, the `last` ends it."""

    path: Path
    start: int
    end: int
    base: str
    first: bool
    last: bool

    def read(self) -> bytes:
        """The lines."""
        with self.path.open("rb") as stream:
            stream.seek(self.start)
            return stream.read(self.end - self.start)

    def pack(self, name: str, text: Text) -> Path:
        """What the block adds to a dump stands packed in a file: a member of gzip, without name and time."""
        opened = text.head if self.first else text.between
        path = self.path.with_name(f"{name}-{self.start}")
        path.write_bytes(zlib.compress(opened + text.body + (text.tail if self.last else b""), _LEVEL, _GZIP))
        return path


def write_by_subject(plain: Path, base: str, folder: Path, share: Share) -> None:
    """The lines stand in the folder as N-Quads, and, merged without their graphs, as Turtle and RDF/XML."""
    _write(_pack_by_subject, _blocks(plain, base), [folder / name for name in _BY_SUBJECT], share)


def write_by_graph(plain: Path, base: str, folder: Path, share: Share) -> None:
    """The lines, which are sorted by graph, stand in the folder as TriG and JSON-LD."""
    _write(_pack_by_graph, _blocks(plain, base), [folder / name for name in _BY_GRAPH], share)


def once(quads: Iterable[Quad]) -> Iterator[Triple]:
    """The triples of sorted quads without their graphs: one that several sources state comes once."""
    return (triple for triple, _ in groupby(quad.triple for quad in quads))


def write_checksum(dump: Path) -> None:
    """Beside the dump stands its SHA-256, as `sha256sum --check` reads it."""
    with dump.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    dump.with_name(dump.name + ".sha256").write_text(f"{digest}  {dump.name}\n", encoding="ascii")


def _write(
    pack: Callable[[Block], Sequence[Path]], blocks: Iterable[Block], dumps: Sequence[Path], share: Share
) -> None:
    with ExitStack() as closing:
        streams = [closing.enter_context(dump.open("wb")) for dump in dumps]
        for members in share(pack, blocks):
            for stream, member in zip(streams, members, strict=True):
                stream.write(member.read_bytes())
                member.unlink()


def _blocks(plain: Path, base: str) -> list[Block]:
    """The file, cut where a subject begins: equal files are cut at equal places, whoever cuts them."""
    size = plain.stat().st_size
    with plain.open("rb") as stream:
        places = [0]
        while (place := _next_subject(stream, places[-1] + _BLOCK)) < size:
            places.append(place)
    ends = [*places[1:], size]
    return [Block(plain, start, end, base, start == 0, end == size) for start, end in zip(places, ends, strict=True)]


def _next_subject(stream: IO[bytes], place: int) -> int:
    """Where the first subject begins that begins after a place, or the end of the file."""
    stream.seek(place)
    stream.readline()
    place, line = stream.tell(), stream.readline()
    subject = line.partition(b" ")[0]
    while line and line.partition(b" ")[0] == subject:
        place, line = stream.tell(), stream.readline()
    return place


def _pack_by_subject(block: Block) -> list[Path]:
    lines = block.read()
    quads = list(parse(b"".join(canonical.merge(io.BytesIO(lines))), RdfFormat.N_TRIPLES))
    texts = Text(b"", lines), turtle.written(quads, RdfFormat.TURTLE, block.base), turtle.written_xml(quads, block.base)
    return list(map(block.pack, _BY_SUBJECT, texts))


def _pack_by_graph(block: Block) -> list[Path]:
    quads = list(parse(block.read(), RdfFormat.N_QUADS))
    return list(
        map(block.pack, _BY_GRAPH, (turtle.written(quads, RdfFormat.TRIG, block.base), turtle.written_json(quads)))
    )
