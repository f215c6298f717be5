"""The gate: shapes, checks and expected counts, between a candidate and its release.

    faults are sown → the validator and the checks look → every fault was found → the faults are taken out → a report

The gate cannot fail open. Whatever keeps it from looking raises GateError, and then there is no release.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store

from loaders import resources
from loaders.candidate import Candidate
from loaders.errors import GateError
from loaders.gate import text as gate_text
from loaders.gate.checks import Check, read_checks
from loaders.gate.counts import expect
from loaders.gate.faults import SPACE, Cases, missed, read_cases
from loaders.gate.field import classes, covered, foci, laid, read_ontology
from loaders.gate.field import terms as terms_of
from loaders.gate.report import Finding, Origin, Report, Rule
from loaders.gate.report import report as reported
from loaders.gate.shapes import Shapes, read_shapes
from loaders.gate.validator import validate
from loaders.namespaces import graph
from loaders.source import Source

_CASES = resources.ROOT / "shapes" / "cases"


def gate(candidate: Candidate, *, sources: Iterable[Source] = (), origin: Origin | None = None) -> Report:
    """What the gate finds in a candidate, each finding with its row when `origin` knows it.

    CountError when a source does not hold what it expects; GateError when the gate itself is not to be trusted.
    """
    for source in sources:
        expect(source, candidate.store)
    found = read_gate().judge(candidate.store)
    return found.placed(origin) if origin else found


def judge_description(description: bytes) -> Report:
    """What the gate finds in the description of a release, in Turtle."""
    store = Store()
    store.load(description, RdfFormat.TURTLE, to_graph=graph("description"))
    return read_gate().judge(store)


@dataclass(frozen=True)
class Gate:
    """Everything that the gate judges by; `ontology` is what data are to be understood with."""

    ontology: tuple[Quad, ...]
    shapes: Shapes
    checks: tuple[Check, ...]
    cases: Cases

    @cached_property
    def checked(self) -> Mapping[NamedNode, Rule]:
        """The rules that queries look after."""
        return {check.rule.iri: check.rule for check in self.checks}

    @cached_property
    def validated(self) -> Mapping[NamedNode, Rule]:
        """The rules that the validator looks after, and the one on spelling, which reads the same file."""
        rules = (gate_text.RULE, *(shape.rule for shape in self.shapes.by_iri.values()))
        return {rule.iri: rule for rule in rules}

    def judge(self, store: Store) -> Report:
        """What breaks the rules in the named graphs of a store, which is afterwards as it was."""
        if next(store.quads_for_pattern(None, None, None, DefaultGraph()), None):
            raise GateError("a statement outside of every graph", hint="each belongs to the graph of its source")
        looked = {
            "statements": len(store),
            "focus nodes": foci(self.shapes.targets, self.ontology, store),
            "shapes": len(self.shapes.by_iri),
            "checks": len(self.checks),
            "faults sown and found": len(self.cases.faults),
        }
        if not looked["focus nodes"]:
            raise GateError("there is nothing that a shape looks at", hint="is the candidate empty?")
        if unjudged := classes(store) - covered(self.shapes.targets, self.ontology):
            hint = "write a shape for it, and cases"
            raise GateError("no shape looks at things of this class", value=min(map(str, unjudged)), hint=hint)
        found = list(self._look(store))
        if unseen := missed(self.cases.faults, found):
            names = ", ".join(f"{fault.rule}/{fault.file.name}" for fault in unseen[:5])
            raise GateError(f"{len(unseen)} faults were sown and not found", value=names)
        return reported((finding for finding in found if not self.cases.owns(finding)), looked)

    def _look(self, store: Store) -> Iterator[Finding]:
        """What breaks the rules in a store among whose data the faults lie for so long."""
        data = set(store.named_graphs())
        if any(SPACE in str(name) for name in data):
            raise GateError("the data use IRIs that are kept for sown faults", value=SPACE)
        with self._sown(store, self.validated):
            yield from validate(self.shapes, self.ontology, store)
            yield from gate_text.findings(store, data)
        with self._sown(store, self.checked):
            for check in self.checks:
                yield from check.findings(store)

    def _sown(self, store: Store, rules: Collection[NamedNode]) -> AbstractContextManager[None]:
        """The faults that break these rules lie among the data for a while, with all that they need."""
        faults = [case.quads for case in self.cases.faults if case.finds in rules]
        return laid(store, [self.ontology, self.cases.country, *faults])


def read_gate(
    ontology: Iterable[Path] | None = None,
    shapes: Iterable[Path] | None = None,
    checks: Iterable[Path] | None = None,
    cases: Iterable[Path] | None = None,
    country: Path = _CASES / "country.ttl",
) -> Gate:
    """The gate that the repository's files describe, or others in their place; GateError for any doubt about it."""
    known = read_ontology(resources.ontology_files() if ontology is None else ontology)
    made = Gate(
        known,
        read_shapes(resources.shape_files() if shapes is None else shapes, terms_of(known)),
        read_checks(resources.check_files() if checks is None else checks),
        read_cases(resources.case_files() if cases is None else cases, country),
    )
    made.cases.check({**made.validated, **made.checked}, *_judging(made))
    return made


def _judging(made: Gate) -> tuple[set[str], set[NamedNode]]:
    """The rules that need cases under their own name, and those that must find some fault wherever it stands."""
    shapes = made.shapes.by_iri.values()
    others = [gate_text.RULE, *made.checked.values()]
    named = {rule.name for rule in (*others, *(shape.rule for shape in shapes if shape.path is None))}
    return named, {rule.iri for rule in (*others, *(shape.rule for shape in shapes if shape.judges))}
