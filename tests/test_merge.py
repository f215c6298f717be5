"""Where only the merge of all graphs is asked: what a query can find there is what it would find among all graphs."""

from __future__ import annotations

import contextlib
import random
import socket
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

import pytest
from pyoxigraph import NamedNode, Quad, QueryResultsFormat, QueryTriples, Store

from service.dataset import Dataset
from service.desk import Desk
from service.guard import read
from service.letter import opened
from service.problems import Problem
from service.protocol import Operation
from service.wire import PART, QUESTION, Frames, message, receive
from service.worker import work
from tests import tiny
from tests.test_engine_guard import CALLS

NAMING = [call.replace("SILENT", "").replace("SERVICE", "GRAPH").replace("sErViCe", "gRaPh") for call in CALLS.values()]
NAMING += [
    "SELECT * FROM <U> { ?s ?p ?o }",
    "SELECT*FROM<U>{?s?p?o}",
    "SELECT * FROM NAMED <U> { ?s ?p ?o }",
    "PREFIX y: <U> SELECT * FROMy:{ ?s ?p ?o }",
    "PREFIX FROMy: <urn:x> PREFIX y: <U> SELECT * FROMy:{ ?s ?p ?o }",
    "PREFIX x: <urn:x> PREFIX y: <U> SELECT (x:fromy:z AS ?x) { ?s ?p ?o }",
    "PREFIX x: <urn:x> DESCRIBE x:from <U> { ?s ?p ?o }",
    "PREFIX y: <U> CONSTRUCT { ?s ?p ?o }FROMy:{ ?s ?p ?o }",
    "PREFIX y: <U> ASK FROM y:from { ?s ?p ?o }",
    "ASK from <U> { ?s ?p ?o }",
]
PLAIN = [
    "PREFIX td: <urn:x#> SELECT * { ?t td:fromUnit ?old ; td:derivedFrom.it 'GRAPH ?g { } FROM' } # GRAPH FROM",
    "SELECT ?graph ?from { <urn:graph> ?graph ?from . FILTER(?from = 'from <urn:x>') }",
]
_SERVER = ("127.0.0.1", 80)
# What a query is put together from at random: graphs and their names in all clothes, and what stands beside them.
_PIECES = [
    *(
        "GRAPH",
        "GRAPHx:",
        "GRAPHy:",
        "FROM",
        "FROMx:",
        "NAMED",
        "x:GRAPH",
        "x:fromy:",
        "x:from",
        "GRAPHx:y",
        "from:",
        "<urn:g>",
    ),
    *(
        "?g",
        "?s",
        "?p",
        "x:",
        "y:",
        "a",
        "1",
        "1.",
        "true",
        ".",
        ";",
        ",",
        "/",
        "<2)",
        "(",
        ")",
        "{ ?s ?p ?o }",
        "{?a ?b ?c}",
    ),
    *(
        "FILTER",
        "FILTER EXISTS",
        "OPTIONAL",
        "UNION",
        "MINUS",
        "LATERAL",
        "{ SELECT * ",
        "WHERE",
        "}",
        "#",
        "\n",
        "'",
        ">",
    ),
]
_PREFIXES = "PREFIX x: <urn:x> PREFIX y: <urn:g> "
_ODD = "PREFIX from: <urn:h> PREFIX FROMx: <urn:g> PREFIX GRAPHx: <urn:y> PREFIX GRAPHy: <urn:p> "


def stores() -> tuple[Store, Store]:
    """What two graphs say, with the merge of them as the default graph; and the merge alone."""
    whole, merge = Store(), Store()
    for number in range(6):
        said = (NamedNode(f"urn:{'xg'[number % 2]}"), NamedNode("urn:p"), NamedNode(f"urn:{number}"))
        whole.extend([Quad(*said, NamedNode("urn:" + "gh"[number % 2])), Quad(*said)])
        merge.add(Quad(*said))
    return whole, merge


def answer(store: Store, query: str) -> list[str]:
    """An answer, line by line, in an order of its own."""
    found = store.query(query)
    if isinstance(found, QueryTriples):
        return sorted(map(str, found))
    return sorted((found.serialize(format=QueryResultsFormat.CSV) or b"").decode().splitlines())


def is_plain(query: str) -> bool:
    """Whether it is known that no graph is asked for by name; Problem if nobody is asked."""
    return Dataset.of(Operation(query), read(query), "urn:base").merged


@pytest.mark.parametrize("query", NAMING)
def test_a_query_that_may_name_a_graph_is_known_for_it(query: str) -> None:
    with contextlib.suppress(Problem):  # what is refused is asked of nobody
        assert not is_plain(query.replace("<U>", "<urn:g>"))


@pytest.mark.parametrize("query", PLAIN)
def test_a_query_that_only_speaks_of_graphs_is_known_for_it(query: str) -> None:
    assert is_plain(query)


def test_what_names_no_graph_finds_the_same_in_the_merge_alone() -> None:
    """Queries put together at random: the engine reads some of them in ways that nobody would."""
    drawn, (whole, merge) = random.Random(2026), stores()
    alike = other = 0
    for _ in range(10_000):
        slots = [
            "".join(drawn.choice(_PIECES) + drawn.choice(("", " ")) for _ in range(drawn.choice((0, 0, 1, 2, 3))))
            for _ in "123"
        ]
        form = drawn.choice(("SELECT *", "SELECT (1 AS ?one)", "ASK", "CONSTRUCT { ?s ?p ?o }"))
        query = f"{_PREFIXES}{drawn.choice(('', _ODD))}{form} {slots[0]} {{ ?s ?p ?o {slots[1]} "
        query += f"{{ ?s ?p ?o }} {slots[2]} }}"
        with contextlib.suppress(Problem, SyntaxError):
            plain, found = is_plain(query), answer(whole, query)
            same = answer(merge, query) == found
            assert same or not plain, query
            alike, other = alike + plain, other + (not same)
    assert alike > 300
    assert other > 5


def test_graphs_are_asked_for_where_they_are(tmp_path: Path) -> None:
    whole, merge = stores()
    desk = Desk(tiny.release(tmp_path, 3), 0)
    desk.open(whole, merge)

    def ask(query: str, more: str = "") -> bytes:
        request = f"GET /sparql?query={quote(query)}{more} HTTP/1.1\r\nHost: x\r\nAccept: text/csv\r\n\r\n"
        response = desk.answer(opened(request.encode(), "127.0.0.1"), _SERVER)
        assert response is not None
        return response.rest.partition(b"\r\n\r\n")[2]

    every = "SELECT ?o { ?s ?p ?o }"
    assert ask(every).count(b"urn:") == 6
    assert ask("SELECT ?o { GRAPH <urn:g> { ?s ?p ?o } }").count(b"urn:") == 3
    assert ask("SELECT ?o FROM <urn:h> { ?s ?p ?o }").count(b"urn:") == 3
    assert ask(every, "&default-graph-uri=urn:g").count(b"urn:") == 3


def test_workers_ask_the_merge_where_tellers_do() -> None:
    """Of two stores with the same statements the engine gives the rows in two orders: everybody asks the same one."""
    every, some = "SELECT ?o { ?s ?p ?o }", "SELECT ?o { GRAPH <urn:g> { ?s ?p ?o } }"
    asked = [Operation(every), Operation(some), Operation(every, default=("urn:g",))]
    whole, merge = stores()
    merge.add(Quad(NamedNode("urn:y"), NamedNode("urn:p"), NamedNode("urn:of-the-merge-alone")))
    assert [answered(whole, merge, each).count("urn:") for each in asked] == [7, 3, 3]


def answered(whole: Store, merge: Store, asked: Operation) -> str:
    """What a worker answers to a query."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        dataset = Dataset.of(asked, read(asked.query or ""), "urn:base")
        query = {"query": asked.query, "media": "text/csv"}
        ours.sendall(message(QUESTION, **query, base="urn:base", **asdict(dataset)))
        ours.shutdown(socket.SHUT_WR)
        work(theirs, whole, merge, "urn:base")
        found = receive(ours, Frames())
        assert found is not None
        assert found[0] == PART
        return found[1].decode()
