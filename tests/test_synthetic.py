"""Made-up data: marked wherever they go, never beside real ones, published only by somebody who says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pyoxigraph import Quad, Store

from loaders.errors import UsageError
from loaders.gate import read_gate
from loaders.gate.report import Severity
from loaders.namespaces import entity, graph, rdf, td
from loaders.release import current, manifest, pointer
from loaders.settings import Settings
from service.app import create_app
from tests import made_up, tiny

MADE_UP = [*tiny.quads(), Quad(entity("source", "s0"), rdf.type, td.SyntheticSource, graph("s0"))]
BASE = "https://data.example.org/"


def test_records_of_made_up_sources_are_marked_in_their_graphs(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    headings, *lines = made_up.rows("sources")
    for line in lines:
        line[headings.index("kind")] = "synthetic"
    made_up.write(directory / "sources.csv", [headings, *lines])
    found = made_up.quads(directory)
    marked = {quad.graph_name for quad in found if quad.object == td.SyntheticSource and quad.predicate == rdf.type}
    assert {quad.graph_name for quad in found} == marked


def test_one_real_source_among_made_up_ones_blocks_the_release(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    made_up.change(directory, "sources", 2, kind="synthetic")
    store = Store()
    store.bulk_extend(made_up.quads(directory))
    (check,) = (check for check in read_gate().checks if check.rule.name == "synthetic-beside-real")
    (found,) = check.findings(store)
    key = made_up.rows("sources")[1][0]
    assert (found.focus, found.rule.severity) == (entity("source", key), Severity.VIOLATION)


@pytest.mark.parametrize("base", [tiny.BASE, BASE])
def test_a_release_of_made_up_data_says_so_under_every_base(tmp_path: Path, base: str) -> None:
    made, real = tiny.release(tmp_path, MADE_UP, base=base), tiny.release(tmp_path, 2, base=base)
    assert made.synthetic
    assert not real.synthetic
    assert "Synthetic data" in made.description.read_text(encoding="utf-8")
    assert "Synthetic data" not in real.description.read_text(encoding="utf-8")
    assert manifest.read(made.directory).synthetic
    assert "synthetic" not in (real.directory / manifest.NAME).read_text(encoding="utf-8")


def test_made_up_data_are_published_only_by_somebody_who_says_so(tmp_path: Path) -> None:
    real, made = tiny.release(tmp_path, 2), tiny.release(tmp_path, MADE_UP)
    pointer.publish(tmp_path, real.version, now=tiny.NOW)
    with pytest.raises(UsageError, match="thidua publish --synthetic " + made.version):
        pointer.publish(tmp_path, made.version, now=tiny.NOW)
    assert current(tmp_path) == real.version
    pointer.publish(tmp_path, made.version, now=tiny.NOW, synthetic=True)
    assert current(tmp_path) == made.version


@pytest.mark.parametrize(("data", "warned"), [(MADE_UP, True), (tiny.quads(), False)])
def test_pages_of_made_up_data_say_so(tmp_path: Path, data: list[Quad], warned: bool) -> None:
    made = tiny.release(tmp_path, data)
    pointer.publish(tmp_path, made.version, now=tiny.NOW, synthetic=True)
    with TestClient(create_app(Settings(releases=tmp_path, workers=1))) as client:
        for path in ("/", "/doc/cluster/cum-0"):
            page = client.get(path, headers={"Accept": "text/html", "Accept-Language": "en"}).text
            assert ("Synthetic data" in page) is warned
