"""Other scenarios than the one that was chosen: of each blueprint the shipped example, later generated ones.

Somebody may wait for a question about one. So the blueprints that are solved sooner come first, told by how many
designs there are to choose from and not by a clock: the order is the same on every machine.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from advisor.catalog.load import Catalog
from advisor.errors import InputError
from advisor.rehearsal.generate import LEVELS, base_text, scenario_text
from advisor.rehearsal.start import Start
from advisor.scenario.load import scenario_from_text

EXAMPLES = 2  # rounds of the blueprints' examples, which nothing is solved for


def start(chosen: Start, rng: random.Random, number: int) -> Start | None:
    """Return where one of the other scenarios starts from, under the catalog and day of the one that was chosen.

    Args:
        rng: puts the blueprints in order, the lighter half first, and is the seed of what is generated.
        number: from 0: the examples of the blueprints, once more (at other volumes), then a scenario of each by level.

    Returns:
        None where there is no other blueprint, or no design for it in the catalog.

    >>> import advisor
    >>> here = Start(advisor.load_scenario(advisor.example("card_fraud")), advisor.load_catalog())
    >>> found = [start(here, random.Random(7), number) for number in (0, 10)]
    >>> found[0].scenario.blueprint.id == found[1].scenario.blueprint.id != "fraud_detection"
    True
    """
    others = sorted(chosen.catalog.records.blueprints.keys() - {chosen.scenario.blueprint.id})
    if not others:
        return None
    order, seed = _lighter_first(rng.sample(others, len(others)), chosen.catalog), rng.getrandbits(30)
    turn, place = divmod(number, len(others))
    try:
        text = _text(order[place], turn, seed, chosen.catalog)
        scenario = scenario_from_text(text, chosen.catalog, order[place])
    except InputError:
        return None
    return Start(scenario, chosen.catalog, chosen.as_of)


def _lighter_first(names: Sequence[str], catalog: Catalog) -> list[str]:
    """Return blueprints so that the half with fewer designs comes first, the order within each half as it was."""
    light = sorted(names, key=lambda name: (designs(name, catalog), name))[: math.ceil(len(names) / 2)]
    return sorted(names, key=lambda name: name not in light)


def designs(blueprint: str, catalog: Catalog) -> float:
    """Return how many ways there are to fill the roles of a blueprint, each by an option or left out, as a logarithm.

    >>> import advisor
    >>> catalog = advisor.load_catalog()
    >>> designs("fraud_detection", catalog) < designs("rag_assistant", catalog)
    True
    """
    return sum(math.log1p(len(catalog.options_for(role))) for role in catalog.blueprint(blueprint).roles)


def _text(blueprint: str, turn: int, seed: int, catalog: Catalog) -> str:
    """Return the example of a blueprint the first times, then a scenario of each level, another one every time."""
    if turn < EXAMPLES:
        return base_text(blueprint, catalog)
    return scenario_text(blueprint, LEVELS[(turn - EXAMPLES) % len(LEVELS)], seed + turn, catalog)
