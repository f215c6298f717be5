"""What a query is asked of: the RDF dataset of SPARQL 1.1, 13."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyoxigraph import NamedNode

if TYPE_CHECKING:
    from service.guard import Reading
    from service.protocol import Operation


@dataclass(frozen=True)
class Dataset:
    """The graphs that a request names; when neither it nor the query names any, the merge of all is asked.

    `merged` when the query can ask for no graph by name either: all that it can find is in the merge.
    """

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    merged: bool = field(default=False, compare=False)

    @classmethod
    def of(cls, asked: Operation, reading: Reading, base: str) -> Dataset:
        """What a query is asked of: the same for all who answer, so that its rows come in the same order."""
        if asked.default or asked.named:  # what a request names counts, not what the query does (Protocol, 2.1.4)
            return cls(asked.default, asked.named)
        return cls(*reading.clauses.graphs(base), not reading.graphs and reading.form != "DESCRIBE")

    def options(self, base: str) -> dict[str, Any]:
        """How the engine is told; unless graphs are named, it asks the default graph, the merge of all."""
        options: dict[str, Any] = {"base_iri": base}
        if self.default or self.named:
            options["default_graph"] = [NamedNode(iri) for iri in self.default]
            options["named_graphs"] = [NamedNode(iri) for iri in self.named]
        return options


UNION = Dataset()
