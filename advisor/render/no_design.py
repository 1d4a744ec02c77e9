"""The page on a scenario that no design meets: which requirements cannot hold together, and what would let one in."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from advisor.proposal import Proposal
from advisor.render import change_words as words
from advisor.render import numbers, ways_out_text
from advisor.render.markdown import code, escape, fence, listed, table
from advisor.scenario.requirements import Requirement

NAME = "infeasible"


def no_design(proposal: Proposal, *, date: datetime.date, command: str, version: str) -> str:
    """Return the page as Markdown; the same arguments give the same text.

    Raises:
        ValueError: the scenario is not proved to be infeasible.
    """
    if proposal.status.value != "infeasible":
        raise ValueError("this scenario is not proved to be infeasible")
    parts = [
        f"# {escape(proposal.scenario.title) or 'Design'}: no design meets the requirements",
        _facts(proposal, date, command, version),
        "## What cannot hold",
        _conflict(proposal),
        *(["## Ways out", _ways_out(proposal)] if proposal.ways_out else []),
        *(["## What can be served", _by_priority(proposal)] if proposal.by_priority else []),
        "## What was asked",
        _asked(proposal),
        "## The scenario",
        fence(proposal.scenario.text, "yaml"),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _facts(proposal: Proposal, date: datetime.date, command: str, version: str) -> str:
    scenario, table_ = proposal.scenario, proposal.table
    count = sum(len(found) for found in table_.candidates.values())
    rows = [
        ["status", f"Infeasible, proved over the {numbers.grouped(count)} sized candidates of this catalog"],
        *([["owner", escape(scenario.owner)]] if scenario.owner else []),
        ["date", date.isoformat()],
        ["scenario", f"digest {code(scenario.digest)}, blueprint {code(scenario.blueprint.id)}"],
        ["catalog", f"digest {code(proposal.catalog.digest)}, prices as of {table_.as_of.isoformat()}"],
        ["made by", f"advisor {escape(version)}: {code(command)}"],
    ]
    return table(["", ""], rows)


def _conflict(proposal: Proposal) -> str:
    if proposal.conflict is None:
        return "The time limit passed before the smallest set of requirements that conflict was found."
    if not proposal.conflict:
        return listed(escape(line) for line in words.unfilled_lines(proposal.table))
    many = len(proposal.conflict) > 1
    lead = "These cannot hold together:" if many else "This cannot hold with this workload and catalog:"
    end = "Without any one of them the others no longer conflict." if many else ""
    return f"{lead}\n\n{listed(_named(one) for one in proposal.conflict)}\n\n{end}".rstrip()


def _named(requirement: Requirement) -> str:
    return f"{escape(words.requirement_text(requirement))} ({code(requirement.path)})"


def _ways_out(proposal: Proposal) -> str:
    found = proposal.ways_out
    assert found is not None
    rows = [
        [
            str(number),
            " and ".join(escape(ways_out_text.step_text(step)) for step in one.steps),
            f"{numbers.usd(one.cost_usd_per_month)}{'' if one.proved else ', at most'}",
            code(f"advisor what-if scenario.yml {ways_out_text.call(one)}"),
        ]
        for number, one in enumerate(found.remedies[: ways_out_text.MOST_SHOWN], 1)
    ]
    return "\n\n".join(_ways_lines(proposal, rows))


def _ways_lines(proposal: Proposal, rows: list[list[str]]) -> Iterator[str]:
    found = proposal.ways_out
    assert found is not None
    yield from ways_out_text.several(found)
    if rows:
        yield "The least change first. Each was solved again; a month then costs:"
        yield table(["", "change", ">a month", "in full"], rows)
    elif found.fixes.more_than and found.fixes.conflicts:
        yield f"Requirements conflict in several places: no change of up to {found.fixes.more_than} of them is enough."
    if found.open:
        yield f"Not settled in time: {', '.join(code(path) for path in found.open)}."


def _by_priority(proposal: Proposal) -> str:
    found = proposal.by_priority
    assert found is not None
    rows = [
        [
            escape(proposal.catalog.role(one.role).title),
            escape(f"{one.name} ({one.operation})"),
            "all of them" if one.priority is None else str(one.priority),
            f"{numbers.significant(one.requests_per_s)}{numbers.NARROW}/s",
            numbers.percent(1 - one.share) if one.share < 1 else "–",
        ]
        for one in found.classes
    ]
    cost = f"The design for what is served costs {numbers.usd(found.best.cost_usd_per_month)} a month."
    return f"{table(['role', 'requests', 'priority', '>rate', '>not served'], rows)}\n\n{cost}"


def _asked(proposal: Proposal) -> str:
    rows = [
        [escape(words.requirement_text(requirement)), code(requirement.path)]
        for requirement in proposal.scenario.requirements
    ]
    return table(["requirement", "where"], rows) if rows else "Nothing: the workload alone cannot be carried."
