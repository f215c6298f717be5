"""Reading a query file: front matter and SPARQL must say the same, or nothing is served.

The front matter is YAML in the file's `#+` lines; the file itself is SPARQL that runs as it stands anywhere. A
parameter's value goes where its own `VALUES ?_name { … }` has its row; until then the row says UNDEF, a default, or,
for what must be given, an example.

A long list says in `about` which variable is the thing of a row, and has a line `# Beside a row:` in its pattern. What
stands above finds and orders the rows; what stands below adds none and drops none, so it is asked for the things of one
page alone, which go where `VALUES ?thing { UNDEF }` stands. A column may say in `by` that it joins the values of a
parameter; where `VALUES ?_known { UNDEF }` stands the service says whether a release knows them, and adds them itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pyoxigraph import QuerySolutions, Store

from loaders.errors import SourceError
from loaders.namespaces import BASE
from loaders.release import lists
from loaders.resources import read_text
from service.query import COLUMN_TYPES, KNOWN, LANG, PARAM_TYPES, Column, Keys, Param, Query, Slot, Template, Words

# The variables of parameters begin with an underscore; other VALUES are constants of the query.
_SLOT = r"VALUES\s+(\?_\w+|\(\s*\?_[?\w\s]+\)%s)\s*\{([^{}]*)\}"
_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# The key of a concept, cut off its IRI; and several of them in one column.
_SCHEME = re.compile(r'"/(?:concept/)?([a-z-]+)/"\) AS \?(\w+)\)')
_JOINED = re.compile(r"GROUP_CONCAT\(\s*(?:DISTINCT\s+)?\?(\w+)[^()]*\)\s+AS\s+\?(\w+)\)")
# Milliseconds at ten million statements, as `bench/pace.py` measures them.
_BUDGET = re.compile(r"([1-9][0-9]{0,4}) ms")
_FIELDS = {"path", "budget", "about", "summary", "description", "params", "columns", "example", "note", "empty"}


def read_query(path: Path, base: str = BASE) -> Query:
    """The query in a file; SourceError when the front matter and the SPARQL do not say the same."""
    text = read_text(path)
    head = _front_matter(path, text)
    params = tuple(_param(path, head, name, raw) for name, raw in (head.get("params") or {}).items())
    params += (LANG,)
    text = text.replace(BASE, base)
    schemes = _schemes(text)
    columns = tuple(_column(path, name, raw, schemes.get(name)) for name, raw in head["columns"].items())
    about = head.get("about")
    query = Query(
        name=path.stem,
        group=path.parent.name,
        path=head["path"],
        budget=_budget(path, head["budget"]),
        summary=_words(path, "summary", head["summary"]),
        params=params,
        columns=columns,
        example={name: str(value) for name, value in (head.get("example") or {}).items()},
        text=text,
        template=_cut(path, text, (*params, KNOWN) if any(column.by for column in columns) else params, about),
        keys=_keys(path, text, params, columns, about) if about else None,
        **{name: _words(path, name, head[name]) for name in ("description", "note", "empty") if name in head},
    )
    _check(query)
    return query


def _front_matter(path: Path, text: str) -> dict[str, Any]:
    lines = [line.removeprefix("#+").removeprefix(" ") for line in text.splitlines() if line.startswith("#+")]
    try:
        # Every scalar is text: in YAML 1.1 the name `on` would be a boolean.
        head = yaml.load("\n".join(lines), Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise SourceError(f"the front matter is not YAML: {error}", file=str(path)) from error
    if not isinstance(head, dict):
        raise SourceError("the file has no front matter", file=str(path), hint="write it in lines that begin with #+")
    for name in ("path", "summary", "budget", "columns"):
        if name not in head:
            raise SourceError("the front matter lacks an entry", file=str(path), value=name)
    for name in sorted(set(head) - _FIELDS):
        raise SourceError(
            "unknown entry in the front matter", file=str(path), value=name, hint=", ".join(sorted(_FIELDS))
        )
    return head


def _budget(path: Path, raw: object) -> int:
    if not (match := _BUDGET.fullmatch(str(raw))):
        raise SourceError("a budget is milliseconds", file=str(path), value=str(raw), hint="budget: 50 ms")
    return int(match[1])


def _words(path: Path, name: str, raw: Any) -> Words:
    try:
        return Words(vi=" ".join(raw["vi"].split()), en=" ".join(raw["en"].split()))
    except (TypeError, KeyError, AttributeError):
        raise SourceError("words are needed in vi and en", file=str(path), value=name) from None


def _param(path: Path, head: Mapping[str, Any], name: str, raw: Mapping[str, Any]) -> Param:
    words = _words(path, name, raw)
    more = {key: value for key, value in raw.items() if key not in ("vi", "en")}
    if more.get("type") not in PARAM_TYPES:
        raise SourceError("unknown type of parameter", file=str(path), value=name, hint=", ".join(PARAM_TYPES))
    if isinstance(more.get("kinds"), str):
        more["kinds"] = [more["kinds"]]
    for key in ("kinds", "values"):
        if key in more:
            more[key] = tuple(str(value) for value in more[key])
    inside = _PLACEHOLDER.findall(head["path"])
    in_path = name in inside or (name == "unit" and "edition" in inside)
    more["required"] = in_path or more.get("required") == "true"
    try:
        return Param(name, words=words, **more)
    except TypeError as error:
        raise SourceError(f"parameter {name}: {error}", file=str(path)) from None


def _column(path: Path, name: str, raw: Mapping[str, Any], scheme: str | None) -> Column:
    if raw.get("type") not in COLUMN_TYPES:
        raise SourceError("unknown type of column", file=str(path), value=name, hint=", ".join(COLUMN_TYPES))
    values = {key: _words(path, key, words) for key, words in raw.get("values", {}).items()}
    return Column(name, raw["type"], _words(path, name, raw), raw.get("by"), scheme, values)


def _schemes(text: str) -> dict[str, str]:
    """The vocabularies of the columns that hold keys of concepts: the SPARQL cuts the key off the concept's IRI.

    >>> _schemes('BIND(STRAFTER(STR(?a), "/share/") AS ?share) BIND(STRAFTER(STR(?b), "/id/act/") AS ?key)')
    {'share': 'share'}
    """
    found = {name: scheme for scheme, name in _SCHEME.findall(text)}
    return found | {all_: found[one] for one, all_ in _JOINED.findall(text) if one in found}


def _cut(path: Path, text: str, params: tuple[Param, ...], about: str | None) -> Template:
    """The text around the rows of every VALUES, and what belongs into each row."""
    parts, slots, end = [], [], 0
    for match in re.finditer(_SLOT % (rf"|\?{about}" if about else ""), text):
        param, slot = (None, Slot(about, (0,))) if about and match[1] == f"?{about}" else _slot(path, match, params)
        if not (param and (param.required or param.default)) and match[2].split() != slot.open.split():
            raise SourceError("an optional parameter stands open", file=str(path), value=match[0], hint=slot.open)
        parts.append(text[end : match.start(2)])
        slots.append(slot)
        end = match.end(2)
    for name in [param.name for param in params if param is not LANG] + ([about] if about else []):
        if not any(slot.param == name for slot in slots):
            raise SourceError("a parameter without its VALUES", file=str(path), value=name)
    return Template((*parts, text[end:]), tuple(slots))


def _keys(path: Path, text: str, params: tuple[Param, ...], columns: tuple[Column, ...], about: str) -> Keys:
    """The part above `# Beside a row:` as a question of its own."""
    found = lists.keys(path, text, (column.name for column in columns), about)
    used = tuple(param for param in params if re.search(rf"\?{param.variables[0]}\b", found.after))
    return Keys(about, found.columns, _cut(path, found.text(), used, about))


def _slot(path: Path, match: re.Match[str], params: tuple[Param, ...]) -> tuple[Param, Slot]:
    """The parameter that all variables of a VALUES belong to, and which of its variables they are."""
    variables = [variable.removeprefix("?") for variable in match[1].strip("()").split()]
    for param in params:
        if set(variables) <= set(param.variables):
            return param, Slot(param.name, tuple(param.variables.index(variable) for variable in variables))
    raise SourceError("these VALUES belong to no parameter", file=str(path), value=match[0])


def _check(query: Query) -> None:
    """Nothing, when the SPARQL is a SELECT of the declared columns in a total order."""
    file = query.file
    if not query.path.startswith("/api/"):
        raise SourceError("a path begins with /api/", file=file, value=query.path)
    known = {param.name for param in query.params if param.required}
    for name in _PLACEHOLDER.findall(query.path):
        if name not in (known | {"edition", "code"} if "unit" in known else known):
            raise SourceError("the path holds what is no parameter", file=file, value=name)
    bare = _COMMENT.sub("", query.text)
    if re.search(r"\b(LIMIT|OFFSET)\b", bare):
        raise SourceError("the service says how many rows: take LIMIT and OFFSET out", file=file)
    if not re.search(r"\bORDER\s+BY\b(?![\s\S]*\})", bare):
        raise SourceError("the rows need a total order", file=file, hint="end with ORDER BY … ?uniqueColumn")
    for column in query.known:
        found = [param.by for param in query.params if param.name == column.by]
        if not (query.keys and found and re.fullmatch(rf"\?{query.keys.about} \S+ \?_\w+", found[0] or "")):
            way = "name a parameter that a path from the thing of a row finds"
            raise SourceError("no order knows this column", file=file, value=column.name, hint=way)
    try:
        answer = Store().query(query.text)
    except SyntaxError as error:
        raise SourceError(f"not SPARQL: {error}", file=file) from error
    found = [variable.value for variable in answer.variables] if isinstance(answer, QuerySolutions) else []
    if found != (declared := [column.name for column in query.columns]):
        raise SourceError(f"selects {found} and declares {declared}", file=file, hint="same names, same order")
    for name in query.example:
        if name not in [param.name for param in query.params]:
            raise SourceError("the example names no parameter", file=file, value=name)
    for param in query.params:
        if param.required and param.name not in query.example:
            raise SourceError("the example lacks a required parameter", file=file, value=param.name)
