"""Every command and subcommand by its full name, for tests that go through all of them."""

from __future__ import annotations

from collections.abc import Iterator

import click

from advisor.commands.main import COMMANDS, cli


def _every_command() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", sub) for inner, sub in command.commands.items())


ALL = dict(_every_command())
