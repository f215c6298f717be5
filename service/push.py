"""`thidua push`: a release is in a SPARQL engine elsewhere, and is what it answers from.

Graphs are sent in batches, or loaded in batches through files, in the same order every time. What has arrived, the
engine itself says: so a push that was killed goes on where it was, and a batch that is sent twice is there once, since
graphs are sets. What is in use is not touched before everything has arrived and was counted; the account of it is
written last (`service.remote.marker`).
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyoxigraph import DefaultGraph, NamedNode, RdfFormat, Store

from loaders.errors import OutsideError, UsageError
from loaders.progress import Progress
from loaders.release import Release, current, disk, find, legible, manifest, open_release
from loaders.release.scratch import scratch
from loaders.settings import Settings, address, variable
from service.remote import marker

if TYPE_CHECKING:
    from service.remote.port import Port

# Triples sent at a time: some 7 MB; and loaded at a time, in some seconds.
BATCH, BULK = 50_000, 250_000
# Graphs of which the account is told at a time.
SAID = 200
# Seconds in which every copy of the service has seen that a release is not to be asked any more.
GRACE = marker.GRACE
_LOCK = ".push.lock"
# What a graph is to hold that is to go.
_LEFT = "nothing"


def add_command(commands: Any) -> None:
    """push is known to the parser."""
    about = "load a release into a SPARQL engine (nạp một bản phát hành vào máy chủ SPARQL khác)"
    parser = commands.add_parser("push", help=about, description=about)
    parser.add_argument("version", nargs="?", metavar="VERSION", help="which release; default: the published one")
    parser.add_argument("--endpoint", metavar="URL", help=f"where it is asked; default {variable('sparql_endpoint')}")
    parser.add_argument("--update", metavar="URL", help="where it takes updates; default: by the kind of engine")
    parser.add_argument("--store", metavar="URL", help="where it takes graphs; default: by the kind of engine")
    parser.add_argument(
        "--user", metavar="NAME", help="default THIDUA_SPARQL_USER; the password is in THIDUA_SPARQL_PASSWORD"
    )
    parser.add_argument("--batch", type=int, metavar="N", help=f"triples at a time; default {BATCH}, in bulk {BULK}")
    through = "by Virtuoso's bulk loader, through this directory, which it reads and may read (DirsAllowed)"
    parser.add_argument("--bulk", type=Path, metavar="DIR", help=through)
    parser.add_argument(
        "--synthetic", action="store_true", help="even if its data are made up (dù dữ liệu là tổng hợp, không có thật)"
    )
    parser.add_argument("--releases", type=Path, metavar="DIR", help="the releases; default THIDUA_RELEASES")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace, settings: Settings) -> int:
    from service.remote.port import Port  # its HTTP takes a while to import, which other commands need not wait for

    endpoint = args.endpoint or settings.sparql_endpoint
    if endpoint is None:
        raise UsageError(f"where to? → --endpoint URL, or {variable('sparql_endpoint')}")
    for name, value in (("--endpoint", endpoint), ("--update", args.update), ("--store", args.store)):
        _check(name, value)
    if args.batch is not None and args.batch < 1:
        raise UsageError("--batch is 1 or more")
    user = args.user or settings.sparql_user
    login = (user, settings.sparql_password or "") if user else None
    release = open_release(find(args.releases or settings.releases, args.version))
    if release.synthetic and not args.synthetic:
        way = f"thidua push --synthetic {release.version}, into an engine that has nothing else"
        raise UsageError(f"the data of {release.version} are made up, to try software on → {way}")
    batch = args.batch or (BULK if args.bulk else BATCH)
    with (
        Progress() as progress,
        _shared(args.bulk) as shared,
        Port(endpoint, login, args.update, args.store, shared) as port,
    ):
        done = push(release, port, progress, batch)
    print(f"{release.version}: {release.quads:,} statements {'are' if done else 'were already'} at {endpoint}")
    return 0


@contextlib.contextmanager
def _shared(directory: Path | None) -> Iterator[Path | None]:
    """A room in the directory that others may read; what a push left there that was killed is gone."""
    if directory is None:
        yield None
        return
    if not directory.is_dir():
        raise UsageError(f"--bulk {directory}: there is no such directory")
    with scratch(directory) as room:
        room.chmod(0o755)
        yield room


def _check(name: str, value: str | None) -> None:
    try:
        address(value or "http://-/")
    except ValueError as error:
        raise UsageError(f"{name} {value}: {error}") from None


def push(release: Release, port: Port, progress: Progress, batch: int = BATCH) -> bool:
    """The engine holds the release, and its named graphs; False if it did before. OutsideError when it fails.

    UsageError when one of the two, the release or what the engine holds, is made up and the other is not.
    """
    with _alone(release.directory.parent, progress), scratch(release.directory.parent) as room:
        before = port.marker(release.base)
        _keep_apart(release, before)
        pushing = _Push(release, port, progress, batch, before, room)
        if lacking := not pushing.complete:
            pushing.work()
        pushing.clear()
    return lacking


@contextlib.contextmanager
def _alone(releases: Path, progress: Progress) -> Iterator[None]:
    """No other push of these releases is at work: each goes by what the engine said when it began."""
    beside = releases if os.access(releases, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())
    with disk.locked(beside / _LOCK, lambda: progress.say("another push is at work here: waiting for it")):
        yield


def _keep_apart(release: Release, there: marker.Marker) -> None:
    for merged, version in there.whole.items():
        if (merged in there.synthetic) != release.synthetic:
            name, kinds = version.rpartition("/")[2], ("made up", "real")
            told = f"the data of {release.version} are {kinds[not release.synthetic]}, those of {name} in the engine"
            raise UsageError(f"{told} {kinds[release.synthetic]} → an engine for each")


@dataclass(frozen=True)
class _Graph:
    """A graph of the release, where it is gathered, the sum of its triples and how many there are."""

    graph: NamedNode | DefaultGraph
    at: NamedNode
    sum: str
    size: int

    @property
    def moves(self) -> bool:
        """Whether it is gathered elsewhere than it is to be."""
        return self.graph not in (self.at, DefaultGraph())


@dataclass
class _Push:
    """One release on its way to one engine."""

    release: Release
    port: Port
    progress: Progress
    batch: int
    before: marker.Marker
    scratch: Path

    def __post_init__(self) -> None:
        # The engine itself counts: its disk may have been lost, or a graph dropped, and the account be there.
        self.merged = marker.merged(self.release.base, self.release.hash)
        self.whole = self.before.holds(self.release) and self.port.count(self.merged) == self.release.manifest.triples
        named = self.release.manifest.graphs.keys() & self.before.sums.keys()
        self.there = dict(self.port.counts([NamedNode(name) for name in named]))

    @property
    def complete(self) -> bool:
        """Whether the engine holds the release and its named graphs, as it says and as it counts."""
        sizes = self.release.manifest.graphs
        return (
            self.whole and self.before.names(self.release) and sizes == {name: self.there.get(name) for name in sizes}
        )

    def work(self) -> None:
        """The engine holds the release, and its named graphs."""
        base, release, merged = self.release.base, self.release, self.merged
        store = Store.read_only(str(release.store_path))
        if not self.whole:
            if self.before.holds(release):
                self.port.update(marker.forget(base, merged))
            self._fill(store, [_Graph(DefaultGraph(), merged, release.hash, release.manifest.triples)])
            self.port.update(marker.forget(base, merged), marker.insert_whole(release))
        changed = list(self._changed(store))
        self._fill(store, changed)
        self._swap(changed)

    def clear(self) -> None:
        """Merges that nobody is served from are gone, and what a push was at that nobody went on with."""
        base = self.release.base
        old = self.before.whole.keys() - self._served()
        begun = self.before.filling.keys() - {self.merged.value}
        gone = [NamedNode(name) for name in (old | begun) - self.release.manifest.graphs.keys()]
        for name in gone:
            self.port.update(marker.forget(base, name), marker.insert_filling(base, {name: _LEFT}))
        if old:
            time.sleep(GRACE)
        for name in gone:
            self.port.update(f"DROP SILENT GRAPH {name}", marker.forget(base, name))

    def _changed(self, store: Store) -> Iterator[_Graph]:
        """The named graphs that the engine has otherwise or not at all."""
        for name, size in self.release.manifest.graphs.items():
            graph = NamedNode(name)
            _, sum = self._dump(store, graph)
            if self.before.sums.get(name) != sum or self.there.get(name) != size:
                # While nobody asks for named graphs, what is not used can be filled where it is to be.
                used = self.before.belong or name in self.before.sums
                at = marker.staged(self.release.base, sum) if used else graph
                yield _Graph(graph, at, sum, size)

    def _dump(self, store: Store, graph: NamedNode | DefaultGraph) -> tuple[Path, str]:
        path = self.scratch / "graph.nt"
        store.dump(str(path), RdfFormat.N_TRIPLES, from_graph=graph)
        with path.open("rb") as stream:
            return path, hashlib.file_digest(stream, "sha256").hexdigest()

    def _fill(self, store: Store, graphs: Sequence[_Graph]) -> None:
        """The graphs are where they are to be filled; OutsideError when the engine holds something else at the end."""
        there = dict(self.port.counts([graph.at for graph in graphs]))
        self._begin([graph for graph in graphs if self.before.filling.get(graph.at.value) != graph.sum], there)
        if lacking := [graph for graph in graphs if there.get(graph.at.value, 0) < graph.size]:
            self._send(store, lacking, there)
        there = dict(self.port.counts([graph.at for graph in graphs]))
        wrong = [graph for graph in graphs if there.get(graph.at.value, 0) != graph.size]
        for graph in wrong:
            self.port.update(f"DROP SILENT GRAPH {graph.at}", marker.forget(self.release.base, graph.at))
        for graph in wrong:
            found = f"{there.get(graph.at.value, 0):,} triples instead of {graph.size:,}"
            hint = "push again; if it is so again, this engine does not keep what it is given"
            raise OutsideError(f"{graph.at.value} holds {found}, and was emptied → {hint}")
        self.port.settle()

    def _begin(self, graphs: Sequence[_Graph], there: dict[str, int]) -> None:
        """The graphs are empty, and the account says what they are to hold."""
        base = self.release.base
        for graph in graphs:
            if there.pop(graph.at.value, 0):
                self.port.update(f"DROP SILENT GRAPH {graph.at}")
            if graph.at.value in self.before.filling:
                self.port.update(marker.forget(base, graph.at))
        for some in _parts(graphs, SAID):
            self.port.update(marker.insert_filling(base, {graph.at: graph.sum for graph in some}))

    def _send(self, store: Store, graphs: Sequence[_Graph], there: Mapping[str, int]) -> None:
        """The rest of the graphs was sent, of each of which so much is there."""
        self.progress.stage(f"{len(graphs):,} graphs: {sum(graph.size for graph in graphs):,} triples")
        # Small graphs travel together: a country has tens of thousands, and a request takes as long as one of them.
        together: dict[NamedNode, bytes] = {}
        gathered = done = 0
        for graph in graphs:
            path, _ = self._dump(store, graph.graph)
            for size, part in self._lacking(path, there.get(graph.at.value, 0)):
                if gathered + size > self.batch:
                    self.port.post(together)
                    self.progress.count(done)
                    together, gathered = {}, 0
                together[graph.at] = together.get(graph.at, b"") + part
                gathered, done = gathered + size, done + size
        self.port.post(together)

    def _lacking(self, path: Path, there: int) -> Iterator[tuple[int, bytes]]:
        """The batches of a file of which more is wanted than is there, and how many triples each has."""
        sent = 0
        for size, part in _batches(path, self.batch):
            sent += size
            # Of the batch that was under way when a push was killed, some may be there: it is sent again.
            if sent > there:
                yield size, part

    def _swap(self, changed: Sequence[_Graph]) -> None:
        """The named graphs are those of the release; while it lasts, they belong to none."""
        base, release = self.release.base, self.release
        self.progress.stage(f"{len(changed)} graphs into their places")
        self.port.update(marker.forget(base, marker.account(base)))
        for graph in changed:
            if graph.moves:
                self._move(graph)
        for some in _parts([graph for graph in changed if not graph.moves], SAID):
            self.port.update(marker.insert_sums(base, {graph.at: graph.sum for graph in some}))
        self.port.update(marker.forget_filled(base))
        begun = {name for name in self.before.filling if name.startswith(f"{base}graph/")}
        for name in (self.before.sums.keys() | begun) - release.manifest.graphs.keys():
            self._drop(NamedNode(name))
            self.port.update(marker.forget(base, NamedNode(name)))
        self.port.update(marker.insert_belong(release))

    def _drop(self, graph: NamedNode) -> None:
        """The named graph is empty, and the account says so; it says of each at any time that there is something."""
        base = self.release.base
        self.port.update(marker.insert_filling(base, {graph: _LEFT}), marker.forget_sum(base, graph))
        self.port.update(f"DROP SILENT GRAPH {graph}")

    def _move(self, graph: _Graph) -> None:
        """The graph is in its place, in the place of what was there."""
        base, name = self.release.base, graph.graph
        assert isinstance(name, NamedNode), "what every graph says is gathered where it stays"
        # Dropped on its own: killed, Virtuoso reads its log again, and what one step removes and adds is gone then.
        self._drop(name)
        self.port.update(f"MOVE SILENT GRAPH {graph.at} TO GRAPH {name}")
        if dict(self.port.counts([name])).get(name.value, 0) != graph.size:
            raise OutsideError(f"{name.value} is not whole after it was moved → push again")
        self.port.update(marker.insert_sums(base, {name: graph.sum}), marker.forget_filling(base, name))
        self.port.update(marker.forget(base, graph.at))

    def _served(self) -> set[str]:
        """The merges that may be asked for: of the release, and of the published one, which stays until another is."""
        base, releases = self.release.base, self.release.directory.parent
        mine = {self.merged.value}
        if published := current(releases):
            return mine | {marker.merged(base, manifest.read(releases / published).dataset).value}
        # Nothing is published here: the one before may be elsewhere. Which one that was is not known when this release
        # has the named graphs already, or none has. What a withdrawal replaced is of no release any more.
        before = {self.before.belong} - mine - {""} or self.before.whole.keys()
        return mine | (before & {marker.merged(base, each.hash).value for each in legible(releases)})


def _parts(graphs: Sequence[_Graph], size: int) -> Iterator[Sequence[_Graph]]:
    for at in range(0, len(graphs), size):
        yield graphs[at : at + size]


def _batches(path: Path, size: int) -> Iterator[tuple[int, bytes]]:
    """The lines of a file, so many at a time, and how many they are."""
    with path.open("rb") as stream:
        while part := list(islice(stream, size)):
            yield len(part), b"".join(part)
