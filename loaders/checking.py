"""The gate alone: over the sources, or over RDF files that somebody made elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, parse

from loaders.build import assess
from loaders.candidate import Candidate, as_kept, is_another_type
from loaders.errors import SourceError, UsageError
from loaders.gate import datatypes, gate
from loaders.gate.report import Report
from loaders.namespaces import dcterms, graph, prov, rdf, td
from loaders.parts import holds
from loaders.progress import Progress
from loaders.provenance import PROVENANCE
from loaders.release.scratch import scratch
from loaders.settings import Settings

# Short names for namespaces are short. Those that name each other, or are long, grow a thousand letters to gigabytes.
_ENTITIES = re.compile(rb"<!ENTITY[^<]*?(?:&[^#]|[^<]{1000})")
_WAY_OUT = "correct it there; it must be UTF-8 without a mark before the first letter, JSON-LD with the @context in it"
_KINDS = frozenset({td.Source, td.Article, td.OfficialText, td.RegistryEdition, td.SyntheticSource})


def check(settings: Settings, files: Sequence[Path], progress: Progress) -> Report:
    """What the gate finds in the files, or without files in the sources; nothing is written."""
    with scratch(settings.releases) as room:
        candidate = Candidate(room)
        if not files:
            return assess(candidate, settings, progress)
        sources, others = _Sources(), list[Quad]()
        for number, file in enumerate(files):
            progress.stage(f"reading {file}")
            candidate.add(str(number), sources.watch(_kept(read(file), others)), progress.count)
        candidate.add("provenance", sources.quads())
        progress.stage("passing it through the gate")
        return gate(candidate).beside(map(datatypes.finding, others))


def _kept(quads: Iterable[Quad], others: list[Quad]) -> Iterator[Quad]:
    """The quads as the store keeps them; the others are those of which it keeps another datatype than they have."""
    for quad in quads:
        kept = as_kept(quad)
        if is_another_type(quad, kept):
            others.append(quad)
        yield kept


@dataclass
class _Sources:
    """Remembers, while quads pass by, where a source stands and its licence: that graph is derived from it.

    A build knows the graph of each source; in somebody's file everything may stand in one.
    """

    _typed: set[tuple[object, object]] = field(default_factory=set)
    _licensed: list[Quad] = field(default_factory=list)

    def watch(self, quads: Iterable[Quad]) -> Iterator[Quad]:
        """The quads, as they come."""
        for quad in quads:
            if quad.predicate == rdf.type and quad.object in _KINDS:
                self._typed.add((quad.subject, quad.graph_name))
            elif quad.predicate == dcterms.license:
                self._licensed.append(quad)
            yield quad

    def quads(self) -> Iterator[Quad]:
        """The graphs that passed with the sources and licences in them."""
        for said in self._licensed:
            where, source = said.graph_name, said.subject
            if (source, where) in self._typed and isinstance(where, NamedNode):
                yield Quad(where, prov.wasDerivedFrom, source, PROVENANCE)
                yield Quad(where, dcterms.license, said.object, PROVENANCE)


def read(file: Path) -> Iterator[Quad]:
    """The statements of an RDF file; those without a graph in one that is named after the file."""
    form = RdfFormat.from_extension(file.suffix.removeprefix("."))
    if form is None:
        raise UsageError(f"{file}: its name does not say what it is → .ttl .nt .nq .trig .jsonld .rdf")
    if not file.is_file():
        raise UsageError(f"there is no such file: {file}")
    if form == RdfFormat.RDF_XML and holds(file, _ENTITIES):
        raise SourceError("an entity that unpacks to too much", file=str(file), hint="write the text itself")
    try:
        for quad in parse(path=file, format=form, base_iri=file.resolve().as_uri()):
            if any(isinstance(term, BlankNode) for term in quad):
                raise SourceError("a blank node", file=str(file), value=str(quad.triple), hint="give it an IRI")
            where = quad.graph_name if isinstance(quad.graph_name, NamedNode) else graph(file.stem)
            yield Quad(quad.subject, quad.predicate, quad.object, where)
    except SyntaxError as error:
        raise SourceError(str(error.msg), file=str(file), line=error.lineno, hint=_WAY_OUT) from None
