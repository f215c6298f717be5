"""`thidua ask`, `thidua sparql`, `thidua settings`: the release from the command line."""

from __future__ import annotations

import csv
import io
import json
import os
import socket
import subprocess
import sys
from shlex import quote

import openpyxl
import pytest

from loaders.resources import ROOT
from loaders.settings import Settings
from service.catalogue import Catalogue
from service.cli import main
from service.serve import listen
from tests.conftest import given, thidua
from tests.house import MIXED, UNSORTABLE, publish

LEADERS = ("ask", "leaders", "--key", "bien-gioi-lang-son")


@pytest.fixture
def ask(published):
    """The command line on the published data."""

    def run(*words, code=0, **environment):
        done = thidua(*words, THIDUA_RELEASES=str(published), **environment)
        assert done.returncode == code, done.stderr
        return done

    return run


def test_without_a_name_all_queries_are_listed(ask):
    listed = ask("ask").stdout
    assert all(f"  {name} " in listed for name in Catalogue.read().names)


def test_the_answer_is_that_of_http(ask, client):
    found = json.loads(ask(*LEADERS, "--format", "json").stdout)
    over_http = client.get("/api/clusters/bien-gioi-lang-son/leaders").json()
    assert found == over_http


def test_the_example_of_every_query_is_a_command(published, monkeypatch, capsys):
    monkeypatch.setenv("THIDUA_RELEASES", str(published))
    for query in Catalogue.read():
        words = [word for name, value in query.example.items() for word in (f"--{name}", value)]
        assert main(["ask", query.name, *words, "--format", "csv", "--limit", "5"]) == 0
        rows = list(csv.reader(io.StringIO(capsys.readouterr().out.removeprefix("\ufeff"))))
        assert rows[0] == [column.name for column in query.columns]
        assert 2 <= len(rows) <= 6


def test_a_table_is_for_reading(ask):
    lines = ask(*LEADERS).stdout.splitlines()
    assert lines[0].split()[:4] == ["year", "role", "unit", "unitLabel"]
    assert "2017  truong  unit/2004/188  Huyện Lộc Bình" in lines[1]
    assert len(lines) == 3


def test_a_unit_is_named_as_in_the_address_or_in_one_word(ask):
    one = ask("ask", "unit", "--unit", "2004/182").stdout
    assert one == ask("ask", "unit", "--edition", "2004", "--code", "182").stdout
    assert "Huyện Văn Lãng" in one


def test_what_is_unknown_is_said_beside_the_table(ask):
    done = ask(*LEADERS, "--from", "2018", "--to", "2018")
    assert done.stdout == ""
    assert "Chưa biết" in done.stderr
    assert "unknown" in ask(*LEADERS, "--from", "2018", "--to", "2018", "--lang", "en").stderr


def test_a_table_that_was_cut_says_how_to_get_the_rest(ask):
    done = ask("ask", "units", "--parent", "2004/06", "--limit", "3")
    assert len(done.stdout.splitlines()) == 4
    assert "3 of 8" in done.stderr
    assert "--limit 8" in done.stderr


def test_a_workbook_goes_into_a_file(ask, tmp_path):
    path = tmp_path / "leaders.xlsx"
    ask(*LEADERS, "--format", "xlsx", "-o", str(path))
    rows, origin = openpyxl.load_workbook(path).worksheets
    assert [cell.value for cell in rows[2]][3] == "Huyện Lộc Bình"
    assert origin.max_row >= 6


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("ask", "leader"), "leaders"),
        (("ask", "leaders"), "needs key"),
        ((*LEADERS, "--year", "2017"), "--year"),
        ((*LEADERS, "--from", "năm"), "a year"),
        (("ask", "units", "--level", "huyện"), "province, district, commune"),
        ((*LEADERS, "--limit", "0"), "between 1 and"),
        ((*LEADERS, "--format", "pdf"), "pdf"),
        ((*LEADERS, "--release", "2000-01-01-00000000"), "no release"),
        (("sparql", "SELECT * { ?s ?p }"), "not SPARQL"),
        (("sparql", "DROP ALL"), "Read-only"),
        (("sparql", "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"), "SERVICE"),
        (("sparql", "ASK { ?s ?p ?o }", "--format", "turtle"), "turtle"),
        (("sparql", "ASK {}", "-f", "x.rq"), "twice"),
        (("sparql", "CONSTRUCT { <urn:a> <urn:1> 1 } {}", "--format", "xml"), "--format turtle"),
        ((), "COMMAND"),
    ],
)
def test_a_wrong_call_is_told_and_ends_with_2(ask, words, says):
    assert says in ask(*words, code=2).stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_vietnamese_is_written_in_every_locale(ask, encoding):
    assert Catalogue.read().groups[0][0].vi in ask("ask", PYTHONIOENCODING=encoding).stdout


def test_a_file_whose_name_is_no_text_is_written_and_told(ask, tmp_path):
    file = tmp_path / os.fsdecode(b"m\xe0u.xlsx")
    assert ask("template", "-o", str(file)).stdout == f"{tmp_path}/m\\udce0u.xlsx\n"
    assert file.is_file()


@pytest.mark.parametrize("way", ["argument", "file", "input"])
def test_a_query_in_another_encoding_is_told_with_its_line(way, published, tmp_path):
    file = tmp_path / "query.rq"
    file.write_bytes("SELECT\n('Đông' AS ?x) {}".encode("cp1258"))
    words = {"argument": [file.read_bytes()], "file": ["-f", str(file)], "input": []}[way]
    command = [sys.executable, "-m", "service.cli", "sparql", *words]
    environment = given(THIDUA_RELEASES=str(published))
    with file.open("rb") as stream:
        done = subprocess.run(command, cwd=ROOT, env=environment, stdin=stream, capture_output=True, check=False)
    told = "thidua: the query is not UTF-8: line 2, byte 0xd0 → save it as UTF-8\n"
    assert (done.returncode, done.stderr.decode()) == (2, told)


def test_a_query_as_notepad_saves_it_is_asked(ask, tmp_path):
    (tmp_path / "query.rq").write_text("SELECT ('Đình Lập' AS ?x) {}", encoding="utf-8-sig")
    assert ask("sparql", "-f", str(tmp_path / "query.rq")).stdout == '?x\n"Đình Lập"\n'


def test_a_query_that_nobody_can_give_is_missed(published):
    command = f"{quote(sys.executable)} -m service.cli sparql <&-"
    environment = given(THIDUA_RELEASES=str(published))
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_what_the_engine_finds_no_order_of_is_sorted_kind_by_kind(tmp_path):
    publish(tmp_path, 2)
    done = thidua("sparql", MIXED, THIDUA_RELEASES=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[120:122] == ["118", '"101x"']


def test_a_query_at_which_the_engine_gives_up_ends_in_plain_words(tmp_path):
    publish(tmp_path, 2)
    done = thidua("sparql", UNSORTABLE, THIDUA_RELEASES=str(tmp_path))
    assert (done.returncode, done.stdout) == (3, "")
    assert len(done.stderr.splitlines()) == 1
    assert "ORDER BY STR(OBJECT(?v))" in done.stderr


def test_nothing_published_is_told(tmp_path):
    done = thidua(*LEADERS, THIDUA_RELEASES=str(tmp_path))
    assert (done.returncode, "thidua publish" in done.stderr) == (2, True)


def test_a_file_that_cannot_be_written_is_something_outside(ask, tmp_path):
    assert "cannot write" in ask(*LEADERS, "-o", str(tmp_path / "none" / "x"), code=3).stderr


def test_sparql_answers_over_all_graphs(ask):
    query = "PREFIX td: <https://w3id.org/thidua/def#> SELECT (COUNT(DISTINCT ?u) AS ?n) { ?u a td:AdministrativeUnit }"
    assert ask("sparql", query).stdout.split() == ["?n", "14149"]
    assert ask("sparql", "ASK { ?s ?p ?o }").stdout.strip() == '{"head":{},"boolean":true}'


def test_sparql_counts_a_graph_that_is_named_twice_once(ask):
    graph = "https://w3id.org/thidua/graph/ontology"
    once, twice = (f"SELECT (COUNT(*) AS ?n) {f'FROM <{graph}>' * times} {{ ?s ?p ?o }}" for times in (1, 2))
    assert int(ask("sparql", once).stdout.split()[1]) > 0
    assert ask("sparql", twice).stdout == ask("sparql", once).stdout


def test_sparql_reads_a_file_and_its_standard_input(ask, tmp_path, published):
    path = tmp_path / "q.rq"
    path.write_text("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 2", encoding="utf-8")
    assert ask("sparql", "-f", str(path), "--format", "nt").stdout.count(" .\n") == 2
    command = [sys.executable, "-m", "service.cli", "sparql"]
    environment = {**os.environ, "THIDUA_RELEASES": str(published)}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        input="SELECT ?x { VALUES ?x { 7 } }",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["?x", "7"]


def test_a_query_without_end_is_stopped(ask):
    bomb = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    assert "stopped after 0.5 seconds" in ask("sparql", bomb, code=3, THIDUA_QUERY_TIMEOUT="0.5").stderr


def test_a_reader_that_has_enough_is_no_error(published):
    command = f"{quote(sys.executable)} -m service.cli ask units --limit 10000 | head -1; exit ${{PIPESTATUS[0]}}"
    environment = {**os.environ, "THIDUA_RELEASES": str(published)}
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_settings_are_listed_with_value_and_meaning(ask):
    told = ask("settings", THIDUA_PORT="8123").stdout
    assert "THIDUA_PORT=8123" in told
    for name, _, meaning in Settings().table():
        assert f"{name}=" in told
        assert meaning in told


def test_a_misspelt_setting_is_told(ask):
    assert "THIDUA_PROT" in ask("settings", THIDUA_PROT="8123").stderr


def test_a_setting_that_cannot_be_is_told(ask):
    assert "THIDUA_PORT" in ask("settings", THIDUA_PORT="viii", code=2).stderr


def test_every_command_helps(ask):
    top = ask("--help").stdout
    for name in (
        "build",
        "check",
        "publish",
        "rollback",
        "releases",
        "verify",
        "serve",
        "ask",
        "sparql",
        "export",
        "settings",
    ):
        assert f"\n    {name} " in top
        assert ask(name, "--help").stdout.startswith(f"usage: thidua {name}")


def test_an_answer_does_not_wait_for_the_client_to_acknowledge_its_head():
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            # On such a connection, and on no other, asyncio turns Nagle's algorithm off.
            assert accepted.proto == socket.IPPROTO_TCP
