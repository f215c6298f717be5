"""Look-ups say what the engine says, byte for byte, or nothing."""

from __future__ import annotations

import random
from pathlib import Path
from urllib.parse import quote

import pytest
from pyoxigraph import (
    BaseDirection,
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    QueryTriples,
    Store,
    Triple,
)

from service import plan
from service.desk import Desk
from service.letter import opened
from service.lookup import lookup
from service.negotiation import RESULTS
from tests import tiny

_JSON, _CSV = RESULTS[0].media, RESULTS[2].media
_BASE = "https://example.org/a/b"
_SERVER = ("127.0.0.1", 80)
_ODD = "".join(map(chr, range(0x100))) + "đĐ\u0301\u2028\ufeff\uffff\U0001f600"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_IRIS = ["urn:a", "urn:x", "urn:x:a1", "https://example.org/a", "https://example.org/đ%C4%91?q=1#f", "urn:x'%25s"]
_RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_LITERALS = [
    Literal("Cụm biên giới"),
    Literal(_ODD),
    Literal("a"),
    Literal(""),
    Literal("Cụm", language="vi"),
    Literal("Cụm", language="VI-vn"),
    Literal("01", datatype=NamedNode(_XSD + "integer")),
    Literal("2026-11-22", datatype=NamedNode(_XSD + "date")),
    Literal("so", datatype=NamedNode("urn:x:a1")),
    Literal(True),
    Literal(1.5),
]

LOOKUPS = [
    "SELECT ?o { <urn:a> <urn:x> ?o }",
    "select ?o where{<urn:a> <urn:x> ?o.}",
    "\r\n\tSELECT ?p ?o\nWHERE {\n  <urn:a> ?p ?o .\n}\n",
    "SELECT ?o ?p { <urn:a> ?p ?o }",
    "SELECT ?p { <urn:a> ?p ?o }",
    "SELECT ?s { ?s <urn:x> 'a' }".replace("'", '"'),
    "SELECT ?s ?o { ?s a ?o }",
    "PREFIX x: <urn:x:> SELECT ?s { ?s x:a1 ?o }",
    "PREFIX x: <urn:y:>PREFIX x:<urn:x:>SELECT ?s { ?s x:a1 x:a1 }",
    "ASK { <urn:a> a <urn:x> }",
    "prefix p: <urn:> ask where { p:a a p:x . }",
    "ASK { ?s <urn:x> ?o }",
    "ASK { <urn:a> <urn:x> <urn:nothing> }",
    "SELECT ?o { <urn:nothing> <urn:x> ?o }",
]
OTHERS = [
    "SELECT * { <urn:a> <urn:x> ?o }",
    "SELECT ?o { ?s ?p ?o }",
    "SELECT ?o { <urn:a> ?o ?o }",
    "SELECT ?o ?o { <urn:a> <urn:x> ?o }",
    "SELECT ?x { <urn:a> <urn:x> ?o }",
    "SELECT ?o { <urn:a> <urn:x> ?o } LIMIT 1",
    "SELECT DISTINCT ?o { <urn:a> <urn:x> ?o }",
    "SELECT ?o { <urn:a> <urn:x> ?o ; a ?t }",
    "SELECT ?o { <urn:a> <urn:x>* ?o }",
    "SELECT ?o { <urn:a> <urn:x> ?o } # so",
    "SELECT ?o { <a> <urn:x> ?o }",
    "SELECT ?o { <https://example.org/b/../a> a ?o }",
    "SELECT ?o { <urn:\\u0061> <urn:x> ?o }",
    "SELECT ?o { x:a <urn:x> ?o }",
    "PREFIX x: <a/> SELECT ?o { x:a <urn:x> ?o }",
    "SELECT ?o { _:a <urn:x> ?o }",
    "SELECT ?s { ?s <urn:x> 1 }",
    'SELECT ?s { ?s <urn:x> "a"@vi }',
    'SELECT ?s { ?s <urn:x> "a\\n" }',
    'SELECT ?s { "a" <urn:x> ?s }',
    "SELECT ?o { <urn:a b> <urn:x> ?o }",
    "CONSTRUCT { <urn:a> <urn:x> ?o } WHERE { <urn:a> <urn:x> ?o }",
    "SELECT ?o { <urn:a> <urn:x> ?o",
    "PREFIX x: <urn:%zz> ASK { <urn:a> <urn:x> ?o }",
    "PREFIX x: <urn:%zz> PREFIX x: <urn:> ASK { x:a x:x ?o }",
    "PREFIX x: <http://e/%4> SELECT ?o { x:1 <urn:x> ?o }",
    "PREFIX x: <http://[bad> ASK { <urn:a> <urn:x> ?o }",
    "PREFIX x: <a> ASK { <urn:a> <urn:x> ?o }",
    "ASK { <urn:..> <urn:x> ?o }",
]
# What a query is put together from at random.
_TERMS = [
    "<urn:a>",
    "<urn:x>",
    "x:a1",
    "x:",
    "y:a",
    "?s",
    "?p",
    "?o",
    "?WHERE",
    "a",
    "A",
    '"a"',
    '""',
    "1",
    "<a>",
    "[]",
]
_TERMS += [
    "<https://example.org/a>",
    "<https://example.org/./a>",
    "<urn:..>",
    "'a'",
    "<>",
    "<urn:a\u00a0>",
    "x:a1.",
    "_:b",
]
_BEGINNINGS = [
    "",
    "PREFIX x: <urn:x:>",
    "PREFIX x: <urn:x:>PREFIX y: <urn:>",
    "PREFIX x: <urn:%zz>",
    "PREFIX x: <urn:%4>",
    "PREFIX x: <http://[bad>PREFIX x: <urn:x:>",
    "prefix  y:<urn:x> ",
    "PREFIX x: <>",
    "#\n",
]
_FORMS = ["SELECT", "select ", "ASK", "ask ", "SELECT DISTINCT", "SELECT *", "DESCRIBE"]
_ENDS = ["}", " . }", ".}", "}\n", "} ", "} LIMIT 2", ";}", ". . }", ""]


def filled() -> Store:
    """A store that says something odd about each of some IRIs."""
    store, drawn = Store(), random.Random(7)
    for subject in _IRIS:
        for predicate in (*_IRIS, _RDF_TYPE):
            for value in drawn.sample([*_LITERALS, *map(NamedNode, _IRIS)], 4):
                store.add(Quad(NamedNode(subject), NamedNode(predicate), value, DefaultGraph()))
    store.add(Quad(NamedNode("urn:a"), NamedNode(_RDF_TYPE), NamedNode("urn:x"), DefaultGraph()))
    store.add(Quad(NamedNode("urn:a"), NamedNode("urn:x"), NamedNode("urn:of-a-graph"), NamedNode("urn:g")))
    return store


def engine(store: Store, query: str) -> bytes:
    """What the engine answers."""
    found = store.query(query, base_iri=_BASE)
    assert not isinstance(found, QueryTriples)
    answer = found.serialize(format=QueryResultsFormat.JSON)
    assert answer is not None
    return answer


@pytest.mark.parametrize("query", LOOKUPS)
def test_a_lookup_is_answered_as_the_engine_answers_it(query: str) -> None:
    store = filled()
    found = lookup(query, _JSON)
    assert found is not None
    assert found.answer(store) == engine(store, query)


@pytest.mark.parametrize("query", OTHERS)
def test_what_is_more_than_a_lookup_is_left_to_the_engine(query: str) -> None:
    assert lookup(query, _JSON) is None


def test_only_json_is_written_here() -> None:
    assert lookup(LOOKUPS[0], _CSV) is None


def test_queries_put_together_at_random_are_answered_as_the_engine_answers_them() -> None:
    drawn, store = random.Random(2026), filled()
    answered = refused = 0
    for _ in range(250_000):
        space = [drawn.choice((" ",) * 8 + ("", "\n\t", " # ")) for _ in range(6)]
        columns = " ".join(drawn.sample(["?s", "?p", "?o", "?WHERE"], drawn.choice((0, 1, 1, 2, 2))))
        form = drawn.choice((*_FORMS[2:4], *_FORMS) if not columns else (*_FORMS[:2] * 4, *_FORMS))
        pattern = "".join(f"{drawn.choice(_TERMS)}{gap}" for gap in space[:3])
        where = drawn.choice((" {", " {", "{", " where {", "WHERE{"))
        query = f"{drawn.choice(_BEGINNINGS)}{form} {columns}{space[3]}{where}{space[4]}{pattern}{drawn.choice(_ENDS)}"
        if (found := lookup(query, _JSON)) is None:
            refused += 1
            continue
        assert found.answer(store) == engine(store, query), query
        answered += 1
    assert answered > 300
    assert refused > 300


@pytest.mark.parametrize(
    "odd",
    [
        BlankNode("b"),
        Literal("a", language="vi", direction=BaseDirection.LTR),
        Triple(NamedNode("urn:a"), NamedNode("urn:a"), NamedNode("urn:a")),
    ],
)
def test_a_term_that_is_seldom_seen_is_left_to_the_engine(odd: BlankNode | Literal | Triple) -> None:
    store, found = Store(), lookup("SELECT ?p ?o { <urn:a> ?p ?o }", _JSON)
    store.add(Quad(NamedNode("urn:a"), NamedNode("urn:x"), odd, DefaultGraph()))
    assert found is not None
    assert found.answer(store) is None
    assert found.few


def test_many_rows_are_left_to_the_engine_and_known_for_it() -> None:
    store, found = Store(), lookup("SELECT ?o { <urn:a> <urn:x> ?o }", _JSON)
    assert found is not None
    store.bulk_extend(Quad(NamedNode("urn:a"), NamedNode("urn:x"), Literal(n), DefaultGraph()) for n in range(50))
    assert found.answer(store) == engine(store, "SELECT ?o { <urn:a> <urn:x> ?o }")
    assert found.few
    store.add(Quad(NamedNode("urn:a"), NamedNode("urn:x"), Literal(50), DefaultGraph()))
    assert found.answer(store) is None
    assert not found.few


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?o { <urn:a> <urn:x> ?o " + " " * 200_000 + "x}",
        "PREFIX a: <urn:a> " * 20_000 + "x",
        "SELECT" + " ?a" * 60_000 + " x",
        " " * 200_000 + "x",
        'SELECT ?o { <urn:a> <urn:x> "' + "x" * 200_000,
    ],
    ids=["space", "prefixes", "variables", "beginning", "string"],
)
def test_what_is_long_is_read_once(query: str) -> None:
    assert lookup(query, _JSON) is None


def test_a_teller_gives_the_same_response_with_and_without_lookups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, told = filled(), []
    for way in (lookup, lambda *_: None):
        monkeypatch.setattr(plan, "lookup", way)
        desk = Desk(tiny.release(tmp_path, 3), 0)
        # The engine cannot be asked for what a look-up answers.
        desk.open(Store() if way is lookup else store, store)
        for query in LOOKUPS:
            request = f"GET /sparql?query={quote(query)} HTTP/1.1\r\nHost: x\r\nAccept: {_JSON}\r\n\r\n"
            response = desk.answer(opened(request.encode(), "127.0.0.1"), _SERVER)
            assert response is not None
            told.append(response.rest)
    assert told[: len(LOOKUPS)] == told[len(LOOKUPS) :]
