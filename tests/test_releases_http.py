"""Every kept release is listed over HTTP, with its report and what differs since the one before; these never change."""

from __future__ import annotations

import asyncio
import datetime
import gzip
import itertools
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse

from loaders.gate.report import Severity
from loaders.release import Release, difference, pointer
from loaders.release.difference import FORMS, Difference
from service import comparison
from service.comparison import Comparisons, pack
from service.problems import Problem
from tests import tiny
from tests.house import House, house

FOR_EVER = "public, max-age=31536000, immutable"
FORMATS = {
    "text": ("txt", "text/plain"),
    "json": ("json", "application/json"),
    "patch": ("patch", "application/rdf-patch"),
}


def build(releases: Path, number: int) -> list[Release]:
    """So many releases, a day between them, each with one cluster and one warning more."""
    days = [tiny.NOW + datetime.timedelta(days=day) for day in range(number)]
    reports = [tiny.report(Severity.WARNING, count) for count in range(1, number + 1)]
    return [
        tiny.release(releases, count, now=day, report=said)
        for count, (day, said) in enumerate(zip(days, reports, strict=True), 1)
    ]


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept") / "releases"


@pytest.fixture(scope="module")
def kept(releases: Path) -> list[Release]:
    """Three releases, of which the second is published."""
    return build(releases, 3)


@pytest.fixture(scope="module")
def served(releases: Path, kept: list[Release]) -> Iterator[House]:
    pointer.publish(releases, kept[1].version, now=tiny.NOW)
    with house(releases) as found:
        yield found


def difference_of(old: Release, new: Release, form: str) -> bytes:
    return b"".join(FORMS[form](Difference(old, new)))


def test_the_list_has_every_kept_release_the_newest_first(served: House, kept: list[Release]) -> None:
    told = served.client.get("/releases", headers={"Accept": "application/json"}).json()
    assert told["current"] == kept[1].version
    assert [row["version"] for row in told["releases"]] == [release.version for release in reversed(kept)]
    for row, release in zip(told["releases"], reversed(kept), strict=True):
        assert (row["hash"], row["statements"]) == (release.hash, release.quads)
        assert row["created"] == release.manifest.created
        assert row["current"] == (release is kept[1])
        assert (row["diff"] is None) == (release is kept[0])
        assert all(served.client.get(row[name]).status_code == 200 for name in ("report", "diff") if row[name])


@pytest.mark.parametrize(("lang", "word"), [("vi", "Các bản phát hành"), ("en", "Releases")])
def test_every_link_of_the_list_leads_somewhere(served: House, kept: list[Release], lang: str, word: str) -> None:
    page = served.client.get("/releases", headers={"Accept": "text/html", "Accept-Language": lang})
    assert f"<h1>{word}</h1>" in page.text
    links = {part.partition('"')[0] for part in page.text.split('<a href="/releases/')[1:]}
    assert len(links) == 3 + 4 * 3 + 3 * 2
    assert {served.client.get(f"/releases/{link}").status_code for link in links} == {200}


def test_the_list_changes_when_a_release_is_built(tmp_path: Path) -> None:
    first = build(tmp_path, 1)
    pointer.publish(tmp_path, first[0].version, now=tiny.NOW)
    with house(tmp_path, door=False) as served:
        before = served.client.get("/releases?format=json")
        known = {"If-None-Match": before.headers["etag"]}
        assert served.client.get("/releases?format=json", headers=known).status_code == 304
        build(tmp_path, 2)
        after = served.client.get("/releases?format=json", headers=known)
        assert (after.status_code, len(after.json()["releases"])) == (200, 2)


@pytest.mark.parametrize("suffix", ["txt", "json", "ttl"])
def test_a_report_is_the_file_of_the_release(served: House, kept: list[Release], suffix: str) -> None:
    for release in kept:
        path = f"/releases/{release.version}/report"
        answer = served.client.get(f"{path}.{suffix}")
        assert answer.content == release.report(suffix).read_bytes()
        assert answer.headers["cache-control"] == FOR_EVER
        media = answer.headers["content-type"]
        assert served.client.get(path, headers={"Accept": media}).content == answer.content
        assert served.client.get(path, params={"format": suffix}).content == answer.content


@pytest.mark.parametrize(("lang", "advice"), [("vi", "sửa đi"), ("en", "mend it")])
def test_the_page_of_a_report_says_what_to_do(served: House, kept: list[Release], lang: str, advice: str) -> None:
    page = served.client.get(f"/releases/{kept[2].version}/report.html", params={"lang": lang})
    assert page.headers["content-type"].startswith("text/html")
    assert advice in page.text
    assert page.text.count("<li><code>") == 3
    links = re.findall(r'<li><code><a href="([^"]*)">', page.text)
    assert links, "to what the advice is about, and not an address to copy"
    assert all(link.startswith(f"/releases/{kept[2].version}/doc/") for link in links)
    assert f"<strong>{kept[2].version}</strong>" in page.text, "and of which release, whatever is published"


@pytest.mark.parametrize("form", FORMS)
def test_a_difference_over_http_is_that_of_the_command_line(served: House, kept: list[Release], form: str) -> None:
    suffix, media = FORMATS[form]
    for old, new in itertools.pairwise(kept):
        path = f"/releases/{new.version}/diff"
        expected = difference_of(old, new, form)
        for answer in (served.client.get(f"{path}.{suffix}"), served.client.get(path, headers={"Accept": media})):
            assert answer.content == expected
            assert answer.headers["content-type"].partition(";")[0] == media
            assert answer.headers["cache-control"] == FOR_EVER
        plain = {"Accept-Encoding": "identity"}
        for method in ("GET", "HEAD"):
            assert served.client.request(method, f"{path}.{suffix}", headers=plain).headers["content-length"] == str(
                len(expected)
            )


@pytest.mark.parametrize("path", ["report.ttl", "report.html", "diff.json", "diff.patch"])
def test_who_has_it_need_not_load_it_again(served: House, kept: list[Release], path: str) -> None:
    address = f"/releases/{kept[1].version}/{path}"
    tag = served.client.get(address).headers["etag"]
    assert tag.startswith('"')
    for headers in ({}, {"Cache-Control": "no-cache"}):
        again = served.client.get(address, headers={"If-None-Match": tag, **headers})
        assert (again.status_code, again.content) == (304, b"")
        assert (again.headers["etag"], again.headers["cache-control"]) == (tag, FOR_EVER)
    other = served.client.get(f"/releases/{kept[2].version}/{path}", headers={"If-None-Match": tag})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("2020-01-01-00000000/report", 404),
        ("2020-01-01-00000000/diff.patch", 404),
        ("current/report", 404),
        ("..%2Freleases/report", 404),
        ("{first}/diff", 404),
        ("{first}/report.exe", 406),
        ("{first}/report?format=xml", 406),
    ],
)
def test_what_is_not_kept_is_a_problem_that_says_what_is(
    served: House, kept: list[Release], path: str, status: int
) -> None:
    answer = served.client.get("/releases/" + path.format(first=kept[0].version))
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    if path.startswith("2020"):
        assert answer.json()["available"] == [release.version for release in reversed(kept)]


def test_a_damaged_release_takes_no_other_along(tmp_path: Path) -> None:
    one, two, three = build(tmp_path, 3)
    pointer.publish(tmp_path, three.version, now=tiny.NOW)
    with house(tmp_path, door=False) as served:
        dump = two.directory / "dumps" / "thidua.nq.gz"
        dump.chmod(0o644)
        dump.write_bytes(gzip.compress(b""))
        assert served.client.get(f"/releases/{two.version}/diff").status_code == 503
        assert served.client.get(f"/releases/{two.version}/report").status_code == 200
        (two.directory / "manifest.json").unlink()
        listed = served.client.get("/releases?format=json").json()["releases"]
        assert [row["version"] for row in listed] == [three.version, one.version]
        assert served.client.get(f"/releases/{three.version}/diff.patch").content == difference_of(one, three, "patch")


def test_a_difference_is_worked_out_once(kept: list[Release], monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Difference] = []

    def text(found: Difference) -> Iterator[bytes]:
        begun.append(found)
        yield from difference.text(found)

    monkeypatch.setattr(comparison, "FORMS", {"text": text})

    async def ask() -> list[bytes]:
        comparisons = Comparisons()
        found = await asyncio.gather(*(comparisons.find(kept[0], kept[1], "text") for _ in range(20)))
        found.append(await comparisons.find(kept[0], kept[1], "text"))
        return [b"".join([part async for part in packed.parts()]) for packed in found]

    assert set(asyncio.run(ask())) == {difference_of(kept[0], kept[1], "text")}
    assert len(begun) == 1


def test_few_differences_are_worked_out_at_a_time(kept: list[Release], monkeypatch: pytest.MonkeyPatch) -> None:
    go, at_work = threading.Event(), []

    def slow(found: Difference) -> Iterator[bytes]:
        at_work.append(found)
        assert go.wait(20)
        yield b"."

    monkeypatch.setattr(comparison, "FORMS", dict.fromkeys("abcdef", slow))

    async def ask() -> list[object]:
        comparisons = Comparisons()
        waiting = [asyncio.create_task(comparisons.find(kept[0], kept[1], form)) for form in "abcdef"]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        assert len(at_work) <= 1
        # Who leaves starts nothing anew, and what was begun is there for the next.
        waiting[0].cancel()
        go.set()
        assert (await comparisons.find(kept[0], kept[1], "a")).size == 1
        return [getattr(found, "status", None) for found in await asyncio.gather(*waiting, return_exceptions=True)]

    assert asyncio.run(ask()) == [None, None, None, None, 503, 503]
    assert len(at_work) == 4


def test_a_text_that_is_too_long_is_refused_before_it_is_whole() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"a line\n"

    with pytest.raises(Problem, match="thidua diff"):
        pack(endless(), 10_000)


def test_the_patches_lead_from_the_first_release_to_the_last(served: House, kept: list[Release]) -> None:
    lines = set(gzip.decompress((kept[0].directory / "dumps" / "thidua.nq.gz").read_bytes()).splitlines())
    for release in kept[1:]:
        patch = served.client.get(f"/releases/{release.version}/diff.patch").content.splitlines()
        lines -= {row[2:] for row in patch if row.startswith(b"D ")}
        lines |= {row[2:] for row in patch if row.startswith(b"A ")}
    assert len(lines) == kept[2].quads
    assert {str(quad) for quad in parse(b"\n".join(lines), RdfFormat.N_QUADS)} == {str(quad) for quad in tiny.quads(3)}


def test_the_openapi_document_tells_of_them(served: House) -> None:
    paths = json.loads(served.client.get("/openapi.json").content)["paths"]
    told = paths["/releases/{version}/diff"]["get"]["responses"]
    assert set(told["200"]["content"]) == {media for _, media in FORMATS.values()}
    assert "404" in told
    assert {"/releases", "/releases/{version}/report"} < paths.keys()
