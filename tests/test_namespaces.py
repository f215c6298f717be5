"""Terms are spelt one way."""

import datetime
import unicodedata
from decimal import Decimal

import pytest
from pyoxigraph import NamedNode, Quad, Store

from loaders import namespaces as ns


def test_a_key_survives_its_iri():
    for key in (("2004", "182"), ("bien-gioi-lang-son",), ("7 tỉnh", "2018"), ("a/b",)):
        kind, found = ns.key_of(ns.entity("cluster", *key))
        assert (kind, found) == ("cluster", "/".join(key))


def test_entity_iris_are_ascii():
    assert ns.entity("cluster", "cụm").value.isascii()


def test_what_is_not_an_entity_has_no_key():
    with pytest.raises(ValueError, match="not an entity"):
        ns.key_of(ns.td.Cluster)


def test_labels_are_nfc():
    label = ns.text(unicodedata.normalize("NFD", "Huyện Đình Lập"))
    assert label.value == unicodedata.normalize("NFC", label.value)
    assert label.language == "vi"


def test_literals_are_written_as_the_engine_stores_them():
    literals = [
        ns.integer(2017),
        ns.decimal(Decimal("1.10")),
        ns.decimal(Decimal("1E+2")),
        ns.decimal(Decimal("0")),
        ns.date(datetime.date(2017, 7, 14)),
        ns.boolean(True),
        ns.text("Cụm"),
        ns.string("01"),
    ]
    store = Store()
    thing = NamedNode("urn:x")
    for number, literal in enumerate(literals):
        store.add(Quad(thing, NamedNode(f"urn:p{number}"), literal))
    for number, literal in enumerate(literals):
        (found,) = store.quads_for_pattern(None, NamedNode(f"urn:p{number}"), None)
        assert str(found.object) == str(literal)
