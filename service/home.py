"""The home page: the search, three questions with what this release answers, and every list and door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from service import answers, render
from service.answers import Shown
from service.binding import bind
from service.negotiation import HTML, unchanged, validators
from service.query import Words
from service.reply import Reply, bindings, rows
from service.rows import results, total
from service.search import browse
from service.snapshot import Now, Snapshot

# Rows of each answer that are shown.
_FEW = 5


@dataclass(frozen=True)
class Example:
    """A question in words, as a curated query with its values, and the columns in which its answer is shown."""

    words: Words
    query: str
    values: Mapping[str, str]
    columns: Sequence[str]


_EXAMPLES = (
    Example(
        Words(
            "Đơn vị nào dẫn dắt Cụm thi đua các huyện biên giới tỉnh Lạng Sơn, từng năm?",
            "Which units led Lạng Sơn's cluster of border districts, year by year?",
        ),
        "leaders",
        {"key": "bien-gioi-lang-son"},
        ("year", "role", "unitLabel"),
    ),
    Example(
        Words("Huyện Ngân Sơn nay là những đơn vị nào?", "What has huyện Ngân Sơn become?"),
        "successors",
        {"unit": "2004/062"},
        ("label", "code"),
    ),
    Example(
        Words(
            "Những đơn vị nào được đề nghị khen thưởng, hình thức nào?",
            "Which units were proposed for an award, and for which?",
        ),
        "awards",
        {"status": "de-nghi"},
        ("recipientLabel", "formLabel", "year"),
    ),
)
# What keys in these answers mean.
_SAID = {"truong": Words("trưởng", "lead"), "pho": Words("phó", "deputy")}


@dataclass(frozen=True)
class Answered:
    """An example and the first rows of its answer; `total` is how many there are."""

    words: str
    href: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Shown]]
    total: int


def routes() -> APIRouter:
    """`/`."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/", home, response_class=Response)
    return router


async def home(request: Request, snapshot: Now) -> Response:
    """What this is, a search, three answers, and the doors."""
    lang = render.language(request)
    headers = validators(snapshot.release, request, HTML.media, lang)
    if known := unchanged(request, headers):
        return known
    page = render.page(
        request,
        "home.html",
        render.said(request, "Thi đua, khen thưởng Việt Nam", "Emulation and commendation in Vietnam"),
        examples=await examples(snapshot, lang),
        lists=await browse.doors(snapshot, lang),
        release=snapshot.release,
    )
    page.headers.update(headers)
    return page


async def examples(snapshot: Snapshot, lang: str) -> list[Answered]:
    """The three questions, with what a release answers."""
    return [await _answered(example, snapshot, lang) for example in _EXAMPLES]


async def _answered(example: Example, snapshot: Snapshot, lang: str) -> Answered:
    query = snapshot.catalogue[example.query]
    bound = bind(query, {**example.values, "lang": lang}, snapshot.release.base)
    found = rows(query.columns, bindings(await results(bound, _FEW, 0, snapshot)))
    number = await total(bound, snapshot)
    columns = [column for column in query.columns if column.name in example.columns]
    ordered = sorted(columns, key=lambda column: example.columns.index(column.name))
    shown = answers.shown_columns(Reply(bound, snapshot.release, found, number, lang=lang))
    base = snapshot.release.base
    cells = [[_said(answers.cell(row, column, shown, {}, lang, base), lang) for column in ordered] for row in found]
    headings = [column.words.get(lang) for column in ordered]
    return Answered(example.words.get(lang), query.url(example.values), headings, cells, number)


def _said(cell: Shown, lang: str) -> Shown:
    return Shown(_SAID[cell.text].get(lang)) if cell.text in _SAID else cell
