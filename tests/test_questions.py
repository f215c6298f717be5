"""The questions that the four users ask, over HTTP, on the committed data."""

from __future__ import annotations

import re
import unicodedata

import pytest


def ask(client, path, **params):
    answer = client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def rows(client, path, **params):
    return ask(client, path, **params)["rows"]


def find(client, words):
    """The key of the one cluster that people call so."""
    (found,) = rows(client, "/api/clusters", q=words)
    return found["key"]


@pytest.fixture(scope="module")
def border(client):
    return find(client, "cum bien gioi")


def test_cq01_the_border_cluster_of_2017_has_five_districts(client, border):
    members = rows(client, f"/api/clusters/{border}/members", year=2017)
    assert {row["unitLabel"] for row in members} == {
        "Huyện Lộc Bình",
        "Huyện Văn Lãng",
        "Huyện Tràng Định",
        "Huyện Cao Lộc",
        "Huyện Đình Lập",
    }
    assert {row["unitCode"] for row in members} == {"180", "182", "183", "188", "189"}
    assert {row["unitEdition"] for row in members} == {"2004"}


def test_cq02_loc_binh_led_the_border_cluster_in_2017(client, border):
    led = [row for row in rows(client, f"/api/clusters/{border}/leaders") if row["role"] == "truong"]
    assert [(row["year"], row["unitLabel"], row["unitCode"]) for row in led] == [(2017, "Huyện Lộc Bình", "188")]
    assert led[0]["certainty"] == "stated"
    assert "Lộc Bình" in led[0]["todayLabel"]
    assert "Tỉnh Lạng Sơn" in led[0]["todayLabel"]


def test_cq05_hoa_binh_and_yen_bai_were_acclaimed_for_2018(client):
    key = find(client, "cum thi dua 7 tinh")
    found = rows(client, f"/api/clusters/{key}/leaders", **{"from": 2018, "to": 2018})
    assert [(row["role"], row["unitLabel"], row["selection"]) for row in found] == [
        ("truong", "Tỉnh Hòa Bình", "suy-ton"),
        ("pho", "Tỉnh Yên Bái", "suy-ton"),
    ] or [(row["role"], row["unitLabel"], row["selection"]) for row in found] == [
        ("truong", "Tỉnh Hoà Bình", "suy-ton"),
        ("pho", "Tỉnh Yên Bái", "suy-ton"),
    ]


def test_cq07_the_school_led_the_cultural_bloc_in_2020(client):
    key = find(client, "khoi van hoa xa hoi bac kan")
    (row,) = rows(client, f"/api/clusters/{key}/leaders", **{"from": 2020})
    assert (row["role"], row["unitLabel"]) == ("truong", "Trường Cao đẳng Nghề Dân tộc Nội trú tỉnh Bắc Kạn")
    assert row["unitCode"] is None
    assert row["selection"] == "ban-giao"


def chairs(client, **search):
    (conference,) = rows(client, "/api/conferences", **search)
    return rows(client, f"/api/conferences/{conference['key']}/participants", role="chu-tri")


def test_cq09_chu_thi_huyen_chaired_in_ba_be(client):
    (row,) = chairs(client, **{"from": "2017-07-13", "to": "2017-07-13"})
    assert row["personLabel"] == "Chu Thị Huyền"
    assert "Chủ tịch UBND huyện Ngân Sơn" in row["posts"]


def test_cq12_three_posts_at_once(client):
    (official,) = {row["person"] for row in rows(client, "/api/officials", q="tran thi ha")}
    posts = rows(client, f"/api/officials/{official.rpartition('/')[2]}/posts")
    assert {row["postLabel"] for row in posts} == {
        "Phó Chủ tịch Thường trực Hội đồng Thi đua - Khen thưởng Trung ương",
        "Thứ trưởng Bộ Nội vụ",
        "Trưởng Ban Thi đua - Khen thưởng Trung ương",
    }
    assert {row["attestedFrom"] for row in posts} == {"2018-03-22"}


def test_cq13_codes_of_the_registry(client):
    (district,) = rows(client, "/api/units", q="huyen van lang", level="district")
    assert (district["code"], district["edition"]) == ("182", "2004")
    provinces = rows(client, "/api/units", q="tinh lang son", level="province")
    assert {(row["code"], row["edition"]) for row in provinces} == {("20", "2004"), ("20", "2025")}


def test_cq17_flags_were_proposed_and_by_whom_they_are_conferred(client):
    found = [row for row in rows(client, "/api/awards", status="de-nghi") if "Cờ" in row["formLabel"]]
    assert {(row["recipientLabel"], row["authorityLabel"], row["year"]) for row in found} == {
        ("Tỉnh Phú Thọ", "Chính phủ", 2017),
        ("Sở Thông tin và Truyền thông tỉnh Bắc Kạn", "UBND tỉnh Bắc Kạn", 2019),
    }


def taken_up(client, cluster, year):
    found = set()
    for movement in rows(client, "/api/movements"):
        for row in rows(client, f"/api/movements/{movement['key']}/participants", year=year):
            if row["cluster"].endswith("/" + cluster):
                found.add(movement["label"])
    return found


def test_cq19_movements_shared_by_two_clusters(client):
    both = taken_up(client, "van-hoa-xa-hoi-bac-kan", 2019) & taken_up(client, "8-huyen-thanh-pho-bac-kan", 2020)
    assert len(both) == 3
    assert {label.split()[0] for label in both} == {"Bắc", "Cả", "Cán"}


def test_cq21_pham_duy_hung_at_two_conferences(client):
    (official,) = {row["person"] for row in rows(client, "/api/officials", q="pham duy hung")}
    found = rows(client, f"/api/officials/{official.rpartition('/')[2]}/conferences")
    assert {row["date"] for row in found} == {"2018-03-22", "2020-01-08"}
    posts = rows(client, f"/api/officials/{official.rpartition('/')[2]}/posts")
    assert {row["postLabel"] for row in posts} == {"Phó Chủ tịch UBND tỉnh Bắc Kạn"}


def test_cq24_reviewed_in_2018_for_2017(client):
    found = [
        row
        for row in rows(client, "/api/conferences", **{"from": "2018-01-01", "to": "2018-12-31"})
        if "2017" in (row["periodReviewed"] or "")
    ]
    assert [(row["date"], "2018" in row["periodPlanned"]) for row in found] == [("2018-03-22", True)]


def test_cq26_exemplary_collectives_and_individuals(client):
    found = rows(client, "/api/figures", cluster="van-hoa-xa-hoi-bac-kan", year=2019)
    by_unit = {}
    for row in found:
        by_unit.setdefault(row["unitOfMeasure"], set()).add(row["value"])
    assert {8, 5} <= by_unit["tap-the"]
    assert {27, 14} <= by_unit["ca-nhan"]


def test_cq29_chaired_by_the_deputy_unit(client):
    deputies, leads = set(), set()
    for conference in rows(client, "/api/conferences"):
        found = rows(client, f"/api/conferences/{conference['key']}/participants", role="chu-tri")
        roles = {row["representedRole"] for row in found}
        (leads if "truong" in roles else deputies if "pho" in roles else set()).add(conference["date"])
    assert deputies == {"2017-07-14"}
    assert "2017-07-13" in leads


def test_cq32_whether_phu_tho_got_the_flag_is_unknown(client):
    answer = ask(client, "/api/awards", recipient="2004/25", status="quyet-dinh")
    assert answer["rows"] == []
    assert re.search("chưa biết", answer["note"])
    assert [row["status"] for row in rows(client, "/api/awards", recipient="2004/25")] == ["de-nghi"]


def test_cq37_ways_of_choosing_a_lead(client):
    ways = {}
    for cluster in rows(client, "/api/clusters"):
        for row in rows(client, f"/api/clusters/{cluster['key']}/leaders"):
            ways.setdefault((cluster["key"], row["year"]), set()).add(row["selection"])
    assert ways["7-tinh-trung-du-mien-nui-phia-bac", 2018] == {"suy-ton"}
    assert ways["van-hoa-xa-hoi-bac-kan", 2020] == {"ban-giao"}
    assert ways["bien-gioi-lang-son", 2017] == {None}


def test_cq40_two_years_for_one_pact(client):
    found = rows(client, "/api/disagreements")
    assert any("giao ước" in str(row) and "2017" in str(row) and "2018" in str(row) for row in found)


def test_cq41_ngan_son_today(client):
    found = rows(client, "/api/units/2004/062/successors")
    assert {(row["code"], row["label"]) for row in found} == {
        ("01936", "Xã Nà Phặc"),
        ("01942", "Xã Bằng Vân"),
        ("01954", "Xã Ngân Sơn"),
        ("01957", "Xã Thượng Quan"),
        ("01960", "Xã Hiệp Lực"),
    }
    assert {row["share"] for row in found} == {"part"}
    assert {row["parentLabel"] for row in found} == {"Tỉnh Thái Nguyên"}
    assert {row["date"] for row in found} == {"2025-07-01"}
    assert all("1683/NQ-UBTVQH15" in row["act"] for row in found)


def test_cq42_clusters_of_bac_kan_and_what_it_is_today(client):
    found = rows(client, "/api/units/2004/06/clusters")
    assert {(row["cluster"].rpartition("/")[2], row["year"]) for row in found} == {
        ("7-tinh-trung-du-mien-nui-phia-bac", 2017),
        ("7-tinh-trung-du-mien-nui-phia-bac", 2018),
    }
    (today,) = rows(client, "/api/units/2004/06/successors")
    assert (today["label"], today["code"], today["share"], today["date"]) == (
        "Tỉnh Thái Nguyên",
        "19",
        "whole",
        "2025-07-01",
    )


def test_cq45_hoang_van_thu_is_part_of_a_new_commune(client):
    (today,) = rows(client, "/api/units/2004/06178/successors")
    assert (today["code"], today["label"], today["share"]) == ("06172", "Xã Hoàng Văn Thụ", "whole")
    formed = rows(client, "/api/units/2025/06172/predecessors", level="commune")
    assert {row["label"] for row in formed} == {
        "Xã Hoàng Văn Thụ",
        "Xã Tân Thanh",
        "Xã Tân Mỹ",
        "Xã Hồng Thái",
        "Xã Nhạc Kỳ",
    }
    (reused,) = rows(client, "/api/units/2004/06172")
    assert reused["label"] == "Xã Tân Mỹ"


def test_cq48_units_of_bac_kan_in_2017_with_a_history(client_with_history):
    day = {"on": "2017-07-13", "parent": "2004/06", "limit": 1000}
    assert ask(client_with_history, "/api/units", level="district", **day)["count"] == 8
    assert ask(client_with_history, "/api/units", level="commune", **day)["count"] == 122


def test_cq48_without_a_history_the_beginnings_are_unknown(client):
    found = rows(client, "/api/units", level="district", on="2017-07-13", parent="2004/06")
    assert {row["validFrom"] for row in found} == {None}


def test_cq53_no_person_is_named_as_lead_of_the_border_cluster(client, border):
    led = [row for row in rows(client, f"/api/clusters/{border}/leaders") if row["role"] == "truong"]
    assert [(row["representative"], row["representativeLabel"]) for row in led] == [(None, None)]


def test_cq55_who_chaired_in_2020_is_unknown(client):
    (conference,) = [
        row for row in rows(client, "/api/conferences") if row["cluster"].endswith("/8-huyen-thanh-pho-bac-kan")
    ]
    answer = ask(client, f"/api/conferences/{conference['key']}/participants", role="chu-tri")
    assert answer["rows"] == []
    assert "hưa biết" in answer["note"]
    assert conference["date"] is None


def test_cq58_nothing_private_is_there_to_ask_for(client):
    query = """SELECT DISTINCT ?p WHERE { ?person a <https://w3id.org/thidua/def#Person> ; ?p ?o }"""
    answer = client.get("/sparql", params={"query": query}, headers={"Accept": "application/sparql-results+json"})
    found = {row["p"]["value"].rpartition("#")[2] for row in answer.json()["results"]["bindings"]}
    assert found <= {"type", "label", "altLabel", "searchKey", "attestedBy"}


def test_cq60_two_clusters_that_may_be_one_wait_for_review(client):
    (found,) = rows(client, "/api/clusters/huyen-thanh-pho-bac-kan/related")
    assert "8-huyen-thanh-pho-bac-kan" in str(found)
    assert "pending" in found.values()
    assert "ambiguous" in found.values()


def test_a_year_that_no_source_speaks_of_is_unknown_not_empty(client, border):
    answer = ask(client, f"/api/clusters/{border}/leaders", **{"from": 2018, "to": 2018})
    assert answer["rows"] == []
    assert answer["note"]


def test_two_hops_bac_giang_to_the_city_of_bac_ninh(client):
    (today,) = rows(client, "/api/units/2004/24/successors")
    assert (today["code"], today["label"]) == ("24", "Thành phố Bắc Ninh")
    (then,) = rows(client, "/api/units/2004/24/successors", on="2025-08-01")
    assert then["label"] == "Tỉnh Bắc Ninh"


def test_a_recycled_code_names_two_units(client):
    names = {
        row["edition"]: row["label"] for edition in ("2004", "2025") for row in rows(client, f"/api/units/{edition}/15")
    }
    assert names == {"2004": "Tỉnh Yên Bái", "2025": "Tỉnh Lào Cai"}


@pytest.mark.parametrize(
    "words",
    ["dinh lap", "Đình Lập", "H. Đình Lập", "huyen dinh lap", "ĐÌNH LẬP", unicodedata.normalize("NFD", "Đình Lập")],
)
def test_a_unit_is_found_as_people_type_it(client, words):
    found = rows(client, "/api/units", q=words, level="district")
    assert [row["code"] for row in found] == ["189"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Ai làm trưởng cụm biên giới?", "cluster/bien-gioi-lang-son"),
        ("truong cum bien gioi 2018", "cluster/bien-gioi-lang-son"),
        ("khối VH-XH tỉnh Bắc Kạn", "cluster/van-hoa-xa-hoi-bac-kan"),
        ("Sở GD&ĐT Bắc Kạn", "organisation/so-giao-duc-va-dao-tao-bac-kan"),
        ("so gddt bac kan", "organisation/so-giao-duc-va-dao-tao-bac-kan"),
        ("phong trao chung tay vi nguoi ngheo", "movement/ca-nuoc-chung-tay-vi-nguoi-ngheo"),
        ("cờ thi đua của chính phủ năm 2017", "award/co-thi-dua-chinh-phu-tinh-phu-tho-2017"),
        ("Huyện Ngân Sơn nay là xã nào", "unit/2004/062"),
        ("Ðình Lập", "unit/2004/189"),
    ],
)
def test_a_question_put_into_the_search_finds_what_it_is_about(client, typed, meant):
    found = rows(client, "/api/search", q=typed)
    assert found
    assert found[0]["iri"].endswith(f"/id/{meant}")


def test_what_was_found_by_a_part_of_a_question_comes_with_the_lowest_score(client):
    assert {row["score"] for row in rows(client, "/api/search", q="ngan son o dau")} == {0.3}
    page = client.get("/search", params={"q": "Ngân Sơn ở đâu?", "lang": "vi"}, headers={"Accept": "text/html"}).text
    assert "Không có gì tên như đã gõ" in page
    assert "<strong>ngan son</strong>" in page
    assert "tên như đã gõ" not in client.get("/search?q=Ngan+Son&lang=vi", headers={"Accept": "text/html"}).text


def test_a_cluster_of_a_year_is_found_although_the_year_is_not_in_its_name(client):
    found = [row["iri"] for row in rows(client, "/api/search", q="cụm biên giới Lạng Sơn năm 2017")]
    assert any(iri.endswith("cluster/bien-gioi-lang-son") for iri in found)


def test_a_list_does_not_take_the_year_reviewed_for_the_day_of_a_conference(client):
    page = client.get("/browse/conferences?lang=vi", headers={"Accept": "text/html"}).text
    assert "22/3/2018" in page
    assert "2017 –" not in page
    undated = page.split("8-huyen-thanh-pho-bac-kan-2020-so-ket", 1)[1].split("</li>", 1)[0]
    assert "<span>2020</span>" not in undated, "when it was held, no source says"


def test_a_list_does_not_take_days_on_which_somebody_was_named_for_a_term_of_office(client):
    page = client.get("/browse/officials?lang=vi", headers={"Accept": "text/html"}).text
    assert "nguồn nêu ngày 22/3/2018, 8/1/2020" in page
    assert "22/3/2018 – 8/1/2020" not in page


def test_nobody_takes_the_licence_of_the_facts_for_that_of_the_article(client):
    told = "bản thân bài viết giữ quyền của nó"
    assert told in client.get("/doc/source/s1?lang=vi", headers={"Accept": "text/html"}).text
    assert told not in client.get("/doc/source/registry-2025?lang=vi", headers={"Accept": "text/html"}).text


def test_an_article_whose_address_is_unknown_says_so(client):
    def unknown(key):
        page = client.get(f"/doc/source/{key}?lang=vi", headers={"Accept": "text/html"}).text
        head = page.split('<section aria-labelledby="statements">')[0]
        return re.findall(r"<dt>([^<]*)</dt>\s*<dd><[^>]*>chưa biết", head)

    assert unknown("s1") == ["địa chỉ"]
    assert unknown("s0") == ["tên cơ quan công bố", "ngày công bố", "địa chỉ"]
    assert unknown("registry-2025") == []


def test_what_a_province_was_proposed_for_is_found_on_the_page_of_what_it_is_today(client):
    page = client.get("/doc/unit/2025/25?lang=vi", headers={"Accept": "text/html"}).text
    section = page.split('<section aria-labelledby="awards">')[1].split("</section>")[0]
    assert section.index("Các đơn vị tiền thân") < section.index("Cờ thi đua của Chính phủ")
    assert '<a href="/doc/unit/2004/25?lang=vi">Tỉnh Phú Thọ</a>' in section
    assert "mới đề nghị" in section
    before = client.get("/doc/unit/2004/25?lang=vi", headers={"Accept": "text/html"}).text
    assert "mới đề nghị" in before
    assert "tiền thân</h3>" not in before.split('<section aria-labelledby="awards">')[1].split("</section>")[0]


def test_every_answer_says_which_release_it_is_of_and_where_each_row_comes_from(client, border):
    answer = ask(client, f"/api/clusters/{border}/leaders")
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}-[0-9a-f]{8}(-\d+)?", answer["release"])
    for row in answer["rows"]:
        source = client.get(row["source"].replace("https://w3id.org/thidua", ""))
        assert source.status_code == 303
