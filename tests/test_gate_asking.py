"""The gate's work in several processes, over a store in memory or on disk, and when one of them dies."""

from __future__ import annotations

import os
import signal
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest
from pyoxigraph import Quad, RdfFormat, Store, parse

from loaders.candidate import Candidate
from loaders.errors import GateError, OutsideError
from loaders.gate import Gate, asking, gate, read_gate
from loaders.gate.checks import Check, read_checks
from loaders.gate.field import copied
from loaders.gate.report import Finding
from loaders.namespaces import entity, graph, integer, rdfs, td, text
from loaders.release.lists import long_lists
from loaders.release.share import silent
from loaders.resources import ROOT, check_files
from loaders.union import select

COUNTRY = ROOT / "shapes" / "cases" / "country.ttl"
S0 = graph("s0")


@pytest.fixture(scope="module")
def instrument() -> Gate:
    return read_gate()


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even the smallest store is judged by several processes."""
    monkeypatch.setattr(asking, "_ALONE", 0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})


def faulty(store: Store) -> Store:
    """The country of the cases, with a second rank that its source does not give."""
    store.extend(Quad(*quad.triple, S0) for quad in parse(path=COUNTRY, format=RdfFormat.TURTLE))
    store.add(Quad(entity("ranking", "cum", "2017", "2004-902"), td.rank, integer(0), S0))
    return store


def ended(_: Store) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def refused(_: Store) -> int:
    raise GateError("cannot be asked", value="x", hint="ask otherwise")


def test_what_is_asked_apart_finds_what_the_whole_question_finds() -> None:
    store = faulty(Store())
    for number, label in enumerate(("Cụm A", "Cụm B", "Cụm C")):
        store.add(Quad(entity("cluster", "cum"), rdfs.label, text(label), graph(f"s{number // 2}")))
    apart = [file for file in check_files() if "#+ apart: path" in file.read_text(encoding="utf-8")]
    found = []
    for check, file in zip(read_checks(apart), apart, strict=True):
        whole = [(row["focus"], row["value"]) for row in select(store, file.read_text(encoding="utf-8"))]
        found += whole
        assert len(check.queries) > 40
        assert sorted(map(str, whole)) == sorted(str((each.focus, each.value)) for each in check.findings(store))
    assert len({focus for focus, _ in found}) == 2


def test_what_goes_through_all_statements_is_known_for_it(instrument: Gate) -> None:
    broad = {check.rule.name for check in instrument.checks if check.broad}
    assert {"reference-to-nothing", "node-without-class"} <= broad
    assert "award-steps-out-of-order" not in broad


def test_answers_come_in_the_order_of_the_questions() -> None:
    store = faulty(Store())
    asked = [len, lambda held: os.getpid(), len]
    one, pid, other = asking.answers(asked, store, hands=3)
    assert one == other == len(store)
    assert pid != os.getpid()


def test_several_processes_find_what_one_finds(instrument: Gate, shared: None) -> None:
    store = faulty(Store())
    before = set(store)
    found = instrument.judge(store)
    assert [finding.rule.name for finding in found.findings] == ["Ranking-rank"] + ["two-values-in-one-source"] * 2
    assert set(store) == before


def test_a_store_on_disk_is_judged_like_one_in_memory_and_not_written_to(instrument: Gate, tmp_path: Path) -> None:
    store = faulty(Store(str(tmp_path / "store")))
    store.flush()
    assert instrument.judge(store, tmp_path / "room") == instrument.judge(faulty(Store()))
    assert set(store) == set(faulty(Store()))
    assert not (tmp_path / "room").exists()


def test_the_copy_lies_in_the_room_of_the_build_that_cleans_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    candidate, rooms = Candidate(tmp_path, in_memory=0), []
    candidate.add("records", faulty(Store()))

    def seen(store: Store, room: Path) -> AbstractContextManager[Path]:
        rooms.append(room)
        return copied(store, room)

    monkeypatch.setattr("loaders.gate.copied", seen)
    assert gate(candidate).blocks
    assert [room.parent for room in rooms] == [candidate.directory]


def test_what_is_to_be_printed_has_its_long_lists_in_order_when_it_is_judged(tmp_path: Path) -> None:
    candidate = Candidate(tmp_path, in_memory=0, printed=True)
    candidate.add("records", faulty(Store()))
    candidate.settle(silent)
    assert gate(candidate).blocks
    assert candidate.prints is not None
    made = {path.stem for path in (candidate.prints.directory / "order").iterdir()}
    assert made == set(long_lists())


def test_a_process_that_dies_is_no_pass(instrument: Gate, shared: None, monkeypatch: pytest.MonkeyPatch) -> None:
    parent, findings = os.getpid(), Check.findings

    def dying(check: Check, store: Store) -> list[Finding]:
        if check.rule.name == "part-of-itself" and os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return findings(check, store)

    monkeypatch.setattr(Check, "findings", dying)
    with pytest.raises(OutsideError, match="ended from outside"):
        instrument.judge(faulty(Store()))


@pytest.mark.parametrize("disk", [False, True])
def test_whatever_ends_a_process_ends_the_gate(disk: bool, tmp_path: Path) -> None:
    place: Store | Path = Store()
    if disk:
        place = tmp_path / "store"
        Store(str(place)).flush()
    asked = [len, ended, len]
    with pytest.raises(OutsideError, match="ended from outside"):
        list(asking.answers(asked, place, hands=2))


def test_errands_are_done_by_those_who_answer_and_told_of(tmp_path: Path) -> None:
    place, told = tmp_path / "store", []
    Store(str(place)).flush()
    errands = [partial(Path.touch, tmp_path / name) for name in "abc"]
    found = asking.answers([len, len], place, 2, errands, lambda: told.append(True))
    assert list(found) == [0, 0]
    assert all((tmp_path / name).exists() for name in "abc")
    assert told == [True] * 3


def test_an_errand_that_fails_is_no_pass(tmp_path: Path) -> None:
    place = tmp_path / "store"
    Store(str(place)).flush()
    with pytest.raises(GateError, match="cannot be asked"):
        list(asking.answers([len], place, 2, [partial(refused, Store)]))


def test_an_error_in_a_process_is_told_whole() -> None:
    with pytest.raises(GateError, match=r"cannot be asked: 'x' → ask otherwise"):
        list(asking.answers([len, refused, len], Store(), hands=2))
