"""Which records a file of a catalog folder holds: by its name and folder, with the shape that each must have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from advisor.errors import InputError, listing, nearest
from advisor.yamlfile import Document, load

Place = tuple[str | int, ...]
Entry = tuple[str, str, Document, Place]  # kind, id, the file, the record's place in it
SOURCES = "sources.yml"
TABLES = {
    "roles.yml": "roles",
    "dimensions.yml": "dimensions",
    "meters.yml": "meters",
    "clouds.yml": "clouds",
    "operating.yml": "operating",
    "price_list.yml": "listings",
}
BY_CLOUD = {"prices": "instances", "price_book": "services"}  # folders whose files hold cloud -> name -> record


def entries(root: Path, path: Path) -> list[Entry]:
    """Return (kind, id, document, place) of every record in one file of a catalog folder.

    Raises:
        InputError: the file is of another shape, or no file of a catalog.
    """
    relative = path.relative_to(root)
    document = load(path, str(Path(root.name) / relative))
    if relative.parts == (SOURCES,):
        return _publications(document)
    data = _mapping(document, ())
    if len(relative.parts) == 1:
        return _table(relative.name, document)
    if relative.parts[0] in BY_CLOUD:
        kind = BY_CLOUD[relative.parts[0]]
        clouds = ((cloud, _mapping(document, (cloud,))) for cloud in data)
        return [(kind, f"{cloud}/{name}", document, (cloud, name)) for cloud, names in clouds for name in names]
    kind = "blueprints" if relative.parts[0] == "blueprints" else "components"
    return [(kind, str(data.get("id")), document, ())]


def _mapping(document: Document, place: Place) -> dict[Any, Any]:
    """Return the mapping at a place."""
    value = document.data
    for part in place:
        value = value[part]
    if isinstance(value, dict):
        return value
    found = f"found {value}; a mapping (key: value) is expected" if place else "a mapping is expected"
    raise InputError([document.problem(place, found)])


def _publications(document: Document) -> list[Entry]:
    if not isinstance(document.data, list):
        message = "a list of publications is expected, each `- id: ...` with title, publisher, date and licence_note"
        raise InputError([document.problem((), message)])
    return [("sources", str(_mapping(document, (at,)).get("id")), document, (at,)) for at in range(len(document.data))]


def _table(name: str, document: Document) -> list[Entry]:
    kind = TABLES.get(name)
    if kind is None:
        message = f"is not a file of the catalog; known: {listing(TABLES)}, {SOURCES}"
        raise InputError([document.problem((), message)])
    if kind == "roles":
        _complete_roles(document)
    return [(kind, key, document, (key,)) for key in document.data]


def _complete_roles(document: Document) -> None:
    """Give each role its id, and to one that is like another whatever it does not say for itself."""
    stated = {key: role for key, role in document.data.items() if isinstance(role, dict)}
    bases = {key: dict(role) for key, role in stated.items() if "like" not in role}
    for key, role in stated.items():
        if "like" in role and str(role["like"]) not in bases:
            message = f"found '{role['like']}'; roles that are not like another: {listing(bases)}"
            raise InputError([document.problem((key, "like"), message + nearest(str(role["like"]), bases))])
        role.update({**bases.get(str(role.get("like")), {}), **role, "id": key})
