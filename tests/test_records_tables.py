"""The tables are said once: columns mean something in the ontology, headings and labels are no riddles."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse

from loaders.errors import SourceError
from loaders.identity import fold
from loaders.namespaces import td
from loaders.records.schema import Kind
from loaders.records.tables import TABLES
from loaders.records.vocabulary import read_vocabulary
from loaders.resources import ontology_files
from tests import made_up


def test_every_table_has_a_row_among_the_made_up_ones() -> None:
    assert {table for table in TABLES if len(made_up.rows(table)) > 1} == set(TABLES)


def test_every_column_says_something_that_the_ontology_knows() -> None:
    declared = {quad.subject for file in ontology_files() for quad in parse(path=file, format=RdfFormat.TURTLE)}
    for table in TABLES.values():
        for column in table.columns:
            for term in (column.says, *column.classes.values(), *table.types):
                assert term is None or not term.value.startswith(td.iri) or term in declared, (table.key, column.key)


def test_a_heading_names_one_column_whether_key_or_words() -> None:
    names = [(fold(table.key), fold(table.vi), fold(table.en)) for table in TABLES.values()]
    assert len({name for three in names for name in three}) == len({fold(n) for three in names for n in three})
    for table in TABLES.values():
        owners: dict[str, str] = {}
        for column in table.columns:
            for name in (column.key, column.vi, column.en):
                assert owners.setdefault(fold(name), column.key) == column.key, (table.key, name)


def test_a_label_in_a_list_names_one_choice() -> None:
    vocabulary = read_vocabulary(ontology_files())
    for table in TABLES.values():
        for column in table.columns:
            if column.kind in (Kind.CHOICE, Kind.SORT, Kind.TARGET_KIND):
                choices = vocabulary.choices(column)
                assert [choices.find(choice.vi).key for choice in choices.choices] == [c.key for c in choices.choices]


def test_a_label_will_do_for_a_key(tmp_path: Path) -> None:
    directory = made_up.copy(tmp_path)
    choices = read_vocabulary(ontology_files()).schemes
    made_up.change(directory, "roles", 2, role="TRƯỞNG CỤM", certainty=choices["certainty"]["stated"].vi)
    assert set(made_up.quads(directory)) == set(made_up.quads())


def test_an_ontology_with_an_empty_module_is_refused_and_says_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "empty.ttl").touch()
    vocabulary = read_vocabulary([tmp_path / "empty.ttl"])
    for column in (column for table in TABLES.values() for column in table.columns):
        if column.kind in (Kind.CHOICE, Kind.SORT, Kind.TARGET_KIND):
            with pytest.raises(SourceError, match="does not have what a table chooses from") as refused:
                vocabulary.choices(column)
            assert column.of in refused.value.value


@pytest.mark.parametrize("text", [None, "this is no Turtle"])
def test_a_module_that_is_missing_or_spoilt_is_named(text: str | None, tmp_path: Path) -> None:
    if text:
        (tmp_path / "spoilt.ttl").write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match="no module of the ontology") as refused:
        read_vocabulary([tmp_path / "spoilt.ttl"])
    assert refused.value.file == str(tmp_path / "spoilt.ttl")
