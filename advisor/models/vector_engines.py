"""Vector-index memory as single engines count it, beyond the methods of :mod:`advisor.models.vector_memory`.

Each function is one vendor's published rule or storage layout. Vendors print GiB as "GB"; results are bytes.
"""

from __future__ import annotations

import math

from advisor.models import arguments
from advisor.models.quantities import MOST_COUNTED, as_written, units_needed
from advisor.models.vector_memory import IndexMemory, code_bytes

#: Bytes that Elasticsearch keeps for a vector: bits of a dimension, then bytes of corrections.
ELASTICSEARCH_BYTES: dict[str, tuple[int, int]] = {
    "float": (32, 0),
    "byte": (8, 0),
    "bit": (1, 0),
    "int8": (8, 4),
    "int4": (4, 4),
    "bbq": (1, 14),
}

PAGE_BYTES = 8192
_PAGE_USABLE = PAGE_BYTES - 24 - 8  # PostgreSQL's page header, and pgvector's note at the end of a page
_POINTER, _TUPLE_ID = 4, 6  # bytes of a line pointer and of a tuple's address

#: Bytes that pgvector stores for a vector of d dimensions: bits of a dimension; 8 bytes of header come on top.
PGVECTOR_BITS: dict[str, int] = {"vector": 32, "halfvec": 16, "bit": 1}


def weaviate(vectors: int, dimension: int, connections: int, *, link_bytes: int = 10) -> IndexMemory:
    """Return Weaviate's memory at rest, without what garbage collection needs during imports.

        vectors x (4 d + connections x link bytes)

    Its rule of thumb that includes garbage collection is ``flat(..., factor=2)``.
    Source: Weaviate documentation, "Resource planning": 8 to 10 bytes a connection; a million of 384 dimensions
    with 64 connections take 2.2 GB (of 1e9 bytes).

    Args:
        vectors: >= 0.
        dimension: d >= 1.
        connections: ``maxConnections``, >= 2.
        link_bytes: of one connection, >= 1.

    Raises:
        ValueError: arguments out of range.

    >>> weaviate(1_000_000, 384, 64).total_gb
    2.176
    """
    arguments.whole(least=0, most=MOST_COUNTED, vectors=vectors)
    arguments.whole(least=2, most=MOST_COUNTED, connections=connections)
    arguments.whole(most=MOST_COUNTED, link_bytes=link_bytes)
    each = code_bytes(dimension) + connections * link_bytes
    return IndexMemory(each, 0, vectors * each)


def elasticsearch(vectors: int, dimension: int, quantization: str = "float", *, links: int = 16) -> IndexMemory:
    """Return the memory outside the heap that Elasticsearch needs for fast search, without the originals on disk.

        vectors x (ceil(d bits / 8) + corrections + 4 links)

    Source: Elasticsearch documentation, "Tune approximate kNN search": 4 d; d + 4; d / 2 + 4; d / 8 + 14 (12 in
    older pages); and 4 m for the graph.

    Args:
        vectors: >= 0, replicas included.
        dimension: d >= 1.
        quantization: a key of ``ELASTICSEARCH_BYTES``.
        links: m of HNSW, >= 2, or 0 for a flat index without graph.

    Raises:
        ValueError: arguments out of range.

    >>> elasticsearch(10_000_000, 1024, links=0).total_gb, elasticsearch(10_000_000, 1024, "int8", links=0).total_gb
    (40.96, 10.28)
    """
    arguments.whole(least=0, most=MOST_COUNTED, vectors=vectors, links=links)
    if links == 1:
        raise ValueError("links must be 0 or a whole number of at least 2, found 1")
    arguments.whole(most=MOST_COUNTED, dimension=dimension)
    arguments.one_of(sorted(ELASTICSEARCH_BYTES), quantization=quantization)
    bits, corrections = ELASTICSEARCH_BYTES[quantization]
    each = -(-dimension * bits // 8) + corrections + 4 * links
    return IndexMemory(each, 0, vectors * each)


def pgvector_hnsw(vectors: int, dimension: int, links: int = 16, kind: str = "vector") -> IndexMemory:
    """Return the pages of a pgvector HNSW index, in bytes; all of them in memory make it fast.

        element   = align(72 + 8 + ceil(d bits / 8))
        neighbors = align(4 + 2 links x 6)
        pages     = ceil(vectors / floor(8160 / (element + neighbors + 2 x 4)))

    Aligned to 8 bytes. What does not fit on one page together with its neighbors takes two. The additional neighbors
    of upper layers (one vector in ``links`` has them) and the meta page are left out, so it is a lower bound, close
    when pages are not nearly full. Source: the structures and macros of pgvector's ``src/hnsw.h`` (version 0.8);
    4 d + 8 and 2 d + 8 bytes a vector in its README.

    Args:
        vectors: >= 0.
        dimension: d, from 1 to 2000 for ``vector``, 4000 for ``halfvec``, 64 000 for ``bit``.
        links: m, from 2 to 100.
        kind: a key of ``PGVECTOR_BITS``.

    Raises:
        ValueError: arguments out of range.

    >>> pgvector_hnsw(1_000_000, 1536).total_gb                 # a page for each vector
    8.192
    >>> pgvector_hnsw(1_000_000, 1536, kind="halfvec").total_gb
    4.096
    """
    arguments.whole(least=0, most=MOST_COUNTED, vectors=vectors)
    arguments.one_of(sorted(PGVECTOR_BITS), kind=kind)
    arguments.whole(most={"vector": 2000, "halfvec": 4000, "bit": 64_000}[kind], dimension=dimension)
    arguments.whole(least=2, most=100, links=links)
    element = _aligned(4 + 10 * _TUPLE_ID + _TUPLE_ID + 2 + 8 + -(-dimension * PGVECTOR_BITS[kind] // 8))
    neighbors = _aligned(4 + 2 * links * _TUPLE_ID)
    together = element + neighbors + 2 * _POINTER
    pages = -(-vectors // (_PAGE_USABLE // together)) if together <= _PAGE_USABLE else 2 * vectors
    return IndexMemory(element + neighbors, 0, pages * PAGE_BYTES)


def opensearch_native_gib(memory_gib: float, *, heap_gib: float | None = None, breaker: float = 0.5) -> float:
    """Return the memory of an OpenSearch node that graphs may use: (memory - heap) x circuit breaker, in GiB.

    The heap is half of the memory, at most 32 GiB, unless given. Source: Amazon OpenSearch Service developer guide:
    an instance with 32 GiB holds 8 GiB of graphs.

    Args:
        memory_gib: of the node, > 0.
        heap_gib: of the Java machine, >= 0 and below ``memory_gib``, or None.
        breaker: ``knn.memory.circuit_breaker.limit`` as a share, in (0, 1].

    Raises:
        ValueError: arguments out of range.

    >>> opensearch_native_gib(32), opensearch_native_gib(128)
    (8.0, 48.0)
    """
    arguments.positive(memory_gib=memory_gib)
    arguments.share(breaker=breaker)
    heap = min(memory_gib / 2, 32.0) if heap_gib is None else heap_gib
    arguments.not_negative(heap_gib=heap)
    if heap >= memory_gib:
        raise ValueError(f"heap_gib must be below memory_gib = {memory_gib:g}, found {heap:g}")
    return (memory_gib - heap) * breaker


def opensearch_nodes(index_bytes: int, memory_gib: float, *, replicas: int = 0, breaker: float = 0.5) -> int:
    """Return the data nodes whose native memory holds an index and its replicas.

        ceil((1 + replicas) x index bytes / native bytes of a node)

    Source: the arithmetic of the k-NN pages: a replica doubles the vectors. Nodes spared for failures come on top.

    Args:
        index_bytes: of one copy, overhead included, >= 0.
        memory_gib: of one node, > 0.
        replicas: copies beside the primary, >= 0.
        breaker: see :func:`opensearch_native_gib`.

    Raises:
        ValueError: arguments out of range.

    >>> from advisor.models.vector_memory import hnsw
    >>> index = hnsw(100_000_000, 768, precision="float16", factor=1.1)
    >>> round(index.total_gib, 2), opensearch_nodes(index.total_bytes, 128)
    (170.47, 4)
    """
    arguments.whole(least=0, most=MOST_COUNTED, index_bytes=index_bytes, replicas=replicas)
    native = as_written(opensearch_native_gib(memory_gib, breaker=breaker)) * 2**30
    return max(1 + replicas, math.ceil((1 + replicas) * index_bytes / native))


def _aligned(size: int) -> int:
    return 8 * units_needed(size, 8)
