"""``python -m advisor``, and the ``advisor`` program."""

from __future__ import annotations

import gc
import sys

SWEEPS = (50_000, 20, 20)  # what is made between two looks for cycles: most of what a command makes is there to its end


def main() -> None:
    """Run the command line of this process and leave with its exit code."""
    gc.set_threshold(*SWEEPS)
    try:
        from advisor.commands.main import run

        code = run()
    except KeyboardInterrupt:  # before the command line was there to handle it
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
