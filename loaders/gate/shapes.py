"""Reading shapes safely: what cannot be trusted to judge is refused before it judges.

A SHACL engine takes a misspelt term for a remark and a shape without a target for one that nothing breaks. Here every
term must be known, every shape named, reachable, active, and able to say in two languages what an editor does next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from loaders.errors import GateError
from loaders.gate.form import Form
from loaders.gate.report import Rule, Severity
from loaders.gate.terms import BORROWED, NAMING, PARTS, REFERRING, SHACL, TARGETS
from loaders.namespaces import owl, rdf, sh, tds

Node = NamedNode | BlankNode
Facts = Mapping[Node, Mapping[NamedNode, list[Node | Literal]]]
_SEVERITIES = {severity.iri: severity for severity in Severity}


@dataclass(frozen=True)
class Shape:
    """A named shape: `path` is that of a property shape, as a SPARQL property path; a node shape has none.

    `judges` says whether it has constraints of its own, beyond those of its property shapes.
    """

    rule: Rule
    targets: frozenset[tuple[NamedNode, NamedNode]]
    judges: bool
    path: str | None


@dataclass(frozen=True)
class Shapes:
    """All shapes: what the files say of them, unnamed parts included, and by IRI."""

    facts: Facts
    by_iri: Mapping[NamedNode, Shape]

    @property
    def targets(self) -> Collection[tuple[NamedNode, NamedNode]]:
        """Every target: its kind (`sh:targetClass` …) and the term it names."""
        return {target for shape in self.by_iri.values() for target in shape.targets}


def read_shapes(files: Iterable[Path], known: Collection[NamedNode]) -> Shapes:
    """The shapes of some Turtle files; `known` are the terms that the ontology declares.

    GateError for a file that cannot be read, is empty or holds no shape; for a term, class, property or datatype that
    nobody declared; for a shape that is not named, not active, ill-formed, out of reach, or lacks its severity or a
    message.
    """
    reading = _Reading(frozenset(known) | BORROWED)
    for file in files:
        reading.read(file)
    if not reading.homes:
        raise GateError("there are no shapes", hint="shapes/*.ttl is missing")
    return Shapes(reading.facts, {iri: reading.shape(iri) for iri in reading.homes})


@dataclass
class _Reading:
    """What was read so far; `homes` says in which file a shape stands."""

    known: Collection[NamedNode]
    homes: dict[NamedNode, Path] = field(default_factory=dict)
    facts: dict[Node, dict[NamedNode, list[Node | Literal]]] = field(default_factory=dict)
    referred: set[Node] = field(default_factory=set)

    def read(self, file: Path) -> None:
        triples = list(_triples(file))
        kinds = (sh.NodeShape, sh.PropertyShape)
        shapes = {t.subject for t in triples if t.predicate == rdf.type and t.object in kinds}
        if not shapes:
            raise GateError("this file holds no shape", file=str(file), hint="remove it, or restore its shapes")
        for shape in shapes:
            if not isinstance(shape, NamedNode) or not shape.value.startswith(tds.iri):
                raise GateError("a shape without a name", file=str(file), value=str(shape), hint=f"name it {tds.iri}…")
            if shape in self.homes:
                raise GateError("this shape stands in two files", file=str(file), value=shape.value)
            self.homes[shape] = file
        for triple in triples:
            self._take(triple, file)

    def _take(self, triple: Triple, file: Path) -> None:
        """The triple is among the facts, its SHACL terms being known."""
        for term in (triple.predicate, triple.object):
            if isinstance(term, NamedNode) and term.value.startswith(sh.iri) and term not in SHACL:
                hint = "misspelt, or a feature that the gate does not allow (loaders/gate/terms.py)"
                raise GateError("an unknown SHACL term", file=str(file), value=term.value, hint=hint)
        if not triple.predicate.value.startswith(sh.iri) and triple.predicate not in (rdf.type, rdf.first, rdf.rest):
            hint = "shapes import nothing" if triple.predicate == owl.imports else "only SHACL has a meaning here"
            raise GateError("this has no place in a shape", file=str(file), value=triple.predicate.value, hint=hint)
        self.facts.setdefault(triple.subject, {}).setdefault(triple.predicate, []).append(triple.object)  # type: ignore[arg-type]
        if triple.predicate in REFERRING and not isinstance(triple.object, Literal):
            self.referred.add(triple.object)  # type: ignore[arg-type]

    def shape(self, iri: NamedNode) -> Shape:
        """The shape with an IRI, found sound."""
        facts, file = self.facts[iri], str(self.homes[iri])
        self._parts(iri, iri, set())
        Form(self.facts, iri, self.homes).check()
        aims = ((kind, term) for kind in TARGETS for term in facts.get(kind, ()))
        targets = frozenset((kind, term) for kind, term in aims if isinstance(term, NamedNode))
        if not targets and iri not in self.referred:
            raise GateError("no target, and no other shape refers to it", file=file, value=iri.value)
        if (sh.path in facts) != (sh.PropertyShape in facts[rdf.type]):
            raise GateError("a property shape has a path, a node shape none", file=file, value=iri.value)
        judges = bool(facts.keys() - NAMING - TARGETS)
        path = "/".join(path_steps(facts[sh.path][0], self.facts)) if sh.path in facts else None
        return Shape(self._rule(iri), targets, judges, path)

    def _rule(self, iri: NamedNode) -> Rule:
        file = str(self.homes[iri])
        severities = self.facts[iri].get(sh.severity, [])
        if len(severities) != 1 or severities[0] not in _SEVERITIES:
            hint = "exactly one of sh:Violation, sh:Warning, sh:Info"
            raise GateError("this shape has no severity", file=file, value=iri.value, hint=hint)
        messages = self.facts[iri].get(sh.message, [])
        said = {m.language: m.value for m in messages if isinstance(m, Literal) and m.value.strip()}
        if len(messages) != 2 or said.keys() != {"vi", "en"}:
            hint = 'one sh:message "…"@vi and one "…"@en that tell an editor what to do next'
            raise GateError("this shape lacks a message", file=file, value=iri.value, hint=hint)
        return Rule(iri, _SEVERITIES[severities[0]], said["vi"], said["en"])  # type: ignore[index]

    def _parts(self, shape: NamedNode, node: Node, seen: set[Node]) -> None:
        """Every term that a shape names, also in unnamed parts, is declared; every shape it refers to is there."""
        seen.add(node)
        file = str(self.homes[shape])
        for predicate, objects in self.facts.get(node, {}).items():
            for term in objects:
                if predicate in REFERRING and isinstance(term, NamedNode) and term not in self.homes:
                    raise GateError("it refers to a shape that is not there", file=file, value=str(term))
                if predicate in PARTS and isinstance(term, NamedNode) and not self._declared(term):
                    hint = f"in {shape.value}: misspelt, or missing in the ontology"
                    raise GateError("a term that nobody declared", file=file, value=term.value, hint=hint)
                if isinstance(term, BlankNode) and term not in seen:
                    if term not in self.facts:
                        raise GateError("an empty part", file=file, value=f"{shape.value} {predicate.value}")
                    self._parts(shape, term, seen)

    def _declared(self, term: NamedNode) -> bool:
        return term in self.known or term in self.homes or term in SHACL or term == rdf.nil


def path_steps(path: Node | Literal, shapes: Facts) -> list[str]:
    """The steps of a path as SPARQL writes them: one, or those of a sequence; against a sequence its last comes first.

    >>> path_steps(sh.path, {})
    ['<http://www.w3.org/ns/shacl#path>']
    """
    if not isinstance(path, BlankNode):
        return [] if path == rdf.nil else [str(path)]
    facts = shapes[path]
    if sh.inversePath in facts:
        steps = path_steps(facts[sh.inversePath][0], shapes)
        return [step[1:] if step.startswith("^") else f"^{step}" for step in reversed(steps)]
    return [*path_steps(facts[rdf.first][0], shapes), *path_steps(facts[rdf.rest][0], shapes)]


def _triples(file: Path) -> Iterator[Triple]:
    try:
        for quad in parse(path=file, format=RdfFormat.TURTLE):
            yield quad.triple
    except (OSError, SyntaxError) as error:
        raise GateError(f"the shapes cannot be read: {error}", file=str(file)) from error
