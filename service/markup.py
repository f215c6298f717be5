"""What XML can have, and what RDF/XML can say: the engine writes other things as if they could be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from pyoxigraph import BlankNode, NamedNode, Triple

from loaders.namespaces import rdf

# The engine writes these as they are. A reader would take the first for an end of line and refuse the rest, which XML
# cannot have at all: controls, and U+FFFE and U+FFFF (XML 1.0, 2.2).
_UNWRITABLE = re.compile(rb"[\x00-\x08\x0b-\x1f]|\xef\xbf[\xbe\xbf]")
# What stands in a name, but not first, and what does (XML 1.0, 2.3). The name of an element is the end of an IRI; it is
# looked for backwards, so that no IRI takes time with the square of its length.
_LATER = r"\-.0-9\u00b7\u0300-\u036f\u203f-\u2040"
_FIRST = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_EMAN = re.compile(rf"[{_LATER}]*+[{_FIRST}]")
# The engine takes its prefix for declared, which in XML no name may have.
_XMLNS = "http://www.w3.org/2000/xmlns/"


class Unsayable(ValueError):
    """An IRI that would have to be the name of an element, and cannot be one."""


def printable(xml: bytes) -> bytes:
    """The XML with nothing in it that XML cannot have."""
    return _UNWRITABLE.sub(_written, xml)


def _written(match: re.Match[bytes]) -> bytes:
    return b"&#xD;" if match[0] == b"\r" else "\ufffd".encode()


def sayable(statements: Iterable[Triple]) -> Iterator[Triple]:
    """The statements, which the engine can write as RDF/XML; Unsayable at one that it would write wrongly.

    A predicate becomes the name of an element, and so does the type of a thing that is told first of it.
    """
    subject: NamedNode | BlankNode | Triple | None = None
    for statement in statements:
        told = statement.predicate
        if told == rdf.type and isinstance(statement.object, NamedNode) and statement.subject != subject:
            told = statement.object
        if not _is_name(told.value):
            raise Unsayable(told.value)
        subject = statement.subject
        yield statement


# There are few predicates and types.
@lru_cache(1000)
def _is_name(iri: str) -> bool:
    """Whether an IRI can be the name of an element: a part at its end is a name.

    >>> _is_name("http://x/a1"), _is_name("http://x/1"), _is_name("http://x/a/")
    (True, False, False)
    """
    return _EMAN.match(iri[::-1]) is not None and not iri.startswith(_XMLNS)
