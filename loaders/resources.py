"""The files that thidua brings along, found by position: the same in a checkout and in the wheel."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def ontology_files() -> list[Path]:
    """The ontology's modules, vocabularies and alignments; `examples/` is not among them."""
    return sorted((ROOT / "ontology").glob("*.ttl"))


def shape_files() -> list[Path]:
    """The shapes that data must pass; vocabulary.ttl, which judges the ontology itself, is not among them."""
    return sorted(path for path in (ROOT / "shapes").glob("*.ttl") if path.name != "vocabulary.ttl")


def case_files() -> list[Path]:
    """One file per shape and case: valid, warning or invalid."""
    cases = ROOT / "shapes" / "cases"
    return sorted([*cases.glob("*/*.ttl"), *cases.glob("*/*.trig")])


def check_files() -> list[Path]:
    """Queries that must return nothing over a sound candidate."""
    return sorted((ROOT / "queries" / "checks").glob("*.rq"))


def query_files() -> list[Path]:
    """The curated queries, one file each; those of the gate and those of the workbook are not among them."""
    others = ("checks", "sheets")
    return sorted(path for path in (ROOT / "queries").glob("*/*.rq") if path.parent.name not in others)


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, a byte-order mark dropped."""
    return path.read_text(encoding="utf-8-sig")
