"""The build: sources → candidate → gate → release."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from pyoxigraph import Store

from loaders import ontology, parts, records, registry, resources, revision
from loaders.candidate import Candidate
from loaders.errors import Blocked, DamagedRelease, DataErrors, Incomplete, OutsideError, SourceError
from loaders.fingerprint import fingerprint, judging, reading
from loaders.gate import gate, last
from loaders.gate.reach import Change
from loaders.gate.report import Report
from loaders.gazetteer import Registry
from loaders.namespaces import BASE
from loaders.parts import Kept
from loaders.progress import Progress
from loaders.provenance import Provenance, describe
from loaders.records import Keeping
from loaders.registry.territory import Territory
from loaders.release import Release, journal, open_release
from loaders.release.journal import Entry
from loaders.release.orders import ORDERING
from loaders.release.pointer import stamp
from loaders.release.workshop import workshop
from loaders.release.writer import Draft, write
from loaders.settings import Settings
from loaders.software import version
from loaders.source import read_source
from loaders.withdrawal import erasure, ledger
from loaders.withdrawal.ledger import Withdrawal
from loaders.withdrawal.names import Names
from loaders.withdrawal.work import forgotten, unfinished

# The part that says who was withdrawn. It stands only where no other one speaks of them: then nobody is taken out.
_TOMBSTONES = "withdrawals"

Assess = Callable[[Candidate, Settings, Progress], Report]


def assess(candidate: Candidate, settings: Settings, progress: Progress) -> Report:
    """Every source stands in the candidate, each statement in the graph of the source that makes it, and is judged."""
    if lost := list(forgotten(settings)):
        raise DataErrors(lost)
    provenance, key = Provenance(), reading(settings)
    territory = registry.read(settings.data / "registry", settings.history_file())
    for note in registry.notes(territory):
        progress.say(note)
    units, staff = Registry(territory.units), read_source(settings.data / "records")
    progress.stage("reading ontology, sources and registry")
    candidate.add("ontology", provenance.watch(ontology.load(resources.ontology_files())), progress.count)
    candidate.add("sources", provenance.watch(quad for each in territory.sources for quad in describe(each)))
    _add_registry(candidate, territory, provenance, key, progress)
    progress.stage("reading records")
    keeping = Keeping(candidate.kept, key) if candidate.kept else None
    told = records.read(staff, units, candidate.directory, keeping, progress.count)
    candidate.take(told.parts, told.keys, told.graphs)
    provenance.note(set().union(*told.graphs.values()), told.licenses)
    candidate.add("provenance", provenance.quads())
    withdraw(candidate, settings)
    change = follow(candidate, settings)
    candidate.settle(progress.stage)
    judged = "passing it through the gate"
    if candidate.prints is not None:
        judged = f"{judged}, {ORDERING}"
    progress.stage(judged)
    tell = partial(progress.stage, judged)
    return gate(candidate, sources=[staff], origin=told.origins, change=change, tell=tell)


def withdraw(candidate: Candidate, settings: Settings) -> None:
    """The candidate, of which all other parts are there, says nothing of those who were withdrawn, but that."""
    withdrawn = ledger.read(settings.data / ledger.NAME)
    if withdrawn and candidate.speaks_of(each.key for each in withdrawn):
        candidate.change(lambda store: _withdraw(store, withdrawn))
    elif withdrawn:
        candidate.add(_TOMBSTONES, dict.fromkeys(quad for each in withdrawn for quad in erasure.tombstone(each)))


def follow(candidate: Candidate, settings: Settings) -> Change | None:
    """The candidate follows the last release, if it can; what came and went since its build, if that can be told."""
    change = None if _erased(candidate, settings) else last.change(candidate, judging(settings))
    if change is not None:
        candidate.former = revision.former(candidate, settings)
    return change


def _withdraw(store: Store, withdrawn: Iterable[Withdrawal]) -> None:
    """The store says nothing of those who were withdrawn, but that."""
    for withdrawal in withdrawn:
        names = erasure.names_of(withdrawal.person, store)
        erasure.erase(store, withdrawal, Names(names))
        erasure.bury(store, withdrawal)


def _erased(candidate: Candidate, settings: Settings) -> bool:
    """Whether somebody was taken out of the store who is in the parts still."""
    return _TOMBSTONES not in candidate.parts and bool(ledger.read(settings.data / ledger.NAME))


def _add_registry(
    candidate: Candidate, territory: Territory, provenance: Provenance, key: str, progress: Progress
) -> None:
    """The registry stands in the candidate, as it was kept or made now."""
    noted = candidate.recall("registry", key)
    if noted is None:
        own = Provenance()
        candidate.add("registry", own.watch(registry.load(territory)), progress.count)
        noted = own.noted
        candidate.keep("registry", key, noted)
    provenance.note(*noted)


def build(
    settings: Settings,
    *,
    now: datetime.datetime,
    progress: Progress,
    force: bool = False,
    assess: Assess = assess,
) -> Release:
    """A release of the sources is there; Blocked, with the report, when the gate refuses them.

    When nothing changed since the last build, its release is the result, unless `force` is given. Incomplete when the
    release is there, and what is to follow it could not be written.
    """
    with workshop(settings.releases, lambda: progress.say("another build is at work here: waiting for it")) as room:
        for key in unfinished(settings.releases):
            progress.say(f"the withdrawal of {key} was broken off → thidua withdraw person/{key} --reason request")
        if force:
            parts.clear(settings.releases)
        parts.settle(settings.releases, settings.data / ledger.NAME)
        inputs = fingerprint(settings)
        if not force and (release := unchanged(settings.releases, inputs)):
            progress.say(f"nothing changed since {release.version}")
            return release
        kept, printed = Kept.beside(settings.releases, room), settings.base_iri == BASE
        candidate = Candidate(room / "candidate", kept=kept, printed=printed)
        candidate.directory.mkdir()
        report = assess(candidate, settings, progress)
        if fingerprint(settings) != inputs:
            hint = "run it again"
            raise SourceError("the sources were changed while they were read", file=str(settings.data), hint=hint)
        if report.blocks:
            raise Blocked(report)
        release = write(
            _draft(candidate, report, settings, now, inputs),
            room,
            settings.releases,
            progress.stage,
            lambda written: revision.keep(candidate, written),
        )
        try:
            with journal.locked(settings.releases):
                journal.append(settings.releases, Entry("build", release.version, stamp(now), inputs))
            _accept(candidate, release.version, settings, report)
        except (OSError, OutsideError) as error:
            missing = "its line in the journal, or what the next build takes over, could not be written"
            raise Incomplete(f"{release.version} is there, whole; {missing}: {error} → build again") from error
        return release


def _draft(candidate: Candidate, report: Report, settings: Settings, now: datetime.datetime, inputs: str) -> Draft:
    return Draft(
        candidate.store,
        report,
        settings.base_iri,
        now,
        version(),
        inputs,
        files=() if _erased(candidate, settings) else candidate.files,
        lines=candidate.lines,
        prints=candidate.prints,
        former=candidate.former,
    )


def _accept(candidate: Candidate, version: str, settings: Settings, report: Report) -> None:
    """What is kept is what this build needed and what was found in it, for the next one."""
    if candidate.kept is None:
        return
    if not _erased(candidate, settings):
        candidate.kept.accept(version, candidate.directory, candidate.parts, candidate.used)
        last.keep(candidate.kept, version, judging(settings), report)
    elif candidate.kept.speaks_of(each.key for each in ledger.read(settings.data / ledger.NAME)):
        # Until the sources are corrected, nothing that was made of them stays where releases are.
        parts.clear(settings.releases)
    else:
        # Whoever was withdrawn is taken out of the store, and may be named in the parts.
        candidate.kept.forget()
        candidate.kept.sweep({*candidate.parts.values(), *candidate.used})


def unchanged(releases: Path, inputs: str) -> Release | None:
    """The release built last, if it was made from the same inputs and is still whole."""
    built = [entry for entry in journal.entries(releases) if entry.action == "build"]
    if not built or built[-1].inputs != inputs:
        return None
    try:
        return open_release(releases / built[-1].version)
    except DamagedRelease:
        return None
