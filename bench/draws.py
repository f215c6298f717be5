"""What to ask of the curated queries, drawn from a release itself: for each parameter a usual value and the worst.

Nothing is random: things are counted by how much stands on them; the usual one is in the middle, the worst is first. On
a second release both are those on which about as much stands as on the first; its own worst comes besides: it may have
a longer answer, and then it has to keep its budget, but not the pace of the first. So has the one that is most like the
first, if more than twice as much stands on it. Of words the worst is the commonest, the usual one is the whole name of
a thing in the middle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from pyoxigraph import QuerySolutions, Store

from loaders.namespaces import BASE
from service.query import Param, Query

Values = dict[str, str]
# Values, each with what stands on it, the most first.
Weighed = list[tuple[str, int]]

_PREFIXES = f"""PREFIX td: <{BASE}def#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX dcterms: <http://purl.org/dc/terms/>
"""
_COUNTED = "SELECT ?it (COUNT(*) AS ?weight) WHERE {{ {pattern} }} GROUP BY ?it ORDER BY DESC(?weight) ?it"
# What stands on a value, by query and parameter, or else by parameter and kind.
_WEIGHTS = {
    "key cluster": "?year td:ofCluster ?it . ?s td:inClusterYear ?year",
    "key conference": "?s td:inConference ?it",
    "key movement": "?s td:inMovement ?it",
    "key organisation": "?s td:member ?it . ?it a td:Organization",
    "key person": "?s td:person ?it",
    "key source": "?s td:source ?it",
    "cluster cluster": "?year td:ofCluster ?it . ?s td:inClusterYear ?year",
    "unit": "?part td:parent ?it . ?it a td:AdministrativeUnit",
    "parent": "?part td:parent ?it . ?it a td:AdministrativeUnit",
    "within": "?s td:scope/td:parent* ?it",
    "place": "?s td:place/td:parent* ?it",
    "year": "?s td:year ?it",
    "reviewed": "?s td:periodReviewed/td:year ?it",
    "planned": "?s td:periodPlanned/td:year ?it",
    "on": "?s td:validTo ?it",
    "code": "?s td:code ?it",
    "group": "?s skos:broader ?it . ?s a td:AwardType",
    "form": "?s td:awardType/skos:broader* ?it",
    "recipient": "?s td:recipient ?it",
    "kind organization-kind": "?s td:organizationKind ?it",
    "awards.year": "?s td:forYear ?it",
    # Of a member it is told what has come of it, which for a district is all that it was divided into.
    "members.key": "?year td:ofCluster ?it . ?s td:inClusterYear ?year ; a td:ClusterMembership ; td:member ?member . "
    "OPTIONAL { ?member td:territory/dcterms:isReplacedBy* ?today }",
    "chairs.cluster": "?meeting td:hostCluster ?it . ?s td:inConference ?meeting",
    "conferences.cluster": "?s td:hostCluster ?it . ?s a td:Conference",
    "chairs.year": "?s td:periodReviewed/td:year ?it",
    "figures.unit": "?s td:about/td:territory? ?it . ?it a td:AdministrativeUnit",
    "leaderships.unit": "?by td:territory ?it . ?s td:member ?by ; a td:ClusterRoleHolding",
    "unit-clusters.unit": "?by td:territory ?it . ?s td:member ?by",
    "officials.unit": "?s td:jurisdiction ?it",
    "officials.on": "?s td:asOf ?it",
    "posts.on": "?s td:asOf ?it",
    "organisations.unit": "?s td:jurisdiction ?it",
    "predecessors.unit": "?s td:toUnit ?it",
    "successors.unit": "?s td:fromUnit ?it",
    "documents.on": "?s td:inForceFrom ?it",
}
# Whose names hold the words that are looked for.
_NAMED = {
    "units": "a td:AdministrativeUnit",
    "clusters": "a td:EmulationCluster",
    "conferences": "a td:Conference",
    "officials": "a td:Person",
    "organisations": "a td:Organization",
    "movements": "a td:Movement",
    "awards": "td:awardType/td:searchKey ?more ; a td:AwardCase",
    "figures": "a td:Figure",
    "documents": "a td:LegalAct",
    "sources": "a td:Source",
    "statements": "td:attestedBy/td:source ?source",
    "search": "a ?class",
}
_FIXED = {"from": "2017", "to": "2018"}
# A choice is asked for with the first of its values, and with one more.
_CHOICES = 2
# As much stands on a thing as on another, if it is not more than so many times as much.
_TIMES = 2


class Value(NamedTuple):
    """A value; `alike`, if as much stands on it on both releases."""

    value: str
    alike: bool


class Drawn(NamedTuple):
    """Values for a query's parameters; `alike` as for each of them."""

    values: Values
    alike: bool


class Draws:
    """The values drawn from a store, if wanted `like` those from another; what was drawn once is kept."""

    def __init__(self, store: Store, like: Draws | None = None) -> None:
        self._store, self._like = store, like
        self._kept: dict[str, Weighed] = {}

    def cases(self, query: Query) -> Iterator[Drawn]:
        """What to ask a query: its path alone, then with each other parameter; none if the data have no such thing."""
        paths: list[Drawn] = [Drawn({}, True)]
        for param in query.params:
            if param.required:
                drawn = self._values(query, param)
                paths = [Drawn({**path.values, param.name: each.value}, each.alike) for path in paths for each in drawn]
        yield from paths
        for param in query.params if paths else ():
            if not param.required and param.name != "lang":
                worst = ([path for path in paths if path.alike] or paths)[-1]
                for each in self._values(query, param):
                    yield Drawn({**worst.values, param.name: each.value}, worst.alike and each.alike)

    def things(self, pattern: str) -> list[Value]:
        """The things to look at, by a pattern of which each is ?it."""
        return self._chosen(pattern)

    def _values(self, query: Query, param: Param) -> list[Value]:
        if param.type == "search":
            return self._chosen(_NAMED[query.name], words=True)
        if param.type == "boolean" or param.values:
            return [Value(value, True) for value in (param.values[:_CHOICES] or ("true", "false"))]
        if param.name in _FIXED:
            return [Value(_FIXED[param.name], True)]
        names = (f"{query.name}.{param.name}", f"{param.name} {' '.join(param.kinds) or param.scheme}", param.name)
        return self.things(next(_WEIGHTS[name] for name in names if name in _WEIGHTS))

    def _chosen(self, pattern: str, words: bool = False) -> list[Value]:
        """The usual value and the worst, or those most like them; and this store's own worst."""
        own = self._all(pattern, words)
        first = self._like._all(pattern, words) if self._like else own
        if not own or not first:
            return []
        wanted = (first[len(first) // 2][1], first[0][1])
        nearest = [(min(own, key=lambda each: abs(each[1] - weight)), weight) for weight in wanted]
        alike = [Value(value, found <= _TIMES * weight) for (value, found), weight in nearest]
        return [*alike, Value(own[0][0], False)]

    def _all(self, pattern: str, words: bool) -> Weighed:
        if pattern not in self._kept:
            self._kept[pattern] = self._words(pattern) if words else self._weighed(pattern)
        return self._kept[pattern]

    def _weighed(self, pattern: str) -> Weighed:
        return [(row["it"].value, int(row["weight"].value)) for row in self._rows(_COUNTED.format(pattern=pattern))]

    def _words(self, named: str) -> Weighed:
        rows = self._rows(
            f"SELECT ?key (COUNT(DISTINCT ?it) AS ?weight) WHERE {{ ?it td:searchKey ?key ; {named} }} GROUP BY ?key"
        )
        keys = sorted((row["key"].value, int(row["weight"].value)) for row in rows)
        common = Counter(word for key, _ in keys for word in key.split() if len(word) > 1)
        found = sorted(common.items(), key=lambda each: (-each[1], each[0]))
        return [*found, *keys]

    def _rows(self, query: str) -> QuerySolutions:
        found = self._store.query(_PREFIXES + query)
        assert isinstance(found, QuerySolutions)
        return found
