"""What a client is told when a query comes to nothing: which limit it met and what it used, or where it is wrong."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import NamedTuple

from service.blame import reason
from service.markup import Unsayable
from service.problems import Problem
from service.tokens import wrong
from service.turns import Full

_KIND = "urn:thidua:problem:"
DEADLINE, MEMORY, STACK, PANIC = (_KIND + name for name in ("deadline", "memory", "stack", "panic"))
CROWD = _KIND + "connections"
# What an engine says that gets no more memory: Rust's library, that of C++, the system, a function of ours in Python.
_NO_MEMORY = re.compile("memory allocation of|bad_alloc|Cannot allocate memory|MemoryError")
# It puts numbers, text and times in an order in which A may come before B, B before C, and C before A; its sort finds
# that out and ends the process. What is sorted kind by kind (`service.kinds`) may still be terms made of others,
# or numbers: an integer of 17 digits equals the same double as the next one.
_NO_ORDER = "total order"
_LONGEST_CAUSE = 500


@dataclass(frozen=True)
class Terms:
    """A query and what it may take: seconds, and MiB of memory."""

    query: str
    seconds: float
    memory: int


class End(NamedTuple):
    """How a query process ended: its exit code, if that is known, and its last words."""

    code: int | None = None
    words: str = ""


def cause(words: str) -> str:
    """The last words of a process in one line, without advice to those who build the engine.

    >>> cause("\\nthread 'x' panicked at a.rs:1:2:\\nno order\\nnote: run with `RUST_BACKTRACE=1` …\\n")
    "thread 'x' panicked at a.rs:1:2: no order"
    """
    lines = [line for line in words.splitlines() if not line.startswith("note: ")]
    return " ".join(" ".join(lines).split())[:_LONGEST_CAUSE]


def late(terms: Terms, used: float) -> Problem:
    """The problem of a query that was stopped at its deadline."""
    limit = terms.seconds
    detail = f"The query was stopped after {used} seconds; the limit is {limit:g}."
    return Problem(504, "The query took too long", detail, type=DEADLINE, limit=limit, used=used)


def overdue(limit: float, used: float) -> Problem:
    """The problem of a batch that was stopped at its deadline."""
    detail = f"The batch was stopped after {used} seconds; the limit is {limit:g}. Send fewer questions at a time."
    return Problem(504, "The batch took too long", detail, type=DEADLINE, limit=limit, used=used)


def lost(terms: Terms, end: End, used: float) -> Problem:
    """The problem of a query that took its process along, by how that ended."""
    if end.code == -6 and not _NO_MEMORY.search(end.words):
        return _gave_up(end.words, used)
    if end.code == -6:
        detail = f"The query needed more memory than it may have: {terms.memory} MiB."
        limit = f"{terms.memory} MiB"
        return Problem(503, "The query took too much memory", detail, type=MEMORY, limit=limit, used=used)
    if end.code == -11:
        detail = "The query nests deeper than the engine can follow."
        return Problem(503, "The query was too deep", detail, type=STACK, used=used)
    detail = "The process that worked on the query ended before it had answered; another is there already."
    return Problem(503, "The query lost its process", detail, {"Retry-After": "1"}, type=_KIND + "lost", used=used)


class Unordered(Problem):
    """The problem of a query that sorts by values of which the engine finds no one order."""


def _gave_up(words: str, used: float) -> Problem:
    """The problem of a query at which the engine found a fault of its own and ended the process.

    500, which is what the protocol has for a query that is right and that the service fails to execute (SPARQL 1.1
    Protocol, 2.1.7). Not 503: it fails in the same way the next time, and in every copy to which nginx would pass it.
    """
    title, detail = "The engine gave up on this query", "It met a fault of its own; the same query meets it again."
    if _NO_ORDER in words:
        detail = (
            "It has no one order of what is sorted by, such as triple terms that end in numbers, text and dates, or "
            "numbers of more digits than a double has beside doubles. "
            "Sort by what they look like, ORDER BY STR(OBJECT(?v)), or by fewer digits, ORDER BY xsd:double(?v)."
        )
        return Unordered(500, title, detail, type=PANIC, used=used)
    return Problem(500, title, detail, type=PANIC, used=used)


def refused(terms: Terms, error: str, complaint: str, at: int | None) -> Problem:
    """The problem of a query that the engine refused; `at` is where it is wrong, if it cannot be read."""
    if error == Unsayable.__name__:
        return unsayable(complaint)
    if error != "SyntaxError":
        return Problem(400, "The query cannot be answered", complaint, type=_KIND + "evaluation")
    at = len(terms.query) if at is None else at
    rest = terms.query[at:].split("\n")[0].strip()[:40]
    # The engine lists the dozens of characters that it would have taken; what it did not take says more.
    why = reason(complaint) or (f"{rest!r} cannot stand here" if rest else "the query cannot end like this")
    return wrong(terms.query, at, why)


def unsayable(iri: str) -> Problem:
    """The problem of a graph that cannot be written as RDF/XML, because of this predicate or type."""
    detail = (
        f"RDF/XML makes an element of <{iri[:500]}>, and no name of an element is at its end. "
        "Ask for another format: Turtle (format=turtle), N-Triples, JSON-LD."
    )
    return Problem(406, "RDF/XML cannot say this", detail, type=_KIND + "rdf-xml", iri=iri[:500])


def too_long(limit: int) -> Problem:
    """The problem of an answer that has more bytes than it may; `limit` is how many."""
    detail = (
        f"The answer has more than {limit >> 20} MiB. Ask for less (LIMIT, fewer columns), or take the dumps: /dumps/."
    )
    return Problem(400, "The answer is too long", detail, type=_KIND + "answer-size", limit=limit, dumps="/dumps/")


def no_room() -> Problem:
    """The problem of a long answer for which the disk has no room, since others are still being read."""
    detail = "Too many long answers are on their way at the moment. Shorter ones are answered as ever."
    return Problem(503, "No room for a long answer", detail, {"Retry-After": "30"}, type=_KIND + "storage")


def away() -> Problem:
    """The problem of a query while the engine elsewhere is not there, or does not hold the release."""
    detail = "The engine that holds the statements does not answer at the moment; pages that need none are served."
    return Problem(503, "The engine is away", detail, {"Retry-After": "5"}, type=_KIND + "engine")


def between() -> Problem:
    """The problem of a query about named graphs while those in the engine belong to another release."""
    detail = "Another release is being published; questions about named graphs are answered again when it is."
    return Problem(503, "Between two releases", detail, {"Retry-After": "5"}, type=_KIND + "engine")


def both_ways() -> Problem:
    """The problem of a query that the engine elsewhere cannot be told: of graphs by name, and of any graph besides."""
    detail = "The engine cannot be asked with a name after one GRAPH and a variable after another; ask in two queries."
    return Problem(400, "The query cannot be answered", detail, type=_KIND + "evaluation")


def curtailed(most: int) -> Problem:
    """The problem of an answer that the engine elsewhere may have cut off at its ceiling, without saying so."""
    detail = (
        f"The engine gives {most} rows or statements at most, and would not say that there are more. "
        "Ask for fewer (LIMIT)."
    )
    return Problem(400, "The answer is too long", detail, type=_KIND + "answer-size", limit=most, dumps="/dumps/")


def garbled() -> Problem:
    """The problem of an answer of the engine elsewhere that is none, or ends too early."""
    detail = "The engine that holds the statements failed at this query, or answered what is no answer."
    return Problem(502, "The engine failed", detail, {"Retry-After": "5"}, type=_KIND + "engine")


def leaving() -> Problem:
    """The problem of a request that the service cannot answer any more, because it was told to stop."""
    detail = "The service is being stopped; it, or another in its place, is there again in a moment."
    headers = {"Retry-After": "2", "Connection": "close"}
    return Problem(503, "The service is stopping", detail, headers, type=_KIND + "shutdown")


def crowd() -> Problem:
    """The problem of a connection for which there is no room."""
    return Problem(503, "Too many connections", "Come back in a moment.", {"Retry-After": "1"}, type=CROWD)


def busy() -> Problem:
    """The problem of a query for which there is no process, though nobody was before it."""
    detail = "There is no query process at the moment; the same question in a moment has its turn."
    return Problem(503, "Busy", detail, {"Retry-After": "1"}, type=_KIND + "busy")


def overloaded(full: Full) -> Problem:
    """The problem of a query of our own that found no turn: the whole service has too much to do."""
    detail = "Everything that answers is at work, and has been for too long."
    return Problem(503, "Overloaded", detail, {"Retry-After": str(full.after)}, type=_KIND + "busy")


_FULL = {
    "client": "{limit} queries of this client wait already.",
    "all": "{limit} queries wait already.",
    "seconds": "Others were before this query, and a query waits no longer than {limit:g} seconds.",
}


def crowded(full: Full) -> Problem:
    """The problem of a query that found no turn: which bound it met, and when it may find one."""
    detail = f"{_FULL[full.bound].format(limit=full.limit)} Ask again in {full.after} s."
    more = {"type": _KIND + "busy", "bound": full.bound, "limit": full.limit}
    return Problem(429, "Too many queries at once", detail, {"Retry-After": str(full.after)}, **more)


def wrong_too_often(limit: float, wait: float) -> Problem:
    """The problem of a client that made more errors than it may."""
    return _rate("errors", f"More than {limit:g} errors in a minute: look at what you send.", limit, wait)


def time_is_used(limit: float, wait: float) -> Problem:
    """The problem of a client that used more time than it may, while all processes are at work."""
    return _rate("seconds", f"Your queries used more than {limit:g} seconds in a minute.", limit, wait)


def _rate(bound: str, why: str, limit: float, wait: float) -> Problem:
    after = math.ceil(wait)
    more = {"type": _KIND + "rate", "bound": bound, "limit": limit}
    return Problem(429, "Too much in a minute", f"{why} Ask again in {after} s.", {"Retry-After": str(after)}, **more)
