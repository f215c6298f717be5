"""A cluster, year by year: who led it, who were its members, what came of its comparison, what it met about."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from pyoxigraph import NamedNode

from loaders.namespaces import concept, skos, td
from service.functions import sort_key
from service.pages import awards, timeline
from service.pages.kind import Drawn, Kind
from service.pages.sketch import Sketch, Value, Witness, plainest

_ABOUT = """
      {{ ?s td:ofCluster {thing} }}
      UNION {{ ?year td:ofCluster {thing} . ?s td:inClusterYear ?year }}
      UNION {{ ?year td:ofCluster {thing} . ?s td:about ?year }}
      UNION {{ ?s td:about {thing} }}
      UNION {{ ?s td:hostCluster {thing} }}
      UNION {{ ?met td:hostCluster {thing} . ?s td:about ?met }}
      UNION {{ ?met td:hostCluster {thing} . ?step td:atConference ?met ; td:ofAward ?s }}
      UNION {{ ?met td:hostCluster {thing} . ?step td:atConference ?met ; td:ofAward ?case . ?s td:ofAward ?case }}
      UNION {{ ?step td:byCluster {thing} ; td:ofAward ?s }}
      UNION {{ ?step td:byCluster {thing} ; td:ofAward ?case . ?s td:ofAward ?case }}
      UNION {{ ?s td:linkFrom {thing} }}
      UNION {{ ?s td:linkTo {thing} }}
"""
_FACTS = (skos.altLabel, td.clusterKind, td.clusterBasis, td.clusterLevel, td.scope, td.establishedBy)
LEAD, DEPUTY = concept("cluster-role", "truong"), concept("cluster-role", "pho")


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
class Year:
    """Who led in one year; nobody where no source says."""

    number: int
    leads: list[Holding]
    deputies: list[Holding]

    @property
    def disputed(self) -> bool:
        """Whether the sources name two leads."""
        return len({lead.unit for lead in self.leads}) > 1

    @property
    def unknown(self) -> bool:
        """Whether nothing at all is known of it."""
        return not self.leads and not self.deputies


@dataclass(frozen=True)
class Member:
    """A member unit in one year."""

    unit: Value
    today: list[Value]
    kind: Value | None
    witnesses: list[Witness]


@dataclass(frozen=True)
class Roll:
    """The members that are known of one year, and how many a source says there were."""

    year: int
    stated: list[Value]
    members: list[Member]
    witnesses: list[Witness]

    @property
    def short(self) -> bool:
        """Whether fewer or more are named than the sources count."""
        return any(value.label != str(len(self.members)) for value in self.stated)


@dataclass(frozen=True)
class Rank:
    """The place of a unit; none if it was named without order."""

    year: int
    rank: int | None
    unit: Value
    words: str | None
    method: Value | None
    at: Value | None
    witnesses: list[Witness]


@dataclass(frozen=True)
class Meeting:
    """A conference as a line of a list."""

    conference: Value
    date: str | None
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
    value: str
    unit: Value | None
    period: Value | None
    part_of: str | None
    witnesses: list[Witness]


def draw(thing: NamedNode, sketch: Sketch) -> Drawn:
    """What the page of a cluster shows."""
    years = _years(sketch)
    return {
        "facts": sketch.known(thing, *_FACTS),
        "years": years,
        "timeline": timeline.draw(years, sketch.lang),
        "rolls": _rolls(sketch),
        "rankings": _rankings(sketch),
        "meetings": meetings(sketch),
        "awards": awards.cases(sketch),
        "pacts": _dated(sketch, td.EmulationPact, td.signedAt),
        "citations": _dated(sketch, td.Citation, td.cites, td.number),
        "movements": _dated(sketch, td.MovementParticipation, td.inMovement),
        "figures": figures(sketch),
        "related": _related(thing, sketch),
        "cut": len(sketch.facts) >= KIND.most,
    }


def _year(sketch: Sketch, statement: NamedNode) -> int:
    return int(sketch.text(sketch.node(statement, td.inClusterYear) or statement, td.year) or 0)


def _years(sketch: Sketch) -> list[Year]:
    """Every year from the first to the last of which anything is known, those between too."""
    held: dict[tuple[int, NamedNode | None], list[Holding]] = defaultdict(list)
    for node in sketch.of(td.ClusterRoleHolding):
        held[_year(sketch, node), sketch.node(node, td.role)].append(_holding(sketch, node))
    known = {_year(sketch, node) for node in sketch.of(td.ClusterYear)} | {year for year, _ in held}
    span = range(min(known), max(known) + 1) if known else range(0)
    return [Year(year, _ordered(held[year, LEAD]), _ordered(held[year, DEPUTY])) for year in span]


def _ordered(holdings: list[Holding]) -> list[Holding]:
    return sorted(holdings, key=lambda holding: sort_key(holding.unit.label))


def _holding(sketch: Sketch, node: NamedNode) -> Holding:
    member = sketch.node(node, td.member)
    return Holding(
        sketch.agent(member) or Value("?"),
        sketch.today(member),
        sketch.maybe(sketch.one(node, td.representedBy)),
        sketch.maybe(sketch.one(node, td.selection)),
        sketch.meeting(sketch.one(node, td.selectedAt)),
        sketch.witnesses(node),
    )


def _rolls(sketch: Sketch) -> list[Roll]:
    members: dict[NamedNode | None, list[Member]] = defaultdict(list)
    for node in sketch.of(td.ClusterMembership):
        unit = sketch.node(node, td.member)
        shown = Member(
            sketch.agent(unit) or Value("?"),
            sketch.today(unit),
            sketch.maybe(sketch.one(node, td.memberKind)),
            sketch.witnesses(node),
        )
        members[sketch.node(node, td.inClusterYear)].append(shown)
    rolls = [
        Roll(
            _year(sketch, year),
            sketch.values(year, td.statedMemberCount),
            sorted(members[year], key=lambda member: sort_key(member.unit.label)),
            sketch.witnesses(year),
        )
        for year in sketch.of(td.ClusterYear)
    ]
    return sorted((roll for roll in rolls if roll.members or roll.stated), key=lambda roll: roll.year)


def _rankings(sketch: Sketch) -> list[Rank]:
    ranks = [
        Rank(
            _year(sketch, node),
            int(rank) if (rank := sketch.text(node, td.rank)) else None,
            sketch.agent(sketch.node(node, td.member)) or Value("?"),
            sketch.text(node, td.rankText),
            sketch.maybe(sketch.one(node, td.rankingMethod)),
            sketch.meeting(sketch.one(node, td.decidedAt)),
            sketch.witnesses(node),
        )
        for node in sketch.of(td.Ranking)
    ]
    return sorted(ranks, key=lambda each: (each.year, each.rank or 9999, sort_key(each.unit.label)))


def meetings(sketch: Sketch) -> list[Meeting]:
    """The conferences among the statements, the earliest first, those without a day last."""
    found = [
        Meeting(
            sketch.value(node),
            sketch.text(node, td.date),
            sketch.values(node, td.conferenceKind),
            sketch.maybe(sketch.one(node, td.place)),
            sketch.witnesses(node),
        )
        for node in sketch.of(td.Conference)
    ]
    return sorted(found, key=lambda meeting: (meeting.date or "9999", meeting.conference.label))


def _dated(sketch: Sketch, kind: NamedNode, link: NamedNode, more: NamedNode | None = None) -> list[Dated]:
    found = []
    for node in sketch.of(kind):
        what = sketch.one(node, link)
        shown = sketch.value(what) if what else Value("?")
        found.append(
            Dated(_year(sketch, node), shown, sketch.witnesses(node), sketch.text(what, more) if more else None)
        )
    return sorted(found, key=lambda each: (each.year, sort_key(each.what.label)))


def figures(sketch: Sketch) -> list[Number]:
    """The figures among the statements: a whole before its parts."""
    found = []
    for node in sketch.of(td.Figure):
        about, whole = sketch.one(node, td.about), sketch.node(node, td.partOfFigure)
        number = Number(
            sketch.value(about) if about else Value("?"),
            sketch.text(node, td.measure) or "?",
            sketch.text(node, td.value) or "?",
            sketch.maybe(sketch.one(node, td.unitOfMeasure)),
            sketch.maybe(sketch.one(node, td.period)),
            sketch.text(whole, td.measure),
            sketch.witnesses(node),
        )
        found.append(((number.about.label, (whole or node).value, whole is not None, node.value), number))
    return [number for _, number in sorted(found, key=lambda pair: pair[0])]


def _related(thing: NamedNode, sketch: Sketch) -> list[tuple[Value, Value | None, list[Witness]]]:
    """Clusters that may be the same, which nobody has confirmed."""
    found = []
    for node in sketch.of(td.LinkCandidate):
        ends = (sketch.node(node, td.linkFrom), sketch.node(node, td.linkTo))
        other = next((end for end in ends if end and end != thing), None)
        if other:
            found.append((sketch.value(other), sketch.maybe(sketch.one(node, td.linkStatus)), sketch.witnesses(node)))
    return found


KIND = Kind("cluster.html", _ABOUT, draw)
