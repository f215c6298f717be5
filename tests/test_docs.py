"""What the documents say is so: their commands run, their queries answer, and nothing that exists goes unmentioned."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Store, parse

from loaders.release import open_release
from loaders.resources import ROOT
from loaders.settings import Settings
from loaders.source import read_source
from service.cli import parser
from tests import engines

DOCUMENTS = ("README.md", "docs/tour.md")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text(name), re.MULTILINE | re.DOTALL)


def transcripts() -> list[tuple[str, str, str]]:
    """Each command of the documents' console blocks, with what it must print."""
    found = []
    for name in DOCUMENTS:
        for block in blocks(name, "console"):
            for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
                found.append((name, command, output))
    return found


def run(command: str, releases: Path) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command)
    assert words[0] == "thidua"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("THIDUA_")}
    environment["THIDUA_RELEASES"] = str(releases)
    line = [sys.executable, "-m", "service.cli", *words[1:]]
    return subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_there_are_commands_to_check():
    assert {name for name, _, _ in transcripts()} == set(DOCUMENTS)


@pytest.mark.parametrize(("name", "command", "output"), transcripts())
def test_a_command_prints_what_the_document_shows(name, command, output, published):
    done = run(command, published)
    assert done.returncode == 0, done.stderr
    shown = "\n".join(line.rstrip() for line in (done.stdout + done.stderr).splitlines())
    assert shown == output.strip("\n")


def test_no_recipe_publishes_something_else_when_the_build_is_refused():
    found = [ROOT / "README.md", ROOT / "Makefile", *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").iterdir()]
    told = {path.name: re.findall(r"publish[^\n`]*\$\(+[^\n`]*thidua build", path.read_text("utf-8")) for path in found}
    assert not {name: recipes for name, recipes in told.items() if recipes}


def test_the_query_of_the_readme_gives_the_table_below_it(published):
    (query,) = blocks("README.md", "sparql")
    table = text("README.md").partition(query)[2].partition("\n\n")[2].partition("\n\n")[0]
    expected = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    done = run(f"thidua sparql {shlex.quote(query)} --format csv", published)
    assert [line.split(",") for line in done.stdout.splitlines()] == [expected[0], *expected[2:]]


def test_the_rows_of_the_tour_stand_in_the_records():
    (rows,) = blocks("docs/tour.md", "csv")
    records = (ROOT / "data/records/roles.csv").read_text(encoding="utf-8-sig").splitlines()
    assert set(rows.splitlines()) <= set(records)
    assert rows.splitlines()[0] == records[0]


def test_the_triples_of_the_tour_stand_in_the_release(published):
    release = open_release(published / "current")
    store = Store.read_only(str(release.store_path))
    (turtle,) = blocks("docs/tour.md", "turtle")
    triples = [quad.triple for quad in parse(turtle, RdfFormat.TURTLE)]
    assert len(triples) > 5
    for triple in triples:
        assert any(store.quads_for_pattern(triple.subject, triple.predicate, triple.object)), triple


def test_every_setting_is_documented():
    for variable, _, _ in Settings().table():
        assert f"`{variable}`" in text("docs/operations.md"), variable


def test_every_variable_of_the_tests_is_documented():
    named = re.compile(r"THIDUA_TEST_[A-Z0-9_]+\b")
    read = {name for path in (ROOT / "tests").glob("*.py") for name in named.findall(path.read_text("utf-8"))}
    assert read - {"THIDUA_TEST_"} == set(named.findall(text("CONTRIBUTING.md")))


def test_every_command_is_documented():
    commands = set(parser([])._subparsers._group_actions[0].choices)
    assert {"build", "serve", "ask"} <= commands
    for command in commands:
        assert f"`thidua {command}" in text("docs/operations.md"), command


def test_virtuoso_is_tried_under_the_settings_that_operators_are_told():
    (told,) = (part for part in text("docs/operations.md").split("\n\n") if part.startswith("**Virtuoso**"))
    named = set(re.findall(r"`(\w+ = \d+)`", told))
    assert {"VectorSize = 10000", "MaxSortedTopRows = 2000000", "ResultSetMaxRows = 2000000"} <= named
    assert named <= set(engines._INI.splitlines())


def test_every_source_is_documented():
    described = [read_source(path.parent).key for path in sorted((ROOT / "data").rglob("source.toml"))]
    rows = (ROOT / "data/records/sources.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    for key in [*described, *(row.partition(",")[0] for row in rows)]:
        assert f"`{key}`" in text("docs/sources.md"), key


def test_every_document_can_be_reached_from_the_readme():
    for path in (ROOT / "docs").glob("*.md"):
        assert f"(docs/{path.name})" in text("README.md"), path.name


def test_every_link_between_documents_leads_somewhere():
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.relative_to(ROOT)}: {target}"
