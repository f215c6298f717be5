"""Expected counts: what a source says it holds, compared with what is there.

In `[expected]` of `source.toml` a name with a capital is a class of the ontology, `Conference = 5`, and is counted
here. Any other name is for the source's loader: rows of the records' tables, levels and types of the registry's units.
"""

from __future__ import annotations

from typing import cast

from pyoxigraph import Literal, Store

from loaders.errors import CountError
from loaders.namespaces import owl, rdf, td
from loaders.source import Source
from loaders.union import select


def expect(source: Source, store: Store) -> None:
    """Nothing, when the store holds of each class what the source expects; CountError names the first that is off."""
    file = str(source.directory / "source.toml")
    for name, expected in source.expected.items():
        if not name[:1].isupper():
            continue
        found = _count(name, store)
        if not found and next(store.quads_for_pattern(td[name], rdf.type, owl.Class), None) is None:
            hint = "correct the name; a table of the records is named like its file: conferences = 5"
            raise CountError("no class has this name", file=file, column=name, hint=hint)
        if found != expected:
            hint = f"expected {expected}; nothing was released: find what is missing, or write {name} = {found}"
            raise CountError(f"another number of {name}", file=file, column=name, value=found, hint=hint)


def _count(name: str, store: Store) -> int:
    query = f"SELECT (COUNT(DISTINCT ?thing) AS ?number) {{ ?thing a {td[name]} }}"
    (row,) = select(store, query)
    return int(cast(Literal, row[0]).value)
