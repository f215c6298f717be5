"""The form of shapes: what SHACL calls ill-formed, or the engine takes for something else, is refused before it judges.

SHACL leaves open what becomes of an ill-formed shape, and a pattern that the engine cannot read is broken by nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, cast

from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolutions, Store

from loaders.errors import GateError
from loaders.namespaces import rdf, sh, xsd

if TYPE_CHECKING:
    from loaders.gate.shapes import Facts, Node
    from loaders.gate.translation import Term

_REFERRING = (sh.node, sh.property, sh["not"])
_LISTING = (sh["and"], sh["or"], sh.xone)
# A set within a set of characters: what XPath takes away there, the engine adds.
_SETS = re.compile(r"\[[^\]]*(?:\[|&&|--|~~)")


@dataclass(frozen=True)
class Form:
    """The form of a named shape, which stands in a file, and of all that it refers to."""

    facts: Facts
    shape: NamedNode
    file: str

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
            self._check(part, (*above, node))

    def _look(self, told: Mapping[NamedNode, Sequence[Term]]) -> None:
        for pattern in told.get(sh.pattern, ()):
            if not _is_read(pattern, told.get(sh.flags, ())):
                hint = "plain text, in the regular expressions that XPath has and the engine too (docs/gate.md)"
                self._refuse("a pattern that the engine cannot read", sh.pattern, pattern, hint)

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
        raise GateError(message, file=self.file, value=said, hint=hint)


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
