"""How like the product a picture is: by the colours of what stands before the background, whatever the light."""

import io
import random
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from saudager.studio import duplicates, fidelity
from saudager.studio.fidelity import Likeness
from saudager.studio.lab import lab_of, seen

RED, WHITE, SILVER, BLACK, NAVY, BEIGE = "#b3202a", "#f4f4f2", "#b9bdc2", "#15161a", "#1b2547", "#dccfb4"
Change = Callable[[Image.Image], Image.Image]


def car(colour: str = RED, stripe: str | None = None, *, ground: str | Image.Image = "#e4e6e9") -> Image.Image:
    """From the side, 512 pixels."""
    image = ground.copy() if isinstance(ground, Image.Image) else Image.new("RGB", (512, 512), ground)
    draw = ImageDraw.Draw(image)
    draw.polygon([(150, 230), (205, 150), (345, 150), (400, 230)], colour, "#55585c")
    draw.polygon([(172, 226), (214, 164), (338, 164), (376, 226)], "#2a3038")
    draw.rounded_rectangle((50, 225, 465, 330), 36, colour, "#55585c")
    if stripe:
        draw.rectangle((60, 250, 455, 290), stripe)
    for middle in (140, 375):
        draw.ellipse((middle - 46, 290, middle + 46, 382), "#1c1c1e")
    return image


def file(image: Image.Image, kind: str = "PNG", **options: int) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def compared(reference: Image.Image, picture: Image.Image | bytes) -> Likeness:
    content = picture if isinstance(picture, bytes) else file(picture)
    return fidelity.compare(fidelity.look(file(reference)), fidelity.look(content))


def busy() -> Image.Image:
    """A street, for a camera out of focus."""
    grain = np.random.default_rng(7).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    return Image.fromarray(grain).resize((512, 512), Image.Resampling.BICUBIC)


def gradient() -> Image.Image:
    levels = np.linspace(250, 170, 512)[:, None, None] + np.linspace(-12, 12, 512)[None, :, None]
    return Image.fromarray(np.broadcast_to(levels, (512, 512, 3)).clip(0, 255).astype(np.uint8))


def shadowed() -> Image.Image:
    shade = Image.new("L", (512, 512))
    ImageDraw.Draw(shade).ellipse((40, 350, 475, 420), 140)
    ground = Image.new("RGB", (512, 512), "#f6f6f6")
    ground.paste("#303236", mask=shade.filter(ImageFilter.GaussianBlur(24)))
    return ground


def floor() -> Image.Image:
    ground = Image.new("RGB", (512, 512), "#dcdee2")
    ImageDraw.Draw(ground).rectangle((0, 300, 512, 512), "#a9a6a1")
    return ground


def cut_out(colour: str = RED) -> Image.Image:
    """On nothing; the nothing is black underneath."""
    there = np.asarray(car(colour, ground="#00ff00"))
    alpha = np.where((there == (0, 255, 0)).all(axis=-1), 0, 255).astype(np.uint8)
    return Image.fromarray(np.dstack((there * (alpha[..., None] > 0), alpha)))


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((255, 255, 255), (100, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((119, 119, 119), (50.03, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
    ],
)
def test_colours_are_measured_in_lab_under_daylight(rgb: tuple[int, ...], lab: tuple[float, ...]) -> None:
    assert lab_of(np.array(rgb, dtype=np.uint8)) == pytest.approx(lab, abs=0.03)


def test_a_distance_is_about_that_of_cie94_with_lightness_halved() -> None:
    red, pale = np.array([50, 60, 0], dtype=np.float32), np.array([50, 70, 0], dtype=np.float32)
    assert np.linalg.norm(seen(red) - seen(pale)) == pytest.approx(10 / (1 + 0.045 * 65), rel=0.02)
    dark, light = np.array([60, 0, 0], dtype=np.float32), np.array([70, 0, 0], dtype=np.float32)
    assert np.linalg.norm(seen(light) - seen(dark)) == pytest.approx(5)


@pytest.mark.parametrize("colour", [RED, WHITE, BLACK, NAVY])
@pytest.mark.parametrize("ground", [gradient, shadowed, floor])
def test_the_background_is_not_the_products(ground: Callable[[], Image.Image], colour: str) -> None:
    said = compared(car(colour), car(colour, ground=ground()))
    assert (said.is_certain, said.is_alike) == (True, True)
    assert not compared(car(BEIGE), car(colour, ground=ground())).is_alike


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image.resize((1600, 1600)),
        lambda image: image.resize((48, 48), Image.Resampling.BOX),
        lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        lambda image: image.rotate(4, fillcolor="#e4e6e9"),
        lambda image: ImageEnhance.Brightness(image).enhance(1.08),
        lambda image: ImageEnhance.Brightness(image).enhance(0.92),
        lambda image: Image.merge(
            "RGB", [band.point(lambda v, k=k: v * k) for band, k in zip(image.split(), (1.03, 1, 0.96), strict=True)]
        ),
        lambda image: Image.open(io.BytesIO(file(image, "JPEG", quality=50))),
        lambda image: image.crop((20, 100, 512, 420)),
    ],
    ids=["large", "tiny", "mirrored", "tilted", "brighter", "darker", "warmer", "jpeg", "closer"],
)
def test_the_same_product_in_other_light_and_place_is_alike(change: Change) -> None:
    for colour in (RED, WHITE, BLACK):
        said = compared(car(colour), change(car(colour)))
        assert said.is_alike
        assert said.is_certain or colour == WHITE


@pytest.mark.parametrize(
    ("one", "other"),
    [(RED, WHITE), (WHITE, BLACK), (WHITE, "#8d9196"), (SILVER, BLACK), (NAVY, BLACK), (WHITE, BEIGE)],
)
def test_another_colour_is_unlike_and_lightness_counts(one: str, other: str) -> None:
    said = compared(car(one), car(other))
    assert (said.is_certain, said.is_alike) == (True, False)
    assert said.apart > 6


def test_a_second_colour_is_missed_and_a_strange_one_is_seen() -> None:
    striped, plain = car(WHITE, NAVY), car(WHITE)
    lost = compared(striped, plain)
    assert not lost.is_alike
    assert lost.missing > 0.15 > lost.foreign
    found = compared(plain, striped)
    assert not found.is_alike
    assert found.foreign > 0.15 > found.missing


def test_where_a_picture_is_see_through_there_is_no_product() -> None:
    assert compared(car(RED), cut_out(RED)).score > 0.9
    assert compared(cut_out(BLACK), cut_out(RED)).score < 0.5
    assert fidelity.look(file(Image.new("RGBA", (64, 64)))).doubt == "на картинке не видно товара"


@pytest.mark.parametrize(
    ("picture", "doubt"),
    [
        (lambda: car(BEIGE, ground=busy()), "пёстрый фон, товар не отделить"),
        (busy, "пёстрый фон, товар не отделить"),
        (lambda: Image.new("RGB", (8, 8), RED), "картинка слишком мала"),
        (gradient, "на картинке не видно товара"),
    ],
    ids=["busy", "nothing but busy", "too small", "nothing"],
)
def test_what_cannot_be_told_is_not_blamed(picture: Callable[[], Image.Image], doubt: str) -> None:
    said = compared(car(RED), picture())
    assert (said.is_certain, said.is_alike, said.doubt) == (False, True, doubt)
    assert said.told()["certain"] is False
    said = compared(picture(), car(RED))
    assert (said.is_alike, said.doubt) == (True, f"на образце {doubt}")


def test_a_white_cup_on_white_paper_is_not_taken_for_red() -> None:
    paper = car(WHITE, ground="#fbfbfb")
    assert compared(paper, car(WHITE)).is_alike
    said = compared(paper, car(RED, ground="#fbfbfb"))
    assert (said.is_certain, said.is_alike) == (True, False)


def test_a_grey_picture_is_compared_as_one() -> None:
    grey = file(car(BLACK).convert("L"))
    assert compared(car(BLACK), grey).is_alike
    assert not compared(car(RED), grey).is_alike


def test_a_picture_of_one_colour_is_all_product() -> None:
    red = Image.new("RGB", (64, 64), RED)
    assert compared(red, red).score == 1
    assert compared(red, Image.new("RGB", (64, 64), WHITE)).score == 0


def test_the_numbers_are_told_flat() -> None:
    told = compared(car(RED), car(WHITE)).told()
    assert list(told) == [
        "score", "threshold", "alike", "certain", "doubt", "missing", "foreign", "delta_e", "hash"
    ]  # fmt: skip
    assert told["alike"] is False
    assert told["score"] < told["threshold"] == fidelity.LEAST
    assert told["delta_e"] > 15
    assert told["doubt"] is None
    assert len(told["hash"]) == 16


def test_one_picture_saved_twice_is_found_and_another_side_is_not() -> None:
    chance = random.Random(3)
    side = car(RED)
    other = side.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    again = file(side.resize((400, 400)), "JPEG", quality=chance.randint(60, 90))
    striped = car(RED, WHITE)
    assert duplicates.find([file(side), file(other.rotate(5)), again, file(side), file(striped)]) == {2: 0, 3: 0}


def test_of_flat_pictures_nobody_says_that_they_are_the_same() -> None:
    flat = file(Image.new("RGB", (64, 64), WHITE))
    assert duplicates.find([flat, flat]) == {}
    assert fidelity.look(flat).hash is None
