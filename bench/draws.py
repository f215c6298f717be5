"""What to ask of the curated queries, drawn from a release itself: for each parameter a usual value and the worst.

Nothing is random: things are counted by how much stands on them; the worst is the first, the usual one in the middle.
Of words the worst is the commonest, the usual one is the whole name of a thing in the middle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pyoxigraph import QuerySolutions, Store

from loaders.namespaces import BASE
from service.query import Param, Query

Values = dict[str, str]

_PREFIXES = f"""PREFIX td: <{BASE}def#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
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
    "chairs.year": "?s td:periodReviewed/td:year ?it",
    "figures.unit": "?s td:about/td:territory? ?it . ?it a td:AdministrativeUnit",
    "leaderships.unit": "?by td:territory ?it . ?s td:member ?by",
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


class Draws:
    """The values drawn from a store; what was drawn once is kept."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[str, list[str]] = {}

    def cases(self, query: Query) -> Iterator[Values]:
        """What to ask a query: its path alone, then with each other parameter; none if the data have no such thing."""
        optional = [param for param in query.params if not param.required and param.name != "lang"]
        paths: list[Values] = [{}]
        for param in query.params:
            if param.required:
                paths = [{**path, param.name: value} for path in paths for value in self._values(query, param)]
        yield from paths
        for param in optional if paths else ():
            yield from ({**paths[-1], param.name: value} for value in self._values(query, param))

    def _values(self, query: Query, param: Param) -> list[str]:
        """The usual value and then the worst, or the values of a choice."""
        if param.type == "search":
            return self._kept_or(f"words {query.name}", lambda: self._words(_NAMED[query.name]))
        if param.type == "boolean":
            return ["true", "false"]
        if param.values:
            return list(param.values[:_CHOICES])
        if param.name in _FIXED:
            return [_FIXED[param.name]]
        names = (f"{query.name}.{param.name}", f"{param.name} {' '.join(param.kinds) or param.scheme}", param.name)
        pattern = next(_WEIGHTS[name] for name in names if name in _WEIGHTS)
        return self._kept_or(pattern, lambda: self._weighed(pattern))

    def things(self, pattern: str) -> list[str]:
        """The usual thing and then the worst, by a pattern of which it is ?it."""
        return self._kept_or(pattern, lambda: self._weighed(pattern))

    def _kept_or(self, name: str, draw: object) -> list[str]:
        if name not in self._kept:
            assert callable(draw)
            self._kept[name] = draw()
        return self._kept[name]

    def _weighed(self, pattern: str) -> list[str]:
        found = [row["it"].value for row in self._rows(_COUNTED.format(pattern=pattern))]
        return list(dict.fromkeys((found[len(found) // 2], found[0]))) if found else []

    def _words(self, named: str) -> list[str]:
        keys = sorted(
            {row["key"].value for row in self._rows(f"SELECT ?key WHERE {{ ?it td:searchKey ?key ; {named} }}")}
        )
        common = Counter(word for key in keys for word in key.split() if len(word) > 1)
        return [keys[len(keys) // 2], min(common, key=lambda word: (-common[word], word))] if keys else []

    def _rows(self, query: str) -> QuerySolutions:
        found = self._store.query(_PREFIXES + query)
        assert isinstance(found, QuerySolutions)
        return found
