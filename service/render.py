"""Pages: templates, two languages, and nothing that comes from another host."""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from loaders.resources import ROOT
from service.negotiation import members
from service.past import doors

LANGUAGES = ("vi", "en")
# From this status on, an answer says what is wrong.
_FAULTY = 400


def language(request: Request) -> str:
    """The language of the answer: `lang=`, else the first of ours that Accept-Language prefers, else Vietnamese.

    Unknown languages are passed over, a weight of 0 excludes (RFC 9110, 12.5.4).
    """
    asked = request.query_params.get("lang")
    if asked in LANGUAGES:
        return asked
    weights: dict[str, float] = {}
    for part in members(request.headers.get("accept-language", "")):
        name, _, weight = part.partition(";")
        primary = name.strip().lower().partition("-")[0]
        if primary in LANGUAGES:
            weights.setdefault(primary, _weight(weight))
    best = max(weights, key=lambda name: weights[name], default="vi")
    return best if weights.get(best, 1) > 0 else "vi"


def said(request: Request, vi: str, en: str) -> str:
    """The words in the language of the answer."""
    return vi if language(request) == "vi" else en


def kept(address: str, request: Request) -> str:
    """The address, asking for the language that this request asks for; as it is if the request asks for none.

    >>> kept("/def#Term", Request({"type": "http", "query_string": b"lang=en"}))
    '/def?lang=en#Term'
    >>> kept("/def#Term", Request({"type": "http", "query_string": b""}))
    '/def#Term'
    """
    asked = request.query_params.get("lang")
    if asked not in LANGUAGES or not address.startswith("/"):
        return address
    place, hash_, fragment = address.partition("#")
    return f"{place}{'&' if '?' in place else '?'}lang={asked}{hash_}{fragment}"


def here(path: str) -> str:
    """The path as a link may have it: behind a second slash there would be another host (RFC 3986, 4.2).

    >>> here("//evil.example/x"), here("/doc/cluster/x")
    ('/evil.example/x', '/doc/cluster/x')
    """
    return "/" + quote(path.lstrip("/"))


def is_address(iri: str | None) -> bool:
    """Whether a page may lead there: `javascript:` and `data:` are IRIs as well.

    >>> is_address("https://example.org/"), is_address("/doc/x"), is_address("javascript:alert(1)"), is_address(None)
    (True, True, False, False)
    """
    return iri is not None and iri.startswith(("https://", "http://", "/"))


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(ROOT / "service" / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["tail"] = lambda iri: str(iri).rstrip("/").rpartition("/")[2]
    environment.tests["address"] = is_address
    return environment


def page(request: Request, template: str, title: str, status: int = 200, **context: Any) -> HTMLResponse:
    """The page that a template makes, in the language of the request."""
    lang = language(request)
    other = "en" if lang == "vi" else "vi"
    place = here(request.url.path)
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    past = doors.inside(request)
    shown: dict[str, Any] = {"release": None, "alternates": [], "past": past, **context}
    html = (
        _environment()
        .get_template(template)
        .render(
            lang=lang,
            title=title,
            t=lambda vi, en: vi if lang == "vi" else en,
            # The language that was asked for, so that forms and links ask for it again.
            asked=request.query_params.get("lang") if request.query_params.get("lang") in LANGUAGES else None,
            kept=lambda address: kept(address, request),
            other_language=f"{place}?{urlencode([*query, ('lang', other)])}",
            # For search engines, which ask no questions: what is asked is carried into no other link.
            in_languages={each: f"{place}?lang={each}" for each in LANGUAGES} | {"x-default": place}
            if status < _FAULTY and not query
            else {},
            **shown,
        )
    )
    headers = {"Content-Language": lang, "Vary": "Accept, Accept-Language"}
    return HTMLResponse(doors.within_page(html, past.root) if past else html, status_code=status, headers=headers)
