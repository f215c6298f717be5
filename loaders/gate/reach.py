"""How far a change reaches: the nodes of which a rule may say something else now, and all that it looks at there.

A rule looks at statements along walks from its focus node: `<p>/^<q>/a` goes along p, then against q, and looks at the
types there. `any` is a step along any property, `graph` one to the graphs in which a node's statements stand, and a
star repeats a step. At the end of a walk, `some` asks no more than whether anything is said of a node. A shape's walks
follow from the shape; a check names its own in the front matter.

Walking backwards in the new data is enough: if two walks differ, the first statement in which they do was changed, and
the way to it is the same before and after.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from typing import Any

from pyoxigraph import Literal, NamedNode, Quad, Store

from loaders.gate.report import Finding, Term
from loaders.gate.shapes import Facts, Node, Shapes, path_steps
from loaders.gate.translation import lines
from loaders.namespaces import PREFIXES, boolean, rdf, rdfs, sh, td
from loaders.union import named

_STEP = re.compile(r"(\^?)(?:<([^<>]*)>|(?:(\w+):)?(\w+))(\*?)(?:/|$)")
_NESTED = (sh.node, sh["not"])
_LISTED = (sh["and"], sh["or"], sh.xone)
_PAIRED = (sh.equals, sh.disjoint, sh.lessThan, sh.lessThanOrEquals)
# The key of a node's graphs among where the steps from it lead.
_GRAPHS = object()
# A change may reach so many nodes in any case, one for so many statements of a large store, and never more than this.
_FEW, _ONE_FOR, _MANY = 20_000, 50, 200_000


@dataclass(frozen=True)
class Change:
    """The statements that came or went since these findings were made, and so much was looked at."""

    quads: Collection[Quad]
    findings: Collection[Finding]
    looked: Mapping[str, int]

    @cached_property
    def everywhere(self) -> bool:
        """Whether it changes what data are understood with, or is too much."""
        terms = any(q.predicate == rdfs.subClassOf or str(q.subject).startswith(f"<{td.iri}") for q in self.quads)
        return terms or len(self.quads) > 10 * self.most

    @cached_property
    def most(self) -> int:
        """The nodes that it may reach: what reaches more is judged as a whole, which is faster then."""
        return max(_FEW, min(self.looked.get("statements", 0) // _ONE_FOR, _MANY))


@dataclass(frozen=True)
class Step:
    """One step of a walk; without a predicate it is along any, `out` leads from a node to the graphs it stands in.

    `some` is along any one statement of a node: it is the last one, and where it leads to does not matter.
    """

    predicate: NamedNode | None
    inverse: bool = False
    again: bool = False
    out: bool = False
    some: bool = False

    def start(self, quad: Quad) -> Any:
        """Where the step along a statement begins."""
        return quad.object if self.inverse else quad.subject

    def _from(self, store: Store, node: Any) -> Iterable[Quad]:
        return () if isinstance(node, Literal) else named(store, node, self.predicate)

    def back(self, store: Store, node: Any) -> set[Any]:
        """The nodes from which it leads to a node, once."""
        if self.out:
            return {quad.subject for quad in store.quads_for_pattern(None, None, None, node)}
        if not self.inverse:
            return {quad.subject for quad in named(store, None, self.predicate, node)}
        return {quad.object for quad in self._from(store, node)}


Walk = tuple[Step, ...]


def walk(text: str) -> Walk:
    """The walk that is written so; ValueError when it is none.

    >>> [step.inverse for step in walk("td:inClusterYear/^td:inClusterYear/a")]
    [False, True, False]
    """
    steps, at = [], 0
    while at < len(text):
        if not (found := _STEP.match(text, at)):
            raise ValueError(f"not a walk: {text}")
        steps.append(_step(*found.groups()))
        at = found.end()
    return tuple(steps)


def _step(inverse: str, iri: str | None, prefix: str | None, name: str | None, again: str) -> Step:
    if iri is None and prefix is None and name in ("any", "graph", "some"):
        return Step(None, bool(inverse), bool(again), out=name == "graph", some=name == "some")
    if iri is None and prefix is None:
        if name != "a":
            raise ValueError(f"not a step: {name}")
        return Step(rdf.type, bool(inverse), bool(again))
    return Step(NamedNode(iri or PREFIXES[str(prefix)] + str(name)), bool(inverse), bool(again))


def of_shapes(shapes: Shapes) -> Mapping[NamedNode, frozenset[Walk]]:
    """The walks of every shape."""
    reading = _Reading(shapes.facts)
    return {iri: frozenset(map(walk, reading.walks(iri))) for iri in shapes.by_iri}


class _Reading:
    """The walks of shapes, as text."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._aims: dict[Node, set[str]] = {}
        for shape in facts:
            if aims := set(self._aimed(shape)):
                self._lead(shape, aims)

    def walks(self, shape: Node) -> set[str]:
        """Those along which it finds its focus nodes, and those from there."""
        return {each for each in (*self._aims.get(shape, ()), *self._looked(shape, "", whole=False)) if each}

    def _aimed(self, shape: Node) -> Iterator[str]:
        told = self._facts[shape]
        if sh.targetClass in told:
            yield "a"
        yield from (str(term) for term in told.get(sh.targetSubjectsOf, ()))
        yield from (f"^{term}" for term in told.get(sh.targetObjectsOf, ()))
        if sh.targetNode in told:
            yield ""

    def _lead(self, shape: Node, aims: set[str]) -> None:
        self._aims.setdefault(shape, set()).update(aims)
        told = self._facts[shape]
        if sh.path in told:
            steps = path_steps(told[sh.path][0], self._facts)
            back = "/".join(step[1:] if step.startswith("^") else f"^{step}" for step in reversed(steps))
            aims = {_join(back, aim) for aim in aims}
        for part in told.get(sh.property, ()):
            self._lead(part, aims)  # type: ignore[arg-type]

    def _looked(self, shape: Node, before: str, *, whole: bool) -> Iterator[str]:
        """The walks of a shape on what is at the end of another walk, those of its property shapes with the `whole`."""
        told = self._facts[shape]
        at = _join(before, "/".join(path_steps(told[sh.path][0], self._facts))) if sh.path in told else before
        yield at
        if sh["class"] in told:
            yield _join(at, "a")
        if boolean(True) in told.get(sh.closed, ()):
            yield _join(at, "any")
        for pair in _PAIRED:
            yield from (_join(before, str(other)) for other in told.get(pair, ()))
        for part in self._parts(told, whole=whole):
            yield from self._looked(part, at, whole=True)

    def _parts(self, told: Mapping[NamedNode, list[Any]], *, whole: bool) -> Iterator[Any]:
        for name in (*_NESTED, *((sh.property,) if whole else ())):
            yield from told.get(name, ())
        for name in _LISTED:
            for start in told.get(name, ()):
                yield from lines(self._facts, start)


def _join(one: str, other: str) -> str:
    return f"{one}/{other}" if one and other else one or other


class TooFar(Exception):
    """A change reaches so much that the whole is judged."""


@dataclass
class Reach:
    """What a change reaches in a store that holds the data after it."""

    store: Store
    change: Change
    _backwards: dict[Walk, set[Any]] = field(default_factory=dict)
    _gone: dict[Walk, set[Any]] = field(default_factory=dict)
    _outward: dict[Any, dict[Any, Any]] = field(default_factory=dict)
    _inverse: dict[Any, dict[Any, list[Any]]] = field(default_factory=dict)
    _passed: list[list[Quad]] = field(default_factory=list)

    def foci(self, walks: Iterable[Walk]) -> set[Term]:
        """The nodes from which a walk leads to a changed statement; TooFar when there are too many."""
        prefixes = {whole[:number] for whole in walks for number in range(1, len(whole) + 1)}
        return self._near(set().union(*map(self._leading, prefixes)))

    def _leading(self, walk: Walk) -> set[Any]:
        """The nodes from which a walk leads to a changed statement with its last step."""
        if walk not in self._backwards:
            step, *others = walk
            if others:
                found = self._back(step, self._leading(tuple(others)))
            else:
                found = self._starts(step)
                found = self._back(step, found) if step.again else found
            self._backwards[walk] = found
        return self._backwards[walk]

    def _starts(self, step: Step) -> set[Any]:
        """Where the step along changed statements begins."""
        if step.some:
            return {node for node, quads in self._about.items() if self._comes_or_goes(node, quads)}
        return {step.start(quad) for quad in self._changed.get(step.predicate, ())}

    def _comes_or_goes(self, node: Any, changed: Collection[Quad]) -> bool:
        """Whether something is said of a node now and nothing was before, or the other way round."""
        is_there = any(named(self.store, node))
        stayed = any(quad not in changed for quad in named(self.store, node))
        return is_there != (stayed or any(quad not in self.store for quad in changed))

    @cached_property
    def _about(self) -> Mapping[Any, Collection[Quad]]:
        """The changed statements by what they are about."""
        found: dict[Any, set[Quad]] = {}
        for quad in self.change.quads:
            found.setdefault(quad.subject, set()).add(quad)
        return found

    @cached_property
    def _changed(self) -> Mapping[NamedNode | None, Collection[Quad]]:
        """The changed statements by property, and all of them."""
        found: dict[NamedNode | None, list[Quad]] = {None: list(self.change.quads)}
        for quad in self.change.quads:
            found.setdefault(quad.predicate, []).append(quad)
        return found

    def _back(self, step: Step, nodes: set[Any]) -> set[Any]:
        found = {each for node in nodes for each in self._near(step.back(self.store, node))}
        if not step.again:
            return self._near(found)
        while fresh := found - nodes:
            nodes = self._near(nodes | fresh)
            found = {each for node in fresh for each in self._near(step.back(self.store, node))}
        return nodes

    def around(self, foci: Collection[Any], walks: Iterable[Walk]) -> None:
        """All statements along which the walks lead from these nodes are among those `seen`."""
        for each in walks:
            self._go(set(foci), each)

    def _go(self, nodes: set[Any], walk: Walk) -> None:
        gone = self._gone.setdefault(walk, set())
        if fresh := self._near(nodes) - gone:
            gone |= fresh
            step, *others = walk
            ends = self._ahead(step, fresh)
            if others:
                self._go(ends, tuple(others))

    def _ahead(self, step: Step, nodes: set[Any]) -> set[Any]:
        """Where a step leads from nodes; one that asks for some statement, nowhere."""
        if step.some:
            for node in nodes - self._outward.keys():
                self._passed.append([] if isinstance(node, Literal) else list(islice(named(self.store, node), 1)))
            return set()
        key = _GRAPHS if step.out else step.predicate
        if step.inverse:
            known = self._inverse.setdefault(step.predicate, {})
            ends = {end for node in nodes for end in self._before(step, node, known)}
        else:
            ends = {end for node in nodes for end in self._after(node).get(key, ())}
        if step.again and (fresh := ends - nodes):
            return self._ahead(step, self._near(nodes | fresh))
        return ends | nodes if step.again else ends

    def _after(self, node: Any) -> Mapping[Any, Sequence[Any]]:
        """Where the steps from a node lead, by property, along any, and to its graphs; it is known from now on."""
        if (known := self._outward.get(node)) is None:
            quads = [] if isinstance(node, Literal) else list(named(self.store, node))
            self._passed.append(quads)
            known = self._outward[node] = {None: [q.object for q in quads], _GRAPHS: {q.graph_name for q in quads}}
            for quad, end in zip(quads, known[None], strict=True):
                known.setdefault(quad.predicate, []).append(end)
        return known

    def _before(self, step: Step, node: Any, known: dict[Any, list[Any]]) -> Sequence[Any]:
        """Where a step against a property leads from a node."""
        if node not in known:
            self._passed.append(quads := list(named(self.store, None, step.predicate, node)))
            known[node] = [quad.subject for quad in quads]
        return known[node]

    @property
    def seen(self) -> Iterator[Quad]:
        """All statements that were passed on the ways around nodes, some of them twice, and others of those nodes."""
        return chain.from_iterable(self._passed)

    def _near(self, nodes: set[Any]) -> set[Any]:
        if len(nodes) > self.change.most:
            raise TooFar
        return nodes
