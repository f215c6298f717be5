"""The operator's log of requests: who asked for what, in which words, and what came of it.

It lies outside the releases and the repository, is only ever added to, and only its owner may read it. So it
still knows who was withdrawn when the ledger is lost, or comes from an old commit.
"""

from __future__ import annotations

import datetime
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from loaders.release.disk import append
from loaders.release.pointer import stamp

DONE = "done"


@dataclass(frozen=True)
class Asked:
    """A request: the person's IRI, the reason in the words that were given, and who asked, if that was said."""

    iri: str
    reason: str
    requested_by: str = ""


def note(path: Path, asked: Asked, what: str, now: datetime.datetime, **more: object) -> None:
    """The log says what was done with the request; OSError when it cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
    told = {"at": stamp(now), "what": what, **asdict(asked), **more}
    append(path, json.dumps(told, ensure_ascii=False).encode() + b"\n")


def done(path: Path) -> dict[str, str]:
    """When a withdrawal was done, by the IRI; of a log that cannot be read, and of lines that are none, nothing."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return {}
    return dict(found for line in lines if (found := _done(line)))


def _done(line: bytes) -> tuple[str, str] | None:
    try:
        told = json.loads(line)
        return (str(told["iri"]), str(told["at"])) if told["what"] == DONE else None
    except (ValueError, KeyError, TypeError):
        return None
