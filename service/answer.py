"""One answer of a worker, as it arrives: within its time, and never taken for whole when it is not."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

from service import failures
from service.crew import Crew, Worker
from service.failures import Terms
from service.problems import Problem
from service.wire import DONE, FAILED, PART, QUESTION, message


@dataclass(frozen=True)
class Dataset:
    """The graphs that a request names; when neither it nor the query names any, the merge of all is asked."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


UNION = Dataset()


class Answer:
    """What a worker answers: the `first` bytes, and the rest as it comes. `complete` when the worker is done."""

    def __init__(self, crew: Crew, worker: Worker, terms: Terms, began: float) -> None:
        self._crew, self._worker, self._terms, self._began = crew, worker, terms, began
        self.first, self.complete, self._ended = b"", False, False

    async def ask(self, media: str, base: str, dataset: Dataset) -> None:
        """The worker has the question."""
        question = message(
            QUESTION,
            query=self._terms.query,
            media=media,
            base=base,
            default=dataset.default,
            named=dataset.named,
        )
        async with self._deadline():
            await self._worker.send(question)

    async def gather(self, size: int) -> None:
        """The first bytes are there: all of them, or so many."""
        parts: list[bytes] = []
        while sum(map(len, parts)) < size and (part := await self._next()) is not None:
            parts.append(part)
        self.first = b"".join(parts)

    async def rest(self) -> AsyncIterator[bytes]:
        """The parts after the first; Problem when the worker fails, which no reader may take for an end."""
        while not self.complete and (part := await self._next()) is not None:
            yield part

    def end(self) -> None:
        """The worker is at work on this no more: it has answered, or is being killed."""
        if not self.complete and not self._ended:
            self._ended = True
            self._crew.kill(self._worker)

    async def _next(self) -> bytes | None:
        if self._ended:
            raise failures.late(self._terms, self._used())
        async with self._deadline():
            found = await self._worker.receive()
        if found is None:
            raise await self._lost()
        kind, content = found
        if kind == PART:
            return content
        end = json.loads(content)
        # Either way the worker is done with the question and can be asked the next.
        self.complete = True
        self._crew.give(self._worker, leaving=end.get("leaving", False))
        if kind == FAILED:
            raise failures.refused(self._terms, end["error"], end["complaint"], end["at"])
        assert kind == DONE
        return None

    @contextlib.asynccontextmanager
    async def _deadline(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout_at(self._began + self._terms.seconds):
                yield
        except TimeoutError:
            raise failures.late(self._terms, self._used()) from None
        except OSError:
            raise await self._lost() from None

    async def _lost(self) -> Problem:
        """What to tell of a worker that ended by itself: by its exit code, which the holder knows soon."""
        ended = self._worker.ended
        await asyncio.wait([ended], timeout=0.25)
        return failures.lost(self._terms, ended.result() if ended.done() else None, self._used())

    def _used(self) -> float:
        return round(asyncio.get_running_loop().time() - self._began, 2)
