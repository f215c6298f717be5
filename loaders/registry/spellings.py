"""Names of old units as the official table spells them, where the package spells them in another way."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from loaders.registry.package import Package
from loaders.registry.rows import Row, read_rows


def read_spellings(path: Path, package: Package) -> dict[str, str]:
    """The official name by code; SourceError when the package does not have the name that is to be replaced."""
    names = {row.commune_code: row.commune for row in package.old}
    found = {}
    for row in read_rows(path, ("code", "package_name", "name", "evidence"), once="code"):
        if names.get(row["code"]) != row["package_name"]:
            raise row.error("the package has another name", "package_name", names.get(row["code"]))
        found[row["code"]] = row["name"]
    return found


def official_names(merges: Iterable[Row], corrections: Iterable[Row], package: Package) -> dict[str, str]:
    """The names by code that the tables on provinces and corrected communes give; SourceError for an unknown code."""
    known = {code for row in package.old for code in (row.province_code, row.commune_code)}
    found: dict[str, str] = {}
    for rows, codes, names in ((corrections, "old_code", "old_name"), (merges, "old_codes", "old_names")):
        for row in rows:
            named = dict(zip(row.parts(codes), row.parts(names), strict=True))
            if named.keys() - known:
                raise row.error("no unit of edition 2004 has this code", codes, "write every code with all its zeros")
            found |= named
    return found
