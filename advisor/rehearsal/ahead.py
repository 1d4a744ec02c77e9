"""Items prepared ahead by another process, while somebody thinks about the one before.

Another process, because a search does not let go of this one, and because it can be ended at any moment. The items are
the same as when they are worked out here: they depend on the setup only.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, Protocol

from advisor.errors import InputError
from advisor.rehearsal.course import Item, Setup


class Source(Protocol):
    """Where items come from."""

    def item(self, number: int) -> Item | None:
        """Return an item, waiting for it; None behind the last."""

    def ready(self, number: int) -> bool:
        """Return whether :meth:`item` would not wait."""

    def close(self) -> None:
        """End what works ahead."""


class Lazily:
    """Items worked out here when they are asked for.

    >>> Lazily(iter(()), ()).item(0) is None
    True
    """

    def __init__(self, items: Iterator[Item], known: Sequence[Item] = ()) -> None:
        self._items, self._known = items, list(known)

    def item(self, number: int) -> Item | None:
        """Return an item, worked out with those before it if need be."""
        while len(self._known) <= number:
            found = next(self._items, None)
            if found is None:
                return None
            self._known.append(found)
        return self._known[number]

    def ready(self, number: int) -> bool:
        """Return whether the item is worked out."""
        return len(self._known) > number

    def close(self) -> None:
        """There is nothing to end."""


class Ahead:
    """Items worked out by another process, one after the other without waiting to be asked.

    Args:
        known: the first ones, which take no time or were met before the session was interrupted.
    """

    def __init__(self, setup: Setup, known: Sequence[Item] = ()) -> None:
        from multiprocessing import get_context

        context = get_context("spawn")  # a forked child would inherit the solver's threads and locks
        self._known: list[Item] = list(known)
        self._ended = False
        self._skip = len(self._known)
        self._receive, send = context.Pipe(duplex=False)
        self._process = context.Process(target=_work, args=(setup, send), daemon=True)
        with _interrupts_ignored():
            self._process.start()
        send.close()

    def item(self, number: int) -> Item | None:
        """Return an item, waiting until it is there.

        Raises:
            InputError: the setup has nothing to rehearse. RuntimeError: the other process failed.
        """
        while not self._ended and (len(self._known) <= number or self._receive.poll()):
            self._take()  # also what nobody asked for yet: it may be that there is nothing to rehearse
        return self._known[number] if number < len(self._known) else None

    def ready(self, number: int) -> bool:
        """Return whether the item has come."""
        while not self._ended and self._receive.poll():
            self._take()
        return self._ended or len(self._known) > number

    def close(self) -> None:
        """End the other process now; what it still works on is not wanted."""
        self._process.terminate()
        self._process.join()
        self._receive.close()

    def _take(self) -> None:
        try:
            word, value = self._receive.recv()
        except EOFError:
            raise RuntimeError("the process that prepares questions ended early") from None
        if word == "item" and self._skip:
            self._skip -= 1
        elif word == "item":
            self._known.append(value)
        elif word == "end":
            self._ended = True
        elif word == "input":
            raise InputError(value)
        else:
            raise RuntimeError(value)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Start a process that Ctrl-C does not reach, not even before its first line runs: it would print a traceback."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _work(setup: Setup, send: Connection) -> None:
    """Send every item of a setup; leave interrupts to the parent, and end with it."""
    from advisor.rehearsal.prepare import items

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where it is not inherited
    try:
        for item in items(setup):
            _send(send, "item", item)
        _send(send, "end", None)
    except InputError as error:
        _send(send, "input", tuple(error.problems))
    except BrokenPipeError:
        return
    except Exception as error:
        _send(send, "failed", f"{type(error).__name__}: {error}")


def _send(send: Connection, word: str, value: Any) -> None:
    send.send((word, value))
