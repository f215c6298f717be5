"""What the registry must hold, compared with what it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from loaders.errors import CountError
from loaders.registry.editions import Units
from loaders.source import Source


def count(units: Units) -> Counter[str]:
    """How many units there are of each level and type.

    Keys are `province`, `district`, `commune` and those of the types: `tinh`, `dac-khu` …
    """
    counts: Counter[str] = Counter()
    for unit in units.values():
        counts[unit.level] += 1
        counts[unit.type] += 1
    return counts


def expect(source: Source, found: Mapping[str, int]) -> None:
    """Nothing, when every count that the source expects is met; CountError names the first that is not.

    What a loader counts must be expected, and what is expected must be counted: a misspelt name checks nothing.
    """
    file = str(source.directory / "source.toml")
    for name in sorted(set(source.expected) | set(found)):
        if name not in source.expected or name not in found:
            hint = "known: " + ", ".join(sorted(found))
            raise CountError("this count is not both expected and made", file=file, column=name, hint=hint)
        if found[name] != source.expected[name]:
            message, hint = f"another number of {name} in {source.key}", f"expected {source.expected[name]}"
            raise CountError(message, file=file, column=name, value=found[name], hint=hint)
