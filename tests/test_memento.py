"""A date leads to what was published then, and from there on and back, as RFC 7089 has it."""

from __future__ import annotations

import asyncio
import datetime
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pyoxigraph import Quad

from loaders.namespaces import entity, graph, string, td
from loaders.release import CURRENT, Release, journal, pointer
from loaders.release.journal import Entry
from service.past import presence
from service.past.chronicle import chronicle
from service.past.memento import stamp
from tests import tiny
from tests.house import POSSIBLE, House, house

DAY = datetime.timedelta(days=1)
DOC = "/doc/cluster/cum-0"
_LINK = re.compile(r'<([^>]*)>((?:\s*;\s*\w+="[^"]*")*)\s*(?:,|$)')


def make(releases: Path, clusters: int) -> Release:
    """A release with so many clusters."""
    keys = [(entity("cluster", f"cum-{n}"), string(f"cum {n}")) for n in range(clusters)]
    found = [Quad(cluster, td.searchKey, key, graph("s0")) for cluster, key in keys]
    return tiny.release(releases, tiny.quads(clusters) + found)


def publish(releases: Path, release: Release, day: float) -> None:
    pointer.publish(releases, release.version, now=tiny.NOW + day * DAY)


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept") / "releases"


@pytest.fixture(scope="module")
def kept(releases: Path) -> list[Release]:
    """Four releases, each with a cluster more: published on days 0, 10, 20; the last never was."""
    made = [make(releases, number) for number in (1, 2, 3, 4)]
    for place, release in enumerate(made[:3]):
        publish(releases, release, 10 * place)
    return made


@pytest.fixture(scope="module")
def served(releases: Path, kept: list[Release]) -> Iterator[House]:
    with house(releases) as found:
        yield found


def at(day: float) -> dict[str, str]:
    """The header that asks for a day, counted from the first publication."""
    return {"Accept-Datetime": stamp(tiny.NOW + day * DAY)}


def links(answer: httpx.Response) -> dict[str, tuple[str, dict[str, str]]]:
    """The links of an answer, or of a TimeMap: relation → address and attributes."""
    text = answer.headers.get("link", answer.text)
    assert not _LINK.sub("", text).strip(), "nothing is there but links"
    found = {}
    for address, rest in _LINK.findall(text):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        for relation in attributes.pop("rel").split():
            found.setdefault(relation, (address, attributes))
    return found


def mementos(answer: httpx.Response) -> list[tuple[str, str]]:
    """The mementos of a TimeMap: address and moment."""
    rows = [(address, dict(re.findall(r'(\w+)="([^"]*)"', rest))) for address, rest in _LINK.findall(answer.text)]
    return [(address, told["datetime"]) for address, told in rows if "memento" in told["rel"].split()]


def here(served: House, path: str) -> str:
    return f"http://127.0.0.1:{served.port}{path}"


def pinned(release: Release, path: str) -> str:
    return f"/releases/{release.version}{path}"


@pytest.mark.parametrize("path", [DOC, f"{DOC}.ttl", f"{DOC}?lang=en", "/dumps/", "/.well-known/void"])
def test_without_a_date_a_resource_says_where_its_past_is(served: House, path: str) -> None:
    answer = served.client.get(path)
    assert answer.status_code == 200
    assert "accept-datetime" in answer.headers["vary"].lower().split(", ")
    assert "memento-datetime" not in answer.headers
    found = links(answer)
    assert found["original"] == found["timegate"] == (here(served, path), {})
    assert found["timemap"] == (here(served, f"/timemap{path}"), {"type": "application/link-format"})


@pytest.mark.parametrize(
    ("day", "place"), [(-900, 0), (0, 0), (9.99, 0), (10, 1), (15, 1), (19.99, 1), (20, 2), (21, 2), (9000, 2)]
)
@pytest.mark.parametrize("path", [DOC, "/api/clusters?limit=2&lang=en", "/sparql?query=ASK+%7B%7D", "/dumps/", "/"])
def test_a_date_leads_to_what_was_published_then(
    served: House, kept: list[Release], path: str, day: float, place: int
) -> None:
    answer = served.client.get(path, headers=at(day))
    assert (answer.status_code, answer.headers["location"]) == (302, pinned(kept[place], path))
    assert answer.headers["vary"] == "accept-datetime"
    assert "memento-datetime" not in answer.headers, "a TimeGate is no memento (RFC 7089, 4.1.1)"
    found = links(answer)
    assert found["original"] == found["timegate"] == (here(served, path), {})
    assert found["memento"][1]["datetime"]
    then = served.client.get(answer.headers["location"])
    assert then.status_code == 200
    assert then.headers["memento-datetime"] == stamp(tiny.NOW + 10 * place * DAY)
    assert links(then)["original"] == (here(served, path), {})


def test_a_memento_is_between_those_before_and_after_it(served: House, kept: list[Release]) -> None:
    days = [stamp(tiny.NOW + 10 * place * DAY) for place in range(3)]
    addresses = [here(served, pinned(release, DOC)) for release in kept]
    for place in range(3):
        found = links(served.client.get(addresses[place]))
        assert found["first"] == (addresses[0], {"datetime": days[0]})
        assert found["last"] == (addresses[2], {"datetime": days[2]})
        assert ("prev" in found, "next" in found) == (place > 0, place < 2)
        if place:
            assert found["prev"] == (addresses[place - 1], {"datetime": days[place - 1]})
        if place < 2:
            assert found["next"] == (addresses[place + 1], {"datetime": days[place + 1]})
        assert found["timemap"][0] == here(served, f"/timemap{DOC}")


def test_a_client_walks_from_today_through_all_that_was(served: House, kept: list[Release]) -> None:
    address = links(served.client.get(DOC))["timegate"][0]
    gate = served.client.get(address, headers=at(-1))
    seen, address = [], str(httpx.URL(address).join(gate.headers["location"]))
    while address:
        answer = served.client.get(address)
        seen.append((address, answer.headers["memento-datetime"]))
        address = links(answer).get("next", ("",))[0]
    assert seen == mementos(served.client.get(links(answer)["timemap"][0]))
    assert [address for address, _ in seen] == [here(served, pinned(release, DOC)) for release in kept[:3]]


def test_a_thing_leads_to_its_document_and_that_to_what_was_published_then(served: House, kept: list[Release]) -> None:
    said = links(served.client.get("/id/cluster/cum-0?lang=en"))
    assert said["timegate"] == (here(served, f"{DOC}?lang=en"), {})
    assert said["timemap"][0] == here(served, f"/timemap{DOC}?lang=en")
    answer = served.client.get("/id/cluster/cum-0", headers=at(12), follow_redirects=True)
    assert [step.status_code for step in answer.history] == [303, 302]
    assert answer.url.path == pinned(kept[1], DOC)


def test_a_date_leads_only_to_releases_that_have_the_thing(served: House, kept: list[Release]) -> None:
    late = "/doc/cluster/cum-1"
    assert served.client.get(late, headers=at(2)).headers["location"] == pinned(kept[1], late), "the first that has it"
    found = mementos(served.client.get(f"/timemap{late}.nt"))
    assert [address for address, _ in found] == [here(served, pinned(release, f"{late}.nt")) for release in kept[1:3]]
    assert links(served.client.get(pinned(kept[1], late)))["first"][0] == here(served, pinned(kept[1], late))
    for never in ("/doc/cluster/cum-3", "/doc/cluster/no-such", "/doc/%00%20%3E", "/doc/"):
        for headers in ({}, at(2)):
            assert served.client.get(never, headers=headers).status_code == 404
        assert served.client.get(f"/timemap{never}").status_code == 404
    assert served.client.get(pinned(kept[3], "/doc/cluster/cum-3")).status_code == 200


def test_a_release_is_a_thing_of_its_own(served: House, kept: list[Release]) -> None:
    for release in kept[:3]:
        path = f"/doc/release/{release.version}"
        assert served.client.get(path, headers=at(900)).headers["location"] == pinned(release, path)
        assert served.client.get(pinned(release, path)).status_code == 200


def test_a_release_that_was_never_published_was_never_current(served: House, kept: list[Release]) -> None:
    answer = served.client.get(pinned(kept[3], DOC))
    assert answer.status_code == 200
    assert "memento-datetime" not in answer.headers
    assert links(answer)["original"] == (here(served, DOC), {})
    assert "first" not in links(answer)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "2026-11-21",
        "2026-11-21T08:00:00Z",
        "1732176000",
        "Sat, 31 Feb 2026 08:00:00 GMT",
        "Sat, 21 Nov 2026 25:00:00 GMT",
        "Sat, 21 Nov 0000 08:00:00 GMT",
        "Sat, 21 Nov 2026 08:00:00 +0700",
        "Saturday, 21-Nov-26 08:00:00 GMT",
        "Sat, 21 Nov 2026 08:00:00 GMT, Sun, 22 Nov 2026 08:00:00 GMT",
        "Sat, ٢١ Nov 2026 08:00:00 GMT",
    ],
)
@pytest.mark.parametrize("path", [DOC, "/sparql?query=ASK+%7B%7D", "/api/clusters"])
def test_what_is_no_date_is_told_so(served: House, path: str, value: str) -> None:
    for _ in range(2):
        answer = served.client.get(path, headers=[(b"Accept-Datetime", value.encode())])
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
        assert answer.json()["expected"] == "Sat, 21 Nov 2026 08:00:00 GMT"
        assert answer.headers["vary"] == "accept-datetime"
    twice = served.client.get(path, headers=[("Accept-Datetime", at(1)["Accept-Datetime"])] * 2)
    assert twice.status_code == 400


@pytest.mark.parametrize("path", [f"{DOC}.ttl", "/api/clusters?limit=1", "/sparql?query=ASK+%7B%7D"])
@pytest.mark.parametrize("door", [False, True])
def test_neither_a_kept_answer_nor_a_teller_overlooks_the_date(
    releases: Path, kept: list[Release], path: str, door: bool
) -> None:
    with house(releases, door=door and POSSIBLE) as served:
        for _ in range(3):
            now = served.client.get(path)
            assert now.status_code == 200
            then = served.client.get(path, headers=at(1))
            assert (then.status_code, then.headers["location"]) == (302, pinned(kept[0], path))
            known = {"If-None-Match": now.headers["etag"]}
            assert served.client.get(path, headers=at(1) | known).status_code == 302
            assert served.client.get(path, headers=known).status_code == 304


def test_a_query_in_a_body_is_sent_again_to_the_release_of_then(served: House, kept: list[Release]) -> None:
    query = "SELECT (COUNT(DISTINCT ?c) AS ?n) { ?c a <https://w3id.org/thidua/def#EmulationCluster> }"
    answer = served.client.post("/sparql", data={"query": query}, headers=at(11), follow_redirects=True)
    assert [step.status_code for step in answer.history] == [307]
    assert answer.json()["results"]["bindings"][0]["n"]["value"] == "2"


def test_what_has_no_past_does_not_mind_a_date(served: House) -> None:
    for path in ("/healthz", "/openapi.json", "/static/thidua.css", "/releases", "/robots.txt", "/timemap/dumps/"):
        answer = served.client.get(path, headers=at(1))
        assert (answer.status_code, "memento-datetime" in answer.headers) == (200, False)
    assert served.client.options(DOC, headers=at(1)).status_code == 204


def test_a_memento_does_not_mind_a_date_either(served: House, kept: list[Release]) -> None:
    answer = served.client.get(pinned(kept[1], DOC), headers=at(900))
    assert (answer.status_code, answer.headers["memento-datetime"]) == (200, stamp(tiny.NOW + 10 * DAY))


def test_the_timemap_is_a_list_of_links(served: House, kept: list[Release]) -> None:
    answer = served.client.get(f"/timemap{DOC}?lang=en")
    assert answer.headers["content-type"] == "application/link-format"
    found = links(answer)
    assert found["original"] == found["timegate"] == (here(served, f"{DOC}?lang=en"), {})
    address, told = found["self"]
    assert address == here(served, f"/timemap{DOC}?lang=en")
    assert told == {
        "type": "application/link-format",
        "from": stamp(tiny.NOW),
        "until": stamp(tiny.NOW + 20 * DAY),
    }
    assert (found["first"][0], found["last"][0]) == (mementos(answer)[0][0], mementos(answer)[-1][0])
    assert all(served.client.get(address).status_code == 200 for address, _ in mementos(answer))
    assert (
        served.client.get(f"/timemap{DOC}?lang=en", headers={"If-None-Match": answer.headers["etag"]}).status_code
        == 304
    )
    for path in ("/timemap/healthz", "/timemap/", "/timemap/releases"):
        assert served.client.get(path).status_code in ((200,) if path == "/timemap/" else (404,))


def test_one_release_is_looked_into_at_a_time(kept: list[Release], monkeypatch: pytest.MonkeyPatch) -> None:
    at_work, most, looked = 0, 0, 0

    def look(release: Release, thing: object) -> bool:
        nonlocal at_work, most, looked
        at_work, looked = at_work + 1, looked + 1
        most = max(most, at_work)
        time.sleep(0.002)
        at_work -= 1
        return False

    monkeypatch.setattr(presence, "_look", look)

    async def ask() -> list[object]:
        found = presence.Presence()
        same = [found.has(kept[0], "cluster/same") for _ in range(10)]
        others = [found.has(kept[0], f"cluster/{number}") for number in range(40)]
        return list(await asyncio.gather(*same, *others, return_exceptions=True))

    told = asyncio.run(ask())
    assert (most, looked) == (1, 1 + 22)
    assert told[:32] == [False] * 32
    assert {getattr(each, "status", None) for each in told[32:]} == {503}


def test_no_address_breaks_out_of_a_header(served: House) -> None:
    for path in ('/dumps/?x=a>;rel="evil",<b', "/dumps/?x=%0D%0ASet-Cookie:%20a", '/dumps/?x="\\'):
        with served.connect(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()) as connection:
            answer = b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")[0]
        assert b'rel="evil"' not in answer
        assert b"\r\nset-cookie" not in answer.lower()


LONG = "a" * 32_000


@pytest.mark.parametrize("path", [DOC, "/dumps/", "/sparql?query=ASK+%7B%7D", "/id/cluster/cum-0", "/api?format=json"])
@pytest.mark.parametrize("way", ["now", "then", "by date"])
def test_an_address_that_is_answered_has_a_head_that_clients_take(
    served: House, kept: list[Release], path: str, way: str
) -> None:
    inside = pinned(kept[0], path) if way == "then" else path
    address = f"{inside}{'&' if '?' in path else '?'}x={LONG}"[:32_700]
    answer = served.client.get(address, headers=at(11) if way == "by date" else {})
    assert answer.status_code == (303 if path.startswith("/id/") else 302 if way == "by date" else 200)
    # Beside the one place that a redirection leads to.
    said = [len(name) + len(value) for name, value in answer.headers.raw if name.lower() != b"location"]
    assert sum(said) < 4096
    # What tellers answer says no more than it must.
    if way != "now" or not path.startswith(("/sparql", "/api")):
        thing = path.partition("?")[0] if way == "then" else path.partition("?")[0].replace("/id/", "/doc/")
        assert links(answer)["timemap"][0] == here(served, f"/timemap{thing}")
        assert mementos(served.client.get(f"/timemap{thing}"))
    if way == "then" and not path.startswith("/id/"):
        assert answer.headers["memento-datetime"]


def test_an_address_of_usual_length_has_all_its_links(served: House, kept: list[Release]) -> None:
    query = "/sparql?query=ASK+%7B%7D&x=" + "a" * 1900
    assert links(served.client.get(pinned(kept[1], query)))["original"] == (here(served, query), {})
    assert {"first", "prev", "next", "last", "timemap"} <= links(served.client.get(pinned(kept[1], query))).keys()


def test_a_name_as_long_as_an_address_may_be_has_a_head_that_clients_take(served: House, kept: list[Release]) -> None:
    for root in ("", pinned(kept[0], "")):
        answer = served.client.get(f"{root}/id/cluster/{LONG}")
        assert answer.status_code == 303
        assert sum(len(name) + len(value) for name, value in answer.headers.raw) < 34_000


def test_scripts_of_other_places_may_ask_for_a_date(served: House) -> None:
    asked = served.client.options(DOC, headers={"Origin": "https://x.example"})
    assert "Accept-Datetime" in asked.headers["access-control-allow-headers"]
    assert "Memento-Datetime" in served.client.get(DOC).headers["access-control-expose-headers"]


def test_head_says_what_get_says(served: House, kept: list[Release]) -> None:
    head = served.client.head(DOC, headers=at(11))
    assert (head.status_code, head.headers["location"]) == (302, pinned(kept[1], DOC))
    then = served.client.head(head.headers["location"])
    assert (then.status_code, then.headers["memento-datetime"]) == (200, stamp(tiny.NOW + 10 * DAY))


def test_what_was_rolled_back_was_current_for_a_while(tmp_path: Path) -> None:
    one, two = make(tmp_path, 1), make(tmp_path, 2)
    publish(tmp_path, one, 0)
    publish(tmp_path, two, 10)
    pointer.rollback(tmp_path, now=tiny.NOW + 20 * DAY)
    with house(tmp_path, door=False) as served:
        led = [served.client.get(DOC, headers=at(day)).headers["location"] for day in (-1, 5, 15, 25)]
        assert led == [pinned(release, DOC) for release in (one, one, two, one)]
        assert len(mementos(served.client.get(f"/timemap{DOC}"))) == 2


def test_a_release_that_was_deleted_is_passed_over(tmp_path: Path) -> None:
    one, two, three = (make(tmp_path, number) for number in (1, 2, 3))
    for place, release in enumerate((one, two, three)):
        publish(tmp_path, release, 10 * place)
    with house(tmp_path, door=False) as served:
        assert served.client.get(DOC, headers=at(15)).headers["location"] == pinned(two, DOC)
        shutil.rmtree(two.directory)
        assert served.client.get(DOC, headers=at(15)).headers["location"] == pinned(one, DOC)
        assert links(served.client.get(pinned(one, DOC)))["next"][0] == here(served, pinned(three, DOC))


def test_a_release_that_is_published_while_it_runs_becomes_the_last(tmp_path: Path) -> None:
    one = make(tmp_path, 1)
    publish(tmp_path, one, 0)
    with house(tmp_path, door=False) as served:
        assert len(mementos(served.client.get(f"/timemap{DOC}"))) == 1
        publish(tmp_path, two := make(tmp_path, 2), 10)
        assert links(served.client.get(pinned(one, DOC)))["last"][0] == here(served, pinned(two, DOC))


def test_moves_that_never_came_true_are_none(tmp_path: Path) -> None:
    one, two, three = (make(tmp_path, number) for number in (1, 2, 3))
    publish(tmp_path, one, 0)
    journal.append(tmp_path, Entry("publish", two.version, pointer.stamp(tiny.NOW + DAY)))
    assert [move.version for move in pointer.moves(tmp_path)] == [one.version]
    publish(tmp_path, three, 2)
    assert [move.version for move in pointer.moves(tmp_path)] == [one.version, three.version]
    publish(tmp_path, one, 3)
    (tmp_path / journal.NAME).unlink()
    (last,) = pointer.moves(tmp_path)
    assert last.version == one.version, "nobody knows better than the link"
    assert last.at == pointer.stamp(
        datetime.datetime.fromtimestamp((tmp_path / CURRENT).lstat().st_mtime, datetime.UTC)
    )


def test_the_order_of_the_journal_counts_and_not_the_clock(tmp_path: Path) -> None:
    one, two = make(tmp_path, 1), make(tmp_path, 2)
    moved = [
        Entry("publish", one.version, "2026-11-21T08:00:00Z"),
        Entry("publish", two.version, "2026-11-20T08:00:00Z"),
    ]
    found = chronicle([one, two], moved)
    assert [each.version for each in found.mementos] == [one.version, two.version]
    assert found.by_nearness(tiny.NOW + DAY)[0].version == two.version
