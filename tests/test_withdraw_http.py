"""Who was withdrawn answers 410 wherever one asks, at once and without a restart."""

from __future__ import annotations

import datetime
import io
import shutil
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from pyoxigraph import RdfFormat, parse

from loaders import ontology
from loaders.namespaces import rdf, td
from loaders.progress import Progress
from loaders.release import legible, pointer
from loaders.resources import ROOT, ontology_files
from loaders.settings import Settings
from loaders.withdrawal.requests import Asked
from loaders.withdrawal.work import withdraw
from tests import tiny
from tests.house import House, house, lives, until
from tests.test_withdraw import KEY, NAME, PERSON, country

FORMS = ("text/html", "text/turtle", "application/ld+json", "application/n-triples", "application/rdf+xml")
SUFFIXES = ("", ".html", ".ttl", ".jsonld", ".nt", ".rdf", ".json")
DOORS = (
    "/search?q={}", "/api/search?q={}", "/api/officials?q={}&format=json", "/api/officials?format=csv",
    '/reconcile?queries=%7B"q":%7B"query":"{}"%7D%7D', "/doc/conference/bien-gioi-lang-son-2017-07-14",
    "/doc/post/chu-tich-ubnd-huyen-van-lang-lang-son", "/doc/conference/bien-gioi-lang-son-2017-07-14.ttl",
)  # fmt: skip
PARTS = (
    f"/doc/holding/{KEY}/chu-tich-ubnd-huyen-van-lang-lang-son/2017-07-14",
    f"/doc/participation/bien-gioi-lang-son-2017-07-14/{KEY}/chu-tri",
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A service that had the person when it started; meanwhile the person was withdrawn."""
    room = tmp_path_factory.mktemp("withdrawn")
    shutil.copytree(ROOT / "tests" / "fixtures" / "records", room / "data")
    older = tiny.release(room / "releases", country())
    made = tiny.release(room / "releases", [*country(), *ontology.load(ontology_files())])
    pointer.publish(room / "releases", made.version, now=tiny.NOW)
    settings = Settings(data=room / "data", releases=room / "releases")
    with house(room / "releases") as running:
        old = running.follower.now()
        assert [running.client.get(f"/doc/person/{KEY}").status_code for _ in range(3)] == [200] * 3
        assert NAME in running.client.get("/api/officials").text
        assert running.client.get(f"/api/officials/{KEY}/posts").json()["rows"]
        assert running.client.get(f"/releases/{older.version}/doc/person/{KEY}.ttl").status_code == 200
        before = [path for path in DOORS if KEY in asked(running, path)]
        assert before == list(DOORS), "the person is behind every door, or the test looks for nothing"
        now = datetime.datetime(2026, 11, 22, 8, tzinfo=datetime.UTC)
        withdraw(settings, Asked(PERSON.value, "request"), now=now, progress=Progress(io.StringIO()))
        until(lambda: running.client.get(f"/doc/person/{KEY}").status_code == 410)
        until(lambda: not any(lives(pid) for pid in old.engine.crew.workers))
        until(lambda: running.follower.settled)
        yield running


@pytest.mark.parametrize("form", FORMS)
def test_the_address_is_gone_in_every_form(form: str, served: House) -> None:
    answer = served.client.get(f"/doc/person/{KEY}", headers={"Accept": form})
    assert answer.status_code == 410
    assert answer.headers["content-type"].partition(";")[0] == form
    assert NAME not in answer.text
    assert "2026-11-22" in answer.text
    if form != "text/html":
        triples = {quad.triple for quad in parse(answer.content, RdfFormat.from_media_type(form))}
        assert {triple.predicate for triple in triples if triple.subject == PERSON} == {
            rdf.type, td.withdrawnOn, td.withdrawalReason,
        }  # fmt: skip


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_suffix_brings_it_back(suffix: str, served: House) -> None:
    assert served.client.get(f"/doc/person/{KEY}{suffix}").status_code == 410


@pytest.mark.parametrize("path", [f"/id/person/{KEY}", *PARTS])
def test_its_iri_and_what_was_said_of_it_lead_there(path: str, served: House) -> None:
    assert served.client.get(path).status_code == 410


@pytest.mark.parametrize("question", ["posts", "conferences"])
@pytest.mark.parametrize("times", range(2))
def test_questions_about_the_person_are_gone(question: str, times: int, served: House) -> None:
    answer = served.client.get(f"/api/officials/{KEY}/{question}")
    assert answer.status_code == 410
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (told["title"], told["withdrawn"]) == ("Withdrawn", "2026-11-22")
    assert told["reason"].endswith("/withdrawal-reason/request")


def test_a_program_gets_a_problem_and_a_reader_a_page_in_their_language(served: House) -> None:
    asked = {"Accept": "application/json"}
    assert served.client.get(f"/doc/person/{KEY}", headers=asked).headers["content-type"] == "application/problem+json"
    page = served.client.get(f"/doc/person/{KEY}?lang=vi", headers={"Accept": "text/html"}).text
    assert "theo yêu cầu" in page
    assert "on request" in served.client.get(f"/doc/person/{KEY}?lang=en", headers={"Accept": "text/html"}).text


@pytest.mark.parametrize("path", DOORS)
def test_no_door_leads_to_the_person(path: str, served: House) -> None:
    for written in (NAME, "nguyen van mau"):
        assert KEY not in asked(served, path, written)


def asked(running: House, path: str, written: str = NAME) -> str:
    """What the service says when it is asked for the name at a door."""
    answer = running.client.get(path.replace("{}", quote(written)), headers={"Accept": "text/html, */*;q=0.5"})
    assert answer.status_code == 200, path
    return answer.text


def test_the_conference_still_had_a_chair(served: House) -> None:
    rows = served.client.get("/api/conferences/bien-gioi-lang-son-2017-07-14/participants").json()["rows"]
    assert [(row["role"], row["person"]) for row in rows if row["role"] == "chu-tri"] == [("chu-tri", None)]
    page = served.client.get("/doc/conference/bien-gioi-lang-son-2017-07-14", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert NAME not in page.text
    assert "một người không nêu tên" in page.text
    anonymous = served.client.get("/doc/participation/bien-gioi-lang-son-2017-07-14/an-danh-1/chu-tri.ttl")
    assert anonymous.status_code == 200
    assert "AnonymousParticipation" in anonymous.text


def test_no_dump_and_no_query_has_the_name(served: House) -> None:
    query = f'SELECT ?s {{ ?s ?p ?o FILTER(CONTAINS(STR(?o), "{NAME}") || CONTAINS(STR(?s), "/{KEY}/")) }}'
    assert served.sparql(query).json()["results"]["bindings"] == []
    known = served.client.get("/dumps/?format=json").json()["files"]
    assert any(file["name"] == "thidua.nq.gz" for file in known)


@pytest.mark.parametrize("door", [f"doc/person/{KEY}", f"doc/person/{KEY}.ttl", f"api/officials/{KEY}/posts"])
def test_no_older_release_has_the_person_either(door: str, served: House) -> None:
    older = next(release for release in legible(served.follower.settings.releases) if release.quads < 2000)
    assert older.version != served.follower.now().release.version
    answer = served.client.get(f"/releases/{older.version}/{door}")
    assert answer.status_code == 410
    assert NAME not in answer.text
    assert "immutable" not in answer.headers["cache-control"]


def test_an_unknown_person_is_unknown_and_not_gone(served: House) -> None:
    for path in ("/doc/person/qqqqqqq2", "/api/officials/qqqqqqq2/posts", "/doc/person/x"):
        assert served.client.get(path).status_code == 404


def test_the_list_of_releases_says_that_something_was_withdrawn(served: House) -> None:
    rows = served.client.get("/releases?format=json").json()["releases"]
    days = {at[:10] for row in rows for at in row["redacted"]}
    assert all(row["redacted"] for row in rows)
    page = served.client.get("/releases?lang=en", headers={"Accept": "text/html"}).text
    assert all(f">{day}</time>" in page for day in days)
