"""What differs between two kept releases: the statements that only one of them has, read from their dumps.

Both dumps are sorted alike, so reading them side by side is enough, and takes no memory that grows with them.
"""

from __future__ import annotations

import contextlib
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from loaders.namespaces import xsd
from loaders.release import Release, dumps, sound_file

_TYPE = b"<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
# Greater than any line: no text in UTF-8 has this byte.
_END = b"\xff"
# Changes that the text shows; it is for reading.
SHOWN = 40
_OF_GRAPHS = ("added", "removed")
_OF_CLASSES = ("new", "gone", "changed")


class Line(NamedTuple):
    """A statement as a line of N-Quads, and which of two releases have it."""

    before: bool
    after: bool
    text: bytes

    @property
    def subject(self) -> bytes:
        """What it is about."""
        return self.text[: self.text.index(b" ")]


class Difference:
    """What lies between two releases; it is counted while its changes are read, and counted out after the last.

    `graphs` counts statements `added` and `removed` by graph, `classes` things `new`, `gone` and `changed` by class.
    A thing is new if the older release says nothing about it.
    """

    def __init__(self, old: Release, new: Release) -> None:
        self.old, self.new = old, new
        self.graphs: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.classes: defaultdict[str, Counter[str]] = defaultdict(Counter)

    @property
    def added(self) -> int:
        """How many statements only the newer release has."""
        return sum(counts["added"] for counts in self.graphs.values())

    @property
    def removed(self) -> int:
        """How many statements only the older release has."""
        return sum(counts["removed"] for counts in self.graphs.values())

    def changes(self) -> Iterator[Line]:
        """The statements that one of the two has, sorted; DamagedRelease before the first if a dump is not whole."""
        with _opened(self.old) as old, _opened(self.new) as new:
            for _, lines in groupby(side_by_side(old, new), lambda line: line.subject):
                yield from self._about(lines)

    def _about(self, lines: Iterable[Line]) -> Iterator[Line]:
        """The changes among the lines about one thing, which are counted."""
        before = after = changed = False
        classes = set()
        for line in lines:
            before, after = before or line.before, after or line.after
            if line.text.split(b" ", 2)[1] == _TYPE:
                classes.add(line.text.split(b" ", 3)[2])
            if line.before != line.after:
                changed = True
                graph = line.text[line.text.rindex(b" <") + 2 : -4]
                self.graphs[graph.decode()]["added" if line.after else "removed"] += 1
                yield line
        if changed:
            kind = "changed" if before and after else "new" if after else "gone"
            for name in classes:
                self.classes[name[1:-1].decode()][kind] += 1


def _opened(release: Release) -> gzip.GzipFile:
    """The dump, unpacked. What is sound when it is open is so as long as it is read, whatever takes its place."""
    path = release.directory / f"dumps/{dumps.NQUADS}"
    with contextlib.ExitStack() as undo:
        stream = undo.enter_context(gzip.open(path)) if path.is_file() else None
        sound_file(release, f"dumps/{dumps.NQUADS}")
        assert stream is not None, "what is not there is not sound"
        undo.pop_all()
        return stream


def side_by_side(old: Iterable[bytes], new: Iterable[bytes]) -> Iterator[Line]:
    """The lines of both, each sorted and without repetition, in their common order.

    >>> [(line.before, line.after, line.text) for line in side_by_side([b"a", b"b"], [b"b", b"c"])]
    [(True, False, b'a'), (True, True, b'b'), (False, True, b'c')]
    """
    olds, news = iter(old), iter(new)
    one, other = next(olds, _END), next(news, _END)
    while one is not _END or other is not _END:
        if one == other:
            yield Line(True, True, one)
            one, other = next(olds, _END), next(news, _END)
        elif one < other:
            yield Line(True, False, one)
            one = next(olds, _END)
        else:
            yield Line(False, True, other)
            other = next(news, _END)


def patch(found: Difference) -> Iterator[bytes]:
    """The difference as RDF Patch (https://afs.github.io/rdf-patch/): applied to the older dataset it gives the newer.

    `id` and `prev` are the IRIs of the releases, so the patches of successive releases make a log.
    """
    yield f"H id <{_iri(found.new)}> .\nH prev <{_iri(found.old)}> .\nTX .\n".encode()
    for line in found.changes():
        yield (b"A " if line.after else b"D ") + line.text
    yield b"TC .\n"


def to_json(found: Difference) -> Iterator[bytes]:
    """The difference as a JSON object: the releases, every change, and at the end the counts."""
    releases = {"old": _named(found.old), "new": _named(found.new)}
    yield _dumped(releases)[:-1] + b', "changes": ['
    comma = b"\n"
    for line in found.changes():
        yield comma + _dumped(_flat(line))
        comma = b",\n"
    graphs, classes = _rows(found.graphs, _OF_GRAPHS), _rows(found.classes, _OF_CLASSES)
    counts = {"added": found.added, "removed": found.removed, "graphs": graphs, "classes": classes}
    yield b"\n], " + _dumped(counts)[1:] + b"\n"


def text(found: Difference) -> Iterator[bytes]:
    """The difference to read: counts by graph and by class, and the first changes."""
    changes = found.changes()
    first = list(islice(changes, SHOWN))
    more = sum(1 for _ in changes)
    yield from (f"{line}\n".encode() for line in _head(found))
    yield b"\n" * bool(first)
    yield from ((b"+ " if line.after else b"- ") + line.text for line in first)
    if more:
        yield f"… and {more:,} more; as json or patch all are there\n".encode()


FORMS: Mapping[str, Callable[[Difference], Iterator[bytes]]] = {"text": text, "json": to_json, "patch": patch}


def _head(found: Difference) -> Iterator[str]:
    for word, release in (("from", found.old), ("to", found.new)):
        yield f"{word:<5}{release.version:<24}{release.quads:>12,} statements"
    yield f"{found.added:,} added, {found.removed:,} removed"
    yield from _table("graph", _rows(found.graphs, _OF_GRAPHS), found)
    yield from _table("class", _rows(found.classes, _OF_CLASSES), found)


def _rows(counted: Mapping[str, Counter[str]], columns: Sequence[str]) -> dict[str, dict[str, int]]:
    return {name: {column: counted[name][column] for column in columns} for name in sorted(counted)}


def _table(title: str, rows: Mapping[str, Mapping[str, int]], found: Difference) -> Iterator[str]:
    width = max((len(_short(name, found)) for name in rows), default=0)
    for number, (name, row) in enumerate(rows.items()):
        if not number:
            yield f"\n{title:<{width}}" + "".join(f"{column:>10}" for column in row)
        yield f"{_short(name, found):<{width}}" + "".join(f"{count:>10,}" for count in row.values())


def _short(iri: str, found: Difference) -> str:
    return iri.removeprefix(found.new.base).removeprefix(found.old.base)


def _iri(release: Release) -> str:
    return f"{release.base}release/{release.version}"


def _named(release: Release) -> dict[str, object]:
    return {"version": release.version, "iri": _iri(release), "hash": release.hash, "quads": release.quads}


def _flat(line: Line) -> dict[str, object]:
    (quad,) = parse(line.text, RdfFormat.N_QUADS)
    assert isinstance(quad.subject, NamedNode), "a release has no blank nodes"
    assert isinstance(quad.object, NamedNode | Literal), "nor statements about statements"
    assert isinstance(quad.graph_name, NamedNode), "nor statements without a graph"
    return {
        "change": "added" if line.after else "removed",
        "subject": quad.subject.value,
        "predicate": quad.predicate.value,
        "object": _object(quad.object),
        "graph": quad.graph_name.value,
    }


def _object(term: NamedNode | Literal) -> dict[str, str]:
    """The term as SPARQL's JSON has it."""
    if isinstance(term, NamedNode):
        return {"type": "uri", "value": term.value}
    if term.language:
        return {"type": "literal", "value": term.value, "xml:lang": term.language}
    kind = {} if term.datatype == xsd.string else {"datatype": term.datatype.value}
    return {"type": "literal", "value": term.value, **kind}


def _dumped(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()
