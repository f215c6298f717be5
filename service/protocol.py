"""A request as the SPARQL 1.1 Protocol has it: GET, a form, or the query itself as the body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from pyoxigraph import NamedNode

from service.methods import ACCEPT_QUERY, QUERIES
from service.negotiation import GRAPHS, RESULTS, prefers
from service.problems import Problem

_QUERY, _FORM = QUERIES
_UPDATE = "application/sparql-update"


@dataclass(frozen=True)
class Operation:
    """What is asked: the query if there is one, the graphs it is asked of, the format by its short name."""

    query: str | None
    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    format: str | None = None


def is_shown(method: str, accept: str | None, asked: Operation) -> bool:
    """Whether the query is to be shown to a person, who followed a link to it, and not answered to a program."""
    if method != "GET" or "text/html" not in (accept or "").lower() or asked.format or asked.default or asked.named:
        return False
    return all(prefers(accept, "text/html", over=form.media) for form in (*RESULTS, *GRAPHS))


def operation(method: str, headers: Mapping[str, str], address: bytes, body: bytes) -> Operation:
    """The operation of a request; Problem 400, 403 or 415 for what is none.

    `address` is the part after the `?`. Unknown parameters are passed over, as the protocol wants.
    """
    parameters = _pairs(address)
    if method == "GET":
        return _operation(parameters)
    unpacked(headers)
    kind = media_type(headers.get("content-type", ""))
    if kind == _FORM:
        return _operation([*parameters, *_pairs(body)])
    if kind == _UPDATE:
        raise _read_only()
    if kind != _QUERY:
        detail = f"A body is {_QUERY} or {_FORM}, not {kind!r}."
        raise Problem(415, "Not a query", detail, ACCEPT_QUERY, available=list(QUERIES))
    return _operation([*parameters, ("query", _text(body))])


def unpacked(headers: Mapping[str, str]) -> None:
    """Nothing; Problem 415 if a body is packed."""
    if (headers.get("content-encoding") or "identity").lower() != "identity":
        detail = "Send the body as it is, without Content-Encoding."
        raise Problem(415, "Encoded body", detail, {"Accept-Encoding": "identity"})


def media_type(content_type: str) -> str:
    """The type of a body; Problem 415 if its letters are not in UTF-8."""
    media, _, rest = content_type.partition(";")
    for parameter in rest.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in ("utf-8", "utf8", "us-ascii"):
            raise Problem(415, "Not UTF-8", f"What is sent here is in UTF-8, not in {value.strip()!r}.")
    return media.strip().lower()


def _operation(parameters: list[tuple[str, str]]) -> Operation:
    given: dict[str, list[str]] = {}
    for name, value in parameters:
        given.setdefault(name, []).append(value)
    if len(queries := given.get("query", [])) > 1:
        raise Problem(400, "More than one query", "A request asks one query; this one has several.")
    if "update" in given:
        raise _read_only()
    # A dataset is made of a set of graphs; the engine would count what is in one as often as it is named.
    default, named = (
        tuple(dict.fromkeys(map(_iri, given.get(f"{kind}-graph-uri", [])))) for kind in ("default", "named")
    )
    return Operation(queries[0] if queries else None, default, named, next(filter(None, given.get("format", [])), None))


def _read_only() -> Problem:
    detail = "This endpoint answers questions and changes nothing; corrections go through the sources."
    return Problem(403, "Read-only", detail, type="urn:thidua:problem:read-only")


def _pairs(text: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(_text(text), keep_blank_values=True, errors="strict", max_num_fields=1000)
    except UnicodeDecodeError as error:
        raise Problem(400, "Not UTF-8", f"A percent-encoded byte is not UTF-8: {error.reason}.") from None
    except ValueError as error:
        raise Problem(400, "Too many parameters", str(error)) from None


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem(400, "Not UTF-8", f"Byte {error.start} of the request is not UTF-8.") from None


def _iri(text: str) -> str:
    try:
        return NamedNode(text).value
    except ValueError:
        raise Problem(400, "Not an IRI", f"A graph is named by an absolute IRI, which {text[:100]!r} is not.") from None
