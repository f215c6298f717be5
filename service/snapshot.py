"""What one request sees: a release, the engine that holds it, and the questions asked of it.

A route takes its snapshot once, through `Now`, and uses nothing else. When a release is published meanwhile, the
next request gets the new snapshot; this one keeps its own until its answer is complete.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from service.order import Order, orders
from service.search.index import Index

if TYPE_CHECKING:
    from loaders.release import Release
    from service.catalogue import Catalogue
    from service.engine import Engine


@dataclass(frozen=True)
class Snapshot:
    """One release being served: `release` says what it is, `engine` answers over it, `catalogue` has the questions.

    `since` is when it was published, in seconds of Unix time; 0.0 for one that is asked by its version.
    """

    release: Release
    engine: Engine
    catalogue: Catalogue
    since: float = 0.0

    @cached_property
    def index(self) -> Index | None:
        """The search index of the release; None if it has none."""
        return Index.of(self.release)

    @cached_property
    def orders(self) -> Mapping[str, Order]:
        """The orders of the release, by the name of the question."""
        return orders(self.release)

    def close(self) -> None:
        """No file of the release is open for it: nobody takes it any more."""
        asked: list[Index | Order | None] = [vars(self).get("index"), *vars(self).get("orders", {}).values()]
        for each in asked:
            if each is not None:
                each.close()


def current(connection: HTTPConnection) -> Snapshot:
    """The snapshot that this request got when it came in."""
    snapshot: Snapshot = connection.state.snapshot
    return snapshot


Now = Annotated[Snapshot, Depends(current)]
