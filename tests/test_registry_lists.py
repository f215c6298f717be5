"""The two editions of the code list."""

import unicodedata
from collections import Counter
from datetime import date

import pytest
from pyoxigraph import Literal

from loaders import registry
from loaders.namespaces import entity, graph, rdfs, skos, td
from tests.vietnam import about, quads, territory, units

SEED_UNITS = {
    "06": "Tỉnh Bắc Kạn", "24": "Tỉnh Bắc Giang", "17": "Tỉnh Hoà Bình", "25": "Tỉnh Phú Thọ", "19": "Tỉnh Thái Nguyên",
    "08": "Tỉnh Tuyên Quang", "15": "Tỉnh Yên Bái", "20": "Tỉnh Lạng Sơn", "058": "Thành Phố Bắc Kạn",
    "060": "Huyện Pác Nặm", "061": "Huyện Ba Bể", "062": "Huyện Ngân Sơn", "063": "Huyện Bạch Thông",
    "064": "Huyện Chợ Đồn", "065": "Huyện Chợ Mới", "066": "Huyện Na Rì", "180": "Huyện Tràng Định",
    "182": "Huyện Văn Lãng", "183": "Huyện Cao Lộc", "188": "Huyện Lộc Bình", "189": "Huyện Đình Lập",
    "06178": "Xã Hoàng Văn Thụ",
}  # fmt: skip


def _counts(edition, on=None):
    found = [unit for unit in territory().units if unit.edition == edition]
    return Counter(
        kind
        for unit in found
        for version in unit.versions
        if on is None or version.overlaps(on, on)
        for kind in (unit.level, version.type)
    )


def _values(kind, edition, code, predicate):
    return {quad.object.value for quad in about(entity(kind, edition, code)) if quad.predicate == predicate}


def test_the_old_list_has_its_official_number_of_units():
    counts = _counts("2004")
    assert (counts["province"], counts["district"], counts["commune"]) == (63, 696, 10035)


def test_the_new_list_has_its_official_number_of_units_on_its_first_day():
    counts = _counts("2025", date(2025, 7, 1))
    assert (counts["province"], counts["district"], counts["commune"]) == (34, 0, 3321)
    assert (counts["xa"], counts["phuong"], counts["dac-khu"]) == (2621, 687, 13)
    assert (counts["tinh"], counts["thanh-pho-truc-thuoc-trung-uong"]) == (28, 6)


def test_the_new_list_counts_nine_cities_and_709_wards_after_the_changes_of_2026():
    counts = _counts("2025", date(2026, 10, 1))
    assert (counts["tinh"], counts["thanh-pho-truc-thuoc-trung-uong"]) == (25, 9)
    assert (counts["xa"], counts["phuong"], counts["dac-khu"]) == (2599, 709, 13)


@pytest.mark.parametrize(("code", "name"), SEED_UNITS.items())
def test_the_units_of_the_articles_bear_their_codes(code, name):
    assert units()["2004", code].name == name


def test_a_recycled_code_names_two_units():
    assert units()["2004", "06172"].name == "Xã Tân Mỹ"
    assert units()["2025", "06172"].name == "Xã Hoàng Văn Thụ"
    assert units()["2004", "24"].name == "Tỉnh Bắc Giang"
    assert units()["2025", "24"].versions[0].name == "Tỉnh Bắc Ninh"
    assert units()["2004", "06172"].iri != units()["2025", "06172"].iri


def test_island_districts_without_communes_are_districts():
    for code in ("318", "471", "498", "536", "755"):
        assert units()["2004", code].level == "district"
        assert not [unit for unit in territory().units if unit.parent == code and unit.edition == "2004"]


def test_a_city_below_a_central_city_is_another_type_than_a_city_of_a_province():
    assert units()["2004", "769"].type == "thanh-pho-thuoc-thanh-pho"
    assert units()["2004", "178"].type == "thanh-pho-thuoc-tinh"


def test_a_type_is_that_of_the_name_where_the_package_has_another():
    assert units()["2004", "15061"].type == "thi-tran"
    assert units()["2004", "27046"].type == "phuong"


def test_a_unit_is_called_as_the_official_table_calls_it():
    assert units()["2004", "25462"].name == "Phường IV"
    assert "Phường 4" in _values("unit", "2004", "25462", skos.altLabel)


def test_a_unit_that_changed_type_is_called_by_its_newest_name_and_found_by_the_old_one():
    assert _values("unit", "2025", "24", rdfs.label) == {"Thành phố Bắc Ninh"}
    assert "Tỉnh Bắc Ninh" in _values("unit", "2025", "24", skos.altLabel)
    first, second = units()["2025", "24"].versions
    assert (first.end, second.start) == (date(2026, 9, 19), date(2026, 9, 20))
    assert second.opened_by == first.closed_by == ("39/2026/QH16",)


def test_what_the_list_of_2025_does_not_say_stands_in_another_graph():
    said = [quad for quad in about(entity("unit", "2025", "24")) if quad.predicate == rdfs.label]
    assert [quad.graph_name for quad in said] == [graph("registry-changes")]


def test_a_name_is_found_in_both_tone_placements_and_without_its_type():
    assert {"Hoà Bình", "Hòa Bình", "Tỉnh Hòa Bình"} <= _values("unit", "2004", "17", skos.altLabel)
    assert _values("unit", "2004", "17", td.searchKey) == {"tinh hoa binh", "hoa binh"}
    assert {"Thành phố Bắc Kạn", "Bắc Kạn"} <= _values("unit", "2004", "058", skos.altLabel)
    assert {"TPHCM", "TP. Hồ Chí Minh"} <= _values("unit", "2025", "79", skos.altLabel)


def test_an_unknown_beginning_is_not_published():
    old = [unit for unit in territory().units if unit.edition == "2004"]
    assert not [unit for unit in old if unit.start or unit.versions[0].start]


def test_every_old_unit_ends_with_the_old_map_and_every_new_one_begins_after_it():
    assert {unit.end for unit in territory().units if unit.edition == "2004"} == {date(2025, 6, 30)}
    assert {unit.start for unit in territory().units if unit.edition == "2025"} == {date(2025, 7, 1)}


def test_codes_are_strings_and_text_is_nfc_and_tagged():
    for quad in quads():
        if isinstance(quad.object, Literal):
            assert unicodedata.is_normalized("NFC", quad.object.value), quad
            if quad.predicate in (rdfs.label, skos.altLabel, rdfs.comment):
                assert quad.object.language in ("vi", "en"), quad
    assert _values("unit", "2004", "06", td.code) == {"06"}


def test_no_coordinate_is_published():
    numbers = {quad.object.datatype.value.rpartition("#")[2] for quad in quads() if isinstance(quad.object, Literal)}
    assert numbers == {"string", "langString", "date"}


def test_no_statement_is_said_twice():
    assert len(set(quads())) == len(quads())


def test_without_a_history_it_says_what_it_does_not_know():
    assert "not known" in registry.notes(territory())[0]
    assert {quad.object.language for quad in about(graph("registry-2004"))} == {"vi", "en"}
