"""A spreadsheet that did not change is not read again, and nobody can tell from the result."""

from __future__ import annotations

import csv
import datetime
import errno
import functools
import io
import itertools
import os
import pickle
import random
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import xlsxwriter
from pyoxigraph import Quad

from loaders import parts, records
from loaders.errors import DataErrors, OutsideError
from loaders.parts import Kept
from loaders.progress import Progress
from loaders.records import Keeping
from loaders.records.vocabulary import read_vocabulary
from loaders.resources import ontology_files
from loaders.settings import Settings
from loaders.source import read_source
from loaders.withdrawal.requests import Asked
from loaders.withdrawal.work import withdraw
from tests import made_up

NOW = datetime.datetime(2026, 11, 22, 8, tzinfo=datetime.UTC)
EDITS = 60


class Bench:
    """Records to change, and what is kept of them; `read_now` are the files of which the rows were read."""

    def __init__(self, directory: Path, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory, self.room, self.read_now = directory, room, set[str]()
        self._numbers = itertools.count()
        read = records.tell_of

        def watched(sheets: list[records.Sheet], *rest: object) -> records.Told:
            self.read_now.update(Path(sheet.file.partition(" [")[0]).name for sheet in sheets)
            return read(sheets, *rest)  # type: ignore[arg-type]

        monkeypatch.setattr(records, "tell_of", watched)
        monkeypatch.setattr(records, "read_vocabulary", functools.cache(lambda _: read_vocabulary(ontology_files())))
        monkeypatch.setattr(records, "ontology_files", lambda: ())

    def read(self, *, kept: bool = True) -> tuple[set[Quad], list[str]]:
        """What the records say, and their faults."""
        self.read_now.clear()
        room = self.room / f"room-{next(self._numbers)}"
        room.mkdir(parents=True)
        keeping = Keeping(Kept.beside(self.room, room), "as it is") if kept else None
        try:
            return set(records.read(read_source(self.directory), made_up.registry(), room, keeping).quads()), []
        except DataErrors as refused:
            return set(), [str(refused), *(repr(vars(error)) for error in refused.errors)]
        finally:
            shutil.rmtree(room)

    @property
    def parts(self) -> list[Path]:
        """The files that are kept."""
        return sorted((self.room / parts.NAME).iterdir())


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(made_up.copy(tmp_path), tmp_path / "releases", monkeypatch)


# ---- what is not read again ------------------------------------------------------------------------------------------


def test_what_did_not_change_is_not_read_again(bench: Bench) -> None:
    first = bench.read()
    assert "members.csv" in bench.read_now
    assert bench.read() == first
    assert bench.read_now == set()


def test_a_changed_cell_that_nobody_asks_of_has_one_file_read(bench: Bench) -> None:
    bench.read()
    made_up.change(bench.directory, "persons", 2, name="Nguyễn Thị Mẫu")
    assert bench.read() == bench.read(kept=False)
    bench.read()
    made_up.change(bench.directory, "persons", 2, name="Nguyễn Thị Mẫu Hai")
    changed = bench.read()
    assert bench.read_now == {"persons.csv"}
    assert changed == bench.read(kept=False)


def test_the_day_of_a_conference_has_those_read_that_ask_for_it(bench: Bench) -> None:
    bench.read()
    for table, column in (("conferences", "date"), ("holdings", "as_of")):
        lines = [[cell.replace("2017-07-13", "2017-07-14") for cell in line] for line in made_up.rows(table)]
        assert lines != made_up.rows(table), column
        made_up.write(bench.directory / f"{table}.csv", lines)
    moved = bench.read()
    assert {"conferences.csv", "holdings.csv", "participations.csv"} <= bench.read_now
    assert "members.csv" not in bench.read_now
    assert moved == bench.read(kept=False)


def test_another_key_has_everything_read(bench: Bench) -> None:
    room = bench.room / "room"
    room.mkdir(parents=True)
    records.read(
        read_source(bench.directory), made_up.registry(), room, Keeping(Kept.beside(bench.room, room), "as it was")
    )
    bench.read()
    assert len(bench.read_now) > 10


# ---- nobody can tell -------------------------------------------------------------------------------------------------


def sheets(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.csv"))


def cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def edit(directory: Path, chance: random.Random) -> str:
    """Something is changed, as people change things; what it was."""
    path = chance.choice([path for path in sheets(directory) if len(cells(path)) > 1])
    lines = cells(path)
    line, column = chance.randrange(1, len(lines)), chance.randrange(len(lines[0]))
    kinds = "cell cell day delete again copy rename break split certainty stray"
    kind = chance.choice(kinds.split())
    if len(lines) < 3 and kind in ("delete", "split"):
        kind = "again"
    match kind:
        case "cell":
            other = chance.choice(cells(chance.choice(sheets(directory)))[1:] or [[""]])
            lines[line][column] = chance.choice([*other, "", "2019", "x"])
        case "day":
            lines = [[cell.replace("2017-07-13", "2017-07-14") for cell in each] for each in lines]
        case "delete":
            del lines[line]
        case "again":
            lines.append(list(lines[line]))
        case "certainty":
            lines[line] = [{"stated": "inferred", "inferred": "stated"}.get(cell, cell) for cell in lines[line]]
        case "copy" | "split":
            # Rows of one table in a workbook and a CSV file.
            book(directory / f"{chance.choice('abz')}.xlsx", path.stem, [lines[0], *lines[line:]])
            lines = lines if kind == "copy" else lines[:line]
        case "rename":
            (directory / "m.xlsx").unlink(missing_ok=True)
            for found in directory.glob("*.xlsx"):
                found.rename(directory / "m.xlsx")
                break
        case "break":
            lines[line] = [*lines[line], "too much"]
        case "stray":
            stray = directory / "notes.docx"
            stray.unlink() if stray.exists() else stray.touch()
    made_up.write(path, lines)
    return f"{kind} {path.name}:{line}"


def book(path: Path, table: str, lines: list[list[str]]) -> None:
    with xlsxwriter.Workbook(str(path)) as file:
        sheet = file.add_worksheet(table)
        for number, line in enumerate(lines):
            sheet.write_row(number, 0, line)


def seasons(directory: Path, chance: random.Random) -> Iterator[str]:
    """Edit upon edit; now and then everything is as it was in the beginning."""
    before = directory.parent / "before"
    shutil.copytree(directory, before)
    for _ in range(EDITS):
        if chance.random() < 0.3:
            shutil.rmtree(directory)
            shutil.copytree(before, directory)
        yield edit(directory, chance)


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_is_edited_the_result_is_that_of_a_full_reading(seed: int, bench: Bench) -> None:
    bench.read()
    sound = broken = spared = 0
    for what in seasons(bench.directory, random.Random(seed)):
        found = bench.read()
        spared += len(bench.read_now) < 5
        assert found == bench.read(kept=False), what
        sound, broken = sound + (not found[1]), broken + bool(found[1])
    assert min(sound, broken, spared) > EDITS // 10, (sound, broken, spared)


def test_rows_that_were_left_out_while_a_file_could_not_be_read_are_not_lost(bench: Bench) -> None:
    whole = bench.read()
    (stray := bench.directory / "notes.docx").touch()
    assert bench.read() == bench.read(kept=False)
    stray.unlink()
    assert bench.read() == whole


@pytest.mark.parametrize("key", ["representative", "conference", "year", "source"])
def test_what_leads_to_nothing_is_told_once_all_files_can_be_read(key: str, bench: Bench) -> None:
    bench.read()
    (stray := bench.directory / "notes.docx").touch()
    made_up.change(bench.directory, "roles", 2, **{key: "2018" if key == "year" else "nobody23"})
    bench.read()
    stray.unlink()
    (found, faults) = bench.read()
    assert (found, faults) == bench.read(kept=False)
    assert faults


# ---- damage ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 40, -1])
def test_a_part_that_was_cut_off_is_made_anew(size: int, bench: Bench) -> None:
    whole = bench.read()
    for path in bench.parts:
        os.truncate(path, size if size >= 0 else path.stat().st_size - 1)
    assert bench.read() == whole
    assert bench.read() == whole
    assert bench.read_now == set()


def test_a_flipped_byte_is_seen(bench: Bench) -> None:
    whole, chance = bench.read(), random.Random(5)
    for path in bench.parts:
        content = bytearray(path.read_bytes())
        if content:
            content[chance.randrange(len(content))] ^= 1
            path.unlink()
            path.write_bytes(content)
    assert bench.read() == whole
    assert len(bench.read_now) > 10


@pytest.mark.parametrize("kinds", [(".told",), (".defined",), (".told", ".defined")])
def test_a_note_that_is_another_one_s_is_not_believed(kinds: tuple[str, ...], bench: Bench) -> None:
    whole = bench.read()
    notes = [path for path in bench.parts if path.suffix in kinds]
    contents = [path.read_bytes() for path in notes]
    for path, content in zip(notes, contents[1:] + contents[:1], strict=True):
        path.unlink()
        path.write_bytes(content)
    assert bench.read() == whole
    assert len(bench.read_now) > 10 or ".told" not in kinds
    assert bench.read() == whole
    assert bench.read_now == set()


# ---- several processes -----------------------------------------------------------------------------------------------


def test_several_processes_say_what_one_says(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = bench.read(kept=False)
    monkeypatch.setattr(records, "SMALL", 0)
    monkeypatch.setattr(records.crew, "cores", lambda: 3)
    assert bench.read(kept=False) == alone
    assert bench.read() == alone
    made_up.change(bench.directory, "members", 2, certainty="?", start="x")
    assert bench.read() == bench.read(kept=False)


def test_a_process_that_is_killed_ends_the_reading(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "SMALL", 0)
    monkeypatch.setattr(records.crew, "cores", lambda: 2)
    monkeypatch.setattr(records, "tell_of", lambda *_: os.kill(os.getpid(), 9))
    with pytest.raises(OutsideError, match="ended from outside"):
        bench.read()


# ---- persons ---------------------------------------------------------------------------------------------------------


def test_after_a_withdrawal_nothing_that_is_kept_names_the_person(bench: Bench) -> None:
    bench.read()
    name = made_up.rows("persons")[1][1]
    assert any(name.encode() in path.read_bytes() for path in bench.parts)
    settings = Settings(data=bench.directory.parent, releases=bench.room)
    asked = Asked(f"person/{made_up.rows('persons')[1][0]}", "request", "")
    withdraw(settings, asked, now=NOW, progress=Progress(io.StringIO()))
    assert not [path for path in bench.room.rglob("*") if path.is_file() and name.encode() in path.read_bytes()]
    # The spreadsheets still have the name, so that a build reads it.
    bench.read()
    assert [path.suffix for path in bench.parts if name.encode() in path.read_bytes()] == []
    assert not [path for path in bench.parts if path.suffix == ".nq"]


def test_a_note_in_the_form_of_other_software_is_none(tmp_path: Path) -> None:
    kept = Kept.beside(tmp_path, tmp_path)
    content = pickle.dumps(("a version", "software", ()))
    (kept.directory / "gate.judged").write_bytes(sha256(content).digest() + content)
    assert kept.recall("gate", "judged") is None
    parts.note(tmp_path / "note.judged", 1, "gate")
    kept.keep_note(tmp_path / "note.judged", "gate")
    assert kept.recall("gate", "judged") == 1


def test_where_there_are_no_hard_links_a_build_says_where_releases_can_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: object, name: object, **_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted", path, None, name)

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "registry.nq").touch()
    with pytest.raises(OutsideError, match=r"registry\.nq\.kept: Operation not permitted → .*not FAT"):
        Kept.beside(tmp_path, tmp_path).keep(tmp_path / "registry.nq", "part")
