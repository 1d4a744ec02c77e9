"""Reading the catalog folder, strictly, with a parsed cache that can never be stale.

The cache is keyed by the content of every file, so an edit of a single byte is a different key. It only ever holds
catalogs that passed all checks; anything wrong with it means reading the YAML again. Records are parsed out of it one
by one, as they are looked at (:mod:`advisor.catalog.cache`).
"""

from __future__ import annotations

import datetime
import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import SerializerFunctionWrapHandler, ValidationError, field_serializer

from advisor import __version__, resources
from advisor.catalog.blueprint import Blueprint
from advisor.catalog.cache import Options, Outline, outline, packed, unpacked
from advisor.catalog.entries import entries
from advisor.catalog.listing import Listing
from advisor.catalog.model import (
    CloudFigures,
    Component,
    Instance,
    Operating,
    Option,
    Service,
    Source,
)
from advisor.catalog.operating import complete, stated_in
from advisor.catalog.role import Dimension, Meter, Role
from advisor.errors import InputError, Problem, bad_input, listing, nearest
from advisor.schema import Strict, problems
from advisor.yamlfile import Document, load

CACHE_FORMAT = 9


class Records(Strict):
    """Everything that the catalog's files hold, by id."""

    components: Mapping[str, Component]
    roles: Mapping[str, Role]
    dimensions: Mapping[str, Dimension]
    meters: Mapping[str, Meter]
    instances: Mapping[str, Instance]
    clouds: Mapping[str, CloudFigures]
    sources: Mapping[str, Source]
    blueprints: Mapping[str, Blueprint]
    services: Mapping[str, Service] = {}
    operating: Mapping[str, Operating] = {}
    listings: Mapping[str, Listing] = {}

    @field_serializer("*", mode="wrap")
    def _whole(self, table: Mapping[str, Strict], serialize: SerializerFunctionWrapHandler) -> Any:
        return serialize(dict(table))


@dataclass(frozen=True)
class Own:
    """A record or figure of one's own that stands where the catalog's stood, or that is new.

    Attributes:
        file: where it stands, for people.
        record: id of the option, component, blueprint or instance type.
        name: place of the figure inside the option; empty for a whole record.
        was: what it replaces in a few words; empty for what is new.
    """

    file: str
    record: str
    name: str
    was: str


@dataclass(frozen=True)
class Catalog:
    """The checked catalog, with look-ups.

    Attributes:
        records: the records by id.
        digest: first 12 hex digits of the SHA-256 over all files; names this state of the catalog.
        own: what people brought of their own, in place of the shipped records and figures or beside them.
    """

    records: Records
    digest: str
    own: tuple[Own, ...] = ()

    @cached_property
    def kept(self) -> dict[object, object]:
        """What others have worked out of these records alone and keep for the next time, by keys of their own."""
        return {}

    def __getstate__(self) -> dict[str, object]:
        """Return what is sent to another process: not what is kept, which is made again there."""
        return {name: value for name, value in self.__dict__.items() if name != "kept"}

    @cached_property
    def outline(self) -> Outline:
        """What can be asked of the components without parsing them all."""
        return outline(self.records.components)

    @cached_property
    def options(self) -> Mapping[str, tuple[Component, Option]]:
        """Option id -> (component, option), in order of ids; a component is parsed when one of its options is read."""
        return Options(self.records.components, self.outline)

    @property
    def licences(self) -> tuple[str, ...]:
        """The licences of all components."""
        return self.outline.licences

    def role(self, role: str) -> Role:
        """Return a role by id."""
        return self.records.roles[role]

    def options_for(self, role: str) -> list[tuple[Component, Option]]:
        """Return all (component, option) pairs that can fill a role, in order of component and option id."""
        named = self.records.roles[role].filled_as
        return [self.options[option] for option in self.outline.fillers.get(named, ())]

    @cached_property
    def cards(self) -> tuple[str, ...]:
        """The types of accelerators that instance types have."""
        return tuple(sorted({one.card for one in self.records.instances.values() if one.card}))

    def blueprint(self, blueprint: str) -> Blueprint:
        """Return a blueprint by id, or raise :class:`InputError` naming the nearest one."""
        known = self.records.blueprints
        if blueprint not in known:
            raise bad_input(f"found '{blueprint}'; known blueprints: {listing(known)}{nearest(blueprint, known)}")
        return known[blueprint]

    @cached_property
    def date(self) -> datetime.date:
        """The newest date on which a price of an option or an instance type was checked."""
        dates = [self.outline.priced] if self.outline.priced else []
        return max([*dates, *(p.checked for i in self.records.instances.values() for p in i.prices)])


def load_catalog(folder: Path | str | None = None, *, cached: bool = True) -> Catalog:
    """Return the catalog of ``folder`` (default: the one that comes with advisor).

    Args:
        cached: False reads and checks every file, whatever the cache holds.

    Raises:
        InputError: every problem of every file, and every rule across records that does not hold.
    """
    root = Path(folder) if folder is not None else resources.folder("catalog")
    if not (root / "roles.yml").is_file():
        raise bad_input("holds no roles.yml; a catalog folder is expected", path=str(root))
    files = sorted(path for path in root.rglob("*.yml") if path.is_file())
    digest = _digest(root, files)
    cache = _cache_file(digest) if cached else None
    records = _from_cache(cache)
    if records is None:
        records = read(root, files)
        _to_cache(cache, records)
    return Catalog(records, digest[:12])


def read(root: Path, files: list[Path]) -> Records:
    """Return checked records read from YAML, without the cache."""
    from advisor.catalog.checks import check

    data, documents = read_records(root, files)
    records = Records.model_construct(**{kind: dict(sorted(entries.items())) for kind, entries in data.items()})  # type: ignore[arg-type]
    found = [*_unsorted_sources(documents), *check(records, documents)]
    if found:
        raise InputError(found)
    return records


def _unsorted_sources(documents: Documents) -> Iterator[Problem]:
    """Yield each source that stands behind one with a greater id: lists that are sorted merge without conflicts."""
    found = [(place, key, document) for (kind, key), (document, place) in documents.items() if kind == "sources"]
    placed = sorted(found, key=lambda one: one[0])
    greatest = ""
    for place, key, document in placed:
        if key < greatest:
            before = min(known for _, known, _ in placed if known > key)
            yield document.problem(place, f"ids are sorted; move '{key}' before '{before}'")
        greatest = max(greatest, key)


Documents = dict[tuple[str, str], tuple[Document, tuple[str | int, ...]]]


def read_records(
    root: Path, files: list[Path], operating: Mapping[str, Operating] | None = None
) -> tuple[dict[str, dict[str, object]], Documents]:
    """Return every record of some files by kind and id, each sound in itself, and where it stands.

    Args:
        operating: classes of running that options may name, beside those of the folder itself.

    Raises:
        InputError: every problem of every file.
    """
    found: list[Problem] = []
    data: dict[str, dict[str, object]] = {name: {} for name in Records.model_fields}
    documents: Documents = {}
    classes = {**(operating or {}), **stated_in(root)}
    for path in files:
        try:
            for kind, key, document, place in entries(root, path):
                value = document.data
                for part in place:
                    value = value[part]
                if kind == "components":
                    found += complete(value, classes, document)
                data[kind][key] = _record(kind, value, document, place)
                if (kind, key) in documents:
                    raise InputError(
                        [document.problem(place, f"the id {key} is used twice: also in {documents[kind, key][0].file}")]
                    )
                documents[kind, key] = (document, place)
        except InputError as error:
            found.extend(error.problems)
    if found:
        raise InputError(found)
    return data, documents


def with_blueprint_of(path: Path, catalog: Catalog) -> tuple[Catalog, Blueprint]:
    """Return the catalog with the blueprint of one more file, and that blueprint.

    A blueprint of the same id is replaced. The digest stands for the catalog with the file.

    Raises:
        InputError: every problem of the file, and every rule that the blueprint breaks.
    """
    from advisor.catalog.checks import check

    document = load(path, str(path))
    if not isinstance(document.data, dict):
        raise InputError([document.problem((), "a mapping is expected")])
    blueprint = _record("blueprints", document.data, document, ())
    assert isinstance(blueprint, Blueprint)
    records = catalog.records.model_copy(
        update={"blueprints": dict(sorted({**catalog.records.blueprints, blueprint.id: blueprint}.items()))}
    )
    alone = records.model_copy(
        update={"blueprints": {blueprint.id: blueprint}, "components": {}, "services": {}, "listings": {}}
    )
    found = list(check(alone, {("blueprints", blueprint.id): (document, ())}))
    if found:
        raise InputError(found)
    digest = hashlib.sha256(catalog.digest.encode() + path.read_bytes()).hexdigest()
    return Catalog(records, digest[:12]), blueprint


def blueprint_copy(base: str, name: str, folder: Path | str | None = None) -> str:
    """Return the text of a catalog's blueprint under another id, comments included.

    Raises:
        InputError: the base is not a blueprint, or the name cannot be one.
    """
    import re

    from advisor.yamlfile import read_text

    root = Path(folder) if folder is not None else resources.folder("catalog")
    load_catalog(folder).blueprint(base)
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.\-]{0,79}", name):
        raise bad_input(f"found '{name}'; a name has up to 80 lower-case letters, digits, and _ . -", path="NAME")
    for path in sorted((root / "blueprints").rglob("*.yml")):
        text = read_text(path)
        if re.search(rf"^id: {re.escape(base)}$", text, flags=re.MULTILINE):
            return re.sub(rf"^id: {re.escape(base)}$", f"id: {name}", text, count=1, flags=re.MULTILINE)
    raise bad_input(f"the file of '{base}' states its id in another form than `id: {base}`", path=str(root))


def _record(kind: str, value: object, document: Document, place: tuple[str | int, ...]) -> object:
    record = _MODELS[kind]
    try:
        return record.model_validate(value)
    except ValidationError as error:
        raise InputError(problems(error, record, document, place)) from None


_MODELS: dict[str, type[Strict]] = {
    "components": Component,
    "roles": Role,
    "dimensions": Dimension,
    "meters": Meter,
    "instances": Instance,
    "clouds": CloudFigures,
    "sources": Source,
    "blueprints": Blueprint,
    "services": Service,
    "operating": Operating,
    "listings": Listing,
}


def _digest(root: Path, files: list[Path]) -> str:
    digest = hashlib.sha256(f"{__version__}/{CACHE_FORMAT}".encode())
    for path in files:
        digest.update(str(path.relative_to(root)).encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _cache_file(digest: str) -> Path | None:
    if os.environ.get("ADVISOR_NO_CACHE"):
        return None
    import platformdirs

    return Path(platformdirs.user_cache_dir("advisor")) / f"catalog-{digest}.cache"


def _from_cache(cache: Path | None) -> Records | None:
    try:
        return Records.model_construct(**unpacked(cache.read_bytes(), _MODELS)) if cache else None  # type: ignore[arg-type]
    except (OSError, ValueError):
        return None


def _to_cache(cache: Path | None, records: Records) -> None:
    from advisor.files import write_all

    if cache is None:
        return
    try:
        write_all(cache.parent, {cache.name: packed({kind: getattr(records, kind) for kind in _MODELS})})
        old = sorted(cache.parent.glob("catalog-*"), key=lambda path: path.stat().st_mtime)
        for path in old[:-4]:
            path.unlink()
    except (InputError, OSError):
        return
