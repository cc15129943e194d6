"""What may be shown of what a customer asks to see: never another thing, colour, year or side in its place."""

import pytest

from saudager.contracts import Media
from saudager.studio import showing
from saudager.studio.subjects import Car, Thing
from tests.studio.accepted import CAMRY, TABLE, pictured

BLACK_CAMRY = Car(brand="Toyota", model="Camry", year=2024, color="чёрный", body_type="седан")
PRADO = Car(brand="Toyota", model="Land Cruiser Prado", year=2023, color="silver")
OSLO = Thing(name="Диван Осло", color="серый")
PHONE = Thing(name="Смартфон Samsung Galaxy S24", color="black")
CHAIR = Thing(name="кресло офисное")


@pytest.fixture
async def shop(open_shop):
    shop = await open_shop()
    for subject in (CAMRY, BLACK_CAMRY, PRADO, TABLE, OSLO, PHONE, CHAIR):
        await pictured(shop.app, subject, views=("front", "с открытым багажником") if subject is PRADO else ("front",))
    return shop


async def found(shop, *texts: str) -> list[tuple[str, str]]:
    shown = await shop.app.db.read(showing.fitting, texts, called={"софа": ("диван",)})
    return [(one.title.partition(" ")[2], one.angle) for one in shown]


CASES = [
    ("Пришлите фото белой камри", [CAMRY]),
    ("покажите чёрную Camry", [BLACK_CAMRY]),
    ("фото камри", [BLACK_CAMRY, CAMRY]),
    ("Camry 2021", [CAMRY]),
    ("Камридің суретін жіберіңізші, ақ түсті", [CAMRY]),
    ("Can I see a picture of the white Camry, please?", [CAMRY]),
    ("prishlite foto beloi kamri", [CAMRY]),
    ("фото Прадо", [PRADO]),
    ("фото Land Cruiser Prado для такси", [PRADO]),
    ("фото Land Cruiser 200", []),
    ("фото Тойоты Королла", []),
    ("фото камри в такси", [BLACK_CAMRY, CAMRY]),
    ("фото камри 2018", []),
    ("синяя камри есть на фото?", []),
    ("покажите стол Дастархан", [TABLE]),
    ("фото стола", [TABLE]),
    ("фото стола Осло", []),
    ("фото дивана Осло", [OSLO]),
    ("фото софы Осло", [OSLO]),
    ("фото дивана Берген", []),
    ("фото самсунга s24", [PHONE]),
    ("фото самсунга s23", []),
    ("фото кресла", [CHAIR]),
    ("фото кресла-качалки", []),
    ("фото", []),
    ("", []),
]


async def test_what_surely_is_what_was_asked_for_is_shown_and_nothing_else(shop):
    shown = {asked: {title for title, _ in await found(shop, asked)} for asked, _ in CASES}
    assert shown == {asked: {subject.title.partition(" ")[2] for subject in subjects} for asked, subjects in CASES}


async def test_an_angle_in_the_merchants_own_words_is_found_by_them(shop):
    assert await found(shop, "Прадо с открытым багажником покажете?") == [
        ("Land Cruiser Prado 2023 silver", "с открытым багажником")
    ]


async def test_a_colour_alone_is_of_what_was_spoken_of_before(shop):
    (only,) = await found(shop, "а белой фото есть?", "Здравствуйте", "Сколько стоит камри?")
    assert only == ("Camry 2021 white sedan", "front")


async def test_a_picture_larger_than_messengers_take_is_made_smaller_once(open_shop):
    shop = await open_shop(public_url="https://shop.example")
    (path,) = await pictured(shop.app, TABLE, views=("front",))
    (shown,) = await shop.app.db.read(showing.fitting, ["стол"], called={})
    large = showing.Shown(shown.id, shown.title, shown.angle, path, "image/png", 6 * 1024 * 1024, "PRD-1")
    media = await showing.ready_for_chat(shop.app, large)
    assert media == Media(
        path=f"{path.removesuffix('.png')}.chat.jpg",
        mime_type="image/jpeg",
        file_name="PRD-1.jpg",
        link=f"https://shop.example/{path}",
    )
    assert (await shop.app.media.get(media.path)).startswith(b"\xff\xd8")
