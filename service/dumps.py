"""The release as files: the dumps with their checksums, and its description in DCAT and VoID."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import formatdate

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from loaders.release import Release
from loaders.resources import ROOT
from service import links, portal, render
from service.download import Download
from service.graphs import written
from service.negotiation import HTML, JSON_LD, N_TRIPLES, RDF_XML, TURTLE, Format, choose, unchanged, validators
from service.place import Sent, Statements
from service.problems import Problem
from service.snapshot import Now, Snapshot

_MEDIA_TYPES = {
    ".gz": "application/gzip",
    ".sha256": "text/plain; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_STATIC = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_JSON = Format("application/json", ("json",))
# About so many bytes of Turtle have a statement.
_STATEMENT = 64
# A client that takes anything is a machine: pages come last.
_DESCRIBED_IN = (TURTLE, JSON_LD, RDF_XML, N_TRIPLES, HTML)


@dataclass(frozen=True)
class Dump:
    """A file to download."""

    name: str
    size: int
    sha256: str


def routes() -> APIRouter:
    """`/dumps/…`, `/.well-known/void`, `/catalog`, `/static/…`."""
    router = APIRouter(tags=["release"])
    router.add_api_route("/dumps/", dumps, response_class=Response, summary="The dumps of the release")
    router.add_api_route("/dumps/{name}", dump, response_class=Response, summary="One dump")
    router.add_api_route("/.well-known/void", description, response_class=Response)
    router.add_api_route("/catalog", catalog, response_class=Response, summary="The catalogue (DCAT-AP)")
    router.add_api_route("/catalog.{suffix}", catalog_as, include_in_schema=False)
    router.add_api_route("/static/{name}", static, include_in_schema=False)
    return router


async def dumps(request: Request, snapshot: Now) -> Response:
    """The files of the release, with size and SHA-256, as a page or as JSON."""
    release, lang = snapshot.release, render.language(request)
    choice = choose(request.headers.get("accept"), (HTML, _JSON), request.query_params.get("format"))
    headers = validators(release, request, choice.media, lang)
    if known := unchanged(request, headers):
        return known
    files = _listed(release)
    if choice.format == HTML:
        title = "Dumps" if lang == "en" else "Tải về"
        page = render.page(request, "dumps.html", title, files=files, release=release)
        page.headers.update(headers)
        return page
    here = request.scope.get("root_path", "") + "/dumps/"
    rows = [{"name": file.name, "url": here + file.name, "size": file.size, "sha256": file.sha256} for file in files]
    body = {"release": release.version, "hash": release.hash, "quads": release.quads, "files": rows}
    return JSONResponse(body, headers=headers)


def _listed(release: Release) -> list[Dump]:
    entries = ((path, release.manifest.files[f"dumps/{path.name}"]) for path in release.dumps)
    return [Dump(path.name, entry.size, entry.sha256) for path, entry in entries]


async def dump(name: str, snapshot: Now) -> Response:
    """One file of the dumps, whole or by range; its ETag is its SHA-256."""
    files = {file.name: file for file in _listed(snapshot.release)}
    if name not in files:
        raise Problem(404, "Not found", f"no dump is called {name!r}", available=sorted(files))
    path = snapshot.release.directory / "dumps" / name
    # After a rollback a file is older, but what stands under this address has changed.
    changed = formatdate(max(path.stat().st_mtime, snapshot.since), usegmt=True)
    headers = {"ETag": f'"{files[name].sha256}"', "Last-Modified": changed, "Cache-Control": "no-cache"}
    return Sent(snapshot.release, path, _MEDIA_TYPES.get(path.suffix, "text/turtle"), headers)


async def description(request: Request, snapshot: Now) -> Response:
    """The DCAT and VoID description of the release (VoID §6, RFC 8615)."""
    return await _negotiated("", None, request, snapshot)


async def catalog(request: Request, snapshot: Now) -> Response:
    """The same, as the catalogue in which the release stands: a page, or RDF."""
    return await _negotiated("", None, request, snapshot, at_catalog=True)


async def catalog_as(suffix: str, request: Request, snapshot: Now) -> Response:
    """The catalogue in the form of a suffix."""
    return await _negotiated("", links.form(suffix), request, snapshot, at_catalog=True)


async def description_of(name: str, suffix: str | None, request: Request, snapshot: Snapshot) -> Response:
    """The document about the release that is served, or about a part of it; of the others only the files are here."""
    version, _, part = name.partition("/")
    known = snapshot.release.version
    if version != known:
        raise Problem(404, "Not found", f"{version!r} is not the release that is served", available=[known])
    return await _negotiated(part, suffix, request, snapshot)


async def _negotiated(
    part: str, media: str | None, request: Request, snapshot: Snapshot, *, at_catalog: bool = False
) -> Response:
    """A file of the release as a document: its report, or its description, which is about all else."""
    release, lang = snapshot.release, render.language(request)
    choice = choose(media or request.headers.get("accept"), _DESCRIBED_IN, request.query_params.get("format"))
    if part == "report" and choice.format == HTML:
        return RedirectResponse(f"/releases/{release.version}/report", 303, {"Vary": "Accept, Accept-Language"})
    of_release = f"release/{release.version}" + ("/report" if part == "report" else "")
    stem, under = ("catalog", "/") if at_catalog else (of_release, "/doc/")
    headers = validators(release, request, choice.media, lang) | links.location(stem, choice, lang, under)
    if known := unchanged(request, headers):
        return known
    path = release.report("ttl") if part == "report" else release.description

    def made() -> Response:
        if choice.format == HTML:
            return portal.page(request, release, stem, under)
        return Response(written(Statements(release, path), choice, release.base), media_type=choice.media)

    answer = await snapshot.engine.write(made, path.stat().st_size // _STATEMENT)
    answer.headers.update(headers | {"Link": links.of_document(stem, release.base + stem, release.version, under)})
    return answer


async def static(name: str) -> Response:
    """A file that pages need: nothing of ours comes from another host."""
    files = {path.name: path for path in (ROOT / "service" / "static").iterdir() if path.suffix in _STATIC}
    if not (path := files.get(name)):
        raise Problem(404, "Not found", f"no such file: {name[:60]!r}")
    return Download(path, media_type=_STATIC[path.suffix], headers={"Cache-Control": "max-age=3600"})
