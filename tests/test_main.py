"""The program as a process: how it begins and ends."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import advisor
from advisor.__main__ import SWEEPS, THREADS

DATA = Path(__file__).parent / "data"
MINI, MINI_CATALOG = DATA / "mini_scenario.yml", DATA / "mini_catalog"
AT_THE_END = "import atexit, gc; atexit.register(lambda: print(gc.isenabled(), *gc.get_threshold()))"


def ended(*arguments: str, before: str = "pass") -> subprocess.CompletedProcess[str]:
    """Return what became of the program with some arguments."""
    program = (
        f"{before}\nimport sys; sys.argv = ['advisor', *{list(arguments)}]\nfrom advisor.__main__ import main; main()"
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)


def test_what_is_registered_for_the_end_is_done_and_seen() -> None:
    """The process ends without taking all apart, but after what others registered; cycles are looked for seldom."""
    found = ended("--version", before=AT_THE_END)
    assert found.returncode == 0
    assert found.stdout.splitlines() == [f"advisor {advisor.__version__}", f"True {' '.join(map(str, SWEEPS))}"]


@pytest.mark.parametrize(("given", "used"), [(None, "1"), ("3", "3")])
def test_sums_do_not_hang_on_how_many_processors_there_are(
    given: str | None, used: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """numpy's library adds up in one thread, unless somebody says otherwise."""
    monkeypatch.delenv(THREADS, raising=False)
    if given is not None:
        monkeypatch.setenv(THREADS, given)
    before = f"import atexit, os; atexit.register(lambda: print(os.environ[{THREADS!r}]))"
    assert ended("--version", before=before).stdout.splitlines()[1:] == [used]


@pytest.mark.parametrize(("arguments", "code"), [(("no-such-command",), 2), (("--help",), 0)])
def test_the_exit_code_and_the_last_line_arrive(arguments: tuple[str, ...], code: int) -> None:
    """A mistake ends with 2 and its message, help with 0 and all of it, through a pipe as well."""
    found = ended(*arguments)
    assert found.returncode == code
    assert (found.stderr if code else found.stdout).endswith("\n")
    assert bool(found.stderr) == bool(code)


def test_long_output_is_whole_through_a_pipe() -> None:
    """What does not fit into a pipe at once is all there at the end."""
    found = ended("schema")
    assert found.returncode == 0
    assert len(found.stdout) > 2**16
    assert found.stdout.rstrip().endswith("}")


def test_nobody_who_reads_is_no_error_message() -> None:
    """Where the reader of a pipe has gone, the program ends without a traceback."""
    program = "from advisor.__main__ import main; import sys; sys.argv = ['advisor', 'schema']; main()"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        message = process.stderr.read().decode()
    assert "Traceback" not in message
    assert "Exception ignored" not in message


@pytest.mark.parametrize("closed", [">&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("command", ["check SCENARIO", "why-not SCENARIO beta_gateway"])
def test_without_an_output_nothing_is_wrong(command: str, closed: str) -> None:
    """A process that is started without a standard stream has nobody to tell, and does what it is asked for."""
    words = command.replace("SCENARIO", f"{shlex.quote(str(MINI))} --catalog {shlex.quote(str(MINI_CATALOG))}")
    line = f"{shlex.quote(sys.executable)} -m advisor {words} {closed}"
    found = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False, timeout=120)
    assert (found.returncode, found.stderr) == (0, "")
    assert bool(found.stdout) == (">&-" not in closed.split())
