"""The ground: a directory of releases of the tiny country, in which one made-up person after the other is withdrawn.

Each command is a function that a fork runs. Clocks are set back and forth: every command has a moment of its own.
"""

from __future__ import annotations

import contextlib
import datetime
import gzip
import io
import random
import shutil
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import quote

from pyoxigraph import Quad, RdfFormat, Store, parse

from bench.faults.fork import tell
from loaders import build as builds
from loaders import fingerprint, parts, records, revision
from loaders.candidate import Candidate
from loaders.gate.report import Report
from loaders.identity import fold
from loaders.namespaces import BASE
from loaders.progress import Progress
from loaders.records import Keeping
from loaders.release import blocks, current, journal, mark, pointer, share, versions
from loaders.release.verification import verify
from loaders.resources import ROOT
from loaders.settings import Settings
from loaders.source import read_source
from loaders.withdrawal import erasure, ledger
from loaders.withdrawal.names import Names
from loaders.withdrawal.requests import Asked
from loaders.withdrawal.work import withdraw
from tests import tiny
from tests.country import COUNTRY
from tests.made_up import registry

KEY, NAME = "bcbspuqy", "Nguyễn Văn Mẫu"
_WORDS = (
    "An",
    "Binh",
    "Cuong",
    "Dung",
    "Giang",
    "Ha",
    "Khoa",
    "Lam",
    "Minh",
    "Nam",
    "Oanh",
    "Phuc",
    "Quy",
    "Son",
    "Tam",
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_HOUSE = frozenset({"current", journal.NAME, parts.NAME, ".build.lock", ".journal.lock"})
_YEARS = datetime.timedelta(days=800)


@dataclass(frozen=True)
class Person:
    """The person of the country, under another key and name for each number."""

    number: int

    @property
    def key(self) -> str:
        """Eight characters."""
        number, found = self.number, "pq"
        for _ in range(6):
            number, at = divmod(number, len(_LETTERS))
            found += _LETTERS[at]
        return found

    @property
    def name(self) -> str:
        """Four words, which are no other person's."""
        number, words = self.number, []
        for _ in range(3):
            number, at = divmod(number, len(_WORDS))
            words.append(_WORDS[at])
        return " ".join(["Đặng", *words])

    def country(self) -> list[Quad]:
        """The tiny country with this person in it."""
        said = _country().replace(KEY, self.key).replace(NAME, self.name).replace(fold(NAME), fold(self.name))
        return list(parse(said, RdfFormat.N_QUADS))

    def spellings(self) -> set[str]:
        """How the name may be spelt; and the key, where more than the tombstone is said."""
        folded = fold(self.name)
        return {self.name, folded, folded.replace(" ", "-"), quote(self.name), f"/{self.key}/"}


@cache
def _country() -> str:
    quads = (quad for path in sorted(COUNTRY.glob("*.trig")) for quad in parse(path=path, format=RdfFormat.TRIG))
    return "".join(f"{quad} .\n" for quad in quads)


@dataclass
class Ground:
    """The directory, who is in the country now, and what was found wrong."""

    room: Path
    chance: random.Random
    number: int = 0
    person: Person = field(default_factory=lambda: Person(0))
    sound: set[tuple[str, tuple[int, int] | None]] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        shutil.copytree(ROOT / "tests" / "fixtures" / "records", self.room / "data")
        self.releases.mkdir()
        # The software does not change meanwhile, and to hash it takes half of a build.
        known = list(fingerprint._code(ROOT))
        fingerprint._code = lambda _: iter(known)
        # So that there are enough of them for a release to take over most from the one before.
        blocks._ONE_OF = 3

    @property
    def releases(self) -> Path:
        """The directory of the releases."""
        return self.room / "releases"

    @property
    def settings(self) -> Settings:
        """Where its sources and releases are."""
        return Settings(data=self.room / "data", releases=self.releases)

    def introduce(self, person: Person) -> None:
        """The person is in the country, and in a spreadsheet."""
        self.strike()
        self.person = person
        with (self.room / "data" / "keys.csv").open("a", encoding="utf-8") as file:
            file.write(f"person,{person.key},2026-11-21,\n")
        with self._persons.open("a", encoding="utf-8") as file:
            file.write(f"{person.key},{person.name},t1,80,94,stated,\n")

    def strike(self) -> None:
        """The spreadsheet says nothing of the person any more."""
        lines = self._persons.read_text("utf-8").splitlines(keepends=True)
        self._persons.write_text("".join(line for line in lines if self.person.key not in line), encoding="utf-8")

    @property
    def _persons(self) -> Path:
        return self.room / "data" / "records" / "persons.csv"

    def now(self) -> datetime.datetime:
        """What the clock says, which somebody has set again."""
        return tiny.NOW + self.chance.uniform(-1, 1) * _YEARS

    # What forks do.

    def build(self, number: int | None = None, *, large: bool = False, following: bool = False) -> str:
        """A release of the country as it is now; or with so many clusters, and then nothing that is kept is used."""
        if number is None:
            (self.room / "data" / "number.txt").write_text(str(self.number))
        facts = self.settings, self.person, number or self.number, self.now()
        return build(*facts, force=number is not None, large=large, following=following)

    def follow(self) -> str:
        """The same, as a change of the release built last."""
        return self.build(following=True)

    def build_by_many(self) -> str:
        """The same, in which processes share and the candidate is on the disk, as in that of a large country."""
        share._ALONE = 0
        return self.build(large=True)

    def publish(self) -> str:
        """The release built last is published, even if it was rolled back."""
        tell("publishing")
        return pointer.publish(self.releases, pointer.newest(self.releases), now=self.now())

    def rollback(self) -> str:
        """What was published before is published."""
        tell("rolling back")
        return pointer.rollback(self.releases, now=self.now())

    def withdraw(self) -> int:
        """The person is withdrawn."""
        return take_out(self.settings, self.person, self.now())

    def examine(self) -> tuple[list[str], set[tuple[str, tuple[int, int] | None]]]:
        """What is wrong with the releases and the journal, and which of the releases are sound."""
        return examine(self.releases, self.sound)


class _Told(io.StringIO):
    """What a command says of its progress is what its process is at."""

    def isatty(self) -> bool:
        """Commands say more to a terminal."""
        return True

    def write(self, text: str) -> int:
        """It is told."""
        if text.strip():
            tell(text.strip(" …\n"))
        return len(text)


def build(
    settings: Settings,
    person: Person,
    number: int,
    now: datetime.datetime,
    *,
    force: bool,
    large: bool,
    following: bool,
) -> str:
    """A release of the country and so many clusters is there; its version."""

    def take_out(store: Store) -> None:
        for withdrawal in withdrawn:
            erasure.erase(store, withdrawal, Names([person.name]))
            erasure.bury(store, withdrawal)

    withdrawn = [each for each in ledger.read(settings.data / ledger.NAME) if each.key == person.key]

    def assess(candidate: Candidate, settings: Settings, progress: Progress) -> Report:
        candidate.in_memory = 0 if large else candidate.in_memory
        candidate.add("country", [*person.country(), *tiny.quads(number)])
        keeping = Keeping(candidate.kept, "bench") if candidate.kept else None
        told = records.read(read_source(settings.data / "records"), registry(), candidate.directory, keeping)
        candidate.take(told.parts, told.keys)
        if withdrawn:
            candidate.change(take_out)
        elif following:
            candidate.former = revision.former(candidate, settings)
        candidate.settle(progress.stage)
        return tiny.SOUND

    return builds.build(settings, now=now, progress=Progress(_Told()), force=force, assess=assess).version


def take_out(settings: Settings, person: Person, now: datetime.datetime) -> int:
    """The person is withdrawn; from how many releases."""
    asked = Asked(f"{BASE}id/person/{person.key}", "request")
    return len(withdraw(settings, asked, now=now, progress=Progress(_Told())).erased)


def examine(
    releases: Path, sound: set[tuple[str, tuple[int, int] | None]]
) -> tuple[list[str], set[tuple[str, tuple[int, int] | None]]]:
    """What is wrong with a directory of releases, of which some are known to be sound; and those that are."""
    found, published = [], current(releases)
    marked = {(version, mark(releases / version)) for version in versions(releases)}
    for version in sorted(version for version, _ in marked - sound):
        found += [f"{version}: {fault}" for fault in verify(releases / version)]
    if published is not None:
        if published not in versions(releases):
            found.append(f"current leads to {published}, which is not there")
        if pointer.history(releases)[-1:] != [published]:
            found.append(f"the journal ends with {pointer.history(releases)[-1:]}, and {published} is published")
    return found, marked if not found else sound


def left_over(settings: Settings) -> list[str]:
    """What a command left behind in the directories of releases and sources."""
    known = _HOUSE | set(versions(settings.releases))
    found = [path for path in settings.releases.iterdir() if path.name not in known]
    found += [path for path in settings.data.iterdir() if path.name.startswith(".")]
    return sorted(path.name for path in found)


def betrayals(directory: Path, person: Person) -> list[str]:
    """Every file below a directory that spells the name of the person, however it is packed."""
    spellings = {spelt.encode() for spelt in person.spellings()}
    found = []
    for path in sorted(directory.rglob("*")):
        if path.is_file() and not path.is_symlink():
            said = b"\n".join(_unpacked(path))
            found += [f"{path}: {spelt.decode()}" for spelt in spellings if spelt in said]
    for store in directory.rglob("store"):
        said = "\n".join(map(str, Store.read_only(str(store)))).encode()
        found += [f"{store}: {spelt.decode()}" for spelt in spellings if spelt in said]
    return found


def _unpacked(path: Path) -> Iterator[bytes]:
    content = path.read_bytes()
    yield content
    if content[:2] == b"\x1f\x8b":
        yield gzip.decompress(content)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from map(archive.read, archive.namelist())
    if content[:15] == b"SQLite format 3":
        yield "\n".join(_said(path)).encode()


def _said(path: Path) -> Iterable[str]:
    """All that a database says, the words of its full-text tables too."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            with contextlib.suppress(sqlite3.OperationalError):  # a table of the search that keeps no text
                yield from (str(row) for row in database.execute(f'SELECT * FROM "{name}"'))
