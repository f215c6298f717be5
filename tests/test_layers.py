"""Who may import whom, as `.importlinter` says it."""

import configparser
import subprocess
import sys

from loaders.resources import ROOT

# What both halves share; everything else of loaders is closed to the service.
SHARED = {"errors", "identity", "namespaces", "progress", "release", "resources", "settings"}


def test_nobody_imports_across_the_house():
    lint = [sys.executable, "-c", "import sys; from importlinter.cli import lint_imports_command as c; sys.exit(c())"]
    done = subprocess.run([*lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_of_the_building_half_is_left_out_of_the_contract():
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    closed = contracts["importlinter:contract:meeting"]["forbidden_modules"].split()
    modules = {path.stem if path.is_file() else path.name for path in (ROOT / "loaders").iterdir()}
    modules = {name for name in modules if not name.startswith("__")}
    assert {name.removeprefix("loaders.") for name in closed} == modules - SHARED
