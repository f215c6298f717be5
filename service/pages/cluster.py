"""A cluster, year by year: who led it, who were its members, what came of its comparison, what it met about."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from pyoxigraph import NamedNode

from loaders.namespaces import concept, skos, td
from service.functions import sort_key
from service.pages import awards, timeline
from service.pages.kind import Drawn, Kind
from service.pages.said import Value, Witness
from service.pages.sketch import Sketch
from service.pages.yearly import Holding, dated, doubled, figures, holding, meetings, rankings, year_of

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


def draw(thing: NamedNode, sketch: Sketch) -> Drawn:
    """What the page of a cluster shows."""
    years = _years(sketch)
    return {
        "facts": sketch.known(thing, *_FACTS),
        "years": years,
        "timeline": timeline.draw(years, sketch.lang),
        "rolls": _rolls(sketch, years),
        "rankings": rankings(sketch),
        "meetings": meetings(sketch),
        "awards": awards.cases(sketch),
        "pacts": (pacts := dated(sketch, td.EmulationPact, td.signedAt)),
        "doubled": doubled(pacts),
        "citations": dated(sketch, td.Citation, td.cites, td.number),
        "movements": dated(sketch, td.MovementParticipation, td.inMovement),
        "figures": figures(sketch),
        "related": _related(thing, sketch),
        "cut": len(sketch.facts) >= KIND.most,
    }


def _years(sketch: Sketch) -> list[Year]:
    """Every year from the first to the last of which anything is known, those between too."""
    held: dict[tuple[int, NamedNode | None], list[Holding]] = defaultdict(list)
    for node in sketch.of(td.ClusterRoleHolding):
        held[year_of(sketch, node), sketch.node(node, td.role)].append(holding(sketch, node))
    known = {year_of(sketch, node) for node in sketch.of(td.ClusterYear)} | {year for year, _ in held}
    span = range(min(known), max(known) + 1) if known else range(0)
    return [Year(year, _ordered(held[year, LEAD]), _ordered(held[year, DEPUTY])) for year in span]


def _ordered(holdings: list[Holding]) -> list[Holding]:
    return sorted(holdings, key=lambda holding: sort_key(holding.unit.label))


def _rolls(sketch: Sketch, years: list[Year]) -> list[Roll]:
    """The members of each of the years; none where no source names or counts them."""
    members: dict[int, list[Member]] = defaultdict(list)
    for node in sketch.of(td.ClusterMembership):
        members[year_of(sketch, node)].append(_member(sketch, node))
    nodes = {year_of(sketch, node): node for node in sketch.of(td.ClusterYear)}
    rolls = [_roll(sketch, year.number, nodes.get(year.number), members[year.number]) for year in years]
    return rolls if any(roll.members or roll.stated for roll in rolls) else []


def _roll(sketch: Sketch, year: int, node: NamedNode | None, members: list[Member]) -> Roll:
    listed = sorted(members, key=lambda member: sort_key(member.unit.label))
    if node is None:
        return Roll(year, [], listed, [])
    return Roll(year, sketch.values(node, td.statedMemberCount), listed, sketch.witnesses(node))


def _member(sketch: Sketch, node: NamedNode) -> Member:
    unit = sketch.node(node, td.member)
    return Member(
        sketch.agent(unit) or Value("?"),
        sketch.today(unit),
        sketch.maybe(sketch.one(node, td.memberKind)),
        sketch.witnesses(node),
    )


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
