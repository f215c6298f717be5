"""An official: the posts in which sources name the person, day by day, and the conferences; nothing else.

A source says that somebody held a post on a day, seldom since when or until when, so no term is drawn.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from pyoxigraph import NamedNode

from loaders.namespaces import td
from service.functions import sort_key
from service.pages.kind import Drawn, Kind
from service.pages.said import Value, Witness
from service.pages.sketch import Sketch
from service.pages.yearly import year_of

_ABOUT = """
      {{ ?s td:person {thing} }}
      UNION {{ ?s td:representedBy {thing} }}
      UNION {{ ?held td:person {thing} ; td:post ?s }}
      UNION {{ ?held td:person {thing} ; td:post ?post . ?post td:postIn ?s }}
"""


@dataclass(frozen=True)
class Post:
    """A post, and the days on which sources name the person in it."""

    post: Value
    organisation: Value | None
    unit: Value | None
    days: list[tuple[str | None, list[Witness]]]


@dataclass(frozen=True)
class Appearance:
    """A conference at which the person took part."""

    conference: Value
    date: str | None
    role: Value | None
    posts: list[Value]
    behalf: list[Value]
    witnesses: list[Witness]


@dataclass(frozen=True)
class Standing:
    """A unit's role in a cluster that the person represented."""

    year: int
    role: Value | None
    unit: Value | None
    cluster: Value | None
    witnesses: list[Witness]


def draw(thing: NamedNode, sketch: Sketch) -> Drawn:
    """What the page of an official shows."""
    return {
        "posts": _posts(sketch),
        "appearances": _appearances(sketch),
        "standings": _standings(thing, sketch),
        "cut": len(sketch.facts) >= KIND.most,
    }


def _posts(sketch: Sketch) -> list[Post]:
    held: dict[NamedNode, list[tuple[str | None, list[Witness]]]] = defaultdict(list)
    for node in sketch.of(td.PostHolding):
        if (post := sketch.node(node, td.post)) is not None:
            held[post].append((sketch.text(node, td.asOf), sketch.witnesses(node)))
    posts = [_post(sketch, post, sorted(days, key=lambda day: day[0] or "9999")) for post, days in held.items()]
    return sorted(posts, key=lambda post: (post.days[0][0] or "9999", sort_key(post.post.label)))


def _post(sketch: Sketch, post: NamedNode, days: list[tuple[str | None, list[Witness]]]) -> Post:
    organisation = sketch.node(post, td.postIn)
    unit = sketch.one(organisation, td.jurisdiction)
    return Post(sketch.value(post), sketch.maybe(organisation), sketch.maybe(unit), days)


def _appearances(sketch: Sketch) -> list[Appearance]:
    found = []
    for node in sketch.of(td.Participation):
        conference = sketch.node(node, td.inConference)
        posts = [sketch.one(holding, td.post) for holding in sketch.all(node, td.inCapacity)]
        shown = Appearance(
            sketch.maybe(conference) or Value("?"),
            sketch.text(conference, td.date),
            sketch.maybe(sketch.one(node, td.participationRole)),
            [sketch.value(post) for post in posts if post],
            [agent for each in sketch.all(node, td.onBehalfOf) if (agent := sketch.agent(each))],
            sketch.witnesses(node),
        )
        found.append(shown)
    return sorted(found, key=lambda each: (each.date or "9999", each.conference.label))


def _standings(thing: NamedNode, sketch: Sketch) -> list[Standing]:
    found = [
        Standing(
            year_of(sketch, node),
            sketch.maybe(sketch.one(node, td.role)),
            sketch.agent(sketch.node(node, td.member)),
            sketch.maybe(sketch.one(sketch.node(node, td.inClusterYear), td.ofCluster)),
            sketch.witnesses(node),
        )
        for node in sketch.of(td.ClusterRoleHolding)
        if thing in sketch.all(node, td.representedBy)
    ]
    return sorted(found, key=lambda each: each.year)


KIND = Kind("person.html", _ABOUT, draw, listed=False)
