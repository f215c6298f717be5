"""What is known of how a release was written, so that the next one can take over what it has in common with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from loaders.release import blocks
from loaders.release.blocks import Block
from loaders.release.census import Census
from loaders.release.dumps import Sizes


@dataclass(frozen=True)
class Laid:
    """A block and the bytes that it takes in each dump of its order: what it begins with, its census, its sum."""

    key: bytes
    sizes: Sizes
    census: Census
    sum: int


@dataclass(frozen=True)
class Order:
    """The blocks of a release, sorted by subject, or by graph and subject, as they follow each other in its dumps."""

    blocks: tuple[Laid, ...]

    @classmethod
    def of(cls, found: Iterable[Block | Laid], sizes: Iterable[Sizes]) -> Order:
        """Blocks, with what each takes in the dumps."""
        return cls(tuple(Laid(b.key, size, b.census, b.sum) for b, size in zip(found, sizes, strict=True)))


@dataclass(frozen=True)
class Written:
    """The blocks of a release in both orders; the default graph of its store is the merge of all others."""

    version: str
    by_subject: Order
    by_graph: Order


def counted(found: Sequence[Block | Laid], space: str) -> tuple[Census, int]:
    """The census of blocks sorted by subject, and the sum of their lines' hashes."""
    census = Census(space)
    for each in found:
        census.add(each.census)
    return census, blocks.total(each.sum for each in found)
