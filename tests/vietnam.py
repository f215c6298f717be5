"""The real registry, read once for all tests, alone and with the history when that is at hand."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Quad

from loaders import registry
from loaders.gazetteer import Registry
from loaders.registry import Territory
from loaders.registry.unit import Unit
from loaders.resources import ROOT
from loaders.source import sha256

SOURCES = ROOT / "data" / "registry"
# Its source states no licence, so it is not part of the repository.
HISTORY = ROOT.parent / "shared" / "registry" / "history.csv"


@cache
def territory() -> Territory:
    """As it is published without a history."""
    return registry.read(SOURCES)


@cache
def lived() -> Territory:
    """With the history 2004-2025; the test is skipped when that is not there."""
    if not HISTORY.is_file():
        pytest.skip(f"no history of units at {HISTORY}")
    return registry.read(SOURCES, HISTORY)


@cache
def units(read: Callable[[], Territory] = territory) -> dict[tuple[str, str], Unit]:
    """The units by edition and key."""
    return {(unit.edition, unit.key): unit for unit in read().units}


@cache
def quads(read: Callable[[], Territory] = territory) -> tuple[Quad, ...]:
    """All that is published of it."""
    return tuple(registry.load(read()))


@cache
def _by_subject(read: Callable[[], Territory]) -> dict[NamedNode, list[Quad]]:
    found: dict[NamedNode, list[Quad]] = {}
    for quad in quads(read):
        found.setdefault(quad.subject, []).append(quad)
    return found


def about(subject: NamedNode, read: Callable[[], Territory] = territory) -> list[Quad]:
    """All that is published of one thing."""
    return _by_subject(read).get(subject, [])


@cache
def gazetteer(read: Callable[[], Territory] = territory) -> Registry:
    """The units by name."""
    return Registry(read().units)


def tampered(room: Path, name: str, old: str, new: str, *, described: bool = True) -> Path:
    """A copy of the sources in which a file reads otherwise; its new checksum is `described`, or not."""
    copy = room / "registry"
    shutil.copytree(SOURCES, copy)
    path = copy / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{name} no longer holds {old!r}"
    before = sha256(path)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    description = path.parent / "source.toml"
    if described and path != description:
        text = description.read_text(encoding="utf-8")
        description.write_text(text.replace(before, sha256(path)), encoding="utf-8")
    return copy
