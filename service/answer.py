"""One question to a worker: within its time, and whatever becomes of the worker, the client is told."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict

from service import failures
from service.body import Body, NoRoom, TooLong
from service.crew import Crew, Worker
from service.dataset import Dataset
from service.failures import End, Terms
from service.problems import Problem
from service.visit import here
from service.wire import FAILED, PART, QUESTION, message


class Answer:
    """What a worker answers to one question, gathered in a body."""

    def __init__(self, crew: Crew, worker: Worker, terms: Terms) -> None:
        self._crew, self._worker, self._terms = crew, worker, terms
        self._began, self._given = asyncio.get_running_loop().time(), False

    @property
    def used(self) -> float:
        """Seconds since the worker was asked."""
        return asyncio.get_running_loop().time() - self._began

    async def gather(self, body: Body, media: str, base: str, dataset: Dataset) -> None:
        """The body has the whole answer; Problem when there is none."""
        asked = {"query": self._terms.query, "media": media, "base": base}
        question = message(QUESTION, **asked, **asdict(dataset))
        try:
            await self._worker.send(question)
            while (part := await self._next()) is not None:
                await body.add(part)
        except (OSError, EOFError):
            raise await self._lost() from None
        except TooLong:
            raise failures.too_long(body.limit) from None
        except NoRoom:
            raise failures.no_room() from None

    def end(self) -> None:
        """The worker is at work on this no more: it has answered, or is being killed."""
        if not self._given:
            self._given = True
            self._crew.kill(self._worker)

    async def _next(self) -> bytes | None:
        """The next part, None behind the last; EOFError when the worker is gone."""
        if (found := await self._worker.receive()) is None:
            raise EOFError
        kind, content = found
        if kind == PART:
            return content
        end = json.loads(content)
        # Either way the worker is done with the question and can be asked the next.
        self._given = True
        self._crew.give(self._worker, leaving=end.get("leaving", False))
        if kind == FAILED:
            raise failures.refused(self._terms, end["error"], end["complaint"], end["at"])
        return None

    async def _lost(self) -> Problem:
        """What to tell of a worker that ended by itself: by how it did, which the holder knows soon."""
        ended = self._worker.ended
        await asyncio.wait([ended], timeout=0.25)
        end = ended.result() if ended.done() else End()
        visit = here()
        visit.cause = failures.cause(end.words)
        return failures.lost(self._terms, end, round(visit.used, 2))
