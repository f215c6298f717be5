"""When a build changes the last release only, and when it makes everything anew."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from pyoxigraph import Quad, Store

from loaders import build as builds
from loaders import revision
from loaders.candidate import Candidate
from loaders.gate.report import Report
from loaders.namespaces import entity, graph, rdfs, text
from loaders.parts import NAME
from loaders.progress import Progress
from loaders.release import Release, blocks, canonical
from loaders.release.verification import verify
from loaders.settings import Settings
from tests import tiny

CLUSTERS = 40
LATE = Quad(entity("cluster", "late"), rdfs.label, text("Cụm muộn"), graph("s1"))


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_ONE_OF", 3)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "data").mkdir()
    return Settings(data=tmp_path / "data", releases=tmp_path / "releases")


def built(settings: Settings, *, force: bool = False, **more: Iterable[Quad]) -> tuple[Release, bool]:
    """A release of some clusters and other parts, and whether it followed another."""
    followed = []

    def assess(candidate: Candidate, settings: Settings, progress: Progress) -> Report:
        for name, quads in {"clusters": tiny.quads(CLUSTERS), **more}.items():
            candidate.add(name, quads)
        candidate.former = revision.former(candidate, settings)
        followed.append(candidate.former is not None)
        return tiny.SOUND

    # Other sources each time, so that the build is not that of the last ones.
    (settings.data / "sources").write_text(repr((sorted(more), force)), encoding="utf-8")
    progress = Progress(io.StringIO())
    release = builds.build(settings, now=tiny.NOW, progress=progress, force=force, assess=assess)
    return release, followed == [True]


def hashed(release: Release, room: Path) -> str:
    """The hash of what the store of the release says."""
    return canonical.hash_of(Store.read_only(str(release.store_path)), scratch=room, merged=True)


def test_a_build_follows_the_last_release_and_the_next_one_follows_it(settings: Settings, tmp_path: Path) -> None:
    first, followed = built(settings)
    assert not followed
    second, followed = built(settings, late=[LATE])
    assert followed
    third, followed = built(settings)
    assert followed
    assert (third.version, third.hash) == (first.version, first.hash) != (second.version, second.hash)
    for release in (first, second):
        assert verify(release.directory) == []
        assert hashed(release, tmp_path) == release.hash
    whole, followed = built(dataclasses.replace(settings, releases=tmp_path / "whole"), late=[LATE])
    assert not followed
    assert whole.hash == second.hash


def test_a_statement_that_another_part_makes_too_stays(settings: Settings, tmp_path: Path) -> None:
    built(settings, late=[LATE], more=[LATE])
    release, followed = built(settings, late=[LATE])
    assert followed
    assert hashed(release, tmp_path) == release.hash
    assert LATE in Store.read_only(str(release.store_path))
    release, followed = built(settings)
    assert followed
    assert LATE not in Store.read_only(str(release.store_path))


def flip(path: Path) -> None:
    """One bit in the middle of the file is another."""
    found = bytearray(path.read_bytes())
    found[len(found) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(found)


@pytest.mark.parametrize("what", ["damaged", "index", "order", "gone", "forced", "base", "note", "another", "most"])
def test_everything_is_made_anew_where_the_last_release_is_no_beginning(
    settings: Settings, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = built(settings)
    dump = first.dumps[0]
    if what == "damaged":
        dump.chmod(0o644)
        dump.write_bytes(dump.read_bytes()[:-1])
    elif what in ("index", "order"):
        path = first.index if what == "index" else first.order("clusters")
        assert path is not None
        flip(path)
    elif what == "gone":
        first.directory.rename(first.directory.with_name("elsewhere"))
    elif what == "base":
        settings = dataclasses.replace(settings, base_iri="https://data.example.org/")
    elif what == "note":
        note = settings.releases / NAME / "release.written"
        note.write_bytes(note.read_bytes()[:-1])
    elif what == "another":
        accepted = settings.releases / NAME / "accepted.json"
        accepted.write_text(json.dumps({**json.loads(accepted.read_text()), "version": "2026-11-20-00000000"}))
    elif what == "most":
        monkeypatch.setattr("loaders.release.revised._ONE_IN", 10**9)
    release, followed = built(settings, late=[LATE], force=what == "forced")
    assert not followed
    assert verify(release.directory) == []
