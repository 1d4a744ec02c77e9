"""What the choice depends on: the price of each requirement, break-evens, the tornado, and the points of ATAM."""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.analysis.atam import SensitivityPoint
from advisor.analysis.knobs import Knob
from advisor.analysis.sensitivity import Sensitivity
from advisor.analysis.tornado import headline_metrics, ranked
from advisor.render import change_words as words
from advisor.render import numbers
from advisor.render import sensitivity_words as said
from advisor.render.goal_words import and_goal
from advisor.render.markdown import escape, table
from advisor.render.page import Figure_
from advisor.render.sections.view import View, capital
from advisor.render.sensitivity_chart import charts, file_part
from advisor.scenario.requirements import is_count

MOST_BREAK_EVENS = 20
MOST_POINTS = 3  # decisions for each attribute


def dependence(view: View) -> dict[str, object] | None:
    """Return everything that was found, None when it was not asked for."""
    found = view.analyses.sensitivity
    if found is None:
        return None
    return {
        "prices": prices(view, found),
        "rules": list(rules(view, found)),
        "break_evens": break_evens(view, found),
        "reach": numbers.significant(found.reach),
        "followed": str(len(found.break_evens.followed)),
        "flipping": str(len(found.break_evens.found)),
        "most": MOST_BREAK_EVENS if len(found.break_evens.found) > MOST_BREAK_EVENS else 0,
        "tornado": list(tornados(found)),
        "sensitivity": [capital(spoken(view, said.sensitivity_sentence(one))) for one in widest(found)],
        "trade_offs": [capital(spoken(view, said.trade_off_sentence(one))) for one in found.points.trade_offs],
        "proved": found.proved,
    }


def widest(found: Sensitivity) -> list[SensitivityPoint]:
    """Return the decisions that move each attribute most, some for each."""
    points = found.points.sensitivity
    metrics = dict.fromkeys(one.metric for one in points)
    ranked = {metric: sorted((p for p in points if p.metric == metric), key=lambda p: -p.share) for metric in metrics}
    return [point for some in ranked.values() for point in some[:MOST_POINTS]]


def prices(view: View, found: Sensitivity) -> str:
    """Return the table of requirements with the next step on both sides, each solved again."""
    rows = [
        [
            escape(words.requirement_text(one.bound)),
            "–" if is_count(one.bound.metric) else numbers.percent(one.slack),
            spoken(view, said.tighter_text(one, found.best)) or "–",
            spoken(view, said.looser_text(one, found.best)),
            escape(said.price_text(one, found.best)) or "–",
        ]
        for one in found.bounds
    ]
    heads = ["requirement", ">slack", "if tighter", "if looser", "price over the step"]
    return table(heads, rows) if rows else ""


def rules(view: View, found: Sensitivity) -> Iterator[str]:
    """Yield what each rule on options costs."""
    for rule in found.rules:
        text = escape(words.requirement_text(rule.rule))
        if rule.evaluation is None:
            yield f"Without {text}: not settled in time."
        elif rule.changes:
            how = spoken(view, said.flips_text(rule.roles))
            price = f"{words.signed_usd(-rule.saves)} a month{escape(and_goal(found.best, rule.evaluation))}"
            yield f"Without {text}: {price}; {how}."
        else:
            yield f"Without {text}: nothing changes."


def break_evens(view: View, found: Sensitivity) -> str:
    """Return the table of the numbers that flip the design, the closest first."""
    rows = []
    for one in found.break_evens.found[:MOST_BREAK_EVENS]:
        now, at = said.apart(one.knob, one.knob.value, one.flips_at)
        cost = numbers.usd(one.after.cost_usd_per_month) if one.after else "–"
        inside = "yes" if one.within_range else "no"
        rows.append(
            [
                number(one.knob),
                escape(now),
                escape(at),
                escape(said.moved_text(one)),
                inside,
                escape(said.why_text(one)),
                spoken(view, said.after_text(one)),
                cost,
            ]
        )
    heads = ["number", ">now", ">flips at", ">moves by", "in its range", "why", "then", ">a month"]
    return table(heads, rows) if rows else ""


def number(knob: Knob) -> str:
    """Return what a number is called: the workload's title of a parameter, or who states a figure and what it is."""
    return escape(capital(knob.title))


def risks(view: View) -> Iterator[str]:
    """Yield the requirements that hang on a number which nobody measured or which is old."""
    found = view.analyses.sensitivity
    for risk in found.points.risks if found else ():
        first, *rest = said.risk_sentences(risk, said.title_of)
        yield f"**Hangs on a number.** {capital(escape(first))} {'; '.join(escape(line.strip()) for line in rest)}."


def non_risks(view: View) -> Iterator[str]:
    """Yield the requirements that hold whatever a single number does within its range."""
    found = view.analyses.sensitivity
    for one in found.points.non_risks if found else ():
        yield capital(escape(said.non_risk_sentence(one, said.title_of)))


def tornados(found: Sensitivity) -> dict[str, str]:
    """Return file name -> metric of each tornado that has a bar to draw."""
    drawn = {
        metric: any(None not in bar.effects(metric) for bar in ranked(found.bars, metric))
        for metric in headline_metrics(found.best)
    }
    return {f"tornado-{file_part(metric)}.svg": metric for metric, some in drawn.items() if some}


def figures(view: View) -> list[Figure_]:
    """Return the tornado of each headline metric."""
    found = view.analyses.sensitivity
    if found is None:
        return []
    metrics = tornados(found)
    return [
        Figure_(name, svg, f"Tornado: what each number does to {numbers.metric_label(metrics[name])}")
        for name, svg in charts(found).items()
    ]


def spoken(view: View, text: str) -> str:
    """Return words about roles for the document: titles in place of the roles' names in the blueprint."""
    roles = sorted(view.best.design, key=len, reverse=True)
    pattern = r"(?<![\w.])(" + "|".join(map(re.escape, roles)) + r")(?=: | decides )"
    return re.sub(pattern, lambda found: view.lower(found[1]), escape(text))
