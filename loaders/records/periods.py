"""Periods that conferences review and plan: years, halves, quarters, "the first months", spans of years."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from loaders.errors import SourceError
from loaders.identity import fold

_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_ORDINAL = {1: "I", 2: "II", 3: "III", 4: "IV"}


@dataclass(frozen=True)
class Period:
    """A stretch of time with a key after EDTF; `start` and `end` (both included) are None where the words are vague."""

    key: str
    vi: str
    en: str
    year: int | None
    start: date | None
    end: date | None


def _months(key: str, vi: str, en: str, year: int, first: int, last: int) -> Period:
    after = date(year + last // 12, last % 12 + 1, 1)
    return Period(key, vi, en, year, date(year, first, 1), after - timedelta(days=1))


def _year(year: str) -> Period:
    return _months(year, f"năm {year}", year, int(year), 1, 12)


def _half(year: str, half: str) -> Period:
    vi, en, first = ("đầu", "first", 1) if half in ("1", "dau") else ("cuối", "second", 7)
    key = f"{year}-H{1 if first == 1 else 2}"
    return _months(key, f"6 tháng {vi} năm {year}", f"{en} half of {year}", int(year), first, first + 5)


def _quarter(year: str, quarter: str) -> Period:
    number = _ROMAN.get(quarter) or int(quarter)
    vi, en = f"quý {_ORDINAL[number]} năm {year}", f"quarter {number} of {year}"
    return _months(f"{year}-Q{number}", vi, en, int(year), 3 * number - 2, 3 * number)


def _nine(year: str) -> Period:
    return _months(f"{year}-M9", f"9 tháng đầu năm {year}", f"first nine months of {year}", int(year), 1, 9)


def _vague(year: str, part: str) -> Period:
    vi, en = ("đầu", "early") if part in ("early", "dau") else ("cuối", "late")
    return Period(f"{year}-{en}", f"những tháng {vi} năm {year}", f"{en} {year}", int(year), None, None)


def _span(first: str, last: str) -> Period:
    if int(first) >= int(last):
        raise SourceError("a period that ends before it starts", hint="write the earlier year first: 2016--2020")
    start, end = date(int(first), 1, 1), date(int(last), 12, 31)
    return Period(f"{first}--{last}", f"giai đoạn {first} - {last}", f"{first}–{last}", None, start, end)


_Y = r"(?P<year>(?:19|20)\d\d)"
_FORMS: tuple[tuple[re.Pattern[str], Callable[..., Period]], ...] = tuple(
    (re.compile(pattern), make)
    for pattern, make in (
        (rf"(?:nam )?{_Y}", _year),
        (rf"{_Y}-h(?P<half>[12])", _half),
        (rf"(?:6|sau) thang (?P<half>dau|cuoi) nam {_Y}", _half),
        (rf"{_Y}-q(?P<quarter>[1-4])", _quarter),
        (rf"quy (?P<quarter>i{{1,3}}|iv|[1-4])(?: nam |/){_Y}", _quarter),
        (rf"{_Y}-m9", _nine),
        (rf"(?:9|chin) thang dau nam {_Y}", _nine),
        (rf"{_Y}-(?P<part>early|late)", _vague),
        (rf"nhung thang (?P<part>dau|cuoi) nam {_Y}", _vague),
        (r"(?:giai doan )?(?P<first>(?:19|20)\d\d)(?: ?-{1,2} ?|/)(?P<last>(?:19|20)\d\d)", _span),
    )
)


def read_period(text: str) -> Period:
    """The period that a key or a Vietnamese phrase names; SourceError lists the forms.

    >>> read_period("6 tháng đầu năm 2017").key
    '2017-H1'
    >>> read_period("2016--2020").vi
    'giai đoạn 2016 - 2020'
    """
    folded = fold(text).replace("–", "-").replace("—", "-")
    for pattern, make in _FORMS:
        if match := pattern.fullmatch(folded):
            return make(**match.groupdict())
    hint = "write 2017, 2017-H1, 2017-H2, 2017-Q1, 2017-M9, 2020-early, 2020-late or 2016--2020"
    raise SourceError("not a period", hint=hint)
