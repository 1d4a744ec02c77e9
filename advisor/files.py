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
    """Write every file of ``contents`` (name -> bytes) into ``folder``.

    All bytes are on disk under temporary names before the first old file is replaced, so a failure (a full disk, say)
    leaves earlier files as they were. Names with a folder part, or that are not plain names, are refused.

    Raises:
        InputError: the folder cannot be written, or the disk is full.
    """
    check_folder(folder)
    for name in contents:
        if not name or Path(name).name != name or name in (".", ".."):
            raise bad_input(f"'{name}' is not a plain file name", path=str(folder))
        if (folder / name).is_dir():
            raise bad_input(f"{folder / name} is a folder; a file is to be written there", path=str(folder))
    staged: list[tuple[str, Path]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in contents.items():
            staged.append((_stage(folder, data), folder / name))
        for temporary, final in staged:
            os.replace(temporary, final)
    except OSError as error:
        raise bad_input(f"cannot write: {error.strerror or error}", path=str(folder)) from None
    finally:
        for temporary, _ in staged:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
    return [final for _, final in staged]


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
