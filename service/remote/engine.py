"""The engine elsewhere that holds the triples of a release, as routes see it.

The directory of the release has all the rest: search index, dumps, description. The engine is asked only while its
marker says that it holds this very release, and is looked at again and again, so that it may come and go.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from loaders.errors import OutsideError
from loaders.release import Release
from loaders.settings import Settings
from service import failures
from service.body import Body, NoRoom, TooLong
from service.catalogue import Catalogue
from service.client import Client
from service.dataset import UNION, Dataset
from service.engine import Engine, LaneName, rooms
from service.failures import Terms
from service.problems import Problem
from service.remote import form, marker
from service.remote.dialect import OTHER, Limits
from service.remote.exchange import Exchange, Failed, Question, Refused, Unreachable
from service.remote.fence import enclosed, fenced
from service.remote.marker import Marker
from service.remote.proof import prove
from service.remote.scope import NOTHING, Scope
from service.reply import bindings
from service.turns import Closed, Full, Place, Turns
from service.visit import here

log = logging.getLogger("thidua")

# Seconds between two looks at the marker: when all is well, when it is not; and that a look may take.
_EVERY, _SOON, _LOOK = 2.0, 0.5, 5.0
# Bytes of a marker, of which a named graph takes some 500 in JSON.
_SHORT = 16 << 20
# JSON of rows is so much longer than the shortest form that a client may have asked for.
_WORDY = 4
# What a query without these words asks of is all of the release.
_NAMING = re.compile(r"\b(?:GRAPH|FROM)\b", re.IGNORECASE)
# Of so many graphs Virtuoso can be told one by one: of thousands it answers nothing at all.
_LISTED = 200


@dataclass(frozen=True)
class State:
    """What the engine was found to hold, and its limits; `fault` says what is wrong, if anything is."""

    marker: Marker = Marker()
    fault: str = "it has not been asked yet"
    limits: Limits = Limits()


class Remote(Engine):
    """What answers queries over a release from an engine elsewhere."""

    functions = ()

    def __init__(self, release: Release, settings: Settings) -> None:
        super().__init__(release, settings)
        assert settings.sparql_endpoint, "who has a remote engine has its address"
        self._release, self._state = release, State()
        self._catalogue = Catalogue.read(release.base)
        # When the look began that found last that the engine holds the release.
        self._seen = -math.inf
        self.turns = {name: Turns(settings.workers, room) for name, room in rooms(settings).items()}
        # Two more: one looks at the marker, one may still be closing.
        self._exchange = Exchange(settings.sparql_endpoint, settings.login, 2 * settings.workers + 2)
        self._watch: asyncio.Task[None] | None = None

    @property
    def held(self) -> str:
        """`remote`."""
        return "remote"

    async def start(self) -> None:
        """It is looked at from now on; OutsideError when it does not hold the release now."""
        self._state = await self._look()
        self._watch = asyncio.create_task(self._follow())
        if self._state.fault:
            raise OutsideError(f"{self._exchange.endpoint}: {self._state.fault}")

    async def close(self) -> None:
        """No connection is left."""
        for turns in self.turns.values():
            turns.close()
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await self._exchange.close()

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(_SOON if self._state.fault else _EVERY)
            before, self._state = self._state.fault, await self._look()
            if before != self._state.fault:
                log.error("the engine at %s: %s", self._exchange.endpoint, self._state.fault or "it answers again")

    async def _look(self) -> State:
        """What the engine holds now."""
        began = time.monotonic()
        asked = Question(marker.brief(self.base), form.ROWS, [NOTHING], [marker.account(self.base).value])
        try:
            async with asyncio.timeout(_LOOK):
                found = marker.read(bindings(await self._whole(asked)))
                limits = await self._limits()
        except TimeoutError:
            return State(fault=f"no answer within {_LOOK:g} s")
        except (Unreachable, Refused, Failed, form.Garbled, TooLong, NoRoom) as error:
            return State(fault=str(error) or type(error).__name__)
        if not found.holds(self._release):
            return State(found, f"it does not hold {self._release.version} → thidua push {self._release.version}")
        self._seen = began
        return State(found, limits.wrong, limits)

    async def _limits(self) -> Limits:
        """How the engine is set. It does not change while it runs, and when it begins to run it was away."""
        question = (self._exchange.dialect or OTHER).limits
        if not question or not self._state.fault:
            return self._state.limits
        return Limits.told(bindings(await self._whole(Question(question, form.ROWS)))[0])

    async def _whole(self, asked: Question) -> bytes:
        """The content of an answer that is short."""
        raw, body = Body(_SHORT, self.cellar), Body(_SHORT, self.cellar)
        await self._exchange.ask(asked, raw)
        await form.write(raw, form.ROWS, body)
        return body.whole or b""

    async def _gather(
        self, body: Body, query: str, media: str, lane: LaneName, dataset: Dataset, client: Client
    ) -> None:
        visit = here()
        place = await self._place(lane, client)
        visit.enter("query", lane)
        began = time.monotonic()
        try:
            await self._ask(body, self._question(query, media, lane, dataset), media, query)
        finally:
            self.turns[lane].give(place)
            client.use(time.monotonic() - began)
            visit.leave()

    async def _place(self, lane: LaneName, client: Client) -> Place:
        """A place, in the client's turn; Problem 429 for the public, 503 for what is ours."""
        if not self.turns[lane].free:
            client.yielding()
        try:
            return await self.turns[lane].take(client.party)
        except Full as full:
            raise (failures.crowded if lane == "user" else failures.overloaded)(full) from None
        except Closed:
            raise failures.busy() from None

    def _question(self, query: str, media: str, lane: LaneName, dataset: Dataset) -> Question:
        """The query as this engine is to hear it; Problem while it does not hold the release."""
        if self._state.fault:
            raise failures.away()
        dialect = self._exchange.dialect or OTHER
        asked = dialect.ours(query) if lane == "curated" or (not dialect.scoped and self._own(query)) else query
        asked = dialect.heard(asked, self.base)
        if dataset == UNION and not _NAMING.search(query):
            merged = marker.merged(self.base, self._release.hash)
            return Question(self._said(asked), form.wanted(media), [merged.value])
        return self._scoped(asked, form.wanted(media), dataset)

    def _own(self, query: str) -> bool:
        """Whether somebody asks one of our questions as its file has it, with whatever values."""
        return any(each.template.fits(query) for each in self._catalogue)

    def _scoped(self, query: str, wanted: str, dataset: Dataset) -> Question:
        """The query about graphs of the release, and no others; those that it names, if it names any."""
        dialect, graphs = self._exchange.dialect or OTHER, self._release.manifest.graphs
        merged, start = marker.merged(self.base, self._release.hash), f"{self.base}graph/"
        scope = Scope.of(query, self.base)
        # What a request names counts, and not what the query names (SPARQL 1.1 Protocol, 2.1.4).
        chosen = scope.chosen if dataset == UNION else dataset
        if chosen == UNION and not scope.variables and not scope.names:
            return Question(self._said(query), wanted, [merged.value])
        self._settled()
        default: tuple[str, ...] = (merged.value,)
        named = tuple(graphs)
        if chosen != UNION:
            default, named = (tuple(iri for iri in some if iri in graphs) for some in (chosen.default, chosen.named))
        asked = scope.within(named)
        if not scope.variables:
            named = tuple(iri for iri in named if iri in scope.names.values())
        elif chosen == UNION:
            if dialect.enclosed and (inside := enclosed(asked, start, merged)):
                return Question(self._said(inside), wanted, settled=True)
            if dialect.fenced and not scope.names:
                return Question(self._said(fenced(asked, start)), wanted, default, settled=True)
            if dialect.fenced and len(named) > _LISTED:
                raise failures.both_ways()
        if not named or not set(scope.names.values()) <= set(named):
            named = (*named, NOTHING)
        return Question(self._said(asked), wanted, default or (NOTHING,), named, settled=True)

    def _said(self, query: str) -> str:
        """The query, whose relative names are those of the release, as in its own store."""
        return f"{(self._exchange.dialect or OTHER).preface}BASE <{self.base}> {query}"

    def _settled(self) -> None:
        """Nothing; Problem while the named graphs are those of another release, or of none."""
        if not self._state.marker.names(self._release):
            raise failures.between()

    async def _ask(self, body: Body, question: Question, media: str, query: str) -> None:
        """The body has the answer; Problem instead."""
        terms = Terms(query, self.limit, self.memory)
        # As the engine is set that was asked: by the end of the answer it may be away.
        most = self._state.limits.most
        raw = Body(_WORDY * self.cap, self.cellar)
        try:
            self._complete(await self._exchange.ask(question, raw))
            await self._unmoved(question)
            await form.write(raw, media, body, most)
        except Refused as refused:
            raise await self._wrong(terms, str(refused)) from None
        except Unreachable as error:
            log.error("the engine at %s: %s", self._exchange.endpoint, error)
            raise failures.away() from None
        except Failed as failed:
            if failed.late:
                raise failures.late(terms, round(here().used, 2)) from None
            raise self._garbled(failed) from None
        except form.Garbled as error:
            raise self._garbled(error) from None
        except form.Full as full:
            raise failures.curtailed(full.most) from None
        except TooLong:
            raise failures.too_long(body.limit) from None
        except NoRoom:
            raise failures.no_room() from None
        finally:
            raw.close()

    def _complete(self, headers: Mapping[str, str]) -> None:
        """Nothing; Problem when the engine stopped at its own ceiling, of which only the head of the answer tells."""
        if (most := (self._exchange.dialect or OTHER).most(headers)) is not None:
            raise failures.curtailed(most)

    async def _unmoved(self, question: Question) -> None:
        """Nothing; Problem when some of what was asked may have been exchanged or removed in the meantime."""
        # Named graphs may be exchanged at once; a merge is there for a while after it was last seen.
        if question.settled or time.monotonic() - self._seen > marker.GRACE:
            self._state = await self._look()
            if not self._state.marker.holds(self._release):
                raise failures.away()
        if question.settled:
            self._settled()

    def _garbled(self, error: Exception) -> Problem:
        log.error("the engine at %s answered what is no answer: %s", self._exchange.endpoint, error)
        return failures.garbled()

    async def _wrong(self, terms: Terms, words: str) -> Problem:
        """The problem of a query that the engine refused: with its place, if it is no SPARQL for us either."""
        found = await prove(terms.query, self.base)
        if found is None:
            return failures.refused(terms, "Refused", words, None)
        return failures.refused(terms, "SyntaxError", *found)
