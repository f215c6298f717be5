"""The gate: shapes, checks and expected counts, between a candidate and its release.

    faults are sown → the validator and the checks look → every fault was found → the faults are taken out → a report

The gate cannot fail open. Whatever keeps it from looking raises GateError, and then there is no release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store

from loaders import resources
from loaders.candidate import Candidate
from loaders.errors import GateError
from loaders.gate.checks import Check, read_checks
from loaders.gate.counts import expect
from loaders.gate.crew import Question, answers
from loaders.gate.faults import SPACE, Cases, missed, read_cases
from loaders.gate.field import classes, copied, covered, laid, read_ontology, selections
from loaders.gate.field import terms as terms_of
from loaders.gate.report import Finding, Origin, Report, Rule
from loaders.gate.report import report as reported
from loaders.gate.shapes import Shapes, read_shapes
from loaders.gate.text import RULE, Spelling, spellings
from loaders.gate.validator import inquiries
from loaders.namespaces import graph
from loaders.source import Source

_CASES = resources.ROOT / "shapes" / "cases"


def gate(candidate: Candidate, *, sources: Iterable[Source] = (), origin: Origin | None = None) -> Report:
    """What the gate finds in a candidate, each finding with its row when `origin` knows it.

    CountError when a source does not hold what it expects; GateError when the gate itself is not to be trusted.
    """
    for source in sources:
        expect(source, candidate.store)
    found = read_gate().judge(candidate.store, candidate.store_path and candidate.directory / "sown")
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
        rules = (RULE, *(shape.rule for shape in self.shapes.by_iri.values()))
        return {rule.iri: rule for rule in rules}

    def judge(self, store: Store, room: Path | None = None) -> Report:
        """What breaks the rules in the named graphs of a store, which is afterwards as it was.

        A store on disk is not written to: the faults are sown in a copy of it, in `room`, which is gone afterwards.
        """
        _proper(store)
        sown = self._sown
        with laid(store, sown) if room is None else copied(store, sown, room) as place:
            looked = self._looked(place, len(sown))
            found = [finding for part in answers(self._questions(), place) for finding in part]
        if unseen := missed(self.cases.faults, found):
            names = ", ".join(f"{fault.rule}/{fault.file.name}" for fault in unseen[:5])
            raise GateError(f"{len(unseen)} faults were sown and not found", value=names)
        return reported((finding for finding in found if not self.cases.owns(finding)), looked)

    @cached_property
    def _sown(self) -> frozenset[Quad]:
        """All faults, with all that they need."""
        faults = (quad for case in self.cases.faults for quad in case.quads)
        return frozenset({*self.ontology, *self.cases.country, *faults})

    def _looked(self, place: Store | Path, sown: int) -> dict[str, int]:
        """How much there is to look at; GateError when there is nothing, or what no shape looks at."""
        selected = [selection.count for selection in selections(self.shapes.targets, self.ontology)]
        asked: list[Question[Any]] = [classes, len, *selected]
        present, statements, *numbers = answers(asked, place)
        if not sum(numbers):
            raise GateError("there is nothing that a shape looks at", hint="is the candidate empty?")
        if unjudged := present - covered(self.shapes.targets, self.ontology):
            hint = "write a shape for it, and cases"
            raise GateError("no shape looks at things of this class", value=min(map(str, unjudged)), hint=hint)
        return {
            "statements": statements - sown,
            "focus nodes": sum(numbers),
            "shapes": len(self.shapes.by_iri),
            "checks": len(self.checks),
            "faults sown and found": len(self.cases.faults),
        }

    def _questions(self) -> list[Question[list[Finding]]]:
        """Everything that is asked of the store with data and faults; what takes long comes first."""
        asked: list[Spelling | Check] = [*spellings(), *self.checks]
        return [each.findings for each in (*asked, *inquiries(self.shapes, self.ontology))]


def _proper(store: Store) -> None:
    """Nothing, when a store holds named graphs only and no faults; GateError for another."""
    if next(store.quads_for_pattern(None, None, None, DefaultGraph()), None):
        raise GateError("a statement outside of every graph", hint="each belongs to the graph of its source")
    if any(SPACE in str(name) for name in store.named_graphs()):
        raise GateError("the data use IRIs that are kept for sown faults", value=SPACE)


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
    others = [RULE, *made.checked.values()]
    named = {rule.name for rule in (*others, *(shape.rule for shape in shapes if shape.path is None))}
    return named, {rule.iri for rule in (*others, *(shape.rule for shape in shapes if shape.judges))}
