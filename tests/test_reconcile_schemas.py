"""Every kind of answer of `/reconcile` has the form that the OpenAPI document says, and that the specification says.

The schemas of the specification are not part of this repository: THIDUA_TEST_RECONCILIATION names a checkout of
reconciliation-api/specs. Without one, those of the OpenAPI document judge alone.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from service.reconcile.directory import KINDS
from service.reconcile.kinds import ASKED, SAID, TYPES
from service.reconcile.manual import ANSWERS

CHECKOUT = os.environ.get("THIDUA_TEST_RECONCILIATION")
# The schema of the specification for each kind of answer.
OFFICIAL = {
    "manifest": "manifest",
    "candidates": "reconciliation-result-batch",
    "extension": "data-extension-response",
    "entities": "suggest-entities-response",
    "types": "suggest-types-response",
    "properties": "suggest-properties-response",
    "proposal": "data-extension-property-proposal",
}
DRAFT = "http://json-schema.org/draft-07/schema#"
LANGUAGES = ("vi", "en")
# Names of things of every kind, names of none, and what people write besides.
WRITTEN = (
    *("Huyện Văn Lãng", "van lang", "Xã Tân Phú", "Cụm biên giới Lạng Sơn", "khoi vhxh bac kan", "UBND huyện Ba Bể"),
    *("Chủ tịch UBND huyện Ba Bể", "Phạm Duy Hưng", "Phạm Duy Hưng, Phó Chủ tịch UBND tỉnh Bắc Kạn", "Lộc Bìnhh"),
    *("", " ", "?", "2004/182", "unit/2004/182", "cluster/bien-gioi-lang-son", "a" * 400, "🙂", "\u0000"),
)
IDS = (
    *("unit/2004/182", "unit/2025/06172", "unit/2004/20", "cluster/bien-gioi-lang-son", "post/thu-truong-bo-noi-vu"),
    *("cluster/7-tinh-trung-du-mien-nui-phia-bac", "organisation/ubnd-huyen-ba-be-bac-kan", "organisation/bo-noi-vu"),
    *("person/uyyiwlo4", "nothing", ""),
)

Judge = Callable[[str, Any], None]


def official(kind: str) -> jsonschema_rs.Validator:
    """The validator of the specification for a kind of answer."""
    folder = Path(CHECKOUT or "", "0.2", "schemas")
    # They leave open of which draft of JSON Schema they are, and keep beside them what they refer to.
    read = {path.stem: json.loads(path.read_text()) | {"$schema": DRAFT} for path in folder.glob("*.json")}
    beside = {schema["$id"].rstrip("#"): schema for schema in read.values()}
    schema = read[OFFICIAL[kind]]
    return jsonschema_rs.Draft7Validator(schema, retriever=lambda uri: beside[uri], base_uri=schema["$id"])


@pytest.fixture(scope="module", params=["ours", "official"] if CHECKOUT else ["ours"])
def judge(request: pytest.FixtureRequest) -> Judge:
    """Who says whether an answer has its form."""
    make = official if request.param == "official" else lambda kind: jsonschema_rs.validator_for(ANSWERS[kind])
    validators = {kind: make(kind) for kind in OFFICIAL}

    def judged(kind: str, answer: Any) -> None:
        faults = [f"{fault.instance_path}: {fault.message}" for fault in validators[kind].iter_errors(answer)]
        assert faults == [], json.dumps(answer, ensure_ascii=False)[:2000]

    return judged


def told(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


@pytest.mark.skipif(not CHECKOUT, reason="THIDUA_TEST_RECONCILIATION names no checkout of reconciliation-api/specs")
def test_the_specification_has_a_schema_for_every_kind_of_answer():
    assert set(OFFICIAL) == set(ANSWERS)
    assert all(official(kind) for kind in OFFICIAL)


def test_the_judges_see_faults(judge):
    with pytest.raises(AssertionError):
        judge("candidates", {"q0": {"result": [{"name": "Văn Lãng", "score": 100}]}})
    with pytest.raises(AssertionError):
        judge("manifest", {"versions": ["0.1"]})
    with pytest.raises(AssertionError):
        judge("extension", {"meta": [], "rows": {"x": {"validFrom": [{"date": "2025-07-01"}]}}})


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_manifest(client, judge, lang):
    judge("manifest", told(client.get("/reconcile", params={"lang": lang})))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("type", ["", *TYPES, "no such type"])
def test_candidates(client, judge, type, lang):
    queries = {f"q{at}": {"query": text} | ({"type": type} if type else {}) for at, text in enumerate(WRITTEN)}
    for method in ("GET", "POST"):
        given = {"params" if method == "GET" else "data": {"queries": json.dumps(queries)}}
        answer = told(client.request(method, f"/reconcile?lang={lang}" if method == "POST" else "/reconcile", **given))
        assert list(answer) == list(queries)
        judge("candidates", answer)


@pytest.mark.parametrize(
    "value", ["Lạng Sơn", "2017", 2017, 20.5, True, "", {"id": "unit/2004/20"}, ["2004", {"id": "x"}]]
)
def test_candidates_with_properties(client, judge, value):
    said = [{"pid": pid, "v": value} for pid in SAID]
    queries = {
        f"{name}{at}": {"query": "Cụm biên giới Lạng Sơn", "properties": given, **more}
        for at, given in enumerate([said, *([each] for each in said)])
        for name, more in (("a", {}), ("b", {"type": [*KINDS], "type_strict": "any"}), ("c", {"type_strict": "should"}))
    }
    queries["d"] = {"properties": said, "limit": 3}
    judge("candidates", told(client.post("/reconcile", data={"queries": json.dumps(queries)})))


@pytest.mark.parametrize("limit", [-1, 0, 0.5, 1, 50, 1e9])
def test_candidates_up_to_a_limit(client, judge, limit):
    answer = told(client.post("/reconcile", data={"queries": json.dumps({"q": {"query": "Tân Phú", "limit": limit}})}))
    judge("candidates", answer)
    assert len(answer["q"]["result"]) <= max(0, limit)


def test_a_batch_without_questions(client, judge):
    judge("candidates", told(client.post("/reconcile", data={"queries": "{}"})))
    judge("extension", told(client.post("/reconcile", data={"extend": '{"ids": [], "properties": []}'})))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("settings", [None, {}, {"year": ""}, {"year": "2017"}, {"year": 2017}, {"year": "1900"}])
def test_properties_of_things(client, judge, settings, lang):
    more = {} if settings is None else {"settings": settings}
    wanted = {"ids": IDS, "properties": [{"id": name, **more} for name in ASKED]}
    answer = told(client.post(f"/reconcile?lang={lang}", data={"extend": json.dumps(wanted)}))
    judge("extension", answer)
    assert list(answer["rows"]) == list(IDS)
    assert all(list(row) == list(ASKED) for row in answer["rows"].values())
    assert all(any(row[name] for row in answer["rows"].values()) for name in ASKED if name != "partOf" and not settings)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("prefix", ["", "văn", "ubnd", "cụm", "pham", "l", "cấp", "?", "2004/182", "\u0000", "x" * 500])
def test_suggestions(client, judge, prefix, lang):
    for name, kind in (("entity", "entities"), ("type", "types"), ("property", "properties")):
        for more in ({}, {"cursor": "3"}, {"type": "cluster"}, {"type": "none"}):
            given = {"prefix": prefix, "lang": lang, **more}
            judge(kind, told(client.get(f"/reconcile/suggest/{name}", params=given)))


@pytest.mark.parametrize("type", ["", *TYPES, "no such type"])
def test_proposals(client, judge, type):
    for more in ({}, {"limit": "2"}, {"limit": "0"}):
        judge("proposal", told(client.get("/reconcile/extend/propose", params={"type": type, **more})))


def test_the_documentation_that_openrefine_links_to_is_at_that_place_of_the_reference(client):
    address, _, place = told(client.get("/reconcile"))["documentation"].partition("#")
    page = client.get(address)
    assert page.status_code == 200
    assert "GET /reconcile<" in page.text.partition(f'id="{place}"')[2].partition("</section>")[0]
    assert {"/reconcile/suggest/entity", "queries"} <= set(re.findall(r"/reconcile/suggest/entity|queries", page.text))


def test_the_reference_tells_an_english_reader_what_a_question_asks(client):
    page = client.get("/docs", params={"lang": "en"})
    assert "Lead and deputy units of a cluster, year by year" in page.text
