"""The wheel is the repository: what runs in a checkout runs where it is installed."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path
from shlex import quote

import pytest

from loaders.resources import ROOT


def run(*words: object) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, and the wheel made from it."""
    place = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--sdist", "--outdir", place, ROOT)
    (sdist,) = place.glob("*.tar.gz")
    # By tar: to tarfile nobody can say what Python 3.11.2, Debian 12's, understands and 3.12 does not warn of.
    (place / "source").mkdir()
    run("tar", "-xzf", sdist, "-C", place / "source")
    (source,) = (place / "source").iterdir()
    run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", place, source)
    return place


def test_an_installed_wheel_runs_without_the_checkout(built, tmp_path):
    (wheel,) = built.glob("*.whl")
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    where = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])").strip())
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(where)
    # The dependencies are those of this environment; the checkout itself is not on the path.
    (where / "others").symlink_to(sysconfig.get_paths()["purelib"])
    (where / "dependencies.pth").write_text("others\n")
    assert run(python, "-c", "import loaders; print(loaders.__file__)").startswith(str(where))
    assert "THIDUA_PORT" in run(python, "-m", "service.cli", "settings")
    assert "leaders" in run(python, "-m", "service.cli", "ask")
    workbook = tmp_path / "workbook.xlsx"
    run(python, "-m", "service.cli", "template", "-o", workbook)
    assert workbook.stat().st_size > 10_000


def test_nothing_private_travels(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
    assert not any(part in name for name in names for part in ("/releases/", "/.venv/", "history.csv"))
    assert any(name.endswith("data/registry/2004/source.toml") for name in names)


def test_a_checkout_under_a_vietnamese_name_starts_in_every_locale(tmp_path):
    checkout, helpers = tmp_path / "Thi đua, khen thưởng (bản 2)", tmp_path / "helpers"
    # All that is installed there is the checkout itself, by the build backend of this environment.
    (checkout / "service" / "npm").mkdir(parents=True)
    (checkout / ".venv").mkdir()
    for name in ("Makefile", "pyproject.toml", "README.md", "LICENSE", "LICENSE-DATA"):
        shutil.copy(ROOT / name, checkout)
    for name in ("requirements.lock", "service/npm/package-lock.json", "service/npm/install", ".venv/parts"):
        (checkout / name).touch()
    helpers.mkdir()
    for name in ("hatchling", "editables", "packaging", "pathspec", "pluggy", "trove_classifiers"):
        (helpers / name).symlink_to(Path(sysconfig.get_paths()["purelib"]) / name)
    (checkout / "loaders").mkdir()
    (checkout / "loaders" / "__init__.py").touch()
    environment = {name: value for name, value in os.environ.items() if name != "LANG"} | {"LC_ALL": "C"}
    made = subprocess.run(
        ["make", f"PYTHON={quote(sys.executable)}", ".venv/installed"],
        cwd=checkout, env=environment | {"PYTHONPATH": str(helpers)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    found = subprocess.run(
        [checkout / ".venv" / "bin" / "python", "-c", "import loaders; print(loaders.__file__)"],
        cwd="/", env=environment, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert found.stdout.strip() == str(checkout / "loaders" / "__init__.py"), found.stderr
