"""A candidate holds the same in memory and on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import Store

from loaders import bulk
from loaders.candidate import Candidate
from loaders.errors import OutsideError
from loaders.release import prints
from loaders.release.canonical import hash_of
from loaders.release.lines import Lines
from loaders.release.share import silent
from loaders.union import beside
from tests import tiny


def test_more_than_fits_in_memory_is_held_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Every line is a piece of its own.
    monkeypatch.setattr(bulk, "_PIECE", 1)
    candidate = Candidate(tmp_path, in_memory=100)
    candidate.add("some", tiny.quads(30))
    candidate.add("more", tiny.quads(40))
    assert candidate.merged
    assert set(candidate.store) == beside(list(tiny.quads(40)))
    assert (tmp_path / "store").is_dir()
    assert candidate.size == len(list(tiny.quads(40)))


def test_what_a_change_leaves_is_what_the_disk_holds(tmp_path: Path) -> None:
    gone, *left = tiny.quads(30)
    candidate = Candidate(tmp_path, in_memory=0)
    candidate.add("some", [gone, *left])
    candidate.change(lambda store: store.remove(gone))
    assert set(candidate.store) == beside(left)
    assert candidate.lines is not None
    assert candidate.lines.dataset == hash_of(tiny.store(left), scratch=tmp_path)


def test_a_disk_that_fills_while_the_store_is_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    candidate = Candidate(tmp_path, in_memory=0, printed=True)
    candidate.add("some", tiny.quads(30))

    def fill(*_: object) -> None:
        raise OutsideError("no room for the index")

    monkeypatch.setattr(prints, "write_index", fill)
    with pytest.raises(OutsideError, match="no room"):
        candidate.settle(silent)
    assert candidate.prints is None


def test_a_store_on_the_disk_that_lost_something_is_not_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = Candidate(tmp_path, in_memory=0, printed=True)
    candidate.add("some", tiny.quads(30))

    def lossy(lines: Lines, directory: Path) -> None:
        store = Store(str(directory))
        store.extend(list(beside(list(tiny.quads(30))))[1:])
        store.flush()

    monkeypatch.setattr(Lines, "build_store", lossy)
    with pytest.raises(OutsideError, match="is the disk sound"):
        candidate.settle(silent)


def test_what_fits_in_memory_leaves_nothing_but_its_parts(tmp_path: Path) -> None:
    candidate = Candidate(tmp_path)
    candidate.add("some", tiny.quads(30))
    assert not candidate.merged
    assert set(candidate.store) == set(tiny.quads(30))
    assert list(tmp_path.iterdir()) == candidate.files


def test_nobody_reads_half_of_a_candidate(tmp_path: Path) -> None:
    candidate = Candidate(tmp_path)
    candidate.add("some", tiny.quads())
    with candidate.files[0].open("ab") as part:
        part.write(b"<torn")
    with pytest.raises(SyntaxError):
        len(candidate.store)
