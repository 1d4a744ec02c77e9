"""Designs side by side, and what changes from one to the other, as Markdown for a pull request.

Everything that somebody typed is escaped; what runs and what it costs by meter stands in a diff block.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.analysis.changes import RoleChange, check_changes, role_changes
from advisor.analysis.comparison import Comparison, MetricRow, Side
from advisor.evaluation.result import Evaluation
from advisor.render import change_words as words
from advisor.render import numbers
from advisor.render.comparison_text import (
    MARK,
    check_texts,
    difference_text,
    letter,
    line_texts,
    loads_differ,
    per_thousand_text,
    role_cells,
    role_texts,
    verdict_lines,
)
from advisor.render.markdown import code, escape, fence, joined, plural, table

_DIFF = {"+": "+", "-": "-", "~": "!", " ": " "}  # the marks that a diff block colours


def diff(found: Comparison) -> str:
    """Return what changes from the first side to the second."""
    parts = [headline(found), *sides(found, ("before", "after")), *differences(found)]
    old, new = (side.evaluation for side in found.sides)
    if old is not None and new is not None:
        changes = role_changes(old, new)
        parts.append(metric_rows(found))
        checks = requirement_lines(old, new)
        parts += [f"**Requirements**\n\n{checks}"] if checks else []
        parts.append(components(changes))
    return "\n\n".join(parts) + "\n"


def requirement_lines(old: Evaluation, new: Evaluation) -> str:
    """Return what happens to the requirements as a list. The mark is code: a bare + or - would start a list."""
    return "\n".join(f"- `{mark}` {escape(text)}" for mark, text in check_texts(check_changes(old, new)))


def headline(found: Comparison) -> str:
    """Return what happens to the monthly cost, as a heading."""
    old, new = (side.evaluation for side in found.sides)
    if old is None or new is None:
        return "### Nothing to compare: one side has no design"
    before, after = old.cost_usd_per_month, new.cost_usd_per_month
    if abs(after - before) < words.CENT:
        return f"### Monthly cost unchanged at {numbers.usd(after)}"
    part = words.share(before, after)
    more = f"{words.signed_usd(after - before)}{f', {part}' if part else ''}"
    return f"### Monthly cost {numbers.usd(before)} → {numbers.usd(after)} ({more})"


def sides(found: Comparison, names: tuple[str, ...]) -> Iterator[str]:
    """Yield what each side is, and whether it holds its requirements, as a list."""
    lines = []
    for name, side in zip(names, found.sides, strict=True):
        lines.append(f"- {name}: {code(side.label)}, {escape(side.scenario.title)}: {_status(side)}")
        lines += [f"  - {escape(note)}" for note in side.notes]
        if side.status == "infeasible":
            lines += [f"  - {escape(line)}" for line in words.conflict_lines(side)]
    yield "\n".join(lines)


def _status(side: Side) -> str:
    broken = [words.broken_text(check) for check in words.broken_checks(side.evaluation)] if side.evaluation else []
    return escape(words.status_text(side)) + (f" ({escape('; '.join(broken))})" if broken else "")


def differences(found: Comparison) -> Iterator[str]:
    """Yield what the sides' scenarios differ in."""
    if len(found.blueprints) > 1:
        yield f"Different blueprints ({escape(joined(found.blueprints))}): only what all have is compared."
    others = [one for one in found.differences if one.path != "blueprint"]
    if others:
        texts = [difference_text(one) for one in others] + ([per_thousand_text(found)] if loads_differ(found) else [])
        lines = "\n".join(f"- {escape(text)}" for text in texts)
        yield f"The scenarios differ; each design is judged under its own:\n\n{lines}"


def metric_rows(found: Comparison, heads: tuple[str, str] = ("before", "after")) -> str:
    """Return the metrics of two sides with their differences as a table."""
    rows = [[escape(numbers.metric_label(row.metric)), *_metric_cells(row)] for row in found.metrics]
    return table(["metric", *(f">{head}" for head in heads), ">difference", ""], rows)


def _metric_cells(row: MetricRow) -> list[str]:
    cells = ["–" if v is None else numbers.metric(row.metric, v) for v in row.values]
    before, after = row.values
    if before is None or after is None:
        return [*cells, "", "not on both sides"]
    verdict = words.direction(row)
    part = words.share(before, after) if verdict and not row.metric.endswith(".availability") else ""
    difference = words.metric_difference(row.metric, before, after)
    return [*cells, f"{difference}{f' ({part})' if part else ''}", verdict]


def components(changes: tuple[RoleChange, ...], *, folded: bool = True) -> str:
    """Return what changes in each role as a diff block; ``folded``: in an element that GitHub can fold."""
    lines: list[str] = []
    for one in changes:
        if one.kind == "same":
            continue
        lines.append(f"@@ {MARK[one.kind]} {one.role}: {words.signed_usd(one.difference)} a month @@")
        lines += [f"{_DIFF[mark]} {text}" for mark, text in role_texts(one)]
        lines += [f"{_DIFF[mark]}   {text}" for mark, text in line_texts(one)]
    same = sum(one.kind == "same" for one in changes)
    if not lines:
        return f"All {plural(same, 'role')} are the same."
    rest = f"\n\n{plural(same, 'role')} the same." if same else ""
    block = fence("\n".join(lines), "diff")
    if not folded:
        return f"{block}{rest}"
    return f"<details open>\n<summary>What changes, by role and meter</summary>\n\n{block}\n\n</details>{rest}"


def compare(found: Comparison) -> str:
    """Return designs side by side."""
    letters = tuple(letter(index) for index in range(len(found.sides)))
    parts = [*sides(found, letters), *differences(found), metrics_table(found, letters), *roles_table(found, letters)]
    parts.append(verdict(found))
    return "\n\n".join(part for part in parts if part) + "\n"


def metrics_table(found: Comparison, letters: tuple[str, ...]) -> str:
    """Return the metrics of all sides, the best of each bold."""
    rows = [[escape(numbers.metric_label(row.metric)), *marked_cells(row)] for row in found.metrics]
    return table(["metric (**best**)", *(f">{one}" for one in letters)], rows)


def roles_table(found: Comparison, letters: tuple[str, ...]) -> Iterator[str]:
    """Yield the roles that differ as a table, and how many do not."""
    roles = [[one.role, *(escape(cell) for cell in role_cells(one))] for one in found.roles if not one.same]
    same = sum(one.same for one in found.roles)
    if roles:
        yield table(["role", *letters], roles)
    if same:
        yield f"{plural(same, 'role')} the same everywhere."


def verdict(found: Comparison) -> str:
    """Return what each side alone is best at, and which are dominated, as a list."""
    return "\n".join(f"- {escape(line)}" for line in verdict_lines(found))


def marked_cells(row: MetricRow) -> list[str]:
    """Return a metric's values, the best of them bold."""
    cells = ["–" if v is None else numbers.metric(row.metric, v) for v in row.values]
    return [f"**{cell}**" if index in row.best else cell for index, cell in enumerate(cells)]
