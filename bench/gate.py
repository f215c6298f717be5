"""The gate's validator beside others on the same shapes and data: seconds, memory, and whether they say the same.

    python -m bench.gate [--release DIR] [--copies N] [--country DIR] [--hands N] [--without-referee]

The data are a release, as often as `--copies` says, each time under other names, or the candidate that comes of a
country (`python -m bench.country --faults N`), whose findings are also counted by rule and compared with those that
were sown. All faults of `shapes/cases/` are sown besides. What one finds and another does not is printed. All read
the data before their clock runs. pySHACL takes minutes for a million triples; pyshifty and pyrudof are measured where
they are installed (`pip install pyshifty pyrudof`), each in a process of its own.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import io
import json
import re
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from pyoxigraph import RdfFormat, Store

from loaders.build import assess
from loaders.candidate import Candidate
from loaders.gate import read_gate
from loaders.gate.asking import answers
from loaders.gate.report import Finding
from loaders.gate.validator import inquiries
from loaders.progress import Progress
from loaders.resources import ROOT, shape_files
from loaders.settings import Settings
from tests.referee import findings

_NAMES = re.compile(rb"thidua/(id|graph)/([a-z-]+)/")
# How many differences are printed of each kind.
_SHOWN = 20
# Seconds, what was found, and the most memory that was taken, in MiB.
Measured = tuple[float, set[Finding], float]


def main() -> int:
    """The seconds of all were printed; 1 if the referee does not say what the gate says."""
    options = _options()
    with tempfile.TemporaryDirectory() as room:
        data = Path(room) / "data.nt"
        store = _country(options.country, Path(room)) if options.country else _release(options.release, options.copies)
        number = _write(data, store)
        gate = read_gate()
        print(f"{number:,} triples, {len(gate.shapes.by_iri)} shapes, {len(gate.cases.faults)} faults sown", flush=True)
        ours = _measure(_thidua, data, options.hands)
        _tell("thidua", ours)
        for name, module, validator in (("pyshifty", "shifty", _shifty), ("pyrudof", "pyrudof", _rudof)):
            if importlib.util.find_spec(module) is None:
                print(f"{name:9} not installed")
            else:
                _tell(name, _measure(validator, data), ours)
        if options.without_referee:
            return 0
        theirs = _measure(_pyshacl, data)
        _tell("pySHACL", theirs, ours)
        return int(ours[1] != theirs[1])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", type=Path, default=ROOT / "releases" / "current", help="the release to judge")
    parser.add_argument("--copies", type=int, default=3, help="how often its data are there")
    parser.add_argument("--country", type=Path, help="a synthetic country to judge instead")
    parser.add_argument("--hands", type=int, help="how many processes ask")
    parser.add_argument("--without-referee", action="store_true", help="leave pySHACL out")
    return parser.parse_args()


def _release(release: Path, copies: int) -> Store:
    """A release, as often as it is wanted."""
    store = Store()
    quads = gzip.decompress(next((release / "dumps").glob("*.nq.gz")).read_bytes())
    for number in range(copies):
        store.bulk_load(_NAMES.sub(rb"thidua/\1/\2/copy%d-" % number, quads) if number else quads, RdfFormat.N_QUADS)
    return store


def _country(data: Path, room: Path) -> Store:
    """The candidate that comes of a country; it was told whether the gate finds what was sown, rule by rule."""
    candidate = Candidate(room / "candidate", in_memory=sys.maxsize)
    candidate.directory.mkdir()
    report = assess(candidate, Settings(data=data, releases=room / "releases"), Progress(io.StringIO()))
    found = Counter(finding.rule.name for finding in report.findings)
    sown = Counter(json.loads((data / "faults.json").read_text(encoding="utf-8")))
    print(f"{found.total():,} findings in the country, {sown.total():,} are to be found", flush=True)
    for rule in sorted(rule for rule in found | sown if found[rule] != sown[rule]):
        print(f"    {rule}: {found[rule]} found, {sown[rule]} sown")
    return candidate.store


def _write(file: Path, store: Store) -> int:
    """The data with the faults stand in a file; their number."""
    gate = read_gate()
    for sown in (gate.ontology, gate.cases.country, *(fault.quads for fault in gate.cases.faults)):
        store.extend(sown)
    store.dump(str(file.with_suffix(".nq")), RdfFormat.N_QUADS)
    merged = {quad.triple for quad in store}
    with file.open("w", encoding="utf-8") as text:
        text.writelines(f"{triple} .\n" for triple in merged)
    return len(merged)


def _measure(validator: Callable[..., Any], *given: Any) -> Measured:
    """What a validator comes to in a process of its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        measured: Measured = process.submit(validator, *given).result()
        return measured


def _tell(name: str, measured: Measured, ours: Measured | None = None) -> None:
    seconds, found, memory = measured
    line = f"{name:9}{seconds:8.1f} s {memory:8.0f} MiB {len(found):6} results"
    if ours:
        line += f"; we are {seconds / ours[0]:.0f} times as fast, {len(found ^ ours[1])} results that only one has"
    print(line, flush=True)
    for sign, more in (("+", found - ours[1]), ("-", ours[1] - found)) if ours else ():
        for finding in sorted(more, key=lambda each: each.order)[:_SHOWN]:
            print(f"    {sign} {finding.rule.name} {finding.component} {finding}", flush=True)


def _peak() -> float:
    """The memory that this process and the largest of its children took, in MiB; what they share counts twice."""
    return sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024


def _thidua(data: Path, hands: int | None) -> Measured:
    gate, store = read_gate(), Store()
    store.bulk_load(path=data.with_suffix(".nq"), format=RdfFormat.N_QUADS)
    began = time.perf_counter()
    asked = inquiries(gate.shapes, gate.ontology)
    found = {finding for part in answers([each.findings for each in asked], store, hands) for finding in part}
    return time.perf_counter() - began, found, _peak()


def _pyshacl(data: Path) -> Measured:
    import pyshacl
    import rdflib

    graph, shapes = rdflib.Graph(), rdflib.Graph()
    graph.parse(data, format="nt")
    for file in shape_files():
        shapes.parse(file, format="turtle")
    began = time.perf_counter()
    told: Any = pyshacl.validate(graph, shacl_graph=shapes, inference="none")[1]
    seconds = time.perf_counter() - began
    return seconds, _findings(told.serialize(format="nt", encoding="utf-8")), _peak()


def _shifty(data: Path) -> Measured:
    """What shifty comes to, reading included: it reads the file itself."""
    from shifty._shifty import PreparedValidator

    began = time.perf_counter()
    validator = PreparedValidator(_shapes().encode(), None, "turtle", None)
    told: Any = validator.validate_w3c(None, str(data), "nt", "data", None, False, "info", False, "error", False)
    seconds = time.perf_counter() - began
    return seconds, _findings(told._report_ntriples.encode()), _peak()


def _rudof(data: Path) -> Measured:
    import pyrudof

    rudof = pyrudof.Rudof(pyrudof.RudofConfig())
    rudof.read_data(str(data), pyrudof.RDFFormat.NTriples)
    rudof.read_shacl(_shapes(), pyrudof.ShaclFormat.Turtle)
    began = time.perf_counter()
    rudof.validate_shacl()
    seconds = time.perf_counter() - began
    told = rudof.serialize_shacl_validation_results(format=pyrudof.ResultShaclValidationFormat.NTriples)
    return seconds, _findings(told.encode()), _peak()


def _shapes() -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in shape_files())


def _findings(report: bytes) -> set[Finding]:
    return set(findings(report, read_gate().shapes))


if __name__ == "__main__":
    sys.exit(main())
