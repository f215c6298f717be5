"""Checks: SPARQL queries over the whole candidate that must return nothing.

A check compares one statement with another, where SHACL would be slow or could not say it. Its file
`queries/checks/{name}-violation.rq` has severity and messages in front matter, and answers with `?focus`, `?path`,
`?value` for everything that breaks the rule; `reach` there says how a change gets to it (`loaders/gate/reach.py`). With
`apart: path` it is asked of one value of `VALUES ?path { … }` after the other, so that what it holds of one is gone
before the next. Its cases stand in `shapes/cases/{name}/`, like those of a shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pyoxigraph import NamedNode, Store

from loaders.errors import GateError
from loaders.gate.reach import Walk, walk
from loaders.gate.report import Finding, Rule, Severity
from loaders.namespaces import tds
from loaders.union import select

_SUFFIX = "-violation"
_VARIABLES = ["focus", "path", "value"]


@dataclass(frozen=True)
class Check:
    """Queries whose every answer breaks a rule; `reach` are its walks, without them they are asked of everything."""

    rule: Rule
    queries: tuple[str, ...]
    reach: frozenset[Walk] = frozenset()

    @property
    def broad(self) -> bool:
        """Whether it goes through all statements."""
        (everything,) = walk("any")
        return any(first == everything for first, *_ in self.reach)

    def findings(self, store: Store) -> list[Finding]:
        """What breaks the rule in a store, its named graphs taken together."""
        rows = (row for query in self.queries for row in select(store, query))
        return [Finding(self.rule, focus, None if path is None else str(path), value) for focus, path, value in rows]


def read_checks(files: Iterable[Path]) -> tuple[Check, ...]:
    """The checks in some files; GateError for one that does not parse, or lacks its severity or a message."""
    checks = tuple(_check(file) for file in files)
    if not checks:
        raise GateError("there are no checks", hint="queries/checks/*-violation.rq is missing")
    return checks


def _check(file: Path) -> Check:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        front = yaml.load("\n".join(line[2:] for line in lines if line.startswith("#+")), yaml.CSafeLoader)
        query = "\n".join(line for line in lines if not line.startswith("#+"))
        variables = [variable.value for variable in select(Store(), query).variables]
    except (OSError, ValueError, SyntaxError, yaml.YAMLError) as error:
        raise GateError(f"the check cannot be read: {error}", file=str(file)) from error
    if variables != _VARIABLES or not file.stem.endswith(_SUFFIX):
        hint = f"a query {file.stem.removesuffix(_SUFFIX)}{_SUFFIX}.rq that selects ?focus ?path ?value"
        raise GateError("not a check", file=str(file), hint=hint)
    return Check(_rule(file, front), _apart(file, front, query), _reach(file, front))


def _apart(file: Path, front: Any, query: str) -> tuple[str, ...]:
    """The query once for each value of a variable that is to be asked apart; as it is without such a one."""
    if (name := front.get("apart")) is None:
        return (query,)
    found = list(re.finditer(rf"(?<=VALUES \?{re.escape(str(name))} \{{)[^{{}}]*(?=\}})", query))
    if len(found) != 1:
        hint = f"write VALUES ?{name} {{ … }} once"
        raise GateError("what is to be asked apart is not said once", file=str(file), value=str(name), hint=hint)
    (values,) = found
    return tuple(f"{query[: values.start()]} {each} {query[values.end() :]}" for each in values[0].split())


def _reach(file: Path, front: Any) -> frozenset[Walk]:
    try:
        return frozenset(map(walk, front.get("reach", ())))
    except (KeyError, ValueError) as error:
        raise GateError("not a walk", file=str(file), value=str(error), hint="loaders/gate/reach.py") from error


def _rule(file: Path, front: Any) -> Rule:
    try:
        vi, en = str(front["message"]["vi"]).strip(), str(front["message"]["en"]).strip()
        rule = Rule(tds[file.stem.removesuffix(_SUFFIX)], Severity(front["severity"]), vi, en)
    except (KeyError, TypeError, ValueError) as error:
        raise GateError("the check lacks a severity or a message", file=str(file), value=str(error)) from error
    if not (vi and en):
        raise GateError("the check lacks a message", file=str(file), hint="message: vi and en")
    return rule


__all__ = ["Check", "NamedNode", "read_checks"]
