"""What callers give becomes RDF terms in the rows of a query's VALUES: never text spliced into a query."""

from __future__ import annotations

import calendar
import datetime
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode

from loaders.errors import UsageError
from loaders.identity import match_key, search_key
from loaders.namespaces import BASE, boolean, date, integer, string
from service.query import KNOWN, LANG, Param, Query, Slot, Template, Words

LONGEST = 300
# What is looked for has one of these at least: there are no names in another script.
LETTER = "[0-9A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ]"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")

Term = NamedNode | Literal
Rows = list[tuple[Term, ...]]


class WrongValue(UsageError):
    """A value is not of its parameter's type; `vi` says so to whoever filled in a form."""

    def __init__(self, param: Param, value: str, expected: Words) -> None:
        shown = value if len(value) <= 60 else value[:60] + "…"
        super().__init__(f"{param.name}={shown!r}: {expected.en}")
        self.param, self.value, self.expected = param, shown, expected.en
        self.vi = f"{param.words.vi}: “{shown}” không dùng được; {expected.vi}."


class UnknownParameter(UsageError):
    """A parameter that the query does not have; `available` are those it has."""

    def __init__(self, name: str, query: Query) -> None:
        self.name, self.available = name, [param.name for param in query.params]
        super().__init__(f"{query.name} has no parameter {name!r}; it has {', '.join(self.available)}")


class MissingParameter(UsageError):
    """A required parameter was not given."""


@dataclass(frozen=True)
class Bound:
    """A query whose parameters have their values; `values` are those that were given, as a caller reads them.

    `terms` are the values as RDF; `thing` is what a key in the path names, `named` what the other keys may name, by
    parameter.
    """

    query: Query
    values: Mapping[str, str | int | bool]
    terms: Mapping[str, Rows]
    thing: NamedNode | None = None
    named: Mapping[str, tuple[NamedNode, ...]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The SPARQL for all rows."""
        return _filled(self.query.template, self.terms)

    def page(self, limit: int, offset: int = 0) -> str:
        """The SPARQL for these rows."""
        return f"{self.text}\nLIMIT {limit} OFFSET {offset}"

    def keys(self, limit: int, offset: int = 0) -> str:
        """The SPARQL for the keys of these rows, of a query that has them."""
        return f"{self._keys}\nLIMIT {limit} OFFSET {offset}"

    def about(self, things: Iterable[NamedNode]) -> str:
        """The SPARQL for the rows about these things."""
        assert self.query.keys, "only a long list is asked so"
        return _filled(self.query.template, {**self.terms, self.query.keys.about: [(thing,) for thing in things]})

    @property
    def open(self) -> Bound:
        """The same question about everything: of its parameters it has the language alone, which is in every row."""
        return replace(self, terms={name: rows for name, rows in self.terms.items() if name == LANG.name})

    @property
    def spared(self) -> Bound:
        """The same question without the columns that the order of a release knows."""
        return replace(self, terms={**self.terms, KNOWN.name: [(boolean(True),)]})

    @property
    def count(self) -> str:
        """The SPARQL that counts all rows."""
        text = self._keys if self.query.keys else self.text
        start = re.search(r"^SELECT\b", text, re.MULTILINE)
        assert start, "the catalogue checked that it is a SELECT"
        return f"{text[: start.start()]}SELECT (COUNT(*) AS ?total) WHERE {{ {{ {text[start.start() :]}\n}} }}"

    @property
    def _keys(self) -> str:
        assert self.query.keys, "only a long list is asked so"
        return _filled(self.query.keys.template, self.terms)


def bind(query: Query, given: Mapping[str, str], base: str = BASE) -> Bound:
    """The query with these values as RDF terms; WrongValue, UnknownParameter or MissingParameter otherwise."""
    names = {param.name for param in query.params}
    for name in given:
        if name not in names:
            raise UnknownParameter(name, query)
    rows: dict[str, Rows] = {}
    values: dict[str, str | int | bool] = {}
    for param in query.params:
        value = given.get(param.name) or param.default
        if value is not None:
            rows[param.name] = read(param, value, base)
            values[param.name] = _shown(param, value)
        elif param.required:
            raise MissingParameter(f"{query.name} needs {param.name}")
    things = [rows[param.name][0][0] for param in query.params if param.required]
    thing = next((found for found in things if isinstance(found, NamedNode)), None)
    keys = [param.name for param in query.params if param.type in ("iri", "unit", "concept") and not param.required]
    named = {
        name: tuple(term for (term,) in rows[name] if isinstance(term, NamedNode)) for name in keys if name in rows
    }
    return Bound(query, values, rows, thing, named)


def _filled(template: Template, rows: Mapping[str, Rows]) -> str:
    pieces = [template.parts[0]]
    for slot, part in zip(template.slots, template.parts[1:], strict=True):
        values = " ".join(_row(row, slot) for row in rows[slot.param]) if slot.param in rows else slot.open
        pieces += [f" {values} ", part]
    return "".join(pieces)


def _row(terms: tuple[Term, ...], slot: Slot) -> str:
    text = " ".join(str(terms[place]) for place in slot.places)
    return text if len(slot.places) == 1 else f"({text})"


def _shown(param: Param, value: str) -> str | int | bool:
    if param.type == "year":
        return int(value)
    return value == "true" if param.type == "boolean" else unicodedata.normalize("NFC", value)


def read(param: Param, value: str, base: str = BASE) -> Rows:
    """The rows of terms that a value stands for; WrongValue says what is expected."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise WrongValue(param, ascii(value), Words("đây không phải chữ Unicode", "not Unicode text")) from None
    if len(value) > LONGEST:
        raise WrongValue(param, value, Words(f"dài hơn {LONGEST} ký tự", f"longer than {LONGEST} characters"))
    if _CONTROL.search(value):
        raise WrongValue(param, value, Words("trong đó có ký tự điều khiển", "holds a control character"))
    return READERS[param.type](param, unicodedata.normalize("NFC", value).strip(), base)


def _node(param: Param, value: str, starts: list[str], expected: Words) -> Rows:
    """The IRI itself when it begins as it must, or the key under every start."""
    try:
        if re.match(r"https?:", value):
            if not any(value.startswith(start) and len(value) > len(start) for start in starts):
                raise ValueError
            return [(NamedNode(value),)]
        key = "/".join(quote(part, safe="") for part in value.split("/"))
        return [(NamedNode(start + key),) for start in starts]
    except ValueError:
        raise WrongValue(param, value, expected) from None


def _iri(param: Param, value: str, base: str) -> Rows:
    starts = [f"{base}id/{kind}/" for kind in param.kinds]
    vi = f"cần mã, hoặc IRI bắt đầu bằng {' hay '.join(starts)}"
    return _node(param, value, starts, Words(vi, f"a key, or an IRI that begins with {' or '.join(starts)}"))


def _unit(param: Param, value: str, base: str) -> Rows:
    start = f"{base}id/unit/"
    expected = Words(
        "cần ấn bản danh mục và mã của đơn vị, như 2004/182: hãy tìm đơn vị theo tên, mã ở trên trang của nó",
        f"a unit as edition/code, such as 2004/182, or its IRI; /api/units?q=… finds it ({start}…)",
    )
    if not re.match(r"https?:", value) and not re.fullmatch(r"[^/]+/[^/]+", value):
        raise WrongValue(param, value, expected)
    return _node(param, value, [start], expected)


def _concept(param: Param, value: str, base: str) -> Rows:
    start = f"{base}concept/{param.scheme}/"
    expected = Words(f"cần mã của một khái niệm ở {start}, hoặc IRI của nó", f"a key of {start}, or its IRI")
    return _node(param, value, [start], expected)


def _choice(param: Param, value: str, base: str) -> Rows:
    start = f"{base}concept/{param.scheme}/" if param.scheme else ""
    key = value.removeprefix(start)
    if key not in param.values:
        among = ", ".join(param.values)
        raise WrongValue(param, value, Words(f"chọn một trong: {among}", f"one of {among}"))
    return [(NamedNode(start + key) if start else string(key),)]


def _year(param: Param, value: str, base: str) -> Rows:
    if not re.fullmatch(r"(1[89]|2[01])[0-9]{2}", value):
        expected = Words("cần một năm từ 1800 đến 2199, như 2017", "a year between 1800 and 2199, such as 2017")
        raise WrongValue(param, value, expected)
    return [(integer(int(value)),)]


def _day(param: Param, value: str, last: bool) -> datetime.date:
    expected = (
        Words("cần ngày viết như 2017-07-14", "a day such as 2017-07-14")
        if param.type == "date"
        else Words(
            "cần ngày, tháng hay năm: 2017-07-14, 2017-07 hoặc 2017",
            "a day, month or year: 2017-07-14, 2017-07 or 2017",
        )
    )
    match = _DAY.fullmatch(value)
    if not match or (param.type == "date" and not match[3]):
        raise WrongValue(param, value, expected)
    try:
        year, month = int(match[1]), int(match[2] or (12 if last else 1))
        if match[3]:
            return datetime.date(year, month, int(match[3]))
        return datetime.date(year, month, calendar.monthrange(year, month)[1] if last else 1)
    except ValueError:
        raise WrongValue(param, value, expected) from None


def _search(param: Param, value: str, base: str) -> Rows:
    if not re.search(LETTER, value):
        expected = Words("cần ít nhất một chữ cái hay chữ số", "at least one Latin letter or digit")
        raise WrongValue(param, value, expected)
    key = search_key(value)
    words = key.split(" ", 7)
    # Where there is no word, the space before every word: that a text contains "" is not true in every engine.
    starts = [" " + word for word in words] + [" "] * (8 - len(words))
    return [tuple(string(text) for text in (key, match_key(value), *starts))]


def _boolean(param: Param, value: str, base: str) -> Rows:
    if value not in ("true", "false"):
        raise WrongValue(param, value, Words("cần true hoặc false", "true or false"))
    return [(boolean(value == "true"),)]


def _lang(param: Param, value: str, base: str) -> Rows:
    if value not in ("vi", "en"):
        raise WrongValue(param, value, Words("cần vi hoặc en", "vi or en"))
    return [(string(value),)]


READERS: Mapping[str, Callable[[Param, str, str], Rows]] = {
    "iri": _iri,
    "unit": _unit,
    "concept": _concept,
    "choice": _choice,
    "year": _year,
    "date": lambda param, value, base: [(date(_day(param, value, last=False)),)],
    "since": lambda param, value, base: [(date(_day(param, value, last=False)),)],
    "until": lambda param, value, base: [(date(_day(param, value, last=True)),)],
    "string": lambda param, value, base: [(string(value),)],
    "boolean": _boolean,
    "search": _search,
    "lang": _lang,
}
