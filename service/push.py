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
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from pyoxigraph import DefaultGraph, NamedNode, RdfFormat, Store

from loaders.errors import OutsideError, UsageError
from loaders.progress import Progress
from loaders.release import Release, find, open_release
from loaders.release.scratch import scratch
from loaders.settings import Settings, address, variable
from service.remote import marker
from service.remote.port import Port

# Triples sent at a time: some 7 MB; and loaded at a time, in some seconds.
BATCH, BULK = 50_000, 250_000
# Seconds in which every copy of the service has seen that a release is not to be asked any more.
GRACE = 3.0
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
    progress = Progress()
    try:
        with _shared(args.bulk) as shared, Port(endpoint, login, args.update, args.store, shared) as port:
            done = push(release, port, progress, batch)
    finally:
        progress.close()
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
    before = port.marker(release.base)
    _keep_apart(release, before)
    if before.holds(release) and before.names(release):
        return False
    with scratch(release.directory.parent) as room:
        _Push(release, port, progress, batch, before, room).work()
    return True


def _keep_apart(release: Release, there: marker.Marker) -> None:
    for merged, version in there.whole.items():
        if (merged in there.synthetic) != release.synthetic:
            name, kinds = version.rpartition("/")[2], ("made up", "real")
            told = f"the data of {release.version} are {kinds[not release.synthetic]}, those of {name} in the engine"
            raise UsageError(f"{told} {kinds[release.synthetic]} → an engine for each")


@dataclass
class _Push:
    """One release on its way to one engine."""

    release: Release
    port: Port
    progress: Progress
    batch: int
    before: marker.Marker
    scratch: Path

    def work(self) -> None:
        """The engine holds the release and nothing that is neither of it nor of the one before."""
        base, release = self.release.base, self.release
        store = Store.read_only(str(release.store_path))
        if not self.before.holds(release):
            merged = marker.merged(base, release.hash)
            path, _ = self._dump(store, DefaultGraph())
            self._fill(merged, release.hash, path, release.manifest.triples)
            self.port.settle()
            self.port.update(marker.forget(base, merged), marker.insert_whole(release))
        changed = [found for graph in release.manifest.graphs if (found := self._send(store, NamedNode(graph)))]
        self.port.settle()
        self._swap(changed)
        self._clear()

    def _send(self, store: Store, graph: NamedNode) -> tuple[NamedNode, NamedNode, str] | None:
        """The content of a graph has arrived: the graph, where it is, its sum; None if it was there before."""
        path, sum = self._dump(store, graph)
        if self.before.sums.get(graph.value) == sum:
            return None
        # What nobody uses can be filled where it is to be, which saves moving it.
        at = marker.staged(self.release.base, sum) if graph.value in self.before.sums else graph
        self._fill(at, sum, path, self.release.manifest.graphs[graph.value])
        return graph, at, sum

    def _dump(self, store: Store, graph: NamedNode | DefaultGraph) -> tuple[Path, str]:
        path = self.scratch / "graph.nt"
        store.dump(str(path), RdfFormat.N_TRIPLES, from_graph=graph)
        with path.open("rb") as stream:
            return path, hashlib.file_digest(stream, "sha256").hexdigest()

    def _fill(self, graph: NamedNode, sum: str, path: Path, expected: int) -> None:
        """The graph holds what is in the file; OutsideError when it holds something else at the end."""
        base = self.release.base
        if self.before.filling.get(graph.value) != sum:
            fresh = [f"DROP SILENT GRAPH {graph}", marker.forget(base, graph)]
            self.port.update(*fresh, marker.insert_filling(base, graph, sum))
        there = self.port.count(graph)
        if there < expected:
            self.progress.stage(f"{graph.value}: {expected:,} triples")
            for sent, part in _batches(path, self.batch):
                # Of the batch that was under way when a push was killed, some may be there: it is sent again.
                if sent > there:
                    self.port.post(graph, part)
                    self.progress.count(sent)
            there = self.port.count(graph)
        if there != expected:
            self.port.update(f"DROP SILENT GRAPH {graph}", marker.forget(base, graph))
            detail = f"{graph.value} holds {there:,} triples instead of {expected:,}, and was emptied"
            raise OutsideError(f"{detail} → push again; if it is so again, this engine does not keep what it is given")

    def _swap(self, changed: list[tuple[NamedNode, NamedNode, str]]) -> None:
        """The named graphs are those of the release; while it lasts, they belong to none."""
        base, release = self.release.base, self.release
        self.progress.stage(f"{len(changed)} graphs into their places")
        self.port.update(marker.forget(base, marker.account(base)))
        for graph, at, sum in changed:
            moved = [] if at == graph else [f"MOVE SILENT GRAPH {at} TO GRAPH {graph}", marker.forget(base, at)]
            if moved:
                # On its own: killed, Virtuoso reads its log again, and what one step removes and adds is gone then.
                self.port.update(marker.forget(base, graph), f"DROP SILENT GRAPH {graph}")
            self.port.update(marker.forget(base, graph), *moved, marker.insert_sum(base, graph, sum))
            if moved and self.port.count(graph) != release.manifest.graphs[graph.value]:
                self.port.update(marker.forget(base, graph))
                raise OutsideError(f"{graph.value} is not whole after it was moved → push again")
        for name in self.before.sums.keys() - release.manifest.graphs.keys():
            self.port.update(f"DROP SILENT GRAPH {NamedNode(name)}", marker.forget(base, NamedNode(name)))
        self.port.update(marker.insert_belong(release))

    def _clear(self) -> None:
        """Older merges than the one before are gone, and what a push was at that nobody went on with."""
        base = self.release.base
        kept = {marker.merged(base, self.release.hash).value, self.before.belong, *self.release.manifest.graphs}
        # Which one was before is not known when a push was stopped while it put graphs into their places.
        old = self.before.whole.keys() if self.before.belong else set()
        gone = [NamedNode(name) for name in (old | self.before.filling.keys()) - kept]
        for name in gone:
            self.port.update(marker.forget(base, name), marker.insert_filling(base, name, _LEFT))
        if old - kept:
            time.sleep(GRACE)
        for name in gone:
            self.port.update(f"DROP SILENT GRAPH {name}", marker.forget(base, name))


def _batches(path: Path, size: int) -> Iterator[tuple[int, bytes]]:
    """The lines of a file, so many at a time, and how many lines there were up to there."""
    sent = 0
    with path.open("rb") as stream:
        while part := list(islice(stream, size)):
            sent += len(part)
            yield sent, b"".join(part)
