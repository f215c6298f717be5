"""A release: an immutable directory that the building half writes and the service reads.

releases/{version}/   version = {day}-{first 8 digits of the dataset's hash}
    store/            Oxigraph, opened read-only
    dumps/            thidua.nq.gz (canonical, sorted), .trig .jsonld .ttl .rdf .xlsx, a .sha256 beside each
    search.sqlite     the search index
    order/            the order of each long list, in SQLite
    description.ttl   DCAT and VoID
    report.txt|json|ttl   what the gate found
    manifest.json  SHA256SUMS
releases/current  ->  {version}
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import Store

from loaders.errors import DamagedRelease, UnreadableRelease, UsageError
from loaders.release import journal, manifest
from loaders.release.manifest import Manifest

CURRENT = "current"
INDEX = "search.sqlite"
ORDER = "order"
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}-[0-9a-f]{8}(-\d+)?")


@dataclass(frozen=True)
class Release:
    """A release on disk; what it says of itself is in its manifest. Its `mark` is known when it was opened."""

    directory: Path
    manifest: Manifest
    mark: tuple[int, int] | None = field(default=None, compare=False)

    @property
    def version(self) -> str:
        """The name of the release, `2026-11-21-0f3a9c1d`."""
        return self.manifest.version

    @property
    def base(self) -> str:
        """The base of all IRIs in it."""
        return self.manifest.base

    @property
    def hash(self) -> str:
        """The RDFC-1.0 hash of the dataset, SHA-256 in hexadecimal."""
        return self.manifest.dataset

    @property
    def quads(self) -> int:
        """How many statements the named graphs hold; a triple that two sources state is two statements."""
        return self.manifest.quads

    @property
    def synthetic(self) -> bool:
        """Whether its data are made up, to try software on: nobody may take them for true."""
        return self.manifest.synthetic

    @property
    def modified(self) -> datetime.datetime:
        """When it was built, in UTC."""
        return datetime.datetime.fromisoformat(self.manifest.created)

    @property
    def store_path(self) -> Path:
        """The directory of the store: `Store.read_only(str(release.store_path))`."""
        return self.directory / "store"

    @property
    def store_size(self) -> int:
        """Bytes that the store takes on disk."""
        return sum(entry.size for path, entry in self.manifest.files.items() if path.startswith("store/"))

    @property
    def dumps(self) -> list[Path]:
        """The dumps and their checksums."""
        return [self.directory / path for path in sorted(self.manifest.files) if path.startswith("dumps/")]

    @property
    def index(self) -> Path | None:
        """The search index; None in a release from before there was one."""
        return self.directory / INDEX if INDEX in self.manifest.files else None

    def order(self, name: str) -> Path | None:
        """The order of a long list; None in a release that has none."""
        path = f"{ORDER}/{name}.sqlite"
        return self.directory / path if path in self.manifest.files else None

    @property
    def description(self) -> Path:
        """The DCAT and VoID description."""
        return self.directory / "description.ttl"

    def report(self, form: str = "json") -> Path:
        """The gate's report, as `txt`, `json` or `ttl`."""
        return self.directory / f"report.{form}"


def open_release(path: Path) -> Release:
    """The release in a directory (or behind `current`), every file as its manifest says; DamagedRelease otherwise.

    The count is compared as well: a store that was cut short opens without an error, with fewer statements.
    """
    directory = path.resolve()
    marked = mark(directory)
    release = Release(directory, manifest.read(directory), marked)
    faults = file_faults(release) or count_faults(release)
    # A withdrawal put another in its place while it was read: these were two halves.
    if mark(directory) != marked:
        return open_release(path)
    if faults:
        raise DamagedRelease("the release is damaged: " + _first(faults), file=str(directory))
    return release


def file_faults(release: Release) -> list[str]:
    """A line for every file that is not as the manifest says, and for a name that is not that of the release.

    What cannot be read is told after these; UnreadableRelease when nothing else is wrong.
    """
    faults, unread = manifest.faults(release.directory, release.manifest)
    if release.directory.name != release.version or release.manifest.named_after[:8] not in release.version:
        faults.append(f"the directory is called {release.directory.name}, the release in it {release.version}")
    if unread and not faults:
        raise UnreadableRelease(_first(unread), file=str(release.directory), lines=unread)
    return faults + unread


def _first(lines: Sequence[str]) -> str:
    """The first lines in one."""
    return "; ".join(lines[:5]) + (f" and {len(lines) - 5} more" if len(lines) > 5 else "")


def sound_file(release: Release, path: str) -> Path:
    """The file of a release, as its manifest says it is; DamagedRelease otherwise."""
    if manifest.entry(release.directory / path) != release.manifest.files.get(path):
        hint = f"thidua verify {release.version}"
        raise DamagedRelease("not as the manifest says", file=str(release.directory / path), hint=hint)
    return release.directory / path


def count_faults(release: Release) -> list[str]:
    """A line, if the store does not hold the number of statements that the manifest says; its files are sound.

    UnreadableRelease when it cannot be opened all the same.
    """
    try:
        # The named graphs, and the default graph, which is all of them merged.
        found, expected = len(Store.read_only(str(release.store_path))), release.quads + release.manifest.triples
    except FileNotFoundError as error:
        return [f"store: {error}"]
    except OSError as error:
        raise UnreadableRelease(f"the store cannot be opened: {error}", file=str(release.directory)) from None
    return [] if found == expected else [f"store: {found} statements instead of {expected}"]


def versions(releases: Path) -> list[str]:
    """The names of all releases in a directory, damaged ones too; what is still being written is not among them."""
    names = (path.name for path in (releases.iterdir() if releases.is_dir() else ()) if path.is_dir())
    return sorted(name for name in names if _VERSION.fullmatch(name))


def kept(releases: Path) -> list[Release]:
    """The releases of a directory, the oldest first; their manifests are read, their files not looked at."""
    found = [Release(releases / name, manifest.read(releases / name)) for name in versions(releases)]
    return _in_order(releases, found)


def legible(releases: Path) -> list[Release]:
    """Those of the kept releases that say what they are, the oldest first; the others are passed over."""
    found = []
    for name in versions(releases):
        with contextlib.suppress(DamagedRelease):
            found.append(Release(releases / name, manifest.read(releases / name)))
    return _in_order(releases, found)


def illegible(releases: Path) -> dict[str, DamagedRelease]:
    """Why each of the others does not say what it is, by version."""
    found = {}
    for name in versions(releases):
        try:
            manifest.read(releases / name)
        except DamagedRelease as error:
            found[name] = error
    return found


def mark(directory: Path) -> tuple[int, int] | None:
    """What tells the release in a directory from one that takes its place under its name; None if none is there."""
    try:
        found = (directory / manifest.NAME).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _in_order(releases: Path, found: list[Release]) -> list[Release]:
    """The oldest first, by what they say; those of which the journal tells in its order, since clocks are set back."""
    by_age = sorted(found, key=lambda release: (release.manifest.created, release.version))
    built = [entry.version for entry in journal.entries(releases) if entry.action == "build"]
    known = {version: place for place, version in reversed(list(enumerate(built)))}
    told = sorted((each for each in by_age if each.version in known), key=lambda release: known[release.version])
    rest = iter(told)
    return [next(rest) if release.version in known else release for release in by_age]


def current(releases: Path) -> str | None:
    """The version that is published, if one is; OSError when that cannot be seen."""
    try:
        return (releases / CURRENT).readlink().name
    except OSError as error:
        # No link, no directory, or something that is no link.
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EINVAL):
            return None
        raise


def find(releases: Path, version: str | None) -> Path:
    """The directory of a version, of the published one without a name; UsageError says which there are."""
    name = current(releases) if version is None else version
    if name is None:
        raise UsageError(f"nothing is published in {releases} → thidua publish")
    if not _VERSION.fullmatch(name) or not (releases / name).is_dir():
        known = ", ".join(versions(releases)) or "none: thidua build"
        raise UsageError(f"no release {name or repr(name)} in {releases} → there are: {known}")
    return releases / name
