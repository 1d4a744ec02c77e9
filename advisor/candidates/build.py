"""Turning (option, layout) into a candidate with its constants, through the model functions."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from advisor import expression
from advisor.candidates.bill import bill
from advisor.candidates.candidate import NONE, Candidate, CostLine, Load
from advisor.candidates.compatibility import needs
from advisor.candidates.demand import Demand
from advisor.candidates.layout import Layout
from advisor.candidates.sizing import loads
from advisor.catalog.load import Catalog
from advisor.catalog.model import Component, Figure, Latency, Option
from advisor.catalog.role import Operation
from advisor.catalog.sale import Sale, sale
from advisor.models import availability, quality
from advisor.models.latency import (
    Constant,
    Distribution,
    Lognormal,
    Percentiles,
    Wait,
    affine,
    from_percentiles,
    series,
)
from advisor.models.queueing import mgc_wait
from advisor.scenario.assumption import Assumption
from advisor.scenario.load import Scenario

NEGLIGIBLE = 1e-9  # a probability of waiting that no percentile up to p99.99 can show
MS_PER_H = 3_600_000.0
_units_in_zones = lru_cache(maxsize=8192)(availability.units_in_zones)  # many options run on the same machines


def left_out(role: str, catalog: Catalog) -> Candidate:
    """Return the candidate that stands for leaving an optional role out."""
    metric = catalog.role(role).quality
    factor = metric.without.value if metric and metric.without else 1.0
    return Candidate(NONE, role, quality=factor)


def build(
    component: Component,
    option: Option,
    layout: Layout,
    demand: Demand,
    behind: Mapping[str, bool],
    scenario: Scenario,
    catalog: Catalog,
    as_of: datetime.date,
    *,
    billed: Demand | None = None,
) -> Candidate:
    """Return the candidate with all its constants.

    Args:
        demand: what it must be able to carry. billed: what it is asked for on average, when that is less (a backup).

    Raises:
        ValueError: a price is missing on that date, or the load leaves no steady state; the message says which.
    """
    suffix = "".join(f"+{role}" for role, used in behind.items() if used)
    full = loads(option, demand, layout.units)
    up, availability_note = _availability(option, layout, catalog)
    sold = sale(catalog, component, option)
    lines = bill(option, layout, billed or demand, catalog, sold.priced(as_of))
    latency, latency_notes = _latency(option, demand, layout, full, scenario, catalog)
    return Candidate(
        id=f"{option.id}.{layout.name}{suffix}",
        role=demand.role,
        component=component,
        option=option,
        units=layout.units,
        zones=layout.zones,
        needed_units=layout.needed,
        tactics=(*layout.tactics, *(("cache_aside",) if demand.role in scenario.blueprint.cache_roles else ())),
        behind=dict(behind),
        lines=lines,
        operations_h_per_month=option.operations_h_per_month.value,
        usd_per_hour=scenario.usd_per_hour,
        availability=up,
        quality=_quality(option, demand.role, catalog),
        latency=latency,
        loads=full,
        layout=layout,
        cards=cards(option, layout.units, catalog),
        assumptions=(
            *availability_note,
            *latency_notes,
            *_capacity_notes(option, full),
            *past_notes(option, lines, sold, as_of),
            *coming_notes(catalog, as_of),
            *layout.notes,
        ),
        unsold=sold.refusal(as_of),
        needs=needs(component, scenario, catalog),
    )


def cards(option: Option, units: int, catalog: Catalog) -> dict[str, int]:
    """Return type of accelerator -> how many so many units of an option have; nothing for units without any."""
    if option.unit is None or option.unit.instance is None:
        return {}
    instance = catalog.records.instances[option.unit.instance]
    return {instance.card: units * option.unit.instances * instance.gpus} if instance.card else {}


def _availability(option: Option, layout: Layout, catalog: Catalog) -> tuple[float, list[Assumption]]:
    stated = option.availability
    if stated.software is not None:
        figures = catalog.records.clouds[option.cloud]
        instance = figures.instance_availability.value * layout.unit_uptime
        unit = instance ** (option.unit.instances if option.unit else 1)
        hardware = _units_in_zones(
            layout.needed, layout.units, layout.zones, unit, figures.zone_availability.value
        )
        return stated.software.value * layout.common_uptime * hardware, []
    if stated.observed is not None:
        return stated.observed.value, []
    figure = stated.service or (stated.service_by_zones or {})[str(layout.zones)]  # type: ignore[index]
    return figure.value, _sla_note(option, figure)


def _percent(share: float) -> str:
    """Return an agreement's share with the digits that it states.

    >>> _percent(0.9995), _percent(0.99)
    ('99.95 %', '99 %')
    """
    return f"{round(share * 100, 4):.7g} %"


def _sla_note(option: Option, figure: Figure) -> list[Assumption]:
    if figure.basis != "sla":
        return []
    return [
        Assumption(
            f"availability of {option.id}",
            _percent(figure.value),
            "the SLA stands in for an observed figure; an SLA is a refund threshold, not a prediction",
            f"catalog: {option.id}",
        )
    ]


def _quality(option: Option, role: str, catalog: Catalog) -> float:
    metric = catalog.role(role).quality
    if metric is None:
        return 1.0
    score = option.quality[metric.metric].value
    return (
        quality.elo_against_best(score, metric.best)
        if metric.normalise == "elo"
        else quality.share_of_best(score, metric.best)
    )


def _latency(
    option: Option, demand: Demand, layout: Layout, full: Mapping[str, Load], scenario: Scenario, catalog: Catalog
) -> tuple[dict[str, tuple[Distribution, Distribution]], list[Assumption]]:
    found: dict[str, tuple[Distribution, Distribution]] = {}
    notes: list[Assumption] = []
    for name, operation in catalog.role(demand.role).operations.items():
        if operation.latency is None:
            continue
        if layout.batch and option.batch_within_h:
            found[name] = (answered := Constant(option.batch_within_h.value * MS_PER_H), answered)
            continue
        figure = option.latency[operation.latency]
        first: Distribution = fit(figure, operation.default_cv)
        wait = _wait(option, demand, layout, full, figure, catalog)
        if wait is not None and wait.p_wait > NEGLIGIBLE:
            first = series(first, wait)
        if busy := processor_time(scenario, demand.role, name, option):
            first = series(first, busy)
        if before := _items(option, operation, demand.role, name, scenario, before=True):
            first = series(first, before)
        after = _items(option, operation, demand.role, name, scenario)
        complete = series(first, after) if after else first
        found[name] = (first, complete)
        notes += _spread_notes(option, operation)
    return found, notes


def fit(figure: Latency, default_cv: float) -> Lognormal | Percentiles:
    """Return the distribution (ms) fitted to what a latency figure states.

    A lognormal through one or two figures; through three percentiles that rise one that keeps each of them exactly.
    """
    stated = {0.5: figure.p50, 0.95: figure.p95, 0.99: figure.p99}
    known = {level: value for level, value in stated.items() if value is not None}
    if len(set(known.values())) == len(stated):
        return from_percentiles(known)
    return _lognormal(figure.p50, figure.p95, figure.p99, figure.mean, figure.cv, default_cv)


@lru_cache(maxsize=8192)
def _lognormal(
    p50: float | None, p95: float | None, p99: float | None, mean: float | None, cv: float | None, default_cv: float
) -> Lognormal:
    """Return the fitted distribution, remembered: every size of an option has the same figures."""
    return Lognormal.fit(p50=p50, p95=p95, p99=p99, mean=mean, cv=cv, default_cv=default_cv)


def item_parameter(scenario: Scenario, role: str, operation: str, *, before: bool = False) -> str | None:
    """Return the parameter that counts an operation's items: those before the first that counts, or those after."""
    step = scenario.asking.get((role, operation))
    return (step.items_before if before else step.items) if step else None


def processor_time(scenario: Scenario, role: str, operation: str, option: Option) -> Distribution | None:
    """Return the processor time (ms) of one run on an option, which gives a request a vCPU or a share of one."""
    step = scenario.asking.get((role, operation))
    if step is None or step.cpu_ms is None:
        return None
    share = option.vcpu_share.value if option.vcpu_share else 1.0
    mean = expression.parse(step.cpu_ms).evaluate(scenario.workload) / share
    if mean <= 0:
        return None
    return Lognormal.from_mean_cv(mean, step.cpu_cv) if step.cpu_cv else Constant(mean)


def _items(
    option: Option, operation: Operation, role: str, name: str, scenario: Scenario, *, before: bool = False
) -> Distribution | None:
    """Return the time for items: random count times random time per item; None when there are none."""
    parameter = item_parameter(scenario, role, name, before=before) if operation.then_each else None
    if operation.then_each is None or parameter is None or scenario.workload[parameter] <= 0:
        return None
    each = fit(option.latency[operation.then_each], operation.default_cv_each)
    count, cv = scenario.workload[parameter], scenario.spread.get(parameter, 0.0)
    if not isinstance(each, Lognormal):
        return affine(Constant(0.0), each, Lognormal.from_mean_cv(count, cv) if cv else count)
    return Lognormal.from_mean_cv(count, cv).times(each) if cv else each.scaled(count)


def _wait(
    option: Option, demand: Demand, layout: Layout, full: Mapping[str, Load], figure: Latency, catalog: Catalog
) -> Wait | None:
    """Return the queueing delay (ms) at peak at provisioned units, None where it is inside the figure or not ours.

    Each unit is a server whose offered load is its utilisation in the fullest rate dimension; arrivals are requests.
    """
    if option.unit is None or figure.loaded:
        return None
    dimensions = catalog.records.dimensions
    rate = math.fsum(peak for name, peak in demand.peak.items() if dimensions[name].requests)
    busiest = max((load.utilisation for name, load in full.items() if dimensions[name].kind == "rate"), default=0.0)
    if rate <= 0 or busiest <= 0:
        return None
    if busiest >= 1:
        raise ValueError(f"overloaded at peak: utilisation {busiest:.0%} leaves no steady state")
    in_seconds = mgc_wait(rate, busiest * layout.units / rate, layout.units)
    return Wait(in_seconds.p_wait, in_seconds.rate / 1000)


def _spread_notes(option: Option, operation: Operation) -> list[Assumption]:
    notes = []
    for key, cv in ((operation.latency, operation.default_cv), (operation.then_each, operation.default_cv_each)):
        figure = option.latency[key] if key else None
        if (
            figure is not None
            and figure.cv is None
            and sum(v is not None for v in (figure.p50, figure.p95, figure.p99, figure.mean)) == 1
        ):
            notes.append(
                Assumption(
                    f"spread of {key} of {option.id}",
                    f"cv {cv:g}",
                    "the source states a single number; lognormal with this coefficient of variation",
                    f"catalog: {option.id}",
                )
            )
    return notes


def _capacity_notes(option: Option, full: Mapping[str, Load]) -> list[Assumption]:
    return [
        Assumption(
            f"{dimension} of {option.id}",
            "not limited",
            option.capacity[dimension].reasoning or option.capacity[dimension].conditions or "",
            f"catalog: {option.id}",
        )
        for dimension, load in full.items()
        if load.limit is None and load.peak > 0
    ]


def coming_notes(catalog: Catalog, as_of: datetime.date) -> Iterator[Assumption]:
    """Yield that a day after the newest check of a price has the prices known then, and those announced with a date."""
    if as_of > catalog.date:
        reason = "nothing was checked later; what is announced with its date is in them, other changes are not known"
        known = f"as known on {catalog.date.isoformat()}"
        yield Assumption(f"prices on {as_of.isoformat()}", known, reason, "--as-of")


def past_notes(option: Option, lines: Sequence[CostLine], sold: Sale, as_of: datetime.date) -> Iterator[Assumption]:
    """Yield what is taken from later than the day of the prices: a past day has prices, and days of sale.

    A price without a start date is only known for the day on which it was checked.
    """
    if all(line.price.checked <= as_of for line in lines):
        return
    yield Assumption(
        f"figures on {as_of.isoformat()}",
        "as in the catalog",
        "only prices and days of sale are kept by date; times, capacity, availability, quality, hours are later ones",
        "--as-of",
    )
    place, unknown = f"catalog: {option.id}", " and ".join(sold.undated)
    later = [line.price.checked for line in lines if line.price.from_ is None and as_of < line.price.checked]
    if later:
        also = f"; nor is since when {unknown} is sold" if unknown else ""
        reason = f"the catalog has no start date for them, so an earlier price is not known{also}"
        yield Assumption(
            f"prices of {option.id} on {as_of.isoformat()}", f"as checked on {max(later).isoformat()}", reason, place
        )
    elif unknown:
        reason = "the catalog does not know since when"
        yield Assumption(f"sale of {unknown} on {as_of.isoformat()}", "could be bought", reason, place)
