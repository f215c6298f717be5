"""Changes by chance, such as people make: a statement more or less, another name, another thing, a copy of one."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from loaders.namespaces import BASE, td, text

# Words of which names are made, some of which stand together in others.
_WORDS = ("Cụm", "thi đua", "số 1", "số 10", "Lạng Mẫu", "Đình Lập", "Hội nghị", "tổng kết", "2017", "Ủy ban")
_THINGS = f"{BASE}id/"


def changed(before: set[Quad], chance: random.Random) -> set[Quad]:
    """The quads after one or several changes."""
    now = before
    for _ in range(chance.choice((1, 1, 2, 5))):
        # Sorted: a set has another order in every process.
        data = sorted((quad for quad in now if not quad.subject.value.startswith(td.iri)), key=str)
        now = now.difference(data) | chance.choice(_CHANGES)(data, chance)
    return now


def _less(now: Sequence[Quad], chance: random.Random) -> set[Quad]:
    return set(now).difference(chance.sample(now, chance.randrange(1, 4)))


def _renamed(now: Sequence[Quad], chance: random.Random) -> set[Quad]:
    found = [quad for quad in now if isinstance(quad.object, Literal) and quad.object.language == "vi"]
    return _with(now, chance.choice(found), text(" ".join(chance.sample(_WORDS, chance.randrange(1, 4)))))


def _valued(now: Sequence[Quad], chance: random.Random) -> set[Quad]:
    """One has the value that the same property has elsewhere."""
    quad = chance.choice([quad for quad in now if quad.subject.value.startswith(_THINGS)])
    others = [other.object for other in now if other.predicate == quad.predicate]
    return _with(now, quad, chance.choice(others))


def _with(now: Sequence[Quad], quad: Quad, value: NamedNode | BlankNode | Literal | Triple) -> set[Quad]:
    return set(now) - {quad} | {Quad(quad.subject, quad.predicate, value, quad.graph_name)}


def _more(now: Sequence[Quad], chance: random.Random) -> set[Quad]:
    """What is said of one thing is said of another of its kind as well."""
    things = sorted({quad.subject.value for quad in now if quad.subject.value.startswith(_THINGS)})
    one = chance.choice(things)
    other = chance.choice([thing for thing in things if thing.split("/")[:6] == one.split("/")[:6]])
    said = [quad for quad in now if quad.subject.value == one]
    return set(now) | {
        Quad(NamedNode(other), quad.predicate, quad.object, quad.graph_name) for quad in chance.sample(said, 1)
    }


def _copied(now: Sequence[Quad], chance: random.Random) -> set[Quad]:
    """A new thing of which the same is said as of another, and which stands where that does."""
    one = chance.choice([quad for quad in now if quad.subject.value.startswith(_THINGS)]).subject
    other = NamedNode(f"{one.value}-{chance.randrange(100)}")
    return set(now) | {
        Quad(other if quad.subject == one else quad.subject, quad.predicate, quad.object, quad.graph_name)
        if quad.subject == one
        else Quad(quad.subject, quad.predicate, other, quad.graph_name)
        for quad in now
        if one in (quad.subject, quad.object)
    }


def _gone(now: Sequence[Quad], chance: random.Random) -> set[Quad]:
    """Nothing is said of a thing any more, and it stands nowhere."""
    one = chance.choice([quad for quad in now if quad.subject.value.startswith(_THINGS)]).subject
    return {quad for quad in now if one not in (quad.subject, quad.object)}


_CHANGES: tuple[Callable[[Sequence[Quad], random.Random], set[Quad]], ...] = (
    *(_less, _renamed, _valued, _more, _copied),
    _gone,
)
