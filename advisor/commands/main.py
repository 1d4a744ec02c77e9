"""The command line as a whole: finds commands without importing them, and turns every ending into an exit code.

0 fine · 1 a gate or threshold failed · 2 bad input · 3 infeasible · 4 not proved optimal in time · 70 a bug of ours ·
130 interrupted · 141 the reader of our output went away.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import click

from advisor import __version__
from advisor.errors import AdvisorError, InputError, nearest

PROGRAM = "advisor"
USAGE_ERROR, BUG, INTERRUPTED, PIPE_CLOSED = 2, 70, 130, 141

# name -> (module, one-line help), in the order in which they are met; tests compare the help with each command's own.
COMMANDS: dict[str, tuple[str, str]] = {
    "propose": (
        "advisor.commands.propose",
        "Propose the optimal architecture for a scenario, with proof, reasons and documents.",
    ),
    "evaluate": ("advisor.commands.evaluate", "Judge an existing architecture under a scenario; nothing is optimised."),
    "model": (
        "advisor.commands.model",
        "Compute a model function: queues, latency, availability, memory, capacity, cost.",
    ),
    "audit": (
        "advisor.commands.audit",
        "Check somebody's cost table or load test: what agrees, what differs, which slip explains it.",
    ),
    "what-if": (
        "advisor.commands.what_if",
        "Change a scenario, solve again and show the difference; the file stays as it is.",
    ),
    "pareto": (
        "advisor.commands.pareto",
        "Show the exact front of two or three metrics: every design that no other beats in all of them.",
    ),
    "alternatives": (
        "advisor.commands.alternatives",
        "List the best designs that are structurally different, each proved the best of its kind.",
    ),
    "diff": ("advisor.commands.diff", "Show what changes from one design to another, for reviews."),
    "compare": ("advisor.commands.compare", "Put designs side by side, with the best of each metric marked."),
    "why": (
        "advisor.commands.why",
        "Say why a role is filled as it is: what forces it, what the others cost or break.",
    ),
    "why-not": (
        "advisor.commands.why_not",
        "Force what was not chosen and solve again: what it costs, or which requirements forbid it.",
    ),
    "sensitivity": (
        "advisor.commands.sensitivity",
        "Show what the answer depends on: prices of constraints, break-evens, a tornado, risks.",
    ),
    "growth": (
        "advisor.commands.growth",
        "Solve a scenario at more volume: what flips at which factor, what it costs, when a design breaks.",
    ),
    "robust": (
        "advisor.commands.robust",
        "Draw figures and workload from their ranges, and say how the answer holds.",
    ),
    "candidates": ("advisor.commands.candidates", "List every sized candidate of a scenario with its constants."),
    "select": ("advisor.commands.select", "Choose one option for each role of any table, proved optimal."),
    "price": ("advisor.commands.price", "Price a bill of quantities, line by line."),
    "check": (
        "advisor.commands.check",
        "Validate and solve a scenario without writing anything, and hold the answer against gates; for CI.",
    ),
    "rehearse": (
        "advisor.commands.rehearse",
        "Practise a design interview in which requirements move, scored against what the optimizer proves.",
    ),
    "catalog": ("advisor.commands.catalog", "Look into the catalog and where its figures come from."),
    "blueprint": (
        "advisor.commands.blueprint",
        "List, show, start and check blueprints: roles, flows and workload parameters.",
    ),
    "init": ("advisor.commands.init", "Write a commented scenario to start from."),
    "schema": ("advisor.commands.schema", "Print the JSON Schema of a scenario or of an output."),
    "templates": ("advisor.commands.templates", "List the templates of documents, or copy them to change them."),
    "demo": ("advisor.commands.demo", "Propose the design of the example that comes with advisor."),
    "doctor": ("advisor.commands.doctor", "Say what works on this machine and what to do about the rest."),
    "completion": ("advisor.commands.completion", "Print the script that completes commands in your shell."),
}

EPILOG = """\b
Start here:
  advisor demo                    see a finished proposal
  advisor init -o scenario.yml    write your own scenario
  advisor propose scenario.yml    get its proposal

Every command explains itself: advisor COMMAND --help."""


class State:
    """What the whole run knows."""

    def __init__(self) -> None:
        self.verbosity = 0  # how often -v was given


class LazyGroup(click.Group):
    """A group that knows its commands from :data:`COMMANDS` and imports one only when it is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module and return its ``command``, None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        found = import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or fail with the nearest name."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"'{name}' is not a command{nearest(name, COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(
    PROGRAM,
    cls=LazyGroup,
    invoke_without_command=True,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, prog_name=PROGRAM, message="%(prog)s %(version)s")
@click.option("-v", "--verbose", count=True, help="Log what is done; -vv logs more. Shows tracebacks of bugs.")
@click.pass_context
def cli(ctx: click.Context, verbose: int) -> None:
    """Find the best architecture of an AI system for your requirements, prove it and explain it."""
    ctx.ensure_object(State).verbosity = verbose
    if verbose:
        _log_to_stderr(verbose)
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(USAGE_ERROR)


def _log_to_stderr(verbose: int) -> None:
    import logging
    import platform

    class Handler(logging.StreamHandler[Any]):
        """Writes to standard error as it is at that moment: a program that runs commands may replace it in between."""

        def emit(self, record: logging.LogRecord) -> None:
            self.stream = sys.stderr
            super().emit(record)

    logging.basicConfig(
        handlers=[Handler()],
        level=logging.DEBUG if verbose > 1 else logging.INFO,
        force=True,
        format="%(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger(PROGRAM).info("advisor %s, Python %s", __version__, platform.python_version())


def run(arguments: Sequence[str] | None = None, leave: Callable[[int], int] = int) -> int:
    """Run one command line and return its exit code; what went wrong is on standard error.

    Args:
        arguments: without the program's name; default: those of this process.
        leave: is given the code of a command that came to its end, while all that it made is still there.
    """
    state = State()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        _open_what_is_missing()
        _tolerate_narrow_encodings()
        return _invoke(given, state, leave)
    except (click.Abort, KeyboardInterrupt, EOFError) as stop:
        return _stopped(stop)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except AdvisorError as error:
        _report(error)
        return error.exit_code
    except Exception as error:
        return _unexpected(error, given, state)


def _invoke(given: list[str], state: State, leave: Callable[[int], int]) -> int:
    if f"_{PROGRAM.upper()}_COMPLETE" in os.environ:  # a shell asks for completions
        cli.main(given, prog_name=PROGRAM)
    try:
        with cli.make_context(PROGRAM, given, obj=state) as context:
            result = cli.invoke(context)
    except click.exceptions.Exit as end:
        code = end.exit_code
    except SystemExit as end:
        sys.stdout.flush()
        return leave(end.code if isinstance(end.code, int) else int(end.code is not None))
    else:
        code = result if isinstance(result, int) else 0
    sys.stdout.flush()
    return leave(code)


def _open_what_is_missing() -> None:
    """Give a process that was started without one of its streams one that says nothing and that nobody reads.

    Else each place that writes would have to ask, and the next file that is opened would take the stream's number.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  open to the end


def _tolerate_narrow_encodings() -> None:
    """Let a terminal that cannot show ✓ or · show ? instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if "utf" not in (getattr(stream, "encoding", None) or "utf").lower() and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _stopped(stop: BaseException) -> int:
    if isinstance(stop, EOFError) or isinstance(stop.__context__, EOFError):
        click.echo("error: the input ended before all questions were answered", err=True)
        return USAGE_ERROR
    return INTERRUPTED


def _report(error: AdvisorError) -> None:
    if not isinstance(error, InputError):
        click.echo(f"error: {printable(str(error))}", err=True)
        return
    for problem in error.problems:
        click.echo(f"error: {printable(str(problem))}", err=True)
    if len(error.problems) > 1:
        click.echo(f"{len(error.problems)} problems", err=True)


def _unexpected(error: Exception, given: Sequence[str], state: State) -> int:
    if isinstance(error, OSError) and error.filename is None and error.errno in (errno.EPIPE, errno.ENOSPC, errno.EIO):
        return _output_failed(error)
    if state.verbosity:
        import traceback

        traceback.print_exception(error)
    what = printable(f"{type(error).__name__}: {error}".strip(": "))
    again = "" if state.verbosity else f"; run again with -v ({PROGRAM} -v {printable(' '.join(given))}) and report"
    click.echo(f"error: this is a bug of advisor: {what}{again or '; please report it with the lines above'}", err=True)
    return BUG


def _output_failed(error: OSError) -> int:
    """Standard output cannot be written. Nothing more may be sent there, not even at the end of the process."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno == errno.EPIPE:
        return PIPE_CLOSED
    click.echo(f"error: cannot write to standard output: {error.strerror}", err=True)
    return USAGE_ERROR


def printable(text: str) -> str:
    """Return a text with everything escaped that could break a line or steer a terminal.

    >>> printable("a\\x1b[31m\\n")
    'a\\\\x1b[31m\\\\n'
    """
    shown = (c if c.isprintable() or c in "\u00a0\u202f" else repr(c)[1:-1] for c in text)
    return "".join(shown)
