"""What the gate found, and how it is told: as text to editors, as JSON to programs, as `sh:ValidationReport`."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from loaders.namespaces import BASE, PREFIXES, boolean, rdf, sh, text
from loaders.turtle import turtle

Term = NamedNode | BlankNode | Literal
Origin = Callable[[set[NamedNode]], Mapping[NamedNode, object]]


class Severity(StrEnum):
    """How bad it is: a violation blocks, a warning is published with the release, an info advises."""

    VIOLATION = "violation"
    WARNING = "warning"
    INFO = "info"

    @property
    def iri(self) -> NamedNode:
        """The term of SHACL."""
        return sh[self.value.capitalize()]


@dataclass(frozen=True)
class Rule:
    """A promise that data keep: a shape, a check query or the rule on spelling; the messages say what to do next."""

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
    def order(self) -> tuple[int, str, str, str, str]:
        """Violations first, then by row, thing and rule."""
        rank = list(Severity).index(self.rule.severity)
        return rank, self.place or "~", str(self.focus), self.rule.name, str(self.value)

    def told(self) -> str:
        """The finding for an editor: where, what, what to do, in both languages."""
        about = [short(self.focus), shortened(self.path or ""), short(self.value) if self.value is not None else ""]
        where = f"{self.place}: " if self.place else ""
        return (
            f"{where}{_WORDS[self.rule.severity]} [{self.rule.name}] {' · '.join(part for part in about if part)}\n"
            f"    {self.rule.vi}\n    {self.rule.en}"
        )


_WORDS = {
    Severity.VIOLATION: "VI PHẠM / VIOLATION",
    Severity.WARNING: "CẢNH BÁO / WARNING",
    Severity.INFO: "GỢI Ý / INFO",
}


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

    def placed(self, origin: Origin) -> Report:
        """The same report, each finding with the row that `origin` names for its focus node."""
        places = origin({f.focus for f in self.findings if isinstance(f.focus, NamedNode)}) if self.findings else {}
        known: dict[Term, str] = {node: str(place) for node, place in places.items()}
        return replace(self, findings=_sorted(replace(f, place=known.get(f.focus)) for f in self.findings))

    def text(self) -> str:
        """The report for an editor, in Vietnamese and English."""
        head = ", ".join(f"{self.counts[severity]} {_WORDS[severity]}" for severity in Severity)
        looked = ", ".join(f"{number} {name}" for name, number in self.looked.items())
        return "\n".join([head, f"({looked})", *("\n" + finding.told() for finding in self.findings)]) + "\n"

    def json(self) -> str:
        """The report for a program."""
        return json.dumps(
            {
                "blocks": self.blocks,
                "counts": {severity.value: self.counts[severity] for severity in Severity},
                "looked": dict(self.looked),
                "findings": [_flat(finding) for finding in self.findings],
            },
            ensure_ascii=False,
            indent=1,
        )

    def turtle(self, iri: str = BASE + "report") -> str:
        """The report as an `sh:ValidationReport` without blank nodes; `iri` names it."""
        return turtle(self._triples(NamedNode(iri)), BASE).decode()

    def _triples(self, report: NamedNode) -> Iterable[Triple]:
        yield Triple(report, rdf.type, sh.ValidationReport)
        yield Triple(report, sh.conforms, boolean(not self.findings))
        for number, finding in enumerate(self.findings, start=1):
            result = NamedNode(f"{report.value}#{number}")
            yield Triple(report, sh.result, result)
            yield from _result(result, finding)


def report(findings: Iterable[Finding], looked: Mapping[str, int]) -> Report:
    """The report of findings, each once, the worst first."""
    return Report(_sorted(set(findings)), looked)


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: finding.order))


def _flat(finding: Finding) -> dict[str, str | None]:
    return {
        "severity": finding.rule.severity.value,
        "rule": finding.rule.iri.value,
        "component": finding.component.value,
        "focus": plain(finding.focus),
        "path": finding.path,
        "value": None if finding.value is None else plain(finding.value),
        "place": finding.place,
        "vi": finding.rule.vi,
        "en": finding.rule.en,
    }


def _result(result: NamedNode, finding: Finding) -> Iterable[Triple]:
    yield Triple(result, rdf.type, sh.ValidationResult)
    yield Triple(result, sh.resultSeverity, finding.rule.severity.iri)
    yield Triple(result, sh.sourceShape, finding.rule.iri)
    yield Triple(result, sh.sourceConstraintComponent, finding.component)
    # A blank node is told by its label: the report has none of its own.
    yield Triple(result, sh.focusNode, named(finding.focus))
    if finding.path and finding.path.startswith("<") and finding.path.count("<") == 1:
        # A longer path is read from the shape.
        yield Triple(result, sh.resultPath, NamedNode(finding.path[1:-1]))
    if finding.value is not None:
        yield Triple(result, sh.value, named(finding.value))
    yield Triple(result, sh.resultMessage, text(finding.rule.vi))
    yield Triple(result, sh.resultMessage, text(finding.rule.en, "en"))


def named(term: Term) -> NamedNode | Literal:
    """The term itself, a blank node as text."""
    return Literal(str(term)) if isinstance(term, BlankNode) else term


def plain(term: Term) -> str:
    """An IRI without brackets, anything else as in Turtle."""
    return term.value if isinstance(term, NamedNode) else str(term)


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
