"""The answer to a curated question as a page: a table in which names are links and whole addresses do not stand."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from fastapi import Request, Response

from service import render
from service.links import path_of
from service.query import Column
from service.reply import MOST, Reply, Row
from service.snapshot import Snapshot

_DOWNLOADS = ("xlsx", "csv", "json", "ttl")


@dataclass(frozen=True)
class Shown:
    """A cell as shown: its words, and where they lead."""

    text: str
    href: str | None = None


def page(reply: Reply, request: Request, snapshot: Snapshot) -> Response:
    """The page of an answer, with its note, the way on, and the same rows to download."""
    lang = render.language(request)
    columns = shown_columns(reply)
    return render.page(
        request,
        "answer.html",
        reply.bound.query.summary.get(lang),
        reply=reply,
        headings=[column.words.get(lang) for column in columns],
        # Each when it is written: so many cells at a time would keep everybody waiting for who looks for garbage.
        rows=((cell(row, column, columns, snapshot.release.base) for column in columns) for row in reply.rows),
        downloads=[(form, _address(request, form)) for form in _DOWNLOADS],
        most=MOST,
        release=snapshot.release,
    )


def shown_columns(reply: Reply) -> list[Column]:
    """The columns that say something: not an IRI whose label stands beside it, nothing that is unknown in every row."""
    columns = reply.bound.query.columns
    names = {column.name for column in columns}
    told = {name.removesuffix("Label") for name in names if name.endswith("Label")}
    if "label" in names:
        told.add(columns[0].name)
    known = [column for column in columns if any(row[column.name] is not None for row in reply.rows)]
    return [column for column in known if column.type != "iri" or column.name not in told]


def cell(row: Row, column: Column, shown: list[Column], base: str) -> Shown:
    """A cell: a label leads to what it names, an IRI is shortened to its key."""
    value = row[column.name]
    if value is None:
        return Shown("")
    named = _named(row, column, shown)
    if isinstance(named, str) and named.startswith(base):
        text = str(value) if column.type != "iri" else str(value).removeprefix(base).removeprefix("id/")
        return Shown(text, path_of(named, base))
    return Shown(str(value).lower() if isinstance(value, bool) else str(value))


def _named(row: Row, column: Column, shown: list[Column]) -> object:
    if column.type == "iri":
        return row[column.name]
    if column.name == "label":
        return next(iter(row.values()))
    return row.get(column.name.removesuffix("Label")) if column.name.endswith("Label") else None


def _address(request: Request, form: str) -> str:
    """Where the rows are as a file: all of them, since a file does not say that it is a page of a longer one."""
    kept = [(name, value) for name, value in parse_qsl(request.url.query) if name not in ("format", "cursor", "limit")]
    return f"{request.url.path}?{urlencode([*kept, ('limit', MOST), ('format', form)])}"
