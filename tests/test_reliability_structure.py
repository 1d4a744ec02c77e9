"""Trees of named parts: against every pattern of parts up and down, exactly, names repeated or not."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.models import decision_diagram
from advisor.models.availability import fallback, k_of_n_unlike, series
from advisor.models.reliability_formula import derivation
from advisor.models.reliability_formula import given as condition
from advisor.models.reliability_report import analyse
from advisor.models.reliability_structure import (
    All,
    Any,
    AtLeast,
    Fallback,
    Part,
    Soft,
    Structure,
    leaves,
    plain,
    switch_part,
)

FEW = settings(derandomize=True, deadline=None, max_examples=150)
NAMES = "abcdefg"
FIGURES = ["0.9", "0.99", "0.999", "0.5", "0.999999", "1", "0", "0.75"]


def works(structure: Structure, up: dict[str, bool]) -> bool:
    """Return whether a system is up, from the meaning of the words; soft parts do not count."""
    match structure:
        case Part(name):
            return up[name]
        case Fallback(primary, backup):
            switch = structure.switch == 1.0 or up[switch_part(structure).name]
            return works(primary, up) or (switch and works(backup, up))
        case AtLeast(k, parts):
            return sum(works(part, up) for part in parts) >= k
        case Any(parts):
            return any(works(part, up) for part in parts)
        case All(parts):
            return all(works(part, up) for part in parts if not isinstance(part, Soft))
        case _:
            raise AssertionError(structure)


def every_state(structure: Structure) -> tuple[list[str], list[tuple[dict[str, bool], Fraction]]]:
    """Return all names, and all patterns of up and down with their exact probabilities."""
    parts = {part.name: part for part in leaves(plain(structure, soft_counts=True))}
    states = []
    for pattern in product((True, False), repeat=len(parts)):
        weight = Fraction(1)
        for part, is_up in zip(parts.values(), pattern, strict=True):
            weight *= Fraction(repr(part.availability)) if is_up else Fraction(repr(part.down))
        states.append((dict(zip(parts, pattern, strict=True)), weight))
    return list(parts), states


def enumerated(structure: Structure) -> tuple[Fraction, Fraction]:
    """Return availability and unavailability by looking at every state."""
    sums = [Fraction(0), Fraction(0)]
    for up, weight in every_state(structure)[1]:
        sums[not works(structure, up)] += weight
    return sums[0], sums[1]


@st.composite
def trees(draw: st.DrawFn, figures: tuple[float, ...] | None = None, soft: bool = True) -> Structure:
    """Draw a tree over seven names, each in any number of places."""
    values = figures or tuple(float(draw(st.sampled_from(FIGURES))) for _ in NAMES)
    parts = [Part(name, value) for name, value in zip(NAMES, values, strict=True)]

    def grow(depth: int) -> Structure:
        kind = draw(st.integers(0, 5)) if depth else 0
        if kind in (0, 1):
            return draw(st.sampled_from(parts))
        below = [grow(depth - 1) for _ in range(draw(st.integers(1, 3)))]
        if kind == 2:
            return Any(*below)
        if kind == 3:
            return AtLeast(draw(st.integers(1, len(below))), *below)
        if kind == 4:
            return Fallback(below[0], below[-1], draw(st.sampled_from([1.0, 0.95])))
        return All(*below, *([Soft(draw(st.sampled_from(parts)))] if soft and draw(st.booleans()) else []))

    return grow(3)


@FEW
@given(trees())
def test_a_tree_equals_the_enumeration_of_all_states(tree: Structure) -> None:
    """Availability and unavailability of any tree with repeated names, to 1e-9 relative on both sides."""
    names, _ = every_state(tree)
    if len(names) > 11:
        return
    up, down = enumerated(tree)
    found = analyse(tree)
    assert found.availability == pytest.approx(float(up), rel=1e-9, abs=1e-300)
    assert found.unavailability == pytest.approx(float(down), rel=1e-9, abs=1e-300)


@FEW
@given(trees(figures=(0.9, 0.99, 0.95, 0.5, 0.999, 0.75, 0.8)))
def test_importance_is_the_difference_that_a_part_makes(tree: Structure) -> None:
    """Birnbaum's importance is P(up | part up) - P(up | part down); a perfect part gains that times its downtime."""
    names, states = every_state(tree)
    if len(names) > 11:
        return
    found = analyse(tree)
    counted = {part.name: part for part in leaves(plain(tree))}
    assert {row.name for row in found.importance} == set(counted)
    for row in found.importance:
        sides = {True: Fraction(0), False: Fraction(0)}
        for up, weight in states:
            chance = Fraction(repr(counted[row.name].availability if up[row.name] else counted[row.name].down))
            sides[up[row.name]] += weight / chance * works(tree, up)
        assert row.birnbaum == pytest.approx(float(sides[True] - sides[False]), rel=1e-9, abs=1e-15)
        assert row.gain_if_perfect == pytest.approx(row.birnbaum * counted[row.name].down, rel=1e-12)
    gains = [row.gain_if_perfect for row in found.importance]
    assert gains == sorted(gains, reverse=True)


@FEW
@given(trees())
def test_cut_sets_are_found_by_taking_parts_down(tree: Structure) -> None:
    """Single points and pairs are exactly the smallest sets whose failure takes the system down, all else up."""
    counted = list(dict.fromkeys(part.name for part in leaves(plain(tree))))
    everything = [part.name for part in leaves(plain(tree, soft_counts=True))]

    def cuts(*down: str) -> bool:
        return not works(tree, {name: name not in down for name in everything})

    found = analyse(tree)
    singles = {name for name in counted if cuts(name)}
    pairs = {frozenset(two) for two in combinations(counted, 2) if cuts(*two) and not singles & set(two)}
    assert set(found.single_points) == singles
    assert {frozenset(pair) for pair in found.pairs} == pairs


@FEW
@given(trees(), st.integers(0, 6), st.floats(0, 1))
def test_a_better_part_never_lowers_the_system(tree: Structure, place: int, raised: float) -> None:
    """Raising one name everywhere never lowers the availability; nothing exceeds the weakest single point."""

    def better(structure: Structure) -> Structure:
        match structure:
            case Part(name, value):
                return Part(name, max(value, raised)) if name == NAMES[place] else structure
            case Soft(part):
                return Soft(better(part))
            case Fallback(primary, backup, switch):
                return Fallback(better(primary), better(backup), switch)
            case AtLeast(k, parts):
                return AtLeast(k, *map(better, parts))
            case _:
                return type(structure)(*map(better, structure.parts))

    before, after = analyse(tree), analyse(better(tree))
    assert after.availability >= before.availability - 1e-15
    parts = {part.name: part for part in leaves(plain(tree))}
    for name in before.single_points:
        assert before.availability <= parts[name].availability
        assert before.unavailability >= parts[name].down
    assert before.fully_up <= before.availability


def test_a_part_in_several_places_counts_once() -> None:
    """A role asked three times is one role; a service shared by two branches is not redundant."""
    model = Part("model", 0.99)
    assert analyse(All(model, model, model)).availability == 0.99
    shared = Any(All(model, Part("a", 0.9)), All(model, Part("b", 0.9)))
    assert analyse(shared).availability == pytest.approx(0.99 * 0.99, rel=1e-12)
    assert analyse(shared).single_points == ("model",)


def test_without_repeats_it_is_the_textbook_formula() -> None:
    """Series, fallback and k of n as a tree agree with the functions for them."""
    a, b, c = Part("a", 0.99), Part("b", 0.98), Part("c", 0.97)
    assert analyse(All(a, b, c)).availability == pytest.approx(series(0.99, 0.98, 0.97), rel=1e-12)
    assert analyse(Fallback(a, b, 0.9)).availability == pytest.approx(fallback(0.99, 0.98, 0.9), rel=1e-12)
    assert analyse(AtLeast(2, a, b, c)).availability == pytest.approx(k_of_n_unlike(2, [0.99, 0.98, 0.97]), rel=1e-12)
    assert analyse(Any(a)).availability == 0.99


def test_unavailability_keeps_its_digits() -> None:
    """Parts known by their unavailability stay exact far below what a float near 1 can hold."""
    quorum = [Part.from_unavailability(name, 1e-12) for name in "abc"]
    assert analyse(Any(*quorum)).unavailability == pytest.approx(1e-36, rel=1e-12)
    assert analyse(AtLeast(2, *quorum)).unavailability == pytest.approx(3e-24, rel=1e-9)
    assert analyse(Any(Part("a", 0.999999), Part("b", 0.999999))).unavailability == pytest.approx(1e-12, rel=1e-12)


def test_soft_parts_degrade_but_do_not_count() -> None:
    """A soft part is listed, lowers only the time in which everything is up, and counts where it is also required."""
    api, log = Part("api", 0.999), Part("log", 0.9)
    found = analyse(All(api, Soft(log)))
    assert (found.availability, found.soft, found.single_points) == (0.999, ("log",), ("api",))
    assert found.fully_up == pytest.approx(0.999 * 0.9)
    assert found.degraded == pytest.approx(0.999 * 0.1)
    both = analyse(All(api, log, Soft(log)))
    assert both.availability == pytest.approx(0.999 * 0.9)
    assert (both.soft, both.degraded) == ((), 0)
    assert analyse(All(Soft(log))).availability == 1


def test_equal_fallbacks_share_their_switch() -> None:
    """The same fallback in two places is one fallback; a named switch can be shared by several."""
    a, b, c, d = (Part(name, 0.9) for name in "abcd")
    twice = All(Fallback(a, b, 0.5), Fallback(a, b, 0.5))
    assert analyse(twice).availability == analyse(Fallback(a, b, 0.5)).availability
    switch = Part("dns", 0.5)
    shared = analyse(Any(Fallback(a, b, switch), Fallback(c, d, switch)))
    assert shared.unavailability == pytest.approx(0.1 * 0.1 * (0.5 + 0.5 * 0.1 * 0.1), rel=1e-12)


def test_the_derivation_has_the_numbers_in_it() -> None:
    """One line without repeats; with a repeated part one line for each of its cases, each with its result."""
    text = derivation(plain(All(Part("web", 0.9995), Fallback(Part("db", 0.9999), Part("log", 0.999), 0.9))))
    assert text == "web 0.9995 × (1 − (1 − db 0.9999) × (1 − switch from db to log 0.9 × log 0.999)) = 0.999489915045"
    shared = Part("id", 0.9)
    lines = analyse(AtLeast(2, All(shared, Part("a", 0.9)), All(shared, Part("b", 0.8)), Part("c", 0.5))).derivation
    assert lines.splitlines() == [
        "id stands in 2 places and counts once: 0.9 × (id up) + 0.1 × (id down) = 0.765",
        "  id up: P(at least 2 of: a 0.9; b 0.8; c 0.5) = 0.85",
        "  id down: 0",
    ]


@FEW
@given(trees(soft=False), st.sampled_from(NAMES), st.booleans())
def test_conditioning_answers_the_same_question_without_the_part(tree: Structure, name: str, up: bool) -> None:
    """The tree given a part's state is up exactly when the tree is, whatever the others do, and no longer names it."""
    rest = condition(plain(tree), name, up)
    assert name not in [part.name for part in leaves(rest)]
    names = [part.name for part in leaves(plain(tree))]
    if len(set(names)) > 9:
        return
    for pattern in product((True, False), repeat=len(set(names))):
        state = dict(zip(dict.fromkeys(names), pattern, strict=True)) | {name: up}
        assert works(rest, state) == works(tree, state)


def test_derivation_results_are_those_of_the_analysis() -> None:
    """The first line of a derivation ends in the availability, also when there are too many cases to print."""
    parts = [Part(name, 0.99) for name in "abcdefgh"]
    ring = All(*(Any(one, other) for one, other in zip(parts, [*parts[1:], parts[0]], strict=True)))
    few = All(Any(parts[0], parts[1]), Any(parts[0], parts[2]))
    for tree in (ring, few):
        found = analyse(tree)
        assert f"{found.availability:.12g}" in found.derivation.splitlines()[0]
    assert len(analyse(ring).derivation.splitlines()) == 1


def test_thirty_parts_of_which_many_are_shared() -> None:
    """Three regions of ten parts that share six: agrees with summing over the states of the shared ones only."""
    shared = [Part(f"shared {i}", 0.9999) for i in range(5)]
    model = Part("backup model", 0.97)

    def region(name: str) -> All:
        own = [Part(f"{name} {i}", 0.999) for i in range(7)]
        return All(*shared, *own, Fallback(Part(f"{name} model", 0.995), model, 0.98))

    found = analyse(AtLeast(2, *(region(name) for name in ("east", "west", "north"))))
    up = Fraction(0)
    for backup in (True, False):
        # Each region has its own switch, so that the shared backup is all that couples them.
        chain = Fraction("0.999") ** 7 * (Fraction("0.995") + Fraction("0.005") * Fraction("0.98") * backup)
        two_of_three = 3 * chain**2 - 2 * chain**3
        up += (Fraction("0.97") if backup else Fraction("0.03")) * two_of_three
    up *= Fraction("0.9999") ** 5
    assert found.availability == pytest.approx(float(up), rel=1e-12)
    assert set(found.single_points) == {part.name for part in shared}


def test_large_trees_without_repeats_are_exact() -> None:
    """Five hundred parts, the most a tree may name: in series, in parallel and k of n."""
    parts = [Part(f"p{i}", 0.999) for i in range(500)]
    assert analyse(All(*parts)).availability == pytest.approx(0.999**500, rel=1e-12)
    assert analyse(Any(*parts[:90])).unavailability == pytest.approx(1e-270, rel=1e-9)
    found = analyse(AtLeast(57, *parts[:60]))
    assert found.availability == pytest.approx(k_of_n_unlike(57, [0.999] * 60), rel=1e-12)


def test_too_many_shared_parts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the exact answer needs too many states it says so, and what to merge; no approximation steps in."""
    monkeypatch.setattr(decision_diagram, "MOST_STATES", 200)
    parts = [Part(f"p{i}", 0.99) for i in range(16)]
    tangle = All(*(Any(one, other) for one, other in combinations(parts, 2) if (int(one.name[1:]) * 7) % 5 < 3))
    with pytest.raises(ValueError, match=r"at most 200 states .* 16 names stand in several places .*: merge"):
        analyse(tangle)


def nested(levels: int) -> Structure:
    """Return a tree of so many levels."""
    tree: Structure = Part("a", 0.9)
    for _ in range(levels):
        tree = All(tree)
    return tree


def doubled(times: int) -> Structure:
    """Return a tree that uses the same branch twice, again and again."""
    tree: Structure = Part("a", 0.9)
    for _ in range(times):
        tree = Any(tree, tree)
    return tree


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Part("db", 99.9), "availability of db must lie in [0, 1], found 99.9"),
        (lambda: Part("", 0.9), "name of a part must have at least one character"),
        (lambda: Part("db", 0.9, 0.2), "availability and unavailability of db must add up to 1"),
        (lambda: Part.from_unavailability("db", -1), "unavailability of db must lie in [0, 1], found -1"),
        (lambda: AtLeast(3, Part("a", 0.9)), "k must be a whole number from 1 to 1, found 3"),
        (lambda: Fallback(Part("a", 0.9), Part("b", 0.9), 1.1), "switch must lie in [0, 1], found 1.1"),
        (lambda: analyse(All(Part("a", 0.9), Part("a", 0.8))), "'a' must have one availability, found 0.9 and 0.8"),
        (lambda: analyse(Any(Part("a", 0.9), Soft(Part("b", 0.9)))), "a Soft must stand directly in an All"),
        (lambda: analyse(Soft(Part("b", 0.9))), "a Soft must stand directly in an All"),
        (lambda: analyse(All()), "All must have at least one part, found none"),
        (lambda: analyse(All(Any())), "Any must have at least one part, found none"),
        (lambda: analyse(All("db")), "a structure must be Part, All, Any, AtLeast, Fallback or Soft, found 'db'"),
        (lambda: analyse(nested(200)), "a tree may have at most 100 levels and 10000 places, found more"),
        (lambda: analyse(doubled(60)), "a tree may have at most 100 levels and 10000 places, found more"),
        (
            lambda: analyse(Any(*(Part(f"p{i}", 0.9) for i in range(501)))),
            "a tree may name at most 500 parts, found 501",
        ),
    ],
)
def test_unsound_trees_are_refused(call: object, message: str) -> None:
    """Every way in which a tree can be wrong is named, with what is allowed."""
    with pytest.raises(ValueError, match=re.escape(message)):
        call()  # type: ignore[operator]
