"""What a query must be before it is tried; and that the engine would indeed have tried it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

import pytest
from pyoxigraph import Literal, NamedNode, Quad, QueryBoolean, Store

from loaders.resources import query_files, read_text
from service.bounds import Bounds
from service.guard import read
from service.problems import Problem
from service.tokens import tokens
from tests.house import listener

# Calls to <U>, in all the clothes that the engine knows them in.
CALLS = {
    "plain": "SELECT * { SERVICE <U> { ?s ?p ?o } }",
    "silent": "SELECT * { SERVICE SILENT <U> { ?s ?p ?o } }",
    "odd case and a comment": "SELECT * { sErViCe#x\n<U>{ ?s ?p ?o } }",
    "a prefixed name": "PREFIX e: <U> SELECT * { SERVICE e: { ?s ?p ?o } }",
    "a base": "BASE <U> SELECT * { SERVICE <x> { ?s ?p ?o } }",
    "a variable": "SELECT * { VALUES ?g { <U> } SERVICE ?g { ?s ?p ?o } }",
    "lateral": "SELECT * { VALUES ?g { <U> } LATERAL { SERVICE ?g { ?s ?p ?o } } }",
    "in EXISTS": "ASK { FILTER EXISTS { SERVICE <U> { ?s ?p ?o } } }",
    "in a subquery": "SELECT * { { SELECT * { SERVICE <U> { ?s ?p ?o } } } }",
    "in CONSTRUCT": "CONSTRUCT { ?s ?p ?o } WHERE { SERVICE <U> { ?s ?p ?o } }",
    "in DESCRIBE": "DESCRIBE ?s { SERVICE <U> { ?s ?p ?o } }",
    "after a # in an IRI": 'SELECT * { OPTIONAL { ?a <urn:x#"> ?b } SERVICE <U> { ?s ?p ?o } #"\n }',
    "behind a number": "SELECT * { ?x ?y 1SERVICE<U>{ ?s ?p ?o } }",
    "behind a boolean": "SELECT * { ?x ?y trueSERVICE<U>{ ?s ?p ?o } }",
    "in a prefix": "PREFIX y: <U> SELECT * { SERVICEy:z{ ?s ?p ?o } }",
    "in a declared prefix": "PREFIX SERVICEy: <urn:x> PREFIX y: <U> SELECT * { SERVICEy:z{ ?s ?p ?o } }",
    "in a prefix, silent": "PREFIX y: <U> SELECT * { ?x ?y trueSERVICESILENTy:z{ ?s ?p ?o } }",
    "in a local name": "PREFIX x: <http://e:80> PREFIX y: <U> SELECT * { ?x ?y x:SERVICEy:z{ ?s ?p ?o } }",
    "in a local name with an escape": r"PREFIX x: <urn:e#> PREFIX y: <U> SELECT * { ?x ?y x:SERVICEy:z\#{ ?s ?p ?o } }",
    "at the end of a local name": "PREFIX x: <http://e:80> SELECT * { ?x ?y x:SERVICE <U> { ?s ?p ?o } }",
    "behind the dots of a name": "PREFIX x: <urn:x> SELECT * { ?x ?y x:a.b.SERVICE <U> { ?s ?p ?o } }",
    "between < and >": "SELECT * { VALUES ?a { 1 } FILTER(?a<2)SERVICE#x>\n<U>{ ?s ?p ?o } }",
    "between < and a quote": "SELECT * { VALUES ?a { 1 } FILTER(?a<'x>'||true)SERVICE<U>{ ?s ?p ?o }#'\n}",
    "between < and long quotes": 'SELECT * { VALUES ?a { 1 } FILTER(?a<2#>"""\n)SERVICE<U>{ ?s ?p ?o }#"""\n}',
}

# What might be a name behind less-than, and what follows it then a comment or a string.
TWOFOLD = [
    "PREFIX urn: <urn:> SELECT * { VALUES ?a { 1 } FILTER(?a<urn:x#>\n) SERVICE<U>{ ?s ?p ?o } }",
    "PREFIX : <urn:x> SELECT * { VALUES ?a { 1 } FILTER(?a<:x#>\n) SERVICE<U>{ ?s ?p ?o } }",
    "PREFIX b: <urn:x> SELECT * { VALUES ?a { 1 } FILTER(?a<true+b:x#>\n) SERVICE<U>{ ?s ?p ?o } }",
]

INNOCENT = [
    'PREFIX service: <urn:x> SELECT ("SERVICE LOAD DROP" AS ?service) { } # SERVICE',
    "PREFIX service: <urn:x> SELECT * { ?service service:service service:SERVICE . { ?a ?b ?c } }",
    "SELECT * { GRAPH <urn:service> { ?s <http://www.w3.org/ns/sparql-service-description#endpoint> ?o } }",
    "SELECT * { ?s ?p ?o { ?a ?b ?c } UNION { ?a ?b 'SERVICE <urn:x> {}' } }",
    "SELECT ?x FROM <urn:a> FROM NAMED <urn:b> { ?x ?y 1 . FILTER(?x<?y && ?y>?x || 1<2) }",
    "BASE <http://e/x> SELECT * { <#a> <#b> <#c> }",
    "SELECT * { ?s ?p (<urn:x#a> <urn:x#b> <tag:e,2026:'c'>) }",
    "PREFIX : <urn:x#> DESCRIBE :a :b { :a :b 'it\\'s' }",
    "PREFIX a.b: <urn:x#> SELECT * { ?s a a.b:c.d ; a.b:%C4%90 ?o . ?s ?p '''a\"\"\"b''' , \"\\u0110\\U0001F1FB\"@vi }",
]

TOO_MUCH: dict[str, tuple[str, Callable[[int], str]]] = {
    "brackets": ("depth", lambda n: "ASK { FILTER(" + "(" * n + "1" + ")" * n + ") }"),
    "calls": ("depth", lambda n: "ASK { FILTER(" + "STR(" * n + '"a"' + ")" * n + ' = "a") }'),
    "groups": ("patterns", lambda n: "ASK " + "{" * n + "}" * n),
    "lists in lists": ("depth", lambda n: "ASK { ?s ?p " + "(" * n + "1" + ")" * n + " }"),
    "triples": ("patterns", lambda n: "ASK {" + " ?s <urn:p> ?o ." * n + "}"),
    "objects": ("patterns", lambda n: "ASK { ?s <urn:p> 1" + ", 1" * n + " }"),
    "items of a list": ("patterns", lambda n: "ASK { ?s <urn:p> (" + " 1" * n + ") }"),
    "steps of a path": ("patterns", lambda n: "ASK { ?s <urn:p>" + "/<urn:p>" * n + " ?o }"),
    "optional parts": ("patterns", lambda n: "ASK { ?s ?p ?o " + "OPTIONAL { ?s <urn:p> ?o }" * n + "}"),
    "bindings": ("clauses", lambda n: "ASK {" + "".join(f" BIND(1 AS ?x{i})" for i in range(n)) + "}"),
    "sums": ("operators", lambda n: "ASK { FILTER(" + "1+" * n + "1 = 1) }"),
    "negations": ("operators", lambda n: "ASK { FILTER(" + "!" * n + "true) }"),
    "rows": ("tokens", lambda n: "ASK { VALUES ?x {" + " 1" * n + "} }"),
    "text": ("characters", lambda n: "ASK {} #" + "x" * n),
}


def engine() -> Store:
    """An engine with a statement for every pattern before a call."""
    store = Store()
    for value in (Literal(1), Literal(True), *map(NamedNode, ("http://e:80", "urn:e#", "urn:xa.b"))):
        store.add(Quad(NamedNode("urn:s"), NamedNode("urn:p"), value))
    return store


def refusal(query: str) -> Problem:
    """Why the query is refused."""
    with pytest.raises(Problem) as told:
        read(query)
    return told.value


@pytest.mark.parametrize("clothes", CALLS)
def test_a_call_to_another_service_is_refused_in_any_clothes(clothes: str) -> None:
    told = refusal(CALLS[clothes].replace("<U>", "<http://127.0.0.1:1/>"))
    assert told.status in (400, 403)


def test_the_calls_that_are_refused_would_have_been_made() -> None:
    # Two of them the engine cannot read or answer either, as it is now; the rest it makes.
    made = set()
    with listener() as (port, heard):
        for clothes, call in CALLS.items():
            before = len(heard)
            with contextlib.suppress(SyntaxError, OSError, RuntimeError):
                answer = engine().query(call.replace("<U>", f"<http://127.0.0.1:{port}/>"))
                if not isinstance(answer, QueryBoolean):
                    list(answer)
            if len(heard) > before:
                made.add(clothes)
    assert set(CALLS) - made == {"after a # in an IRI", "a variable"}


@pytest.mark.parametrize("query", TWOFOLD)
def test_what_may_be_less_than_before_a_name_is_refused(query: str) -> None:
    with contextlib.suppress(OSError, RuntimeError):  # it is not refused there as no SPARQL
        engine().query(query.replace("<U>", "<http://127.0.0.1:1/>"))
    assert "can be read in two ways" in str(refusal(query))
    # Without the prefix, what follows is no name to the engine either.
    with pytest.raises(SyntaxError):
        engine().query(query.partition("> ")[2].replace("<U>", "<http://127.0.0.1:1/>"))


@pytest.mark.parametrize("query", INNOCENT)
def test_a_query_that_only_looks_like_a_call_is_asked(query: str) -> None:
    engine().query(query)
    assert read(query).form


def test_a_service_may_be_called_when_it_is_on_the_list_and_written_in_full() -> None:
    allowed = ["https://query.example.org/sparql"]
    call = "SELECT * {{ SERVICE {} {{ ?s ?p ?o }} }}"
    assert read(call.format("<https://query.example.org/sparql>"), allowed)
    assert read(call.format("SILENT <https://query.example.org/sparql/x>"), allowed)
    for other in ("?g", "e:", "<https://query.example.org/sparqlx>", "<https://other.example.org/>"):
        with pytest.raises(Problem):
            read(f"PREFIX e: <https://query.example.org/sparql> {call.format(other)}", allowed)


@pytest.mark.parametrize(
    "word", ["INSERT DATA { <urn:x> <urn:y> 1 }", "LOAD <file:///etc/passwd>", "drop all", "CLEAR ALL"]
)
def test_an_update_is_told_that_nothing_is_changed_here(word: str) -> None:
    told = refusal(f"PREFIX x: <urn:x> {word}")
    assert (told.status, told.title) == (400, "Read-only")


@pytest.mark.parametrize("kind", TOO_MUCH)
def test_what_is_too_much_is_refused_before_it_is_tried(kind: str) -> None:
    bound, query = TOO_MUCH[kind]
    limit = getattr(Bounds(), bound)
    told = refusal(query(limit + 1))
    assert (told.status, told.more["bound"], told.more["limit"]) == (400, bound, limit)
    assert read(query(limit // 3)).form == "ASK"


def test_long_lists_of_values_are_not_too_much() -> None:
    assert read("SELECT * { VALUES ?x {" + " <urn:x>" * 5000 + "} }")
    assert read("SELECT * { VALUES (?x ?y) {" + " (<urn:x> 1)" * 2000 + "} }")


def test_the_deepest_query_that_passes_does_not_overflow_a_small_stack() -> None:
    # Each of them just within the bounds, on a thread with 8 MiB, which is less than a worker has.
    done = []

    def ask() -> None:
        for bound, query in TOO_MUCH.values():
            size = getattr(Bounds(), bound) * 2 // 5
            read(query(size))
            engine().query(query(size))
        done.append(True)

    before = threading.stack_size(8 << 20)
    try:
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert done


def test_every_curated_query_passes() -> None:
    for path in query_files():
        assert read(read_text(path)).form == "SELECT", path


@pytest.mark.parametrize("character", [chr(code) for code in range(0x21)] + [*'<"{}|^`\\'])
def test_what_ends_an_iri_here_ends_it_in_the_engine(character: str) -> None:
    # Were one of them part of an IRI for the engine alone, a # after it would begin a comment here alone.
    for written in (character, f"\\u{ord(character):04X}"):
        with pytest.raises(SyntaxError):
            Store().query(f"ASK {{ <urn:x{written}y> ?p ?o }}")


@pytest.mark.parametrize(
    "text",
    [
        r'"""\q"""',
        r'"\uD800"',
        r'"\U00110000"',
        '"a\nb"',
        '"',
        "'''",
        "@",
        "\u00a0",
        "\\u0053ERVICE",
        "FOO",
        "SELECTED",
        "_:",
    ],
)
def test_what_is_no_token_is_refused_with_its_place(text: str) -> None:
    told = refusal(f"ASK {{\n ?s ?p {text} }}")
    assert told.more["line"] == 2


def test_a_query_is_read_to_its_end() -> None:
    query = "SELECT ?x { ?x <urn:p> 'đ' . } # end"
    assert [token.text for token in tokens(query)][-1] == "}"
    assert refusal("ASK { } }").more["column"] == 9
    assert refusal("SELECT * { ?s nope:p ?o }").more["column"] == 15
    assert refusal("  \n").status == 400


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ('ASK { FILTER("' + '\\"' * 60_000, 10),
        ("ASK { VALUES ?x { " + "a." * 60_000, 10),
        ("CONSTRUCT { " + "a." * 60_000, 10),
        ("PREFIX a: <urn:a> ASK { ?s ?p a:" + "from" * 32_000, 1),
    ],
    ids=["quotes", "dots in rows", "dots in a template", "words in a name"],
)
def test_reading_takes_no_longer_than_the_query_is_long(text: str, most: float) -> None:
    # Before, the first three took a minute or more of the web process and now less than half a second; the last one
    # two seconds, and now hundredths.
    began = time.process_time()
    with contextlib.suppress(Problem):
        read(text)
    assert time.process_time() - began < most


def test_a_word_may_stand_before_a_name_and_a_prefix_may_have_dots() -> None:
    query = "PREFIX a.b: <urn:x#> PREFIX c: <urn:y#> ASK { ?s a a.b:c.d; a.b:e c:A.\n?t a a.b:f }"
    names = [token.text for token in tokens(query) if token.kind == "name"]
    assert names == ["a.b:", "c:", "a.b:c.d", "a.b:e", "c:A", "a.b:f"]
