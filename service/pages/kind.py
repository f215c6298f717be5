"""A kind of thing with a page of its own: what the page reads, what it draws from that, in which template."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from pyoxigraph import NamedNode

from service.pages.sketch import Sketch
from service.snapshot import Snapshot

Drawn = Mapping[str, Any]
More = Callable[[NamedNode, Request, Snapshot], Awaitable[Drawn]]


@dataclass(frozen=True)
class Kind:
    """How the page of a kind of thing is made.

    `about` is a group graph pattern that binds ?s to whatever the page tells besides the thing itself; {thing} stands
    for the thing, and td:, rdfs:, skos: and dcterms: are known. Habits of the engine, measured: the thing must stand
    in every branch of a UNION, for a VALUES before it is joined with each branch as a whole (16 s); and a FILTER on
    the property costs a hundredth of a VALUES of properties. A kind whose page comes in parts has an OFFSET {offset}.

    `said` is what is read of each ?s: all that is said of it, with the ?graph where it stands, or less. What stands in
    {graphs} alone has them from `graphs`, a pattern for ?graph that is asked before: found for each ?s anew, they took
    Virtuoso half a minute, and it lost those that were more than its `VectorSize`.

    `draw` gives what the template gets besides what every page has; `more` gives what takes further queries. `title`
    names the thing where its label does not. What is not `listed` asks search engines to leave it out.
    """

    template: str
    about: str
    draw: Callable[[NamedNode, Sketch], Drawn]
    most: int = 1000
    more: More | None = None
    title: Callable[[NamedNode, Sketch], str] | None = None
    listed: bool = True
    graphs: str = ""
    said: tuple[str, ...] = ("GRAPH ?graph {{ ?s ?p ?o }}",)
