"""Every failure leaves as problem details: JSON for programs, the same facts in HTML for a browser."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from service import render
from service.methods import allowed, told
from service.negotiation import prefers
from service.place import Replaced
from service.problems import Problem
from service.visit import here

log = logging.getLogger("thidua")


# What a page calls a problem in Vietnamese; below stands what the problem says, which is in English.
_TITLES = {
    400: "Yêu cầu không đúng",
    403: "Không được phép",
    404: "Không tìm thấy",
    405: "Phương thức không dùng được ở đây",
    406: "Không có dạng này",
    409: "Bản phát hành đã đổi",
    410: "Đã rút",
    413: "Yêu cầu quá dài",
    414: "Địa chỉ quá dài",
    415: "Không đọc được kiểu nội dung này",
    416: "Không có phần này",
    422: "Giá trị không hợp lệ",
    429: "Quá nhiều yêu cầu",
    500: "Lỗi của dịch vụ",
    501: "Không đọc được cách truyền này",
    503: "Chưa trả lời được lúc này",
    504: "Quá thời gian",
}


def respond(request: Request, problem: Problem) -> Response:
    """The response that tells the problem, and of which request."""
    visit = here()
    visit.fail(problem)
    headers = {"Vary": "Accept, Accept-Language", "Cache-Control": "no-store"} | problem.headers
    if prefers(request.headers.get("accept"), "text/html", over="application/json"):
        title = _TITLES.get(problem.status, problem.title) if render.language(request) == "vi" else problem.title
        page = render.page(request, "problem.html", title, status=problem.status, problem=problem, visit=visit)
        page.headers.update(headers)
        return page
    return Response(written(problem, visit.urn), problem.status, headers, "application/problem+json")


def written(problem: Problem, instance: str) -> bytes:
    """The problem as JSON; `instance` is the request that met it (RFC 9457, 3.1.5)."""
    return json.dumps(problem.members() | {"instance": instance}, ensure_ascii=False).encode()


def unexpected(request: Request, error: Exception) -> Response:
    """The response to a fault of ours: it says nothing of the inside; the log has the trace."""
    log.error("fault in %s %s", request.method, request.url.path, exc_info=error)
    return respond(request, Problem(500, "A fault in the service", "The request met a fault of ours; it is logged."))


def install(app: FastAPI) -> None:
    """Every exception that the application lets out is told as a problem, but Replaced: the frame asks once more."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(Replaced, _once_more)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return respond(request, error)


async def _once_more(request: Request, error: Exception) -> Response:
    raise error


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    detail = error.detail if error.detail != phrase else _DETAILS.get(error.status_code, phrase)
    headers = told(allowed(request), of=request.scope["path"]) if error.status_code == 405 else error.headers
    return respond(request, Problem(error.status_code, phrase, detail, headers))


_DETAILS = {
    404: "Nothing is published under this address.",
    405: "This address does not answer this method; Allow lists those it does.",
}


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [{"parameter": _place(fault["loc"]), "message": fault["msg"]} for fault in error.errors()]
    detail = "; ".join(f"{fault['parameter']}: {fault['message']}" for fault in faults)
    return respond(request, Problem(422, "A value of the wrong type", detail, errors=faults))


def _place(location: Sequence[object]) -> str:
    return ".".join(str(part) for part in location[1:]) or str(location[0])
