"""What the page of the shapes says of each: what it looks at, what it demands, in words, and how a fault reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml
from pyoxigraph import BlankNode, Literal, NamedNode

from loaders.namespaces import rdf, sh, skos
from loaders.resources import check_files, read_text
from service.query import Words
from service.vocabulary import library
from service.vocabulary.library import Node, Said

_MODULES = {
    "territory": Words("Lãnh thổ", "Territory"),
    "organisation": Words("Tổ chức, người, chức vụ", "Bodies, people, posts"),
    "emulation": Words("Thi đua, khen thưởng", "Emulation and commendation"),
    "provenance": Words("Nguồn và chứng cứ", "Sources and witnesses"),
    "release": Words("Mô tả bản phát hành", "The description of a release"),
    "vocabulary": Words("Bản thể học và từ vựng", "The ontology and its vocabularies"),
}
SEVERITIES = {
    "Violation": Words("chặn công bố", "blocks publication"),
    "Warning": Words("cảnh báo", "warning"),
    "Info": Words("ghi chú", "note"),
}
# What a constraint demands; {} is its value.
_DEMANDS = {
    sh.datatype: Words("kiểu {}", "of type {}"),
    sh["class"]: Words("thuộc lớp {}", "of class {}"),
    sh.hasValue: Words("có giá trị {}", "has the value {}"),
    sh.minInclusive: Words("từ {} trở lên", "{} or more"),
    sh.maxInclusive: Words("không quá {}", "{} or less"),
    sh.minExclusive: Words("lớn hơn {}", "more than {}"),
    sh.maxExclusive: Words("nhỏ hơn {}", "less than {}"),
    sh.minLength: Words("dài ít nhất {} ký tự", "at least {} characters long"),
    sh.maxLength: Words("dài nhiều nhất {} ký tự", "at most {} characters long"),
    sh.pattern: Words("khớp mẫu {}", "matches {}"),
    sh.lessThan: Words("nhỏ hơn {}", "less than {}"),
    sh.lessThanOrEquals: Words("không lớn hơn {}", "not more than {}"),
    sh.disjoint: Words("khác {}", "different from {}"),
    sh.equals: Words("bằng {}", "equal to {}"),
    sh.nodeKind: Words("là {}", "is {}"),
}
_NODE_KINDS = {
    "IRI": Words("một IRI", "an IRI"),
    "Literal": Words("một giá trị", "a literal"),
    "BlankNode": Words("một nút trống", "a blank node"),
    "BlankNodeOrIRI": Words("một IRI hay nút trống", "an IRI or a blank node"),
    "BlankNodeOrLiteral": Words("một nút trống hay giá trị", "a blank node or a literal"),
    "IRIOrLiteral": Words("một IRI hay giá trị", "an IRI or a literal"),
}
_OR, _XONE, _AND = Words("hoặc", "or"), Words("hoặc, nhưng không phải cả hai,", "or, but not both,"), Words("và", "and")


@dataclass(frozen=True)
class Part:
    """What a shape demands of one property: `name` if it has one, `path` as people write it."""

    name: str | None
    path: Words
    demands: tuple[Words, ...]
    severity: Words
    message: Words | None
    first: bool = False


@dataclass(frozen=True)
class Case:
    """An example that a shape passes or refuses: its name, `valid` or `invalid.no-kind`, and its text."""

    name: str
    path: str
    text: str

    @property
    def kind(self) -> str:
        """What comes of it: `valid`, `info`, `warning` or `invalid`."""
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class Promise:
    """A shape."""

    name: str
    iri: str
    module: str
    targets: tuple[Words, ...]
    demands: tuple[Words, ...]
    severity: Words
    message: Words | None
    parts: tuple[Part, ...]
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class Chapter:
    """The shapes about one part of the model."""

    name: str
    words: Words
    promises: tuple[Promise, ...]


@cache
def chapters(base: str) -> tuple[Chapter, ...]:
    """The shapes, chapter by chapter; the first place where a shape of a property is shown is marked."""
    reader = _Reader(library.said(library.SHAPES, base))
    shown: set[str] = set()
    found = []
    for name, words in _MODULES.items():
        promises = tuple(_marked(promise, shown) for promise in reader.promises(name))
        found.append(Chapter(name, words, promises))
    return tuple(found)


def _marked(promise: Promise, shown: set[str]) -> Promise:
    parts = []
    for part in promise.parts:
        parts.append(replace(part, first=part.name is not None and part.name not in shown))
        shown.add(part.name or "")
    return replace(promise, parts=tuple(parts))


class _Reader:
    """Puts shapes into words."""

    def __init__(self, shapes: Said) -> None:
        self.said = shapes
        self.used = {v for (_, p), values in shapes.about.items() if p == sh.property for v in values}

    def promises(self, module: str) -> Iterator[Promise]:
        """The shapes of a file that stand by themselves: no other one has them as a part."""
        for (node, predicate), kinds in self.said.about.items():
            if predicate == rdf.type and isinstance(node, NamedNode) and self.said.file.get(node.value) == module:
                alone = sh.PropertyShape in kinds and node not in self.used
                if sh.NodeShape in kinds or alone:
                    yield self._promise(node, module)

    def _promise(self, node: NamedNode, module: str) -> Promise:
        name = node.value.rpartition("#")[2]
        parts = [self._part(part) for part in self.said.all(node, sh.property) if not isinstance(part, Literal)]
        if self.said.all(node, sh.path):
            parts.append(self._part(node))
        return Promise(
            name=name,
            iri=node.value,
            module=module,
            targets=tuple(self._targets(node)),
            demands=() if self.said.all(node, sh.path) else tuple(self._demands(node)),
            severity=self._severity(node),
            message=self.said.words(node, sh.message),
            parts=tuple(parts),
            cases=tuple(_cases(name)),
        )

    def _part(self, node: Node) -> Part:
        name = node.value.rpartition("#")[2] if isinstance(node, NamedNode) else None
        demands = tuple(self._demands(node))
        return Part(name, self._path(node), demands, self._severity(node), self.said.words(node, sh.message))

    def _severity(self, node: Node) -> Words:
        value = self.said.one(node, sh.severity)
        return SEVERITIES[value.value.rpartition("#")[2] if isinstance(value, NamedNode) else "Violation"]

    def _targets(self, node: Node) -> Iterator[Words]:
        told = {
            sh.targetClass: Words("mọi {}", "every {}"),
            sh.targetNode: Words("chính {}", "{} itself"),
            sh.targetSubjectsOf: Words("mọi thứ có {}", "whatever has {}"),
            sh.targetObjectsOf: Words("giá trị của {}", "whatever {} leads to"),
            sh.target: Words("kết quả của truy vấn {}", "what the query {} finds"),
        }
        for predicate, words in told.items():
            yield from (_filled(words, self._name(value)) for value in self.said.all(node, predicate))

    def _path(self, node: Node) -> Words:
        path = self.said.one(node, sh.path)
        return self._step(path) if path is not None else Words("chính nó", "itself")

    def _step(self, path: Node | Literal) -> Words:
        """A path in words: a property, one backwards, one of several, one after another."""
        if not isinstance(path, BlankNode):
            return self._name(path)
        if (back := self.said.one(path, sh.inversePath)) is not None:
            return _filled(Words("{} đi ngược", "{} backwards"), self._step(back))
        if (either := self.said.one(path, sh.alternativePath)) is not None:
            return _joined([self._step(step) for step in self.said.members(either)], _OR)
        steps = [self._step(step) for step in self.said.members(path)]
        return Words(" / ".join(step.vi for step in steps), " / ".join(step.en for step in steps))

    def _demands(self, node: Node) -> Iterator[Words]:
        """Each constraint of a shape."""
        yield from self._count(node)
        for predicate, words in _DEMANDS.items():
            yield from (_filled(words, self._name(value)) for value in self.said.all(node, predicate))
        for values in self.said.all(node, sh["in"]):
            names = [self._name(value) for value in self.said.members(values)]
            yield _filled(Words("một trong: {}", "one of: {}"), _listed(names))
        for values in self.said.all(node, sh.languageIn):
            names = [self._name(value) for value in self.said.members(values)]
            yield _filled(Words("bằng ngôn ngữ {}", "in the language {}"), _joined(names, _OR))
        if self._true(node, sh.uniqueLang):
            yield Words("mỗi ngôn ngữ một lần", "one in each language")
        yield from self._combined(node)
        if self._true(node, sh.closed):
            yield Words("không có thuộc tính nào khác", "no other property")
        if self.said.all(node, sh.sparql):
            yield Words("điều truy vấn SPARQL kèm theo kiểm tra", "what its SPARQL query checks")

    def _combined(self, node: Node) -> Iterator[Words]:
        """What other shapes are made to say together."""
        for predicate, link in ((sh["or"], _OR), (sh.xone, _XONE), (sh["and"], _AND)):
            for head in self.said.all(node, predicate):
                yield _joined([self._inside(part) for part in self.said.members(head)], link)
        for part in self.said.all(node, sh["not"]):
            yield _filled(Words("không được: {}", "must not be: {}"), self._inside(part))
        for part in self.said.all(node, sh.node):
            yield self._inside(part)

    def _inside(self, node: Node | Literal) -> Words:
        """A shape within another: the list that a concept is of, the name of a shape, or what it demands."""
        if not isinstance(node, BlankNode):
            return _filled(Words("như {}", "as {} says"), self._name(node))
        said = list(self._demands(node))
        for part in self.said.blank(node, sh.property):
            path, demands = self.said.one(part, sh.path), list(self._demands(part))
            scheme = self.said.one(part, sh.hasValue)
            if path == skos.inScheme and scheme is not None:
                said.append(_filled(Words("thuộc danh mục {}", "of the list {}"), self._name(scheme)))
            else:
                whole = _filled(Words("{}: ", "{}: "), self._path(part))
                told = _listed(demands)
                said.append(Words(whole.vi + told.vi, whole.en + told.en))
        return _joined(said, _AND)

    def _count(self, node: Node) -> Iterator[Words]:
        least, most = (self.said.one(node, p) for p in (sh.minCount, sh.maxCount))
        low = int(least.value) if isinstance(least, Literal) else 0
        high = int(most.value) if isinstance(most, Literal) else None
        if high == 0:
            yield Words("không có", "none")
        elif low and low == high:
            yield Words(f"đúng {low}", f"exactly {low}")
        elif low and high is not None:
            yield Words(f"từ {low} đến {high}", f"{low} to {high}")
        elif low:
            yield Words(f"ít nhất {low}", f"at least {low}")
        elif high is not None:
            yield Words(f"nhiều nhất {high}", f"at most {high}")

    def _true(self, node: Node, predicate: NamedNode) -> bool:
        value = self.said.one(node, predicate)
        return isinstance(value, Literal) and value.value == "true"

    def _name(self, value: Node | Literal) -> Words:
        """A term or a value as people write it."""
        if isinstance(value, NamedNode):
            local = value.value.rpartition("#")[2]
            if value.value.startswith(sh.iri) and local in _NODE_KINDS:
                return _NODE_KINDS[local]
            short = self.said.short(value.value).removeprefix(self.said.base)
        elif isinstance(value, Literal):
            short = value.value
        else:
            return self._inside(value)
        return Words(short, short)


def _filled(words: Words, value: Words) -> Words:
    return Words(words.vi.replace("{}", value.vi), words.en.replace("{}", value.en))


def _joined(parts: list[Words], link: Words) -> Words:
    return Words(f" {link.vi} ".join(part.vi for part in parts), f" {link.en} ".join(part.en for part in parts))


def _listed(parts: list[Words]) -> Words:
    return Words(", ".join(part.vi for part in parts), ", ".join(part.en for part in parts))


def _cases(shape: str) -> Iterator[Case]:
    for path, file in library.cases().items():
        if path.partition("/")[0] == shape:
            lines = [line for line in read_text(file).splitlines() if not line.startswith(("@prefix", "@base"))]
            yield Case(file.stem, path, "\n".join(lines).strip())


@dataclass(frozen=True)
class Check:
    """A comparison that no shape makes: a query that must find nothing."""

    name: str
    severity: Words
    message: Words


@cache
def checks() -> tuple[Check, ...]:
    """The checks that the gate runs besides the shapes."""
    return tuple(map(_check, check_files()))


def _check(path: Path) -> Check:
    lines = [line.removeprefix("#+").removeprefix(" ") for line in read_text(path).splitlines() if line[:2] == "#+"]
    head = yaml.load("\n".join(lines), Loader=yaml.BaseLoader)
    return Check(path.stem, SEVERITIES[head["severity"].capitalize()], Words(**head["message"]))
