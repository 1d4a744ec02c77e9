"""What users call a metric, and which metric of their scenario they mean.

A metric is named by its path or by any end of it that is enough to tell: ``flows.answer.ttft_ms.p95``,
``answer.ttft.p95``, ``availability``, ``cost``. A short name means the metric that the scenario bounds or optimises; of
several times that are bounded alike it means the whole one (``latency_ms``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisor.analysis.comparison import of_scenario
from advisor.errors import InputError, Problem, listing, nearest
from advisor.scenario.load import Scenario
from advisor.scenario.requirements import PERCENTILE, level

WHOLE = "latency_ms"  # the time until the answer is complete


def metric_paths(scenario: Scenario, names: Sequence[str], option: str = "--metrics") -> tuple[str, ...]:
    """Return the metrics that some names stand for.

    Raises:
        InputError: names that stand for no metric, for several, or for one that was named already.

    >>> import advisor
    >>> scenario = advisor.load_scenario(advisor.example("support_copilot"))
    >>> metric_paths(scenario, ["cost", "p95", "availability"])
    ('cost_usd_per_month', 'flows.answer.latency_ms.p95', 'flows.answer.availability')
    """
    problems, found = [], []
    for name in names:
        meant = _meant(scenario, name)
        if len(meant) == 1 and meant[0] not in found:
            found.append(meant[0])
        else:
            problems.append(Problem("", 0, option, f"found '{name}', which {_trouble(scenario, name, meant)}"))
    if problems:
        raise InputError(problems)
    return tuple(found)


def alternatives_to(scenario: Scenario, name: str) -> tuple[str, ...]:
    """Return the other metrics that a short name could have meant because the scenario bounds them as well.

    >>> import advisor
    >>> alternatives_to(advisor.load_scenario(advisor.example("support_copilot")), "p95")
    ('flows.answer.ttft_ms.p95', 'flows.ingest.freshness_s.p95')
    """
    bounded = _asked(scenario, _fitting(scenario, name))
    return tuple(metric for metric in bounded if metric not in _meant(scenario, name))


def _meant(scenario: Scenario, name: str) -> list[str]:
    """Return the metrics that a name may stand for: one where it is clear."""
    fitting = _fitting(scenario, name)
    if name in fitting:
        return [name]
    found = _asked(scenario, fitting) or fitting
    whole = [metric for metric in found if f".{WHOLE}." in metric]
    return whole if len(whole) == 1 else found


def _asked(scenario: Scenario, metrics: Sequence[str]) -> list[str]:
    """Return those that a requirement bounds; where none does, those that the objective names."""
    bounded = {bound.metric for bound in scenario.bounds}
    wanted = {term.metric for goal in scenario.objective for term in goal.terms}
    return [m for m in metrics if m in bounded] or [m for m in metrics if m in wanted]


def _fitting(scenario: Scenario, name: str) -> list[str]:
    return [metric for metric in _known(scenario, name) if name in _spellings(metric)]


def _known(scenario: Scenario, name: str) -> list[str]:
    """Return the scenario's metrics, its times also at the percentile that a name ends with."""
    usual = list(of_scenario(scenario, full=True))
    ends = PERCENTILE.search(name)
    asked = ends[0] if ends and name.endswith(ends[0]) and level(ends[0]) is not None else None
    stems = [m.removesuffix(".mean") for m in usual if m.endswith(".mean")] if asked else []
    return list(dict.fromkeys([*usual, *(f"{stem}.{asked}" for stem in stems)]))


def _spellings(metric: str) -> Iterator[str]:
    """Yield every way to write a metric.

    >>> list(_spellings("flows.answer.ttft_ms.p95"))[:4]
    ['flows.answer.ttft_ms.p95', 'answer.ttft_ms.p95', 'ttft_ms.p95', 'p95']
    """
    yield metric
    if not metric.startswith("flows."):
        yield metric.partition("_")[0]
        return
    parts = metric.split(".", 3)[1:]
    short = [parts[0], *(part.removesuffix("_ms").removesuffix("_s") for part in parts[1:2]), *parts[2:]]
    yield from dict.fromkeys(".".join(form[start:]) for form in (parts, short) for start in range(len(form)))
    yield ".".join(["flows", *short])


def _trouble(scenario: Scenario, name: str, meant: Sequence[str]) -> str:
    if len(meant) == 1:
        return f"names {meant[0]} a second time; name different metrics"
    if meant:
        return f"could be any of {listing(meant, 20)}"
    known = list(of_scenario(scenario, full=True))
    short = [min(_spellings(m), key=lambda s: (s in known, -len(s))) for m in known]
    return (
        f"is no metric of {scenario.blueprint.id}; metrics: {listing(of_scenario(scenario), 20)}{nearest(name, short)}"
    )
