"""Quantise: weights in fewer bits, so that a model needs less memory and reads less of it for each token."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.candidates.tactics.registry import Setting, tactic
from advisor.catalog.model import Option
from advisor.scenario.assumption import Assumption

SOURCE = "Dettmers et al. (2022), LLM.int8(): 8-bit Matrix Multiplication for Transformers at Scale"
_ACCURACY = {
    "fp8": "Kurtic et al. (2024) find FP8 effectively lossless over all sizes of Llama 3.1; other models may differ",
}
_UNKNOWN = "no rating at this precision is published; evaluate it on your own questions"


@tactic("quantise", "option", "serve a model's weights in fewer bits", SOURCE)
def quantise(setting: Setting) -> Iterator[tuple[Option, tuple[Assumption, ...]]]:
    """The option itself, where its figures are of weights in fewer bits than the model is published in.

    Throughput and times are those that the catalog has for this precision; nothing is scaled. The rating is that of the
    model, whose precision rating sites do not state, so that quality is an assumption.
    """
    option = setting.option
    if option.precision is not None:
        reason = _ACCURACY.get(option.precision, _UNKNOWN)
        subject = f"quality of {option.id} at {option.precision.upper()}"
        yield option, (Assumption(subject, "as rated for the model", reason, f"catalog: {option.id}"),)
