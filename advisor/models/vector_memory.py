"""Memory of a vector index by method, in bytes. GB is 1e9 bytes, GiB is 2**30 bytes.

What single engines add or count differently is in :mod:`advisor.models.vector_engines`.

Every method is the same sum: vectors x (code + what finds it) + tables, times an engine's overhead factor. Originals
kept in memory beside quantised codes, for rescoring, are a second index: add :func:`flat` of them.

Sources: the faiss wiki ("Faiss indexes", "Guidelines to choose an index"); the k-NN memory estimates of the OpenSearch
documentation; the capacity page of the Qdrant documentation; Jegou et al. (2011) for product quantisation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from advisor.models import arguments
from advisor.models.quantities import GB, GIB, MOST_COUNTED, as_written

#: Bits stored for one dimension of a vector. sq8 and sq4 are scalar quantisation, binary keeps one sign bit.
BITS_PER_DIMENSION: dict[str, int] = {
    "float32": 32,
    "float16": 16,
    "sq8": 8,
    "int8": 8,
    "sq4": 4,
    "binary4": 4,
    "binary2": 2,
    "binary": 1,
}

#: Overhead factors that vendors publish. Of the sum of a method: faiss and Milvus nothing, OpenSearch 10 %, ScyllaDB
#: 20 % (with links of 8 bytes). Of the vectors alone, links included in it: Qdrant 50 %, Weaviate 100 %.
ENGINE_FACTOR: dict[str, float] = {
    "faiss": 1.0,
    "milvus": 1.0,
    "opensearch": 1.1,
    "scylladb": 1.2,
    "qdrant": 1.5,
    "weaviate": 2.0,
}


@dataclass(frozen=True)
class IndexMemory:
    """The memory of an index.

    Attributes:
        vector_bytes: bytes of one vector with its links and ids, before overhead.
        table_bytes: bytes that do not grow with the vectors: centroids, codebooks.
        total_bytes: everything with the engine's overhead factor, rounded up.
    """

    vector_bytes: int
    table_bytes: int
    total_bytes: int

    @property
    def total_gb(self) -> float:
        """Return the total in GB of 1e9 bytes."""
        return self.total_bytes / GB

    @property
    def total_gib(self) -> float:
        """Return the total in GiB of 2**30 bytes."""
        return self.total_bytes / GIB


def code_bytes(dimension: int, precision: str = "float32") -> int:
    """Return the bytes of one vector: ceil(dimension x bits / 8). Scalar and binary quantisation included.

    Assumes codes packed to whole bytes for each vector; the few bytes of ranges or means are left out.
    Source: the faiss wiki: 4 d for Flat, d for SQ8, ceil(d / 8) for binary.

    Args:
        dimension: d >= 1.
        precision: a key of ``BITS_PER_DIMENSION``.

    Raises:
        ValueError: dimension below 1 or not whole, or an unknown precision.

    >>> code_bytes(1536), code_bytes(1536, "sq8"), code_bytes(1536, "binary")      # 1 : 4 : 32
    (6144, 1536, 192)
    """
    arguments.whole(most=MOST_COUNTED, dimension=dimension)
    arguments.one_of(sorted(BITS_PER_DIMENSION), precision=precision)
    return -(-dimension * BITS_PER_DIMENSION[precision] // 8)


def pq_code_bytes(dimension: int, subvectors: int, bits: int = 8) -> int:
    """Return the bytes of one product-quantised vector: ceil(subvectors x bits / 8).

    Source: Jegou et al. (2011); the faiss wiki, ceil(M x nbits / 8).

    Args:
        dimension: d >= 1, a multiple of ``subvectors``.
        subvectors: M >= 1.
        bits: of one sub-code, 1 to 16.

    Raises:
        ValueError: arguments out of range, or a dimension that cannot be cut into equal parts.

    >>> pq_code_bytes(128, 8)               # 512 bytes of float32 in 8
    8
    """
    arguments.whole(most=MOST_COUNTED, dimension=dimension, subvectors=subvectors)
    arguments.whole(most=16, bits=bits)
    if dimension % subvectors:
        raise ValueError(f"subvectors must divide the dimension {dimension}, found {subvectors}")
    return -(-subvectors * bits // 8)


def flat(vectors: int, dimension: int, *, precision: str = "float32", factor: float = 1.0) -> IndexMemory:
    """Return the memory of a flat (exhaustive) index: factor x vectors x code.

    With factor 1.5 this is Qdrant's rule, with 2 Weaviate's; both cover HNSW links: vectors x dimension x 4 x factor.

    Args:
        vectors: n >= 0.
        dimension: d >= 1.
        precision: a key of ``BITS_PER_DIMENSION``.
        factor: the engine's overhead, >= 1; see ``ENGINE_FACTOR``.

    Raises:
        ValueError: arguments out of range.

    >>> round(flat(1_000_000, 1024, factor=1.5).total_gib, 2)       # Qdrant's worked example
    5.72
    """
    return _total(vectors, code_bytes(dimension, precision), 0, factor)


def hnsw(
    vectors: int,
    dimension: int,
    links: int = 16,
    *,
    precision: str = "float32",
    link_bytes: int = 4,
    factor: float = 1.0,
) -> IndexMemory:
    """Return the memory of an HNSW graph over full or quantised vectors.

        factor x vectors x (code + 2 x links x link bytes)

    2 x links neighbours on the bottom layer; the upper layers, about links / (links - 1) links a vector, are left out
    as in the sources. Source: faiss wiki, 4 d + 2 x 4 x M; Milvus prints 640 MB for a million of 128 dimensions and
    32 links (M = 16); OpenSearch, 1.1 (4 d + 8 M); ScyllaDB, 1.2 (B d + 16 m), that is link_bytes=8.

    Args:
        vectors: n >= 0.
        dimension: d >= 1.
        links: M, links of a vector on each upper layer, >= 2.
        precision: a key of ``BITS_PER_DIMENSION``.
        link_bytes: bytes of one link, >= 1.
        factor: the engine's overhead, >= 1; see ``ENGINE_FACTOR``.

    Raises:
        ValueError: arguments out of range.

    >>> hnsw(1_000_000, 256, 16, factor=1.1).total_gb                   # OpenSearch prints 1.267 GB
    1.2672
    >>> hnsw(1_000_000, 256, 16, precision="binary", factor=1.1).total_gb       # prints 0.176 GB
    0.176
    """
    arguments.whole(least=2, most=MOST_COUNTED, links=links)
    arguments.whole(most=MOST_COUNTED, link_bytes=link_bytes)
    return _total(vectors, code_bytes(dimension, precision) + 2 * links * link_bytes, 0, factor)


def hnsw_pq(
    vectors: int,
    dimension: int,
    links: int = 16,
    *,
    subvectors: int,
    bits: int = 8,
    id_bytes: int = 24,
    segments: int = 1,
    factor: float = 1.0,
) -> IndexMemory:
    """Return the memory of an HNSW graph over product-quantised vectors.

        factor x (vectors x (PQ code + id bytes + 8 links) + segments x 2**bits x 4 d)

    Source: OpenSearch documentation. Its "0.215 GB" is GiB. Arguments as in :func:`hnsw` and :func:`ivf_pq`.

    Raises:
        ValueError: arguments out of range.

    >>> round(hnsw_pq(1_000_000, 256, 16, subvectors=32, segments=100, factor=1.1).total_gib, 3)
    0.215
    """
    arguments.whole(least=2, most=MOST_COUNTED, links=links)
    arguments.whole(least=0, most=MOST_COUNTED, id_bytes=id_bytes)
    arguments.whole(most=MOST_COUNTED, segments=segments)
    code = pq_code_bytes(dimension, subvectors, bits)
    return _total(vectors, code + id_bytes + 8 * links, segments * 2**bits * 4 * dimension, factor)


def ivf_flat(
    vectors: int,
    dimension: int,
    lists: int,
    *,
    precision: str = "float32",
    id_bytes: int = 8,
    factor: float = 1.0,
) -> IndexMemory:
    """Return the memory of inverted lists over full, scalar- or binary-quantised vectors.

        factor x (vectors x (code + id bytes) + lists x 4 d)

    Source: the faiss wiki, 4 d + 8 bytes a vector and float32 centroids; OpenSearch leaves the ids out (id_bytes=0).

    Args:
        vectors: n >= 0.
        dimension: d >= 1.
        lists: nlist >= 1.
        precision: a key of ``BITS_PER_DIMENSION``.
        id_bytes: bytes of a vector's id, >= 0.
        factor: the engine's overhead, >= 1; see ``ENGINE_FACTOR``.

    Raises:
        ValueError: arguments out of range.

    >>> round(ivf_flat(1_000_000, 256, 128, id_bytes=0, factor=1.1).total_gb, 3)        # printed as 1.126 GB, cut off
    1.127
    """
    arguments.whole(most=MOST_COUNTED, lists=lists)
    arguments.whole(least=0, most=MOST_COUNTED, id_bytes=id_bytes)
    return _total(vectors, code_bytes(dimension, precision) + id_bytes, lists * 4 * dimension, factor)


def ivf_pq(
    vectors: int,
    dimension: int,
    lists: int,
    *,
    subvectors: int,
    bits: int = 8,
    id_bytes: int = 8,
    segments: int = 1,
    factor: float = 1.0,
) -> IndexMemory:
    """Return the memory of inverted lists over product-quantised vectors.

        factor x (vectors x (PQ code + id bytes) + segments x (2**bits x 4 d + lists x 4 d))

    Precomputed distance tables are left out. Source: the faiss wiki, ceil(M nbits / 8) + 8 bytes a vector; OpenSearch
    with id_bytes=24, whose "0.171 GB" is GiB.

    Args:
        vectors: n >= 0.
        dimension: d >= 1, a multiple of ``subvectors``.
        lists: nlist >= 1.
        subvectors: M >= 1.
        bits: of one sub-code, 1 to 16.
        id_bytes: bytes of a vector's id, >= 0.
        segments: parts of the index that each hold their own tables, >= 1.
        factor: the engine's overhead, >= 1; see ``ENGINE_FACTOR``.

    Raises:
        ValueError: arguments out of range.

    >>> index = ivf_pq(1_000_000, 256, 512, subvectors=64, id_bytes=24, segments=100, factor=1.1)
    >>> round(index.total_gib, 3)
    0.171
    """
    arguments.whole(most=MOST_COUNTED, lists=lists, segments=segments)
    arguments.whole(least=0, most=MOST_COUNTED, id_bytes=id_bytes)
    code = pq_code_bytes(dimension, subvectors, bits)
    return _total(vectors, code + id_bytes, segments * 4 * dimension * (2**bits + lists), factor)


def pq(vectors: int, dimension: int, *, subvectors: int, bits: int = 8, factor: float = 1.0) -> IndexMemory:
    """Return the memory of product-quantised vectors searched exhaustively, without lists and ids.

        factor x (vectors x PQ code + 2**bits x 4 d)

    Source: the faiss wiki, IndexPQ. Arguments as in :func:`ivf_pq`.

    Raises:
        ValueError: arguments out of range.

    >>> pq(1_000_000, 128, subvectors=8).total_bytes        # 8 MB of codes and a codebook of 128 KiB
    8131072
    """
    return _total(vectors, pq_code_bytes(dimension, subvectors, bits), 2**bits * 4 * dimension, factor)


def _total(vectors: int, vector_bytes: int, table_bytes: int, factor: float) -> IndexMemory:
    arguments.whole(least=0, most=MOST_COUNTED, vectors=vectors)
    arguments.positive(factor=factor)
    if factor < 1:
        raise ValueError(f"factor must be at least 1, found {factor}")
    total = math.ceil(as_written(factor) * (vectors * vector_bytes + table_bytes))
    return IndexMemory(vector_bytes, table_bytes, total)
