"""Right-size: other machine sizes of the family that an option was measured on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from advisor.candidates.tactics.registry import Setting, tactic
from advisor.catalog.load import Catalog
from advisor.catalog.model import Capacity, Instance, Option
from advisor.scenario.assumption import Assumption

IN_MEMORY = "vector_gb"
MOST_STEP = 2  # times bigger or smaller: further from what was measured, proportion is no longer a fair guess
LOCAL_DISKS = re.compile(r"aws/i|azure/Standard_L")  # storage grows with the machine and is not in the figures
SOURCE = "Bass, Clements, Kazman (2021), chapter 9: increase resources; AWS Well-Architected, Cost Optimization"


@tactic("right_size", "option", "run other machine sizes of the same family", SOURCE, by_default=False)
def right_size(setting: Setting) -> Iterator[tuple[Option, tuple[Assumption, ...]]]:
    """Options on the next sizes of the family, up to twice or half, with capacity scaled and latency unchanged.

    Rates scale with virtual processors, vectors in memory with memory; disks stay as they are. Only for units that we
    run ourselves: a managed service has its own sizes. Machines with accelerators or local disks are left out, since
    neither scales with processors. An option that the scenario excludes is excluded in every size.
    """
    own, option = setting.instance, setting.option
    if option.unit is None or own is None or option.availability.software is None or not _scalable(option, own):
        return
    if any(rule.kind == "exclude" and option.id in rule.values for rule in setting.scenario.filters):
        return
    for name, other in _siblings(option.unit.instance or "", own, setting.catalog.records.instances):
        resized = option.model_copy(
            update={
                "id": f"{option.id}@{name.partition('/')[2]}",
                "title": f"{option.title}, on {name.partition('/')[2]} instead",
                "unit": option.unit.model_copy(update={"instance": name}),
                "capacity": _scaled(option, own, other, setting.catalog),
            }
        )
        yield resized, (_note(option, resized, other.vcpus / own.vcpus),)


def family(name: str) -> str:
    """Return the family of an instance type: its name without the size.

    >>> family("aws/m7i.2xlarge"), family("azure/Standard_D8s_v5"), family("gcp/n2-standard-16")
    ('aws/m7i', 'azure/Standard_Ds_v5', 'gcp/n2-standard')
    """
    cloud, _, kind = name.partition("/")
    if cloud == "azure":
        return f"azure/{re.sub(r'(?<=[A-Z])[0-9]+', '', kind, count=1)}"
    return f"{cloud}/{kind.partition('.')[0] if cloud == 'aws' else kind.rpartition('-')[0]}"


def _scalable(option: Option, own: Instance) -> bool:
    name = option.unit.instance if option.unit else None
    return bool(name) and not own.gpus and not LOCAL_DISKS.match(name or "") and not (name or "").endswith("_spot")


def _siblings(name: str, own: Instance, known: Mapping[str, Instance]) -> Iterator[tuple[str, Instance]]:
    for other, instance in known.items():
        alike = instance.memory_gb * own.vcpus == own.memory_gb * instance.vcpus
        near = own.vcpus / MOST_STEP <= instance.vcpus <= own.vcpus * MOST_STEP
        if other != name and alike and near and not other.endswith("_spot") and family(other) == family(name):
            yield other, instance


def _scaled(option: Option, own: Instance, other: Instance, catalog: Catalog) -> dict[str, Capacity]:
    """Return the capacities of a unit on another size; what has no limit keeps none."""
    found = {}
    for name, capacity in option.capacity.items():
        rate = catalog.records.dimensions[name].kind == "rate"
        factor = other.vcpus / own.vcpus if rate else other.memory_gb / own.memory_gb if name == IN_MEMORY else 1.0
        value = capacity.value
        found[name] = capacity if value is None or factor == 1 else _times(capacity, value, factor)
    return found


def _times(capacity: Capacity, value: float, factor: float) -> Capacity:
    reasoning = f"{value:g} of the measured size × {factor:g}, in proportion to the machine"
    return capacity.model_copy(update={"value": value * factor, "basis": "estimate", "reasoning": reasoning})


def _note(option: Option, resized: Option, factor: float) -> Assumption:
    return Assumption(
        f"capacity of {resized.id}",
        f"× {factor:g}",
        f"in proportion to the processors of the size that {option.id} was measured on, at the same latency; "
        "measure before you order",
        f"catalog: {option.id}",
    )
