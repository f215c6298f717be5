from pathlib import Path

import pytest
from openpyxl import load_workbook
from pyoxigraph import Quad, RdfFormat, Store

from loaders.namespaces import BASE, decimal, entity, graph, integer, rdf, rdfs, td, text
from loaders.release import Release, canonical
from loaders.release.export import FORMATS, export
from tests import tiny


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return tiny.release(tmp_path_factory.mktemp("releases"))


def triples(store: Store) -> set[str]:
    return {str(quad.triple) for quad in store}


@pytest.mark.parametrize("form", ["nq", "trig", "jsonld"])
def test_what_is_exported_with_graphs_is_the_dataset(form: str, release: Release, tmp_path: Path) -> None:
    export(release, form, tmp_path / "out")
    store = Store()
    store.load(path=tmp_path / "out", format=RdfFormat.from_extension(form))
    assert canonical.hash_of(store, scratch=tmp_path) == release.hash


@pytest.mark.parametrize("form", ["ttl", "xml"])
def test_what_is_exported_without_graphs_has_every_triple_once(form: str, release: Release, tmp_path: Path) -> None:
    export(release, form, tmp_path / "out")
    store = Store()
    store.load(path=tmp_path / "out", format=RdfFormat.from_extension(form))
    assert triples(store) == triples(Store.read_only(str(release.store_path)))
    assert len(store) == len(triples(store))


def test_the_workbook_has_a_sheet_for_a_kind_and_a_row_for_a_thing(tmp_path: Path) -> None:
    thing = entity("cluster", "bien-gioi")
    found = [
        Quad(thing, rdf.type, td.EmulationCluster, graph("s0")),
        Quad(thing, rdf.type, td.EmulationCluster, graph("s1")),
        Quad(thing, rdfs.label, text("Cụm biên giới Đình Lập"), graph("s0")),
        Quad(thing, td.statedMemberCount, integer(5), graph("s0")),
        Quad(thing, td.value, decimal(0), graph("s0")),  # type: ignore[arg-type]
        Quad(thing, td.dateText, text("=1+1"), graph("s0")),
        Quad(thing, td.placeText, text("một"), graph("s0")),
        Quad(thing, td.placeText, text("hai"), graph("s0")),
        Quad(entity("unit", "2004", "06"), rdfs.label, text("Tỉnh Bắc Kạn"), graph("s0")),
    ]
    export(tiny.release(tmp_path, found), "xlsx", tmp_path / "out.xlsx")
    book = load_workbook(tmp_path / "out.xlsx")
    assert book.sheetnames == ["cluster", "unit"]
    heading, row = book["cluster"].values
    cells = dict(zip(heading, row, strict=True))
    assert cells["IRI"] == f"{BASE}id/cluster/bien-gioi"
    assert cells["tên"] == "Cụm biên giới Đình Lập"
    assert 5 in row
    assert 0 in row
    assert "hai | một" in row, "several values stand in one cell, sorted"
    assert "=1+1" in row
    assert all(cell.data_type != "f" for line in book["cluster"].iter_rows() for cell in line), "text, not a formula"


def test_an_export_that_fails_leaves_the_file_that_was_there(release: Release, tmp_path: Path) -> None:
    (tmp_path / "out.ttl").write_text("before")
    broken = Release(tmp_path, release.manifest)
    with pytest.raises(OSError, match="dumps"):
        export(broken, "ttl", tmp_path / "out.ttl")
    assert (tmp_path / "out.ttl").read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["out.ttl"]


def test_the_formats_are_those_of_the_interface() -> None:
    assert set(FORMATS) == {"nq", "trig", "ttl", "jsonld", "xml", "xlsx"}


def test_the_dump_is_sorted(release: Release, tmp_path: Path) -> None:
    export(release, "nq", tmp_path / "out.nq")
    lines = (tmp_path / "out.nq").read_bytes().splitlines()
    assert lines == sorted(lines)
