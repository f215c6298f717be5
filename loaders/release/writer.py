"""Writing a release: made in the workshop, read back, and only then renamed into its place."""

from __future__ import annotations

import contextlib
import datetime
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pyoxigraph import Store

from loaders.errors import DamagedRelease, DataError
from loaders.gate.report import Report
from loaders.namespaces import BASE
from loaders.release import INDEX, Release, canonical, disk, dumps, manifest, open_release, sorting, store, workbook
from loaders.release.census import Census
from loaders.release.description import Facts, describe
from loaders.release.index import write_index
from loaders.release.manifest import Manifest, Redaction
from loaders.release.pointer import stamp
from loaders.release.share import Share, shared
from loaders.release.sorting import Piece, Range


@dataclass(frozen=True)
class Draft:
    """What a release is made from: the candidate's store, what the gate found in it, and the facts.

    `now` is the clock, `inputs` the fingerprint of the sources, `software` the version of thidua; `on_disk` says that
    the store is there, with files that a release can take over.
    """

    store: Store
    report: Report
    base: str
    now: datetime.datetime
    software: str
    inputs: str
    on_disk: bool = False

    @property
    def held(self) -> Store | None:
        """The store, if its files can be taken over: not when all IRIs in it have to move."""
        return self.store if self.on_disk and self.base == BASE else None

    def papers(self, version: str) -> dict[str, bytes]:
        """The report in its three forms, under the release's base; the rows of spreadsheets are not published."""
        report = self.report.public
        found = {
            "report.txt": report.text(),
            "report.json": report.json(),
            "report.ttl": report.turtle(f"{BASE}release/{version}/report"),
        }
        return {name: text.replace(BASE, self.base).encode() for name, text in found.items()}


@dataclass(frozen=True)
class _Sorted:
    """The draft's statements, sorted by subject and by graph in files of the room, their merge, their census and hash.

    `share` are those who share in the work.
    """

    plain: Path
    by_graph: Path
    merged: tuple[Path, ...]
    census: Census
    dataset: str
    share: Share


def write(draft: Draft, room: Path, releases: Path, tell: Callable[[str], None] = lambda _: None) -> Release:
    """A release with the draft's data is in `releases`, whole and on the disk; an identical one from today is kept."""
    with _sorted(draft, room, tell) as found:
        version, same = _version(draft, found.dataset, releases)
        if same is not None:
            return same
        described = _compose(draft, room, version, found, tell)
    disk.move(room / "release", releases / version)
    return Release((releases / version).resolve(), described)


def replace(
    release: Release, draft: Draft, room: Path, redaction: Redaction, tell: Callable[[str], None] = lambda _: None
) -> Release:
    """The release holds the draft's data, under the name that it had; what it held before is in the room.

    At every moment the release is there, whole, as it was or as it is to be.
    """
    with _sorted(draft, room, tell) as found:
        redactions = (*release.manifest.redactions, redaction)
        described = _compose(draft, room, release.version, found, tell, redactions)
    disk.exchange(room / "release", release.directory)
    return Release(release.directory, described)


@contextlib.contextmanager
def _sorted(draft: Draft, room: Path, tell: Callable[[str], None]) -> Iterator[_Sorted]:
    """The draft's statements stand sorted in the room; DataError when there is none."""
    tell("taking the statements out of the candidate")
    scratch = room / "sorting"
    scratch.mkdir()
    pieces = canonical.pieces(draft.store, draft.base, scratch)
    if not pieces:
        raise DataError("there is not one statement to publish")
    with shared(sum(piece.size for piece in pieces)) as share:
        tell("sorting and hashing the statements")
        yield _sort(pieces, draft.base, room, scratch, share)


def _sort(pieces: Sequence[Piece], base: str, room: Path, scratch: Path, share: Share) -> _Sorted:
    runs = sorting.runs(pieces, scratch, share)
    plain, by_graph = room / "dataset.nq", room / "by-graph.nq"
    space = f"{base}id/"
    ranges = sorting.ranges(runs, plain)
    merged = tuple(room / f"merged-{number}.nt" for number in range(len(ranges)))
    census = Census(space)
    for part in share(_count, [(part, path, space) for part, path in zip(ranges, merged, strict=True)]):
        census.add(part)
    for _ in share(_put, sorting.ranges_by_graph(runs, by_graph)):
        pass
    shutil.rmtree(scratch)
    return _Sorted(plain, by_graph, merged, census, canonical.digest(plain), share)


def _count(task: tuple[Range, Path, str]) -> Census:
    """The lines stand sorted in their place, their merge in a file; they are counted."""
    part, path, space = task
    lines, census = part.write(), Census(space)
    census.count(lines)
    with path.open("wb") as stream:
        stream.writelines(canonical.merge(lines))
    return census


def _put(parts: Sequence[Range]) -> None:
    for part in parts:
        part.write()


def _compose(
    draft: Draft,
    room: Path,
    version: str,
    found: _Sorted,
    tell: Callable[[str], None],
    redactions: tuple[Redaction, ...] = (),
) -> Manifest:
    """The release stands in the room, whole and on the disk."""
    folder = room / "release"
    (folder / "dumps").mkdir(parents=True)
    _fill(draft, room, version, found, tell)
    for name, content in draft.papers(version).items():
        (folder / name).write_bytes(content)
    tell("hashing its files")
    described = _describe(draft, folder, version, found.census, found.dataset, redactions)
    tell("writing it to the disk")
    _seal(folder)
    return described


def _version(draft: Draft, dataset: str, releases: Path) -> tuple[str, Release | None]:
    """The version's name; and the release of that name, if it is there, whole and the same.

    The same data on the same day with another report, or beside a release that was damaged, get a name with a number.
    """
    first = f"{draft.now.astimezone(datetime.UTC):%Y-%m-%d}-{dataset[:8]}"
    version, number = first, 1
    while (releases / version).exists():
        if (same := _same(releases / version, draft.papers(version), dataset)) is not None:
            return version, same
        number += 1
        version = f"{first}-{number}"
    return version, None


def _same(directory: Path, papers: Mapping[str, bytes], dataset: str) -> Release | None:
    try:
        release = open_release(directory)
    except DamagedRelease:
        return None
    files = release.manifest.files
    same = INDEX in files and all(
        name in files and files[name].sha256 == sha256(text).hexdigest() for name, text in papers.items()
    )
    return release if same and release.hash == dataset else None


def _fill(draft: Draft, room: Path, version: str, found: _Sorted, tell: Callable[[str], None]) -> None:
    """Store, dumps and index are in the folder, and the store was found to hold the dataset."""
    folder, share = room / "release", found.share
    with ThreadPoolExecutor(4) as pool:
        beside = [
            pool.submit(_index, found, draft.base, folder / INDEX),
            pool.submit(_write_workbook, draft, version, found, folder / "dumps" / workbook.NAME),
            pool.submit(dumps.write_by_subject, found.plain, draft.base, folder / "dumps", share),
            pool.submit(dumps.write_by_graph, found.by_graph, draft.base, folder / "dumps", share),
        ]
        tell("building the store, the dumps and the index")
        store.build(found.plain, found.merged, folder / "store", draft.held)
        tell("reading the store back")
        store.read_back(folder / "store", room, found.census, found.dataset, share)
        tell("finishing the dumps and the index")
        for each in beside:
            each.result()


def _write_workbook(draft: Draft, version: str, found: _Sorted, path: Path) -> None:
    """The workbook is written, unless it were too large for those who open workbooks."""
    if found.census.quads <= workbook.MOST:
        facts = workbook.Facts(version, found.dataset, draft.now.astimezone(datetime.UTC), draft.base)
        workbook.write(draft.store, facts, path, BASE)


def _index(found: _Sorted, base: str, path: Path) -> None:
    """The index is written, by one of those who share in the work."""
    for _ in found.share(_write_index, [(found.merged, base, path)]):
        pass


def _write_index(task: tuple[Sequence[Path], str, Path]) -> None:
    write_index(*task)


def _describe(
    draft: Draft, folder: Path, version: str, census: Census, dataset: str, redactions: tuple[Redaction, ...]
) -> Manifest:
    """Checksums, description and manifest are in the folder."""
    found = [path for path in sorted((folder / "dumps").iterdir()) if path.suffix != ".sha256"]
    for path in found:
        dumps.write_checksum(path)
    entries = {path.relative_to(folder).as_posix(): manifest.entry(path) for path in found}
    facts = Facts(version, stamp(draft.now), draft.base, entries)
    (folder / "description.ttl").write_bytes(describe(facts, census))
    described = Manifest(
        version=version,
        created=facts.created,
        base=draft.base,
        dataset=dataset,
        quads=census.quads,
        triples=census.triples,
        graphs=dict(sorted(census.graphs.items())),
        software=draft.software,
        inputs=draft.inputs,
        files=manifest.survey(folder),
        redactions=redactions,
        synthetic=census.synthetic,
    )
    manifest.write(folder, described)
    return described


def _seal(folder: Path) -> None:
    """The files are read-only and on the disk."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o444)
    disk.sync_tree(folder)
