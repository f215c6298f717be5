"""A source: a directory of `data/` whose `source.toml` says who published it, under which licence, what it holds."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from loaders.errors import SourceError


@dataclass(frozen=True)
class Source:
    """What `source.toml` says; `files` maps a name to its SHA-256 (empty: not pinned), `expected` counts by name."""

    key: str
    directory: Path
    title: str
    publisher: str
    license: str
    url: str | None = None
    rights: str | None = None
    retrieved: date | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    expected: Mapping[str, int] = field(default_factory=dict)

    def path(self, name: str) -> Path:
        """The path of one of the source's files, its checksum found right when one is pinned; SourceError otherwise."""
        path = self.directory / name
        check(path, self.files.get(name, ""))
        return path


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check(path: Path, expected: str) -> None:
    """Nothing, when the file is there and has the expected SHA-256 (or none is expected); SourceError otherwise."""
    if not path.is_file():
        raise SourceError("the file is missing", file=str(path), hint="put it there or take it out of source.toml")
    if expected and (found := sha256(path)) != expected:
        raise SourceError(
            "the file is not the one that source.toml describes",
            file=str(path),
            value=found,
            hint=f"expected {expected}; restore the file, or describe the new one",
        )


def read_source(directory: Path) -> Source:
    """The source that a directory describes in `source.toml`; SourceError names what is missing or misspelt."""
    path = directory / "source.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SourceError("the source has no description", file=str(path), hint="write source.toml") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"not TOML: {error}", file=str(path)) from error
    known = set(Source.__dataclass_fields__) - {"directory"}
    for name in sorted(set(raw) - known):
        raise SourceError("unknown entry", file=str(path), value=name, hint="known: " + ", ".join(sorted(known)))
    for name in ("key", "title", "publisher", "license"):
        if not isinstance(raw.get(name), str) or not raw[name]:
            raise SourceError("missing entry", file=str(path), value=name, hint=f'write {name} = "…"')
    return Source(directory=directory, **raw)
