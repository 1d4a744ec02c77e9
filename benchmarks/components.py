"""Measure parts that are run by oneself: a tree model, a rule set, a drift check, an agent's turn; basis ``measured``.

Processor time is read, not the clock on the wall, so that other work on the machine does not count. The advisor needs
nothing of it: ``pip install lightgbm scikit-learn zen-engine evidently "pandas<3" fastapi uvicorn langgraph``
first, then ``python benchmarks/components.py``. The catalog cites the run of 2026-11-26 as ``advisor_components``.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")  # figures are per processor


def cpu_ms(work: Callable[[], object], times: int, rounds: int = 7) -> tuple[float, float, float]:
    """Return (least, median, most) milliseconds of processor time per call over the rounds, after one to warm up."""
    work()
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(times):
            work()
        taken.append((time.process_time() - start) / times * 1000)
    taken.sort()
    return taken[0], taken[len(taken) // 2], taken[-1]


def boosted_trees(rows: int) -> tuple[float, float, float]:
    """Score ``rows`` rows of 100 features with 500 trees of 31 leaves, as one request does."""
    import lightgbm
    import numpy

    random = numpy.random.default_rng(7)
    features = random.normal(size=(20_000, 100))
    label = (features[:, :10].sum(axis=1) + random.normal(size=20_000) > 0).astype(int)
    settings = {"objective": "binary", "num_leaves": 31, "verbosity": -1, "num_threads": 1}
    model = lightgbm.train(settings, lightgbm.Dataset(features, label), num_boost_round=500)
    batch = features[:rows]
    return cpu_ms(lambda: model.predict(batch, num_threads=1), times=200 if rows == 1 else 20)


def rule_table(rules: int) -> tuple[float, float, float]:
    """Evaluate a decision table of ``rules`` rows over four inputs (GoRules ZEN) for one case; the last row matches."""
    import zen

    content = json.dumps(_decision_table(rules))
    decision = zen.ZenEngine().create_decision(content)
    case = {"amount": 10_000, "country": "DE", "age_days": 3, "velocity": rules - 0.5}
    return cpu_ms(lambda: decision.evaluate(case), times=200)


def _decision_table(rules: int) -> dict[str, object]:
    names = ("amount", "country", "age_days", "velocity")
    inputs = [{"id": name, "name": name, "field": name, "type": "expression"} for name in names]
    always = {"amount": "> 500", "country": '"DE","FR"', "age_days": "< 30", "out": "1"}
    rows = [{"_id": str(at), **always, "velocity": f"[{at}..{at + 1}]"} for at in range(rules)]
    table = {
        "hitPolicy": "first",
        "inputs": inputs,
        "outputs": [{"id": "out", "name": "score", "field": "score", "type": "expression"}],
        "rules": rows,
    }
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode"},
        {"id": "table", "name": "table", "type": "decisionTableNode", "content": table},
        {"id": "out", "name": "out", "type": "outputNode"},
    ]
    edges = [
        {"id": "first", "sourceId": "in", "targetId": "table", "type": "edge"},
        {"id": "second", "sourceId": "table", "targetId": "out", "type": "edge"},
    ]
    return {"nodes": nodes, "edges": edges}


def plain_rules(rules: int) -> tuple[float, float, float]:
    """Evaluate ``rules`` comparisons over a dictionary in the application itself; the last one matches."""
    checks = [
        lambda case, at=at: case["amount"] > 500 and case["country"] in ("DE", "FR") and at <= case["velocity"] < at + 1
        for at in range(rules)
    ]
    case = {"amount": 10_000, "country": "DE", "velocity": rules - 0.5}
    return cpu_ms(lambda: next(at for at, check in enumerate(checks) if check(case)), times=500)


def drift_check(rows: int) -> tuple[float, float, float]:
    """Compare ``rows`` records of 20 numeric columns with as many of a reference (Evidently's drift preset)."""
    import numpy
    import pandas
    from evidently import Report
    from evidently.presets import DataDriftPreset

    random = numpy.random.default_rng(7)
    columns = [f"x{at}" for at in range(20)]
    reference = pandas.DataFrame(random.normal(size=(rows, 20)), columns=columns)
    current = pandas.DataFrame(random.normal(0.05, 1, size=(rows, 20)), columns=columns)
    return cpu_ms(lambda: Report([DataDriftPreset()]).run(current, reference), times=1, rounds=5)


def agent_turn(tool_calls: int, words: int) -> tuple[float, float, float]:
    """Run a turn of a LangGraph agent: tool calls one after another, then an answer, streamed where none was called.

    The model is a list of canned messages and checkpoints stay in memory: what is left is the work of the framework.
    """
    import itertools

    from langchain_core.messages import AIMessage, HumanMessage

    app = _agent(itertools.cycle([*_calls(tool_calls), AIMessage("monday " * words)]))
    history = [kind("It is on its way. " * 20) for _ in range(5) for kind in (HumanMessage, AIMessage)]
    threads = itertools.count()

    def turn() -> None:
        entry = {"messages": [*history, HumanMessage("And the second one?")]}
        mode = "values" if tool_calls else "messages"
        for _ in app.stream(entry, {"configurable": {"thread_id": str(next(threads))}}, stream_mode=mode):
            pass

    return cpu_ms(turn, times=30)


def _calls(count: int) -> list[object]:
    from langchain_core.messages import AIMessage

    calls = ({"name": "look_up", "args": {"query": "order 4711"}, "id": str(at)} for at in range(count))
    return [AIMessage("", tool_calls=[call]) for call in calls]


def _agent(answers: object) -> object:
    from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
    from langgraph.checkpoint.memory import InMemorySaver
    from langgraph.graph import END, START, MessagesState, StateGraph
    from langgraph.prebuilt import ToolNode

    def look_up(query: str) -> str:
        """Return records that match."""
        return json.dumps([{"id": at, "text": query * 20} for at in range(5)])

    model = GenericFakeChatModel(messages=answers)
    graph = StateGraph(MessagesState)
    graph.add_node("model", lambda state: {"messages": [model.invoke(state["messages"])]})
    graph.add_node("tools", ToolNode([look_up]))
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", lambda state: "tools" if state["messages"][-1].tool_calls else END)
    graph.add_edge("tools", "model")
    return graph.compile(checkpointer=InMemorySaver())


def scoring_service(requests: int = 3000) -> tuple[float, float, float]:
    """Answer requests of 100 features with a score of 500 trees: FastAPI and uvicorn, one worker, one client."""
    import subprocess
    import sys

    taken = []
    for _ in range(3):
        server = subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE)
        before = _answered(server, 200)
        after = _answered(server, requests)
        server.kill()
        server.wait()
        taken.append((after - before) / requests * 1000)
    taken.sort()
    return taken[0], taken[1], taken[2]


def _answered(server: object, requests: int) -> float:
    """Send that many requests and return the processor seconds that the server has used by then."""
    import http.client

    body = json.dumps({"features": [0.1] * 100})
    for attempt in range(200):
        try:
            line = http.client.HTTPConnection("127.0.0.1", 8765)
            line.connect()
            break
        except ConnectionRefusedError:
            time.sleep(0.1 if attempt < 199 else 0)
    for _ in range(requests):
        line.request("POST", "/score", body, {"Content-Type": "application/json"})
        line.getresponse().read()
    line.close()
    with open(f"/proc/{server.pid}/stat", encoding="ascii") as file:  # type: ignore[attr-defined]
        ticks = file.read().rsplit(")", 1)[1].split()[11:13]
    return sum(int(tick) for tick in ticks) / os.sysconf("SC_CLK_TCK")


def _serve() -> None:
    import fastapi
    import lightgbm
    import numpy
    import uvicorn

    random = numpy.random.default_rng(7)
    features = random.normal(size=(5_000, 100))
    settings = {"objective": "binary", "num_leaves": 31, "verbosity": -1, "num_threads": 1}
    label = (features[:, 0] > 0).astype(int)
    model = lightgbm.train(settings, lightgbm.Dataset(features, label), num_boost_round=500)
    app = fastapi.FastAPI()

    @app.post("/score")
    def score(case: dict[str, list[float]]) -> dict[str, float]:
        return {"score": float(model.predict(numpy.array([case["features"]]), num_threads=1)[0])}

    uvicorn.run(app, host="127.0.0.1", port=8765, log_level="error")


def main() -> None:
    """Print a line for each case: what was done, then least, median and most milliseconds of processor time."""
    cases: list[tuple[str, Callable[[], tuple[float, float, float]]]] = [
        ("500 trees, 1 row", lambda: boosted_trees(1)),
        ("500 trees, 100 rows", lambda: boosted_trees(100)),
        ("500 trees, 500 rows", lambda: boosted_trees(500)),
        ("500 trees behind HTTP, 1 row", scoring_service),
        ("decision table of 50 rules", lambda: rule_table(50)),
        ("decision table of 500 rules", lambda: rule_table(500)),
        ("200 rules in the application", lambda: plain_rules(200)),
        ("drift of 1 000 rows", lambda: drift_check(1_000)),
        ("drift of 10 000 rows", lambda: drift_check(10_000)),
        ("turn of an agent, 3 tool calls", lambda: agent_turn(3, 300)),
        ("answer of 300 words, streamed", lambda: agent_turn(0, 300)),
    ]
    for name, work in cases:
        print(f"{name:32} {' '.join(f'{value:10.3f}' for value in work())} ms of processor time")


if __name__ == "__main__":
    import sys

    _serve() if sys.argv[1:] == ["serve"] else main()
