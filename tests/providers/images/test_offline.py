"""The pictures drawn on this machine: the colour that was asked for, the body and the product, from every angle."""

import io
import itertools

import numpy as np
import pytest
from PIL import Image

from saudager.providers.images import Drawing
from saudager.providers.images.offline import OfflineImageModel, bodies, products

pytestmark = pytest.mark.slow

BODIES = ("sedan", "хэтчбек", "universal", "кроссовер", "coupe", "пикап", "минивэн", "cabriolet")
ANGLES = ("front", "side", "rear", "three_quarter", "interior", "detail")
OWN_WORDS = ("справа", "сверху", "back left", "сзади справа", "спереди сверху")
RED, BLUE = "#b3202a", "#1f4fa3"


async def drawn(angle: str, *, size: tuple[int, int] = (200, 200), **subject: str) -> Image.Image:
    subject = {"kind": "car", "brand": "Toyota", "model": "Camry"} | subject
    engine = OfflineImageModel()
    asked = Drawing("a prompt", 7, angle, subject, width=size[0], height=size[1])
    image = Image.open(io.BytesIO((await engine.draw(asked)).content))
    assert (image.format, image.size, image.mode) == ("PNG", size, "RGB")
    return image


def without_label(image: Image.Image) -> np.ndarray:
    return np.asarray(image, dtype=np.int64)[: image.height - 32]


def lab(colour: np.ndarray) -> np.ndarray:
    """CIE L*a*b* under D65 of sRGB from 0 to 255."""
    part = colour / 255
    linear = np.where(part > 0.04045, ((part + 0.055) / 1.055) ** 2.4, part / 12.92)
    xyz = linear @ np.array([[0.4124, 0.2126, 0.0193], [0.3576, 0.7152, 0.1192], [0.1805, 0.0722, 0.9505]])
    root = np.cbrt(xyz / np.array([0.95047, 1.0, 1.08883]))
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def hex_to(colour: str) -> np.ndarray:
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])


@pytest.mark.parametrize("body", BODIES)
async def test_the_colour_is_the_one_that_was_asked_for_from_every_angle(body: str):
    """What differs between a red and a blue one is the painted part: its median is near the colour (CIE 1976), it is
    larger than all the dark things about it taken together, but for the open door."""
    for angle in ANGLES:
        red = without_label(await drawn(angle, body_type=body, color=RED))
        blue = without_label(await drawn(angle, body_type=body, color=BLUE))
        painted = np.abs(red - blue).sum(axis=-1) > 60
        assert painted.mean() > 0.08, angle
        for picture, colour in ((red, RED), (blue, BLUE)):
            median = np.median(lab(picture[painted]), axis=0)
            assert np.linalg.norm(median - lab(hex_to(colour))) < 6, (angle, colour)
        dark = ~painted & (lab(red)[..., 0] < 45)
        assert dark.sum() < painted.sum() * (2.2 if angle == "interior" else 0.8), angle


@pytest.mark.parametrize("colour", ["белый", "black", "серебристый", "тёмно-зелёный", "жёлтый"])
async def test_a_product_stands_out_from_the_wall_behind_it(colour: str):
    picture = lab(without_label(await drawn("side", color=colour)))
    wall, door = picture[20, 100], picture[100, 100]
    assert np.linalg.norm(wall - door) > 18


@pytest.mark.parametrize("body", ["sedan", "пикап"])
async def test_every_angle_is_another_picture(body: str):
    pictures = {a: without_label(await drawn(a, body_type=body, color=RED)) for a in (*ANGLES, *OWN_WORDS)}
    for one, other in itertools.combinations(pictures, 2):
        assert np.abs(pictures[one] - pictures[other]).mean() > 2, (one, other)


async def test_bodies_differ_and_an_unknown_one_is_a_sedan():
    sides = [without_label(await drawn("side", body_type=body)) for body in BODIES]
    for one, other in itertools.combinations(sides, 2):
        assert np.abs(one - other).mean() > 1
    unknown = without_label(await drawn("side", body_type="звездолёт"))
    assert (unknown == sides[0]).all()
    assert (unknown == without_label(await drawn("side"))).all()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("слева", "side"),
        ("Сзади", "rear"),
        ("сверху", "view from the top"),
        ("алдынан", "front"),
        ("салон", "interior"),
    ],
)
async def test_an_angle_in_ones_own_words_is_understood(one: str, other: str):
    assert (without_label(await drawn(one)) == without_label(await drawn(other))).all()


async def test_the_right_side_is_the_left_one_mirrored():
    left, right = [without_label(await drawn(angle)) for angle in ("слева", "справа")]
    assert (np.abs(left - right[:, ::-1]).max(axis=-1) > 70).mean() < 0.01


async def test_words_that_tell_no_direction_are_three_quarters_with_those_words_below():
    known, strange = await drawn("three_quarter"), await drawn("как на открытке")
    assert (without_label(known) == without_label(strange)).all()
    assert (np.asarray(known) != np.asarray(strange)).any()


async def test_the_same_drawing_is_the_same_file_whatever_its_seed():
    engine = OfflineImageModel()
    subject = {"kind": "car", "brand": "Kia", "color": "red"}
    files = [(await engine.draw(Drawing("p", seed, "side", subject))).content for seed in (1, 1, 2)]
    assert len(set(files)) == 1


NAMES = {
    "бутылка масла": "bottle",
    "Мёд, банка 1 кг": "jar",
    "кружка": "cup",
    "iPhone 15": "phone",
    "Телевизор Samsung": "screen",
    "рюкзак": "bag",
    "кроссовки": "shoe",
    "платье": "dress",
    "джинсы": "trousers",
    "футболка": "shirt",
    "диван": "sofa",
    "кресло": "armchair",
    "стул": "chair",
    "обеденный стол": "table",
    "холодильник": "fridge",
    "стиральная машина": "washer",
    "wardrobe": "cabinet",
    "окно": "window",
    "дверь": "door",
    "торшер": "lamp",
    "торт": "cake",
    "книга": "book",
    "набор подарочный": "box",
}


@pytest.mark.parametrize("name", NAMES)
async def test_other_products_have_a_shape_of_their_own_in_their_colour(name: str):
    assert products.shape_of(name).__name__ == NAMES[name]
    seen = {}
    for angle in ("front", "three_quarter"):
        red, blue = [
            without_label(await drawn(angle, kind="product", name=name, color=colour)) for colour in (RED, BLUE)
        ]
        painted = np.abs(red - blue).sum(axis=-1) > 60
        assert painted.mean() > 0.02
        assert np.linalg.norm(np.median(lab(red[painted]), axis=0) - lab(hex_to(RED))) < 12, angle
        seen[angle] = red
    seen |= {a: without_label(await drawn(a, kind="product", name=name, color=RED)) for a in ("side", "rear")}
    assert not any((one == other).all() for one, other in itertools.combinations(seen.values(), 2))


@pytest.mark.parametrize("size", [(64, 64), (2048, 1024), (300, 900)])
async def test_any_size_is_drawn(size: tuple[int, int]):
    picture = await drawn("three_quarter", size=size, color=RED)
    assert len(picture.getcolors(size[0] * size[1])) > 50


@pytest.mark.parametrize(
    "name", ["", "«»", "Ы" * 500, "漢字 🚗 \x00\t", "<b>&", "Қазақ әріптері ғұңһі", "\u202e\u0301"]
)
async def test_any_name_and_no_colour_are_drawn(name: str):
    for angle in ("front", name or "?"):
        await drawn(angle, kind="product", name=name, color=name)
        await drawn(angle, brand=name, model=name, body_type=name, color="")
    engine = OfflineImageModel()
    assert (await engine.draw(Drawing("", 0, "side"))).content


def test_bodies_are_told_in_russian_and_english():
    assert bodies.body_of("Универсал") is bodies.body_of("station wagon") is bodies.WAGON
    assert bodies.body_of("внедорожник") is bodies.body_of("SUV") is bodies.SUV
    assert bodies.body_of("") is bodies.SEDAN
