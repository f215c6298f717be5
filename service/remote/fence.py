"""Questions about named graphs of an engine that cannot be told of thousands: by how their names begin.

Virtuoso compares each row with each graph of `named-graph-uri`, and cannot be asked about thousands at all. All that it
has under `{base}graph/` is of the release whose the named graphs are (`service.push`).
"""

from __future__ import annotations

from collections.abc import Sequence

from pyoxigraph import Literal

from service.remote.tree import Group, Part, Word, read, text, written


def fenced(query: str, start: str) -> str:
    """The query, in which GRAPH with a variable finds only graphs whose names begin so.

    >>> fenced("SELECT * { ?s a ?t OPTIONAL { GRAPH ?g { ?s ?p ?o } } }", "urn:g/")
    'SELECT * { ?s a ?t OPTIONAL { GRAPH ?g { ?s ?p ?o } FILTER(STRSTARTS(STR(?g), "urn:g/")) } }'
    """
    return written(_group(read(query), start))


def _group(parts: Sequence[Part], start: str) -> list[Part]:
    after = (text(parts, at + 1) for at in range(len(parts)) if text(parts, at).upper() == "GRAPH")
    names = dict.fromkeys(name for name in after if name.startswith(("?", "$")))
    kept: list[Part] = [Group(_group(part.parts, start)) if isinstance(part, Group) else part for part in parts]
    return [*kept, *(Word(f"FILTER(STRSTARTS(STR({name}), {Literal(start)}))") for name in names)]
