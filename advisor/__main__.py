"""``python -m advisor``, and the ``advisor`` program."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line of this process and leave with its exit code."""
    try:
        from advisor.commands.main import run

        code = run()
    except KeyboardInterrupt:  # before the command line was there to handle it
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
