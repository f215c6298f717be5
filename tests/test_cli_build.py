import argparse
import datetime
import errno
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from shlex import quote
from typing import Any

import pytest
from openpyxl import load_workbook
from pyoxigraph import RdfFormat, Store

from loaders import build as builds
from loaders.candidate import Candidate
from loaders.cli import add_commands
from loaders.errors import ThiduaError
from loaders.gate.report import Report, Severity
from loaders.namespaces import xsd
from loaders.progress import Progress
from loaders.release import current, manifest, pointer, versions
from loaders.resources import ROOT
from loaders.settings import Settings
from service.cli import main
from tests import tiny

COMMANDS = ("build", "check", "publish", "rollback", "releases", "diff", "verify", "export", "template", "mint")
EXAMPLE = ROOT / "ontology" / "examples" / "unknown.ttl"

Run = Callable[..., int]


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser("thidua")
    add_commands(made.add_subparsers(required=True))
    return made


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    return tmp_path / "releases"


@pytest.fixture
def run(tmp_path: Path, releases: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command with its arguments, as the entry point runs it; the exit code is returned."""
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data"
    (data / "records").mkdir(parents=True)

    def run(*words: str | Path) -> int:
        args = parser().parse_args([str(word) for word in words])
        try:
            code: int = args.run(args, Settings(data=data, releases=releases))
        except ThiduaError as error:
            print(error, file=sys.stderr)
            return error.exit_code
        return code

    return run


def gate_says(monkeypatch: pytest.MonkeyPatch, report: Report, clusters: int = 3) -> None:
    def assess(candidate: Candidate, settings: Settings, progress: Progress) -> Report:
        candidate.add("tiny", tiny.quads(clusters))
        return report

    real = builds.build
    monkeypatch.setattr(builds, "build", lambda *args, **given: real(*args, **given, assess=assess))


def stocked(releases: Path, number: int = 2) -> list[str]:
    days = (tiny.NOW + datetime.timedelta(days=day) for day in range(number))
    return [tiny.release(releases, clusters, now=day).version for clusters, day in enumerate(days, start=1)]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_in_both_languages(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parser().parse_args([command, "--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert len(text) > 100
    assert any(letter in text for letter in "ảạậấệộợủừữằđăơư")


def test_build_prints_the_version_alone(
    run: Run, releases: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gate_says(monkeypatch, tiny.report())
    assert run("build") == 0
    out, err = capsys.readouterr()
    assert out.split() == versions(releases)
    assert err == "", "nothing is said of progress when nobody looks"
    assert run("build") == 0
    assert capsys.readouterr() == (out, f"nothing changed since {out.strip()}\n")


def test_a_blocked_build_prints_the_report_with_the_row_and_ends_with_1(
    run: Run, releases: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gate_says(monkeypatch, tiny.report(Severity.VIOLATION, 1))
    assert run("build") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "clusters.csv:2" in err
    assert "mend it" in err
    assert versions(releases) == []


def test_build_takes_its_directories_from_the_command_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gate_says(monkeypatch, tiny.report())
    assert run("build", "--releases", tmp_path / "elsewhere", "--data", tmp_path / "data") == 0
    assert versions(tmp_path / "elsewhere") == capsys.readouterr().out.split()


def test_publish_and_rollback_say_what_is_published(
    run: Run, releases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = stocked(releases)
    assert [run("publish", first), run("publish"), run("rollback")] == [0, 0, 0]
    assert capsys.readouterr().out.split() == [first, second, first]
    assert run("rollback") == 2


def test_releases_marks_the_published_one_and_tells_of_a_damaged_one(
    run: Run, releases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = stocked(releases)
    run("publish", first)
    (releases / second / "manifest.json").unlink()
    capsys.readouterr()
    assert run("releases") == 0
    one, two = capsys.readouterr().out.splitlines()
    assert one.startswith(f"* {first}")
    assert "5 statements" in one
    assert two == f"  {second}  damaged → thidua verify {second}"


def test_a_directory_of_releases_that_is_not_there_is_not_taken_for_an_empty_one(
    run: Run, releases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("releases") == 2
    assert f"{releases} is no directory → thidua build makes one" in capsys.readouterr().err


def test_a_release_that_nobody_can_read_is_told_beside_good_ones(
    run: Run, releases: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, third = stocked(releases, 3)
    for version in (first, third):
        run("publish", version)
    real = manifest._opened
    shut = releases / second / "manifest.json"

    def refuse(path: Path) -> Any:
        if path == shut:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return real(path)

    monkeypatch.setattr(manifest, "_opened", refuse)
    capsys.readouterr()
    assert run("releases") == 0
    assert f"  {second}  cannot be read: Permission denied → ls -l " in capsys.readouterr().out
    for command in ("rollback", "publish"):
        assert run(command, *([third] if command == "publish" else [])) == 0
        out, err = capsys.readouterr()
        assert out.strip() == (third if command == "publish" else first)
        assert err == f"thidua: beside what is published: {shut}: cannot be read: Permission denied\n"


def test_verify_says_that_a_release_is_whole_or_names_every_fault(
    run: Run, releases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (version,) = stocked(releases, 1)
    assert run("verify") == 2, "nothing is published"
    run("publish")
    assert run("verify") == 0
    assert "whole and unchanged" in capsys.readouterr().out
    for name in ("description.ttl", "report.json"):
        (releases / version / name).unlink()
    assert run("verify", version) == 1
    out, err = capsys.readouterr()
    assert out.splitlines() == ["description.ttl: missing", "report.json: missing"]
    assert "2 faults" in err


def refuse(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Whoever opens a file or a directory of one of these names is refused."""

    def refusing(real: Callable[..., Any]) -> Callable[..., Any]:
        def open(path: Any = ".", *more: Any, **named: Any) -> Any:
            if not isinstance(path, int) and Path(path).name in names:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return real(path, *more, **named)

        return open

    for name in ("open", "scandir", "readlink"):
        monkeypatch.setattr(os, name, refusing(getattr(os, name)))


def test_verify_names_every_file_that_it_cannot_read_and_reads_the_others(
    run: Run, releases: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (version,) = stocked(releases, 1)
    refuse(monkeypatch, "description.ttl", "report.json", "store")
    assert run("verify", version) == 3
    out, err = capsys.readouterr()
    why = "cannot be read: Permission denied"
    unread = [f"description.ttl: {why}", f"report.json: {why}", f"store/: {why}"]
    assert out.splitlines() == unread
    assert f"{version}: description.ttl: {why}; report.json: {why}; store/: {why}" in err
    (releases / version / "report.txt").unlink()
    assert run("verify", version) == 1, "damage is certain, whatever else is in the files that cannot be read"
    out, err = capsys.readouterr()
    assert out.splitlines() == ["report.txt: missing", *unread]
    assert "4 faults" in err


def test_a_damaged_release_is_not_published(run: Run, releases: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = stocked(releases)
    run("publish", first)
    (releases / second / "description.ttl").unlink()
    assert run("publish", second) == 1
    assert "description.ttl: missing" in capsys.readouterr().err
    assert current(releases) == first


@pytest.mark.parametrize("words", [("publish", "2020-01-01-00000000"), ("verify", "x"), ("export", "--format", "nq")])
def test_a_wrong_call_ends_with_2_and_says_what_would_be_right(
    words: Sequence[str], run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == 2
    assert "→" in capsys.readouterr().err


def test_a_directory_that_cannot_be_written_ends_with_3(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gate_says(monkeypatch, tiny.report())
    (tmp_path / "file").write_text("")
    assert run("build", "--releases", tmp_path / "file" / "releases") == 3
    assert "file" in capsys.readouterr().err


def test_export_writes_the_published_release_where_it_is_told(
    run: Run, tmp_path: Path, releases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (version,) = stocked(releases, 1)
    pointer.publish(releases, now=tiny.NOW)
    assert run("export", "--format", "ttl", "-o", tmp_path / "out.ttl") == 0
    assert run("export", version, "--format", "xlsx") == 0
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "out.ttl"), f"thidua-{version}.xlsx"]
    assert load_workbook(tmp_path / f"thidua-{version}.xlsx").sheetnames[0] == "Đọc trước · Read me"


def test_export_to_standard_output_can_be_piped(
    run: Run, releases: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    stocked(releases, 1)
    pointer.publish(releases, now=tiny.NOW)
    assert run("export", "--format", "nq", "-o", "-") == 0
    sys.stdout.flush()
    assert capfdbinary.readouterr().out.count(b"\n") == 5


@pytest.mark.parametrize(
    ("words", "closed", "code"),
    [
        ("publish", ">&-", 0),
        ("publish", ">&- 2>&-", 0),
        ("publish", "<&- >&- 2>&-", 0),
        ("export --format nq -o -", ">&-", 0),
        ("verify nothing", "2>&-", 2),
    ],
)
def test_a_command_whose_words_nobody_wants_to_read_does_its_work(
    words: str, closed: str, code: int, releases: Path
) -> None:
    (version,) = stocked(releases, 1)
    if not words.startswith("publish"):
        pointer.publish(releases, version, now=tiny.NOW)
    command = f"{quote(sys.executable)} -m service.cli {words} --releases {quote(str(releases))} {closed}"
    # What is no setting would be told of.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("THIDUA_")}
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")
    assert current(releases) == version


def test_template_writes_a_workbook(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("template", "-o", tmp_path / "out.xlsx") == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "out.xlsx")
    assert len(load_workbook(tmp_path / "out.xlsx").sheetnames) > 15


def test_mint_enters_a_key_once(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = tmp_path / "data" / "keys.csv"
    ledger.write_text("kind,key,minted,note\n")
    assert run("mint", "cluster", "Cụm biên giới", "--note", "Lạng Sơn") == 0
    assert capsys.readouterr().out == "cum-bien-gioi\n"
    assert run("mint", "cluster", "Cụm biên giới") == 1
    assert ledger.read_text().count("cum-bien-gioi") == 1
    assert run("mint", "person") == 0
    assert len(capsys.readouterr().out.strip()) == 8


def test_check_passes_a_file_through_the_gate(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", EXAMPLE) == 0
    assert "0 VI PHẠM / VIOLATION" in capsys.readouterr().out


def test_check_blocks_a_file_without_witnesses(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = [line for line in EXAMPLE.read_text().splitlines() if "attestedBy" not in line or not line.endswith(";")]
    (tmp_path / "file.ttl").write_text("\n".join(told).replace("td:attestedBy", "rdfs:seeAlso"))
    assert run("check", tmp_path / "file.ttl") == 1
    assert "VI PHẠM / VIOLATION [" in capsys.readouterr().out


def test_check_tells_of_every_datatype_that_the_store_does_not_keep_beside_all_else(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [f'<urn:a> <urn:b> "{value}"^^<{xsd[kind].value}> .' for value, kind in (("2017", "int"), ("2020", "byte"))]
    other = f'<urn:a> <urn:b> "1"^^<{xsd.integer.value}> .'
    (tmp_path / "file.ttl").write_text("\n".join([EXAMPLE.read_text(), *lines, other]))
    assert run("check", "--format", "json", tmp_path / "file.ttl") == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    changed = [each for each in found if each["rule"].endswith("#datatype-not-kept")]
    assert [each["value"] for each in changed] == [f'"2017"^^<{xsd.int.value}>', f'"2020"^^<{xsd.byte.value}>']
    assert len(found) > len(changed), "the property is none of the model either"


def test_check_reports_to_programs_as_well(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run("check", "--format", "json", EXAMPLE)
    assert json.loads(capsys.readouterr().out)["blocks"] is False
    run("check", "--format", "turtle", EXAMPLE)
    report = Store()
    report.load(capsys.readouterr().out.encode(), format=RdfFormat.TURTLE)
    assert any("ValidationReport" in str(quad.object) for quad in report)


def entities(**named: str) -> str:
    """RDF/XML that says something by entities."""
    declared = "".join(f'<!ENTITY {name} "{value}">' for name, value in named.items())
    said = "".join(f"&{name};" for name in named)
    return (
        f'<!DOCTYPE r:RDF [{declared}]><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:a="a:">'
        f'<r:Description r:about="a:a"><a:b>{said}</a:b></r:Description></r:RDF>'
    )


@pytest.mark.parametrize(
    ("name", "content", "code", "says"),
    [
        ("broken.ttl", "<a> <b>", 1, "broken.ttl:1"),
        ("broken.ttl", "<a> <b>", 1, "→ correct it there"),
        ("notepad.ttl", "\ufeff<a:a> <a:b> <a:c> .", 1, "UTF-8 without a mark before the first letter"),
        ("elsewhere.jsonld", '{"@context": "https://schema.org/", "@id": "a:a", "name": "x"}', 1, "the @context in it"),
        ("blank.ttl", "[] a <http://x> .", 1, "blank.ttl: a blank node"),
        ("laughs.rdf", entities(a="x" * 9, b="&a;" * 9, c="&b;" * 9), 1, "laughs.rdf: an entity that unpacks"),
        ("long.rdf", entities(a="x" * 2000), 1, "long.rdf: an entity that unpacks"),
        (
            "names.rdf",
            entities(xsd="http://www.w3.org/2001/XMLSchema#", e="&#233;"),
            1,
            "nothing that a shape looks at",
        ),
        ("odd.odt", "", 2, "odd.odt"),
        ("missing.ttl", None, 2, "missing.ttl"),
    ],
)
def test_check_names_a_file_that_it_cannot_read(
    name: str, content: str | None, code: int, says: str, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    assert run("check", tmp_path / name) == code
    assert says in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal_and_not_in_a_pipe() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        progress = Progress(stream)
        progress.stage("reading registry")
        progress.count(50_000)
        progress.close()
    assert "reading registry" in terminal.getvalue()
    assert "50,000" in terminal.getvalue()
    assert pipe.getvalue() == ""


def test_asking_for_help_does_not_wait_for_the_validators() -> None:
    code = "import sys, loaders.cli; print({'rdflib', 'pyshacl'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("words", "file", "text", "says"),
    [
        ("mint cluster b", "keys.csv", "kind,key,minted,note\ncluster,a,21/11/2026,\n", "sổ bị sửa tay"),
        ("mint cluster b", "keys.csv", "khoa;ngay\n", "sổ bị sửa tay"),
        ("template --with-data -o a.xlsx", "records/source.toml", "key = “records”\n", "`source.toml` viết sai"),
        ("template --with-data -o a.xlsx", "records/source.toml", "key = 5\n", "`source.toml` thiếu mục"),
    ],
)
def test_a_fault_beside_the_tables_is_told_in_vietnamese_too(
    words: str,
    file: str,
    text: str,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THIDUA_DATA", str(tmp_path))
    (tmp_path / "records").mkdir()
    (tmp_path / file).write_text(text, encoding="utf-8")
    assert main(words.split()) == 1
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith(f"thidua: {tmp_path / file}")
    assert says in told
    assert " → " in told
