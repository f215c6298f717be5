"""The workbook of a release: a sheet for each kind of thing that a spreadsheet opens, with every word intact."""

from __future__ import annotations

import datetime
import errno
import gc
import io
import re
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from pyoxigraph import Quad, Store

from loaders.namespaces import BASE, concept, date, entity, graph, rdf, rdfs, string, td, text
from loaders.release import Release, workbook
from loaders.release.export import export
from loaders.resources import ROOT
from tests import country, tiny

OTHER = "https://example.org/td/"
MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def opened(path: Path) -> Workbook:
    return load_workbook(path, rich_text=False)


def rows(book: Workbook, sheet: str) -> list[dict[str, object]]:
    heading, *lines = book[sheet].values
    return [dict(zip(heading, line, strict=True)) for line in lines]


@pytest.fixture(scope="module")
def book(country_client) -> Workbook:
    answer = country_client.get("/dumps/thidua.xlsx")
    assert (answer.status_code, answer.headers["content-type"]) == (200, MEDIA)
    return load_workbook(io.BytesIO(answer.content))


@pytest.mark.parametrize("sheet", workbook.sheets(), ids=lambda sheet: sheet.name)
def test_a_sheet_asks_for_its_columns_in_a_total_order(sheet: workbook.Sheet) -> None:
    found = country.store().query(sheet.query, use_default_graph_as_union=True)
    names = [column.name for column in sheet.columns]
    assert [variable.value for variable in found.variables] == names
    order = sheet.query.rpartition("ORDER BY")[2].replace("DESC", "").translate(str.maketrans("()", "  ")).split()
    assert f"?{names[0]}" in order
    assert len(sheet.vi) <= 31, "Excel takes no more"
    assert len({column.vi for column in sheet.columns}) == len(names)


def test_every_sheet_is_in_the_workbook(book: Workbook) -> None:
    files = {path.stem for path in (ROOT / "queries" / "sheets").glob("*.rq")}
    assert files == set(workbook.SHEETS)
    assert book.sheetnames == ["Đọc trước · Read me", *(sheet.vi for sheet in workbook.sheets())]


def test_no_heading_says_of_what_was_proposed_that_somebody_received_it(book: Workbook, country_client) -> None:
    answer = country_client.get("/api/awards?format=xlsx&lang=vi").content
    for sheet in (book["Khen thưởng"], load_workbook(io.BytesIO(answer)).worksheets[0]):
        headings = [str(cell.value).lower() for cell in sheet[1]]
        assert "đối tượng" in headings
        assert not [each for each in headings if any(word in each for word in ("được khen", "nhận", "tặng"))]


def test_every_sheet_has_its_headings_a_filter_and_a_frozen_pane(book: Workbook) -> None:
    for sheet in workbook.sheets():
        page = book[sheet.vi]
        assert [cell.value for cell in page[1]] == [column.vi for column in sheet.columns]
        assert page.freeze_panes == "C2"
        assert page.auto_filter.ref.startswith("A1:")
        assert all(8 <= page.column_dimensions[cell.column_letter].width <= 62 for cell in page[1])


def test_the_workbook_says_what_the_questions_say(book: Workbook) -> None:
    def told(name: str) -> set[tuple[object, object]]:
        return {(row["Năm"], row["Mã đơn vị"]) for row in rows(book, name)}

    asked = {(row["year"], row["unitCode"]) for row in country.ask("leaderships")}
    assert told("Trưởng, phó") == asked != set()
    units = {row["Đơn vị (IRI)"]: row for row in rows(book, "Đơn vị hành chính")}
    known = country.ask("units")
    assert {row["unit"] for row in known} == set(units)
    assert all(units[row["unit"]]["Tên"] == row["label"] for row in known)


def test_vietnamese_codes_and_days_arrive_as_they_are(book: Workbook) -> None:
    units = {row["Đơn vị (IRI)"]: row for row in rows(book, "Đơn vị hành chính")}
    district = units[f"{BASE}id/unit/2004/182"]
    assert (district["Tên"], district["Cấp"], district["Mã"]) == ("Huyện Văn Lãng Mẫu", "cấp huyện", "182")
    assert district["Đến hết ngày"] == datetime.datetime(2025, 6, 30)
    assert all(isinstance(row["Mã"], str) for row in units.values())


def test_an_iri_is_a_link(book: Workbook) -> None:
    cell = book["Cụm, khối"]["A2"]
    assert cell.hyperlink.target == cell.value
    assert cell.value.startswith(f"{BASE}id/cluster/")


def test_the_first_sheet_tells_release_licence_sheets_and_columns(book: Workbook, country_client) -> None:
    said = [cell for line in book.worksheets[0].values for cell in line if cell is not None]
    version = country_client.get("/api/clusters").json()["release"]
    assert version in said
    assert "https://creativecommons.org/licenses/by/4.0/" in said
    for sheet in workbook.sheets():
        assert {sheet.vi, sheet.en, sheet.about["vi"], sheet.about["en"]} <= set(said)
        assert {column.en for column in sheet.columns} <= set(said)
    counts = {line[0]: line[2] for line in book.worksheets[0].values if isinstance(line[2], int | float)}
    assert counts == {sheet.vi: book[sheet.vi].max_row - 1 for sheet in workbook.sheets()}


def hostile(tmp_path: Path, **facts: object) -> Release:
    """A release of an organisation that is called like a formula and of a unit older than a spreadsheet's calendar."""
    named, unit = entity("organisation", "a"), entity("unit", "2004", "01")
    said = {rdf.type: td.Organization, rdfs.label: text('=HYPERLINK("http://a.example/";"a")')}
    old = {
        rdf.type: td.AdministrativeUnit, rdfs.label: text("+1"), td.code: string("01"),
        td.codeList: concept("code-list", "2004"), td.level: concept("unit-level", "province"),
        td.unitType: concept("unit-type", "tinh"), td.validFrom: date(datetime.date(1831, 10, 1)),
    }  # fmt: skip
    quads = [Quad(named, p, o, graph(g)) for p, o in said.items() for g in ("s0", "s1")]
    quads += [Quad(unit, p, o, graph("s0")) for p, o in old.items()]
    quads += [quad for quad in _concepts() if quad.subject in old.values()]
    return tiny.release(tmp_path, quads, **facts)


def _concepts() -> list[Quad]:
    return [quad for quad in country.store() if str(quad.subject).startswith(f"<{BASE}concept/")]


@pytest.mark.parametrize("sheet", ["members", "leaders", "rankings", "conferences", "figures", "awards"])
def test_copies_of_a_triple_do_not_change_the_rows_of_a_sheet(sheet: str) -> None:
    (query,) = (each.query for each in workbook.sheets() if each.name == sheet)
    once, copied = Store(), Store()
    once.extend(Quad(*quad.triple) for quad in country.store())
    copied.extend(Quad(*quad.triple, graph(f"s{number}")) for quad in once for number in range(3))
    expected = [str(row) for row in once.query(query)]
    assert [str(row) for row in copied.query(query, use_default_graph_as_union=True)] == expected != []


def test_rows_that_no_sheet_of_excel_can_hold_are_counted_on_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "_LAST_ROW", 2)
    facts = workbook.Facts("2026-01-01-0", "0", datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), BASE)
    workbook.write(country.store(), facts, tmp_path / "a.xlsx")
    made = opened(tmp_path / "a.xlsx")
    assert len(rows(made, "Đơn vị hành chính")) == 2
    left = len(country.ask("units")) - 2
    (line,) = (line for line in made.worksheets[0].values if line[0] == "Đơn vị hành chính" and line[2] == 2)
    assert line[3] == f"còn {left} dòng nữa trong thidua.nq.gz · {left} more in thidua.nq.gz"


def test_no_text_becomes_a_formula_and_no_thing_comes_twice(tmp_path: Path) -> None:
    made = opened(hostile(tmp_path).directory / "dumps" / "thidua.xlsx")
    assert [row["Tên"] for row in rows(made, "Cơ quan, tổ chức")] == ['=HYPERLINK("http://a.example/";"a")']
    (unit,) = rows(made, "Đơn vị hành chính")
    assert (unit["Tên"], unit["Mã"], unit["Có từ ngày"]) == ("+1", "01", "1831-10-01")
    assert all(cell.data_type != "f" for page in made.worksheets for line in page.iter_rows() for cell in line)


def test_a_release_under_another_base_has_its_iris(tmp_path: Path) -> None:
    found = hostile(tmp_path, base=OTHER)
    made = opened(found.directory / "dumps" / "thidua.xlsx")
    assert [row["Tổ chức (IRI)"] for row in rows(made, "Cơ quan, tổ chức")] == [f"{OTHER}id/organisation/a"]
    assert not any(BASE in str(cell) for page in made.worksheets for line in page.values for cell in line)


def test_an_export_is_the_workbook_of_the_release(tmp_path: Path) -> None:
    found = hostile(tmp_path, base=OTHER)
    kept = found.directory / "dumps" / "thidua.xlsx"
    export(found, "xlsx", tmp_path / "out.xlsx")
    assert (tmp_path / "out.xlsx").read_bytes() == kept.read_bytes()
    # As if it had been built before releases had a workbook.
    del found.manifest.files["dumps/thidua.xlsx"]
    export(found, "xlsx", tmp_path / "new.xlsx")
    assert (tmp_path / "new.xlsx").read_bytes() == kept.read_bytes()


def test_the_workbook_is_in_the_catalogue_and_among_the_dumps(country_client) -> None:
    listed = {
        file["name"] for file in country_client.get("/dumps/", headers={"Accept": "application/json"}).json()["files"]
    }
    assert {"thidua.xlsx", "thidua.xlsx.sha256"} <= listed
    said = country_client.get("/catalog?format=nt").text
    assert re.search(
        rf"<http://www.w3.org/ns/dcat#mediaType> <https://www.iana.org/assignments/media-types/{MEDIA}>", said
    )
    dumps = re.findall(r"<http://rdfs.org/ns/void#dataDump> <[^>]*/([^/>]+)>", said)
    assert len(dumps) == 5
    assert "thidua.xlsx" not in dumps


# The archive that could not be finished complains once more when it is forgotten: here, not amid another test.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_full_disk_is_told_as_what_it_is(tmp_path: Path) -> None:
    facts = workbook.Facts("2026-01-01-0", "0", datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), BASE)
    (tmp_path / "a.xlsx").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as full:
        workbook.write(tiny.store(tiny.quads()), facts, tmp_path / "a.xlsx")
    assert full.value.errno == errno.ENOSPC
    del full
    gc.collect()
