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
            amounts = [f"{volume(x.quantity)} {x.title.removeprefix('of egress ')}" for x in sent]
            rows.append(
                [
                    view.title(role),
                    joined(delays) or "–",
                    "; ".join(escape(text) for text in amounts) or "nothing that is stated",
                    numbers.usd(usd) if sent else "–",
                ]
            )
    return table(["role", "takes longer by", "sends a month", ">egress a month"], rows) if rows else ""


def volume(gb: float) -> str:
    """Return a volume in the unit that people would use for it.

    >>> [volume(gb).replace(NB, " ") for gb in (1_080.0, 0.4, 0.0155, 0.000031, 0.0)]
    ['1 080 GB', '0.400 GB', '15.5 MB', '31.0 KB', '0 GB']
    """
    for unit, size in (("GB", 0.1), ("MB", 1e-3), ("KB", 0.0)):
        if gb >= size or not gb:
            return f"{numbers.significant(gb * _PER_GB[unit])}{NB}{unit}"
    raise ValueError(f"a volume is not negative: {gb}")


_PER_GB = {"GB": 1.0, "MB": 1e3, "KB": 1e6}


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
