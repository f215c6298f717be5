"""An index that follows another answers as one does that was made of the same statements from nothing."""

from __future__ import annotations

import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from pyoxigraph import Quad, RdfFormat, serialize

from loaders.errors import OutsideError
from loaders.namespaces import BASE, entity, graph, rdfs, text
from loaders.release import index, reindexed
from loaders.release.heard import Asked
from loaders.release.index import write_index
from loaders.release.reindexed import Anew, reindex
from tests import changes, tiny
from tests.indexes import answers, held
from tests.test_reordered import merged, quads

CHANGES = int(os.environ.get("THIDUA_TEST_CHANGES", "30"))


def lines(before: set[Quad], now: set[Quad]) -> frozenset[bytes]:
    found = serialize(before ^ now, format=RdfFormat.N_QUADS)
    assert found is not None
    return frozenset(found.splitlines(keepends=True))


@pytest.fixture(autouse=True)
def few_things(monkeypatch: pytest.MonkeyPatch) -> None:
    """The country is so small that a change concerns most of it."""
    monkeypatch.setattr(reindexed, "_ONE_IN", 0)


def test_whatever_came_and_went_the_index_answers_as_one_from_nothing(tmp_path: Path) -> None:
    chance, now = random.Random(5), quads()
    former, fresh, whole = (tmp_path / name for name in ("former", "fresh", "whole"))
    write_index(merged(now), BASE, former)
    anew = 0
    for _ in range(CHANGES):
        before, now = now, changes.changed(now, chance)
        store = merged(now)
        write_index(store, BASE, whole)
        try:
            reindex(former, lines(before, now), Asked(store, BASE), BASE, fresh)
        except Anew:
            # What a province is called is another name.
            anew += 1
            whole.replace(former)
            continue
        assert held(fresh) == held(whole), sorted(map(str, before ^ now))
        assert list(answers(fresh)) == list(answers(whole))
        whole.unlink()
        fresh.replace(former)
    assert anew <= CHANGES // 4
    assert len(held(former)["things"]) > 100


def test_nothing_is_left_in_the_file_of_what_was_taken_out(tmp_path: Path) -> None:
    """Not in full text that waits to be merged, nor in pages that are free."""
    person = Quad(entity("person", "p"), rdfs.label, text("Wxyz Qjkl"), graph("s0"))
    found = {*tiny.quads(), person}
    write_index(merged(found), BASE, tmp_path / "former")
    assert b"wxyz" in (tmp_path / "former").read_bytes()
    store = merged(found - {person})
    reindex(tmp_path / "former", lines({person}, set()), Asked(store, BASE), BASE, tmp_path / "fresh")
    bare = (tmp_path / "fresh").read_bytes()
    assert not [word for word in (b"wxyz", b"Wxyz", b"qjkl", b"person/p") if word in bare]
    assert held(tmp_path / "fresh")["things"]


def clusters(number: int) -> set[Quad]:
    return {Quad(entity("cluster", f"c{each}"), rdfs.label, text("Cụm"), graph("s0")) for each in range(number)}


def followed(tmp_path: Path, before: set[Quad], now: set[Quad], name: str = "fresh") -> Path:
    (tmp_path / "former").unlink(missing_ok=True)
    write_index(merged(before), BASE, tmp_path / "former")
    path = tmp_path / name
    reindex(tmp_path / "former", lines(before, now), Asked(merged(now), BASE), BASE, path)
    return path


def test_where_there_is_no_room_between_two_the_index_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "GAP", 4)
    before = clusters(9) - clusters(2) - (clusters(6) - clusters(5))
    followed(tmp_path, before, clusters(9))
    monkeypatch.setattr(index, "GAP", 2)
    with pytest.raises(Anew):
        followed(tmp_path, before, clusters(9), "other")
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(("limit", "value"), [("_MOST", 3), ("_ONE_IN", 4)])
def test_where_a_change_reaches_far_the_index_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(reindexed, limit, value)
    with pytest.raises(Anew):
        followed(tmp_path, clusters(20), clusters(14))


def test_an_index_with_other_tables_is_not_followed(tmp_path: Path) -> None:
    write_index(merged(clusters(9)), BASE, tmp_path / "former")
    with closing(sqlite3.connect(tmp_path / "former")) as file:
        file.execute(f"PRAGMA user_version = {index.EDITION - 1}")
    change = lines(clusters(9), clusters(8))
    with pytest.raises(Anew):
        reindex(tmp_path / "former", change, Asked(merged(clusters(8)), BASE), BASE, tmp_path / "fresh")


def test_names_have_no_greater_numbers_than_a_rank_has_room_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "NAMES", 12)
    followed(tmp_path, clusters(9), clusters(10))
    with pytest.raises(Anew):
        followed(tmp_path, clusters(9), clusters(11), "other")


def test_an_index_for_which_there_is_no_room_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(index, "pack", full)
    with pytest.raises(OutsideError, match="disk full"):
        followed(tmp_path, clusters(9), clusters(8))
