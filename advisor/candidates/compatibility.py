"""What can be used beside what: components that work with some components of another role and with no others.

The catalog states it once for a component (``works_with``). A role that is left out leaves nothing to work with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor.errors import listing

if TYPE_CHECKING:
    from advisor.candidates.candidate import Candidate
    from advisor.catalog.load import Catalog
    from advisor.catalog.model import Component
    from advisor.scenario.load import Scenario


@dataclass(frozen=True)
class Need:
    """That a component works with some components of a role only.

    Attributes:
        component: who has the need. role: of the blueprint, filled by one of ``components``: components or options.
        names: of both, for people: who has the need, then what it works with.
    """

    component: str
    role: str
    components: tuple[str, ...]
    names: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What works with what: ``Kafka Streams works only with Apache Kafka, Redpanda as event broker``.

        >>> Need("kafka_streams", "event_broker", ("kafka", "redpanda")).words
        'kafka_streams works only with kafka, redpanda as event broker'
        """
        own, *others = self.names or (self.component, *self.components)
        return f"{own} works only with {listing(others, 20)} as {self.role.replace('_', ' ')}"

    def met_by(self, other: Candidate) -> bool:
        """Return whether it works beside what another role has: all of it, of a combination."""
        return all(self.has(one) for one in other.members)

    def has(self, part: Candidate) -> bool:
        """Return whether it works beside one part: nothing, a component that is named, or an option that is."""
        ids = {part.component_id} | ({part.option.id} if part.option else set())
        return part.component is None or not ids.isdisjoint(self.components)


def needs(component: Component, scenario: Scenario, catalog: Catalog) -> tuple[Need, ...]:
    """Return what a component needs of the roles of a scenario's blueprint."""
    if not component.works_with:
        return ()
    return tuple(
        Need(component.id, role, tuple(fit.components), (component.name, *_names(fit.components, catalog)))
        for fit in component.works_with
        for role in scenario.blueprint.roles
        if catalog.role(role).filled_as == fit.role
    )


def _names(ids: Iterable[str], catalog: Catalog) -> Iterator[str]:
    for name in ids:
        if name in catalog.options:
            component, option = catalog.options[name]
            yield f"{component.name} ({option.title})"
        else:
            yield catalog.records.components[name].name


def all_needs(candidates: Iterable[Candidate]) -> tuple[Need, ...]:
    """Return the needs of what candidates run, each once, in their order."""
    return tuple(dict.fromkeys(need for c in candidates for one in c.members for need in one.needs))


def unfit(design: Mapping[str, Candidate]) -> Iterator[str]:
    """Yield what does not work together in a design."""
    for need in all_needs(design.values()):
        other = design.get(need.role)
        if other is not None and not need.met_by(other):
            found = next(one for one in other.members if not need.has(one))
            apart = any(name.startswith(f"{found.name} (") for name in need.names)  # another of its options would do
            yield f"{need.words}, not with {found.name}{f' ({found.option.title})' if apart and found.option else ''}"
