"""A unit: what it was and is today, where it lies, and what emulation tells of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fastapi import Request
from pyoxigraph import NamedNode

from loaders.namespaces import BASE, concept, td
from service import render, reply
from service.binding import bind
from service.functions import sort_key
from service.pages import awards, flow, lineage
from service.pages.kind import Drawn, Kind
from service.pages.land import HEIGHT, WIDTH, Archipelago, Outline, archipelagos, land
from service.pages.said import Value, Witness
from service.pages.sketch import Sketch
from service.pages.yearly import figures, meetings
from service.rows import results
from service.snapshot import Snapshot

# Its own statements, its versions; what passed to and from it, the changes by which it did, their acts, the units at
# the other end; whatever was merged with it; its bodies, clusters and awards (and those of the units it was made of),
# conferences and figures. Where it lies is said by the shapes of old provinces, so what its province was made of is
# among them.
_ABOUT = """
      {{ ?s td:versionOf {thing} }}
      UNION {{ ?version td:versionOf {thing} . ?version td:openedBy|td:closedBy ?s }}
      UNION {{ ?s td:fromUnit {thing} }}
      UNION {{ ?s td:toUnit {thing} }}
      UNION {{ ?s td:changedUnit {thing} }}
      UNION {{ ?change td:changedUnit {thing} ; td:legalBasis ?s }}
      UNION {{ ?out td:fromUnit {thing} ; td:ofChange ?s }}
      UNION {{ ?in td:toUnit {thing} ; td:ofChange ?s }}
      UNION {{ ?out td:fromUnit {thing} ; td:ofChange ?change . ?change td:legalBasis ?s }}
      UNION {{ ?in td:toUnit {thing} ; td:ofChange ?change . ?change td:legalBasis ?s }}
      UNION {{ ?in td:toUnit {thing} ; td:fromUnit ?s }}
      UNION {{ ?out td:fromUnit {thing} ; td:toUnit ?s }}
      UNION {{ ?out td:fromUnit {thing} ; td:toUnit ?new . ?s td:versionOf ?new }}
      UNION {{ ?out td:fromUnit {thing} ; td:toUnit ?new . ?s td:changedUnit ?new }}
      UNION {{ ?out td:fromUnit {thing} ; td:toUnit ?new . ?change td:changedUnit ?new ; td:legalBasis ?s }}
      UNION {{ ?out td:fromUnit {thing} ; td:toUnit ?new . ?new td:level ?level . {thing} td:level ?own .
        FILTER(?level = ?own) ?s td:toUnit ?new }}
      UNION {{ ?out td:fromUnit {thing} ; td:toUnit ?new . ?new td:level ?level . {thing} td:level ?own .
        FILTER(?level = ?own) ?with td:toUnit ?new ; td:fromUnit ?s }}
      UNION {{ {thing} td:parent ?s }}
      UNION {{ {thing} td:parent ?parent . ?parent td:parent ?s }}
      UNION {{ {thing} td:parent ?parent . ?s td:toUnit ?parent }}
      UNION {{ {thing} td:parent ?parent . ?formed td:toUnit ?parent ; td:fromUnit ?s }}
      UNION {{ ?s td:jurisdiction {thing} }}
      UNION {{ ?s td:about {thing} }}
      UNION {{ ?s a td:Conference ; td:place {thing} }}
      UNION {{ ?part td:parent {thing} . ?s a td:Conference ; td:place ?part }}
      UNION {{ ?agent td:territory {thing} . ?s td:member|td:recipient|td:onBehalfOf ?agent }}
      UNION {{ ?in td:toUnit {thing} ; td:fromUnit ?old . ?agent td:territory ?old . ?s td:member|td:recipient ?agent }}
      UNION {{ ?agent td:territory {thing} . ?case td:recipient ?agent . ?s td:ofAward ?case }}
      UNION {{ ?in td:toUnit {thing} ; td:fromUnit ?old . ?agent td:territory ?old .
        ?case td:recipient ?agent . ?s td:ofAward ?case }}
"""
_FACTS = (td.unitType, td.level, td.code, td.codeList, td.parent)
# No unit has more under it (Thành phố Hồ Chí Minh: 168 communes since 2025).
_CHILDREN = 200


@dataclass(frozen=True)
class Role:
    """A place in a cluster in one year: lead, deputy, or a member of which no more is said.

    It is the unit's own, or that of a unit which it was made of: then `former` says which.
    """

    former: Value | None
    cluster: Value
    year: str
    role: Value | None
    rank: str | None
    witnesses: list[Witness]


@dataclass(frozen=True)
class Delegation:
    """A conference in which the unit was represented."""

    conference: Value
    role: Value | None
    person: Value | None
    witnesses: list[Witness]


@dataclass(frozen=True)
class Locator:
    """Where the unit lies: its province in the country; the archipelagos too, and which of them is meant."""

    country: Outline
    province: Outline | None
    named: Value | None
    isles: list[tuple[Archipelago, bool]]
    only_province: bool
    width: int = WIDTH
    height: int = HEIGHT


def draw(thing: NamedNode, sketch: Sketch) -> Drawn:
    """What the page of a unit shows."""
    lineage_of = lineage.flow(thing, sketch)
    other_names, keys = lineage.searched(thing, sketch)
    cases = awards.cases(sketch)
    return {
        "facts": sketch.known(thing, *_FACTS),
        "since": sketch.text(thing, td.validFrom),
        "until": sketch.text(thing, td.validTo),
        "attested": sketch.text(thing, td.attestedFrom),
        "today": _today(thing, sketch),
        "other_names": other_names,
        "search_keys": keys,
        "versions": lineage.versions(thing, sketch),
        "moves": lineage.moves(thing, sketch),
        "flow": flow.drawing(lineage_of) if lineage_of.passages else None,
        "place": _locator(thing, sketch),
        "roles": _roles(thing, sketch),
        "delegations": _delegations(sketch),
        "meetings": meetings(sketch),
        "awards": [case for case in cases if case.recipient and case.recipient.iri == thing.value],
        "former_awards": [case for case in cases if not case.recipient or case.recipient.iri != thing.value],
        "figures": figures(sketch),
        "bodies": _bodies(thing, sketch),
        "cut": len(sketch.facts) >= KIND.most,
    }


async def more(thing: NamedNode, request: Request, snapshot: Snapshot) -> Drawn:
    """The units under it, in Vietnamese order."""
    key = thing.value.removeprefix(BASE + "id/unit/")
    bound = bind(snapshot.catalogue["units"], {"parent": key, "lang": render.language(request)}, snapshot.release.base)
    rows = list(reply.each(await results(bound, _CHILDREN + 1, 0, snapshot)))
    found = {row["unit"]["value"].removeprefix(snapshot.release.base): row["label"]["value"] for row in rows}
    children = sorted((Value(label, BASE + iri) for iri, label in found.items()), key=lambda each: sort_key(each.label))
    return {"children": children[:_CHILDREN], "more_children": len(rows) > _CHILDREN, "key": key}


def _today(thing: NamedNode, sketch: Sketch) -> list[tuple[Value | None, list[Value]]]:
    """What the unit is today, by what that belongs to."""
    found: dict[Value | None, list[Value]] = {}
    for each in sketch.today(thing):
        unit = NamedNode(each.iri or "")
        found.setdefault(sketch.maybe(sketch.node(unit, td.parent)), []).append(sketch.value(unit))
    return [(parent, sorted(units, key=lambda each: sort_key(each.label))) for parent, units in found.items()]


def _locator(thing: NamedNode, sketch: Sketch) -> Locator:
    province = _province(thing, sketch)
    codes = _shapes(province, sketch) if province else []
    own = thing.value.removeprefix(BASE + "id/unit/").partition("/")
    isles = [
        (each, own[2] == each.units.get(own[0]) or (province == thing and each.province in codes))
        for each in archipelagos()
    ]
    return Locator(
        land().whole,
        land().outline(codes),
        sketch.maybe(province),
        isles,
        only_province=province != thing,
    )


def _province(unit: NamedNode, sketch: Sketch) -> NamedNode | None:
    """The province in which a unit lies, or which it is."""
    place: NamedNode | None = unit
    while place is not None and sketch.node(place, td.level) != concept("unit-level", "province"):
        place = sketch.node(place, td.parent)
    return place


def _shapes(province: NamedNode, sketch: Sketch) -> list[str]:
    """The codes of the old provinces that a province was made of; its own if it is an old one."""
    if sketch.node(province, td.codeList) == concept("code-list", "2004"):
        return [sketch.text(province, td.code) or ""]
    former = (each.old for each in lineage.transfers(sketch) if each.new == province)
    return [sketch.text(old, td.code) or "" for old in former]


def _roles(thing: NamedNode, sketch: Sketch) -> list[Role]:
    """One row a unit, cluster and year: the role that is on record, else that it was a member."""
    said: dict[tuple[NamedNode, NamedNode], dict[NamedNode, list[NamedNode]]] = {}
    for kind in (td.ClusterRoleHolding, td.ClusterMembership, td.Ranking):
        for node in sketch.of(kind):
            member, year = sketch.node(node, td.member), sketch.node(node, td.inClusterYear)
            if member and year:
                said.setdefault((member, year), {}).setdefault(kind, []).append(node)
    found = [role for (member, year), nodes in said.items() for role in _role(thing, member, year, nodes, sketch)]
    return sorted(found, key=_own_first)


def _role(
    thing: NamedNode, member: NamedNode, year: NamedNode, said: Mapping[NamedNode, list[NamedNode]], sketch: Sketch
) -> Iterator[Role]:
    unit, cluster = sketch.node(member, td.territory) or member, sketch.node(year, td.ofCluster) or year
    ranks = (sketch.text(node, td.rank, td.rankText) for node in said.get(td.Ranking, []))
    rank = next((rank for rank in ranks if rank), None)
    for node in next(iter(said.values())):
        yield Role(
            None if unit == thing else sketch.value(unit),
            sketch.value(cluster),
            sketch.text(year, td.year) or "",
            sketch.maybe(sketch.node(node, td.role)),
            rank,
            sketch.witnesses(node),
        )


def _own_first(role: Role) -> tuple[bool, str, str, str]:
    former = sort_key(role.former.label) if role.former else ""
    return role.former is not None, former, sort_key(role.cluster.label), role.year


def _delegations(sketch: Sketch) -> list[Delegation]:
    found = [
        Delegation(
            sketch.value(conference),
            sketch.maybe(sketch.node(node, td.participationRole)),
            sketch.maybe(sketch.node(node, td.person)),
            sketch.witnesses(node),
        )
        for node in sketch.of(td.Participation)
        if (conference := sketch.node(node, td.inConference))
    ]
    return sorted(found, key=lambda each: sort_key(each.conference.label))


def _bodies(thing: NamedNode, sketch: Sketch) -> list[tuple[Value, Value | None, list[Witness]]]:
    """The organisations whose jurisdiction the unit is."""
    found = {
        node
        for kind in (td.Organization, td.PublicBody, td.PartyBody)
        for node in sketch.of(kind)
        if thing in sketch.all(node, td.jurisdiction)
    }
    shown = [
        (sketch.value(node), sketch.maybe(sketch.node(node, td.organizationKind)), sketch.witnesses(node))
        for node in found
    ]
    return sorted(shown, key=lambda each: sort_key(each[0].label))


KIND = Kind("unit.html", _ABOUT, draw, more=more)
