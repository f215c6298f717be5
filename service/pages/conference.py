"""A conference: when and where, what it looked back on and planned, who took part as what, and what was done there."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import NamedNode

from loaders.namespaces import concept, rdf, td
from service.functions import sort_key
from service.pages import awards, yearly
from service.pages.kind import Drawn, Kind
from service.pages.said import Value, Witness
from service.pages.sketch import Sketch

_ABOUT = """
      {{ ?s td:inConference {thing} }}
      UNION {{ ?part td:inConference {thing} ; td:inCapacity ?s }}
      UNION {{ {thing} td:hostCluster ?cluster . ?year td:ofCluster ?cluster . ?s td:inClusterYear ?year ;
        td:representedBy ?who . ?part td:person ?who ; td:inConference {thing} }}
      UNION {{ ?s td:atConference {thing} }}
      UNION {{ ?step td:atConference {thing} ; td:ofAward ?s }}
      UNION {{ ?step td:atConference {thing} ; td:ofAward ?case . ?s td:ofAward ?case }}
      UNION {{ ?s td:selectedAt {thing} }}
      UNION {{ ?s td:decidedAt {thing} }}
      UNION {{ ?s td:signedAt {thing} }}
      UNION {{ ?s td:about {thing} }}
      UNION {{ {thing} td:hostCluster ?cluster ; td:periodReviewed|td:periodPlanned ?period . ?period td:year ?number .
        ?year td:ofCluster ?cluster ; td:year ?number . ?s td:inClusterYear ?year ; td:cites ?act }}
"""
_FACTS = (
    td.conferenceKind, td.hostCluster, td.date, td.dateText, td.place, td.placeText, td.venue, td.periodReviewed,
    td.periodPlanned,
)  # fmt: skip
# Whoever chairs first, whoever only attends last.
_ROLES = [concept("participation-role", key) for key in ("chu-tri", "chi-dao", "khai-mac", "phat-bieu", "du")]


@dataclass(frozen=True)
class Part:
    """Somebody's part: a person with the posts that the source names, or the delegates of an organisation."""

    role: Value
    who: Value | None
    posts: list[Value]
    behalf: list[Value]
    stands: list[str]
    witnesses: list[Witness]

    @property
    def bare(self) -> bool:
        """Whether nothing is known but that they were there."""
        return not self.posts and not self.behalf and not self.stands


def draw(thing: NamedNode, sketch: Sketch) -> Drawn:
    """What the page of a conference shows."""
    parts = _parts(thing, sketch)
    return {
        "facts": sketch.known(thing, *_FACTS),
        "parts": [part for part in parts if not part.bare],
        "delegations": [part for part in parts if part.bare],
        "chosen": yearly.roles(sketch, thing),
        "rankings": yearly.rankings(sketch),
        "pacts": yearly.dated(sketch, td.EmulationPact, td.inClusterYear),
        "citations": yearly.dated(sketch, td.Citation, td.cites, td.number),
        "awards": awards.cases(sketch),
        "figures": yearly.figures(sketch),
        "cut": len(sketch.facts) >= KIND.most,
    }


def _parts(thing: NamedNode, sketch: Sketch) -> list[Part]:
    nodes = [node for node in sketch.of(td.Participation) if thing in sketch.all(node, td.inConference)]
    parts = [(_place(sketch.node(node, td.participationRole)), _part(sketch, node)) for node in nodes]
    return [
        part
        for _, part in sorted(parts, key=lambda pair: (pair[0], sort_key(pair[1].who.label if pair[1].who else "")))
    ]


def _place(role: NamedNode | None) -> int:
    return _ROLES.index(role) if role in _ROLES else len(_ROLES)


def _part(sketch: Sketch, node: NamedNode) -> Part:
    person = sketch.node(node, td.person)
    posts = [sketch.one(holding, td.post) for holding in sketch.all(node, td.inCapacity)]
    return Part(
        sketch.maybe(sketch.one(node, td.participationRole)) or Value("?"),
        _unnamed(node, sketch) or sketch.maybe(person or sketch.one(node, td.organization)),
        [sketch.value(post) for post in posts if post],
        [shown for agent in sketch.all(node, td.onBehalfOf) if (shown := sketch.agent(agent))],
        _stands(sketch, person),
        sketch.witnesses(node),
    )


def _unnamed(node: NamedNode, sketch: Sketch) -> Value | None:
    """Who was there and was withdrawn, which is not to be unknown."""
    if td.AnonymousParticipation not in sketch.all(node, rdf.type):
        return None
    return Value("một người không nêu tên" if sketch.lang == "vi" else "somebody who is not named")


def _stands(sketch: Sketch, person: NamedNode | None) -> list[str]:
    """In what role of the cluster, of which unit and year, the sources let the person stand for it."""
    if person is None:
        return []
    held = [node for node in sketch.of(td.ClusterRoleHolding) if person in sketch.all(node, td.representedBy)]
    return [
        f"{sketch.label(role)}: {unit.label}, {sketch.text(sketch.node(node, td.inClusterYear), td.year)}"
        for node in held
        if (role := sketch.node(node, td.role)) and (unit := sketch.agent(sketch.node(node, td.member)))
    ]


KIND = Kind("conference.html", _ABOUT, draw)
