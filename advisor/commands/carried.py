"""What a proposal carries so that it can be made again in its own folder: catalogs that are not the shipped one."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.commands import options

if TYPE_CHECKING:
    from advisor.catalog.load import Catalog
    from advisor.scenario.load import Scenario

CATALOG = "catalog"  # folder of the copy of another catalog


@dataclass(frozen=True)
class Carried:
    """Inputs, read from the copies that will be written. ``files``: path -> bytes of these copies."""

    scenario: Scenario
    catalog: Catalog
    files: dict[str, bytes]


def carried(scenario: str, catalog_folder: Path | None) -> Carried:
    """Return the inputs of a proposal that is going to be written.

    What is wrong is said of the user's own files; then the copies are read, so that the digest in the documents is the
    one of the scenario that stands beside them.

    Raises:
        InputError: every problem of the catalog, or else of the scenario.
    """
    from advisor.catalog.load import load_catalog
    from advisor.files import write_all
    from advisor.render.proposal_files import SCENARIO
    from advisor.scenario.load import load_scenario
    from advisor.scenario.portable import portable

    loaded, catalog = options.load_inputs(scenario, catalog_folder)
    files = _copied(catalog_folder) if catalog_folder is not None else {}
    copy = portable(loaded.text, loaded.file)
    if not copy.files:
        return Carried(loaded, catalog, files)
    with tempfile.TemporaryDirectory() as place:
        write_all(Path(place), {**copy.files, SCENARIO: copy.text.encode()})
        again = load_scenario(Path(place) / SCENARIO, load_catalog(catalog_folder))
    return Carried(again, again.catalog or catalog, {**files, **copy.files})


def _copied(folder: Path) -> dict[str, bytes]:
    return {
        f"{CATALOG}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*.yml"))
        if path.is_file()
    }
