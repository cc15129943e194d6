"""A series of pictures, all angles at once, beside one after the other and beside one picture.

A vendor on loopback, in a process of its own, takes 2 s for any picture of 1024 × 1024 (``vendor_s``); it is asked by
the client for OpenAI-compatible addresses, by the task that draws a series, on SQLite. ``seconds`` are from beginning a
series to its last picture being kept with its thumbnail: the median of ``times``, after one that is not counted.
``one`` is a series of one angle, ``floor_httpx`` three bare requests at once of which nothing is kept.
``one_after_another`` draws three angles with IMAGES_AT_ONCE=1; ``at_once_seeds`` and ``at_once_photo`` all three at
once, ``first_then_rest`` keeps two to the first. ``twelve`` are twelve angles, ``at_once`` at a time, for which
``bound_s`` is the least there can be: so many rounds of the vendor's own time.
"""

import asyncio
import math
import statistics
import tempfile
import time
from typing import Any

import httpx
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.bench import memory, painter, settings
from saudager.bootstrap import bootstrap
from saudager.clock import SystemClock
from saudager.studio import drawing, series
from saudager.studio.models import Keeping, PictureSeries, PictureState
from saudager.studio.subjects import Car

_SECONDS, _TIMES, _TWELVE, _AT_ONCE = 2.0, 3, 12, 4
_CAR = Car(brand="Toyota", model="Camry", year=2021, color="red", body_type="sedan")
_THREE = ("front", "side", "rear")
Row = dict[str, Any]


async def one(scale: float) -> Row:
    """One angle."""
    return await _drawn(scale, ("front",), Keeping.SEEDS)


async def one_after_another(scale: float) -> Row:
    """Three angles, no two at the same time."""
    return await _drawn(scale, _THREE, Keeping.SEEDS, at_once=1)


async def at_once_seeds(scale: float) -> Row:
    """Three angles at once, by seeds and words."""
    return await _drawn(scale, _THREE, Keeping.SEEDS)


async def at_once_photo(scale: float) -> Row:
    """Three angles at once, each kept to the merchant's own photo."""
    return await _drawn(scale, _THREE, Keeping.PHOTO)


async def first_then_rest(scale: float) -> Row:
    """The first of three angles, then two kept to it."""
    return await _drawn(scale, _THREE, Keeping.FIRST)


async def twelve(scale: float) -> Row:
    """Twelve angles, four at a time."""
    row = await _drawn(scale, tuple(f"view {number}" for number in range(_TWELVE)), Keeping.SEEDS, at_once=_AT_ONCE)
    return row | {"at_once": _AT_ONCE, "bound_s": round(math.ceil(_TWELVE / _AT_ONCE) * _SECONDS * scale, 3)}


async def floor_httpx(scale: float) -> Row:
    """Three bare requests at once."""
    wait = _SECONDS * scale
    with painter.running(wait) as url:
        async with httpx.AsyncClient(timeout=60) as http:

            async def ask() -> None:
                (await http.post(f"{url}/images/generations", json={"prompt": "a car"})).raise_for_status()

            took = []
            for _ in range(_TIMES + 1):
                began = time.perf_counter()
                await asyncio.gather(*(ask() for _ in _THREE))
                took.append(time.perf_counter() - began)
    return {
        "pictures": len(_THREE),
        "vendor_s": wait,
        "times": _TIMES,
        "seconds": round(statistics.median(took[1:]), 3),
    }


def ratios(rows: dict[str, Row]) -> dict[str, float]:
    """Every way beside one picture, and twelve beside the least there can be."""
    if "one" not in rows:
        return {}
    alone = rows["one"]["seconds"]
    compared = {f"{name}_vs_one": round(row["seconds"] / alone, 3) for name, row in rows.items() if name != "one"}
    if twelve := rows.get("twelve"):
        rounds = math.ceil(twelve["pictures"] / twelve["at_once"])
        compared["twelve_vs_rounds_of_one"] = round(twelve["seconds"] / rounds / alone, 3)
        compared["twelve_vs_bound"] = round(twelve["seconds"] / twelve["bound_s"], 3)
    return compared | {"one_vs_vendor": round(alone / rows["one"]["vendor_s"], 3)}


async def _drawn(scale: float, views: tuple[str, ...], keeping: Keeping, *, at_once: int = _AT_ONCE) -> Row:
    wait = _SECONDS * scale
    with tempfile.TemporaryDirectory() as folder, painter.running(wait) as url:
        ours = settings.in_folder(
            folder,
            image_engines=("compatible",),
            compatible_image_base_url=url,
            compatible_image_model="bench-1",
            compatible_image_api_key=None,
            images_at_once=at_once,
            images_per_minute=0,
            daily_budget="",
            web_search="off",
        )
        app = bootstrap(ours, clock=SystemClock(), poll=None)
        try:
            photo = await drawing.keep_photo(app, painter.picture()) if keeping == Keeping.PHOTO else None
            await _series(app, views, keeping, photo)
            took, cpu = [], time.process_time()
            for _ in range(_TIMES):
                took.append(await _series(app, views, keeping, photo))
            cpu = time.process_time() - cpu
        finally:
            await app.close()
    return {
        "pictures": len(views),
        "vendor_s": wait,
        "times": _TIMES,
        "seconds": round(statistics.median(took), 3),
        "cpu_ms_per_picture": round(cpu / _TIMES / len(views) * 1000, 1),
        "peak_rss_mb": memory.peak_mb(),
    }


async def _series(app: App, views: tuple[str, ...], keeping: Keeping, photo: str | None) -> float:
    """Seconds from beginning a series to its end; every picture must be there."""

    def begin(session: Session) -> PictureSeries:
        now = app.clock.now()
        return series.begin(
            session,
            _CAR,
            views=views,
            keeping=keeping,
            looks_up=False,
            by="bench",
            photo=photo,
            by_queue=False,
            now=now,
        )

    began = time.perf_counter()
    begun = await app.db.run(begin)
    await drawing.draw_pictures(app, begun.task_id, series_id=begun.id)
    took = time.perf_counter() - began
    pictures = await app.db.read(series.of, begun.id)
    assert all(picture.state == PictureState.DRAWN for picture in pictures), [one.reason for one in pictures]
    return took
