"""Small changes to YAML text that leave everything else as it stands: comments, order, layout.

What was changed is read again and compared with what was meant, so a layout that these few rules do not understand is
refused instead of damaged.
"""

from __future__ import annotations

import copy
import datetime
import json
import re
from collections.abc import Sequence
from typing import Any

import yaml

from advisor.errors import InputError, Problem
from advisor.yamlfile import dotted, parse, plain

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]*")
INDENT = 2


def flow(value: Any) -> str:
    """Return a value as YAML on one line.

    >>> flow({"p50": 11.0, "basis": "measured", "conditions": "32 at a time: closed loop"})
    '{p50: 11, basis: measured, conditions: "32 at a time: closed loop"}'
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return repr(int(value) if float(value).is_integer() and abs(value) < 1e15 else value)
    return value.isoformat() if isinstance(value, datetime.date) else _quoted(str(value))


def _quoted(text: str) -> str:
    """Return a text as it has to be written to be read as that text."""
    if _PLAIN.fullmatch(text) and plain(text) == text:
        return text
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in json.dumps(text, ensure_ascii=False))


def put(text: str, path: Sequence[str | int], value: Any, file: str = "") -> str:
    """Return the text with ``value`` at a path of keys and indices, replaced where something stands there, else added.

    Raises:
        InputError: the text is not sound YAML, or its layout is one that cannot be changed.

    >>> print(put("a:  # ours\\n  b: 1\\n", ("a", "c"), {"x": 2}))
    a:  # ours
      b: 1
      c: {x: 2}
    >>> print(put("a: {b: 1}  # ours\\n", ("a", "b"), 3))
    a: {b: 3}  # ours
    """
    meant = copy.deepcopy(parse(text, file).data)
    meant = {} if meant is None else meant
    here: Any = meant
    for key in path[:-1]:
        here = here.setdefault(key, {}) if isinstance(here, dict) else here[int(key)]
    if not isinstance(here, dict):
        raise InputError([Problem(file, 0, dotted(tuple(path)), "a mapping is expected here; change it by hand")])
    here[path[-1]] = value
    return _confirmed(_put(text, list(path), flow(value)), meant, file, path)


def add_item(text: str, path: Sequence[str | int], at: int, value: Any, file: str = "") -> str:
    """Return the text with another item in the list at a path, before the item that stands at ``at`` now.

    >>> print(add_item("- {id: a}\\n# about c\\n- {id: c}\\n", (), 1, {"id": "b"}))
    - {id: a}
    - {id: b}
    # about c
    - {id: c}
    """
    meant = copy.deepcopy(parse(text, file).data)
    meant = [] if meant is None and not path else meant
    here: Any = meant
    for part in path:
        here = here[part]
    if not isinstance(here, list):
        raise InputError([Problem(file, 0, dotted(tuple(path)), "a list is expected here; change it by hand")])
    here.insert(at, value)
    return _confirmed(_add_item(text, path, at, flow(value)), meant, file, path)


def _confirmed(text: str, meant: Any, file: str, path: Sequence[str | int]) -> str:
    try:
        same = parse(text, file).data == parse(flow(meant), file).data
    except InputError:
        same = False
    if not same:
        message = "stands in a layout that is not changed automatically; change it by hand"
        raise InputError([Problem(file, 0, dotted(tuple(path)), message)])
    return text


def _put(text: str, path: list[str | int], value: str) -> str:
    node: Any = yaml.compose(text, Loader=_LOADER)
    if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
        return _line_end(text) + _block(path, value, 0, _newline(text)) + _newline(text)
    while not isinstance(node, yaml.ScalarNode):
        if isinstance(node, yaml.SequenceNode):
            node, path = node.value[int(path[0])], path[1:]
            continue
        found = next((pair for pair in node.value if pair[0].value == path[0]), None)
        if found is None:
            return _added(text, node, path, value)
        if len(path) == 1:
            return f"{text[: found[0].end_mark.index]}: {value}{text[_end(found[1]) :]}"
        node, path = found[1], path[1:]
    return text


def _added(text: str, node: yaml.MappingNode, path: list[str | int], value: str) -> str:
    """Return the text with a new key at the end of a mapping."""
    if node.flow_style or not node.value:
        inner = f"{flow(path[0])}: " + "".join(f"{{{flow(key)}: " for key in path[1:]) + value + "}" * (len(path) - 1)
        at = _end(node.value[-1][1]) if node.value else node.start_mark.index + 1
        return text[:at] + (", " if node.value else "") + inner + text[at:]
    column, newline = node.start_mark.column, _newline(text)
    return _after(text, _end(node), newline + " " * column + _block(path, value, column, newline))


def _add_item(text: str, path: Sequence[str | int], at: int, value: str) -> str:
    node: Any = yaml.compose(text, Loader=_LOADER)
    for part in path:
        if isinstance(node, yaml.MappingNode):
            node = next(inner for key, inner in node.value if key.value == part)
        else:
            node = node.value[int(part)]
    if node is None:
        return _line_end(text) + f"- {value}{_newline(text)}"
    column = " " * node.start_mark.column
    if node.flow_style or not node.value:
        place = _end(node.value[at - 1]) if at else node.start_mark.index + 1
        between = ", " if at else ""
        return text[:place] + between + value + (", " if not at and node.value else "") + text[place:]
    if at == 0:
        return text[: node.start_mark.index] + f"- {value}{_newline(text)}{column}" + text[node.start_mark.index :]
    return _after(text, _end(node.value[at - 1]), f"{_newline(text)}{column}- {value}")


def _after(text: str, end: int, new: str) -> str:
    """Return the text with something behind the line in which ``end`` lies, a comment on that line included."""
    end = end - 1 if text[end - 1 : end] == "\n" else end
    found = text.find("\n", end)
    at = len(text) if found < 0 else found
    at = at - 1 if text[at - 1 : at] == "\r" else at
    return text[:at] + new + text[at:]


def _end(node: Any) -> int:
    """Return the index behind a node's last character; a block's own end mark lies at the next token instead."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _block(path: list[str | int], value: str, column: int, newline: str) -> str:
    lines = [" " * (INDENT * depth) + f"{flow(key)}:" for depth, key in enumerate(path)]
    return (newline + " " * column).join(lines) + f" {value}"


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _line_end(text: str) -> str:
    return text if not text or text.endswith("\n") else text + _newline(text)
