"""Results on their way from one process to another, without copies of what both processes have.

A design holds its scenario, and that its catalog: copied with each result they take longer than many a result takes to
be worked out. What both sides have is sent as a number instead, and arrives as the receiver's own.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from typing import Any


def packed(result: object, shared: Sequence[object]) -> bytes:
    """Return a result as bytes; of what is ``shared`` they name only the place in the list.

    >>> both = [list(range(1_000))]
    >>> sent = packed({"like": both[0]}, both)
    >>> len(sent) < 100, unpacked(sent, both)["like"] is both[0]
    (True, True)
    """
    file = io.BytesIO()
    _Pickler(file, shared).dump(result)
    return file.getvalue()


def unpacked(sent: bytes, shared: Sequence[object]) -> Any:
    """Return a result that :func:`packed` made; ``shared`` lists the receiver's own in the same order."""
    return _Unpickler(io.BytesIO(sent), shared).load()


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, shared: Sequence[object]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._places = {id(one): place for place, one in enumerate(shared)}

    def persistent_id(self, one: object) -> int | None:
        return self._places.get(id(one))


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, shared: Sequence[object]) -> None:
        super().__init__(file)
        self._shared = shared

    def persistent_load(self, place: int) -> object:
        return self._shared[place]
