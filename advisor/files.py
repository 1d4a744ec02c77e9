"""Writing files whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from advisor.errors import bad_input


def check_folder(folder: Path) -> None:
    """Raise :class:`InputError` unless ``folder`` is, or can become, a folder we may write to."""
    for place in (folder, *folder.parents):
        if place.is_dir():
            if not os.access(place, os.W_OK | os.X_OK):
                raise bad_input(f"cannot write to the folder {place}: permission denied", path=str(folder))
            return
        if place.exists() or place.is_symlink():
            raise bad_input(f"{place} is a file; an output folder is expected", path=str(folder))


def write_all(folder: Path, contents: Mapping[str, bytes]) -> list[Path]:
    """Write every file of ``contents`` (name -> bytes) into ``folder``; ``adr/0001.md`` is a file in a folder below.

    All bytes are on disk under temporary names before the first old file is replaced, so a failure (a full disk, say)
    leaves earlier files as they were, and no folder that was not there. Names that lead elsewhere are refused, by
    ``..`` or by a link to a folder.

    Raises:
        InputError: the folder cannot be written, or the disk is full.
    """
    check_folder(folder)
    _check_names(folder, contents)
    staged: list[tuple[str, Path]] = []
    made: list[Path] = []
    done = False
    try:
        for name in contents:
            _make((folder / name).parent, made)
        for name, data in contents.items():
            staged.append((_stage((folder / name).parent, data), folder / name))
        for temporary, final in staged:
            os.replace(temporary, final)
        done = True
    except OSError as error:
        raise bad_input(f"cannot write: {error.strerror or error}", path=str(folder)) from None
    finally:
        _tidy([temporary for temporary, _ in staged], [] if done else made)
    return [final for _, final in staged]


def _check_names(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Refuse, before anything is written, each name that does not stand for a file inside of the folder."""
    for name in contents:
        path = Path(name)
        if path.as_posix() != name or path.anchor or {"..", "."} & {name, *path.parts} or "\0" in name:
            raise bad_input(f"'{name}' is not a plain file name", path=str(folder))
        if (folder / path).is_dir():
            raise bad_input(f"{folder / path} is a folder; a file is to be written there", path=str(folder))
        for above in (folder / parent for parent in path.parents if parent.parts):
            if above.is_symlink():
                raise bad_input(f"{above} is a link; a folder of its own is expected", path=str(folder))
            if str(above.relative_to(folder)) in contents or (above.exists() and not above.is_dir()):
                raise bad_input(f"{above} is a file; a folder is to be made there", path=str(folder))
            if above.is_dir() and not os.access(above, os.W_OK | os.X_OK):
                raise bad_input(f"cannot write to the folder {above}: permission denied", path=str(folder))


def _make(folder: Path, made: list[Path]) -> None:
    """Make a folder and those above it; note each that was not there, the outermost first."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    for place in reversed(missing):
        place.mkdir()
        made.append(place)


def _tidy(temporary: list[str], folders: list[Path]) -> None:
    for name in temporary:
        with contextlib.suppress(OSError):
            os.unlink(name)
    for folder in reversed(folders):
        with contextlib.suppress(OSError):
            folder.rmdir()


def _stage(folder: Path, data: bytes) -> str:
    handle, name = tempfile.mkstemp(dir=folder, prefix=".advisor-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
    except OSError:
        os.unlink(name)
        raise
    return name
