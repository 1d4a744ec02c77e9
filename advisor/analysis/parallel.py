"""The same work on several processors, with the same result for any number of them.

Work is a callable that can be sent to another process, and a list of arguments. Results come back in the order of the
arguments, so nothing depends on which process was faster. With one job there are no processes at all, and nothing of
this is imported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

Argument = TypeVar("Argument")
Result = TypeVar("Result")
Done = Callable[[int], None]
More = Callable[[Sequence[Any]], Sequence[Any]]

CHUNKS_A_JOB = 32  # so that a slow chunk at the end does not leave the others idle for long
_given: list[tuple[Callable[[Any], Any], Sequence[object]]] = []  # in a process: what it works with, what is shared


def mapped(
    work: Callable[[Argument], Result],
    arguments: Sequence[Argument],
    jobs: int = 1,
    done: Done = lambda count: None,
    shared: Sequence[object] = (),
    meanwhile: Callable[[], None] = lambda: None,
    more: More = lambda first: (),
    after: int = 0,
) -> list[Result]:
    """Return ``[work(a) for a in arguments]``, worked out by so many processes.

    Args:
        work: must be picklable (a function of a module, or an instance of a class of one) where ``jobs`` is above 1;
            it is sent to each process once.
        done: told after each result how many there are; for progress bars.
        shared: large objects that work and results hold: results come back with these very ones, not with copies.
        meanwhile: what this process does while others work; with one job, in the end.
        more: told the results of the first ``after`` arguments, says what else there is to work out; that comes behind.

    Raises:
        What ``work`` raises first, in the order of the arguments. Interrupting ends all processes.

    >>> mapped(abs, [-1, 2, -3])
    [1, 2, 3]
    >>> mapped(abs, [-1, 2, -3], more=lambda first: [-10 * one for one in first], after=2)
    [1, 2, 3, 10, 20]
    """
    arguments = arguments if after else [*arguments, *more(())]
    jobs = jobs if after else min(jobs, len(arguments))
    if jobs > 1:
        return _in_processes(work, arguments, jobs, done, shared, meanwhile, more, after)
    found: list[Result] = []
    waiting = [*arguments]
    for argument in waiting:  # which grows
        found.append(work(argument))
        done(len(found))
        waiting += more(found) if len(found) == after else ()
    meanwhile()
    return found


def _in_processes(
    work: Callable[[Argument], Result],
    arguments: Sequence[Argument],
    jobs: int,
    done: Done,
    shared: Sequence[object],
    meanwhile: Callable[[], None],
    more: More,
    after: int,
) -> list[Result]:
    from advisor.analysis.sent import unpacked

    pool = processes(work, jobs, shared)
    chunk = max(1, len(arguments) // (jobs * CHUNKS_A_JOB))
    found: list[Result] = []
    try:
        given = [pool.submit(run, arguments[at : at + chunk]) for at in range(0, len(arguments), chunk)]
        meanwhile()
        for one in given:  # which grows
            for result in unpacked(one.result(), shared):
                found.append(result)
                done(len(found))
                if len(found) == after:
                    given += [pool.submit(run, [argument]) for argument in more(found)]
    except BaseException:
        end(pool)
        raise
    pool.shutdown()
    return found


def processes(work: Callable[[Any], Any], jobs: int, shared: Sequence[object]) -> ProcessPoolExecutor:
    """Return so many processes that each :func:`run` work; what they work with is sent to each once."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    return ProcessPoolExecutor(jobs, get_context("fork" if forks() else "spawn"), _take, (work, shared))


def forks() -> bool:
    """Return whether a process may begin as a copy of this one, which then has at once all that is worked out here.

    A copy has none of the threads of the original, and keeps the locks that these hold. The solver runs in one thread
    (:data:`advisor.optimizer.solver.OPTIONS`) and numpy's library ends its own before it is copied. A thread of Python,
    as that of a progress bar, would be lost together with its locks; and macOS's own libraries do not bear a copy.
    """
    import threading

    return sys.platform == "linux" and threading.active_count() == 1


def _take(work: Callable[[Any], Any], shared: Sequence[object]) -> None:
    """Begin a process: it works on what it was given and leaves interrupts to its parent."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _given[:] = [(work, shared)]


def run(arguments: Sequence[Any]) -> bytes:
    """Return what becomes of some arguments in a process that was begun with the work; for :func:`sent.unpacked`."""
    from advisor.analysis.sent import packed

    ((work, shared),) = _given
    return packed([work(argument) for argument in arguments], shared)


def end(pool: ProcessPoolExecutor) -> None:
    """End a pool's processes now: what they still work on is not wanted.

    Nothing is cancelled first: the pool of Python 3.11 complains of cancelled work when its processes are gone.
    """
    for child in list((pool._processes or {}).values()):
        child.terminate()
    pool.shutdown()
