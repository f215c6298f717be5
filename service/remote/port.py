"""Where an engine takes graphs and updates: what `thidua push` says to it, and how it says that it failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType

import httpx
from pyoxigraph import NamedNode

from loaders.errors import OutsideError
from service.remote import dialect as dialects
from service.remote import marker
from service.remote.exchange import Question, words
from service.remote.form import ROWS, STATEMENTS
from service.remote.marker import Marker
from service.reply import bindings

# Seconds to be connected within, and that an engine may take for one step; a graph of millions takes minutes to move.
_TIMES = httpx.Timeout(3600, connect=5)


class Port:
    """An engine by the addresses at which it is asked, updated and given graphs."""

    def __init__(
        self, endpoint: str, login: tuple[str, str] | None, update: str | None = None, store: str | None = None
    ) -> None:
        self._client = httpx.Client(timeout=_TIMES, trust_env=False)
        self._endpoint = endpoint
        probe = self._send("GET", endpoint, None, params={"query": "ASK {}"}, headers={"Accept": ROWS})
        self.dialect = dialects.of(probe.headers.get("server", ""))
        usual = self.dialect.addresses(endpoint)
        self._update, self._store = update or usual[0], store or usual[1]
        self._auth = self.dialect.login(*login) if login else None

    def __enter__(self) -> Port:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def rows(self, query: str, default: Sequence[str], named: Sequence[str] = ()) -> list[dict[str, dict[str, str]]]:
        """The rows of a SELECT over these graphs; OutsideError when the engine fails."""
        data: dict[str, list[str]] = {}
        for name, value in Question(query, ROWS, default, named).fields:
            data.setdefault(name, []).append(value)
        answer = self._send("POST", self._endpoint, None, data=data, headers={"Accept": ROWS})
        try:
            return bindings(answer.content)
        except ValueError as error:
            raise OutsideError(f"{self._endpoint}: this is no SPARQL result: {error}") from None

    def count(self, graph: NamedNode) -> int:
        """How many triples a graph has."""
        return int(self.rows("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }", [graph.value])[0]["n"]["value"])

    def marker(self, base: str) -> Marker:
        """What the engine says that it holds."""
        at = marker.account(base).value
        return marker.read(self.rows(marker.query(base), [at], [at]))

    def post(self, graph: NamedNode, triples: bytes) -> None:
        """The triples, in N-Triples, are in the graph with those that were; OutsideError when the engine fails."""
        params = {self.dialect.graph: graph.value, **self.dialect.loading}
        headers = {"Content-Type": STATEMENTS}
        self._send("POST", self._store, self._auth, params=params, content=triples, headers=headers)

    def update(self, *steps: str) -> None:
        """The steps were done, one after the other; OutsideError when the engine fails."""
        self._send("POST", self._update, self._auth, content=" ;\n".join(steps), headers=_UPDATE)

    def _send(self, method: str, address: str, auth: httpx.Auth | None, **more: object) -> httpx.Response:
        try:
            answer = self._client.request(method, address, auth=auth, **more)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            raise OutsideError(f"{address}: {error or type(error).__name__} → is the engine running?") from None
        if answer.is_success:
            return answer
        hint = _HINTS.get(answer.status_code, "")
        raise OutsideError(f"{address}: {answer.status_code} {words(answer.content)}{hint}")


_UPDATE = {"Content-Type": "application/sparql-update"}
_HINTS: Mapping[int, str] = {
    401: " → --user NAME, and its password in THIDUA_SPARQL_PASSWORD",
    403: " → this user may not write",
    404: " → --update URL, --store URL",
    405: " → --update URL, --store URL",
    413: " → the engine takes less at a time: --batch",
}
