"""One request on its way: its name, what became of it, and where its time went.

Code that is deep inside, such as the engine, finds the request that it works for by `here`, so that nothing in
between needs to pass it on.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter
from typing import Literal

from service.problems import Problem

# What a client may call its request: nothing that could do harm in a header, a log or a page.
_NAME = re.compile(rb"[A-Za-z0-9._-]{1,64}")
# Ends of a query that cost its process, as the types of their problems have them, and one that no problem tells.
_TOLD = ("deadline", "memory", "stack", "panic", "lost", "answer-size", "storage")
_GONE = "client gone"
KILLS = (*_TOLD, _GONE)

# The status, in log and metrics, of a request whose client left before there was an answer.
LEFT = 499

Stage = Literal["queue", "query"]


def name(given: bytes | None = None) -> str:
    """What a request is called: as its client wishes, if that is a plain word, else at random.

    >>> name(b"order-17"), len(name(b"a b")), len(name())
    ('order-17', 16, 16)
    """
    return given.decode() if given and _NAME.fullmatch(given) else os.urandom(8).hex()


@dataclass(eq=False, slots=True)
class Visit:
    """One request and what is known of it so far; `status` 0 while nothing was answered."""

    id: str
    method: str = ""
    path: str = ""
    client: str = ""
    began: float = field(default_factory=perf_counter)
    route: str = ""
    status: int = 0
    size: int = 0
    seconds: float = 0.0
    lane: str = ""
    query: str | None = None
    spent: dict[str, float] = field(default_factory=dict)
    stage: Stage | None = None
    problem: Problem | None = None
    killed: str | None = None
    cause: str = ""
    cut: bool = False
    cached: bool = False
    _since: float = 0.0
    _asked: float = 0.0

    @property
    def urn(self) -> str:
        """The request as `instance` of a problem."""
        return f"urn:thidua:request:{self.id}"

    @property
    def used(self) -> float:
        """Seconds since it first waited for a worker: of these it may have so many as a query may take."""
        return perf_counter() - self._asked if self._asked else 0.0

    @property
    def fault(self) -> bool:
        """Whether it met what nobody foresaw. What the engine makes of a query is nothing to be mended here."""
        return self.status == 500 and not self.killed

    def enter(self, stage: Stage, lane: str) -> None:
        """From now on it waits for a worker of this lane (`queue`) or a worker is at it (`query`)."""
        self.leave()
        self.stage, self.lane, self._since = stage, lane, perf_counter()
        self._asked = self._asked or self._since

    def leave(self) -> None:
        """It neither waits nor is worked on."""
        if self.stage is not None:
            self.spent[self.stage] = self.spent.get(self.stage, 0.0) + perf_counter() - self._since
            self.stage = None

    def fail(self, problem: Problem) -> None:
        """It came to this problem."""
        self.leave()
        self.problem = problem
        kind = str(problem.more.get("type", "")).rpartition(":")[2]
        self.killed = kind if kind in _TOLD else self.killed

    def abandon(self) -> None:
        """Its client left; if a worker was at it, that costs the process."""
        self.status = self.status or LEFT
        self.killed = _GONE if self.stage == "query" else self.killed

    def timing(self) -> str:
        """Where its time went until now, as the header Server-Timing has it, in milliseconds."""
        now, spent = perf_counter(), self.spent
        if self.cached:
            return f"cache, total;dur={(now - self.began) * 1000:.2f}"
        if self.stage is not None:
            spent = {**spent, self.stage: spent.get(self.stage, 0.0) + now - self._since}
        parts = [f"{name};dur={seconds * 1000:.2f}" for name, seconds in spent.items()]
        return ", ".join([*parts, f"total;dur={(now - self.began) * 1000:.2f}"])


class Visits:
    """The requests under way, and who is told of each that has ended."""

    def __init__(self, *told: Callable[[Visit], None]) -> None:
        self.under_way: set[Visit] = set()
        self.told = list(told)

    def begin(self, visit: Visit) -> None:
        """The request is under way, and `here` finds it."""
        self.under_way.add(visit)
        _HERE.set(visit)

    def drop(self, visit: Visit) -> None:
        """The request is under way no more, and is told of by somebody else."""
        self.under_way.discard(visit)

    def end(self, visit: Visit) -> None:
        """The request has ended, and whoever is told of that knows."""
        visit.leave()
        visit.seconds = perf_counter() - visit.began
        self.under_way.discard(visit)
        for tell in self.told:
            tell(visit)


_HERE: ContextVar[Visit | None] = ContextVar("visit", default=None)


def here() -> Visit:
    """The request that this code works for; one that nobody made when it works for none."""
    return _HERE.get() or Visit("none")


def current() -> Visit | None:
    """The request that this code works for, if it works for one."""
    return _HERE.get()
