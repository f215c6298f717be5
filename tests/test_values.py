"""What the document says of parameters is what is read, and what it does not allow is refused."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest

from loaders.resources import ROOT
from service.binding import LONGEST, WrongValue, read
from service.catalogue import Catalogue
from service.query import Param
from service.values import optional, schema

# Numbers and booleans have no quotes in an address.
PARAMS = {
    param.type + param.name: param
    for query in Catalogue.read()
    for param in query.params
    if param.type not in ("year", "boolean")
}
BASE = "https://w3id.org/thidua/"
HOSTILE = json.loads((ROOT / "tests" / "fixtures" / "hostile.json").read_text(encoding="utf-8"))
TEXTS = [
    *(text for text in HOSTILE if "\udc80" not in text),
    *(
        "a",
        "Đ",
        "_",
        "!",
        "ʼ",
        "١",
        "中",
        "a\tb",
        "a\x0bb",
        "a\x7f",
        "a" * LONGEST,
        "a" * (LONGEST + 1),
        "-a",
        "a-1",
        "a/b",
    ),
    *("2017", "2017-07", "2017-07-14", "2016-02-29", "2017-02-29", "2017-13", "2070-02-71", "0000", "9999", "9999-12"),
    *(
        "2004/182",
        "2004/",
        "2004/18/2",
        "http://evil.example/id/cluster/x",
        BASE + "id/cluster/x",
        BASE + "id/cluster/",
    ),
    *(BASE + "id/unit/2004/182", BASE + "concept/award/x", "vi", "fr", "cum", "province", "x y", "x\n", "2017\n"),
]
# Keys are made of less than what can be looked up: whoever asks for one that cannot be learns that there is none.
LOOKED_UP = ("iri", "unit", "concept")


def is_read(param: Param, text: str) -> bool:
    try:
        read(param, text)
    except WrongValue:
        return False
    return True


@pytest.mark.parametrize("param", PARAMS.values(), ids=PARAMS)
def test_what_is_allowed_is_read_and_what_is_not_is_refused(param: Param) -> None:
    allowed = jsonschema_rs.validator_for(schema(param), validate_formats=True)
    for text in filter(None, TEXTS):
        if allowed.is_valid(text):
            assert is_read(param, text), text
        elif param.type not in LOOKED_UP and text == text.strip():
            assert not is_read(param, text), text


def test_every_type_of_parameter_allows_something() -> None:
    for name, param in PARAMS.items():
        allowed = jsonschema_rs.validator_for(schema(param), validate_formats=True)
        assert any(map(allowed.is_valid, [*TEXTS, *param.values])), name


def test_what_may_be_left_out_may_be_empty() -> None:
    for param in PARAMS.values():
        assert jsonschema_rs.validator_for(optional(schema(param))).is_valid("")
