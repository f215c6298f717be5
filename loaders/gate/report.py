"""What the gate found, and how it is told: as text to editors, as JSON to programs, as `sh:ValidationReport`."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from itertools import groupby

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from loaders.namespaces import BASE, PREFIXES, boolean, rdf, sh, text
from loaders.release.turtle import turtle

Term = NamedNode | BlankNode | Literal
Origin = Callable[[set[NamedNode]], Mapping[NamedNode, object]]
# Who has more of one kind mends them in bulk: the text tells these, JSON and Turtle tell all.
_MOST = 200


class Severity(StrEnum):
    """How bad it is: a violation blocks, a warning is published with the release, an info advises."""

    VIOLATION = "violation"
    WARNING = "warning"
    INFO = "info"

    @property
    def iri(self) -> NamedNode:
        """The term of SHACL."""
        return sh[self.value.capitalize()]

    @property
    def words(self) -> str:
        """The name that an editor reads."""
        return {"violation": "VI PHẠM / VIOLATION", "warning": "CẢNH BÁO / WARNING", "info": "GỢI Ý / INFO"}[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True)
class Rule:
    """A promise that data keep: a shape, a check or the rule on spelling; the messages say what to do next."""

    iri: NamedNode
    severity: Severity
    vi: str
    en: str

    @property
    def name(self) -> str:
        """The last part of its IRI."""
        return self.iri.value.rpartition("#")[2]


@dataclass(frozen=True)
class Finding:
    """One thing that breaks a rule; `path` is a SPARQL property path, `place` the row of a spreadsheet, if known."""

    rule: Rule
    focus: Term
    path: str | None = None
    value: Term | None = None
    component: NamedNode = sh.SPARQLConstraintComponent
    place: str | None = None

    @property
    def order(self) -> tuple[object, ...]:
        """Violations first, then by rule, by row (the second before the tenth), by thing and by all else."""
        rest = map(str, (self.focus, self.value, self.path, self.component))
        row = _row(self.place) if self.place else _NOWHERE
        return _RANKS[self.rule.severity], self.rule.name, row, *rest

    def __str__(self) -> str:
        """Where it is: the row, the thing, the property and the value."""
        value = "" if self.value in (None, self.focus) else short(self.value)
        about = " · ".join(part for part in (short(self.focus), shortened(self.path or ""), value) if part)
        return f"{self.place}: {about}" if self.place else about


@dataclass(frozen=True)
class Report:
    """The findings of one passage through the gate, and how much it looked at (`looked`: name to number)."""

    findings: tuple[Finding, ...]
    looked: Mapping[str, int] = field(default_factory=dict)

    @property
    def blocks(self) -> bool:
        """Whether nothing may be released."""
        return self.counts[Severity.VIOLATION] > 0

    @cached_property
    def counts(self) -> Counter[Severity]:
        """How many findings there are of each severity."""
        return Counter(finding.rule.severity for finding in self.findings)

    def beside(self, more: Iterable[Finding]) -> Report:
        """The same report with these findings too."""
        return replace(self, findings=_sorted({*self.findings, *more}))

    def placed(self, origin: Origin) -> Report:
        """The same report, each finding with the row that `origin` names for its thing."""
        places = origin({f.focus for f in self.findings if isinstance(f.focus, NamedNode)}) if self.findings else {}
        known: dict[Term, str] = {node: str(place) for node, place in places.items()}
        return replace(self, findings=_sorted(replace(f, place=known.get(f.focus)) for f in self.findings))

    @cached_property
    def public(self) -> Report:
        """The same report without the rows: where they stand is nobody's business but the staff's."""
        return replace(self, findings=_sorted(replace(finding, place=None) for finding in self.findings))

    def text(self) -> str:
        """The report for an editor: what is wrong, what to do, in both languages, and where."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield ", ".join(f"{self.counts[severity]} {severity.words}" for severity in Severity)
        yield "(" + ", ".join(f"{number} {name}" for name, number in self.looked.items()) + ")"
        for rule, group in groupby(self.findings, key=lambda finding: finding.rule):
            yield f"\n{rule.severity.words} [{rule.name}]\n{rule.vi}\n{rule.en}"
            findings = list(group)
            yield from (f"    {finding}" for finding in findings[:_MOST])
            if more := len(findings[_MOST:]):
                yield f"    … còn {more} chỗ nữa, xem report.json / and {more} more, see report.json"

    def json(self) -> str:
        """The report for a program, a finding on a line."""
        told = {
            "blocks": self.blocks,
            "counts": {severity.value: self.counts[severity] for severity in Severity},
            "looked": dict(self.looked),
        }
        # Indented as a whole, ten thousands of findings would take seconds.
        head = json.dumps(told, ensure_ascii=False, indent=1).removesuffix("\n}")
        findings = ",\n".join(f"  {json.dumps(_flat(finding), ensure_ascii=False)}" for finding in self.findings)
        return f'{head},\n "findings": [\n{findings}\n ]\n}}'

    def turtle(self, iri: str = BASE + "report") -> str:
        """The report as an `sh:ValidationReport` without blank nodes; `iri` names it."""
        return turtle(self._triples(NamedNode(iri)), BASE).decode()

    def _triples(self, report: NamedNode) -> Iterator[Triple]:
        yield Triple(report, rdf.type, sh.ValidationReport)
        yield Triple(report, sh.conforms, boolean(not self.findings))
        for number, finding in enumerate(self.findings, start=1):
            result = NamedNode(f"{report.value}#{number}")
            yield Triple(report, sh.result, result)
            yield from (Triple(result, predicate, value) for predicate, value in _result(finding))


def report(findings: Iterable[Finding], looked: Mapping[str, int]) -> Report:
    """The report of findings, each once, the worst first."""
    return Report(_sorted(set(findings)), looked)


def _row(place: str) -> tuple[tuple[int, str], ...]:
    """The place, so that the second row comes before the tenth.

    >>> _row("a.csv 10") > _row("a.csv 2")
    True
    """
    steps = re.split(r"(\d+)", place)
    return tuple((int(step), "") if step.isdigit() else (0, step) for step in steps)


_NOWHERE = _row("~")


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: finding.order))


def _flat(finding: Finding) -> dict[str, str | None]:
    return {
        "severity": finding.rule.severity.value,
        "rule": finding.rule.iri.value,
        "component": finding.component.value,
        "focus": _plain(finding.focus),
        "path": finding.path,
        "value": None if finding.value is None else _plain(finding.value),
        "place": finding.place,
        "vi": finding.rule.vi,
        "en": finding.rule.en,
    }


def _plain(term: Term) -> str:
    return term.value if isinstance(term, NamedNode) else str(term)


def _result(finding: Finding) -> Iterator[tuple[NamedNode, NamedNode | Literal]]:
    yield rdf.type, sh.ValidationResult
    yield sh.resultSeverity, finding.rule.severity.iri
    yield sh.sourceShape, finding.rule.iri
    yield sh.sourceConstraintComponent, finding.component
    yield sh.focusNode, _named(finding.focus)
    if re.fullmatch(r"<[^<>]+>", finding.path or ""):
        # A path of several steps is not repeated here: it stands with the shape.
        yield sh.resultPath, NamedNode(str(finding.path)[1:-1])
    if finding.value is not None:
        yield sh.value, _named(finding.value)
    yield sh.resultMessage, text(finding.rule.vi)
    yield sh.resultMessage, text(finding.rule.en, "en")


def _named(term: Term) -> NamedNode | Literal:
    """The term, a blank node as its label: the report has none of its own."""
    return Literal(str(term)) if isinstance(term, BlankNode) else term


def short(term: Term) -> str:
    """A term for people: entities by kind and key, other things with their prefix.

    >>> short(NamedNode(BASE + "id/unit/2004/182")), short(NamedNode(BASE + "def#member"))
    ('unit/2004/182', 'td:member')
    """
    return shortened(str(term))


def shortened(notation: str) -> str:
    """Every IRI of a notation as people write it.

    >>> shortened(f"<{BASE}def#fromUnit>/<{BASE}def#codeList>")
    'td:fromUnit/td:codeList'
    """
    return re.sub(r"<([^<>\s]+)>", lambda match: _brief(match[1]), notation)


def _brief(iri: str) -> str:
    for prefix, space in PREFIXES.items():
        if iri.startswith(space):
            return f"{prefix}:{iri.removeprefix(space)}"
    return iri.removeprefix(BASE + "id/").removeprefix(BASE) if iri.startswith(BASE) else f"<{iri}>"


def read_report(content: str) -> Report:
    """The report that was written as JSON."""
    told = json.loads(content)
    return Report(tuple(map(_finding, told["findings"])), told["looked"])


def _finding(flat: Mapping[str, str | None]) -> Finding:
    rule = Rule(NamedNode(str(flat["rule"])), Severity(str(flat["severity"])), str(flat["vi"]), str(flat["en"]))
    value = None if flat["value"] is None else _read(flat["value"])
    component = NamedNode(str(flat["component"]))
    return Finding(rule, _read(str(flat["focus"])), flat["path"], value, component, flat["place"])


def _read(plain: str) -> Term:
    """The term that `_plain` wrote."""
    if plain.startswith("_:"):
        return BlankNode(plain.removeprefix("_:"))
    if not plain.startswith('"'):
        return NamedNode(plain)
    (quad,) = parse(f"<urn:s> <urn:p> {plain} .", RdfFormat.N_TRIPLES)
    assert isinstance(quad.object, Literal), "what begins with a quotation mark is a literal"
    return quad.object
