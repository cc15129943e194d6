"""A series: one product from many angles, the same seeds for the same session, and every picture kept as it comes."""

import io
import string
from pathlib import Path

import pytest
from PIL import Image

from saudager.errors import Refused
from saudager.providers.images import Drawing, Painter
from saudager.providers.images.scripted import ScriptedImageModel
from saudager.rehearsal import Shop, rehearse
from saudager.settings import load
from saudager.studio import series
from saudager.studio.models import Keeping
from saudager.studio.subjects import Car

CAMRY = Car(brand="Toyota", model="Camry", year=2021, color="white", body_type="sedan")


def flat(asked: Drawing, colour: str = "#f4f4f2") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(out, "PNG")
    return out.getvalue()


async def drawn(shop: Shop, *, keeping: Keeping = Keeping.FIRST, views: list[str]) -> dict:
    app = shop.app

    def begin(session):
        return series.begin(
            session, CAMRY, views=views, keeping=keeping, looks_up=False, by="test", now=app.clock.now()
        ).id

    number = await app.db.run(begin)
    await shop.settles()

    def told(session):
        return series.told(series.held(session, number), series.of(session, number), address="https://shop/")

    return await app.db.read(told)


async def test_a_series_has_a_picture_of_every_angle(tmp_path: Path):
    engine = ScriptedImageModel(flat)
    async with rehearse(load(data_dir=tmp_path), painters=[Painter(engine)]) as shop:
        told = await drawn(shop, views=["front", "side", "rear"])
    assert told["state"] == "done"
    assert [one["angle"] for one in told["images"]] == ["front", "side", "rear"]
    assert all(one["url"].startswith("https://shop/pictures/") for one in told["images"])
    for one in told["images"]:
        assert one["seed"] == series.seed_of(told["session_id"], one["angle"])
        assert f"(Session: {told['session_id']}, Seed: {one['seed']})" in one["prompt"]
    assert [len(asked.references) for asked in engine.asked] == [0, 1, 1]


def test_the_same_session_has_the_same_seeds_on_any_machine():
    assert series.seed_of("CAR-3f8a9b2c", "front") == 283736830
    assert series.seed_of("CAR-3f8a9b2c", "side") == 1512321340


async def test_an_angle_that_is_none_is_refused(tmp_path: Path):
    async with rehearse(load(data_dir=tmp_path)) as shop:
        with pytest.raises(Refused):
            await drawn(shop, views=[])
        with pytest.raises(Refused):
            await drawn(shop, views=[*string.ascii_letters])
