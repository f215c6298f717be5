"""An organisation, or the emulation unit that stands for a territory: what it was in clusters, its posts, its part.

What it may have been awarded is told by its last known step, for a case alone says nothing of its outcome.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from pyoxigraph import NamedNode

from loaders.namespaces import rdf, skos, td
from service.functions import sort_key
from service.pages import awards, portrait
from service.pages.kind import Drawn, Kind
from service.pages.said import Said, Value, Witness
from service.pages.sketch import Sketch
from service.pages.yearly import year_of

_ABOUT = """
      {{ ?s td:member {thing} }}
      UNION {{ ?s td:recipient {thing} }}
      UNION {{ ?case td:recipient {thing} . ?s td:ofAward ?case }}
      UNION {{ ?step td:byOrganization {thing} ; td:ofAward ?s }}
      UNION {{ ?step td:byOrganization {thing} ; td:ofAward ?case . ?s td:ofAward ?case }}
      UNION {{ ?s td:organization {thing} }}
      UNION {{ ?s td:onBehalfOf {thing} }}
      UNION {{ ?s td:postIn {thing} }}
      UNION {{ ?post td:postIn {thing} . ?s td:post ?post }}
      UNION {{ ?s td:partOf {thing} }}
      UNION {{ ?s td:launchedBy {thing} }}
      UNION {{ ?s td:issuedBy {thing} }}
      UNION {{ ?s td:publisher {thing} }}
"""
_FACTS = (skos.altLabel, td.organizationKind, td.jurisdiction, td.territory, td.partOf)
# What has a list of its own; the rest is shown as on pages of any kind.
_TOLD = {
    td.ClusterMembership, td.ClusterRoleHolding, td.Ranking, td.AwardCase, td.AwardProposal, td.AwardDecision,
    td.AwardPresentation, td.AwardStep, td.Participation, td.Post, td.PostHolding,
}  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """What it was in one cluster in one year: a member, in a role, in a place."""

    year: int
    cluster: Value
    said: list[Said]


@dataclass(frozen=True)
class Post:
    """A post in it, and whom sources name in it on which day."""

    post: Value
    holders: list[tuple[Value, str | None, list[Witness]]]


@dataclass(frozen=True)
class Appearance:
    """A conference at which its delegates, or somebody on its behalf, took part."""

    conference: Value
    date: str | None
    role: Value | None
    person: Value | None
    witnesses: list[Witness]


def draw(thing: NamedNode, sketch: Sketch) -> Drawn:
    """What the page of an organisation shows."""
    cases = awards.cases(sketch)
    mine = {node.value for node in sketch.of(td.AwardCase) if thing in sketch.all(node, td.recipient)}
    others = [node for node in sketch.facts if node != thing and not sketch.facts[node].get(rdf.type, set()) & _TOLD]
    return {
        "facts": sketch.known(thing, *_FACTS),
        "standings": _standings(sketch),
        "received": [case for case in cases if case.case.iri in mine],
        "given": [case for case in cases if case.case.iri not in mine],
        "posts": _posts(thing, sketch),
        "appearances": _appearances(sketch),
        "tables": portrait.tables(thing, others, sketch),
        "cut": len(sketch.facts) >= KIND.most,
    }


def _standings(sketch: Sketch) -> list[Standing]:
    found: dict[tuple[int, NamedNode | None], list[Said]] = defaultdict(list)
    for kind in (td.ClusterMembership, td.ClusterRoleHolding, td.Ranking):
        for node in sketch.of(kind):
            cluster = sketch.node(sketch.node(node, td.inClusterYear), td.ofCluster)
            found[year_of(sketch, node), cluster].append(Said(_as(sketch, kind, node), sketch.witnesses(node)))
    standings = [Standing(year, sketch.maybe(cluster) or Value("?"), said) for (year, cluster), said in found.items()]
    return sorted(standings, key=lambda each: (each.year, sort_key(each.cluster.label)))


def _as(sketch: Sketch, kind: NamedNode, node: NamedNode) -> Value:
    """As what: in its role, in its place as the source words it, or as a member."""
    words = {"vi": ("thành viên", "xếp hạng"), "en": ("member", "ranked")}[sketch.lang]
    if kind == td.ClusterRoleHolding:
        return sketch.maybe(sketch.one(node, td.role)) or Value("?")
    if kind == td.Ranking:
        place = sketch.text(node, td.rank) or sketch.text(node, td.rankText)
        return Value(f"{words[1]}: {place}" if place else words[1])
    return Value(words[0])


def _posts(thing: NamedNode, sketch: Sketch) -> list[Post]:
    held: dict[NamedNode | None, list[tuple[Value, str | None, list[Witness]]]] = defaultdict(list)
    for node in sketch.of(td.PostHolding):
        person = sketch.maybe(sketch.one(node, td.person)) or Value("?")
        held[sketch.node(node, td.post)].append((person, sketch.text(node, td.asOf), sketch.witnesses(node)))
    posts = [node for node in sketch.of(td.Post) if thing in sketch.all(node, td.postIn)]
    shown = [
        Post(sketch.value(post), sorted(held[post], key=lambda each: (each[1] or "", each[0].label))) for post in posts
    ]
    return sorted(shown, key=lambda post: sort_key(post.post.label))


def _appearances(sketch: Sketch) -> list[Appearance]:
    found = []
    for node in sketch.of(td.Participation):
        conference = sketch.node(node, td.inConference)
        role, person = sketch.one(node, td.participationRole), sketch.one(node, td.person)
        shown = Appearance(
            sketch.maybe(conference) or Value("?"),
            sketch.text(conference, td.date),
            sketch.maybe(role),
            sketch.maybe(person),
            sketch.witnesses(node),
        )
        found.append(shown)
    return sorted(found, key=lambda each: (each.date or "9999", each.conference.label))


KIND = Kind("organisation.html", _ABOUT, draw)
