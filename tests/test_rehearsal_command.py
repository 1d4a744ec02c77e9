"""``advisor rehearse`` as somebody meets it: on a terminal, from a script, and with what was saved."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shlex
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import jsonschema
import pytest
import rehearsal_case as case

from advisor import resources
from advisor.commands.main import run
from advisor.rehearsal.ahead import Lazily
from advisor.rehearsal.course import Item
from advisor.rehearsal.sitting import Sitting

Capture = pytest.CaptureFixture[str]
CATALOG = str(case.DATA / "mini_catalog")
KIND = "tokens_a_month"
CTRL_C = "\x03"
SECONDS = 120
PROMPT = re.compile(rb"> $")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the scenario, and a data folder of its own below it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenario.yml").write_text(case.TEXT, encoding="utf-8")
    return tmp_path


def schema(kind: str) -> dict[str, object]:
    """Return a published schema."""
    return json.loads((resources.folder("templates") / "schema" / f"{kind}.schema.json").read_text())


def typed(arguments: Sequence[str], lines: Sequence[str], **environment: str) -> tuple[str, int]:
    """Run the command on a pseudo-terminal, typing a line at every prompt; return what it showed and its exit code."""
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover - the child is another program
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored in what a script starts behind it, like these tests
        os.environ.update({"TERM": "xterm", "COLUMNS": "110", **environment})
        os.execv(sys.executable, [sys.executable, "-m", "advisor", *arguments])
    shown, left, answered = b"", list(lines), 0
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                new = os.read(terminal, 65_536)
            except OSError:
                break
            if not new:
                break
            shown += new
        elif left and len(shown) > answered and PROMPT.search(shown):
            answered = len(shown)
            line = left.pop(0)
            os.write(terminal, line.encode() if line == CTRL_C else line.encode() + b"\n")
    else:
        os.kill(child, signal.SIGKILL)
    os.close(terminal)
    return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_session_on_a_terminal_is_interrupted_and_resumed(place: Path) -> None:
    """Hint, a wrong unit, nonsense, an answer, undo, Ctrl-C; resumed, it stands where it stood; the history knows."""
    base = ["rehearse", "scenario.yml", "--catalog", CATALOG, "--drill", KIND, "--seed", "3"]
    keys = ["", "", "?", "40 GB", "banana", "1000-9000", "undo", "900-1100", CTRL_C]
    shown, code = typed(base, keys, NO_COLOR="1")
    assert code == 130
    assert "hint:" in shown
    assert "is in 'GB'" in shown
    assert "'banana' is not understood" in shown
    assert shown.count("truth:") == 2
    assert "advisor rehearse --resume" in shown
    assert not re.search(r"\x1b\[[0-9;]*3[1-7]m", shown)
    assert f"again: advisor rehearse {place / 'scenario.yml'} --seed 3 --drill {KIND}" in " ".join(shown.split())
    assert "Its truth was shown" in shown
    shown, code = typed(["rehearse", "--resume"], ["", "", "pause"])
    assert code == 0
    assert "2 · Estimate" in shown
    shown, code = typed(["rehearse", "--resume"], ["pause"])
    assert code == 0
    assert "saved. Go on with" in shown
    assert run(["rehearse", "--history"]) == 0


def test_a_session_that_cannot_be_held_is_not_gone_on_with(place: Path) -> None:
    """A scenario without a design ends the session that was begun on it, so that --resume finds the one before."""
    from advisor.rehearsal.history import History, default_place

    base = ["rehearse", "--catalog", CATALOG, "--minutes", "15", "--seed", "3"]
    assert typed([*base, "scenario.yml"], ["", "", "pause"])[1] == 0
    (place / "tight.yml").write_text(case.TEXT.replace("9_000", "1"), encoding="utf-8")
    shown, code = typed([*base, "tight.yml"], ["", "", "skip", "skip", "skip"])
    assert (code, "nothing to rehearse against" in shown) == (2, True)
    left = History(default_place()).unfinished()
    assert left is not None
    assert Path(left.setup.file).name == "scenario.yml"


def test_a_generated_session_is_named_as_it_was_generated_also_when_it_is_resumed() -> None:
    """The command that plays it again has blueprint and level in place of a file that there is none of."""
    from advisor.commands.rehearse_setup import begin, resumed
    from advisor.rehearsal.record import setup_data, setup_of

    given = dict.fromkeys(("scenario", "catalog_folder", "as_of", "drill", "minutes"))
    begun = begin({**given, "blueprint": "hybrid_search", "level": "staff", "seed": 5})
    again = "advisor rehearse --blueprint hybrid_search --level staff --seed 5 --minutes 35"
    assert begun.again() == begun.again(beside=False) == again
    assert resumed(setup_of(json.loads(json.dumps(setup_data(begun.setup))))).again() == again


@pytest.mark.parametrize(("stop", "code"), [("Enter to begin", 0), ("Enter for the brief", 130)])
def test_the_first_page_waits_for_no_scenario(
    stop: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """What is generated comes while somebody reads how to answer; whoever stops there waits for it and has nothing."""
    from advisor.commands import rehearse_read, rehearse_setup
    from advisor.commands.rehearse_session import sit_generated

    shown = threading.Event()

    def begin(*_: object) -> rehearse_setup.Begun:
        assert shown.wait(SECONDS), "the page waits for the scenario"
        return rehearse_setup.Begun(case.setup(), case.scenario(), case.catalog())

    def line(prompt: str) -> str:
        shown.set()
        if code and prompt == stop:
            raise KeyboardInterrupt
        return "pause" if prompt == stop else ""

    monkeypatch.setattr(rehearse_setup, "begin", begin)
    monkeypatch.setattr(rehearse_read, "line", line)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    given = dict.fromkeys(("scenario", "catalog_folder", "as_of", "drill", "minutes", "feedback"))
    with pytest.raises(SystemExit) as stopped:
        sit_generated({**given, "blueprint": "hybrid_search", "level": "staff", "seed": 5}, None, ())
    assert stopped.value.code == code
    told = " ".join(capsys.readouterr().out.split())
    assert "again: advisor rehearse --blueprint hybrid_search --level staff --seed 5 --minutes 35" in told
    assert (case.scenario().title in told) == (code == 0)


class Later(Lazily):
    """Items of which the second one is not there yet, and must not be waited for."""

    def item(self, number: int) -> Item | None:
        """Return the first item."""
        assert number == 0, "something waits for an item that is not there"
        return super().item(number)

    def ready(self, number: int) -> bool:
        """Only the first one is."""
        return number == 0


def test_an_answer_is_saved_and_marked_before_the_next_question_is_there(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """Somebody who answers sees the truth at once; then only the next question is waited for."""
    from advisor.commands import rehearse_read
    from advisor.commands.rehearse_session import Table
    from advisor.commands.rehearse_setup import Begun
    from advisor.rehearsal.history import History, default_place

    one = Sitting(case.setup(), case.scenario(), case.catalog(), Later(iter(()), case.items()[:1]))
    history = History(default_place())
    number = history.begin(one.setup, "T", "rag_assistant", one.state, "2026-01-02T00:00:00+00:00")
    table = Table(one, Begun(one.setup, one.scenario, one.catalog), history, number)
    monkeypatch.setattr(rehearse_read, "line", lambda _: "5")
    table._item(case.items()[0])
    assert "truth:" in capsys.readouterr().out
    saved = history.unfinished()
    assert saved is not None
    assert saved.state.position == 1


def test_a_drill_without_a_question_says_so(place: Path, capsys: Capture) -> None:
    """Where a scenario gives no question of a kind, that is said instead of an empty score; nothing is written."""
    from advisor.commands.rehearse_session import Table
    from advisor.commands.rehearse_setup import Begun

    one = Sitting(case.setup(drill="memory_fit"), case.scenario(), case.catalog(), Lazily(iter(())))
    Table(one, Begun(one.setup, one.scenario, one.catalog), None, None).finish({"output": place / "out"})
    told = capsys.readouterr().out
    assert "Neither this scenario nor another one gives a question" in " ".join(told.split())
    assert "Score" not in told
    assert not (place / "out").exists()


def test_the_history_is_printed_and_satisfies_its_schema(place: Path, capsys: Capture) -> None:
    """Text, JSON by its published schema, and the calibration chart as a file."""
    import test_rehearsal_render as shown

    from advisor.rehearsal.history import History, default_place

    one, history = shown.sat(), History(default_place())
    number = history.begin(one.setup, "T", "rag_assistant", one.state, "2026-01-02T00:00:00+00:00")
    history.save(number, one.state, shown.small(), one.marks())
    assert run(["rehearse", "--history", "-o", "out"]) == 0
    text = capsys.readouterr().out
    assert "Kinds, the weakest first" in text
    assert "\x1b" not in text
    assert (place / "out" / "calibration.svg").read_text().startswith("<svg")
    assert run(["rehearse", "--history", "--json"]) == 0
    jsonschema.validate(json.loads(capsys.readouterr().out), schema("rehearsal_history"))
    assert run(["rehearse", "--export", "anki"]) == 0
    assert capsys.readouterr().out.startswith("#separator:tab\n")
    assert run(["rehearse", "--debrief", "-o", "again", "--date", "2026-01-02"]) == 0
    assert {"debrief.md", "debrief.html", "scenario.yml"} <= {path.name for path in (place / "again").iterdir()}


def test_a_script_is_played_the_same_every_time(place: Path, capsys: Capture) -> None:
    """The same seed, script and date give the same files and the same JSON, which satisfies its published schema."""
    (place / "answers.yml").write_text('seed: 3\nanswers: ["1000-9000", {answer: "5", hint: true}, skip]')
    base = ["rehearse", "scenario.yml", "--catalog", CATALOG, "--drill", KIND, "--script", "answers.yml"]
    printed = []
    for name in ("a", "b"):
        assert run([*base, "-o", name, "--date", "2026-01-02", "--json"]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    jsonschema.validate(json.loads(printed[0]), schema("rehearsal"))
    files = [{p.relative_to(place / n): p.read_bytes() for p in (place / n).rglob("*") if p.is_file()} for n in "ab"]
    assert files[0] == files[1]
    assert not (place / "data").exists()  # a script is not entered into the history


def test_a_debrief_plays_again_in_its_folder(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """The first command of a debrief that a script played is run beside it and gives the same debrief."""
    (place / "answers.yml").write_text('seed: 3\nanswers: ["1000-9000", skip]')
    dated = ["--date", "2026-01-02"]
    played = ["scenario.yml", "--catalog", CATALOG, "--drill", KIND, "--script", "answers.yml", "-o", "out", *dated]
    assert run(["rehearse", *played]) == 0
    monkeypatch.chdir(place / "out")
    text = Path("debrief.md").read_text(encoding="utf-8")
    again = re.search(r"^advisor (rehearse .*)$", text, re.MULTILINE)
    assert again is not None
    assert run([*shlex.split(again[1]), "-o", "again", *dated]) == 0
    assert (Path("again") / "debrief.md").read_text(encoding="utf-8") == text


def test_what_a_debrief_writes_runs(place: Path, capsys: Capture) -> None:
    """The designs, the scenarios after each change and the JSON of a whole session are files that advisor reads."""
    import datetime

    from test_rehearsal_design import at_design

    from advisor.commands.rehearse_files import write_debrief
    from advisor.designs import load_design
    from advisor.rehearsal.debrief import debrief
    from advisor.render.rehearsal_json import debrief as as_data
    from advisor.scenario.load import load_scenario

    one = at_design(len([item for item in case.items() if type(item).__name__ == "Designing"]) - 1)
    one.done()
    write_debrief(one, "advisor rehearse", place / "out", {"date": datetime.date(2026, 1, 2)})
    for path in sorted((place / "out").rglob("scenario.yml")):
        assert load_scenario(path, case.catalog()).title
    assert load_design(place / "out" / "design.yml", case.catalog())
    jsonschema.validate(as_data(debrief(one), one.setup, "T", "advisor rehearse"), schema("rehearsal"))
    for item in one.items:
        if type(item).__name__ == "Designing":
            where = place / "out" / item.command.split()[-1]  # type: ignore[union-attr]
            assert where.exists()


def test_the_sheet_is_written_with_what_its_commands_need(place: Path, capsys: Capture) -> None:
    """Every scenario that a command of the sheet names is beside it."""
    arguments = ["scenario.yml", "--catalog", CATALOG, "--seed", "3", "--minutes", "15", "--interviewer", "-o", "sheet"]
    assert run(["rehearse", *arguments]) == 0
    text = (place / "sheet" / "interviewer.md").read_text(encoding="utf-8")
    named = set(re.findall(r"advisor [a-z-]+ (\S*scenario\.yml)", text))
    assert {"scenario.yml", "after_1/scenario.yml"} <= named
    assert [name for name in named if not (place / "sheet" / name).is_file()] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--drill", "monthly_cst"], "did you mean 'monthly_cost'"),
        (["--history", "--resume"], "exclude each other"),
        (["--resume", "--seed", "3"], "leave out seed"),
        (["--debrief"], "give -o DIR"),
        (["--json"], "--json goes with"),
        (["scenario.yml", "--level", "staff"], "give a SCENARIO, or"),
        (["scenario.yml"], "a session needs a terminal"),
        (["--debrief", "-o", "out"], "holds no session yet"),
        (["--export", "anki"], "holds no question yet"),
        (["nowhere.yml", "--export", "anki"], "nowhere.yml"),
        (["--blueprint", "rag_asistant", "--interviewer"], "rag_assistant"),
        (["--script", "nowhere.yml"], "cannot be read"),
    ],
)
def test_what_makes_no_sense_is_refused(place: Path, capsys: Capture, arguments: list[str], said: str) -> None:
    """Exit code 2, one clear sentence, nothing written."""
    assert run(["rehearse", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not (place / "out").exists()


def test_a_script_without_a_seed_is_refused(place: Path, capsys: Capture) -> None:
    """A script is played on a session that a seed gives; without one there is nothing to play it on."""
    (place / "answers.yml").write_text("answers: [skip]")
    assert run(["rehearse", "scenario.yml", "--script", "answers.yml"]) == 2
    assert "seed" in capsys.readouterr().err


def test_what_a_script_names_is_checked_with_its_line(place: Path, capsys: Capture) -> None:
    """A kind and a blueprint that there are none of: both at once, with file and line and the nearest that there is."""
    (place / "answers.yml").write_text("seed: 1\ndrill: tokens_a_mont\nblueprint: rag_assistent\nanswers: [skip]")
    assert run(["rehearse", "--catalog", CATALOG, "--script", "answers.yml"]) == 2
    said = capsys.readouterr().err
    assert "answers.yml:2: drill: found 'tokens_a_mont'" in said
    assert "answers.yml:3: blueprint: found 'rag_assistent'" in said
    assert "did you mean 'tokens_a_month'" in said
    assert "did you mean 'rag_assistant'" in said


def test_a_broken_history_is_named_before_a_session_begins(place: Path, capsys: Capture) -> None:
    """The file is named, and --history does not touch it."""
    file = place / "data" / "advisor" / "rehearsals.sqlite3"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"no database" * 1000)
    assert run(["rehearse", "--history"]) == 2
    assert str(file) in capsys.readouterr().err
    assert file.read_bytes() == b"no database" * 1000
