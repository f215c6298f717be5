"""How a thing is cited: as a line of text, in BibTeX, and in CSL-JSON, with the release that was read."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from loaders.release import Release
from loaders.release.catalogue import LICENSE

_SET = {"vi": "thidua: đồ thị tri thức về thi đua, khen thưởng của Việt Nam",
        "en": "thidua: the knowledge graph of Vietnam's emulation and commendation system"}  # fmt: skip
_AUTHOR = "The thidua maintainers"
# What BibTeX reads as its own.
_SPECIAL = re.compile(r"[&%$#_{}~^\\]")
# These three would be other commands behind a backslash.
_NAMED = {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"}


@dataclass(frozen=True)
class Citation:
    """One thing of one release, as others cite it."""

    text: str
    bibtex: str
    csl: str


def cite(label: str, iri: str, release: Release, lang: str) -> Citation:
    """The citation of a thing in a release."""
    day, version = f"{release.modified:%Y-%m-%d}", release.version
    edition = f"bản phát hành {version} ({day})" if lang == "vi" else f"release {version} ({day})"
    return Citation(
        f"“{label}”. {_SET[lang]}, {edition}. {iri}. CC BY 4.0.",
        _bibtex(label, iri, version, day, lang),
        _csl(label, iri, version, day, lang),
    )


def _bibtex(label: str, iri: str, version: str, day: str, lang: str) -> str:
    key = re.sub(r"[^a-z0-9]+", "-", iri.partition("/id/")[2].lower()).strip("-")
    fields = {
        "title": f"{{{_escaped(label)}}}",
        "author": f"{{{_AUTHOR}}}",
        "howpublished": _escaped(_SET[lang]),
        "version": version,
        "date": day,
        "year": day[:4],
        "url": iri,
        "note": f"CC BY 4.0, {LICENSE.value}",
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return f"@misc{{thidua-{key or 'thing'},\n{lines}}}"


def _escaped(text: str) -> str:
    r"""The text as BibTeX wants it.

    >>> _escaped("Văn hóa & Xã hội")
    'Văn hóa \\& Xã hội'
    """
    return _SPECIAL.sub(lambda found: _NAMED.get(found[0], "\\" + found[0]), text)


def _csl(label: str, iri: str, version: str, day: str, lang: str) -> str:
    item = {
        "id": iri,
        "type": "entry",
        "title": label,
        "container-title": _SET[lang],
        "author": [{"literal": _AUTHOR}],
        "version": version,
        "issued": {"date-parts": [[int(part) for part in day.split("-")]]},
        "URL": iri,
        "license": LICENSE.value,
        "language": lang,
    }
    return json.dumps([item], ensure_ascii=False, indent=1)
