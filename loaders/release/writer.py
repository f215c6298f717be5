"""Writing a release: made in the workshop, read back, and only then renamed into its place."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from pyoxigraph import Store

from loaders.errors import DamagedRelease
from loaders.gate.report import Report
from loaders.namespaces import BASE
from loaders.release import INDEX, ORDER, Release, disk, dumps, manifest, open_release, orders, workbook
from loaders.release.census import Census
from loaders.release.description import Facts, describe
from loaders.release.lines import Lines
from loaders.release.lists import long_lists
from loaders.release.manifest import Manifest, Redaction
from loaders.release.pointer import stamp
from loaders.release.prints import Prints
from loaders.release.revised import Former, revised
from loaders.release.share import Tell, silent
from loaders.release.whole import whole
from loaders.release.written import Layout, Written


@dataclass(frozen=True)
class Draft:
    """What a release is made from: the candidate's store, what the gate found in it, and the facts.

    `now` is the clock, `inputs` the fingerprint of the sources, `software` the version of thidua; `files` hold what the
    store holds, in canonical N-Quads, if there are any; or `lines` do, sorted, perhaps with their `prints`, among which
    is the release's own store; `former` is the release of which the store is a change, if it is one.
    """

    store: Store
    report: Report
    base: str
    now: datetime.datetime
    software: str
    inputs: str
    files: Sequence[Path] = ()
    lines: Lines | None = None
    prints: Prints | None = None
    former: Former | None = None

    def content(self, room: Path, tell: Tell = silent) -> Content:
        """The draft's statements, in files of the room; DataError when there is none."""
        if self.former is not None:
            return revised(self.former, self.store, room, tell)
        return whole(self.store, self.lines, self.prints, self.files, self.base, room, tell)

    def papers(self, version: str) -> dict[str, bytes]:
        """The report in its three forms, under the release's base; the rows of spreadsheets are not published."""
        report = self.report.public
        found = {
            "report.txt": report.text(),
            "report.json": report.json(),
            "report.ttl": report.turtle(f"{BASE}release/{version}/report"),
        }
        return {name: text.replace(BASE, self.base).encode() for name, text in found.items()}


class Content(Protocol):
    """The statements of a release, counted and hashed, that can be written in every form."""

    @property
    def census(self) -> Census:
        """Their census."""

    @property
    def dataset(self) -> str:
        """Their hash."""

    def to_ask(self) -> Store:
        """A store that holds them, or their merge, under the canonical base; in memory when they are few."""

    def fill(self, folder: Path, tell: Tell, ready: Callable[[], None]) -> tuple[Layout, Layout]:
        """Store, dumps and index are in the folder; the blocks of the dumps are told, by subject and by graph.

        As soon as the store is there, somebody is told that it is `ready` to be asked.
        """

    def former_order(self, name: str) -> orders.Former | None:
        """The order that a long list had before, if one can be followed, and what has other rows since."""


def write(
    draft: Draft,
    room: Path,
    releases: Path,
    tell: Tell = silent,
    keep: Callable[[Written], None] = lambda _: None,
) -> Release:
    """A release with the draft's data is in `releases`, whole and on the disk; an identical one from today is kept.

    How a new one was written is told to `keep`.
    """
    content = draft.content(room, tell)
    version, same = _version(draft, content.dataset, releases)
    if same is not None:
        return same
    described, laid = _compose(draft, room, version, content, tell)
    keep(Written(version, *laid))
    disk.move(room / "release", releases / version)
    return Release((releases / version).resolve(), described)


def replace(release: Release, draft: Draft, room: Path, redaction: Redaction, tell: Tell = silent) -> Release:
    """The release holds the draft's data, under the name that it had; what it held before is in the room.

    At every moment the release is there, whole, as it was or as it is to be.
    """
    redactions = (*release.manifest.redactions, redaction)
    described, _ = _compose(draft, room, release.version, draft.content(room, tell), tell, redactions)
    disk.exchange(room / "release", release.directory)
    return Release(release.directory, described)


def _compose(
    draft: Draft,
    room: Path,
    version: str,
    content: Content,
    tell: Tell,
    redactions: tuple[Redaction, ...] = (),
) -> tuple[Manifest, tuple[Layout, Layout]]:
    """The release stands in the room, whole and on the disk; its manifest, and how its dumps are made of blocks."""
    folder = room / "release"
    (folder / "dumps").mkdir(parents=True)
    beside: list[Future[None]] = []
    with ThreadPoolExecutor(2) as pool:

        def put_in_order() -> None:
            if (folder / ORDER).exists():  # it was done while the store was judged
                return
            size = content.census.quads
            made = folder / "store", draft.base, folder / ORDER, content.former_order, size, tell
            beside.append(pool.submit(orders.write_orders, *made))

        # Beyond its limit, a workbook were too large for those who open workbooks.
        if content.census.quads <= workbook.MOST:
            path = folder / "dumps" / workbook.NAME
            beside.append(pool.submit(_write_workbook, draft, version, content, content.to_ask(), path))
        laid = content.fill(folder, tell, put_in_order)
        if beside:
            tell(orders.ORDERING)
        for each in beside:
            each.result()
    for name, text in draft.papers(version).items():
        (folder / name).write_bytes(text)
    tell("hashing its files")
    described = _describe(draft, folder, version, content.census, content.dataset, redactions)
    tell("writing it to the disk")
    _seal(folder)
    return described, laid


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
    made = [INDEX, *(f"{ORDER}/{name}.sqlite" for name in long_lists())]
    same = all(name in files for name in made) and all(
        name in files and files[name].sha256 == sha256(text).hexdigest() for name, text in papers.items()
    )
    return release if same and release.hash == dataset else None


def _write_workbook(draft: Draft, version: str, content: Content, store: Store, path: Path) -> None:
    facts = workbook.Facts(version, content.dataset, draft.now.astimezone(datetime.UTC), draft.base)
    workbook.write(store, facts, path, BASE)


def _describe(
    draft: Draft, folder: Path, version: str, census: Census, dataset: str, redactions: tuple[Redaction, ...]
) -> Manifest:
    """Checksums, description and manifest are in the folder."""
    known = manifest.survey(folder, draft.former.linked(folder) if draft.former else {})
    entries = {path: entry for path, entry in known.items() if path.startswith("dumps/")}
    for path, entry in entries.items():
        dumps.write_checksum(folder / path, entry.sha256)
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
        files=manifest.survey(folder, known),
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
