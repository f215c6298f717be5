"""A candidate holds the same in memory and on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from loaders import bulk
from loaders.candidate import Candidate
from tests import tiny


def test_more_than_fits_in_memory_is_held_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Every line is a piece of its own.
    monkeypatch.setattr(bulk, "_PIECE", 1)
    candidate = Candidate(tmp_path, in_memory=100)
    candidate.add("some", tiny.quads(30))
    candidate.add("more", tiny.quads(40))
    assert set(candidate.store) == set(tiny.quads(40))
    assert candidate.store_path is not None
    assert candidate.store_path.is_dir()


def test_what_fits_in_memory_leaves_nothing_but_its_parts(tmp_path: Path) -> None:
    candidate = Candidate(tmp_path)
    candidate.add("some", tiny.quads(30))
    assert candidate.store_path is None
    assert set(candidate.store) == set(tiny.quads(30))
    assert list(tmp_path.iterdir()) == candidate.files


def test_nobody_reads_half_of_a_candidate(tmp_path: Path) -> None:
    candidate = Candidate(tmp_path)
    candidate.add("some", tiny.quads())
    with candidate.files[0].open("ab") as part:
        part.write(b"<torn")
    with pytest.raises(SyntaxError):
        len(candidate.store)
