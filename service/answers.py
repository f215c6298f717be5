"""The answer to a curated question as a page: a table in which names are links and whole addresses do not stand."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from fastapi import Request, Response
from pyoxigraph import NamedNode

from service import render
from service.links import path_of
from service.pages.said import written
from service.query import LANG, Column, Words
from service.reply import MOST, Reply, Row
from service.snapshot import Snapshot

_DOWNLOADS = ("xlsx", "csv", "json", "ttl")
# What the words of a parameter say beside its name: how to write it, and an example, which nobody asked for.
_BRIEF = re.compile(r"[:;]| \(")
# The column of IRIs whose names stand in no other: who says so, on a page in words.
_SOURCE = "source"
# The columns that name the thing of the row, whose IRI stands in the first.
_TITLES = ("label", "title")
# What tells a column of a file that addresses stand there; on a page they are links.
_IRI = " (IRI)"
_TRUTH = {True: Words("có", "yes"), False: Words("không", "no")}
# A cell of more letters has room for a few words side by side, or its row would be as high as a page.
_LONG = 36
# Between several keys in one cell.
_AND = " | "
_CALLED = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?thing ?label WHERE {{
  VALUES ?thing {{ {things} }}
  ?thing rdfs:label|skos:prefLabel ?label
}} ORDER BY ?thing ?label"""

# What things are called in one language, by IRI.
Names = Mapping[str, str]


@dataclass(frozen=True)
class Shown:
    """A cell as shown: its words, and where they lead."""

    text: str
    href: str | None = None


async def called(reply: Reply, lang: str, snapshot: Snapshot) -> Names:
    """What things are called: those that were asked about, concepts whose keys stand in the rows, and sources."""
    return await named(
        await snapshot.engine.write(lambda: _named_by(reply, snapshot.release.base), len(reply.rows)), lang, snapshot
    )


async def named(things: Collection[NamedNode], lang: str, snapshot: Snapshot) -> Names:
    """What those of the things are called that have a name."""
    if not things:
        return {}
    found = await snapshot.engine.rows(_CALLED.format(things=" ".join(sorted(map(str, things)))))
    # The language of the page comes last, and so it counts.
    found.sort(key=lambda row: (row["label"].get("xml:lang") == lang, row["label"].get("xml:lang") == "vi"))
    return {row["thing"]["value"]: row["label"]["value"] for row in found}


def _named_by(reply: Reply, base: str) -> set[NamedNode]:
    """What the values of parameters may name, the concepts whose keys stand in the rows, and the sources there."""
    query = reply.bound.query
    keys = {iri for row in reply.rows for column in query.columns for iri in _concepts(row, column, base)}
    if any(column.name == _SOURCE and column.type == "iri" for column in shown_columns(reply)):
        keys |= {str(row[_SOURCE]) for row in reply.rows if row[_SOURCE]}
    return {thing for param in query.params for thing in _things(reply, param.name)} | set(map(NamedNode, keys))


def _things(reply: Reply, param: str) -> list[NamedNode]:
    """What the value of a parameter may name."""
    return [term for term, *_ in reply.bound.terms.get(param, []) if isinstance(term, NamedNode)]


def _concepts(row: Row, column: Column, base: str) -> list[str]:
    """The concepts whose keys stand in a cell, unless what they are called stands beside it."""
    value = row[column.name]
    if not column.scheme or not isinstance(value, str) or column.name == "key" or f"{column.name}Label" in row:
        return []
    return [f"{base}concept/{column.scheme}/{key}" for key in value.split(_AND)]


def page(reply: Reply, names: Names, request: Request, snapshot: Snapshot) -> Response:
    """The page of an answer: what was asked, its note, the rows, the way on, and the same rows to download."""
    lang, base = render.language(request), snapshot.release.base
    columns = shown_columns(reply)
    return render.page(
        request,
        "answer.html",
        reply.bound.query.summary.get(lang),
        reply=reply,
        given=list(_given(reply, names, lang, base)),
        empty=[_heading(column, lang) for column in _columns(reply) if _empty(reply, column)],
        headings=[_heading(column, lang) for column in columns],
        # Each when it is written: so many cells at a time would keep everybody waiting for who looks for garbage.
        rows=((cell(row, column, columns, names, lang, base) for column in columns) for row in reply.rows),
        downloads=[(form, _address(request, form)) for form in _DOWNLOADS],
        most=MOST,
        long=_LONG,
        release=snapshot.release,
    )


def shown_columns(reply: Reply) -> list[Column]:
    """The columns that say something: no IRI or key whose label stands beside it, nothing empty in every row."""
    return [column for column in _columns(reply) if not _empty(reply, column)]


def _columns(reply: Reply) -> list[Column]:
    """The columns without IRIs and keys whose labels stand beside them."""
    columns = reply.bound.query.columns
    names = {column.name for column in columns}
    told = {name.removesuffix("Label") for name in names if name.endswith("Label")}
    if not names.isdisjoint(_TITLES):
        told.add(columns[0].name)
    return [column for column in columns if column.name not in told]


def _heading(column: Column, lang: str) -> str:
    return column.words.get(lang).removesuffix(_IRI)


def _empty(reply: Reply, column: Column) -> bool:
    return all(row[column.name] is None for row in reply.rows)


def _given(reply: Reply, names: Names, lang: str, base: str) -> Iterator[tuple[str, Shown]]:
    """What was asked: the words of each parameter that has a value, and what the value names."""
    columns = {column.name: column for column in reply.bound.query.columns}
    for param in reply.bound.query.params:
        if param.name == LANG.name or param.name not in reply.bound.values:
            continue
        text = str(reply.bound.values[param.name])
        if known := next((thing.value for thing in _things(reply, param.name) if thing.value in names), None):
            # Units of two code lists may have the same name.
            key = f" ({known.removeprefix(f'{base}id/unit/')})" if param.type == "unit" else ""
            shown = Shown(names[known] + key, path_of(known, base))
        elif (column := columns.get(param.name)) and text in column.values:
            shown = Shown(column.values[text].get(lang))
        else:
            shown = Shown(text)
        yield _BRIEF.split(param.words.get(lang))[0], shown


def cell(row: Row, column: Column, shown: list[Column], names: Names, lang: str, base: str) -> Shown:
    """A cell: a label leads to what it names, the key of a concept is put in words, and so is an IRI with a name.

    Another IRI is shortened to its key; a day is written as the language writes days.
    """
    value = row[column.name]
    if value is None:
        return Shown("")
    if concepts := _concepts(row, column, base):
        return Shown("; ".join(names.get(iri, iri.rpartition("/")[2]) for iri in concepts))
    if value in column.values:
        return Shown(column.values[str(value)].get(lang))
    named = _named(row, column, shown)
    if isinstance(named, str) and named.startswith(base):
        text = str(value) if column.type != "iri" else names.get(named, named.removeprefix(base).removeprefix("id/"))
        return Shown(text, path_of(named, base))
    if isinstance(value, bool):
        return Shown(_TRUTH[value].get(lang))
    return Shown(written(str(value), lang) if column.type == "date" else str(value))


def _named(row: Row, column: Column, shown: list[Column]) -> object:
    if column.type == "iri":
        return row[column.name]
    if column.name in _TITLES:
        return next(iter(row.values()))
    return row.get(column.name.removesuffix("Label")) if column.name.endswith("Label") else None


def _address(request: Request, form: str) -> str:
    """Where the rows are as a file: all of them, since a file does not say that it is a page of a longer one."""
    kept = [(name, value) for name, value in parse_qsl(request.url.query) if name not in ("format", "cursor", "limit")]
    return f"{request.url.path}?{urlencode([*kept, ('limit', MOST), ('format', form)])}"
