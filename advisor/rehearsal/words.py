"""What questions are written with: amounts with their units, names of metrics, commands."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping

from advisor.candidates.candidate import Candidate
from advisor.catalog.blueprint import Parameter
from advisor.catalog.figure_words import CLOUDS
from advisor.catalog.role import Dimension
from advisor.evaluation.result import Evaluation
from advisor.explanation.derivation import Derivation, plain
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import COST, OPERATIONS, QUALITY, Bound, Filter, Requirement, is_count

SCENARIO = "scenario.yml"  # the session's scenario, in the folder in which its commands are run
KINDS_OF_RULE = {"cloud": "clouds", "licence": "licences", "mode": "ways of running", "exclude": "exclusions"}


def short(value: float, digits: int = 4) -> str:
    """Return a number with so many significant digits, thousands apart.

    >>> short(17079.32), short(0.0123456), short(3_000_000)
    ('17 080', '0.01235', '3 000 000')
    """
    return plain(float(f"{value:.{digits}g}"))


def money(value: float) -> str:
    """Return USD a month.

    >>> money(17079.32)
    '17 080 USD/month'
    """
    return f"{short(value)} USD/month"


def cents(value: float) -> str:
    """Return USD as a derivation has them: to the cent, so that sums and differences come out.

    >>> cents(1624.057775)
    '1 624.06'
    """
    return plain(round(value, 2))


def goal(scenario: Scenario) -> str:
    """Return what a scenario wants most.

    >>> import advisor
    >>> goal(advisor.load_scenario(advisor.example("support_copilot")))
    'minimise cost'
    """
    text = scenario.objective[0].text
    return text.replace("minimize", "minimise").replace("maximize", "maximise").replace(COST, "cost")


def capital(text: str) -> str:
    """Return a text that begins with a capital letter.

    >>> capital("vector store runs")
    'Vector store runs'
    """
    return text[:1].upper() + text[1:]


def percent(share: float, digits: int = 4) -> str:
    """Return a share in percent.

    >>> percent(0.9900728762, 6)
    '99.0073 %'
    """
    return f"{short(100 * share, digits)} %"


def metric(name: str, value: float) -> str:
    """Return the value of a metric with its unit.

    >>> metric("flows.answer.ttft_ms.p95", 1753.726), metric("flows.answer.availability", 0.99007288)
    ('1 754 ms', '99.0073 %')
    """
    if name.endswith(".availability"):
        return percent(value, 6)
    if is_count(name):
        return f"{value:.0f}"
    units = {COST: "USD/month", OPERATIONS: "h/month"}
    unit = units.get(name) or ("ms" if "_ms." in name else "s" if "_s." in name else "")
    return f"{short(value)} {unit}".strip()


def label(name: str) -> str:
    """Return the name of a metric for people.

    >>> label("flows.answer.ttft_ms.p95"), label("cost_usd_per_month"), label("cards.h100")
    ('answer ttft p95', 'cost', 'h100 cards')
    """
    if name in (COST, OPERATIONS, QUALITY):
        return name.partition("_")[0]
    if name.startswith("cards."):
        return f"{name.removeprefix('cards.')} cards"
    if not name.startswith("flows."):
        return name.replace("_", " ")
    flow, what, *rest = name.split(".", 3)[1:]
    return " ".join([flow, what.removesuffix("_ms").removesuffix("_s"), *rest])


def bound(one: Bound) -> str:
    """Return a bound as it is read: ``answer ttft p95 at most 2 000 ms``."""
    return f"{label(one.metric)} {'at most' if one.upper else 'at least'} {metric(one.metric, one.limit)}"


def requirement(one: Requirement) -> str:
    """Return a requirement as it is read."""
    if isinstance(one, Bound):
        return bound(one)
    if isinstance(one, Filter):
        return f"{KINDS_OF_RULE.get(one.kind, one.kind)}: {one.words}"
    return one.path


def setting(path: str, value: object) -> str:
    """Return ``PATH=VALUE`` as ``--set`` takes it; None removes.

    >>> setting("choices.exclude", ["a"]), setting("workload.requests_per_month", 3e7), setting("x", None)
    ('choices.exclude=["a"]', 'workload.requests_per_month=30000000', 'x=null')
    """
    if isinstance(value, float):
        return f"{path}={int(value) if value.is_integer() and abs(value) < 1e15 else format(value, '.12g')}"
    return f"{path}={json.dumps(value)}"


def command(*words: str) -> str:
    """Return a command of advisor as it is typed.

    >>> command("why-not", "scenario.yml", "pinecone")
    'advisor why-not scenario.yml pinecone'
    """
    return shlex.join(["advisor", *words])


def what_if(changes: Mapping[str, object]) -> str:
    """Return the command that solves the session's scenario with some changes."""
    settings = [word for path, value in changes.items() for word in ("--set", setting(path, value))]
    return command("what-if", SCENARIO, *settings)


def cloud(name: str) -> str:
    """Return a cloud for people.

    >>> cloud("gcp"), cloud("other")
    ('Google Cloud', 'other')
    """
    return CLOUDS.get(name, name)


def of_dimension(value: float, dimension: Dimension) -> str:
    """Return an amount of something that is asked of a role; what is counted has no unit of its own.

    >>> import advisor
    >>> dimensions = advisor.load_catalog().records.dimensions
    >>> of_dimension(1644, dimensions["reads_per_s"]), of_dimension(25.56, dimensions["stored_gb"])
    ('1 644/s', '25.56 GB')
    """
    return f"{short(value)} {dimension.unit}".replace(" 1/", "/")


def titled(problem: str, dimensions: Mapping[str, Dimension]) -> str:
    """Return why something cannot be run with the titles of what is asked of it in place of the catalog's keys.

    >>> import advisor
    >>> titled("peak stored_gb 1,728 is above its limit of 1,000", advisor.load_catalog().records.dimensions)
    'peak stored data (GB) 1 728 is above its limit of 1 000'
    """

    def shown(word: re.Match[str]) -> str:
        known = dimensions.get(word[0])
        return word[0] if known is None else f"{known.title} ({known.unit})".replace(" (1/", " (a ")

    return re.sub(r"(?<=\d),(?=\d{3})", " ", re.sub(r"[a-z]+(?:_[a-z]+)+", shown, problem))


def parameter(one: Parameter) -> str:
    """Return what a parameter is called, without what explains its value.

    >>> import advisor
    >>> parameter(advisor.load_catalog().records.blueprints["voice_agent"].parameters["tool_turns"])
    'tool calls per turn'
    """
    return one.title.partition(";")[0]


def role(name: str) -> str:
    """Return a role for people: ``vector store``."""
    return name.replace("_", " ")


def design(found: Evaluation, roles: Iterable[str] = ()) -> str:
    """Return a design, a role a line: component and size."""
    wanted = set(roles) or found.design.keys()
    chosen = {name: candidate(c) for name, c in found.design.items() if name in wanted}
    return "\n".join(f"- {role(name)}: {text}" for name, text in chosen.items())


def best(found: Evaluation) -> str:
    """Return the best design with its cost, as questions begin."""
    return f"The best design costs {money(found.cost_usd_per_month)}:\n{design(found)}"


def candidate(one: Candidate) -> str:
    """Return a candidate: its component and size."""
    return one.name if one.is_none else f"{one.name}, {one.size}"


def workload(scenario: Scenario, names: Iterable[str]) -> str:
    """Return parameters of the workload as a sentence part."""
    known = scenario.blueprint.parameters
    return "; ".join(f"{parameter(known[n])}: {amount(scenario.workload[n], known[n].unit)}" for n in names)


def amount(value: float, unit: str) -> str:
    """Return the value of a parameter; a unit that its title says is not said again.

    >>> amount(3_000_000, "1/month"), amount(0.25, "share"), amount(600, "tokens"), amount(1, "months")
    ('3 000 000', '0.25', '600 tokens', '1 month')
    """
    if value == 1 and len(unit) > len("ms"):
        unit = unit.removesuffix("ies") + "y" if unit.endswith("ies") else unit.removesuffix("s")
    said = unit in ("share", "ratio") or unit.startswith("1/") or unit.endswith("/month")
    return short(value, 6) if said else f"{short(value, 6)} {unit}"


def lines(derivation: Derivation, depth: int = 3) -> Iterator[str]:
    """Yield a derivation as lines, parts after the whole, as deep as asked."""
    unit = f" {derivation.unit}" if derivation.unit else ""
    value = "" if derivation.value is None else f" = {plain(derivation.value)}{unit}"
    how = " = ".join(filter(None, (derivation.formula, derivation.numbers)))
    source = f" [{derivation.source}]" if derivation.source else ""
    yield f"{derivation.name}{f' = {how}' if how else ''}{value}{source}"
    if depth > 1:
        for part in derivation.parts:
            yield from lines(part, depth - 1)
