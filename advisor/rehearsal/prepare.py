"""The items of a session, worked out one after the other from its setup."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from advisor.catalog.load import Catalog, load_catalog
from advisor.errors import bad_input
from advisor.rehearsal.course import Item, Setup
from advisor.rehearsal.opening import opening
from advisor.rehearsal.start import Start
from advisor.rehearsal.strands import in_order, wanted
from advisor.rehearsal.world import World
from advisor.scenario.load import Scenario, scenario_from_text


def inputs(setup: Setup) -> tuple[Scenario, Catalog]:
    """Return scenario and catalog of a setup.

    Raises:
        InputError: they cannot be read any more, or are not what the session was begun with.
    """
    catalog = load_catalog(setup.catalog_folder or None)
    scenario = scenario_from_text(setup.text, catalog, setup.file)
    known = scenario.catalog or catalog
    if setup.digests != (scenario.digest, known.digest):
        raise bad_input(
            f"the session was begun with catalog {setup.digests[1]}, and this is {known.digest}: its truths would be "
            "others; begin a new session"
        )
    return scenario, known


def start(setup: Setup) -> Start:
    """Return what a session starts from. Raises :class:`InputError`: see :func:`inputs`."""
    as_of = datetime.date.fromisoformat(setup.as_of) if setup.as_of else None
    return Start(*inputs(setup), as_of)


def items(setup: Setup, solved: World | None = None) -> Iterator[Item]:
    """Yield the items of a session in order, each worked out when it is asked for.

    Raises:
        InputError: the scenario has no proved optimum.
    """
    here = Start.of(solved) if solved else start(setup)
    yield from opening(setup, here.scenario, here.catalog)
    yield from (item for item in in_order(wanted(setup, here), setup) if item is not None)
