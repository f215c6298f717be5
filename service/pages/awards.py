"""Award cases and their steps. A proposal is no decision, and a step that no source tells is unknown, not refused."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import NamedNode

from loaders.namespaces import td
from service.functions import sort_key
from service.pages.said import Value, Witness
from service.pages.sketch import Sketch

# In the order in which they happen, with the key that the API gives each.
STEPS = ((td.AwardProposal, "de-nghi"), (td.AwardDecision, "quyet-dinh"), (td.AwardPresentation, "trao"))


@dataclass(frozen=True)
class Step:
    """A step that was taken: when, by whom, where."""

    date: str | None
    actors: list[Value]
    at: Value | None
    act: Value | None
    witnesses: list[Witness]


@dataclass(frozen=True)
class Case:
    """An award case: what, for whom, and each of the three steps as often as sources tell of it."""

    case: Value
    form: Value | None
    words: str | None
    recipient: Value | None
    count: str | None
    authority: Value | None
    year: str | None
    steps: dict[str, list[Step]]
    witnesses: list[Witness]

    @property
    def status(self) -> str | None:
        """The last step that is known."""
        return next((key for _, key in reversed(STEPS) if self.steps[key]), None)

    @property
    def last(self) -> list[Witness]:
        """Who tells of that step; of the case, if no step is known."""
        steps = self.steps[self.status] if self.status else []
        return [witness for step in steps for witness in step.witnesses] or self.witnesses


def cases(sketch: Sketch) -> list[Case]:
    """The award cases among the statements: by year, then by form."""
    found = [case(sketch, node) for node in sketch.of(td.AwardCase)]
    return sorted(
        found, key=lambda each: (each.year or "", sort_key(each.form.label if each.form else ""), each.case.iri)
    )


def case(sketch: Sketch, node: NamedNode) -> Case:
    """One award case, with its steps."""
    recipient, words = sketch.node(node, td.recipient), sketch.text(node, td.recipientText)
    form = sketch.one(node, td.awardType)
    return Case(
        Value(sketch.label(form) if isinstance(form, NamedNode) else sketch.label(node), node.value),
        sketch.maybe(form),
        sketch.text(node, td.awardText),
        sketch.agent(recipient) or (Value(words) if words else None),
        sketch.text(node, td.recipientCount),
        sketch.maybe(sketch.one(node, td.authority) or sketch.one(node, td.authorityText)),
        sketch.text(node, td.forYear),
        {key: _steps(sketch, kind, node) for kind, key in STEPS},
        sketch.witnesses(node),
    )


def _steps(sketch: Sketch, kind: NamedNode, case: NamedNode) -> list[Step]:
    steps = [
        Step(
            sketch.text(step, td.stepDate),
            _actors(sketch, step),
            sketch.meeting(sketch.one(step, td.atConference)),
            sketch.maybe(sketch.one(step, td.decisionAct)),
            sketch.witnesses(step),
        )
        for step in sketch.of(kind)
        if case in sketch.all(step, td.ofAward)
    ]
    return sorted(steps, key=lambda step: step.date or "9999")


def _actors(sketch: Sketch, step: NamedNode) -> list[Value]:
    nodes = [node for name in (td.byOrganization, td.byCluster, td.byUnit) for node in sketch.all(step, name)]
    return [shown for node in nodes if (shown := sketch.agent(node))]
