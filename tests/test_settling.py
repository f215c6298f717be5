"""A service that has started: whoever asks for little waits neither for a thread nor for a search for garbage."""

from __future__ import annotations

import gc
import subprocess
import sys

SETTLED = """
import gc, sys
from service import serve
serve.settle()
print(gc.get_freeze_count() > 10_000, len(gc.get_objects()) < 1000, gc.get_threshold()[2], sys.getswitchinterval())
"""


def test_what_stays_is_not_looked_through_again_and_a_thread_lets_others_go_on_soon():
    told = subprocess.run([sys.executable, "-c", SETTLED], capture_output=True, text=True, check=True).stdout
    assert told.split() == ["True", "True", "1000", "0.0005"]
    assert gc.get_threshold()[2] < 1000, "it is for a service alone"
