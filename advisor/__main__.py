"""``python -m advisor``, and the ``advisor`` program."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

from advisor.methods import keep

SWEEPS = (1_000_000, 20, 20)  # what is made between two looks for cycles: most of what a command makes stays to its end
THREADS = "OPENBLAS_NUM_THREADS"  # of numpy's library: sums must not hang on the number of processors


def main() -> NoReturn:
    """Run the command line of this process and leave with its exit code."""
    gc.set_threshold(*SWEEPS)
    os.environ.setdefault(THREADS, "1")
    methods = keep()
    if not sys.dont_write_bytecode:
        atexit.register(methods.save)
    try:
        from advisor.commands.main import run

        code = run(leave=_leave)
    except KeyboardInterrupt:  # before the command line was there to handle it
        code = 130
    _leave(code)


def _leave(code: int) -> NoReturn:
    """End this process at once: to take apart all that a command made, piece by piece, is something to wait for.

    What was registered for the end is done, and what was written is out.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # there is none, nobody reads it, it is closed
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
