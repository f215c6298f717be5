"""`docs/queries.md`: the curated queries as a chapter, made from their files.

`python -m service.handbook > docs/queries.md`
"""

from __future__ import annotations

from collections.abc import Iterator

from service.catalogue import Catalogue
from service.query import Param, Query

_HEAD = """# Câu hỏi có sẵn · Curated queries

<!-- Made by `python -m service.handbook > docs/queries.md` from the files in queries/; a test compares. -->

Mỗi tệp `queries/{nhóm}/{tên}.rq` là một câu hỏi: một địa chỉ dưới `/api`, một mục trong `/openapi.json`, một biểu
mẫu ở `/api`, một ví dụ trong trình soạn SPARQL, một lệnh `thidua ask` và một bài kiểm tra. Tệp là SPARQL chạy được
nguyên như thế.

Each file `queries/{group}/{name}.rq` is a question: an address under `/api`, an entry in `/openapi.json`, a form on
`/api`, an example in the SPARQL editor, a `thidua ask` command and a test. The file is SPARQL that runs as it
stands.

## What all have in common

- `format=json|csv|xlsx|srj|ttl` or `Accept`; `limit` (100, at most 10,000); `lang=vi|en`; `cursor`, taken from
  `next`.
- The answer: `query`, `params`, `release`, `rows`, `count` (rows here), `total` (rows in all), `truncated`, `next`,
  `license`, and a `note` where a reader must know more: above all that **no row means unknown, not no**.
- `q` finds names as people type them: with or without marks, in any spelling of tones, with or without the word for
  the type, abbreviated (TP, TX, H., UBND, TĐKT, MTTQ).
- A key in a path is the last part of an IRI; the whole IRI is accepted too. A unit is `{edition}/{code}`: codes are
  given again, so a code alone names nothing.
- A row for each source that says so: sources that disagree stand side by side. `certainty` is `stated`, `inferred`
  or `ambiguous`.
- 400 names the parameters that exist, 422 says what a value must be, 404 means that the thing itself is unknown, or one
  that a parameter names; a thing that exists and of which nothing is known is 200 without rows; 409 is for a cursor of
  another release.

## How to add one

Write `queries/{group}/{name}.rq`: front matter in `#+` lines, then SPARQL. Run `python -m tests.country` and read
the rows that appear in `tests/expected/{name}.csv`; run `python -m service.handbook > docs/queries.md`. The service
refuses to start when a file contradicts itself.

Each parameter has a row of its own, `VALUES ?_name { UNDEF }`, into which the service puts an RDF term; a filter
begins with `!BOUND(?_name) ||`. For the engine's sake: triples that must match first, in one block; then `OPTIONAL`
with a single triple each, what depends on it nested inside; no `EXISTS` with more than one triple; what a subselect
needs to be selective repeated inside it.

A long list names in `about` the variable of the thing that a row is about, and has a line `# Beside a row:`. What
stands above it finds the rows and orders them; what stands below, mostly names, adds no row and drops none. The service
asks the upper part alone for a page and for the number of rows, and the whole for the things of that page, which go
where `VALUES ?thing { UNDEF }` stands; whoever runs the file as it is gets all rows in one. An `OPTIONAL` below begins
with the thing itself, even for a node that is known from above: where there is none, everything would match.

A parameter of a long list says in `by` what a row is found by, where the data hold many such rows: `?year`, a variable
of the upper part; `?cluster td:scope/td:parent* ?_within`, a path from one; for words, the things whose names hold
them. A release brings the order of each long list, made by the upper part and by these; a page and its number are then
looked up. The same rows come without it: where a parameter has no `by`, where the file changed after the release was
built.

A column may say in `by` that it joins all values of a parameter that a path from the thing finds: the `years` of a
movement are those by which `year` finds it. They are gone through participation by participation, unless the release
knows them: then the service says so where `VALUES ?_known { UNDEF }` stands, and adds them itself.

`budget: 50 ms` is what a question may take at ten million statements: its slowest case with the release on disk, a page
of 100 rows and their number in all. `python -m bench.pace SMALL LARGE` measures all of them on two releases, with
values drawn from the data (the largest cluster, the commonest word), in milliseconds of the processor, and fails when
one is over its budget or takes more than three times as long on ten times the data.
"""


def markdown(catalogue: Catalogue) -> str:
    """The chapter."""
    return "\n".join([_HEAD, *_chapters(catalogue)]).rstrip() + "\n"


def _chapters(catalogue: Catalogue) -> Iterator[str]:
    for heading, queries in catalogue.groups:
        yield f"## {heading.vi} · {heading.en}\n"
        for query in queries:
            yield from _section(query)


def _section(query: Query) -> Iterator[str]:
    yield f"### `{query.path}`\n"
    asked = f"Command: `thidua ask {query.name}`; file: `{query.file}`; budget: {query.budget} ms."
    yield f"{query.summary.vi}. {query.summary.en}. {asked}\n"
    for words in (query.description, query.note, query.empty):
        if words:
            yield f"> {words.vi}\n> {words.en}\n"
    given = [param for param in query.params if param.name != "lang"]
    if given:
        yield "| parameter | type | |\n|---|---|---|"
        yield from map(_row, given)
        yield ""
    yield (
        "Columns: " + ", ".join(f"`{column.name}`" for column in query.columns) + f". Example: `{query.example_url}`\n"
    )


def _row(param: Param) -> str:
    mark = " *" if param.required else ""
    return f"| `{param.name}`{mark} | {_type(param)} | {param.words.vi}. {param.words.en} |"


def _type(param: Param) -> str:
    if param.values:
        return " ".join(f"`{value}`" for value in param.values)
    return f"{param.type} ({', '.join(param.kinds)})" if param.kinds else param.type


if __name__ == "__main__":
    print(markdown(Catalogue.read()), end="")
