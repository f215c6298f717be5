"""What a client of `/reconcile` sends, read: a batch of questions, or the properties it wants of units it has.

What does not have the form of the specification is refused with the place where it does not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from service.problems import Problem
from service.protocol import media_type
from service.reconcile.question import Question
from service.reconcile.wording import cell

FORM = "application/x-www-form-urlencoded"
# Questions in a batch, units in an extension, and values of one thing: OpenRefine sends ten to fifty.
MOST, _FEW = 500, 20
# Values of all properties of a question: each is held against every candidate.
VALUES = 40
_LIMIT, HIGHEST = 10, 50


def fields(address: bytes, body: bytes, content_type: str) -> dict[str, str]:
    """The fields of a request, those of the form before those of the address; Problem 400 or 415."""
    if body and media_type(content_type) != FORM:
        raise Problem(415, "Not a form", f"The body is {FORM}, with the field queries or extend.", available=[FORM])
    try:
        pairs = [
            pair
            for text in (address, body)
            for pair in parse_qsl(text.decode(), keep_blank_values=True, errors="strict", max_num_fields=50)
        ]
    except ValueError as error:
        raise Problem(400, "Not a form", f"The fields cannot be read: {error}") from None
    return dict(pairs)


def questions(text: str) -> dict[str, Question]:
    """The questions of a batch under the client's names for them; Problem 400 with the place of what is wrong."""
    batch = _parsed(text, "queries")
    _at_most(batch, "queries")
    _whole(batch, "queries")
    return {name: _question(_object(query, name), name) for name, query in batch.items()}


def extension(text: str) -> tuple[list[str], dict[str, int | None]]:
    """The things, and the properties that are wanted of each with their year; Problem 400 with the place of a fault."""
    wanted = _parsed(text, "extend")
    ids = _list(wanted.get("ids"), "ids")
    _at_most(ids, "ids")
    if not all(isinstance(each, str) for each in ids):
        raise _wrong("ids", "identifiers are strings")
    _whole(ids, "ids")
    properties = _list(wanted.get("properties"), "properties")
    _at_most(properties, "properties")
    found: dict[str, int | None] = {}
    for at, given in enumerate(properties):
        place = f"properties[{at}]"
        name = _string(_object(given, place).get("id"), f"{place}.id")
        found[name] = _year(_object(given.get("settings") or {}, f"{place}.settings").get("year"), place)
    return ids, found


def _year(given: object, place: str) -> int | None:
    """The year of a setting, which OpenRefine sends as a number or as what was typed."""
    if given is None or given == "":
        return None
    text = str(int(given)) if isinstance(given, float) and given.is_integer() else str(given).strip()
    if isinstance(given, bool) or not (text.isascii() and text.isdecimal() and len(text) == 4):
        raise _wrong(f"{place}.settings.year", "a year of four figures is expected")
    return int(text)


def _question(query: Mapping[str, Any], place: str) -> Question:
    written = query.get("query", "")
    if not isinstance(written, str):
        raise _wrong(f"{place}.query", "a string is expected")
    said: dict[str, list[str]] = {}
    for at, given in enumerate(_few(query.get("properties", []), f"{place}.properties")):
        here = f"{place}.properties[{at}]"
        given = _object(given, here)
        values = _few(given["v"], f"{here}.v") if isinstance(given.get("v"), list) else [given.get("v")]
        texts = [text for value in values if (text := _value(value, f"{here}.v"))]
        said.setdefault(_string(given.get("pid"), f"{here}.pid"), []).extend(texts)
    if "query" not in query and not said:
        raise _wrong(place, "query or properties are expected")
    told = {pid: texts for pid, texts in said.items() if texts}
    if sum(map(len, told.values())) > VALUES:
        raise _wrong(f"{place}.properties", f"more than {VALUES} values")
    every = query.get("type_strict") == "all"
    return Question(cell(written), told, _types(query, place), _limit(query, place), every)


def _types(query: Mapping[str, Any], place: str) -> frozenset[str]:
    given = query.get("type") or []
    types = [given] if isinstance(given, str) else _list(given, f"{place}.type")
    if not all(isinstance(type, str) for type in types):
        raise _wrong(f"{place}.type", "a type is the identifier of one")
    return frozenset(types)


def _limit(query: Mapping[str, Any], place: str) -> int:
    limit = query.get("limit", _LIMIT)
    if isinstance(limit, bool) or not isinstance(limit, int | float):
        raise _wrong(f"{place}.limit", "a number is expected")
    return int(max(0, min(limit, HIGHEST)))


def _value(value: object, place: str) -> str:
    """A value as text: itself, or the identifier of what was reconciled before."""
    if isinstance(value, dict):
        return _string(value.get("id"), f"{place}.id")
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float | None):
        raise _wrong(place, "a string, a number, a boolean, or an object with an id is expected")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()[:300]


def _parsed(text: str, field: str) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        place: dict[str, Any] = {"line": error.lineno, "column": error.colno}
        raise Problem(400, "Not JSON", f"{field} is not JSON: {error}.", parameter=field, **place) from None
    except (RecursionError, ValueError) as error:
        raise Problem(400, "Not JSON", f"{field} cannot be read: {error}.", parameter=field) from None
    return _object(found, field)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _at_most(given: Any, place: str) -> None:
    if len(given) > MOST:
        raise Problem(400, "Too many at once", f"{place}: more than {MOST}; send them in several parts.", limit=MOST)


def _whole(names: Iterable[str], place: str) -> None:
    """Nothing; Problem 400 when an answer could not repeat a name: JSON can spell half a character, UTF-8 cannot."""
    try:
        "".join(names).encode()
    except UnicodeEncodeError:
        raise _wrong(place, "a name with half a character (a lone surrogate)") from None


def _object(given: object, place: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise _wrong(place, "an object is expected")
    return given


def _list(given: object, place: str) -> list[Any]:
    if not isinstance(given, list):
        raise _wrong(place, "a list is expected")
    return given


def _few(given: object, place: str) -> list[Any]:
    if len(found := _list(given, place)) > _FEW:
        raise _wrong(place, f"more than {_FEW}")
    return found


def _string(given: object, place: str) -> str:
    if not isinstance(given, str) or not given:
        raise _wrong(place, "a string is expected")
    return given


def _wrong(place: str, why: str) -> Problem:
    return Problem(400, "Not a batch of questions", f"{place[:200]}: {why}", place=place[:200])
