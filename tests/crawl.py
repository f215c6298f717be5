"""A reader that follows every link, and one that compares the forms of a thing triple by triple.

The tests read the synthetic country with them. `python -m tests.crawl http://127.0.0.1:8000` reads a service that runs:
so many pages from `/`, and so many things of each kind (`--all` for every one, which takes hours).
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urldefrag, urljoin, urlsplit

import httpx
from pyoxigraph import NamedNode, RdfFormat, Triple, parse

BASE = "https://w3id.org/thidua/"
FORMS = {
    "ttl": (RdfFormat.TURTLE, "text/turtle"),
    "nt": (RdfFormat.N_TRIPLES, "application/n-triples"),
    "rdf": (RdfFormat.RDF_XML, "application/rdf+xml"),
    "jsonld": (RdfFormat.JSON_LD, "application/ld+json"),
}
# What has a page of its own inside the base, and what is a part of a document.
_DOCUMENTS = re.compile(r"(id|concept|graph)/.")
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_LINKS = {"a": "href", "area": "href", "link": "href", "script": "src", "img": "src", "iframe": "src", "form": "action"}
_LOADED = {"script", "img", "iframe"}
_HERE = "http://here.example"


class Page(HTMLParser):
    """A page: where it leads, and what is wrong with it."""

    def __init__(self, text: str, address: str) -> None:
        super().__init__()
        self._address = address
        self._tags: Counter[str] = Counter()
        self._ids: Counter[str] = Counter()
        self._lang = self._title = ""
        self._open: list[str] = []
        self.links: list[str] = []
        self.faults: list[str] = [] if text.lstrip().lower().startswith("<!doctype html>") else ["no doctype"]
        self.feed(text)
        self.close()
        self._judge()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """The tag was counted, and its link kept."""
        given = {name: value or "" for name, value in attrs}
        self._tags[tag] += 1
        self._ids.update([given["id"]] if "id" in given else [])
        if tag == "html":
            self._lang = given.get("lang", "")
        if tag not in _VOID:
            self._open.append(tag)
        if tag == "img" and "alt" not in given:
            self.faults.append("an image without alt")
        if "style" in given or any(name.startswith("on") for name in given):
            self.faults.append(f"style or script in a {tag}")
        if (
            tag in _LINKS
            and (link := given.get(_LINKS[tag]))
            and (tag != "form" or given.get("method", "get") == "get")
        ):
            self.links.append(urljoin(self._address, link))
            loaded = tag in _LOADED or (tag == "link" and "stylesheet" in given.get("rel", ""))
            if loaded and not self.links[-1].startswith(_HERE):
                self.faults.append(f"loads {link} from another host")

    def handle_endtag(self, tag: str) -> None:
        """The element is closed that was opened last; elements whose end may be left out with it."""
        if tag not in self._open:
            self.faults.append(f"</{tag}> without a beginning")
            return
        while self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """The title was read."""
        if self._open[-1:] == ["title"] and "svg" not in self._open:
            self._title += data.strip()

    def _judge(self) -> None:
        counted = {tag: self._tags[tag] for tag in ("main", "h1", "title") if self._tags[tag] != 1 and tag != "title"}
        self.faults += [f"{number} {tag}" for tag, number in counted.items()]
        self.faults += [f"no {tag}" for tag in ("header", "nav", "footer") if not self._tags[tag]]
        self.faults += ["no language"] if self._lang not in ("vi", "en") else []
        self.faults += ["no title"] if not self._title else []
        self.faults += [f"id {name} stands {number} times" for name, number in self._ids.items() if number > 1]
        for link in self.links:
            page, fragment = urldefrag(link)
            if fragment and page == urldefrag(self._address)[0] and unquote(fragment) not in self._ids:
                self.faults.append(f"#{fragment} leads nowhere")


@dataclass
class Journey:
    """Where a crawl has been, and what was wrong there."""

    seen: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def crawl(client: Any, start: str = "/", *, alike: int = 4, most: int = 2000) -> Journey:
    """Every link was followed from the start on our host, of those that only differ in their values some."""
    journey, ahead = Journey(), deque([(start, "")])
    known, shapes = {start}, Counter[tuple[str, ...]]()
    while ahead and len(journey.seen) < most:
        path, source = ahead.popleft()
        answer = client.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
        journey.seen[path] = answer.status_code
        found = _read(path, answer, journey)
        if answer.status_code not in (200, 303):
            journey.faults.append(f"{path}: {answer.status_code}, from {source}")
        for link in found:
            shape = _shape(link)
            if link not in known and shapes[shape] < alike:
                known.add(link)
                shapes[shape] += 1
                ahead.append((link, path))
    return journey


def _read(path: str, answer: Any, journey: Journey) -> list[str]:
    """Where an answer leads."""
    links = [urljoin(_HERE + path, address) for address in re.findall(r"<([^>]*)>", answer.headers.get("link", ""))]
    if location := answer.headers.get("location"):
        links.append(urljoin(_HERE + path, location))
    elif answer.headers.get("content-type", "").startswith("text/html"):
        page = Page(answer.text, _HERE + path)
        framed = urlsplit(path).path == "/reconcile/preview"
        journey.faults += [f"{path}: {fault}" for fault in page.faults if not framed]
        links += page.links
    return list(dict.fromkeys(filter(None, map(_inside, links))))


def _inside(link: str) -> str | None:
    """The path and query of a link on our host."""
    parts = urlsplit(urldefrag(link)[0])
    if f"{parts.scheme}://{parts.netloc}" not in (_HERE, "http://testserver"):
        return None
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _shape(link: str) -> tuple[str, ...]:
    """What links have in common that differ in their values: what a key is for, and which parameters there are."""
    parts = urlsplit(link)
    steps = parts.path.split("/")
    kind = tuple(steps[1 : 3 if len(steps) > 3 else 2])
    tail = re.sub(r".*(\.\w+)$", r"\1", steps[-1]) if "." in steps[-1] else ""
    return (*kind, str(len(steps)), tail, *sorted({name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}))


def address(iri: str) -> str:
    """The path by which an IRI of ours is asked for.

    >>> address("https://w3id.org/thidua/id/unit/2004/182")
    '/id/unit/2004/182'
    """
    return "/" + quote(iri.removeprefix(BASE), safe="/~:@!$&'()*+,;=")


def disagreements(client: Any, iri: str) -> Iterator[str]:
    """What is not as it should be when a thing is asked for by its IRI, and its document in every form."""
    seen = client.get(address(iri), headers={"Accept": "text/html"})
    stem = seen.headers.get("location", "")
    if seen.status_code != 303 or not stem.startswith("/doc/"):
        yield f"{iri}: {seen.status_code} {stem}"
        return
    page = client.get(stem, headers={"Accept": "text/html"})
    if page.status_code != 200 or not page.headers["content-type"].startswith("text/html"):
        yield f"{iri}: the page is {page.status_code}"
    said: dict[str, frozenset[Triple]] = {}
    for suffix, (form, media) in FORMS.items():
        for way, answer in (
            (f".{suffix}", client.get(f"{stem}.{suffix}")),
            (media, client.get(stem, headers={"Accept": media})),
        ):
            if answer.status_code != 200 or not answer.headers["content-type"].startswith(media):
                yield f"{iri}: {way} is {answer.status_code} {answer.headers['content-type']}"
                continue
            said[way] = frozenset(quad.triple for quad in parse(answer.content, form))
    triples = next(iter(said.values()), frozenset())
    yield from (f"{iri}: {way} says other triples" for way, other in said.items() if other != triples)
    if not any(isinstance(triple.subject, NamedNode) and triple.subject.value == iri for triple in triples):
        yield f"{iri}: nothing is said of it"


def things(iris: Iterable[str]) -> list[str]:
    """Those that have a document of their own."""
    return sorted({iri for iri in iris if iri.startswith(BASE) and _DOCUMENTS.match(iri.removeprefix(BASE))})


def kinds(iris: Iterable[str]) -> dict[str, list[str]]:
    """The things by kind."""
    found: dict[str, list[str]] = defaultdict(list)
    for iri in iris:
        steps = iri.removeprefix(BASE).split("/")
        found["/".join(steps[: 2 if steps[0] == "id" else 1])].append(iri)
    return found


def _released(client: httpx.Client) -> list[str]:
    """Every thing that the release says something of."""
    query = f'SELECT DISTINCT ?s {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(STRSTARTS(STR(?s), "{BASE}")) }}'
    answer = client.get("/sparql", params={"query": query}, headers={"Accept": "text/csv"})
    answer.raise_for_status()
    return things(answer.text.split()[1:])


def main() -> int:
    """What was read, and what was wrong; 1 if anything was."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("url")
    parser.add_argument("--pages", type=int, default=1500, help="pages at most")
    parser.add_argument("--alike", type=int, default=6, help="pages of one sort")
    parser.add_argument("--each", type=int, default=8, help="things of each kind")
    parser.add_argument("--all", action="store_true", help="every thing")
    options = parser.parse_args()
    with httpx.Client(base_url=options.url, timeout=60) as client:
        journey = crawl(client, alike=options.alike, most=options.pages)
        print(f"{len(journey.seen)} addresses from /: {dict(Counter(journey.seen.values()))}")
        chance, released = random.Random(7), _released(client)
        chosen = [
            iri
            for each in kinds(released).values()
            for iri in (each if options.all else chance.sample(each, min(len(each), options.each)))
        ]
        wrong = [fault for iri in chosen for fault in disagreements(client, iri)]
        print(f"{len(chosen)} of {len(released)} things, as a page and in {len(FORMS)} forms, by suffix and by Accept")
    for fault in (*journey.faults, *wrong):
        print(fault)
    return int(bool(journey.faults or wrong))


if __name__ == "__main__":
    sys.exit(main())
