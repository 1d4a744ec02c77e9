"""Work that builds tables by the thousand, without Python's search for reference cycles in between.

Candidates, tables and searches hold no cycles: they are freed as soon as nobody needs them, collector or not. It still
looks through all that is alive again and again, the catalog included, and that took a fifth of the time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unswept() -> Iterator[None]:
    """Pause the collector of reference cycles; it is as it was afterwards, also after an error.

    >>> with unswept():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
