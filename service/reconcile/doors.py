"""The doors of `/reconcile`: what its manifest names, each a route, answered in turns."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from service import failures, render
from service.client import Client
from service.negotiation import HTML, unchanged, validators
from service.problems import Problem
from service.protocol import unpacked
from service.reconcile import batch
from service.reconcile.candidates import candidates
from service.reconcile.directory import KINDS
from service.reconcile.facts import Teller, Thing, identifier
from service.reconcile.kinds import ASKED, SAID, TYPES, of
from service.reconcile.manifest import manifest, meta, starting, thing, type
from service.reconcile.question import Candidate, Pieces, Question, key_of
from service.reconcile.roll import Roll
from service.snapshot import Now, Snapshot
from service.turns import Full, Room, Turns
from service.visit import here

Read = TypeVar("Read")

# What suggestions tell at once.
_PAGE = 20
# Batches are answered one at a time, whoever floods waits for himself.
_ROOM = Room(client=64, all=256, seconds=30.0)
# Seconds of work at once, and rounds of the event loop after that: a light request needs some dozens to its answer.
_SLICE, _ROUNDS = 0.002, 24
# Bytes of a form that are taken apart at once; a longer one is read by a thread.
_SHORT = 16_384
_FRAMED = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors *"


def routes(roll: Roll) -> APIRouter:
    """`/reconcile` and what its manifest names, over the books of a roll."""
    desk = Reconciliation(roll)
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/reconcile", desk.answer, methods=["GET", "POST"], response_class=Response)
    router.add_api_route("/reconcile/suggest/entity", desk.suggest, response_class=Response)
    for name, door in (("suggest/type", types), ("suggest/property", properties), ("extend/propose", propose)):
        router.add_api_route(f"/reconcile/{name}", door, response_class=Response)
    router.add_api_route("/reconcile/preview", desk.preview, response_class=Response)
    return router


class Reconciliation:
    """The service: the roll of the release, and the turns of those who ask."""

    def __init__(self, roll: Roll) -> None:
        self._roll, self._turns = roll, Turns(1, _ROOM)

    async def answer(self, request: Request, snapshot: Now) -> Response:
        """The manifest; with `queries`, candidates for each; with `extend`, properties of units."""
        body, kind = await request.body(), request.headers.get("content-type", "")
        if body:
            unpacked(request.headers)
        given = await _read(len(body), batch.fields, request.scope["query_string"], body, kind)
        if "queries" in given and "extend" in given:
            raise Problem(400, "Two questions", "queries or extend, not both")
        if "queries" in given:
            found = await self._candidates(given["queries"], request, snapshot)
            return await _written(request, found, sum(len(each["result"]) for each in found.values()), snapshot)
        if "extend" in given:
            told = await self._extension(given["extend"], request, snapshot)
            return await _written(request, told, len(told["rows"]) * len(told["meta"]), snapshot)
        if request.method == "POST":
            raise Problem(400, "No question", "The form has neither queries nor extend.")
        # Whoever reads the manifest asks next.
        self._roll.begin(snapshot)
        base, lang = str(request.base_url).rstrip("/"), render.language(request)
        headers = validators(snapshot.release, request, base, lang)
        if known := unchanged(request, headers):
            return known
        answer = _told(request, manifest(snapshot, base, lang))
        answer.headers.update(headers)
        return answer

    async def _candidates(self, text: str, request: Request, snapshot: Snapshot) -> dict[str, Any]:
        asked = await _read(len(text), batch.questions, text)
        teller, base = await self._teller(request, snapshot), snapshot.release.base
        return await self._each(asked, lambda question: _result(question, teller, base), request, snapshot)

    async def _extension(self, text: str, request: Request, snapshot: Snapshot) -> dict[str, Any]:
        ids, wanted = await _read(len(text), batch.extension, text)
        if unknown := [name for name in wanted if name not in ASKED]:
            raise Problem(400, "No such property", f"there is no property {unknown[0][:60]!r}", available=list(ASKED))
        teller = await self._teller(request, snapshot)
        things = {id: teller.find(key_of(id, snapshot.release.base)) for id in ids}

        def row(thing: Thing | None) -> Pieces[dict[str, Any]]:
            cells = {}
            for name, year in wanted.items():
                cells[name] = teller.cells(thing, name, year) if thing else []
                yield
            return cells

        told = [meta(name, teller.lang) for name in wanted]
        return {"meta": told, "rows": await self._each(things, row, request, snapshot)}

    async def _teller(self, request: Request, snapshot: Snapshot) -> Teller:
        return Teller(await self._roll.book(snapshot), render.language(request))

    async def _each(
        self, things: Mapping[str, Any], work: Callable[[Any], Pieces[Any]], request: Request, snapshot: Snapshot
    ) -> dict[str, Any]:
        """What is made of each thing, in this client's turn, in pieces, so that no other request waits for it."""
        visit = here()
        visit.enter("queue", "curated")
        try:
            place = await self._turns.take(Client.of(request.scope, None).party)
        except Full as full:
            raise failures.crowded(full) from None
        finally:
            visit.leave()
        try:
            made: dict[str, Any] = {}
            began = time.monotonic()
            for _ in _made(made, things, work):
                if visit.used > snapshot.engine.limit:
                    raise failures.overdue(snapshot.engine.limit, round(visit.used, 2))
                if time.monotonic() - began > _SLICE:
                    for _ in range(_ROUNDS):
                        await asyncio.sleep(0)
                    began = time.monotonic()
            return made
        finally:
            self._turns.give(place)

    async def suggest(self, request: Request, snapshot: Now) -> Response:
        """Things with a name in which a word begins with the prefix, or that it names; of a type, if one is given."""
        prefix, cursor, wanted = _prefix(request), _number(request, "cursor", 0), request.query_params.get("type", "")
        teller = await self._teller(request, snapshot)
        found = _starting(teller, prefix, key_of(prefix, snapshot.release.base), wanted)
        shown = [
            {
                "id": identifier(each),
                "name": each.label,
                "description": teller.line(each),
                "notable": [thing(name, TYPES[name], teller.lang) for name in teller.types(each)],
            }
            for each in found[cursor : cursor + _PAGE]
        ]
        return _told(request, {"result": shown})

    async def preview(self, request: Request, snapshot: Now) -> Response:
        """A small page about a thing, for a frame."""
        teller, id = await self._teller(request, snapshot), request.query_params.get("id", "")
        found = teller.find(key_of(id, snapshot.release.base))
        if found is None:
            raise Problem(404, "Not found", f"this release has nothing called {id[:100]!r}")
        headers = validators(snapshot.release, request, HTML.media, teller.lang)
        if known := unchanged(request, headers):
            return known
        cells = {name: teller.cells(found, name) for name in of(ASKED, teller.types(found)[0])}
        facts = [(ASKED[name].words.get(teller.lang), list(map(_text, told))) for name, told in cells.items() if told]
        words = TYPES[teller.types(found)[0]].get(teller.lang)
        about: dict[str, Any] = {"id": identifier(found), "type": words, "line": teller.line(found), "facts": facts}
        page = render.page(request, "preview.html", found.label, **about)
        page.headers.update(headers | {"Content-Security-Policy": _FRAMED})
        return page


def _starting(teller: Teller, prefix: str, key: str, wanted: str) -> list[Thing]:
    """What a key names or a prefix begins; units come first."""
    register, directory = teller.book.register, teller.book.directory
    found: list[Thing] = [*register.coded(key)]
    if key in directory.entries:
        found.append(directory.entries[key])
    if not found:
        found += register.starting(prefix)
        found += directory.starting(prefix, KINDS)
    return [each for each in found if not wanted or wanted in teller.types(each)]


def _text(cell: Mapping[str, Any]) -> str:
    """A cell as one reads it."""
    text = str(next(iter(cell[name] for name in ("name", "str", "int", "date") if name in cell)))
    return text.removesuffix("T00:00:00Z")


async def _read(length: int, read: Callable[..., Read], *given: Any) -> Read:
    """What was sent, read: at once, or by a thread when it is long."""
    return await asyncio.to_thread(read, *given) if length > _SHORT else read(*given)


def _made(made: dict[str, Any], things: Mapping[str, Any], work: Callable[[Any], Pieces[Any]]) -> Pieces[None]:
    """What comes of each thing has been made, under its name."""
    for name, each in things.items():
        made[name] = yield from work(each)
        yield


def _result(question: Question, teller: Teller, base: str) -> Pieces[dict[str, Any]]:
    found, sure = yield from candidates(question, teller.book, base)
    return {"result": [_shown(each, sure and not at, teller) for at, each in enumerate(found)]}


def _shown(candidate: Candidate, match: bool, teller: Teller) -> dict[str, Any]:
    return {
        "id": identifier(candidate.thing),
        "name": (candidate.version or candidate.thing).label,
        "description": teller.line(candidate.thing, candidate.version),
        "type": [thing(name, TYPES[name], teller.lang) for name in teller.types(candidate.thing)],
        "score": candidate.score,
        "features": [{"id": name, "value": value} for name, value in candidate.features.items()],
        "match": match,
    }


async def propose(request: Request) -> Response:
    """The properties that may be asked of things of a type."""
    lang, wanted = render.language(request), request.query_params.get("type", "")
    shown = [thing(name, each.words, lang) for name, each in of(ASKED, wanted).items()]
    return _told(request, {"type": wanted, "properties": shown[: _number(request, "limit", len(shown))]})


async def types(request: Request) -> Response:
    """The types whose identifier or name has a word that begins with the prefix."""
    lang, found = render.language(request), starting(TYPES, _prefix(request))
    return _told(request, {"result": [type(name, lang) for name in found[_number(request, "cursor", 0) :]]})


async def properties(request: Request) -> Response:
    """The properties that may be said of things, or of those of a type, with the prefix in their identifier or name."""
    lang, given = render.language(request), request.query_params
    known = of(SAID, given.get("type", given.get("schema", "")))
    found = starting(known, _prefix(request))[_number(request, "cursor", 0) :]
    return _told(request, {"result": [thing(name, known[name].words, lang) for name in found]})


def _prefix(request: Request) -> str:
    if (prefix := request.query_params.get("prefix")) is None:
        raise Problem(400, "A parameter is missing", "prefix: what was typed so far")
    return prefix[:300]


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdecimal()) or len(text) > 6:
        raise Problem(400, "Not a number", f"{name}: a number of at most six figures", parameter=name)
    return int(text)


def _told(request: Request, answer: Mapping[str, Any]) -> Response:
    return JSONResponse(answer, headers=_headers(request))


async def _written(request: Request, answer: Mapping[str, Any], size: int, snapshot: Snapshot) -> Response:
    """The answer with so many candidates or cells; a long one is written by a thread."""
    content = await snapshot.engine.write(lambda: msgspec.json.encode(answer), size)
    return Response(content, 200, _headers(request), "application/json")


def _headers(request: Request) -> dict[str, str]:
    return {"Vary": "Accept-Language", "Cache-Control": "no-cache", "Content-Language": render.language(request)}
