"""What came and went since the last build that became a release, and when nobody can say."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from pyoxigraph import Quad, RdfFormat, parse

from loaders.candidate import Candidate
from loaders.gate import gate, last
from loaders.gate.report import Report
from loaders.namespaces import entity, graph, integer, rdf, td
from loaders.parts import NAME, Kept
from loaders.resources import ROOT

SOFTWARE, VERSION = "this software", "2026-11-22-1"
RANKING = entity("ranking", "cum", "2017", "2004-902")
COUNTRY = frozenset(
    Quad(*quad.triple, graph("s0"))
    for quad in parse(path=ROOT / "shapes" / "cases" / "country.ttl", format=RdfFormat.TURTLE)
)
RANK = Quad(RANKING, td.rank, integer(1), graph("s0"))
OTHER = Quad(RANKING, td.rank, integer(0), graph("s0"))
TERM = Quad(td.Thing, rdf.type, td.Thing, graph("s0"))
SAME = Quad(entity("cluster", "cum"), rdf.type, td.EmulationCluster, graph("s0"))


def candidate(room: Path, name: str, **parts: Iterable[Quad]) -> Candidate:
    """A candidate with these parts, beside which earlier ones are kept."""
    (room / name).mkdir()
    made = Candidate(room / name, kept=Kept.beside(room, room / name))
    for part, quads in {"records": sorted(COUNTRY, key=str), "ontology": [SAME], **parts}.items():
        made.add(part, quads)
    return made


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """A build became a release there, and its judgement was noted."""
    accepted(tmp_path, candidate(tmp_path, "first"))
    return tmp_path


def accepted(room: Path, built: Candidate, version: str = VERSION) -> Report:
    report = gate(built)
    assert built.kept
    built.kept.accept(version, built.directory, built.parts, built.used)
    last.keep(built.kept, version, SOFTWARE, report)
    return report


def test_nothing_came_and_nothing_went(room: Path) -> None:
    found = last.change(candidate(room, "second"), SOFTWARE)
    assert found is not None
    assert not found.quads
    assert not found.findings


def test_what_came_and_what_went_is_told_and_judged_as_everything_is(room: Path) -> None:
    second = candidate(room, "second", records=COUNTRY - {RANK} | {OTHER}, more=[TERM])
    found = last.change(second, SOFTWARE)
    assert found is not None
    assert found.quads == {RANK, OTHER, TERM}
    assert found.everywhere
    third = candidate(room, "third", records=[*(COUNTRY - {RANK}), OTHER])
    change = last.change(third, SOFTWARE)
    assert change is not None
    assert not change.everywhere
    report = gate(third, change=change)
    assert report == gate(third)
    assert [finding.rule.name for finding in report.findings] == ["Ranking-rank"]


@pytest.mark.parametrize("alone", [0, 32 << 20])
def test_a_statement_that_another_part_keeps_did_not_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: int
) -> None:
    monkeypatch.setattr("loaders.candidate._READ_ALONE", alone)
    accepted(tmp_path, candidate(tmp_path, "first", copy=[RANK]))
    found = last.change(candidate(tmp_path, "second", copy=[RANK], records=COUNTRY - {RANK} | {OTHER}), SOFTWARE)
    assert found is not None
    assert found.quads == {OTHER}


@pytest.mark.parametrize(("known", "changed"), [("s0", {OTHER}), ("s1", {OTHER, RANK})])
def test_only_parts_with_statements_in_a_graph_are_asked_whether_they_keep_one(
    tmp_path: Path, known: str, changed: set[Quad]
) -> None:
    accepted(tmp_path, candidate(tmp_path, "first", copy=[RANK]))
    second = candidate(tmp_path, "second", copy=[RANK], records=COUNTRY - {RANK} | {OTHER})
    second.take({}, [], {"copy": {graph(known).value}})
    found = last.change(second, SOFTWARE)
    assert found is not None
    assert found.quads == changed


def test_a_statement_that_went_to_another_part_did_not_change(room: Path) -> None:
    found = last.change(candidate(room, "second", records=COUNTRY - {RANK}, more=[RANK]), SOFTWARE)
    assert found is not None
    assert not found.quads


def test_findings_stay_until_what_they_are_about_changes(room: Path) -> None:
    wrong = candidate(room, "second", records=[*(COUNTRY - {RANK}), OTHER])
    report = accepted(room, wrong, "2")
    third = candidate(room, "third", records=[*(COUNTRY - {RANK}), OTHER], more=[SAME])
    change = last.change(third, SOFTWARE)
    assert change is not None
    assert change.findings == report.findings
    assert gate(third, change=change).findings == report.findings
    fourth = candidate(room, "fourth")
    assert gate(fourth, change=last.change(fourth, SOFTWARE)).findings == ()


def test_other_software_judges_everything(room: Path) -> None:
    assert last.change(candidate(room, "second"), "other software") is None


def test_another_ontology_is_judged_as_everything(room: Path) -> None:
    assert last.change(candidate(room, "second", ontology=[SAME, TERM]), SOFTWARE) is None


def test_a_judgement_of_another_build_is_none_of_this_one(room: Path) -> None:
    second = candidate(room, "second")
    assert second.kept
    second.kept.accept("another", second.directory, second.parts, second.used)
    assert last.change(candidate(room, "third"), SOFTWARE) is None


@pytest.mark.parametrize("pattern", ["*.judged", "*.nq", "accepted.json"])
def test_what_was_torn_is_not_believed(room: Path, pattern: str) -> None:
    for file in (room / NAME).glob(pattern):
        content = file.read_bytes()
        file.unlink()
        file.write_bytes(content[: len(content) // 2])
    assert last.change(candidate(room, "second", records=[*COUNTRY, OTHER], ontology=[SAME]), SOFTWARE) is None


def test_a_build_that_keeps_nothing_judges_everything(tmp_path: Path) -> None:
    made = Candidate(tmp_path)
    made.add("records", COUNTRY)
    assert last.change(made, SOFTWARE) is None
