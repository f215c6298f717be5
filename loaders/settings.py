"""Settings: environment variables, read once at the edge (`create_app`, the command line), never at import."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pyoxigraph import NamedNode

from loaders.errors import UsageError
from loaders.namespaces import BASE

# MiB, seconds or errors a minute: whoever writes more than 16 million of them has written something else. And the most
# query processes of a lane, each of which is there from the start.
_MOST, _CROWD = 1 << 24, 1000


def _setting(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Settings:
    """Every setting; the environment variable is `THIDUA_` and the name in capitals.

    >>> Settings.from_environ({"THIDUA_PORT": "8080"}).port
    8080
    """

    base_iri: str = _setting(BASE, "base of all IRIs; what is served under it answers here by its path")
    data: Path = _setting(Path("data"), "directory of the sources")
    releases: Path = _setting(Path("releases"), "directory of the releases")
    history: Path | None = _setting(
        None,
        "history of units 2004-2025 (CSV; default: registry/history.csv of the data, if there); "
        "without one their beginnings are unknown",
    )
    requests: Path | None = _setting(
        None,
        "log of withdrawals: who asked for what (default: withdrawal-requests.jsonl beside the directory of the "
        "releases); never published",
    )
    host: str = _setting("127.0.0.1", "address to listen on")
    port: int = _setting(8000, "port to listen on")
    workers: int = _setting(4, "query processes of each lane (public queries; curated queries and pages)")
    query_timeout: float = _setting(30.0, "seconds that a query may take")
    query_memory: int = _setting(1024, "MiB that a query may take beside the release")
    answer_size: int = _setting(256, "MiB that an answer may have; past 1 MiB it waits in a temporary file")
    rate_limit: tuple[int, ...] = _setting(
        (240, 1200), "SECONDS,ERRORS that one client may spend per minute at /sparql; 0 for no limit"
    )
    store_memory: int = _setting(4096, "MiB up to which a release is held in memory; a larger one is read from disk")
    service_allow: tuple[str, ...] = _setting(
        (), "prefixes of endpoints that SERVICE may name, separated by commas; none by default"
    )

    sparql_endpoint: str | None = _setting(
        None, "SPARQL 1.1 engine that holds the triples (thidua push), instead of the store of the release"
    )
    sparql_user: str | None = _setting(None, "name for that engine and for thidua push; none by default")
    sparql_password: str | None = _setting(None, "password for that engine and for thidua push; never shown")
    cache_memory: int = _setting(64, "MiB of answers that are kept to be given again; 0 for none")
    log: str = _setting(
        "problems", "what is logged of requests: problems, requests (all), queries (all, with the text of each query)"
    )

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """The settings that an environment gives; UsageError names a variable with a wrong value. See `unknown`."""
        known = {variable(name): name for name in cls.__dataclass_fields__}
        given = {known[name]: (name, value) for name, value in environ.items() if name in known and value}
        return cls(**{setting: _read(name, setting, value) for setting, (name, value) in given.items()})

    def history_file(self) -> Path | None:
        """The history of units to read, if there is one; UsageError when the one that was named is missing."""
        if self.history is not None:
            if not self.history.is_file():
                raise UsageError(f"{variable('history')} names a file that is not there: {self.history}")
            return self.history
        default = self.data / "registry" / "history.csv"
        return default if default.is_file() else None

    def requests_file(self) -> Path:
        """Where it is noted who asked for a withdrawal: outside of everything that is published."""
        return self.requests or self.releases.absolute().parent / "withdrawal-requests.jsonl"

    @property
    def login(self) -> tuple[str, str] | None:
        """Name and password for an engine elsewhere, if it wants them."""
        return (self.sparql_user, self.sparql_password or "") if self.sparql_user else None

    def table(self) -> list[tuple[str, str, str]]:
        """A row per setting: environment variable, value, meaning."""
        return [(variable(f.name), _show(f.name, getattr(self, f.name)), f.metadata["meaning"]) for f in fields(self)]


def unknown(environ: Mapping[str, str]) -> list[str]:
    """The variables that look like settings and are none, so that a misspelt one does not go unseen.

    >>> unknown({"THIDUA_PROT": "8080", "THIDUA_PORT": "8080"})
    ['THIDUA_PROT']
    """
    known = {variable(name) for name in Settings.__dataclass_fields__}
    return sorted(name for name in environ if name.startswith("THIDUA_") and name not in known)


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return "THIDUA_" + name.upper()


def _show(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "sparql_password":
        return "…"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _number(value: str, kind: type = int) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise ValueError("it is a number" if kind is float else "it is a whole number") from None


def _port(value: str) -> int:
    port: int = _number(value)
    if not 0 <= port <= 65535:
        raise ValueError("a port is between 0 and 65535")
    return port


def _positive(kind: type, most: int = _MOST) -> Any:
    def read(value: str) -> Any:
        if not (number := _number(value, kind)) > 0:
            raise ValueError("must be more than 0")
        if number > most:
            raise ValueError(f"must not be more than {most}")
        return number

    return read


def _base(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s<>\"{}|\\^`]+/", value):
        raise ValueError("a base IRI begins with http:// or https:// and ends with /")
    NamedNode(value)  # ValueError says what else is wrong with it
    return value


def _natural(value: str) -> int:
    number: int = _number(value)
    if not 0 <= number <= _MOST:
        raise ValueError(f"must be between 0 and {_MOST}")
    return number


def address(value: str) -> str:
    """The address of something that speaks HTTP; ValueError otherwise."""
    if not re.fullmatch(r"https?://[^\s<>\"{}|\\^`/?#@]+(/[^\s<>\"{}|\\^`#]*)?", value):
        raise ValueError("an address begins with http:// or https:// and has neither a name nor a password in it")
    _ = urlsplit(value).port  # ValueError, if there is none such
    return value


def _host(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("it is not written in UTF-8") from None
    return value


def _one_of(*words: str) -> Any:
    def read(value: str) -> str:
        if value not in words:
            raise ValueError("it is one of " + ", ".join(words))
        return value

    return read


def _rate(value: str) -> tuple[int, ...]:
    """The limits, none for `0`."""
    limits = tuple(_number(part) for part in value.split(",")) if value != "0" else ()
    if limits and (len(limits) != 2 or min(limits) < 1 or max(limits) > _MOST):
        raise ValueError(f"two whole numbers between 1 and {_MOST}, or 0")
    return limits


_READERS: dict[str, Any] = {
    "base_iri": _base,
    "data": Path,
    "releases": Path,
    "history": Path,
    "requests": Path,
    "host": _host,
    "port": _port,
    "workers": _positive(int, _CROWD),
    "query_timeout": _positive(float),
    "query_memory": _positive(int),
    "answer_size": _positive(int),
    "rate_limit": _rate,
    "store_memory": _positive(int),
    "cache_memory": _natural,
    "log": _one_of("problems", "requests", "queries"),
    "sparql_endpoint": address,
    "sparql_user": str,
    "sparql_password": str,
    "service_allow": lambda value: tuple(address(part.strip()) for part in value.split(",") if part.strip()),
}


def _read(name: str, setting: str, value: str) -> Any:
    try:
        return _READERS[setting](value)
    except ValueError as error:
        # Of an address, a name and a password are for nobody's eyes.
        shown = re.sub(r"//[^/]*@", "//…@", value)
        raise UsageError(f"{name}={shown!r} cannot be used: {error}") from None
