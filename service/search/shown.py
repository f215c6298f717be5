"""A finding as people read it: what it is called, which of its namesakes it is, when it was, what it is today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loaders.identity import search_key
from loaders.release.survey import STANDINGS
from loaders.release.things import Value
from service.links import path_of
from service.pages.said import written
from service.search.index import Found
from service.search.kinds import KINDS

# What the index says in words of its own.
_ENGLISH = {
    STANDINGS["award-presentation"]: "presented",
    STANDINGS["award-decision"]: "decided",
    STANDINGS["award-proposal"]: "proposed, outcome unknown",
}
# Of a district's communes of today, so many are named; the others are counted.
_NAMED = 3
# What is no longer than this is a year.
_YEAR = 4


@dataclass(frozen=True)
class Link:
    """Words, and where they lead, if anywhere."""

    label: str
    href: str | None


@dataclass(frozen=True)
class Shown:
    """A finding as shown. `called` is the name that was looked for, when it is not the label; `more` counts."""

    link: Link
    kind: str
    score: float
    called: str | None
    beside: Sequence[Link]
    when: str | None
    ended: bool
    today: Sequence[Link]
    more: int


def shown(found: Found, base: str, lang: str) -> Shown:
    """The finding in a language, its addresses on this host."""
    label = (lang == "en" and found.english) or found.label
    other = found.matched and search_key(found.matched) not in search_key(found.label)
    return Shown(
        link=Link(label, path_of(found.iri, base)),
        kind=KINDS[found.kind].said(lang),
        score=found.score,
        called=found.matched if other and found.matched != label else None,
        beside=_links(found.beside, base, lang),
        when=_when(found, lang),
        ended=found.kind == "unit" and found.last is not None,
        today=_links(found.today[:_NAMED], base, lang),
        more=max(0, len(found.today) - _NAMED),
    )


def _links(values: Sequence[Value], base: str, lang: str) -> list[Link]:
    return [
        Link(_ENGLISH.get(words, words) if lang == "en" and not iri else words, path_of(iri, base) if iri else None)
        for iri, words in values
    ]


def _when(found: Found, lang: str) -> str | None:
    first, last = (day and written(day, lang) for day in (found.first, found.last))
    if found.kind == "conference":
        # The years of a conference are those that it looked back on; it was held on a day.
        return last if found.last and len(found.last) > _YEAR else None
    if found.kind == "person":
        # Sources show points of a term of office, and not its beginning and its end.
        named = ", ".join(dict.fromkeys(day for day in (first, last) if day))
        return f"{'nguồn nêu ngày' if lang == 'vi' else 'named in sources on'} {named}" if named else None
    if found.kind != "unit":
        return f"{first} – {last}" if first != last else first
    until, since = ("đến hết", "từ") if lang == "vi" else ("until", "since")
    return " ".join([*([since, first] if first else []), *([until, last] if last else [])]) or None
