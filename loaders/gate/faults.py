"""Sowing faults: the gate proves in every run that it still sees, by finding known faults among the data.

`shapes/cases/{rule}/` holds the cases of a rule: `valid….ttl`, and `invalid.…`, `warning.…` or `info.…` with one fault
each. They stand in a small country of their own (`country.ttl`). All their IRIs are moved to `urn:thidua:sown:` before
they are laid among the data, so that a fault is told from a real finding and taken out of the report again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml
from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, parse

from loaders.errors import GateError
from loaders.gate.report import Finding, Rule, Severity, Term
from loaders.namespaces import BASE, graph, tds

SPACE = "urn:thidua:sown:"
_COUNTRY = SPACE + "country/"
_KINDS = {"valid": None, "invalid": Severity.VIOLATION, "warning": Severity.WARNING, "info": Severity.INFO}


@dataclass(frozen=True)
class Case:
    """One case file, moved to its own IRIs; `finds` is the rule that its fault breaks, None in a valid case."""

    file: Path
    finds: NamedNode | None
    severity: Severity | None
    quads: tuple[Quad, ...]

    @property
    def rule(self) -> str:
        """The rule whose directory it stands in."""
        return self.file.parent.name

    @property
    def space(self) -> str:
        """What its IRIs begin with."""
        return f"{SPACE}{self.rule}/{self.file.stem}/"

    def met(self, findings: Iterable[Finding]) -> bool:
        """Whether its fault is among the findings, under its own rule."""
        return any(f.rule.iri == self.finds and self._owns(f.focus) for f in findings)

    def _owns(self, term: Term) -> bool:
        return isinstance(term, NamedNode) and term.value.startswith(self.space)


@dataclass(frozen=True)
class Cases:
    """All cases, and the country that they share."""

    country: tuple[Quad, ...]
    cases: tuple[Case, ...]

    @cached_property
    def faults(self) -> tuple[Case, ...]:
        """The cases with a fault."""
        return tuple(case for case in self.cases if case.finds is not None)

    @cached_property
    def _blank(self) -> frozenset[BlankNode]:
        terms = (term for case in self.cases for quad in case.quads for term in (quad.subject, quad.object))
        return frozenset(term for term in terms if isinstance(term, BlankNode))

    def owns(self, finding: Finding) -> bool:
        """Whether a finding is about what was sown, not about the data."""
        return any(term in self._blank or _is_sown(term) for term in (finding.focus, finding.value) if term is not None)

    def check(self, rules: Mapping[NamedNode, Rule], named: Collection[str], judging: Iterable[NamedNode]) -> None:
        """Nothing, when every rule can be proved; GateError names a case without rule or a rule without case.

        The rules in `named` need a directory with a valid case and a fault, those in `judging` a fault anywhere.
        """
        for case in self.cases:
            if case.rule not in named:
                raise GateError("a case of a rule that is not there", file=str(case.file))
            if case.finds is not None and (case.finds not in rules or rules[case.finds].severity != case.severity):
                hint = "`#+ finds:` names a rule whose severity is the one in the file's name"
                raise GateError("no rule can find this fault", file=str(case.file), value=case.finds.value, hint=hint)
        kinds = {(case.rule, case.finds is None) for case in self.cases}
        for name in named:
            if not {(name, True), (name, False)} <= kinds:
                raise GateError("it needs a valid case and one with a fault", value=name, hint=f"shapes/cases/{name}/")
        for iri in set(judging).difference(case.finds for case in self.cases if case.finds):
            raise GateError("no fault is sown for this rule", value=iri.value, hint="shapes/cases/")


def _is_sown(term: Term) -> bool:
    return isinstance(term, NamedNode) and term.value.startswith(SPACE)


def missed(faults: Iterable[Case], findings: Iterable[Finding]) -> list[Case]:
    """The faults that were sown and not found."""
    # Among many real findings the few that matter are sought once.
    found = [finding for finding in findings if _is_sown(finding.focus)]
    return [fault for fault in faults if not fault.met(found)]


def read_cases(files: Iterable[Path], country: Path) -> Cases:
    """The cases in some files; GateError for one that cannot be read or says something about the country's nodes."""
    native = list(_parse(country))
    natives = {quad.subject for quad in native if isinstance(quad.subject, NamedNode)}
    moved = _Moved({node: NamedNode(_COUNTRY + node.value.removeprefix(BASE)) for node in natives}, _COUNTRY)
    where = graph("s0")
    return Cases(
        tuple(moved.quad(quad, where) for quad in native),
        tuple(_case(file, moved.names, where) for file in files),
    )


def _case(file: Path, country: Mapping[NamedNode, NamedNode], where: NamedNode) -> Case:
    kind = file.name.partition(".")[0]
    front = _front(file)
    if kind not in _KINDS or (kind == "valid") == ("finds" in front):
        hint = "valid….ttl, or invalid|warning|info.….ttl with a line `#+ finds: Rule`"
        raise GateError("not a case", file=str(file), hint=hint)
    case = Case(file, tds[front["finds"]] if "finds" in front else None, _KINDS[kind], ())
    quads = list(_parse(file))
    own = {quad.subject for quad in quads if isinstance(quad.subject, NamedNode)}
    if own & country.keys():
        hint = "give the case a node of its own, so that it disturbs no other"
        raise GateError("it speaks about the country", file=str(file), value=str(own & country.keys()), hint=hint)
    mine = {node: NamedNode(case.space + node.value.removeprefix(BASE)) for node in own}
    moved = _Moved({**country, **mine}, case.space)
    place = graph(front["graph"]) if "graph" in front else where
    return Case(file, case.finds, case.severity, tuple(moved.quad(quad, _place(quad, place)) for quad in quads))


def _place(quad: Quad, place: NamedNode) -> NamedNode:
    """The graph that a case in TriG names itself, or else the one that its front matter says."""
    return quad.graph_name if isinstance(quad.graph_name, NamedNode) else place


@dataclass(frozen=True)
class _Moved:
    """Where IRIs go: those in `names` as it says, other entities and graphs to `space`, whatever else nowhere."""

    names: Mapping[NamedNode, NamedNode]
    space: str

    def quad(self, quad: Quad, where: NamedNode) -> Quad:
        return Quad(self._term(quad.subject), quad.predicate, self._term(quad.object), self._term(where))  # type: ignore[arg-type]

    def _term(self, term: Term) -> Term:
        if not isinstance(term, NamedNode):
            return term
        if term in self.names:
            return self.names[term]
        if term.value.startswith((BASE + "id/", BASE + "graph/")):
            return NamedNode(self.space + term.value.removeprefix(BASE))
        return term


def _parse(file: Path) -> Iterable[Quad]:
    try:
        form = RdfFormat.TRIG if file.suffix == ".trig" else RdfFormat.TURTLE
        # Under new names no blank node of the data can be taken for one of a case.
        return list(parse(path=file, format=form, rename_blank_nodes=True))
    except (OSError, SyntaxError) as error:
        raise GateError(f"the case cannot be read: {error}", file=str(file)) from error


def _front(file: Path) -> Mapping[str, str]:
    """The `#+` lines of a file, as YAML."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        front = yaml.load("\n".join(line[2:] for line in lines if line.startswith("#+")), yaml.CSafeLoader) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise GateError(f"the front matter cannot be read: {error}", file=str(file)) from error
    return {str(key): str(value) for key, value in front.items()}
