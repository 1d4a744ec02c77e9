"""The checked catalog as one file, from which a record is parsed when it is first looked at.

A file holds, line by line: the SHA-256 of all that follows; an index (where each record lies, and the outline below);
the records as JSON. Loading reads the index and no record, so a scenario pays for the components of its own roles,
however many the catalog has.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from advisor.catalog.model import Component, Option
from advisor.schema import Strict

R = TypeVar("R", bound=Strict)
T = TypeVar("T")


@dataclass(frozen=True)
class Outline:
    """What can be asked of components without parsing them.

    Attributes:
        options: option id -> (component id, roles that the option names), in order of component and option id.
        licences: of all components, sorted.
        priced: the newest day on which a price of an option was checked; None without any price.
    """

    options: Mapping[str, tuple[str, tuple[str, ...]]]
    licences: tuple[str, ...]
    priced: datetime.date | None

    @cached_property
    def fillers(self) -> Mapping[str, tuple[str, ...]]:
        """What options name as a role -> the ids of these options, in order."""
        found: dict[str, list[str]] = {}
        for option, (_, roles) in self.options.items():
            for role in dict.fromkeys(roles):
                found.setdefault(role, []).append(option)
        return {role: tuple(some) for role, some in found.items()}


def outline(components: Mapping[str, Component]) -> Outline:
    """Return the outline of components: the one that was cached with them, else made by looking at each."""
    if isinstance(components, Table) and components.outline is not None:
        return components.outline
    every = [(one, option) for one in components.values() for option in one.options]
    return Outline(
        {option.id: (one.id, tuple(option.roles)) for one, option in every},
        tuple(sorted({one.licence for one in components.values()})),
        max((price.checked for _, option in every for price in option.prices), default=None),
    )


class Table(Mapping[str, R], Generic[R]):
    """Records by id, parsed on first sight. Equal to a dict of the same records."""

    def __init__(
        self, model: type[R], raw: bytes, spans: Mapping[str, tuple[int, int]], known: Outline | None = None
    ) -> None:
        self._model, self._raw, self._spans = model, raw, spans
        self._parsed: dict[str, R] = {}
        self.outline = known

    def __getitem__(self, key: str) -> R:
        """Return a record; KeyError when there is none."""
        found = self._parsed.get(key)
        if found is None:
            start, end = self._spans[key]
            found = self._parsed[key] = self._model.model_validate_json(self._raw[start:end])
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._spans)

    def __len__(self) -> int:
        return len(self._spans)

    def __contains__(self, key: object) -> bool:
        return key in self._spans

    @cached_property
    def everything(self) -> Mapping[str, R]:
        """All records, parsed once; what is copied again and again."""
        return {key: self[key] for key in self}

    @property
    def parsed(self) -> frozenset[str]:
        """The ids that have been looked at."""
        return frozenset(self._parsed)


class Options(Mapping[str, tuple[Component, Option]]):
    """Option id -> (component, option); a component is looked at when one of its options is."""

    def __init__(self, components: Mapping[str, Component], known: Outline) -> None:
        self._components, self._known = components, known
        self._found: dict[str, tuple[Component, Option]] = {}

    def __getitem__(self, key: str) -> tuple[Component, Option]:
        """Return the pair; KeyError when no option has this id."""
        if key not in self._found:
            component = self._components[self._known.options[key][0]]
            self._found |= {option.id: (component, option) for option in component.options}
        return self._found[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known.options)

    def __len__(self) -> int:
        return len(self._known.options)

    def __contains__(self, key: object) -> bool:
        return key in self._known.options

    @cached_property
    def everything(self) -> Mapping[str, tuple[Component, Option]]:
        """All options, looked at once; what is copied again and again."""
        return {key: self[key] for key in self}


def copied(records: Mapping[str, T]) -> dict[str, T]:
    """Return a dict of some records, which may be changed.

    >>> copied({"a": 1})
    {'a': 1}
    """
    if isinstance(records, Table | Options):
        return dict(records.everything)
    return dict(records)


def packed(tables: Mapping[str, Mapping[str, Strict]]) -> bytes:
    """Return the bytes of a cache file for kind -> id -> record."""
    body, spans = bytearray(), dict[str, dict[str, tuple[int, int]]]()
    for kind, records in tables.items():
        for key, record in records.items():
            start = len(body)
            body += record.model_dump_json(by_alias=True).encode()
            spans.setdefault(kind, {})[key] = (start, len(body))
    known = outline(tables["components"])  # type: ignore[arg-type]
    about = {
        "spans": spans,
        "options": known.options,
        "licences": known.licences,
        "priced": known.priced and known.priced.isoformat(),
    }
    rest = json.dumps(about).encode() + b"\n" + bytes(body)
    return hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest


def unpacked(raw: bytes, models: Mapping[str, type[Strict]]) -> dict[str, Table[Any]]:
    """Return kind -> table. Raises ValueError for bytes that are not a whole cache file."""
    digest, _, rest = raw.partition(b"\n")
    if hashlib.sha256(rest).hexdigest().encode() != digest:
        raise ValueError("the cache file is not whole")
    head, _, body = rest.partition(b"\n")
    about = json.loads(head)
    known = Outline(
        {key: (component, tuple(roles)) for key, (component, roles) in about["options"].items()},
        tuple(about["licences"]),
        datetime.date.fromisoformat(about["priced"]) if about["priced"] else None,
    )
    return {
        kind: Table(model, body, about["spans"].get(kind, {}), known if kind == "components" else None)
        for kind, model in models.items()
    }
