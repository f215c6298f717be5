"""Where a query is wrong that an engine refused: read once more, here, in a process that ends soon.

`python -m service.remote.proof BASE` takes the query from its standard input and says as JSON what is wrong with it.
Nothing is asked: the store is empty. Still a process of its own: what the guard lets pass can count to a million
millions, and the engine cannot be stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import sys
from typing import Any

from pyoxigraph import Store

from loaders.resources import ROOT
from service.blame import blame

# Seconds of a processor, MiB of memory; and seconds in all, on a machine that is busy.
_SECONDS, _MEMORY, _PATIENCE = 2, 1024, 10.0
# However many are wrong at a time.
_PROOFS = asyncio.Semaphore(2)


async def prove(query: str, base: str) -> tuple[str, int | None] | None:
    """What is wrong with the query, and where; None when it is SPARQL, or when that is not found out in time."""
    async with _PROOFS:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "service.remote.proof", base,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env={"PYTHONPATH": str(ROOT), "PATH": os.environ.get("PATH", os.defpath)},
        )  # fmt: skip
        try:
            async with asyncio.timeout(_PATIENCE):
                told, _ = await process.communicate(query.encode())
        except TimeoutError:
            return None
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
    found: dict[str, Any] = json.loads(told or b"{}")
    return (found["complaint"], found["at"]) if found else None


def _read(query: str, base: str) -> dict[str, Any]:
    store = Store()
    try:
        store.query(query, base_iri=base)
    except SyntaxError as error:
        return {"complaint": str(error)[:2000], "at": blame(query, lambda text: store.query(text, base_iri=base))}
    except (ValueError, RuntimeError):
        pass
    return {}


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY << 20, _MEMORY << 20))
    print(json.dumps(_read(sys.stdin.read(), sys.argv[1])))
