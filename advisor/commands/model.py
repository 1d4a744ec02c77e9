"""``advisor model``: the model functions, to check an answer without writing Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from advisor.commands.options import json_option

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from advisor.calculator.registry import Function

EPILOG = """\b
A value is a number (with a unit of its own, if you like: 250ms, 2GiB, 99.9%), a word, a list (0.999,0.9995), YAML
({mean_ms: 100, cv: 0.5}) or a YAML file (@FILE).
\b
Examples:
  advisor model
  advisor model mmc
  advisor model mmc arrival_rate_per_s=1 service_time_s=1 servers=2
  advisor model availability.series parts=99.9%,0.9995 --json
  advisor model latency_path tree=@examples/models/answer_path.yml
"""


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the function's name, then the names of its arguments."""
    from click.shell_completion import CompletionItem

    from advisor.calculator import registry
    from advisor.calculator.examples import shortest
    from advisor.errors import InputError

    names: list[str]
    if param.name == "name":
        names = [shortest(function) for function in registry.callable_functions().values()]
    else:
        try:
            names = [f"{p.name}=" for p in registry.find(ctx.params.get("name") or "").parameters]
        except InputError:
            names = []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


@click.command("model", epilog=EPILOG)
@click.argument("name", metavar="[FUNCTION]", required=False, shell_complete=_complete)
@click.argument("arguments", metavar="[NAME=VALUE]...", nargs=-1, shell_complete=_complete)
@json_option
def command(name: str | None, arguments: tuple[str, ...], as_json: bool) -> None:
    """Compute a model function: queues, latency, availability, memory, capacity, cost.

    Without FUNCTION, all of them are listed; without arguments, the function explains itself. Exits 2 for arguments
    that do not fit, with everything that is wrong with them.
    """
    from advisor.calculator import registry
    from advisor.render import model_json, model_text

    if name is None:
        _echo(model_json.functions() if as_json else model_text.functions())
        return
    function = registry.find(name, [argument.partition("=")[0] for argument in arguments])
    if arguments:
        _computed(function, arguments, as_json)
    else:
        _echo(model_json.page(function) if as_json else model_text.page(function))


def _computed(function: Function, arguments: tuple[str, ...], as_json: bool) -> None:
    from advisor.calculator.calls import call_of
    from advisor.calculator.results import fields_of
    from advisor.render import model_json, model_text

    call = call_of(function, arguments)
    fields = fields_of(function, call.result())
    _echo(model_json.result(call, fields) if as_json else model_text.result(call, fields))


def _echo(shown: object) -> None:
    """Print text as it is, and data as JSON."""
    import json

    if isinstance(shown, str):
        click.echo(shown, nl=False)
    else:
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False, allow_nan=False))
