"""Writing changed prices into the catalog: each is appended with its date, nothing that stands there is touched.

The new texts are read as a whole catalog, with all rules, before the first file is replaced; when a file cannot be
written, those before it are put back.
"""

from __future__ import annotations

import datetime
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from advisor.catalog.load import Documents, load_catalog, read_records
from advisor.catalog.price_list import SOURCE, Change
from advisor.errors import InputError
from advisor.files import write_all
from advisor.yamledit import add_item
from advisor.yamlfile import Document, read_text

_LIST_OF = re.compile(r"list of \d{4}-\d{2}")


def texts(root: Path, changes: Sequence[Change], date: datetime.date) -> dict[Path, str]:
    """Return file -> new text for every file of a catalog that a change touches.

    Raises:
        InputError: a file stands in a layout that cannot be changed, or the catalog would break a rule.
    """
    _, documents = read_records(root, sorted(path for path in root.rglob("*.yml") if path.is_file()))
    changed: dict[Path, str] = {}
    for change in changes:
        document, place = _place(change, documents)
        file = root.parent / document.file
        text = changed.get(file) or read_text(file)
        at, entry = _entry(change, document, place, date, _added(change, changes))
        changed[file] = add_item(text, place, at, entry, document.file)
    _check(root, changed)
    return changed


def write(changed: Mapping[Path, str]) -> None:
    """Write all files, or leave all as they were."""
    before = {path: path.read_bytes() for path in changed}
    done: list[Path] = []
    try:
        for path, text in changed.items():
            write_all(path.parent, {path.name: text.encode()})
            done.append(path)
    except InputError:
        for path in done:
            write_all(path.parent, {path.name: before[path]})
        raise


def _place(change: Change, documents: Documents) -> tuple[Document, tuple[str | int, ...]]:
    """Return the document and the place of the list of prices that a change belongs to."""
    target = change.target
    if target.kind == "services":
        document, place = documents["services", target.record]
        return document, (*place, "meters", target.meter, "prices")
    for (kind, _), (document, _) in documents.items():
        for index, option in enumerate(document.data["options"]) if kind == "components" else ():
            if option["id"] == target.record:
                return document, ("options", index, "prices")
    raise KeyError(target.record)


def _added(change: Change, changes: Sequence[Change]) -> list[Change]:
    """Return the changes of the same option or meter that were made before this one."""
    target = change.target
    same = [one for one in changes if (one.target.kind, one.target.record) == (target.kind, target.record)]
    if target.kind == "services":
        same = [one for one in same if one.target.meter == target.meter]
    return same[: same.index(change)]


def _entry(
    change: Change, document: Document, place: tuple[str | int, ...], date: datetime.date, before: Sequence[Change]
) -> tuple[int, dict[str, Any]]:
    """Return (index, entry): behind the last price of the meter that starts earlier, and what went in before."""
    here: Any = document.data
    for part in place:
        here = here[part]
    at = _behind(change, here)
    shifted = sum(_behind(one, here) <= at for one in before)
    last = here[at]
    conditions = _LIST_OF.sub(f"list of {date:%Y-%m}", str(last.get("conditions", f"list of {date:%Y-%m}")))
    entry: dict[str, Any] = {"meter": change.target.meter} if "meter" in last else {}
    entry |= {"usd": change.usd, "from": change.start, "basis": "list_price", "source": SOURCE, "checked": date}
    return at + 1 + shifted, {**entry, "conditions": conditions}


def _behind(change: Change, here: Sequence[Mapping[str, Any]]) -> int:
    """Return the index of the last price of a change's meter that starts before it, in the list as it stands."""
    meter, first = change.target.meter, datetime.date.min
    mine = ((index, one.get("from", first)) for index, one in enumerate(here) if one.get("meter", meter) == meter)
    return max(index for index, start in mine if start < change.start)


def _check(root: Path, changed: Mapping[Path, str]) -> None:
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / root.name
        shutil.copytree(root, copy)
        for path, text in changed.items():
            (copy / path.relative_to(root)).write_text(text, encoding="utf-8")
        load_catalog(copy, cached=False)
