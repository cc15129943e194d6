"""A picture that is not of the product's colours is drawn again up to twice; what cannot be told is not blamed."""

from collections.abc import Callable

import pytest

from saudager.providers.images import Drawing
from saudager.studio import series
from tests.conftest import OpenShop
from tests.studio.easel import angles_of, drawn, engine, gone_on, numbers, painters, pictures, stray_files
from tests.studio.test_fidelity import BEIGE, RED, WHITE, busy, car, file

pytestmark = pytest.mark.slow

TILT = {"front": 0, "side": 6, "rear": -6, "interior": 10, "detail": -10}


def drawing(shades: Callable[[Drawing, int], str]) -> Callable[[Drawing], bytes]:
    """Cars of the colours that ``shades`` says of a drawing and of how often its angle was drawn before."""
    before: dict[str, int] = {}

    def draw(asked: Drawing) -> bytes:
        times = before[asked.angle] = before.get(asked.angle, -1) + 1
        image = car(shades(asked, times), ground="#e4e6e9")
        return file(image.rotate(TILT.get(asked.angle, 3), fillcolor="#e4e6e9"))

    return draw


@pytest.mark.parametrize("wrong", [0, 1, 2])
async def test_a_wrong_colour_is_drawn_again_until_it_is_right(open_shop: OpenShop, wrong: int) -> None:
    hand = engine(drawing(lambda asked, times: RED if asked.angle == "side" and times < wrong else WHITE))
    shop = await open_shop(painters=painters(hand))
    result = await drawn(shop, views=["front", "side"])
    side = result["images"][1]
    assert (side["state"], side["reason"]) == ("drawn", None)
    assert side["fidelity"]["alike"] is True
    assert side["fidelity"]["score"] >= side["fidelity"]["threshold"]
    assert [one.seed for one in hand.asked if one.angle == "side"] == [
        series.seed_of(result["session_id"], "side", attempt) for attempt in range(wrong + 1)
    ]
    assert await stray_files(shop) == []


async def test_of_three_wrong_ones_the_most_alike_is_kept_for_a_person(open_shop: OpenShop) -> None:
    shades = [RED, BEIGE, "#15161a"]
    hand = engine(drawing(lambda asked, times: shades[times] if asked.angle == "side" else WHITE))
    shop = await open_shop(painters=painters(hand))
    result = await drawn(shop, views=["front", "side"])
    side = result["images"][1]
    assert (result["state"], side["state"]) == ("done", "doubtful")
    assert side["reason"] == "Не похоже на товар: нарисовано 3 раза, посмотрите сами."
    assert (side["fidelity"]["certain"], side["fidelity"]["alike"]) == (True, False)
    (number,) = await numbers(shop)
    kept = (await pictures(shop, number))["side"]
    scores = [one["likeness"] for one in kept.tries]
    assert len(scores) == 3
    assert side["fidelity"]["score"] == max(scores) == scores[1]
    assert await stray_files(shop) == []


async def test_a_busy_background_is_neither_drawn_again_nor_blamed(open_shop: OpenShop) -> None:
    def draw(asked: Drawing) -> bytes:
        return file(car(RED, ground=busy()) if asked.angle == "side" else car(WHITE))

    hand = engine(draw)
    shop = await open_shop(painters=painters(hand))
    side = (await drawn(shop, views=["front", "side"]))["images"][1]
    assert angles_of(hand) == ["front", "side"]
    assert (side["state"], side["reason"]) == ("drawn", None)
    assert (side["fidelity"]["certain"], side["fidelity"]["alike"]) == (False, True)
    assert side["fidelity"]["doubt"] == "пёстрый фон, товар не отделить"


async def test_the_inside_may_have_other_colours_and_is_no_measure_of_the_outside(open_shop: OpenShop) -> None:
    hand = engine(drawing(lambda asked, times: BEIGE if asked.angle == "interior" else WHITE))
    shop = await open_shop(painters=painters(hand))
    result = await drawn(shop, views=["interior", "front", "side"])
    assert sorted(angles_of(hand)) == ["front", "interior", "side"]
    assert angles_of(hand)[0] == "front"
    inside, front, side = result["images"]
    assert [one["state"] for one in result["images"]] == ["drawn"] * 3
    assert (inside["fidelity"]["certain"], inside["fidelity"]["doubt"]) == (
        False,
        "с этого ракурса видны другие цвета",
    )
    assert front["fidelity"] is None
    assert side["fidelity"]["certain"] is True


async def test_an_engine_that_pays_no_heed_to_the_angle_is_found_out(open_shop: OpenShop) -> None:
    def draw(asked: Drawing) -> bytes:
        return file(car(WHITE).rotate(8 if asked.angle == "side" else 0, fillcolor="#e4e6e9"))

    hand = engine(draw)
    shop = await open_shop(painters=painters(hand))
    result = await drawn(shop, views=["front", "side", "rear"])
    assert [one["state"] for one in result["images"]] == ["drawn", "drawn", "doubtful"]
    rear = result["images"][2]
    assert rear["reason"] == "Та же картинка, что и «спереди»: похоже, ракурс не учтён."
    (number,) = await numbers(shop)
    again = await gone_on(shop, number)
    assert [one["state"] for one in again["images"]] == ["drawn", "drawn", "doubtful"]
    assert len(hand.asked) == 3
