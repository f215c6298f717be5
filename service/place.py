"""The place of a release: what is read there is of the release that was opened, or nothing is read.

A withdrawal puts another one in its place in one step. Whatever was open before a look that still finds the old one
there, is of the old one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyoxigraph import RdfFormat, parse
from starlette.types import Receive, Scope, Send

from loaders.release import Release, mark
from service.download import Download
from service.problems import Problem

# Where this process finds what it has open; other systems have none, and names have to do.
_OPEN = Path("/proc/self/fd")


class Replaced(Problem):
    """503: another release has the place of the one that is asked; it is answered from that one in a moment."""

    def __init__(self) -> None:
        detail = "Something was taken out of this release just now. In a moment it is answered from what it is then."
        head = {"Retry-After": "1"}
        super().__init__(503, "The release is being replaced", detail, head, type="urn:thidua:problem:release")


def look(release: Release) -> None:
    """Nothing, if the release is where it was opened; Replaced when another one has its place."""
    if release.mark is not None and mark(release.directory) != release.mark:
        raise Replaced


@dataclass(frozen=True)
class Statements:
    """The statements in a Turtle file of the release, read anew each time, and never all of them at once.

    Who reads them in a thread lets others go on between two.
    """

    release: Release
    path: Path

    def __iter__(self) -> Iterator[Any]:
        for quad in parse(path=self.path, format=RdfFormat.TURTLE):
            yield quad.triple
        look(self.release)


class Sent(Download):
    """A file of the release, as it was when this was made."""

    def __init__(self, release: Release, path: Path, media: str, headers: dict[str, str]) -> None:
        self._file = os.open(path, os.O_RDONLY)
        try:
            look(release)
        except Problem:
            os.close(self._file)
            raise
        held = _OPEN / str(self._file) if _OPEN.is_dir() else path
        super().__init__(held, media_type=media, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """It was sent, or as much as the client took."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            os.close(self._file)
