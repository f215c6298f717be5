"""Questions about named graphs of an engine that cannot be told of thousands: by how their names begin.

Virtuoso and Oxigraph compare each row with each graph of `named-graph-uri`: of a country that is more than they manage.
All that they have under `{base}graph/` is of the release whose the named graphs are (`service.push`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pyoxigraph import Literal, NamedNode

from service.remote.tree import Group, Part, Word, read, text, written

_VARIABLE = ("?", "$")


def fenced(query: str, start: str) -> str:
    """The query, in which GRAPH with a variable finds only graphs whose names begin so.

    >>> fenced("SELECT * { ?s a ?t OPTIONAL { GRAPH ?g { ?s ?p ?o } } }", "urn:g/")
    'SELECT * { ?s a ?t OPTIONAL { GRAPH ?g { ?s ?p ?o } FILTER(STRSTARTS(STR(?g), "urn:g/")) } }'
    """
    return written(_group(read(query), start))


def enclosed(query: str, start: str, default: NamedNode) -> str | None:
    """The same, over this default graph; None where that cannot be said within a query.

    For an engine that is asked about all graphs and its own default graph, or about those of a list and a given one.

    >>> enclosed("SELECT * { ?s a ?t GRAPH ?g { ?s ?p ?o } }", "urn:g/", NamedNode("urn:all"))
    'SELECT * { GRAPH <urn:all> { ?s a ?t GRAPH ?g { ?s ?p ?o } FILTER(STRSTARTS(STR(?g), "urn:g/")) } }'
    """
    parts = _group(read(query), start)
    words, names = [text(parts, at).upper() for at in range(len(parts))], list(_after(parts, "GRAPH"))
    # A constant may name any graph; what is described, or looked for outside of the pattern, is of the default graph.
    if not names or not all(name.startswith(_VARIABLE) for name in names) or {"DESCRIBE", "EXISTS"} & set(words):
        return None
    groups = [at for at, part in enumerate(parts) if isinstance(part, Group)]
    if len(groups) <= (template := "CONSTRUCT" in words):
        return None
    at = groups[template]
    inside = Group([Word("GRAPH"), Word(str(default)), parts[at]])
    return written([*parts[:at], inside, *parts[at + 1 :]])


def _group(parts: Sequence[Part], start: str) -> list[Part]:
    after = (text(parts, at + 1) for at in range(len(parts)) if text(parts, at).upper() == "GRAPH")
    names = dict.fromkeys(name for name in after if name.startswith(_VARIABLE))
    kept: list[Part] = [Group(_group(part.parts, start)) if isinstance(part, Group) else part for part in parts]
    return [*kept, *(Word(f"FILTER(STRSTARTS(STR({name}), {Literal(start)}))") for name in names)]


def _after(parts: Sequence[Part], word: str) -> Iterator[str]:
    """What follows the word, wherever it stands."""
    for at, part in enumerate(parts):
        if isinstance(part, Group):
            yield from _after(part.parts, word)
        elif part.text.upper() == word:
            yield text(parts, at + 1)
