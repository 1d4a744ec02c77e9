"""A design that stays as it is, judged under other numbers: no unit is added and nothing is chosen again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from advisor.analysis.changes import CarriedOver, carried_over
from advisor.analysis.equality import running
from advisor.analysis.knobs import Knob, turned
from advisor.analysis.workloads import Workloads
from advisor.candidates.candidate import Candidate
from advisor.candidates.kit import remembered
from advisor.candidates.table import Table
from advisor.catalog.load import Catalog
from advisor.catalog.perturb import Reference, with_figures
from advisor.evaluation.evaluate import judge
from advisor.evaluation.result import Evaluation
from advisor.scenario.load import Scenario

MOST_KNOWN = 40  # judgements that are remembered: those around the place that is closed in on
Key = tuple[str, float, bool]  # a number, its value, and whether the design was judged briefly


class FixedDesign:
    """One design, to be judged again and again; only what a number touches is worked out anew.

    A plain candidate is sized again by itself, as :meth:`advisor.candidates.table.Table.resized` does it; of others the
    candidates of their options are made again, of which it is one.

    The design may be of the scenario under another workload: what of it a number does not touch is then what runs the
    same in ``origin``, the table of the scenario as it is.
    """

    def __init__(self, design: Evaluation, origin: Table) -> None:
        self.evaluation = design
        as_it_is = (design.scenario.workload, design.scenario.usd_per_hour)
        same = as_it_is == (origin.scenario.workload, origin.scenario.usd_per_hour)
        running_ = {role: (c,) if same else _running_as(c, origin) for role, c in design.design.items()}
        self.table = replace(origin, candidates=running_, catalog=only_used(origin.catalog, design.design))
        self.options = {role: options_of(c) for role, c in design.design.items()}
        alone = {role for role, c in design.design.items() if _sizes_itself(c)}
        self.again = {role: frozenset() if role in alone else some for role, some in self.options.items()}
        self.workloads = Workloads(self.table, self.options, self.again)
        self._known: dict[Key, CarriedOver] = {}
        self._unmoved: dict[bool, CarriedOver] = {}  # judged briefly or not -> what it does with nothing changed

    @cached_property
    def briefly(self) -> Evaluation:
        """The design as it is, with nothing of the times but what a bound or a goal names."""
        return judge(self.evaluation.design, self.evaluation.scenario, brief=True)

    def at(self, knob: Knob, value: float, *, brief: bool = False) -> CarriedOver:
        """Return what the design does when one number has another value; what was asked last is remembered.

        ``brief``: of the times only what a bound or a goal names is needed; for closing in on where something changes.
        """
        key = (knob.path, value, brief and (knob.path, value, False) not in self._known)
        return remembered(self._known, key, lambda: self._at(knob, value, brief=key[2]), MOST_KNOWN)

    def _at(self, knob: Knob, value: float, *, brief: bool) -> CarriedOver:
        if knob.figure is not None:
            return self.with_figures({knob.figure: value}, brief=brief)
        return self.under(turned(self.table.scenario, knob, value, self.table.catalog), brief=brief)

    def with_figures(self, values: Mapping[Reference, float], *, brief: bool = False) -> CarriedOver:
        """Return what the design does when figures of the catalog are other ones.

        Nothing changes where no candidate stands on any of them; a cloud's figures are also those of calls to it.
        """
        design = self.evaluation.design
        again = {role: self.again[role] for role, c in design.items() if any(touches(one, c) for one in values)}
        if not again and not any(one.kind == "clouds" for one in values):
            return self._as_it_is(brief=brief)
        return self._carried(self.table.again(with_figures(self.table.catalog, values), again), brief=brief)

    def _as_it_is(self, *, brief: bool) -> CarriedOver:
        if brief not in self._unmoved:
            self._unmoved[brief] = self._carried(self.table, brief=brief)
        return self._unmoved[brief]

    def under(self, scenario: Scenario, *, brief: bool = False) -> CarriedOver:
        """Return what the design does under another scenario of the same blueprint."""
        return self._carried(self.workloads.under(scenario), brief=brief)

    def _carried(self, table: Table, *, brief: bool) -> CarriedOver:
        like = self.briefly if brief else self.evaluation
        return carried_over(self.evaluation, table, brief=brief, like=like)


def _running_as(candidate: Candidate, origin: Table) -> tuple[Candidate, ...]:
    """Return the candidates of a table that run as a candidate of elsewhere does; none when no size of it is there."""
    return tuple(c for c in origin.candidates[candidate.role] if running(c) == running(candidate))


def _sizes_itself(c: Candidate) -> bool:
    """Return whether a candidate is an option of the catalog for one role, on its own machines, and nothing more."""
    stated = c.option is not None and "@" not in c.option.id and c.option.precision is None
    return stated and not (c.parts or c.shared or c.pooled)


def options_of(candidate: Candidate) -> frozenset[str]:
    """Return the options of the catalog that a candidate runs; one on another size of machine counts as its base.

    >>> options_of(Candidate("none", "reranker"))
    frozenset()
    """
    return frozenset(one.option.id.partition("@")[0] for one in candidate.members if one.option)


def only_used(catalog: Catalog, *designs: Mapping[str, Candidate], whole: bool = True) -> Catalog:
    """Return a catalog with the components of some designs and no others: less to change and to send.

    Not ``whole``: their other options keep their places, which name figures, but no longer follow those of a class.
    """
    members = [one for design in designs for c in design.values() for one in c.members if one.component and one.option]
    used = {one.option.id.partition("@")[0] for one in members if one.option}
    names = sorted({one.component.id for one in members if one.component})
    kept = {name: catalog.records.components[name] for name in names}
    for name, component in kept.items() if not whole else ():
        options = [o if o.id in used else o.model_copy(update={"operated_as": None}) for o in component.options]
        kept[name] = component.model_copy(update={"options": options})
    named = {name for c in kept.values() for fit in c.works_with for name in fit.components} - kept.keys()
    owners = {catalog.options[name][0].id if name in catalog.options else name for name in named}
    beside = {name: catalog.records.components[name] for name in sorted(owners - kept.keys())}  # which needs name
    return Catalog(catalog.records.model_copy(update={"components": {**kept, **beside}}), catalog.digest)


def touches(reference: Reference, candidate: Candidate) -> bool:
    """Return whether a candidate stands on a figure of the catalog."""
    return stood_on(reference) in stands_on(candidate)


Ground = tuple[str, str]  # kind of record, and its id: whoever stands on it stands on all its figures


def stood_on(reference: Reference) -> Ground:
    """Return what a candidate stands on when it stands on a figure; of a component its option."""
    return reference.kind, reference.record if reference.kind == "components" else reference.key


def stands_on(candidate: Candidate) -> frozenset[Ground]:
    """Return all that a candidate stands on.

    >>> stands_on(Candidate("none", "reranker"))
    frozenset({('roles', 'reranker')})
    """
    if candidate.is_none:
        return frozenset({("roles", candidate.role)})
    found: set[Ground] = set()
    for option in (one.option for one in candidate.members if one.option):
        found.add(("components", option.id.partition("@")[0]))
        if option.operated_as:
            found.add(("operating", option.operated_as))
        if option.unit and option.unit.instance:
            found.add(("instances", option.unit.instance))
        if option.availability.software is not None:  # on machines, whose availability is the cloud's
            found.add(("clouds", option.cloud))
    return frozenset(found)


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
