"""Methods of dataclasses are compiled once: the same classes without the compiler, from a file that is never stale."""

from __future__ import annotations

import builtins
import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor import methods
from advisor.methods import Methods

SOURCE = "def doubled(x):\n return x * factor"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Return a file with one compiled method."""
    file = tmp_path / "__pycache__" / "kept.methods"
    first = Methods(file)
    first.run(SOURCE, {"factor": 2}, {})
    first.save()
    return file


@pytest.fixture
def no_compiler(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let nothing be compiled."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(builtins, "compile", never)
    yield
    monkeypatch.undo()


def doubled(file: Path) -> int:
    """Return 4, from the method that a file keeps, or from its source."""
    names: dict[str, int] = {}
    Methods(file).run(SOURCE, {"factor": 2}, names)
    return names["doubled"](2)  # type: ignore[operator]


def test_what_was_compiled_is_not_compiled_again(kept: Path, no_compiler: None) -> None:
    """A second program finds the method under its text, with the names of its own place; another text it compiles."""
    assert doubled(kept) == 4
    with pytest.raises(AssertionError, match="compiled again"):
        Methods(kept).run(SOURCE + " ", {"factor": 2}, {})


@pytest.mark.parametrize(
    "damage", [lambda raw: b"", lambda raw: raw[:-1], lambda raw: b"\0" * len(raw), lambda raw: b"?"]
)
def test_a_damaged_file_is_no_file(damage: object, kept: Path) -> None:
    """What was cut off or overwritten is compiled again, and written whole."""
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))  # type: ignore[operator]
    assert doubled(kept) == 4
    again = Methods(kept)
    again.run(SOURCE, {"factor": 2}, {})
    again.save()
    assert kept.read_bytes() == whole
    assert [one.name for one in kept.parent.iterdir()] == [kept.name]


def test_where_nothing_can_be_written_nothing_is_wrong(tmp_path: Path) -> None:
    """A folder that is a file, or no place at all: methods work, and nothing is said."""
    (tmp_path / "file").write_text("")
    for file in (tmp_path / "file" / "kept.methods", None):
        found = Methods(file)
        found.run(SOURCE, {"factor": 2}, {})
        found.save()


def test_a_python_that_keeps_nothing_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Python has no place for what it compiles (no cache tag), neither have methods, and all else works."""
    monkeypatch.setattr(sys.implementation, "cache_tag", None)
    assert methods._file() is None
    monkeypatch.undo()
    assert str(methods._file()).endswith(".methods")


def test_what_is_kept_stays_small(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With more than is kept at most, what this run did not use goes."""
    monkeypatch.setattr(methods, "MOST_KEPT", 1)
    other = Methods(kept)
    other.run("def other():\n return 1", {}, {})
    other.save()
    assert len(methods._read(kept)) == 1


def test_classes_are_what_dataclasses_makes(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Equality, hash, order, text, defaults and that nothing changes: first compiled, then from the file."""
    for _ in range(2):
        found = Methods(kept)
        monkeypatch.setattr(dataclasses, "exec", found.run, raising=False)
        made = dataclasses.make_dataclass("Made", [("a", int), ("b", str, "x")], frozen=True, order=True)
        found.save()
        assert repr(made(1)) == "Made(a=1, b='x')"
        assert made(1) == made(1, "x") < made(2)
        assert len({made(1), made(1)}) == 1
        with pytest.raises(dataclasses.FrozenInstanceError):
            made(1).a = 2
    assert not found._is_new


@pytest.mark.parametrize("quiet", ["", "1"])
def test_the_program_keeps_them_where_python_keeps_modules(quiet: str, tmp_path: Path) -> None:
    """The first run writes the file, unless Python is to write nothing; the second prints the same."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONDONTWRITEBYTECODE": quiet}
    data = Path(__file__).parent / "data"
    words = ["check", str(data / "mini_scenario.yml"), "--catalog", str(data / "mini_catalog")]
    command = [sys.executable, "-m", "advisor", *words]
    runs = [subprocess.run(command, capture_output=True, env=environment, check=True, timeout=120) for _ in range(2)]
    assert runs[0].stdout.splitlines()[1:] == runs[1].stdout.splitlines()[1:] != []  # the first has the seconds
    assert bool(list(tmp_path.rglob("*.methods"))) != bool(quiet)
