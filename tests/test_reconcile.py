"""`/reconcile`: names as people write them find the unit that is meant or leave it open, in the form of the API."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from urllib.parse import urlencode

import msgspec
import pytest
from pyoxigraph import Literal, parse

from loaders.identity import fold
from loaders.resources import ROOT
from service.catalogue import Catalogue
from service.problems import Problem
from service.reconcile import doors, pairs, register
from service.reconcile.batch import FORM, questions
from service.reconcile.candidates import candidates
from service.reconcile.directory import Directory, Entry
from service.reconcile.facts import TYPES
from service.reconcile.question import Book
from service.reconcile.roll import Roll
from service.reconcile.wording import LONGEST, cell, readings
from service.snapshot import Snapshot
from tests.house import house, publish, until

BASE = "https://w3id.org/thidua/"
EXTENSION = ["code", "level", "type", "parent", "province", "today", "todayProvince", "validFrom", "validTo"]
TYPES_THERE = ["unit", "province", "district", "commune", "cluster", "organisation", "post", "person"]
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def said(**properties):
    return [{"pid": pid, "v": value} for pid, value in properties.items()]


def ask(client, **queries):
    answer = client.post("/reconcile", data={"queries": json.dumps(queries)})
    assert answer.status_code == 200, answer.text
    batch = answer.json()
    assert list(batch) == list(queries)
    for result in batch.values():
        assert list(result) == ["result"]
        assert sum(map(candidate, result["result"])) <= 1
        scores = [each["score"] for each in result["result"]]
        assert scores == sorted(scores, reverse=True)
        assert not any(each["match"] for each in result["result"][1:])
    return batch


def candidate(each):
    """Whether a candidate of the right form is a match."""
    assert set(each) == {"id", "name", "description", "type", "score", "features", "match"}
    assert each["id"].startswith("unit/")
    assert 0 <= each["score"] <= 100
    assert all(set(type) == {"id", "name"} for type in each["type"])
    assert len({feature["id"] for feature in each["features"]}) == len(each["features"])
    assert all(isinstance(feature["value"], float) for feature in each["features"])
    return each["match"]


def meant(client, query, **more):
    """The unit that is meant beyond doubt, if there is one."""
    (result,) = ask(client, q0={"query": query, **more}).values()
    return next((each["id"].removeprefix("unit/") for each in result["result"] if each["match"]), None)


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("Huyện Văn Lãng", "2004/182"),
        ("huyện văn lãng", "2004/182"),
        ("HUYỆN VĂN LÃNG", "2004/182"),
        ("H. Văn Lãng", "2004/182"),
        ("H.Văn Lãng", "2004/182"),
        ("huyen van lang", "2004/182"),
        ("Huyen Văn Lang", "2004/182"),
        (unicodedata.normalize("NFD", "Huyện Văn Lãng"), "2004/182"),
        ("  Huyện   Văn Lãng ", "2004/182"),
        ("Huyện Văn Lãng, Lạng Sơn", "2004/182"),
        ("Huyện Văn Lãng (Lạng Sơn)", "2004/182"),
        ("X. Hoàng Văn Thụ, H. Văn Lãng, T. Lạng Sơn", "2004/06178"),
        ("Xã Hoàng Văn Thụ - Văn Lãng - Lạng Sơn", "2004/06178"),
        ("12. Xã Hoàng Văn Thụ / Văn Lãng.", "2004/06178"),
        ("HuyệnVăn Lãng", "2004/182"),
        ("Thành phố Phan Rang - Tháp Chàm - Ninh Thuận", "2004/582"),
        ("Phan Rang Tháp Chàm, Ninh Thuận", "2004/582"),
        ("xa hoang van thu, van lang, lang son", "2004/06178"),
        ("Hoàng Văn Thụ, Bình Gia", "2004/06100"),
        ("Q1, TPHCM", "2004/760"),
        ("Quận 01, TP.HCM", "2004/760"),
        ("Q. 1, tp hcm", "2004/760"),
        ("P. Phuong Mai, Q. Dong Da", "2004/00232"),
        ("TP Thủ Đức", "2004/769"),
        ("Tx. Kỳ Anh", "2004/449"),
        ("2004/182", "2004/182"),
        ("unit/2004/182", "2004/182"),
        (f"{BASE}id/unit/2004/182", "2004/182"),
    ],
)
def test_a_name_as_people_write_it_finds_its_unit(client, written, unit):
    assert meant(client, written) == unit


@pytest.mark.parametrize(
    ("written", "properties", "unit"),
    [
        ("Xã Hoàng Văn Thụ", {"date": "2017", "parent": "huyện Văn Lãng"}, "2004/06178"),
        ("Xã Hoàng Văn Thụ", {"date": "2017-07-14", "parent": "unit/2004/182"}, "2004/06178"),
        ("Xã Hoàng Văn Thụ", {"date": "14/7/2017", "parent": f"{BASE}id/unit/2004/182"}, "2004/06178"),
        ("Xã Hoàng Văn Thụ", {"parent": {"id": "unit/2004/182", "name": "Huyện Văn Lãng"}}, "2004/06178"),
        ("Xã Hoàng Văn Thụ", {"parent": "Văn Lãng, Lạng Sơn"}, "2004/06178"),
        ("Xã Hoàng Văn Thụ", {"date": 2026}, "2025/06172"),
        ("Xã Hoàng Văn Thụ", {"date": "2025-07-01T00:00:00Z", "parent": "Lạng Sơn"}, "2025/06172"),
        ("Xã Hoàng Văn Thụ", {"date": "2017", "parent": "Lạng Sơn"}, None),
        ("Xã Hoàng Văn Thụ", {}, None),
        ("Tỉnh Lạng Sơn", {"date": "2025-06-30"}, "2004/20"),
        ("Tỉnh Lạng Sơn", {"date": "2025-07-01"}, "2025/20"),
        ("Tỉnh Lạng Sơn", {"date": "2025"}, None),
        ("Tỉnh Lạng Sơn", {"edition": "2004"}, "2004/20"),
        ("Tỉnh Lạng Sơn", {}, None),
        ("Lạng Sơn", {"edition": "2004"}, None),
        ("Lạng Sơn", {"edition": "2004", "level": "province"}, "2004/20"),
        ("Lạng Sơn", {"edition": "2004", "level": "huyện"}, "2004/178"),
        ("Tỉnh Hoà Bình", {"edition": "2004"}, "2004/17"),
        ("Tỉnh Hòa Bình", {"edition": "2004"}, "2004/17"),
        ("TP.HCM", {"date": "2020"}, "2004/79"),
        ("TP.HCM", {"date": "2026"}, "2025/79"),
        ("", {"code": "06172", "edition": "2025"}, "2025/06172"),
        ("", {"code": "2004/182"}, "2004/182"),
        ("Tân Mỹ", {"code": "06172"}, "2004/06172"),
        ("Huyện Văn Lãng", {"date": "hôm qua"}, None),
        ("Huyện Văn Lãng", {"parent": "Cao Bằng"}, None),
        ("Huyện Văn Lãng", {"date": "2026"}, None),
        ("Huyện Văn Lãng", {"no such property": "x"}, "2004/182"),
    ],
)
def test_parent_level_day_edition_and_code_decide_between_homonyms(client, written, properties, unit):
    assert meant(client, written, properties=said(**properties)) == unit


@pytest.mark.parametrize("written", ["Văn Lãng", "van lang", "Tân Phú", "phuong mai", "Xã Văn Lãng, Huyện Không Có"])
def test_what_may_be_several_units_is_left_open(client, written):
    (result,) = ask(client, q0={"query": written}).values()
    assert result["result"]
    assert meant(client, written) is None


@pytest.mark.parametrize(
    "written", ["asdfgh", "?", ",,,", "12345678", "a" * (LONGEST + 1), "xã", "\u0000", "🙂", "Hà Nội " * 30]
)
def test_garbage_finds_nothing(client, written):
    assert ask(client, q0={"query": written}) == {"q0": {"result": []}}


def test_a_name_without_marks_may_have_some(client):
    # There are Xã Ia Băng and Xã Ia Bang; who writes no marks may mean either.
    assert meant(client, "xa ia bang", properties=said(parent="huyen chu prong")) is None
    assert meant(client, "Xã Ia Bang", properties=said(parent="Huyện Chư Prông")) == "2004/23924"


def test_a_slip_in_the_type_word_is_a_candidate(client):
    (result,) = ask(client, q0={"query": "Huyệm Văn Lãng"}).values()
    assert (result["result"][0]["id"], result["result"][0]["match"]) == ("unit/2004/182", False)


def test_other_marks_and_slips_are_candidates_but_no_matches(client):
    batch = ask(client, marks={"query": "Huyện Văn Lảng"}, slip={"query": "Huyện Lộc Bìnhh"})
    firsts = {name: result["result"][0] for name, result in batch.items()}
    assert {name: each["id"] for name, each in firsts.items()} == {"marks": "unit/2004/182", "slip": "unit/2004/188"}
    assert not any(each["match"] for each in firsts.values())


def test_a_type_is_kept_to(client):
    for type, levels in (
        ("district", {"district"}),
        (["province", "commune"], {"commune"}),
        ("unit", {"district", "commune"}),
    ):
        (result,) = ask(client, q0={"query": "Văn Lãng", "type": type}).values()
        assert {each["type"][0]["id"] for each in result["result"]} == levels
    assert ask(client, q0={"query": "Văn Lãng", "type": "award"}) == {"q0": {"result": []}}


def test_a_candidate_says_what_the_unit_is_today(client):
    (result,) = ask(client, q0={"query": "Huyện Văn Lãng"}).values()
    described = result["result"][0]["description"]
    assert described == "huyện, Tỉnh Lạng Sơn · ? – 2025-06-30 · nay: Xã Na Sầm, Xã Thụy Hùng, Xã Hội Hoan … (5)"


def test_features_say_why_a_score_is_what_it_is(client):
    query = {"query": "xa hoang van thu", "properties": said(parent="huyện Văn Lãng", date="2017"), "limit": 2}
    (result,) = ask(client, q0=query).values()
    first, second = ({each["id"]: each["value"] for each in one["features"]} for one in result["result"])
    assert first == {"name": 0.9, "type": 1.0, "date": 1.0, "parent": 1.0}
    assert second["parent"] == 0.0


def test_the_limit_holds(client):
    for limit in (1, 3, 20):
        (result,) = ask(client, q0={"query": "Tân Phú", "limit": limit}).values()
        assert len(result["result"]) == limit


def test_every_name_of_the_registry_finds_its_unit_without_marks(client):
    rows = client.get("/api/units", params={"level": "district", "edition": "2004", "limit": 1000}).json()["rows"]
    assert len(rows) > 600
    for at in range(0, len(rows), 100):
        part = {row["unit"].removeprefix(f"{BASE}id/"): row for row in rows[at : at + 100]}
        queries = {
            id: {"query": fold(row["label"]), "properties": said(parent=fold(row["parentLabel"]), edition="2004")}
            for id, row in part.items()
        }
        for id, result in ask(client, **queries).items():
            best = [each["id"] for each in result["result"] if each["score"] == result["result"][0]["score"]]
            assert id in best, part[id]


def test_the_manifest_names_what_there_is(client):
    manifest = client.get("/reconcile").json()
    assert manifest["versions"] == ["0.2"]
    assert (manifest["identifierSpace"], manifest["schemaSpace"]) == (f"{BASE}id/", f"{BASE}def#")
    assert [type["id"] for type in manifest["defaultTypes"]] == TYPES_THERE
    assert "{{id}}" in manifest["view"]["url"]
    view = client.get(manifest["view"]["url"].replace("{{id}}", "unit%2F2004%2F182"))
    assert (view.status_code, view.headers["location"]) == (303, "/doc/unit/2004/182")
    for service in (*manifest["suggest"].values(), manifest["extend"]["propose_properties"]):
        assert client.get(service["service_url"] + service["service_path"], params={"prefix": ""}).status_code == 200
    assert manifest["batchSize"] == 100


def test_a_preview_fits_into_a_frame_and_says_what_the_unit_is_today(client):
    preview = client.get("/reconcile").json()["preview"]
    assert (preview["width"], preview["height"]) == (420, 280)
    page = client.get(preview["url"].replace("{{id}}", "unit%2F2004%2F182"))
    assert page.status_code == 200
    assert "frame-ancestors *" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert {"Huyện Văn Lãng", "Xã Na Sầm"} <= set(re.findall("Huyện Văn Lãng|Xã Na Sầm", page.text))
    assert client.get("/reconcile/preview?id=unit/2004/99999").status_code == 404
    assert page.headers["cache-control"] == "public, no-cache"
    for language, status in (("vi", 304), ("en", 200)):
        known = {"If-None-Match": page.headers["etag"], "Accept-Language": language}
        assert client.get(str(page.url), headers=known).status_code == status


@pytest.mark.parametrize(
    ("prefix", "first"),
    [
        ("Huyện Văn Lã", "unit/2004/182"),
        ("van lang", "unit/2025/02143"),
        ("Văn Lãng", "unit/2025/06154"),
        ("hoàng văn th", "unit/2025/06172"),
        ("unit/2004/182", "unit/2004/182"),
        (f"{BASE}id/unit/2004/182", "unit/2004/182"),
    ],
)
def test_units_are_suggested_as_one_types(client, prefix, first):
    found = client.get("/reconcile/suggest/entity", params={"prefix": prefix}).json()["result"]
    assert found[0]["id"] == first
    assert all(set(each) == {"id", "name", "description", "notable"} for each in found)


def test_the_cursor_goes_on_where_the_suggestions_ended(client):
    pages = [
        client.get("/reconcile/suggest/entity", params={"prefix": "xã tân", "cursor": cursor}).json()["result"]
        for cursor in (0, 20)
    ]
    assert [len(page) for page in pages] == [20, 20]
    assert not {each["id"] for each in pages[0]} & {each["id"] for each in pages[1]}
    assert client.get("/reconcile/suggest/entity", params={"prefix": "x", "cursor": "-1"}).status_code == 400
    assert client.get("/reconcile/suggest/entity").status_code == 400


def test_types_and_properties_are_suggested(client):
    def found(name, prefix):
        answer = client.get(f"/reconcile/suggest/{name}", params={"prefix": prefix}).json()["result"]
        assert all({"id", "name"} <= set(each) for each in answer)
        return [each["id"] for each in answer]

    assert found("type", "cap huy") == ["district"]
    assert found("type", "") == TYPES_THERE
    assert found("property", "trực") == ["parent"]
    assert found("property", "date") == ["date"]


def test_properties_extend_the_units_that_were_found(client):
    ids = ["unit/2004/182", "unit/2025/06172", "unit/2004/20", "nothing"]
    wanted = {"ids": ids, "properties": [{"id": name} for name in EXTENSION]}
    answer = client.post("/reconcile", data={"extend": json.dumps(wanted)}).json()
    assert [each["id"] for each in answer["meta"]] == EXTENSION
    assert list(answer["rows"]) == ids
    for row in answer["rows"].values():
        assert list(row) == EXTENSION
        for cells in row.values():
            assert all(set(cell) in ({"str"}, {"id", "name"}, {"date"}) for cell in cells)
            assert all(DATE.fullmatch(cell["date"]) for cell in cells if "date" in cell)
    district, commune, province, nothing = answer["rows"].values()
    assert district["code"] == [{"str": "182"}]
    assert district["parent"] == district["province"] == [{"id": "unit/2004/20", "name": "Tỉnh Lạng Sơn"}]
    assert district["todayProvince"] == [{"id": "unit/2025/20", "name": "Tỉnh Lạng Sơn"}]
    assert [cell["name"] for cell in district["today"]] == [
        *("Xã Na Sầm", "Xã Thụy Hùng", "Xã Hội Hoan", "Xã Văn Lãng", "Xã Hoàng Văn Thụ"),
    ]
    assert (district["validFrom"], district["validTo"]) == ([], [{"date": "2025-06-30T00:00:00Z"}])
    assert commune["today"] == [{"id": "unit/2025/06172", "name": "Xã Hoàng Văn Thụ"}]
    assert commune["validFrom"] == [{"date": "2025-07-01T00:00:00Z"}]
    assert province["province"] == [{"id": "unit/2004/20", "name": "Tỉnh Lạng Sơn"}]
    assert not any(nothing.values())


def test_properties_are_proposed(client):
    proposal = client.get("/reconcile/extend/propose", params={"type": "district", "limit": 2}).json()
    assert proposal == {
        "type": "district",
        "properties": [{"id": "code", "name": "mã"}, {"id": "edition", "name": "ấn bản danh mục"}],
    }
    assert set(EXTENSION) <= {
        each["id"] for each in client.get("/reconcile/extend/propose?type=unit").json()["properties"]
    }


@pytest.mark.parametrize(
    ("field", "text", "place"),
    [
        ("queries", "{", {"line": 1, "column": 2}),
        ("queries", '{"q0":\n}', {"line": 2, "column": 1}),
        ("queries", "[]", {"place": "queries"}),
        ("queries", '{"q0": 1}', {"place": "q0"}),
        ("queries", '{"q0": {}}', {"place": "q0"}),
        ("queries", '{"q0": {"query": 1}}', {"place": "q0.query"}),
        ("queries", '{"q0": {"query": "a", "limit": "1"}}', {"place": "q0.limit"}),
        ("queries", '{"q0": {"query": "a", "limit": NaN}}', {"parameter": "queries"}),
        ("queries", '{"q0": {"query": "a", "type": [1]}}', {"place": "q0.type"}),
        ("queries", '{"q0": {"query": "a", "properties": {}}}', {"place": "q0.properties"}),
        ("queries", '{"q0": {"query": "a", "properties": [{"v": 1}]}}', {"place": "q0.properties[0].pid"}),
        (
            "queries",
            '{"q0": {"query": "a", "properties": [{"pid": "date", "v": {}}]}}',
            {"place": "q0.properties[0].v.id"},
        ),
        (
            "queries",
            json.dumps({"q0": {"query": "a", "properties": [{"pid": "place", "v": ["x"] * 14}] * 3}}),
            {"place": "q0.properties"},
        ),
        ("queries", json.dumps({f"q{at}": {"query": "a"} for at in range(501)}), {"limit": 500}),
        ("queries", "[" * 100_000, {"parameter": "queries"}),
        ("queries", r'{"\ud800": {"query": "a"}}', {"place": "queries"}),
        ("extend", "{}", {"place": "ids"}),
        ("extend", r'{"ids": ["\ud800"], "properties": []}', {"place": "ids"}),
        ("extend", '{"ids": [1], "properties": []}', {"place": "ids"}),
        ("extend", '{"ids": [], "properties": [{}]}', {"place": "properties[0].id"}),
        ("extend", '{"ids": [], "properties": [{"id": "x"}]}', {"title": "No such property"}),
    ],
)
def test_what_has_another_form_is_refused_with_the_place(client, field, text, place):
    answer = client.post("/reconcile", data={field: text})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert place.items() <= answer.json().items()


def test_a_request_without_a_question_is_refused(client):
    assert client.post("/reconcile").status_code == 400
    assert client.post("/reconcile", json={"queries": {}}).status_code == 415
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/reconcile", content=b"queries=%ff", headers=form).status_code == 400


@pytest.mark.parametrize("said", [{"Content-Encoding": "gzip"}, {"Content-Type": f"{FORM}; charset=utf-16"}])
def test_a_batch_is_not_read_in_another_way_than_it_was_written(client, said):
    content = urlencode({"queries": json.dumps({"q0": {"query": "Huyện Văn Lãng"}})})
    answer = client.post("/reconcile", content=content, headers={"Content-Type": FORM} | said)
    assert answer.status_code == 415
    assert answer.headers.get("Accept-Encoding") == ("identity" if "Content-Encoding" in said else None)


def test_a_batch_may_come_by_get_and_in_english(client):
    query = json.dumps({"q0": {"query": "Huyện Văn Lãng"}})
    answer = client.get("/reconcile", params={"queries": query}, headers={"Accept-Language": "en"})
    assert answer.headers["content-language"] == "en"
    assert "Accept-Language" in answer.headers["vary"]
    assert answer.json()["q0"]["result"][0]["type"] == [
        {"id": "district", "name": "district level"},
        {"id": "unit", "name": "administrative unit"},
    ]


def test_no_script_is_sent_by_callback(client):
    answer = client.get("/reconcile", params={"callback": "alert"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["versions"] == ["0.2"]


def test_the_types_are_called_as_in_the_vocabulary():
    spoken = {}
    for quad in parse(path=ROOT / "ontology" / "concepts.ttl"):
        if "/unit-type/" in str(quad.subject) and str(quad.predicate).endswith("prefLabel>"):
            assert isinstance(quad.object, Literal)
            spoken[quad.subject.value.rpartition("/")[2], quad.object.language] = quad.object.value
    assert spoken == {(key, lang): words.get(lang) for key, words in TYPES.items() for lang in ("vi", "en")}


def test_a_batch_is_answered_over_a_socket(published):
    with house(published) as served:
        query = {f"q{at}": {"query": "H. Văn Lãng, Lạng Sơn"} for at in range(100)}
        answer = served.client.post("/reconcile", data={"queries": json.dumps(query)})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert all(result["result"][0]["match"] for result in answer.json().values())


def test_a_long_batch_is_not_written_where_everybody_waits_for_it(client, monkeypatch):
    threads, encode = [], msgspec.json.encode

    def noted(given):
        threads.append(threading.current_thread().name)
        return encode(given)

    monkeypatch.setattr(doors.msgspec.json, "encode", noted)
    question = {"query": "Xã Hoàng Văn Thụ", "limit": 50}
    for number in (1, 300):
        batch = ask(client, **{f"q{at}": question for at in range(number)})
        assert len({json.dumps(result) for result in batch.values()}) == 1
    properties = [{"id": id} for id in EXTENSION]
    given = {"ids": ["unit/2004/182"] * 100, "properties": properties}
    assert len(client.post("/reconcile", data={"extend": json.dumps(given)}).json()["rows"]) == 1
    short, long, few = threads
    assert "writer" not in short + few
    assert long.startswith("writer")


def test_a_million_names_are_never_put_in_order_while_everybody_waits(monkeypatch):
    lengths = []

    def noted(given):
        lengths.append(len(found := sorted(given)))
        return found

    monkeypatch.setattr(pairs, "sorted", noted, raising=False)
    monkeypatch.setattr(pairs, "_RUN", 100)
    rows = [(f"{BASE}id/unit/2004/{at % 700}", f"tên {at % 3}") for at in range(1000, 0, -1)]
    answer = "s,o\r\n" + "".join(f"{subject},{value}\r\n" for subject, value in rows)
    expected = {(subject.removeprefix(f"{BASE}id/unit/"), value) for subject, value in rows}
    assert pairs.read(answer.encode(), BASE) == sorted(expected)
    assert max(lengths) == 100


SPACED = " - ".join("abcdefghijklmnopqrstuvwxyz" * 3)[:LONGEST]


def test_a_cell_of_dashes_is_not_read_in_thousands_of_ways(monkeypatch):
    read = []
    monkeypatch.setattr(register, "readings", lambda name: read.append(name) or readings(name))
    register.Register(()).spoken(cell(SPACED))
    assert len(read) <= 12 * 13 / 2


def test_names_with_a_dash_at_every_level_are_read_whole():
    written = "Phan Rang - Tháp Chàm, Bà Rịa - Vũng Tàu - Thừa Thiên - Huế, Việt Nam"
    assert [len(part) for part in cell(written).parts] == [2, 4, 1]


def test_a_value_is_read_once_however_many_things_may_be_meant(client, monkeypatch):
    read, spoken = [], register.Register.spoken
    monkeypatch.setattr(register.Register, "spoken", lambda self, cell: read.append(cell) or spoken(self, cell))
    question = {"query": "UBND tỉnh", "type": "organisation"}
    client.post("/reconcile", data={"queries": json.dumps({"q0": question | {"properties": said(place=["x", "y"])}})})
    # The name as a unit; each value as a unit above, and as the place of a body.
    assert len(read) == 1 + 2 + 2


def test_a_question_with_many_candidates_lets_others_in_between():
    bodies = [Entry(f"organisation/{at}", "organisation", "UBND tỉnh") for at in range(100)]
    book = Book(register.Register(()), Directory(bodies, {}))
    (question,) = questions(json.dumps({"q0": {"query": "UBND tỉnh", "properties": said(place=["x"] * 20)}})).values()
    assert sum(1 for _ in candidates(question, book, BASE)) >= 100 + 20


def test_a_batch_without_end_is_stopped_and_meanwhile_others_are_answered(published, monkeypatch):
    def endless(*_):
        while True:
            yield

    monkeypatch.setattr(doors, "candidates", endless)
    with house(published, query_timeout=3) as served, ThreadPoolExecutor(1) as other:
        # What is reconciled is read at the first request, which may take longer than a query may.
        until(lambda: served.client.get("/reconcile/suggest/entity?prefix=a").status_code == 200, 60)
        batch = other.submit(served.client.post, "/reconcile", data={"queries": '{"q0": {"query": "a"}}'})
        assert served.client.get("/healthz").status_code == 200
        answer = batch.result()
        assert (answer.status_code, answer.headers["content-type"]) == (504, "application/problem+json")
        assert (answer.json()["type"], answer.json()["limit"]) == ("urn:thidua:problem:deadline", 3)


class Paper:
    """An engine over a release without units, whose first answer fails."""

    limit = 30.0

    def __init__(self):
        self.asked = 0

    def lease(self):
        return contextlib.nullcontext()

    async def read(self, query, media):
        self.asked += 1
        if self.asked == 1:
            raise OSError("the worker is gone")
        return b"s,o\r\n"


def test_nobody_waits_for_names_that_nobody_asked_for_yet(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("service.reconcile.roll._PAUSE", 0.0)
    publish(tmp_path, 3)

    def books():
        return caplog.text.count("can be reconciled")

    with caplog.at_level("INFO", logger="thidua"), house(tmp_path) as served:
        until(lambda: books() == 1)
        assert "Cụm" in served.client.get("/reconcile/suggest/entity?prefix=cum").text
        assert books() == 1
        version = publish(tmp_path, 4)
        until(lambda: served.follower.now().release.version == version and served.follower.settled)
        until(lambda: books() == 2)
        assert len(served.client.get("/reconcile/suggest/entity?prefix=cum").json()["result"]) == 4
        assert books() == 2


def test_who_asks_while_the_names_are_read_is_told_to_come_again():
    class Slow(Paper):
        limit = 0.05

        async def read(self, query, media):
            await asyncio.sleep(0.01)
            return b"s,o\r\n"

    snapshot = Snapshot(SimpleNamespace(version="1", hash="a", base=BASE), Slow(), Catalogue.read())

    async def look():
        roll = Roll()
        with pytest.raises(Problem, match="being read") as told:
            await roll.book(snapshot)
        assert (told.value.status, told.value.headers) == (503, {"Retry-After": "10"})
        await asyncio.sleep(1)
        return await roll.book(snapshot)

    assert not asyncio.run(look()).register.units


def test_each_release_gets_one_register_and_a_failure_is_no_register():
    engine, roll = Paper(), Roll()
    first, second = (
        # What was taken out of a release gives it another hash, not another name.
        Snapshot(SimpleNamespace(version="1", hash=hash, base=BASE), engine, Catalogue.read())
        for hash in ("a", "b")
    )

    async def look():
        with pytest.raises(OSError, match="gone"):
            await roll.book(first)
        made = await asyncio.gather(roll.book(first), roll.book(first))
        return [*made, await roll.book(first), await roll.book(second)]

    one, same, again, other = asyncio.run(look())
    assert one is same is again is not other
    assert not one.register.units
