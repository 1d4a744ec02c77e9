"""Links from figures to where the appendix derives them."""

from __future__ import annotations

import re

from advisor.evaluation.result import Check
from advisor.render import numbers
from advisor.render.sections.view import View, found
from advisor.scenario.requirements import Bound

HEADING = "Derivation"


def heading(words: str) -> str:
    """Return the heading of a derivation."""
    return f"{HEADING}: {words}"


def slug(text: str) -> str:
    """Return the anchor of a heading, as GitHub and our page make it.

    >>> slug(heading("answer ttft p95"))
    'derivation-answer-ttft-p95'
    """
    return re.sub(r"[^\w\- ]", "", text.lower().strip()).replace(" ", "-")


def of_metric(metric: str) -> str:
    """Return what the derivation of a metric is headed by: percentiles of one time share theirs.

    >>> of_metric("flows.answer.ttft_ms.p95"), of_metric("cost_usd_per_month")
    ('answer ttft', 'cost')
    """
    parts = metric.split(".")
    if parts[0] == "flows" and parts[2] != "availability":
        return numbers.metric_label(".".join(parts[:3]))
    return {"quality": "quality index"}.get(metric, numbers.metric_label(metric))


def of_role(view: View, role: str) -> str:
    """Return what the derivations of a role's figures are headed by; plain, it becomes a heading."""
    return view.catalog.role(role).title


def traced(view: View, text: str, words: str) -> str:
    """Return a figure as a link to its derivation; as it is where the document has no appendix."""
    if "appendix" in view.style.leave_out or not re.search(r"\d", text):
        return text
    return f"[{text}](#{slug(heading(words))})"


def metric_link(view: View, metric: str, text: str) -> str:
    """Return a metric's value as a link to its derivation."""
    return traced(view, text, of_metric(metric))


def role_link(view: View, role: str, text: str) -> str:
    """Return a figure of a role as a link to its derivation."""
    return traced(view, text, of_role(view, role))


def shown(view: View, check: Check) -> str:
    """Return the value that a check met, as a link to how it comes about."""
    if not isinstance(check.requirement, Bound):
        return found(check)
    return metric_link(view, check.requirement.metric, found(check))
