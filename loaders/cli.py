"""The building half of the command line; `service.cli` mounts it beside its own commands.

Every command has `run`, a function of what was parsed and the settings that returns the exit code.
"""

from __future__ import annotations

import argparse
import functools
from dataclasses import replace
from pathlib import Path
from typing import Any

from loaders import commands
from loaders.commands import Command
from loaders.errors import DataError, ThiduaError
from loaders.records import ledger, wording
from loaders.release import difference, export
from loaders.settings import Settings


def add_commands(subparsers: Any) -> None:
    """build, check, publish, rollback, releases, diff, verify, export, template, mint and withdraw are known to it."""
    for add in (_build, _check, _publish, _rollback, _releases, _diff, _verify, _export, _template, _mint, _withdraw):
        add(subparsers)


def _build(subparsers: Any) -> None:
    parser = _command(
        subparsers, "build", commands.build,
        "make a release of the sources and print its version; nothing is published",
        "dựng một bản phát hành từ dữ liệu nguồn; chưa công bố gì",
    )  # fmt: skip
    _places(parser, data=True, releases=True)
    parser.add_argument("--force", action="store_true", help="build even if nothing changed (dựng lại dù không đổi)")


def _check(subparsers: Any) -> None:
    parser = _command(
        subparsers, "check", commands.check,
        "pass the data, or RDF files, through the gate and print what it found; exit code 1 if it blocks",
        "kiểm tra dữ liệu nguồn hoặc tệp RDF, in ra các lỗi cần sửa",
    )  # fmt: skip
    _places(parser, data=True)
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="RDF files; none: the data (không ghi: dữ liệu)"
    )
    parser.add_argument("--format", choices=("text", "turtle", "json"), default="text", help="form of the report")


def _publish(subparsers: Any) -> None:
    parser = _command(
        subparsers, "publish", commands.publish,
        "publish a release: verify it and lead readers to it",
        "công bố một bản phát hành",
    )  # fmt: skip
    _places(parser, releases=True)
    _version(parser, "the one built last, unless it was rolled back (bản dựng sau cùng, nếu chưa bị quay lại)")
    parser.add_argument(
        "--synthetic", action="store_true", help="even if its data are made up (dù dữ liệu là tổng hợp, không có thật)"
    )
    parser.add_argument(
        "--once", action="store_true",
        help="not again: what was published before stays as it is (bản từng công bố thì để yên, không công bố lại)",
    )  # fmt: skip


def _rollback(subparsers: Any) -> None:
    parser = _command(
        subparsers, "rollback", commands.rollback,
        "publish again what was published before; repeated, it goes further back",
        "quay về bản đã công bố trước đó",
    )  # fmt: skip
    _places(parser, releases=True)


def _releases(subparsers: Any) -> None:
    parser = _command(
        subparsers, "releases", commands.releases,
        "list the releases; a star marks the published one",
        "liệt kê các bản phát hành; dấu * là bản đang công bố",
    )  # fmt: skip
    _places(parser, releases=True)


def _diff(subparsers: Any) -> None:
    parser = _command(
        subparsers, "diff", commands.diff,
        "print what was added and removed between two releases; the patch leads from the first to the second",
        "in ra những gì đã thêm và bỏ giữa hai bản phát hành",
    )  # fmt: skip
    _places(parser, releases=True)
    parser.add_argument("old", metavar="A", help="the release before (bản trước)")
    parser.add_argument("new", metavar="B", help="the release after (bản sau)")
    parser.add_argument("--format", choices=difference.FORMS, default="text", help="form of the difference (định dạng)")


def _verify(subparsers: Any) -> None:
    parser = _command(
        subparsers, "verify", commands.verify,
        "read every byte of a release: is it whole and unchanged? Every fault is named",
        "kiểm tra một bản phát hành có nguyên vẹn không",
    )  # fmt: skip
    _places(parser, releases=True)
    _version(parser, "the published one (bản đang công bố)")


def _export(subparsers: Any) -> None:
    parser = _command(
        subparsers, "export", commands.export,
        "write a release to one file: RDF, or a workbook with a sheet for each kind of thing",
        "xuất một bản phát hành thành một tệp RDF hoặc bảng tính",
    )  # fmt: skip
    _places(parser, releases=True)
    _version(parser, "the published one (bản đang công bố)")
    parser.add_argument("--format", choices=export.FORMATS, required=True, help="form of the file (định dạng)")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE",
        help="where to; - is standard output; default thidua-VERSION.FORMAT (tệp ghi ra)",
    )  # fmt: skip


def _template(subparsers: Any) -> None:
    parser = _command(
        subparsers, "template", commands.template,
        "write the workbook that staff fill in, with lists to choose from and help beside the cells",
        "tạo bảng tính mẫu để nhập liệu, có danh sách chọn và hướng dẫn",
    )  # fmt: skip
    _places(parser, data=True)
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("thidua.xlsx"), metavar="FILE",
        help="where to; default thidua.xlsx (tệp ghi ra)",
    )  # fmt: skip
    parser.add_argument(
        "--with-data", action="store_true", help="with every row of the records in it (kèm dữ liệu đã có)"
    )


def _mint(subparsers: Any) -> None:
    parser = _command(
        subparsers, "mint", commands.mint,
        "enter a new key in the ledger data/keys.csv and print it; a key is given once, for ever",
        "cấp một mã mới và ghi vào sổ mã; mỗi mã chỉ cấp một lần",
    )  # fmt: skip
    _places(parser, data=True)
    parser.add_argument("kind", metavar="KIND", help=", ".join(ledger.KINDS))
    parser.add_argument("key", nargs="?", metavar="KEY", help="the key, or a name to make it of; a person's is drawn")
    parser.add_argument("--note", default="", help="for colleagues; never published (ghi chú nội bộ)")


def _withdraw(subparsers: Any) -> None:
    parser = _command(
        subparsers, "withdraw", commands.withdraw,
        "take a person's data out of every kept release and every build to come; a tombstone and the events stay, "
        "with an anonymous participant",
        "rút dữ liệu về một người khỏi mọi bản phát hành; sự kiện còn lại, không nêu tên",
    )  # fmt: skip
    _places(parser, data=True, releases=True)
    parser.add_argument("iri", metavar="IRI", help="the person, …/id/person/{key} (IRI của người)")
    parser.add_argument(
        "--reason", required=True,
        help="request, legal or error, which is published; words of your own stay in the log, published is: other "
        "(lý do: request theo yêu cầu, legal theo pháp luật, error công bố nhầm)",
    )  # fmt: skip
    parser.add_argument(
        "--requested-by", default="", metavar="WHO", help="who asked; stays in the log THIDUA_REQUESTS (ai yêu cầu)"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would go, and change nothing (chỉ xem trước, không thay đổi)"
    )


def _command(subparsers: Any, name: str, run: Command, english: str, vietnamese: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name, help=f"{english} ({vietnamese})", description=f"{english[0].upper()}{english[1:]}. ({vietnamese}.)"
    )
    parser.set_defaults(run=_with_places(run))
    return parser


def told(error: ThiduaError) -> str:
    """What went wrong, as it is told on a terminal: of data in Vietnamese first."""
    return wording.told(error) if isinstance(error, DataError) else str(error)


def _places(parser: argparse.ArgumentParser, *, data: bool = False, releases: bool = False) -> None:
    if data:
        parser.add_argument("--data", type=Path, metavar="DIR", help="the sources; default THIDUA_DATA (dữ liệu nguồn)")
    if releases:
        help = "the releases; default THIDUA_RELEASES (nơi chứa các bản phát hành)"
        parser.add_argument("--releases", type=Path, metavar="DIR", help=help)


def _version(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument("version", nargs="?", metavar="VERSION", help=f"which release; default: {default}")


def _with_places(run: Command) -> Command:
    """The command with settings in which the directories are those of the command line, where it names any."""

    @functools.wraps(run)
    def placed(args: argparse.Namespace, settings: Settings) -> int:
        named = {name: getattr(args, name, None) for name in ("data", "releases")}
        return run(args, replace(settings, **{name: path for name, path in named.items() if path}))

    return placed
