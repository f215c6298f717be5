"""The synthetic country is what its numbers say: its size, its marks, and the faults that were sown in it."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Quad, RdfFormat, parse

from bench.country import __main__ as country_of
from bench.country.__main__ import Size, edit, make
from loaders.build import assess
from loaders.candidate import Candidate
from loaders.errors import DataErrors
from loaders.gate.report import Report
from loaders.namespaces import graph, prov, rdf, td
from loaders.progress import Progress
from loaders.settings import Settings

SIZE = Size(triples=3_000, spreadsheets=3)
ALIKE = {graph(name) for name in ("ontology", "alignments", "concepts", "provenance")}


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("country") / "data"
    make(made, SIZE, faults=2)
    return made


@pytest.fixture(scope="module")
def judged(country: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, list[Quad]]:
    """What the gate says of the country, and the statements that it was asked about."""
    candidate = Candidate(tmp_path_factory.mktemp("candidate"))
    report = assess(candidate, Settings(data=country), Progress(io.StringIO()))
    return report, [quad for path in candidate.files for quad in parse(path=path, format=RdfFormat.N_QUADS)]


def test_the_gate_finds_the_faults_that_were_sown_and_no_other(
    country: Path, judged: tuple[Report, list[Quad]]
) -> None:
    found = Counter(finding.rule.name for finding in judged[0].findings)
    assert found == json.loads((country / "faults.json").read_text())
    assert len(found) > 30


def test_every_graph_that_was_made_up_says_so(judged: tuple[Report, list[Quad]]) -> None:
    quads = judged[1]
    marked = {q.graph_name for q in quads if q.predicate == rdf.type and q.object == td.SyntheticSource}
    derived = {q.subject for q in quads if q.predicate == prov.wasDerivedFrom}
    real = {q.graph_name for q in quads} - marked - ALIKE
    assert len(marked) > 60
    assert marked <= derived
    assert all(isinstance(name, NamedNode) and "/graph/mau-" not in name.value for name in real)


def test_the_triples_are_as_many_as_were_counted(tmp_path: Path, judged: tuple[Report, list[Quad]]) -> None:
    counted = sum(part.triples for part in make(tmp_path / "again", SIZE, faults=2))
    described = {q.subject for q in judged[1] if "/graph/mau-" in q.subject.value}
    found = {q for q in judged[1] if "/graph/mau-" in q.graph_name.value or q.subject in described}
    assert abs(len(found) - counted) < 0.01 * counted


def test_the_same_seed_gives_the_same_files_and_another_does_not(country: Path, tmp_path: Path) -> None:
    make(tmp_path / "same", SIZE, processes=2, faults=2)
    make(tmp_path / "other", Size(SIZE.triples, 2, SIZE.spreadsheets), faults=2)
    assert _files(tmp_path / "same") == _files(country)
    assert _files(tmp_path / "other") != _files(country)


@pytest.mark.parametrize(("triples", "spreadsheets"), [(40_000, 4), (100_000, 25)])
def test_a_country_has_the_size_that_was_asked_for(tmp_path: Path, triples: int, spreadsheets: int) -> None:
    made = sum(part.triples for part in make(tmp_path / "data", Size(triples, 1, spreadsheets), processes=2))
    assert abs(made - triples) < 0.05 * triples


def test_an_edit_changes_one_spreadsheet_and_nothing_else(country: Path, tmp_path: Path) -> None:
    make(tmp_path / "data", SIZE, faults=2)
    edit(tmp_path / "data", SIZE, 2)
    before, after = _files(country), _files(tmp_path / "data")
    (changed,) = (name for name in before if before[name] != after[name])
    assert changed.startswith("records/002-")


def test_an_edit_leaves_nothing_out(tmp_path: Path) -> None:
    # Of this one the last source was left out for the names that came.
    task = list(country_of._tasks(tmp_path, Size(triples=10_000_000, spreadsheets=100)))[72]
    edited = replace(task, setting=replace(task.setting, edited=True))
    assert country_of._write(task).rows == country_of._write(edited).rows


def _files(directory: Path) -> dict[str, bytes]:
    return {str(p.relative_to(directory)): p.read_bytes() for p in directory.rglob("*") if p.is_file()}


def test_slips_are_refused_where_they_stand(tmp_path: Path) -> None:
    made = tmp_path / "data"
    make(made, SIZE, slips=3)
    candidate = Candidate(tmp_path)
    with pytest.raises(DataErrors) as refused:
        assess(candidate, Settings(data=made), Progress(io.StringIO()))
    told = [(Path(e.file or "").name, e.line, e.column, e.message) for e in refused.value.errors]
    slips = json.loads((made / "broken.json").read_text(encoding="utf-8"))
    assert len(told) == len(slips) > 30
    for slip in slips:
        place = (f"sai-sot.xlsx [{slip['sheet']}]", slip["line"], slip["column"])
        assert [m for *there, m in told if tuple(there) == place and m.startswith(slip["message"])], slip
