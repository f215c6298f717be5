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
    """A block and the bytes that it takes in each dump that holds it: its beginning, its packed census, its sum."""

    key: bytes
    sizes: Sizes
    census: bytes
    sum: int


# Blocks as they follow each other in dumps.
Layout = tuple[Laid, ...]


@dataclass(frozen=True)
class Written:
    """The blocks of a release sorted by subject, and by graph and subject; its store keeps the merge of all graphs."""

    version: str
    by_subject: Layout
    by_graph: Layout


def layout(found: Iterable[Block | Laid], sizes: Iterable[Sizes]) -> Layout:
    """Blocks, with what each takes in the dumps."""
    return tuple(Laid(each.key, size, each.census, each.sum) for each, size in zip(found, sizes, strict=True))


def counted(found: Sequence[Block | Laid], space: str) -> tuple[Census, int]:
    """The census of blocks sorted by subject, and the sum of their lines' hashes."""
    census = Census(space)
    for each in found:
        census.add(Census.unpacked(each.census))
    return census, blocks.total(each.sum for each in found)
