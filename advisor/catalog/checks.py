"""Rules across the catalog's records. Each rule yields one problem for each place where it does not hold.

A rule is a function registered with :func:`rule`; ``tests/test_catalog_checks.py`` demands a case for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from advisor import expression
from advisor.catalog.model import Figure, Option
from advisor.catalog.walk import figures, walk
from advisor.errors import Problem, listing, nearest
from advisor.yamlfile import Document

if TYPE_CHECKING:
    from advisor.catalog.load import Records

Places = Mapping[tuple[str, str], tuple[Document, tuple[str | int, ...]]]
Finding = tuple[tuple[str, str], tuple[str | int, ...], str]  # record, path inside it, message
Rule = Callable[["Records"], Iterator[Finding]]
RULES: list[Rule] = []
NO_NOTE = ("unknown", "none", "n/a", "na", "tbd", "-", "?", "to be checked", "not checked")


def rule(function: Rule) -> Rule:
    """Register a rule."""
    RULES.append(function)
    return function


def check(records: Records, places: Places) -> Iterator[Problem]:
    """Yield a problem for every place where a rule does not hold."""
    for each in RULES:
        for record, path, message in each(records):
            document, prefix = places[record]
            yield document.problem((*prefix, *path), message)


def options(records: Records) -> Iterator[tuple[tuple[str, str], tuple[str | int, ...], Option]]:
    """Yield (record, path, option) for every option."""
    for component in records.components.values():
        for index, option in enumerate(component.options):
            yield ("components", component.id), ("options", index), option


@rule
def option_ids_are_unique(records: Records) -> Iterator[Finding]:
    """An option id stands for one option in the whole catalog, and is not a component's id as well."""
    seen: dict[str, str] = dict.fromkeys(records.components, "a component")
    for record, path, option in options(records):
        if option.id in seen and not (seen[option.id] == "a component" and option.id == record[1]):
            yield record, (*path, "id"), f"'{option.id}' is already the id of {seen[option.id]}"
        seen[option.id] = f"an option of {record[1]}"


@rule
def roles_exist(records: Records) -> Iterator[Finding]:
    """Every role that an option or a blueprint names is defined."""
    known = records.roles
    for record, path, option in options(records):
        for index, role in enumerate(option.roles):
            if role not in known:
                yield record, (*path, "roles", index), f"found '{role}'; roles: {listing(known)}{nearest(role, known)}"
    for blueprint in records.blueprints.values():
        for role in blueprint.roles:
            if role not in known:
                yield ("blueprints", blueprint.id), ("roles", role), f"is not a role{nearest(role, known)}"


@rule
def partners_exist(records: Records) -> Iterator[Finding]:
    """What a component works with are components or options that can fill that role."""
    for component in records.components.values():
        for index, fit in enumerate(component.works_with):
            record, path = ("components", component.id), ("works_with", index)
            if fit.role not in records.roles:
                yield record, (*path, "role"), f"'{fit.role}' is not a role{nearest(fit.role, records.roles)}"
                continue
            known = [(c, option) for c in records.components.values() for option in c.options]
            able = {name for c, option in known if fit.role in option.roles for name in (c.id, option.id)}
            for number, name in enumerate(fit.components):
                if name not in able:
                    message = f"'{name}' is not a component or option that can fill {fit.role}{nearest(name, able)}"
                    yield record, (*path, "components", number), message


@rule
def capacity_is_stated(records: Records) -> Iterator[Finding]:
    """An option states its capacity in every dimension that its roles can ask: silence is not infinite capacity."""
    for record, path, option in options(records):
        for role in option.roles:
            for dimension in records.roles[role].dimensions if role in records.roles else ():
                if dimension not in option.capacity:
                    yield record, (*path, "capacity"), f"{dimension} is missing; the role {role} can ask for it"


@rule
def dimensions_exist(records: Records) -> Iterator[Finding]:
    """Every dimension named anywhere is defined."""
    known = records.dimensions
    for record, path, option in options(records):
        for name in option.capacity:
            if name not in known:
                yield (
                    record,
                    (*path, "capacity", name),
                    f"is not a dimension; known: {listing(known)}{nearest(name, known)}",
                )
    for role in records.roles.values():
        for name in role.dimensions:
            if name not in known:
                yield ("roles", role.id), ("dimensions",), f"'{name}' is not a dimension{nearest(name, known)}"
    for key, meter in records.meters.items():
        if meter.counts == "dimension" and meter.dimension not in known:
            yield ("meters", key), ("dimension",), f"'{meter.dimension}' is not a dimension"


@rule
def latency_is_stated(records: Records) -> Iterator[Finding]:
    """An option states a latency for every operation of its roles."""
    for record, path, option in options(records):
        for role in option.roles:
            for operation in records.roles[role].operations.values() if role in records.roles else ():
                for key in (operation.latency, operation.then_each):
                    if key and key not in option.latency:
                        yield record, (*path, "latency"), f"{key} is missing; the role {role} needs it"


@rule
def quality_is_stated(records: Records) -> Iterator[Finding]:
    """An option has a score, within range, in the benchmark of each of its roles."""
    for record, path, option in options(records):
        for role in option.roles:
            metric = records.roles[role].quality if role in records.roles else None
            if metric and metric.metric not in option.quality:
                yield record, (*path, "quality"), f"{metric.metric} is missing; the role {role} is scored in it"
            elif metric and metric.normalise == "share" and not 0 < option.quality[metric.metric].value <= metric.best:
                yield record, (*path, "quality", metric.metric), f"must be in (0, {metric.best:g}]"
            elif metric and metric.normalise == "share" and option.quality[metric.metric].low == 0:
                yield record, (*path, "quality", metric.metric, "low"), "must be above 0"


@rule
def units_have_one_price(records: Records) -> Iterator[Finding]:
    """A provisioned option is billed by unit hours in one way; a metered one has no unit price and some other price."""
    for record, path, option in options(records):
        own = any(price.meter == "unit_hour" for price in option.prices)
        if option.unit is None and own:
            yield record, (*path, "prices"), "has a unit_hour price but no unit"
        if option.unit and (option.unit.instance is not None) == own:
            yield record, (*path, "unit"), "needs either an instance or a unit_hour price, not both and not neither"
        if option.unit is None and not option.prices:
            yield record, (*path, "prices"), "a metered option needs at least one price"


@rule
def instances_exist(records: Records) -> Iterator[Finding]:
    """Every instance type that an option names has a price."""
    for record, path, option in options(records):
        name = option.unit.instance if option.unit else None
        if name and name not in records.instances:
            yield record, (*path, "unit", "instance"), f"'{name}' has no price{nearest(name, records.instances)}"
        if name and name.split("/")[0] != option.cloud:
            yield record, (*path, "unit", "instance"), f"'{name}' is not of the cloud {option.cloud}"


@rule
def self_run_options_say_how_they_fail(records: Records) -> Iterator[Finding]:
    """``software`` availability goes with units on instances of a known cloud, the other forms with services."""
    for record, path, option in options(records):
        runs_units = option.availability.software is not None
        if runs_units and not (option.unit and option.unit.instance and option.cloud in records.clouds):
            yield record, (*path, "availability"), "software: needs a unit on an instance of aws, azure or gcp"


@rule
def meters_exist(records: Records) -> Iterator[Finding]:
    """Every meter of a price is defined, and its dimension is one that the option states a capacity for."""
    for record, path, option in options(records):
        for index, price in enumerate(option.prices):
            meter = records.meters.get(price.meter)
            place = (*path, "prices", index, "meter")
            if meter is None:
                yield (
                    record,
                    place,
                    (
                        f"found '{price.meter}'; meters: {listing(records.meters, 20)}"
                        f"{nearest(price.meter, records.meters)}"
                    ),
                )
            elif meter.dimension and meter.dimension not in option.capacity:
                yield record, place, f"counts {meter.dimension}, which the option states no capacity for"
            if meter and price.started_kb and not meter.size:
                yield record, place, f"{price.meter} has no payload size, so started_kb cannot apply"


@rule
def price_histories_rise(records: Records) -> Iterator[Finding]:
    """Prices of one meter are in order of their ``from`` dates, and only the first may lack one."""
    for record, path, option in options(records):
        dates: dict[str, list[object]] = {}
        for index, price in enumerate(option.prices):
            earlier = dates.setdefault(price.meter, [])
            if earlier and (price.from_ is None or (earlier[-1] is not None and price.from_ <= earlier[-1])):  # type: ignore[operator]
                yield record, (*path, "prices", index), f"the {price.meter} prices must have rising from: dates"
            earlier.append(price.from_)
    for key, service in records.services.items():
        for name, meter in service.meters.items():
            starts = [price.from_ for price in meter.prices]
            if None in starts[1:] or any(b <= a for a, b in pairwise(starts) if a and b):
                yield ("services", key), ("meters", name, "prices"), f"the {name} prices must have rising from: dates"


@rule
def days_of_sale_follow(records: Records) -> Iterator[Finding]:
    """What is withdrawn was released before, and no price is older than what it buys."""
    for record, path, option in options(records):
        owner = records.components[record[1]]
        released, withdrawn = option.released or owner.released, option.withdrawn or owner.withdrawn
        if released and withdrawn and withdrawn.date <= released.date:
            message = f"withdrawn on {withdrawn.date}, not after the release on {released.date}"
            yield record, (*path, "withdrawn"), message
        for index, price in enumerate(option.prices):
            if released and price.from_ is not None and price.from_ < released.date:
                message = f"is from {price.from_}, before the release on {released.date}"
                yield record, (*path, "prices", index, "from"), message


@rule
def services_and_instances_differ(records: Records) -> Iterator[Finding]:
    """A name of a price list stands for a service or for an instance type, not for both."""
    for key in records.services.keys() & records.instances.keys():
        yield ("services", key), (), f"'{key}' is already an instance type"


@rule
def service_prices_state_conditions(records: Records) -> Iterator[Finding]:
    """Every price of a service says what it holds for: which class or tier, and how exact its source is."""
    for key, service in records.services.items():
        for path, figure in walk(service, ()):
            if not figure.conditions:
                yield ("services", key), path, "conditions is missing"


@rule
def long_prompts_have_prices(records: Records) -> Iterator[Finding]:
    """A model whose long prompts cost more states both prices of each meter, ``input`` and ``long_input``."""
    for key, service in records.services.items():
        if service.long_prompt_above is None:
            continue
        names = {name.removeprefix("long_") for name in service.meters if not name.startswith("batch_")}
        for name in sorted(names):
            for wanted in (name, f"long_{name}"):
                if wanted not in service.meters:
                    yield ("services", key), ("meters",), f"{wanted} is missing; long_prompt_above is given"


@rule
def sources_exist(records: Records) -> Iterator[Finding]:
    """Every source that a figure names is listed."""
    for record, path, figure in figures(records):
        if figure.source is not None and figure.source not in records.sources:
            yield (
                record,
                (*path, "source"),
                (f"'{figure.source}' is not in sources.yml{nearest(figure.source, records.sources)}"),
            )


@rule
def listings_name_options(records: Records) -> Iterator[Finding]:
    """A place in a price list is stated for an option that exists and has a price by tokens."""
    by_tokens = {option.id for _, _, option in options(records) if any("tokens" in one.meter for one in option.prices)}
    for key in records.listings:
        if key not in by_tokens:
            yield ("listings", key), (), f"is not an option with a price by tokens{nearest(key, by_tokens)}"


@rule
def source_terms_are_known(records: Records) -> Iterator[Finding]:
    """A source's licence note says under which terms figures are taken from it; that none were looked up is no note."""
    for key, source in records.sources.items():
        if source.licence_note.strip().rstrip(".").lower() in NO_NOTE:
            yield ("sources", key), ("licence_note",), f"found '{source.licence_note}'; say what it allows to take over"


@rule
def shares_are_shares(records: Records) -> Iterator[Finding]:
    """Availabilities lie in (0, 1]."""
    for record, path, figure in figures(records):
        ends = (figure.value, figure.low, figure.high) if isinstance(figure, Figure) else ()
        named = ("instance_availability", "zone_availability", "software", "without_agreement")
        is_share = "availability" in path or path[-1] in named
        if is_share and any(value is not None and not 0 < value <= 1 for value in ends):
            yield record, path, "an availability must be in (0, 1]"


@rule
def blueprints_hold_together(records: Records) -> Iterator[Finding]:
    """A blueprint's steps use its own roles, their operations, dimensions and parameters."""
    for blueprint in records.blueprints.values():
        record = ("blueprints", blueprint.id)
        for flow_id, flow in blueprint.flows.items():
            for step in flow.steps():
                for message in _step_problems(records, blueprint, step):
                    yield record, ("flows", flow_id, "path"), message
            for text in (flow.rate_per_month, flow.peak_to_average):
                for message in _unknown(text, blueprint.parameters):
                    yield record, ("flows", flow_id), message


@rule
def blueprints_name_their_parameters(records: Records) -> Iterator[Finding]:
    """Stocks, prompts, growth and first bounds use a blueprint's own parameters, dimensions, flows and measures."""
    for blueprint in records.blueprints.values():
        record = ("blueprints", blueprint.id)
        measured = {flow: blueprint.flows[flow].measures for flow in blueprint.start.p95 if flow in blueprint.flows}
        for flow, most in blueprint.start.p95.items():
            for measure in most.keys() - measured.get(flow, {}):
                yield record, ("start", "p95", flow), f"the blueprint has no measure {flow}.{measure}"
        for dimension, names in blueprint.growth.items():
            for message in (message for name in names for message in _unknown(name, blueprint.parameters)):
                yield record, ("growth", dimension), message
        for role, use in blueprint.roles.items():
            named = [use.prompt.tokens, use.prompt.repeated_share] if use.prompt else []
            for text in (*use.stock.values(), *named):
                yield from ((record, ("roles", role), message) for message in _unknown(text, blueprint.parameters))
            dimensions = records.roles[role].dimensions if role in records.roles else list(use.stock)
            for name in sorted(use.stock.keys() - set(dimensions)):
                hint = nearest(name, dimensions)
                yield record, ("roles", role, "stock"), f"'{name}' is not a dimension of the role{hint}"


@rule
def parameters_are_used(records: Records) -> Iterator[Finding]:
    """Something depends on every parameter of a blueprint: one that changes nothing would be believed to."""
    for blueprint in records.blueprints.values():
        for name in sorted(blueprint.parameters.keys() - blueprint.used_parameters):
            yield ("blueprints", blueprint.id), ("parameters", name), "nothing depends on it"


@rule
def runs_of_an_operation_agree(records: Records) -> Iterator[Finding]:
    """Steps that ask a role for the same operation state the same items and processor time: it has one distribution."""
    for blueprint in records.blueprints.values():
        seen: dict[tuple[str, str], object] = {}
        for flow_id, flow in blueprint.flows.items():
            for step in flow.steps():
                asked = (step.items, step.items_before, step.cpu_ms, step.cpu_cv)
                if step.asks and step.do and seen.setdefault((step.asks, step.do), asked) != asked:
                    message = f"{step.asks}: {step.do} differs in items or processor time from an earlier step"
                    yield ("blueprints", blueprint.id), ("flows", flow_id, "path"), message


@rule
def flows_have_one_cache(records: Records) -> Iterator[Finding]:
    """A flow looks into one cache at the most: the time bounds are exact for one alternation."""
    for blueprint in records.blueprints.values():
        for flow_id, flow in blueprint.flows.items():
            caches = [step.cache for step in flow.steps() if step.cache]
            if len(caches) > 1:
                place = ("flows", flow_id, "path")
                yield ("blueprints", blueprint.id), place, f"has {len(caches)} caches; one is allowed"


def _step_problems(records: Records, blueprint: object, step: object) -> Iterator[str]:
    from advisor.catalog.blueprint import Blueprint, Step

    assert isinstance(blueprint, Blueprint)
    assert isinstance(step, Step)
    role = records.roles.get(step.asks or "")
    if step.asks and (role is None or step.asks not in blueprint.roles):
        yield f"'{step.asks}' is not a role of this blueprint{nearest(step.asks, blueprint.roles)}"
        return
    if role and step.do and step.do not in role.operations:
        yield f"the role {role.id} has no operation '{step.do}'; it has: {listing(role.operations)}"
    for name in step.work if role else ():
        if name not in role.dimensions:  # type: ignore[union-attr]
            yield f"the role {step.asks} has no dimension '{name}'"
    names = [n for n in (step.hit_share, step.items, step.items_before, step.then_ms) if n]
    for text in (*step.work.values(), *step.kb.values(), step.times, *filter(None, (step.wait_s, step.cpu_ms)), *names):
        yield from _unknown(text, blueprint.parameters)


def _unknown(text: str, parameters: Mapping[str, object]) -> Iterator[str]:
    for name in expression.parse(text).names:
        if name not in parameters:
            yield f"'{name}' is not a parameter{nearest(name, parameters)}"
