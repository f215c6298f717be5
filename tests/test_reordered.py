"""The order of a long list that follows another is, byte by byte, that of the same statements from nothing."""

from __future__ import annotations

import os
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Quad, Store, Triple

from loaders.gate.reach import Change, Reach, walk
from loaders.namespaces import BASE
from loaders.release import ORDER, find, open_release, order, reordered
from loaders.release.lists import long_lists
from loaders.release.orders import Former, write_orders
from loaders.release.reordered import Anew, reorder
from loaders.release.walks import Unread, walks
from loaders.union import beside
from tests import changes, country

CHANGES = int(os.environ.get("THIDUA_TEST_CHANGES", "30"))


def quads() -> set[Quad]:
    odd = BlankNode | Triple
    return {q for q in country.store() if not isinstance(q.subject, odd) and not isinstance(q.object, odd)}


def merged(found: set[Quad]) -> Store:
    store = Store()
    store.extend(beside(found))
    return store


def reached(name: str, store: Store, lines: set[Quad]) -> set[str]:
    """The things about which the change may have given a list other rows."""
    found = Reach(store, Change(list(lines), (), {})).foci(map(walk, walks(long_lists()[name])))
    return {thing.value.removeprefix(BASE) for thing in found}


@pytest.fixture(autouse=True)
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The country is so small that a change concerns most of it."""
    monkeypatch.setattr(reordered, "_ONE_IN", 0)
    monkeypatch.setattr(reordered, "_SOME", 3)


def test_whatever_came_and_went_the_order_is_that_of_the_question(tmp_path: Path) -> None:
    chance, now = random.Random(11), quads()
    store, moved, anew = merged(now), 0, 0
    for name, asked in long_lists().items():
        order.write(asked, store, BASE, tmp_path / name)
    for _ in range(CHANGES):
        before, now = now, changes.changed(now, chance)
        store = merged(now)
        for name, asked in long_lists().items():
            former, fresh, whole = tmp_path / name, tmp_path / "fresh", tmp_path / "whole"
            order.write(asked, store, BASE, whole)
            try:
                reorder(former, reached(name, store, before ^ now), asked, store, BASE, fresh)
                assert fresh.read_bytes() == whole.read_bytes(), (name, sorted(map(str, before ^ now)))
                moved += fresh.read_bytes() != former.read_bytes()
                fresh.unlink()
            except Anew:
                # A day among years, say, is not where it was guessed.
                anew += 1
            whole.replace(former)
    assert moved > CHANGES // 2
    assert anew <= CHANGES // 10


@pytest.fixture(scope="module")
def store() -> Store:
    return merged(quads())


def test_where_the_engine_has_another_order_the_list_is_made_anew(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = long_lists()["clusters"]
    order.write(asked, store, BASE, tmp_path / "former")
    rows, _ = order.read(tmp_path / "former", asked)
    monkeypatch.setattr(reordered, "_guess", lambda term: (0, str(term)[::-1]))
    with pytest.raises(Anew):
        reorder(tmp_path / "former", {row.thing for row in rows[:4]}, asked, store, BASE, tmp_path / "fresh")
    assert not (tmp_path / "fresh").exists()


def test_where_a_row_that_should_stay_is_gone_the_list_is_made_anew(store: Store, tmp_path: Path) -> None:
    asked = long_lists()["clusters"]
    order.write(asked, store, BASE, tmp_path / "former")
    rows, _ = order.read(tmp_path / "former", asked)
    gone = merged({quad for quad in quads() if quad.subject.value != BASE + rows[1].thing})
    with pytest.raises(Anew):
        reorder(tmp_path / "former", {rows[0].thing}, asked, gone, BASE, tmp_path / "fresh")


def test_where_most_things_changed_the_list_is_made_anew(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reordered, "_ONE_IN", 4)
    asked = long_lists()["clusters"]
    order.write(asked, store, BASE, tmp_path / "former")
    things = frozenset(row.thing for row in order.read(tmp_path / "former", asked)[0])
    with pytest.raises(Anew):
        reorder(tmp_path / "former", things, asked, store, BASE, tmp_path / "fresh")


def test_an_order_is_written_whether_it_follows_one_or_not(tmp_path: Path, country_releases: Path) -> None:
    release = open_release(find(country_releases, None))
    former = {
        "clusters": Former(release.order("clusters"), frozenset({"id/cluster/not-there"})),
        "awards": Former(release.order("awards"), frozenset()),
    }
    write_orders(release.store_path, BASE, tmp_path / ORDER, former.get, 1)
    assert {path.stem for path in (tmp_path / ORDER).iterdir()} == set(long_lists())
    assert all(
        (tmp_path / ORDER / f"{name}.sqlite").read_bytes() == release.order(name).read_bytes() for name in former
    )


def test_the_walks_of_a_list_are_those_of_its_question() -> None:
    def written(name: str) -> set[str]:
        return {re.sub(r"<[^<>]*[/#](\w+)>", r"\1", each) for each in walks(long_lists()[name])}

    assert written("organisations") == {"type", "label", "searchKey", "organizationKind", "jurisdiction", "partOf"}
    assert "scope/parent*/isReplacedBy/parent*" in written("clusters")
    assert {"inClusterYear/ofCluster/label", "member/territory/^versionOf/label"} <= written("leaderships")
    # A step of an award is found from the award on.
    assert "^ofAward/atConference" in written("awards")


def test_a_question_in_other_words_has_no_walks() -> None:
    asked = long_lists()["clusters"]
    for other in ("SERVICE <urn:a> { ?cluster ?any ?x }", "?cluster (td:a/td:b)* ?x ."):
        after = asked.keys.after.replace(
            "?cluster a td:EmulationCluster ;", f"{other} ?cluster a td:EmulationCluster ;"
        )
        assert after != asked.keys.after
        with pytest.raises(Unread):
            walks(replace(asked, keys=replace(asked.keys, after=after)))
