"""What every section looks at: a proposal with its design, and its parts in words that are safe in Markdown."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from advisor import expression
from advisor.analysis.bundle import NOTHING, Bundle
from advisor.candidates.candidate import Candidate
from advisor.candidates.demand import Demand
from advisor.catalog import figure_words
from advisor.catalog.blueprint import Blueprint, Flow, Measure
from advisor.catalog.load import Catalog
from advisor.evaluation.result import Check, Evaluation
from advisor.models.cost import SECONDS_PER_MONTH
from advisor.optimizer.solver import Status
from advisor.proposal import Proposal
from advisor.render import numbers
from advisor.render.markdown import code, escape, joined, plural
from advisor.render.style import PLAIN, Style
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import COST, Bound, Filter, Requirement, is_count

NB = numbers.NARROW
LOW_SLACK = 0.10  # below this a requirement is called tight
AMPLE_SLACK = 0.30  # above this it is called a non-risk
LEAST_PER_S = 0.01  # a rate below this is told by the hour, the day or the month
THOUSAND = 1000
TWICE = 2


@dataclass(frozen=True)
class View:
    """A proposal that has a design, with what the document is told from outside.

    Attributes:
        best: evaluation of the proposed design.
        date: of the document; ages of figures are counted from it.
        command: what reproduces the document; version: of advisor.
        analyses: what was worked out besides. style: of the house.
    """

    proposal: Proposal
    best: Evaluation
    date: datetime.date
    command: str
    version: str
    analyses: Bundle = NOTHING
    style: Style = PLAIN

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        return self.proposal.scenario

    @property
    def catalog(self) -> Catalog:
        """The catalog."""
        return self.proposal.catalog

    @property
    def blueprint(self) -> Blueprint:
        """The architecture's topology."""
        return self.scenario.blueprint

    @property
    def proved(self) -> bool:
        """Whether the design is proved optimal."""
        return self.proposal.status is Status.OPTIMAL

    @property
    def minimises_cost(self) -> bool:
        """Whether the first goal is the monthly cost and nothing else."""
        return [term.metric for term in self.scenario.objective[0].terms] == [COST]

    @cached_property
    def used(self) -> Mapping[str, Candidate]:
        """The roles that are filled."""
        return {role: c for role, c in self.best.design.items() if not c.is_none}

    @cached_property
    def left_out(self) -> tuple[str, ...]:
        """The optional roles that are not used."""
        return tuple(role for role, c in self.best.design.items() if c.is_none)

    @cached_property
    def caches(self) -> frozenset[str]:
        """The cache roles in use: they decide which demand holds."""
        return frozenset(role for role in self.blueprint.cache_roles if role in self.used)

    @property
    def demand(self) -> Mapping[str, Demand]:
        """Role -> what it is asked for in this design."""
        return self.proposal.table.demand[self.caches]

    def title(self, role: str) -> str:
        """Return a role's name for people."""
        return escape(self.catalog.role(role).title)

    def lower(self, role: str) -> str:
        """Return a role's name for the middle of a sentence."""
        return escape(lower(self.catalog.role(role).title))

    def rate_per_month(self, flow: Flow) -> float:
        """Return how often a flow is taken a month."""
        return expression.parse(flow.rate_per_month).evaluate(self.scenario.workload)

    def average_per_s(self, flow: Flow) -> float:
        """Return a flow's average rate per second."""
        return self.rate_per_month(flow) / SECONDS_PER_MONTH

    def peak_per_s(self, flow: Flow) -> float:
        """Return a flow's peak rate per second."""
        return self.average_per_s(flow) * expression.parse(flow.peak_to_average).evaluate(self.scenario.workload)

    @cached_property
    def bounds(self) -> tuple[Check, ...]:
        """The checks of bounds on numbers, the tightest first."""
        found = [check for check in self.best.checks if isinstance(check.requirement, Bound)]
        return tuple(sorted(found, key=lambda c: math.inf if c.slack is None else c.slack))

    @cached_property
    def graded(self) -> tuple[Check, ...]:
        """The bounds whose slack is a matter of degree (a number of clouds is not), the tightest first."""
        return tuple(check for check in self.bounds if not is_count(metric_of(check)))


def lower(text: str) -> str:
    """Return text for the middle of a sentence; abbreviations keep their capitals.

    >>> lower("Language model"), lower("API gateway")
    ('language model', 'API gateway')
    """
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def capital(text: str) -> str:
    """Return text for the start of a sentence.

    >>> capital("answer ttft p95")
    'Answer ttft p95'
    """
    return text[:1].upper() + text[1:]


def utilisation(share: float) -> str:
    """Return a utilisation in percent; what is next to nothing is said to be so.

    >>> utilisation(0.0004).replace(NB, " "), utilisation(0.184).replace(NB, " ")
    ('< 0.1 %', '18 %')
    """
    return numbers.percent(share) if share >= 0.001 else f"<{NB}0.1{NB}%"


def few(names: list[str], of: int, where_: str, most: int = 5) -> str:
    """Return names as running text, or only how many there are when they are many.

    >>> few(["a", "b"], 9, "below"), few(list("abcdef"), 9, "below")
    ('a and b', '6 of 9 roles (see below)')
    """
    return joined(names) if len(names) <= most else f"{len(names)} of {of} roles (see {where_})"


def measured(flow: Flow, key: str) -> Measure:
    """Return what a measure of a flow is, by its name."""
    return {str(name): measure for name, measure in flow.measures.items()}[key]


def metric_of(check: Check) -> str:
    """Return the metric that a check of a bound is about."""
    assert isinstance(check.requirement, Bound)
    return check.requirement.metric


def name(candidate: Candidate) -> str:
    """Return a candidate's component for people."""
    return "left out" if candidate.is_none else escape(candidate.name)


def sized(candidate: Candidate) -> str:
    """Return component and size."""
    return "left out" if candidate.is_none else f"{escape(candidate.name)}, {size(candidate)}"


def size(candidate: Candidate) -> str:
    """Return the size for people; roles that share units are named in words."""
    return escape(candidate.size.replace("_", " ") if candidate.shared else candidate.size)


def label(requirement: Requirement) -> str:
    """Return a requirement's short name, as the terminal shows it."""
    if isinstance(requirement, Bound):
        return {"quality": "quality index"}.get(requirement.metric, numbers.metric_label(requirement.metric))
    kinds = {
        "cloud": "clouds allowed",
        "residency": "residency",
        "licence": "licences",
        "mode": "modes",
        "exclude": "exclusion",
        "together": "chosen together",
        "apart": "chosen apart",
    }
    return kinds.get(requirement.kind) or f"pin of {(requirement.role or '').replace('_', ' ')}"


def demanded(requirement: Requirement) -> str:
    """Return what a requirement asks, with names instead of ids.

    >>> demanded(Filter("constraints.residency.require", "residency", frozenset(["eu"]), True))
    'data kept in the EU'
    >>> demanded(Filter("constraints.clouds.allow", "cloud", frozenset(["vendor", "azure"]), True))
    "only on Azure or vendors' own clouds"
    """
    if isinstance(requirement, Bound):
        return f"{'≤' if requirement.upper else '≥'}{NB}{numbers.metric(requirement.metric, requirement.limit)}"
    names = _NAMES.get(requirement.kind, {})
    values = joined([names.get(value) or escape(value) for value in sorted(requirement.values)], "or")
    return _FILTERS[requirement.kind][0 if requirement.allow else 1].format(values)


MODES = {"saas": "SaaS", "managed": "managed", "self_hosted": "own operation"}
CLOUDS = {**figure_words.CLOUDS, "vendor": "vendor's cloud"}
REGIONS = {"us": "the US", "eu": "the EU", "apac": "Asia-Pacific"}
_NAMES = {
    "cloud": CLOUDS | {"vendor": "vendors' own clouds"},
    "residency": REGIONS,
    "mode": {"saas": "SaaS", "managed": "a managed service", "self_hosted": "own operation"},
}
_FILTERS = {
    "cloud": ("only on {}", "not on {}"),
    "residency": ("data kept in {}", "data not kept in {}"),
    "licence": ("licence {}", "no {}"),
    "mode": ("run as {}", "not run as {}"),
    "exclude": ("only {}", "without {}"),
    "pin": ("{}", "not {}"),
    "together": ("both or neither of {}", ""),
    "apart": ("", "at most one of {}"),
}


def found(check: Check) -> str:
    """Return the value that a check met."""
    if isinstance(check.requirement, Filter) or check.value is None:
        return "holds in every role" if check.holds else f"broken by {escape(check.detail)}"
    return numbers.metric(check.requirement.metric, check.value)


def slack(check: Check) -> str:
    """Return the room that is left, in words; "" where it is no matter of degree."""
    if check.slack is None or is_count(metric_of(check)):
        return ""
    of = " of the error budget" if metric_of(check).endswith(".availability") else ""
    return f"{numbers.percent(check.slack)}{of}"


def mark(holds: bool) -> str:
    """Return ✓ or ✗."""
    return "✓" if holds else "✗"


def extra(usd: float) -> str:
    """Return a difference in monthly cost with its sign.

    >>> extra(1250.0).replace(NB, " "), extra(-3.0).replace(NB, " "), extra(0.001)
    ('+1 250 USD', '−3.00 USD', 'the same')
    """
    if abs(usd) < 0.005:
        return "the same"
    return f"{'+' if usd > 0 else '−'}{numbers.usd(abs(usd))}"


def with_unit(value: float, unit: str, *, slow: bool = True) -> str:
    """Return a figure with its unit, three significant digits.

    Args:
        slow: count what is rare by the hour, the day or the month.

    >>> with_unit(19660.8, "GB").replace(NB, " "), with_unit(3.8, "1/s").replace(NB, " ")
    ('19 700 GB', '3.80 /s')
    >>> with_unit(47.9, "s/s").replace(NB, " "), with_unit(0.381, "vCPU-seconds/s").replace(NB, " ")
    ('47.9 at once', '0.381 vCPU')
    >>> [with_unit(v, "1/s").replace(NB, " ") for v in (0.0285, 0.00457, 30 / SECONDS_PER_MONTH)]
    ['0.0285 /s', '16.5 /h', '30.0 /month']
    """
    if unit in _BUSY:  # seconds of work in each second: that many are busy at the same time
        return f"{numbers.significant(value)}{NB}{_BUSY[unit]}"
    counted = unit.removesuffix("/s").removeprefix("1")
    if slow and unit.endswith("/s") and 0 < value < LEAST_PER_S:
        value, per = _slower(value)
        return f"{numbers.significant(value)}{NB}{counted}/{per}"
    return f"{numbers.significant(value)}{NB}{f'{counted}/s' if unit.endswith('/s') else unit}"


_BUSY = {"s/s": "at once", "vCPU-seconds/s": "vCPU", "GPU-seconds/s": "GPU"}


def _slower(per_s: float) -> tuple[float, str]:
    """Return a rate by the shortest of hour, day and month in which it comes up at least twice."""
    spans = ((3_600.0, "h"), (86_400.0, "day"))
    found = ((per_s * seconds, name) for seconds, name in spans if per_s * seconds >= TWICE)
    return next(found, (per_s * SECONDS_PER_MONTH, "month"))


def units(count: int, name: str) -> str:
    """Return how many units, also where the name of one starts with a number.

    >>> units(2, "node").replace(NB, " "), units(1, "100 processing units").replace(NB, " ")
    ('2 nodes', '1 × 100 processing units')
    """
    return f"{count}{NB}× {escape(name)}" if name[:1].isdigit() else plural(count, escape(name))


def per_run(view: View, usd: float) -> str:
    """Return an amount a month as one for a run of the first flow, or for a thousand where there are as many."""
    flow = next(iter(view.blueprint.flows.values()))
    rate, title = view.rate_per_month(flow), escape(lower(flow.title))
    if rate < THOUSAND:
        return f"{money(usd / rate)} each time (“{title}”)"
    return f"{money(THOUSAND * usd / rate)} per 1{NB}000 × “{title}”"


def money(usd: float) -> str:
    """Return a small amount with all three digits.

    >>> money(0.15603).replace(NB, " "), money(45.83).replace(NB, " ")
    ('0.156 USD', '45.8 USD')
    """
    return f"{numbers.significant(usd)}{NB}USD"


def goal(view: View, number: int = 0) -> str:
    """Return a goal of the objective in words: ``minimise cost``."""
    terms = view.scenario.objective[number].terms
    if len(terms) == 1:
        return f"{'minimise' if terms[0].coefficient > 0 else 'maximise'} {numbers.metric_label(terms[0].metric)}"
    return "minimise " + " ".join(
        f"{'+' if t.coefficient > 0 else '−'} {abs(t.coefficient):g} × {numbers.metric_label(t.metric)}" for t in terms
    )


def proof(view: View) -> str:
    """Return what is proved about the design, in one sentence."""
    candidates = sum(len(found) for found in view.proposal.table.candidates.values())
    scope = f"the {numbers.grouped(candidates)} sized candidates of this catalog"
    if view.proved:
        return (
            f"Proved optimal: no other combination of {scope} that meets every requirement is better at “{goal(view)}”."
        )
    if view.proposal.gap is None:
        return f"**Not proved optimal**: the search over {scope} stopped at its time limit and no bound is known."
    return (
        f"**Not proved optimal**: the search over {scope} stopped at its time limit; a better design, if there is one, "
        f"improves “{goal(view)}” by at most {numbers.percent(view.proposal.gap)}."
    )


def where(path: str) -> str:
    """Return a place in the scenario or the catalog as code."""
    return code(path)
