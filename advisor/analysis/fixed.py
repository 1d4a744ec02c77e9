"""A design that stays as it is, judged under other numbers: no unit is added and nothing is chosen again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from advisor.analysis.changes import CarriedOver, carried_over
from advisor.analysis.knobs import Knob, turned
from advisor.analysis.workloads import Workloads
from advisor.candidates.candidate import Candidate
from advisor.candidates.table import Table, table
from advisor.catalog.perturb import Reference, with_figures
from advisor.evaluation.result import Evaluation
from advisor.scenario.load import Scenario


class FixedDesign:
    """One design, to be judged again and again; only what a number touches is worked out anew."""

    def __init__(self, design: Evaluation, origin: Table) -> None:
        self.evaluation = design
        self.table = replace(origin, candidates={role: (c,) for role, c in design.design.items()})
        self.options = {role: options_of(c) for role, c in design.design.items()}
        as_it_is = (design.scenario.workload, design.scenario.usd_per_hour)
        same = as_it_is == (origin.scenario.workload, origin.scenario.usd_per_hour)
        self.workloads = Workloads(self.table, self.options) if same else None  # else its candidates are of elsewhere

    def at(self, knob: Knob, value: float, *, brief: bool = False) -> CarriedOver:
        """Return what the design does when one number has another value.

        ``brief``: of the times only what a bound or a goal names; for closing in on where something changes.
        """
        if knob.figure is not None:
            return self.with_figures({knob.figure: value}, brief=brief)
        return self.under(turned(self.table.scenario, knob, value, self.table.catalog), brief=brief)

    def with_figures(self, values: Mapping[Reference, float], *, brief: bool = False) -> CarriedOver:
        """Return what the design does when figures of the catalog are other ones."""
        catalog = with_figures(self.table.catalog, values)
        design = self.evaluation.design
        again = {role: self.options[role] for role, c in design.items() if any(touches(one, c) for one in values)}
        return carried_over(self.evaluation, self.table.again(catalog, again), brief=brief)

    def under(self, scenario: Scenario, *, brief: bool = False) -> CarriedOver:
        """Return what the design does under another scenario of the same blueprint."""
        if self.workloads is not None:
            found = self.workloads.under(scenario)
        else:
            found = table(scenario, self.table.catalog, self.table.as_of, only=self.options)
        return carried_over(self.evaluation, found, brief=brief)


def options_of(candidate: Candidate) -> frozenset[str]:
    """Return the options of the catalog that a candidate runs; one on another size of machine counts as its base.

    >>> options_of(Candidate("none", "reranker"))
    frozenset()
    """
    return frozenset(one.option.id.partition("@")[0] for one in candidate.members if one.option)


def touches(reference: Reference, candidate: Candidate) -> bool:
    """Return whether a candidate stands on a figure of the catalog."""
    if candidate.is_none:
        return reference.kind == "roles" and reference.key == candidate.role
    options = [one.option for one in candidate.members if one.option]
    if reference.kind == "components":
        return any(option.id.partition("@")[0] == reference.record for option in options)
    if reference.kind == "operating":
        return any(option.operated_as == reference.key for option in options)
    machines = [option for option in options if option.unit and option.unit.instance]
    if reference.kind == "instances":
        return any(option.unit and option.unit.instance == reference.key for option in machines)
    return reference.kind == "clouds" and any(option.cloud == reference.key for option in machines)


def within_target(evaluation: Evaluation) -> bool:
    """Return whether a design could be chosen as it is: it holds all, and no unit is fuller than sizing plans for."""
    return evaluation.feasible and not any(load > most * (1 + 1e-9) for load, most in _fullness(evaluation))


def _fullness(evaluation: Evaluation) -> Iterator[tuple[float, float]]:
    """Yield of every load the utilisation, and up to what it is planned."""
    target = evaluation.scenario.sizing.target_utilisation
    for candidate in evaluation.design.values():
        for one in candidate.members:
            most = target if one.option and one.option.unit else 1.0
            yield from ((load.utilisation, most) for load in one.loads.values())


def margins(evaluation: Evaluation) -> Iterator[float | None]:
    """Yield how far a design is from each thing that would keep it from being chosen; negative where it is beyond."""
    yield from (check.slack for check in evaluation.checks)
    yield from (most - load for load, most in _fullness(evaluation))
