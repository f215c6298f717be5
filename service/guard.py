"""What a query must be before it is tried: a question, within bounds, and without a way out.

The engine follows `SERVICE` wherever it points. It has no parser to ask, and its grammar needs no space around words:
`?s ?p 1SERVICEx:y{…}` is a call, `x:SERVICEy:z{…}` may be one. But a call always ends in a variable or an IRI
before a `{`; so besides the word itself, a name that could hide one is refused in such a place.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from service.bounds import Bounds, Tally, within
from service.clauses import Clauses
from service.problems import Problem
from service.syntax import OPERANDS, TERMS, Step, walk
from service.tokens import UPDATES, wrong

_FORMS = {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"}
_UNREPEATABLE = {"NOW", "RAND", "UUID", "STRUUID", "BNODE"}
# In a template each of them may make a blank node, another one in every answer; `<` is half of `<<` there.
_ANONYMOUS = {"[", "(", "<", "{|", "~"}
_NAMING = {"GRAPH", "FROM"}
# So many tokens are read in a third of a millisecond.
_PIECE = 128
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*+://")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9]*+):")


@dataclass(frozen=True)
class Reading:
    """What a query is: its form, whether it gives the same answer again, whether it may ask for graphs by name.

    `clauses` is what it chooses by FROM.
    """

    form: str
    repeatable: bool
    graphs: bool
    clauses: Clauses = field(default=Clauses(), repr=False)


def read(query: str, allowed: Sequence[str] = (), bounds: Bounds | None = None) -> Reading:
    """What the query is; Problem when it is no question, goes past a bound, or calls a service that is not allowed.

    >>> read("PREFIX : <urn:x#> SELECT * { ?s :service 'SERVICE <urn:x> {}' }")
    Reading(form='SELECT', repeatable=True, graphs=False)
    """
    pieces = reading(query, allowed, bounds)
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            found: Reading = end.value
            return found


def reading(query: str, allowed: Sequence[str] = (), bounds: Bounds | None = None) -> Generator[None, None, Reading]:
    """The same in pieces, between which whoever reads may do something else."""
    bounds = bounds or Bounds()
    within("characters", len(query), bounds)
    tally, form, hiding, short, fresh = Tally(bounds), None, False, False, False
    words: set[str] = set()
    prefixes: set[str] = set()
    chosen: dict[str, list[str]] = {"FROM": [], "NAMED": []}
    start = 0
    for step in walk(query):
        tally.add(step)
        if not tally.tokens % _PIECE:
            yield
        if step.prior.text == "CONSTRUCT":
            # CONSTRUCT WHERE has no template: its pattern is one.
            short = step.token.text != "{"
        fresh = fresh or _is_fresh(step, short)
        if step.token.kind == "word":
            words.add(step.token.text)
            if form is None:
                form, start = _form(step), step.token.at
        elif step.token.kind == "name":
            _declared(query, step, prefixes)
            hiding = hiding or _hides(step.token.text.lower())
        elif step.token.kind == "iri":
            _certain(query, step, prefixes)
        elif step.token.text == "{":
            _brace(query, step)
        if step.prior.kind == "word":
            _service(step, allowed)
            if step.prior.text in chosen and step.token.kind in ("iri", "name"):
                chosen[step.prior.text].append(step.token.text)
    if form is None:
        raise wrong(query, 0, "it has neither SELECT, ASK, CONSTRUCT nor DESCRIBE")
    # Where FROM may hide in a name, what the query chooses is for the engine to say.
    clauses = Clauses() if hiding else Clauses(tuple(chosen["FROM"]), tuple(chosen["NAMED"]), query[:start])
    return Reading(form, not (fresh or words & _UNREPEATABLE), hiding or not words.isdisjoint(_NAMING), clauses)


def _form(step: Step) -> str | None:
    word = step.token.text
    if word in UPDATES:
        detail = f"{word} would change the data; this endpoint only answers questions."
        raise Problem(400, "Read-only", detail, type="urn:thidua:problem:read-only")
    return word if word in _FORMS else None


def _is_fresh(step: Step, short: bool) -> bool:
    """Whether a token stands for a blank node of a template, where each answer has one of its own."""
    within = step.frame.holds == "template" or (short and step.frame.mark)
    return bool(within) and (step.token.kind == "blank" or step.token.text in _ANONYMOUS)


def _hides(name: str) -> bool:
    """Whether the engine may find GRAPH or FROM in a name, with what follows it: FROM wants an IRI or another name.

    >>> _hides("x:graph"), _hides("x:from"), _hides("x:fromy:z"), _hides("x:fromy")
    (True, True, True, False)
    """
    # No expression: to look for a colon behind each FROM takes time with the square of the length.
    return "graph" in name or name.endswith("from") or "from" in name[: name.rfind(":")]


def _declared(query: str, step: Step, prefixes: set[str]) -> None:
    prefix = step.token.text.partition(":")[0]
    if step.prior.text == "PREFIX":
        prefixes.add(prefix)
    elif prefix not in prefixes:
        raise wrong(query, step.token.at, f"the prefix {prefix}: is not declared")


def _certain(query: str, step: Step, prefixes: set[str]) -> None:
    """Nothing, if what looks like an IRI can be nothing else.

    After an operand, `<` may mean less-than; a quote or # in it would then begin a string or a comment, and what
    follows would be read in another way here than there. `//` cannot stand in an expression, nor a name whose prefix is
    not declared, nor an expression outside of brackets.
    """
    content, prior = step.token.text[1:-1], step.prior
    if step.frame.mark != "(" or step.frame.holds != "patterns" or not ("'" in content or "#" in content):
        return
    after_operand = prior.kind in OPERANDS or prior.text in ("TRUE", "FALSE", ")", "]", "}", "|}", ">")
    scheme = _SCHEME.match(content)
    plain = _ABSOLUTE.match(content) or (scheme and scheme[1] not in prefixes)
    if after_operand and not plain:
        why = "this < can be read in two ways: put a space after it, or write the IRI in full"
        raise wrong(query, step.token.at, why)


def _brace(query: str, step: Step) -> None:
    """Nothing, if no call can be hidden in the one or two names before the brace."""
    term, before = step.prior, step.earlier
    if term.kind not in TERMS or step.frame.head or before.text in ("GRAPH", "FROM", "NAMED"):
        return
    within = term.kind == "name" and "service" in term.text.lower()
    if within or (before.kind == "name" and before.text.lower().endswith(("service", "silent"))):
        raise wrong(query, step.token.at, "put a full stop before {: the name before it may be read as SERVICE")


def _service(step: Step, allowed: Sequence[str]) -> None:
    """Nothing, unless the token is what SERVICE calls, and it is not an IRI in full under an allowed prefix."""
    if step.prior.text not in ("SERVICE", "SILENT") or (step.token.text, step.prior.text) == ("SILENT", "SERVICE"):
        return
    if step.token.kind != "iri" or not any(_under(prefix, step.token.text[1:-1]) for prefix in allowed):
        detail = (
            "SERVICE makes one endpoint call another; this one calls none that is not allowed: ask the other directly."
        )
        raise Problem(403, "SERVICE is refused", detail, type="urn:thidua:problem:service", allowed=list(allowed))


def _under(prefix: str, iri: str) -> bool:
    """Whether an IRI is under a prefix, and not at a host whose name merely begins in the same way.

    >>> _under("https://a.example", "https://a.example/sparql"), _under("https://a.example", "https://a.example.evil/")
    (True, False)
    """
    rest = iri.removeprefix(prefix)
    return iri.startswith(prefix) and (not rest or prefix[-1] in "/?#" or rest[0] in "/?#")
