"""A source that is not what its description says is refused, with the place and the way out."""

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from loaders.errors import SourceError
from loaders.source import read_source

GOOD = 'key = "s"\ntitle = "T"\npublisher = "P"\nlicense = "https://creativecommons.org/licenses/by/4.0/"\n'


@pytest.fixture
def source(tmp_path):
    def write(text, **files):
        (tmp_path / "source.toml").write_text(text, encoding="utf-8")
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        return tmp_path

    return write


def test_a_sound_source_is_read(source):
    digest = hashlib.sha256(b"x").hexdigest()
    found = read_source(source(GOOD + f'files = {{a = "{digest}"}}\nexpected = {{rows = 3}}\n', a=b"x"))
    assert found.path("a").read_bytes() == b"x"
    assert found.expected == {"rows": 3}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "missing entry"),
        (GOOD.replace("license", "licence"), "licence"),
        (GOOD + "key =", "not TOML"),
        (GOOD.replace('"T"', "3"), "missing entry"),
        (GOOD + "expected = 5", "under .expected. a line for each"),
        (GOOD + 'expected = {rows = "3"}', "a whole number from 0 on"),
        (GOOD + "expected = {rows = 3.0}", "a whole number from 0 on"),
        (GOOD + "expected = {rows = true}", "a whole number from 0 on"),
        (GOOD + "expected = {rows = -1}", "a whole number from 0 on"),
        (GOOD + "key =", "→ write it as TOML"),
        (GOOD + "expected = {rows = 1" + "0" * 5000 + "}", "not TOML"),
        (GOOD + "files = " + "[" * 5000, "not TOML"),
        (GOOD.replace("https://creativecommons.org/licenses/by/4.0/", "100%"), "an entry of another form"),
        (GOOD + 'files = ["x"]', "under .files. a line for each"),
        (GOOD + "files = {x = 1}", "under .files. a line for each"),
        (GOOD + 'retrieved = "gestern"', "a day without quotation marks"),
        (GOOD + "url = 3", "an entry of another form"),
    ],
)
def test_a_wrong_description_is_refused_by_name(source, text, says):
    with pytest.raises(SourceError, match=says) as refused:
        read_source(source(text))
    assert refused.value.file.endswith("source.toml")


@pytest.mark.parametrize(
    ("text", "line", "column", "value"),
    [
        (GOOD + 'key = "t"\n', 5, None, None),
        (GOOD + "[expected]\nacts = 01\n", 6, None, None),
        (GOOD + '[expected]\nacts = 1\nposts = "19"\n', None, "expected.posts", "19"),
        (GOOD + '[files]\n"a.csv" = 7\n', None, "files.a.csv", 7),
        (GOOD + "expected = 5\n", None, "expected", 5),
        (GOOD + "files = 7\n", None, "files", 7),
    ],
)
def test_a_wrong_description_is_told_with_the_line_or_the_entry(source, text, line, column, value):
    with pytest.raises(SourceError) as refused:
        read_source(source(text))
    assert (refused.value.line, refused.value.column, refused.value.value) == (line, column, value)


def test_a_description_in_another_encoding_is_told_with_the_line(source):
    directory = source(GOOD)
    (directory / "source.toml").write_bytes((GOOD + 'rights = "Hồ sơ"\n').encode("cp1258", "replace"))
    with pytest.raises(SourceError, match="in UTF-8") as refused:
        read_source(directory)
    assert refused.value.line == 5


def test_a_description_that_notepad_saved_is_read(source):
    directory = source(GOOD)
    (directory / "source.toml").write_text(GOOD.replace("\n", "\r\n"), encoding="utf-8-sig")
    assert read_source(directory).title == "T"


def test_a_directory_without_description_is_no_source(tmp_path):
    with pytest.raises(SourceError, match="no description"):
        read_source(tmp_path)
    for made in (Path.mkdir, os.mkfifo):
        made(tmp_path / "source.toml")
        with pytest.raises(SourceError, match="no description"):
            read_source(tmp_path)
        shutil.move(tmp_path / "source.toml", tmp_path / made.__name__)


def test_a_changed_file_is_refused(source):
    found = read_source(source(GOOD + f'files = {{a = "{hashlib.sha256(b"x").hexdigest()}"}}\n', a=b"y"))
    with pytest.raises(SourceError, match="not the one") as refused:
        found.path("a")
    assert refused.value.value == hashlib.sha256(b"y").hexdigest()


def test_a_missing_file_is_refused(source):
    with pytest.raises(SourceError, match="missing"):
        read_source(source(GOOD)).path("a")
