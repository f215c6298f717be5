"""The map shows what the release has, wherever it is asked for, with Hoàng Sa and Trường Sa."""

import re

import pytest

from tests.reading import Reading


def read(client, **asked):
    answer = client.get("/map", params=asked, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return Reading(answer.text)


@pytest.mark.parametrize(("edition", "number"), [("2025", 34), ("2004", 63)])
@pytest.mark.parametrize("shade", ["", "communes", "former", "clusters"])
def test_every_province_leads_to_its_page_and_the_archipelagos_are_there(client, edition, number, shade):
    page = read(client, edition=edition, shade=shade, lang="vi")
    leads = [link.partition("?")[0] for link in page.links]
    provinces = [link for link in leads if re.fullmatch(rf"/doc/unit/{edition}/\d\d", link)]
    # Once in the drawing, once in the list.
    assert len(provinces) == 2 * number
    assert len(set(provinces)) == number
    for isles, unit in (
        ("Hoàng Sa", {"2004": "498", "2025": "20333"}),
        ("Trường Sa", {"2004": "576", "2025": "22736"}),
    ):
        assert f"Quần đảo {isles}" in page.text
        assert f"/doc/unit/{edition}/{unit[edition]}" in leads
    assert "(Đà Nẵng)" in page.text
    assert "(Khánh Hòa)" in page.text


@pytest.mark.parametrize("edition", ["2025", "2004"])
def test_numbers_on_the_map_are_those_of_the_registry(client, edition):
    text = read(client, edition=edition, shade="communes", lang="vi").text
    assert ("Tỉnh Lạng Sơn 65" if edition == "2025" else "Tỉnh Lạng Sơn 194") in text
    assert "Tỉnh Phú Thọ 3" in read(client, edition="2025", shade="former", lang="vi").text


def test_a_cluster_of_old_units_is_counted_in_today_s_province(client):
    assert "Tỉnh Thái Nguyên 2" in read(client, edition="2025", shade="clusters", lang="vi").text
    assert "Tỉnh Bắc Kạn 2" in read(client, edition="2004", shade="clusters", lang="vi").text


def test_a_country_without_those_units_still_has_the_archipelagos(country_client):
    page = read(country_client, lang="en")
    assert {link.partition("?")[0] for link in page.links if "/unit/" in link} == {
        f"/doc/unit/2025/{code}" for code in ("19", "20", "25")
    }
    assert "Hoàng Sa archipelago" in page.text
    assert "Trường Sa archipelago" in page.text


@pytest.mark.parametrize("asked", [{"edition": "1975"}, {"shade": "beauty"}])
def test_what_the_map_cannot_show_is_said(country_client, asked):
    answer = country_client.get("/map", params=asked, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["available"]


def test_the_description_of_the_interface_names_what_can_be_shown(country_client):
    asked = country_client.get("/openapi.json").json()["paths"]["/map"]["get"]["parameters"]
    choices = {each["name"]: each["schema"]["enum"] for each in asked}
    assert choices == {"edition": ["2025", "2004"], "shade": ["", "communes", "former", "clusters"]}


def test_a_map_is_not_sent_twice(country_client):
    first = country_client.get("/map", headers={"Accept": "text/html"})
    again = country_client.get("/map", headers={"Accept": "text/html", "If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
