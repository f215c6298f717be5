"""Memento (RFC 7089) as it stands in headers: the date that is asked for, and the links between now and then.

Pattern 1.1 (RFC 7089, 4.1.1): an address is its own TimeGate and redirects, by 302, to mementos that have addresses of
their own.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from email.utils import format_datetime
from urllib.parse import quote

from fastapi import Request
from starlette.types import Scope

from service.links import LONGEST
from service.past.chronicle import Memento
from service.problems import Problem

LINK_FORMAT = "application/link-format"
# Nothing else is an Accept-Datetime (RFC 7089, 2.1.1). The names of months are not those of the machine's language.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(
    rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{{1,2}}) ({'|'.join(_MONTHS)}) ([0-9]{{4}}) "
    r"([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)

# What stands in an address as it is; all else is escaped, so that nothing ends the address where it stands.
_AS_IT_CAME = "%/:?#[]@!$&'()*+,;=~-._"


def wanted(request: Request) -> datetime.datetime | None:
    """The moment in Accept-Datetime; None without that header, Problem 400 when it says no moment.

    RFC 7089, 4.5.3.
    """
    given = request.headers.getlist("accept-datetime")
    if not given:
        return None
    match = _DATE.fullmatch(given[0].strip()) if len(given) == 1 else None
    try:
        if match is None:
            raise ValueError
        day, month, year, *clock = match.groups()
        hour, minute, second = map(int, clock)
        return datetime.datetime(
            int(year), _MONTHS.index(month) + 1, int(day), hour, minute, min(second, 59), tzinfo=datetime.UTC
        )
    except ValueError:
        example = stamp(datetime.datetime(2026, 11, 21, 8, tzinfo=datetime.UTC))
        detail = f"Accept-Datetime is given once, and like this: {example} (RFC 7089, 2.1.1)."
        raise Problem(400, "Not a date", detail, {"Vary": "accept-datetime"}, expected=example) from None


def stamp(moment: datetime.datetime) -> str:
    """A moment as HTTP has it.

    >>> stamp(datetime.datetime(2026, 11, 21, 8, tzinfo=datetime.UTC))
    'Sat, 21 Nov 2026 08:00:00 GMT'
    """
    return format_datetime(moment.astimezone(datetime.UTC), usegmt=True)


class Places:
    """Where a resource, its memento in each release and its TimeMap are, as the request calls this host."""

    def __init__(self, request: Request, path: str | None = None) -> None:
        self._host = f"{request.url.scheme}://{request.url.netloc}"
        query = request.scope["query_string"].decode("latin-1")
        self._path = quote(asked(request.scope) if path is None else path, _AS_IT_CAME)
        self._rest = self._path + (quote(f"?{query}", _AS_IT_CAME) if query else "")

    @property
    def is_long(self) -> bool:
        """Whether the address is too long to be said once for each of its relations."""
        return len(self._rest) > LONGEST

    @property
    def shortest(self) -> str | None:
        """The list of the mementos of what is there without a query; None if even that is long."""
        return f"{self._host}/timemap{self._path}" if len(self._path) <= LONGEST else None

    @property
    def original(self) -> str:
        """The resource as it is now, and its TimeGate."""
        return f"{self._host}{self._rest}"

    @property
    def timemap(self) -> str:
        """The list of its mementos."""
        return f"{self._host}/timemap{self._rest}"

    def memento(self, version: str) -> str:
        """The resource in a release."""
        return f"{self._host}{self.inside(version)}"

    def inside(self, version: str) -> str:
        """The same without the host."""
        return f"/releases/{version}{self._rest}"


def asked(scope: Scope) -> str:
    """The path as it came over the wire, with every escape that it had, behind the root of a release."""
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    before = quote(scope.get("root_path", "")).encode()
    return raw.partition(b"?")[0].removeprefix(before).decode("latin-1")


def to_original(places: Places) -> list[str]:
    """The links from anywhere to the resource as it is now, which is its own TimeGate, and to its TimeMap.

    From a long address only to a TimeMap: the way to other releases is the same without the query.
    """
    if places.is_long:
        return _to_timemap(places)
    return [link(places.original, "original timegate"), link(places.timemap, "timemap", type=LINK_FORMAT)]


def to_document(places: Places) -> list[str]:
    """The links from a thing to its document, which is where a date is asked for."""
    if places.is_long:
        return _to_timemap(places)
    return [link(places.original, "timegate"), link(places.timemap, "timemap", type=LINK_FORMAT)]


def to_mementos(places: Places, around: Iterable[tuple[str, Memento]]) -> list[str]:
    """The links to mementos, by relation; who has several is named once. From a long address there are none."""
    if places.is_long:
        return []
    relations: dict[Memento, list[str]] = {}
    for relation, memento in around:
        relations.setdefault(memento, []).append(relation)
    return [_memento(places, memento, found) for memento, found in relations.items()]


def _to_timemap(places: Places) -> list[str]:
    return [link(places.shortest, "timemap", type=LINK_FORMAT)] if places.shortest else []


def timemap(places: Places, mementos: Sequence[Memento]) -> str:
    """The TimeMap in link format (RFC 7089, 5; RFC 6690)."""
    first, last = mementos[0], mementos[-1]
    span = {"from": stamp(min(m.since for m in mementos)), "until": stamp(max(m.since for m in mementos))}
    rows = [link(places.original, "original timegate"), link(places.timemap, "self", type=LINK_FORMAT, **span)]
    for memento in mementos:
        ends = [name for name, end in (("first", first), ("last", last)) if memento is end]
        rows.append(_memento(places, memento, ends))
    return ",\n".join(rows) + "\n"


def _memento(places: Places, memento: Memento, relations: Iterable[str]) -> str:
    relation = " ".join([*(name for name in relations if name), "memento"])
    return link(places.memento(memento.version), relation, datetime=stamp(memento.since))


def link(address: str, relation: str, **attributes: str) -> str:
    """A link (RFC 8288)."""
    return f'<{address}>; rel="{relation}"' + "".join(f'; {name}="{value}"' for name, value in attributes.items())
