"""The fingerprint of a build's inputs: two builds with the same one make the same release."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator
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
        digest.update(f"{name}\0{content}\n".encode())
    return digest.hexdigest()


def _inputs(settings: Settings, root: Path) -> Iterator[tuple[str, str]]:
    yield "base", settings.base_iri
    yield from _software(settings, _code(root))
    data, releases = settings.data.resolve(), settings.releases.resolve()
    # Releases that are kept among the data are none.
    within = data in releases.parents
    yield from _files("data", data, "*", lambda path: not (within and path.is_relative_to(releases)))


def _beside_records(settings: Settings, root: Path) -> Iterator[tuple[str, str]]:
    yield "python", sys.version
    yield from _software(settings, _known(root))
    yield from _files("registry", settings.data / "registry", "*")
    yield from _files("withdrawals", settings.data, ledger.NAME)


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


def _files(
    name: str, directory: Path, pattern: str, counts: Callable[[Path], bool] = lambda _: True
) -> Iterator[tuple[str, str]]:
    for path in sorted(directory.rglob(pattern)):
        if path.is_file() and not path.name.startswith(("~$", ".")) and counts(path):
            yield f"{name}/{path.relative_to(directory).as_posix()}", sha256(path)
