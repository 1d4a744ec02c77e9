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
        component: who has the need. role: of the blueprint, whose component must be one of ``components``.
    """

    component: str
    role: str
    components: tuple[str, ...]

    def met_by(self, other: Candidate) -> bool:
        """Return whether it works beside what another role has: all of it, of a combination."""
        return all(one.component is None or one.component_id in self.components for one in other.members)


def needs(component: Component, scenario: Scenario, catalog: Catalog) -> tuple[Need, ...]:
    """Return what a component needs of the roles of a scenario's blueprint."""
    if not component.works_with:
        return ()
    return tuple(
        Need(component.id, role, tuple(fit.components))
        for fit in component.works_with
        for role in scenario.blueprint.roles
        if catalog.role(role).filled_as == fit.role
    )


def all_needs(candidates: Iterable[Candidate]) -> tuple[Need, ...]:
    """Return the needs of what candidates run, each once, in their order."""
    return tuple(dict.fromkeys(need for c in candidates for one in c.members for need in one.needs))


def unfit(design: Mapping[str, Candidate]) -> Iterator[str]:
    """Yield what does not work together in a design."""
    for need in all_needs(design.values()):
        other = design.get(need.role)
        if other is not None and not need.met_by(other):
            runs = next(one.component_id for one in other.members if one.component_id not in need.components)
            yield f"{need.component} works with {listing(need.components, 20)} as {need.role}, not with {runs}"
