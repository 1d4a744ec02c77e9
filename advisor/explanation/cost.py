"""Cost: the bill line by line, and operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from advisor.candidates.bill import counted_each
from advisor.candidates.candidate import Candidate, CostLine
from advisor.candidates.demand import Demand
from advisor.candidates.shared import joint
from advisor.catalog.load import Catalog
from advisor.catalog.model import Price
from advisor.evaluation.result import Evaluation
from advisor.explanation.derivation import Derivation, origin, plain, stated, total
from advisor.models import cost

USD = "USD/month"


def monthly_cost(result: Evaluation, catalog: Catalog, demand: Mapping[str, Demand]) -> Derivation:
    """Return the derivation of ``cost_usd_per_month``: what vendors bill, and people's hours."""
    roles = [
        _role(role, c, catalog, joint(c.shared, demand, role) if c.shared else demand[role])
        for role, c in result.design.items()
        if not c.is_none
    ]
    bill = total("bill", result.bill_usd_per_month, USD, roles, "the sum over roles")
    hours = operations(result)
    rate = Derivation("hourly rate", result.scenario.usd_per_hour, "USD/h", note=_rate_note(result))
    work = Derivation(
        "operations",
        result.operations_usd_per_month,
        USD,
        "hours × hourly rate",
        f"{plain(result.operations_h_per_month)} × {plain(result.scenario.usd_per_hour)}",
        parts=(hours, rate),
    )
    if not result.migration_h:
        return total("cost_usd_per_month", result.cost_usd_per_month, USD, [bill, work], "bill + operations")
    parts = [bill, work, _migration(result)]
    return total("cost_usd_per_month", result.cost_usd_per_month, USD, parts, "bill + operations + migration")


def _migration(result: Evaluation) -> Derivation:
    """Return what leaving today's design costs a month: hours at the hourly rate, paid off over the horizon."""
    roles = [
        Derivation(f"{role}: to {c.name}", c.migration_h, "h", note="stated or assumed under today")
        for role, c in result.design.items()
        if c.migration_h
    ]
    hours = total("migration hours", result.migration_h, "h", roles, "the sum over roles that are moved")
    months = result.scenario.standing.horizon_months
    return Derivation(
        "migration",
        result.migration_usd_per_month,
        USD,
        "hours × hourly rate / months",
        f"{plain(result.migration_h)} × {plain(result.scenario.usd_per_hour)} / {plain(months)}",
        parts=(hours,),
    )


def _rate_note(result: Evaluation) -> str:
    reasons = [a.reason for a in result.scenario.assumptions if a.change_at == "operations.usd_per_hour"]
    return f"assumed: {reasons[0]}" if reasons else "as the scenario states it"


def operations(result: Evaluation) -> Derivation:
    """Return the derivation of ``operations_h_per_month``."""
    parts = [
        stated(f"{role}: {c.component_id}", c.operations_h_per_month, "h/month", c.option.operations_h_per_month)
        for role, chosen in result.design.items()
        for c in chosen.members
        if c.option is not None and (not c.shared or c.shared[0] == role)
    ]
    return total("operations_h_per_month", result.operations_h_per_month, "h/month", parts, "the sum over roles")


def _role(role: str, candidate: Candidate, catalog: Catalog, demand: Demand) -> Derivation:
    name = f"{role}: {candidate.name}, {candidate.size}"
    if candidate.parts:
        parts = [_role(f"{role}, part", part, catalog, demand) for part in candidate.parts]
        return total(name, candidate.bill_usd_per_month, USD, parts, "the sum over parts")
    own = demand if candidate.billed_share == 1 else demand.scaled(candidate.billed_share)
    lines = [_line(line, candidate, catalog, own) for line in candidate.lines]
    if len(lines) == 1:
        return replace(lines[0], name=f"{name}, {lines[0].name}")
    return total(name, candidate.bill_usd_per_month, USD, lines, "the sum over meters")


def _line(line: CostLine, candidate: Candidate, catalog: Catalog, demand: Demand) -> Derivation:
    if line.derivation:
        return _egress(line)
    price, unit = line.price, catalog.records.meters[line.price.meter].unit
    quantity = _quantity(line, candidate, catalog, demand)
    return Derivation(
        title(line),
        line.usd_per_month,
        USD,
        f"{f'({unit} - free part)' if price.free else unit} × USD per {unit}{_shape(price)}",
        _priced(line.quantity, price),
        note=price.reasoning or price.conditions or "",
        source=origin(price),
        parts=(quantity,),
    )


def _egress(line: CostLine) -> Derivation:
    """Return what a cloud bills for what leaves it for another one."""
    quantity = Derivation(
        f"quantity of {title(line)}", line.quantity, line.unit, "sum over calls of runs a month × KB", line.derivation
    )
    numbers = f"{plain(line.quantity)} × {plain(line.price.usd or 0.0)}"
    note = line.price.reasoning or line.price.conditions or ""
    source = origin(line.price)
    return Derivation(title(line), line.usd_per_month, USD, "GB × USD per GB", numbers, note, source, (quantity,))


def title(line: CostLine) -> str:
    """Return what a line of the bill is for, as a name."""
    return line.title.removeprefix("of ")


def _shape(price: Price) -> str:
    tiers = ", tier by tier" if price.tiers else ""
    return f"{tiers}{', at least the minimum' if price.minimum_usd else ''}"


def _priced(quantity: float, price: Price) -> str:
    """Return the arithmetic of a metered price; what the minimum or the free part decides is shown as that."""
    billed = max(0.0, quantity - price.free)
    tiers = [(tier.up_to, tier.usd) for tier in price.tiers] if price.tiers else [(None, price.usd or 0.0)]
    if price.minimum_usd and cost.graduated(billed, tiers) < price.minimum_usd:
        return plain(price.minimum_usd)
    if billed <= 0:
        return "0"
    if price.tiers is None:
        amount = f"({plain(quantity)} - {plain(price.free)})" if price.free else plain(quantity)
        return f"{amount} × {plain(price.usd or 0.0)}"
    return " + ".join(f"{plain(part.quantity)} × {plain(part.usd_each)}" for part in cost.slices(billed, tiers))


def _quantity(line: CostLine, candidate: Candidate, catalog: Catalog, demand: Demand) -> Derivation:
    """Return how a meter's monthly quantity follows from units or from average demand."""
    meter = catalog.records.meters[line.price.meter]
    name = f"quantity of {title(line)}"
    if meter.counts == "units":
        each = round(line.quantity / (candidate.units * cost.HOURS_PER_MONTH))
        instances = f" × {each}" if each != 1 else ""
        formula = f"units{' × instances per unit' if instances else ''} × hours a month"
        return Derivation(name, line.quantity, meter.unit, formula, f"{candidate.units}{instances} × 730")
    if meter.counts == "month":
        return Derivation(name, line.quantity, meter.unit, "once a month", "1")
    return _counted(name, line, catalog, demand)


def _counted(name: str, line: CostLine, catalog: Catalog, demand: Demand) -> Derivation:
    meter = catalog.records.meters[line.price.meter]
    dimension, divide = meter.dimension or "", f" / {plain(meter.divide_by)}" if meter.divide_by != 1 else ""
    if dimension in demand.stock:
        return Derivation(
            name, line.quantity, meter.unit, "what is stored", f"({demand.stock_derivation[dimension]}){divide}"
        )
    terms: list[str] = []
    for use in demand.uses:
        if use.dimension == dimension:
            each = counted_each(use, meter, line.price)
            terms.append(f"{use.monthly}{f' × {plain(each)}' if each != 1 else ''}")
    rounding = f" × started units of {line.price.started_kb:g} KB" if line.price.started_kb else ""
    rounding = " × KB of each" if meter.volume else rounding
    formula = f"sum over steps of requests a month × share of them × work{rounding}"
    numbers = " + ".join(terms) or "0"
    if line.share != 1:
        numbers, formula = f"{plain(line.share)} × ({numbers})", f"share asked in this way × {formula}"
    return Derivation(name, line.quantity, meter.unit, formula, f"({numbers}){divide}" if divide else numbers)
