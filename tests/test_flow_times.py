"""TTFT and full response are two points of one flow: tool calls, reasoning, and what comes before the first token."""

from __future__ import annotations

import re

import numpy as np
import pytest

from advisor import resources
from advisor.catalog.load import Catalog
from advisor.designs import evaluate
from advisor.evaluation.result import Evaluation
from advisor.evaluation.times import repeated
from advisor.models.latency import Constant, Lognormal, Percentiles, Wait
from advisor.optimizer.tails import Tail
from advisor.scenario.load import Scenario, scenario_from_text

COUNT = 400_000


@pytest.fixture(scope="module")
def text() -> str:
    """Return the example's text without its requirements, which are not what is tested here."""
    whole = resources.example("support_copilot").read_text()
    return re.sub(r"^constraints:.*?(?=^\S)", "", whole, flags=re.MULTILINE | re.DOTALL)


def judged(text: str, catalog: Catalog, ids: dict[str, str], **workload: str) -> Evaluation:
    """Return the evaluation of one design under the example with more in its workload."""
    more = "".join(f"  {key}: {value}\n" for key, value in workload.items())
    return evaluate(ids, scenario_from_text(text.replace("workload:\n", f"workload:\n{more}", 1), catalog), catalog)


@pytest.fixture(scope="module")
def ids(text: str, catalog: Catalog) -> dict[str, str]:
    """Return a design without a cache, so that means add up: the first candidate of each role."""
    from advisor.candidates.table import table

    found = table(scenario_from_text(text, catalog), catalog)
    return {
        role: next(c.id for c in candidates if role == "llm" or not c.behind.get("semantic_cache", False))
        for role, candidates in found.candidates.items()
    }


def llm(evaluation: Evaluation, operation: str = "generate") -> tuple[float, float]:
    """Return the mean time (ms) to the first answer token and until complete of one call."""
    first, complete = evaluation.design["llm"].latency[operation]
    return first.mean(), complete.mean()


def test_nothing_changes_without_tools_and_reasoning(text: str, catalog: Catalog, ids: dict[str, str]) -> None:
    """Stated zeros give the same numbers as leaving the parameters out."""
    plain, stated = judged(text, catalog, ids), judged(text, catalog, ids, tool_turns="0", reasoning_tokens="0")
    assert plain.flows == stated.flows


def test_reasoning_comes_before_the_first_answer_token(text: str, catalog: Catalog, ids: dict[str, str]) -> None:
    """Reasoning delays the first and the last token alike, by its tokens times the time per token, and is billed."""
    plain = judged(text, catalog, ids)
    slow = judged(text, catalog, ids, reasoning_tokens="{mean: 800, cv: 1}")
    each = plain.design["llm"].option
    assert each is not None
    first, complete = llm(plain)
    per_token = (complete - first) / plain.scenario.workload["output_tokens"]
    for measure in ("ttft_ms", "latency_ms"):
        more = slow.flows["answer"].measures[measure].mean - plain.flows["answer"].measures[measure].mean
        assert more == pytest.approx(800 * per_token, rel=1e-9)
    tokens = [next(line.quantity for line in e.design["llm"].lines if "output" in line.title) for e in (plain, slow)]
    w = plain.scenario.workload
    assert tokens[1] / tokens[0] == pytest.approx((w["output_tokens"] + 800) / w["output_tokens"], rel=1e-9)


@pytest.mark.parametrize("turns", [1, 2, 0.3, 1.5])
def test_a_tool_call_is_complete_before_the_answer_begins(
    turns: float, text: str, catalog: Catalog, ids: dict[str, str]
) -> None:
    """Each turn adds a whole call of the model and the tool's time to both points of the flow, by the laws of means."""
    plain = judged(text, catalog, ids)
    tools = judged(text, catalog, ids, tool_turns=str(turns), tool_ms="{mean: 400, cv: 1}", tool_call_tokens="50")
    call = llm(tools, "call_tool")[1]
    for measure in ("ttft_ms", "latency_ms"):
        more = tools.flows["answer"].measures[measure].mean - plain.flows["answer"].measures[measure].mean
        assert more == pytest.approx(turns * (call + 400), rel=1e-9)


def sampled(d: object, rng: np.random.Generator) -> np.ndarray:  # type: ignore[type-arg]
    """Return draws from a stage's distribution."""
    if isinstance(d, Wait):
        return np.where(rng.random(COUNT) < d.p_wait, rng.exponential(1 / d.rate, COUNT), 0.0)
    if isinstance(d, Percentiles):  # linear between the known points, the outer pieces go on
        z, zs, logs = rng.standard_normal(COUNT), np.array(d.zs), np.array(d.logs)
        slopes = np.diff(logs) / np.diff(zs)
        piece = np.clip(np.searchsorted(zs, z) - 1, 0, len(slopes) - 1)
        return np.exp(logs[piece] + slopes[piece] * (z - zs[piece]))
    if isinstance(d, Constant):
        return np.full(COUNT, d.value)
    assert isinstance(d, Lognormal)
    return np.exp(d.mu + d.sigma * rng.standard_normal(COUNT))


def test_percentiles_with_tools_agree_with_sampling(text: str, catalog: Catalog, ids: dict[str, str]) -> None:
    """Percentiles of a flow whose tool turns are random agree with sampled requests within 0.5 % and sampling error."""
    plain = judged(text, catalog, ids)
    tools = judged(text, catalog, ids, tool_turns="1.5", tool_ms="{mean: 400, cv: 1}")
    rng = np.random.default_rng(7)

    def drawn(d: object) -> np.ndarray:  # type: ignore[type-arg]
        return sampled(d, rng)

    def call(operation: str, index: int) -> np.ndarray:  # type: ignore[type-arg]
        time = tools.design["llm"].latency[operation][index]
        return sum((drawn(stage) for stage in getattr(time, "stages", (time,))), np.zeros(COUNT))

    def rest() -> np.ndarray:  # type: ignore[type-arg]
        """Everything but the model: the plain flow's other steps."""
        found = np.zeros(COUNT)
        for stage in plain.flows["answer"].measures["ttft_ms"].stages:
            if stage.role != "llm":
                time = plain.design[stage.role].latency[stage.operation][1]
                found = found + sum((drawn(s) for s in getattr(time, "stages", (time,))), np.zeros(COUNT))
        return found

    tool = Lognormal.from_mean_cv(400, 1)
    second = rng.random(COUNT) < 0.5
    turns = call("call_tool", 1) + drawn(tool) + np.where(second, call("call_tool", 1) + drawn(tool), 0.0)
    for measure, index in (("ttft_ms", 0), ("latency_ms", 1)):
        times = np.sort(rest() + turns + call("generate", index))
        for name, p in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
            error = 4 * (p * (1 - p) / COUNT) ** 0.5
            low, high = times[int((p - error) * COUNT)], times[int((p + error) * COUNT)]
            found = tools.flows["answer"].measures[measure].percentiles[name]
            assert low * 0.995 <= found <= high * 1.005, (measure, name)


def test_the_optimizer_reads_the_same_times_as_the_judge(text: str, catalog: Catalog, ids: dict[str, str]) -> None:
    """P(time <= the judge's p95) is 0.95 for the optimizer too, with tools before the answer, at both points."""
    tools = judged(text, catalog, ids, tool_turns="0.6", tool_ms="{mean: 400, cv: 1}", reasoning_tokens="200")
    flow = tools.scenario.blueprint.flows["answer"]
    pool = {role: [c] for role, c in tools.design.items()}
    for name, measure in flow.measures.items():
        limit = tools.flows["answer"].measures[name].percentiles["p95"]
        tail = Tail(flow, measure.at, limit, 0.95, pool, tools.scenario)
        assert tail.within(tools.design) == pytest.approx(0.95, abs=0.002)


def test_a_step_that_nobody_takes_is_not_in_the_flow(scenario: Scenario, catalog: Catalog) -> None:
    """Without tools the flow has no tool step, so diagram, walk and demand do not show one."""
    shipped = catalog.blueprint("rag_assistant").flows["answer"]
    taken = scenario.blueprint.flows["answer"]
    assert {s.do for s in shipped.steps()} - {s.do for s in taken.steps()} == {"call_tool"}


def test_what_only_describes_untaken_steps_is_no_assumption(scenario: Scenario, text: str, catalog: Catalog) -> None:
    """Without tools their number is listed as an assumption, not how long one would take; with tools both are."""
    places = {a.change_at for a in scenario.assumptions}
    assert "workload.tool_turns" in places
    assert not places & {"workload.tool_ms", "workload.tool_call_tokens"}
    tools = scenario_from_text(text.replace("workload:\n", "workload:\n  tool_turns: 1\n", 1), catalog)
    assert {"workload.tool_ms", "workload.tool_call_tokens"} <= {a.change_at for a in tools.assumptions}


def test_a_fraction_of_a_repetition_is_a_share_of_the_requests() -> None:
    """1.3 runs are one for 70 % and two for 30 %; 0.3 runs are none for 70 %."""
    assert repeated(Constant(10.0), 1.3).quantile(0.65) == pytest.approx(10, rel=5e-3)
    assert repeated(Constant(10.0), 1.3).quantile(0.75) == pytest.approx(20, rel=5e-3)
    assert repeated(Constant(10.0), 0.3).quantile(0.69) == pytest.approx(0, abs=0.01)


def test_what_repeated_prompts_save_on_own_gpus_is_said_to_be_left_out(
    scenario: Scenario, text: str, catalog: Catalog
) -> None:
    """Where prompts repeat, an assumption says that prefix caches of own serving engines are not counted."""
    repeats = scenario_from_text(text.replace("workload:", "workload:\n  repeated_prompt_share: 0.5", 1), catalog)
    [said] = [a for a in repeats.assumptions if a.change_at == "workload.repeated_prompt_share"]
    assert said.value == "every prompt is computed whole"
    assert said.subject not in {a.subject for a in scenario.assumptions}
