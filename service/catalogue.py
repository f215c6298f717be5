"""The curated queries: every `queries/{group}/{name}.rq`, checked before anything is served."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path

from loaders.errors import SourceError, UsageError
from loaders.namespaces import BASE
from loaders.resources import query_files
from service.query import Query, Words
from service.queryfile import read_query

# In the order in which people look for them.
GROUPS = {
    "units": Words("Đơn vị hành chính", "Administrative units"),
    "clusters": Words("Cụm, khối thi đua", "Clusters and blocs"),
    "conferences": Words("Hội nghị", "Conferences"),
    "officials": Words("Người giữ chức vụ", "Officials"),
    "organisations": Words("Cơ quan, tổ chức", "Organisations"),
    "movements": Words("Phong trào", "Movements"),
    "awards": Words("Khen thưởng", "Awards"),
    "figures": Words("Số liệu", "Figures"),
    "sources": Words("Nguồn", "Sources"),
    "search": Words("Tìm kiếm", "Search"),
}


@dataclass(frozen=True)
class Catalogue:
    """All curated queries: group by group, the simplest address first."""

    queries: tuple[Query, ...]
    base: str = BASE

    @classmethod
    def read(cls, base: str = BASE, files: Iterable[Path] | None = None) -> Catalogue:
        """The queries in the files (by default the project's), with IRIs under `base`; SourceError for a fault."""
        queries = tuple(read_query(path, base) for path in (query_files() if files is None else files))
        for what in ("name", "path"):
            seen: set[str] = set()
            for query in queries:
                if (value := getattr(query, what)) in seen:
                    raise SourceError(f"two queries have this {what}", file=query.file, value=value)
                seen.add(value)
        return cls(tuple(sorted(queries, key=_rank)), base)

    def __iter__(self) -> Iterator[Query]:
        return iter(self.queries)

    @property
    def groups(self) -> list[tuple[Words, list[Query]]]:
        """What each group is called, and its queries."""
        return [
            (GROUPS.get(group, Words(group, group)), list(queries))
            for group, queries in groupby(self.queries, lambda query: query.group)
        ]

    @cached_property
    def names(self) -> Mapping[str, Query]:
        """Each query by its name."""
        return {query.name: query for query in self.queries}

    def __getitem__(self, name: str) -> Query:
        try:
            return self.names[name]
        except KeyError:
            near = difflib.get_close_matches(name, self.names, n=3)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise UsageError(f"no query is called {name!r}{hint} `thidua ask` lists them") from None


def _rank(query: Query) -> tuple[int, str, int, str]:
    place = list(GROUPS).index(query.group) if query.group in GROUPS else len(GROUPS)
    return place, query.group, query.path.count("/"), query.path
