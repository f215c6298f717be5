"""A document of the vocabulary in the form that is asked for: a page for people, the same triples for machines."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request, Response
from pyoxigraph import Triple

from service import links, render
from service.graphs import written
from service.negotiation import HTML, JSON_LD, N_TRIPLES, RDF_XML, TURTLE, choose, etag, not_modified
from service.snapshot import Snapshot

FORMATS = (HTML, TURTLE, JSON_LD, N_TRIPLES, RDF_XML)


class Document:
    """The document at `/{stem}`, by the media type of its suffix, by `format=` or by Accept; Problem 406."""

    def __init__(self, stem: str, media: str | None, request: Request, snapshot: Snapshot) -> None:
        self.choice = choose(media or request.headers.get("accept"), FORMATS, request.query_params.get("format"))
        release, lang = snapshot.release, render.language(request)
        tag = etag(release, request, self.choice.media, lang)
        self.base, self.known = release.base, not_modified(request, tag)
        self._headers = {"ETag": tag, "Vary": "Accept, Accept-Language", "Cache-Control": "public, no-cache"}
        self._headers |= links.location(stem, self.choice, lang, "/")
        self._link = links.of_document(stem, release.base + stem, release.version, "/")

    @property
    def for_people(self) -> bool:
        """Whether a page is asked for."""
        return self.choice.format == HTML

    def unchanged(self) -> Response:
        """The answer to a client that has it already."""
        return Response(status_code=304, headers=self._headers)

    def page(self, page: Response) -> Response:
        """The page, with what a document says in its header."""
        page.headers.update(self._headers | {"Link": self._link})
        return page

    def data(self, triples: Sequence[Triple]) -> Response:
        """The triples in the form that was agreed on."""
        return self.page(Response(written(triples, self.choice, self.base), media_type=self.choice.media))
