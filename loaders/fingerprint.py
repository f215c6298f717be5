"""The fingerprint of a build's inputs: two builds with the same one make the same release."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator, Set
from functools import cache
from importlib.metadata import version
from pathlib import Path

from loaders.resources import ROOT
from loaders.settings import Settings
from loaders.source import sha256
from loaders.withdrawal import ledger

# What decides about a release beside the data. The registry package's files are pinned in the data by their checksums.
_CODE = (("ontology", "*.ttl"), ("shapes", "*.ttl"), ("queries/checks", "*.rq"), ("loaders", "*.py"))
_ENGINES = ("pyoxigraph", "python-calamine")


def fingerprint(settings: Settings, root: Path = ROOT) -> str:
    """The SHA-256 over names and contents of all inputs: data, history, ontology, shapes, checks, code, base IRI."""
    return _digest(_inputs(settings, root))


def reading(settings: Settings, root: Path = ROOT) -> str:
    """The SHA-256 over all that a record depends on beside its file and the other records: the registry, the software.

    Who was withdrawn may be meant by records without having one.
    """
    return _digest(_beside_records(settings, root))


def judging(settings: Settings, root: Path = ROOT) -> str:
    """The SHA-256 over all that the gate judges by; with the same one it says the same of the same data."""
    return _digest(_software(settings, _known(root)))


def _digest(inputs: Iterable[tuple[str, str]]) -> str:
    digest = hashlib.sha256()
    for name, content in inputs:
        # A name need not be UTF-8.
        digest.update(os.fsencode(f"{name}\0{content}\n"))
    return digest.hexdigest()


def _inputs(settings: Settings, root: Path) -> Iterator[tuple[str, str]]:
    yield "base", settings.base_iri
    yield from _software(settings, _code(root))
    # Releases that are kept among the data are none.
    yield from _files("data", settings.data, "*", settings.releases.resolve())


def _beside_records(settings: Settings, root: Path) -> Iterator[tuple[str, str]]:
    yield "python", sys.version
    yield from _software(settings, _known(root))
    yield from _files("registry", settings.data / "registry", "*")
    yield from _files("withdrawals", settings.data, ledger.NAME, settings.releases.resolve())


def _software(settings: Settings, code: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    history = settings.history_file()
    yield "history", sha256(history) if history else ""
    yield from code


@cache
def _known(root: Path) -> tuple[tuple[str, str], ...]:
    """The code as this process found it, which goes on with what it has read; a fingerprint is of what is there now."""
    return tuple(_code(root))


def _code(root: Path) -> Iterator[tuple[str, str]]:
    for engine in _ENGINES:
        yield engine, version(engine)
    for folder, pattern in _CODE:
        yield from _files(folder, root / folder, pattern)


def _files(name: str, directory: Path, pattern: str, apart: Path | None = None) -> Iterator[tuple[str, str]]:
    for path in sorted(_below(directory, {apart})):
        if path.match(pattern) and path.is_file() and not path.name.startswith(("~$", ".")):
            yield f"{name}/{path.relative_to(directory).as_posix()}", sha256(path)


def _below(directory: Path, apart: Set[Path | None]) -> Iterator[Path]:
    """What stands below a directory and those that are linked there, but for some, and for one that it lies in."""
    here = directory.resolve()
    # What is not ours to read is no source: lost+found, where the data are a disk of their own.
    if here in apart or not here.is_dir() or not os.access(here, os.R_OK | os.X_OK):
        return
    for path in directory.iterdir():
        if path.is_dir():
            yield from _below(path, {*apart, here})
        else:
            yield path
