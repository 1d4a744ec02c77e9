"""A rehearsal on a terminal: shows, reads, saves after every step."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from advisor.commands import rehearse_read

if TYPE_CHECKING:
    from rich.console import Console

    from advisor.commands.rehearse_setup import Begun
    from advisor.rehearsal.ahead import Source
    from advisor.rehearsal.course import Item, Setup
    from advisor.rehearsal.history import History, Saved
    from advisor.rehearsal.sitting import Sitting
    from advisor.rehearsal.workers import Worker

HELP, PAUSE = "help", "pause"


class PauseError(Exception):
    """Somebody wants to stop here and go on later."""


def sit(
    begun: Begun, given: dict[str, Any], history: History | None, saved: Saved | None, workers: Sequence[Worker]
) -> None:
    """Sit a session from where it stands to its end, or until it is paused.

    ``workers``: that wait to prepare questions; () where all are known.
    """
    _sit(begun, _source(begun, saved, workers), given, history, saved)


def sit_generated(given: dict[str, Any], history: History | None, workers: Sequence[Worker]) -> None:
    """Sit a session on a scenario that is generated, which takes some solves, while somebody reads the first page."""
    from concurrent.futures import ThreadPoolExecutor

    from advisor.commands.console import console
    from advisor.commands.rehearse_setup import begin, drafted

    draft = drafted(given)

    def made() -> tuple[Begun, Source]:
        begun = begin(given, draft)
        return begun, _source(begun, None, workers)

    try:
        with ThreadPoolExecutor(1) as pool:
            coming = pool.submit(made)
            first_page(console(), draft)
            begun, source = coming.result()
    except (KeyboardInterrupt, click.Abort, PauseError) as stop:
        click.echo("\nstopped before it began", err=True)
        raise SystemExit(0 if isinstance(stop, PauseError) else 130) from None
    _sit(begun, source, given, history, None, greeted=True)


def _sit(
    begun: Begun,
    source: Source,
    given: dict[str, Any],
    history: History | None,
    saved: Saved | None,
    *,
    greeted: bool = False,
) -> None:
    """Sit a session whose items come from a source. ``greeted``: the first page was shown."""
    from advisor.errors import InputError
    from advisor.rehearsal.session import State
    from advisor.rehearsal.sitting import Sitting

    state = saved.state if saved else State(given["feedback"] or "immediate")
    sitting = Sitting(begun.setup, begun.scenario, begun.catalog, source, state)
    table = Table(sitting, begun, history, saved.id if saved else None)
    try:
        if not greeted:
            first_page(table.out, begun.setup)
        table.run()
    except (KeyboardInterrupt, click.Abort, PauseError) as stop:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # somebody in a hurry presses it twice; what is saved is saved
        table.paused()
        raise SystemExit(0 if isinstance(stop, PauseError) else 130) from None
    except InputError:
        table.over()  # there is nothing to rehearse: it is not what --resume goes on with
        raise
    finally:
        source.close()
    table.finish(given)


def _source(begun: Begun, saved: Saved | None, workers: Sequence[Worker]) -> Source:
    """Return where the items come from: what was saved, and what other processes work out if that is not all."""
    from advisor.rehearsal.ahead import Ahead, Lazily
    from advisor.rehearsal.opening import opening

    if saved is not None and saved.whole:
        return Lazily(iter(()), saved.items)
    first = opening(begun.setup, begun.scenario, begun.catalog)
    return Ahead(begun.setup, first, saved.items if saved else (), workers=workers)


class Table:
    """Where a session is sat: the one place that prints its pages and reads what is typed."""

    def __init__(self, sitting: Sitting, begun: Begun, history: History | None, number: int | None) -> None:
        from advisor.commands.console import console

        self.sitting, self.begun, self.history, self.number = sitting, begun, history, number
        self.out = console()
        self._since = time.monotonic()
        self._open = True  # whether it is still to be told what the brief left open

    # --- the course of a session --------------------------------------------------------------------------------------

    def run(self) -> None:
        """Show and read, item by item."""
        self._brief()
        if self.history is not None and self.number is None:
            title, blueprint = self.begun.scenario.title, self.begun.scenario.blueprint.id
            self.number = self.history.begin(self.begun.setup, title, blueprint, self.sitting.state, now())
        self._since = time.monotonic()
        while (item := self._wait()) is not None:
            self._save()
            self._item(item)

    def paused(self) -> None:
        """Save, also when saving is what was interrupted, and say how to go on."""
        self._save()
        if self.history is None:
            click.echo("\nstopped; nothing was kept (--no-history)", err=True)
        elif self.number is None:
            click.echo("\nstopped before it began", err=True)
        else:
            click.echo("\nsaved. Go on with: advisor rehearse --resume", err=True)

    def finish(self, given: dict[str, Any]) -> None:
        """Save the end, print the score and write the debrief."""
        from advisor.commands.rehearse_files import finished, write_debrief
        from advisor.render import rehearsal_text

        self._save()
        self.over()
        self.out.print()
        if not self.sitting.items:
            self._show([rehearsal_text.NO_QUESTION])
            return
        self._show(self._fewer())
        finished(self.sitting, self.begun.again(), given)
        if given["output"] is not None:
            write_debrief(self.sitting, self.begun.again(), given["output"], given)
        elif self.history is not None:
            self.out.print("next: advisor rehearse --debrief -o DIR writes every answer with its derivation")

    def over(self) -> None:
        """Write that the session is over; what was answered was saved before."""
        if self.history is not None and self.number is not None:
            self.history.end(self.number, now())

    def _brief(self) -> None:
        from advisor.rehearsal.opening import left_open
        from advisor.render import rehearsal_text

        self.out.print()
        self._show(rehearsal_text.brief(self.begun.scenario, left_open(self.begun.setup, self.begun.scenario)))
        if self.begun.setup.drill:
            self._show(rehearsal_text.practised(self.begun.setup.drill))
        self.out.print()
        self._show(self._fewer())
        _enter("Enter to begin")

    def _fewer(self) -> Iterable[str]:
        """Yield how many questions a drill has, where it is known already that it has fewer than ten."""
        from advisor.render import rehearsal_text

        items, whole = self.sitting.source.so_far() if self.begun.setup.drill else ([], False)
        if whole and items:
            yield from rehearsal_text.fewer(len(items))

    def _wait(self) -> Item | None:
        """Return the current item; on a terminal say so when it takes longer."""
        from advisor.commands.propose import working

        if self.sitting.source.ready(self.sitting.state.position):
            return self.sitting.current
        with working("preparing the next question"):
            return self.sitting.current

    def _item(self, item: Item) -> None:
        from advisor.rehearsal.course import Asking, Designing
        from advisor.render import rehearsal_text

        self.out.print()
        if self._open and item.part != "open" and not isinstance(item, Asking):
            self._open = False
            told = list(self._settled())
            self._show([*told, ""] if told else [])
        self.out.print(rehearsal_text.head(self.sitting.state.position + 1, item.part, self._left()))
        if self.sitting.state.position in dict(self.sitting.state.first):
            self._show([f"[yellow]{rehearsal_text.SHOWN}[/]"])
        if isinstance(item, Designing):
            from advisor.commands.rehearse_design import Board

            Board(self).run(item)
        else:
            self._question(item)

    def _settled(self) -> Iterable[str]:
        """Return what the brief left open: by what was asked about, or all of it where nothing could be asked."""
        from advisor.rehearsal.opening import left_open
        from advisor.rehearsal.session import Learnt
        from advisor.render import rehearsal_text

        found = self.sitting.learnt()
        facts = left_open(self.begun.setup, self.begun.scenario)
        return rehearsal_text.learnt(found if found != Learnt() else Learnt((), tuple(fact.said for fact in facts)))

    def _left(self) -> float | None:
        setup = self.begun.setup
        return None if setup.drill else setup.minutes * 60 - self.sitting.state.seconds

    # --- questions ----------------------------------------------------------------------------------------------------

    def _question(self, item: Item) -> None:
        from advisor.rehearsal.course import Asked
        from advisor.render import rehearsal_text

        question, number = self.sitting.question, self.sitting.state.position
        assert question is not None
        self._show(rehearsal_text.question(question, item.news if isinstance(item, Asked) else ""))
        while self.sitting.state.position == number and self.sitting.question is not None:
            if self._answered(self._read("answer"), item):
                return

    def _answered(self, text: str, item: Item) -> bool:
        """Do what was typed; return whether the item is over, or another one is current."""
        from advisor.rehearsal.answers import AnswerError

        moved = self.key(text)
        if moved is not None:
            return moved
        if text == "?":
            self._show([f"hint: {_neat(self.sitting.hint())}"])
            self._save()
            return False
        if not text or text == HELP:
            self._help()
            return False
        try:
            if text.lower() in ("skip", "i don't know"):
                self.sitting.skip(self.spent())
            else:
                self.sitting.answer(text, self.spent())
        except AnswerError as error:
            self._show([f"[yellow]{_neat(str(error))}[/]"])
            return False
        self._after(item)
        return True

    def _help(self) -> None:
        from advisor.render import rehearsal_text

        self._show(rehearsal_text.KEYS)

    def key(self, text: str) -> bool | None:
        """Do what a word says that means the same everywhere; return whether it moved, None when it is no such word."""
        word = text.lower()
        if word == PAUSE:
            raise PauseError
        if word not in ("undo", "redo"):
            return None
        before = self.sitting.state
        (self.sitting.undo if word == "undo" else self.sitting.redo)()
        if self.sitting.state == before:
            self._show([f"there is nothing to {word}"])
            return False
        self._save()
        return True

    def _after(self, item: Item) -> None:
        """Show what comes after an answer: the interviewer's, the truth, what is told anyway."""
        from advisor.rehearsal.course import Asked, Asking
        from advisor.render import rehearsal_text

        mark = self.sitting.last_mark()
        self._save()
        if isinstance(item, Asking) and mark is not None and mark.reply.answer is not None:
            self._show(rehearsal_text.asked_about(item, mark.reply.answer.chosen))
        if mark is not None and self.sitting.state.feedback == "immediate":
            self._show(rehearsal_text.feedback(mark, self.begun.setup))
        if isinstance(item, Asked):
            self._show(_neat(line) for line in item.told)

    # --- small parts --------------------------------------------------------------------------------------------------

    def spent(self) -> float:
        """Return the seconds since the last answer, and start counting anew."""
        before, self._since = self._since, time.monotonic()
        return round(self._since - before, 1)

    def read(self, prompt: str) -> str:
        """Return a line as typed, without spaces around it."""
        return self._read(prompt)

    def show(self, lines: Iterable[str]) -> None:
        """Print lines of markup."""
        self._show(lines)

    def save(self) -> None:
        """Write where the session stands."""
        self._save()

    def _read(self, prompt: str) -> str:
        return rehearse_read.line(prompt)

    def _show(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.out.print(line)

    def _save(self) -> None:
        if self.history is None or self.number is None:
            return
        items, whole = self.sitting.source.so_far()
        self.history.save(self.number, self.sitting.state, items, self.sitting.marks(), whole=whole)


def first_page(out: Console, setup: Setup) -> None:
    """Show what is begun, which needs no scenario yet, and wait for Enter."""
    from advisor.commands.rehearse_setup import again
    from advisor.render import rehearsal_text

    length = rehearsal_text.length(setup)
    out.print(f"Rehearsal · {length} · seed {setup.seed} · again: {again(setup, beside=False)}", markup=False)
    out.print()
    for line in rehearsal_text.KEYS:
        out.print(line)
    _enter("Enter for the brief")


def _enter(prompt: str) -> None:
    """Wait for Enter; the word that stops stops here too."""
    if rehearse_read.line(prompt).lower() == PAUSE:
        raise PauseError


def now() -> str:
    """Return the moment, to the second, for the history."""
    import datetime

    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _neat(text: str) -> str:
    from advisor.render.neat import neat

    return neat(text)
