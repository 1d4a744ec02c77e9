"""Published capacity figures: what a paper, a vendor's page or a model card prints must come out, to its last digit.

Each row is a call, the figure as printed, the unit it is printed in, and the source. Many pages print "GB" for 2**30
bytes; the unit column says which they mean. ``cut`` marks figures that the source cut off instead of rounding.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest

from advisor.models.autoscaling import desired_replicas, next_replicas
from advisor.models.broker import partitions
from advisor.models.llm_memory import (
    fit_cache,
    hybrid_kv_cache_bytes,
    kv_bytes_per_token,
    kv_cache_bytes,
    latent_kv_bytes_per_token,
    weights_bytes,
)
from advisor.models.llm_parameters import Experts, Latent, Shape, parameters
from advisor.models.llm_training import training_state_bytes
from advisor.models.quantities import GB, GIB, KB, KIB, MB
from advisor.models.roofline import (
    bandwidth_utilization,
    critical_batch,
    decode_step,
    flops_utilization,
    operations_per_token,
    prefill,
)
from advisor.models.search_cluster import (
    primary_shards,
    retained_storage_gb,
    search_storage_gib,
    service_reserve_gib,
    shard_limit,
    tier_nodes,
)
from advisor.models.serverless import concurrency, provisioned_concurrency, serverless
from advisor.models.vector_engines import elasticsearch, opensearch_native_gib, opensearch_nodes, weaviate
from advisor.models.vector_memory import flat, hnsw, hnsw_pq, ivf_flat, ivf_pq

BILLION, MILLION, PERCENT, MILLI = 10**9, 10**6, Fraction(1, 100), Fraction(1, 1000)


@dataclass(frozen=True)
class Case:
    """One published figure."""

    call: Callable[..., Any]
    arguments: dict[str, Any]
    printed: str
    unit: Fraction | int
    source: str
    of: str = ""
    cut: bool = False

    def __str__(self) -> str:
        """Return a name for the test's report."""
        return f"{self.call.__name__}-{self.printed}-{self.source[:40]}"


VLLM = "Kwon et al. (2023), PagedAttention, section 3 and table 1 (GB and KB of 1024)"
NVIDIA = "NVIDIA, Mastering LLM Techniques: Inference Optimization (GB of 2**30)"
ISCA = "DeepSeek-AI (2025), Insights into DeepSeek-V3, table 1 (KB of 1000)"
CARDS = "the model cards and Hugging Face's counts"
DATABRICKS = "Databricks, LLM Inference Performance Engineering"
BASETEN = "Baseten, A guide to LLM inference and performance (Llama-2-7B on A10)"
PALM = "Chowdhery et al. (2022), PaLM, section 4.1"
ZERO = "Rajbhandari et al. (2020), ZeRO, figure 1"
KNN = "OpenSearch documentation, k-NN memory estimation"
QDRANT = "Qdrant documentation, capacity planning (GB of 2**30)"
WEAVIATE = "Weaviate documentation, resource planning (GB of 1e9)"
MILVUS = "Milvus documentation, index explained (MB of 1e6)"
ELASTIC_KNN = "Elasticsearch documentation, tune approximate kNN search"
AOS = "Amazon OpenSearch Service developer guide, sizing domains"
ELASTIC = "Elastic, Benchmarking and sizing your Elasticsearch cluster for logs and metrics"
SHARDS = "Elastic, How many shards should I have in my Elasticsearch cluster?"
LAMBDA = "AWS Lambda developer guide, understanding function scaling"
HPA = "Kubernetes documentation, horizontal pod autoscaling"
EVENT_HUBS = "Azure Event Hubs documentation, partitioning"

OPT_13B, OPT_175B = kv_bytes_per_token(40, 40, 128), kv_bytes_per_token(96, 96, 128)
LLAMA_2_7B = kv_bytes_per_token(32, 32, 128)
A10: dict[str, float] = {"flops_per_s": 125e12, "bytes_per_s": 600e9}
MISTRAL = Shape(32, 4096, 32, 8, 128, 14336, 32000)
MIXTRAL = Shape(32, 4096, 32, 8, 128, 14336, 32000, experts=Experts(8, 2, 14336))
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
PALM_ATTENTION: dict[str, Any] = {"attention_width": 118 * 48 * 256, "context_tokens": 2048}
MILLION_OF_256: dict[str, Any] = {"vectors": MILLION, "dimension": 256, "factor": 1.1}


def knn(call: Callable[..., Any], printed: str, unit: int, *, cut: bool = False, **more: Any) -> Case:
    """Return an OpenSearch example: a million vectors of 256 dimensions."""
    return Case(call, MILLION_OF_256 | more, printed, unit, KNN, "total_bytes", cut)


def model(printed: str, shape: Shape, of: str = "total") -> Case:
    """Return a published model size, in billions."""
    return Case(parameters, {"shape": shape}, printed, BILLION, CARDS, of)


CASES = [
    # KV-cache
    Case(kv_bytes_per_token, {"layers": 40, "kv_heads": 40, "head_size": 128}, "800", KIB, VLLM),
    Case(kv_cache_bytes, {"bytes_per_token": OPT_13B, "context_tokens": 2048}, "1.6", GIB, VLLM),
    Case(
        fit_cache,
        {
            "model_bytes": 26 * GIB,
            "kv_bytes_each": OPT_13B,
            "accelerator_bytes": 40 * GIB,
            "usable_fraction": 1,
            "overhead_bytes": 2 * GIB,
        },
        "15.7",
        KB,
        VLLM,
        "tokens",
    ),
    Case(
        fit_cache,
        {
            "model_bytes": 346 * GIB,
            "kv_bytes_each": OPT_175B // 8,
            "accelerator_bytes": 80 * GIB,
            "accelerators": 8,
            "usable_fraction": 1,
            "overhead_bytes": (640 - 346 - 264) * GIB // 8,
        },
        "60.1",
        KB,
        VLLM,
        "tokens",
    ),
    Case(kv_cache_bytes, {"bytes_per_token": LLAMA_2_7B, "context_tokens": 4096}, "2", GIB, NVIDIA),
    Case(latent_kv_bytes_per_token, {"layers": 61, "latent_size": 512, "rope_size": 64}, "70.272", KB, ISCA),
    Case(kv_bytes_per_token, {"layers": 80, "kv_heads": 8, "head_size": 128}, "327.680", KB, ISCA),
    Case(kv_bytes_per_token, {"layers": 126, "kv_heads": 8, "head_size": 128}, "516.096", KB, ISCA),
    Case(
        hybrid_kv_cache_bytes,
        {
            "layer_token_bytes": 8,  # with full attention 32 768 x 32 x 8 bytes, of which this is one eighth
            "context_tokens": 32_768,
            "full_layers": 0,
            "window_layers": 32,
            "window_tokens": 4096,
        },
        "0.125",
        32_768 * 32 * 8,
        "Jiang et al. (2023), Mistral 7B, section 2: 8x less at 32k tokens",
    ),
    # Parameters and weights
    model("6.74", Shape(32, 4096, 32, 32, 128, 11008, 32000)),
    model("13.0", Shape(40, 5120, 40, 40, 128, 13824, 32000)),
    model("69.0", Shape(80, 8192, 64, 8, 128, 28672, 32000)),
    model("8.03", Shape(32, 4096, 32, 8, 128, 14336, 128256)),
    model("70.6", Shape(80, 8192, 64, 8, 128, 28672, 128256)),
    model("406", Shape(126, 16384, 128, 8, 128, 53248, 128256)),
    model("7.24", MISTRAL),
    model("46.7", MIXTRAL),
    model("12.9", MIXTRAL, "active"),
    model("671", DEEPSEEK_V3),
    model("7.62", Shape(28, 3584, 28, 4, 128, 18944, 152064, biases="qkv")),
    model("9.24", Shape(42, 3584, 16, 8, 256, 14336, 256000, True, norms_per_layer=4)),
    model("30.5", Shape(48, 2048, 32, 4, 128, 6144, 151936, query_key_norm=True, experts=Experts(128, 8, 768))),
    Case(weights_bytes, {"parameters": 7 * BILLION}, "14", GB, DATABRICKS),
    # Step times and utilisation
    Case(critical_batch, A10, "208.3", 1, BASETEN),
    Case(
        decode_step,
        A10 | {"parameters": 7e9, "read_bytes": 14e9, "kv_token_bytes": 0, "batch": 1, "context_tokens": 0},
        "23",
        MILLI,
        BASETEN,
        "total_s",
    ),
    Case(prefill, A10 | {"parameters": 7e9, "read_bytes": 14e9, "prompt_tokens": 350}, "39", MILLI, BASETEN, "total_s"),
    Case(
        bandwidth_utilization,
        {"read_bytes": 14e9, "time_per_token_s": 0.014, "peak_bytes_per_s": 2e12},
        "50",
        PERCENT,
        DATABRICKS,
    ),
    Case(
        flops_utilization,
        {
            "tokens_per_s": 238.3e3,
            "token_operations": operations_per_token(540.35e9, training=True, **PALM_ATTENTION),
            "peak_flops_per_s": 6144 * 275e12,
        },
        "46.2",
        PERCENT,
        PALM,
    ),
    Case(
        flops_utilization,
        {
            "tokens_per_s": 238.3e3,
            "token_operations": operations_per_token(540.35e9, training=True),
            "peak_flops_per_s": 6144 * 275e12,
        },
        "45.7",
        PERCENT,
        PALM,
    ),
    *(
        Case(
            training_state_bytes,
            {"parameters": 7_500 * MILLION, "zero_stage": stage, "data_parallel": 64},
            printed,
            GB,
            ZERO,
        )
        for stage, printed in enumerate(("120", "31.4", "16.6", "1.9"))
    ),
    # Vector indexes
    knn(hnsw, "1.267", GB),
    knn(hnsw, "0.656", GIB, precision="float16"),
    knn(hnsw, "0.176", GB, precision="binary"),
    knn(hnsw, "0.211", GB, precision="binary2"),
    knn(hnsw, "0.282", GB, precision="binary4"),
    knn(ivf_flat, "1.126", GB, lists=128, id_bytes=0, cut=True),
    knn(hnsw_pq, "0.215", GIB, subvectors=32, segments=100),
    knn(ivf_pq, "0.171", GIB, lists=512, subvectors=64, id_bytes=24, segments=100),  # the page says 32, counts with 64
    Case(flat, {"vectors": MILLION, "dimension": 1024, "factor": 1.5}, "6144000000", 1, QDRANT, "total_bytes"),
    Case(flat, {"vectors": MILLION, "dimension": 1024, "factor": 1.5}, "5.72", GIB, QDRANT, "total_bytes"),
    Case(flat, {"vectors": MILLION, "dimension": 384, "factor": 2}, "3", GB, WEAVIATE, "total_bytes"),
    Case(weaviate, {"vectors": MILLION, "dimension": 384, "connections": 64}, "2.2", GB, WEAVIATE, "total_bytes"),
    Case(hnsw, {"vectors": MILLION, "dimension": 128, "links": 16}, "640", MB, MILVUS, "total_bytes"),
    Case(
        hnsw_pq,
        {"vectors": MILLION, "dimension": 128, "links": 16, "subvectors": 8, "id_bytes": 0},
        "136",  # without the codebook
        1,
        MILVUS,
        "vector_bytes",
    ),
    Case(
        ivf_flat,
        {"vectors": MILLION, "dimension": 128, "lists": 2048, "id_bytes": 2},
        "515.0",
        MB,
        MILVUS,
        "total_bytes",
    ),
    Case(
        ivf_flat,
        {"vectors": MILLION, "dimension": 128, "lists": 2048, "id_bytes": 2, "precision": "sq8"},
        "131.0",
        MB,
        MILVUS,
        "total_bytes",
    ),
    Case(
        elasticsearch,
        {"vectors": 10 * MILLION, "dimension": 1000, "links": 0},
        "40",
        GB,
        ELASTIC_KNN,
        "total_bytes",
    ),
    Case(
        elasticsearch,
        {"vectors": 10 * MILLION, "dimension": 1000, "quantization": "int8", "links": 0},
        "10",
        GB,
        ELASTIC_KNN,
        "total_bytes",
    ),
    Case(opensearch_native_gib, {"memory_gib": 32}, "8", 1, "Amazon OpenSearch Service developer guide, k-NN"),
    Case(
        opensearch_nodes,
        {"index_bytes": hnsw(100 * MILLION, 768, precision="float16", factor=1.1).total_bytes, "memory_gib": 128},
        "4",
        1,
        "AWS, a worked example with r5.4xlarge (170.47 GB of 2**30 over 48 GB)",
    ),
    # Search clusters
    Case(search_storage_gib, {"source_gib": 66, "replicas": 1}, "191", 1, AOS),
    Case(primary_shards, {"source_gib": 66, "shard_gib": 30}, "3", 1, AOS),
    Case(primary_shards, {"source_gib": 66, "shard_gib": 30, "growth_gib": 198}, "10", 1, AOS),
    Case(service_reserve_gib, {"nodes": 3, "node_storage_gib": 500}, "60", 1, AOS),
    Case(service_reserve_gib, {"nodes": 10, "node_storage_gib": 100}, "200", 1, AOS),
    Case(shard_limit, {"heap_gib": 30, "shards_per_heap_gib": 20}, "600", 1, SHARDS),
    Case(retained_storage_gb, {"raw_gb_per_day": 100, "days": 30}, "7500", 1, ELASTIC),
    Case(tier_nodes, {"storage_gb": 7500, "node_memory_gb": 64, "disk_per_memory": 30, "spare": 1}, "5", 1, ELASTIC),
    Case(retained_storage_gb, {"raw_gb_per_day": 100, "days": 365}, "91250", 1, ELASTIC),
    Case(tier_nodes, {"storage_gb": 91250, "node_memory_gb": 64, "disk_per_memory": 160, "spare": 1}, "10", 1, ELASTIC),
    # Serverless, brokers, autoscaling
    Case(concurrency, {"rate_per_s": 100, "duration_s": 0.5}, "50", 1, LAMBDA),
    Case(concurrency, {"rate_per_s": 10, "duration_s": 3}, "30", 1, LAMBDA),
    Case(concurrency, {"rate_per_s": 5000, "duration_s": 0.2}, "1000", 1, LAMBDA),
    Case(concurrency, {"rate_per_s": 5000, "duration_s": 0.02}, "100", 1, LAMBDA),
    Case(serverless, {"rate_per_s": 20_000, "duration_s": 0.02}, "10000", 1, LAMBDA, "served_rate_per_s"),
    Case(provisioned_concurrency, {"rate_per_s": 100, "duration_s": 2}, "220", 1, LAMBDA),
    Case(partitions, {"target_mb_per_s": 2, "producer_mb_per_s": 1, "consumer_mb_per_s": 0.5}, "4", 1, EVENT_HUBS),
    Case(desired_replicas, {"current": 50, "metric": 90, "target": 75}, "60", 1, HPA, "replicas"),
    Case(desired_replicas, {"current": 1, "metric": 200, "target": 100}, "2", 1, HPA, "replicas"),
    Case(desired_replicas, {"current": 8, "metric": 50, "target": 100}, "4", 1, HPA, "replicas"),
    Case(next_replicas, {"current": 80, "wanted": 10, "percent": 10}, "72", 1, HPA),
    Case(next_replicas, {"current": 72, "wanted": 10, "percent": 10}, "64", 1, HPA),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_published_figure_comes_out(case: Case) -> None:
    """The result, in the unit that the source prints, differs from it by less than its last digit says."""
    found = case.call(**case.arguments)
    shown = Fraction(getattr(found, case.of) if case.of else found) / case.unit
    last_digit = Fraction(1, 10 ** len(case.printed.partition(".")[2]))
    off = shown - Fraction(case.printed)
    assert 0 <= off < last_digit if case.cut else abs(off) <= last_digit / 2


def test_every_figure_names_its_source() -> None:
    """No row without a source that can be looked up, and no figure that is not a plain number."""
    assert all(len(case.source) > 20 and re.fullmatch(r"\d+(\.\d+)?", case.printed) for case in CASES)
