"""The log: a line of JSON for each event, on stderr.

What it says of people is what is needed to keep the service up: no query strings, the text of a query only as a hash,
the address of a client only when every request is logged.
"""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from service import visit
from service.failures import CROWD
from service.outlet import Outlet
from service.visit import LEFT, Visit

log = logging.getLogger("thidua")

# Seconds after which an answer is worth a line, whatever became of it.
_SLOW = 1.0
_LONGEST_PATH = 500
# Seconds between two lines about connections for which there was no room.
_CROWD = 1.0


class Journal:
    """What is written of requests: `problems`, all `requests`, or these with the text of their `queries`."""

    def __init__(self, detail: str) -> None:
        self.all, self._text = detail != "problems", detail == "queries"
        self._crowd, self._crowd_told = 0, -_CROWD

    def write(self, ended: Visit) -> None:
        """The request has its line, if it is to have one; a connection that was turned away has its share of one."""
        wrong = ended.status >= 500 or ended.cut
        if ended.problem is not None and ended.problem.more.get("type") == CROWD:
            self._turn_away(monotonic())
        elif self.all or wrong or ended.seconds > _SLOW:
            level = logging.ERROR if ended.fault else logging.WARNING if wrong else logging.INFO
            log.log(level, "%s", _summary(ended), extra={"facts": self._facts(ended)})

    def _turn_away(self, now: float) -> None:
        """One more was turned away. The first is told of at once, those after it together when a second is over."""
        self._crowd += 1
        if now - self._crowd_told >= _CROWD:
            log.warning("connections turned away: too many at a time", extra={"facts": {"count": self._crowd}})
            self._crowd, self._crowd_told = 0, now

    def _facts(self, ended: Visit) -> dict[str, Any]:
        facts: dict[str, Any] = {"id": ended.id, "method": ended.method, "path": ended.path[:_LONGEST_PATH]}
        facts |= {"status": ended.status, "bytes": ended.size, "seconds": round(ended.seconds, 4)}
        facts |= {stage: round(seconds, 4) for stage, seconds in ended.spent.items()}
        if ended.cached:
            facts["cached"] = True
        if ended.problem is not None:
            facts["problem"] = ended.problem.title
        if ended.killed:
            facts["killed"] = ended.killed
        if ended.cause:
            facts["cause"] = ended.cause
        if ended.query is not None:
            facts["sha256"] = digest(ended.query)
            facts |= {"text": ended.query} if self._text else {}
        return facts | ({"client": ended.client} if self.all else {})


def digest(query: str) -> str:
    """The first 16 digits of the SHA-256 of a query: enough to find the same one again."""
    return hashlib.sha256(query.encode(errors="surrogatepass")).hexdigest()[:16]


def _summary(ended: Visit) -> str:
    if ended.cut:
        return "an answer was cut short"
    return f"answered {ended.status}" if ended.status != LEFT else "the client left before the answer"


class Lines(logging.Formatter):
    """Each event as one line of JSON in ASCII, so that nothing in it can look like the end of a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line: time, level, message, the request that it happened in, and facts."""
        now = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03}Z",
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        under_way = visit.current()
        if under_way is not None:
            line["id"] = under_way.id
        line |= getattr(record, "facts", {})
        if record.exc_info:
            trace = self.formatException(record.exc_info)
            hidden = under_way.query if under_way is not None else None
            line["trace"] = trace.replace(hidden, f"[query {digest(hidden)}]") if hidden else trace
        return json.dumps(line)


def open_journal(file: int = 2) -> None:
    """What is logged goes to stderr or that file as lines of JSON: what the service tells, and warnings of others."""
    handler = Outlet(file)
    handler.setFormatter(Lines())
    logging.basicConfig(handlers=[handler])
    log.setLevel(logging.INFO)
    # The server's warnings are of what clients did wrong, which the journal knows better.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
