"""A release small enough to be written many times in a test."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path

from pyoxigraph import Quad, Store

from loaders.namespaces import BASE, concept, entity, graph, integer, rdf, rdfs, td, text
from loaders.release import Release
from loaders.workshop import workshop
from loaders.writer import Draft, write

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


def draft(found: Iterable[Quad], *, base: str = BASE, now: datetime.datetime = NOW, report: str = "sound") -> Draft:
    """What a release of the quads is made from."""
    return Draft(store(found), {"report.txt": report.encode()}, base, now, "0", "inputs")


def release(releases: Path, found: Iterable[Quad] | int = 3, **facts: object) -> Release:
    """A release of the quads, or of so many clusters, on disk."""
    made = draft(quads(found) if isinstance(found, int) else found, **facts)  # type: ignore[arg-type]
    with workshop(releases) as room:
        return write(made, room, releases)
