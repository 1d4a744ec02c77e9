"""Quality: the product of the roles' factors, each within one named benchmark."""

from __future__ import annotations

from dataclasses import replace

from advisor.candidates.candidate import Candidate
from advisor.catalog.load import Catalog
from advisor.evaluation.result import Evaluation
from advisor.explanation import combinations as combined
from advisor.explanation.derivation import Derivation, plain, product, stated

INDEX = "index"


def of_design(result: Evaluation, catalog: Catalog) -> Derivation:
    """Return the derivation of ``quality``."""
    parts = [
        _role(role, c, catalog)
        for role, c in result.design.items()
        if catalog.role(role).quality is not None or c.quality != 1
    ]
    top = product("quality", result.quality, INDEX, parts, "product over the roles that bear quality")
    note = "an index for ranking within this catalog, not a prediction of what users will say"
    return replace(top, note=note)


def _role(role: str, candidate: Candidate, catalog: Catalog) -> Derivation:
    if len(candidate.parts) > 1:
        parts = [_plain(role, part.name, part, catalog) for part in candidate.parts]
        return combined.weighted(f"{role}: {candidate.name}", candidate, INDEX, parts, candidate.quality)
    return _plain(role, f"{role}: {candidate.name}", candidate, catalog)


def _plain(role: str, name: str, candidate: Candidate, catalog: Catalog) -> Derivation:
    metric = catalog.role(role).quality
    if metric is None or candidate.option is None:
        figure = metric.without if metric else None
        if figure is not None:
            return stated(f"{role}: left out", candidate.quality, INDEX, figure)
        return Derivation(name, candidate.quality, INDEX, note="bears no quality here")
    score, best = candidate.option.quality[metric.metric], plain(metric.best)
    source = stated(metric.title, score.value, "score", score)
    if metric.normalise == "share":
        capped = score.value >= metric.best
        numbers = "1" if capped else f"{plain(score.value)} / {best}"
        return Derivation(name, candidate.quality, INDEX, "score / best score, at most 1", numbers, parts=(source,))
    capped = score.value >= metric.best
    numbers = "1" if capped else f"2 / (1 + 10^(({best} - {plain(score.value)}) / 400))"
    return Derivation(
        name, candidate.quality, INDEX, "2 / (1 + 10^((best - rating) / 400)), at most 1", numbers, parts=(source,)
    )
