"""Where an engine takes graphs and updates: what `thidua push` says to it, and how it says that it failed.

Graphs go by the Graph Store Protocol; or through a directory that the engine reads, by its own loader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from urllib.parse import urljoin

import httpx
from pyoxigraph import NamedNode

from loaders.errors import OutsideError, UsageError
from service.remote import dialect as dialects
from service.remote import marker
from service.remote.dialect import Loader
from service.remote.exchange import Question, words
from service.remote.form import QUADS, ROWS, STATEMENTS
from service.remote.marker import Marker
from service.reply import bindings

# Seconds to be connected within, and that an engine may take for one step; a graph of millions takes minutes to move.
_TIMES = httpx.Timeout(3600, connect=5)

# Of more graphs than this, all that the engine has are counted at once.
_FEW = 20


class Port:
    """An engine by the addresses at which it is asked, updated and given graphs, and a directory if it shares one."""

    def __init__(
        self,
        endpoint: str,
        login: tuple[str, str] | None,
        update: str | None = None,
        store: str | None = None,
        shared: Path | None = None,
    ) -> None:
        self._client = httpx.Client(timeout=_TIMES, trust_env=False)
        self._endpoint, self._options = endpoint, {endpoint: "--endpoint"}
        probe = self._send("GET", endpoint, None, params={"query": "ASK {}"}, headers={"Accept": ROWS})
        self.dialect = dialects.of(probe.headers.get("server", ""))
        usual = self.dialect.addresses(endpoint)
        self._update, self._store = update or usual[0], store or usual[1]
        self._options = {self._store: "--store", self._update: "--update", **self._options}
        self._auth = self.dialect.login(*login) if login else None
        self._shared = shared
        if shared:
            self._run(self._loader.ready)

    def __enter__(self) -> Port:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def rows(self, query: str, default: Sequence[str], named: Sequence[str] = ()) -> list[dict[str, dict[str, str]]]:
        """The rows of a SELECT over these graphs; OutsideError when the engine fails, or does not give all of them."""
        return self._rows(Question(query, ROWS, default, named), self._endpoint, None)

    def count(self, graph: NamedNode) -> int:
        """How many triples a graph has."""
        return int(self.rows("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }", [graph.value])[0]["n"]["value"])

    def counts(self, graphs: Sequence[NamedNode]) -> Iterator[tuple[str, int]]:
        """How many triples graphs have, these and maybe others; of many, those alone that have any."""
        if len(graphs) <= _FEW:
            yield from ((graph.value, self.count(graph)) for graph in graphs)
            return
        for row in self.rows("SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g", []):
            yield row["g"]["value"], int(row["n"]["value"])

    def marker(self, base: str) -> Marker:
        """What the engine says that it holds."""
        at = marker.account(base).value
        return marker.read(self.rows(marker.query(base), [at], [at]))

    def post(self, graphs: Mapping[NamedNode, bytes]) -> None:
        """The triples, in N-Triples, are in their graphs with those that were; OutsideError when the engine fails."""
        if self._shared:
            self._load(self._shared / "batch.nq", _quads(graphs))
        elif self.dialect.quads:
            self._put(_quads(graphs), QUADS, {})
        else:
            for graph, triples in graphs.items():
                self._put(triples, STATEMENTS, {self.dialect.graph: graph.value})

    def _put(self, content: bytes, media: str, where: Mapping[str, str]) -> None:
        params = {**where, **self.dialect.loading}
        self._send("POST", self._store, self._auth, params=params, content=content, headers={"Content-Type": media})

    def settle(self) -> None:
        """What was posted is there even if the engine is killed."""
        if self._shared:
            self._run(self._loader.settle)

    def update(self, *steps: str) -> None:
        """The steps were done, one after the other; OutsideError when the engine fails."""
        # Not in one request: Virtuoso thinks ten times as long about three steps as about each of them.
        for step in steps:
            self._send("POST", self._update, self._auth, content=step, headers=_UPDATE)

    @property
    def _loader(self) -> Loader:
        if self.dialect.loader is None:
            raise UsageError(f"--bulk is for Virtuoso → without it; {self.dialect.name} is given graphs over HTTP")
        return self.dialect.loader

    def _load(self, file: Path, quads: bytes) -> None:
        """The engine has read the statements from the file."""
        file.write_bytes(quads)
        # The engine is somebody else here, who has no right to ours.
        file.chmod(0o644)
        said = self._run(self._loader.of(str(file.resolve())))[0]["said"]["value"]
        if said:
            hint = f"has its disk room? is {file.parent.parent} on its machine, and in its DirsAllowed?"
            raise OutsideError(f"{file}, as the engine reads it: {said} → {hint}")

    def _run(self, query: str) -> list[dict[str, dict[str, str]]]:
        """What a query that does something answers, to which the engine listens only there."""
        return self._rows(Question(query, ROWS), self._update, self._auth)

    def _rows(self, asked: Question, address: str, auth: httpx.Auth | None) -> list[dict[str, dict[str, str]]]:
        data: dict[str, list[str]] = {}
        for name, value in asked.fields:
            data.setdefault(name, []).append(value)
        answer = self._send("POST", address, auth, data=data, headers={"Accept": ROWS})
        # A graph that is not in the rest of an account would count as one that is not there, and be sent for ever.
        if (most := self.dialect.most(answer.headers)) is not None:
            raise OutsideError(
                f"{address}: it ends answers after {most:,} rows → a higher ResultSetMaxRows in its settings"
            )
        try:
            return bindings(answer.content)
        except ValueError as error:
            raise OutsideError(f"{address}: this is no SPARQL result: {error}") from None

    def _send(self, method: str, address: str, auth: httpx.Auth | None, **more: object) -> httpx.Response:
        try:
            answer = self._client.request(method, address, auth=auth, **more)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            raise OutsideError(f"{address}: {error or type(error).__name__} → is the engine running?") from None
        if answer.is_success:
            return answer
        said = words(answer.content) or answer.reason_phrase
        raise OutsideError(f"{address}: {answer.status_code} {said}{self._way_out(address, answer)}")

    def _way_out(self, address: str, answer: httpx.Response) -> str:
        """What to do about such an answer, as far as it is known."""
        # A login or a graph would not be sent on, and an update not be one: where it goes, a person is to look at.
        if answer.has_redirect_location:
            there, _, _ = urljoin(address, answer.headers["location"]).partition("?")
            return f" → {self._options[address]} {there}"
        if answer.status_code in (404, 405):
            return f" → {self._options[address]} URL"
        return _HINTS.get(answer.status_code, "")


def _quads(graphs: Mapping[NamedNode, bytes]) -> bytes:
    """N-Triples of several graphs as N-Quads.

    >>> _quads({NamedNode("urn:g"): b'<urn:s> <urn:p> "." .\\n'})
    b'<urn:s> <urn:p> "." <urn:g> .\\n'
    """
    # A line ends there and nowhere else: a text has no end of a line in it.
    return b"".join(triples.replace(b" .\n", f" {graph} .\n".encode()) for graph, triples in graphs.items())


_UPDATE = {"Content-Type": "application/sparql-update"}
_HINTS: Mapping[int, str] = {
    401: " → --user NAME, and its password in THIDUA_SPARQL_PASSWORD",
    403: " → this user may not write",
    413: " → the engine takes less at a time: --batch",
}
