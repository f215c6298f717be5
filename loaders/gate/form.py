"""The form of shapes: what SHACL calls ill-formed, or the engine takes for something else, is refused before it judges.

SHACL leaves open what becomes of an ill-formed shape, and a pattern that the engine cannot read is broken by nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, cast

from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolutions, Store

from loaders.errors import GateError
from loaders.gate.terms import KINDS
from loaders.namespaces import rdf, sh, xsd

if TYPE_CHECKING:
    from loaders.gate.shapes import Facts, Node
    from loaders.gate.translation import Term

_REFERRING = (sh.node, sh.property, sh["not"])
_LISTING = (sh["and"], sh["or"], sh.xone)
_LISTS = (*_LISTING, sh["in"], sh.languageIn, sh.ignoredProperties)
_ONE = "path datatype nodeKind in languageIn ignoredProperties closed uniqueLang flags"
_BOUNDS = "minCount maxCount minLength maxLength minInclusive maxInclusive minExclusive maxExclusive"
_ONCE = {sh[name] for name in f"{_ONE} {_BOUNDS}".split()}
_NUMBER = re.compile("[0-9]+"), xsd.integer, "a whole number without quotation marks"
_WHETHER = re.compile("true|false"), xsd.boolean, "true or false, without quotation marks"
_FORMS = {
    **{sh[name]: _NUMBER for name in ("minCount", "maxCount", "minLength", "maxLength")},
    **{sh[name]: _WHETHER for name in ("closed", "uniqueLang")},
}
_WRONG = "not a value that it may have"
# What a value, or a member of a list of them, may be.
_TERMS: dict[NamedNode, tuple[tuple[type, ...], str]] = {
    sh[name]: (kinds, hint)
    for names, kinds, hint in (
        ("class datatype equals disjoint lessThan lessThanOrEquals ignoredProperties", (NamedNode,), "an IRI"),
        ("targetClass targetSubjectsOf targetObjectsOf", (NamedNode,), "an IRI"),
        ("hasValue in targetNode", (NamedNode, Literal), "an IRI or a literal: what has no name here has none there"),
        ("minInclusive maxInclusive minExclusive maxExclusive", (Literal,), "a literal"),
        ("languageIn", (Literal,), "tags of languages in quotation marks"),
        ("node property not and or xone", (NamedNode, BlankNode), "a shape"),
    )
    for name in names.split()
}
# A set within a set of characters: what XPath takes away there, the engine adds.
_SETS = re.compile(r"\[[^\]]*(?:\[|&&|--|~~)")


@dataclass(frozen=True)
class Form:
    """The form of a named shape and of all that it refers to; `homes` says in which file a shape stands."""

    facts: Facts
    shape: NamedNode
    homes: Mapping[NamedNode, Path]

    def check(self) -> None:
        """Nothing, when it is the form that SHACL wants; GateError names the shape and the way out."""
        self._check(self.shape, ())

    def _check(self, node: Term, above: tuple[Term, ...]) -> None:
        if node in above:
            self._refuse(
                "a shape that refers to itself", sh.node, node, "SHACL leaves open what it means: end the circle"
            )
        told = self.facts.get(cast("Node", node), {})
        # Another shape with a name is looked at under that name, with all its unnamed parts.
        if all(isinstance(each, BlankNode) for each in (*above, node)[1:]):
            self._look(told)
        for part in self._parts(told):
            known = isinstance(part, NamedNode) and part in self.homes
            within = replace(self, shape=cast(NamedNode, part)) if known else self
            within._check(part, (*above, node))

    def _look(self, told: Mapping[NamedNode, Sequence[Term]]) -> None:
        for name, terms in told.items():
            if name in _ONCE and len(terms) > 1:
                self._refuse("said more than once", name, terms[1], "SHACL allows one value: keep one")
        for name, (form, datatype, hint) in _FORMS.items():
            for term in told.get(name, ()):
                if not (isinstance(term, Literal) and term.datatype == datatype and form.fullmatch(term.value)):
                    self._refuse(_WRONG, name, term, hint)
        for name in _LISTS:
            for start in told.get(name, ()):
                if not list(self._members(name, start)) and name in _LISTING:
                    self._refuse("an empty list", name, start, "write its members in ( )")
        self._look_at_terms(told)
        for part in told.get(sh.property, ()):
            if sh.path not in self.facts.get(cast("Node", part), {}):
                self._refuse("a property shape without a path", sh.property, part, "say sh:path there")
        for path in told.get(sh.path, ()):
            self._look_at_path(path, ())
        for pattern in told.get(sh.pattern, ()):
            if not _is_read(pattern, told.get(sh.flags, ())):
                hint = "plain text, in the regular expressions that XPath has and the engine too (docs/gate.md)"
                self._refuse("a pattern that the engine cannot read", sh.pattern, pattern, hint)

    def _look_at_terms(self, told: Mapping[NamedNode, Sequence[Term]]) -> None:
        for name, (kinds, hint) in _TERMS.items():
            for start in told.get(name, ()):
                for term in self._members(name, start) if name in _LISTS else (start,):
                    if not isinstance(term, kinds):
                        self._refuse(_WRONG, name, term, hint)
        for term in told.get(sh.nodeKind, ()):
            if term not in KINDS:
                self._refuse(_WRONG, sh.nodeKind, term, "sh:IRI or sh:Literal")

    def _look_at_path(self, path: Term, above: tuple[Term, ...]) -> None:
        if isinstance(path, NamedNode) and path != rdf.nil:
            return
        told = self.facts.get(cast("Node", path), {})
        against = told.get(sh.inversePath, ())
        if path in above or isinstance(path, Literal) or (against and (len(against) > 1 or len(told) > 1)):
            self._refuse("not a path", sh.path, path, "an IRI, ( … ) of two or more, or [ sh:inversePath … ]")
        steps = against or list(self._members(sh.path, path))
        if not against and len(steps) < 2:
            self._refuse("a sequence of fewer than two paths", sh.path, path, "write a single step without ( )")
        for step in steps:
            self._look_at_path(step, (*above, path))

    def _parts(self, told: Mapping[NamedNode, Sequence[Term]]) -> Iterator[Term]:
        """The shapes that a shape refers to."""
        for name in _REFERRING:
            yield from told.get(name, ())
        for name in _LISTING:
            for start in told.get(name, ()):
                yield from self._members(name, start)

    def _members(self, name: NamedNode, start: Term) -> Iterator[Term]:
        """The members of a list; GateError for what is none."""
        at, passed = start, set()
        while at != rdf.nil:
            told = self.facts.get(cast("Node", at), {})
            first, rest = told.get(rdf.first, []), told.get(rdf.rest, [])
            if at in passed or (len(first), len(rest)) != (1, 1):
                self._refuse("not a list", name, start, "write its members in ( )")
            passed.add(at)
            yield first[0]
            at = rest[0]

    def _refuse(self, message: str, name: NamedNode, term: Term, hint: str) -> NoReturn:
        said = f"{self.shape.value} sh:{name.value.removeprefix(sh.iri)} {term}"
        raise GateError(message, file=str(self.homes[self.shape]), value=said, hint=hint)


def _is_read(pattern: Term, flags: Sequence[Term]) -> bool:
    """Whether the engine reads a pattern, and as XPath does.

    >>> [_is_read(Literal(text), ()) for text in ("^[a-z]+$", "[", "[a-z-[aeiou]]")]
    [True, False, False]
    """
    if not isinstance(pattern, Literal) or pattern.datatype != xsd.string:
        return False
    if _SETS.search(re.sub(r"\\.", "", pattern.value)):
        return False
    asked = ", ".join(map(str, (Literal(""), pattern, *flags)))
    found = cast(QuerySolutions, Store().query(f"SELECT (REGEX({asked}) AS ?read) {{}}"))
    # What the engine cannot read has no result, and so a filter leaves out whatever it is asked of.
    return next(found)["read"] is not None
