"""IRIs and literals: how every term of the graph is spelt, said once.

The prefix table is read from `ontology/prefixes.ttl`. Text in Turtle and query files always uses the canonical
base; another base (`THIDUA_BASE_IRI`) is applied where a release is written and where queries are read.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from decimal import Decimal
from functools import cache
from urllib.parse import quote, unquote

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from loaders.resources import ROOT

BASE = "https://w3id.org/thidua/"
_SH_PREFIX = "http://www.w3.org/ns/shacl#prefix"
_SH_NAMESPACE = "http://www.w3.org/ns/shacl#namespace"


def _read_prefixes() -> dict[str, str]:
    names: dict[str, str] = {}
    spaces: dict[str, str] = {}
    for quad in parse(path=ROOT / "ontology" / "prefixes.ttl", format=RdfFormat.TURTLE):
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
            if quad.predicate.value == _SH_PREFIX:
                names[quad.subject.value] = quad.object.value
            elif quad.predicate.value == _SH_NAMESPACE:
                spaces[quad.subject.value] = quad.object.value
    return {names[node]: spaces[node] for node in sorted(names)}


PREFIXES = _read_prefixes()


class Namespace:
    """A vocabulary whose attributes are its terms.

    >>> skos.prefLabel
    <NamedNode value=http://www.w3.org/2004/02/skos/core#prefLabel>
    """

    def __init__(self, prefix: str) -> None:
        self.iri = PREFIXES[prefix]

    @cache  # noqa: B019 - the namespaces are few and live as long as the process
    def _term(self, name: str) -> NamedNode:
        return NamedNode(self.iri + name)

    def __getattr__(self, name: str) -> NamedNode:
        if name.startswith("__"):
            raise AttributeError(name)
        # The next time, it is an attribute like any other.
        term = self.__dict__[name] = self._term(name)
        return term

    def __getitem__(self, name: str) -> NamedNode:
        return self._term(name)


td = Namespace("td")
tds = Namespace("tds")
rdf = Namespace("rdf")
rdfs = Namespace("rdfs")
owl = Namespace("owl")
xsd = Namespace("xsd")
skos = Namespace("skos")
dcterms = Namespace("dcterms")
prov = Namespace("prov")
org = Namespace("org")
foaf = Namespace("foaf")
schema = Namespace("schema")
eli = Namespace("eli")
time = Namespace("time")
void = Namespace("void")
dcat = Namespace("dcat")
sd = Namespace("sd")
sh = Namespace("sh")
spdx = Namespace("spdx")


# Most keys need no quoting, and finding that out is cheaper than quoting them.
_PLAIN = re.compile(r"[A-Za-z0-9_.~/-]*").fullmatch


def _path(parts: tuple[str, ...]) -> str:
    path = "/".join(parts)
    if _PLAIN(path) and path.count("/") == len(parts) - 1:
        return path
    return "/".join(quote(part, safe="") for part in parts)


def entity(kind: str, *key: str) -> NamedNode:
    """The IRI of a thing of a kind.

    >>> entity("unit", "2004", "182").value
    'https://w3id.org/thidua/id/unit/2004/182'
    """
    return NamedNode(f"{BASE}id/{_path((kind, *key))}")


def spelt(kind: str, *key: str) -> str:
    """The IRI of a thing of a kind, as N-Quads write it.

    >>> spelt("unit", "2004", "182") == str(entity("unit", "2004", "182"))
    True
    """
    return f"<{BASE}id/{_path((kind, *key))}>"


@cache
def concept(scheme: str, key: str) -> NamedNode:
    """The IRI of a concept in a scheme.

    >>> concept("cluster-role", "truong").value
    'https://w3id.org/thidua/concept/cluster-role/truong'
    """
    return NamedNode(f"{BASE}concept/{_path((scheme, key))}")


@cache
def graph(source: str) -> NamedNode:
    """The named graph that holds what a source says."""
    return NamedNode(f"{BASE}graph/{_path((source,))}")


def key_of(iri: NamedNode | str, base: str = BASE) -> tuple[str, str]:
    """The kind and key of a thing, from its IRI.

    >>> key_of(entity("unit", "2004", "182"))
    ('unit', '2004/182')
    """
    value = iri if isinstance(iri, str) else iri.value
    prefix = base + "id/"
    if not value.startswith(prefix):
        raise ValueError(f"not an entity of {base}: {value}")
    kind, _, key = value[len(prefix) :].partition("/")
    return kind, "/".join(unquote(part) for part in key.split("/"))


def is_iri(value: str) -> bool:
    """Whether a text can be the IRI of a node.

    >>> is_iri("https://example.org/100%25"), is_iri("https://example.org/100%")
    (True, False)
    """
    try:
        NamedNode(value)
    except ValueError:
        return False
    return True


def text(value: str, lang: str = "vi") -> Literal:
    """Language-tagged text in NFC."""
    return Literal(unicodedata.normalize("NFC", value), language=lang)


def string(value: str) -> Literal:
    """A plain string in NFC: a code, a key, a checksum."""
    return Literal(unicodedata.normalize("NFC", value))


def integer(value: int) -> Literal:
    """An xsd:integer in the form the engine stores."""
    return Literal(str(value), datatype=xsd.integer)


def decimal(value: Decimal) -> Literal:
    """An xsd:decimal in the form the engine stores: no exponent, no trailing zeros.

    >>> decimal(Decimal("1.10")).value
    '1.1'
    """
    digits = format(value, "f")
    return Literal(digits.rstrip("0").rstrip(".") if "." in digits else digits, datatype=xsd.decimal)


def date(value: datetime.date) -> Literal:
    """An xsd:date without a time zone."""
    return Literal(value.isoformat(), datatype=xsd.date)


def boolean(value: bool) -> Literal:
    """An xsd:boolean."""
    return Literal("true" if value else "false", datatype=xsd.boolean)


def any_uri(value: str) -> Literal:
    """An xsd:anyURI: an address that is cited, not a node of the graph."""
    return Literal(value, datatype=xsd.anyURI)
