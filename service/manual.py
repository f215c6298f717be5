"""What the OpenAPI document says of what is served without FastAPI's help: `/sparql`, and what is of kept releases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.negotiation import GRAPHS, HTML, JSON_LD, RESULTS
from service.openapi import PROBLEM
from service.values import optional

_TEXT = {"type": "string"}
# What a reader of the document takes apart, by the form that it is in.
_JSON = {RESULTS[0]: {"type": "object"}, JSON_LD: {"type": ["object", "array"]}}
_IRIS = {"type": "array", "items": {"type": "string", "format": "iri"}}
_FORMAT = optional({"type": "string", "enum": sorted({form.names[0] for form in (*RESULTS, *GRAPHS, HTML)})})
_FIELDS: dict[str, tuple[dict[str, Any], str]] = {
    "query": (_TEXT, "the query; without one, the service description or a form"),
    "default-graph-uri": (_IRIS, "graphs whose merge is the default graph"),
    "named-graph-uri": (_IRIS, "graphs that GRAPH may name"),
    "format": (_FORMAT, "a short name of the format, before Accept: of rows, or of a graph"),
}
_PROBLEM = {"content": PROBLEM}
_RESPONSES: dict[str, Any] = {
    "200": {
        "description": "Kết quả · The answer: rows or a boolean (SELECT, ASK), a graph (CONSTRUCT, DESCRIBE)",
        "content": {form.media: {"schema": _JSON.get(form, _TEXT)} for form in (*RESULTS, *GRAPHS, HTML)},
    },
    "304": {"description": "Không đổi · What the client has is still right"},
    "400": {"description": "Câu hỏi sai hoặc quá lớn · No query, or more than is allowed in one", **_PROBLEM},
    "403": {"description": "SERVICE, UPDATE", **_PROBLEM},
    "406": {"description": "Không có dạng này · None of the formats asked for; `available` lists them", **_PROBLEM},
    "413": {"description": "Quá dài · The body is too long", **_PROBLEM},
    "414": {"description": "Quá dài · The address is too long", **_PROBLEM},
    "415": {"description": "Không phải câu hỏi · The body is no query in UTF-8", **_PROBLEM},
    "429": {"description": "Quá nhiều câu hỏi · Too much at once; `Retry-After` says when to ask again", **_PROBLEM},
    "500": {"description": "Bộ máy chịu thua · The engine gave up, as at a sort of mixed values", **_PROBLEM},
    "503": {"description": "Bận hoặc quá bộ nhớ · Busy, or the query took too much memory", **_PROBLEM},
    "504": {"description": "Quá thời hạn · The query took too long; `limit` and `used` are seconds", **_PROBLEM},
}

_OLD: dict[str, Any] = {
    "404": {
        "description": "Không có · No such release, or nothing called so in it; `available` lists them",
        **_PROBLEM,
    },
    "503": {"description": "Bận · Too many older releases are being read, or this one is damaged", **_PROBLEM},
}
_VERSION = {
    "name": "version",
    "in": "path",
    "required": True,
    "schema": _TEXT,
    "description": "a kept release, see /releases",
}
# Of every door these are told; the others are as they are, behind the same root.
_PINNED = ("/sparql", "/api", "/doc/{path}", "/dumps/")


def pinned(paths: Mapping[str, Any]) -> dict[str, Any]:
    """The path items of kept releases, like those of the published one."""
    return {f"/releases/{{version}}{path}": _old(paths[path]) for path in _PINNED}


def _old(item: Mapping[str, Any]) -> dict[str, Any]:
    """A path item for any kept release."""
    return {
        method: told
        | {
            "operationId": f"{told['operationId']}-of-release",
            "summary": f"{told.get('summary', 'The document about a thing')}, in a kept release",
            "tags": ["release"],
            "parameters": [_VERSION, *told.get("parameters", ())],
            "responses": {**told["responses"], **_OLD},
        }
        for method, told in item.items()
    }


def sparql() -> dict[str, Any]:
    """The path item of `/sparql`."""
    about = {"summary": "SPARQL 1.1", "tags": ["sparql"], "responses": _RESPONSES}
    parameters = [
        {"name": name, "in": "query", "schema": schema, "description": text} for name, (schema, text) in _FIELDS.items()
    ]
    fields = {name: schema for name, (schema, _) in _FIELDS.items()}
    form = {"type": "object", "properties": fields, "required": ["query"]}
    bodies = {"application/x-www-form-urlencoded": {"schema": form}, "application/sparql-query": {"schema": _TEXT}}
    return {
        "get": {**about, "operationId": "sparql", "parameters": parameters},
        "post": {**about, "operationId": "sparql-post", "requestBody": {"required": True, "content": bodies}},
    }
