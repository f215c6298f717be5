"""Markup: what the XML of a sheet tells about its cells beyond their values."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import IO
from xml.etree import ElementTree

# Excel writes "Strict Open XML" with other namespaces than what it writes daily; the names in them are the same.
MAIN = "{*}"

# Elements may have a prefix, attributes any order and either kind of quotation marks.
_FAILED = re.compile(rb"""<(?:\w+:)?c\s(?=[^>]*?\bt\s*=\s*["']e["'])([^>]*)>""")
_FORMULA = re.compile(
    rb"""<(?:\w+:)?c\s([^>]*[^/>])>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"""
    rb"""(<(?:\w+:)?v\b[^>]*/>|<(?:\w+:)?v\b[^>]*>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"""
)
_MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*?\bref\s*=\s*["']([^"']+)""")
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Z]+)(\d+)["']""")
_TEXT = re.compile(rb"""\bt\s*=\s*["']str["']""")
_CELL = re.compile(rb"<(?:\w+:)?c\s")
# A cell beyond column Z, and one that holds something.
_WIDE = re.compile(rb"""["'][A-Z]{2,}\d+["']""")
_WIDE_CELL = re.compile(
    rb"""<(?:\w+:)?c\s(?=[^>]*?\br\s*=\s*["']([A-Z]{2,})(\d+)["'])[^>]*(?<!/)>(?!\s*</(?:\w+:)?c>)"""
)

_PIECE = 1 << 20
_LONGEST_TAG = 16 * _PIECE
# Letters that a cell may hold are half as many.
_LONGEST = 1 << 16
_UTF_16 = re.compile(rb"\xff\xfe|\xfe\xff|\x00|<\x00")

# The formats 0% and 0.00% that every workbook has.
_BUILT_IN = {"9", "10"}
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')


@dataclass
class Markup:
    """What is behind the cells of one sheet.

    `failed` and `unread` are the cells with a formula that failed or has no result, `merged` the merged ranges,
    `percent` the columns, from 0, that each line shows as a percentage. `widest` and `last` are the cell
    furthest to the right, beyond column Z, and the one furthest down that hold something: column from 0, and line.
    """

    failed: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    percent: dict[int, set[int]] = field(default_factory=dict)
    widest: tuple[int, int] = (25, 0)
    last: tuple[int, int] = (0, 0)

    @property
    def room(self) -> int:
        """How many cells there are up to the widest and the last one; empty ones too."""
        return (self.widest[0] + 1) * self.last[1]


def percentages(archive: zipfile.ZipFile) -> frozenset[str]:
    """The numbers of the workbook's cell styles that show a number as a percentage."""
    if "xl/styles.xml" not in archive.namelist():
        return frozenset()
    styles = ElementTree.fromstring(archive.read("xl/styles.xml"))
    formats = {
        f.get("numFmtId") for f in styles.findall(f".//{MAIN}numFmt") if "%" in _QUOTED.sub("", f.get("formatCode", ""))
    }
    used = styles.find(f"{MAIN}cellXfs")
    cells = [] if used is None else list(used)
    return frozenset(str(at) for at, cell in enumerate(cells) if cell.get("numFmtId") in formats | _BUILT_IN)


def read_markup(stream: IO[bytes], percent: Collection[str]) -> Markup:
    """What the XML of a sheet tells; `percent` are the styles of percentages."""
    found = Markup()
    styles = "|".join(sorted(percent)).encode()
    shown = re.compile(rb"""<(?:\w+:)?c\s(?=[^>]*?\bs\s*=\s*["'](?:%b)["'])([^>]*)>""" % styles) if styles else None
    for text in _pieces(stream):
        # Looking for a few letters is quick, and few sheets have them.
        suspect = b'"e"' in text or b"'e'" in text
        if suspect:
            found.failed += (_name(failed[1]) for failed in _FAILED.finditer(text))
        found.unread += (_name(f[1]) for f in _formulas(text) if f[2] is None or not _TEXT.search(f[1]))
        if b"mergeCell" in text:
            found.merged += (merged[1].decode() for merged in _MERGED.finditer(text))
        for cell in shown.finditer(text) if shown else ():
            if place := _PLACE.search(cell[1]):
                found.percent.setdefault(int(place[2]), set()).add(_column(place[1]))
        if _WIDE.search(text):
            found.widest = max(found.widest, *((_column(c[1]), int(c[2])) for c in _WIDE_CELL.finditer(text)), (0, 0))
        if (last := _last(text)) and last[1] > found.last[1]:
            found.last = last
    return found


def _last(text: bytes) -> tuple[int, int] | None:
    """The column and line of the last cell in the text that holds something."""
    end = max(text.rfind(b"v>"), text.rfind(b"is>"))
    places = list(_PLACE.finditer(text, max(0, end - _LONGEST), max(0, end)))
    return (_column(places[-1][1]), int(places[-1][2])) if places else None


def _formulas(text: bytes) -> Iterator[re.Match[bytes]]:
    return _FORMULA.finditer(text) if b"<f" in text or b":f" in text else iter(())


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """The text in pieces that end before a cell, or behind the cells before a tag, so that none is divided."""
    text = stream.read(_PIECE)
    if _UTF_16.match(text):
        raise ValueError("a sheet that is not in UTF-8")
    while piece := stream.read(_PIECE):
        cells = [match.start() for match in _CELL.finditer(text, max(0, len(text) - _LONGEST))]
        end = cells[-1] if cells else _end_of_tags(text)
        yield text[:end]
        text = text[end:] + piece
        if len(text) > _LONGEST_TAG:
            raise ValueError("a tag without an end")
    yield text


def _end_of_tags(text: bytes) -> int:
    """Where the tag begins that is not closed yet, or the end."""
    start = text.rfind(b"<")
    return len(text) if start < 0 or b">" in text[start:] else start


def _name(attributes: bytes) -> str:
    place = _PLACE.search(attributes)
    return (place[1] + place[2]).decode() if place else ""


def cell_name(column: int, line: int) -> str:
    """The name of a cell.

    >>> cell_name(0, 7), cell_name(27, 1)
    ('A7', 'AB1')
    """
    letters = ""
    while column >= 0:
        column, letter = divmod(column, 26)
        letters, column = chr(65 + letter) + letters, column - 1
    return f"{letters}{line}"


def _column(letters: bytes) -> int:
    """The number of a column, from 0.

    >>> _column(b"A"), _column(b"AB")
    (0, 27)
    """
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
