"""Expected counts: what a source says it holds, compared with what is there.

`[expected]` in `source.toml` names classes of the ontology: `Conference = 5`. (The registry counts its own levels and
types while it is read.)
"""

from __future__ import annotations

from pyoxigraph import Store

from loaders.errors import CountError
from loaders.namespaces import rdf, td
from loaders.source import Source


def expect(source: Source, store: Store) -> None:
    """Nothing, when the store holds what the source expects; CountError names the first count that is off."""
    file = str(source.directory / "source.toml")
    for name, expected in source.expected.items():
        if (found := _count(name, store)) != expected:
            hint = f"expected {expected}; nothing was released: find what is missing, or correct the number"
            raise CountError(f"another number of {name}", file=file, column=name, value=found, hint=hint)


def _count(name: str, store: Store) -> int:
    """How many different things of a class there are; a misspelt class has none."""
    return len({quad.subject for quad in store.quads_for_pattern(None, rdf.type, td[name])})
