"""Nothing acknowledged is lost and nobody is answered twice, whatever dies when: the product is killed at random."""

import random
from pathlib import Path

import pytest

from tests.chaos import kill_again_and_again
from tests.product import SHAPES, conversations, product
from tests.verdict import judge, wait_until_done

CONVERSATIONS = 250
KILLS = 20
SEED = 20260311


@pytest.mark.slow
@pytest.mark.parametrize(
    "shape", [SHAPES[0], *(pytest.param(shape, marks=pytest.mark.servers) for shape in SHAPES[1:])]
)
def test_every_line_is_in_one_closed_turn_and_every_turn_is_answered_once_whatever_is_killed(
    shape: str, tmp_path: Path
) -> None:
    dice = random.Random(SEED)
    with product(shape, tmp_path) as (running, _):
        lines = conversations(dice, CONVERSATIONS)
        kill_again_and_again(running, lines, KILLS, dice)
        wait_until_done(running)
        running.stop()
        print(f"\n{KILLS} kills {dict(running.kills)}: {judge(running)}")  # noqa: T201
