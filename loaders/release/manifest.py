"""The manifest of a release: what it is, and the size and SHA-256 of every file in it.

`manifest.json` lists all files but itself and `SHA256SUMS`; `SHA256SUMS` lists all files and the manifest, in the
form that `sha256sum --check` reads. So each of the two would betray a change of the other.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from loaders.errors import DamagedRelease

NAME = "manifest.json"
SUMS = "SHA256SUMS"


@dataclass(frozen=True)
class Entry:
    """A file's size in bytes and its SHA-256."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Redaction:
    """Something was taken out of a release: when, why, and the hash of the dataset that nobody can verify any more."""

    at: str
    why: str
    dataset: str


@dataclass(frozen=True)
class Manifest:
    """What a release says of itself. `dataset` is the RDFC-1.0 hash, `inputs` the fingerprint of what it was made from.

    `created` is a moment in UTC (`2026-11-21T08:00:00Z`), `quads` counts statements, `graphs` counts them by graph,
    `triples` counts different triples; `redactions` are there only if there were any, the first one first, `synthetic`
    only if the data are made up.
    """

    version: str
    created: str
    base: str
    dataset: str
    quads: int
    triples: int
    graphs: Mapping[str, int]
    software: str
    inputs: str
    files: Mapping[str, Entry]
    redactions: tuple[Redaction, ...] = ()
    synthetic: bool = False

    @property
    def named_after(self) -> str:
        """The hash of the dataset that the release was named after: its own, unless something was taken out."""
        return self.redactions[0].dataset if self.redactions else self.dataset


def survey(directory: Path) -> dict[str, Entry]:
    """The size and SHA-256 of every file below a directory, by path; a link counts as what it is, never followed."""
    paths = sorted(_files(directory))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        entries = pool.map(entry, (directory / path for path in paths))
        return dict(zip(paths, entries, strict=True))


def entry(path: Path) -> Entry:
    """The size and SHA-256 of a file; of a link or anything else, an entry that no file has."""
    if path.is_symlink() or not path.is_file():
        return Entry(-1, "not a file")
    with path.open("rb") as stream:
        return Entry(path.stat().st_size, hashlib.file_digest(stream, "sha256").hexdigest())


def write(directory: Path, manifest: Manifest) -> None:
    """The manifest and the sums stand in the directory."""
    content = _render(manifest)
    (directory / NAME).write_bytes(content)
    (directory / SUMS).write_bytes(_sums(manifest, content))


def read(directory: Path) -> Manifest:
    """The manifest of a release; DamagedRelease when there is none, or it is not the one that the sums confirm."""
    try:
        content = (directory / NAME).read_bytes()
        manifest = _parse(json.loads(content))
        confirmed = (directory / SUMS).read_bytes() == _sums(manifest, content)
    except FileNotFoundError as error:
        raise DamagedRelease("a file is missing", file=str(error.filename)) from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DamagedRelease(f"the manifest cannot be read: {error}", file=str(directory / NAME)) from None
    if not confirmed:
        raise DamagedRelease(f"{NAME} and {SUMS} disagree", file=str(directory))
    return manifest


def faults(directory: Path, manifest: Manifest) -> list[str]:
    """A line for every file that is missing, cut, changed or not in the manifest."""
    found = survey(directory)
    return [
        f"{path}: {fault}"
        for path in sorted(found.keys() | manifest.files.keys())
        if (fault := _fault(found.get(path), manifest.files.get(path)))
    ]


def _fault(found: Entry | None, expected: Entry | None) -> str | None:
    if expected is None:
        return "not in the manifest"
    if found is None:
        return "missing"
    if found.size != expected.size:
        return f"{found.size} bytes instead of {expected.size}"
    return "changed" if found != expected else None


def _files(directory: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(directory):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        for name in names + links:
            path = Path(folder, name).relative_to(directory).as_posix()
            if path not in (NAME, SUMS):
                yield path


def _render(manifest: Manifest) -> bytes:
    told = asdict(manifest)
    for name in ("redactions", "synthetic"):
        if not told[name]:
            del told[name]
    return (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode()


def _parse(raw: dict[str, Any]) -> Manifest:
    files = {path: Entry(**entry) for path, entry in raw["files"].items()}
    redactions = tuple(Redaction(**redaction) for redaction in raw.get("redactions", ()))
    return Manifest(**{**raw, "files": files, "redactions": redactions})


def _sums(manifest: Manifest, content: bytes) -> bytes:
    sums = {path: entry.sha256 for path, entry in manifest.files.items()}
    sums[NAME] = hashlib.sha256(content).hexdigest()
    return "".join(f"{sums[path]}  {path}\n" for path in sorted(sums)).encode()
