"""What the OpenAPI document says of a curated query, made from its front matter."""

from __future__ import annotations

import re
from typing import Any

from loaders.namespaces import BASE
from service import values
from service.paging import CURSOR
from service.query import Column, Param, Query
from service.reply import LICENCE, MOST, USUAL

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_COLUMN_SCHEMAS: dict[str, dict[str, Any]] = {
    "iri": {"type": ["string", "null"], "format": "iri"},
    "string": {"type": ["string", "null"]},
    "date": {"type": ["string", "null"], "format": "date"},
    "integer": {"type": ["integer", "null"]},
    "number": {"type": ["number", "null"]},
    "boolean": {"type": ["boolean", "null"]},
}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_TEXT = {"schema": {"type": "string"}}
# What is told of every failure, and of those that an operation does not list.
PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}, "text/html": {}}
_FAILURE = {"description": "Không thành · Whatever else came to nothing says why (RFC 9457)", "content": PROBLEM}
_MEMBERS: dict[str, Any] = {
    "type": {"type": "string", "format": "uri", "description": "the kind of problem: urn:thidua:problem:…"},
    "title": {"type": "string"},
    "status": {"type": "integer", "minimum": 400, "maximum": 599},
    "detail": {"type": "string", "description": "what is wrong, and what helps"},
    "instance": {"type": "string", "format": "uri", "description": "the request"},
}

INDEX: dict[str, Any] = {
    "responses": {"200": {"description": "OK", "content": {"application/json": {}, "text/html": {}, "text/turtle": {}}}}
}


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """The document, in which every operation says how it fails. What FastAPI says of that is not so here."""
    for methods in document["paths"].values():
        for told in methods.values():
            if "application/json" in told["responses"].get("422", {}).get("content", {}):
                del told["responses"]["422"]
            told["responses"].setdefault("default", _FAILURE)
    required = [name for name in _MEMBERS if name != "instance"]
    problem = {"type": "object", "properties": _MEMBERS, "required": required}
    document["components"] = {"schemas": {"Problem": problem}}
    return document


def pattern(path: str) -> str:
    """The route of a path: its last key may hold slashes, for it may be a whole IRI.

    >>> pattern("/api/units/{edition}/{code}/successors")
    '/api/units/{edition}/{code:path}/successors'
    """
    names = _PLACEHOLDER.findall(path)
    return path.replace(f"{{{names[-1]}}}", f"{{{names[-1]}:path}}") if names else path


def description(query: Query) -> str:
    """What the query answers, in both languages."""
    texts = [query.summary.en]
    for words in (query.description, query.note):
        texts += [words.vi, words.en] if words else []
    return "\n\n".join(texts)


def operation(query: Query, base: str = BASE) -> dict[str, Any]:
    """Parameters and answers of the query, whose keys stand for IRIs that begin with the base."""
    content = {
        "application/json": {"schema": _schema(query)},
        "text/csv": _TEXT,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _BINARY,
        "application/sparql-results+json": {"schema": {"type": "object"}},
        "text/turtle": _TEXT,
        "text/html": {},
    }
    problems = {
        "400": "a parameter that does not exist; `available` lists those that do",
        "406": "no such form; `available` lists those there are",
        "404": "this release has nothing called so; `parameter` says what names it, unless the path does",
        "409": "a cursor of another release; begin again without it",
        "422": "a value of the wrong type; `expected` says what is",
        "503": "a limit was reached, or the service is busy",
        "504": "the query took too long",
    }
    if any("person" in param.kinds for param in query.params):
        problems["410"] = "a person who was withdrawn; `withdrawn` says when"
    responses = {status: {"description": text, "content": PROBLEM} for status, text in sorted(problems.items())}
    parameters = [*(each for param in query.params for each in _parameters(query, param, base)), *_COMMON]
    return {
        "parameters": parameters,
        "responses": {"200": {"description": query.summary.en, "content": content}, **responses},
    }


def _parameters(query: Query, param: Param, base: str) -> list[dict[str, Any]]:
    inside = _PLACEHOLDER.findall(query.path)
    if param.name == "unit" and "edition" in inside:
        edition, _, code = query.example["unit"].rpartition("/")
        words = ("ấn bản danh mục", "edition of the code list"), ("mã", "code")
        return [_described("edition", "path", *words[0], edition), _described("code", "path", *words[1], code)]
    place = "path" if param.name in inside else "query"
    found = _described(param.name, place, param.words.vi, param.words.en, query.example.get(param.name))
    found["required"] = param.required
    schema = values.schema(param, base)
    found["schema"] = schema if param.required else values.optional(schema, param.default)
    return [found]


def _described(name: str, place: str, vi: str, en: str, example: str | None = None) -> dict[str, Any]:
    found = {
        "name": name,
        "in": place,
        "required": place == "path",
        "description": f"{vi} / {en}",
        "schema": values.KEY,
    }
    return found | ({"example": example} if example is not None else {})


_COMMON: list[dict[str, Any]] = [
    _described("format", "query", "dạng trả lời, thay cho Accept", "form of the answer, instead of Accept")
    | {"schema": values.optional({"type": "string", "enum": ["json", "csv", "xlsx", "srj", "ttl", "html"]})},
    _described("limit", "query", "số dòng tối đa", "rows at most")
    | {"schema": values.optional({"type": "integer", "minimum": 1, "maximum": MOST}, USUAL)},
    _described("cursor", "query", "chỗ tiếp theo, lấy từ next", "where to go on, taken from next")
    | {"schema": values.optional({"type": "string", "pattern": f"^{CURSOR}$"})},
]


def _schema(query: Query) -> dict[str, Any]:
    row = {column.name: _column(column) for column in query.columns}
    params = {"type": "object", "description": "the values that were given"}
    properties: dict[str, Any] = {
        "query": {"const": query.name},
        "params": params,
        "release": {"type": "string"},
        "rows": {"type": "array", "items": {"type": "object", "properties": row, "required": list(row)}},
        "count": {"type": "integer", "description": "rows in this answer"},
        "total": {"type": "integer", "description": "rows in all"},
        "truncated": {"type": "boolean", "description": "whether there are more"},
        "next": {"type": ["string", "null"], "format": "uri", "description": "the address of the rows after these"},
        "license": {"const": LICENCE},
        "note": {"type": "string", "description": "what a reader must know besides: that no row means unknown"},
    }
    return {"type": "object", "properties": properties, "required": [name for name in properties if name != "note"]}


def _column(column: Column) -> dict[str, Any]:
    return _COLUMN_SCHEMAS[column.type] | {"description": f"{column.words.vi} / {column.words.en}"}
