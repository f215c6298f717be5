"""A release as one file: N-Quads, TriG, Turtle, JSON-LD, RDF/XML, or a workbook."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from pyoxigraph import Quad, RdfFormat, Store, parse, serialize

from loaders.errors import unwritable
from loaders.release import Release, dumps, workbook
from loaders.release import base as bases

FORMATS = ("nq", "trig", "ttl", "jsonld", "xml", "xlsx")
_AS_IT_IS = {"nq": dumps.NQUADS, "trig": dumps.TRIG}
# Without graphs: a triple that several sources state comes once.
_TRIPLES = {"ttl": RdfFormat.TURTLE, "xml": RdfFormat.RDF_XML}


def export(release: Release, form: str, target: Path) -> None:
    """The release stands in the target file, or, after an error, what stood there before; OutsideError if it cannot."""
    draft = target.with_name(f".{target.name}-{os.getpid()}")
    try:
        draft.touch()
    except OSError as error:
        # Of those that write, some would not say of which file this is true.
        raise unwritable(target, error) from error
    try:
        _write(release, form, draft)
        draft.replace(target)
    except OSError as error:
        if error.filename or isinstance(error, gzip.BadGzipFile):
            raise
        # Where there is no room, the system does not say.
        raise unwritable(target, error) from error
    finally:
        draft.unlink(missing_ok=True)


def _write(release: Release, form: str, path: Path) -> None:
    prefixes = bases.prefixes(release.base)
    if form in _AS_IT_IS:
        with gzip.open(_dump(release, form)) as packed, path.open("wb") as stream:
            shutil.copyfileobj(packed, stream, 2**20)
    elif form in _TRIPLES:
        serialize(dumps.once(quads(release)), path, _TRIPLES[form], prefixes=prefixes)
    elif form == "jsonld":
        # In the order of TriG, where each graph comes once.
        serialize(quads(release, "trig"), path, RdfFormat.JSON_LD, prefixes=prefixes)
    else:
        _write_workbook(release, path)


def _write_workbook(release: Release, path: Path) -> None:
    """The workbook of the release, or, if it was built before releases had one, a new one."""
    if (kept := release.directory / "dumps" / workbook.NAME) in release.dumps:
        shutil.copyfile(kept, path)
        return
    store = Store()
    store.extend(quads(release))
    facts = workbook.Facts(release.version, release.hash, release.modified, release.base)
    workbook.write(store, facts, path)


def quads(release: Release, form: str = "nq") -> Iterator[Quad]:
    """The statements of a release, sorted by subject (`nq`) or by graph and subject (`trig`)."""
    with gzip.open(_dump(release, form)) as stream:
        yield from parse(cast(IO[bytes], stream), RdfFormat.from_extension(form))


def _dump(release: Release, form: str) -> Path:
    return release.directory / "dumps" / _AS_IT_IS[form]
