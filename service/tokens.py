"""SPARQL's tokens, cut where the engine cuts them.

The engine's grammar has no tokens of its own: it takes `1SERVICE<x>`, `trueSERVICEx:y` or `WHERESELECT` apart as
its rules need. So a word that is no keyword is refused here, and what stays ambiguous is refused by `guard`.
Character classes are those of SPARQL 1.1, 19.8; `#` and quotes must begin and end where they do for the engine,
or a comment for one would be a query for the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from service.problems import Problem

_BASE = (
    "A-Za-zÀ-ÖØ-öø-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff"
    "\uf900-\ufdcf\ufdf0-\ufffd"
)
_U = _BASE + "_"
_CHARS = _U + "0-9\u00b7\u0300-\u036f\u203f-\u2040"
_PLX = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%]"
_UCHAR = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
# A surrogate or a number past Unicode makes the engine read the string another way.
_IN_STRING = (
    r"\\[tbnrf\"'\\]|\\u(?![dD][89a-fA-F])[0-9A-Fa-f]{4}|\\U(?:000(?!0[dD][89a-fA-F])[0-9A-Fa-f]|0010)[0-9A-Fa-f]{4}"
)

# What stands before the colon of a name; dots and hyphens in it may be taken for marks when no colon follows.
_PREFIX = rf"[{_BASE}][{_CHARS}\-]*+(?:\.+[{_CHARS}\-]++)*"


def _token(prefix: str) -> re.Pattern[str]:
    """What matches a token, with what may stand before the colon of a name."""
    return re.compile(
        rf"""
      (?P<space>(?:[ \t\r\n]++|\#[^\r\n]*+)++)
    | (?P<iri><(?:[^<>"{{}}|^`\\\x00-\x20]|{_UCHAR})*+>)
    | (?P<variable>[?$][{_U}0-9][{_U}0-9\u00b7\u0300-\u036f\u203f-\u2040]*+)
    | (?P<string>'''(?:'{{0,2}}(?:[^'\\]|{_IN_STRING}))*+'''|\"\"\"(?:"{{0,2}}(?:[^"\\]|{_IN_STRING}))*+\"\"\"
        |'(?:[^'\\\r\n]|{_IN_STRING})*+'|"(?:[^"\\\r\n]|{_IN_STRING})*+")
    | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*(?:--[A-Za-z]+)?)
    | (?P<blank>_:[{_U}0-9][{_CHARS}\-]*+(?:\.+[{_CHARS}\-]++)*)
    | (?P<name>(?:{prefix})?:
        (?:(?:[{_U}:0-9]|{_PLX})(?:[{_CHARS}\-:]|{_PLX})*+(?:\.++(?:[{_CHARS}\-:]|{_PLX})++)*)?)
    | (?P<number>(?:[0-9]+\.[0-9]*|\.?[0-9]+)[eE][+-]?[0-9]+|[0-9]*\.[0-9]+|[0-9]+)
    | (?P<word>[A-Za-z][A-Za-z0-9_]*)
    | (?P<mark>\{{\||\|\}}|\^\^|&&|\|\||[!<>]=|[{{}}()\[\].,;=<>!+*/|^?~\-])
    """,
        re.VERBOSE,
    )


_TOKEN, _SHORT, _RUN = _token(_PREFIX), _token(""), re.compile(_PREFIX)

_KEYWORDS = """
    A ABS ADJUST ALL AS ASC ASK AVG BASE BIND BNODE BOUND BY CEIL COALESCE CONCAT CONSTRUCT CONTAINS COUNT DATATYPE
    DAY DESC DESCRIBE DISTINCT ENCODE_FOR_URI EXISTS FALSE FILTER FLOOR FROM GRAPH GROUP GROUP_CONCAT HASLANG
    HASLANGDIR HAVING HOURS IF IN IRI ISBLANK ISIRI ISLITERAL ISNUMERIC ISTRIPLE ISURI LANG LANGDIR LANGMATCHES
    LATERAL LCASE LIMIT MAX MD5 MIN MINUS MINUTES MONTH NAMED NOT NOW OBJECT OFFSET OPTIONAL ORDER PREDICATE PREFIX
    RAND REDUCED REGEX REPLACE ROUND SAMETERM SAMPLE SECONDS SELECT SEPARATOR SERVICE SHA1 SHA256 SHA384
    SHA512 SILENT STR STRAFTER STRBEFORE STRDT STRENDS STRLANG STRLANGDIR STRLEN STRSTARTS STRUUID SUBJECT SUBSTR SUM
    TIMEZONE TRIPLE TRUE TZ UCASE UNDEF UNION URI UUID VALUES VERSION WHERE YEAR
"""
_UPDATES = "ADD CLEAR COPY CREATE DELETE DROP INSERT LOAD MOVE WITH"
KEYWORDS, UPDATES = frozenset(_KEYWORDS.split()), frozenset(_UPDATES.split())


class Token(NamedTuple):
    """A token: its kind (a group of the expression above), its text, keywords in capitals, and where it begins."""

    kind: str
    text: str
    at: int


def tokens(query: str) -> Iterator[Token]:
    """The tokens of a query without space and comments; Problem 400 with line and column at what is none.

    >>> [token.text for token in tokens('ask { ?s a <urn:x#y> # no { here')]
    ['ASK', '{', '?s', 'A', '<urn:x#y>']
    """
    # Each character is looked at a few times only, or 100 KB of `a.a.a` would take minutes: a match begins where the
    # last one ended and is not searched for; up to `barren` no colon makes a word the prefix of a name.
    end = barren = 0
    while end < len(query):
        if (match := (_TOKEN if end >= barren else _SHORT).match(query, end)) is None:
            raise wrong(query, end, f"this is not SPARQL: {query[end : end + 20]!r}")
        kind, end = match.lastgroup or "", match.end()
        if kind == "word":
            if match.start() >= barren and (run := _RUN.match(query, match.start())):
                barren = run.end()
            yield Token(kind, _keyword(query, match), match.start())
        elif kind != "space":
            yield Token(kind, match[0], match.start())


def _keyword(query: str, match: re.Match[str]) -> str:
    word = match[0].upper()
    if word not in KEYWORDS and word not in UPDATES:
        raise wrong(query, match.start(), f"{match[0]!r} is no word of SPARQL")
    return word


def place(query: str, at: int) -> tuple[int, int]:
    """Line and column, both from 1, of a position.

    >>> place("a\\nbc", 3)
    (2, 2)
    """
    return query.count("\n", 0, at) + 1, at - query.rfind("\n", 0, at)


def wrong(query: str, at: int, why: str) -> Problem:
    """The problem of a query that cannot be read, with its place."""
    line, column = place(query, at)
    detail = f"Line {line}, column {column}: {why}"
    return Problem(400, "Not a SPARQL query", detail, type="urn:thidua:problem:syntax", line=line, column=column)
