"""``advisor rehearse``: practise a design interview whose requirements move, scored against computed truth."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from advisor.commands import options

if TYPE_CHECKING:
    from advisor.commands.rehearse_setup import Begun
    from advisor.rehearsal.course import Asked, Setup
    from advisor.rehearsal.history import History
    from advisor.rehearsal.question import Question
    from advisor.rehearsal.script import Script

EPILOG = """\b
Examples:
  advisor rehearse
  advisor rehearse scenario.yml --minutes 35 -o debrief
  advisor rehearse --blueprint voice_agent --level staff --seed 7
  advisor rehearse --drill monthly_cost
  advisor rehearse --resume
  advisor rehearse --history
  advisor rehearse scenario.yml --seed 7 --script answers.yml -o debrief
  advisor rehearse --blueprint rag_assistant --seed 7 --interviewer > sheet.md
"""
MINUTES, LEVELS = (15, 35, 60), ("warm_up", "on_site", "staff")
MOST_SEED = 2**31 - 1
DECK_FILE = "rehearsal.anki.txt"


@click.command("rehearse", epilog=EPILOG)
@click.argument("scenario", metavar="[SCENARIO]", required=False, type=click.Path())
@click.option("--blueprint", metavar="BLUEPRINT", help="Rehearse on a scenario generated for this blueprint.")
@click.option("--level", type=click.Choice(LEVELS), help="How hard a generated scenario is (default: on_site).")
@click.option(
    "--seed",
    metavar="NUMBER",
    type=click.IntRange(0, MOST_SEED),
    help="Decides scenario, questions and changes; the same seed gives the same session (default: another every time).",
)
@click.option("--minutes", type=click.Choice([str(m) for m in MINUTES]), help="Length of the session (default: 35).")
@click.option("--drill", metavar="KIND", help="Ten quick questions of one kind instead of a session.")
@click.option(
    "--feedback", type=click.Choice(("immediate", "final")), help="Show truths at once (default) or at the end."
)
@click.option("--script", metavar="FILE", type=click.Path(), help="Play the answers of this file, without a terminal.")
@click.option("--resume", is_flag=True, help="Go on with the session that was begun last and is not over.")
@click.option("--debrief", is_flag=True, help="Write the debrief of the last session again, into -o DIR.")
@click.option("--history", "show_history", is_flag=True, help="Show progress, calibration and the weakest kinds.")
@click.option("--no-history", is_flag=True, help="Keep nothing of this session; it cannot be resumed.")
@click.option(
    "--export", type=click.Choice(("anki",)), help="Write flash cards: of the history's questions, or of a session's."
)
@click.option("--interviewer", is_flag=True, help="Print the sheet for the one of two people who plays interviewer.")
@options.output_option
@options.json_option
@options.as_of_option
@options.date_option
@options.catalog_option
def command(**given: Any) -> None:
    """Practise a design interview in which requirements move, scored against what the optimizer proves.

    SCENARIO is a scenario file; without it one is generated. A session clarifies, estimates, designs, adapts to changes
    and defends, then debriefs. It is saved as it goes: interrupt it, and --resume goes on. Nothing leaves the machine.
    With --json, --script and --history print JSON.

    Exit codes: 0 fine, 2 bad input, 130 interrupted (and saved).
    """
    from advisor.commands.rehearse_setup import check

    check(given)
    if given["show_history"]:
        _history(given)
    elif given["export"]:
        _export(given)
    elif given["interviewer"]:
        _interviewer(given)
    elif given["script"]:
        _script(given)
    elif given["debrief"]:
        _debrief_again(given)
    else:
        _sit(given)


# --- without questions ------------------------------------------------------------------------------------------------


def _opened() -> History:
    from advisor.rehearsal.history import History, default_place

    return History(default_place())


def _history(given: dict[str, Any]) -> None:
    from advisor.commands.console import console, echo_json
    from advisor.files import write_all
    from advisor.rehearsal.progress import progress
    from advisor.render import rehearsal_chart, rehearsal_history

    found = progress(_opened().rows())
    if given["as_json"]:
        echo_json(rehearsal_history.data(found))
    else:
        out = console()
        for line in rehearsal_history.page(found):
            out.print(line)
    if given["output"] is not None and found.calibration:
        write_all(given["output"], {"calibration.svg": rehearsal_chart.svg(found.calibration).encode()})
        click.echo(f"written: {given['output'] / 'calibration.svg'}", err=True)


def _export(given: dict[str, Any]) -> None:
    from advisor.files import write_all
    from advisor.render.rehearsal_cards import deck

    text = deck(_questions(given))
    if given["output"] is None:
        click.echo(text, nl=False)
        return
    write_all(given["output"], {DECK_FILE: text.encode()})
    click.echo(f"written: {given['output'] / DECK_FILE}; in Anki: File, Import", err=True)


def _questions(given: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the questions of the history, or of the session that options name, each with its scenario's title."""
    from advisor.errors import bad_input
    from advisor.rehearsal import prepare
    from advisor.rehearsal.course import Asked

    named = any(given[name] is not None for name in ("scenario", "blueprint", "seed", "drill"))
    if named:
        from advisor.commands.rehearse_setup import begin

        begun = begin(given)
        found = [(begun.setup, item) for item in prepare.items(begun.setup)]
    else:
        saved = _opened().every()
        found = [(one.setup, item) for one in saved for item in one.met]
        if not found:
            raise bad_input("the history holds no question yet; name a scenario, a blueprint or a seed to export of")
    return [_card(setup, item) for setup, item in found if isinstance(item, Asked)]


def _card(setup: Setup, item: Asked) -> tuple[str, Question]:
    """Return a question with the title of the scenario that it is about, and a command that runs anywhere."""
    from advisor.rehearsal.running import on_terminal
    from advisor.yamlfile import parse

    title = str(parse(item.text or setup.text).data.get("title", ""))
    return title, replace(item.question, command=on_terminal(item.question.command, setup))


def _interviewer(given: dict[str, Any]) -> None:
    from advisor.commands.rehearse_setup import begin
    from advisor.files import write_all
    from advisor.rehearsal import prepare
    from advisor.rehearsal.ahead import Lazily
    from advisor.rehearsal.course import Designing
    from advisor.rehearsal.folder import files
    from advisor.rehearsal.sitting import Sitting
    from advisor.render.rehearsal_interviewer import sheet

    begun = begin(given)
    items = list(prepare.items(begun.setup))
    sitting = Sitting(begun.setup, begun.scenario, begun.catalog, Lazily(iter(()), items))
    stages = [sitting.stage(item) for item in items if isinstance(item, Designing)]
    text = sheet(items, stages, begun.scenario, begun.setup)
    if given["output"] is None:
        click.echo(text, nl=False)
        return
    from advisor.render import page

    html = page.html(text, title=f"Interviewer: {begun.scenario.title}", figures={})
    contents = {"interviewer.md": text.encode(), "interviewer.html": html.encode()}
    write_all(given["output"], contents | files(begun.setup.text, begun.setup.file, items))
    click.echo(f"written: {given['output'] / 'interviewer.html'}, and beside it what its commands need", err=True)


# --- sessions ---------------------------------------------------------------------------------------------------------


def _script(given: dict[str, Any]) -> None:
    from advisor.commands.rehearse_files import finished, write_debrief
    from advisor.commands.rehearse_setup import begin, read_script, scripted
    from advisor.rehearsal import prepare
    from advisor.rehearsal.ahead import Lazily
    from advisor.rehearsal.script import play
    from advisor.rehearsal.session import State
    from advisor.rehearsal.sitting import Sitting

    script: Script = read_script(given)
    merged = scripted(given, script)
    begun: Begun = begin(merged)
    source = Lazily(prepare.items(begun.setup))
    sitting = Sitting(begun.setup, begun.scenario, begun.catalog, source, State(merged["feedback"] or "immediate"))
    play(script, sitting)
    finished(sitting, begun.again(given["script"]), given)
    if given["output"] is not None:
        write_debrief(sitting, begun.again(given["script"]), given["output"], given)


def _debrief_again(given: dict[str, Any]) -> None:
    from advisor.commands.rehearse_files import write_debrief
    from advisor.commands.rehearse_setup import resumed
    from advisor.errors import bad_input
    from advisor.rehearsal.ahead import Lazily
    from advisor.rehearsal.sitting import Sitting

    saved = _opened().last()
    if saved is None:
        raise bad_input("the history holds no session yet; begin one: advisor rehearse")
    begun = resumed(saved.setup)
    sitting = Sitting(saved.setup, begun.scenario, begun.catalog, Lazily(iter(()), saved.items), saved.state)
    write_debrief(sitting, begun.again(), given["output"], given)


def _sit(given: dict[str, Any]) -> None:
    from advisor.commands.rehearse_session import sit, sit_generated
    from advisor.commands.rehearse_setup import begin, chosen, resumed
    from advisor.errors import bad_input
    from advisor.rehearsal.workers import waiting

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("a session needs a terminal; --script FILE plays answers without one")
    history = None if given["no_history"] else _opened()
    if given["resume"]:
        assert history is not None
        saved = history.unfinished()
        if saved is None:
            raise bad_input("there is no session that is not over; begin one: advisor rehearse")
        with waiting(0 if saved.whole else options.cores(), saved.setup.catalog_folder) as workers:
            sit(resumed(saved.setup), given, history, saved, workers)
        return
    with waiting(options.cores(), str(given["catalog_folder"] or "")) as workers:  # they start while this one reads
        wanted = chosen(given)
        if wanted["scenario"] is None:
            sit_generated(wanted, history, workers)
        else:
            sit(begin(wanted), given, history, None, workers)
