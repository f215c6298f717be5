"""A source: a directory of `data/` whose `source.toml` says who published it, under which licence, what it holds."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from loaders.errors import SourceError
from loaders.namespaces import is_iri


@dataclass(frozen=True)
class Source:
    """What `source.toml` says; `files` maps a name to its SHA-256 (empty: not pinned), `expected` counts by name.

    What a name in `expected` counts is for the source's loader to say; those of classes (`Conference`) are the gate's.
    """

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
    if not path.is_file():
        raise SourceError("the source has no description", file=str(path), hint="write source.toml")
    try:
        # Notepad writes a mark before the first letter, which TOML does not know.
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        # Not only of what is spelt wrongly: of a number or a list that is endless as well.
        hint = "write it as TOML (https://toml.io) in UTF-8, or restore the file"
        raise SourceError(f"not TOML: {error}", file=str(path), line=_line(error), hint=hint) from error
    _check_entries(raw, str(path))
    return Source(directory=directory, **raw)


def _line(error: Exception) -> int | None:
    """The line that the reader of TOML stopped at, if it says so."""
    if isinstance(error, UnicodeDecodeError):
        return error.object.count(b"\n", 0, error.start) + 1
    told = re.search(r"at line (\d+)", str(error))
    return int(told[1]) if told else None


def _check_entries(raw: Mapping[str, Any], file: str) -> None:
    known = set(Source.__dataclass_fields__) - {"directory"}
    for name in sorted(set(raw) - known):
        raise SourceError("unknown entry", file=file, value=name, hint="known: " + ", ".join(sorted(known)))
    for name in ("key", "title", "publisher", "license"):
        if not isinstance(raw.get(name), str) or not raw[name]:
            raise SourceError("missing entry", file=file, value=name, hint=f'write {name} = "…"')
    for name in (name for name in _FORMS if name in raw):
        right, form = _FORMS[name]
        for entry, value in _wrong(name, raw[name], right):
            hint = f"write {form}"
            raise SourceError("an entry of another form", file=file, column=entry, value=value, hint=hint)


def _wrong(name: str, value: Any, right: Callable[[Any], bool]) -> Iterator[tuple[str, Any]]:
    """What is not right under a name: its value, or lines of a group."""
    if name not in _GROUPS or not isinstance(value, dict):
        if name in _GROUPS or not right(value):
            yield name, value
        return
    yield from ((f"{name}.{key}", one) for key, one in value.items() if not right(one))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    # In Python, true is a number too.
    return type(value) is int and value >= 0


# Of these, each line is judged.
_GROUPS = ("files", "expected")
_FORMS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "license": (is_iri, 'the address of the licence: license = "https://…", with %25 for a percent sign'),
    "url": (_is_text, 'url = "https://…"'),
    "rights": (_is_text, 'rights = "…"'),
    "retrieved": (lambda value: type(value) is date, "a day without quotation marks: retrieved = 2026-01-31"),
    "files": (_is_text, 'under [files] a line for each: "name.csv" = "its SHA-256, or nothing"'),
    "expected": (_is_count, "under [expected] a line for each: name = a whole number from 0 on"),
}
