"""What a parameter may be, as JSON Schema says it (ECMA-262 patterns): what `binding` reads."""

from __future__ import annotations

import re
from typing import Any

from loaders.namespaces import BASE
from service.binding import LETTER, LONGEST
from service.query import Param

Schema = dict[str, Any]

# Of text, anything but control characters.
_TEXT = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*"
_WORDS = rf"{_TEXT}{LETTER}{_TEXT}"
_KEY = "[0-9A-Za-z][0-9A-Za-z-]*"
KEY: Schema = {"type": "string", "maxLength": LONGEST // 2, "pattern": f"^{_KEY}$"}
EMPTY: Schema = {"const": "", "description": "as if it were not there"}

_DAY: Schema = {"type": "string", "format": "date"}
# There is no year 0.
_PERIOD: Schema = {"anyOf": [_DAY, {"type": "string", "pattern": "^(?!0000)[0-9]{4}(-(0[1-9]|1[0-2]))?$"}]}
_SCHEMAS: dict[str, Schema] = {
    "year": {"type": "integer", "minimum": 1800, "maximum": 2199},
    "date": _DAY,
    "since": _PERIOD,
    "until": _PERIOD,
    "string": {"type": "string", "maxLength": LONGEST, "pattern": f"^{_TEXT}$"},
    "search": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": f"^{_WORDS}$"},
    "boolean": {"type": "boolean"},
    "lang": {"type": "string", "enum": ["vi", "en"]},
}


def schema(param: Param, base: str = BASE) -> Schema:
    """What the parameter may be."""
    if param.values:
        return {"type": "string", "enum": list(param.values)}
    if param.type in _SCHEMAS:
        return _SCHEMAS[param.type]
    return {"type": "string", "maxLength": LONGEST, "pattern": f"^({_key(param)}|{_iri(param, base)})$"}


def optional(schema: Schema, default: object = None) -> Schema:
    """The same, or empty as fields of forms are: that counts as not given.

    >>> optional({"type": "boolean"})["anyOf"][1]["const"]
    ''
    """
    found: Schema = {"anyOf": [schema, EMPTY]}
    return found if default is None else found | {"default": default}


def _key(param: Param) -> str:
    unit = f"{_KEY}/{_KEY}"
    return unit if param.type == "unit" else f"{_KEY}|{unit}" if "unit" in param.kinds else _KEY


def _iri(param: Param, base: str) -> str:
    if param.type == "concept":
        return f"{re.escape(base)}concept/{param.scheme}/{_KEY}"
    kinds = "|".join(param.kinds or ("unit",))
    return f"{re.escape(base)}id/({kinds})/{_KEY}(/{_KEY})?"
