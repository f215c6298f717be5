"""Cells: from what a spreadsheet holds to what was meant, or an error that says how to write it.

Spreadsheets change what people type: codes become numbers, days become dates, numbers gain ".0". What can be told
for certain is read; what can not is refused.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache

from loaders.errors import SourceError
from loaders.namespaces import is_iri
from loaders.records.words import legible

Raw = str | float | bool | date | datetime | time | timedelta


class Percentage(float):
    """A number that the spreadsheet shows as a percentage: it holds 0.5 and shows 50%."""


# Soft hyphens, zero-width spaces and joiners, byte-order marks, what turns the direction of writing round, fillers,
# what chooses the form of the sign before it, tags: invisible, and never meant.
_INVISIBLE = dict.fromkeys(
    (
        *(0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0x200B, 0x2010)),
        *(*range(0x202A, 0x202F), 0x2800, *range(0x2060, 0x2070), 0x3164, *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0),
        *(*range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080), *range(0xE0100, 0xE01F0)),
    )
)
# Letters, digits and signs of the width of Chinese ones: another keyboard's.
_WIDE = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
# The capital eths of Iceland and Africa look like ours; old programs, and newspapers to this day, write them for it.
_ETH = dict.fromkeys((0x00D0, 0x0189), "Đ")
_TO_TRANSLATE = _INVISIBLE | _WIDE | _ETH
# Letters in bold, italics and scripts of their own, of which people make headings where there are none.
_STYLED = re.compile(r"[\U0001d400-\U0001d7ff]")
# The digits of whatever script; what stands above or below the line, as in m², is another thing.
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
# A replacement character is what is left of a letter that somebody's export could not write.
_BROKEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd-\uffff\ue000-\uf8ff\U000f0000-\U0010ffff]")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_INTEGER = re.compile(r"(-?\d+)(?:[.,]0)?")
_DECIMAL = re.compile(r"-?\d+(?:[.,]\d+)?")
# Nothing is counted that far; and of thousands of digits the language makes no number.
_ENDLESS = re.compile(r"-?\d{31,}(?:[.,]\d*)?")
_GROUPED = re.compile(r"-?[1-9]\d{0,2}(?:[., ]\d{3})+")
_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# Whoever copies an address while logged in may copy a password.
_ADDRESS = re.compile(r"https?://(?![^/?#]*@)[^\s<>\"{}|\\^`]+\.[^\s<>\"{}|\\^`]+")


# Most cells hold what other cells hold too.
@lru_cache(maxsize=1 << 16)
def clean(text: str) -> str:
    """The text in NFC, on one line, with single spaces, digits 0-9, Đ for what looks like it, and nothing invisible.

    >>> clean(" Cụm\\u00a0 thi\\tđua ２"), clean("km²")
    ('Cụm thi đua 2', 'km²')
    """
    if not text.isascii():
        plain = _STYLED.sub(lambda letter: unicodedata.normalize("NFKC", letter[0]), text.translate(_TO_TRANSLATE))
        text = unicodedata.normalize("NFC", plain)
        text = _FOREIGN_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), text)
    return " ".join(text.split())


def read_text(raw: Raw) -> str:
    """Free text; a whole number is taken as its digits."""
    _refuse_percentage(raw)
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    if not isinstance(raw, str):
        raise SourceError("the spreadsheet changed this text", hint=_as_text(raw))
    if _BROKEN.search(raw):
        raise SourceError("letters were lost in this text", hint="type it again and save as CSV UTF-8 or XLSX")
    return raw


def read_code(raw: Raw) -> str:
    """Text that must have stayed as it was typed: names of units, numbers of documents."""
    if not isinstance(raw, str):
        raise SourceError("the spreadsheet changed this code, leading zeros may be lost", hint=_as_text(raw))
    return read_text(raw)


def read_words(raw: Raw) -> str:
    """Free text that people will read."""
    return legible(read_text(raw))


def read_name(raw: Raw) -> str:
    """A name or number that must have stayed as it was typed."""
    return legible(read_code(raw))


def read_key(raw: Raw) -> str:
    """A key; what the template's lists add in brackets is left out.

    >>> read_key("k7m2q4xa (Nguyễn Văn A)")
    'k7m2q4xa'
    """
    key = read_code(raw).partition(" (")[0]
    if not _KEY.fullmatch(key):
        raise SourceError("not a key", hint="small letters a-z, digits and single hyphens")
    return key


def read_licence(raw: Raw) -> str:
    """A web address that is a node of the graph."""
    address = read_address(raw)
    if not is_iri(address):
        raise SourceError("not a web address", hint="copy it from the browser: https://…, with %25 for a percent sign")
    return address


def read_integer(raw: Raw) -> int:
    """A whole number from 0 on; 2017.0 is 2017.

    >>> read_integer("2017.0")
    2017
    """
    _refuse_percentage(raw)
    _refuse_endless(raw)
    if isinstance(raw, float) and raw.is_integer() and raw >= 0:
        return int(raw)
    if isinstance(raw, str):
        _refuse_doubtful(raw)
        if (match := _INTEGER.fullmatch(raw)) and int(match[1]) >= 0:
            return int(match[1])
    raise SourceError("not a whole number from 0 on", hint="write digits only: 24")


def read_number(raw: Raw) -> Decimal:
    """A number, decimal point or comma; what could be either thousands or a fraction is refused."""
    _refuse_percentage(raw)
    _refuse_endless(raw)
    if isinstance(raw, float):
        # Spreadsheets know fifteen digits; whatever is behind them came of reckoning in twos.
        return Decimal(f"{raw:.15g}")
    if isinstance(raw, str):
        _refuse_doubtful(raw)
        if _DECIMAL.fullmatch(raw):
            return Decimal(raw.replace(",", "."))
    raise SourceError("not a number", hint="write digits only, 50 for 50%: 24 or 12,5")


def read_year(raw: Raw) -> int:
    """A year of the movement's time."""
    try:
        year = read_integer(raw)
    except SourceError:
        year = 0
    if not 1945 <= year <= 2100:
        raise SourceError("not a year", hint="write four digits: 2017")
    return year


def read_date(raw: Raw) -> date:
    """A day, written day first or as ISO 8601, or a date cell.

    >>> read_date("13/7/2017")
    datetime.date(2017, 7, 13)
    """
    if isinstance(raw, datetime) and raw.time() == time():
        raw = raw.date()
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return _sensible(raw)
    if isinstance(raw, str):
        if match := _DAY_FIRST.fullmatch(raw):
            return _day(int(match[3]), int(match[2]), int(match[1]))
        if match := _ISO.fullmatch(raw):
            return _day(int(match[1]), int(match[2]), int(match[3]))
    raise SourceError("not a date", hint="write day/month/year: 13/07/2017")


def read_moment(raw: Raw) -> int | date:
    """A year or a day."""
    try:
        return read_year(raw)
    except SourceError:
        return read_date(raw)


def read_checksum(raw: Raw) -> str:
    """A SHA-256 in small hexadecimal digits."""
    checksum = read_code(raw).lower()
    if not _SHA256.fullmatch(checksum):
        raise SourceError("not a SHA-256", hint="64 digits 0-9 a-f, as sha256sum prints them")
    return checksum


def read_address(raw: Raw) -> str:
    """A web address."""
    address = read_code(raw)
    if not _ADDRESS.fullmatch(address):
        raise SourceError("not a web address", hint="copy it from the browser: https://…")
    return address


def _as_text(raw: Raw) -> str:
    made = "a number"
    if isinstance(raw, date | time | timedelta):
        made = "a date"
    elif isinstance(raw, bool):
        made = "true or false"
    return f"it made {made} of it: format the column as Text, then type it again"


def _refuse_percentage(raw: Raw) -> None:
    if isinstance(raw, Percentage):
        raise percentage(raw)


def percentage(raw: float) -> SourceError:
    """The error for a number that may be a percentage."""
    hint = f"write {raw * 100:g} for {raw * 100:g}%; or format the cell as Text and type it again"
    return SourceError("a percentage, or a fraction of one", hint=hint)


def _refuse_endless(raw: Raw) -> None:
    if abs(raw) >= 10**30 if isinstance(raw, float) else isinstance(raw, str) and _ENDLESS.fullmatch(raw):
        raise SourceError("a number of more than 30 digits", hint="look at the cell: write digits only")


def _refuse_doubtful(text: str) -> None:
    if _GROUPED.fullmatch(text):
        hint = "write 1234 for thousands, 1,2340 for a fraction"
        raise SourceError("a number that could be thousands or a fraction", hint=hint)


def _day(year: int, month: int, day: int) -> date:
    try:
        return _sensible(date(year, month, day))
    except ValueError:
        raise SourceError("no such day", hint="the day comes first: 13/07/2017") from None


def _sensible(day: date) -> date:
    if not 1945 <= day.year <= 2100:
        raise SourceError("a date out of time", hint="years from 1945 to 2100")
    return day
