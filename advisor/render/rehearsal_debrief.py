"""The debrief of a session as Markdown with its drawings; the HTML page is made of the same text."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from advisor.catalog.load import Catalog
from advisor.evaluation.result import Evaluation
from advisor.rehearsal import words
from advisor.rehearsal.course import Asked, Asking, Setup
from advisor.rehearsal.debrief import Debrief, Step
from advisor.rehearsal.design_phase import Verdict
from advisor.rehearsal.progress import Bin
from advisor.rehearsal.question import lettered
from advisor.rehearsal.running import in_debrief
from advisor.rehearsal.sitting import Mark
from advisor.render import numbers, rehearsal_words
from advisor.render.markdown import code, escape, fence, table
from advisor.render.page import Figure_, slug

MOST_PROBLEMS = 2  # in a cell of the table of designs
DESIGN = "design.yml"  # the first design, as a file


@dataclass(frozen=True)
class Written:
    """A debrief as text. ``figures``: file name -> drawing."""

    markdown: str
    figures: Mapping[str, Figure_]


def written(found: Debrief, setup: Setup, title: str, catalog: Catalog, date: datetime.date, again: str) -> Written:
    """Return the debrief of a session; the same session and date give the same text.

    Args:
        again: the command that plays it again.
    """
    figures = _figures(found, catalog)
    lines = [
        f"# Rehearsal: {escape(title)}",
        "",
        *_header(found, setup, date, again),
        *_score(found),
        *_designs(found, figures, setup),
        *_questions(found, setup),
        *_next(found),
        *_self_check(),
    ]
    return Written("\n".join(lines) + "\n", figures)


def _header(found: Debrief, setup: Setup, date: datetime.date, again: str) -> Iterator[str]:
    spent = sum(mark.reply.seconds for mark in found.marks)
    length = f"drill: {setup.drill}" if setup.drill else f"{setup.minutes} minutes"
    rows = [
        ["date", date.isoformat()],
        ["length", length + (f", {numbers.duration(spent, 's')} spent" if spent else "")],
        ["seed", str(setup.seed)],
        ["scenario, catalog", f"{setup.digests[0]}, {setup.digests[1]}"],
        ["items", f"{len(found.marks)}{'' if found.complete else ', not finished'}"],
    ]
    yield table(["", ""], rows)
    yield ""
    yield fence(again, "sh")
    yield ""
    yield f"**{rehearsal_words.CAVEAT}** The commands below run in the folder of this file."
    yield ""


# --- score ------------------------------------------------------------------------------------------------------------


def _score(found: Debrief) -> Iterator[str]:
    yield "## Score"
    yield ""
    if found.points is None:
        yield rehearsal_words.NO_SCORE
        yield ""
        return
    yield (
        "1 is perfect, 0 is what silence earns, below 0 are confident misses. Intervals are to hold the truth in 4 of "
        "5 cases; designs are scored by what they cost more than the optimum; infeasible ones earn 0, shown apart."
    )
    yield ""
    rows = [
        [escape(rehearsal_words.COMPETENCES.get(g.name, g.name)), str(g.count), rehearsal_words.points(g.points)]
        for g in found.competences
    ]
    rows.append(["**all**", str(len(found.marks)), f"**{rehearsal_words.points(found.points)}**"])
    yield table(["competence", ">items", ">points"], rows)
    yield ""
    if found.calibration:
        yield "How sure you were, and how often you were right:"
        yield ""
        yield table(["stated confidence", ">answers", ">right"], [_bin(one) for one in found.calibration])
        yield ""


def _bin(one: Bin) -> list[str]:
    return [f"about {numbers.percent(one.stated)}", str(one.count), numbers.percent(one.hit)]


# --- designs ----------------------------------------------------------------------------------------------------------


def _designs(found: Debrief, figures: Mapping[str, Figure_], setup: Setup) -> Iterator[str]:
    if not found.steps:
        return
    yield "## Your design"
    yield ""
    yield table(
        ["moment", "the design of before", "your design", ">regret", ">best", ">points"],
        [_step(step, found) for step in found.steps],
    )
    yield ""
    if found.forgotten:
        yield f"Roles that were missing when you first called a design done: {', '.join(map(escape, found.forgotten))}."
        yield ""
    for name in figures:
        yield f"![{escape(figures[name].alt)}]({name})"
        yield ""
    for step in found.steps:
        yield from _differences(step, setup)


def _step(step: Step, found: Debrief) -> list[str]:
    mark = next(m for m in found.marks if m.item is step.item)
    name = escape(step.item.name) if step.item.number else "at first"
    regret = _regret(step.made, step.optimum) if step.made.feasible else "infeasible"
    best = numbers.usd(step.optimum.cost_usd_per_month)
    before = verdict(step.kept) if step.kept else ""
    return [name, before, verdict(step.made), regret, best, rehearsal_words.points(mark.points.points)]


def _regret(made: Verdict, optimum: Evaluation) -> str:
    assert made.evaluation is not None
    more = made.evaluation.cost_usd_per_month - optimum.cost_usd_per_month
    return f"{'+' if more >= 0 else '−'}{numbers.NARROW}{numbers.usd(abs(more))}"


def verdict(found: Verdict) -> str:
    """Return what a design does, as a cell of a table."""
    if found.evaluation is None:
        first, rest = found.problems[:MOST_PROBLEMS], found.problems[MOST_PROBLEMS:]
        more = f"; and {len(rest)} more" if rest else ""
        return f"✗ cannot be run: {'; '.join(map(escape, first))}{more}"
    cost = numbers.usd(found.evaluation.cost_usd_per_month)
    if found.feasible:
        return f"✓ {cost}"
    return f"✗ {cost}, broken: {'; '.join(escape(one) for one in broken(found))}"


def broken(found: Verdict) -> list[str]:
    """Return the requirements that a design breaks, as they are read."""
    checks = found.evaluation.checks if found.evaluation else ()
    read = {check.requirement.path: words.requirement(check.requirement) for check in checks}
    return [read.get(path, "no unit fuller at peak than planned") for path in found.broken]


def _differences(step: Step, setup: Setup) -> Iterator[str]:
    name = f"after {escape(step.item.name)}" if step.item.number else "at first"
    yield f"### Where yours and the best differ, {name}"
    yield ""
    if step.item.news:
        yield escape(step.item.news)
        yield ""
    rows = [
        [escape(role), escape(_candidate(own)) if own else "nothing chosen", escape(_candidate(best))]
        for role, own, best in step.differs
    ]
    if rows:
        yield table(["role", "yours", "the best"], rows)
    else:
        yield "Nowhere."
    yield ""
    judged = [f"advisor evaluate {DESIGN}"] if step.item.number == 0 and step.made.evaluation is not None else []
    yield fence("\n".join([in_debrief(step.item.command, setup), *judged]), "sh")
    yield ""


def _candidate(one: object) -> str:
    from advisor.candidates.candidate import Candidate

    assert isinstance(one, Candidate)
    return words.candidate(one)


def _figures(found: Debrief, catalog: Catalog) -> dict[str, Figure_]:
    """Return the drawings of the first design beside the optimum, and of the last where it was revised."""
    made: dict[str, Figure_] = {}
    ends = dict.fromkeys((0, len(found.steps) - 1)) if found.steps else ()
    for index in ends:
        step = found.steps[index]
        name = "at first" if step.item.number == 0 else f"after {step.item.name}"
        if step.made.evaluation is not None:
            best = "" if step.differs else ", which is the best one"
            caption = f"Your design{best}, {name}"
            made |= _figure(f"yours_{step.item.number}.svg", caption, step.made.evaluation, catalog)
            if best:
                continue
        made |= _figure(f"best_{step.item.number}.svg", f"The best design, {name}", step.optimum, catalog)
    return made


def _figure(file: str, caption: str, evaluation: Evaluation, catalog: Catalog) -> dict[str, Figure_]:
    from advisor.render import graphviz_tool
    from advisor.render.diagram import dot
    from advisor.render.picture import picture

    cost = numbers.usd(evaluation.cost_usd_per_month)
    drawn = graphviz_tool.svg(dot(picture(evaluation, catalog, f"{caption} · {cost}/month")))
    return {file: Figure_(file, drawn, f"{caption}: {cost} a month")}


# --- questions --------------------------------------------------------------------------------------------------------


def _questions(found: Debrief, setup: Setup) -> Iterator[str]:
    yield "## Questions"
    yield ""
    asked = [mark for mark in found.marks if mark.question is not None]
    if not asked:
        yield "None was reached."
        yield ""
    for mark in asked:
        yield from _question(mark, setup)


def _question(mark: Mark, setup: Setup) -> Iterator[str]:
    asked, item = mark.question, mark.item
    assert asked is not None
    yield f"### {_title(mark)}"
    yield ""
    if isinstance(item, Asked) and item.news:
        yield from (f"**{escape(item.news)}**", "")
    yield from block("\n".join([asked.text, *(f"- {letter}) {option}" for letter, option in lettered(asked.form))]))
    rows = [
        ["your answer", escape(rehearsal_words.answer(asked, mark.reply.answer))],
        ["truth", f"**{escape(rehearsal_words.truth(asked))}**"],
        ["points", rehearsal_words.points(mark.points.points) + (", after a hint" if mark.reply.hinted else "")],
        ["competence", escape(rehearsal_words.COMPETENCES[asked.competence])],
    ]
    if isinstance(item, Asking) and mark.reply.answer is not None:
        told = [fact.said for fact in item.facts if fact.name in mark.reply.answer.chosen]
        rows += [["the interviewer said", escape(said)] for said in told]
    yield table(["", ""], rows)
    yield ""
    yield "Derivation:"
    yield ""
    yield fence("\n".join(asked.derivation))
    yield ""
    yield fence(in_debrief(asked.command, setup), "sh")
    yield ""


def _title(mark: Mark) -> str:
    return f"{mark.number + 1}. {escape(rehearsal_words.heading(mark.item))}"


def block(text: str) -> Iterator[str]:
    """Yield a text of several lines as Markdown: lines that begin with a dash are a list.

    >>> list(block("What holds?\\n- a|b"))
    ['What holds?', '', '- a\\\\|b', '']
    """
    listed = False
    for line in text.splitlines():
        is_entry = line.startswith("- ")
        if listed and not is_entry:
            yield ""
        yield f"- {escape(line[2:])}" if is_entry else escape(line)
        if not is_entry:
            yield ""
        listed = is_entry
    if listed:
        yield ""


# --- what comes next --------------------------------------------------------------------------------------------------


def _next(found: Debrief) -> Iterator[str]:
    yield "## What to practise next"
    yield ""
    if not found.practise:
        unknown = "Nothing is known of that before an item is answered."
        good = "No kind of question that was asked is weak. A longer session, or another seed, asks more."
        yield unknown if found.points is None else good
        yield ""
        return
    anchors = _anchors(found)
    for kind in found.practise:
        links = ", ".join(
            f"[question {number + 1}](#{anchors[number]})" for number, name in _kinds(found) if name == kind
        )
        yield f"- {escape(rehearsal_words.kind_title(kind))}: {code(f'advisor rehearse --drill {kind}')} ({links})"
    yield ""


def _kinds(found: Debrief) -> list[tuple[int, str]]:
    return [(mark.number, mark.kind) for mark in found.marks if mark.question is not None]


def _anchors(found: Debrief) -> dict[int, str]:
    """Return number of a question -> the anchor of its heading, which begins with that number and so is unique."""
    taken: set[str] = set()
    return {
        mark.number: slug(f"{mark.number + 1}. {rehearsal_words.heading(mark.item)}", taken)
        for mark in found.marks
        if mark.question is not None
    }


def _self_check() -> Iterator[str]:
    yield "## Self-check: communication and structure"
    yield ""
    yield "Not part of the score. Tick what was so; whoever played interviewer ticks on their own."
    yield ""
    yield from (f"- ☐ {line}" for line in rehearsal_words.SELF_CHECK)


def design_file(step: Step) -> dict[str, object]:
    """Return a design as ``advisor evaluate`` reads it: ids where there are such candidates, else option and size."""
    known = {role: {c.id for c in found} for role, found in step.stage.table.candidates.items()}
    assert step.made.evaluation is not None
    chosen: dict[str, object] = {}
    for role, one in step.made.evaluation.design.items():
        if one.id in known[role] or one.option is None:
            chosen[role] = one.id
        else:
            chosen[role] = {"option": one.option.id.partition("@")[0], "units": one.units, "zones": one.zones}
    return {"scenario": words.SCENARIO, "design": chosen}


__all__ = ["DESIGN", "Written", "block", "design_file", "verdict", "written"]
