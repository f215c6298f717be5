"""The tiny synthetic country, and what the curated queries answer about it.

`python -m tests.country` writes `tests/expected/*.csv` anew, to be read before it is committed.
"""

from __future__ import annotations

import csv
import io
import json
from functools import cache
from pathlib import Path

from pyoxigraph import NamedNode, QueryResultsFormat, QuerySolutions, RdfFormat, Store

from loaders.namespaces import BASE
from loaders.resources import ROOT, ontology_files
from service.binding import bind
from service.catalogue import Catalogue
from service.query import Query
from service.reply import Row, rows

COUNTRY = ROOT / "tests" / "fixtures" / "country"
EXPECTED = ROOT / "tests" / "expected"


@cache
def catalogue() -> Catalogue:
    """The curated queries."""
    return Catalogue.read()


@cache
def store() -> Store:
    """The country beside the ontology, as a release holds them."""
    found = Store()
    for path in sorted(COUNTRY.glob("*.trig")):
        found.bulk_load(path=path, format=RdfFormat.TRIG)
    for path in ontology_files():
        found.bulk_load(path=path, format=RdfFormat.TURTLE, to_graph=NamedNode(f"{BASE}graph/ontology"))
    return found


def select(query: str) -> list[dict[str, dict[str, str]]]:
    """The bindings of a SELECT over the country."""
    found = store().query(query, use_default_graph_as_union=True)
    assert isinstance(found, QuerySolutions)
    written = found.serialize(format=QueryResultsFormat.JSON)
    assert written is not None
    bindings: list[dict[str, dict[str, str]]] = json.loads(written)["results"]["bindings"]
    return bindings


def ask(name: str, **given: str) -> list[Row]:
    """The rows of a curated query over the country; a trailing _ keeps a name from being a keyword."""
    query = catalogue()[name]
    bound = bind(query, {key.rstrip("_"): value for key, value in given.items()})
    return rows(query.columns, select(bound.text))


def table(query: Query) -> str:
    """What the query's example answers over the country, as CSV."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, [column.name for column in query.columns], lineterminator="\n")
    writer.writeheader()
    writer.writerows(ask(query.name, **query.example))
    return stream.getvalue()


def expected(query: Query) -> Path:
    """The file with the rows that the query's example must answer."""
    return EXPECTED / f"{query.name}.csv"


if __name__ == "__main__":
    for query in catalogue():
        expected(query).write_text(table(query), encoding="utf-8")
