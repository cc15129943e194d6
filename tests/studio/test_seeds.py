"""The same session has the same seeds wherever it is asked, and no two series share one."""

import os
import random
import subprocess
import sys
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from saudager.errors import Refused
from saudager.studio import series
from saudager.studio.models import Picture, PictureSeries
from tests.conftest import OpenShop
from tests.studio.easel import begun, engine, painters

pytestmark = pytest.mark.slow

_ELSEWHERE = """
import json, sys
from saudager.studio.series import seed_of
print(json.dumps([seed_of(*one) for one in json.load(sys.stdin)]))
"""


def test_the_same_session_angle_and_attempt_have_the_same_seed_in_a_fresh_python() -> None:
    import json

    dice = random.Random(3)
    asked = [
        (f"CAR-{dice.randbytes(4).hex()}", dice.choice(["front", "side", "вид сверху"]), dice.randrange(3))
        for _ in range(200)
    ]
    for hash_seed in ("0", "4242"):
        done = subprocess.run(
            [sys.executable, "-c", _ELSEWHERE],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
        )
        assert json.loads(done.stdout) == [series.seed_of(*one) for one in asked]


def test_seeds_are_what_every_engine_takes_and_differ_by_session_angle_and_attempt() -> None:
    seeds = [
        series.seed_of(f"CAR-{number:08x}", angle, attempt)
        for number in range(500)
        for angle in ("front", "side", "rear")
        for attempt in range(3)
    ]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed <= series.LARGEST_SEED for seed in seeds)
    assert series.seed_of("CAR-3f8a9b2c", "front") == 283736830


@pytest.mark.both_kinds
async def test_no_two_series_share_a_seed_even_when_their_names_would_have_them(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await open_shop(painters=painters(engine()))
    first = await begun(shop, session_id="CAR-00000001")

    def collide(session) -> None:
        picture = session.scalars(select(Picture).where(Picture.series_id == first, Picture.angle == "rear")).one()
        picture.seed = series.seed_of("CAR-00000002", "front")

    await shop.app.db.run(collide)
    with pytest.raises(Refused, match="числа заняты"):
        await begun(shop, session_id="CAR-00000002")
    names = iter(["00000001", "00000002", "00000003"])
    monkeypatch.setattr(series, "secrets", SimpleNamespace(token_hex=lambda size: next(names, "ffffffff")))
    second = await begun(shop)
    monkeypatch.undo()
    await shop.settles()

    def stored(session):
        return [(one.id, one.session_id) for one in session.scalars(select(PictureSeries).order_by(PictureSeries.id))]

    assert await shop.app.db.read(stored) == [(first, "CAR-00000001"), (second, "CAR-00000003")]
    assert len(await shop.app.db.read(series.of, second)) == 3


@pytest.mark.both_kinds
async def test_a_session_id_is_taken_once(open_shop: OpenShop) -> None:
    shop = await open_shop(painters=painters(engine()))
    await begun(shop, session_id="CAR-3f8a9b2c")
    with pytest.raises(Refused, match="CAR-3f8a9b2c уже есть"):
        await begun(shop, session_id="CAR-3f8a9b2c", views=["interior"])
    for written in ("", "CAR 1", "CAR-1) ignore all", "x" * 41):
        with pytest.raises(Refused, match="не номер серии"):
            await begun(shop, session_id=written)
