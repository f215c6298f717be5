"""Functions that can be called in SPARQL here: folding and sorting of Vietnamese text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from loaders.identity import fold
from loaders.identity import sort_key as sort_key

Term = NamedNode | BlankNode | Literal | Triple


@dataclass(frozen=True)
class Function:
    """A function of one text: its name in our vocabulary, what it does, in Vietnamese and English."""

    name: str
    apply: Callable[[str], str]
    vi: str
    en: str

    def iri(self, base: str) -> NamedNode:
        """What the function is called in a query."""
        return NamedNode(f"{base}def#{self.name}")

    def __call__(self, *terms: Term) -> Literal | None:
        """The result as a plain string; none, which is an error in SPARQL, for anything but one literal."""
        if len(terms) != 1 or not isinstance(terms[0], Literal):
            return None
        return Literal(self.apply(terms[0].value))


FUNCTIONS = (
    Function(
        "fold",
        fold,
        'Bỏ dấu, chữ hoa và khoảng trắng thừa: fold("Đình Lập") là "dinh lap".',
        'Without marks, case and extra space: fold("Đình Lập") is "dinh lap".',
    ),
    Function(
        "sortKey",
        sort_key,
        "Khóa sắp xếp theo thứ tự tiếng Việt: ORDER BY td:sortKey(?label).",
        "A key for Vietnamese order: ORDER BY td:sortKey(?label).",
    ),
)


def custom(base: str) -> dict[NamedNode, Callable[..., Term | None]]:
    """The functions as the engine takes them."""
    return {function.iri(base): function for function in FUNCTIONS}
