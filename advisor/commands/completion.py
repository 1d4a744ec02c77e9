"""``advisor completion``: the script that teaches a shell to complete commands and options."""

from __future__ import annotations

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script that completes commands in your shell.

    The script is printed, not installed; load it once a session or from your shell's start file.

    \b
    Examples:
      eval "$(advisor completion bash)"                                    # this session
      advisor completion fish > ~/.config/fish/completions/advisor.fish    # from now on
    """
    from click.shell_completion import get_completion_class

    from advisor.commands.main import PROGRAM, cli

    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(cli, {}, PROGRAM, f"_{PROGRAM.upper()}_COMPLETE").source())
