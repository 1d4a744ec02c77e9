"""What is taken where a scenario says nothing, each with its reason and the key that changes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from advisor.catalog.blueprint import Blueprint, Parameter
from advisor.scenario import model
from advisor.scenario.assumption import Assumption
from advisor.scenario.model import Quantity, ScenarioFile
from advisor.scenario.standing import today_assumptions

DEFAULT_USD_PER_HOUR = 75.0
DEFAULT_TARGET_UTILISATION = 0.6
DEFAULT_EXTRA_UNITS = 2
DEFAULT_ZONES = (1, 2, 3)

_NETWORK = Assumption(
    "network within a cloud and to users",
    "no delay and no egress cost",
    "what is in one cloud is taken to be in one region; what users send and receive is in no figure",
    "constraints.clouds.max",
)
_UTILISATION = Assumption(
    "target utilisation at peak",
    f"{DEFAULT_TARGET_UTILISATION * 100:g} %",
    "leaves room for bursts within the peak hour and for the loss of a unit",
    "sizing.target_utilisation",
)
_HOURLY_RATE = Assumption(
    "operations rate",
    f"{DEFAULT_USD_PER_HOUR:g} USD/h",
    "a loaded hourly rate of an engineer; set your own",
    "operations.usd_per_hour",
)
_PRICES = Assumption(
    "prices",
    "list prices of the region that each figure names, mostly in the US",
    "a region that keeps the data in place can cost a few percent more or less",
    "constraints.residency.require",
)
_OBJECTIVE = Assumption("objective", "minimize cost_usd_per_month", "no objective was given", "objective")


@dataclass(frozen=True)
class Sizing:
    """How candidates are sized; see ``sizing`` in the scenario file."""

    target_utilisation: float
    extra_units: int
    zones: tuple[int, ...]


def means(given: Mapping[str, Quantity], blueprint: Blueprint) -> dict[str, float]:
    """Return every parameter of the blueprint with its mean: as given, or its default."""
    return {
        name: given[name].mean if name in given else _default(parameter)
        for name, parameter in blueprint.parameters.items()
    }


def sizing(given: model.Sizing | None) -> Sizing:
    """Return how candidates are sized: as given, or the defaults."""
    return Sizing(
        (given and given.target_utilisation) or DEFAULT_TARGET_UTILISATION,
        given.extra_units if given and given.extra_units is not None else DEFAULT_EXTRA_UNITS,
        tuple(sorted(set(given.zones))) if given and given.zones else DEFAULT_ZONES,
    )


def assumed(raw: ScenarioFile, given: Mapping[str, Quantity], blueprint: Blueprint) -> Iterator[Assumption]:
    """Yield what is taken because the file does not say it; ``given``: the workload that it states."""
    yield from _parameters(given, blueprint)
    if not (raw.sizing and raw.sizing.target_utilisation):
        yield _UTILISATION
    yield _NETWORK
    yield from _repeated_prompts(given, blueprint)
    if raw.operations is None:
        yield _HOURLY_RATE
    yield from today_assumptions(raw.today)
    if raw.constraints.residency and raw.constraints.residency.require != "us":
        yield _PRICES
    if "objective" not in raw.model_fields_set:
        yield _OBJECTIVE


def _parameters(given: Mapping[str, Quantity], blueprint: Blueprint) -> Iterator[Assumption]:
    """Yield the defaults of the workload, but of parameters that only an idle part of the blueprint reads."""
    idle = blueprint.idle_parameters(means(given, blueprint))
    for name, parameter in blueprint.parameters.items():
        if name not in given and name not in idle:
            words = _with_unit(_default(parameter), parameter.unit)
            yield Assumption(parameter.title, words, parameter.why or "", f"workload.{name}")


def _repeated_prompts(given: Mapping[str, Quantity], blueprint: Blueprint) -> Iterator[Assumption]:
    """Yield that a repeated part of prompts saves nothing on own GPUs, where the scenario states one."""
    values = means(given, blueprint)
    shares = [use.prompt.repeated_share for use in blueprint.roles.values() if use.prompt]
    for name in dict.fromkeys(share for share in shares if values[share] > 0):
        yield Assumption(
            "self-hosted models, repeated prompt tokens",
            "every prompt is computed whole",
            "what prefix caches of serving engines save is in no figure; with one, fewer GPUs can be enough",
            f"workload.{name}",
        )


def _default(parameter: Parameter) -> float:
    """Return a default; a parameter that has none must be given, which was checked before."""
    assert parameter.default is not None
    return parameter.default


def _with_unit(value: float, unit: str) -> str:
    """Return a default for people.

    >>> _with_unit(200_000, "answers"), _with_unit(1, "months"), _with_unit(0.2, "share")
    ('200 000 answers', '1 month', '0.2')
    """
    number = f"{value:,.10g}".replace(",", " ")
    if unit in ("ratio", "share"):
        return number
    return f"{number} {unit.removesuffix('s') if value == 1 and not unit.endswith('/s') and len(unit) > 2 else unit}"
