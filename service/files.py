"""How many files this process may have open."""

from __future__ import annotations

import resource

# More than anything here has a use for; where the system knows no bound, one that its tables bear.
_MOST = 1 << 16


def widen() -> int:
    """As many as the system lets it, which is often a multiple of what a process begins with; how many that is."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST if hard == resource.RLIM_INFINITY else min(hard, _MOST)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most
