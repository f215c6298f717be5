"""A release small enough to be written many times in a test."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterable
from pathlib import Path

from pyoxigraph import Quad, Store

from loaders import build as builds
from loaders.candidate import Candidate
from loaders.gate.report import Finding, Report, Rule, Severity
from loaders.namespaces import BASE, concept, entity, graph, integer, rdf, rdfs, td, tds, text
from loaders.progress import Progress
from loaders.release import Release
from loaders.release.manifest import Redaction
from loaders.release.workshop import workshop
from loaders.release.writer import Draft, replace, write
from loaders.settings import Settings

NOW = datetime.datetime(2026, 11, 21, 8, tzinfo=datetime.UTC)


def quads(number: int = 3) -> list[Quad]:
    """A few clusters, said by two sources."""
    found = []
    for index in range(number):
        cluster = entity("cluster", f"cum-{index}")
        found += [
            Quad(cluster, rdf.type, td.EmulationCluster, graph("s0")),
            Quad(cluster, rdf.type, td.EmulationCluster, graph("s1")),
            Quad(cluster, rdfs.label, text(f'Cụm "biên giới" số {index}\n<{BASE}id/cluster/cum>'), graph("s0")),
            Quad(cluster, td.clusterKind, concept("cluster-kind", "cum"), graph("s1")),
            Quad(cluster, td.statedMemberCount, integer(index), graph("s1")),
        ]
    return found


def store(found: Iterable[Quad]) -> Store:
    """The quads in memory, as the engine keeps them."""
    kept = Store()
    kept.bulk_extend(found)
    return kept


def report(severity: Severity = Severity.WARNING, number: int = 0) -> Report:
    """What a gate says that found so many things."""
    rule = Rule(tds["x"], severity, "sửa đi", "mend it")
    return Report(tuple(Finding(rule, entity("cluster", str(n)), place=f"clusters.csv:{n + 2}") for n in range(number)))


SOUND = report()


def draft(found: Iterable[Quad], *, base: str = BASE, now: datetime.datetime = NOW, report: Report = SOUND) -> Draft:
    """What a release of the quads is made from."""
    return Draft(store(found), report, base, now, "0", "inputs")


def release(releases: Path, found: Iterable[Quad] | int = 3, **facts: object) -> Release:
    """A release of the quads, or of so many clusters, on disk."""
    made = draft(quads(found) if isinstance(found, int) else found, **facts)  # type: ignore[arg-type]
    with workshop(releases) as room:
        return write(made, room, releases)


def replaced(old: Release, number: int) -> Release:
    """The release holds so many clusters instead, under its name."""
    redaction = Redaction("2026-11-22T08:00:00Z", "withdrawal", old.hash)
    with workshop(old.directory.parent) as room:
        return replace(old, draft(quads(number), base=old.base), room, redaction)


def build(
    settings: Settings,
    found: Iterable[Quad] | int = 3,
    *,
    report: Report = SOUND,
    now: datetime.datetime = NOW,
    progress: Progress | None = None,
    force: bool = False,
) -> Release:
    """A build whose sources are the quads, or so many clusters, and whose gate says what it is told to say."""

    def assess(candidate: Candidate, settings: Settings, progress: Progress) -> Report:
        candidate.add("tiny", quads(found) if isinstance(found, int) else found)
        return report

    progress = progress or Progress(io.StringIO())
    return builds.build(settings, now=now, progress=progress, force=force, assess=assess)
