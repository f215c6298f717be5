"""Which clusters, bodies, posts and people a question may mean, and how well each fits.

The registry has every unit, but no release has every body: what fits best may still not be what is meant. So nothing
is sure whose place is not told, or bears a name that another unit has too; and nobody is, whose post is not told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from loaders.identity import fold
from service.reconcile.directory import KINDS, Entry
from service.reconcile.naming import Naming, compared, frames, naming, within
from service.reconcile.question import CONTRARY, PLACE, TIME, Book, Candidate, Pieces, Question, key_of, span
from service.reconcile.register import Readings, Unit, Version
from service.reconcile.wording import Wording, cell

# Below this an entry is no candidate; where units are asked for too, only what is nearly named so.
_LEAST, _NEAR = 30.0, 75.0
# What shares fewer of its words than this cannot be so near.
_PART = 0.6
# Without marks it may be another name that has some. What is less like is not the name.
_UNMARKED, _LIKE = 0.9, 0.9
# Sources give points in time: a year of which they say nothing is not a year in which a cluster was not there.
_UNKNOWN = 0.7
# A name alone says too little of who is meant.
_NAMESAKE = 0.8
# Bodies that there are at one level only: their name says of which level their place is.
_PROVINCIAL = {"so", "tinh-uy", "ban-tdkt"}
_YEAR = re.compile(r"(19|20)\d\d")
# What stands before a person's name.
_TITLES = {"ong", "ba", "dong", "chi", "dc"}


def entries(question: Question, book: Book, base: str) -> Pieces[list[Candidate]]:
    """The entries that may be meant."""
    kinds = [kind for kind in KINDS if question.wants(kind)]
    if not kinds:
        return []
    least = _LEAST if question.types else _NEAR
    judge = _Judge(question, book, base)
    yield from judge.read()
    found = yield from judge.candidates(kinds)
    return [candidate for candidate in found if candidate.score >= least]


class _Judge:
    """What is the same for all entries, read once."""

    def __init__(self, question: Question, book: Book, base: str) -> None:
        self._question, self._book, self._base = question, book, base
        self._words, spoken = _undated(naming(question.cell.text))
        self._folded = [word.folded for word in self._words]
        self._spans = [each for text in (*question.told(*TIME), *spoken) if (each := span(text))]
        self._kinds = [fold(value) for value in question.told("kind")]
        self._most = _UNMARKED if question.cell.text.isascii() else 1.0
        # Places by key and by name, as they were said; bodies and posts so, too.
        self._places: list[tuple[str, list[Readings]]] = []
        self._bodies: list[tuple[str, Naming]] = []
        self._posts: list[tuple[str, Naming]] = []
        self._lying: dict[str, float] = {}

    def read(self) -> Pieces[None]:
        """What was said besides is read: once, whatever the number of entries."""
        for value in self._question.told(*PLACE):
            name, above = self._book.register.spoken(cell(value))
            self._places.append((key_of(value, self._base), [name, *above] if name else []))
            yield
        for read, term in ((self._bodies, "organisation"), (self._posts, "post")):
            for value in self._question.told(term):
                read.append((key_of(value, self._base), naming(value)))
                yield

    def candidates(self, kinds: list[str]) -> Pieces[list[Candidate]]:
        """The entries of these kinds that share words with what was written, weighed."""
        directory = self._book.directory
        named = directory.entries.get(key_of(self._question.cell.text, self._base))
        if named is not None and named.kind in kinds:
            return [Candidate(named, None, 100.0, {"name": 1.0}, sure=True)]
        found = []
        for entry in directory.sharing(self._words, kinds, 0.0 if self._question.types else _PART):
            found.append(self._thing(entry))
            yield
        for entry, name, rest in directory.people(self._words) if "person" in kinds else ():
            found.append(self._person(entry, name, rest))
            yield
        return found

    def _thing(self, entry: Entry) -> Candidate:
        likes = [compared(self._words, name, frames(entry.kind)) for name in entry.names]
        like = max(likes, key=lambda each: each.value)
        features, score = self._told(entry, {"name": min(like.value, self._most)})
        if entry.kind == "post" and self._bodies:
            features["organisation"] = max(self._alike(said, entry.bodies) for said in self._bodies)
            score *= _share(features["organisation"])
        sure = like.same and like.value >= _LIKE and self._decided(entry, full=likes[0].same)
        return Candidate(entry, None, round(score, 1), features, sure)

    def _person(self, entry: Entry, name: Naming, rest: Naming) -> Candidate:
        like = compared(name, naming(entry.label), frames(entry.kind))
        features, score = self._told(entry, {"name": min(like.value, self._most)})
        office = tuple(word for word in rest if word.folded not in _TITLES)
        posts = [self._alike(said, (*entry.posts, *entry.bodies)) for said in (*self._posts, *self._bodies)]
        if office:
            posts.append(self._named(office, (*entry.posts, *entry.bodies)))
        if posts:
            features["post"] = min(posts)
        score *= _share(features["post"]) if posts else _NAMESAKE
        return Candidate(entry, None, round(score, 1), features, sure=features.get("post", 0.0) >= _LIKE)

    def _told(self, entry: Entry, features: dict[str, float]) -> tuple[dict[str, float], float]:
        """The features of what was said besides, after those of the name, and the score that remains."""
        score = 100 * features["name"]
        if self._kinds:
            features["kind"] = float(self._sorted(entry))
            score *= _share(features["kind"])
        if self._places:
            features["place"] = max((self._lies(place) for place in entry.places), default=0.0)
            score *= _share(features["place"])
        if self._spans and entry.kind == "cluster":
            years = [range(int(first[:4]), int(last[:4]) + 1) for first, last in self._spans]
            features["year"] = float(any(year in span for year in entry.years for span in years))
            score *= 1 if features["year"] else _UNKNOWN
        elif self._spans and entry.places:
            features["date"] = float(any(self._there(place) for place in entry.places))
            score *= _share(features["date"])
        return features, score

    def _sorted(self, entry: Entry) -> bool:
        known = [words for sort in entry.sorts if (words := self._book.directory.words.get(sort))]
        texts = [*entry.sorts, *(fold(text) for words in known for text in (words.vi, words.en))]
        return any(f"{text} ".startswith(f"{kind} ") for text in texts for kind in self._kinds)

    def _alike(self, said: tuple[str, Naming], ids: Sequence[str]) -> float:
        """How well a value names one of these entries, by identifier or by name."""
        key, words = said
        return 1.0 if key in ids else self._named(words, ids)

    def _named(self, written: Naming, ids: Sequence[str]) -> float:
        found = (self._book.directory.entries[id] for id in ids if id in self._book.directory.entries)
        likes = (compared(written, name, frames(entry.kind)).value for entry in found for name in entry.names)
        return max(likes, default=0.0)

    def _there(self, place: str) -> bool:
        unit = self._book.register.units.get(place)
        return unit is not None and any(version.overlaps(*each) for version in unit.versions for each in self._spans)

    def _lies(self, place: str) -> float:
        """Which part of what was said of the place is so: it, or what is above it or there today."""
        if place not in self._lying:
            keys, versions = self._neighbours(place)
            found = [key in keys or _borne(parts, versions) for key, parts in self._places]
            self._lying[place] = sum(found) / len(found)
        return self._lying[place]

    def _neighbours(self, place: str) -> tuple[set[str], list[Version]]:
        register = self._book.register
        unit = register.units.get(place)
        own = [(each, version) for each in (unit, *register.today(unit)) for version in each.versions] if unit else []
        senses = own + [sense for _, version in own for sense in register.above(version)]
        return {key for each, _ in senses for key in (each.key, each.code)}, [version for _, version in senses]

    def _decided(self, entry: Entry, *, full: bool) -> bool:
        """Whether the place is told and no other unit is called so; without one, whether the name is the full one."""
        units = [self._book.register.units[place] for place in entry.places if place in self._book.register.units]
        if not units:
            return full
        return any(self._placed(unit) and self._namesakes(unit, entry) <= set(entry.places) for unit in units)

    def _placed(self, unit: Unit) -> bool:
        if self._places and self._lies(unit.key) == 1:
            return True
        return within([word.folded for word in naming(unit.last.names[0].folded)], self._folded) is not None

    def _namesakes(self, unit: Unit, entry: Entry) -> set[str]:
        """The units that may be meant by the place of an entry, as far as it is told."""
        own = unit.last.names[0]
        spoken = own.kind is not None and f" {own.kind} " in f" {' '.join(self._folded)} "
        wording = own if spoken else Wording(None, own.bare, own.folded)
        # Whoever writes a bare name for the place of a cluster, or in a column of places, means the province.
        high = unit.level == "province" and (entry.kind == "cluster" or self._places)
        level = unit.level if spoken or high or _PROVINCIAL & set(entry.sorts) else None
        return {
            other.key
            for other, version in self._book.register.bearing([wording])
            if version.called(wording) >= _LIKE
            and (level is None or other.level == level)
            and (entry.kind != "cluster" or other.edition == unit.edition)
            and (not self._spans or self._there(other.key))
            and (not self._places or self._lies(other.key) == 1)
        }


def _borne(parts: list[Readings], versions: list[Version]) -> bool:
    """Whether a place was named, and every part of it is the name of one of these."""
    return bool(parts) and all(
        any(version.called(wording) >= _LIKE for version in versions for wording in part) for part in parts
    )


def _undated(words: Naming) -> tuple[Naming, list[str]]:
    """The words without the years among them, `năm 2017`, and these."""
    years = {at for at, word in enumerate(words) if _YEAR.fullmatch(word.folded)}
    framed = {at - 1 for at in years if at and words[at - 1].folded == "nam"}
    left = tuple(word for at, word in enumerate(words) if at not in years | framed)
    return left, [words[at].folded for at in sorted(years)]


def _share(feature: float) -> float:
    return 1.0 if feature >= _LIKE else CONTRARY + (1 - CONTRARY) * feature
