"""Which thidua this is; its version has one home, pyproject.toml."""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

from loaders.resources import ROOT


def version() -> str:
    """The version of the checkout, or of the installed wheel.

    >>> version().count(".")
    2
    """
    project = ROOT / "pyproject.toml"
    if project.is_file():
        stated: str = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"]
        return stated
    try:
        return installed("thidua")
    except PackageNotFoundError:
        return "unknown"
