"""Files are written whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from advisor import files
from advisor.errors import InputError
from advisor.files import check_folder, write_all


def test_everything_is_written(tmp_path: Path) -> None:
    """All files appear with their bytes, in a folder that is made, and nothing else is left there."""
    folder = tmp_path / "a" / "b"
    written = write_all(folder, {"x.md": b"one", "y.bin": b"\x00\xff"})
    assert written == [folder / "x.md", folder / "y.bin"]
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {"x.md": b"one", "y.bin": b"\x00\xff"}


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_failure_in_the_middle_leaves_the_old_files(at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full at any file, every earlier version is still there, byte for byte, and no rest is left."""
    old = {name: f"old {name}".encode() for name in ("a", "b", "c")}
    write_all(tmp_path, old)
    calls = iter(range(10))
    sync = os.fsync

    def full(handle: int) -> None:
        if next(calls) == at:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(handle)

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        write_all(tmp_path, {name: b"new" for name in old})
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == old


def test_old_files_are_replaced_and_others_left(tmp_path: Path) -> None:
    """A second run replaces its own files and touches no other."""
    (tmp_path / "mine.txt").write_text("keep")
    write_all(tmp_path, {"a": b"1"})
    write_all(tmp_path, {"a": b"2"})
    assert (tmp_path / "a").read_bytes() == b"2"
    assert (tmp_path / "mine.txt").read_text() == "keep"


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    """An output folder that is a file, or lies below one, is an error before anything is written."""
    file = tmp_path / "out"
    file.write_text("x")
    for folder in (file, file / "deeper" / "still"):
        with pytest.raises(InputError, match="is a file; an output folder is expected"):
            write_all(folder, {"a": b"1"})
    assert file.read_text() == "x"


def test_a_folder_in_place_of_a_file_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    """If one of the names is a folder, no file is written."""
    (tmp_path / "b").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        write_all(tmp_path, {"a": b"1", "b": b"2"})
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("name", ["../a", "a/../../b", "a/./b", "a//b", "a/", "/etc/passwd", "", ".", "..", "a\0"])
def test_only_plain_names(name: str, tmp_path: Path) -> None:
    """A name that leads out of the folder, or is written in a way that could, is refused."""
    with pytest.raises(InputError, match="not a plain file name"):
        write_all(tmp_path / "out", {"fine": b"0", name: b"1"})
    assert list(tmp_path.iterdir()) == []


def everything(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder by its path, folders with no bytes."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() if p.is_file() else b"" for p in folder.rglob("*")}


def test_files_in_folders_below(tmp_path: Path) -> None:
    """A name may have folders, which are made; a second run replaces its files there and touches no other."""
    write_all(tmp_path, {"top": b"0", "adr/0001-a.md": b"1", "catalogs/1-ours/llm/x.yml": b"2"})
    (tmp_path / "adr" / "mine.md").write_bytes(b"mine")
    write_all(tmp_path, {"top": b"0", "adr/0001-a.md": b"one"})
    assert everything(tmp_path) == {
        "top": b"0",
        "adr": b"",
        "adr/0001-a.md": b"one",
        "adr/mine.md": b"mine",
        "catalogs": b"",
        "catalogs/1-ours": b"",
        "catalogs/1-ours/llm": b"",
        "catalogs/1-ours/llm/x.yml": b"2",
    }


def test_a_linked_folder_is_not_followed(tmp_path: Path) -> None:
    """A link in place of a folder below would write elsewhere; it is refused, and nothing is written."""
    elsewhere, out = tmp_path / "elsewhere", tmp_path / "out"
    elsewhere.mkdir()
    out.mkdir()
    (out / "adr").symlink_to(elsewhere)
    with pytest.raises(InputError, match="adr is a link"):
        write_all(out, {"top": b"0", "adr/a.md": b"1"})
    assert everything(elsewhere) == {}
    assert [p.name for p in out.iterdir()] == ["adr"]


@pytest.mark.parametrize("contents", [{"adr/a": b"1"}, {"x": b"0", "x/y": b"1"}])
def test_a_file_in_place_of_a_folder_below_is_refused(contents: dict[str, bytes], tmp_path: Path) -> None:
    """A name cannot be a file and a folder at once, on disk or in what is to be written."""
    (tmp_path / "adr").write_bytes(b"old")
    with pytest.raises(InputError, match="is a file; a folder is to be made there"):
        write_all(tmp_path, contents)
    assert everything(tmp_path) == {"adr": b"old"}


@pytest.mark.parametrize("at", range(3))
def test_a_full_disk_leaves_no_new_folder(at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When nothing could be written, folders that were made for it are gone again and the old ones are as they were."""
    write_all(tmp_path, {"adr/a": b"old"})
    calls, sync = iter(range(10)), os.fsync

    def full(handle: int) -> None:
        if next(calls) == at:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(handle)

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        write_all(tmp_path, {"adr/a": b"new", "deep/er/b": b"new", "c": b"new"})
    assert everything(tmp_path) == {"adr": b"", "adr/a": b"old"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    """No permission is said before work begins."""
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(InputError, match="permission denied"):
            check_folder(tmp_path / "new")
    finally:
        tmp_path.chmod(0o700)


def test_a_broken_link_is_refused(tmp_path: Path) -> None:
    """A link to nowhere is not a folder."""
    (tmp_path / "out").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError):
        write_all(tmp_path / "out", {"a": b"1"})


def test_files_have_ordinary_permissions(tmp_path: Path) -> None:
    """What is written can be read by whom the umask allows, although it was staged privately."""
    before = os.umask(0o022)
    try:
        write_all(tmp_path, {"a": b"1"})
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644
