"""Lines that wait in the workshop: packed, in frames of Zstandard (RFC 8878), to a twenty-fifth of what they are.

A frame is read by itself, where it lies, or all of a file from its beginning. Each ends in a checksum of what it holds.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

from zstandard import ZstdCompressor, ZstdDecompressor, ZstdError

from loaders.errors import OutsideError

# Higher ones pack sorted lines no better.
_LEVEL = 1
_READ = 1 << 20


class Slice(NamedTuple):
    """Where a frame lies in a file, and how many bytes it holds."""

    path: Path
    start: int
    end: int
    size: int


@dataclass(frozen=True)
class Frames:
    """A file that is written, frame by frame."""

    path: Path
    stream: IO[bytes]
    packer: ZstdCompressor

    def add(self, lines: Iterable[bytes]) -> Slice:
        """The lines stand in the next frame; none is written for none."""
        start, text = self.stream.tell(), b"".join(lines)
        end = start + self.stream.write(self.packer.compress(text) if text else b"")
        return Slice(self.path, start, end, len(text))


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Frames]:
    """A file to which frames are added, after those that it has."""
    with path.open("ab") as stream:
        yield Frames(path, stream, ZstdCompressor(_LEVEL, write_checksum=True))


def read(slices: Iterable[Slice]) -> bytes:
    """What some frames hold; OutsideError when one is not as it was written."""
    found, unpacker = [], ZstdDecompressor()
    for path, start, end, size in slices:
        with path.open("rb") as stream, _trusted(path):
            stream.seek(start)
            found.append(unpacker.decompress(stream.read(end - start), size) if size else b"")
    return b"".join(found)


def texts(path: Path) -> Iterator[bytes]:
    """What each frame of a file holds, one after the other; OutsideError when one is not as it was written."""
    with path.open("rb") as stream, _trusted(path):
        rest = b""
        while text := rest or stream.read(_READ):
            unpacker, found = ZstdDecompressor().decompressobj(), []
            while text and not unpacker.eof:
                found.append(unpacker.decompress(text))
                text = b"" if unpacker.eof else stream.read(_READ)
            if not unpacker.eof:
                raise ZstdError("it ends in the middle of a frame")
            rest = unpacker.unused_data
            yield b"".join(found)


@contextlib.contextmanager
def _trusted(path: Path) -> Iterator[None]:
    try:
        yield
    except ZstdError as error:
        raise OutsideError(f"{path} does not hold what was written: {error} → is the disk sound?") from error
