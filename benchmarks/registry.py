"""Measure calls of an MLflow server: processor time that its processes use for a look-up and for a written metric.

``pip install mlflow`` first, then ``python benchmarks/registry.py``. The database is SQLite, the server has one worker.
The catalog cites the run of 2026-11-26 as ``advisor_registry``.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

PORT = 8766
API = "/api/2.0/mlflow/"


def started() -> subprocess.Popen[bytes]:
    """Start a server in a session of its own and return it once it answers."""
    folder = tempfile.mkdtemp()
    stores = ["--backend-store-uri", f"sqlite:///{folder}/m.db", "--artifacts-destination", f"{folder}/artifacts"]
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", "--port", str(PORT), *stores]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, start_new_session=True, **quiet)  # type: ignore[call-overload]
    for _ in range(300):
        try:
            called("GET", "/health")
        except OSError:
            time.sleep(0.3)
        else:
            return server
    raise TimeoutError("the server does not answer")


def called(method: str, path: str, body: object = None) -> bytes:
    """Return the answer to a call."""
    line = http.client.HTTPConnection("127.0.0.1", PORT)
    line.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
    answer = line.getresponse()
    text = answer.read()
    line.close()
    if answer.status != 200:
        raise ValueError(text.decode())
    return text


def cpu_s(session: int) -> float:
    """Return the processor seconds that the processes of a session have used."""
    ticks = 0
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{process}/stat", encoding="ascii") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12]) if int(fields[3]) == session else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def cpu_ms(server: int, work: Callable[[], object], times: int) -> float:
    """Return milliseconds of processor time per call, after 50 to warm up."""
    for _ in range(50):
        work()
    before = cpu_s(server)
    for _ in range(times):
        work()
    return (cpu_s(server) - before) / times * 1000


def main() -> None:
    """Print processor milliseconds a call."""
    server = started()
    try:
        called("POST", f"{API}registered-models/create", {"name": "m"})
        called("POST", f"{API}model-versions/create", {"name": "m", "source": "s3://bucket/m"})
        experiment = json.loads(called("POST", f"{API}experiments/create", {"name": "e"}))["experiment_id"]
        run = json.loads(called("POST", f"{API}runs/create", {"experiment_id": experiment}))["run"]["info"]["run_id"]
        steps = itertools.count(1)

        def written() -> None:
            at = next(steps)
            called("POST", f"{API}runs/log-metric", {"run_id": run, "key": f"k{at}", "value": 1.0, "timestamp": at})

        look_up = f"{API}model-versions/get?name=m&version=1"
        print(f"version looked up {cpu_ms(server.pid, lambda: called('GET', look_up), 1000):8.2f}")
        print(f"metric written    {cpu_ms(server.pid, written, 1000):8.2f}")
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


if __name__ == "__main__":
    main()
