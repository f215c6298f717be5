"""The dataset clauses of a query: the graphs that it chooses by FROM and FROM NAMED.

A dataset is made of a set of graphs (SPARQL 1.1, 13.2); the engine would count what is in one as often as it is named.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import NamedNode, RdfFormat, parse

_Iris = tuple[str, ...]


@dataclass(frozen=True)
class Clauses:
    """The names after FROM and FROM NAMED as they stand there, and what the query declares before it asks."""

    default: _Iris = ()
    named: _Iris = ()
    prologue: str = ""

    def graphs(self, base: str) -> tuple[_Iris, _Iris]:
        """The graphs of a query with several of a kind, each once; none where the engine can read the query itself.

        >>> Clauses(("<urn:x/a>", "x:a", "<b>"), (), "PREFIX x: <urn:x/>").graphs("urn:y/")
        (('urn:x/a', 'urn:y/b'), ())
        """
        if max(len(self.default), len(self.named)) < 2:
            return (), ()
        try:
            return self._full(self.default, base), self._full(self.named, base)
        except SyntaxError:  # which the engine is about to tell of
            return (), ()

    def _full(self, names: _Iris, base: str) -> _Iris:
        """The IRIs that the names stand for. A prologue of SPARQL is one of Turtle."""
        if not names:
            return ()
        found = parse(f"{self.prologue} <urn:s> <urn:p> {','.join(names)} .", RdfFormat.TURTLE, base_iri=base)
        return tuple(dict.fromkeys(quad.object.value for quad in found if isinstance(quad.object, NamedNode)))
