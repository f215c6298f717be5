"""The doors of `/reconcile`: what its manifest names, each a route, answered in turns."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from loaders.identity import fold
from service import failures, render
from service.client import Client
from service.problems import Problem
from service.query import Words
from service.reconcile import batch
from service.reconcile.candidates import Candidate, Question, candidates, key_of
from service.reconcile.facts import ASKED, LEVELS, SAID, UNIT, Teller, identifier
from service.reconcile.register import Unit
from service.reconcile.roll import Roll
from service.snapshot import Now, Snapshot
from service.turns import Full, Room, Turns
from service.visit import here

Read = TypeVar("Read")

# What is told at once, and at most, by suggestions.
_PAGE, _WIDTH, _HEIGHT = 20, 400, 200
# Batches are answered one at a time, whoever floods waits for himself.
_ROOM = Room(client=64, all=256, seconds=30.0)
# Seconds of work at once, and rounds of the event loop after that: a light request needs some dozens to its answer.
_SLICE, _ROUNDS = 0.002, 24
# Bytes of a form that are taken apart at once; a longer one is read by a thread.
_SHORT = 16_384
_FRAMED = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors *"
TYPES = {"unit": UNIT, **LEVELS}


def routes() -> APIRouter:
    """`/reconcile` and what its manifest names."""
    desk = Reconciliation()
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/reconcile", desk.answer, methods=["GET", "POST"], response_class=Response)
    for name, known in (("type", TYPES), ("property", SAID)):
        router.add_api_route(f"/reconcile/suggest/{name}", _suggester(known), response_class=Response)
    router.add_api_route("/reconcile/suggest/entity", desk.suggest, response_class=Response)
    router.add_api_route("/reconcile/extend/propose", propose, response_class=Response)
    router.add_api_route("/reconcile/preview", desk.preview, response_class=Response)
    return router


class Reconciliation:
    """The service: the roll of the release, and the turns of those who ask."""

    def __init__(self) -> None:
        self._roll, self._turns = Roll(), Turns(1, _ROOM)

    async def answer(self, request: Request, snapshot: Now) -> Response:
        """The manifest; with `queries`, candidates for each; with `extend`, properties of units."""
        body, kind = await request.body(), request.headers.get("content-type", "")
        given = await _read(len(body), batch.fields, request.scope["query_string"], body, kind)
        if "queries" in given:
            return _told(request, await self._candidates(given["queries"], request, snapshot))
        if "extend" in given:
            return _told(request, await self._extension(given["extend"], request, snapshot))
        if request.method == "POST":
            raise Problem(400, "No question", "The form has neither queries nor extend.")
        # Whoever reads the manifest asks next.
        self._roll.begin(snapshot)
        return _told(request, manifest(snapshot, str(request.base_url).rstrip("/"), render.language(request)))

    async def _candidates(self, text: str, request: Request, snapshot: Snapshot) -> dict[str, Any]:
        asked = await _read(len(text), batch.questions, text)
        register, base = await self._roll.register(snapshot), snapshot.release.base
        teller = Teller(register, render.language(request))
        return await self._each(asked, lambda question: _result(question, teller, base), request)

    async def _extension(self, text: str, request: Request, snapshot: Snapshot) -> dict[str, Any]:
        ids, names = await _read(len(text), batch.extension, text)
        if unknown := [name for name in names if name not in ASKED]:
            raise Problem(400, "No such property", f"there is no property {unknown[0][:60]!r}", available=list(ASKED))
        teller = Teller(await self._roll.register(snapshot), render.language(request))
        units = {id: teller.register.units.get(key_of(id, snapshot.release.base)) for id in ids}

        def row(unit: Unit | None) -> dict[str, Any]:
            return {name: teller.cells(unit, name) if unit else [] for name in names}

        meta = [_thing(name, ASKED[name], teller.lang) for name in dict.fromkeys(names)]
        return {"meta": meta, "rows": await self._each(units, row, request)}

    async def _each(self, things: Mapping[str, Any], work: Callable[[Any], Any], request: Request) -> dict[str, Any]:
        """What is made of each thing, in this client's turn, one by one, so that no other request waits for it."""
        visit = here()
        visit.enter("queue", "curated")
        try:
            place = await self._turns.take(Client.of(request.scope, None).party)
        except Full as full:
            raise failures.crowded(full) from None
        finally:
            visit.leave()
        try:
            made, began = {}, time.monotonic()
            for name, thing in things.items():
                made[name] = work(thing)
                if time.monotonic() - began > _SLICE:
                    for _ in range(_ROUNDS):
                        await asyncio.sleep(0)
                    began = time.monotonic()
            return made
        finally:
            self._turns.give(place)

    async def suggest(self, request: Request, snapshot: Now) -> Response:
        """Units whose name begins with the prefix, or that it names."""
        prefix, cursor = _prefix(request), _cursor(request)
        teller = Teller(await self._roll.register(snapshot), render.language(request))
        key = key_of(prefix, snapshot.release.base)
        found = teller.register.coded(key) or teller.register.starting(prefix)
        shown = [
            {
                "id": identifier(unit),
                "name": unit.label,
                "description": teller.line(unit),
                "notable": [_thing(unit.level, LEVELS[unit.level], teller.lang)],
            }
            for unit in found[cursor : cursor + _PAGE]
        ]
        return _told(request, {"result": shown})

    async def preview(self, request: Request, snapshot: Now) -> Response:
        """A small page about a unit, for a frame."""
        teller = Teller(await self._roll.register(snapshot), render.language(request))
        id = request.query_params.get("id", "")
        unit = teller.register.units.get(key_of(id, snapshot.release.base))
        if unit is None:
            raise Problem(404, "Not found", f"this release has no unit {id[:100]!r}")
        facts: dict[str, Any] = {
            "unit": unit,
            "type": teller.type(unit.last),
            "above": teller.register.chain(unit.last),
            "period": teller.period(unit),
            "today": [] if unit.end is None else teller.register.today(unit),
            "line": teller.today(unit),
        }
        page = render.page(request, "preview.html", unit.label, **facts)
        page.headers["Content-Security-Policy"] = _FRAMED
        return page


async def _read(length: int, read: Callable[..., Read], *given: Any) -> Read:
    """What was sent, read: at once, or by a thread when it is long."""
    return await asyncio.to_thread(read, *given) if length > _SHORT else read(*given)


def _result(question: Question, teller: Teller, base: str) -> dict[str, Any]:
    found, sure = candidates(question, teller.register, base)
    return {"result": [_shown(each, sure and not at, teller) for at, each in enumerate(found)]}


def _shown(candidate: Candidate, match: bool, teller: Teller) -> dict[str, Any]:
    unit = candidate.unit
    return {
        "id": identifier(unit),
        "name": candidate.version.label,
        "description": teller.line(unit, candidate.version),
        "type": [_thing(unit.level, LEVELS[unit.level], teller.lang)],
        "score": candidate.score,
        "features": [{"id": name, "value": value} for name, value in candidate.features.items()],
        "match": match,
    }


def manifest(snapshot: Snapshot, here: str, lang: str) -> dict[str, Any]:
    """What the service at this address can do."""
    base = snapshot.release.base
    service = {"service_url": here}
    return {
        "versions": ["0.2"],
        "name": Words("thidua: đơn vị hành chính Việt Nam", "thidua: administrative units of Viet Nam").get(lang),
        "identifierSpace": f"{base}id/",
        "schemaSpace": f"{base}def#",
        "view": {"url": f"{here}/id/{{{{id}}}}"},
        "defaultTypes": [_thing(name, words, lang) for name, words in TYPES.items()],
        "suggest": {
            name: {**service, "service_path": f"/reconcile/suggest/{name}"} for name in ("entity", "type", "property")
        },
        "preview": {"url": f"{here}/reconcile/preview?id={{{{id}}}}", "width": _WIDTH, "height": _HEIGHT},
        "extend": {
            "propose_properties": {**service, "service_path": "/reconcile/extend/propose"},
            "property_settings": [],
        },
        "batchSize": 100,
        "serviceVersion": snapshot.release.version,
    }


async def propose(request: Request) -> Response:
    """The properties that may be asked of units of a type."""
    lang, type = render.language(request), request.query_params.get("type", "unit")
    shown = [_thing(name, words, lang) for name, words in ASKED.items()] if type in TYPES else []
    limit = request.query_params.get("limit", "")
    if limit.isdecimal():
        shown = shown[: int(limit[:4])]
    return _told(request, {"type": type, "properties": shown})


def _suggester(known: Mapping[str, Words]) -> Callable[[Request], Any]:
    async def suggest(request: Request) -> Response:
        """Those whose identifier or name has the prefix."""
        prefix, lang = fold(_prefix(request)[:100]), render.language(request)
        found = [
            _thing(name, words, lang)
            for name, words in known.items()
            if any(f" {prefix}" in f" {fold(text)}" for text in (name, words.vi, words.en))
        ]
        return _told(request, {"result": found[_cursor(request) :]})

    return suggest


def _thing(name: str, words: Words, lang: str) -> dict[str, str]:
    return {"id": name, "name": words.get(lang)}


def _prefix(request: Request) -> str:
    if (prefix := request.query_params.get("prefix")) is None:
        raise Problem(400, "A parameter is missing", "prefix: what was typed so far")
    return prefix[:300]


def _cursor(request: Request) -> int:
    cursor = request.query_params.get("cursor", "0")
    if not (cursor.isascii() and cursor.isdecimal()) or len(cursor) > 6:
        raise Problem(400, "Not a cursor", "cursor: how many were shown before", parameter="cursor")
    return int(cursor)


def _told(request: Request, answer: Mapping[str, Any]) -> Response:
    headers = {"Vary": "Accept-Language", "Cache-Control": "no-cache", "Content-Language": render.language(request)}
    return JSONResponse(answer, headers=headers)
