"""What engines make of the standards: every difference that the service and `thidua push` know of.

An engine is known by the `Server` header of its answers. One that is not known is taken at the word of the standards:
SPARQL 1.1 Protocol, Update and Graph Store HTTP Protocol, and results in JSON and N-Triples.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

import httpx
from pyoxigraph import Literal

from service.remote.strict import strict
from service.remote.wording import plain

# Virtuoso loses no rows that anybody has seen when it looks up so many at a time.
_VECTOR = 10_000


@dataclass(frozen=True)
class Loader:
    """An engine's own way to load files that it reads itself, in queries to its address of updates.

    `ready` is asked once before; `load`, of a file of N-Quads, answers what was wrong, as `said`; after `settle`, what
    was loaded outlasts the engine.
    """

    ready: str
    load: str
    settle: str

    def of(self, file: str) -> str:
        """The query that loads a file.

        >>> Loader("", "SELECT (<urn:load>({file}) AS ?said) {{}}", "").of("/a.nq")
        'SELECT (<urn:load>("/a.nq") AS ?said) {}'
        """
        return self.load.format(file=Literal(file))


@dataclass(frozen=True)
class Limits:
    """How an engine is set: after how many statements it stops without saying so, if after any, and what is `wrong`."""

    most: int | None = None
    wrong: str = ""

    @classmethod
    def told(cls, row: Mapping[str, Mapping[str, str]]) -> Limits:
        """The limits, from the answer to the question for them.

        >>> Limits.told({"vector": {"value": "1000"}, "most": {"value": "0"}})
        Limits(most=None, wrong='it loses rows as it is set → VectorSize = 10000 in its virtuoso.ini')
        """
        vector, most = (int(row[name]["value"]) for name in ("vector", "most"))
        short = f"it loses rows as it is set → VectorSize = {_VECTOR} in its virtuoso.ini"
        return cls(most if most > 0 else None, short if vector < _VECTOR else "")


@dataclass(frozen=True)
class Dialect:
    """An engine: where it takes updates and graphs, which of its answers are something else than their status says.

    `update` and `store` are addresses beside that of the queries, `graph` the parameter that names a graph there,
    `login` how a name and a password are shown. `ceiling` is the header of an answer that was cut off, with the number
    of rows after which it was, `limits` the question how it is set, `late` what is in a failure that is a timeout,
    `wrong` what is in one that the query is to blame for. `scoped` says whether VALUES reach into an OPTIONAL,
    `absolute` whether an IRI of another kind than the usual may call something. `fenced` says whether it is told of
    named graphs by the beginning of their names, since it cannot be told of thousands, `enclosed` whether such a
    question says the default graph as well. `preface` stands before every query, `quads` says whether it takes several
    graphs at a time, as N-Quads, `loading` are further parameters with which graphs are sent, `loader` is another way
    than that for an engine on this machine.
    """

    name: str
    update: str
    store: str
    graph: str = "graph"
    login: Callable[[str, str], httpx.Auth] = httpx.BasicAuth
    ceiling: str = ""
    limits: str = ""
    late: re.Pattern[str] = re.compile("time(d )?out", re.IGNORECASE)
    wrong: re.Pattern[str] | None = None
    scoped: bool = True
    absolute: bool = False
    fenced: bool = False
    enclosed: bool = False
    preface: str = ""
    quads: bool = False
    loading: Mapping[str, str] = field(default_factory=dict)
    loader: Loader | None = None

    def addresses(self, endpoint: str) -> tuple[str, str]:
        """Where updates and graphs go, of an engine that is asked at this address.

        >>> OXIGRAPH.addresses("http://127.0.0.1:7878/query")
        ('http://127.0.0.1:7878/update', 'http://127.0.0.1:7878/store')
        """
        return urljoin(endpoint, self.update), urljoin(endpoint, self.store)

    def ours(self, query: str) -> str:
        """A query of our own, as this engine understands it."""
        return query if self.scoped else plain(query)

    def heard(self, query: str, base: str) -> str:
        """A query as the engine is to hear it; Problem 400 for an IRI by which it could reach into the engine."""
        return strict(query, base) if self.absolute else query

    def most(self, headers: Mapping[str, str]) -> int | None:
        """After how many rows the engine cut an answer off, as its head says; None when it did not."""
        most = headers.get(self.ceiling, "") if self.ceiling else ""
        return int(most) if most.isdigit() else None


# `oxigraph serve` (https://github.com/oxigraph/oxigraph/tree/main/cli) is as the standards say.
# Graphs come in by its bulk loader, which needs no memory for what it may have to undo.
OXIGRAPH = Dialect("Oxigraph", "update", "store", enclosed=True, quads=True, loading={"no_transaction": ""})
# Virtuoso's bulk loader, which writes no log: without `checkpoint` all of it is lost with the server. That there is no
# log stays so for whoever comes next in the same thread, and is set right again. `bif:exec` needs the rights of dba.
_PROCEDURE = """create procedure DB.DBA.THIDUA_LOAD (in place varchar) returns varchar {
  declare said varchar;
  declare exit handler for sqlstate '*' { log_enable (1, 1); return __SQL_MESSAGE; };
  delete from DB.DBA.load_list where ll_file = place;
  DB.DBA.ld_add (place, 'urn:thidua:nothing');
  DB.DBA.rdf_loader_run ();
  log_enable (1, 1);
  said := (select case when ll_state = 2 then coalesce (ll_error, '') else 'there is no such file for it' end
    from DB.DBA.load_list where ll_file = place);
  delete from DB.DBA.load_list where ll_file = place;
  return coalesce (said, 'there is no such file for it');
}"""
_LD = Loader(
    f"SELECT (bif:exec({Literal(_PROCEDURE)}) AS ?done) {{}}",
    "SELECT (sql:THIDUA_LOAD({file}) AS ?said) {{}}",
    'SELECT (bif:exec("checkpoint") AS ?done) {}',
)
# `VectorSize` of its settings, and the statements of which a CONSTRUCT keeps no more, without a word; 0 is no limit.
_LIMITS = """SELECT (bif:sys_stat("dc_batch_sz") AS ?vector)
  (bif:sys_stat("sparql_result_set_max_rows") AS ?most) {}"""
# Virtuoso Open Source 7.2. It has no default graph of its own; booleans come back as 1 and 0; a filter in an OPTIONAL
# or an EXISTS does not see what VALUES outside of it say, and those with UNDEF are estimated as if they multiplied;
# `bif:`, `sql:` and the like are IRIs that call functions of the database. Reading is open at /sparql, everything else
# needs a digest.
VIRTUOSO = Dialect(
    "Virtuoso",
    "sparql-auth",
    "sparql-graph-crud-auth",
    graph="graph-uri",
    login=httpx.DigestAuth,
    ceiling="x-sparql-maxrows",
    limits=_LIMITS,
    late=re.compile("S1TAT|S1T00|timeout|exceeds the limit of [0-9]+ .sec", re.IGNORECASE),
    wrong=re.compile(r"Virtuoso (?:22...|37000|42001) Error"),
    scoped=False,
    absolute=True,
    fenced=True,
    preface='define sql:describe-mode "SPO" ',
    loader=_LD,
)
# Fuseki, GraphDB and others, with the names that Fuseki gives.
OTHER = Dialect("other", "update", "data")
_KNOWN = (OXIGRAPH, VIRTUOSO)


def of(server: str) -> Dialect:
    """The dialect of the engine that calls itself so in its `Server` header.

    >>> of("Virtuoso/07.20.3229 (Linux)").name, of("nginx").name
    ('Virtuoso', 'other')
    """
    return next((known for known in _KNOWN if server.lower().startswith(known.name.lower())), OTHER)
