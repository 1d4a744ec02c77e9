"""Parameter counts: checkpoints' exact counts, a tensor list as judge, configurations, refusals."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models.llm_config import FAMILIES, kv_bytes_of, parameters_of, shape_of
from advisor.models.llm_parameters import Experts, Latent, Shape, parameters

LLAMA_2_7B = Shape(32, 4096, 32, 32, 128, 11008, 32000)
LLAMA_3_8B = Shape(32, 4096, 32, 8, 128, 14336, 128256)
MISTRAL_7B = Shape(32, 4096, 32, 8, 128, 14336, 32000)
MIXTRAL = replace(MISTRAL_7B, experts=Experts(8, 2, 14336))
GPT_2 = Shape(12, 768, 12, 12, 64, 3072, 50257, True, False, "all", norm_bias=True, positions=1024)
DEEPSEEK_V3 = Shape(
    61,
    7168,
    128,
    128,
    128,
    18432,
    129280,
    experts=Experts(256, 8, 2048, shared=1, dense_layers=3, router_bias=True),
    latent=Latent(512, 64, 128, 128, 1536),
)


@pytest.mark.parametrize(
    ("model", "shape", "total"),
    [
        ("GPT-2 small", GPT_2, 124_439_808),
        ("Llama-2-7B", LLAMA_2_7B, 6_738_415_616),
        ("Llama-2-13B", Shape(40, 5120, 40, 40, 128, 13824, 32000), 13_015_864_320),
        ("Llama-2-70B", Shape(80, 8192, 64, 8, 128, 28672, 32000), 68_976_648_192),
        ("Llama-3-8B", LLAMA_3_8B, 8_030_261_248),
        ("Llama-3.2-1B", Shape(16, 2048, 32, 8, 64, 8192, 128256, True), 1_235_814_400),
        (
            "Gemma-3-1B",
            Shape(26, 1152, 4, 1, 256, 6912, 262144, True, norms_per_layer=4, query_key_norm=True),
            999_885_952,
        ),
        ("Llama-3.1-70B", Shape(80, 8192, 64, 8, 128, 28672, 128256), 70_553_706_496),
        ("Llama-3.1-405B", Shape(126, 16384, 128, 8, 128, 53248, 128256), 405_853_388_800),
        ("Mistral-7B", MISTRAL_7B, 7_241_732_096),
        ("Mixtral-8x7B", MIXTRAL, 46_702_792_704),
        ("Qwen2.5-7B", Shape(28, 3584, 28, 4, 128, 18944, 152064, biases="qkv"), 7_615_616_512),
        ("Gemma-2-9B", Shape(42, 3584, 16, 8, 256, 14336, 256000, True, norms_per_layer=4), 9_241_705_984),
        (
            "Qwen3-30B-A3B",
            Shape(48, 2048, 32, 4, 128, 6144, 151936, query_key_norm=True, experts=Experts(128, 8, 768)),
            30_532_122_624,
        ),
        ("DeepSeek-V3 without its layer for further tokens", DEEPSEEK_V3, 671_026_419_200),
    ],
)
def test_published_checkpoints_are_counted_to_the_parameter(model: str, shape: Shape, total: int) -> None:
    """The shape of a published checkpoint gives the number of parameters that its files hold."""
    assert parameters(shape).total == total, model


def test_active_parameters() -> None:
    """12.9B of Mixtral and 37B of DeepSeek-V3 (there without the table at the input) are used for a token."""
    assert round(parameters(MIXTRAL).active / 1e9, 1) == 12.9
    assert parameters(MIXTRAL).active == 46_702_792_704 - 6 * 32 * 3 * 4096 * 14336
    assert round((parameters(DEEPSEEK_V3).active - 129280 * 7168) / 1e9) == 37
    assert parameters(LLAMA_3_8B).active == parameters(LLAMA_3_8B).total


def tensors(shape: Shape) -> dict[str, tuple[int, ...]]:
    """Return the tensors of a dense model by name, as a checkpoint lists them."""
    hidden, query, key = shape.hidden_size, shape.heads * shape.head_size, shape.kv_heads * shape.head_size
    layer = {"q": (hidden, query), "k": (hidden, key), "v": (hidden, key), "o": (query, hidden)}
    layer |= {"up": (hidden, shape.intermediate_size), "down": (shape.intermediate_size, hidden)}
    layer |= {"gate": (hidden, shape.intermediate_size)} if shape.gated else {}
    biased = {"none": [], "qkv": ["q", "k", "v"], "all": list(layer)}[shape.biases]
    layer |= {f"{name}.bias": (layer[name][1],) for name in biased}
    for norm in range(shape.norms_per_layer):
        layer |= {f"norm{norm}": (hidden,)} | ({f"norm{norm}.bias": (hidden,)} if shape.norm_bias else {})
    layer |= {"q_norm": (shape.head_size,), "k_norm": (shape.head_size,)} if shape.query_key_norm else {}
    found = {f"{number}.{name}": size for number in range(shape.layers) for name, size in layer.items()}
    found |= {"norm": (hidden,), "embedding": (shape.vocabulary, hidden), "positions": (shape.positions, hidden)}
    found |= {"norm.bias": (hidden,)} if shape.norm_bias else {}
    return found | ({} if shape.tied_embeddings else {"head": (hidden, shape.vocabulary)})


SHAPES = st.builds(
    lambda kv_heads, group, **more: Shape(heads=kv_heads * group, kv_heads=kv_heads, **more),
    kv_heads=st.integers(1, 8),
    group=st.integers(1, 8),
    layers=st.integers(1, 6),
    hidden_size=st.integers(1, 512),
    head_size=st.integers(1, 128),
    intermediate_size=st.integers(1, 2048),
    vocabulary=st.integers(1, 50_000),
    tied_embeddings=st.booleans(),
    gated=st.booleans(),
    biases=st.sampled_from(["none", "qkv", "all"]),
    norms_per_layer=st.integers(0, 4),
    query_key_norm=st.booleans(),
    norm_bias=st.booleans(),
    positions=st.integers(0, 2048),
)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(SHAPES)
def test_a_count_is_the_sum_of_the_tensors(shape: Shape) -> None:
    """For any dense shape the count is that of a list of all tensors, biases and norms included."""
    assert parameters(shape).total == sum(math.prod(size) for size in tensors(shape).values())


@settings(derandomize=True, deadline=None, max_examples=100)
@given(SHAPES, st.integers(1, 16), st.integers(1, 16), st.integers(0, 3), st.integers(1, 512))
def test_experts_are_between_one_and_all(shape: Shape, count: int, used: int, shared: int, size: int) -> None:
    """Active rises with the experts used, equals the total when all are, and never exceeds it."""
    used = min(used, count)
    found = parameters(replace(shape, experts=Experts(count, used, size, shared)))
    all_used = parameters(replace(shape, experts=Experts(count, count, size, shared)))
    assert found.active <= found.total == all_used.total == all_used.active
    assert (found.active < found.total) == (used < count)


def test_dense_first_layers_keep_the_ordinary_part() -> None:
    """With all layers dense a mixture of experts is the dense model."""
    sparse = replace(MISTRAL_7B, experts=Experts(8, 2, 14336, dense_layers=32))
    assert parameters(sparse) == parameters(MISTRAL_7B)


CONFIG: dict[str, Any] = {
    "model_type": "mixtral",
    "num_hidden_layers": 32,
    "hidden_size": 4096,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "intermediate_size": 14336,
    "vocab_size": 32000,
    "num_local_experts": 8,
    "num_experts_per_tok": 2,
    "tie_word_embeddings": False,
}
V2_LITE: dict[str, Any] = {
    "model_type": "deepseek_v2",
    "num_hidden_layers": 27,
    "hidden_size": 2048,
    "num_attention_heads": 16,
    "intermediate_size": 10944,
    "vocab_size": 102400,
    "kv_lora_rank": 512,
    "q_lora_rank": None,
    "qk_rope_head_dim": 64,
    "qk_nope_head_dim": 128,
    "v_head_dim": 128,
    "n_routed_experts": 64,
    "num_experts_per_tok": 6,
    "n_shared_experts": 2,
    "moe_intermediate_size": 1408,
    "first_k_dense_replace": 1,
}


def test_configurations_are_read_as_the_shapes_they_state() -> None:
    """Defaults are those of the family: no head size means hidden / heads, no KV heads means all heads."""
    assert shape_of(CONFIG) == MIXTRAL
    llama = {key: value for key, value in CONFIG.items() if key != "num_key_value_heads"} | {
        "model_type": "llama",
        "intermediate_size": 11008,
    }
    assert shape_of(llama) == LLAMA_2_7B
    assert shape_of(CONFIG | {"model_type": "qwen2", "head_dim": 64}).head_size == 64
    assert shape_of(CONFIG | {"model_type": "gemma2"}).tied_embeddings


def test_a_published_mixture_with_latent_attention() -> None:
    """DeepSeek-V2-Lite, without compressed queries, is the 15.7B that its card prints."""
    assert round(parameters_of(V2_LITE).total / 1e9, 1) == 15.7


def test_the_cache_follows_from_the_configuration() -> None:
    """128 KiB a token for 8 KV heads of 128; the compressed vector and its positions with latent attention."""
    assert kv_bytes_of(CONFIG) == 128 * 1024
    assert kv_bytes_of(CONFIG, "fp8") == 64 * 1024
    assert kv_bytes_of(V2_LITE) == 27 * (512 + 64) * 2


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_family_reads_a_full_configuration(family: str) -> None:
    """A configuration that states everything is read in each family that is named, and counts something."""
    full = V2_LITE | CONFIG | {"num_experts": 8, "model_type": family}
    assert parameters(shape_of(full)).total > 10**9


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"model_type": "mamba"}, r"model_type must be one of deepseek_v2, .*, found 'mamba'"),
        ({"model_type": None}, r"model_type must be one of .*, found 'None'"),
        ({"hidden_size": None}, r"hidden_size must be a whole number of at least 1, found nothing"),
        ({"num_attention_heads": "32"}, r"num_attention_heads must be a whole number of at least 1, found 32"),
        ({"attention_bias": True}, r"attention_bias must be false or absent in a configuration of mixtral"),
        ({"num_attention_heads": 24}, r"head_dim must be given when 24 heads do not divide hidden_size, found 4096"),
        (
            {"model_type": "qwen3_moe", "mlp_only_layers": [0]},
            r"mlp_only_layers must be empty and decoder_sparse_step 1",
        ),
    ],
)
def test_configurations_that_cannot_be_counted_are_refused(config: dict[str, Any], message: str) -> None:
    """What is unknown or missing in a configuration is named; nothing is guessed."""
    with pytest.raises(ValueError, match=message):
        shape_of(CONFIG | config)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": 0}, "layers must be a whole number from 1"),
        ({"vocabulary": 1.5}, r"vocabulary must be a whole number from 1 to 10*, found 1\.5"),
        ({"kv_heads": 5}, "kv_heads must divide the 32 heads, found 5"),
        ({"biases": "some"}, "biases must be one of none, qkv, all, found 'some'"),
        ({"positions": -1}, "positions must be a whole number from 0"),
        ({"experts": Experts(8, 9, 1)}, "per_token must be a whole number from 1 to 8, found 9"),
        ({"experts": Experts(8, 2, 1, dense_layers=33)}, "dense_layers must be a whole number from 0 to 32, found 33"),
        ({"latent": Latent(0, 1, 1, 1)}, "kv_rank must be a whole number from 1"),
    ],
)
def test_shapes_that_cannot_be_are_refused(changes: dict[str, Any], message: str) -> None:
    """What cannot be a transformer is refused with the valid range."""
    with pytest.raises(ValueError, match=message):
        parameters(replace(MISTRAL_7B, **changes))
