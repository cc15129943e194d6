"""Engines that draw as a test wants it, and a series seen as its merchant sees it."""

import io
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Any

from PIL import Image
from sqlalchemy import select

from saudager.providers.images import Drawing, Painter
from saudager.providers.images.scripted import ScriptedImageModel
from saudager.rehearsal import Shop
from saudager.studio import series
from saudager.studio.models import Keeping, Picture, PictureSeries
from saudager.studio.subjects import Car

CAMRY = Car(brand="Toyota", model="Camry", year=2021, color="white", body_type="sedan")
ANGLES = ("front", "side", "rear")


def flat(asked: Drawing | None = None, colour: str = "#f4f4f2") -> bytes:
    """A plain picture of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(out, "PNG")
    return out.getvalue()


def engine(
    draws: Callable[[Drawing], bytes | Awaitable[bytes]] = flat,
    *,
    name: str = "scripted",
    most_references: int = 4,
    cost: Decimal | None = None,
) -> ScriptedImageModel:
    return ScriptedImageModel(draws, name=name, most_references=most_references, cost=cost)


def painters(*engines: ScriptedImageModel) -> list[Painter]:
    return [Painter(one) for one in engines]


def fails(error: Exception) -> Callable[[Drawing], bytes]:
    """Draw nothing, ever."""

    def draw(asked: Drawing) -> bytes:
        raise error

    return draw


def fails_for(angle: str, error: Exception) -> Callable[[Drawing], bytes]:
    """Draw everything but one angle."""

    def draw(asked: Drawing) -> bytes:
        if asked.angle == angle:
            raise error
        return flat()

    return draw


def angles_of(engine: ScriptedImageModel) -> list[str]:
    """The angles it was asked for, in the order it was."""
    return [asked.angle for asked in engine.asked]


async def begun(
    shop: Shop, *, keeping: Keeping = Keeping.FIRST, views: Sequence[str] = ANGLES, **circumstances: Any
) -> int:
    """The id of a series that was asked for."""

    def begin(session: Any) -> int:
        arguments = {"looks_up": False, "by": "Асель", "now": shop.clock.now()} | circumstances
        return series.begin(session, CAMRY, views=views, keeping=keeping, **arguments).id

    return await shop.app.db.run(begin)


async def told(shop: Shop, number: int) -> dict[str, Any]:
    def tell(session: Any) -> dict[str, Any]:
        return series.told(series.held(session, number), series.of(session, number), address="https://shop/")

    return await shop.app.db.read(tell)


async def drawn(shop: Shop, **asked: Any) -> dict[str, Any]:
    """A series asked for, and what came of it within an hour."""
    number = await begun(shop, **asked)
    await shop.time_passes(hours=1)
    return await told(shop, number)


async def gone_on(shop: Shop, number: int) -> dict[str, Any]:
    await shop.app.db.run(series.go_on, number, now=shop.clock.now())
    await shop.time_passes(hours=1)
    return await told(shop, number)


async def pictures(shop: Shop, number: int) -> dict[str, Picture]:
    return {one.angle: one for one in await shop.app.db.read(series.of, number)}


async def numbers(shop: Shop) -> Sequence[int]:
    return await shop.app.db.read(lambda session: session.scalars(select(PictureSeries.id)).all())


async def stray_files(shop: Shop) -> list[str]:
    """Files no row knows of."""

    def known(session: Any) -> set[str]:
        return set(session.scalars(select(Picture.path).where(Picture.path.is_not(None))))

    paths = await shop.app.db.read(known)
    wanted = paths | {f"{path.rpartition('.')[0]}.small.webp" for path in paths}
    return [path async for path in shop.app.media.below("pictures/") if path not in wanted]
