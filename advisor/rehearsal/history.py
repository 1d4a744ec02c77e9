"""The history of a user's sessions: one SQLite file in their data folder, which never leaves the machine.

Everything is written in transactions as it happens, so that a process that is killed loses nothing that was answered. A
file that is broken, newer, or another program's is named and left alone.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.errors import InputError, bad_input
from advisor.rehearsal.course import Item, Setup
from advisor.rehearsal.record import item_data, item_of, setup_data, setup_of, state_data, state_of
from advisor.rehearsal.session import State
from advisor.rehearsal.sitting import Mark

APPLICATION = 0x41445652  # "ADVR": whose file it is
VERSION = 1
PATIENCE_S = 5.0
NAME = "rehearsals.sqlite3"
END = "null"  # in place of an item: there are no more

_TABLES = """
CREATE TABLE session (
    id INTEGER PRIMARY KEY, begun TEXT NOT NULL, ended TEXT, title TEXT NOT NULL, blueprint TEXT NOT NULL,
    setup TEXT NOT NULL, state TEXT NOT NULL
);
CREATE TABLE item (
    session INTEGER NOT NULL REFERENCES session(id), number INTEGER NOT NULL, item TEXT NOT NULL,
    PRIMARY KEY (session, number)
);
CREATE TABLE mark (
    session INTEGER NOT NULL REFERENCES session(id), number INTEGER NOT NULL, kind TEXT NOT NULL,
    competence TEXT NOT NULL, points REAL NOT NULL, hit INTEGER, confidence REAL, hinted INTEGER NOT NULL,
    seconds REAL NOT NULL, said INTEGER NOT NULL, PRIMARY KEY (session, number)
);
"""


@dataclass(frozen=True)
class Row:
    """One mark of the past.

    Attributes:
        session: its number; begun: when the session was, ISO 8601.
        hit, confidence: as in :class:`~advisor.rehearsal.scoring.Points`. said: False for "I don't know".
    """

    session: int
    begun: str
    title: str
    kind: str
    competence: str
    points: float
    hit: bool | None
    confidence: float | None
    hinted: bool
    said: bool


@dataclass(frozen=True)
class Saved:
    """A session as it was saved.

    Attributes:
        items: those that were prepared, in order, also what nobody came to yet. whole: whether these are all.
    """

    id: int
    begun: str
    ended: str | None
    setup: Setup
    state: State
    items: tuple[Item, ...]
    whole: bool

    @property
    def met(self) -> tuple[Item, ...]:
        """The items that were shown: those that are over, and the one that somebody stands at."""
        return self.items[: self.state.position + 1]


def default_place() -> Path:
    """Return where the history of this user is."""
    import platformdirs

    return Path(platformdirs.user_data_dir("advisor")) / NAME


class History:
    """The file, open. It is made when it is first written to.

    Raises:
        InputError: it cannot be read or written, is broken, of a newer version, or not ours.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self._check()

    def begin(self, setup: Setup, title: str, blueprint: str, state: State, now: str) -> int:
        """Write a new session; return its number."""
        values = (now, title, blueprint, _text(setup_data(setup)), _text(state_data(state)))
        with self._writing() as file:
            into = "INSERT INTO session (begun, title, blueprint, setup, state) VALUES (?, ?, ?, ?, ?)"
            number = file.execute(into, values).lastrowid
        assert number is not None
        return number

    def save(
        self, session: int, state: State, items: Sequence[Item], marks: Sequence[Mark], *, whole: bool = False
    ) -> None:
        """Write where a session stands: its state, the items that are prepared and what those that are over earned.

        ``whole``: these are all the items; a row without an item after the last one says so.
        """
        known = [(session, number, _text(item_data(item))) for number, item in enumerate(items)]
        known += [(session, len(items), END)] if whole else []
        with self._writing() as file:
            file.execute("UPDATE session SET state = ? WHERE id = ?", (_text(state_data(state)), session))
            file.executemany("INSERT OR IGNORE INTO item VALUES (?, ?, ?)", known)
            file.execute("DELETE FROM mark WHERE session = ?", (session,))
            file.executemany(f"INSERT INTO mark VALUES ({', '.join('?' * 10)})", [_mark(session, m) for m in marks])

    def end(self, session: int, now: str) -> None:
        """Write that a session is over."""
        with self._writing() as file:
            file.execute("UPDATE session SET ended = ? WHERE id = ?", (now, session))

    def unfinished(self) -> Saved | None:
        """Return the session that was begun last and is not over; None when there is none."""
        return self._saved("WHERE ended IS NULL ORDER BY id DESC LIMIT 1")

    def last(self) -> Saved | None:
        """Return the session that was begun last; None when there is none."""
        return self._saved("ORDER BY id DESC LIMIT 1")

    def every(self) -> list[Saved]:
        """Return all sessions, the first first."""
        with self._reading() as file:
            numbers = [row[0] for row in file.execute("SELECT id FROM session ORDER BY id")] if file else []
        found = (self._saved(f"WHERE id = {int(number)}") for number in numbers)
        return [one for one in found if one is not None]

    def rows(self) -> list[Row]:
        """Return every mark, in the order in which they were earned."""
        asked = (
            "SELECT m.session, s.begun, s.title, m.kind, m.competence, m.points, m.hit, m.confidence, m.hinted, m.said "
            "FROM mark m JOIN session s ON s.id = m.session ORDER BY m.session, m.number"
        )
        with self._reading() as file:
            found = list(file.execute(asked)) if file else []
        return [_row(*values) for values in found]

    def _saved(self, which: str) -> Saved | None:
        with self._reading() as file:
            if file is None:
                return None
            found = file.execute(f"SELECT id, begun, ended, setup, state FROM session {which}").fetchone()
            if found is None:
                return None
            items = file.execute("SELECT item FROM item WHERE session = ? ORDER BY number", (found[0],)).fetchall()
        try:
            known = tuple(item_of(json.loads(text)) for (text,) in items if text != END)
            number, begun, ended, setup, state = found
            whole = len(known) < len(items)
            return Saved(number, begun, ended, setup_of(json.loads(setup)), state_of(json.loads(state)), known, whole)
        except (ValueError, KeyError, TypeError) as error:
            raise self._broken(f"session {found[0]} cannot be read: {error}") from None

    # --- the file -----------------------------------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """Yield the file; None where there is none yet."""
        if not self.place.exists():
            yield None
            return
        with self._open() as file:
            yield file

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Yield the file in a transaction, which is kept when nothing fails."""
        with self._open() as file, file:
            file.execute("BEGIN IMMEDIATE")
            if _number(file, "user_version") == 0:
                for statement in filter(str.strip, _TABLES.split(";")):
                    file.execute(statement)
                file.execute(f"PRAGMA application_id = {APPLICATION}")
                file.execute(f"PRAGMA user_version = {VERSION}")
            yield file

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            if not self.place.exists():
                self.place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.close(os.open(self.place, os.O_CREAT | os.O_WRONLY, 0o600))
            file = sqlite3.connect(self.place, timeout=PATIENCE_S, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise bad_input(f"cannot be written: {error}", file=str(self.place)) from None
        try:
            file.execute("PRAGMA synchronous = FULL")
            yield file
        except sqlite3.DatabaseError as error:
            raise self._broken(str(error)) from None
        finally:
            file.close()

    def _check(self) -> None:
        """Refuse a file that is not a history of this version."""
        with self._reading() as file:
            if file is None or self.place.stat().st_size == 0:
                return
            owner, version = _number(file, "application_id"), _number(file, "user_version")
            if version == 0 and owner == 0 and not list(file.execute("SELECT 1 FROM sqlite_master LIMIT 1")):
                return
            if owner != APPLICATION:
                raise bad_input("is a SQLite file of another program and is left alone", file=str(self.place))
            if version > VERSION:
                newer = f"was written by a newer advisor (version {version} of the file, {VERSION} is known)"
                raise bad_input(f"{newer}; it is left alone, update advisor", file=str(self.place))
            found = file.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise self._broken(found)

    def _broken(self, what: str) -> InputError:
        if "locked" in what:
            return bad_input("is in use by another process; try again when it has ended", file=str(self.place))
        way = "it is left alone; move it away and a new history is begun"
        return bad_input(f"the history of rehearsals is broken: {' '.join(what.split())}; {way}", file=str(self.place))


def _number(file: sqlite3.Connection, name: str) -> int:
    return int(file.execute(f"PRAGMA {name}").fetchone()[0])


def _text(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _mark(session: int, mark: Mark) -> tuple[object, ...]:
    points, reply = mark.points, mark.reply
    said = mark.question is None or (reply.answer is not None and reply.answer.said)
    hit = None if points.hit is None else int(points.hit)
    earned = (points.points, hit, points.confidence)
    return (session, mark.number, mark.kind, mark.competence, *earned, int(reply.hinted), reply.seconds, int(said))


def _row(*values: Any) -> Row:
    session, begun, title, kind, competence, points, hit, confidence, hinted, said = values
    right = None if hit is None else bool(hit)
    return Row(session, begun, title, kind, competence, points, right, confidence, bool(hinted), bool(said))
