"""The curated queries over HTTP, on the committed data."""

from __future__ import annotations

import asyncio
import csv
import gc
import io
import json
import re
import threading
import time
import unicodedata
import weakref
from functools import partial
from types import SimpleNamespace
from urllib.parse import parse_qsl, quote, urlsplit

import openpyxl
import pytest
from pyoxigraph import DefaultGraph, Literal, Quad, RdfFormat, Store, parse
from xlsxwriter.worksheet import CellNumberTuple, CellStringTuple

from loaders.namespaces import concept, entity, integer, rdf, string, td
from loaders.resources import ROOT
from loaders.settings import Settings
from service import answers, curated, reply, rows
from service.app import create_app
from service.binding import bind
from service.catalogue import Catalogue
from service.problems import Problem
from service.reply import bindings, chosen, results, things
from tests import country

BASE = "https://w3id.org/thidua/"
CATALOGUE = Catalogue.read()
QUERIES = pytest.mark.parametrize("query", CATALOGUE.queries, ids=lambda query: query.name)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BORDER = "/api/clusters/bien-gioi-lang-son"


def ask(client, path, status=200, **params):
    answer = client.get(path, params=params or None)
    assert answer.status_code == status, answer.text
    return answer.json()


@QUERIES
def test_the_example_of_every_query_has_an_answer(client, query):
    answer = ask(client, query.example_url)
    assert list(answer)[:4] == ["query", "params", "release", "rows"]
    assert answer["query"] == query.name
    assert answer["count"] == len(answer["rows"]) > 0
    assert all(list(row) == [column.name for column in query.columns] for row in answer["rows"])
    assert answer["truncated"] == (answer["next"] is not None)


@QUERIES
def test_every_cell_is_of_the_type_that_its_column_declares(client, query):
    kinds = {"iri": str, "string": str, "date": str, "integer": int, "number": (int, float), "boolean": bool}
    for row in ask(client, query.example_url)["rows"]:
        for column in query.columns:
            assert row[column.name] is None or isinstance(row[column.name], kinds[column.type]), column.name


@pytest.mark.parametrize("query", [q for q in CATALOGUE if "{" in q.path], ids=lambda query: query.name)
def test_a_thing_that_does_not_exist_is_not_found(client, query):
    name = "unit" if "{edition}" in query.path else "key"
    path = query.url({**query.example, name: "2004/99999" if name == "unit" else "khong-co"})
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert "99999" in answer.json()["detail"] or "khong-co" in answer.json()["detail"]


@pytest.mark.parametrize("query", [q for q in CATALOGUE if "{" in q.path], ids=lambda query: query.name)
def test_a_whole_iri_is_as_good_as_a_key(client, query):
    name = "unit" if "{edition}" in query.path else "key"
    iri = f"{BASE}id/{query.param(name).kinds[0] if name == 'key' else 'unit'}/{query.example[name]}"
    by_key = ask(client, query.example_url)["rows"]
    assert ask(client, query.url({**query.example, name: iri}))["rows"] == by_key
    if name == "key":
        assert ask(client, query.path.replace("{key}", iri), **_rest(query))["rows"] == by_key


def _rest(query):
    return {name: value for name, value in query.example.items() if name not in ("key", "unit")}


@QUERIES
def test_an_unknown_parameter_is_refused_with_the_list_of_those_there_are(client, query):
    answer = client.get(query.example_url, params={**_rest(query), "yeer": "2017"})
    assert answer.status_code == 400
    problem = answer.json()
    assert "yeer" in problem["detail"]
    assert {param.name for param in query.params} | {"format", "limit", "cursor"} == set(problem["available"])


@pytest.mark.parametrize(
    ("path", "params", "parameter"),
    [
        (f"{BORDER}/leaders", {"from": "năm 2017"}, "from"),
        (f"{BORDER}/members", {"year": "2017.5"}, "year"),
        ("/api/units", {"on": "13/07/2017"}, "on"),
        ("/api/units", {"level": "huyện"}, "level"),
        ("/api/units", {"parent": "Lạng Sơn"}, "parent"),
        ("/api/conferences", {"from": "tháng 7"}, "from"),
        ("/api/chairs", {"leadChaired": "có"}, "leadChaired"),
        ("/api/units", {"limit": "0"}, "limit"),
        ("/api/units", {"limit": "10001"}, "limit"),
        ("/api/units", {"limit": "nhiều"}, "limit"),
        ("/api/units", {"lang": "fr"}, "lang"),
        ("/api/search", {"q": "…"}, "q"),
        (f"/api/clusters/{quote(BASE + 'id/person/bcbspuqy', safe='')}/leaders", {}, "key"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_name(client, path, params, parameter):
    problem = ask(client, path, 422, **params)
    assert problem["parameter"] == parameter
    assert problem["expected"]


@pytest.mark.parametrize("address", ["/api/units/2004", "/api/units/2004/", "/api/units/182"])
def test_an_edition_without_a_code_is_led_nowhere_and_told_what_is_missing(client, address):
    answer = client.get(address, follow_redirects=False)
    problem = answer.json()
    assert (answer.status_code, problem["parameter"]) == (422, "unit")
    assert problem["value"] == address.rstrip("/").rpartition("/")[2]
    assert "2004/182" in problem["detail"]


@pytest.mark.parametrize("address", ["/api/units?level=commune&level=district", f"{BORDER}?key=a", "/api/search"])
def test_a_call_that_is_not_clear_is_refused(client, address):
    assert client.get(address).status_code == 400


def test_what_is_not_utf8_is_refused(client):
    assert client.get("/api/units?q=%ff").status_code == 400


def test_a_thing_of_which_nothing_is_known_is_not_missing(client):
    answer = ask(client, "/api/units/2004/001/clusters")
    assert (answer["rows"], answer["count"], answer["total"], answer["next"]) == ([], 0, 0, None)
    assert "chưa biết" in answer["note"]
    assert "unknown" in ask(client, "/api/units/2004/001/clusters", lang="en")["note"]


# ---- pages


@QUERIES
def test_a_list_without_rows_is_not_taken_for_there_is_none(query):
    assert query.empty or any(param.required for param in query.params), "the note is all that says what no row means"


def test_following_next_visits_every_row_once_and_ends(client):
    whole = ask(client, "/api/units", parent="2004/06", level="commune", limit=1000)
    assert not whole["truncated"]
    rows, address = [], "/api/units?parent=2004/06&level=commune&limit=17"
    while address:
        answer = client.get(address)
        body = answer.json()
        assert body["count"] == len(body["rows"]) <= 17
        assert body["total"] == whole["count"]
        rows += body["rows"]
        assert answer.headers.get("link") == (f'<{body["next"]}>; rel="next"' if body["next"] else None)
        address = body["next"]
    assert rows == whole["rows"]


def test_an_answer_that_fits_says_so(client):
    answer = ask(client, "/api/units", parent="2004/06", limit=8)
    assert (answer["count"], answer["total"], answer["truncated"], answer["next"]) == (8, 8, False, None)


def test_a_cursor_of_another_release_is_refused_and_says_what_to_do(client):
    problem = ask(client, "/api/units", 409, cursor="0000000000000000-5")
    assert "Begin again" in problem["detail"]
    assert problem["release"]


MADE_UP = ["x", "0-0", "….", "0000000000000000--5", "0" * 16 + "-" + "1" * 10, "0" * 16 + "-1\n", "A" * 500]


@pytest.mark.parametrize("cursor", MADE_UP)
def test_a_cursor_that_was_made_up_is_refused(client, cursor):
    assert client.get("/api/units", params={"cursor": cursor}).status_code == 400


# ---- forms of the answer


@pytest.mark.parametrize("query", [CATALOGUE[name] for name in ("leaders", "units", "figures")], ids=lambda q: q.name)
def test_the_forms_say_the_same(client, query):
    rows = ask(client, query.example_url)["rows"]
    text = _get(client, query, "csv", "text/csv; charset=utf-8").decode("utf-8-sig")
    read = list(csv.DictReader(io.StringIO(text, newline="")))
    assert read == [{name: "" if cell is None else str(cell) for name, cell in row.items()} for row in rows]
    bindings = json.loads(_get(client, query, "srj", "application/sparql-results+json"))["results"]["bindings"]
    assert [{name: term["value"] for name, term in row.items()} for row in bindings] == [
        {name: str(cell) for name, cell in row.items() if cell is not None} for row in rows
    ]
    sheet = _workbook(client, query).worksheets[0]
    assert sheet.max_row == len(rows) + 1


def _get(client, query, form, media):
    answer = client.get(query.example_url, params={**_rest(query), "format": form})
    assert (answer.status_code, answer.headers["content-type"]) == (200, media)
    by_accept = client.get(query.example_url, headers={"Accept": media.partition(";")[0]})
    assert by_accept.content == answer.content
    return answer.content


def _workbook(client, query, **params):
    answer = client.get(query.example_url, params={**_rest(query), "format": "xlsx", **params})
    assert (answer.status_code, answer.headers["content-type"]) == (200, XLSX)
    assert answer.content == client.get(query.example_url, params={**_rest(query), "format": "xlsx", **params}).content
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def test_the_workbook_has_real_dates_and_says_where_it_comes_from(client):
    book = _workbook(client, CATALOGUE["conferences"])
    rows, origin = book.worksheets
    heads = [cell.value for cell in rows[1]]
    assert heads[:6] == ["Hội nghị (IRI)", "Mã", "Tên", "Loại", "Ngày", "Nơi họp (IRI)"]
    assert rows.freeze_panes == "A2"
    assert {row[4].value.isoformat()[:4] for row in rows.iter_rows(min_row=2)} == {"2017", "2018"}
    said = {row[0].value: row[1].value for row in origin.iter_rows()}
    assert said["Tên truy vấn"] == "conferences"
    assert "reviewed = 2017" in said["Tham số"]
    assert {"Bản phát hành", "Giấy phép", "Nguồn", "Địa chỉ"} <= set(said)
    english = _workbook(client, CATALOGUE["conferences"], lang="en")
    assert [cell.value for cell in english.worksheets[0][1]][4] == "Date"


def test_a_workbook_of_proposals_says_that_they_are_not_awards(client):
    book = openpyxl.load_workbook(io.BytesIO(client.get("/api/awards?status=de-nghi&format=xlsx").content))
    said = {row[0].value: row[1].value for row in book.worksheets[1].iter_rows()}
    assert said["Cách đọc"] == CATALOGUE["awards"].description.vi


def test_turtle_describes_what_the_rows_name_and_its_witnesses(client):
    answer = client.get(f"{BORDER}/leaders?format=ttl")
    assert answer.headers["content-type"] == "text/turtle; charset=utf-8"
    subjects = {quad.subject.value for quad in parse(answer.content, format=RdfFormat.TURTLE)}
    for row in ask(client, f"{BORDER}/leaders")["rows"]:
        assert {row["statement"], row["unit"], row["source"]} <= subjects
    assert any("/id/witness/" in subject for subject in subjects)


def test_a_form_that_is_not_there_is_not_acceptable(client):
    problem = client.get("/api/clusters", headers={"Accept": "image/png"})
    assert problem.status_code == 406
    offered = {offer["format"] for offer in problem.json()["available"]}
    assert offered == {"json", "csv", "xlsx", "srj", "turtle", "html"}


def test_a_program_that_does_not_mind_gets_json(client):
    assert client.get("/api/clusters", headers={"Accept": "*/*"}).headers["content-type"] == "application/json"


# ---- caching


def test_an_answer_that_the_client_has_is_not_sent_again(client):
    first = client.get(f"{BORDER}/leaders")
    again = client.get(f"{BORDER}/leaders", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["vary"] == "Accept, Accept-Encoding"
    other = client.get(f"{BORDER}/leaders?format=csv")
    assert other.headers["etag"] != first.headers["etag"]


def test_a_cache_that_asks_again_does_not_mix_languages(client):
    headers = {"Accept": "text/html", "Accept-Language": "en", "Cache-Control": "no-cache"}
    page = client.get("/api/clusters", headers=headers)
    again = client.get("/api/clusters", headers=headers | {"If-None-Match": page.headers["etag"]})
    assert again.status_code == 304
    told = ("vary", "content-language", "etag")
    assert [again.headers[name] for name in told] == [page.headers[name] for name in told]


def test_the_same_rows_have_one_tag_whatever_language_their_reader_has(client):
    tags = {client.get("/api/clusters", headers={"Accept-Language": lang}).headers["etag"] for lang in ("vi", "en", "")}
    assert len(tags) == 1


def test_head_says_what_get_would(client):
    get, head = client.get(f"{BORDER}/leaders"), client.head(f"{BORDER}/leaders")
    assert (head.status_code, head.headers["etag"]) == (200, get.headers["etag"])


# ---- the list


def test_the_list_has_every_query_with_an_example_that_works(client):
    answer = ask(client, "/api")
    assert [query["name"] for query in answer["queries"]] == list(CATALOGUE.names)
    assert all(client.get(query["example"]).status_code == 200 for query in answer["queries"])


def test_the_list_is_a_page_of_forms_for_people(client):
    for lang, word in (("vi", "Hỏi"), ("en", "Ask")):
        page = client.get("/api", params={"lang": lang}, headers={"Accept": "text/html"})
        assert page.headers["content-type"].startswith("text/html")
        assert page.text.count("<form") == len(CATALOGUE.queries) + 1, "and the search of every page"
        assert f"<button>{word}</button>" in page.text


def test_nobody_chooses_among_keys_or_nothing_in_a_form(client):
    for lang, words in (
        ("vi", ["không chọn", "cụm thi đua", "đề nghị", "hội nghị"]),
        ("en", ["any", "official", "proposed"]),
    ):
        page = client.get("/api", params={"lang": lang}, headers={"Accept": "text/html"}).text
        offered = re.findall('<option value="([^"]*)"[^>]*>([^<]*)</option>', page)
        assert all(said for _, said in offered)
        assert set(words) <= {said for _, said in offered}
        assert not {"cum", "truong", "de-nghi", "true", "so-ket"} & {said for _, said in offered}


def test_whoever_fills_in_a_form_and_chooses_no_file_reads_a_page(client):
    people = {"Accept": "text/html,*/*;q=0.8"}
    form = client.get("/api", headers=people).text.split('value="leaders">')[1].split("</form>")[0]
    chosen = re.search('<select name="format"><option(?: value="(.*?)")?>(.*?)</option>', form)
    filled = {"query": "leaders", "key": "bien-gioi-lang-son", "from": "", "lang": "vi"}
    asked = client.get("/api", params=filled | {"format": chosen[1] if chosen[1] is not None else chosen[2]})
    answer = client.get(asked.headers["location"], headers=people)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@QUERIES
def test_the_form_of_a_query_leads_to_its_address(client, query):
    filled = {param.name: query.example.get(param.name, "") for param in query.params}
    answer = client.get("/api", params={"query": query.name, "format": "json", **filled, "lang": "vi"})
    assert answer.status_code == 303
    found = ask(client, answer.headers["location"])
    assert found["rows"] == ask(client, query.example_url)["rows"]


def test_the_list_is_there_as_examples_for_editors(client):
    answer = client.get("/api", headers={"Accept": "text/turtle"})
    found = [
        quad for quad in parse(answer.content, format=RdfFormat.TURTLE) if quad.predicate.value.endswith("#select")
    ]
    assert {quad.object.value for quad in found} == {query.body for query in CATALOGUE}


@QUERIES
def test_the_file_is_a_query_of_the_public_endpoint(client, query):
    answer = client.get("/sparql", params={"query": query.body}, headers={"Accept": "application/sparql-results+json"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["head"]["vars"] == [column.name for column in query.columns]


def test_the_openapi_document_that_is_asked_for_first_is_that_of_its_tag(published):
    app = create_app(Settings(releases=published))
    first, again = (json.dumps(app.openapi()) for _ in range(2))
    assert first == again


def test_the_openapi_document_tells_every_query_with_its_types(client):
    paths = client.get("/openapi.json").json()["paths"]
    for query in CATALOGUE:
        told = paths[query.path]["get"]
        assert told["operationId"] == query.name
        names = {parameter["name"] for parameter in told["parameters"]}
        inside = {"edition", "code"} if "{edition}" in query.path else set()
        assert names >= {p.name for p in query.params if not (inside and p.name == "unit")} | inside | {
            "limit",
            "format",
        }
        row = told["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["rows"]["items"]
        assert list(row["properties"]) == [column.name for column in query.columns]
        assert all(parameter["description"] for parameter in told["parameters"])


# ---- whatever is given


HOSTILE = [
    *json.loads((ROOT / "tests" / "fixtures" / "hostile.json").read_text(encoding="utf-8")),
    *("a" * 301, "đ" * 200, "2004/" + "1" * 250, unicodedata.normalize("NFD", "Đình Lập")),
]


@QUERIES
def test_whatever_is_given_the_answer_is_honest(client, query):
    """A refusal, a thing that is not there, or rows: never a fault, never somebody else's query."""
    for text in HOSTILE:
        if "\udc80" in text:
            continue
        for param in query.params:
            if param.required and param.name in ("key", "unit"):
                address = query.path.replace("{key}", quote(text, safe="")).replace(
                    "{edition}/{code}", quote(text, safe="")
                )
            else:
                address = query.url({**query.example, param.name: text})
            answer = client.get(address)
            assert answer.status_code in (200, 307, 400, 404, 422), (param.name, text, answer.text)
            if (
                answer.status_code == 200
                and answer.headers["content-type"] == "application/json"
                and "rows" in answer.json()
            ):
                assert answer.json()["query"] in CATALOGUE.names


# ---- what people look for


def test_awards_and_figures_are_found_by_their_words(client):
    (flag,) = ask(client, "/api/awards", q="co thi dua chinh phu")["rows"]
    assert (flag["recipientLabel"], flag["status"]) == ("Tỉnh Phú Thọ", "de-nghi")
    (figure,) = ask(client, "/api/figures", q="hợp tác xã")["rows"]
    assert (figure["value"], figure["unitOfMeasure"]) == (26, "hop-tac-xa")


def _figures(clusters):
    """Twenty figures about one cluster of so many, each of which has a year."""
    where = DefaultGraph()
    for at in range(clusters):
        cluster, year = entity("cluster", str(at)), entity("cluster-year", f"{at}/2020")
        yield Quad(cluster, td.searchKey, string(f"cum {at}"), where)
        yield Quad(year, td.ofCluster, cluster, where)
    witness, year = entity("witness", "s"), entity("cluster-year", "0/2020")
    yield Quad(witness, td.source, entity("source", "s"), where)
    yield Quad(witness, td.certainty, concept("certainty", "stated"), where)
    for at in range(20):
        figure = entity("figure", str(at))
        yield Quad(figure, rdf.type, td.Figure, where)
        yield Quad(figure, td.about, year, where)
        yield Quad(figure, td.measure, Literal("số xã", language="vi"), where)
        yield Quad(figure, td.value, integer(at), where)
        yield Quad(figure, td.attestedBy, witness, where)


def test_words_in_a_cluster_do_not_cost_more_the_more_clusters_there_are():
    """For each figure the engine went through the years of all clusters: a minute, in a country of 2,500."""
    bound = bind(Catalogue.read()["figures"], {"cluster": "0", "q": "cum 0"})

    def cost(clusters: int) -> float:
        store = Store()
        store.bulk_extend(_figures(clusters))
        taken = []
        for _ in range(3):
            began = time.process_time()
            assert len(list(store.query(bound.text))) == 20
            taken.append(time.process_time() - began)
        return min(taken)

    assert cost(20_000) < 5 * cost(20)


def test_a_search_finds_all_kinds_and_can_be_told_which(client):
    kinds = {row["kind"] for row in ask(client, "/api/search", q="loc binh", limit=1000)["rows"]}
    assert {"unit", "organisation"} <= kinds
    assert "emulation-unit" not in kinds
    assert {row["kind"] for row in ask(client, "/api/search", q="loc binh", kind="organisation")["rows"]} == {
        "organisation"
    }


def test_the_same_name_comes_before_one_that_holds_the_words(client):
    scores = [row["score"] for row in ask(client, "/api/search", q="huyen loc binh")["rows"]]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 0.9 > scores[-1], "nobody wrote marks"


def test_a_cluster_is_found_by_the_province_of_today(client):
    found = {row["key"] for row in ask(client, "/api/clusters", within="2025/19")["rows"]}
    assert found == {"huyen-thanh-pho-bac-kan", "8-huyen-thanh-pho-bac-kan", "van-hoa-xa-hoi-bac-kan"}
    assert found == {row["key"] for row in ask(client, "/api/clusters", within="2004/06")["rows"]}


def test_one_call_tells_where_deputies_chaired_alone(client):
    (row,) = ask(client, "/api/chairs", role="pho", leadChaired="false")["rows"]
    assert (row["date"], row["personLabel"]) == ("2017-07-14", "Nguyễn Đình Trường")


def test_one_call_tells_what_was_reviewed_for_a_year_and_held_in_the_next(client):
    (row,) = ask(client, "/api/conferences", reviewed="2017", **{"from": "2018", "to": "2018"})["rows"]
    assert (row["date"], row["periodPlanned"]) == ("2018-03-22", "2018")


def test_movements_of_a_cluster_in_a_year(client):
    bloc = ask(client, "/api/movements", cluster="van-hoa-xa-hoi-bac-kan", year="2019")["rows"]
    cluster = ask(client, "/api/movements", cluster="8-huyen-thanh-pho-bac-kan", year="2020")["rows"]
    assert len({row["key"] for row in bloc} & {row["key"] for row in cluster}) == 3


def test_the_language_picks_labels_and_notes(client):
    for lang, word in (("vi", "Cờ thi đua của Chính phủ"), ("en", "Emulation Flag of the Government")):
        assert word in {row["formLabel"] for row in ask(client, "/api/awards", lang=lang)["rows"]}


def test_the_score_is_highest_for_the_full_name(client):
    def best(words):
        return ask(client, "/api/units", q=words)["rows"][0]["score"]

    assert [best(words) for words in ("huyện Đình Lập", "đình lập", "đình l")] == [1.0, 0.9, 0.7]


def test_a_text_that_looks_like_a_formula_does_not_become_one():
    from service.exports import _harmless
    from service.query import Column, Words

    column = Column("label", "string", Words("", ""))
    assert [_harmless(column, text) for text in ("=1+1", "+84", "-x", "@a", "\t=1", "a=1")] == [
        *("'=1+1", "'+84", "'-x", "'@a", "'\t=1", "a=1"),
    ]
    assert _harmless(Column("value", "number", Words("", "")), -1) == -1


def test_a_browser_gets_a_table_in_which_names_are_links(client):
    answer = client.get("/api/clusters/bien-gioi-lang-son/leaders?lang=vi", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert '<a href="/doc/unit/2004/188?lang=vi">Huyện Lộc Bình</a>' in answer.text
    assert "format=xlsx" in answer.text
    assert '<th scope="col">Năm</th>' in answer.text
    nothing = client.get("/api/clusters/bien-gioi-lang-son/leaders?from=2018&lang=vi", headers={"Accept": "text/html"})
    assert "Chưa biết" in nothing.text


def page_of(client, address):
    """What a browser gets there."""
    return client.get(address, headers={"Accept": "text/html"}).text


def test_a_page_says_of_what_it_is_the_answer_and_how_it_is_to_be_read(client):
    read = partial(page_of, client)
    led = read("/api/clusters/bien-gioi-lang-son/leaders?from=2018&lang=vi")
    border = '<a href="/doc/cluster/bien-gioi-lang-son?lang=vi">Cụm thi đua các huyện biên giới tỉnh Lạng Sơn</a>'
    assert border in led, "nobody knows which cluster has no row"
    assert "Từ năm: <strong>2018</strong>" in led
    assert '<a href="/api?lang=vi#leaders">' in led
    proposed = read("/api/awards?status=de-nghi&lang=vi")
    assert "Bước: <strong>đề nghị</strong>" in proposed
    assert "Đề nghị không phải là được tặng" in proposed
    today = read("/api/units/2004/062/successors?lang=vi")
    assert 'Đơn vị: <strong><a href="/doc/unit/2004/062?lang=vi">Huyện Ngân Sơn (2004/062)</a></strong>' in today
    assert "2004/182" not in today, "an example that nobody asked for"


@pytest.mark.parametrize(("lang", "day", "truth"), [("vi", "14/7/2017", "không"), ("en", "14 July 2017", "no")])
def test_a_page_of_an_answer_writes_days_as_its_language_does(client, lang, day, truth):
    html = client.get(f"/api/chairs?leadChaired=false&lang={lang}", headers={"Accept": "text/html"}).text
    cells = re.findall("<td[^>]*>([^<]*)</td>", html)
    assert day in cells
    assert truth in cells
    assert not [cell for cell in cells if re.fullmatch(r"\d{4}-\d\d-\d\d|true|false", cell)]
    assert client.get("/api/chairs?leadChaired=false").json()["rows"][0]["date"] == "2017-07-14"


def test_who_lives_in_excel_reads_the_word_and_how_many_rows_there_are(client):
    led = client.get("/api/clusters/bien-gioi-lang-son/leaders?lang=vi", headers={"Accept": "text/html"}).text
    assert re.search('<a href="[^"]*format=xlsx">Excel</a>', led)
    assert "Dòng 1–2 / 2" in led
    assert "Dòng 0 / 0" in client.get("/api/clusters?q=atlantis&lang=vi", headers={"Accept": "text/html"}).text
    assert '<option value="xlsx">Excel</option>' in client.get("/api", headers={"Accept": "text/html"}).text


def test_nobody_has_to_know_what_source_s2_is(client):
    for lang, heading in (("vi", "Nguồn"), ("en", "Source")):
        led = page_of(client, f"/api/clusters/bien-gioi-lang-son/leaders?lang={lang}")
        assert f'<th scope="col">{heading}</th>' in led
        (words,) = set(re.findall(rf'<a href="/doc/source/s2\?lang={lang}">([^<]*)</a>', led))
        assert words.startswith("Hội nghị sơ kết công tác thi đua")
    assert "source/s2" in client.get("/api/clusters/bien-gioi-lang-son/leaders?format=csv").text
    listed = page_of(client, "/api/sources?lang=vi")
    assert "source/s2" not in re.findall(">([^<]*)<", listed)
    assert re.search('<a href="/doc/source/s2[?]lang=vi">Hội nghị', listed)


def test_a_title_of_unknown_age_is_not_taken_for_one_of_the_law_of_that_day(client):
    answer = ask(client, "/api/award-forms", on="2023-01-01", limit=1000)
    undated = [row for row in answer["rows"] if row["validFrom"] is None and row["laws"] == "06/2022/QH15"]
    assert undated, "in force a year later"
    assert "chưa biết loại ấy có trong luật từ bao giờ" in answer["note"]


def test_what_is_unknown_in_every_row_is_not_left_out_in_silence(client):
    read = partial(page_of, client)
    led = read("/api/clusters/bien-gioi-lang-son/leaders?lang=vi")
    assert "Trống ở mọi dòng, nên không có cột ở đây: Người đại diện, Cách chọn." in led
    assert "Trống ở mọi dòng" not in read("/api/clusters/bien-gioi-lang-son/leaders?from=2018&lang=vi")


@pytest.mark.parametrize(
    ("lang", "words"), [("vi", ["đề nghị", "trao", "nêu rõ"]), ("en", ["proposed", "presented", "stated"])]
)
def test_nobody_reads_keys_where_there_are_words(client, lang, words):
    html = client.get(f"/api/awards?lang={lang}", headers={"Accept": "text/html"}).text
    cells = re.findall("<td[^>]*>(?:<a[^>]*>)?([^<]*)", html)
    assert not {"de-nghi", "quyet-dinh", "bang-khen"} & set(cells)
    assert all(any(word in cell for cell in cells) for word in words)
    assert not [cell for cell in cells if re.fullmatch("(bang-khen|co-thi-dua)-.*", cell)], "beside what it is called"
    held = client.get(f"/api/conferences?lang={lang}", headers={"Accept": "text/html"}).text
    assert "so-ket" not in re.findall("<td[^>]*>([^<]*)", held)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/api/units?parent=Lạng Sơn", "cần ấn bản danh mục và mã của đơn vị, như 2004/182"),
        ("/api/units?on=31/12/2017", "cần ngày viết như 2017-07-14"),
        ("/api/awards?year=hai nghìn", "cần một năm từ 1800 đến 2199"),
        ("/api/awards?recipient=Tỉnh Phú Thọ", "không có gì mang mã “Tỉnh Phú Thọ”"),
        ("/api/clusters/cum-bien-gioi/leaders", "không có gì mang mã ấy"),
    ],
)
def test_whoever_fills_in_a_form_wrongly_is_told_in_vietnamese_and_led_on(client, address, told):
    page = client.get(
        address, params={"lang": "vi"} | dict(parse_qsl(urlsplit(address).query)), headers={"Accept": "text/html"}
    )
    assert told in page.text
    value = dict(parse_qsl(urlsplit(address).query)).get("parent")
    assert not value or f"/search?q={quote(value)}" in page.text
    assert '<a href="/api?lang=vi">' in page.text
    program = client.get(address)
    assert "vi" not in program.json()


@pytest.mark.parametrize("page", ["/api/sources/s4/statements", "/api/sources/s4/statements?limit=7", "/doc/source/s4"])
def test_a_file_taken_from_a_page_has_all_rows_not_those_of_the_page_alone(client, page):
    html = client.get(page, headers={"Accept": "text/html"}).text
    (address,) = re.findall('href="(/api/[^"]*format=csv[^"]*)"', html)
    lines = client.get(address.replace("&amp;", "&")).text.splitlines()
    assert len(lines) - 1 == ask(client, "/api/sources/s4/statements")["total"] > 100


def test_a_page_says_when_a_file_cannot_have_all_rows(client):
    told = client.get("/api/units?lang=vi", headers={"Accept": "text/html"}).text
    assert "10.000 dòng đầu" in told
    assert "dòng đầu" not in client.get("/api/clusters?lang=vi", headers={"Accept": "text/html"}).text


def test_a_key_that_names_nothing_is_told_apart_from_what_is_unknown(client):
    for address in ("/api/awards?form=khong-co", "/api/awards?recipient=2004/99", "/api/units?parent=2004/999"):
        answer = client.get(address)
        assert (answer.status_code, answer.json()["title"]) == (404, "A value that names nothing")
    assert client.get("/api/awards?recipient=2004/182").status_code == 200


def test_a_unit_that_had_ended_is_a_predecessor_on_any_later_day(client):
    for day in ("2025-06-30", "2025-07-01", "2026-11-21"):
        rows = client.get(f"/api/units/2025/06172/predecessors?on={day}").json()["rows"]
        assert len(rows) == 5


def test_a_province_comes_before_its_namesakes(client):
    for words in ("hoa binh", "Hòa Bình", "Hoà Bình", "phu tho"):
        first = client.get("/api/units", params={"q": words}).json()["rows"][0]
        assert first["level"] == "province", words
    assert client.get("/api/search", params={"q": "phu tho"}).json()["rows"][0]["label"] == "Tỉnh Phú Thọ"


# ---- long lists


@pytest.mark.parametrize("form", ["json", "csv", "xlsx", "html"])
def test_nobody_waits_while_a_long_answer_is_written(client, form, monkeypatch):
    threads = []

    def noted(write):
        return lambda *given: threads.append(threading.current_thread().name) or write(*given)

    for module, name in ((curated, "rows"), (answers, "page"), (rows, "_row")):
        monkeypatch.setattr(module, name, noted(getattr(module, name)))
    monkeypatch.setattr(curated, "_WRITERS", {form: noted(write) for form, write in curated._WRITERS.items()})
    for limit, apart in ((100, False), (300, True)):
        threads.clear()
        assert client.get("/api/units", params={"limit": limit, "format": form}).status_code == 200
        assert {name.startswith("writer") for name in threads} == {apart}


@pytest.mark.parametrize("form", ["json", "csv", "xlsx", "srj", "turtle", "html"])
def test_nobody_waits_while_a_long_answer_is_read(client, form, monkeypatch):
    known, read = [], []

    def noted(answer):
        read.append((threading.current_thread().name, len(answer)))
        return reply_each(answer)

    reply_each = reply.each
    for module in (reply, curated):
        monkeypatch.setattr(module, "each", noted)
    # Other limits than above: those answers are kept.
    for limit in (99, 1000):
        read.clear()
        assert client.get("/api/units", params={"limit": limit, "format": form}).status_code == 200
        known.append({name.startswith("writer") for name, size in read if size > 150_000})
    assert known == [set(), {True}]


def test_whoever_reads_rows_lets_others_go_on_between_two(monkeypatch):
    row = {"x": {"type": "literal", "value": "Lộc Bình"}}
    answer, sizes = results(["x"], [json.dumps(row).encode()] * 5000), []
    decode = reply._ROWS.decode
    monkeypatch.setattr(reply, "_ROWS", SimpleNamespace(decode=lambda raw: sizes.append(len(raw)) or decode(raw)))
    assert bindings(answer) == [row] * 5000
    assert (len(sizes), max(sizes)) == (5000, len(json.dumps(row).encode()))


def test_a_page_of_many_rows_holds_the_cells_of_one(client, monkeypatch):
    alive, most, made = [], [], answers.cell

    def noted(*given):
        found = made(*given)
        alive.append(None)
        weakref.finalize(found, alive.pop)
        most.append(len(alive))
        return found

    monkeypatch.setattr(answers, "cell", noted)
    assert client.get("/api/units", params={"limit": 301, "format": "html"}).status_code == 200
    assert len(most) > 2000
    assert max(most) < 40


def test_the_cells_of_a_workbook_go_with_it(client):
    gc.collect()
    gc.disable()
    try:
        assert client.get("/api/units", params={"limit": 302, "format": "xlsx"}).status_code == 200
        assert [each for each in gc.get_objects() if isinstance(each, CellStringTuple | CellNumberTuple)] == []
    finally:
        gc.enable()


@pytest.mark.parametrize("query", [query for query in CATALOGUE if query.keys], ids=lambda query: query.name)
def test_a_page_has_the_rows_that_the_whole_list_has_there(query):
    for given in ({}, query.example):
        bound = bind(query, given)
        whole = country.select(bound.text)
        for limit, offset in ((1, 0), (3, 1), (1000, 0), (5, len(whole))):
            keys = country.select(bound.keys(limit, offset))
            found = country.select(bound.about(things(bound, keys))) if keys else []
            assert chosen(bound, keys, found) == whole[offset : offset + limit]
        assert int(country.select(bound.count)[0]["total"]["value"]) == len(whole)


def test_an_engine_that_loses_a_row_whose_key_it_gave_has_failed():
    query = next(query for query in CATALOGUE if query.name == "clusters")
    bound = bind(query, {})
    keys = country.select(bound.keys(2, 0))

    class Forgetful:
        async def read(self, text, media):
            return results([], [json.dumps(key).encode() for key in keys] if text == bound.keys(2, 0) else [])

        async def write(self, work, rows):
            return work()

    with pytest.raises(Problem) as told:
        asyncio.run(rows.results(bound, 2, 0, SimpleNamespace(engine=Forgetful(), orders={})))
    assert told.value.status == 502
