"""The history of units 2004-2025: what it adds, and which rows are refused."""

from collections import Counter
from datetime import date

import pytest

from loaders import registry
from loaders.errors import SourceError
from loaders.namespaces import concept, dcterms, entity, graph, rdf, skos, td
from loaders.registry.history import with_history
from loaders.registry.history_rows import read_history
from tests.vietnam import SOURCES, about, gazetteer, lived, quads, territory, units

HEAD = (
    "code,level,name,type,parent_code,valid_from,valid_to,act_open,act_close,open_event,close_event,open_match,"
    "close_match,date_note,name_variants"
)
PROVINCE = "06,province,Tỉnh Bắc Kạn,Tỉnh,,2004-08-31,,,,first_seen,,floor,,,"
DISTRICT = "062,district,Huyện Ngân Sơn,Huyện,06,2004-08-31,,,,first_seen,,floor,,,"
TOWN = "058,district,Thị xã Bắc Kạn,Thị xã,06,2004-08-31,2015-04-11,,892/NQ-UBTVQH13,first_seen,type_change,floor,,,"
CITY = "058,district,Thành phố Bắc Kạn,Thành phố,06,2015-04-11,,892/NQ-UBTVQH13,,type_change,,,,,"


def _valid(level, on, province=None):
    return [
        unit
        for unit in lived().units
        for version in unit.versions
        if unit.edition == "2004" and unit.level == level and version.overlaps(on, on)
        if province is None or _province(unit, version, on) == province
    ]


def _province(unit, version, on):
    while version.parent is not None:
        unit = units(lived)["2004", version.parent]
        version = next(version for version in unit.versions if version.overlaps(on, on))
    return unit.key


@pytest.mark.parametrize(
    ("on", "official"),
    [
        (date(2017, 12, 31), (63, 713, 11162)),
        (date(2020, 12, 31), (63, 707, 10614)),
        (date(2025, 6, 30), (63, 696, 10035)),
    ],
)
def test_the_country_has_its_official_number_of_units_on_a_day(on, official):
    assert tuple(len(_valid(level, on)) for level in ("province", "district", "commune")) == official


def test_bac_kan_had_8_districts_and_122_communes_when_its_bloc_met():
    on = date(2017, 7, 13)
    assert len(_valid("district", on, "06")) == 8
    assert len(_valid("commune", on, "06")) == 122


def test_no_unit_is_two_things_on_one_day():
    for unit in lived().units:
        for before, after in zip(unit.versions, unit.versions[1:], strict=False):
            assert before.end is not None
            assert after.start is not None
            assert (after.start - before.end).days == 1, unit.iri


def test_the_first_state_of_the_list_is_not_published_as_a_foundation():
    ngan_son = units(lived)["2004", "062"]
    assert (ngan_son.start, ngan_son.floor) == (None, date(2004, 8, 31))
    said = {quad.predicate for quad in about(ngan_son.iri, lived)}
    assert td.attestedFrom in said
    assert td.validFrom not in said


def test_a_unit_that_ended_before_2025_is_a_unit_with_its_last_day():
    ha_tay = units(lived)["2004", "28"]
    assert (ha_tay.name, ha_tay.end) == ("Tỉnh Hà Tây", date(2008, 7, 31))
    assert {quad.graph_name for quad in about(ha_tay.iri, lived)} == {graph("registry-history")}


def test_the_earlier_holder_of_a_code_is_another_unit():
    assert units(lived)["2004", "11344"].versions[0].name == "Phường Cầu Đất"
    earlier = units(lived)["2004", "11344-1"]
    assert (earlier.name, earlier.code, earlier.end) == ("Phường Lương Khánh Thiện", "11344", date(2020, 1, 31))


def test_a_unit_that_took_another_code_goes_on_under_it():
    said = about(entity("unit", "2004", "08941"), lived)
    assert [quad.object for quad in said if quad.predicate == dcterms.isReplacedBy] == [entity("unit", "2004", "08936")]


def test_two_acts_that_both_could_be_are_both_named_and_the_version_is_ambiguous():
    doubtful = {unit.key: v for unit in lived().units for v in unit.versions if len(v.opened_by) > 1}
    assert doubtful
    assert {version.certainty for version in doubtful.values()} == {"ambiguous"}
    witness = entity("witness", "registry-history", "whole", "ambiguous")
    assert {quad.object for quad in about(witness, lived) if quad.predicate == td.certainty} == {
        concept("certainty", "ambiguous")
    }


def test_the_last_version_ends_with_the_old_map_by_the_act_of_2025():
    last = units(lived)["2004", "058"].versions[-1]
    assert (last.end, last.closed_by) == (date(2025, 6, 30), ("1683/NQ-UBTVQH15",))


def test_an_earlier_name_is_found_but_is_not_the_label():
    hue = entity("unit", "2004", "46")
    names = {quad.object.value for quad in about(hue, lived) if quad.predicate == skos.altLabel}
    assert {"Tỉnh Thừa Thiên Huế", "Thừa Thiên Huế"} <= names
    assert units(lived)["2004", "46"].name == "Thành phố Huế"
    assert gazetteer(lived).resolve("Thừa Thiên Huế", on=2017) == hue


def test_every_unit_still_has_a_version_and_every_version_a_unit():
    typed = Counter(quad.object for quad in quads(lived) if quad.predicate == rdf.type)
    of = {quad.object for quad in quads(lived) if quad.predicate == td.versionOf}
    assert (
        len(of)
        == typed[td.AdministrativeUnit]
        == 63 + 696 + 10035 + 34 + 3321 + sum(1 for unit in lived().units if unit.source == "registry-history")
    )


def test_with_a_history_nothing_is_left_unsaid():
    assert registry.notes(lived()) == []


@pytest.fixture
def given(tmp_path):
    listed = {unit.key: unit for unit in territory().units if unit.edition == "2004"}

    def read(*rows):
        path = tmp_path / "history.csv"
        path.write_text("\n".join((HEAD, *rows)) + "\n", encoding="utf-8")
        return with_history(listed, read_history(path, listed))

    return read


def test_a_history_may_cover_a_part_of_the_country(given):
    found = given(PROVINCE, TOWN, CITY)
    assert [version.name for version in found["058"].versions] == ["Thị xã Bắc Kạn", "Thành phố Bắc Kạn"]
    assert found["058"].versions[0].end == date(2015, 4, 10)
    assert found["182"].versions[0].floor is None


def test_what_a_partial_history_leaves_out_is_said(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("\n".join((HEAD, PROVINCE, TOWN, CITY)) + "\n", encoding="utf-8")
    assert registry.notes(registry.read(SOURCES, path)) == [
        "The history says nothing about 10,792 units of edition 2004."
    ]


def test_an_empty_history_is_not_taken_for_one(given):
    with pytest.raises(SourceError, match="no rows"):
        given()


@pytest.mark.parametrize(
    ("rows", "line", "column"),
    [
        ([DISTRICT.replace("2004-08-31", "31/8/2004")], 2, "valid_from"),
        ([DISTRICT.replace("2004-08-31", "")], 2, "valid_from"),
        ([DISTRICT.replace("2004-08-31", "2025-07-01")], 2, "valid_from"),
        ([TOWN.replace("2015-04-11", "2004-02-30"), CITY], 2, "valid_to"),
        ([TOWN.replace("2015-04-11", "2004-08-31"), CITY], 2, "valid_to"),
        ([DISTRICT.replace("district", "huyện")], 2, "level"),
        ([DISTRICT.replace("062", "62")], 2, "code"),
        ([DISTRICT.replace("Huyện Ngân Sơn", "Ngân Sơn")], 2, "name"),
        ([DISTRICT.replace(",Huyện,", ",Quận,")], 2, "type"),
        ([DISTRICT.replace(",06,", ",07,")], 2, "parent_code"),
        ([DISTRICT.replace(",06,", ",08,")], 2, "parent_code"),
        ([DISTRICT.replace(",06,", ",,")], 2, "parent_code"),
        ([PROVINCE, TOWN, CITY.replace("2015-04-11", "2015-04-10")], 4, "valid_from"),
        ([PROVINCE, TOWN, CITY.replace("2015-04-11", "2015-04-12")], 4, "valid_from"),
        ([PROVINCE.replace("2004-08-31,", "2010-01-01,").replace("first_seen", "new"), DISTRICT], 3, "parent_code"),
        ([PROVINCE, TOWN], 3, "valid_to"),
        ([DISTRICT.replace("062", "999")], 2, "valid_to"),
    ],
)
def test_a_row_that_cannot_be_true_is_refused_with_its_cell(given, rows, line, column):
    with pytest.raises(SourceError) as caught:
        given(*rows)
    assert (caught.value.line, caught.value.column) == (line, column), str(caught.value)
    assert caught.value.file.endswith("history.csv")
