"""The query tests of the W3C: what comes over HTTP, in every format, is what the engine gives in process."""

from __future__ import annotations

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    parse,
    parse_query_results,
)

from loaders.release import canonical, frames
from service.negotiation import GRAPHS, RESULTS
from tests import w3c
from tests.house import House, house
from tests.tiny import release as tiny_release
from tests.w3c import Case

CHECKOUT = os.environ.get("THIDUA_TEST_W3C")
if not CHECKOUT:
    pytest.skip("THIDUA_TEST_W3C names no checkout of w3c/rdf-tests", allow_module_level=True)

CASES = w3c.cases(Path(CHECKOUT))
ASKED = [case for case in CASES if case.kind.startswith(("QueryEvaluation", "CSVResult"))]
SOUND = [case for case in CASES if case.kind.startswith("Positive")]
UNSOUND = [case for case in CASES if case.kind.startswith("Negative")]
# What differs every time it is asked.
FLEETING = re.compile(r"\b(NOW|RAND|UUID|STRUUID)\s*\(", re.IGNORECASE)
NOTHING = "urn:nothing"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The service over the data of all tests, each file a named graph, blank nodes and all."""
    releases = tmp_path_factory.mktemp("w3c")
    with pytest.MonkeyPatch.context() as patch:
        # A release has no blank nodes; the tests are about them, too.
        patch.setattr("loaders.release.sorting.refuse_blank", lambda triples: None)
        patch.setattr("loaders.release.store.build", _store)
        patch.setattr("loaders.release.store.read_back", lambda *_: None)
        version = tiny_release(releases, w3c.quads(Path(str(CHECKOUT)))).version
    (releases / "current").symlink_to(version)
    with house(releases, query_timeout=10.0, store_memory=0, rate_limit=()) as found:
        yield found


def _store(plain: list[Path], merged: object, directory: Path) -> None:
    """The store holds the dataset and the merge of its graphs.

    Not by a bulk load: that gives a blank node another name in each part of a file.
    """
    store = Store(str(directory))
    for path in plain:
        lines = b"".join(frames.texts(path)).splitlines(keepends=True)
        store.load(b"".join(lines), format=RdfFormat.N_QUADS)
        store.load(b"".join(canonical.merge(lines)), format=RdfFormat.N_TRIPLES)
    store.flush()
    store.optimize()
    store.flush()
    del store
    for name in ("LOG", "LOCK"):
        (directory / name).unlink(missing_ok=True)


@pytest.fixture(scope="module")
def engine() -> Store:
    """The same statements in this process."""
    store = Store()
    store.extend(w3c.quads(Path(str(CHECKOUT))))
    return store


def graphs(case: Case) -> dict[str, list[str]]:
    """The graphs that a request names; none when the query names them itself."""
    return {} if case.dataset else {"default": list(case.default) or [NOTHING], "named": list(case.named)}


def sent(served: House, case: Case, media: str) -> httpx.Response:
    """The answer to a test's query by a form."""
    named = {f"{kind}-graph-uri": iris for kind, iris in graphs(case).items()}
    return served.client.post("/sparql", data={"query": case.query, **named}, headers={"Accept": media})


def expected(engine: Store, served: House, case: Case) -> Any:
    """The answer of the engine in this process, or the error that it is."""
    options = {
        "default_graph" if kind == "default" else "named_graphs": [NamedNode(iri) for iri in iris]
        for kind, iris in graphs(case).items()
    }
    base = served.follower.now().release.base
    try:
        return engine.query(case.query, base_iri=base, **options)  # type: ignore[arg-type]
    except (SyntaxError, RuntimeError) as error:
        return error


def rows(solutions: Any) -> Dataset:
    """The rows as a graph, one node a row, so that blank nodes may have other names."""
    found = Dataset()
    names = [variable.value for variable in solutions.variables]
    for number, row in enumerate(solutions):
        node = BlankNode(f"row{number}")
        found.add(Quad(node, NamedNode("urn:a"), NamedNode("urn:row")))
        for name in names:
            if row[name] is not None:
                found.add(Quad(node, NamedNode(f"urn:var:{name}"), row[name]))
    found.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return found


def cells(text: str) -> Counter[tuple[str, ...]]:
    """The lines of a CSV, but for the names of blank nodes."""
    lines = csv.reader(io.StringIO(text, newline=""))
    return Counter(tuple("_:" if cell.startswith("_:") else cell for cell in line) for line in lines)


def same(media: str, answer: httpx.Response, told: Any) -> None:
    """What was sent says what the engine says."""
    if isinstance(told, QueryTriples):
        found = Dataset(parse(answer.content, RdfFormat.from_media_type(media)))
        wanted = Dataset(Quad(*triple) for triple in told)
        for each in (found, wanted):
            each.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
        assert sorted(map(str, found)) == sorted(map(str, wanted))
    elif media == "text/csv" and isinstance(told, QuerySolutions):
        assert cells(answer.text) == cells(told.serialize(format=QueryResultsFormat.CSV).decode())
    elif media == "text/csv":
        assert answer.text == str(bool(told)).lower()
    else:
        read = parse_query_results(answer.content, QueryResultsFormat.from_media_type(media))
        if isinstance(told, QueryBoolean):
            assert bool(read) == bool(told)
        else:
            assert isinstance(told, QuerySolutions)
            assert [each.value for each in read.variables] == [each.value for each in told.variables]
            assert sorted(map(str, rows(read))) == sorted(map(str, rows(told)))


@pytest.mark.parametrize("case", ASKED, ids=[case.name for case in ASKED])
def test_an_answer_over_http_is_the_engine_s_in_every_format(served: House, engine: Store, case: Case) -> None:
    told = expected(engine, served, case)
    for form in GRAPHS if isinstance(told, QueryTriples) else RESULTS:
        answer = sent(served, case, form.media)
        if case.calls:
            assert answer.status_code == 403
        elif isinstance(told, Exception):
            assert answer.status_code == 400
        else:
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-type"].partition(";")[0] == form.media
            if not FLEETING.search(case.query):
                same(form.media, answer, expected(engine, served, case))


@pytest.mark.parametrize("case", SOUND + UNSOUND, ids=[case.name for case in SOUND + UNSOUND])
def test_what_is_a_query_and_what_is_none_the_engine_decides(served: House, engine: Store, case: Case) -> None:
    # It differs from the W3C in one test, which wants `?x<?a&&?b>?y` to be an IRI, and it knows no function but ours.
    told, answer = expected(engine, served, case), sent(served, case, "*/*")
    if case.calls:
        assert answer.status_code == 403
    elif isinstance(told, Exception):
        assert answer.status_code == 400, answer.text
    else:
        assert answer.status_code == 200, answer.text
    if case in UNSOUND and not isinstance(told, Exception):
        assert case.name == "sparql10/syntax-sparql3/syn-bad-26"
    if case in SOUND and isinstance(told, Exception):
        assert "custom function" in str(told)
