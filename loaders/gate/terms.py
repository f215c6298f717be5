"""The terms that shapes may use: a feature that is not named here is refused, not ignored."""

from __future__ import annotations

from pyoxigraph import NamedNode

from loaders.namespaces import Namespace, dcat, prov, rdf, rdfs, schema, sd, sh, spdx, void, xsd


def _terms(space: Namespace, names: str) -> frozenset[NamedNode]:
    return frozenset(space[name] for name in names.split())


TARGETS = _terms(sh, "targetClass targetSubjectsOf targetObjectsOf targetNode")
# What names a shape, sorts it or hands on to others, and so judges nothing by itself.
NAMING = _terms(sh, "severity message path property ignoredProperties") | {rdf.type}
# Where a value is another shape.
REFERRING = _terms(sh, "property node")
_PATHS = _terms(sh, "path inversePath")
_CONSTRAINTS = _terms(
    sh,
    """class datatype nodeKind minCount maxCount minInclusive maxInclusive minLength maxLength pattern languageIn
    uniqueLang equals disjoint lessThan lessThanOrEquals not and or xone node property hasValue in closed
    ignoredProperties""",
)
KINDS = _terms(sh, "IRI Literal")
_VALUES = _terms(sh, "NodeShape PropertyShape Violation Warning Info")
SHACL = TARGETS | NAMING - {rdf.type} | _PATHS | _CONSTRAINTS | _VALUES | KINDS

# Where a value is a term of a vocabulary, which must be declared; lists run through rdf:first.
_OPERANDS = _terms(sh, "class datatype equals disjoint lessThan lessThanOrEquals hasValue nodeKind severity")
PARTS = TARGETS | _PATHS | _OPERANDS | {rdf.first, rdf.rest}
_TYPES = "string integer decimal boolean date dateTime anyURI hexBinary nonNegativeInteger"
# What shapes use, standards declare, and our ontology does not.
BORROWED = (
    _terms(xsd, _TYPES)
    | _terms(rdf, "type langString")
    | _terms(rdfs, "label comment seeAlso")
    | _terms(prov, "wasDerivedFrom")
    | _terms(schema, "sameAs")
    | _terms(sd, "NamedGraph name")
    | _terms(void, "triples")
    | _terms(dcat, "Dataset Distribution distribution version downloadURL mediaType byteSize")
    | _terms(spdx, "checksum checksumValue")
)
