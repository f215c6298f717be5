"""The dumps of a release: canonical N-Quads, sorted, and the same in other forms, packed the same way every time.

Whoever shares in the work writes blocks of the sorted lines in all forms, and a dump is its blocks one after the other,
between a head and a tail, each a member of the gzip file (RFC 1952 §2.2).
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import IO

from pyoxigraph import Quad, RdfFormat, Triple, parse

from loaders.namespaces import rdf
from loaders.release import canonical, frames, turtle
from loaders.release.blocks import Block
from loaders.release.frames import Slice
from loaders.release.share import Share
from loaders.release.turtle import Text

NQUADS = "thidua.nq.gz"
TRIG = "thidua.trig.gz"
JSON_LD = "thidua.jsonld.gz"
TURTLE = "thidua.ttl.gz"
RDF_XML = "thidua.rdf.gz"
BY_SUBJECT, BY_GRAPH = (NQUADS, TURTLE, RDF_XML), (TRIG, JSON_LD)
# Level 6 packs these texts to 4 % in a third of the time that level 9 takes for 3.9 %.
_LEVEL, _GZIP = 6, 31

# Bytes of a block in each of the dumps that hold it.
Sizes = tuple[int, ...]


@dataclass(frozen=True)
class Member:
    """Where something lies in the dumps of an order, packed: the dumps, the place in each, and how much it is."""

    paths: Sequence[Path]
    places: Sizes
    sizes: Sizes

    def read(self, number: int) -> bytes:
        """The member of one of the dumps, packed."""
        with self.paths[number].open("rb") as stream:
            stream.seek(self.places[number])
            return stream.read(self.sizes[number])

    def text(self, number: int) -> bytes:
        """The member of one of the dumps."""
        return zlib.decompress(self.read(number), _GZIP)


@dataclass(frozen=True)
class _Task:
    slices: Sequence[Slice]
    number: int
    base: str
    room: Path

    def pack(self, name: str, text: Text) -> Path:
        """What the block adds to a dump stands packed in a file: a member of gzip, without name and time."""
        path = self.room / f"{name}-{self.number}"
        path.write_bytes(_packed((text.between if self.number else b"") + text.body))
        return path


def write_by_subject(found: Sequence[Block | Member], base: str, folder: Path, room: Path, share: Share) -> list[Sizes]:
    """The blocks stand in the folder as N-Quads, and, merged without their graphs, as Turtle and RDF/XML.

    What lies in the dumps of another release is taken from there. The sizes are those of the members.
    """
    return _write(_pack_by_subject, found, BY_SUBJECT, _Place(base, folder, room), share)


def write_by_graph(found: Sequence[Block | Member], base: str, folder: Path, room: Path, share: Share) -> list[Sizes]:
    """The blocks, which are sorted by graph, stand in the folder as TriG and JSON-LD."""
    return _write(_pack_by_graph, found, BY_GRAPH, _Place(base, folder, room), share)


def members(paths: Sequence[Path], base: str, sizes: Iterable[Sizes]) -> list[Member]:
    """The members of dumps, which were written in this order."""
    places, found = tuple(len(head) for head in _heads(paths, base)), []
    for each in sizes:
        found.append(Member(paths, places, each))
        places = tuple(place + size for place, size in zip(places, each, strict=True))
    return found


def once(quads: Iterable[Quad]) -> Iterator[Triple]:
    """The triples of sorted quads without their graphs: one that several sources state comes once."""
    return (triple for triple, _ in groupby(quad.triple for quad in quads))


def write_checksum(dump: Path, digest: str) -> None:
    """Beside the dump stands its SHA-256, given in hexadecimal, as `sha256sum --check` reads it."""
    dump.with_name(dump.name + ".sha256").write_text(f"{digest}  {dump.name}\n", encoding="ascii")


def head(name: str, base: str) -> Text:
    """What a dump begins with and ends with, without blocks in between."""
    some = [Quad(rdf.type, rdf.type, rdf.Property)]
    if name == NQUADS:
        return Text(b"", b"")
    if name == JSON_LD:
        return turtle.written_json(some)
    if name == RDF_XML:
        return turtle.written_xml(some, base)
    return turtle.written(some, RdfFormat.TRIG, base)


@dataclass(frozen=True)
class _Place:
    base: str
    folder: Path
    room: Path


def _write(
    pack: Callable[[_Task], Sequence[Path]],
    found: Sequence[Block | Member],
    names: Sequence[str],
    place: _Place,
    share: Share,
) -> list[Sizes]:
    tasks = [_Task(each.slices, n, place.base, place.room) for n, each in enumerate(found) if isinstance(each, Block)]
    packed, sizes = iter(share(pack, tasks)), []
    with ExitStack() as closing:
        streams = [closing.enter_context((place.folder / name).open("wb")) for name in names]
        for stream, opened in zip(streams, _heads(names, place.base), strict=True):
            stream.write(opened)
        for each in found:
            sizes.append(_copy(each, streams) if isinstance(each, Member) else _move(next(packed), streams))
        for stream, name in zip(streams, names, strict=True):
            stream.write(_packed(head(name, place.base).tail))
    return sizes


def _heads(names: Iterable[str | Path], base: str) -> Iterator[bytes]:
    return (_packed(head(Path(name).name, base).head) for name in names)


def _packed(text: bytes) -> bytes:
    """A member of gzip, without name and time; nothing for nothing."""
    return zlib.compress(text, _LEVEL, _GZIP) if text else b""


def _copy(member: Member, streams: Sequence[IO[bytes]]) -> Sizes:
    for number, stream in enumerate(streams):
        stream.write(member.read(number))
    return member.sizes


def _move(paths: Sequence[Path], streams: Sequence[IO[bytes]]) -> Sizes:
    sizes = []
    for stream, path in zip(streams, paths, strict=True):
        sizes.append(stream.write(path.read_bytes()))
        path.unlink()
    return tuple(sizes)


def _pack_by_subject(task: _Task) -> list[Path]:
    lines = frames.read(task.slices)
    quads = list(parse(b"".join(canonical.merge(io.BytesIO(lines))), RdfFormat.N_TRIPLES))
    texts = Text(b"", lines), turtle.written(quads, RdfFormat.TURTLE, task.base), turtle.written_xml(quads, task.base)
    return list(map(task.pack, BY_SUBJECT, texts))


def _pack_by_graph(task: _Task) -> list[Path]:
    quads = list(parse(frames.read(task.slices), RdfFormat.N_QUADS))
    texts = turtle.written(quads, RdfFormat.TRIG, task.base), turtle.written_json(quads)
    return list(map(task.pack, BY_GRAPH, texts))
