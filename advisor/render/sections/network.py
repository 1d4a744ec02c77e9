"""Calls between clouds: who calls whom, how much later that is, and what the clouds bill for it."""

from __future__ import annotations

import math
from collections import defaultdict

from advisor.candidates.candidate import Candidate
from advisor.candidates.links import EGRESS
from advisor.render import numbers
from advisor.render.markdown import escape, joined, table
from advisor.render.sections.view import NB, View, lower


def network(view: View) -> str:
    """Return the table of roles that are called from another cloud, or call into one; "" when all lies together."""
    rows = []
    for role, c in view.used.items():
        sent = [line for one in c.members for line in one.lines if line.price.meter == EGRESS]
        delays = _delays(view, c)
        if sent or delays:
            usd = math.fsum(line.usd_per_month for line in sent)
            amounts = [f"{numbers.significant(x.quantity)}{NB}GB {x.title.removeprefix('of egress ')}" for x in sent]
            rows.append(
                [
                    view.title(role),
                    joined(delays) or "–",
                    "; ".join(escape(text) for text in amounts) or "nothing that is stated",
                    numbers.usd(usd) if sent else "–",
                ]
            )
    return table(["role", "takes longer by", "sends a month", ">egress a month"], rows) if rows else ""


def _delays(view: View, candidate: Candidate) -> list[str]:
    """Return by how much each call takes longer, calls of one flow with the same delay together."""
    found: dict[tuple[str, float], None] = defaultdict()
    for one in candidate.members:
        for (flow, _), delay in one.delays.items():
            if delay:
                found[flow, delay] = None
    return [
        f"{numbers.duration(delay, 'ms')} in “{escape(lower(view.blueprint.flows[flow].title))}”"
        for flow, delay in found
    ]
