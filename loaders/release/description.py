"""The description of a release in DCAT 3 and VoID, its numbers taken from the census of the data."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeVar
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Triple

from loaders.namespaces import dcat, dcterms, integer, rdf, sd, spdx, string, text, void, xsd
from loaders.release import base as bases
from loaders.release import catalogue
from loaders.release.catalogue import LICENSE, MEDIA, Parts, Terms
from loaders.release.census import Census
from loaders.release.manifest import Entry
from loaders.release.turtle import turtle

_TITLE = {
    "vi": "Đồ thị tri thức thi đua, khen thưởng Việt Nam",
    "en": "Knowledge graph of Vietnam's emulation and commendation system",
}
_ABOUT = {
    "vi": "Đơn vị hành chính, cụm và khối thi đua, phong trào, hội nghị, người giữ chức vụ, khen thưởng, kèm nguồn.",
    "en": "Administrative units, emulation clusters and blocs, movements, conferences, office holders and awards, "
    "with their sources.",
}
_MADE_UP = {
    "vi": "Dữ liệu tổng hợp để thử phần mềm: ngoài tên đơn vị hành chính, không có gì ở đây là thật.",
    "en": "Synthetic data to try software on: apart from the names of places, nothing here is true.",
}
_MEDIA_TYPES = {
    ".nq.gz": "application/n-quads",
    ".trig.gz": "application/trig",
    ".jsonld.gz": "application/ld+json",
    ".ttl.gz": "text/turtle",
    ".rdf.gz": "application/rdf+xml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# What a file is: for people, and in the list of file types that DCAT-AP prescribes.
_KINDS = {
    ".nq.gz": {"vi": "N-Quads, chuẩn tắc, đã sắp xếp", "en": "N-Quads, canonical and sorted"},
    ".trig.gz": {"vi": "TriG, theo đồ thị và chủ thể", "en": "TriG, graph by graph and subject by subject"},
    ".jsonld.gz": {"vi": "JSON-LD, theo đồ thị và chủ thể", "en": "JSON-LD, graph by graph and subject by subject"},
    ".ttl.gz": {"vi": "Turtle, gộp mọi đồ thị", "en": "Turtle, all graphs merged"},
    ".rdf.gz": {"vi": "RDF/XML, gộp mọi đồ thị", "en": "RDF/XML, all graphs merged"},
    ".xlsx": {"vi": "Sổ Excel, mỗi loại một trang", "en": "Excel workbook, a sheet for each kind of thing"},
}
_FILE_TYPES = {
    ".nq.gz": "RDF_N_QUADS",
    ".trig.gz": "RDF_TRIG",
    ".jsonld.gz": "JSON_LD",
    ".ttl.gz": "RDF_TURTLE",
    ".rdf.gz": "RDF_XML",
    ".xlsx": "XLSX",
}

_PACKED = ".gz"
# One of each is an example of what is in a release; people are none.
_EXAMPLES = ("AdministrativeUnit", "EmulationCluster", "Conference", "Movement", "Organization", "AwardCase", "Article")

T = TypeVar("T")


@dataclass(frozen=True)
class Facts:
    """What the description says beside the numbers: version, moment in UTC, base IRI, dumps by path."""

    version: str
    created: str
    base: str
    dumps: Mapping[str, Entry]

    @property
    def release(self) -> NamedNode:
        """The IRI of the release."""
        return NamedNode(f"{self.base}release/{self.version}")

    def part(self, *path: str) -> NamedNode:
        """The IRI of a part of the description: no blank nodes here either."""
        return NamedNode(self.release.value + "#" + "/".join(quote(step, safe="") for step in path))

    def short(self, iri: str) -> str:
        """The IRI as `prefix-name`; one without a prefix by its hash."""
        for name, space in bases.prefixes(self.base).items():
            if iri.startswith(space):
                return f"{name}-{iri.removeprefix(space)}"
        return hashlib.sha256(iri.encode()).hexdigest()[:16]


def describe(facts: Facts, census: Census) -> bytes:
    """The description, in Turtle; the same facts and census give the same bytes."""
    return turtle(_triples(facts, census), facts.base)


def _triples(facts: Facts, census: Census) -> Iterator[Triple]:
    """The release first, with links to its parts; then each part."""
    linked = {
        dcat.distribution: _distributions(facts),
        void.subset: _graphs(facts, census),
        void.classPartition: _classes(facts, census),
        void.propertyPartition: _properties(facts, census),
    }
    linksets = _linksets(facts, census)
    links = [(link, part) for link, parts in linked.items() for part in parts]
    links += [(void.subset, part) for part, said in linksets.items() if (rdf.type, void.Linkset) in said]
    described: Parts = {facts.release: [*_dataset(facts), *_made_up(facts, census), *_numbers(facts, census), *links]}
    around = catalogue.around(facts.release, facts.base, _moment(facts), _MEDIA_TYPES)
    for parts in (*linked.values(), linksets, _checksums(facts), around):
        described |= parts
    for subject, terms in described.items():
        for predicate, value in terms:
            yield Triple(subject, predicate, value)


def _linksets(facts: Facts, census: Census) -> Parts:
    """What leads to the vocabularies and datasets of others, by property, and the spaces that it leads to."""
    found: Parts = {}
    for (predicate, space), number in sorted(census.links.items()):
        target = facts.part("target", facts.short(space))
        found[target] = [(rdf.type, void.Dataset), (void.uriSpace, string(space))]
        found[facts.part("linkset", facts.short(predicate), facts.short(space))] = [
            (rdf.type, void.Linkset),
            (void.linkPredicate, NamedNode(predicate)),
            (void.subjectsTarget, facts.release),
            (void.objectsTarget, target),
            (void.triples, integer(number)),
        ]
    return found


def _dataset(facts: Facts) -> Terms:
    yield rdf.type, dcat.Dataset
    yield rdf.type, void.Dataset
    yield from ((dcterms.title, text(title, lang)) for lang, title in _TITLE.items())
    yield from ((dcterms.description, text(about, lang)) for lang, about in _ABOUT.items())
    yield from catalogue.of_release(facts.base)
    yield dcterms.issued, _moment(facts)
    yield dcterms.modified, _moment(facts)
    yield dcterms.identifier, string(facts.release.value)
    yield dcat.version, string(facts.version)
    yield dcat.isVersionOf, NamedNode(facts.base)
    yield dcat.landingPage, NamedNode(facts.base)


def _made_up(facts: Facts, census: Census) -> Terms:
    """A warning, when the data are synthetic."""
    if census.synthetic:
        yield from ((dcterms.description, text(warning, lang)) for lang, warning in _MADE_UP.items())


def _numbers(facts: Facts, census: Census) -> Terms:
    yield void.triples, integer(census.triples)
    yield void.distinctSubjects, integer(census.subjects)
    yield void.entities, integer(census.entities)
    yield void.classes, integer(len(census.classes))
    yield void.properties, integer(len(census.properties))
    yield void.uriSpace, string(census.space)
    yield void.sparqlEndpoint, NamedNode(facts.base + "sparql")
    examples = (census.examples.get(f"{facts.base}def#{name}") for name in _EXAMPLES)
    yield from ((void.exampleResource, NamedNode(example)) for example in examples if example)
    # A workbook is no RDF.
    yield from ((void.dataDump, _address(facts, path)) for path in facts.dumps if path.endswith(_PACKED))
    spaces = bases.prefixes(facts.base).values()
    terms = census.classes.keys() | census.properties.keys()
    used = (space for space in spaces if any(term.startswith(space) for term in terms))
    yield from ((void.vocabulary, NamedNode(space)) for space in used)


def _distributions(facts: Facts) -> Parts:
    return {
        facts.part("dump", PurePosixPath(path).name): [
            (rdf.type, dcat.Distribution),
            (dcterms.title, text(PurePosixPath(path).name, "en")),
            *((dcterms.description, text(kind, lang)) for lang, kind in _of(path, _KINDS).items()),
            (dcterms["format"], catalogue.authority("file-type", _of(path, _FILE_TYPES))),
            (dcterms.license, LICENSE),
            (dcterms.issued, _moment(facts)),
            (dcterms.modified, _moment(facts)),
            (dcterms.conformsTo, NamedNode(f"{facts.base}def")),
            (catalogue.AVAILABILITY, catalogue.authority("planned-availability", "STABLE")),
            (dcat.accessURL, NamedNode(f"{facts.base}dumps/")),
            (dcat.downloadURL, _address(facts, path)),
            (dcat.mediaType, NamedNode(MEDIA + _of(path, _MEDIA_TYPES))),
            *([(dcat.compressFormat, NamedNode(MEDIA + "application/gzip"))] if path.endswith(_PACKED) else []),
            (dcat.byteSize, Literal(str(entry.size), datatype=xsd.nonNegativeInteger)),
            (spdx.checksum, facts.part("checksum", PurePosixPath(path).name)),
        ]
        for path, entry in facts.dumps.items()
    }


def _checksums(facts: Facts) -> Parts:
    return {
        facts.part("checksum", PurePosixPath(path).name): [
            (rdf.type, spdx.Checksum),
            (spdx.algorithm, spdx.checksumAlgorithm_sha256),
            (spdx.checksumValue, Literal(entry.sha256, datatype=xsd.hexBinary)),
        ]
        for path, entry in facts.dumps.items()
    }


def _graphs(facts: Facts, census: Census) -> Parts:
    return {
        facts.part("graph", graph.removeprefix(facts.base + "graph/")): [
            (rdf.type, void.Dataset),
            (rdf.type, sd.NamedGraph),
            (sd.name, NamedNode(graph)),
            (void.triples, integer(number)),
            (void.distinctSubjects, integer(census.graph_subjects[graph])),
        ]
        for graph, number in sorted(census.graphs.items())
    }


def _classes(facts: Facts, census: Census) -> Parts:
    return {
        facts.part("class", facts.short(name)): [(void["class"], NamedNode(name)), (void.entities, integer(number))]
        for name, number in sorted(census.classes.items())
    }


def _properties(facts: Facts, census: Census) -> Parts:
    return {
        facts.part("property", facts.short(name)): [
            (void.property, NamedNode(name)),
            (void.triples, integer(number)),
        ]
        for name, number in sorted(census.properties.items())
    }


def _address(facts: Facts, path: str) -> NamedNode:
    return NamedNode(f"{facts.base}{path}")


def _moment(facts: Facts) -> Literal:
    return Literal(facts.created, datatype=xsd.dateTime)


def _of(path: str, table: Mapping[str, T]) -> T:
    """What the table says of files that end like this one."""
    return next(found for suffix, found in table.items() if path.endswith(suffix))
