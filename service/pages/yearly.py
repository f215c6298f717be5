"""What is said of clusters year by year, as lines of lists that several kinds of pages have."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import NamedNode

from loaders.namespaces import td
from service.functions import sort_key
from service.pages.said import Value, Witness, plainest
from service.pages.sketch import Sketch


@dataclass(frozen=True)
class Holding:
    """A unit in its role in one year."""

    unit: Value
    today: list[Value]
    representative: Value | None
    selection: Value | None
    selected_at: Value | None
    witnesses: list[Witness]

    @property
    def certainty(self) -> str:
        """How plainly the plainest source says so: stated, inferred or ambiguous."""
        return plainest(self.witnesses)


@dataclass(frozen=True)
class Rank:
    """The place of a unit: none if it was named without order, two if two sources give two."""

    year: int
    ranks: list[str]
    unit: Value
    words: str | None
    method: Value | None
    at: Value | None
    witnesses: list[Witness]


@dataclass(frozen=True)
class Meeting:
    """A conference as a line of a list."""

    conference: Value
    dates: list[str]
    kinds: list[Value]
    place: Value | None
    witnesses: list[Witness]


@dataclass(frozen=True)
class Dated:
    """Something that a cluster did or said in one year."""

    year: int
    what: Value
    witnesses: list[Witness]
    more: str | None = None


@dataclass(frozen=True)
class Number:
    """A figure as a line of a list."""

    about: Value
    measure: str
    counts: list[str]
    unit: Value | None
    period: Value | None
    part_of: str | None
    witnesses: list[Witness]


def year_of(sketch: Sketch, statement: NamedNode) -> int:
    """The year of a cluster's year, or of a statement in it; 0 if none is known."""
    return int(sketch.text(sketch.node(statement, td.inClusterYear) or statement, td.year) or 0)


def holding(sketch: Sketch, node: NamedNode) -> Holding:
    """One unit in its role."""
    member = sketch.node(node, td.member)
    return Holding(
        sketch.agent(member) or Value("?"),
        sketch.today(member),
        sketch.maybe(sketch.one(node, td.representedBy)),
        sketch.maybe(sketch.one(node, td.selection)),
        sketch.meeting(sketch.one(node, td.selectedAt)),
        sketch.witnesses(node),
    )


def roles(sketch: Sketch, conference: NamedNode) -> list[tuple[int, Value | None, Holding]]:
    """The roles that were given at a conference: for which year, which role, to whom."""
    nodes = [node for node in sketch.of(td.ClusterRoleHolding) if conference in sketch.all(node, td.selectedAt)]
    found = [(year_of(sketch, node), sketch.maybe(sketch.one(node, td.role)), holding(sketch, node)) for node in nodes]
    return sorted(found, key=lambda each: (each[0], each[1].iri or "" if each[1] else "", sort_key(each[2].unit.label)))


def rankings(sketch: Sketch) -> list[Rank]:
    """The rankings among the statements: by year, the first first, those without order last."""
    ranks = [
        Rank(
            year_of(sketch, node),
            sketch.texts(node, td.rank),
            sketch.agent(sketch.node(node, td.member)) or Value("?"),
            sketch.text(node, td.rankText),
            sketch.maybe(sketch.one(node, td.rankingMethod)),
            sketch.meeting(sketch.one(node, td.decidedAt)),
            sketch.witnesses(node),
        )
        for node in sketch.of(td.Ranking)
    ]
    return sorted(
        ranks, key=lambda each: (each.year, int(each.ranks[0]) if each.ranks else 9999, sort_key(each.unit.label))
    )


def meetings(sketch: Sketch) -> list[Meeting]:
    """The conferences among the statements, the earliest first, those without a day last."""
    found = [
        Meeting(
            sketch.value(node),
            sketch.texts(node, td.date),
            sketch.values(node, td.conferenceKind),
            sketch.maybe(sketch.one(node, td.place)),
            sketch.witnesses(node),
        )
        for node in sketch.of(td.Conference)
    ]
    return sorted(found, key=lambda meeting: (meeting.dates[:1] or ["9999"], meeting.conference.label))


def dated(sketch: Sketch, kind: NamedNode, link: NamedNode, more: NamedNode | None = None) -> list[Dated]:
    """The statements of a class, by year: what each links to, and a word more about that."""
    found = []
    for node in sketch.of(kind):
        what = sketch.one(node, link)
        shown = sketch.value(what) if what else Value("?")
        found.append(
            Dated(year_of(sketch, node), shown, sketch.witnesses(node), sketch.text(what, more) if more else None)
        )
    return sorted(found, key=lambda each: (each.year, sort_key(each.what.label)))


def doubled(many: list[Dated]) -> bool:
    """Whether one thing is told of two years: one conference, say, at which pacts for two years were signed."""
    return len({(each.what, each.year) for each in many}) > len({each.what for each in many})


def figures(sketch: Sketch) -> list[Number]:
    """The figures among the statements: a whole before its parts."""
    found = []
    for node in sketch.of(td.Figure):
        about, whole = sketch.one(node, td.about), sketch.node(node, td.partOfFigure)
        number = Number(
            sketch.value(about) if about else Value("?"),
            sketch.text(node, td.measure) or "?",
            sketch.texts(node, td.value),
            sketch.maybe(sketch.one(node, td.unitOfMeasure)),
            sketch.maybe(sketch.one(node, td.period)),
            sketch.text(whole, td.measure),
            sketch.witnesses(node),
        )
        found.append(((number.about.label, (whole or node).value, whole is not None, node.value), number))
    return [number for _, number in sorted(found, key=lambda pair: pair[0])]
