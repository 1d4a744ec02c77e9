"""Bits that models store for a number: weights by format, with the scales of their blocks, and KV-cache values.

Sources: the block layouts of GGML; the OCP microscaling specification; Dettmers et al. (2023), QLoRA; Frantar et al.
(2022), GPTQ.
"""

from __future__ import annotations

from fractions import Fraction

from advisor.models import arguments

#: Bits stored for one weight, scales and zero points included: code bits + bits of a block's scales / weights in it.
BITS_PER_WEIGHT: dict[str, float] = {
    "fp32": 32.0,
    "fp16": 16.0,
    "bf16": 16.0,
    "fp8": 8.0,
    "int8": 8.0,
    "int4": 4.0,
    "gptq_int4_g128": 4 + (16 + 4) / 128,  # fp16 scale and 4-bit zero point for 128 weights; AWQ alike
    "mxfp4": 4 + 8 / 32,  # OCP microscaling: 8-bit scale for 32 weights
    "nvfp4": 4 + 8 / 16,  # fp8 scale for 16 weights
    "nf4": 4 + 32 / 64,  # QLoRA: fp32 scale for 64 weights
    "nf4_double_quant": 4 + 8 / 64 + 32 / (64 * 256),  # QLoRA: the scales quantised again
    "gguf_q8_0": 34 * 8 / 32,
    "gguf_q6_k": 210 * 8 / 256,
    "gguf_q5_0": 22 * 8 / 32,
    "gguf_q5_k": 176 * 8 / 256,
    "gguf_q4_0": 18 * 8 / 32,
    "gguf_q4_k": 144 * 8 / 256,
    "gguf_q3_k": 110 * 8 / 256,
    "gguf_q2_k": 84 * 8 / 256,
}

#: Bits of one number in the KV-cache, without scales.
BITS_PER_KV_VALUE: dict[str, int] = {"fp32": 32, "fp16": 16, "bf16": 16, "fp8": 8, "int8": 8, "int4": 4}


def bits_per_weight(weight_format: str) -> Fraction:
    """Return the bits stored for one weight, exactly.

    Raises:
        ValueError: an unknown format.

    >>> bits_per_weight("gptq_int4_g128")
    Fraction(133, 32)
    """
    arguments.one_of(sorted(BITS_PER_WEIGHT), weight_format=weight_format)
    return Fraction(BITS_PER_WEIGHT[weight_format])  # exact: every entry is a whole number over a power of two
