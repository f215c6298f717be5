"""A unit is found as people write it, and never guessed."""

import time
from datetime import date

import pytest

from loaders.errors import ResolutionError
from loaders.namespaces import entity
from tests.vietnam import gazetteer, lived, territory, units


def _refused(*call, **more):
    with pytest.raises(ResolutionError) as caught:
        gazetteer().resolve(*call, **more)
    return caught.value


@pytest.mark.parametrize(
    ("name", "parent", "on", "key"),
    [
        ("huyện Lộc Bình", "Lạng Sơn", date(2017, 7, 14), "2004/188"),
        ("H. Lộc Bình", "tỉnh Lạng Sơn", 2017, "2004/188"),
        ("TP. Bắc Kạn", "Bắc Kạn", 2017, "2004/058"),
        ("thành phố Bắc Kạn", None, 2020, "2004/058"),
        ("Ngân Sơn", "Bắc Kạn", 2020, "2004/062"),
        ("tỉnh Hoà Bình", None, date(2018, 3, 22), "2004/17"),
        ("TỈNH HÒA BÌNH", None, 2018, "2004/17"),
        ("Bà Rịa – Vũng Tàu", None, 2018, "2004/77"),
        ("TPHCM", None, 2020, "2004/79"),
        ("TP.HCM", None, date(2026, 1, 1), "2025/79"),
        ("xã Hoàng Văn Thụ", "huyện Văn Lãng", 2017, "2004/06178"),
        ("xã Hoàng Văn Thụ, huyện Văn Lãng, tỉnh Lạng Sơn", None, 2017, "2004/06178"),
        ("xã Hoàng Văn Thụ", "Lạng Sơn", date(2025, 7, 1), "2025/06172"),
        ("phường Chi Lăng", "thành phố Lạng Sơn", 2017, "2004/05983"),
        ("Q. 1", "TP. Hồ Chí Minh", 2020, "2004/760"),
        ("P. 4", "TP Tân An, Long An", 2020, "2004/27691"),
        ("phường 04", "TP Tân An, Long An", 2020, "2004/27691"),
        ("tỉnh Bắc Ninh", None, date(2025, 6, 30), "2004/27"),
        ("tỉnh Bắc Ninh", None, date(2025, 7, 1), "2025/24"),
        ("thành phố Bắc Ninh", None, date(2026, 9, 20), "2025/24"),
        ("huyện Văn Lãng", None, 2025, "2004/182"),
        ("2004/182", None, None, "2004/182"),
    ],
)
def test_a_unit_is_found_as_people_write_it(name, parent, on, key):
    assert gazetteer().resolve(name, parent, on) == entity("unit", *key.split("/"))


def test_a_name_in_nfd_is_the_same_name():
    assert gazetteer().resolve("huyê\u0323n Lô\u0323c Bi\u0300nh", on=2017) == entity("unit", "2004", "188")


def test_a_level_tells_a_province_from_its_city():
    assert gazetteer().resolve("Lạng Sơn", on=2017, level="province") == entity("unit", "2004", "20")
    assert gazetteer().resolve("Lạng Sơn", on=2017, level="district") == entity("unit", "2004", "178")


def test_a_name_that_could_be_two_units_is_refused_with_both():
    error = _refused("xã Hoàng Văn Thụ", "Lạng Sơn", 2017)
    assert [candidate.split(" (")[0] for candidate in error.candidates] == [
        "Xã Hoàng Văn Thụ, Huyện Bình Gia, Tỉnh Lạng Sơn",
        "Xã Hoàng Văn Thụ, Huyện Văn Lãng, Tỉnh Lạng Sơn",
    ]
    assert "2004/06178" in str(error)


def test_a_year_in_which_both_maps_were_valid_asks_for_the_day():
    assert "day" in (_refused("tỉnh Lạng Sơn", None, 2025).hint or "")
    assert gazetteer().resolve("tỉnh Lạng Sơn", on=date(2025, 6, 30)) == entity("unit", "2004", "20")


def test_a_unit_is_not_found_after_its_end():
    error = _refused("huyện Ngân Sơn", "Bắc Kạn", date(2025, 7, 1))
    assert "2025-06-30" in error.candidates[0]


def test_a_unit_is_not_found_under_a_name_that_it_took_later():
    assert "2026-09-20" in str(_refused("thành phố Bắc Ninh", on=date(2026, 9, 19)))


def test_a_wrong_type_is_not_overlooked():
    assert "Huyện Lộc Bình" in str(_refused("thị xã Lộc Bình", "Lạng Sơn", 2017))


def test_a_wrong_parent_is_not_overlooked():
    assert "Tỉnh Lạng Sơn" in str(_refused("huyện Lộc Bình", "Cao Bằng", 2017))


def test_a_name_without_its_marks_is_not_taken_for_the_unit_but_offered():
    assert "Huyện Đình Lập" in str(_refused("huyện Dinh Lap", "Lạng Sơn", 2017))


def test_names_that_differ_by_one_mark_are_two_units():
    phu, phụ = (gazetteer().resolve(f"xã Hoằng {name}", "Hoằng Hóa", 2024) for name in ("Phú", "Phụ"))
    assert phu != phụ


def test_a_bare_name_is_not_taken_for_some_commune_that_bears_it():
    assert "Xã Hà Tây" in str(_refused("Hà Tây", None, 2006))


def test_without_a_history_a_refusal_says_that_one_could_help():
    assert "THIDUA_HISTORY" in str(_refused("tỉnh Hà Tây", None, 2006))


def test_with_a_history_the_date_decides_which_unit_bore_the_name():
    known = gazetteer(lived)
    assert known.resolve("tỉnh Hà Tây", on=2006) == entity("unit", "2004", "28")
    assert known.resolve("TP Huế", on=2017) == entity("unit", "2004", "474")
    assert known.resolve("TP Huế", on=date(2025, 1, 1)) == entity("unit", "2004", "46")
    with pytest.raises(ResolutionError):
        known.resolve("tỉnh Hà Tây", on=2009)


def test_every_commune_is_found_by_its_full_name_and_only_it():
    listed = units()
    for unit in territory().units:
        if unit.level == "commune":
            above = listed[unit.edition, unit.parent]
            parents = above.name if above.parent is None else f"{above.name}, {listed['2004', above.parent].name}"
            assert gazetteer().resolve(unit.name, parents, unit.end or date(2026, 11, 1)) == unit.iri


def test_a_hundred_thousand_rows_resolve_within_seconds():
    listed, registry = units(), gazetteer()
    rows = [(unit.name, listed[unit.edition, unit.parent].name, unit.key) for unit in territory().units if unit.parent]
    begun = time.process_time()
    for number in range(100_000):
        name, parent, key = rows[number % len(rows)]
        try:
            registry.resolve(name, parent, 2024)
        except ResolutionError:
            assert key
    # Measured: about 2 s; the bound only says that no row walks through the whole country.
    assert time.process_time() - begun < 30
