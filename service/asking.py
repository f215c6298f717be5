"""`thidua ask` and `thidua sparql`: questions to the published release, answered in this process."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from pyoxigraph import QueryBoolean, QueryResultsFormat, QuerySolutions, QueryTriples, RdfFormat, Store, serialize

from loaders.errors import OutsideError, UsageError
from loaders.namespaces import PREFIXES
from loaders.release import find, open_release
from loaders.resources import ROOT, query_files
from loaders.settings import Settings, variable
from service import exports
from service.binding import Bound, bind
from service.catalogue import Catalogue
from service.dataset import Dataset
from service.errand import Lost, errand
from service.functions import custom
from service.markup import Unsayable, printable, sayable
from service.problems import Problem
from service.query import Param, Query
from service.queryfile import read_query
from service.reply import MOST, USUAL, Binding, Reply, bindings, chosen, rows, things

Commands = Any  # what argparse gives for `add_subparsers`, a class without a public name

_WRITERS: dict[str, Callable[[Reply], bytes]] = {
    "table": lambda reply: exports.to_table(reply).encode() + (b"\n" if reply.rows else b""),
    "csv": exports.to_csv,
    "json": lambda reply: exports.to_json(reply) + b"\n",
    "xlsx": exports.to_xlsx,
}
_TABLES = {
    "json": QueryResultsFormat.JSON,
    "xml": QueryResultsFormat.XML,
    "csv": QueryResultsFormat.CSV,
    "tsv": QueryResultsFormat.TSV,
}
_GRAPHS = {"turtle": RdfFormat.TURTLE, "nt": RdfFormat.N_TRIPLES, "jsonld": RdfFormat.JSON_LD, "xml": RdfFormat.RDF_XML}


def add_commands(commands: Commands, words: Sequence[str]) -> None:
    """ask and sparql are known to the parser; the queries of ask only if `words` are about them, for it takes time."""
    about = "ask a curated question; without a name, list them (hỏi một câu hỏi có sẵn; không ghi tên: liệt kê)"
    ask = commands.add_parser("ask", help=about, description=about)
    ask.set_defaults(run=_list)
    if list(words[:1]) == ["ask"]:
        operations = ask.add_subparsers(metavar="OPERATION")
        named = [path for path in query_files() if path.stem in words[1:2]]
        for query in Catalogue.read(files=named or None):
            _add_query(operations, query)
    _add_sparql(commands)


def _add_query(operations: Commands, query: Query) -> None:
    about = f"{query.summary.vi} ({query.summary.en})"
    parser = operations.add_parser(query.name, help=about, description=about)
    for param in query.params:
        name = "key" if param.name == "key" else param.name
        parser.add_argument(f"--{name}", dest=f"param_{name}", help=_help(param), metavar=param.type.upper())
        if param.name == "unit" and param.required:
            parser.add_argument("--edition", help="2004, 2025")
            parser.add_argument("--code", help="182")
    parser.add_argument("--format", choices=tuple(_WRITERS), default="table", help="form of the answer (định dạng)")
    parser.add_argument("--columns", metavar="NAME,…", help="only these columns, in this order (chỉ những cột này)")
    parser.add_argument("--limit", type=int, default=USUAL, help=f"rows at most; default {USUAL} (số dòng tối đa)")
    _add_output(parser)
    parser.set_defaults(run=_ask, file=query.file)


def _help(param: Param) -> str:
    among = f": {', '.join(param.values)}" if param.values else ""
    return f"{param.words.vi} ({param.words.en}){among}{'; required' if param.required else ''}".replace("%", "%%")


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="where to; standard output by default (tệp ghi ra)"
    )
    parser.add_argument(
        "--release", metavar="VERSION", help="which release; the published one by default (bản phát hành)"
    )


def _add_sparql(commands: Commands) -> None:
    about = "ask any question in SPARQL; nothing is changed (hỏi bằng SPARQL)"
    parser = commands.add_parser("sparql", help=about, description=about)
    parser.add_argument("query", nargs="?", metavar="QUERY", help="the query; without it and -f it is read from stdin")
    parser.add_argument("-f", "--file", type=Path, metavar="FILE", help="a file with the query (tệp chứa truy vấn)")
    forms = list(dict.fromkeys([*_TABLES, *_GRAPHS]))
    parser.add_argument("--format", choices=forms, help="default tsv for rows, turtle for graphs (định dạng)")
    _add_output(parser)
    parser.set_defaults(run=_sparql)


def _list(args: argparse.Namespace, settings: Settings) -> int:
    catalogue = Catalogue.read()
    width = max(map(len, catalogue.names))
    for heading, queries in catalogue.groups:
        print(f"{heading.vi} · {heading.en}")
        for query in queries:
            print(f"  {query.name:{width}}  {query.summary.vi} ({query.summary.en})")
    return 0


def _ask(args: argparse.Namespace, settings: Settings) -> int:
    if not 1 <= args.limit <= MOST:
        raise UsageError(f"--limit is between 1 and {MOST}")
    if args.format == "xlsx" and not args.output and sys.stdout.isatty():
        raise UsageError("a workbook does not go to a terminal → -o FILE.xlsx")
    release = open_release(find(settings.releases, args.release))
    store = Store.read_only(str(release.store_path))
    query = _narrowed(read_query(ROOT / args.file, release.base), args.columns)
    bound = bind(query, _given(args), release.base)
    with deadline(settings.query_timeout):
        found = rows(bound.query.columns, _page(store, bound, args.limit))
        if not found:
            _named(bound, store)
        total = len(found)
        if total == args.limit:
            total = int(_bindings(store, bound.count)[0]["total"]["value"])
    reply = Reply(bound, release, found, total, lang=str(bound.values["lang"]))
    _write(_WRITERS[args.format](reply), args.output)
    for line in _asides(reply) if args.format in ("table", "csv") else ():
        print(line, file=sys.stderr)
    return 0


def _page(store: Store, bound: Bound, limit: int) -> Sequence[Binding]:
    if bound.query.keys is None:
        return _bindings(store, bound.page(limit))
    keys = _bindings(store, bound.keys(limit))
    return chosen(bound, keys, _bindings(store, bound.about(things(bound, keys)))) if keys else []


def _named(bound: Bound, store: Store) -> None:
    """Nothing, or UsageError when a key names nothing: no row would then not mean that something is unknown."""
    named = dict(bound.named) | ({"key": (bound.thing,)} if bound.thing else {})
    for name, terms in named.items():
        if not any(next(store.quads_for_pattern(term, None, None), None) for term in terms):
            raise UsageError(f"{name}: this release has nothing called {terms[0].value}")


def _narrowed(query: Query, columns: str | None) -> Query:
    if not columns:
        return query
    known = {column.name: column for column in query.columns}
    if strange := [name for name in columns.split(",") if name not in known]:
        raise UsageError(f"{query.name} has no column {strange[0]!r} → {', '.join(known)}")
    return replace(query, columns=tuple(known[name] for name in columns.split(",")))


def _given(args: argparse.Namespace) -> dict[str, str]:
    given = {name.removeprefix("param_"): value for name, value in vars(args).items() if name.startswith("param_")}
    if getattr(args, "edition", None) and getattr(args, "code", None):
        given["unit"] = given["unit"] or f"{args.edition}/{args.code}"
    return {name: value for name, value in given.items() if value is not None}


def _asides(reply: Reply) -> Iterator[str]:
    """What belongs beside a table: what is unknown, and that there is more."""
    if reply.note:
        yield reply.note
    if reply.truncated:
        yield f"{len(reply.rows)} of {reply.total} rows → --limit {min(reply.total, MOST)}"


def _sparql(args: argparse.Namespace, settings: Settings) -> int:
    from service import guard  # its expressions take a while to compile, which other commands need not wait for

    if args.query and args.file:
        raise UsageError("the query is given twice: as an argument and as a file")
    text = _text(args.query, args.file)
    try:
        reading = guard.read(text, settings.service_allow)
    except Problem as problem:
        raise UsageError(f"{problem.title}: {problem}") from None
    release = open_release(find(settings.releases, args.release))
    options = Dataset(*reading.clauses.graphs(release.base)).options(release.base)

    def work(query: str) -> bytes:
        with deadline(settings.query_timeout):
            return _answer(Store.read_only(str(release.store_path)), query, args.format, options)

    try:
        answer = errand(partial(work, text))
    except Lost as lost:
        if (query := _sorted_otherwise(text, lost.problem)) == text:
            raise
        answer = errand(partial(work, query))
    _write(answer, args.output)
    return 0


def _sorted_otherwise(query: str, problem: Problem) -> str:
    """The query, sorting kind by kind if it came to its problem by what it sorts by."""
    from service.failures import Unordered  # takes a while to import, for what seldom happens
    from service.kinds import by_kind

    return by_kind(query) if isinstance(problem, Unordered) else query


def _text(query: str | None, file: Path | None) -> str:
    """The query, wherever it stands; a byte-order mark is no part of it. UsageError when it is not UTF-8."""
    if query:
        # In some locales Python takes what is not ASCII for bytes that are no text, and keeps them so.
        raw = query.encode(errors="surrogateescape")
    elif file:
        raw = file.read_bytes()
    else:
        raw = sys.stdin.buffer.read() if sys.stdin else b""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, wrong = raw.count(b"\n", 0, error.start) + 1, raw[error.start]
        raise UsageError(f"the query is not UTF-8: line {line}, byte 0x{wrong:02x} → save it as UTF-8") from None


def _answer(store: Store, text: str, form: str | None, options: Mapping[str, Any]) -> bytes:
    try:
        found = store.query(text, custom_functions={**custom(options["base_iri"])}, **options)
    except SyntaxError as error:
        raise UsageError(f"not SPARQL: {error}") from None
    forms = _GRAPHS if isinstance(found, QueryTriples) else _TABLES
    name = form or (
        "turtle" if isinstance(found, QueryTriples) else "json" if isinstance(found, QueryBoolean) else "tsv"
    )
    if name not in forms:
        raise UsageError(f"there is no format {name} for this → {', '.join(forms)}")
    try:
        if isinstance(found, QueryTriples):
            told = sayable(found) if name == "xml" else found
            written = serialize(told, format=_GRAPHS[name], prefixes=PREFIXES)
        else:
            written = found.serialize(format=_TABLES[name])
    except Unsayable as error:
        raise UsageError(f"RDF/XML cannot say <{error}> → --format turtle") from None
    assert written is not None
    written = printable(written) if name == "xml" else written
    return written if written.endswith(b"\n") else written + b"\n"


def _bindings(store: Store, query: str) -> list[dict[str, dict[str, str]]]:
    found = store.query(query)
    assert isinstance(found, QuerySolutions)
    written = found.serialize(format=QueryResultsFormat.JSON)
    assert written is not None
    return bindings(written)


def _write(content: bytes, output: Path | None) -> None:
    try:
        if output:
            output.write_bytes(content)
        else:
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutsideError(f"cannot write {output or 'to standard output'}: {error.strerror}") from None


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """What is within ends in time, or the process does: the engine cannot be interrupted."""

    def stop() -> None:
        print(f"thidua: stopped after {seconds:g} seconds → {variable('query_timeout')} allows more", file=sys.stderr)
        sys.stderr.flush()
        os._exit(OutsideError.exit_code)

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
