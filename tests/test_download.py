"""Files as clients fetch them: again only when they changed, in parts if they like, and never a part of another."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.parser import BytesParser
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from loaders.release import pointer
from tests.house import House, house, publish, until

DUMP, STYLE = "/dumps/thidua.nq.gz", "/static/thidua.css"
FILES = (DUMP, STYLE)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    releases: Path = tmp_path_factory.mktemp("files") / "releases"
    publish(releases, 5)
    with house(releases) as found:
        yield found


def fetch(served: House, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    """The answer to a request for a file as it is, in no coding."""
    return served.client.request(method, path, headers={"Accept-Encoding": "identity", **headers})


def multipart(answer: httpx.Response) -> list[Message]:
    """The parts of a multipart answer."""
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    parts = BytesParser().parsebytes(head + answer.content).get_payload()
    assert isinstance(parts, list)
    return parts


@pytest.mark.parametrize("path", FILES)
def test_a_file_that_a_client_has_is_not_sent_again(served: House, path: str) -> None:
    for coding in ("identity", "br"):
        whole = fetch(served, path, **{"Accept-Encoding": coding})
        tag = whole.headers["etag"]
        assert not tag.startswith("W/")
        for known in (tag, f'"other", W/{tag}', "*"):
            for method in ("GET", "HEAD"):
                for more in ({}, {"Range": "bytes=0-1"}):
                    headers = {"Accept-Encoding": coding, "If-None-Match": known, **more}
                    again = fetch(served, path, method, **headers)
                    assert (again.status_code, again.content) == (304, b"")
                    assert again.headers["cache-control"] == whole.headers["cache-control"]
                    assert again.headers["etag"] == tag or known == "*"
                    assert "content-type" not in again.headers
        assert fetch(served, path, **{"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", FILES)
def test_a_file_that_has_not_changed_since_a_day_is_not_sent_again(served: House, path: str, method: str) -> None:
    whole = fetch(served, path, method)
    last = parsedate_to_datetime(whole.headers["last-modified"])
    before, after = (format_datetime(last + timedelta(seconds=seconds), usegmt=True) for seconds in (-1, 1))
    old_form = last.strftime("%A, %d-%b-%y %H:%M:%S GMT"), last.strftime("%a %b %d %H:%M:%S %Y")
    for date in (whole.headers["last-modified"], after, *old_form):
        again = fetch(served, path, method, **{"If-Modified-Since": date, "Range": "bytes=0-1"})
        assert (again.status_code, again.content) == (304, b""), date
        assert again.headers["etag"] == whole.headers["etag"]
        assert fetch(served, path, method, **{"If-Unmodified-Since": date}).content == whole.content
        # The tag says more than the date, whatever it says.
        assert fetch(served, path, method, **{"If-Modified-Since": date, "If-None-Match": '"other"'}).status_code == 200
    for date in (before, "yesterday", "", "Sat, 21 Nov 2026 08:00:00 +99999999999999999999"):
        assert fetch(served, path, method, **{"If-Modified-Since": date}).content == whole.content
    for date in ("yesterday", "", "Sat, 21 Nov 2026 08:00:00 +99999999999999999999"):
        assert fetch(served, path, method, **{"If-Unmodified-Since": date}).status_code == 200


@pytest.mark.parametrize("path", FILES)
def test_nobody_gets_a_file_who_means_another(served: House, path: str) -> None:
    whole = fetch(served, path)
    tag, long_ago = whole.headers["etag"], "Sat, 01 Jan 2000 00:00:00 GMT"
    for meant in ({"If-Match": '"other"'}, {"If-Match": f"W/{tag}"}, {"If-Unmodified-Since": long_ago}):
        for more in ({}, {"Range": "bytes=0-1"}, {"If-None-Match": tag}):
            answer = fetch(served, path, **meant, **more)
            assert (answer.status_code, answer.json()["status"]) == (412, 412)
    for meant in ({"If-Match": tag}, {"If-Match": tag, "If-Unmodified-Since": long_ago}, {"If-Match": "*"}):
        assert fetch(served, path, Range="bytes=1-2", **meant).content == whole.content[1:3]


def test_after_a_rollback_an_older_dump_is_news(tmp_path: Path) -> None:
    first, second = publish(tmp_path, 3), publish(tmp_path, 4)
    with house(tmp_path) as served:
        newer = fetch(served, DUMP)
        time.sleep(1.1)  # dates are of whole seconds
        pointer.rollback(tmp_path, now=datetime.now(UTC))
        until(lambda: served.follower.now().release.version == first != second)
        older = fetch(served, DUMP, **{"If-Modified-Since": newer.headers["last-modified"]})
    assert older.status_code == 200
    assert older.headers["etag"] != newer.headers["etag"]


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize(
    "wish",
    ["items=0-1", "bytes=5-4", "bytes=", "bytes=-", "bytes=+0-+1", "bytes=0-1,x", "bytes=0-1-2", "0-1", "bytes=1 - 2"],
)
def test_what_is_no_range_is_passed_over(served: House, path: str, wish: str) -> None:
    whole = fetch(served, path)
    answer = fetch(served, path, Range=wish)
    assert (answer.status_code, answer.content) == (200, whole.content)


@pytest.mark.parametrize("path", FILES)
def test_a_part_is_the_part_that_was_asked_for(served: House, path: str) -> None:
    whole = fetch(served, path).content
    size = len(whole)
    for wish, start, end in (
        ("bytes=0-0", 0, 1),
        ("bytes=2-", 2, size),
        ("Bytes=2-", 2, size),
        (f"bytes=3-{10 * size}", 3, size),
        ("bytes=-4", size - 4, size),
        (f"bytes=-{10 * size}", 0, size),
        ("bytes=0-1,2-5", 0, 6),
        (f"bytes=, 4-4 ,{size}-", 4, 5),
    ):
        answer = fetch(served, path, Range=wish)
        assert (answer.status_code, answer.content) == (206, whole[start:end]), wish
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
    several = multipart(fetch(served, path, Range="bytes=-2,0-1"))
    assert [part.get_payload(decode=True) for part in several] == [whole[:2], whole[-2:]]
    # A range is of a GET.
    assert fetch(served, path, "HEAD", Range="bytes=0-1").headers["content-length"] == str(size)


@pytest.mark.parametrize("path", FILES)
def test_a_part_that_is_not_there_is_a_problem_that_says_how_much_there_is(served: House, path: str) -> None:
    size = len(fetch(served, path).content)
    for wish in (f"bytes={size}-", "bytes=-0", f"bytes={size}-{size + 1},{size + 5}-", "bytes=" + "9" * 40 + "-"):
        answer = fetch(served, path, Range=wish)
        assert answer.status_code == 416
        assert answer.headers["content-range"] == f"bytes */{size}"
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == 416


@pytest.mark.parametrize("path", FILES)
def test_nobody_gets_the_rest_of_another_file(served: House, path: str) -> None:
    whole = fetch(served, path)
    tag = whole.headers["etag"]
    assert fetch(served, path, **{"Range": "bytes=1-2", "If-Range": tag}).content == whole.content[1:3]
    for other in ('"other"', f"W/{tag}", tag[:-1] + '-br"', "*", "Sat, 01 Jan 2000 00:00:00 GMT"):
        answer = fetch(served, path, **{"Range": "bytes=1-2", "If-Range": other})
        assert (answer.status_code, answer.content) == (200, whole.content)
        # What is beyond the end of this one need not be beyond that of the other.
        assert fetch(served, path, **{"Range": "bytes=999999999-", "If-Range": other}).status_code == 200
