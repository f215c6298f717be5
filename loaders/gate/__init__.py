"""The gate: shapes, checks and expected counts, between a candidate and its release.

    faults are sown → the validator and the checks look → every fault was found → the faults are taken out → a report

The gate cannot fail open. Whatever keeps it from looking raises GateError, and then there is no release.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store

from loaders import resources
from loaders.errors import GateError
from loaders.gate.asking import Errand, Passed, Question, answers
from loaders.gate.checks import Check, read_checks
from loaders.gate.counts import expect
from loaders.gate.faults import SPACE, Cases, missed, read_cases
from loaders.gate.field import (
    Selection,
    by_property,
    classes,
    copied,
    covered,
    is_ours,
    laid,
    read_ontology,
    selections,
    sow,
)
from loaders.gate.field import terms as terms_of
from loaders.gate.reach import Change, Reach, TooFar, Walk, of_shapes, walk
from loaders.gate.report import Finding, Origin, Report, Rule
from loaders.gate.report import report as reported
from loaders.gate.shapes import Shapes, read_shapes
from loaders.gate.text import RULE, Spelling, spellings
from loaders.gate.validator import Inquiry, inquiries
from loaders.namespaces import graph, rdf
from loaders.source import Source
from loaders.union import beside

if TYPE_CHECKING:
    # It knows releases, and a release that changes another knows how far a change reaches.
    from loaders.candidate import Candidate

# As many times as long takes what goes through all statements, of ten million.
_BROAD = 40
_CASES = resources.ROOT / "shapes" / "cases"


def gate(
    candidate: Candidate,
    *,
    sources: Iterable[Source] = (),
    origin: Origin | None = None,
    change: Change | None = None,
    tell: Callable[[float], None] = lambda _: None,
) -> Report:
    """What the gate finds in a candidate, each finding with its row when `origin` knows it; see `Gate.judge`.

    CountError when a source does not hold what it expects; GateError when the gate itself is not to be trusted.
    """
    for source in sources:
        expect(source, candidate.store)
    room = candidate.directory / "sown" if candidate.merged else None
    judge = partial(read_gate().judge, candidate.store, room, change, candidate.size)
    found = judge(merge=candidate.merged, tell=tell, errands=candidate.errands)
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

    @cached_property
    def walks(self) -> Mapping[NamedNode, frozenset[Walk]]:
        """Along which statements each rule looks from a focus node; none for a check that is always asked anew."""
        checks = {check.rule.iri: check.reach for check in self.checks}
        return {RULE.iri: frozenset({walk("any")}), **of_shapes(self.shapes), **checks}

    def judge(
        self,
        store: Store,
        room: Path | None = None,
        change: Change | None = None,
        size: int | None = None,
        *,
        merge: bool = False,
        tell: Callable[[float], None] = lambda _: None,
        errands: Callable[[], Sequence[Errand]] = tuple,
    ) -> Report:
        """What breaks the rules in the named graphs of a store, which is afterwards as it was.

        A store on disk is not written to: the faults are sown in a copy of it, in `room`, which is gone afterwards.
        With a `change`, which led to this store from one that was judged by this gate, only what it reaches is judged.
        `size` is the number of statements in its named graphs, where it is known; the `merge` of them may be, on the
        disk, its default graph. It is told how large a share of everything was asked. Whoever shares in the asking of
        a whole store on disk does the `errands` beside it.
        """
        _proper(store, merge=merge)
        size = len(store) if size is None else size
        if change is not None and not change.everywhere:
            with contextlib.suppress(TooFar):
                return self._judge_reached(store, change)
        if room is None:
            looked = self._looked(store, size)
            with laid(store, self._sown):
                return self._reported(_asked(self._questions(), store, tell), looked)
        with copied(store, room) as place:
            looked = self._looked(place, size)
            sow(place, self._sown)
            return self._reported(_asked(self._questions(), place, tell, errands()), looked)

    def _judge_reached(self, store: Store, change: Change) -> Report:
        """The findings that stay, and those about what a change reaches, judged in a small store beside all faults."""
        reach = Reach(store, change)
        reached = {iri: reach.foci(walks) for iri, walks in self.walks.items()}
        for iri, foci in reached.items():
            reach.around(foci, self.walks[iri])
        small = Store()
        # What very many sources say, as of a period, would be joined once for each pair of their graphs in a union.
        small.extend(beside({*reach.seen, *self._sown}))
        found = _asked(self._questions(), small, lambda _: None)
        stayed = [f for f in change.findings if self.walks[f.rule.iri] and f.focus not in reached[f.rule.iri]]
        met = [f for f in found if f.focus in reached[f.rule.iri] or self.cases.owns(f)]
        anew = [f for check in self.checks if not check.reach for f in check.findings(store)]
        return self._reported([*stayed, *met, *anew], self._looked_since(store, change))

    def _reported(self, found: Collection[Finding], looked: Mapping[str, int]) -> Report:
        """The report of what was found, without the faults; GateError when one was not found."""
        if unseen := missed(self.cases.faults, found):
            names = ", ".join(f"{fault.rule}/{fault.file.name}" for fault in unseen[:5])
            raise GateError(f"{len(unseen)} faults were sown and not found", value=names)
        return reported((finding for finding in found if not self.cases.owns(finding)), looked)

    @cached_property
    def _sown(self) -> frozenset[Quad]:
        """All faults, with all that they need."""
        faults = (quad for case in self.cases.faults for quad in case.quads)
        return frozenset({*self.ontology, *self.cases.country, *faults})

    def _looked(self, place: Store | Path, size: int) -> dict[str, int]:
        """How much there is to look at beside the faults; GateError for nothing, or for what no shape looks at."""
        asked: list[Question[Any]] = [classes, *(selection.count for selection in self._selections)]
        present, *numbers = answers(asked, place)
        return self._sizes(present, size, sum(numbers))

    def _looked_since(self, store: Store, change: Change) -> dict[str, int]:
        """How much there is to look at after a change, reckoned from what there was before; GateError as `_looked`."""
        came = {quad for quad in change.quads if quad in store}
        went = set(change.quads) - came
        new, old = by_property(came), by_property(went)
        grown = sum(selection.growth(new, old, store) for selection in self._selections)
        present = {quad.object for quad in new[rdf.type] if is_ours(quad.object)}
        statements = change.looked["statements"] + len(came) - len(went)
        return self._sizes(present, statements, change.looked["focus nodes"] + grown)

    @cached_property
    def _selections(self) -> list[Selection]:
        return selections(self.shapes.targets, self.ontology)

    def _sizes(self, present: Collection[Any], statements: int, selected: int) -> dict[str, int]:
        if not selected:
            raise GateError("there is nothing that a shape looks at", hint="is the candidate empty?")
        if unjudged := set(present) - covered(self.shapes.targets, self.ontology):
            hint = "write a shape for it, and cases"
            raise GateError("no shape looks at things of this class", value=min(map(str, unjudged)), hint=hint)
        return {
            "statements": statements,
            "focus nodes": selected,
            "shapes": len(self.shapes.by_iri),
            "checks": len(self.checks),
            "faults sown and found": len(self.cases.faults),
        }

    def _questions(self) -> Sequence[tuple[Question[list[Finding]], int]]:
        """Everything that is asked of the store with data and faults, and its weight; what takes long comes first.

        What goes through all statements holds the different values among them: of ten million a third of a GiB.
        """
        broad = [check for check in self.checks if check.broad]
        narrow = [check for check in self.checks if not check.broad]
        long: list[Spelling | Check] = [*spellings(), *broad]
        others: list[Check | Inquiry] = [*narrow, *inquiries(self.shapes, self.ontology)]
        # As a rule, a question that says more takes longer.
        others.sort(key=_length, reverse=True)
        return [(each.findings, _BROAD) for each in long] + [(each.findings, 1) for each in others]


def _length(question: Check | Inquiry) -> int:
    return sum(map(len, question.queries)) if isinstance(question, Check) else len(question.question.text)


def _asked(
    weighed: Sequence[tuple[Question[list[Finding]], int]],
    place: Store | Path,
    tell: Callable[[float], None],
    errands: Sequence[Errand] = (),
) -> list[Finding]:
    """What is found by questions, whose answers are told of by their weight, and the errands that are done beside."""
    found: list[Finding] = []
    questions, weights = [question for question, _ in weighed], [weight for _, weight in weighed]
    # All errands together take about half as long as all questions.
    errand = sum(weights) / 2 / len(errands) if errands else 0.0
    passed = Passed(sum(weights) + errand * len(errands), tell)
    told = partial(passed, errand)
    for part, weight in zip(answers(questions, place, errands=errands, told=told), weights, strict=True):
        found += part
        passed(weight)
    return found


def _proper(store: Store, *, merge: bool) -> None:
    """Nothing, when a store holds named graphs only, or their merge, and no faults; GateError for another."""
    if not merge and next(store.quads_for_pattern(None, None, None, DefaultGraph()), None):
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
