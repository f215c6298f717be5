"""The gate alone: over the sources, or over RDF files that somebody made elsewhere."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, parse

from loaders.build import assess
from loaders.candidate import Candidate
from loaders.errors import SourceError, UsageError
from loaders.gate import gate
from loaders.namespaces import graph
from loaders.progress import Progress
from loaders.report import Report
from loaders.settings import Settings


def check(settings: Settings, files: Sequence[Path], progress: Progress) -> Report:
    """What the gate finds in the files, or without files in the sources; nothing is written."""
    with tempfile.TemporaryDirectory() as room:
        candidate = Candidate(Path(room))
        if not files:
            return assess(candidate, settings, progress)
        for number, file in enumerate(files):
            progress.stage(f"reading {file}")
            candidate.add(str(number), read(file), progress.count)
        progress.stage("passing it through the gate")
        return gate(candidate)


def read(file: Path) -> Iterator[Quad]:
    """The statements of an RDF file; those without a graph in one that is named after the file."""
    form = RdfFormat.from_extension(file.suffix.removeprefix("."))
    if form is None:
        raise UsageError(f"{file}: its name does not say what it is → .ttl .nt .nq .trig .jsonld .rdf")
    home = graph(file.stem)
    try:
        for quad in parse(path=file, format=form, base_iri=file.resolve().as_uri()):
            yield quad if isinstance(quad.graph_name, NamedNode) else _placed(quad, home)
    except SyntaxError as error:
        raise SourceError(str(error), file=str(file), line=error.lineno) from None


def _placed(quad: Quad, home: NamedNode) -> Quad:
    if not isinstance(quad.graph_name, DefaultGraph):
        raise SourceError("a blank node names a graph", value=str(quad.graph_name))
    return Quad(quad.subject, quad.predicate, quad.object, home)
