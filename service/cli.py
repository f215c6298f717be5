"""The command line: what builds releases, mounted from `loaders`, and what reads them.

A command's `run` takes what was parsed and the settings, and returns the exit code. What thidua foresaw is told in a
line on stderr; the exit code is that of `loaders.errors`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Any

from loaders import cli as building
from loaders.errors import OutsideError, ThiduaError
from loaders.settings import Settings, unknown
from service import asking, push


def main(argv: Sequence[str] | None = None) -> int:
    """The command was run; its exit code: 0 done, 1 the data are refused, 2 the call was wrong, 3 something outside."""
    words = list(sys.argv[1:] if argv is None else argv)
    _open_streams()
    try:
        args = parser(words).parse_args(words)
        for name in unknown(os.environ):
            with contextlib.suppress(OSError):  # whoever does not listen is served all the same
                print(f"thidua: {name} is no setting (không phải là một thiết lập) → thidua settings", file=sys.stderr)
        code: int = args.run(args, Settings.from_environ(os.environ))
        sys.stdout.flush()
    except ThiduaError as error:
        print(f"thidua: {building.told(error)}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # Whoever reads us has read enough. What is left to write goes nowhere, not even a complaint at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # whatever the system refuses: it says what, and of which file
        print(f"thidua: {error}", file=sys.stderr)
        return OutsideError.exit_code
    except KeyboardInterrupt:
        return 130
    except SystemExit as stop:  # argparse has told what was wrong, or printed its help
        return int(stop.code or 0)
    return code


def _open_streams() -> None:
    """What is said is UTF-8 in every locale; a name of a file that is no text is shown, and stops nobody.

    What was closed for us (`>&-`) is open, to nowhere: nobody wants to read it, and no file gets its number.
    """
    # In this order, since what is opened gets the lowest number that is free.
    for name, mode in {"stdin": "r", "stdout": "w", "stderr": "w"}.items():
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of the command line; it knows the curated queries only when the words are about them."""
    top = argparse.ArgumentParser(
        prog="thidua",
        description="Vietnam's emulation and commendation system as linked open data. "
        "(Hệ thống thi đua, khen thưởng của Việt Nam dưới dạng dữ liệu liên kết mở.)",
        epilog="Exit codes: 0 done, 1 the data are refused, 2 the call was wrong, 3 something outside failed.",
    )
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    building.add_commands(commands)
    _add_serve(commands)
    push.add_command(commands)
    asking.add_commands(commands, words)
    _add_settings(commands)
    return top


def _add_serve(commands: Any) -> None:
    about = "serve the published release over HTTP (chạy dịch vụ trên bản đang công bố)"
    commands.add_parser("serve", help=about, description=about).set_defaults(run=_serve)


def _serve(args: argparse.Namespace, settings: Settings) -> int:
    from service.serve import serve  # the web server takes a while to import, which other commands need not wait for

    serve(settings)
    return 0


def _add_settings(commands: Any) -> None:
    about = "list the settings, their values and what they mean (các thiết lập)"
    commands.add_parser("settings", help=about, description=about).set_defaults(run=_settings)


def _settings(args: argparse.Namespace, settings: Settings) -> int:
    for name, value, meaning in settings.table():
        print(f"{name}={value}\n    {meaning}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
