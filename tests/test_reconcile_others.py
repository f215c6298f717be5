"""`/reconcile` beyond units: clusters, bodies, posts, and people only in their posts."""

from __future__ import annotations

import json
import unicodedata

import pytest

from loaders.identity import fold
from service.reconcile.kinds import ASKED
from service.reconcile.naming import compared, frames, naming

BASE = "https://w3id.org/thidua/"


def ask(client, query, type="", **properties):
    question = {"query": query, "properties": [{"pid": pid, "v": value} for pid, value in properties.items()]}
    if type:
        question |= {"type": type, "type_strict": "should"}
    answer = client.post("/reconcile", data={"queries": json.dumps({"q0": question})})
    assert answer.status_code == 200, answer.text
    result = answer.json()["q0"]["result"]
    scores = [each["score"] for each in result]
    assert scores == sorted(scores, reverse=True)
    assert not any(each["match"] for each in result[1:])
    return result


def first(client, query, type="", **properties):
    """What is found first, and what is meant beyond doubt."""
    result = ask(client, query, type, **properties)
    return (result[0]["id"], result[0]["match"]) if result else (None, False)


@pytest.mark.parametrize(
    ("written", "cluster", "match"),
    [
        ("Cụm thi đua các huyện biên giới tỉnh Lạng Sơn", "bien-gioi-lang-son", True),
        ("Cụm biên giới Lạng Sơn", "bien-gioi-lang-son", True),
        ("cum bien gioi lang son", "bien-gioi-lang-son", True),
        (unicodedata.normalize("NFD", "Cụm biên giới Lạng Sơn"), "bien-gioi-lang-son", True),
        ("CỤM TĐ CÁC HUYỆN BIÊN GIỚI TỈNH LẠNG SƠN", "bien-gioi-lang-son", True),
        ("Cụm biên giới Lạng Sơn năm 2017", "bien-gioi-lang-son", True),
        ("Cụm biên giới Lạng Sơn năm 2012", "bien-gioi-lang-son", False),
        ("Cụm thi đua các huyện biên giới", "bien-gioi-lang-son", False),
        ("Cụm biên giới Cao Bằng", "bien-gioi-lang-son", False),
        ("Khối VH-XH tỉnh Bắc Kạn", "van-hoa-xa-hoi-bac-kan", True),
        ("khoi vhxh bac kan", "van-hoa-xa-hoi-bac-kan", True),
        ("Khối Văn hóa Xã hội", "van-hoa-xa-hoi-bac-kan", False),
        (
            "Cụm thi đua 7 tỉnh Trung du và Miền núi phía Bắc",
            "7-tinh-trung-du-mien-nui-phia-bac",
            True,
        ),
        ("Cụm thi đua 07 tỉnh trung du, miền núi phía bắc", "7-tinh-trung-du-mien-nui-phia-bac", True),
        ("Cụm thi đua 7 tỉnh", "7-tinh-trung-du-mien-nui-phia-bac", False),
        ("Khối huyện, thành phố", "huyen-thanh-pho-bac-kan", False),
    ],
)
def test_a_cluster_is_found_by_the_names_that_people_use(client, written, cluster, match):
    assert first(client, written, "cluster") == (f"cluster/{cluster}", match)


def test_place_and_year_decide_between_clusters(client):
    assert first(client, "Khối huyện, thành phố", "cluster", within="Bắc Kạn", year=2017) == (
        "cluster/huyen-thanh-pho-bac-kan",
        True,
    )
    assert first(client, "Khối Văn hóa Xã hội", "cluster", within="tỉnh Bắc Kạn")[1]
    # Bắc Kạn is in Thái Nguyên today.
    assert first(client, "Khối Văn hóa Xã hội", "cluster", within="2025/19")[1]
    assert not first(client, "Khối Văn hóa Xã hội", "cluster", within="Lạng Sơn")[1]
    assert not first(client, "Khối Văn hóa Xã hội", "cluster", within="Bắc Kạn", kind="cụm")[1]


@pytest.mark.parametrize(
    ("written", "body", "match"),
    [
        ("UBND huyện Ba Bể", "ubnd-huyen-ba-be-bac-kan", True),
        ("Uỷ ban nhân dân huyện Ba Bể", "ubnd-huyen-ba-be-bac-kan", True),
        ("ubnd h. ba be", "ubnd-huyen-ba-be-bac-kan", True),
        ("UBND Ba Bể", "ubnd-huyen-ba-be-bac-kan", False),
        ("UBND xã Ba Bể", "ubnd-huyen-ba-be-bac-kan", False),
        ("Ban TĐKT tỉnh Bắc Kạn", "ban-tdkt-bac-kan", True),
        ("Sở GD&ĐT Bắc Kạn", "so-giao-duc-va-dao-tao-bac-kan", True),
        ("Ban TĐ-KT Trung ương", "ban-tdkt-trung-uong", True),
        ("Bộ Nội vụ", "bo-noi-vu", True),
        ("MTTQ Việt Nam", "uy-ban-trung-uong-mttq-viet-nam", False),
        ("UBND tỉnh Phú Thọ", "ubnd-tinh-phu-tho", False),
    ],
)
def test_a_body_is_found_by_the_names_that_people_use(client, written, body, match):
    assert first(client, written, "organisation") == (f"organisation/{body}", match)


def test_a_day_tells_of_which_unit_a_body_is(client):
    # Since 2025-07-01 there is another tỉnh Phú Thọ.
    assert first(client, "UBND tỉnh Phú Thọ", "organisation", date="2018") == ("organisation/ubnd-tinh-phu-tho", True)
    assert not first(client, "UBND tỉnh Phú Thọ", "organisation", date="2026")[1]
    assert first(client, "UBND tỉnh Phú Thọ", "organisation", place="2004/25")[1]
    assert not first(client, "UBND tỉnh Phú Thọ", "organisation", place="2025/25")[1]


@pytest.mark.parametrize(
    ("written", "post", "match"),
    [
        ("Chủ tịch UBND huyện Ba Bể", "chu-tich-ubnd-huyen-ba-be-bac-kan", True),
        ("PCT UBND tỉnh Bắc Kạn", "pho-chu-tich-ubnd-tinh-bac-kan", True),
        ("Chủ tịch UBND tỉnh Bắc Kạn", "pho-chu-tich-ubnd-tinh-bac-kan", False),
        ("PBT Huyện ủy Ba Bể", "pho-bi-thu-huyen-uy-ba-be-bac-kan", True),
        ("Thứ trưởng Bộ Nội vụ", "thu-truong-bo-noi-vu", True),
    ],
)
def test_a_post_is_not_its_deputy(client, written, post, match):
    assert first(client, written, "post") == (f"post/{post}", match)


@pytest.mark.parametrize(
    ("written", "beside", "match"),
    [
        ("Phạm Duy Hưng", {}, False),
        ("pham duy hung", {}, False),
        ("Phạm Duy Hưng", {"post": "Phó Chủ tịch UBND tỉnh Bắc Kạn"}, True),
        ("Phạm Duy Hưng", {"post": {"id": "post/pho-chu-tich-ubnd-tinh-bac-kan"}}, True),
        ("Phạm Duy Hưng", {"organisation": "UBND tỉnh Bắc Kạn"}, True),
        ("Phạm Duy Hưng", {"place": "Bắc Kạn"}, False),
        ("Phạm Duy Hưng", {"post": "Chủ tịch UBND tỉnh Phú Thọ"}, False),
        ("Phạm Duy Hưng, Phó Chủ tịch UBND tỉnh Bắc Kạn", {}, True),
        ("Đồng chí Phạm Duy Hưng - PCT UBND tỉnh Bắc Kạn", {}, True),
    ],
)
def test_a_person_is_meant_only_together_with_a_post(client, written, beside, match):
    assert first(client, written, "person", **beside) == ("person/uyyiwlo4", match)


@pytest.mark.parametrize("written", ["Hưng", "Phạm", "Duy Hưng", "Phạm Văn Hưng", "Phạm Dụy Hường"])
def test_a_part_of_a_name_finds_nobody(client, written):
    assert all(each["score"] < 60 for each in ask(client, written, "person"))


def test_of_a_person_nothing_is_told_but_the_post(client):
    (person,) = ask(client, "Phạm Duy Hưng", "person")
    assert person["description"] == (
        "Phó Chủ tịch UBND tỉnh Bắc Kạn · Tỉnh Bắc Kạn (nay: Tỉnh Thái Nguyên) · nguồn nêu 2018-03-22 – 2020-01-08"
    )
    wanted = {"ids": ["person/uyyiwlo4"], "properties": [{"id": name} for name in ASKED]}
    row = client.post("/reconcile", data={"extend": json.dumps(wanted)}).json()["rows"]["person/uyyiwlo4"]
    assert {name for name, cells in row.items() if cells} == {"post", "organisation", "place", "placeToday"}
    suggested = client.get("/reconcile/suggest/entity", params={"prefix": "pham duy", "type": "person"}).json()
    assert [each["description"] for each in suggested["result"]] == [person["description"]]


def test_without_a_type_units_come_first_and_others_when_they_are_named(client):
    assert first(client, "Huyện Văn Lãng") == ("unit/2004/182", True)
    assert first(client, "UBND huyện Ba Bể") == ("organisation/ubnd-huyen-ba-be-bac-kan", True)
    assert first(client, "Cụm biên giới Lạng Sơn") == ("cluster/bien-gioi-lang-son", True)
    assert first(client, f"{BASE}id/cluster/bien-gioi-lang-son") == ("cluster/bien-gioi-lang-son", True)
    assert {each["type"][-1]["id"] for each in ask(client, "Lạng Sơn")} == {"unit"}


def test_every_name_of_a_thing_finds_it_without_marks(client):
    for address, type, key in (
        ("/api/clusters", "cluster", "cluster"),
        ("/api/organisations", "organisation", "organisation"),
    ):
        rows = client.get(address, params={"limit": 1000}).json()["rows"]
        assert rows
        for label, id in {(row["label"], row[key].removeprefix(f"{BASE}id/")) for row in rows}:
            result = ask(client, fold(label), type)
            assert id in [each["id"] for each in result if each["score"] == result[0]["score"]], label


def test_the_lead_of_a_year_is_told(client):
    def told(settings):
        wanted = {
            "ids": ["cluster/7-tinh-trung-du-mien-nui-phia-bac"],
            "properties": [{"id": name, "settings": settings} for name in ("lead", "deputy", "kind", "lastYear")],
        }
        answer = client.post("/reconcile", data={"extend": json.dumps(wanted)}).json()
        (row,) = answer["rows"].values()
        return {name: [next(iter(cell.values())) for cell in cells] for name, cells in row.items()}

    assert told({"year": "2017"})["lead"] == ["unit/2004/08"]
    last = told({})
    assert last == {"lead": ["unit/2004/17"], "deputy": ["unit/2004/15"], "kind": ["cụm thi đua"], "lastYear": [2018]}
    assert told({"year": 2011})["lead"] == []


def test_a_setting_that_is_no_year_is_refused(client):
    wanted = {"ids": [], "properties": [{"id": "lead", "settings": {"year": "năm ngoái"}}]}
    answer = client.post("/reconcile", data={"extend": json.dumps(wanted)})
    assert (answer.status_code, answer.json()["place"]) == (400, "properties[0].settings.year")


@pytest.mark.parametrize(
    ("id", "says"),
    [
        ("unit/2004/182", "Xã Na Sầm"),
        ("cluster/bien-gioi-lang-son", "Huyện Lộc Bình"),
        ("organisation/ubnd-huyen-ba-be-bac-kan", "Huyện Ba Bể"),
        ("post/thu-truong-bo-noi-vu", "Bộ Nội vụ"),
        ("person/uyyiwlo4", "Phó Chủ tịch UBND tỉnh Bắc Kạn"),
    ],
)
def test_everything_has_a_preview(client, id, says):
    page = client.get("/reconcile/preview", params={"id": id})
    assert page.status_code == 200
    assert says in page.text
    assert "<script" not in page.text


def test_properties_are_those_of_the_type(client):
    def suggested(type):
        found = client.get("/reconcile/suggest/property", params={"prefix": "", "type": type}).json()["result"]
        return [each["id"] for each in found]

    assert suggested("district") == suggested("unit") == ["parent", "level", "date", "edition", "code"]
    assert suggested("cluster") == ["within", "year", "kind"]
    assert suggested("person") == ["date", "place", "organisation", "post"]
    proposed = client.get("/reconcile/extend/propose", params={"type": "post"}).json()["properties"]
    assert [each["id"] for each in proposed] == ["organisation", "place", "placeToday"]


def test_types_that_must_all_hold_do(client):
    def ids(**more):
        answer = client.post("/reconcile", data={"queries": json.dumps({"q": {"query": "Văn Lãng", **more}})}).json()
        return {each["id"].partition("/")[0] for each in answer["q"]["result"]}

    assert ids(type=["unit", "district"], type_strict="all") == {"unit"}
    assert ids(type=["unit", "organisation"], type_strict="all") == set()
    assert ids(type=["unit", "organisation"], type_strict="any") == {"unit", "organisation"}


@pytest.mark.parametrize(
    ("written", "name", "same"),
    [
        ("Cụm biên giới", "Cụm thi đua các huyện biên giới", True),
        ("Khối huyện", "Khối huyện, thành phố", False),
        ("Cụm 5 huyện biên giới", "Cụm thi đua các huyện biên giới", False),
        ("Khối thi đua số 1", "Khối thi đua số 2", False),
    ],
)
def test_only_what_frames_a_name_may_be_left_out(written, name, same):
    assert compared(naming(written), naming(name), frames("cluster")).same == same
