"""A release that follows another is what a build from nothing makes, whatever came and went."""

from __future__ import annotations

import contextlib
import dataclasses
import random
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from pyoxigraph import Quad, RdfFormat, serialize

from loaders.crew import crew
from loaders.errors import OutsideError
from loaders.namespaces import entity, graph, integer, rdfs, td, text
from loaders.release import INDEX, Release, blocks, dumps, frames, manifest, revised, sorting, writer
from loaders.release.census import Census
from loaders.release.manifest import Entry
from loaders.release.revised import Former, worth
from loaders.release.store import changed
from loaders.release.verification import verify
from loaders.release.workshop import workshop
from loaders.release.written import Written
from tests import tiny
from tests.indexes import held

pytestmark = pytest.mark.long

CHANGES = 30
ONE_OF = 3


def lines(quads: Iterable[Quad]) -> frozenset[bytes]:
    found = serialize(quads, format=RdfFormat.N_QUADS)
    assert found is not None
    return frozenset(found.splitlines(keepends=True))


def written(quads: Iterable[Quad], releases: Path) -> tuple[Release, Written]:
    """A release of the quads, and how it was written."""
    told: list[Written] = []
    with workshop(releases) as room:
        release = writer.write(tiny.draft(quads), room, releases, keep=told.append)
    return release, told[0]


def following(
    release: Release, how: Written, came: frozenset[bytes], went: frozenset[bytes]
) -> tuple[Release, Written]:
    """The release that follows another."""
    former, told = Former(release, how, came, went), list[Written]()
    with workshop(release.directory.parent) as room:
        held = changed(release.store_path, room / "held", came, went)
        draft = dataclasses.replace(tiny.draft(()), store=held, former=former)
        made = writer.write(draft, room, release.directory.parent, keep=told.append)
    return made, told[0]


def assert_same(one: Release, other: Release) -> None:
    """Two releases say the same, in the same bytes; but stores have files of their own, and indexes their numbers."""
    assert one.hash == other.hash
    assert dataclasses.replace(one.manifest, files={}) == dataclasses.replace(other.manifest, files={})
    assert one.index
    assert other.index
    assert held(one.index) == held(other.index)
    assert equal_files(one) == equal_files(other)


def equal_files(release: Release) -> Mapping[str, Entry]:
    files = release.manifest.files
    return {name: entry for name, entry in files.items() if not name.startswith("store/") and name != INDEX}


def some(number: int) -> list[Quad]:
    """Clusters that two sources speak of; some triples stand in both."""
    return [quad for each in range(number) for quad in of(each)]


def of(number: int) -> list[Quad]:
    cluster = entity("cluster", f"cum-{number:03}")
    sources = graph(f"s{number % 3}"), graph(f"s{number % 5}")
    return [
        *(Quad(cluster, rdfs.label, text(f"Cụm số {number}"), source) for source in sources),
        Quad(cluster, td.statedMemberCount, integer(number), sources[0]),
        Quad(cluster, td.clusterKind, entity("kind", "cum"), sources[1]),
    ]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_ONE_OF", ONE_OF)
    monkeypatch.setattr(revised, "_ONE_IN", 1)


def test_whatever_came_and_went_the_release_is_that_of_a_build_from_nothing(tmp_path: Path) -> None:
    assert_followed(tmp_path, random.Random(7), CHANGES)


def test_a_large_change_in_which_processes_share_makes_the_same_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with crew(2, begin=cut_small) as others:
        monkeypatch.setattr(revised, "shared", lambda size: contextlib.nullcontext(others.map))
        assert_followed(tmp_path, random.Random(8), CHANGES // 3)


def cut_small() -> None:
    blocks._ONE_OF = ONE_OF


def assert_followed(folder: Path, chance: random.Random, changes: int) -> None:
    """Each of the releases that follow each other is, byte by byte, that of a build from nothing."""
    now = set(some(40))
    release, how = written(now, folder / "following")
    assert len(how.by_subject) > 5 < len(how.by_graph)
    for number in range(changes):
        before, now = now, changed_by_chance(now, chance)
        release, how = following(release, how, lines(now - before), lines(before - now))
        whole, fresh = written(now, folder / f"whole-{number}")
        assert_same(release, whole)
        assert how == fresh
        assert verify(release.directory) == []


def changed_by_chance(now: set[Quad], chance: random.Random) -> set[Quad]:
    """Some quads more, some less, and sometimes all of what comes first, last or anywhere else."""
    share, first = chance.choice((0.01, 0.3)), chance.choice((0, chance.randrange(40), 30))
    gone = {quad for each in range(first, first + chance.randrange(12)) for quad in of(each)}
    came = {quad for quad in some(60) if chance.random() < 0.03}
    found = {quad for quad in now - gone if chance.random() >= share} | came
    return found if found not in ({*()}, now) else now | set(of(99))


def test_only_blocks_of_which_a_line_came_or_went_are_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, how = written(some(40), tmp_path)
    packed: list[bytes] = []
    real = dumps._packed
    monkeypatch.setattr(dumps, "_packed", lambda text: packed.append(text) or real(text))
    following(release, how, lines(of(77)[:1]), frozenset())
    heads = {dumps.head(name, tiny.BASE)[part] for name in (*dumps.BY_SUBJECT, *dumps.BY_GRAPH) for part in (0, 2)}
    anew = [text for text in packed if text not in heads]
    assert len(anew) == len((*dumps.BY_SUBJECT, *dumps.BY_GRAPH))
    assert all(b"cum-077" in text for text in anew)


def test_the_index_is_written_anew_only_where_much_changed_that_it_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, how = written(some(40), tmp_path / "following")
    member = [quad for quad in of(50) if quad.predicate == td.statedMemberCount]

    def never(*_: object) -> None:
        raise AssertionError("the index was written")

    monkeypatch.setattr("loaders.release.index.write_index", never)
    made, _ = following(release, how, lines(member), frozenset())
    assert made.index
    assert release.index
    assert made.index.read_bytes() == release.index.read_bytes()
    assert made.index.stat().st_ino != release.index.stat().st_ino
    changed_in_part, _ = following(release, how, lines(of(51)), frozenset())
    assert changed_in_part.index
    assert changed_in_part.index.read_bytes() != release.index.read_bytes()
    with pytest.raises(AssertionError, match="was written"):
        following(release, how, lines(quad for each in range(51, 70) for quad in of(each)), frozenset())


def test_what_is_kept_of_another_release_is_not_believed(tmp_path: Path) -> None:
    release, how = written(some(40), tmp_path)
    with pytest.raises(OutsideError, match="not what is kept of it → thidua build --force"):
        following(release, how, frozenset(), lines(of(77)))
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [release.version]


def test_a_store_that_did_not_change_as_told_is_not_released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release, how = written(some(40), tmp_path)
    came, went = lines(of(77)), lines(of(3)[:1])
    with workshop(tmp_path) as room:
        held = changed(release.store_path, room / "held", came, frozenset())
        draft = dataclasses.replace(tiny.draft(()), store=held, former=Former(release, how, came, went))
        with pytest.raises(OutsideError, match="instead of"):
            writer.write(draft, room, tmp_path)


def test_files_that_are_those_of_the_last_release_are_not_hashed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, how = written(some(40), tmp_path)
    hashed, entry = list[str](), manifest.entry
    monkeypatch.setattr(manifest, "entry", lambda path: hashed.append(path.name) or entry(path))
    following_it, _ = following(release, how, lines(of(77)), frozenset())
    tables = {path.name for path in release.store_path.glob("*.sst")}
    assert tables
    assert not tables & set(hashed)
    assert sorted(hashed) == sorted({path.split("/")[-1] for path in following_it.manifest.files} - tables)


def test_only_the_very_same_file_is_taken_for_one_that_is_known(tmp_path: Path) -> None:
    (one := tmp_path / "one").mkdir()
    (other := tmp_path / "other").mkdir()
    for name in ("linked", "copied", "gone"):
        (other / name).write_text(name)
    (one / "linked").hardlink_to(other / "linked")
    (one / "copied").write_text("copied")
    files = {name: Entry(len(name), "0" * 64) for name in ("linked", "copied", "gone")}
    assert manifest.linked(one, other, files) == {"linked": files["linked"]}
    found = manifest.survey(one, {"linked": files["linked"]})
    assert found == {"linked": files["linked"], "copied": manifest.entry(one / "copied")}


@pytest.mark.parametrize("order", range(2))
def test_dumps_in_which_a_block_is_another_one_are_not_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: int
) -> None:
    release, how = written(some(40), tmp_path)
    ways = list(revised._WAYS)

    def other(group: revised._Group) -> Path:
        lacking = dataclasses.replace(group, went=frozenset(sorted(group.lines(ways[order].read))[:1]))
        return ways[order].make(lacking)

    found = [dataclasses.replace(way, make=other) if way is ways[order] else way for way in ways]
    monkeypatch.setattr(revised, "_WAYS", tuple(found))
    with pytest.raises(OutsideError, match="the dumps do not hold what was stated → thidua build --force"):
        following(release, how, lines(of(77)), frozenset())
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [release.version]


def test_lines_that_are_lost_in_one_of_two_orders_are_not_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = blocks.stretches
    monkeypatch.setattr(blocks, "stretches", lambda found, file, key: real(found[1:], file, key))
    with pytest.raises(OutsideError, match="by graph are not those by subject"):
        written(some(40), tmp_path)


def test_a_change_of_most_blocks_is_not_worth_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release, how = written(some(40), tmp_path)
    monkeypatch.setattr(revised, "_ONE_IN", 2)
    assert worth(Former(release, how, lines(of(77)[:1]), frozenset()))
    assert not worth(Former(release, how, frozenset(), lines(some(40))))


def test_blocks_are_those_of_the_lines_whoever_cuts_them(tmp_path: Path) -> None:
    found = sorted(lines(some(40)))

    def cuts(some: list[bytes]) -> list[blocks.Stretch]:
        with frames.writing(tmp_path / "a") as file:
            return list(blocks.counted(some, file, tiny.BASE))

    whole = blocks.blocks(cuts(found))
    for cut in (1, 17, len(found) - 1):
        key = blocks.subject(found[cut])
        cut = next(n for n, line in enumerate(found) if blocks.subject(line) == key)
        again = blocks.blocks([*cuts(found[:cut]), *cuts(found[cut:])])
        assert b"".join(frames.read(each.slices) for each in again) == b"".join(found)
        assert [(each.key, Census.unpacked(each.census), each.sum) for each in again] == [
            (each.key, Census.unpacked(each.census), each.sum) for each in whole
        ]


def test_lines_that_stand_in_two_pieces_stand_once_in_what_is_sorted(tmp_path: Path) -> None:
    found = sorted(lines(some(10)))
    for name in "ab":
        (tmp_path / name).write_bytes(b"".join(found[3:] if name == "a" else found[:9]))
    pieces = [piece for name in "ab" for piece in sorting.pieces(tmp_path / name, tiny.BASE, size=500)]
    ways = sorting.BY_SUBJECT, sorting.BY_GRAPH
    runs = sorting.runs(pieces, ways, tmp_path, map, 500)
    by_subject, by_graph = (
        [line for part in sorting.ranges(runs, way, tmp_path) for line in part.lines()] for way in ways
    )
    assert by_subject == found
    assert by_graph == sorted(found, key=lambda line: (line[line.rindex(b"<") :], line))
