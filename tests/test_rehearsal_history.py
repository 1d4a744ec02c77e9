"""The history survives being killed at any moment, and a file that is not ours is named and left alone."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import rehearsal_case as case
import test_rehearsal_render as shown

from advisor.errors import InputError
from advisor.rehearsal.ahead import Lazily
from advisor.rehearsal.history import APPLICATION, VERSION, History, Row
from advisor.rehearsal.progress import progress
from advisor.rehearsal.session import State

NOW = "2026-01-02T03:04:05+00:00"

WRITER = """
import sys
sys.path.insert(0, {tests!r})
import rehearsal_case as case, test_rehearsal_history as t
from advisor.rehearsal.history import History
t.write_for_ever(History(__import__("pathlib").Path({place!r})))
"""


def begun(history: History) -> int:
    """Begin a session and return its number."""
    return history.begin(case.setup(), "Title", "rag_assistant", State(), NOW)


def write_for_ever(history: History) -> None:
    """Answer and save, one more step each time, telling how many are saved."""
    from advisor.rehearsal import session

    number, state = begun(history), State()
    for count in range(1, 100_000):
        state = session.skip(state, 1.0)
        history.save(number, state, [], [])
        print(count, flush=True)


@pytest.mark.parametrize("after_lines", [1, 7, 23])
def test_a_killed_process_loses_nothing_that_was_saved(tmp_path: Path, after_lines: int) -> None:
    """Killed in the middle of writing, the file opens, is sound, and holds every step that was reported as saved."""
    place = tmp_path / "h.sqlite3"
    code = WRITER.format(tests=str(Path(__file__).parent), place=str(place))
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    told = [child.stdout.readline() for _ in range(after_lines)]
    time.sleep(0.003 * after_lines)  # somewhere inside of one of the next writes
    child.send_signal(signal.SIGKILL)
    told += child.stdout.readlines()
    child.wait()
    saved = History(place).unfinished()
    assert saved is not None
    assert saved.state.position >= int([line for line in told if line.endswith("\n")][-1])


def test_a_session_reads_back_as_it_was(tmp_path: Path) -> None:
    """Setup, state and items survive the file; the session that is over is no longer unfinished."""
    one, history = shown.sat(), History(tmp_path / "h.sqlite3")
    number = begun(history)
    history.save(number, one.state, shown.small(), one.marks())
    saved = history.unfinished()
    assert saved is not None
    assert (saved.setup, saved.state, list(saved.items)) == (case.setup(), one.state, shown.small())
    again = type(one)(saved.setup, one.scenario, one.catalog, Lazily(iter(()), saved.items), saved.state)
    assert again.marks() == one.marks()
    history.end(number, NOW)
    assert history.unfinished() is None
    assert history.last() is not None


def test_what_is_prepared_is_saved_too_and_told_apart_from_what_was_met(tmp_path: Path) -> None:
    """Items that nobody came to yet are kept for later, whether they are all is known; only what was shown was met."""
    one, history = case.sitting(), History(tmp_path / "h.sqlite3")
    one.skip()
    number = begun(history)
    for whole in (False, True, True):
        history.save(number, one.state, case.items(), one.marks(), whole=whole)
        saved = history.unfinished()
        assert saved is not None
        assert (saved.items, saved.whole) == (case.items(), whole)
        assert saved.met == case.items()[:2]
    again = Lazily(iter(()), saved.items)
    assert again.item(len(case.items()) - 1) == case.items()[-1]
    assert again.item(len(case.items())) is None


def test_progress_is_counted_from_what_was_saved(tmp_path: Path) -> None:
    """Means by session, kind and competence, and calibration, are those of the marks."""
    one, history = shown.sat(), History(tmp_path / "h.sqlite3")
    history.save(begun(history), one.state, shown.small(), one.marks())
    marks = one.marks()
    found = progress(history.rows())
    assert found.sessions[0][3].points == pytest.approx(sum(m.points.points for m in marks) / len(marks))
    assert {group.name for group in found.kinds} == {mark.kind for mark in marks}
    assert [group.points for group in found.kinds] == sorted(group.points for group in found.kinds)
    assert sum(one.count for one in found.calibration) == sum(m.points.confidence is not None for m in marks)


def test_saving_again_replaces_the_marks(tmp_path: Path) -> None:
    """A step that was undone leaves no mark behind."""
    from advisor.rehearsal import session

    one, history = shown.sat(), History(tmp_path / "h.sqlite3")
    number = begun(history)
    history.save(number, one.state, shown.small(), one.marks())
    one.state = session.undo(one.state)
    history.save(number, one.state, shown.small(), one.marks())
    assert len(history.rows()) == len(one.marks()) == 4


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    """Without a file there is no session, and none is made by asking."""
    history = History(tmp_path / "none" / "h.sqlite3")
    assert (history.unfinished(), history.last(), history.rows(), history.every()) == (None, None, [], [])
    assert not (tmp_path / "none").exists()


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    """The file is made for the user alone."""
    history = History(tmp_path / "h.sqlite3")
    begun(history)
    assert stat.S_IMODE(os.stat(history.place).st_mode) == 0o600


def _garbage(place: Path) -> None:
    place.write_bytes(b"this is no database at all" * 100)


def _foreign(place: Path) -> None:
    with sqlite3.connect(place) as file:
        file.execute("CREATE TABLE notes (text TEXT)")


def _newer(place: Path) -> None:
    begun(History(place))
    with sqlite3.connect(place) as file:
        file.execute(f"PRAGMA user_version = {VERSION + 1}")


def _torn(place: Path) -> None:
    history = History(place)
    for _ in range(40):
        begun(history)
    data = bytearray(place.read_bytes())
    data[4096:] = bytes(len(data) - 4096)
    place.write_bytes(data)


def _folder(place: Path) -> None:
    place.mkdir()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_garbage, "is broken"),
        (_foreign, "of another program"),
        (_newer, "newer advisor"),
        (_torn, "is broken"),
        (_folder, "cannot be written"),
    ],
)
def test_a_file_that_is_not_ours_or_broken_is_named_and_left_alone(tmp_path: Path, spoil: object, said: str) -> None:
    """It is named, said what it is, and not one byte of it changes."""
    place = tmp_path / "h.sqlite3"
    spoil(place)  # type: ignore[operator]
    before = place.read_bytes() if place.is_file() else b""
    with pytest.raises(InputError) as raised:
        begun(History(place))
    assert said in str(raised.value)
    assert raised.value.problems[0].file == str(place)
    assert (place.read_bytes() if place.is_file() else b"") == before


def test_an_unreadable_session_is_named(tmp_path: Path) -> None:
    """A session whose text is no longer JSON is named by its number."""
    history = History(tmp_path / "h.sqlite3")
    begun(history)
    with sqlite3.connect(history.place) as file:
        file.execute("UPDATE session SET state = 'x'")
    with pytest.raises(InputError, match="session 1 cannot be read"):
        history.unfinished()


def test_the_file_says_whose_it_is(tmp_path: Path) -> None:
    """Application id and version are set in the same transaction as the first session."""
    history = History(tmp_path / "h.sqlite3")
    begun(history)
    with sqlite3.connect(history.place) as file:
        assert file.execute("PRAGMA application_id").fetchone() == (APPLICATION,)
        assert file.execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_an_empty_history_is_said() -> None:
    """Without a session the page says how to begin one."""
    from advisor.render.rehearsal_history import page

    assert "advisor rehearse" in "\n".join(page(progress([])))
    assert progress([Row(1, NOW, "t", "k", "cost", 0.5, None, None, False, True)]).calibration == ()
