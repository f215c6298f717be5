"""What staff read about the tables is what the tables are; `python -m tests.test_records_docs` writes it anew."""

from __future__ import annotations

import tomllib

import pytest

from loaders.errors import SourceError
from loaders.records.columns import WITNESS
from loaders.records.tables import TABLES, help_of
from loaders.records.wording import WORDING, told
from loaders.resources import ROOT
from tests import made_up
from tests.test_workbook import REFUSED

PAGE = ROOT / "docs" / "records.md"
START, END = "<!-- tables: python -m tests.test_records_docs -->\n", "<!-- end -->"
MESSAGES = {
    case["message"] for case in tomllib.loads((made_up.HERE / "faults.toml").read_text(encoding="utf-8"))["case"]
}


def tables() -> str:
    """The tables and their columns as Markdown."""
    parts = []
    for table in TABLES.values():
        lines = [f"### {table.vi} (`{table.key}`)", "", table.help, "", "| cột | trong CSV | ghi gì |", "|---|---|---|"]
        for column in table.columns:
            if column not in WITNESS or table.key == "sources":
                name = f"**{column.vi}**" if column.required else column.vi
                lines.append(f"| {name} | `{column.key}` | {help_of(column).replace('|', chr(92) + '|')} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def test_the_page_lists_the_tables_as_they_are() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.partition(START)[2].partition(END)[0] == tables(), "run: python -m tests.test_records_docs"


@pytest.mark.parametrize("message", sorted(MESSAGES | {message for _, _, message, _ in REFUSED.values()}))
def test_the_page_explains_every_message(message: str) -> None:
    assert message in PAGE.read_text(encoding="utf-8")


def test_the_page_and_the_errors_have_the_same_words() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for messages, means, way in WORDING:
        assert f"| {', '.join(f'`{message}`' for message in messages)} | {means} | {way} |" in page


@pytest.mark.parametrize("message", sorted(MESSAGES))
def test_every_fault_of_a_cell_is_told_in_vietnamese_first(message: str) -> None:
    assert told(SourceError(message)).endswith(f" / {message}")


if __name__ == "__main__":
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    PAGE.write_text(before + START + tables() + END + rest.partition(END)[2], encoding="utf-8")
