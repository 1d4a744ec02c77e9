"""What the terminal shows: the verdict first, then the architecture, then the money, then what to do next.

Functions return rich renderables; the command prints them. Colour and width are the console's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from advisor.analysis.reasons import RunnerUp
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table as Candidates
from advisor.evaluation.result import Check, Evaluation
from advisor.models.availability import downtime_minutes_per_month
from advisor.optimizer.solver import Status
from advisor.proposal import Proposal
from advisor.render import numbers, ways_out_text
from advisor.render.change_words import pin_lines, requirement_text, unfilled_lines
from advisor.render.clean import clean
from advisor.render.neat import neat
from advisor.scenario.requirements import COST, QUALITY, Bound, Filter, is_count

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

TIGHT = 0.05  # a bound with less slack than this is pointed out


def headline(proposal: Proposal) -> Text:
    """Return title, blueprint, solver status with its proof, and time on one line."""
    from rich.text import Text

    seconds = sum(proposal.seconds.get(stage, 0.0) for stage in ("candidates", "model", "solve"))
    scenario = proposal.scenario
    text = Text(clean(scenario.title), style="bold")
    text.append(f" · {scenario.blueprint.id} · ", style="not bold")
    rounds = f"{proposal.rounds} round{'s' if proposal.rounds != 1 else ''}"
    proof = f"{proof_words(proposal)}, {rounds}, {seconds:.2f} s"
    return text.append(proof, style=_STATUS_STYLE[proposal.status])


def proof_words(proposal: Proposal) -> str:
    """Return the status, and beside a proved optimum the bound that it meets."""
    words = status_words(proposal)
    single = len(proposal.scenario.objective[0].terms) == 1
    if proposal.status is not Status.OPTIMAL or proposal.best is None or not single:
        return words
    term = proposal.scenario.objective[0].terms[0]
    return f"optimal (proved: bound {numbers.metric(term.metric, proposal.bound / term.coefficient)}, gap 0)"


_STATUS_STYLE = {Status.OPTIMAL: "not bold green", Status.INFEASIBLE: "bold red", Status.STOPPED: "bold yellow"}


def status_words(proposal: Proposal) -> str:
    """Return what is proved, in words."""
    if proposal.status is Status.OPTIMAL:
        return "optimal (proved)"
    if proposal.status is Status.INFEASIBLE:
        return "infeasible (proved)"
    if proposal.best is None:
        return "no design found in time, nothing proved"
    gap = "no bound known" if proposal.gap is None else f"within {numbers.percent(proposal.gap)}"
    return f"not proved optimal, {gap}"


def verdict(evaluation: Evaluation) -> Table:
    """Return one line a requirement: ✓ or ✗, value, bound, slack; the tightest is pointed out."""
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    bounded = [check for check in evaluation.checks if slack_words(check)]
    tightest = min(bounded, key=lambda c: c.slack or 0.0, default=None)
    for check in evaluation.checks:
        mark = "[green]✓[/]" if check.holds else "[red]✗[/]"
        table.add_row(mark, *check_cells(check), "← tightest" if check is tightest and len(bounded) > 1 else "")
    for metric in unbounded(evaluation):
        value = numbers.metric(metric, evaluation.metric(metric))
        table.add_row("[dim]·[/]", numbers.metric_label(metric), value, "[dim]no bound[/]")
    return table


def unbounded(evaluation: Evaluation) -> Iterator[str]:
    """Yield the main metrics that no requirement speaks about, so that a bad one does not go unseen."""
    bounds = evaluation.scenario.bounds
    named = {bound.metric for bound in bounds} | {bound.metric.rpartition(".p")[0] for bound in bounds}
    yield from (metric for metric in (COST, QUALITY) if metric not in named)
    for flow_id, flow in evaluation.flows.items():
        stems = [f"flows.{flow_id}.{measure}" for measure in flow.measures]
        yield from (f"{stem}.p95" for stem in stems if stem not in named)
        if f"flows.{flow_id}.availability" not in named:
            yield f"flows.{flow_id}.availability"


def check_cells(check: Check) -> tuple[str, str, str, str]:
    """Return label, value, bound and slack of a check as text."""
    requirement = check.requirement
    if isinstance(requirement, Filter):
        return (
            _filter_label(requirement),
            "holds" if check.holds else f"broken by {check.detail}",
            _filter_text(requirement),
            "",
        )
    assert check.value is not None
    sign = "≤" if requirement.upper else "≥"
    return (
        numbers.metric_label(requirement.metric),
        numbers.metric(requirement.metric, check.value),
        f"{sign} {numbers.metric(requirement.metric, requirement.limit)}",
        slack_words(check),
    )


def slack_words(check: Check) -> str:
    """Return the room that is left, in the words of its metric."""
    requirement, slack = check.requirement, check.slack
    if not isinstance(requirement, Bound) or slack is None or check.value is None:
        return ""
    if is_count(requirement.metric):
        return ""
    if requirement.metric.endswith(".availability"):
        left = downtime_minutes_per_month(requirement.limit) - downtime_minutes_per_month(check.value)
        return f"{numbers.significant(abs(left))} min/month of error budget {'left' if left >= 0 else 'overspent'}"
    return f"slack {numbers.percent(slack)}" if slack >= 0 else f"missed by {numbers.percent(-slack)}"


def _filter_label(requirement: Filter) -> str:
    return requirement.path.removeprefix("constraints.").removeprefix("choices.")


def _filter_text(requirement: Filter) -> str:
    return clean(requirement.words)


def architecture(proposal: Proposal) -> Table:
    """Return the roles with what was chosen, why, the runner-up and what the whole design then costs more."""
    from rich import box
    from rich.table import Table

    assert proposal.best is not None
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for title in ("role", "chosen", "why", "runner-up"):
        table.add_column(title, overflow="fold")
    by_cost = [term.metric for term in proposal.scenario.objective[0].terms] == [COST]
    table.add_column("then costs more" if by_cost else "cost changes by", justify="right")
    for role, candidate in proposal.best.design.items():
        up = proposal.runner_ups.get(role)
        table.add_row(
            role, _chosen(candidate), why(proposal, role), runner_up_name(up), runner_up_price(up), end_section=False
        )
    return table


def _chosen(candidate: Candidate) -> str:
    if candidate.is_none:
        return "left out"
    return f"{clean(candidate.name)}\n[dim]{clean(candidate.size)}[/]"


def why(proposal: Proposal, role: str) -> str:
    """Return why a role's candidate was chosen, from what the search found out about the others."""
    assert proposal.best is not None
    found = proposal.reasons.get(role, ())
    pinned = any(f.kind == "pin" and f.role == role for f in proposal.scenario.filters)
    if pinned:
        return "pinned"
    up = proposal.runner_ups.get(role)
    if up is not None and up.candidate is None and up.proved:
        return "the only one with which every requirement holds" if found else "the only one there is"
    cheaper = [r for r in found if r.kind == "breaks" and (r.extra_usd_per_month or 0.0) < 0]
    if cheaper:
        broken = dict.fromkeys(
            numbers.metric_label(q.metric) if isinstance(q, Bound) else _filter_label(q)
            for r in cheaper
            for q in r.requirements
        )
        return f"cheaper ones break {_few(list(broken))}"
    if not found:
        return "the only one there is"
    terms = proposal.scenario.objective[0].terms
    qualified = 1 + sum(reason.kind in ("swap", "breaks") for reason in found)
    if [term.metric for term in terms] == [COST]:
        return f"cheapest of {qualified}" + (" that qualify" if qualified <= len(found) else "")
    names = _few([numbers.metric_label(term.metric) for term in terms])
    return f"best of {qualified} for {names}"


def _few(names: list[str]) -> str:
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def runner_up_name(up: RunnerUp | None) -> str:
    """Return the runner-up's name, or that nothing else is feasible."""
    if up is None:
        return ""
    if up.candidate is None:
        return "nothing else is feasible" if up.proved else "not found in time"
    return "leaving it out" if up.candidate.is_none else clean(up.candidate.name)


def runner_up_price(up: RunnerUp | None) -> str:
    """Return what the best design with the runner-up costs more a month."""
    if up is None or up.candidate is None:
        return ""
    more = up.extra_usd_per_month
    text = "the same" if abs(more) < 0.005 else f"{'+' if more > 0 else '−'} {numbers.usd(abs(more))}"
    return text if up.proved else f"{text} (not proved)"


def cost_tree(evaluation: Evaluation) -> RenderableType:
    """Return the monthly cost as a tree: roles, their meter lines (* usage-based), operations on their own line."""
    from rich.tree import Tree

    tree = Tree(f"[bold]{numbers.usd(evaluation.cost_usd_per_month)}/month[/]  * usage-based")
    used = [c for c in evaluation.design.values() if not c.is_none]
    for candidate in sorted(used, key=lambda c: -c.bill_usd_per_month):
        branch = tree.add(
            f"{numbers.usd(candidate.bill_usd_per_month)}  {candidate.role}  [dim]{clean(candidate.name)}[/]"
        )
        for title, line in candidate.named_lines():
            star = " *" if line.usage_based else ""
            quantity = f"{numbers.significant(line.quantity)} {line.unit}"
            branch.add(f"{numbers.usd(line.usd_per_month)}  {quantity} {clean(title)}{star}")
    hours = evaluation.operations_h_per_month
    rate = evaluation.scenario.usd_per_hour
    tree.add(
        f"{numbers.usd(evaluation.operations_usd_per_month)}  operations  "
        f"[dim]{numbers.significant(hours)} h at {numbers.usd(rate)}/h[/]"
    )
    if evaluation.migration_h:
        tree.add(
            f"{numbers.usd(evaluation.migration_usd_per_month)}  migration  "
            f"[dim]{numbers.significant(evaluation.migration_h)} h at {numbers.usd(rate)}/h once, "
            f"over {evaluation.scenario.standing.horizon_months:g} months[/]"
        )
    return tree


def conflict_lines(proposal: Proposal) -> Iterator[str]:
    """Yield what cannot hold together, or what is missing."""
    if proposal.conflict is None:
        yield "These requirements cannot all hold; the time limit passed before the smallest conflict was found."
        return
    if not proposal.conflict:
        yield from unfilled_lines(proposal.table)
        return
    many = len(proposal.conflict) > 1
    yield (
        "These requirements cannot hold together:"
        if many
        else "This requirement cannot hold with this workload and catalog:"
    )
    for requirement in proposal.conflict:
        yield f"  {neat(requirement_text(requirement))}   ({requirement.path})"
        yield from (neat(line) for line in pin_lines(requirement, proposal.table))
    yield (
        "Drop or loosen any one of them, and the others of this list no longer conflict."
        if many
        else "Drop or loosen it."
    )
    if proposal.ways_out is None:
        yield "Requirements outside this list may then still stand in the way; run again to see."
    else:
        yield from (neat(line) for line in ways_out_text.lines(proposal.ways_out))


def judged(evaluation: Evaluation) -> Text:
    """Return title and judgement of a design that somebody brought."""
    from rich.text import Text

    broken = sum(not check.holds for check in evaluation.checks) + len(evaluation.consistent)
    text = Text(clean(evaluation.scenario.title), style="bold")
    text.append(f" · {evaluation.scenario.blueprint.id} · ", style="not bold")
    words = "every requirement holds" if not broken else f"{broken} requirement{'s' if broken > 1 else ''} broken"
    return text.append(words, style="not bold green" if not broken else "bold red")


def times(evaluation: Evaluation) -> Table:
    """Return each flow's times and availability."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for title in ("flow", "measure", "mean", "p50", "p95", "p99", "p99 if all slow together", "availability"):
        table.add_column(title, justify="left" if title in ("flow", "measure") else "right")
    for flow_id, flow in evaluation.flows.items():
        for name, measure in flow.measures.items():
            unit = "ms" if name.endswith("_ms") else "s"
            values = [measure.mean, *(measure.percentiles[p] for p in ("p50", "p95", "p99")), measure.together["p99"]]
            table.add_row(
                flow_id,
                name.rpartition("_")[0],
                *(numbers.duration(v, unit) for v in values),
                numbers.availability(flow.availability),
            )
    return table


def candidate_table(found: Candidates, marks: Mapping[tuple[str, str], Mapping[str, Any]]) -> Table:
    """Return every candidate with its constants and what pruning says of it."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("role")
    table.add_column("candidate", overflow="fold")
    for title in ("USD/month", "h/month", "availability", "quality", "busiest"):
        table.add_column(title, justify="right")
    table.add_column("not considered because", overflow="fold")
    for role, candidates in found.candidates.items():
        for c in candidates:
            busiest = max((load.utilisation for load in c.loads.values()), default=0.0)
            table.add_row(
                role,
                c.id,
                numbers.grouped(c.cost_usd_per_month, 2),
                numbers.significant(c.operations_h_per_month),
                numbers.availability(c.availability),
                numbers.significant(c.quality),
                numbers.percent(busiest),
                _not_considered(marks.get((role, c.id), {})),
            )
    return table


def _not_considered(mark: Mapping[str, Any]) -> str:
    if mark.get("refused_by"):
        return "refused by " + ", ".join(mark["refused_by"])
    if mark.get("too_slow_for"):
        return f"misses {mark['too_slow_for']} whatever else can be chosen"
    return f"dominated by {mark['dominated_by']}" if mark.get("dominated_by") else ""
