"""Every kept release answers behind `/releases/{version}` as it did, for ever, and few are open at a time."""

from __future__ import annotations

import datetime
import gzip
import io
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from pyoxigraph import Quad, RdfFormat, parse

from loaders import ontology
from loaders.namespaces import entity, graph, string, td
from loaders.progress import Progress
from loaders.release import Release, pointer
from loaders.resources import ROOT, ontology_files
from loaders.settings import Settings
from loaders.withdrawal.requests import Asked
from loaders.withdrawal.work import withdraw
from service.past import shelf as shelves
from service.past.shelf import MOST, WORKERS
from tests import tiny
from tests.house import ENDLESS, JSON, House, house, lives, opened, uncollected, until
from tests.test_withdraw import KEY, NAME, PERSON, country

FOR_EVER = "public, max-age=31536000, immutable"
XHTML = "application/xhtml+xml, text/html;q=0.9, */*;q=0.8"
COUNT = "SELECT (COUNT(DISTINCT ?c) AS ?n) WHERE { ?c a <https://w3id.org/thidua/def#EmulationCluster> }"
# A holder, and in each of two lanes one worker more than may be busy.
PROCESSES = 1 + 2 * (WORKERS + 1)


def build(releases: Path, number: int) -> list[Release]:
    """So many releases, each published a day after the one before, with one cluster more."""
    made = []
    for count in range(1, number + 1):
        now = tiny.NOW + datetime.timedelta(days=count - 1)
        found = [
            Quad(entity("cluster", f"cum-{n}"), td.searchKey, string(f"cum {n}"), graph("s0")) for n in range(count)
        ]
        made.append(tiny.release(releases, tiny.quads(count) + found, now=now))
        pointer.publish(releases, made[-1].version, now=now)
    return made


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept") / "releases"


@pytest.fixture(scope="module")
def kept(releases: Path) -> list[Release]:
    """Seven releases, of which the last is published."""
    return build(releases, 7)


@pytest.fixture(scope="module")
def served(releases: Path, kept: list[Release]) -> Iterator[House]:
    with house(releases) as found:
        yield found


def root(release: Release) -> str:
    return f"/releases/{release.version}"


def count(served: House, release: Release) -> int:
    """How many clusters the release has, by its own `/sparql`."""
    answer = served.client.get(f"{root(release)}/sparql", params={"query": COUNT}, headers={"Accept": JSON})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["results"]["bindings"][0]["n"]["value"])


def test_every_kept_release_answers_what_it_answered(served: House, kept: list[Release]) -> None:
    assert [count(served, release) for release in kept] == [1, 2, 3, 4, 5, 6, 7]
    for number, release in enumerate(kept, 1):
        told = served.client.get(f"{root(release)}/api/clusters").json()
        assert (told["release"], told["total"]) == (release.version, number)
        missing = f"{root(release)}/doc/cluster/cum-{number}.nt"
        assert served.client.get(missing).status_code == 404
        assert served.client.get(f"{root(release)}/doc/cluster/cum-{number - 1}.nt").status_code == 200


def test_few_releases_are_open_however_many_are_asked(served: House, kept: list[Release]) -> None:
    seen: set[int] = set()
    for release in kept[:6] * 2:
        assert count(served, release) == kept.index(release) + 1
        engines = served.shelf.engines
        assert len(engines) <= MOST
        seen |= {pid for engine in engines for pid in (engine.crew.holder, *engine.crew.workers)}
        assert sum(map(lives, seen)) <= MOST * PROCESSES
    now = {pid for engine in served.shelf.engines for pid in (engine.crew.holder, *engine.crew.workers)}
    until(lambda: not any(map(lives, seen - now)))
    assert len(seen) >= 6 * PROCESSES, "each had processes of its own"


def test_releases_asked_at_once_are_all_answered_and_few_are_open(served: House, kept: list[Release]) -> None:
    most: list[int] = []

    def ask(release: Release) -> int:
        found = count(served, release)
        most.append(len(served.shelf.engines))
        return found

    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(ask, kept * 6))
    assert found == [1, 2, 3, 4, 5, 6, 7] * 6
    assert max(most) <= MOST


def test_a_release_that_nobody_asks_is_closed(
    releases: Path, kept: list[Release], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "_IDLE", 0.1)
    monkeypatch.setattr(shelves, "_LOOK", 0.05)
    with house(releases, door=False) as served:
        assert count(served, kept[0]) == 1
        until(lambda: not served.shelf.engines)
        assert count(served, kept[0]) == 1


def test_of_a_release_that_is_closed_no_file_stays_open_for_ever(
    releases: Path, kept: list[Release], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "_IDLE", 0.1)
    monkeypatch.setattr(shelves, "_LOOK", 0.05)
    with house(releases, door=False) as served, uncollected():
        assert served.client.get(f"{root(kept[0])}/search", params={"q": "cum"}).status_code == 200
        until(lambda: not opened(kept[0].directory))


def test_nothing_is_left_of_an_old_release_when_the_service_stops(releases: Path, kept: list[Release]) -> None:
    with house(releases, door=False) as served:
        count(served, kept[0])
        (engine,) = served.shelf.engines
        processes = [engine.crew.holder, *engine.crew.workers]
        assert len(processes) == PROCESSES
        assert all(map(lives, processes))
    assert not any(map(lives, processes))


def test_the_release_that_is_published_needs_no_processes_more(releases: Path, kept: list[Release]) -> None:
    with house(releases, door=False) as served:
        assert count(served, kept[-1]) == 7
        assert not served.shelf.engines


@pytest.mark.parametrize("part", ["holder", "workers"])
def test_a_process_of_an_old_release_that_is_killed_is_replaced(served: House, kept: list[Release], part: str) -> None:
    assert count(served, kept[1]) == 2
    engine = next(engine for engine in served.shelf.engines if engine.crew.charge.directory.endswith(kept[1].version))
    before = set(engine.crew.workers)
    for pid in [engine.crew.holder] if part == "holder" else before:
        os.kill(pid, signal.SIGKILL)
    until(lambda: len(engine.crew.workers) == len(before) and not before & set(engine.crew.workers))
    assert count(served, kept[1]) == 2
    assert count(served, kept[-1]) == 7


def test_the_deadline_holds_in_an_old_release(releases: Path, kept: list[Release]) -> None:
    with house(releases, door=False, query_timeout=0.5) as served:
        answer = served.client.get(f"{root(kept[0])}/sparql", params={"query": ENDLESS})
        assert (answer.status_code, answer.json()["limit"]) == (504, 0.5)
        assert count(served, kept[0]) == 1


def test_who_reads_an_old_release_keeps_it_until_his_answer_is_there(
    releases: Path, kept: list[Release], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "_PATIENCE", 0.3)
    with house(releases, door=False, query_timeout=5.0) as served:

        def read(release: Release) -> int:
            return served.client.get(f"{root(release)}/sparql", params={"query": ENDLESS}).status_code

        with ThreadPoolExecutor(MOST) as pool:
            reading = [pool.submit(read, release) for release in kept[:MOST]]
            until(lambda: sum(visit.stage == "query" for visit in list(served.visits.under_way)) == MOST)
            with ThreadPoolExecutor(20) as others:
                # Together, not one after the other: each waits no longer than the first.
                busy = list(others.map(lambda _: served.client.get(f"{root(kept[MOST])}/dumps/"), range(20)))
            assert {(each.status_code, each.headers["retry-after"]) for each in busy} == {(503, "5")}
            assert served.client.get(f"{root(kept[0])}/api/clusters").json()["total"] == 1, (
                "what is open answers others"
            )
            assert count(served, kept[-1]) == 7, "and what is published"
            assert [each.result() for each in reading] == [504] * MOST
        assert count(served, kept[MOST]) == MOST + 1


def test_a_release_that_is_removed_is_gone_at_once(tmp_path: Path) -> None:
    one, two, three = build(tmp_path, 3)
    with house(tmp_path, door=False) as served:
        assert [count(served, release) for release in (one, two, three)] == [1, 2, 3]
        shutil.move(one.directory, tmp_path / "away")
        answer = served.client.get(f"{root(one)}/api/clusters")
        assert (answer.status_code, answer.json()["available"]) == (404, [three.version, two.version])
        assert [count(served, release) for release in (two, three)] == [2, 3]
        shutil.move(tmp_path / "away", one.directory)
        assert count(served, one) == 1


def test_a_release_that_is_replaced_is_read_anew(tmp_path: Path) -> None:
    one, two = build(tmp_path, 2)
    with house(tmp_path, door=False) as served:
        assert count(served, one) == 1
        (other,) = build(tmp_path / "other", 1)
        shutil.rmtree(one.directory)
        shutil.move(other.directory, one.directory)
        before = served.shelf.engines
        assert count(served, one) == 1
        until(lambda: not set(before) & set(served.shelf.engines))
        assert count(served, two) == 2


def test_a_damaged_release_is_refused_and_takes_no_other_along(tmp_path: Path) -> None:
    one, two, three = build(tmp_path, 3)
    dump = one.directory / "dumps" / "thidua.nq.gz"
    whole = dump.read_bytes()
    dump.chmod(0o644)
    dump.write_bytes(gzip.compress(b""))
    with house(tmp_path, door=False) as served:
        for _ in range(3):
            answer = served.client.get(f"{root(one)}/doc/cluster/cum-0")
            assert (answer.status_code, answer.json()["type"]) == (503, "urn:thidua:problem:release")
            assert "retry-after" in answer.headers
        assert [count(served, release) for release in (two, three)] == [2, 3]
        assert len(served.shelf.engines) == 1
    dump.write_bytes(whole)
    with house(tmp_path, door=False) as served:
        assert count(served, one) == 1


@pytest.mark.parametrize("path", ["/sparql", "/api", "/api/clusters", "/doc/cluster/cum-0", "/dumps/", "/", ""])
def test_what_is_not_kept_is_a_problem_that_says_what_is(served: House, kept: list[Release], path: str) -> None:
    for version in ("2020-01-01-00000000", "current", "%2e%2e", "x" * 300):
        answer = served.client.get(f"/releases/{version}{path}", headers={"Accept": "application/json"})
        assert answer.status_code == 404, version
        assert answer.json()["available"] == [release.version for release in reversed(kept)]
    page = served.client.get(f"/releases/2020-01-01-00000000{path}", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert 'class="past"' not in page.text


def test_what_is_of_the_service_is_not_of_a_release(served: House, kept: list[Release]) -> None:
    for path in ("/metrics", "/healthz", "/static/thidua.css", "/reconcile", "/releases", "/openapi.json"):
        assert served.client.get(root(kept[0]) + path).status_code == 404


@pytest.mark.parametrize("path", ["/", "/doc/cluster/cum-0.html", "/browse/clusters", "/search?q=cum"])
def test_a_page_that_says_what_is_current_is_asked_for_again(served: House, kept: list[Release], path: str) -> None:
    answer = served.client.get(root(kept[-2]) + path)
    assert answer.headers["cache-control"] == "public, no-cache"
    again = served.client.get(root(kept[-2]) + path, headers={"If-None-Match": answer.headers.get("etag", "")})
    assert again.headers["cache-control"] == "public, no-cache"


@pytest.mark.parametrize(
    "accept", ["*/*", "text/html, text/turtle", "text/turtle, text/html", "text/turtle", "text/csv, */*", XHTML]
)
@pytest.mark.parametrize("path", ["/", "/doc/cluster/cum-0", "/dumps/", "/browse/clusters", "/api/clusters", "/def"])
def test_a_cache_that_asks_again_does_not_keep_a_page_for_ever(
    served: House, kept: list[Release], path: str, accept: str
) -> None:
    first = served.client.get(root(kept[-2]) + path, headers={"Accept": accept})
    tag = first.headers.get("etag", "none")
    again = served.client.get(root(kept[-2]) + path, headers={"Accept": accept, "If-None-Match": tag})
    assert again.status_code == (304 if first.status_code == 200 else first.status_code)
    assert again.headers["cache-control"] == first.headers["cache-control"]


@pytest.mark.parametrize("path", ["/doc/cluster/cum-0", "/doc/cluster/cum-0.ttl", "/api/clusters?limit=1", "/def"])
def test_a_cache_that_asks_again_loses_no_link(served: House, kept: list[Release], path: str) -> None:
    first = served.client.get(root(kept[-2]) + path)
    again = served.client.get(root(kept[-2]) + path, headers={"If-None-Match": first.headers.get("etag", "")})
    assert again.headers.get("link", first.headers.get("link")) == first.headers.get("link")
    assert again.headers.get("memento-datetime") == first.headers.get("memento-datetime")


@pytest.mark.parametrize("path", ["/doc/cluster/cum-0.ttl", "/doc/cluster/cum-0.jsonld", "/api/clusters?format=csv"])
def test_pinned_data_are_for_ever(served: House, kept: list[Release], path: str) -> None:
    tags = set()
    for release in kept[-3:]:
        answer = served.client.get(root(release) + path)
        assert answer.headers["cache-control"] == FOR_EVER
        assert answer.headers["etag"].startswith('"')
        tags.add(answer.headers["etag"])
        again = served.client.get(root(release) + path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content, again.headers["cache-control"]) == (304, b"", FOR_EVER)
    assert len(tags) == 3
    assert "immutable" not in served.client.get(path).headers["cache-control"]


@pytest.mark.parametrize(
    "path", ["/sparql?query=ASK%7B%7D%23", "/api/clusters?limit=1&lang=vi&q=cum+", "/search?q=cum+"]
)
def test_no_proxy_fails_for_a_header_that_is_longer_than_it_takes(
    served: House, kept: list[Release], path: str
) -> None:
    for length in range(0, 2400, 60):
        headers = served.client.get(root(kept[2]) + path + "0" * length).headers.raw
        assert max(len(name) + len(value) for name, value in headers) < 8000, "Apache and Varnish"
        assert sum(len(name) + len(value) + 4 for name, value in headers) < 15_360, "HAProxy"


@pytest.mark.parametrize("path", ["/api/officials", "/api/officials?format=csv", "/api/officials?q=nguyen"])
def test_who_is_withdrawn_does_not_stay_in_a_reader_s_cache_for_a_year(
    served: House, kept: list[Release], path: str
) -> None:
    answer = served.client.get(root(kept[-2]) + path)
    again = served.client.get(root(kept[-2]) + path, headers={"If-None-Match": answer.headers["etag"]})
    assert (answer.status_code, again.status_code) == (200, 304)
    assert answer.headers["cache-control"] == again.headers["cache-control"] == "public, no-cache"


def test_what_is_never_the_same_twice_is_not_kept_for_ever(served: House, kept: list[Release]) -> None:
    for query in ("SELECT (RAND() AS ?x) {}", "SELECT (NOW() AS ?x) {}"):
        answer = served.client.get(f"{root(kept[0])}/sparql", params={"query": query})
        assert answer.headers["cache-control"] == "no-store"
    posted = served.client.post(f"{root(kept[0])}/sparql", data={"query": COUNT})
    assert posted.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("suffix", ["ttl", "nt", "jsonld", "rdf"])
def test_a_document_is_the_same_pinned_and_current(served: House, kept: list[Release], suffix: str) -> None:
    path = f"/doc/cluster/cum-0.{suffix}"
    now, pinned = served.client.get(path), served.client.get(root(kept[-1]) + path)
    assert now.content == pinned.content
    assert pinned.headers["content-location"] == root(kept[-1]) + path
    old = served.client.get(root(kept[0]) + path)
    media = RdfFormat.from_extension(suffix)
    assert set(parse(old.content, media)) == set(parse(now.content, media))


def test_the_rows_after_these_are_of_the_same_release(served: House, kept: list[Release]) -> None:
    seen, address = [], f"{root(kept[3])}/api/clusters?limit=1"
    while address:
        answer = served.client.get(address)
        told = answer.json()
        seen += [row["key"] for row in told["rows"]]
        assert told["release"] == kept[3].version
        if told["next"]:
            assert httpx.URL(told["next"]).path == f"{root(kept[3])}/api/clusters"
            assert f'<{told["next"]}>; rel="next"' in answer.headers["link"]
        address = told["next"]
    assert seen == ["cum-0", "cum-1", "cum-2", "cum-3"]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/doc/cluster/cum-0",
        "/api",
        "/api/clusters?limit=1",
        "/sparql",
        "/dumps/",
        "/map",
        "/search?q=cum",
        "/browse/clusters",
    ],
)
def test_the_links_of_a_page_stay_in_its_release(served: House, kept: list[Release], path: str) -> None:
    page = served.client.get(root(kept[1]) + path, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert kept[1].version in page.text
    main = page.text.partition("<main")[2].partition("</main>")[0]
    led = {part.partition('"')[0] for name in ("href", "action") for part in main.split(f'{name}="')[1:]}
    mine = {link for link in led if link.startswith("/") and not link.startswith("/static/")}
    assert mine or path == "/dumps/"
    assert {link for link in mine if not link.startswith((root(kept[1]), "/def#"))} <= {
        "/docs",
        "/docs#reconcile",
        "/releases",
        "/reconcile",
        # Of the service, as the reference is: no release has its own.
        "/def",
        "/shapes",
    }
    assert str(served.client.base_url).rstrip("/") + path in led, "and one leads to the same page as it is now"
    now = served.client.get(path, headers={"Accept": "text/html"})
    assert 'class="past"' in page.text
    assert 'class="past"' not in now.text


@pytest.mark.parametrize(("lang", "words"), [("vi", "không phải bản đang công bố"), ("en", "not the current one")])
def test_a_page_says_whether_it_is_of_the_release_that_is_published(
    tmp_path: Path, kept: list[Release], lang: str, words: str
) -> None:
    one, two = build(tmp_path, 2)
    address = f"{root(two)}/doc/cluster/cum-0.html?lang={lang}"
    with house(tmp_path, door=False) as served:
        current = served.client.get(address)
        assert words not in current.text
        assert words in served.client.get(f"{root(one)}/doc/cluster/cum-0.html?lang={lang}").text
        assert served.client.get(address, headers={"If-None-Match": current.headers["etag"]}).status_code == 304
        pointer.rollback(tmp_path, now=tiny.NOW + datetime.timedelta(days=9))
        until(lambda: served.follower.now().release.version == one.version)
        past = served.client.get(address, headers={"If-None-Match": current.headers["etag"]})
        assert (past.status_code, words in past.text) == (200, True), "another text has another tag"
        assert words not in served.client.get(f"{root(one)}/doc/cluster/cum-0.html?lang={lang}").text
        assert "thidua_older_releases 2.0" in served.client.get("/metrics").text


def test_a_thing_leads_to_its_document_in_the_same_release(served: House, kept: list[Release]) -> None:
    answer = served.client.get(f"{root(kept[0])}/id/cluster/cum-0")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{root(kept[0])}/doc/cluster/cum-0")
    chosen = served.client.get(f"{root(kept[0])}/api", params={"query": "clusters", "q": "cum"})
    assert (chosen.status_code, chosen.headers["location"]) == (303, f"{root(kept[0])}/api/clusters?q=cum")
    bare = served.client.get(root(kept[0]))
    assert (bare.status_code, bare.headers["location"]) == (307, f"{root(kept[0])}/")


def test_the_files_of_an_old_release_are_its_own(served: House, kept: list[Release]) -> None:
    for release in kept[:2]:
        told = served.client.get(f"{root(release)}/dumps/?format=json").json()
        assert (told["release"], told["hash"]) == (release.version, release.hash)
        assert {row["url"].rpartition("/")[0] for row in told["files"]} == {f"{root(release)}/dumps"}
        listed = served.client.get(f"{root(release)}/api", headers={"Accept": "application/json"}).json()["queries"]
        assert all(row[name].startswith(f"{root(release)}/api/") for row in listed for name in ("path", "example"))
        dump = served.client.get(f"{root(release)}/dumps/thidua.nq.gz")
        assert dump.content == (release.directory / "dumps" / "thidua.nq.gz").read_bytes()
        assert dump.headers["cache-control"] == FOR_EVER
        told = served.client.get(f"{root(release)}/.well-known/void", headers={"Accept": "text/turtle"})
        assert release.version in told.text


def test_every_method_of_a_door_works_on_an_old_release(served: House, kept: list[Release]) -> None:
    address = f"{root(kept[2])}/sparql"
    posted = served.client.post(address, content=COUNT, headers={"Content-Type": "application/sparql-query"})
    assert posted.json()["results"]["bindings"][0]["n"]["value"] == "3"
    asked = served.client.options(address)
    assert (asked.status_code, asked.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST, QUERY")
    head = served.client.head(address, params={"query": COUNT})
    assert (head.status_code, head.content) == (200, b"")
    assert served.client.delete(address).status_code == 405
    told = served.client.get(address, headers={"Accept": "text/turtle"})
    assert f"<http://127.0.0.1:{served.port}{address}#service>" in told.text


def test_requests_at_once_open_a_release_once(tmp_path: Path) -> None:
    one, _ = build(tmp_path, 2)
    with house(tmp_path, door=False) as served:
        together = threading.Barrier(8)

        def ask(_: int) -> int:
            together.wait(10)
            return count(served, one)

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(ask, range(8))) == [1] * 8
        assert len(served.shelf.engines) == 1


def test_robots_are_not_led_to_what_was(served: House) -> None:
    assert "Disallow: /releases/\n" in served.client.get("/robots.txt").text


def test_who_was_withdrawn_is_gone_from_an_old_release_that_is_open(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests" / "fixtures" / "records", tmp_path / "data")
    said = [*country(), *ontology.load(ontology_files())]
    for number in (1, 2):
        made = tiny.release(tmp_path / "releases", [*said, *tiny.quads(number)])
        pointer.publish(tmp_path / "releases", made.version, now=tiny.NOW + datetime.timedelta(days=number))
        if number == 1:
            old = made
    settings = Settings(data=tmp_path / "data", releases=tmp_path / "releases")
    addresses = [f"{root(old)}/doc/person/{KEY}.ttl", f"{root(old)}/api/officials/{KEY}/posts"]
    with house(settings.releases, door=False) as served:
        assert all(NAME in served.client.get(address).text for address in addresses[:1])
        before = served.shelf.engines
        assert served.client.get(addresses[1]).status_code == 200
        assert all("immutable" not in served.client.get(address).headers["cache-control"] for address in addresses)
        now = tiny.NOW + datetime.timedelta(days=3)
        withdraw(settings, Asked(PERSON.value, "request"), now=now, progress=Progress(io.StringIO()))
        assert [served.client.get(address).status_code for address in addresses] == [410, 410]
        assert NAME not in served.client.get(f"{root(old)}/api/officials").text
        assert not served.client.get(f"{root(old)}/api/search", params={"q": NAME, "kind": "person"}).json()["rows"]
        until(lambda: not set(before) & set(served.shelf.engines))
        led = served.client.get(f"/doc/person/{KEY}", headers={"Accept-Datetime": "Sun, 22 Nov 2026 09:00:00 GMT"})
        assert led.headers["location"] == f"{root(old)}/doc/person/{KEY}"
