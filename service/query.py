"""A curated query as a value: one question, its parameters, its columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote, urlencode

COLUMN_TYPES = ("iri", "string", "integer", "number", "date", "boolean")
PARAM_TYPES = (
    "iri",
    "unit",
    "concept",
    "choice",
    "year",
    "date",
    "since",
    "until",
    "string",
    "boolean",
    "search",
    "lang",
)
# A search is bound to the folded text, its spelling with marks, and eight words.
SEARCH_VARIABLES = ("_q", "_name", "_w1", "_w2", "_w3", "_w4", "_w5", "_w6", "_w7", "_w8")

# A term of a row, as people write it there.
_TERM = r"""(?:<[^<>"{}|^`\\\s]*>|"[^"\\\n]*"(?:@[\w-]+|\^\^<[^<>\s]*>|\^\^\w+:\w+)?|[\w.:+-]+)"""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Words:
    """The same in Vietnamese and in English."""

    vi: str
    en: str

    def get(self, lang: str) -> str:
        """The words in a language, Vietnamese unless English is asked for."""
        return self.en if lang == "en" else self.vi


@dataclass(frozen=True)
class Param:
    """What a caller may give; an `iri` is of `kinds`, a `choice` among `values`, a `concept` in `scheme`."""

    name: str
    type: str
    words: Words
    required: bool = False
    default: str | None = None
    kinds: tuple[str, ...] = ()
    scheme: str | None = None
    values: tuple[str, ...] = ()
    # By what the order of a release finds rows: see `loaders.release.lists`.
    by: str | None = None

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables of the parameter's VALUES."""
        return SEARCH_VARIABLES if self.type == "search" else (f"_{self.name}",)


# What the order of a release knows is not asked for where this is true.
KNOWN = Param("known", "boolean", Words("Đã biết", "Known already"))
# Every query takes it, and uses it where it shows labels of concepts.
LANG = Param("lang", "lang", Words("Ngôn ngữ của nhãn và ghi chú", "Language of labels and notes"), default="vi")


@dataclass(frozen=True)
class Slot:
    """The row of a VALUES: the parameter it belongs to, and which of the parameter's variables it holds."""

    param: str
    places: tuple[int, ...]

    @property
    def open(self) -> str:
        """The row while the parameter has no value."""
        return "UNDEF" if len(self.places) == 1 else f"({' '.join(['UNDEF'] * len(self.places))})"

    @property
    def rows(self) -> str:
        """The pattern of any rows that may stand there."""
        row = r"\s+".join([_TERM] * len(self.places))
        return rf"\s*{_TERM}(?:\s+{_TERM})*\s*" if len(self.places) == 1 else rf"(?:\s*\(\s*{row}\s*\))+\s*"


@dataclass(frozen=True)
class Column:
    """What a row says under one name; `by` names the parameter of which it joins all values that find the row.

    Keys of concepts are of the vocabulary `scheme`; other keys have their words in `values`.
    """

    name: str
    type: str
    words: Words
    by: str | None = None
    scheme: str | None = None
    values: Mapping[str, Words] = field(default_factory=dict)


@dataclass(frozen=True)
class Template:
    """SPARQL around the rows of VALUES: `parts` is what stands around `slots`, in order."""

    parts: tuple[str, ...]
    slots: tuple[Slot, ...]

    def fits(self, text: str) -> bool:
        """Whether the text is this SPARQL, whatever values its rows have; the front matter may be there or not.

        >>> slots = (Slot("a", (0,)), Slot("b", (0, 1)))
        >>> template = Template(("#+ about: x\\nASK { VALUES ?_a {", "} VALUES (?_b ?_c) {", "} }"), slots)
        >>> template.fits('ASK { VALUES ?_a { "x"@vi 2 } VALUES (?_b ?_c) { (UNDEF <urn:c>) } }')
        True
        >>> template.fits("ASK { VALUES ?_a { UNDEF } VALUES (?_b ?_c) { (UNDEF) } }")
        False
        """
        return self._pattern.fullmatch(f"{_bare(text).strip()}\n") is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        first, *parts = (re.escape(part) for part in (_bare(self.parts[0]).lstrip(), *self.parts[1:]))
        rest = "".join(f"{slot.rows}{part}" for slot, part in zip(self.slots, parts, strict=True))
        return re.compile(rf"{first}{rest}\s*")


@dataclass(frozen=True)
class Keys:
    """What tells the rows of a question apart and orders them, asked alone: a list is long, a page of it is short.

    `about` is the variable of the thing that a row is about, `columns` are those that these rows have.
    """

    about: str
    columns: tuple[str, ...]
    template: Template


@dataclass(frozen=True)
class Query:
    """One curated question; `budget` is the milliseconds that it may take at ten million statements."""

    name: str
    group: str
    path: str
    budget: int
    summary: Words
    params: tuple[Param, ...]
    columns: tuple[Column, ...]
    example: Mapping[str, str]
    text: str
    template: Template
    keys: Keys | None = None
    description: Words | None = None
    note: Words | None = None
    empty: Words | None = None

    @property
    def known(self) -> tuple[Column, ...]:
        """The columns that the order of a release knows."""
        return tuple(column for column in self.columns if column.by)

    @property
    def file(self) -> str:
        """The file's place in the project."""
        return f"queries/{self.group}/{self.name}.rq"

    def param(self, name: str) -> Param:
        """The parameter of this name."""
        return next(param for param in self.params if param.name == name)

    @property
    def body(self) -> str:
        """The SPARQL without the front matter."""
        return f"{_bare(self.text).strip()}\n"

    @property
    def example_url(self) -> str:
        """The path and query string that ask the example."""
        return self.url(self.example)

    def url(self, values: Mapping[str, str]) -> str:
        """The path and query string that give these values."""
        inside = dict(values)
        if "unit" in inside and "{edition}/{code}" in self.path:
            inside["edition"], _, inside["code"] = inside.pop("unit").rpartition("/")
        path = _PLACEHOLDER.sub(lambda match: quote(inside.pop(match[1]), safe=""), self.path)
        return f"{path}?{urlencode(inside)}" if inside else path


def _bare(text: str) -> str:
    """The SPARQL of a file without its front matter."""
    return "\n".join(line for line in text.split("\n") if not line.startswith("#+"))
