"""When a build changes the last release only, and when it makes everything anew."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import pytest
from pyoxigraph import Quad, Store

from loaders import build as builds
from loaders import parts, revision
from loaders.candidate import Candidate
from loaders.gate.report import Report
from loaders.namespaces import entity, graph, owl, rdf, rdfs, td, text
from loaders.parts import NAME
from loaders.progress import Progress
from loaders.release import Release, blocks, canonical
from loaders.release.verification import verify
from loaders.settings import Settings
from tests import tiny

CLUSTERS = 40
PERSON = entity("person", "bcbspuqy")
# That there are tombstones: otherwise an erasure says so.
WORDS = [Quad(td.Tombstone, rdf.type, owl.Class, graph("ontology"))]
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


def after_a_withdrawal(settings: Settings, **more: Iterable[Quad]) -> tuple[Release, bool]:
    """A release of clusters and other parts without those who were withdrawn, and whether it followed another."""
    followed = []

    def assess(candidate: Candidate, settings: Settings, progress: Progress) -> Report:
        for name, quads in {"clusters": tiny.quads(CLUSTERS), "words": WORDS, **more}.items():
            candidate.add(name, quads)
        builds.withdraw(candidate, settings)
        builds.follow(candidate, settings)
        followed.append(candidate.former is not None)
        return tiny.SOUND

    (settings.data / "sources").write_text(repr(sorted(more)), encoding="utf-8")
    release = builds.build(settings, now=tiny.NOW, progress=Progress(io.StringIO()), assess=assess)
    return release, followed == [True]


def test_a_withdrawal_ends_no_builds_that_follow_once_no_source_names_the_person(
    settings: Settings, tmp_path: Path
) -> None:
    after_a_withdrawal(settings)
    (settings.data / "withdrawals.csv").write_text("person,withdrawn,reason\nbcbspuqy,2026-11-22,request\n")
    _, followed = after_a_withdrawal(settings)
    assert not followed
    second, followed = after_a_withdrawal(settings, late=[LATE])
    assert followed
    whole, _ = after_a_withdrawal(dataclasses.replace(settings, releases=tmp_path / "whole"), late=[LATE])
    assert second.hash == whole.hash
    assert Quad(PERSON, rdf.type, td.Tombstone, graph("withdrawals")) in Store.read_only(str(second.store_path))
    assert hashed(second, tmp_path) == second.hash


@pytest.mark.parametrize("size", [0, 1 << 30])
def test_somebody_withdrawn_whom_a_source_names_again_is_in_nothing_that_is_published_or_kept(
    settings: Settings, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (settings.data / "withdrawals.csv").write_text("person,withdrawn,reason\nbcbspuqy,2026-11-22,request\n")
    monkeypatch.setattr(builds, "Candidate", partial(Candidate, in_memory=size))
    first, _ = after_a_withdrawal(settings)
    named = [Quad(PERSON, rdfs.label, text("Nguyễn Văn Mẫu"), graph("s1")), LATE]
    again, followed = after_a_withdrawal(settings, late=named)
    assert not followed
    whole, _ = after_a_withdrawal(settings, late=[LATE])
    assert again.hash == whole.hash
    for path in (settings.releases / parts.NAME).rglob("*"):
        assert "Nguyễn Văn Mẫu".encode() not in path.read_bytes()
    for quad in Store.read_only(str(again.store_path)).quads_for_pattern(PERSON, None, None):
        assert quad.predicate != rdfs.label
    assert first.hash != again.hash


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
