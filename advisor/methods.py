"""Methods of dataclasses, compiled once and not at every start of the program.

Python writes the source of up to six methods for each dataclass, and compiles it whenever the class is made: for all
that a command imports that is a tenth of its time. Here what was compiled is kept where Python keeps what it compiles
of modules, found again by the very text that it was compiled from; so it is never stale. Only the program does this,
not the library.

    python -m advisor.methods    compile the methods of all modules, as ``python -m compileall`` does with modules
"""

from __future__ import annotations

import dataclasses
import marshal
import os
from contextlib import suppress
from functools import cached_property
from typing import Any

FEW = 16  # methods are compiled sooner than the file is read: what is done with these is a short command
MOST_KEPT = 8000  # methods; with more only those of this run are kept
_CHECK_BYTES = 4  # at the beginning of the file, of all that follows


class Methods:
    """Runs the source of methods, compiling only what was not compiled before.

    >>> found = {}
    >>> Methods(None).run("def one():\\n return 1", {}, found)
    >>> found["one"]()
    1
    """

    def __init__(self, file: str | os.PathLike[str] | None, few: int = 0) -> None:
        """``file``: where compiled methods are kept; None for nowhere. ``few``: the first ones are compiled anyway."""
        self.file, self._few = file, few
        self._used: dict[bytes, bytes] = {}
        self._is_new = False

    @cached_property
    def _kept(self) -> dict[bytes, bytes]:
        """What was compiled, under a digest of its source."""
        return _read(self.file) if self.file else {}

    def run(self, source: str, scope: dict[str, Any] | None = None, names: dict[str, Any] | None = None) -> None:
        """Do what ``exec`` does."""
        if self._few > 0:
            self._few -= 1
            return exec(source, scope, names)
        import hashlib

        key = hashlib.blake2b(source.encode(), digest_size=16).digest()
        if key not in self._kept:
            self._kept[key] = marshal.dumps(compile(source, "<string>", "exec", dont_inherit=True))
            self._is_new = True
        self._used[key] = self._kept[key]
        exec(marshal.loads(self._kept[key]), scope, names)

    def save(self) -> None:
        """Write the file if something new was compiled: whole or not at all, and nothing where it cannot be written."""
        if self.file is None or not self._is_new:
            return
        import zlib

        data = marshal.dumps(self._kept if len(self._kept) <= MOST_KEPT else self._used)
        part = f"{os.fspath(self.file)}.{os.getpid()}"
        with suppress(OSError):
            os.makedirs(os.path.dirname(part), exist_ok=True)
            with open(part, "wb") as out:
                out.write(zlib.crc32(data).to_bytes(_CHECK_BYTES, "little") + data)
            os.replace(part, self.file)
        self._is_new = False


def keep() -> Methods:
    """Let dataclasses that are made from now on use what was compiled before; what is returned can save the rest."""
    methods = Methods(_file(), FEW)
    setattr(dataclasses, "exec", methods.run)  # noqa: B010  found by dataclasses before the builtin
    return methods


def _file() -> str | None:
    from importlib.util import cache_from_source

    try:
        return os.path.splitext(cache_from_source(__file__))[0] + ".methods"
    except NotImplementedError:  # this Python keeps nothing
        return None


def _read(file: str | os.PathLike[str]) -> dict[bytes, bytes]:
    import zlib

    try:
        with open(file, "rb") as opened:
            raw = opened.read()
        if zlib.crc32(raw[_CHECK_BYTES:]) == int.from_bytes(raw[:_CHECK_BYTES], "little"):
            found = marshal.loads(raw[_CHECK_BYTES:])
            return found if isinstance(found, dict) else {}
    except (OSError, ValueError, EOFError, TypeError):
        pass
    return {}


def _compile_all() -> None:
    """Import every module of the package, and save."""
    import importlib
    import pkgutil

    methods = keep()
    package = os.path.dirname(__file__)
    for module in pkgutil.walk_packages([package], f"{os.path.basename(package)}."):
        if not module.name.endswith(("__main__", ".methods")):
            importlib.import_module(module.name)
    methods.save()


if __name__ == "__main__":
    _compile_all()
