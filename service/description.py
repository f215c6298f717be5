"""What the endpoint says of itself, in the vocabulary of SPARQL service descriptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pyoxigraph import Literal, NamedNode, Triple

from loaders.namespaces import integer, rdf, rdfs, sd, void
from loaders.release import Release
from service.functions import FUNCTIONS, Function

_FORMATS = (
    "SPARQL_Results_JSON",
    "SPARQL_Results_XML",
    "SPARQL_Results_CSV",
    "SPARQL_Results_TSV",
    "Turtle",
    "N-Triples",
    "N-Quads",
    "TriG",
    "JSON-LD",
    "RDF_XML",
)


def describe(release: Release, endpoint: str, functions: Sequence[Function] = FUNCTIONS) -> Iterator[Triple]:
    """The description of the endpoint over a release, and of its functions; every node has a name."""
    service, dataset = NamedNode(f"{endpoint}#service"), NamedNode(f"{endpoint}#dataset")
    yield from _properties(
        service,
        {
            rdf.type: [sd.Service],
            sd.endpoint: [NamedNode(endpoint)],
            sd.supportedLanguage: [sd.SPARQL11Query],
            sd.feature: [sd.UnionDefaultGraph],
            sd.resultFormat: [NamedNode(f"http://www.w3.org/ns/formats/{name}") for name in _FORMATS],
            sd.extensionFunction: [function.iri(release.base) for function in functions],
            sd.defaultDataset: [dataset],
            rdfs.seeAlso: [NamedNode(f"{release.base}release/{release.version}")],
        },
    )
    for function in functions:
        labels = [Literal(function.vi, language="vi"), Literal(function.en, language="en")]
        yield from _properties(function.iri(release.base), {rdf.type: [sd.Function], rdfs.comment: labels})
    yield from _dataset(release, dataset, f"{endpoint}#")


def _dataset(release: Release, dataset: NamedNode, here: str) -> Iterator[Triple]:
    default, union = NamedNode(f"{here}default-graph"), Literal("the union of all graphs", language="en")
    yield from _properties(default, {rdf.type: [sd.Graph], rdfs.comment: [union]})
    yield from _properties(dataset, {rdf.type: [sd.Dataset], sd.defaultGraph: [default]})
    for name, count in release.manifest.graphs.items():
        key = name.rpartition("/")[2]
        named, graph = NamedNode(f"{here}named-{key}"), NamedNode(f"{here}graph-{key}")
        yield Triple(dataset, sd.namedGraph, named)
        yield from _properties(named, {rdf.type: [sd.NamedGraph], sd.name: [NamedNode(name)], sd.graph: [graph]})
        yield from _properties(graph, {rdf.type: [sd.Graph], void.triples: [integer(count)]})


def _properties(node: NamedNode, values: Mapping[NamedNode, Sequence[NamedNode | Literal]]) -> Iterator[Triple]:
    for name, objects in values.items():
        for value in objects:
            yield Triple(node, name, value)
