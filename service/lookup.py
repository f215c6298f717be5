"""Look-ups: questions of one pattern with something known in it, answered from the store without the engine's planner.

The engine reads and prepares each query anew, however short, which takes it several times as long as finding what the
pattern finds. What is answered here is what the engine would write, byte for byte; anything else is left to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from json import JSONEncoder
from operator import attrgetter
from typing import Any

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store

from loaders.namespaces import rdf, xsd
from service.negotiation import RESULTS

_JSON = RESULTS[0].media
# Of more rows than these the engine writes the rest faster than it began.
_FEW = 50
_DEFAULT = DefaultGraph()

# A query of IRIs, names, variables and a plain string, with space between them: no comment, escape or blank node. What
# was read is tried in no other way (`++`), so that space without end takes no time without end.
_SPACE, _IRI = r"[ \t\r\n]", r"<[^<>\"{}|^`\\\x00-\x20]++>"
_NAME, _VARIABLE, _STRING = r"[A-Za-z]\w*+:\w++", r"\?[A-Za-z]\w*+", r'"[^"\\\r\n]*+"'
_PREFIX = rf"(?i:PREFIX){_SPACE}++([A-Za-z]\w*+):{_SPACE}*+({_IRI}){_SPACE}*+"
_QUERY = re.compile(
    rf"{_SPACE}*+((?:{_PREFIX})*+)(?:(?i:ASK)|(?i:SELECT)((?:{_SPACE}++{_VARIABLE})++))(?:{_SPACE}++(?i:WHERE))?+{_SPACE}*+"
    rf"\{{{_SPACE}*+({_IRI}|{_NAME}|{_VARIABLE}){_SPACE}++({_IRI}|{_NAME}|{_VARIABLE}|a){_SPACE}++"
    rf"({_IRI}|{_NAME}|{_VARIABLE}|{_STRING}){_SPACE}*+\.?+{_SPACE}*+\}}{_SPACE}*+",
    re.ASCII,
)
_DECLARED = re.compile(_PREFIX, re.ASCII)
# What the engine leaves as it is: absolute, and without a segment that leads elsewhere.
_ABSOLUTE = re.compile(r"(?!.*[/:]\.)[A-Za-z][A-Za-z0-9+.-]*+:")

_escaped = JSONEncoder(ensure_ascii=False).encode


class _Odd(Exception):
    """A term that is no IRI and no common literal."""


@dataclass(slots=True)
class Lookup:
    """A pattern, with None for each variable, and how its answer is written: a head, rows, and of a row what it shows.

    An ASK has neither. `few` until it was seen to find more than is answered here.
    """

    pattern: tuple[Any, Any, Any]
    head: str = ""
    row: str = ""
    shown: tuple[tuple[attrgetter[Any], Callable[[Any], str]], ...] = ()
    few: bool = True

    def answer(self, store: Store) -> bytes | None:
        """What the default graph of a store has, in SPARQL's JSON; None when that is for the engine to say."""
        if not self.row:
            return b'{"head":{},"boolean":%s}' % (b"true" if self._is_there(store) else b"false")
        quads = list(islice(store.quads_for_pattern(*self.pattern, _DEFAULT), _FEW + 1))
        if len(quads) > _FEW:
            self.few = False
            return None
        try:
            columns = [list(map(written, map(shown, quads))) for shown, written in self.shown]
        except _Odd:
            return None
        rows = ",".join([self.row % each for each in zip(*columns, strict=True)])
        return f"{self.head}{rows}]}}}}".encode()

    def _is_there(self, store: Store) -> bool:
        if None in self.pattern:
            return next(store.quads_for_pattern(*self.pattern, _DEFAULT), None) is not None
        return Quad(*self.pattern, _DEFAULT) in store


def lookup(query: str, media: str) -> Lookup | None:
    """The look-up that a query is which is to be answered in a media type; None when it is anything else.

    >>> lookup("PREFIX x: <urn:x:> SELECT ?o { x:a x:b ?o }", "application/sparql-results+json").pattern
    (<NamedNode value=urn:x:a>, <NamedNode value=urn:x:b>, None)
    """
    if media != _JSON or not (match := _QUERY.fullmatch(query)):
        return None
    declared, selected, *said = match[1], match[4], *match.groups()[4:]
    variables = {word[1:]: place for place, word in zip(_SHOWN, said, strict=True) if word[0] == "?"}
    columns = [word[1:] for word in (selected or "").split()]
    # A variable that stands there twice joins; one that is selected twice, or stands nowhere, is the engine's to judge.
    if len(variables) < sum(word[0] == "?" for word in said) or len(variables) == len(said):
        return None
    if len(set(columns)) < len(columns) or not variables.keys() >= set(columns):
        return None
    try:
        # Each of them, be it used or not: the engine refuses a query for any that is no IRI.
        prefixes = {found[1]: _node(found[2][1:-1]).value for found in _DECLARED.finditer(declared)}
        subject, predicate, value = (_term(word, prefixes) for word in said)
    except (KeyError, ValueError):
        return None
    pattern = subject, predicate, value
    if not columns:
        return Lookup(pattern)
    head = f'{{"head":{{"vars":[{",".join(map(_escaped, columns))}]}},"results":{{"bindings":['
    row = f"{{{','.join(f'{_escaped(name)}:%s' for name in columns)}}}"
    return Lookup(pattern, head, row, tuple(_SHOWN[variables[name]] for name in columns))


def _term(word: str, prefixes: Mapping[str, str]) -> NamedNode | Literal | None:
    """What a word stands for, None for a variable; KeyError for a prefix nobody declared, ValueError as `_node`."""
    if word[0] == "?":
        return None
    if word[0] == '"':
        return Literal(word[1:-1])
    if word == "a":
        return rdf.type
    prefix, _, name = word.partition(":")
    return _node(word[1:-1] if word[0] == "<" else prefixes[prefix] + name)


def _node(iri: str) -> NamedNode:
    """The node of an IRI; ValueError for what is none, or another one to the engine."""
    if not _ABSOLUTE.match(iri):
        raise ValueError(iri)
    return NamedNode(iri)


def _written(term: Any) -> str:
    """A term in SPARQL's JSON (SPARQL 1.1 Query Results JSON Format, 3.2.2)."""
    if type(term) is NamedNode:
        return f'{{"type":"uri","value":{_escaped(term.value)}}}'
    if type(term) is not Literal or term.direction is not None:
        raise _Odd
    said = f'{{"type":"literal","value":{_escaped(term.value)}'
    if (language := term.language) is not None:
        return f'{said},"xml:lang":"{language}"}}'
    if (datatype := term.datatype) != xsd.string:
        return f'{said},"datatype":{_escaped(datatype.value)}}}'
    return f"{said}}}"


# Where the terms of a quad are, and how each is written; there are few predicates.
_SHOWN: dict[str, tuple[attrgetter[Any], Callable[[Any], str]]] = {
    "subject": (attrgetter("subject"), _written),
    "predicate": (attrgetter("predicate"), lru_cache(1000)(_written)),
    "object": (attrgetter("object"), _written),
}
