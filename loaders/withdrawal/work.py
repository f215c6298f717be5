"""The work of a withdrawal: note who asked, enter the ledger, clean every kept release, tell what is left to do.

The ledger comes first, so that no build brings back what is being taken out. Names that were found wait in a file until
everything is clean: whoever is killed in between loses nothing, and the next run finishes.
"""

from __future__ import annotations

import datetime
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from loaders import parts
from loaders.errors import DamagedRelease, DataError, LedgerError, UsageError
from loaders.progress import Progress
from loaders.records.ledger import read_ledger
from loaders.release import Release, disk, manifest, versions
from loaders.release.pointer import stamp
from loaders.release.workshop import workshop
from loaders.settings import Settings
from loaders.withdrawal import kept, ledger, places, requests
from loaders.withdrawal.erasure import Erased
from loaders.withdrawal.ledger import Withdrawal
from loaders.withdrawal.names import Names
from loaders.withdrawal.places import Spot
from loaders.withdrawal.requests import Asked

_UNFINISHED = ".withdrawing-"
_PERSON = re.compile(r"(?:(?:https?://[^?#]*/|/)?(?:(?:id|doc)/)?person/)?([0-9a-z]{8})(?:\.[a-z]+)?(?:[?#].*)?")


@dataclass(frozen=True)
class Outcome:
    """What a withdrawal did: the ledger's line, what went from each release, and where the sources name the person.

    `unclean` are releases that cannot be read, with the reason; `before` says that the ledger had the line already;
    `unread` is what else could not be read, and so was not searched.
    """

    withdrawal: Withdrawal
    erased: dict[str, Erased]
    spots: list[Spot]
    unclean: dict[str, str]
    before: bool = False
    unread: list[DataError] = field(default_factory=list)


def key_of(iri: str) -> str:
    """The key of the person that an IRI, an address of a page or a key names; UsageError for anything else.

    >>> key_of("https://w3id.org/thidua/id/person/k7m2q4xa"), key_of("http://127.0.0.1:8000/doc/person/k7m2q4xa?lang=en")
    ('k7m2q4xa', 'k7m2q4xa')
    """
    if match := _PERSON.fullmatch(iri):
        return match[1]
    raise UsageError(
        f"only persons are withdrawn, …/id/person/ and eight characters, and {iri} is none → of other things correct "
        "or delete the rows in the records, build and publish; a release that must not be kept is deleted with rm -r"
    )


def reason_of(words: str) -> str:
    """The reason that is published for the words that were given: one of the ledger's, or `other`."""
    return words if words in ledger.REASONS else "other"


def withdraw(
    settings: Settings, asked: Asked, *, now: datetime.datetime, progress: Progress, dry: bool = False
) -> Outcome:
    """Nothing that is published or kept names the person; with `dry`, what would go, and nothing is changed.

    Releases that cannot be read are passed over and told; running it again finishes what was broken off.
    """
    key = key_of(asked.iri)
    _look(settings)

    def waiting() -> None:
        progress.say("a build is at work here: waiting for it")

    with workshop(settings.releases, waiting, "the withdrawal was broken off, run it again") as room:
        found = dict(_kept(settings.releases))
        whole = {version: release for version, release in found.items() if isinstance(release, Release)}
        path = settings.data / ledger.NAME
        known = {each.key: each for each in ledger.read(path)}
        withdrawal = known.get(key) or Withdrawal(key, now.date(), reason_of(asked.reason))
        work = _Work(settings, withdrawal, room, progress, stamp(now))
        outcome = Outcome(withdrawal, {}, [], _unreadable(found), key in known)
        names = work.names(whole, outcome)
        if not names.all and key not in known:
            raise UsageError(f"no kept release and no record has a person {key} → is the IRI right? thidua releases")
        if not dry:
            work.begin(names, asked, now, key in known)
        work.clean_all(whole, names, outcome, dry)
        outcome.spots.extend(places.spots(settings.data, key, names, outcome.unread))
        if not dry and not outcome.unclean:
            work.end(asked, now, outcome)
        return outcome


def unfinished(releases: Path) -> list[str]:
    """The keys of persons who are still in some release, since a withdrawal was broken off."""
    return sorted(path.stem.removeprefix(_UNFINISHED) for path in releases.glob(f"{_UNFINISHED}*.json"))


def forgotten(settings: Settings) -> Iterator[LedgerError]:
    """An error for each person whose withdrawal was done, by the log, and who does not stand in the ledger.

    The log may belong to other sources as well: who is no person of these is passed over.
    """
    path = settings.data / ledger.NAME
    known = {each.key for each in ledger.read(path)}
    done = requests.done(settings.requests_file())
    gone = {match[1]: at for iri, at in done.items() if (match := _PERSON.fullmatch(iri))}
    if gone.keys() <= known:
        return
    minted = read_ledger(settings.data / "keys.csv").keys("person")
    for key in sorted(gone.keys() & minted - known):
        yield LedgerError(
            "somebody was withdrawn who does not stand here, and would be published again",
            file=str(path),
            value=key,
            hint=f"restore the file from a commit after {gone[key]}, when that was done",
        )


@dataclass(frozen=True)
class _Work:
    """One withdrawal under way."""

    settings: Settings
    withdrawal: Withdrawal
    room: Path
    progress: Progress
    at: str

    @property
    def _waiting(self) -> Path:
        return self.settings.releases / f"{_UNFINISHED}{self.withdrawal.key}.json"

    def names(self, whole: dict[str, Release], outcome: Outcome) -> Names:
        """What the person is called in the records, in any release, and was when an earlier run was broken off."""
        key = self.withdrawal.key
        found = places.names_in(self.settings.data, key)
        try:
            found.update(self._waited())
        except DataError as error:
            outcome.unread.append(error)
        for version, release in whole.items():
            self.progress.stage(f"looking into {version}")
            try:
                found |= kept.names_in(release, key)
            except DamagedRelease as error:
                outcome.unclean[version] = str(error)
        return Names(found)

    def _waited(self) -> list[str]:
        """The names that an earlier run left waiting; DataError when they cannot be read."""
        try:
            found = json.loads(self._waiting.read_bytes()) if self._waiting.exists() else []
            if isinstance(found, list) and all(isinstance(name, str) for name in found):
                return found
        except ValueError:
            pass
        hint = f"a spelling that stands nowhere else: a row in persons.csv with the key {self.withdrawal.key}"
        raise DataError("damaged; names that only it had were not looked for", file=str(self._waiting), hint=hint)

    def begin(self, names: Names, asked: Asked, now: datetime.datetime, known: bool) -> None:
        """It is noted who asked, the names wait for the end, nothing is kept that has them, the ledger has the line."""
        requests.note(self.settings.requests_file(), asked, "asked", now)
        fresh = self.room / "names.json"
        fresh.write_text(json.dumps(names.all, ensure_ascii=False), encoding="utf-8")
        fresh.chmod(0o600)
        disk.sync(fresh)
        disk.move(fresh, self._waiting)
        # Before the ledger: as soon as it has the line, nothing that is kept was read without it.
        parts.clear(self.settings.releases)
        if not known:
            ledger.enter(self.settings.data / ledger.NAME, self.withdrawal)

    def clean_all(self, whole: dict[str, Release], names: Names, outcome: Outcome, dry: bool) -> None:
        """Every release that can be read is without the person, or, `dry`, as it was; the outcome says what went."""
        for version, release in whole.items():
            if version in outcome.unclean:
                continue
            self.progress.stage(f"taking the person out of {version}")
            space = self.room / version
            space.mkdir()
            try:
                cleaned = kept.clean(release, self.withdrawal, names, space)
                if cleaned.erased:
                    outcome.erased[version] = cleaned.erased
                if cleaned.erased and not dry:
                    cleaned.write(space, self.at, self.progress.stage)
            except DamagedRelease as error:
                outcome.unclean[version] = str(error)
            # What the release held before goes now: what is done is done even if the next one fails.
            shutil.rmtree(space)

    def end(self, asked: Asked, now: datetime.datetime, outcome: Outcome) -> None:
        """No name waits any more, and it is noted what was done."""
        self._waiting.unlink()
        disk.sync(self._waiting.parent)
        requests.note(self.settings.requests_file(), asked, requests.DONE, now, releases=sorted(outcome.erased))


def _look(settings: Settings) -> None:
    """Nothing, when there are sources to enter it in and releases; UsageError otherwise, before anything is made."""
    if not (settings.data / "keys.csv").is_file():
        raise UsageError(f"no sources in {settings.data}, so that the next build would publish it again → --data DIR")
    if not settings.releases.is_dir():
        raise UsageError(f"no releases in {settings.releases} → --releases DIR")


def _kept(releases: Path) -> Iterator[tuple[str, Release | str]]:
    """Every release by its version; one that cannot be read by the reason."""
    for version in versions(releases):
        try:
            yield version, Release((releases / version).resolve(), manifest.read(releases / version))
        except DamagedRelease as error:
            yield version, str(error)


def _unreadable(found: dict[str, Release | str]) -> dict[str, str]:
    return {version: why for version, why in found.items() if isinstance(why, str)}
