"""Requests that nobody should send, as the bytes on the wire, each with the statuses that are a right answer to it.

Status 0 stands for a connection that is closed without an answer, which is right only where the request cannot be
told from noise.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import quote

HOST = "Host: thidua.example"
QUERY, UPDATE, FORM = "application/sparql-query", "application/sparql-update", "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Bad:
    """A request and the statuses it may get; `title` is one that says in which way it is bad."""

    name: str
    raw: bytes
    statuses: tuple[int, ...]


def lines(*parts: str | bytes, end: bytes = b"\r\n", body: bytes = b"") -> bytes:
    """A request of these lines and a body."""
    return b"".join((part.encode() if isinstance(part, str) else part) + end for part in parts) + end + body


def get(target: str | bytes, *headers: str, method: str = "GET") -> bytes:
    """A request without a body, whose target is sent as it stands."""
    target = target.encode() if isinstance(target, str) else target
    return lines(b"%s %s HTTP/1.1" % (method.encode(), target), HOST, "Connection: close", *headers)


def post(body: str | bytes, kind: str | None = FORM, *headers: str, target: str = "/sparql") -> bytes:
    """A request with a body of this type."""
    body = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    kinds = (f"Content-Type: {kind}",) if kind else ()
    head = (f"POST {target} HTTP/1.1", HOST, "Connection: close", f"Content-Length: {len(body)}", *kinds, *headers)
    return lines(*head, body=body)


def ask(query: str, *headers: str, **parameters: str) -> bytes:
    """A query by GET."""
    more = "".join(f"&{name}={quote(value, safe='')}" for name, value in parameters.items())
    return get(f"/sparql?query={quote(query, safe='')}{more}", *headers)


def _named(statuses: tuple[int, ...], requests: dict[str, bytes]) -> list[Bad]:
    return [Bad(name, raw, statuses) for name, raw in requests.items()]


# What is no HTTP/1.1 (RFC 9112), or two messages in one to whoever stands before us.
WIRE = [
    *_named(
        (400, 0),
        {
            "noise": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(64)) + b"\r\n\r\n",
            "two targets": lines("GET /healthz /readyz HTTP/1.1", HOST),
            "no target": lines("GET HTTP/1.1", HOST),
            "a word for a version": lines("GET /healthz HTTQ/1.1", HOST),
            "a NUL in the target": get(b"/healthz\x00"),
            "a NUL in a header": get("/healthz", "X-A: a\x00b"),
            "a control character in the target": get(b"/health\x01z"),
            "a header without a colon": get("/healthz", "NoColonHere"),
            "a space before the colon": get("/healthz", "X-A : b"),
            "a header without a name": get("/healthz", ": b"),
            "a space in the name of a header": get("/healthz", "X A: b"),
            "a bare carriage return in a header": get("/healthz", "X-A: a\rX-B: c"),
            "a folded header": lines("GET /healthz HTTP/1.1", HOST, "X-A: a", "\x0b b"),
            "a length that is no number": lines("POST /sparql HTTP/1.1", HOST, "Content-Length: x"),
            "a negative length": lines("POST /sparql HTTP/1.1", HOST, "Content-Length: -1"),
            "a length with a sign": lines("POST /sparql HTTP/1.1", HOST, "Content-Length: +6", body=b"ASK {}"),
            "a length in hexadecimal": lines("POST /sparql HTTP/1.1", HOST, "Content-Length: 0x6", body=b"ASK {}"),
            "an endless length": lines("POST /sparql HTTP/1.1", HOST, "Content-Length: " + "9" * 30),
            "two lengths": lines(
                "POST /sparql HTTP/1.1", HOST, "Content-Length: 6", "Content-Length: 7", body=b"ASK {}"
            ),
            "length and chunks": lines(
                "POST /sparql HTTP/1.1", HOST, "Content-Length: 6", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"
            ),
            "chunks that are none": lines("POST /sparql HTTP/1.1", HOST, "Transfer-Encoding: chunked", body=b"zz\r\n"),
            "a chunk of negative size": lines(
                "POST /sparql HTTP/1.1", HOST, "Transfer-Encoding: chunked", body=b"-6\r\nASK {}\r\n0\r\n\r\n"
            ),
            "a chunk longer than it says": lines(
                "POST /sparql HTTP/1.1", HOST, "Transfer-Encoding: chunked", body=b"2\r\nASK {}\r\n0\r\n\r\n"
            ),
            "a chunk of endless size": lines(
                "POST /sparql HTTP/1.1", HOST, "Transfer-Encoding: chunked", body=b"f" * 20 + b"\r\n"
            ),
        },
    ),
    *_named(
        (400, 405, 501, 0),
        {
            "a method in lower case": get("/healthz", method="get"),
            "a method of another protocol": get("/healthz", method="BREW"),
            "a method of another kind": get("/healthz", method="G\u00cbT"),
            "a proxy's CONNECT": lines(
                "CONNECT example.org:443 HTTP/1.1", "Host: example.org:443", "Connection: close"
            ),
        },
    ),
    *_named(
        (400, 415, 501, 0),
        {
            "chunks under an unknown coding": lines(
                "POST /sparql HTTP/1.1", HOST, "Connection: close", "Transfer-Encoding: gzip, identity", body=b"ASK {}"
            ),
            "chunks before another coding": lines(
                "POST /sparql HTTP/1.1",
                HOST,
                "Connection: close",
                "Transfer-Encoding: chunked, gzip",
                body=b"0\r\n\r\n",
            ),
        },
    ),
    *_named((400, 505, 0), {"a version to come": lines("GET /healthz HTTP/9.9", HOST)}),
    # HTTP/0.9: its request is one line without a version.
    *_named(
        (400,),
        {"no version": lines("GET /healthz", HOST), "a line feed in the target": get(b"/healthz\nX-A:")},
    ),
    *_named(
        (400, 404, 414, 431, 0),
        {
            "raw bytes": get(b"/\xff\xfe\xc3"),
            "raw bytes in a query": get(b"/sparql?query=ASK{\xff}"),
            "raw bytes in a value": get(b"/api/clusters?q=\xff"),
            "an address of another kind": get("file:///etc/passwd"),
            "an address of a megabyte": get("/" + "a" * (1 << 20)),
            "an address of 70 kB": get("/sparql?query=" + "a" * 70_000),
        },
    ),
    *_named(
        (400, 431, 0),
        {
            "a header of a megabyte": get("/healthz", "X-A: " + "a" * (1 << 20)),
            "a header of 70 kB": get("/healthz", "X-A: " + "a" * 70_000),
            "eight thousand headers": get("/healthz", *(f"X-{number}: aaaaaaaa" for number in range(8000))),
            "a name of 70 kB": get("/healthz", "X" * 70_000 + ": a"),
        },
    ),
]

# What is HTTP, but of no host, in no form or by no method that is answered here.
MESSAGES = [
    *_named(
        (505,),
        {
            "a version that is no text": lines("GET / HTTP/2.0", HOST),
            "a query in a version that is no text": lines("GET /sparql?query=ASK%7B%7D HTTP/2.0", HOST),
            "the same again": lines("GET /sparql?query=ASK%7B%7D HTTP/2.0", HOST, "X-A: b"),
        },
    ),
    *_named(
        (400,),
        {
            "no host": lines("GET /healthz HTTP/1.1", "Connection: close"),
            "two hosts": get("/healthz", "Host: other.example"),
            "a host with markup": lines("GET / HTTP/1.1", 'Host: a"><script>alert(1)</script>', "Connection: close"),
            "a host with a user": lines("GET / HTTP/1.1", "Host: a@evil.example", "Connection: close"),
            "a host with a path": lines("GET / HTTP/1.1", "Host: evil.example/?", "Connection: close"),
            "two hosts in one": lines("GET / HTTP/1.1", "Host: a.example, b.example", "Connection: close"),
            "a host with half an escape": lines("GET /sparql HTTP/1.1", "Host: a%zz.example", "Connection: close"),
            "a host of 300 letters": lines("GET / HTTP/1.1", "Host: " + "a" * 300, "Connection: close"),
            "a host with a blank": lines("GET / HTTP/1.1", "Host: a b", "Connection: close"),
            "two types in one": post("ASK {}", QUERY, f"Content-Type: {FORM}"),
            "two types the other way round": post("ASK {}", FORM, f"Content-Type: {QUERY}"),
            "two types at length": post("ASK {}", QUERY, f"Content-Type: {FORM}", "Expect: nothing"),
            "a # in the address": get("/api/search?q=C#"),
            "a # in a query": get("/sparql?query=ASK{}#{}"),
            "an address of no web": get("ftp://thidua.example/healthz"),
            "an address in full with a user": get("http://a@thidua.example/healthz"),
            "an address in full without a host": get("http:///healthz"),
            "an address in full beside no host": lines("GET http://a/healthz HTTP/1.1", "Connection: close"),
            "an address in full beside half a host": lines("GET http://a/ HTTP/1.1", "Host: a b", "Connection: close"),
        },
    ),
    *_named(
        (405,),
        {
            "PUT": get("/sparql", "Content-Length: 0", method="PUT"),
            "PUT of a dump": get("/dumps/", "Content-Length: 0", method="PUT"),
            "DELETE": get("/sparql", method="DELETE"),
            "DELETE of a thing": get("/doc/cluster/bien-gioi-lang-son", method="DELETE"),
            "PATCH": get("/sparql", "Content-Length: 0", method="PATCH"),
            "POST to a page": post("a=b", target="/"),
            "POST to a curated query": post("q=b", target="/api/clusters"),
            "POST to a thing": post("a=b", target="/id/cluster/bien-gioi-lang-son"),
            "QUERY to a curated query": get("/api/clusters", method="QUERY"),
            "TRACE": get("/sparql", method="TRACE"),
            "TRACE of a page": get("/", method="TRACE"),
            "PROPFIND": get("/dumps/", method="PROPFIND"),
        },
    ),
    *_named(
        (400, 404),
        {
            "an asterisk": get("*"),
            "OPTIONS of nothing": get("/nothing", method="OPTIONS"),
            "an address of another host": get("http://127.0.0.1:1/latest/meta-data/"),
        },
    ),
    *_named(
        (501,),
        {
            "a body packed on its way": lines(
                "POST /sparql HTTP/1.1",
                HOST,
                "Connection: close",
                f"Content-Type: {QUERY}",
                "Transfer-Encoding: gzip, chunked",
                body=b"6\r\nASK {}\r\n0\r\n\r\n",
            ),
            "a body packed on its way, said apart": lines(
                "POST /sparql HTTP/1.1",
                HOST,
                "Connection: close",
                f"Content-Type: {QUERY}",
                "Transfer-Encoding: gzip",
                "Transfer-Encoding: chunked",
                body=b"6\r\nASK {}\r\n0\r\n\r\n",
            ),
        },
    ),
    *_named(
        (414,),
        {
            "an address of 33 kB": get("/sparql?query=" + "a" * 33_000),
            "a thing that grows in its document's address": get("/id/" + '"' * 30_000),
        },
    ),
]

# What leads nowhere, and must not lead out of where it is.
ADDRESSES = [
    *_named(
        (404,),
        {
            "nothing": get("/nothing"),
            "an administrator's page": get("/wp-admin/install.php"),
            "a file of ours": get("/.env"),
            "a repository": get("/.git/config"),
            "a module": get("/service/app.py"),
            "out of the styles": get("/static/../app.py"),
            "out of the styles, escaped": get("/static/%2e%2e%2fapp.py"),
            "out of the styles, twice escaped": get("/static/%252e%252e%252fapp.py"),
            "out of the styles, backwards": get("/static/..%5capp.py"),
            "an absolute style": get("/static/%2Fetc%2Fpasswd"),
            "a NUL behind a style": get("/static/site.css%00"),
            "a style that is a directory": get("/static/."),
            "a name longer than a file may have": get("/static/" + "a" * 300 + ".css"),
            "out of the dumps": get("/dumps/../manifest.json"),
            "out of the dumps, escaped": get("/dumps/..%2Fmanifest.json"),
            "out of the dumps, overlong": get("/dumps/%c0%ae%c0%ae%c0%afmanifest.json"),
            "a NUL behind a dump": get("/dumps/x.nq.gz%00"),
            "no such dump": get("/dumps/other.nq.gz"),
            "no such thing": get("/doc/cluster/nothing"),
            "no such thing in Turtle": get("/doc/cluster/nothing.ttl"),
            "no such kind": get("/doc/nothing/nothing"),
            "no document at all": get("/doc/"),
            "out of the documents": get("/doc/../../../etc/passwd"),
            "out of the documents, escaped": get("/doc/%2e%2e/%2e%2e/etc/passwd"),
            "a NUL in a document": get("/doc/cluster/%00"),
            "a line's end in a document": get("/doc/cluster/a%0d%0aSet-Cookie:%20a=b"),
            "a < in a document": get("/doc/cluster/%3Cscript%3E"),
            "an injection in a document": get("/doc/cluster/a%3E%20%3Fp%20%3Fo%20%7D%20%23"),
            "bytes that are no UTF-8 in a document": get("/doc/cluster/%ff%fe"),
            "overlong UTF-8 in a document": get("/doc/cluster/%c0%af"),
            "a broken escape in a document": get("/doc/cluster/%zz"),
            "half an escape in a document": get("/doc/cluster/%"),
            "a document of 8 kB": get("/doc/cluster/" + "a" * 8000),
            "a document of a thousand parts": get("/doc" + "/a" * 1000),
            "no such concept": get("/doc/concept/cluster-role/nothing"),
            "no such version of the ontology": get("/def/9.9.9"),
            "a version that is a path": get("/def/..%2f..%2fetc"),
            "below the shapes": get("/shapes/../../etc/passwd"),
            "another release": get("/doc/release/1999-01-01-00000000"),
            "another host behind two slashes": get("//evil.example/dumps"),
            "another host behind three slashes": get("///evil.example/"),
            "another host behind a backslash": get("/\\evil.example/"),
            "another host behind an escaped slash": get("/%2fevil.example/"),
        },
    ),
    *_named(
        (406,),
        {
            "a document as a picture": get("/doc/cluster/bien-gioi-lang-son", "Accept: image/png"),
            "a document in no format": get("/doc/cluster/bien-gioi-lang-son?format=nothing"),
            "the ontology as a picture": get("/def", "Accept: image/png"),
            "the shapes as a spreadsheet": get("/shapes?format=xlsx"),
            "the description as rows": get("/.well-known/void", "Accept: text/csv"),
            "the dumps as a film": get("/dumps/", "Accept: video/mp4"),
        },
    ),
]


def _many(count: int, one: str) -> str:
    return one * count


# What is sent to /sparql and is no query, or none that is answered.
PROTOCOL = [
    *_named(
        (400,),
        {
            "two queries": get("/sparql?query=ASK%7B%7D&query=ASK%7B%7D"),
            "a query in the form and in the address": post("query=ASK%7B%7D", target="/sparql?query=ASK%7B%7D"),
            "a query in the body and in the address": post("ASK {}", QUERY, target="/sparql?query=ASK%7B%7D"),
            "a form without a query": post("other=1"),
            "an empty form": post(""),
            "an empty body": post("", QUERY),
            "an empty query": get("/sparql?query="),
            "a query of blanks": ask(" \t\r\n "),
            "a query that is a comment": ask("# SELECT * { ?s ?p ?o }"),
            "a query with a byte order mark in it": ask("ASK \ufeff{}"),
            "a body that is no UTF-8": post(b'SELECT ("\xff" AS ?x) {}', QUERY),
            "a body in UTF-16": post("ASK {}".encode("utf-16"), QUERY),
            "a body in overlong UTF-8": post(b'SELECT ("\xc0\xaf" AS ?x) {}', QUERY),
            "a surrogate in the body": post('SELECT ("\ud800" AS ?x) {}', QUERY),
            "a form that is no UTF-8": post("query=SELECT%20(%22%ff%22%20AS%20?x)%7B%7D"),
            "an address that is no UTF-8": get("/sparql?query=SELECT%20(%22%ff%22%20AS%20?x)%7B%7D"),
            "a form of ten thousand fields": post(
                "&".join(f"f{number}=1" for number in range(10_000)) + "&query=ASK{}"
            ),
            "an address of two thousand fields": get("/sparql?query=ASK%7B%7D" + _many(2000, "&a=1")),
            "a default graph that is no IRI": ask("ASK {}", **{"default-graph-uri": "not an iri"}),
            "a named graph that is no IRI": ask("ASK {}", **{"named-graph-uri": "<urn:x>"}),
            "a default graph that is empty": ask("ASK {}", **{"default-graph-uri": ""}),
            "a default graph that is relative": ask("ASK {}", **{"default-graph-uri": "graph/s0"}),
            "a default graph with a line's end": ask("ASK {}", **{"default-graph-uri": "urn:x\r\ny"}),
            "a default graph that breaks out": ask("ASK {}", **{"default-graph-uri": "urn:x> { } #"}),
            "an update as a query": ask("INSERT DATA { <urn:s> <urn:p> 1 }"),
            "DELETE as a query": ask("DELETE WHERE { ?s ?p ?o }"),
            "CLEAR as a query": ask("CLEAR ALL"),
            "DROP as a query": ask("DROP SILENT ALL"),
            "LOAD as a query": ask("LOAD <http://127.0.0.1:1/>"),
            "LOAD of a file as a query": ask("LOAD <file:///etc/passwd> INTO GRAPH <urn:x>"),
            "CREATE as a query": ask("CREATE GRAPH <urn:x>"),
            "COPY as a query": ask("COPY DEFAULT TO <urn:x>"),
            "WITH as a query": ask("WITH <urn:x> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }"),
            "an update behind a question": ask("ASK {} ; CLEAR ALL"),
            "an update behind prefixes": post("PREFIX a: <urn:a> # x\nBASE <urn:b> insert data { a:a a:b a:c }", QUERY),
        },
    ),
    *_named(
        (400, 403),
        {
            "an update in a form": post("update=CLEAR%20ALL"),
            "an update in the address": get("/sparql?update=CLEAR%20ALL"),
            "an update beside a query": post("query=ASK%7B%7D&update=CLEAR%20ALL"),
            "an update as the body": post("CLEAR ALL", UPDATE),
            "an update under a media type in capitals": post("CLEAR ALL", UPDATE.upper()),
        },
    ),
    *_named(
        (415,),
        {
            "JSON": post(json.dumps({"query": "ASK {}"}), "application/json"),
            "no type": post("ASK {}", None),
            "an empty type": post("ASK {}", ""),
            "a type that is none": post("ASK {}", "application"),
            "plain text": post("ASK {}", "text/plain"),
            "Turtle": post("<urn:s> <urn:p> 1 .", "text/turtle"),
            "a form in parts": post("--a\r\n\r\n--a--", "multipart/form-data; boundary=a"),
            "another charset": post("ASK {}", QUERY + "; charset=utf-16"),
            "an unknown charset": post("ASK {}", QUERY + "; charset=klingon"),
            "a packed body": post(b"\x1f\x8b\x08\x00", QUERY, "Content-Encoding: gzip"),
            "a body packed in an unknown way": post("ASK {}", QUERY, "Content-Encoding: foo"),
        },
    ),
    *_named(
        (413,),
        {
            "a body too long": post("ASK {} #" + "x" * (1 << 20), QUERY),
            "a form too long": post("query=ASK%7B%7D&x=" + "x" * (1 << 20)),
            "a body that says it is too long": lines(
                "POST /sparql HTTP/1.1", HOST, "Connection: close", f"Content-Type: {QUERY}", "Content-Length: 99999999"
            ),
            "chunks too long": lines(
                "POST /sparql HTTP/1.1",
                HOST,
                "Connection: close",
                f"Content-Type: {QUERY}",
                "Transfer-Encoding: chunked",
                body=b"110000\r\n" + b" " * 0x110000 + b"\r\n0\r\n\r\n",
            ),
        },
    ),
    *_named(
        (406,),
        {
            "rows as a picture": ask("SELECT * { ?s ?p ?o } LIMIT 1", "Accept: image/png"),
            "rows as Turtle": ask("SELECT * { ?s ?p ?o } LIMIT 1", "Accept: text/turtle"),
            "rows as a style": ask("SELECT * { ?s ?p ?o } LIMIT 1", "Accept: text/css"),
            "a boolean as RDF/XML": ask("ASK {}", "Accept: application/rdf+xml"),
            "a graph as CSV": ask("CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1", "Accept: text/csv"),
            "a graph as rows": ask("DESCRIBE <urn:x>", "Accept: application/sparql-results+json"),
            "anything but what there is": ask("ASK {}", "Accept: */*;q=0"),
            "a format that does not exist": ask("ASK {}", format="nothing"),
            "a format with control characters": ask("ASK {}", format="json\r\nX: y"),
            "rows in a format of graphs": ask("SELECT * { ?s ?p ?o } LIMIT 1", format="nq"),
            "a graph in a format of rows": ask("CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1", format="tsv"),
            "a spreadsheet": ask("ASK {}", format="xlsx"),
            "the endpoint's description as rows": get("/sparql", "Accept: text/csv"),
        },
    ),
]


def _syntax(**queries: str) -> dict[str, bytes]:
    return {name.replace("_", " "): post(query, QUERY) for name, query in queries.items()}


# What is no SPARQL, or more of it than anybody needs.
QUERIES = _named(
    (400,),
    _syntax(
        words="hello world",
        SQL="SELECT * FROM users; DROP TABLE users",
        half_a_query="SELECT * {",
        half_a_string="SELECT * { ?s ?p 'abc }",
        half_a_long_string="SELECT * { ?s ?p '''abc' }",
        half_an_IRI="SELECT * { ?s ?p <urn:x }",
        one_bracket_too_many="SELECT * { ?s ?p ?o } }",
        brackets_crossed="SELECT * { FILTER(?x { ) }",
        two_questions="ASK {} ASK {}",
        a_question_and_noise="ASK {} \x00",
        a_NUL_in_a_string='SELECT ("a\\u0000b" AS ?x) { ?s',
        an_unknown_prefix="SELECT * { ?s nope:p ?o }",
        an_unknown_word="SELECT * { ?s ?p ?o } SORT BY ?s",
        an_unknown_keyword_function="SELECT (FROBNICATE(?s) AS ?x) { ?s ?p ?o }",
        a_function_with_too_many_arguments="SELECT (STRLEN('a','b') AS ?x) {}",
        an_aggregate_in_a_filter="SELECT * { ?s ?p ?o FILTER(COUNT(?s) > 1) }",
        a_variable_outside_its_group="SELECT ?s ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?s",
        a_variable_bound_twice="SELECT * { ?s ?p ?o BIND(1 AS ?s) }",
        a_blank_node_in_two_groups="SELECT * { _:a ?p ?o { _:a ?q ?r } }",
        rows_of_different_length="SELECT * { VALUES (?a ?b) { (1) } }",
        a_bad_escape=r"SELECT ('\q' AS ?x) {}",
        a_bad_escape_in_a_name=r"PREFIX a: <urn:a> SELECT * { ?s a:\q ?o }",
        a_bad_percent_in_a_name="PREFIX a: <urn:a> SELECT * { ?s a:%zz ?o }",
        a_lone_surrogate=r"SELECT ('\uD800' AS ?x) {}",
        beyond_Unicode=r"SELECT ('\U00110000' AS ?x) {}",
        half_an_escape=r"SELECT ('\u00' AS ?x) {}",
        a_space_in_an_IRI="SELECT * { <urn:a b> ?p ?o }",
        a_brace_in_an_IRI="SELECT * { <urn:{x}> ?p ?o }",
        an_escaped_space_in_an_IRI=r"SELECT * { <urn:a\u0020b> ?p ?o }",
        a_bad_language="SELECT ('a'@ AS ?x) {}",
        a_language_that_is_a_number="SELECT ('a'@1 AS ?x) {}",
        a_line_feed_in_a_string="SELECT ('a\nb' AS ?x) {}",
        a_literal_as_predicate="SELECT * { ?s 'p' ?o }",
        a_negative_limit="SELECT * { ?s ?p ?o } LIMIT -1",
        a_limit_that_is_a_word="SELECT * { ?s ?p ?o } LIMIT all",
        a_limit_of_forty_digits="SELECT * { ?s ?p ?o } LIMIT " + "9" * 40,
        CONSTRUCT_without_WHERE="CONSTRUCT { ?s ?p ?o }",
        CONSTRUCT_with_a_filter_alone="CONSTRUCT WHERE { ?s ?p ?o FILTER(true) }",
        SELECT_of_nothing="SELECT { ?s ?p ?o }",
        a_control_character="ASK {\x01}",
        a_space_that_is_none="ASK\u00a0{}",
        quotes_from_a_letter="SELECT (“a” AS ?x) {}",
        round_brackets="ASK { FILTER(" + _many(3000, "(") + "1" + _many(3000, ")") + ") }",
        square_brackets="ASK { ?s ?p " + _many(3000, "[ ?p ") + "1" + _many(3000, "]") + " }",
        curly_brackets="ASK " + _many(5000, "{") + _many(5000, "}"),
        lists_in_lists="ASK { ?s ?p " + _many(3000, "(") + "1" + _many(3000, ")") + " }",
        brackets_never_closed="ASK { FILTER(" + _many(60_000, "("),
        braces_never_closed="ASK " + _many(60_000, "{"),
        calls_in_calls="ASK { FILTER(" + _many(2000, "STR(") + "1" + _many(2000, ")") + ") }",
        EXISTS_in_EXISTS="ASK { " + _many(500, "FILTER EXISTS { ?s ?p ?o ") + _many(500, "}") + " }",
        OPTIONAL_in_OPTIONAL="ASK { " + _many(500, "?s ?p ?o OPTIONAL { ") + _many(500, "}") + " }",
        subqueries_in_subqueries="SELECT * { " + _many(500, "{ SELECT * { ") + _many(500, "} }") + " }",
        triples_about_triples="ASK { " + _many(500, "<< ") + "?s ?p ?o" + _many(500, " >> ?p ?o") + " }",
        paths_in_brackets="ASK { ?s " + _many(1000, "(") + "<urn:p>" + _many(1000, ")*") + " ?o }",
        three_hundred_reifiers="ASK { ?s ?p ?o" + _many(300, " ~ _:a") + " }",
        three_hundred_patterns="ASK { " + "".join(f"?a{n} <urn:p> ?a{n + 1} . " for n in range(300)) + "}",
        three_hundred_objects="ASK { ?s <urn:p> 1" + _many(300, ", 1") + " }",
        two_hundred_items="ASK { ?s <urn:p> (" + _many(200, " 1") + ") }",
        two_hundred_nested_lists="ASK { ?s <urn:p> " + _many(200, "(1 ") + _many(200, ")") + " }",
        a_path_of_three_hundred_steps="ASK { ?s <urn:p>" + _many(300, "/<urn:p>") + " ?o }",
        three_hundred_optional_parts="ASK { ?s ?p ?o " + _many(300, "OPTIONAL { ?s <urn:p> ?o } ") + "}",
        five_hundred_unions="ASK { { ?s ?p ?o }" + _many(500, " UNION { ?s ?p ?o }") + " }",
        five_thousand_bindings="ASK {" + "".join(f" BIND(1 AS ?x{n})" for n in range(5000)) + "}",
        a_chain_of_ors="ASK { ?s ?p ?o FILTER(?s = 1" + _many(5000, " || ?s = 1") + ") }",
        a_chain_of_sums="ASK { FILTER(1" + _many(12_000, "+1") + " = 1) }",
        a_chain_of_negations="ASK { FILTER(" + _many(50_000, "!") + "true) }",
        a_chain_of_minuses="ASK { FILTER(" + _many(50_000, "- ") + "1 = 1) }",
        a_comment_of_200_kB="ASK {} #" + "x" * 200_000,
        a_string_of_200_kB="SELECT ('" + "x" * 200_000 + "' AS ?x) {}",
    ),
)

LEADERS = "/api/clusters/bien-gioi-lang-son/leaders"

# What is asked of curated queries and cannot be meant.
CURATED = [
    *_named(
        (400,),
        {
            "an unknown parameter": get("/api/clusters?nothing=1"),
            "a parameter in the wrong case": get("/api/clusters?Q=cum"),
            "a parameter of a thousand letters": get("/api/clusters?" + "a" * 1000 + "=1"),
            "a parameter with a line's end": get("/api/clusters?a%0d%0ab=1"),
            "a parameter twice": get("/api/clusters?q=a&q=b"),
            "the limit twice": get("/api/clusters?limit=1&limit=2"),
            "the key twice": get(LEADERS + "?key=x"),
            "a hundred parameters": get("/api/clusters?q=a" + _many(100, "&a=1")),
            "a value that is no UTF-8": get("/api/clusters?q=%ff"),
            "a cursor that is none": get("/api/clusters?cursor=nothing"),
            "a cursor that is no ASCII": get("/api/clusters?cursor=%C4%91"),
            "a cursor with a path in it": get("/api/clusters?cursor=Li4vLi4vZXRjL3Bhc3N3ZA"),
            "a cursor of a negative place": get("/api/clusters?cursor=0123456789abcdef--1"),
            "a cursor of ten digits": get("/api/clusters?cursor=0123456789abcdef-1234567890"),
            "a cursor of 8 kB": get("/api/clusters?cursor=" + "a" * 8000),
            "a question that is not on the list": get("/api?query=nothing"),
        },
    ),
    *_named((409,), {"a cursor of another release": get("/api/clusters?cursor=0123456789abcdef-100")}),
    *_named(
        (422,),
        {
            "a limit of 0": get("/api/clusters?limit=0"),
            "a limit of -1": get("/api/clusters?limit=-1"),
            "a limit of a milliard": get("/api/clusters?limit=1000000000"),
            "a limit in words": get("/api/clusters?limit=abc"),
            "a limit with a fraction": get("/api/clusters?limit=1.5"),
            "a limit with an exponent": get("/api/clusters?limit=1e3"),
            "a limit in other digits": get("/api/clusters?limit=%D9%A1"),
            "a limit with a blank": get("/api/clusters?limit=%201"),
            "a limit that injects": get("/api/clusters?limit=1%20OFFSET%205"),
            "a year in words": get(LEADERS + "?from=abc"),
            "a year of three digits": get(LEADERS + "?from=999"),
            "a year of five digits": get(LEADERS + "?from=20170"),
            "a negative year": get(LEADERS + "?to=-2017"),
            "a year in other digits": get(LEADERS + "?from=%D9%A2%D9%A0%D9%A1%D9%A7"),
            "a day that does not exist": get("/api/units?on=2017-02-30"),
            "a day in a month that does not exist": get("/api/units?on=2017-13-01"),
            "a day in Vietnamese order": get("/api/units?on=14/7/2017"),
            "a day with its time": get("/api/units?on=2017-07-14T00:00:00Z"),
            "a month where a day is needed": get("/api/units?on=2017-07"),
            "a day of the year 0": get("/api/units?on=0000-01-01"),
            "a period in words": get("/api/conferences?from=abc"),
            "a level that does not exist": get("/api/units?level=galaxy"),
            "an edition that does not exist": get("/api/units?edition=1999"),
            "a kind that does not exist": get("/api/clusters?kind=nothing"),
            "a kind in capitals": get("/api/clusters?kind=CUM"),
            "an edition without a code": get("/api/units/2004"),
            "a parent that is no unit": get("/api/units?parent=nothing"),
            "a parent of another host": get("/api/units?parent=http://evil.example/id/unit/2004/1"),
            "a parent that breaks out": get("/api/units?parent=https://w3id.org/thidua/id/unit/2004/1%3E%20%7D%20%23"),
            "a language that is not spoken": get("/api/clusters?lang=fr"),
            "a search for nothing": get("/api/search?q=%20%20"),
            "a search for signs": get("/api/search?q=%21%21"),
            "a search of a thousand letters": get("/api/search?q=" + "a" * 1000),
            "a control character in a search": get("/api/search?q=a%01b"),
            "a NUL in a search": get("/api/search?q=a%00b"),
            "a control character in a key": get("/api/clusters/a%01b/leaders"),
            "a key of another kind": get("/api/clusters/https://w3id.org/thidua/id/unit/2004/182/leaders"),
            "a key of another host": get("/api/clusters/http://127.0.0.1:1/leaders"),
        },
    ),
    *_named(
        (404,),
        {
            "an unknown key": get("/api/clusters/nothing/leaders"),
            "a parent that names nothing": get("/api/units?parent=2004/nothing"),
            "an unknown unit": get("/api/units/2004/999999"),
            "an unit of an unknown edition": get("/api/units/1999/182"),
            "an unknown unit's successors": get("/api/units/2004/999999/successors"),
            "an unknown address": get("/api/nothing"),
            "an address below one": get("/api/clusters/bien-gioi-lang-son/nothing"),
            "a path out": get("/api/../../etc/passwd"),
        },
    ),
    *_named(
        (404, 422),
        {
            "a key that is a path": get("/api/clusters/..%2f..%2fetc%2fpasswd/leaders"),
            "a key that breaks out": get("/api/clusters/a%3E%20%3Fp%20%3Fo%20%7D%20%23/leaders"),
            "a key that is no UTF-8": get("/api/clusters/%ff/leaders"),
            "a key of a thousand letters": get("/api/clusters/" + "a" * 1000 + "/leaders"),
        },
    ),
    *_named(
        (406,),
        {
            "rows in no format": get("/api/clusters?format=nothing"),
            "rows in the old spreadsheet": get("/api/clusters?format=xls"),
            "a format with a line's end": get("/api/clusters?format=csv%0d%0aX:%20y"),
            "rows as a film": get("/api/clusters", "Accept: video/mp4"),
        },
    ),
]

# Nothing is wrong with these but what a client says of itself: dumps by a range that is none.
RANGES = _named(
    (416,),
    {
        "a range beyond the end": get("/dumps/DUMP", "Range: bytes=999999999-"),
        "a range of forty digits": get("/dumps/DUMP", "Range: bytes=" + "9" * 40 + "-"),
        "the last none bytes": get("/dumps/DUMP", "Range: bytes=-0"),
    },
)

BAD = [*WIRE, *MESSAGES, *ADDRESSES, *PROTOCOL, *QUERIES, *CURATED, *RANGES]
