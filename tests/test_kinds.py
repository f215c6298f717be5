"""Sorting by values of several kinds: the same rows, in one order, at which the engine does not give up."""

import faulthandler
import os
import random
import resource

import pytest
from pyoxigraph import Store

from service.kinds import by_kind

XSD = "http://www.w3.org/2001/XMLSchema#"
TYPES = {
    "date": "20{:02}-01-02 20{:02}-01-02+07:00 20{:02}-13-02",
    "dateTime": "20{:02}-01-02T10:00:00 20{:02}-01-02T23:30:00Z",
    "time": "00:{:02}:00 00:{:02}:00Z",
    "gYear": "20{:02} 20{:02}Z",
    "duration": "P{}M P{}D PT{}H",
    "yearMonthDuration": "P{}M",
    "dayTimeDuration": "P{}D",
    "integer": "{} x{}",
    "double": "{} NaN INF",
    "boolean": "true 0",
    "hexBinary": "{:02}",
}


def values() -> list[str]:
    """Values of every kind, as SPARQL has them."""
    found = ["UNDEF"]
    for number in range(10, 50):
        found += [f"{number % 17}", f"{number % 17}.5", f'"{number % 13}x"', f'"{number}"@vi', f'"{number}"@en']
        found += [f"<urn:{number}>", f'"{number}"^^<urn:type>']
        for name, forms in TYPES.items():
            found += [f'"{form.format(number)}"^^<{XSD}{name}>' for form in forms.split()]
    return found


def gives_up(query: str, rows: int) -> bool:
    """Whether the engine takes the process along that asks; it has so many rows otherwise."""
    if not (process := os.fork()):
        faulthandler.disable()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os._exit(0 if len(list(Store().query(query))) == rows else 1)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    assert code <= 0
    return code < 0


def test_whatever_stands_beside_what_there_is_an_order() -> None:
    before, after = 0, 0
    for seed in range(30):
        some = " ".join(random.Random(seed).sample(values(), 300))
        query = f"SELECT ?v {{ VALUES ?v {{ {some} }} }} ORDER BY {'DESC(?v)' if seed % 2 else '?v'}"
        before += gives_up(query, 300)
        after += gives_up(by_kind(query), 300)
    assert (before > 5, after) == (True, 0)


@pytest.mark.parametrize("direction", ["", "DESC"])
def test_the_kinds_stand_one_behind_the_other(direction: str) -> None:
    terms = f'"b"@vi "a" 10 9.5 <urn:x> "2020-01-01"^^<{XSD}date> UNDEF "NaN"^^<{XSD}double>'
    query = f"SELECT ?v {{ VALUES ?v {{ {terms} }} }} ORDER BY {direction}(?v)"
    found = [row[0] and getattr(row[0], "value", None) for row in Store().query(by_kind(query))]
    kinds = [None, "urn:x", "9.5", "10", "NaN", "a", "b", "2020-01-01"]
    assert found == (kinds if not direction else kinds[::-1])


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("SELECT * { ?s ?p ?o } ORDER BY ?s ?o", 2),
        ("SELECT * { ?s ?p ?o } ORDER BY DESC(?s) ASC ( ?o )", 2),
        ("SELECT * { ?s ?p ?o } ORDER BY (?o) LIMIT 3", 1),
        ("SELECT * { ?s ?p ?o } ORDER BY STR(?o) <http://www.w3.org/2001/XMLSchema#string>(?s) # ) ?p (\n OFFSET 1", 2),
        ("SELECT * { ?s ?p ?o } order by desc(IF(?o > 1, (?s), ?o)) ?p VALUES (?o) { (1) (2) }", 2),
        ("SELECT * { ?s ?p ?o } ORDER BY x:string(?o) NOT EXISTS { ?s ?p 3 }", 1),
        ("SELECT * { { SELECT * { ?s ?p ?o } ORDER BY ?o LIMIT 2 } }", 1),
        ("SELECT * { ?s ?p ?o } ORDER BY (EXISTS { SELECT * { ?s ?p ?x } ORDER BY DESC(?x) LIMIT 1 }) ?o ?s", 3),
    ],
)
def test_the_rows_stay_what_they_are(query: str, number: int) -> None:
    store = Store()
    store.update("INSERT DATA { <urn:a> <urn:p> 1 , 2 , 3 . <urn:b> <urn:p> 2 , 4 }")
    query = f"PREFIX x: <{XSD}> {query}"
    told = by_kind(query)
    assert told.count("isLiteral") == number
    assert list(map(str, store.query(told))) == list(map(str, store.query(query)))


def test_what_is_not_sorted_stays_as_it_is() -> None:
    query = 'PREFIX x: <urn:x#> SELECT (MAX(?o) AS ?m) { ?s x:ORDER ?o ; x:BY "ORDER BY ?o" } # ORDER BY ?o'
    assert by_kind(query) == query
