"""What the OpenAPI document says of `/reconcile`: the forms of its questions and of its answers."""

from __future__ import annotations

from typing import Any

from service.openapi import PROBLEM
from service.reconcile.batch import HIGHEST, MOST, VALUES
from service.reconcile.kinds import ASKED, TYPES

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_URL: Schema = {"type": "string", "format": "uri"}


def _object(properties: dict[str, Schema], *optional: str) -> Schema:
    """An object with these properties and no others, which are all there but for the optional ones."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _open(properties: dict[str, Schema], *optional: str) -> Schema:
    """An object with these properties, and others that are passed over."""
    return {**_object(properties, *optional), "additionalProperties": True}


def _list(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def _map(values: Schema, **more: Any) -> Schema:
    return {"type": "object", "additionalProperties": values, **more}


_NAMED = _object({"id": _TEXT, "name": _TEXT})
_TYPE = _object({"id": {"type": "string", "enum": list(TYPES)}, "name": _TEXT, "broader": _list(_NAMED)}, "broader")

# What is asked.
_VALUE: Schema = {
    "oneOf": [
        {"type": ["string", "number", "boolean"]},
        {"type": "object", "properties": {"id": {"type": "string", "minLength": 1}, "name": _TEXT}, "required": ["id"]},
    ]
}
_SAID = _open({"pid": {"type": "string", "minLength": 1}, "v": {"anyOf": [_VALUE, _list(_VALUE, maxItems=20)]}})
_QUESTION = _open(
    {
        "query": _TEXT,
        "type": {"anyOf": [_TEXT, _list(_TEXT)]},
        "type_strict": {"type": "string", "description": "any, should, all"},
        "limit": {"type": "number"},
        "properties": _list(_SAID, maxItems=20, description=f"at most {VALUES} values in all"),
    },
    *("type", "type_strict", "limit", "properties"),
)
_QUESTIONS = _map(_QUESTION, description=f"at most {MOST}, by any names")
_SETTINGS = _open({"year": {"type": "string", "pattern": "^([0-9]{4})?$"}}, "year")
_WANTED = _open({"id": {"type": "string", "enum": list(ASKED)}, "settings": _SETTINGS}, "settings")
_EXTENSION = _open({"ids": _list(_TEXT, description=f"at most {MOST}"), "properties": _list(_WANTED)})

# What is answered.
_CANDIDATE = _object(
    {
        "id": _TEXT,
        "name": _TEXT,
        "description": _TEXT,
        "type": _list(_NAMED, minItems=1),
        "score": {"type": "number", "minimum": 0, "maximum": 100},
        "features": _list(_object({"id": _TEXT, "value": {"type": "number"}})),
        "match": {"type": "boolean"},
    }
)
_RESULTS = _map(_object({"result": _list(_CANDIDATE, maxItems=HIGHEST)}))
_DATE: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T00:00:00Z$"}
_CELL: Schema = {
    "oneOf": [_NAMED, _object({"str": _TEXT}), _object({"int": {"type": "integer"}}), _object({"date": _DATE})]
}
_ROWS = _object(
    {"meta": _list(_object({"id": _TEXT, "name": _TEXT, "type": _NAMED}, "type")), "rows": _map(_map(_list(_CELL)))}
)
_SERVICE = _object({"service_url": _URL, "service_path": _TEXT})
_TEMPLATE: Schema = {"type": "string", "pattern": r"\{\{id\}\}"}
_SETTING = {**_map(_TEXT), "required": ["type", "name", "label"]}
_MANIFEST = _object(
    {
        "versions": {"const": ["0.2"]},
        **dict.fromkeys(("name", "identifierSpace", "schemaSpace", "documentation", "serviceVersion"), _TEXT),
        "view": _object({"url": _TEMPLATE}),
        "defaultTypes": _list(_TYPE),
        "suggest": _object(dict.fromkeys(("entity", "type", "property"), _SERVICE)),
        "preview": _object({"url": _TEMPLATE, "width": {"type": "integer"}, "height": {"type": "integer"}}),
        "extend": _object({"propose_properties": _SERVICE, "property_settings": _list(_SETTING)}),
        "batchSize": {"type": "integer"},
    }
)
_ENTITIES = _object(
    {"result": _list(_object({"id": _TEXT, "name": _TEXT, "description": _TEXT, "notable": _list(_NAMED)}))}
)
_PROPOSAL = _object({"type": _TEXT, "properties": _list(_NAMED)})
# The schema of each kind of answer, for whoever wants to judge one.
ANSWERS: dict[str, Schema] = {
    "manifest": _MANIFEST,
    "candidates": _RESULTS,
    "extension": _ROWS,
    "entities": _ENTITIES,
    "types": _object({"result": _list(_TYPE)}),
    "properties": _object({"result": _list(_NAMED)}),
    "proposal": _PROPOSAL,
}

_LANGUAGE = ("lang", "query", {"type": "string"}, "vi, en")
_PREFIX = ("prefix", "query", {"type": "string"}, "phần đầu đã gõ · what was typed so far")
_CURSOR = ("cursor", "query", {"type": "integer", "minimum": 0, "maximum": 999_999}, "how many were shown before")
_OF_TYPE = ("type", "query", {"type": "string"}, "loại · a type")
_LIMIT = ("limit", "query", {"type": "integer", "minimum": 0, "maximum": 999_999}, "properties at most")


def paths() -> dict[str, Any]:
    """The path items of `/reconcile` and what its manifest names."""
    given = {
        "queries": (_QUESTIONS, "a batch of questions"),
        "extend": (_EXTENSION, "properties of things by identifier"),
    }
    asked = [
        {"name": name, "in": "query", "description": text, "content": {"application/json": {"schema": schema}}}
        for name, (schema, text) in given.items()
    ]
    fields = {
        name: {"type": "string", "contentMediaType": "application/json", "contentSchema": schema}
        for name, (schema, _) in given.items()
    }
    one = [{"required": [name]} for name in fields]
    form = {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": fields, "anyOf": one}}}
    told = [ANSWERS[name] for name in ("manifest", "candidates", "extension")]
    answer = _operation("reconcile", "manifest, candidates, properties", {"anyOf": told}, "400", "414", "504")
    post = _operation("reconcile-post", "candidates, properties", {"anyOf": told[1:]}, "400", "413", "415", "504")
    found = {
        "/reconcile": {
            "get": {**answer, "parameters": [*asked, _parameter(*_LANGUAGE)]},
            "post": {**post, "requestBody": {"required": True, "content": form}},
        },
        "/reconcile/preview": {"get": _preview()},
        "/reconcile/extend/propose": {"get": _suggestion("proposal", _OF_TYPE, _LIMIT, _LANGUAGE, status="400")},
    }
    for name, kind in (("entity", "entities"), ("type", "types"), ("property", "properties")):
        more = () if name == "type" else (_OF_TYPE,)
        told_of = _suggestion(kind, _PREFIX, _CURSOR, *more, _LANGUAGE, status="400")
        found[f"/reconcile/suggest/{name}"] = {"get": told_of}
    return found


def _suggestion(kind: str, *parameters: tuple[str, str, Schema, str], status: str = "") -> dict[str, Any]:
    told = _operation(f"reconcile-{kind}", kind, ANSWERS[kind], *filter(None, (status,)))
    return {**told, "parameters": [_parameter(*each) for each in parameters]}


def _preview() -> dict[str, Any]:
    identifier = ("id", "query", {"type": "string"}, "unit/2004/182, cluster/…")
    told = _operation("reconcile-preview", "a small page for a frame", None, "404")
    return {**told, "parameters": [_parameter(*identifier) | {"required": True}, _parameter(*_LANGUAGE)]}


_PROBLEMS = {
    "400": "Sai · Not of the form, or more than is allowed at once; `place` says where",
    "404": "Không có · This release has nothing called so",
    "413": "Quá dài · The body is too long",
    "414": "Quá dài · The address is too long; ask by POST",
    "415": "Không phải biểu mẫu · The body is no form",
    "504": "Quá lâu · The batch took longer than a query may; ask fewer questions at a time",
}


def _operation(name: str, summary: str, schema: Schema | None, *statuses: str) -> dict[str, Any]:
    content: dict[str, Any] = {"text/html": {}} if schema is None else {"application/json": {"schema": schema}}
    responses = {status: {"description": _PROBLEMS[status], "content": PROBLEM} for status in statuses}
    return {
        "operationId": name,
        "summary": f"Reconciliation API 0.2: {summary}",
        "tags": ["reconciliation"],
        "responses": {"200": {"description": "OK", "content": content}, **responses},
    }


def _parameter(name: str, place: str, schema: Schema, description: str) -> dict[str, Any]:
    return {"name": name, "in": place, "required": name == "prefix", "schema": schema, "description": description}
