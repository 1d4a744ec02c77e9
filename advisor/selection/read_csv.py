"""A selection problem from CSV: the columns ``role`` and ``option``, every other column an attribute."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence

from advisor.errors import nearest
from advisor.selection.draft import MAX_OPTIONS, Draft, DraftOption, DraftRole, Place, from_text
from advisor.selection.problem import NONE

KEYS = ("role", "option")
EDGE_KEYS = ("from", "to")


def read(text: str, file: str = "") -> Draft:
    """Return the draft of a CSV table.

    >>> draft = read("role,option,cost\\ndb,a,3\\ndb,b,x\\n", "options.csv")
    >>> draft.roles["db"].options[0].values
    {'cost': 3.0}
    """
    draft = Draft(file)
    rows = _rows(text, draft)
    line, header = next(rows, (1, []))
    names = [cell.strip() for cell in header]
    if not _header_is_usable(names, line, draft):
        return draft
    at = {name: column for column, name in enumerate(names)}
    attributes = [name for name in names if name not in KEYS]
    for count, (line, cells) in enumerate(rows):
        if count >= MAX_OPTIONS:
            draft.note(Place(line), f"holds more than {MAX_OPTIONS:,} options, the most that is read")
            break
        if len(cells) != len(names):
            draft.note(Place(line), f"found {len(cells)} cells; the header has {len(names)}")
            continue
        _add(draft, line, {name: cells[column].strip() for name, column in at.items()}, attributes)
    _columns_of_text(draft, attributes)
    return draft


def _rows(text: str, draft: Draft) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of every row that is not blank."""
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        draft.note(Place(reader.line_num), f"is not valid CSV: {error}")


def _header_is_usable(names: Sequence[str], line: int, draft: Draft) -> bool:
    known = len(draft.problems)
    place = Place(line)
    if not names:
        draft.note(place, "is empty; a header with the columns role and option is expected")
        return False
    for key in KEYS:
        if key not in names:
            advice = "; cells are separated by commas" if any(s in names[0] for s in ";\t") else ""
            draft.note(place, f"the header has no column '{key}'{nearest(key, names)}{advice}")
    for name in sorted({name for name in names if names.count(name) > 1}):
        draft.note(place, f"the column '{name}' is given twice" if name else "more than one column has no name")
    if names.count("") == 1:
        draft.note(place, f"column {list(names).index('') + 1} has no name")
    return len(draft.problems) == known


def _add(draft: Draft, line: int, row: dict[str, str], attributes: Sequence[str]) -> None:
    place = Place(line)
    for key in KEYS:
        if not row[key]:
            draft.note(place, f"found an empty {key}")
            return
    role = draft.roles.setdefault(row["role"], DraftRole(place))
    leaves_out = row["option"] == NONE
    values = {name: from_text(row[name]) for name in attributes if row[name] or not leaves_out}
    role.options.append(DraftOption(row["option"], values, place))


def _columns_of_text(draft: Draft, attributes: Sequence[str]) -> None:
    """Say once, not for each row, that a column holds no number at all."""
    options = [option for role in draft.roles.values() for option in role.options]
    for name in attributes:
        cells = [option for option in options if name in option.values]
        if len(cells) > 1 and all(isinstance(option.values[name], str) for option in cells):
            found = cells[0].values[name] or "an empty cell"
            draft.note(cells[0].place, f"holds no number (found '{found}'); leave the column out", name)
            for option in cells:
                option.values[name] = 0.0


def read_edges(text: str, file: str, draft: Draft) -> None:
    """Add the edges of a CSV file with the columns ``from`` and ``to`` to a draft."""
    own = Draft(file)
    for count, (line, cells) in enumerate(_rows(text, own)):
        names = [cell.strip() for cell in cells]
        if count == 0 and tuple(names) == EDGE_KEYS:
            continue
        if len(names) != len(EDGE_KEYS):
            own.note(Place(line), f"found {len(names)} cells; two roles are expected: from,to")
        else:
            draft.edges.append((names, Place(line, file=file)))
    draft.problems += own.problems
