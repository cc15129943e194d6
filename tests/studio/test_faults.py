"""Whatever an engine does wrong, the series is drawn by the next one, or says which angle failed and why."""

import struct
import zlib

import pytest

from saudager.attention import Why
from saudager.errors import BadCredentials, RateLimited, Rejected, Unanswered, Unreachable, UnrecognisedPayload
from saudager.providers.images import LARGEST, Drawing, NoPicture
from saudager.providers.images.scripted import ScriptedImageModel
from saudager.studio import series
from saudager.studio.models import Keeping
from tests.conftest import OpenShop
from tests.studio.easel import (
    angles_of,
    begun,
    drawn,
    engine,
    fails,
    fails_for,
    flat,
    gone_on,
    numbers,
    painters,
    stray_files,
    told,
)


def bomb(side: int) -> bytes:
    """A small file that unpacks to more points than anybody wants."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(9000))) + chunk(b"IEND", b"")
    )


def gives(content: bytes):
    return lambda asked: content


FAULTS = {
    "refused": (fails(NoPicture("safety system")), "не берётся это рисовать («safety system»)"),
    "rejected": (fails(Rejected("bad size")), "отклонил запрос («bad size»)"),
    "429": (fails(RateLimited("slow down", retry_after=3600)), "просит подождать 3600 с"),
    "500": (fails(Unreachable("HTTP 500")), "недоступен"),
    "cut": (fails(Unanswered("connection cut")), "не ответил вовремя"),
    "unreadable": (fails(UnrecognisedPayload("no data")), "ответил непонятно"),
    "wrong key": (fails(BadCredentials("invalid key")), "ключ не принят или кончились деньги"),
    "wrong type": (gives(b"<html>hello</html>"), "Это не картинка JPEG, PNG или WebP"),
    "gif": (gives(b"GIF89a" + bytes(40)), "Это не картинка JPEG, PNG или WebP"),
    "empty": (gives(b""), "Пришёл пустой файл"),
    "half": (gives(flat()[:60]), "файл повреждён"),
    "huge": (gives(flat() + bytes(LARGEST)), "Файл больше 20 МБ"),
    "bomb": (gives(bomb(9_000)), "25 миллионов"),
    "great bomb": (gives(bomb(30_000)), "прислал не то"),
}
matrix = pytest.mark.parametrize("fault", FAULTS)


@matrix
async def test_the_next_engine_draws_what_the_first_cannot(open_shop: OpenShop, fault: str) -> None:
    ill, well = engine(FAULTS[fault][0], name="openai"), engine(name="gemini")
    shop = await open_shop(painters=painters(ill, well))
    number = await begun(shop)
    await shop.settles()
    result = await told(shop, number)
    assert result["state"] == "done"
    assert [one["engine"] for one in result["images"]] == ["gemini"] * 3
    assert await stray_files(shop) == []
    known = [one for one in (await shop.app.db.read(series.of, number))[0].tries if one["engine"] == "openai"]
    assert FAULTS[fault][1] in known[0]["fault"]


@matrix
async def test_alone_it_says_which_angle_failed_and_why_and_what_came_is_not_drawn_again(
    open_shop: OpenShop, fault: str
) -> None:
    breaks, is_ill = FAULTS[fault][0], [True]

    def draw(asked: Drawing) -> bytes:
        return breaks(asked) if asked.angle == "side" and is_ill[0] else flat()

    alone = engine(draw, name="openai")
    shop = await open_shop(painters=painters(alone), images_at_once=1)
    result = await drawn(shop, views=("front", "rear", "side"))
    assert result["state"] == "incomplete"
    front, rear, side = result["images"]
    assert front["url"]
    assert rear["url"]
    assert side["url"] is None
    assert side["state"] == "failed"
    assert side["reason"].startswith("OpenAI: ")
    assert FAULTS[fault][1] in side["reason"] or side["reason"] == "OpenAI: просил подождать."

    is_ill[0] = False
    alone.asked.clear()
    (number,) = await numbers(shop)
    await shop.time_passes(hours=1)
    again = await gone_on(shop, number)
    assert again["state"] == "done"
    assert angles_of(alone) == ["side"]
    assert again["images"][:2] == [front, rear]
    assert again["images"][2]["seed"] == side["seed"]


async def test_an_engine_that_hangs_is_left_at_its_deadline(open_shop: OpenShop) -> None:
    async def hang(asked: Drawing) -> bytes:
        await shop.clock.sleep_until(shop.clock.now().replace(hour=7, minute=2))
        raise Unanswered("no answer within 120 s")

    hung, well = engine(hang, name="openai"), engine(name="gemini")
    shop = await open_shop(painters=painters(hung, well))
    number = await begun(shop, keeping=Keeping.SEEDS)
    await shop.time_passes(seconds=119)
    assert [one["state"] for one in (await told(shop, number))["images"]] == ["waiting"] * 3
    await shop.time_passes(seconds=1)
    assert (await told(shop, number))["state"] == "done"
    assert len(hung.asked) == 3


async def test_when_all_at_once_fails_they_are_drawn_one_by_one_after_the_patience_asked(open_shop: OpenShop) -> None:
    at_once, at = [0], []

    async def one_at_a_time(asked: Drawing) -> bytes:
        at_once[0] += 1
        try:
            await shop.app.db.read(lambda session: None)
            if at_once[0] > 1 or shop.clock.now() < opened:
                raise RateLimited("one at a time", retry_after=30)
            at.append(shop.clock.now())
            return flat()
        finally:
            at_once[0] -= 1

    slow = engine(one_at_a_time)
    shop = await open_shop(painters=painters(slow))
    opened = shop.clock.now().replace(second=30)
    number = await begun(shop, keeping=Keeping.SEEDS)
    await shop.time_passes(seconds=29)
    asked = len(slow.asked)
    assert at == []
    await shop.settles()
    assert len(slow.asked) == asked <= 3
    await shop.time_passes(seconds=1)
    assert (await told(shop, number))["state"] == "done"
    assert angles_of(slow)[asked:] == ["front", "side", "rear"]


async def test_an_engine_that_asks_for_too_long_is_not_waited_for(open_shop: OpenShop) -> None:
    tired = engine(fails(RateLimited("tomorrow", retry_after=86_400)), name="openai")
    shop = await open_shop(painters=painters(tired))
    number = await begun(shop, keeping=Keeping.SEEDS, views=("front",))
    await shop.settles()
    assert (await told(shop, number))["images"][0]["reason"] == "OpenAI: просит подождать 86400 с."
    assert len(tired.asked) == 1


@pytest.mark.parametrize("keeping", [Keeping.FIRST, Keeping.SEEDS])
async def test_an_engine_that_is_down_is_asked_a_few_times_and_not_for_every_angle(
    open_shop: OpenShop, keeping: Keeping
) -> None:
    down = engine(fails(Unreachable("HTTP 500")))
    shop = await open_shop(painters=painters(down), images_at_once=2)
    result = await drawn(shop, keeping=keeping, views=[f"view {number}" for number in range(12)])
    assert result["state"] == "incomplete"
    assert {one["state"] for one in result["images"]} == {"failed"}
    assert {one["reason"] for one in result["images"]} == {"scripted: недоступен."}
    assert len(down.asked) == (3 if keeping == Keeping.FIRST else 12 + 2)


async def test_a_first_picture_that_is_refused_is_followed_by_the_next_angle_as_the_reference(
    open_shop: OpenShop,
) -> None:
    picky = engine(fails_for("front", NoPicture("safety system")))
    shop = await open_shop(painters=painters(picky))
    result = await drawn(shop)
    assert [one["state"] for one in result["images"]] == ["failed", "drawn", "drawn"]
    assert angles_of(picky) == ["front", "side", "rear"]
    assert [len(asked.references) for asked in picky.asked] == [0, 0, 1]


async def test_a_wrong_key_fails_at_once_and_a_person_hears_of_it_until_it_draws_again(open_shop: OpenShop) -> None:
    keys = {"openai": "wrong", "gemini": "wrong"}

    def wants_a_key(name: str) -> ScriptedImageModel:
        def draw(asked: Drawing) -> bytes:
            if keys[name] == "wrong":
                raise BadCredentials("Incorrect API key provided: sk-abc***123")
            return flat()

        return engine(draw, name=name)

    first, second = wants_a_key("openai"), wants_a_key("gemini")
    shop = await open_shop(painters=painters(first, second))
    number = await begun(shop)
    await shop.settles()
    result = await told(shop, number)
    assert result["state"] == "incomplete"
    assert "OpenAI: ключ не принят или кончились деньги, проверьте ключ и счёт" in result["images"][2]["reason"]
    assert len(first.asked) == len(second.asked) == 1
    waits = {one.about: one.reason for one in await shop.desk() if one.kind == Why.ENGINE}
    assert set(waits) == {"engine:openai:images", "engine:gemini:images"}
    assert "потом продолжите серию" in waits["engine:openai:images"]
    assert "sk-abc" not in str(waits) + str(result)

    keys["openai"] = "right"
    assert (await gone_on(shop, number))["state"] == "done"
    assert [one.about for one in await shop.desk() if one.kind == Why.ENGINE] == ["engine:gemini:images"]


async def test_a_file_that_cannot_be_kept_fails_its_angle_alone(open_shop: OpenShop, monkeypatch) -> None:
    shop = await open_shop(painters=painters(engine()))
    puts, put = [], shop.app.media.put

    async def full(path: str, content: bytes, **other) -> None:
        puts.append(path)
        if len(puts) == 3:
            raise Unreachable("на диске нет места")
        await put(path, content, **other)

    monkeypatch.setattr(shop.app.media, "put", full)
    result = await drawn(shop)
    assert sorted(one["state"] for one in result["images"]) == ["drawn", "drawn", "failed"]
    (failed,) = (one for one in result["images"] if one["state"] == "failed")
    assert failed["reason"] == "Нарисовано, но файл не удалось сохранить: на диске нет места"
