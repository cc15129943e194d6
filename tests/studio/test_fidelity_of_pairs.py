"""Pictures of one product are told from pictures of another: measured on pairs drawn here, the threshold chosen on one
half of the products and reported on the other. ``pytest -s tests/studio/test_fidelity_of_pairs.py`` prints the rates.
"""

import itertools
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pytest

from saudager.providers.images import Drawing, offline
from saudager.studio import fidelity
from saudager.studio.fidelity import LEAST, Likeness
from tests.studio import products

pytestmark = pytest.mark.slow
PRODUCTS = 60
SPARED = 0.02
"""Share of good pictures that the threshold may have drawn again."""
ANGLES = ("front", "side", "rear", "three_quarter")


class Pairs(NamedTuple):
    """Of one product, of different ones, and of different ones that are hard to tell."""

    same: list[Likeness]
    other: list[Likeness]
    hard: list[Likeness]


@pytest.fixture(scope="module")
def halves() -> list[Pairs]:
    """Of every second product, and of the rest."""
    chance = random.Random(20260311)
    both = [Pairs([], [], []), Pairs([], [], [])]
    for number, item in enumerate(products.items(chance, PRODUCTS)):
        reference = fidelity.look(products.taken(chance, item))

        def compared(what: products.Item, reference: fidelity.Look = reference) -> Likeness:
            return fidelity.compare(reference, fidelity.look(products.taken(chance, what)))

        pairs = both[number % 2]
        pairs.same.extend(compared(item) for _ in range(3))
        pairs.other.extend(compared(one) for one in products.others(chance, item))
        pairs.hard.extend(compared(one) for one in products.neighbours(chance, item))
    return both


def certain(compared: Sequence[Likeness]) -> np.ndarray:
    return np.array([one.score for one in compared if one.is_certain])


def auc(same: np.ndarray, other: np.ndarray) -> float:
    """How often a picture of the product scores above one of another product; a tie is half."""
    return float((same[:, None] > other).mean() + (same[:, None] == other).mean() / 2)


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    def out(text: str) -> None:
        with capsys.disabled():
            print(f"\n{text}", end="")  # noqa: T201

    return out


def rates(name: str, same: np.ndarray, other: np.ndarray) -> str:
    alarms, misses = (same < LEAST).mean(), (other >= LEAST).mean()
    return (
        f"{name}: AUC {auc(same, other):.4f}; at {LEAST} false alarms {alarms:.1%} of {len(same)}, "
        f"misses {misses:.1%} of {len(other)}"
    )


def test_a_product_is_told_from_another(halves: list[Pairs], say: Callable[[str], None]) -> None:
    learnt, tried = halves
    threshold = float(np.quantile(certain(learnt.same), SPARED))
    same, other = certain(tried.same), certain(tried.other)
    say(f"threshold by the learning half {threshold:.3f}, in use {LEAST}")
    say(rates("learning half", certain(learnt.same), certain(learnt.other)))
    say(rates("other half", same, other))
    doubted = np.mean([not one.is_certain for half in halves for one in (*half.same, *half.other)])
    say(f"not certain of {doubted:.1%}")
    assert auc(same, other) >= 0.95
    assert abs(threshold - LEAST) < 0.05
    assert (same < LEAST).mean() <= 0.05
    assert (other >= LEAST).mean() <= 0.2
    assert doubted < 0.05


def test_a_product_is_told_from_its_nearest_neighbours_less_well(
    halves: list[Pairs], say: Callable[[str], None]
) -> None:
    tried = halves[1]
    say(rates("hard: the next shade, or a small mark", certain(tried.same), certain(tried.hard)))
    assert auc(certain(tried.same), certain(tried.hard)) >= 0.8


def test_a_drawn_car_is_told_from_one_of_another_colour_from_any_angle(say: Callable[[str], None]) -> None:
    shades = ("white", "black", "gray", "red", "blue", "yellow", "beige", "green")
    looks = {
        (shade, angle): fidelity.look(
            offline.drawn(
                Drawing("", 1, angle, {"kind": "car", "color": shade, "body_type": "sedan"}, width=256, height=256)
            )
        )
        for shade, angle in itertools.product(shades, ANGLES)
    }
    same, other = [], []
    for (shade, angle), (tinted, turned) in itertools.combinations(looks, 2):
        if angle != turned:
            compared = fidelity.compare(looks[shade, angle], looks[tinted, turned])
            (same if shade == tinted else other).append(compared)
    say(rates("offline cars", certain(same), certain(other)))
    assert auc(certain(same), certain(other)) >= 0.95
    assert all(one.is_certain and one.is_alike for one in same)
