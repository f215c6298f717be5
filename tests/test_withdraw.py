"""Whoever is withdrawn is in no release, dump or report any more; the events are, and a tombstone."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import os
import random
import shutil
import stat
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest
from pyoxigraph import Quad, RdfFormat, Store, parse

from loaders import build as builds
from loaders import ontology, parts, records
from loaders.candidate import Candidate
from loaders.errors import Blocked, DataError, DataErrors, LedgerError, OutsideError, UsageError
from loaders.gate import read_gate
from loaders.gate.report import Finding, Report, Rule, Severity
from loaders.identity import fold
from loaders.namespaces import BASE, any_uri, concept, dcterms, entity, graph, integer, rdf, rdfs, string, td, tds, text
from loaders.progress import Progress
from loaders.release import INDEX, Release, difference, disk, manifest, open_release, pointer, versions
from loaders.release.base import moved
from loaders.release.verification import verify
from loaders.resources import ROOT, ontology_files
from loaders.settings import Settings
from loaders.source import read_source
from loaders.withdrawal import erasure, ledger, telling
from loaders.withdrawal import kept as cleaning
from loaders.withdrawal.ledger import Withdrawal
from loaders.withdrawal.names import Names
from loaders.withdrawal.requests import Asked
from loaders.withdrawal.work import Outcome, forgotten, unfinished, withdraw
from tests import made_up, tiny
from tests.conftest import thidua
from tests.country import COUNTRY
from tests.made_up import registry

pytestmark = pytest.mark.long

KEY, NAME, OTHER = "bcbspuqy", "Nguyễn Văn Mẫu", "https://example.org/td/"
PERSON = entity("person", KEY)
ASKED = Asked(PERSON.value, "request", "Nguyễn Văn Mẫu, qua thư")
NOW = datetime.datetime(2026, 11, 22, 8, tzinfo=datetime.UTC)
S2 = graph("s2")
KILLS = 30


def country() -> list[Quad]:
    """The tiny country, in which the person chairs a conference and represents a unit."""
    return [quad for path in sorted(COUNTRY.glob("*.trig")) for quad in parse(path=path, format=RdfFormat.TRIG)]


def mentions() -> list[Quad]:
    """The name in a title, an address, a key and an award; a place and a namesake of the same name."""
    award, tidings, place, namesake = (
        entity("award", "bang-khen-nguyen-van-mau"), entity("source", "tin-nguyen-van-mau"),
        entity("organisation", "ubnd-xa-nguyen-van-mau"), entity("person", "zzzzzzz2"),
    )  # fmt: skip
    title = "Ông Nguyễn Văn Mẫu nhận bằng khen"
    return [
        Quad(award, rdf.type, td.AwardCase, S2),
        Quad(award, td.awardType, concept("award", "bang-khen-cua-thu-tuong-chinh-phu"), S2),
        Quad(award, td.recipient, PERSON, S2),
        Quad(award, td.attestedBy, entity("witness", "s2", "0-120", "stated"), S2),
        Quad(entity("award-proposal", "bang-khen-nguyen-van-mau"), td.ofAward, award, S2),
        Quad(tidings, rdf.type, td.Article, S2),
        Quad(tidings, dcterms.identifier, string("tin-nguyen-van-mau"), S2),
        Quad(tidings, rdfs.label, text(title), S2),
        Quad(tidings, td.searchKey, string(fold(title)), S2),
        Quad(tidings, td.url, any_uri("https://example.org/nguyen-van-mau.html"), S2),
        Quad(place, rdf.type, td.Organization, S2),
        Quad(place, rdfs.label, text("UBND xã Nguyễn Văn Mẫu"), S2),
        Quad(namesake, rdf.type, td.Person, S2),
        Quad(namesake, rdfs.label, text(NAME), S2),
        Quad(entity("figure", "x"), td.value, integer(5), S2),
    ]


def found() -> Report:
    """What the gate said: one thing of the person, one of something else."""
    rule = Rule(tds["x"], Severity.WARNING, "sửa đi", "mend it")
    foci = (PERSON, entity("conference", "khac"))
    return Report((*(Finding(rule, focus) for focus in foci), Finding(rule, foci[1], value=text(f"của {NAME}"))))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Sources and four releases: one older, one under another base, one that never knew the person, one published."""
    shutil.copytree(ROOT / "tests" / "fixtures" / "records", tmp_path / "data")
    persons = tmp_path / "data" / "records" / "persons.csv"
    persons.write_text(persons.read_text("utf-8") + f"{KEY},{NAME},t1,80,94,stated,\n", encoding="utf-8")
    with (tmp_path / "data" / "keys.csv").open("a", encoding="utf-8") as file:
        file.write(f"person,{KEY},2026-11-21,{NAME}\n")
    made, terms = tmp_path / "releases", list(ontology.load(ontology_files()))
    tiny.release(made, country())
    tiny.release(made, [*country(), *tiny.quads(2)], base=OTHER)
    tiny.release(made, 3)
    last = tiny.release(made, [*country(), *terms, *tiny.quads(1)], report=found())
    pointer.publish(made, last.version, now=tiny.NOW)
    return Settings(data=tmp_path / "data", releases=made)


def done(settings: Settings, asked: Asked = ASKED, *, dry: bool = False) -> Outcome:
    """The person is withdrawn."""
    return withdraw(settings, asked, now=NOW, progress=Progress(io.StringIO()), dry=dry)


def kept(settings: Settings) -> list[Release]:
    """Every release there is."""
    return [open_release(settings.releases / version) for version in versions(settings.releases)]


def statements(release: Release) -> set[str]:
    """What a release says, under the canonical base."""
    back = moved(BASE, release.base) or bytes
    with gzip.open(release.directory / "dumps" / "thidua.nq.gz") as lines:
        return {back(line).decode() for line in lines}


def betrayals(directory: Path) -> Iterator[str]:
    """Every file that spells the name or tells of the person by more than the tombstone, and how."""
    folded = fold(NAME)
    spellings = {
        NAME, unicodedata.normalize("NFD", NAME), NAME.lower(), NAME.upper(), folded, folded.replace(" ", "-"),
        quote(NAME), quote(NAME).lower(), quote(unicodedata.normalize("NFD", NAME)), folded.replace(" ", "%20"),
        NAME.encode("unicode_escape").decode(), f"/{KEY}/",
    }  # fmt: skip
    for path in sorted(directory.rglob("*")):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            content = gzip.decompress(content) if path.suffix == ".gz" else content
            yield from (f"{path}: {spelt}" for spelt in spellings if spelt.encode() in content)
    for store in directory.rglob("store"):
        said = "\n".join(map(str, Store.read_only(str(store))))
        yield from (f"{store}: {spelt}" for spelt in spellings if spelt in said)


def test_nothing_that_is_kept_names_the_person_any_more(settings: Settings) -> None:
    assert list(betrayals(settings.releases)), "the search for the name finds nothing even where it is"
    done(settings)
    assert list(betrayals(settings.releases)) == []
    assert unfinished(settings.releases) == []
    for release in kept(settings):
        assert verify(release.directory) == []


def test_releases_too_large_for_memory_are_cleaned_alike(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    room = settings.data.with_name("large")
    shutil.copytree(settings.data, room / "data")
    shutil.copytree(settings.releases, room / "releases", symlinks=True)
    large = replace(settings, data=room / "data", releases=room / "releases")
    erased = done(settings).erased
    monkeypatch.setattr(cleaning, "Candidate", partial(Candidate, in_memory=0))
    assert done(large).erased == erased
    assert list(betrayals(large.releases)) == []
    for one, other in zip(kept(settings), kept(large), strict=True):
        assert one.hash == other.hash
        assert verify(other.directory) == []
        for path in [*(path.relative_to(one.directory) for path in one.dumps), Path(INDEX)]:
            assert (one.directory / path).read_bytes() == (other.directory / path).read_bytes()


def test_the_event_stays_with_somebody_who_is_not_named(settings: Settings) -> None:
    done(settings)
    part = entity("participation", "bien-gioi-lang-son-2017-07-14", "an-danh-1", "chu-tri")
    said_now = statements(next(release for release in kept(settings) if release.quads != 15))
    told = {line for line in said_now if line.startswith(str(part))}
    said = " ".join(told)
    for term in (td.AnonymousParticipation, td.inConference, concept("participation-role", "chu-tri")):
        assert str(term) in said
    assert str(entity("witness", "s2", "whole", "stated")) in said
    assert str(td.person) not in said
    assert str(td.inCapacity) not in said
    role = str(entity("role", "bien-gioi-lang-son", "2017", "pho", "2004-182"))
    kept_role = " ".join(line for line in said_now if line.startswith(role))
    assert str(td.member) in kept_role
    assert str(td.representedBy) not in kept_role


def test_a_tombstone_stands_where_the_person_stood_and_nowhere_else(settings: Settings) -> None:
    unknowing = next(release for release in kept(settings) if release.quads == 15)
    before = manifest.survey(unknowing.directory)
    done(settings)
    for release in kept(settings):
        told = {line for line in statements(release) if str(PERSON) in line}
        if release.version == unknowing.version:
            assert told == set()
            assert manifest.survey(release.directory) == before
        else:
            graph = f"<{BASE}graph/withdrawals> .\n"
            assert told == {
                f"{PERSON} {rdf.type} {td.Tombstone} {graph}",
                f"{PERSON} {td.withdrawalReason} {concept('withdrawal-reason', 'request')} {graph}",
                f'{PERSON} {td.withdrawnOn} "2026-11-22"^^<http://www.w3.org/2001/XMLSchema#date> {graph}',
            }
            assert any(line.startswith(f"{td.Tombstone} {rdfs.label}") for line in statements(release))


def test_a_cleaned_release_keeps_its_name_and_its_day_and_says_when_and_why(settings: Settings) -> None:
    before = {release.version: release for release in kept(settings)}
    outcome = done(settings)
    assert len(outcome.erased) == 3
    for release in kept(settings):
        old = before[release.version]
        assert (release.base, release.manifest.created) == (old.base, old.manifest.created)
        if release.version in outcome.erased:
            (redaction,) = release.manifest.redactions
            assert (redaction.at, redaction.why, redaction.dataset) == ("2026-11-22T08:00:00Z", "withdrawal", old.hash)
    old, new = [release for release in kept(settings) if release.base == BASE and release.quads != 15]
    lines = list(difference.patch(difference.Difference(old, new)))
    given = statements(old)
    for line in lines:
        given = given | {line[2:].decode()} if line.startswith(b"A ") else given - {line[2:].decode()}
    assert given == statements(new)


def test_what_the_gate_found_about_the_person_is_in_the_report_no_more(settings: Settings) -> None:
    done(settings)
    (told,) = [json.loads(release.report().read_bytes()) for release in kept(settings) if "/conference/khac" in
               release.report().read_text("utf-8")]  # fmt: skip
    assert [finding["focus"] for finding in told["findings"]] == [entity("conference", "khac").value]
    assert told["counts"]["warning"] == 1


def test_the_name_goes_from_texts_addresses_and_keys_but_not_from_places_and_namesakes() -> None:
    store = tiny.store([*country(), *mentions()])
    erased = erasure.erase(store, Withdrawal(KEY, NOW.date(), "request"), Names([NAME]))
    said = "\n".join(map(str, store))
    award = entity("award", "bang-khen-an-danh")
    assert '"Ông […] nhận bằng khen"@vi' in said
    assert '"ong nhan bang khen"' in said
    assert "nguyen-van-mau.html" not in said
    assert str(entity("award-proposal", "bang-khen-an-danh")) in said
    assert Quad(award, td.recipientText, text("một người không nêu tên"), S2) in store
    assert Quad(entity("source", "tin-an-danh"), dcterms.identifier, string("tin-an-danh"), S2) in store
    assert '"UBND xã Nguyễn Văn Mẫu"@vi' in said
    assert erased.keys == {"bang-khen-nguyen-van-mau": "bang-khen-an-danh", "tin-nguyen-van-mau": "tin-an-danh"}
    assert erased.texts == (("Ông Nguyễn Văn Mẫu nhận bằng khen", "Ông […] nhận bằng khen"),)
    assert erased.namesakes == (entity("person", "zzzzzzz2").value,)
    assert said.count("Nguyễn Văn Mẫu") == 2


def test_of_a_large_dataset_only_what_speaks_of_the_person_is_held() -> None:
    """A build of ten million statements has to go through this once for everybody who was withdrawn."""
    store = tiny.store([*country(), *mentions(), *tiny.quads(3000)])
    work = erasure._Work(store, Withdrawal(KEY, NOW.date(), "request"), Names([NAME]))
    assert len(work.affected) < 120 < 15000 < len(store)


@pytest.mark.parametrize("written", ["Nguyễn Văn Mẫu", "NGUYỄN  VĂN MẪU", "nguyen van mau", "Nguyen-Van-Mau"])
def test_a_name_is_found_however_it_is_written(written: str) -> None:
    assert Names([NAME]).without(f"Ông {written}, chủ trì") == "Ông […], chủ trì"


@pytest.mark.parametrize("other", ["Nguyễn Văn Mậu", "xã Nguyễn Văn Mẫu", "Nguyễn Văn Mẫun", "thị trấn nguyen-van-mau"])
def test_what_only_looks_like_the_name_stays(other: str) -> None:
    assert Names([NAME]).without(other) == other


def test_two_who_were_at_one_conference_are_two_afterwards() -> None:
    other, conference = entity("person", "zzzzzzz2"), "bien-gioi-lang-son-2017-07-14"
    part = entity("participation", conference, "zzzzzzz2", "du")
    facts = (
        (rdf.type, td.Participation), (td.person, other), (td.inConference, entity("conference", conference)),
        (td.participationRole, concept("participation-role", "du")),
    )  # fmt: skip
    store = tiny.store([*country(), *(Quad(part, predicate, value, S2) for predicate, value in facts)])
    for key in (KEY, "zzzzzzz2"):
        erasure.erase(store, Withdrawal(key, NOW.date(), "request"), Names([]))
    parts = {quad.subject for quad in store.quads_for_pattern(None, rdf.type, td.AnonymousParticipation)}
    roles = {"an-danh-1": "chu-tri", "an-danh-2": "du"}
    assert parts == {entity("participation", conference, nobody, role) for nobody, role in roles.items()}


def test_the_sources_are_searched_for_what_is_left_in_them(settings: Settings) -> None:
    directory = settings.data / "records"
    holdings = directory / "holdings.csv"
    first = holdings.read_text("utf-8").splitlines()[0]
    holdings.write_text(f"{first}\n{KEY},{'x,' * (first.count(',') - 1)}\n", encoding="utf-8")
    with (settings.data / "keys.csv").open("a", encoding="utf-8") as file:
        file.write("award,bang-khen-nguyen-van-mau,2026-11-21,\n")
    told = [str(spot).replace(str(settings.data), "data") for spot in done(settings, dry=True).spots]
    keys = len((settings.data / "keys.csv").read_text("utf-8").splitlines())
    assert told == [
        f"data/records/persons.csv:4, column name: '{NAME}' → delete the row",
        f"data/records/holdings.csv:2, column person: '{KEY}' → delete the row",
        f"data/keys.csv:{keys - 1}, column note: '{NAME}' → empty the cell; the line stays",
        f"data/keys.csv:{keys}, column key: 'bang-khen-nguyen-van-mau' → "
        "write the key that the releases have now, here and in the records",
    ]


@pytest.mark.parametrize("file", ["records/participations.csv", "records/persons.csv", "keys.csv"])
def test_a_spreadsheet_that_cannot_be_read_keeps_nobody_in_a_release_and_is_told(file: str, settings: Settings) -> None:
    with (settings.data / file).open("ab") as stream:
        stream.write(b"x,2019,khoi\xff\n")
    for dry in (True, False):
        outcome = done(settings, dry=dry)
        (line,) = [line for line in telling.told(outcome, dry=dry) if "not in UTF-8" in line]
        assert file in line
        assert len(outcome.erased) == 3
    assert not any(list(betrayals(release.directory)) for release in kept(settings))
    assert unfinished(settings.releases) == []


def test_what_a_spreadsheet_under_a_wrong_heading_says_is_told_not_to_have_been_searched(settings: Settings) -> None:
    (settings.data / "records" / "stray.txt").write_text(NAME, encoding="utf-8")
    persons = settings.data / "records" / "persons.csv"
    persons.write_text(persons.read_text("utf-8").replace("name", "names", 1), encoding="utf-8")
    told = "\n".join(telling.told(done(settings)))
    assert "stray.txt: not a file that can be read" in told
    assert "no column has this heading" in told


@pytest.mark.parametrize("left", ["", '["Nguyễn Văn', '{"a": 1}', "[1]"])
def test_a_damaged_list_of_names_that_wait_stops_no_withdrawal_and_is_told(left: str, settings: Settings) -> None:
    waiting = settings.releases / f".withdrawing-{KEY}.json"
    waiting.write_text(left, encoding="utf-8")
    outcome = done(settings)
    assert [fault.file for fault in outcome.unread] == [str(waiting)]
    assert not any(list(betrayals(release.directory)) for release in kept(settings))
    assert unfinished(settings.releases) == []


def test_the_ledger_names_nobody_and_the_log_is_for_its_owner_alone(settings: Settings) -> None:
    words = Asked(PERSON.value, "vì lý do rất riêng", "Nguyễn Văn Mẫu")
    done(settings, words)
    assert (settings.data / "withdrawals.csv").read_text() == f"person,withdrawn,reason\n{KEY},2026-11-22,other\n"
    log = settings.releases.parent / "withdrawal-requests.jsonl"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    asked, end = map(json.loads, log.read_text("utf-8").splitlines())
    assert (asked["what"], asked["reason"], asked["requested_by"]) == ("asked", words.reason, words.requested_by)
    assert (end["what"], len(end["releases"])) == ("done", 3)
    assert "rất riêng" not in "".join(line for release in kept(settings) for line in statements(release))


def test_a_dry_run_says_what_would_go_and_changes_nothing(settings: Settings) -> None:
    before = manifest.survey(settings.releases.parent)
    outcome = done(settings, dry=True)
    assert {sum(erased.things.values()) for erased in outcome.erased.values()} == {5}
    after = manifest.survey(settings.releases.parent)
    assert {path for path in before.keys() ^ after.keys() if not path.endswith(".lock")} == set()
    assert {path: after[path] for path in before} == before


def test_asked_again_it_says_when_and_does_no_more(settings: Settings) -> None:
    done(settings)
    before = {release.version: release.manifest for release in kept(settings)}
    again = withdraw(settings, ASKED, now=NOW + datetime.timedelta(days=9), progress=Progress(io.StringIO()))
    assert (again.before, again.withdrawal.day, again.erased) == (True, NOW.date(), {})
    assert {release.version: release.manifest for release in kept(settings)} == before
    assert len(ledger.read(settings.data / ledger.NAME)) == 1


def test_a_release_that_cannot_be_read_is_told_and_the_others_are_clean(settings: Settings) -> None:
    broken = kept(settings)[0]
    (broken.directory / "dumps" / "thidua.nq.gz").chmod(0o644)
    (broken.directory / "dumps" / "thidua.nq.gz").write_bytes(b"")
    places = ("--releases", str(settings.releases), "--data", str(settings.data))
    first = thidua("withdraw", PERSON.value, "--reason", "request", *places)
    assert first.returncode == 1
    assert f"not clean, since they cannot be read: {broken.version}" in first.stderr
    assert unfinished(settings.releases) == [KEY]
    assert f"the withdrawal of {KEY} was broken off" in said_by_a_build(settings)
    shutil.rmtree(broken.directory)
    second = thidua("withdraw", PERSON.value, "--reason", "request", *places)
    assert second.returncode == 0, second.stderr
    assert "was withdrawn on" in second.stdout
    assert list(betrayals(settings.releases)) == []


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), OutsideError("no order: disk is full")])
def test_a_disk_that_fails_breaks_it_off_and_the_next_run_finishes(
    error: Exception, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {release.version: release.hash for release in kept(settings)}
    exchange, times = disk.exchange, iter(range(9))

    def failing(one: Path, other: Path) -> None:
        if next(times) == 1:
            raise error
        exchange(one, other)

    with monkeypatch.context() as patch:
        patch.setattr(disk, "exchange", failing)
        with pytest.raises(OutsideError, match=r"broken off, run it again: .*(No space left|is full)"):
            done(settings)
    after = {release.version: release.hash for release in kept(settings)}
    assert sum(after[version] != before[version] for version in after) == 1
    assert unfinished(settings.releases) == [KEY]
    done(settings)
    assert list(betrayals(settings.releases)) == []


def said_by_a_build(settings: Settings) -> str:
    """What a build says to who runs it."""
    stream = io.StringIO()
    tiny.build(settings, progress=Progress(stream))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("iri", "says"),
    [
        (f"{BASE}id/unit/2004/182", "only persons are withdrawn"),
        (f"{BASE}id/cluster/bien-gioi-lang-son", "only persons are withdrawn"),
        ("Nguyễn Văn Mẫu", "only persons are withdrawn"),
        (f"{BASE}id/person/qqqqqqq2", "no kept release and no record has a person qqqqqqq2"),
    ],
)
def test_what_cannot_be_withdrawn_is_refused_and_nothing_is_changed(iri: str, says: str, settings: Settings) -> None:
    with pytest.raises(UsageError, match=says):
        done(settings, Asked(iri, "request"))
    assert not (settings.data / ledger.NAME).exists()
    assert not settings.requests_file().exists()


def test_without_sources_nobody_is_withdrawn_only_to_come_back(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(UsageError, match="the next build would publish it again"):
        done(Settings(data=tmp_path / "elsewhere", releases=settings.releases))


@pytest.mark.parametrize(
    "line", [f"{KEY},gestern,request", f"{KEY},2026-11-22,why", "x", f"{KEY},2026-11-22,request\n" * 2]
)
def test_a_ledger_that_somebody_wrote_into_is_refused(line: str, tmp_path: Path) -> None:
    path = tmp_path / ledger.NAME
    path.write_text(f"person,withdrawn,reason\n{line.strip()}\n", encoding="utf-8")
    with pytest.raises(LedgerError):
        ledger.read(path)


@pytest.mark.parametrize("cell", [b"\xff", b"a" * 200_000])
def test_a_ledger_with_a_broken_byte_or_an_endless_cell_is_refused_with_its_line(cell: bytes, tmp_path: Path) -> None:
    path = tmp_path / ledger.NAME
    path.write_bytes(f"person,withdrawn,reason\n{KEY},2026-11-22,request\n".encode() + cell + b"\n")
    with pytest.raises(LedgerError, match="restore the file") as refused:
        ledger.read(path)
    assert (refused.value.file, refused.value.line) == (str(path), 3)


@pytest.mark.parametrize("made", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("elsewhere.csv")])
def test_a_ledger_that_is_no_file_does_not_mean_that_nobody_was_withdrawn(
    made: Callable[[Path], object], tmp_path: Path
) -> None:
    made(tmp_path / ledger.NAME)
    with pytest.raises(LedgerError, match="not a ledger of withdrawals"):
        ledger.read(tmp_path / ledger.NAME)
    parts.settle(tmp_path, tmp_path / ledger.NAME)


def test_a_ledger_whose_last_line_an_editor_left_open_gets_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / ledger.NAME
    path.write_text(f"person,withdrawn,reason\n{KEY},2026-11-22,request", encoding="utf-8")
    ledger.enter(path, Withdrawal("aaaaaaa2", NOW.date(), "legal"))
    assert [withdrawal.key for withdrawal in ledger.read(path)] == [KEY, "aaaaaaa2"]


@pytest.mark.parametrize(
    ("key", "way"),
    [("aaaaaaaz", "did you mean aaaaaaa2? write it as"), ("cum19900", "write it as the person's address has it")],
)
def test_a_slip_in_a_withdrawn_persons_key_does_not_leave_the_person_published(
    key: str, way: str, tmp_path: Path
) -> None:
    path = tmp_path / ledger.NAME
    ledger.enter(path, Withdrawal("bbbbbbb3", NOW.date(), "legal"))
    ledger.enter(path, Withdrawal(key, NOW.date(), "request"))
    error = made_up.fault(made_up.copy(tmp_path))
    assert (error.file, error.line, error.column, error.value) == (str(path), 3, "person", key)
    assert error.message == "nobody ever had this key"
    assert str(error.hint).startswith(way)


def built(data: Path) -> Store:
    """The records of some sources as a build has them, after the withdrawals of its ledger."""
    store = tiny.store(records.load(read_source(data / "records"), registry()))
    for withdrawal in ledger.read(data / ledger.NAME):
        erasure.erase(store, withdrawal, Names(erasure.names_of(withdrawal.person, store)))
        erasure.bury(store, withdrawal)
    return store


def test_the_next_build_is_the_same_before_and_after_the_rows_are_deleted(settings: Settings) -> None:
    directory, key = settings.data / "records", "aaaaaaa2"
    known = built(settings.data)
    ledger.enter(settings.data / ledger.NAME, Withdrawal(key, NOW.date(), "legal"))
    with_rows = built(settings.data)
    for name in ("persons.csv", "holdings.csv"):
        lines = (directory / name).read_text("utf-8").splitlines(keepends=True)
        (directory / name).write_text("".join(line for line in lines if not line.startswith(key)), encoding="utf-8")
    assert set(built(settings.data)) == set(with_rows)
    said = "\n".join(map(str, with_rows))
    assert said.count(key) == 3  # the tombstone's
    assert len(list(known.quads_for_pattern(None, td.person, entity("person", key)))) == 3
    assert len(list(with_rows.quads_for_pattern(None, rdf.type, td.AnonymousParticipation))) == 1
    assert len(list(with_rows.quads_for_pattern(None, rdf.type, td.Participation))) == 3


def test_no_part_is_kept_that_speaks_of_somebody_withdrawn(settings: Settings) -> None:
    """As long as a spreadsheet still does, what a build makes of it does not stay beside the releases."""

    def assess(candidate: Candidate, settings: Settings, progress: Progress) -> Report:
        candidate.add("country", country())
        candidate.keep("country", "a" * 64, None)
        return tiny.SOUND

    def made() -> list[Path]:
        builds.build(settings, now=NOW, progress=Progress(io.StringIO()), assess=assess)
        return list((settings.releases / parts.NAME).glob("*.nq"))

    assert [f"/{KEY}>".encode() in part.read_bytes() for part in made()] == [True]
    ledger.enter(settings.data / ledger.NAME, Withdrawal("aaaaaaa2", NOW.date(), "request"))
    assert len(made()) == 1
    ledger.enter(settings.data / ledger.NAME, Withdrawal(KEY, NOW.date(), "request"))
    assert made() == []


def kept_parts(settings: Settings) -> list[Path]:
    """What is kept beside the releases and names the person."""
    found = (settings.releases / parts.NAME).rglob("*")
    return [path for path in found if f"/{KEY}>".encode() in path.read_bytes()]


def refusing(candidate: Candidate, settings: Settings, progress: Progress) -> Report:
    """The person is in a part that is kept, and the gate refuses the build, unless the person was withdrawn."""
    if not ledger.read(settings.data / ledger.NAME):
        candidate.add("country", country())
        candidate.keep("country", "a" * 64, None)
    return tiny.report(Severity.VIOLATION, 1)


def test_a_build_that_is_refused_keeps_nothing_that_was_read_before_a_withdrawal(settings: Settings) -> None:
    """The ledger may have come from elsewhere, with the sources."""
    for entered in (False, True):
        if entered:
            assert kept_parts(settings)
            ledger.enter(settings.data / ledger.NAME, Withdrawal(KEY, NOW.date(), "request"))
        with pytest.raises(Blocked):
            builds.build(settings, now=NOW, progress=Progress(io.StringIO()), assess=refusing)
    assert kept_parts(settings) == []


def test_when_the_ledger_has_the_line_nothing_is_kept_any_more(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Blocked):
        builds.build(settings, now=NOW, progress=Progress(io.StringIO()), assess=refusing)
    assert kept_parts(settings)

    def killed(path: Path, withdrawal: Withdrawal) -> None:
        assert kept_parts(settings) == []
        raise OSError(5, "killed")

    monkeypatch.setattr(ledger, "enter", killed)
    with pytest.raises(OutsideError, match="killed"):
        done(settings)
    assert kept_parts(settings) == []


@pytest.mark.parametrize("lost", ["file", "line"])
def test_who_was_withdrawn_is_not_published_again_when_the_ledger_is_lost(settings: Settings, lost: str) -> None:
    done(settings)
    path = settings.data / ledger.NAME
    if lost == "file":
        path.unlink()
    else:
        path.write_text("person,withdrawn,reason\naaaaaaa2,2026-11-22,error\n")
    with pytest.raises(DataErrors, match=f"{ledger.NAME}: .* published again: '{KEY}' → .* 2026-11-22T"):
        builds.build(settings, now=NOW, progress=Progress(io.StringIO()))


@pytest.mark.parametrize(
    "line", ["nonsense", "[]", '{"what": "done", "iri": "x", "at": ""}', '{"what": "asked", "iri": "KEY", "at": ""}']
)
def test_the_log_speaks_of_nobody_but_who_was_withdrawn_here(settings: Settings, line: str) -> None:
    other = {"what": "done", "iri": "zzzzzzz2", "at": "2026-11-22T08:00:00Z"}
    settings.requests_file().write_text(f"{line.replace('KEY', KEY)}\n{json.dumps(other)}\n", encoding="utf-8")
    assert list(forgotten(settings)) == []
    settings.requests_file().unlink()
    assert list(forgotten(settings)) == []


def test_a_key_that_was_never_withdrawn_still_needs_its_row(settings: Settings) -> None:
    ledger.enter(settings.data / ledger.NAME, Withdrawal("bbbbbbb3", NOW.date(), "error"))
    persons = settings.data / "records" / "persons.csv"
    lines = persons.read_text("utf-8").splitlines(keepends=True)
    persons.write_text("".join(line for line in lines if "aaaaaaa2" not in line), encoding="utf-8")
    with pytest.raises(DataError, match="no row has this key"):
        built(settings.data)


def test_what_is_built_after_a_withdrawal_passes_the_gate(settings: Settings) -> None:
    store = built(settings.data)
    terms = list(ontology.load(ontology_files()))
    store.extend(terms)
    before = read_gate().judge(store)
    ledger.enter(settings.data / ledger.NAME, Withdrawal("aaaaaaa2", NOW.date(), "legal"))
    after = built(settings.data)
    after.extend(terms)
    found = read_gate().judge(after)
    assert {(f.rule.name) for f in found.findings} <= {f.rule.name for f in before.findings}


WITHDRAW = """
import datetime, io, sys
from pathlib import Path
from loaders.progress import Progress
from loaders.settings import Settings
from loaders.withdrawal.requests import Asked
from loaders.withdrawal.work import withdraw
settings = Settings(data=Path(sys.argv[1]), releases=Path(sys.argv[2]))
print("begun", flush=True)
now = datetime.datetime(2026, 11, 22, 8, tzinfo=datetime.UTC)
withdraw(settings, Asked(sys.argv[3], "request"), now=now, progress=Progress(io.StringIO()))
"""


def test_killed_at_any_moment_each_release_is_as_it_was_or_as_it_is_to_be(settings: Settings, tmp_path: Path) -> None:
    """Thirty times from the start, killed after a random while; then once more to the end."""
    for release in kept(settings):
        if not 1000 < release.quads < 2000:  # without the ontology it is quicker
            shutil.rmtree(release.directory)
    tiny.release(settings.releases, [*country(), *tiny.quads(1)])
    before = {release.version: release.hash for release in kept(settings)}
    shutil.copytree(settings.releases, tmp_path / "releases-as-they-were", symlinks=True)
    shutil.copytree(settings.data, tmp_path / "data-as-they-were")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WITHDRAW, str(settings.data), str(settings.releases), PERSON.value]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as whole:
        assert whole.stdout is not None
        assert whole.stdout.readline() == b"begun\n"
        began = time.monotonic()
    lasts = time.monotonic() - began
    after = {release.version: release.hash for release in kept(settings)}
    moments, halves = random.Random(7), 0
    for number in range(KILLS):
        for name in ("releases", "data"):
            shutil.rmtree(tmp_path / name)
            shutil.copytree(tmp_path / f"{name}-as-they-were", tmp_path / name, symlinks=True)
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        time.sleep(moments.uniform(0, lasts))
        process.kill()
        process.communicate()
        for release in kept(settings):
            assert verify(release.directory) == [], number
            assert release.hash in (before[release.version], after[release.version]), number
        halves += 0 < sum(release.hash == after[release.version] for release in kept(settings)) < len(after)
        done(settings)
        assert {release.version: release.hash for release in kept(settings)} == after, number
        assert list(betrayals(settings.releases)) == [], number
    assert halves, "not one kill met it at work"
