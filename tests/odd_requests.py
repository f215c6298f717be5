"""Requests that look wrong and are right, as the bytes on the wire, each with what the answer must hold."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from urllib.parse import quote

from tests.bad_requests import FORM, HOST, LEADERS, QUERY, ask, get, lines, post

YES, NO, NOBODY = b"true", b"false", b'"bindings":[]'
LEADER = "Huyện Lộc Bình".encode()
LIST = b'"query":"clusters"'
SUMMED, MANY = b"  thidua.nq.gz", ",".join(f"{number}-{number}" for number in range(0, 2000, 2))
IRI = "https://w3id.org/thidua/id/cluster/bien-gioi-lang-son"


@dataclass(frozen=True)
class Odd:
    """A request, the status it must get, and what stands in the answer."""

    name: str
    raw: bytes
    holds: bytes
    status: int = 200


def _chunked(body: bytes) -> bytes:
    parts = b"".join(b"1;odd=yes\r\n%c\r\n" % byte for byte in body) + b"0\r\nX-Trailer: a\r\n\r\n"
    head = ("POST /sparql HTTP/1.1", HOST, "Connection: close", f"Content-Type: {QUERY}", "Transfer-Encoding: chunked")
    return lines(*head, body=parts)


ODD = [
    # How a request is written (RFC 9110, RFC 9112).
    Odd("an address in full", get("http://thidua.example/healthz"), b"alive"),
    Odd("an address in full without a path", get("http://thidua.example"), b"thidua"),
    Odd("an address in full with a mere question", get("http://thidua.example:?lang=en"), b"thidua"),
    # Its host is the one that counts (RFC 9112, 3.2.2).
    Odd("an address in full of another name", get("http://a.example/api/units?limit=1"), b'"next":"http://a.example/'),
    Odd("an empty line before it", b"\r\n" + get("/healthz"), b"alive"),
    Odd("no host before 1.1", lines("GET /healthz HTTP/1.0"), b"alive"),
    Odd("an empty host", lines("GET /healthz HTTP/1.1", "Host:", "Connection: close"), b"alive"),
    Odd("a host that is a number", lines("GET /healthz HTTP/1.1", "Host: [::1]:8000", "Connection: close"), b"alive"),
    Odd("names of headers in capitals", lines("GET /healthz HTTP/1.1", "HOST: a", "CONNECTION: CLOSE"), b"alive"),
    Odd("blanks around a value", get("/healthz", "X-A: \t a \t "), b"alive"),
    Odd("blanks around a host", lines("GET /healthz HTTP/1.1", "Host: \t a \t ", "Connection: close\t"), b"alive"),
    Odd("blanks behind a wish", ask("ASK {}", "Accept: text/csv \t", "Range: bytes=0- "), b"true"),
    Odd("an empty value", get("/healthz", "X-A:"), b"alive"),
    Odd("bytes beyond ASCII in a value", get("/healthz", "X-A: đ"), b"alive"),
    Odd("a body where none is needed", get("/healthz", "Content-Length: 0"), b"alive"),
    Odd("a question mark and no more", get("/healthz?"), b"alive"),
    Odd("a body that is waited for", post("ASK {}", QUERY, "Expect: 100-continue"), YES),
    Odd("another protocol offered", post("ASK {}", QUERY, "Connection: Upgrade", "Upgrade: h2c"), YES),
    Odd("a body letter by letter", _chunked(b"ASK { }"), YES),
    # What is asked for (RFC 9110, 12 and 13).
    Odd("no wish", ask("ASK {}", "Accept:"), YES),
    Odd("a wish that is noise", ask("ASK {}", "Accept: ,;q=,/,;;,\"'<>"), YES),
    Odd("a wish of 8 kB", ask("ASK {}", "Accept: " + "text/plain;q=0.1," * 500 + "*/*"), YES),
    Odd("a wish with a weight that is none", ask("ASK {}", "Accept: text/csv;q=NaN, */*;q=0.1"), YES),
    Odd("a wish in capitals", ask("ASK {}", "Accept: APPLICATION/SPARQL-RESULTS+XML"), b"<boolean>true</boolean>"),
    Odd("a format in capitals", ask("ASK {}", format="XML"), b"<boolean>true</boolean>"),
    Odd("a format that is a media type", ask("ASK {}", format="text/csv"), YES),
    Odd("a tag that is noise", ask("ASK {}", 'If-None-Match: W/"," ,""","'), YES),
    Odd("a day that is noise", ask("ASK {}", "If-Modified-Since: yesterday", "If-Unmodified-Since: 30 Feb"), YES),
    Odd("a tag of 8 kB", get("/def", "If-None-Match: " + '"a", ' * 1500), b"thidua"),
    Odd("a range of a page", get("/healthz", "Range: bytes=0-1"), b"alive"),
    Odd("a range of an answer", ask("ASK {}", "Range: bytes=0-1"), YES),
    Odd("a range of words", get("/dumps/thidua.nq.gz.sha256", "Range: bytes=a-b"), SUMMED),
    Odd("a range backwards", get("/dumps/thidua.nq.gz.sha256", "Range: bytes=5-1"), SUMMED),
    Odd("a range in lines", get("/dumps/thidua.nq.gz.sha256", "Range: lines=1-2"), SUMMED),
    Odd("a thousand ranges", get("/dumps/thidua.nq.gz.sha256", f"Range: bytes={MANY}"), SUMMED),
    Odd("languages that are noise", get("/", "Accept-Language: ;;q=,,*;q=x,vi-;q=2"), b"thidua"),
    Odd("cookies and a password", get("/healthz", "Cookie: a=b; =; ;", "Authorization: Basic ::::"), b"alive"),
    # How a query is sent (SPARQL 1.1 Protocol).
    Odd("a type with parameters", post("ASK {}", 'Application/Sparql-Query ; Charset="UTF-8"'), YES),
    Odd("blanks as plus signs", get("/sparql?query=ASK+%7B+%7D"), YES),
    Odd("brackets as they are", get("/sparql?query=ASK{}"), YES),
    Odd("a name that is escaped", get("/sparql?%71uery=ASK%7B%7D"), YES),
    Odd("empty fields around it", post("&&query=ASK%7B%7D&&=&x"), YES),
    Odd("nine hundred unknown fields", post("&".join(f"f{number}=1" for number in range(900)) + "&query=ASK{}"), YES),
    Odd("a form whose query is in the address", post("", FORM, target="/sparql?query=ASK%7B%7D"), YES),
    Odd("a graph in the address of a body", post("ASK {?s ?p ?o}", QUERY, target="/sparql?default-graph-uri=u:x"), NO),
    Odd("a graph that is not there", ask("SELECT * { ?s ?p ?o }", **{"named-graph-uri": "urn:nothing"}), NOBODY),
    Odd("a graph at another host", ask("SELECT * FROM <http://127.0.0.1:1/> { ?s ?p ?o }"), NOBODY),
    Odd("a graph that is a file", ask("SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }"), NOBODY),
    # What is a query although it does not look like one.
    Odd("updates in a comment", ask("ASK {} # ; INSERT DATA { } LOAD <urn:x> DROP ALL"), YES),
    Odd("updates in a string", ask('ASK { FILTER("CLEAR ALL; DROP ALL" != "LOAD") }'), YES),
    Odd("updates in names", ask("PREFIX load: <urn:l#> ASK { FILTER(load:drop != load:insert) }"), YES),
    Odd("SERVICE in a string", ask('ASK { FILTER(CONTAINS("SERVICE <http://a/> {}", "SERVICE")) }'), YES),
    Odd("SERVICE as a variable", ask("ASK { VALUES ?SERVICE { 1 } FILTER(?SERVICE = 1) }"), YES),
    Odd("SERVICE in a comment", ask("ASK { # SERVICE <http://127.0.0.1:1/> { ?s ?p ?o }\n }"), YES),
    Odd("a comment without an end", ask("ASK {} #"), YES),
    Odd("a comment before it", ask("# a\r# b\r\nASK {}"), YES),
    Odd("keywords in any case", ask("aSk WhErE { fIlTeR(1=1) }"), YES),
    Odd("no blank at all", ask("ASK{FILTER(1<2&&2>1)}"), YES),
    Odd("a base that is relative", ask("BASE <nothing> SELECT * { <x> ?p ?o }"), NOBODY),
    Odd("an IRI of 20 kB", post("ASK { FILTER(isIRI(<urn:" + "a" * 20_000 + ">)) }", QUERY), YES),
    Odd("a string of 100 kB", post("ASK { FILTER(STRLEN('" + "đ" * 100_000 + "') = 100000) }", QUERY), YES),
    Odd("three thousand values", post("ASK { VALUES ?x {" + " 1" * 3000 + " } }", QUERY), YES),
    Odd("thirty brackets", ask("ASK { FILTER(" + "(" * 30 + "1=1" + ")" * 30 + ") }"), YES),
    Odd("escapes beyond the first plane", ask(r"ASK { FILTER(STRLEN('\U0001F1FB') = 1) }"), YES),
    Odd("a NUL in a string", ask(r"ASK { FILTER(STRLEN('\u0000') = 1) }"), YES),
    Odd("a limit of nothing", ask("SELECT * { ?s ?p ?o } LIMIT 0"), NOBODY),
    Odd("a place far beyond the end", ask("SELECT * { ?s ?p ?o } OFFSET 999999999"), NOBODY),
    Odd("a sum without rows", ask("SELECT (SUM(?x) AS ?n) { VALUES ?x {} }"), b'"value":"0"'),
    Odd("a division by nothing", ask("SELECT (1/0 AS ?x) {}"), b'"bindings":[{}]'),
    # Curated queries and things.
    Odd("a whole IRI as a key", get(f"/api/clusters/{IRI}/leaders"), LEADER),
    Odd("a whole IRI as a key, escaped", get(f"/api/clusters/{quote(IRI, safe='')}/leaders"), LEADER),
    Odd("a key with needless escapes", get("/api/clusters/bien%2Dgioi%2dlang-son/leaders"), LEADER),
    Odd("empty parameters", get(LEADERS + "?from=&to=&limit=&cursor=&format="), LEADER),
    Odd("the most rows", get(LEADERS + "?limit=10000"), LEADER),
    Odd("a leap day", get("/api/units?q=loc+binh&on=2016-02-29"), LEADER),
    Odd("letters taken apart", get("/api/units?q=" + quote(unicodedata.normalize("NFD", "Lộc Bình"))), LEADER),
    Odd("a search in capitals without marks", get("/api/units?q=HUYEN+LOC+BINH"), LEADER),
    Odd("a search that injects", get("/api/search?q=" + quote('a" } UNION { ?s ?p ?o } #')), b'"rows":[]'),
    Odd("years the wrong way round", get(LEADERS + "?from=2019&to=2017"), b'"rows":[]'),
    Odd("any format for the list", get("/api/clusters?format=JSON"), LIST),
    Odd("a document with needless escapes", get("/doc/cluster/bien%2Dgioi-lang-son.nt"), b"<" + IRI.encode() + b">"),
    Odd("a fragment's IRI asked by its path", get("/def", "Accept: text/turtle"), b"EmulationCluster"),
    Odd("a thing of 30 kB", get("/id/" + "," * 30_000), b"", 303),
    Odd("a thing", get("/id/cluster/bien-gioi-lang-son?lang=en"), b"", 303),
]
