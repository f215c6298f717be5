"""The reply to a curated question: rows as people and programs read them, and where they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import msgspec
from pyoxigraph import NamedNode

from loaders.release import Release
from service.binding import Bound
from service.query import Column

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
USUAL, MOST = 100, 10_000

Cell = str | int | float | bool | None
Row = dict[str, Cell]
Binding = Mapping[str, Mapping[str, str]]
Key = tuple[str | None, ...]


@dataclass(frozen=True)
class Reply:
    """Rows `offset` and following of all `total`; `next` is the address of those that come after them."""

    bound: Bound
    release: Release
    rows: Sequence[Row]
    total: int
    offset: int = 0
    lang: str = "vi"
    address: str | None = None
    next: str | None = None

    @property
    def truncated(self) -> bool:
        """Whether there are rows after these."""
        return self.offset + len(self.rows) < self.total

    @property
    def note(self) -> str | None:
        """What a reader must know besides the rows: that no row means unknown, what is never published."""
        query = self.bound.query
        found = [query.empty] if not self.rows and not self.offset else []
        words = [note.get(self.lang) for note in [*found, query.note] if note]
        return " ".join(words) or None

    @property
    def sources(self) -> list[str]:
        """The sources that the rows name, each once, as they come."""
        return list(dict.fromkeys(str(row["source"]) for row in self.rows if row.get("source")))

    def body(self) -> dict[str, object]:
        """The reply as the API gives it."""
        body: dict[str, object] = {
            "query": self.bound.query.name,
            "params": dict(self.bound.values),
            "release": self.release.version,
            "rows": list(self.rows),
            "count": len(self.rows),
            "total": self.total,
            "truncated": self.truncated,
            "next": self.next,
            "license": LICENCE,
        }
        return body | ({"note": self.note} if self.note else {})


class _Results(msgspec.Struct):
    bindings: list[msgspec.Raw]


class _Answer(msgspec.Struct):
    results: _Results


_ANSWERS = msgspec.json.Decoder(_Answer)
_ROWS = msgspec.json.Decoder(dict[str, dict[str, str]])


def bindings(answer: bytes) -> list[dict[str, dict[str, str]]]:
    """The rows of SPARQL's JSON: variable → `type`, `value`, and `xml:lang` or `datatype`."""
    return list(each(answer))


def each(answer: bytes) -> Iterator[dict[str, dict[str, str]]]:
    """The same rows, one by one: between two of them another thread has its turn, within a decoder none has."""
    return map(_ROWS.decode, _ANSWERS.decode(answer).results.bindings)


def results(names: Sequence[str], rows: Sequence[bytes]) -> bytes:
    """Rows that are written, in SPARQL's JSON, under the names of their columns.

    >>> results(["x"], [b'{"x":{"type":"literal","value":"1"}}', b"{}"])
    b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"literal","value":"1"}},{}]}}'
    """
    return b'{"head":{"vars":%s},"results":{"bindings":[%s]}}' % (msgspec.json.encode(names), b",".join(rows))


def things(bound: Bound, keys: Sequence[Binding]) -> list[NamedNode]:
    """What the rows of these keys are about, each once."""
    assert bound.query.keys, "only a long list is asked so"
    about = bound.query.keys.about
    return [NamedNode(iri) for iri in dict.fromkeys(row[about]["value"] for row in keys)]


def chosen(bound: Bound, keys: Sequence[Binding], found: Sequence[Binding]) -> list[Binding]:
    """Of all rows about the things of a page, those of its keys, in their order."""
    rows = {key(bound, row): row for row in reversed(found)}
    return [rows[key(bound, each)] for each in keys]


def key(bound: Bound, row: Binding) -> Key:
    """What tells a row of a long list from the others."""
    assert bound.query.keys, "only a long list is asked so"
    return tuple(row[name]["value"] if name in row else None for name in bound.query.keys.columns)


def rows(columns: Sequence[Column], bindings: Iterable[Binding]) -> list[Row]:
    """The rows of SPARQL's JSON as flat objects: a key a column, null for what is unknown."""
    # Hundreds of rows with tens of columns each: what is text, which is most, is taken as it is.
    wanted = [(column.name, _READERS.get(column.type)) for column in columns]
    return [
        {
            name: None if (term := binding.get(name)) is None else read(term["value"]) if read else term["value"]
            for name, read in wanted
        }
        for binding in bindings
    ]


def _number(value: str) -> Cell:
    number = Decimal(value)
    return int(number) if number == number.to_integral_value() else float(number)


_READERS: Mapping[str, Callable[[str], Cell]] = {
    "integer": int,
    "number": _number,
    "boolean": lambda value: value in ("true", "1"),
}
