"""A strict reader of the part of the Structurizr DSL that we write, after the language's published rules.

Tokens are separated by white space; a token in double quotes runs to the next quote that no backslash precedes; a line
that ends in a backslash goes on; ``{`` ends a line that opens a block, ``}`` stands alone; ``${name}`` is filled in;
names of people, systems and containers are unique; nothing is named before it is defined.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_MOST = {"workspace": 2, "softwareSystem": 4, "person": 3, "container": 4, "group": 1, "->": 3, "deploymentNode": 5}
_BLOCKS = {
    "": {"workspace"},
    "workspace": {"model", "views"},
    "model": {"softwareSystem", "person", "deploymentEnvironment"},
    "softwareSystem": {"group"},
    "group": set(),
    "deploymentEnvironment": {"deploymentNode"},
    "deploymentNode": set(),
    "views": {"systemContext", "container", "deployment", "styles"},
    "systemContext": set(),
    "container": set(),
    "deployment": set(),
    "styles": {"element"},
    "element": set(),
}


@dataclass
class Workspace:
    """What was read: identifier -> title of containers and of others, relations, deployed containers, views."""

    containers: dict[str, str] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    relations: list[tuple[str, str, str]] = field(default_factory=list)
    instances: list[str] = field(default_factory=list)
    views: list[str] = field(default_factory=list)


def tokens(line: str) -> list[str]:
    """Return the tokens of a line.

    >>> tokens('a = container "x y" "" {')
    ['a', '=', 'container', 'x y', '', '{']
    """
    found = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', line.strip())
    rebuilt = re.sub(r'"(?:[^"\\]|\\.)*"|\S+', "", line.strip())
    assert not rebuilt.strip(), line
    assert not any('"' in plain for _, plain in found), f"a quote inside of a bare token: {line}"
    return [plain or quoted for quoted, plain in found]


def read(text: str) -> Workspace:
    """Return the workspace of a text, or fail with the line that breaks a rule."""
    found, blocks = Workspace(), [""]
    for line in text.splitlines():
        assert not line.rstrip().endswith("\\"), f"the line goes on: {line}"
        assert not line.lstrip().startswith(("//", "#", "/*", "!")), f"a comment or directive: {line}"
        assert "${" not in line, f"a variable: {line}"
        parts = tokens(line)
        if parts == ["}"]:
            blocks.pop()
            continue
        opens = parts[-1] == "{" and line.rstrip().endswith("{")
        _statement(found, blocks, parts[:-1] if opens else parts, opens, line)
    assert blocks == [""], f"not closed: {blocks}"
    return found


def _statement(found: Workspace, blocks: list[str], parts: list[str], opens: bool, line: str) -> None:
    name = parts[0] if len(parts) > 2 and parts[1] == "=" else ""
    words = parts[2:] if name else parts
    kind = "->" if "->" in words[:2] else words[0]
    values = words[3:] if kind == "->" else words[1:]
    assert len(values) <= _MOST.get(kind, 9), f"too many tokens: {line}"
    if opens:
        assert kind in _BLOCKS[blocks[-1]], f"{kind} inside of {blocks[-1]}: {line}"
        blocks.append(kind)
    if name:
        _define(found, name, kind, values[0], line)
    elif kind == "->":
        assert {words[0], words[2]} <= found.containers.keys() | found.others.keys(), f"not defined yet: {line}"
        relation = (words[0], words[2], values[0])
        assert relation not in found.relations, f"twice: {line}"
        found.relations.append(relation)
    elif kind == "containerInstance":
        assert values[0] in found.containers, f"not defined yet: {line}"
        found.instances.append(values[0])
    elif opens and blocks[-2] == "views" and kind != "styles":
        found.views.append(kind)


def _define(found: Workspace, name: str, kind: str, title: str, line: str) -> None:
    assert re.fullmatch(r"\w+", name), f"not an identifier: {line}"
    assert name not in found.containers, f"defined twice: {line}"
    assert name not in found.others, f"defined twice: {line}"
    assert title.strip(), f"no name: {line}"
    here = found.containers if kind == "container" else found.others
    assert title.casefold() not in {other.casefold() for other in here.values()}, f"not unique: {line}"
    here[name] = title
