"""The gate's validator beside pySHACL on the same shapes and data: seconds, and whether they say the same.

    python -m bench.gate [--release DIR] [--copies N] [--without-referee]

The data are a release, as often as `--copies` says, each time under other names, and all faults of `shapes/cases/`
sown in the first. Both read the data before the clock runs. pySHACL takes minutes for a million triples.
"""

from __future__ import annotations

import argparse
import gzip
import re
import sys
import time
from pathlib import Path
from typing import Any

import pyshacl
import rdflib
from pyoxigraph import RdfFormat, Store

from loaders.gate import Gate, read_gate
from loaders.gate.validator import validate
from loaders.resources import ROOT, shape_files
from tests.referee import findings

_NAMES = re.compile(rb"thidua/(id|graph)/([a-z-]+)/")


def main() -> int:
    """The seconds of both were printed; 1 if they do not say the same."""
    options = _options()
    gate = read_gate()
    store = _data(options.release, options.copies, gate)
    print(f"{len(store):,} triples, {len(gate.shapes.by_iri)} shapes, {len(gate.cases.faults)} faults sown", flush=True)
    began = time.perf_counter()
    ours = set(validate(gate.shapes, gate.ontology, store))
    seconds = time.perf_counter() - began
    print(f"thidua  {seconds:8.1f} s  {len(ours)} results", flush=True)
    if options.without_referee:
        return 0
    data, shapes = _graph(store), rdflib.Graph()
    for file in shape_files():
        shapes.parse(file, format="turtle")
    began = time.perf_counter()
    told: Any = pyshacl.validate(data, shacl_graph=shapes, inference="none")[1]
    slower = time.perf_counter() - began
    theirs = set(findings(told.serialize(format="nt", encoding="utf-8"), gate.shapes))
    print(f"pySHACL {slower:8.1f} s  {len(theirs)} results")
    print(f"{slower / seconds:.0f} times as fast; {len(ours ^ theirs)} results that only one of them has")
    return int(ours != theirs)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", type=Path, default=ROOT / "releases" / "current", help="the release to judge")
    parser.add_argument("--copies", type=int, default=3, help="how often its data are there")
    parser.add_argument("--without-referee", action="store_true", help="leave pySHACL out")
    return parser.parse_args()


def _data(release: Path, copies: int, gate: Gate) -> Store:
    quads = gzip.decompress(next((release / "dumps").glob("*.nq.gz")).read_bytes())
    store = Store()
    for number in range(copies):
        moved = _NAMES.sub(rb"thidua/\1/\2/copy%d-" % number, quads) if number else quads
        store.bulk_load(moved, RdfFormat.N_QUADS)
    for quads_sown in (gate.ontology, gate.cases.country, *(fault.quads for fault in gate.cases.faults)):
        store.extend(quads_sown)
    return store


def _graph(store: Store) -> rdflib.Graph:
    graph = rdflib.Graph()
    for name in store.named_graphs():
        graph.parse(data=store.dump(format=RdfFormat.N_TRIPLES, from_graph=name), format="nt")
    return graph


if __name__ == "__main__":
    sys.exit(main())
