"""A wheel, installed anywhere, finds its catalog, templates and examples."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from advisor import __version__, resources
from advisor.catalog.load import load_catalog

ROOT = Path(__file__).resolve().parents[1]
Run = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder into which a freshly built wheel of this checkout was installed, without dependencies."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = [*pip, "wheel", str(ROOT), "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("advisor-*.whl")
    subprocess.run([*pip, "install", str(wheel), "--no-deps", "--target", str(folder / "site")], check=True)
    return folder / "site"


def advisor(installed: Path, *arguments: str) -> Run:
    """Run the installed advisor from a folder that is not the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "ADVISOR_NO_CACHE": "1"}
    return subprocess.run(
        [sys.executable, "-m", "advisor", *arguments],
        cwd=installed.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_finds_its_own_catalog(installed: Path) -> None:
    """`catalog check` in the wheel counts what the checkout has, and finds it inside the package."""
    done = advisor(installed, "catalog", "check")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1].split() == ["options", str(len(load_catalog().options))]
    doctor = json.loads(advisor(installed, "doctor", "--json").stdout)
    places = {check["name"]: check for check in doctor["checks"]}
    for name in ("catalog", "templates"):
        assert places[name]["status"] == "ok"
        assert str(installed / "advisor" / "_data" / name) in places[name]["detail"]


def test_the_wheel_prints_schemas_and_solves_its_example(installed: Path) -> None:
    """`schema` and `check` on the shipped example work outside of a checkout."""
    assert json.loads(advisor(installed, "schema", "--kind", "candidates").stdout)["title"] == "advisor candidates"
    example = installed / "advisor" / "_data" / "examples" / "support_copilot" / "scenario.yml"
    done = advisor(installed, "check", str(example))
    assert (done.returncode, "optimal (proved" in done.stdout) == (0, True), done.stderr


def test_the_wheel_holds_all_data_and_no_tests(installed: Path) -> None:
    """Every catalog file, template and example is inside, with the typing marker and the licence; tests are not."""
    for name in ("catalog", "templates", "examples"):
        folder = resources.folder(name)
        here = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
        there = installed / "advisor" / "_data" / name
        assert {path.relative_to(there) for path in there.rglob("*") if path.is_file()} == here
    assert (installed / "advisor" / "py.typed").is_file()
    assert list(installed.glob("advisor-*.dist-info/licenses/LICENSE"))
    assert not (installed / "tests").exists()


def test_the_version_is_said_once(installed: Path) -> None:
    """The package's metadata and the program agree on the version."""
    assert list(installed.glob(f"advisor-{__version__}.dist-info"))
    assert advisor(installed, "--version").stdout == f"advisor {__version__}\n"
