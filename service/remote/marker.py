"""What an engine holds of ours, as a graph in it says: which releases are whole, whose named graphs they are.

    {base}merged/{hash}   every triple of the release once: the default graph of whoever asks for that release
    {base}graph/…         what each source says, under the names that they are published under
    {base}staged/{sum}    what is on its way into a named graph that is in use
    {base}pushed          this account of them

So two releases can be asked at a time, and only questions about named graphs belong to one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode

from loaders.namespaces import dcterms, td
from loaders.release import Release

# Seconds for which a merge is there after its line has gone: within them, whoever looks often has seen that it has.
GRACE = 3.0

Bindings = Iterable[Mapping[str, Mapping[str, str]]]

_WHOLE, _NAMED, _SUM, _FILLING = dcterms.isVersionOf, dcterms.source, dcterms.identifier, dcterms.replaces
_TYPE = dcterms.type


def merged(base: str, hash: str) -> NamedNode:
    """The graph with every triple of a release once, by the hash of its dataset."""
    return NamedNode(f"{base}merged/{hash}")


def staged(base: str, sum: str) -> NamedNode:
    """The graph in which what has this checksum is gathered."""
    return NamedNode(f"{base}staged/{sum}")


def account(base: str) -> NamedNode:
    """The graph that says what is there."""
    return NamedNode(f"{base}pushed")


@dataclass(frozen=True)
class Marker:
    """What the engine holds: `whole` merges, the merge that the named graphs `belong` to, the `sums` of these graphs.

    `filling` are graphs that a push was at, by the sum of what they are to hold; `synthetic` the made-up merges.
    """

    whole: Mapping[str, str] = field(default_factory=dict)
    belong: str = ""
    sums: Mapping[str, str] = field(default_factory=dict)
    filling: Mapping[str, str] = field(default_factory=dict)
    synthetic: Set[str] = frozenset()

    def holds(self, release: Release) -> bool:
        """Whether the release can be asked."""
        return merged(release.base, release.hash).value in self.whole

    def names(self, release: Release) -> bool:
        """Whether the named graphs are those of the release."""
        return self.belong == merged(release.base, release.hash).value


def query(base: str) -> str:
    """The question for the marker."""
    return f"SELECT ?s ?p ?o WHERE {{ GRAPH {account(base)} {{ ?s ?p ?o }} }}"


def brief(base: str) -> str:
    """The question for what may be asked, without the sums of graphs, of which there are many."""
    either = " UNION ".join(f"{{ ?s {said} ?o BIND({said} AS ?p) }}" for said in (_WHOLE, _NAMED))
    return f"SELECT ?s ?p ?o WHERE {{ GRAPH {account(base)} {{ {either} }} }}"


def read(rows: Bindings) -> Marker:
    """The marker, from the answer to its question."""
    whole, belong, sums, filling, synthetic = {}, "", {}, {}, set()
    for row in rows:
        thing, said, value = row["s"]["value"], row["p"]["value"], row["o"]["value"]
        if said == _WHOLE.value:
            whole[thing] = value
        elif said == _NAMED.value:
            belong = value
        elif said == _SUM.value:
            sums[thing] = value
        elif said == _FILLING.value:
            filling[thing] = value
        elif said == _TYPE.value:
            synthetic.add(thing)
    return Marker(whole, belong, sums, filling, synthetic)


def insert_whole(release: Release) -> str:
    """The update that says that the merge of a release is whole, and if its data are made up."""
    at = merged(release.base, release.hash)
    kind = f" . {at} {_TYPE} {td.SyntheticSource}" if release.synthetic else ""
    name = NamedNode(f"{release.base}release/{release.version}")
    return _insert(release.base, f"{at} {_WHOLE} {name}{kind}")


def insert_sums(base: str, sums: Mapping[NamedNode, str]) -> str:
    """The update that says what named graphs hold."""
    return _insert(base, _said(_SUM, sums))


def insert_filling(base: str, sums: Mapping[NamedNode, str]) -> str:
    """The update that says what graphs are to hold, when they will be whole."""
    return _insert(base, _said(_FILLING, sums))


def forget_sum(base: str, graph: NamedNode) -> str:
    """The update after which the marker does not say what a named graph holds."""
    return f"DELETE WHERE {{ GRAPH {account(base)} {{ {graph} {_SUM} ?sum }} }}"


def forget_filling(base: str, graph: NamedNode) -> str:
    """The update after which the marker does not say what a graph is to hold."""
    return f"DELETE WHERE {{ GRAPH {account(base)} {{ {graph} {_FILLING} ?sum }} }}"


def forget_filled(base: str) -> str:
    """The update after which the marker does not say any more what graphs are to hold that hold it."""
    at = account(base)
    filled = f"?graph {_FILLING} ?sum"
    return f"DELETE {{ GRAPH {at} {{ {filled} }} }} WHERE {{ GRAPH {at} {{ {filled} . ?graph {_SUM} ?sum }} }}"


def insert_belong(release: Release) -> str:
    """The update that says that the named graphs are those of a release."""
    return _insert(release.base, f"{account(release.base)} {_NAMED} {merged(release.base, release.hash)}")


def forget(base: str, thing: NamedNode) -> str:
    """The update after which the marker says nothing of a graph; of itself, nothing of whose the named graphs are."""
    at = account(base)
    return f"DELETE WHERE {{ GRAPH {at} {{ {thing} ?p ?o }} }}"


def _said(what: NamedNode, sums: Mapping[NamedNode, str]) -> str:
    return " . ".join(f"{graph} {what} {Literal(sum)}" for graph, sum in sums.items())


def _insert(base: str, triples: str) -> str:
    return f"INSERT DATA {{ GRAPH {account(base)} {{ {triples} }} }}"
