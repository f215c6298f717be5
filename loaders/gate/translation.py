"""Shapes as SPARQL: for every constraint of a shape a query whose rows are what breaks it (SHACL 1.0, section 4).

Every query asks the merge of the graphs of a store, so it counts different values, never rows. What is said of a value
by an unnamed shape is an expression within the query; what cannot be said so is refused, not passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, count
from typing import cast

from pyoxigraph import Literal, NamedNode

from loaders.errors import GateError
from loaders.gate.shapes import Facts, Node, path_steps
from loaders.namespaces import boolean, rdf, rdfs, sh, xsd

Term = Node | Literal
# All classes of which a thing may be so that it is of a class: this one and those below it.
Below = Callable[[NamedNode], Collection[NamedNode]]

_KINDS = {
    sh.IRI: "isIRI({0})",
    sh.Literal: "isLiteral({0})",
    sh.BlankNode: "isBlank({0})",
    sh.BlankNodeOrIRI: "!isLiteral({0})",
    sh.BlankNodeOrLiteral: "!isIRI({0})",
    sh.IRIOrLiteral: "!isBlank({0})",
}
_COMPARED = {
    sh.minInclusive: "{0} >= {1}",
    sh.maxInclusive: "{0} <= {1}",
    sh.minExclusive: "{0} > {1}",
    sh.maxExclusive: "{0} < {1}",
}
_TRUE = boolean(True)
_PAIRED = {sh.lessThan: "<", sh.lessThanOrEquals: "<="}
# Ways to choose more values than these, one by one, are too many to be walked.
_FEW = 2
# More than any store holds.
_ALL = 1 << 62
# Datatypes whose literals have a form of their own, by which the engine knows them.
_FORMS = "boolean decimal integer double float date dateTime time gYear gYearMonth gMonth gDay gMonthDay duration"
_FORMED = {xsd[name] for name in _FORMS.split()}
# What only a property shape may say: of a node itself there is always one value.
_OF_VALUES = {sh.lessThan, sh.lessThanOrEquals, sh.minCount, sh.maxCount, sh.uniqueLang}
# Others have one that the engine does not know.
_SPELT = {xsd.hexBinary: "^([0-9A-Fa-f]{2})*$"}
# A store makes integers of them, whatever they say; what it leaves is none of them.
_INTEGERS = "nonNegativeInteger positiveInteger nonPositiveInteger negativeInteger long int short byte"
_REWRITTEN = {xsd[name] for name in _INTEGERS.split()}
_FREE = {xsd.string, xsd.anyURI, rdf.langString}


@dataclass(frozen=True)
class Question:
    """A query whose rows break a constraint of a shape: `this`, and `path` and `value` where there are such."""

    shape: Node
    component: NamedNode
    columns: tuple[str, ...]
    text: str


def questions(facts: Facts, below: Below) -> Iterator[Question]:
    """The queries for all shapes that a target leads to; GateError for what cannot be asked in SPARQL."""
    return _Translation(facts, below).questions()


def lines(facts: Facts, start: Term) -> list[Term]:
    """The members of a list of RDF.

    >>> lines({}, rdf.nil)
    []
    """
    found: list[Term] = []
    while start != rdf.nil:
        told = facts[cast(Node, start)]
        found.append(told[rdf.first][0])
        start = told[rdf.rest][0]
    return found


class _Translation:
    def __init__(self, facts: Facts, below: Below) -> None:
        self._facts, self._below, self._numbers = facts, below, count()
        self._targets: dict[Node, dict[str, None]] = {}

    def questions(self) -> Iterator[Question]:
        for shape in self._facts:
            for target in self._aims(shape):
                self._reach(shape, target)
        for shape, targets in self._targets.items():
            target = (
                " UNION ".join(f"{{ {target} }}" for target in targets) if len(targets) > 1 else next(iter(targets))
            )
            yield from (self._of_property if sh.path in self._facts[shape] else self._of_node)(shape, target)

    def _reach(self, shape: Node, target: str) -> None:
        """The pattern leads to focus nodes of the shape, and of its property shapes."""
        told = self._facts[shape]
        self._targets.setdefault(shape, {})[target] = None
        if sh.path in told and told.get(sh.property):
            outer, path = self._new(), "/".join(path_steps(told[sh.path][0], self._facts))
            target = f"{target.replace('?this', outer)} . {outer} {path} ?this"
        for part in told.get(sh.property, ()):
            self._reach(part, target)  # type: ignore[arg-type]

    def _aims(self, shape: Node) -> Iterator[str]:
        """The targets of a shape as patterns that bind `?this` to its focus nodes."""
        told = self._facts[shape]
        if aimed := told.get(sh.targetClass):
            yield self._typed("?this", {kind for term in aimed for kind in self._kinds(term)})
        if rdfs.Class in told.get(rdf.type, ()):
            yield self._typed("?this", self._kinds(shape))
        for predicate in told.get(sh.targetSubjectsOf, ()):
            yield f"?this {predicate} {self._new()}"
        for predicate in told.get(sh.targetObjectsOf, ()):
            yield f"{self._new()} {predicate} ?this"
        if nodes := told.get(sh.targetNode):
            yield f"VALUES ?this {{ {' '.join(map(str, nodes))} }}"

    def _kinds(self, term: Term) -> Collection[NamedNode]:
        if not isinstance(term, NamedNode):
            raise GateError("a class without a name", value=str(term))
        return self._below(term)

    def _typed(self, value: str, classes: Collection[NamedNode]) -> str:
        """The pattern of a thing of any of the classes."""
        if len(classes) == 1:
            return f"{value} {rdf.type} {next(iter(classes))}"
        # Under one name, a target and a constraint would have to be met by the same class.
        kind = self._new()
        return f"VALUES {kind} {{ {' '.join(sorted(map(str, classes)))} }} {value} {rdf.type} {kind}"

    def _of_node(self, shape: Node, target: str) -> Iterator[Question]:
        told = self._told_of_node(shape)
        for component, holds in self._holds(shape, "?this"):
            value = "" if component == sh.HasValueConstraintComponent else " BIND(?this AS ?value)"
            names = "this value" if value else "this"
            yield _question(shape, component, names, f"{target}{value} FILTER(!({holds}))")
        for other in told.get(sh.equals, ()):
            more = f"{target} . ?this {other} ?value FILTER(!sameTerm(?this, ?value))"
            yield _question(shape, sh.EqualsConstraintComponent, "this value", more)
            none = f"{target} BIND(?this AS ?value) FILTER(!EXISTS {{ ?this {other} ?this }})"
            yield _question(shape, sh.EqualsConstraintComponent, "this value", none)
        for other in told.get(sh.disjoint, ()):
            both = f"{target} . ?this {other} ?this BIND(?this AS ?value)"
            yield _question(shape, sh.DisjointConstraintComponent, "this value", both)
        if _TRUE in told.get(sh.closed, ()):
            pattern = f"{target} . ?this ?path ?value{self._not_allowed(shape)}"
            yield _question(shape, sh.ClosedConstraintComponent, "this path value", pattern)

    def _told_of_node(self, shape: Node) -> Mapping[NamedNode, list[Term]]:
        """What is told of a shape without a path; GateError for what only a property shape may say."""
        told = self._facts[shape]
        if wrong := _OF_VALUES & told.keys():
            name = min(wrong, key=str)
            raise GateError("a shape without a path cannot say it", value=f"{shape} {name}", hint="say it with sh:path")
        return told

    def _not_allowed(self, shape: Node) -> str:
        """The filter for properties that a closed shape does not name; none where it names none."""
        allowed = ", ".join(self._allowed(shape))
        # The engine has no answer to what is not among nothing.
        return f" FILTER(?path NOT IN ({allowed}))" if allowed else ""

    def _allowed(self, shape: Node) -> list[str]:
        told = self._facts[shape]
        paths = {self._facts[part][sh.path][0] for part in told.get(sh.property, ())}  # type: ignore[index]
        ignored = [term for start in told.get(sh.ignoredProperties, ()) for term in lines(self._facts, start)]
        return sorted(str(term) for term in {*paths, *ignored} if isinstance(term, NamedNode))

    def _of_property(self, shape: Node, target: str) -> Iterator[Question]:
        told = self._facts[shape]
        steps = path_steps(told[sh.path][0], self._facts)
        path = "/".join(steps)
        # What a path of several steps leads to is sought from its focus nodes: elsewhere there may be much more of it.
        alone = len(steps) == 1 and steps != [str(rdf.type)]
        seek = _among_all if alone else _from_target
        for component, wrong in self._wrong(shape, path, alone=alone):
            yield _question(shape, component, "this value", seek(target, "?this ?value", wrong))
        if _TRUE in told.get(sh.uniqueLang, ()):
            twice = self._same_language("?this", path, " BIND(LCASE(LANG({0})) AS ?language)")
            yield _question(
                shape, sh.UniqueLangConstraintComponent, "this language", seek(target, "?this ?language", twice)
            )
        for component, broken in self._breaks(told, path):
            yield _question(shape, component, "this", f"{target} {broken}")
        for number in map(_number, told.get(sh.maxCount, ())):
            more = seek(target, "?this", self._more(path, number, alone=alone))
            yield _question(shape, sh.MaxCountConstraintComponent, "this", more)
        for pair, against in self._pairs(told, "?this", path, "?value"):
            rows = seek(target, "?this ?value ?other" if "?other" in against else "?this ?value", against)
            yield _question(shape, _component(pair), "this value other", rows)
        if _TRUE in told.get(sh.closed, ()):
            of_values = f"{target} . ?this {path} ?node . ?node ?path ?value{self._not_allowed(shape)}"
            yield _question(shape, sh.ClosedConstraintComponent, "this path value", of_values)

    def _wrong(self, shape: Node, path: str, *, alone: bool) -> Iterator[tuple[NamedNode, str]]:
        """What breaks the constraints on each value, as patterns; `alone` each different value is judged once."""
        values = _apart("DISTINCT ?value", f"{self._new()} {path} ?value")
        for component, holds in self._holds(shape, "?value"):
            if not alone:
                yield component, f"?this {path} ?value FILTER(!({holds}))"
                continue
            wrong = f"FILTER(!({holds}))"
            if component == sh.ClassConstraintComponent:
                # One pass through an index is less than a step into it for every value.
                wrong = f"MINUS {holds.removeprefix('EXISTS ')}"
            yield component, f"{_apart('?value', f'{values} {wrong}')} ?this {path} ?value"

    def _breaks(self, told: Mapping[NamedNode, list[Term]], path: str) -> Iterator[tuple[NamedNode, str]]:
        """What breaks the constraints that something is there, as a pattern behind the target."""
        for number in map(_number, told.get(sh.minCount, ())):
            if number == 1:
                yield sh.MinCountConstraintComponent, f"MINUS {{ ?this {path} ?value }}"
            elif number > _FEW:
                yield sh.MinCountConstraintComponent, f"MINUS {self._different('?this', path, number)}"
            elif number:
                yield sh.MinCountConstraintComponent, f"FILTER(!EXISTS {{ {self._different('?this', path, number)} }})"
        for value in told.get(sh.hasValue, ()):
            # The engine would walk a path of several steps anew, from its far end, for every focus node.
            yield sh.HasValueConstraintComponent, f"MINUS {{ ?this {path} {value} }}"

    def _more(self, path: str, number: int, *, alone: bool) -> str:
        """The pattern of more different values than so many."""
        if not alone:
            return self._different("?this", path, number + 1)
        each = self._new()
        # A triple that stands in two graphs comes twice, and counts once.
        having = f"GROUP BY ?this HAVING(COUNT(DISTINCT {each}) > {number})"
        return f"{{ SELECT ?this {{ ?this {path} {each} }} {having} }}"

    def _different(self, node: str, path: str, number: int) -> str:
        """The pattern of so many different values."""
        if number > _FEW:
            each = self._new()
            having = f"GROUP BY {node} HAVING(COUNT(DISTINCT {each}) >= {number})"
            return f"{{ SELECT {node} {{ {node} {path} {each} }} {having} }}"
        names = [self._new() for _ in range(number)]
        apart = [f"!sameTerm({one}, {other})" for one, other in combinations(names, 2)]
        values = " . ".join(f"{node} {path} {name}" for name in names)
        return f"{values} FILTER({' && '.join(apart)})" if apart else values

    def _same_language(self, node: str, path: str, more: str = "") -> str:
        one, other = self._new(), self._new()
        same = f'LANG({one}) != "" && LCASE(LANG({one})) = LCASE(LANG({other})) && !sameTerm({one}, {other})'
        return f"{node} {path} {one}, {other} FILTER({same}){more.format(one)}"

    def _holds(self, shape: Node, value: str) -> Iterator[tuple[NamedNode, str]]:
        """The constraints of a shape on a value itself, each as an expression that is true where it holds."""
        told = self._facts[shape]
        for predicate, terms in told.items():
            for term in terms:
                if (holds := self._expression(told, predicate, term, value)) is not None:
                    yield _component(predicate), holds

    def _expression(self, told: Mapping[NamedNode, list[Term]], name: NamedNode, term: Term, value: str) -> str | None:
        if name == sh["class"]:
            return f"EXISTS {{ {self._typed(value, self._kinds(term))} }}"
        if name == sh.datatype:
            return _of_datatype(value, term)
        if name == sh.nodeKind:
            return _KINDS[term].format(value)  # type: ignore[index]
        if name in _COMPARED:
            return f"COALESCE({_COMPARED[name].format(value, term)}, false)"
        if name == sh.pattern:
            flags = "".join(f', "{each.value}"' for each in told.get(sh.flags, ()))
            return f"(!isBlank({value}) && REGEX(STR({value}), {term}{flags}))"
        if name in (sh.minLength, sh.maxLength):
            sign = ">=" if name == sh.minLength else "<="
            return f"(!isBlank({value}) && STRLEN(STR({value})) {sign} {_number(term)})"
        if name == sh.languageIn:
            tags = lines(self._facts, term)
            return " || ".join(f"(isLiteral({value}) && LANGMATCHES(LANG({value}), {tag}))" for tag in tags) or "false"
        if name == sh["in"]:
            among = lines(self._facts, term)
            return " || ".join(f"sameTerm({value}, {each})" for each in among) or "false"
        if name == sh.hasValue and sh.path not in told:
            return f"sameTerm({value}, {term})"
        return self._composed(name, term, value)

    def _composed(self, name: NamedNode, term: Term, value: str) -> str | None:
        if name == sh.node:
            return self._conforms(term, value)
        if name == sh["not"]:
            return f"!({self._conforms(term, value)})"
        if name in (sh["and"], sh["or"], sh.xone):
            parts = [f"({self._conforms(each, value)})" for each in lines(self._facts, term)]
            if name == sh.xone:
                return " + ".join(f"IF({part}, 1, 0)" for part in parts) + " = 1"
            return (" && " if name == sh["and"] else " || ").join(parts)
        return None

    def _conforms(self, shape: Term, value: str) -> str:
        """The expression that is true where a value conforms to a shape."""
        if isinstance(shape, Literal) or shape not in self._facts:
            raise GateError("a shape that is not there", value=str(shape))
        told = self._facts[shape]
        if _TRUE in told.get(sh.closed, ()):
            raise GateError("a closed shape within another cannot be asked in SPARQL", value=str(shape))
        parts = self._property_conforms(told, value) if sh.path in told else self._node_conforms(shape, value)
        return " && ".join(f"({part})" for part in parts) or "true"

    def _node_conforms(self, shape: Node, value: str) -> Iterator[str]:
        told, more = self._told_of_node(shape), self._new()
        for _, holds in self._holds(shape, value):
            yield holds
        for other in told.get(sh.equals, ()):
            yield f"EXISTS {{ {value} {other} {value} }}"
            yield f"!EXISTS {{ {value} {other} {more} FILTER(!sameTerm({value}, {more})) }}"
        for other in told.get(sh.disjoint, ()):
            yield f"!EXISTS {{ {value} {other} {value} }}"
        for part in told.get(sh.property, ()):
            yield self._conforms(part, value)

    def _property_conforms(self, told: Mapping[NamedNode, list[Term]], value: str) -> Iterator[str]:
        steps = path_steps(told[sh.path][0], self._facts)
        path, each = "/".join(steps), self._new()
        for predicate, terms in told.items():
            for term in terms:
                if (holds := self._expression(told, predicate, term, each)) is not None:
                    yield f"!{self._leads(value, steps, f'{each} FILTER(!({holds}))')}"
        for part in told.get(sh.property, ()):
            yield f"!{self._leads(value, steps, f'{each} FILTER(!({self._conforms(part, each)}))')}"
        for number in map(_number, told.get(sh.minCount, ())):
            if number:
                yield self._leads_to(value, steps, number)
        for number in map(_number, told.get(sh.maxCount, ())):
            yield f"!{self._leads_to(value, steps, number + 1)}"
        for term in told.get(sh.hasValue, ()):
            yield self._leads(value, steps, str(term))
        if _TRUE in told.get(sh.uniqueLang, ()):
            yield f"!EXISTS {{ {self._same_language(value, path)} }}"
        for _, against in self._pairs(told, value, path, each):
            yield f"!EXISTS {{ {against} }}"

    def _leads_to(self, node: str, steps: Sequence[str], number: int) -> str:
        """The expression that is true where a path leads from a node to so many different values."""
        if number == 1:
            return self._leads(node, steps, self._new())
        return f"EXISTS {{ {self._different(node, '/'.join(steps), number)} }}"

    def _leads(self, node: str, steps: Sequence[str], end: str) -> str:
        """The expression that is true where a path leads from a node to such an end."""
        step, *others = steps
        if not others:
            return f"EXISTS {{ {node} {step} {end} }}"
        # As one path the engine would walk it from its far end too, anew for every node.
        between = self._new()
        return f"EXISTS {{ {node} {step} {between} FILTER({self._leads(between, others, end)}) }}"

    def _pairs(
        self, told: Mapping[NamedNode, list[Term]], node: str, path: str, value: str
    ) -> Iterator[tuple[NamedNode, str]]:
        """What breaks the constraints between the values of two properties, as patterns."""
        for pair, sign in _PAIRED.items():
            for other in told.get(pair, ()):
                apart = f"FILTER(!COALESCE({value} {sign} ?other, false))"
                yield pair, f"{node} {path} {value} . {node} {other} ?other {apart}"
        for other in told.get(sh.disjoint, ()):
            yield sh.disjoint, f"{node} {path} {value} . {node} {other} {value}"
        for other in told.get(sh.equals, ()):
            yield sh.equals, f"{node} {path} {value} FILTER(!EXISTS {{ {node} {other} {value} }})"
            yield sh.equals, f"{node} {other} {value} FILTER(!EXISTS {{ {node} {path} {value} }})"

    def _new(self) -> str:
        return f"?_{next(self._numbers)}"


def _question(shape: Node, component: NamedNode, names: str, pattern: str) -> Question:
    columns = tuple(names.split())
    return Question(shape, component, columns, f"SELECT DISTINCT {' '.join('?' + c for c in columns)} {{ {pattern} }}")


def _apart(columns: str, pattern: str) -> str:
    """The pattern as something that is answered by itself, before more is asked of its rows."""
    # Past a limit the engine pushes nothing; it would ask whatever stands outside of every row, in the order of rows.
    return f"{{ SELECT {columns} {{ {pattern} }} LIMIT {_ALL} }}"


def _among_all(target: str, columns: str, pattern: str) -> str:
    """The pattern wherever it holds; only of what it finds is asked whether it is aimed at."""
    return f"{_apart(columns, pattern)} FILTER(EXISTS {{ {target} }})"


def _from_target(target: str, columns: str, pattern: str) -> str:
    """The pattern for what is aimed at, one after the other."""
    return f"{target} . {pattern}"


def _component(predicate: NamedNode) -> NamedNode:
    """The component that a parameter belongs to.

    >>> _component(sh.nodeKind).value.rpartition("#")[2]
    'NodeKindConstraintComponent'
    """
    name = predicate.value.removeprefix(sh.iri)
    return sh[f"{name[0].upper()}{name[1:]}ConstraintComponent"]


def _of_datatype(value: str, datatype: Term) -> str:
    """Whether a value is a literal of a datatype, and in its form.

    >>> _of_datatype("?v", xsd.string)
    'COALESCE(DATATYPE(?v) = <http://www.w3.org/2001/XMLSchema#string>, false)'
    """
    formed = ""
    if datatype in _REWRITTEN:
        return "false"
    if datatype in _SPELT:
        formed = f' && REGEX(STR({value}), "{_SPELT[datatype]}")'  # type: ignore[index]
    elif datatype in _FORMED:
        # What is not in its form cannot be cast, not even to what it says it is.
        formed = f" && isLiteral({datatype}({value}))"
    elif datatype not in _FREE:
        raise GateError("a datatype whose form is not known", value=str(datatype), hint="loaders/gate/translation.py")
    return f"COALESCE(DATATYPE({value}) = {datatype}{formed}, false)"


def _number(term: Term) -> int:
    return int(term.value)
