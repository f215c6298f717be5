"""The page of a unit says what it was and what it is today, by which act, and what is not known."""

import re

import pytest

from tests.test_pages import read


def drawn(page, kind):
    return page.classed(kind).count("a") + page.classed(kind).count("g")


def leads(page):
    """Where the page leads, whatever the language."""
    return {link.partition("?")[0] for link in page.links}


def test_a_district_that_ended_leads_to_today_s_commune(country_client):
    page = read(country_client, "unit/2004/182")
    assert "Đơn vị này kết thúc ngày 30/6/2025. Nay là Xã Hoàng Mẫu (Tỉnh Lạng Mẫu)" in page.text
    assert "/doc/unit/2025/06172" in leads(page)
    assert "/doc/change/2025/district-182" in leads(page)
    assert (drawn(page, "stage"), drawn(page, "change"), drawn(page, "own"), drawn(page, "now")) == (2, 1, 1, 1)


def test_a_day_in_the_drawing_is_written_as_in_the_table_below_it(country_client):
    page = read(country_client, "unit/2004/182")
    assert "đến 30/6/2025" in page.text
    assert "từ 1/7/2025 · hiện nay" in page.text


def test_a_commune_is_drawn_with_those_it_was_merged_with(country_client):
    page = read(country_client, "unit/2004/06178")
    assert drawn(page, "stage") == 3
    assert "/doc/unit/2004/06172" in leads(page)
    assert page.classed("way") == ["path"] * 3


def test_a_divided_unit_says_so_in_dashes_and_words(country_client):
    page = read(country_client, "unit/2004/06613")
    assert page.classed("part").count("path") == 2
    assert page.classed("part").count("span") == 2
    assert page.text.count("một phần") >= 4
    assert {"/doc/unit/2025/06529", "/doc/unit/2025/06613"} <= leads(page)


def test_a_unit_of_today_shows_what_it_was_made_of_and_not_its_districts(country_client):
    page = read(country_client, "unit/2025/06529")
    assert "Đơn vị hiện nay, từ ngày 1/7/2025" in page.text
    assert drawn(page, "stage") == 3
    # The districts that gave to it are in the table, with how sure that is.
    assert "/doc/unit/2004/188" in leads(page)


def test_two_hops_lead_to_a_province_that_became_a_city(country_client):
    page = read(country_client, "unit/2004/06")
    # Two old provinces, the new one as a province, the same as a city; two changes between.
    assert (drawn(page, "stage"), drawn(page, "change"), drawn(page, "now")) == (4, 2, 1)
    assert "/doc/change/2026/2026-01" in leads(page)
    assert "Thành phố Thái Mẫu" in page.text


def test_a_unit_that_was_renamed_shows_both_names(country_client):
    page = read(country_client, "unit/2004/188")
    assert "Huyện Lộc Cũ" in page.text
    assert drawn(page, "own") == 2


@pytest.mark.parametrize(
    ("stem", "province"), [("unit/2004/06178", "2004/20"), ("unit/2025/06172", "2025/20"), ("unit/2004/182", "2004/20")]
)
def test_a_unit_lies_in_its_province_and_the_archipelagos_are_there(country_client, stem, province):
    page = read(country_client, stem)
    assert page.classed("here") == ["path"]
    assert "Hoàng Sa" in page.text
    assert "Trường Sa" in page.text
    assert f"/doc/unit/{province}" in leads(page)


def test_the_place_of_a_new_province_is_that_of_the_old_ones(country_client):
    def place(stem):
        html = read(country_client, stem).html
        return re.search(r'<path d="([^"]+)" class="here"', html)[1]

    assert place("unit/2025/19") not in (place("unit/2004/06"), place("unit/2004/19"))
    assert len(place("unit/2025/19")) < len(place("unit/2004/06") + place("unit/2004/19"))


def test_roles_are_told_by_year_and_those_of_former_units_apart(country_client):
    page = read(country_client, "unit/2004/182", "en")
    assert "2017 deputy unit" in page.text
    today = read(country_client, "unit/2025/06172", "en")
    assert "unknown, which does not mean none" in today.text
    _, _, former = today.text.partition("The units it was made of")
    assert "Huyện Văn Lãng Mẫu" in former
    assert "2017 deputy unit" in former


def test_units_under_it_are_listed(country_client):
    page = read(country_client, "unit/2004/20", "vi")
    _, _, under = page.text.partition("Đơn vị trực thuộc")
    assert under.index("Huyện Đình Lập Mẫu") < under.index("Huyện Lộc Mẫu") < under.index("Huyện Văn Lãng Mẫu")
    assert any(link.startswith("/api/units?parent=2004%2F20") for link in page.links)


def test_search_engines_learn_where_a_unit_lies(country_client):
    about = read(country_client, "unit/2004/182").data["mainEntity"]
    assert about["@type"] == "AdministrativeArea"
    assert about["containedInPlace"]["@id"].endswith("id/unit/2004/20")
    assert about["identifier"] == "182"


@pytest.mark.parametrize(
    "stem", ["unit/2004/00634", "unit/2025/20333", "unit/2004/075", "unit/2025/01", "unit/2004/498"]
)
def test_a_real_unit_has_a_page(client, stem):
    page = read(client, stem, "en")
    assert drawn(page, "stage") >= 2
    assert page.classed("here")


def test_hoang_sa_came_from_its_district_and_lies_in_da_nang(client):
    page = read(client, "unit/2025/20333")
    assert page.classed("here") == ["path", "ellipse"]
    assert {"/doc/unit/2004/498", "/doc/unit/2025/48"} <= leads(page)
