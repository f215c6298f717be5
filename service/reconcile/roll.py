"""The roll: the book of the release that is served, read through its engine soon after that was opened.

Each property is read from end to end, and joined here; of what has very many things, those alone are read that say
something else as well.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextvars import Context

from service.problems import Problem
from service.reconcile import pairs
from service.reconcile.question import Book
from service.render import LANGUAGES
from service.snapshot import Snapshot

log = logging.getLogger("thidua")

_LABELS = {
    "label": "http://www.w3.org/2000/01/rdf-schema#label",
    "altLabel": "http://www.w3.org/2004/02/skos/core#altLabel",
}
_TERMS = (
    *("code", "codeList", "level", "versionOf", "unitType", "parent", "validFrom", "validTo", "fromUnit", "toUnit"),
    *("clusterKind", "scope", "ofCluster", "year", "inClusterYear", "member", "role", "territory"),
    *("organizationKind", "jurisdiction", "partOf", "postIn", "post", "person", "asOf"),
    *_LABELS,
)
# Properties that other things have too: what is read is of those that have this one.
_BESIDE = {"year": "ofCluster", "inClusterYear": "role", "member": "role"}
# Seconds after a release is where it stays: whoever waited for it to start goes first.
_PAUSE = 3.0
_SCHEMES = ("cluster-kind", "organization-kind")
_PREFERRED = "http://www.w3.org/2004/02/skos/core#prefLabel"


class Roll:
    """The book of one release at a time; another release gets another."""

    def __init__(self) -> None:
        self._hash: str | None = None
        self._work: asyncio.Task[Book] | None = None
        self._later: asyncio.TimerHandle | None = None

    async def book(self, snapshot: Snapshot) -> Book:
        """The book of the release that the request sees; Problem when the engine does not answer, or not in time."""
        work = self.begin(snapshot)
        # Not by `wait_for`, which would end it for all who wait.
        done, _ = await asyncio.wait([work], timeout=snapshot.engine.limit)
        if not done:
            detail = f"The names of {snapshot.release.version} are being read. In a moment they can be asked."
            raise Problem(503, "Not yet", detail, {"Retry-After": "10"}, type="urn:thidua:problem:busy")
        return work.result()

    def soon(self, now: Callable[[], Snapshot]) -> None:
        """The book of what is served in a few seconds will be there, whether anybody asks or not."""
        self.rest()
        self._later = asyncio.get_running_loop().call_later(_PAUSE, lambda: self.begin(now()))

    def rest(self) -> None:
        """No book is begun by itself."""
        if self._later is not None:
            self._later.cancel()

    def close(self) -> None:
        """No book is made any more."""
        self.rest()
        if self._work is not None:
            self._work.cancel()

    def begin(self, snapshot: Snapshot) -> asyncio.Task[Book]:
        """The book is there, or is being made; what failed is begun anew."""
        if self._work is None or self._hash != snapshot.release.hash or _failed(self._work):
            # Not on the account of the request that comes first: it may be over before.
            self._work = asyncio.create_task(read(snapshot), context=Context())
            self._work.add_done_callback(_tell)
            self._hash = snapshot.release.hash
        return self._work


def _failed(work: asyncio.Task[Book]) -> bool:
    return work.done() and (work.cancelled() or work.exception() is not None)


def _tell(work: asyncio.Task[Book]) -> None:
    if not work.cancelled() and (error := work.exception()):
        log.error("nothing can be reconciled: %s", error)


async def read(snapshot: Snapshot) -> Book:
    """The book of a release."""
    began, base = time.monotonic(), snapshot.release.base
    queries = {name: _stated(name, f"{base}def#") for name in _TERMS}
    queries |= {
        f"{scheme}@{lang}": _worded(f"{base}concept/{scheme}/", lang) for scheme in _SCHEMES for lang in LANGUAGES
    }
    found: dict[str, pairs.Pairs] = {}
    with snapshot.engine.lease():
        for name, query in queries.items():
            answer = await snapshot.engine.read(query, "text/csv")
            found[name] = await asyncio.to_thread(pairs.read, answer, base)
    book = await asyncio.to_thread(pairs.book, found)
    known, took = len(book.register.units) + len(book.directory.entries), time.monotonic() - began
    log.info("%d units and other things can be reconciled after %.1f s", known, took)
    return book


def _stated(name: str, space: str) -> str:
    beside = f"?s <{space}{_BESIDE[name]}> ?it ." if name in _BESIDE else ""
    return f"SELECT ?s ?o {{ {beside} ?s <{_LABELS.get(name, space + name)}> ?o }}"


def _worded(scheme: str, lang: str) -> str:
    where = f'FILTER(STRSTARTS(STR(?s), "{scheme}") && LANG(?o) = "{lang}")'
    return f"SELECT ?s ?o {{ ?s <{_PREFERRED}> ?o {where} }}"
