"""Reading a bill (YAML or CSV), and everything that can be wrong with the file, all at once."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from advisor.billing import tables
from advisor.billing.chargeback import Usage
from advisor.billing.charges import pending
from advisor.billing.model import BillFile, Line, Variant
from advisor.billing.variants import Placed, expand, references, repeated
from advisor.catalog.load import Catalog, load_catalog
from advisor.errors import InputError, Problem
from advisor.models.cost import HOURS_PER_MONTH
from advisor.schema import problems
from advisor.yamlfile import Document, load, parse


@dataclass(frozen=True)
class Bill:
    """A bill as it was read: structurally right, not yet priced.

    Attributes:
        variants: name -> lines with their places; the one name is "" for a bill without variants.
        usage: the tenants' table, None without tenants.
    """

    file: BillFile
    document: Document
    variants: Mapping[str, Sequence[Placed]]
    usage: Usage | None


def load_bill(path: Path | str, catalog: Catalog | None = None) -> Bill:
    """Return a bill from a YAML or CSV file. Prices are looked up by
    :func:`advisor.billing.price.price`.

    Raises:
        InputError: with every problem of its structure, and with what the catalog lacks for the lines that are sound.
    """
    place = Path(path)
    document = tables.bill_document(place) if place.suffix.lower() == ".csv" else load(place)
    return _bill(document, place.parent, catalog)


def bill_from_text(text: str, file: str = "", catalog: Catalog | None = None) -> Bill:
    """Return a bill from YAML text. A tenants' CSV is looked for in the current folder."""
    return _bill(parse(text, file), Path(), catalog)


def _bill(document: Document, folder: Path, catalog: Catalog | None) -> Bill:
    try:
        file = BillFile.model_validate(document.data)
    except ValidationError as error:
        raise InputError([*problems(error, BillFile, document), *_of_sound_parts(document, catalog)]) from None
    variants, found = _variants(file, document)
    usage = None
    if file.tenants is not None:
        try:
            usage = tables.usage(file.tenants, folder, document)
        except InputError as error:
            found += error.problems
    if found:
        raise InputError([*found, *_of_sound_parts(document, catalog)])
    return Bill(file, document, variants, usage)


def _variants(file: BillFile, document: Document) -> tuple[dict[str, Sequence[Placed]], list[Problem]]:
    """Return the lines of each variant, and what is wrong with them."""
    base = [Placed(line, ("lines", i)) for i, line in enumerate(file.lines)]
    found = list(repeated(((each.line.id, each.place) for each in base), document))
    variants: dict[str, Sequence[Placed]] = {} if file.variants else {"": base}
    for name, variant in file.variants.items():
        variants[name], wrong = expand(base, name, variant, document)
        found += wrong
    for name, lines in variants.items():
        if not lines:
            where = ("variants", name) if name else ()
            found.append(document.problem(where, "has no lines; at least one is needed"))
    return variants, found


def _of_sound_parts(document: Document, catalog: Catalog | None) -> Iterator[Problem]:
    """Yield what else is wrong with a file whose structure is, so that all its problems come at once."""
    lines = _entries(document, "lines", list)
    named = [(str(raw["id"]), ("lines", i)) for i, raw in lines if isinstance(raw, dict) and "id" in raw]
    yield from repeated(named, document)
    yield from _prices_of_sound_lines(document, lines, catalog or load_catalog())
    for name, raw in _entries(document, "variants", dict):
        with contextlib.suppress(ValidationError):
            variant = Variant.model_validate(raw)
            yield from references([own for own, _ in named], variant, ("variants", name), document)


def _entries(document: Document, key: str, kind: type[list[Any]] | type[dict[Any, Any]]) -> list[tuple[Any, Any]]:
    """Return (index or key, entry) of a part of the file, none when it is not what it should be."""
    part = document.data.get(key) if isinstance(document.data, dict) else None
    if not isinstance(part, kind):
        return []
    return list(part.items() if isinstance(part, dict) else enumerate(part))


def _prices_of_sound_lines(document: Document, lines: Sequence[tuple[Any, Any]], catalog: Catalog) -> Iterator[Problem]:
    for index, raw in lines:
        try:
            line = Line.model_validate(raw)
            pending(line, catalog, datetime.date.max, HOURS_PER_MONTH)
        except ValidationError:
            continue
        except InputError as error:
            yield from placed(error, Placed(line, ("lines", index)), document)


def placed(error: InputError, each: Placed, document: Document) -> Iterator[Problem]:
    """Yield the problems of a line, whose paths start at the line, where they stand in the file."""
    for problem in error.problems:
        where = (*each.place, problem.path) if problem.path else each.place
        yield document.problem(where, problem.message)
