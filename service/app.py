"""The application: the parts of the service in one frame, over the release that is published."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import Receive, Scope, Send

from loaders.settings import Settings
from service import (
    body,
    curated,
    dumps,
    editor,
    entities,
    faults,
    health,
    home,
    manual,
    openapi,
    reconcile,
    reference,
    releases,
    sitemap,
    sparql,
    vocabulary,
)
from service.cache import Cache
from service.comparison import Comparisons
from service.entrance import Entrance
from service.follow import Follower
from service.frame import Frame
from service.front import Front
from service.journal import Journal
from service.metrics import Metrics, State, Tellers
from service.pages import map
from service.past import timemap
from service.past.chronicle import Chronicler
from service.past.layer import Layer, Times
from service.past.presence import Presence
from service.past.shelf import Shelf
from service.search import browse, pages
from service.standing import Limits, Standing, anonymous
from service.visit import Visits


class Service(FastAPI):
    """A FastAPI application whose OpenAPI document tells of `/sparql` and `/reconcile` as well."""

    front: Front

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The request was answered: again, or anew."""
        if scope["type"] != "http" or not await self.front.repeat(scope, send):
            await super().__call__(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document: the same bytes whenever it is asked for, as its tag says."""
        if self.openapi_schema is None:
            document = super().openapi()
            document["paths"]["/sparql"] = manual.sparql()
            document["paths"] |= manual.pinned(document["paths"])
            document["paths"] |= reconcile.paths()
            self.openapi_schema = openapi.complete(document)
        return self.openapi_schema


def create_app(settings: Settings, entrance: Entrance | None = None) -> FastAPI:
    """The service under these settings; it opens the published release when it starts, for tellers at an entrance."""
    metrics = Metrics()
    visits = Visits(Journal(settings.log).write, metrics.count)
    cache = Cache(settings.cache_memory << 20)
    roll = reconcile.Roll()
    follower = Follower(settings, entrance, cache.turn, lambda: roll.soon(follower.now))
    shelf = Shelf(settings, follower.now)
    times = Times(shelf, Chronicler(settings.releases), Presence())
    metrics.older.set_function(lambda: len(shelf.engines))
    metrics.registry.register(State(follower, visits, cache))
    if entrance is not None:
        metrics.registry.register(Tellers(entrance, follower.now))

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        body.look_at_room()
        async with follower.running(), shelf.running():
            yield
            roll.close()

    app = Service(
        title="thidua",
        summary="Hệ thống thi đua, khen thưởng của Việt Nam dưới dạng dữ liệu liên kết mở",
        license_info={"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
        lifespan=lifespan,
        # The pages that FastAPI would serve here load their script from another host, and its document has no tag.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        middleware=[Middleware(Frame, now=follower.now, visits=visits, cache=cache), Middleware(Layer, times=times)],
    )
    app.front = Front(cache, visits)
    app.state.comparisons = Comparisons()
    app.state.follower, app.state.visits, app.state.metrics, app.state.times = follower, visits, metrics, times
    # Not of one release: who has flooded the last one still waits on the next.
    table = entrance.board.clients if entrance else anonymous()
    app.state.standing = Standing.over(table, Limits(*settings.rate_limit)) if settings.rate_limit else None
    app.router.routes.extend(sparql.routes(settings.service_allow, app.state.standing))
    for part in (dumps, editor, entities, map, sitemap, vocabulary):
        app.include_router(part.routes())
    for part in (home, pages, browse):
        app.include_router(part.routes())
    app.include_router(curated.routes(settings.base_iri))
    app.include_router(reconcile.routes(roll))
    for part in (releases, timemap, reference, health):
        app.include_router(part.routes())
    faults.install(app)
    return app
