"""What a client is told when a query comes to nothing: which limit it met and what it used, or where it is wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass

from service.blame import reason
from service.problems import Problem
from service.tokens import wrong
from service.turns import Full

_KIND = "urn:thidua:problem:"
DEADLINE, MEMORY, STACK = (_KIND + name for name in ("deadline", "memory", "stack"))
CROWD = _KIND + "connections"


@dataclass(frozen=True)
class Terms:
    """A query and what it may take: seconds, and MiB of memory."""

    query: str
    seconds: float
    memory: int


def late(terms: Terms, used: float) -> Problem:
    """The problem of a query that was stopped at its deadline."""
    limit = terms.seconds
    detail = f"The query was stopped after {used} seconds; the limit is {limit:g}."
    return Problem(504, "The query took too long", detail, type=DEADLINE, limit=limit, used=used)


def lost(terms: Terms, code: int | None, used: float) -> Problem:
    """The problem of a query that took its process along, by the exit code of that process."""
    if code == -6:  # the engine aborts when it gets no more memory
        detail = f"The query needed more memory than it may have: {terms.memory} MiB."
        limit = f"{terms.memory} MiB"
        return Problem(503, "The query took too much memory", detail, type=MEMORY, limit=limit, used=used)
    if code == -11:
        detail = "The query nests deeper than the engine can follow."
        return Problem(503, "The query was too deep", detail, type=STACK, used=used)
    detail = "The process that worked on the query ended before it had answered; another is there already."
    return Problem(503, "The query lost its process", detail, {"Retry-After": "1"}, type=_KIND + "lost", used=used)


def refused(terms: Terms, error: str, complaint: str, at: int | None) -> Problem:
    """The problem of a query that the engine refused; `at` is where it is wrong, if it cannot be read."""
    if error != "SyntaxError":
        return Problem(400, "The query cannot be answered", complaint, type=_KIND + "evaluation")
    at = len(terms.query) if at is None else at
    rest = terms.query[at:].split("\n")[0].strip()[:40]
    # The engine lists the dozens of characters that it would have taken; what it did not take says more.
    why = reason(complaint) or (f"{rest!r} cannot stand here" if rest else "the query cannot end like this")
    return wrong(terms.query, at, why)


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


def curtailed(most: int) -> Problem:
    """The problem of an answer that the engine elsewhere may have cut off at its ceiling, without saying so."""
    detail = f"The engine gives {most} rows at most, and would not say that there are more. Ask for fewer (LIMIT)."
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
