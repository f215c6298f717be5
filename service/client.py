"""Who asks, as the limits see him."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from starlette.types import Scope

from service import failures
from service.problems import Problem
from service.standing import Standing, party

# What is no error: others may hold the answer, or have taken the room for it.
_INNOCENT = {404, 406, 429}
_EARNED = {failures.DEADLINE, failures.MEMORY, failures.STACK, failures.PANIC}


@dataclass(frozen=True)
class Client:
    """A client by its address; without a `standing` it may spend what it likes."""

    address: str = ""
    standing: Standing | None = None

    @classmethod
    def of(cls, scope: Scope, standing: Standing | None) -> Client:
        """The client of a request."""
        return cls((scope.get("client") or ("",))[0], standing)

    @property
    def party(self) -> str:
        """Those who count as this client."""
        return party(self.address)

    def admit(self) -> None:
        """Nothing; Problem 429 for one who made too many errors."""
        if self.standing and (wait := self.standing.wait(self.address, monotonic()).errors):
            raise failures.wrong_too_often(self.standing.limits.errors, wait)

    def yielding(self) -> None:
        """Nothing; Problem 429 for one who used up his time, now that others need the processes."""
        if self.standing and (wait := self.standing.wait(self.address, monotonic()).time):
            raise failures.time_is_used(self.standing.limits.seconds, wait)

    def use(self, seconds: float) -> None:
        """A process worked so many seconds for the client."""
        if self.standing:
            self.standing.used(self.address, seconds, monotonic())

    def err(self, problem: Problem) -> None:
        """The problem counts as an error, if the client caused it."""
        wrong = 400 <= problem.status < 500 and problem.status not in _INNOCENT
        if self.standing and (wrong or problem.more.get("type") in _EARNED):
            self.standing.erred(self.address, monotonic())


NOBODY = Client()
