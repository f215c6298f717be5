"""Spreadsheets change what people type: what is certain is read, what is not is refused."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from loaders.errors import SourceError
from loaders.records import cells
from loaders.records.periods import read_period

SYLLABLES = [
    initial + vowel + tone + final
    for initial in ("", "đ", "ngh", "Q", "TR")
    for vowel in ("a", "ă", "â", "ê", "ô", "ơ", "ư", "y", "oa", "uy")
    for tone in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    for final in ("", "ng")
]


def test_a_day_reads_the_same_however_it_is_written() -> None:
    for number in range(900):
        day = date(1945, 9, 2) + timedelta(days=53 * number)
        written = [
            day,
            datetime.combine(day, time()),
            day.isoformat(),
            f"{day:%Y-%m-%d} 00:00:00",
            f"{day:%d/%m/%Y}",
            f"{day.day}/{day.month}/{day.year}",
            f"{day.day}-{day.month}-{day.year}",
            f"{day:%d.%m.%Y}",
        ]
        assert {cells.read_date(raw) for raw in written} == {day}


@pytest.mark.parametrize("zero", [0xFF10, 0x0660, 0x0966, 0x1D7CE])
def test_a_telephone_in_the_digits_of_another_keyboard_is_one_that_the_gate_knows(zero: int) -> None:
    assert cells.clean("".join(chr(zero + number) for number in range(10))) == "0123456789"
    assert cells.clean("mau＠example.org, 100 km²") == "mau@example.org, 100 km²"


@pytest.mark.parametrize(
    "raw",
    [
        "13/7", "13/7/17", "7/2017", "2017", "31/2/2017", "29/02/2019", "2017-13-07", "13 tháng 7 năm 2017", "20170713",
        42929.0, True, datetime(2017, 7, 13, 10, 5), time(10, 5), "2017-07-13 10:05:00", "01/01/1900", "13/07/20177",
    ],
)  # fmt: skip
def test_what_is_no_day_for_certain_is_refused(raw: cells.Raw) -> None:
    with pytest.raises(SourceError):
        cells.read_date(raw)


def test_a_word_is_the_same_word_in_any_normal_form_and_spacing() -> None:
    chance = random.Random(1)
    for _ in range(500):
        words = chance.choices(SYLLABLES, k=chance.randint(1, 6))
        plain = unicodedata.normalize("NFC", " ".join(words))
        spoilt = unicodedata.normalize(chance.choice(("NFC", "NFD")), plain)
        spoilt = spoilt.replace(" ", chance.choice((" ", "  ", "\u00a0", "\u2009", "\t", "\r\n")))
        spoilt = chance.choice(("", "\ufeff", "\u200b", " ")) + spoilt + chance.choice(("", " ", "\u00a0", "\n"))
        assert cells.clean(spoilt) == plain


@pytest.mark.parametrize(("raw", "year"), [("2017", 2017), (2017.0, 2017), ("2017.0", 2017), ("2017,0", 2017)])
def test_a_year_may_have_become_a_decimal(raw: cells.Raw, year: int) -> None:
    assert cells.read_year(raw) == year


@pytest.mark.parametrize("raw", ["17", "2.017", 2017.5, 20170.0, "năm 2017", date(2017, 1, 1), True, "-2017"])
def test_what_is_no_year_for_certain_is_refused(raw: cells.Raw) -> None:
    with pytest.raises(SourceError):
        cells.read_year(raw)


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("24", "24"), ("12,5", "12.5"), ("12.5", "12.5"), (0.3, "0.3"), ("0,125", "0.125"), (26.0, "26"), ("-3", "-3"),
        (0.1 + 0.2, "0.3"), (1e-7, "0.0000001"), (33.3333333333333357, "33.3333333333333"),
    ],
)  # fmt: skip
def test_a_number_has_a_point_or_a_comma(raw: cells.Raw, number: str) -> None:
    assert cells.read_number(raw) == Decimal(number)


@pytest.mark.parametrize(
    "raw", ["1.234", "1,234", "1.234.567", "1 234", "24.000", "50%", "1/2", "hai", "", "1e3", True]
)
def test_what_could_be_two_numbers_or_none_is_refused(raw: cells.Raw) -> None:
    with pytest.raises(SourceError):
        cells.read_number(raw)


@pytest.mark.parametrize("read", [cells.read_number, cells.read_integer])
@pytest.mark.parametrize("raw", ["1" * 31, "9" * 5000, "9" * 5000 + ".0", "9" * 5000 + ",0", 1e30, 1e300, -1e31])
def test_a_number_too_long_for_any_count_is_refused(read: Callable[[cells.Raw], object], raw: cells.Raw) -> None:
    with pytest.raises(SourceError, match="a number of more than 30 digits"):
        read(raw)


@pytest.mark.parametrize("raw", [6.0, date(2017, 7, 13), True, 23e45, timedelta(days=1)])
def test_a_code_that_a_spreadsheet_changed_is_refused_with_the_way_out(raw: cells.Raw) -> None:
    with pytest.raises(SourceError, match="leading zeros may be lost") as refused:
        cells.read_code(raw)
    assert "format the column as Text" in str(refused.value)


@pytest.mark.parametrize(
    "raw",
    [
        "#REF!", "#N/A", "#NAME?", "#DIV/0!", "#VALUE!", "########", "Err:502", "#SPILL!", "#CALC!", "#ERROR!",
        "#GETTING_DATA", "Loading...",
    ],
)  # fmt: skip
@pytest.mark.parametrize("read", [cells.read_words, cells.read_name])
def test_what_is_left_of_a_failed_formula_is_no_name(read: Callable[[cells.Raw], object], raw: str) -> None:
    with pytest.raises(SourceError, match="a formula that failed"):
        read(raw)


@pytest.mark.parametrize(
    "raw",
    ['=A2&" "&B2', '=HYPERLINK("http://a.example/";"Cụm")', "＝SUM(A1:A9)", "{=TRANSPOSE(A1)}", "+SUM(A1)", "@SUM(1)"],
)
@pytest.mark.parametrize("read", [cells.read_words, cells.read_name])
def test_a_formula_that_was_never_reckoned_is_no_name(read: Callable[[cells.Raw], object], raw: str) -> None:
    with pytest.raises(SourceError, match="a formula in place of its result"):
        read(cells.clean(raw))


@pytest.mark.parametrize(
    "raw",
    [
        "Kh?i huy?n, th?nh ph?", "B?i Th? Hoa",  # what an old encoding has no letter for
        "Khá»\u2018i huyá»\u2021n", "NgÃ¢n SÆ¡n", "HoÃ ng", "Äá»“ng", "Báº¯c Káº¡n", "huyá»\x87n",  # read as another
        "Hoµng Minh", "UBND huyÖn, thµnh phè", "§ång ®oµn", "Hoaøng",  # what only old fonts show as Vietnamese
        "thi ðua khen thýõÒng",  # Windows-1258, read as 1252
        "Ph\u043eng trào", "Phong tr\u03bfng", "\u0410n Giang",  # letters of Russians and Greeks, from a scan
        "Khối\ufffe", "Khối \U000f0000",
    ],
)  # fmt: skip
def test_letters_that_an_export_or_a_font_garbled_are_no_name(raw: str) -> None:
    with pytest.raises(SourceError, match="letters were lost in this text"):
        cells.read_words(raw)


@pytest.mark.parametrize(
    "raw",
    [
        "Thi đua là gì? Vì sao?", "Ai? 24 tỉnh", "XÃ BA BỂ", "“XÃ”…", "« Xã Thanh Hoá »", "25 °C, 3 m², ½",
        "Müller & Søn", "Vinamilk® Việt Nam", "H’Ngăm Niê Kđăm", "34-CT/TW", "Điều 3 § 2", "ĐỀ ÁN №1", "#1", "#thidua",
        "Москва", "α-amylase 25 μm", "Sở KH&CN; GD&ĐT", "dưới < 5 %, trên > 2", "X", "XX",
    ],
)  # fmt: skip
def test_words_with_odd_signs_are_words(raw: str) -> None:
    assert cells.read_words(raw) == raw


@pytest.mark.parametrize("raw", ["<b>Cụm</b>", "Khối&nbsp;huyện", "Ho&agrave;ng", "Cụm&#160;thi đua", "a<br/>b"])
def test_what_a_web_page_is_written_in_is_no_name(raw: str) -> None:
    with pytest.raises(SourceError, match="marks of a web page"):
        cells.read_words(raw)


@pytest.mark.parametrize(
    "raw", ["?", "-", "…", "—", "???", "/", "*", "x", "xxx", "N/A", "NULL", "Không rõ", "chưa biết"]
)
def test_a_sign_for_what_nobody_knows_is_no_name(raw: str) -> None:
    with pytest.raises(SourceError, match="a sign in place of words") as refused:
        cells.read_words(raw)
    assert "leave the cell empty" in str(refused.value)


def test_a_cell_does_not_hold_an_article() -> None:
    assert cells.read_words("a" * 2000)
    with pytest.raises(SourceError, match="a text of more than 2000 characters") as refused:
        cells.read_words("Toàn văn bài viết. " * 500)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("sign", [*"\u202e\u2066\u2063\u180e\u034f\U000e0041\u3164", *"\ufe0f\u17b5\U000e0100"])
def test_what_nobody_sees_turns_no_name_into_another(sign: str) -> None:
    assert cells.clean(f"{sign}Bắc {sign}Kạn{sign}") == "Bắc Kạn"
    assert cells.clean(sign) == ""


def test_letters_that_look_like_ours_are_ours() -> None:
    assert {cells.clean(f"{eth}oàn kết") for eth in ("\u00d0", "\u0189", "Đ")} == {"Đoàn kết"}
    assert cells.clean("\U0001d40f\U0001d421\U0001d428\U0001d427\U0001d420 tr\U0001d41a\u0300o") == "Phong trào"


def test_free_text_that_became_a_number_is_its_digits_but_a_date_is_lost() -> None:
    assert cells.read_text(24.0) == "24"
    with pytest.raises(SourceError, match="changed this text"):
        cells.read_text(date(2017, 7, 13))


def test_a_moment_is_a_year_or_a_day() -> None:
    assert cells.read_moment("2017") == 2017
    assert cells.read_moment("13/7/2017") == date(2017, 7, 13)


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("2017", "2017"), ("năm 2017", "2017"), ("2017-H1", "2017-H1"), ("6 tháng đầu năm 2017", "2017-H1"),
        ("6 THÁNG CUỐI NĂM 2017", "2017-H2"), ("quý IV năm 2019", "2019-Q4"), ("quý 1/2019", "2019-Q1"),
        ("2019-q3", "2019-Q3"), ("9 tháng đầu năm 2020", "2020-M9"), ("những tháng đầu năm 2020", "2020-early"),
        ("2020-late", "2020-late"), ("giai đoạn 2016 - 2020", "2016--2020"), ("2016–2020", "2016--2020"),
    ],
)  # fmt: skip
def test_a_period_is_known_by_its_key_and_by_the_words_of_reports(words: str, key: str) -> None:
    period = read_period(words)
    assert period.key == key
    assert read_period(period.key) == read_period(period.vi) == period


def test_quarters_and_halves_make_up_the_year() -> None:
    year = read_period("2019")
    quarters = [read_period(f"2019-Q{number}") for number in (1, 2, 3, 4)]
    halves = [read_period("2019-H1"), read_period("2019-H2")]
    for parts in (quarters, halves):
        assert (parts[0].start, parts[-1].end) == (year.start, year.end)
        for before, after in pairwise(parts):
            assert before.end is not None
            assert before.end + timedelta(days=1) == after.start


@pytest.mark.parametrize("raw", ["https://ten:matkhau@so.backan.gov.vn/bai", "http://ten@backan.gov.vn"])
def test_an_address_with_somebody_s_password_is_refused(raw: str) -> None:
    with pytest.raises(SourceError, match="not a web address"):
        cells.read_address(raw)
    assert cells.read_address("https://backan.gov.vn/@so/bai?thu=a@b")
