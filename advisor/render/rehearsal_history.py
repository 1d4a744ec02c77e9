"""The history of rehearsals on the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from advisor.rehearsal.progress import Group, Progress
from advisor.render import rehearsal_chart, rehearsal_words
from advisor.render.neat import neat

SCHEMA_VERSION = 1
_BAR = 20  # characters for the distance from -1 to 1


def page(found: Progress) -> Iterator[str]:
    """Yield progress over sessions, calibration, and the weakest kinds first."""
    if not found.sessions:
        yield "No rehearsal is in the history yet. Begin one: advisor rehearse"
        return
    yield "[bold]Sessions[/]  (mean points: 1 perfect, 0 silence, below 0 confident misses)"
    for number, day, title, group in found.sessions:
        yield f"  {number:4}  {day}  {_bar(group.points)}  {_points(group)}  {group.count:3} items  {neat(title)}"
    yield ""
    yield "[bold]Calibration[/]  (stated confidence against hits; | is what was stated)"
    if found.calibration:
        yield from (f"  {line}" for line in rehearsal_chart.lines(found.calibration))
    else:
        yield "  No answer with a confidence yet."
    yield ""
    yield "[bold]Competences, the weakest first[/]"
    yield from _groups(found.competences, rehearsal_words.COMPETENCES.get)
    yield ""
    yield "[bold]Kinds, the weakest first[/]"
    yield from _groups(found.kinds, rehearsal_words.kind_title)
    drills = [group.name for group in found.kinds if group.name not in rehearsal_words.OWN_KINDS][:1]
    if drills:
        yield ""
        yield f"next: advisor rehearse --drill {neat(drills[0])}"


def _groups(groups: Sequence[Group], title: Any) -> Iterator[str]:
    for group in groups:
        yield f"  {_bar(group.points)}  {_points(group)}  {group.count:3}×  {neat(title(group.name) or group.name)}"


def _points(group: Group) -> str:
    return rehearsal_words.points(group.points).rjust(5)


def _bar(points: float) -> str:
    """Return points from -1 to 1 as a bar from the middle.

    >>> _bar(0.5), _bar(-1.7)
    ('          │█████     ', '██████████│          ')
    """
    half = _BAR // 2
    filled = min(half, round(abs(points) * half))
    left = "█" * filled if points < 0 else ""
    right = "█" * filled if points > 0 else ""
    return f"{left.rjust(half)}│{right.ljust(half)}"


def data(found: Progress) -> dict[str, Any]:
    """Return what ``advisor rehearse --history --json`` prints."""
    return {
        "schema_version": SCHEMA_VERSION,
        "sessions": [
            {"session": number, "day": day, "title": title, "items": group.count, "points": group.points}
            for number, day, title, group in found.sessions
        ],
        "calibration": [
            {"low": one.low, "high": one.high, "answers": one.count, "stated": one.stated, "right": one.hit}
            for one in found.calibration
        ],
        "competences": [_group(group) for group in found.competences],
        "kinds": [_group(group) for group in found.kinds],
    }


def _group(group: Group) -> dict[str, Any]:
    return {"name": group.name, "items": group.count, "points": group.points}
