"""What training a model needs: memory of weights, gradients and optimiser states under ZeRO, and the time it takes.

Activations are not included: they depend on batch, sequence length and what is recomputed.

Sources: Rajbhandari et al. (2020), "ZeRO"; Narayanan et al. (2021), "Efficient Large-Scale Language Model Training".
"""

from __future__ import annotations

from advisor.models import arguments
from advisor.models.quantities import MOST_COUNTED


def training_state_bytes(
    parameters: int,
    *,
    zero_stage: int = 0,
    data_parallel: int = 1,
    parameter_bytes: int = 2,
    gradient_bytes: int = 2,
    optimizer_bytes: int = 12,
) -> int:
    """Return the bytes of model states on one accelerator, each part rounded up.

        P (p + g + k)   with k / n from stage 1, g / n from stage 2, p / n in stage 3

    The defaults are mixed precision with Adam: weights and gradients in 16 bits; a copy of the weights, momentum and
    variance in 32. Source: Rajbhandari et al. (2020), figure 1: 7.5 billion on 64 need 120, 31.4, 16.6 and 1.9 GB.

    Args:
        parameters: P >= 1; those on this accelerator's share of tensor and pipeline parallelism.
        zero_stage: 0 (everything copied) to 3 (everything split); fully sharded data parallel is 3.
        data_parallel: n >= 1.
        parameter_bytes: p >= 0.
        gradient_bytes: g >= 0.
        optimizer_bytes: k >= 0; 12 for Adam, 8 without the copy of the weights.

    Raises:
        ValueError: arguments out of range or not whole.

    >>> [round(training_state_bytes(7_500_000_000, zero_stage=s, data_parallel=64) / 1e9, 1) for s in range(4)]
    [120.0, 31.4, 16.6, 1.9]
    """
    arguments.whole(most=MOST_COUNTED, parameters=parameters, data_parallel=data_parallel)
    arguments.whole(least=0, most=3, zero_stage=zero_stage)
    parts = {"parameter_bytes": parameter_bytes, "gradient_bytes": gradient_bytes, "optimizer_bytes": optimizer_bytes}
    arguments.whole(least=0, most=MOST_COUNTED, **parts)
    split_from = {"parameter_bytes": 3, "gradient_bytes": 2, "optimizer_bytes": 1}
    return sum(
        -(-parameters * each // (data_parallel if zero_stage >= split_from[part] else 1))
        for part, each in parts.items()
    )


def training_time_s(
    parameters: float,
    tokens: float,
    accelerators: int,
    achieved_flops_per_s_each: float,
    *,
    recomputation: bool = False,
) -> float:
    """Return the time to train on a number of tokens.

        6 P T / (n X),   8 P T / (n X) when activations are recomputed

    Attention's own operations and failures are left out. Source: Narayanan et al. (2021), the estimate of the
    end-to-end training time.

    Args:
        parameters: P used for one token, > 0.
        tokens: T, > 0.
        accelerators: n >= 1.
        achieved_flops_per_s_each: X, not the peak, > 0.
        recomputation: whether the forward pass is repeated in the backward pass.

    Raises:
        ValueError: arguments out of range or not finite.

    >>> round(training_time_s(175e9, 300e9, 1024, 140e12, recomputation=True) / 86_400, 1)      # days
    33.9
    """
    arguments.positive(parameters=parameters, tokens=tokens, achieved_flops_per_s_each=achieved_flops_per_s_each)
    arguments.whole(most=MOST_COUNTED, accelerators=accelerators)
    found = (8 if recomputation else 6) * parameters * tokens / (accelerators * achieved_flops_per_s_each)
    arguments.positive(training_time_s=found)
    return found
