"""What the constants of a query decide is decided before an engine sees it; what it asks is the same, in fewer words.

Filters that let everything pass and parts that can have no row are left out: an engine need not plan, and cannot get
wrong, what nobody asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.remote.tree import Group, Part, Word, after, between, split, text

# A condition: what it is for every row, or what is left to be found out.
Condition = bool | list[Part]

_OPENING, _CLOSING, _FALSE = Word("(", apart=False), Word(")", apart=False), Word("false", apart=False)
# The group that follows these is theirs; any other is joined with what stands around it.
_OWNERS = ("OPTIONAL", "MINUS", "EXISTS", "GRAPH", "VALUES")


def folded(query: Sequence[Part]) -> Sequence[Part]:
    """The query without what its constants decide.

    >>> from service.remote.tree import read, written
    >>> text = "SELECT * { { ?s ?p ?o FILTER(!true && ?o = 1) } UNION { ?s a ?t } FILTER(!false || ?t = 2) }"
    >>> written(folded(read(text)))
    'SELECT * { { ?s a ?t } }'
    >>> text = "SELECT * { ?s ?p ?o OPTIONAL { ?s a ?t FILTER(false) } FILTER(false || EXISTS { ?o a ?t }) }"
    >>> written(folded(read(text)))
    'SELECT * { ?s ?p ?o FILTER( EXISTS { ?o a ?t }) }'
    """
    return _select(query).parts


def _select(parts: Sequence[Part]) -> Group:
    """A query, or one within another; `barren`, if it can have no row."""
    kept: list[Part] = []
    barren = False
    for part in parts:
        found = _pattern(part.parts) if isinstance(part, Group) else part
        if isinstance(found, Group) and found.barren:
            # What counts answers a row about nothing, unless it counts by groups.
            barren = _OPENING not in kept or Word("GROUP") in parts
            found = Group([Word("FILTER"), _OPENING, _FALSE, _CLOSING])
        kept.append(found)
    return Group(kept, barren)


def _pattern(parts: Sequence[Part]) -> Group:
    """A group of patterns without what its constants decide."""
    if Word("SELECT") in parts:
        return _select(parts)
    kept: list[Part] = []
    barren, at, owner = False, 0, ""
    while at < len(parts):
        part, first = parts[at], at
        at += 1
        if isinstance(part, Word) and part.text == "FILTER" and text(parts, at) == "(":
            at = after(parts, at)
            condition = _any(parts[first + 2 : at - 1])
            barren = barren or condition is False
            kept += [] if isinstance(condition, bool) else [part, _OPENING, *condition, _CLOSING]
        elif isinstance(part, Word):
            owner = part.text if part.text in _OWNERS else owner
            kept.append(part)
        elif owner == "VALUES":
            kept.append(part)
            # One row that says nothing changes nothing.
            if _blank(part):
                del kept[max(number for number, each in enumerate(kept) if each == Word("VALUES")) :]
            owner = ""
        elif owner:
            inner = _pattern(part.parts)
            if inner.barren and owner in ("OPTIONAL", "MINUS"):
                kept.pop()
            else:
                barren = barren or (inner.barren and owner == "GRAPH")
                kept.append(inner)
            owner = ""
        else:
            while text(parts, at) == "UNION":
                at += 2
            found = [_pattern(arm.parts) for arm in parts[first:at:2] if isinstance(arm, Group)]
            arms = [arm for arm in found if not arm.barren]
            barren = barren or not arms
            kept += between([[arm] for arm in arms if arm.parts or len(arms) > 1], Word("UNION"))
    return Group(kept, barren)


def _blank(data: Group) -> bool:
    words = [part.text for part in data.parts if isinstance(part, Word)]
    return words.count("(") < 2 and set(words) <= {"(", "UNDEF", ")"} and ("(" in words or len(words) == 1)


def _any(parts: Sequence[Part]) -> Condition:
    """A condition, of which one alternative is enough."""
    return _decided([_all(each) for each in split(parts, "||")], Word("||"), enough=True)


def _all(parts: Sequence[Part]) -> Condition:
    return _decided([_one(each) for each in split(parts, "&&")], Word("&&"), enough=False)


def _decided(conditions: list[Condition], sign: Word, *, enough: bool) -> Condition:
    open_ = [condition for condition in conditions if not isinstance(condition, bool)]
    if enough in conditions:
        return enough
    return between(open_, sign) if open_ else not enough


def _one(parts: Sequence[Part]) -> Condition:
    """A condition that is no other's part but for `!` and brackets."""
    first, last = text(parts, 0), parts[-1]
    if first in ("true", "false") and len(parts) == 1:
        return first == "true"
    if first == "!" and isinstance(within := _one(parts[1:]), bool):
        return not within
    if first == "(" and after(parts, 0) == len(parts):
        found = _any(parts[1:-1])
        return found if isinstance(found, bool) else [parts[0], *found, _CLOSING]
    if isinstance(last, Group):
        inner = _pattern(last.parts)
        return first == "NOT" if inner.barren else [*parts[:-1], inner]
    return list(parts)
