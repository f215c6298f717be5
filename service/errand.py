"""An errand: work for the engine in a process of its own, so that whoever sent it can tell how that ended."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from typing import IO, NoReturn

from loaders.errors import OutsideError, ThiduaError
from service.problems import Problem


class Lost(OutsideError):
    """The engine took the process along; `problem` says why. Where it gives up it says so at length, in its words."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.title}: {problem}" if problem.status == 500 else problem.title)
        self.problem = problem


def errand(work: Callable[[], bytes]) -> bytes:
    """What the work gives. What it says on stderr is said, and if it ends in another way, so does this process.

    Lost if the engine took the process along.
    """
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as words:
        if not (process := os.fork()):
            _run(work, answer, words)
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        for file in (answer, words):
            file.seek(0)
        said = words.read().decode(errors="replace")
        if code < 0:
            from service.failures import End, Terms, lost  # takes a while to import, for what seldom happens

            raise Lost(lost(Terms("", 0, 0), End(code, said), 0))
        sys.stderr.write(said)
        if code:
            raise SystemExit(code)
        return answer.read()


def _run(work: Callable[[], bytes], answer: IO[bytes], words: IO[bytes]) -> NoReturn:
    code = 1
    try:
        # The engine hears no Ctrl-C, which would wait for its end here.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.dup2(words.fileno(), 2)
        answer.write(work())
        answer.flush()
        code = 0
    except ThiduaError as error:
        print(f"thidua: {error}", file=sys.stderr)
        code = error.exit_code
    except Exception:
        traceback.print_exc()
    finally:
        # Not by an exception or a return: those would lead into the program once more.
        sys.stderr.flush()
        os._exit(code)
