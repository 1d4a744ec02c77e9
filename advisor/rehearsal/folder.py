"""The scenarios of a session as files of one folder, so that every command of its debrief runs there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.analysis.overrides import as_text
from advisor.rehearsal import words
from advisor.rehearsal.course import Asked, Designing, Item
from advisor.rehearsal.moving import stage_file
from advisor.rehearsal.prices import FILE
from advisor.scenario.portable import portable
from advisor.yamlfile import parse

PRICES = "prices"  # folder of the figures that a change raised


def files(text: str, file: str, items: Sequence[Item]) -> dict[str, bytes]:
    """Return path -> bytes: the session's scenario, what it reads, and the scenario after each change.

    Args:
        text, file: of the session's scenario.
    """
    copy = portable(text, file)
    found = {words.SCENARIO: copy.text.encode(), **copy.files}
    own = _catalogs(copy.text)
    for item in items:
        if isinstance(item, Designing) and item.number:
            place = stage_file(item.number)
            found[place] = _below(item.text, own, [PRICES] if item.figures else []).encode()
            if item.figures:
                found[f"{place.rpartition('/')[0]}/{PRICES}/{FILE}"] = item.figures.encode()
        elif isinstance(item, Asked) and item.folder:
            found[f"{item.folder}/{words.SCENARIO}"] = _below(item.text, own, []).encode()
    return found


def _catalogs(text: str) -> list[str]:
    return list((parse(text).data or {}).get("catalogs") or [])


def _below(text: str, own: Sequence[str], more: Sequence[str]) -> str:
    """Return a scenario for a folder below: the catalogs stand in the folder above, and some beside it.

    >>> print(_below("title: T\\n", ["catalogs/1-ours"], ["prices"]), end="")
    "title": "T"
    "catalogs":
    - "../catalogs/1-ours"
    - "prices"
    """
    if not own and not more:
        return text
    data: Mapping[str, object] = parse(text).data
    return as_text({**data, "catalogs": [*(f"../{name}" for name in own), *more]})
