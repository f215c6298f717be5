"""The clusters, bodies, posts and people of a release, in memory: what they are called, and what belongs to what.

Of a person there is the name and the posts in which a source shows them, as the release has it; without one there is
no entry.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from loaders.identity import fold, search_key
from service.query import Words
from service.reconcile.naming import Naming, frames, naming, within

KINDS = ("cluster", "organisation", "post", "person")
# Of those that share words with what was written, so many are looked at; and so many are suggested.
_MOST = 200
# A person's name has so many syllables.
_SYLLABLES = range(2, 7)


@dataclass(slots=True)
class Entry:
    """A thing by its identifier, `cluster/bien-gioi-lang-son`, with its names and what the release says of it.

    `sorts` are keys of its kind (`ubnd`), `places` keys of units, `bodies` and `posts` identifiers, `days` those on
    which a source shows it; `roles` are year, role and identifier of the member, of a cluster.
    """

    id: str
    kind: str
    label: str
    others: tuple[str, ...] = ()
    sorts: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)
    years: list[int] = field(default_factory=list)
    days: list[str] = field(default_factory=list)
    roles: list[tuple[int, str, str]] = field(default_factory=list)

    @property
    def names(self) -> tuple[Naming, ...]:
        """What it is called, its label first, as words."""
        return tuple(naming(name) for name in (self.label, *self.others))


class Directory:
    """The entries of a release; `words` says what the kinds of bodies and clusters are called."""

    def __init__(self, entries: Iterable[Entry], words: dict[str, Words]) -> None:
        self.entries, self.words = {entry.id: entry for entry in entries}, words
        self._worded: dict[str, list[Entry]] = defaultdict(list)
        self._sizes: dict[str, int] = {}
        self._people: dict[tuple[str, ...], list[Entry]] = defaultdict(list)
        self._spelt: list[tuple[str, Entry]] = []
        for entry in self.entries.values():
            names = (entry.label, *entry.others)
            self._spelt += [(f" {key}", entry) for name in names for key in {fold(name), search_key(name)}]
            if entry.kind == "person":
                self._people[tuple(word.folded for word in naming(entry.label))].append(entry)
                continue
            heavy = [{word.folded for word in name} - frames(entry.kind) for name in entry.names]
            self._sizes[entry.id] = min(map(len, heavy))
            for word in set().union(*heavy):
                self._worded[word].append(entry)

    def sharing(self, written: Naming, kinds: Collection[str], part: float) -> list[Entry]:
        """The entries of these kinds that share this part of the words at least, those with most of them first."""
        words = {word.folded for word in written}
        shared = Counter(
            entry.id for word in words for entry in self._worded.get(word, ()) if entry.kind in kinds
        ).most_common(_MOST)
        found = [(self.entries[id], number) for id, number in shared]
        return [
            entry
            for entry, number in found
            if 2 * number >= part * (len(words - frames(entry.kind)) + self._sizes[entry.id])
        ]

    def people(self, written: Naming) -> list[tuple[Entry, Naming, Naming]]:
        """Who is named in what was written: the words of the name, and those before and behind it."""
        words = [word.folded for word in written]
        found = []
        for name in self._named(words):
            at = within(name, words)
            if at is not None:
                end = at + len(name)
                found += [(entry, written[at:end], written[:at] + written[end:]) for entry in self._people[name]]
        return found

    def _named(self, words: list[str]) -> set[tuple[str, ...]]:
        spans = {tuple(words[at : at + size]) for size in _SYLLABLES for at in range(len(words) - size + 1)}
        return spans & self._people.keys()

    def starting(self, prefix: str, kinds: Collection[str]) -> list[Entry]:
        """The entries of these kinds that have a name in which a word begins so; names that begin so come first."""
        keys = {f" {fold(prefix)}", f" {search_key(prefix)}"}
        found: dict[str, tuple[bool, str]] = {}
        for spelt, entry in self._spelt:
            if entry.kind in kinds and (hits := [key for key in keys if key in spelt]):
                rank = (not any(spelt.startswith(key) for key in hits), fold(entry.label))
                found[entry.id] = min(found.get(entry.id, rank), rank)
        return [self.entries[id] for id in sorted(found, key=lambda id: (found[id], id))[:_MOST]]
