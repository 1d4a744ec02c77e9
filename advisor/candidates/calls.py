"""Who calls whom, how often, and how much goes back and forth: what a network between two places carries.

A blueprint's path says it. A hub calls the roles that follow it and gets their answers back; before the first hub each
role calls the next one. The first call of a flow comes from outside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from advisor import expression
from advisor.candidates.demand import weighted_steps
from advisor.catalog.blueprint import Step
from advisor.scenario.load import Scenario

KB_PER_TOKEN = 4 / 1000  # about four bytes a token in English
KB_PER_MB = 1000
KB_PER_GB = 1e6


@dataclass(frozen=True)
class Call:
    """A step of a flow as a call from one role to another.

    Attributes:
        flow, operation: which step.
        role: who is asked. callers: who asks, the nearest first; one that is left out passes it on to the next.
        runs_per_month: how often the step is taken.
        sent_kb, returned_kb: in one run, None where the blueprint does not say.
        made_in: the operation of the only caller in which a run is made, when both are taken once and on the same side
            of a cache, so that the flow's time is the same whichever of the two waits for the network; "" else.
    """

    flow: str
    operation: str
    role: str
    callers: tuple[str, ...]
    runs_per_month: float
    sent_kb: float | None
    returned_kb: float | None
    made_in: str = ""

    @property
    def sent_gb(self) -> float:
        """GB a month from the caller to the role; what is not stated counts as nothing."""
        return self.runs_per_month * (self.sent_kb or 0.0) / KB_PER_GB

    @property
    def returned_gb(self) -> float:
        """GB a month from the role back to the caller; what is not stated counts as nothing."""
        return self.runs_per_month * (self.returned_kb or 0.0) / KB_PER_GB


def calls(scenario: Scenario, caches: frozenset[str]) -> tuple[Call, ...]:
    """Return every call between roles of a scenario with these caches in use."""
    return tuple(call for flow_id in scenario.blueprint.flows for call in _of_flow(flow_id, scenario, caches))


def _of_flow(flow_id: str, scenario: Scenario, caches: frozenset[str]) -> Iterator[Call]:
    flow, roles = scenario.blueprint.flows[flow_id], scenario.blueprint.roles
    per_month = expression.parse(flow.rate_per_month).evaluate(scenario.workload)
    callers: tuple[str, ...] = ()
    made: dict[str, tuple[Step, float]] = {}
    once = Counter(step.asks for step in flow.steps() if not step.in_background)
    for step, share in weighted_steps(flow, scenario, caches):
        role = step.asks
        if role is None:
            continue
        nearest = tuple(caller for caller in callers if caller != role)
        if nearest:
            sent, returned = payload_kb(step, scenario)
            before, its_share = made[nearest[0]]
            alike = len(nearest) == 1 and once[nearest[0]] == 1 and its_share == share
            alike = alike and {before.times, step.times} == {"1"} and not step.in_background
            made_in = (before.do or "") if alike else ""
            yield Call(flow_id, step.do or "", role, nearest, per_month * share, sent, returned, made_in)
        made[role] = step, share
        if roles[role].hub:
            callers = (role,)
        elif not step.in_background and not (callers and roles[callers[0]].hub):
            callers = (role, *callers) if roles[role].optional else (role,)


def payload_kb(step: Step, scenario: Scenario) -> tuple[float | None, float | None]:
    """Return the KB that a step sends and gets back in all of its runs; None where the blueprint does not say.

    What it states (``sends_kb``, ``returns_kb``) counts; else payload sizes times requests, reads or writes; else
    tokens at four bytes each, and streams in MB.
    """
    values = scenario.workload
    work = {name: expression.parse(text).evaluate(values) for name, text in step.work.items()}
    kb = {name: expression.parse(text).evaluate(values) for name, text in step.kb.items()}

    def stated(text: str | None) -> float | None:
        return None if text is None else expression.parse(text).evaluate(values)

    def sized(*pairs: tuple[str, str]) -> float | None:
        found = [kb[size] * work[count] for size, count in pairs if size in kb and count in work]
        return sum(found) if found else None

    def counted(*pairs: tuple[str, float]) -> float | None:
        found = [work[name] * each for name, each in pairs if name in work]
        return sum(found) if found else None

    sent = (
        stated(step.sends_kb),
        sized(("request_kb", "requests_per_s"), ("write_kb", "writes_per_s")),
        counted(("input_tokens_per_s", KB_PER_TOKEN), *((name, KB_PER_MB) for name in work if "_mb_per_s" in name)),
    )
    returned = (
        stated(step.returns_kb),
        sized(("read_kb", "reads_per_s")),
        counted(("output_tokens_per_s", KB_PER_TOKEN)),
    )
    return next((s for s in sent if s is not None), None), next((r for r in returned if r is not None), None)
