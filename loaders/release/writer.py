"""Writing a release: made in the workshop, read back, and only then renamed into its place."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pyoxigraph import RdfFormat, Store

from loaders.errors import DamagedRelease, DataError, OutsideError
from loaders.gate.report import Report
from loaders.namespaces import BASE
from loaders.release import INDEX, Release, canonical, disk, dumps, manifest, open_release, workbook
from loaders.release import base as bases
from loaders.release.census import Census
from loaders.release.description import Facts, describe
from loaders.release.index import write_index
from loaders.release.manifest import Manifest, Redaction
from loaders.release.pointer import stamp


@dataclass(frozen=True)
class Draft:
    """What a release is made from: the candidate's store, what the gate found in it, and the facts.

    `now` is the clock, `inputs` the fingerprint of the sources, `software` the version of thidua.
    """

    store: Store
    report: Report
    base: str
    now: datetime.datetime
    software: str
    inputs: str

    def papers(self, version: str) -> dict[str, bytes]:
        """The report in its three forms, under the release's base; the rows of spreadsheets are not published."""
        report = self.report.public
        found = {
            "report.txt": report.text(),
            "report.json": report.json(),
            "report.ttl": report.turtle(f"{BASE}release/{version}/report"),
        }
        return {name: text.replace(BASE, self.base).encode() for name, text in found.items()}


def write(draft: Draft, room: Path, releases: Path, tell: Callable[[str], None] = lambda _: None) -> Release:
    """A release with the draft's data is in `releases`, whole and on the disk; an identical one from today is kept."""
    census, dataset = _sort(draft, room, tell)
    version, same = _version(draft, dataset, releases)
    if same is not None:
        return same
    described = _compose(draft, room, version, census, dataset, tell)
    disk.move(room / "release", releases / version)
    return Release((releases / version).resolve(), described)


def replace(
    release: Release, draft: Draft, room: Path, redaction: Redaction, tell: Callable[[str], None] = lambda _: None
) -> Release:
    """The release holds the draft's data, under the name that it had; what it held before is in the room.

    At every moment the release is there, whole, as it was or as it is to be.
    """
    census, dataset = _sort(draft, room, tell)
    redactions = (*release.manifest.redactions, redaction)
    described = _compose(draft, room, release.version, census, dataset, tell, redactions)
    disk.exchange(room / "release", release.directory)
    return Release(release.directory, described)


def _sort(draft: Draft, room: Path, tell: Callable[[str], None]) -> tuple[Census, str]:
    """The draft's statements stand sorted in the room, as a file and as a dump; their census and the dataset's hash."""
    (room / "release" / "dumps").mkdir(parents=True)
    tell("sorting and hashing the statements")
    census = Census(space=f"{draft.base}id/")
    lines = canonical.lines(draft.store, bases.moved(draft.base), scratch=room)
    dataset = dumps.write_nquads(lines, census, room / "dataset.nq", room / "release" / "dumps" / dumps.NQUADS)
    if not census.quads:
        raise DataError("there is not one statement to publish")
    return census, dataset


def _compose(
    draft: Draft,
    room: Path,
    version: str,
    census: Census,
    dataset: str,
    tell: Callable[[str], None],
    redactions: tuple[Redaction, ...] = (),
) -> Manifest:
    """The release stands in the room, whole and on the disk."""
    folder = room / "release"
    _fill(draft, room, version, census, dataset, tell)
    for name, content in draft.papers(version).items():
        (folder / name).write_bytes(content)
    described = _describe(draft, folder, version, census, dataset, redactions)
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


def _fill(draft: Draft, room: Path, version: str, census: Census, dataset: str, tell: Callable[[str], None]) -> None:
    """Store, dumps and index are in the folder, and the store was found to hold the dataset."""
    folder = room / "release"
    facts = workbook.Facts(version, dataset, draft.now.astimezone(datetime.UTC), draft.base)
    with ThreadPoolExecutor(2) as pool:
        book = pool.submit(workbook.write, draft.store, facts, folder / "dumps" / workbook.NAME, BASE)
        forms = pool.submit(dumps.write_forms, room / "dataset.nq", draft.base, room, folder / "dumps")
        tell("building the store")
        _build_store(room / "dataset.nq", folder / "store")
        tell("reading the store back")
        _read_back(folder / "store", room, census, dataset)
        tell("indexing the names")
        write_index(Store.read_only(str(folder / "store")), draft.base, folder / INDEX)
        forms.result()
        book.result()


def _build_store(plain: Path, directory: Path) -> None:
    """The store holds the dataset and, in its default graph, the merge of all graphs.

    The engine's own union of graphs finds a triple once for each graph that has it; in a merge it is there once.
    """
    merged = plain.with_name("merged.nt")
    with plain.open("rb") as lines, merged.open("wb") as file:
        file.writelines(canonical.merge(lines))
    store = Store(str(directory))
    store.bulk_load(path=str(plain), format=RdfFormat.N_QUADS)
    store.bulk_load(path=str(merged), format=RdfFormat.N_TRIPLES)
    store.flush()
    store.optimize()
    store.flush()
    del store  # closes it
    # The engine's log tells of this machine and this hour; its lock file is for writers. Readers need neither.
    for name in ("LOG", "LOCK"):
        (directory / name).unlink(missing_ok=True)


def _read_back(directory: Path, room: Path, census: Census, dataset: str) -> None:
    """Nothing, when the store on disk holds what was put into it; a full or failing disk can lose some silently."""
    disk.sync_tree(directory)
    store, expected = Store.read_only(str(directory)), census.quads + census.triples
    if len(store) != expected:
        raise OutsideError(f"the store lost statements: {len(store)} of {expected} are there → is the disk sound?")
    if canonical.hash_of(store, scratch=room, merged=True) != dataset:
        raise OutsideError("the store on the disk does not hold what was written → is the disk sound?")


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
