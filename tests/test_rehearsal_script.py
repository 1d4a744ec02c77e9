"""Scripts: the same answers give the same session, and whatever is wrong with one is named with its line."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import jsonschema
import pytest
import rehearsal_case as case

from advisor.commands.main import run
from advisor.commands.schema import schema_text
from advisor.errors import InputError
from advisor.rehearsal.course import Designing
from advisor.rehearsal.debrief import debrief
from advisor.rehearsal.script import load_script, play
from advisor.rehearsal.sitting import Sitting
from advisor.render import page
from advisor.render.rehearsal_debrief import Written, written

DATE = datetime.date(2026, 1, 2)
AGAIN = "advisor rehearse scenario.yml --seed 2 --minutes 35 --script answers.yml"


def script(folder: Path, answers: list[str]) -> Path:
    """Return a script file with some entries."""
    place = folder / "answers.yml"
    place.write_text("seed: 2\nanswers:\n" + "".join(f"  - {one}\n" for one in answers), encoding="utf-8")
    return place


def whole() -> list[str]:
    """Return entries for the whole session: options by their letter, numbers far off, the best design, kept."""
    found: list[str] = []
    for item in case.items():
        if isinstance(item, Designing):
            best = {} if item.number else {role: name for role, name in item.best.items() if role in item.roles}
            found.append(f"design: {{{', '.join(f'{role}: {name}' for role, name in best.items())}}}")
        else:
            found.append("skip" if len(found) % 5 == 4 else "a 70%" if item.part == "adapt" else '"1000"')
    return found


def played(folder: Path, answers: list[str]) -> Sitting:
    """Return the session after a script."""
    one = case.sitting()
    play(load_script(script(folder, answers)), one)
    return one


def text_of(one: Sitting) -> Written:
    """Return the debrief of a session as text."""
    return written(debrief(one), case.anonymous(one.setup), one.scenario.title, one.catalog, DATE, AGAIN)


def fitting(folder: Path) -> list[str]:
    """Return entries that fit every item, each first tried as it is and skipped where it is not understood."""
    entries = whole()
    try:
        played(folder, entries)
    except InputError as error:
        for problem in error.problems:
            number = int(problem.path.partition("[")[2].partition("]")[0])
            entries[number] = "skip"
    return entries


def test_the_same_script_gives_the_same_bytes(tmp_path: Path) -> None:
    """Played twice, debrief, page and drawings are equal byte for byte."""
    entries = fitting(tmp_path)
    one, other = played(tmp_path, entries), played(tmp_path, entries)
    assert debrief(one).complete
    assert one.state == other.state
    assert one.marks() == other.marks()
    first, second = text_of(one), text_of(other)
    assert first == second
    html = [page.html(made.markdown, title="T", figures=made.figures) for made in (first, second)]
    assert html[0] == html[1]


def test_what_a_script_does_not_reach_is_not_asked(tmp_path: Path) -> None:
    """A short script makes a debrief of what it answers, which says that it is not finished."""
    found = debrief(played(tmp_path, ["skip", "skip"]))
    assert len(found.marks) == 2
    assert not found.complete


def test_without_an_answer_there_is_no_score(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing that was answered is not zero points: neither in JSON, nor in the terminal, nor in the debrief."""
    scenario, answers = tmp_path / "scenario.yml", tmp_path / "answers.yml"
    scenario.write_text(case.TEXT, encoding="utf-8")
    answers.write_text("seed: 2\nanswers: []\n", encoding="utf-8")
    catalog = ["--catalog", str(case.DATA / "mini_catalog")]
    arguments = ["rehearse", str(scenario), "--script", str(answers), *catalog]
    assert run([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["points"], found["competences"], found["items"]) == (None, [], [])
    jsonschema.validate(found, json.loads(schema_text("rehearsal", "", None)))
    assert run([*arguments, "-o", str(tmp_path / "debrief")]) == 0
    shown = capsys.readouterr().out
    written_ = (tmp_path / "debrief" / "debrief.md").read_text()
    for text in (shown, written_):
        assert "No item was answered, so there is no score." in text
        assert "0.00" not in text
    assert "is weak" not in written_


def test_every_entry_that_does_not_fit_is_named(tmp_path: Path) -> None:
    """A design for a question, an answer not understood, an answer for a design: all at once, each with its line."""
    design = next(n for n, item in enumerate(case.items()) if isinstance(item, Designing))
    entries = ["skip"] * design + ["12"]
    entries[0], entries[1] = "design: {llm: x}", "banana"
    with pytest.raises(InputError) as raised:
        played(tmp_path, entries)
    found = [(problem.line, problem.path) for problem in raised.value.problems]
    assert found == [(3, "answers[0]"), (4, "answers[1]"), (3 + design, f"answers[{design}]")]
    assert all(problem.file.endswith("answers.yml") for problem in raised.value.problems)


def test_more_entries_than_items_are_refused(tmp_path: Path) -> None:
    """What comes after the last item is named."""
    with pytest.raises(InputError, match=f"the session has {len(case.items())} items"):
        played(tmp_path, ["skip"] * (len(case.items()) + 1))


def test_a_broken_scenario_beside_a_broken_script_is_named_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All that is wrong is said at once, whichever file it stands in."""
    scenario, answers = tmp_path / "scenario.yml", tmp_path / "answers.yml"
    scenario.write_text("title: x\nblueprint: rag_assistant\nworkload: {requests_per_mont: 3}\n")
    answers.write_text("- skip\n")
    assert run(["rehearse", str(scenario), "--script", str(answers)]) == 2
    said = capsys.readouterr().err
    assert "a script is a mapping" in said
    assert "requests_per_mont" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- skip", "a script is a mapping"),
        ("seed: 1", "answers"),
        ("seed: 1\nanswrs: [skip]", "did you mean 'answers'"),
        ("seed: -1\nanswers: []", "at least 0"),
        ("minutes: 20\nanswers: []", "allowed: 15, 35, 60"),
        ("answers: [{answer: 1, skip: true}]", "one of answer, skip and design"),
        ("answers: [{anser: 1}]", "did you mean 'answer'"),
        ("answers: [[1]]", "an answer as it is typed"),
        ("answers: [true]", "an answer as it is typed"),
        ("answers: [1\n", "not valid YAML"),
    ],
)
def test_broken_scripts_are_refused_with_their_place(tmp_path: Path, text: str, said: str) -> None:
    """File, line and what is allowed stand in the message."""
    place = tmp_path / "answers.yml"
    place.write_text(text)
    with pytest.raises(InputError) as raised:
        load_script(place)
    assert said in str(raised.value)
    assert all(problem.file == str(place) and problem.line for problem in raised.value.problems)
