"""A page as a reader meets it: its text, headings, links, tables and marks, without a browser."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

# What begins a line of its own.
_APART = {"td", "th", "li", "p", "dt", "dd", "div", "summary", "text", "tspan"}
_BLOCKS = {"details", "div", "dl", "ol", "p", "section", "table", "ul"}
_VOID = {"meta", "link", "br", "input", "hr", "img"}


class Reading(HTMLParser):
    """What an HTML page holds; AssertionError if its elements are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[tuple[int, str]] = []
        self.scripts: list[tuple[str | None, str]] = []
        self._words: list[str] = []
        self.feed(html)
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # A browser would end the paragraph there.
        assert tag not in _BLOCKS or "p" not in self.open, (tag, self.open)
        self.elements.append((tag, dict(attrs)))
        if tag in _APART:
            self._words.append(" ")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((int(tag[1]), ""))
        if tag == "script":
            self.scripts.append((dict(attrs).get("type"), ""))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        if "script" in self.open:
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)
            return
        if self.open and re.fullmatch("h[1-6]", self.open[-1]):
            self.headings[-1] = (self.headings[-1][0], self.headings[-1][1] + data)
        self._words.append(data)

    @property
    def text(self) -> str:
        """The words, with single spaces."""
        return " ".join("".join(self._words).split())

    @property
    def links(self) -> list[str]:
        """Where the page leads."""
        return [attrs["href"] or "" for tag, attrs in self.elements if tag == "a" and "href" in attrs]

    @property
    def data(self) -> dict[str, object]:
        """What stands in its block of JSON-LD."""
        (block,) = [text for type_, text in self.scripts if type_ == "application/ld+json"]
        found: dict[str, object] = json.loads(block)
        return found

    def classed(self, name: str) -> list[str]:
        """The tags of the elements that have a class."""
        return [tag for tag, attrs in self.elements if name in (attrs.get("class") or "").split()]
