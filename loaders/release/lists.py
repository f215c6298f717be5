"""The long lists among the curated questions: which rows they have, in which order, and by what each row is found.

The file of a long list names in `about` the variable of the thing that a row is about, and has a line `# Beside a row:`
in its pattern: what stands above it gives the keys of all rows, in order. Its parameters may say in `by` what a row is
found by, in variables and prefixes of that part:

by: ?year                                   the value
by: ?cluster ?subject                       one of these values
by: ?anyType skos:broader* ?_form           one of the values that this path leads to
by: ?award ?agent                           (words) one word or more of the names of these, of each one name
by: ?inForceFrom ?inForceTo                 (a day) it is between these, if the second is known

By a parameter without `by` rows are found fast enough by the question itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from loaders.errors import SourceError
from loaders.namespaces import rdf, td
from loaders.resources import query_files, read_text

_HEAD = re.compile(r"^SELECT[^{]*\{", re.MULTILINE)
_BESIDE = re.compile(r"^  # Beside a row:.*$", re.MULTILINE)
_TAIL = re.compile(r"^\}\s*(?:#.*\n)*ORDER BY .*", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
_VARIABLE = re.compile(r"\?(\w+)")
_FRONT = re.compile(r"^#\+.*\n", re.MULTILINE)
_SPACE = re.compile(r"^PREFIX (\w+): <(.*)>$", re.MULTILINE)
_NAME = re.compile(r"\b(\w+):(\w+)")
_PREFIX = re.compile(r"^PREFIX .*$", re.MULTILINE)
_CONDITION = re.compile(r"(\w*) ?(\((?:[^()]|\([^()]*\))*\))|\?\w+")
# What the conditions by which rows are sorted are called, where they are asked for.
SORTED = "_sorted"


@dataclass(frozen=True)
class Keys:
    """The part of a long list that tells rows apart: its text around what is selected, and which columns it has."""

    before: str
    after: str
    about: str
    columns: tuple[str, ...]

    def text(self, more: Iterable[str] = ()) -> str:
        """The SPARQL for the keys of all rows, in order; with more variables, each key once for each that they are."""
        chosen = dict.fromkeys((*self.columns, self.about, *more))
        return f"{self.before}SELECT DISTINCT {' '.join(f'?{name}' for name in chosen)} WHERE {{{self.after}"

    def about_these(self, things: Iterable[str], more: Iterable[str] = ()) -> str:
        """As `text`, but of the rows about these things alone, and with what they are sorted by."""
        found = (f"({said} AS ?{SORTED}{number})" for number, (said, _) in enumerate(self.sorted))
        values = " ".join(f"<{thing}>" for thing in things)
        text = self.text(more).replace(" WHERE {", f" {' '.join(found)} WHERE {{", 1)
        return text.replace(f"VALUES ?{self.about} {{ UNDEF }}", f"VALUES ?{self.about} {{ {values} }}")

    @property
    def sorted(self) -> list[tuple[str, bool]]:
        """By what the rows are sorted, and whether the greatest comes first."""
        _, _, said = self.after.rpartition("ORDER BY")
        found = []
        for each in _CONDITION.finditer(said):
            name = each[1] or ""
            turned = name in ("ASC", "DESC") or (not name and each[2])
            found.append((each[2] if turned else each[0], name == "DESC"))
        return found


@dataclass(frozen=True)
class By:
    """What rows are found by: variables, and a path from the first of them, if it is not their own value."""

    type: str
    variables: tuple[str, ...]
    path: str | None = None

    @property
    def words(self) -> bool:
        """Whether it is words of names that are looked for."""
        return self.type == "search"

    @property
    def spans(self) -> bool:
        """Whether it is a day in between two others."""
        return self.type == "date" and len(self.variables) == 2


@dataclass(frozen=True)
class LongList:
    """A long list: its keys, and by parameter what its rows are found by."""

    name: str
    keys: Keys
    by: Mapping[str, By]
    prefixes: str

    @property
    def text(self) -> str:
        """The SPARQL for the keys of all rows, in order, with all that they are found by."""
        return self.keys.text(self.sought)

    @property
    def sought(self) -> Iterable[str]:
        """The variables by which rows are found."""
        return dict.fromkeys(name for by in self.by.values() for name in by.variables)

    def concerned(self, lines: Iterable[bytes]) -> bool:
        """Whether one of these N-Quads has a property that the list asks for."""
        asked = " ".join([self.text, *(by.path or "" for by in self.by.values())])
        spaces = dict(_SPACE.findall(self.prefixes))
        named = {f"<{spaces[prefix]}{name}>" for prefix, name in _NAME.findall(asked) if prefix in spaces}
        found = {name.encode() for name in (*named, str(rdf.type), str(td.searchKey))}
        return any(line.split(b" ", 2)[1] in found for line in lines)

    @property
    def sum(self) -> str:
        """What tells an order that was made by these words from one that was made by others."""
        told = [self.text, *(f"{name} {by}" for name, by in sorted(self.by.items()))]
        return sha256("\n".join(told).encode()).hexdigest()


@cache
def long_lists() -> Mapping[str, LongList]:
    """All long lists, by name."""
    found = (read(path) for path in query_files())
    return {each.name: each for each in found if each is not None}


def read(path: Path) -> LongList | None:
    """The long list in a file; None if the question there has none, SourceError if it says nothing of itself."""
    text = read_text(path)
    lines = [line.removeprefix("#+").removeprefix(" ") for line in text.splitlines() if line.startswith("#+")]
    head: dict[str, Any] | None = yaml.load("\n".join(lines), Loader=yaml.CBaseLoader)
    if head is None:
        raise SourceError("a question without front matter", file=str(path), hint="lines that begin with #+")
    if "about" not in head:
        return None
    params: Mapping[str, Mapping[str, str]] = head.get("params") or {}
    found = keys(path, text, tuple(head["columns"]), head["about"])
    known = set(_VARIABLE.findall(found.after))
    by = {name: _by(path, said["type"], said["by"], known) for name, said in params.items() if "by" in said}
    return LongList(path.stem, found, by, "\n".join(_PREFIX.findall(text)))


def keys(path: Path, text: str, columns: Iterable[str], about: str) -> Keys:
    """The part above `# Beside a row:` as a question of its own; SourceError when there is none that can be."""
    head, beside, tail = _HEAD.search(text), _BESIDE.search(text), _TAIL.search(text)
    if not (head and beside and tail):
        raise SourceError("the rows of a long list are found above a line", file=str(path), hint="# Beside a row:")
    found = text[head.end() : beside.start()]
    known = set(_VARIABLE.findall(_COMMENT.sub("", found)))
    if late := sorted(set(_VARIABLE.findall(_COMMENT.sub("", tail[0]))) - known):
        raise SourceError("the rows are ordered by what stands beside them", file=str(path), value=late[0])
    before = _FRONT.sub("", text[: head.start()])
    return Keys(before, f"{found}{tail[0]}", about, tuple(name for name in columns if name in known))


def _by(path: Path, kind: str, said: str, known: set[str]) -> By:
    parts = said.split()
    if all(part.startswith("?") for part in parts):
        by = By(kind, tuple(part.removeprefix("?") for part in parts))
    elif len(parts) >= 3 and parts[0].startswith("?") and parts[-1].startswith("?_"):
        by = By(kind, (parts[0].removeprefix("?"),), " ".join(parts[1:-1]))
    else:
        raise SourceError("by is variables, or a path between two", file=str(path), value=said, hint="by: ?year")
    if late := sorted(set(by.variables) - known):
        raise SourceError("the rows are found by what stands beside them", file=str(path), value=late[0])
    return by
