"""The build: sources → candidate → gate → release."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from pathlib import Path

from pyoxigraph import Quad

from loaders import ontology, records, registry, resources
from loaders.candidate import Candidate
from loaders.errors import Blocked, DamagedRelease
from loaders.fingerprint import fingerprint
from loaders.gate import gate
from loaders.gate.report import Report
from loaders.gazetteer import Registry
from loaders.progress import Progress
from loaders.provenance import Provenance, describe
from loaders.release import Release, journal, open_release
from loaders.release.journal import Entry
from loaders.release.pointer import stamp
from loaders.release.workshop import workshop
from loaders.release.writer import Draft, write
from loaders.settings import Settings
from loaders.software import version
from loaders.source import read_source
from loaders.withdrawal import erasure, ledger
from loaders.withdrawal.names import Names
from loaders.withdrawal.work import unfinished

Assess = Callable[[Candidate, Settings, Progress], Report]


def assess(candidate: Candidate, settings: Settings, progress: Progress) -> Report:
    """Every source stands in the candidate, each statement in the graph of the source that makes it, and is judged."""
    provenance = Provenance()

    def add(name: str, quads: Iterable[Quad]) -> None:
        progress.stage(f"reading {name}")
        candidate.add(name, provenance.watch(quads), progress.count)

    territory = registry.read(settings.data / "registry", settings.history_file())
    for note in registry.notes(territory):
        progress.say(note)
    units, staff = Registry(territory.units), read_source(settings.data / "records")
    add("ontology", ontology.load(resources.ontology_files()))
    add("sources", (quad for source in territory.sources for quad in describe(source)))
    add("registry", registry.load(territory))
    add("records", records.load(staff, units))
    add("provenance", provenance.quads())
    for withdrawal in ledger.read(settings.data / ledger.NAME):
        names = erasure.names_of(withdrawal.person, candidate.store)
        erasure.erase(candidate.store, withdrawal, Names(names))
        erasure.bury(candidate.store, withdrawal)
    progress.stage("passing it through the gate")
    return gate(candidate, sources=[staff], origin=lambda nodes: records.origins(staff, units, nodes))


def build(
    settings: Settings,
    *,
    now: datetime.datetime,
    progress: Progress,
    force: bool = False,
    assess: Assess = assess,
) -> Release:
    """A release of the sources is there; Blocked, with the report, when the gate refuses them.

    When nothing changed since the last build, its release is the result, unless `force` is given.
    """
    with workshop(settings.releases, lambda: progress.say("another build is at work here: waiting for it")) as room:
        for key in unfinished(settings.releases):
            progress.say(f"the withdrawal of {key} was broken off → thidua withdraw person/{key} --reason request")
        inputs = fingerprint(settings)
        if not force and (release := unchanged(settings.releases, inputs)):
            progress.say(f"nothing changed since {release.version}")
            return release
        candidate = Candidate(room / "candidate")
        candidate.directory.mkdir()
        report = assess(candidate, settings, progress)
        if report.blocks:
            raise Blocked(report)
        draft = Draft(candidate.store, report, settings.base_iri, now, version(), inputs)
        release = write(draft, room, settings.releases, progress.stage)
        with journal.locked(settings.releases):
            journal.append(settings.releases, Entry("build", release.version, stamp(now), inputs))
        return release


def unchanged(releases: Path, inputs: str) -> Release | None:
    """The release built last, if it was made from the same inputs and is still whole."""
    built = [entry for entry in journal.entries(releases) if entry.action == "build"]
    if not built or built[-1].inputs != inputs:
        return None
    try:
        return open_release(releases / built[-1].version)
    except DamagedRelease:
        return None
