"""``saudager images``: pictures of one product from many angles."""

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from saudager.cli.running import example, load_settings, run_to_its_end, with_app
from saudager.errors import NotFound, Refused, Rejected

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from saudager.app import App
    from saudager.studio.models import PictureSeries

_LOOK_EVERY = 0.3
_BY = "saudager images"


@example("saudager images 'Toyota Camry 2021 white sedan' --angles front,side,rear --out pictures")
@click.command()
@click.argument("words", required=False)
@click.option(
    "--angles",
    default="front,side,rear",
    show_default=True,
    help="front, side, rear, three_quarter, interior, detail, or your own words.",
)
@click.option(
    "--photo", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Your own photo of the product."
)
@click.option(
    "--keep",
    type=click.Choice(["first", "seeds", "photo"]),
    help="What the pictures are kept to: the first of them, seeds alone, or your photo.  "
    "[default: photo when there is one, else first]",
)
@click.option("--session", metavar="ID", help="A session id of your own: the same one has the same seeds everywhere.")
@click.option("--go-on", metavar="ID", help="Draw what is missing of this series instead of beginning one.")
@click.option("--no-web", is_flag=True, help="Do not look the product up on the web.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Copy the pictures into this folder.")
@click.option(
    "--sheet",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Put them together on one contact sheet: a .jpg, .png or .webp file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the series as one JSON object.")
def images(
    words: str | None,
    angles: str,
    photo: Path | None,
    keep: str | None,
    session: str | None,
    go_on: str | None,
    no_web: bool,
    out: Path | None,
    sheet: Path | None,
    as_json: bool,
) -> None:
    """Draw a product in WORDS from several angles, the same product in each.

    The series is kept in the shop's database, and what one run could not draw another goes on with (--go-on). Exit code
    1 when an angle is missing, 2 when the words, an angle or the photo are no use.
    """
    if (words is None) == (go_on is None):
        raise click.UsageError("Say what to draw, or which series to go on with (--go-on).")
    from saudager.bootstrap import bootstrap

    async def run(app: "App") -> dict[str, Any]:
        try:
            if words is None:
                one = await app.db.run(_taken_up, go_on or "", now=app.clock.now())
            else:
                chosen = [part for part in angles.split(",") if part.strip()]
                one = await _begun(app, words, chosen, photo, keep, session, looks_up=not no_web)
        except (Refused, Rejected, NotFound) as error:
            raise click.UsageError(str(error)) from None
        click.echo(f"Series {one.session_id}", err=True)
        await _draw(app, one)
        return await _told(app, one.id, out, sheet)

    settings = load_settings()
    told = run_to_its_end(lambda: with_app(lambda: bootstrap(settings, service="agent"), run), settings)
    if told is None:  # stopped by the keyboard
        raise SystemExit(130)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    for image in told["images"]:
        if image["reason"] is not None:
            click.echo(f"{image['angle']}: {image['reason']}", err=True)
        if image["url"] is not None and not as_json:
            click.echo(f"{image['angle']}: {image.get('file', image['url'])}")
    if any(image["url"] is None for image in told["images"]):
        raise SystemExit(1)


async def _begun(
    app: "App", words: str, angles: list[str], photo: Path | None, keep: str | None, session: str | None, looks_up: bool
) -> "PictureSeries":
    from saudager.studio import drawing, reading, series
    from saudager.studio.models import Keeping

    if keep == Keeping.PHOTO and photo is None:
        raise Refused("--keep photo wants a --photo.")
    subject, kept = reading.read(words), None
    if photo is not None:
        kept = await drawing.keep_photo(app, photo.read_bytes())
    try:
        return await app.db.run(
            series.begin,
            subject,
            views=angles,
            keeping=Keeping(keep or ("first" if photo is None else "photo")),
            looks_up=looks_up,
            by=_BY,
            photo=kept,
            session_id=session,
            by_queue=False,
            now=app.clock.now(),
        )
    except BaseException:
        if kept is not None:
            await drawing.drop_files(app, kept)
        raise


def _taken_up(session: "Session", session_id: str, *, now: Any) -> "PictureSeries":
    """A series nobody draws, to be gone on with."""
    from saudager.queues import tasks
    from saudager.studio import series

    one = series.known_as(session, session_id)
    task = tasks.status(session, one.task_id, now=now)
    if task is not None and series.is_under_way(session, one, now=now):
        raise Refused(f"Серия {session_id} уже рисуется.")
    series.cancel(session, one.id, now=now)
    return series.go_on(session, one.id, now=now, by_queue=False)


async def _draw(app: "App", one: "PictureSeries") -> None:
    """Draw it in this process, with a progress bar for a person."""
    from saudager.studio import drawing, series

    under_way = asyncio.create_task(drawing.draw_pictures(app, one.task_id, series_id=one.id))
    pictures = await app.db.read(series.of, one.id)
    with click.progressbar(
        length=len(pictures), label="Drawing", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        while not under_way.done():
            await asyncio.wait([under_way], timeout=_LOOK_EVERY)
            pictures = await app.db.read(series.of, one.id)
            bar.update(sum(picture.path is not None for picture in pictures) - bar.pos)
    await under_way


async def _told(app: "App", series_id: int, out: Path | None, sheet: Path | None) -> dict[str, Any]:
    """``{session_id, images, prompts}``; with a folder, each image with its ``file`` there."""
    from saudager.studio import series

    def read(session: "Session") -> tuple[dict[str, Any], list[dict[str, Any]], list[str | None]]:
        one, pictures = series.held(session, series_id), series.of(session, series_id)
        told = series.told(one, pictures, address=app.settings.console_address)
        return told, series.prompts(one, pictures), [picture.path for picture in pictures]

    told, prompts, paths = await app.db.read(read)
    for image, path in zip(told["images"], paths, strict=True):
        if out is not None and path is not None:
            out.mkdir(parents=True, exist_ok=True)
            name = re.sub(r"\W+", "_", image["angle"])
            file = out / f"{told['session_id']}-{name}{Path(path).suffix}"
            file.write_bytes(await app.media.get(path))
            image["file"] = str(file)
    if sheet is not None:
        await _lay_out(app, told["images"], paths, sheet)
    return {"session_id": told["session_id"], "images": told["images"], "prompts": prompts}


async def _lay_out(app: "App", images: list[dict[str, Any]], paths: list[str | None], sheet: Path) -> None:
    from saudager.studio import angles
    from saudager.studio.sheet import draw

    frames: list[tuple[str, bytes | str]] = [
        (angles.title(image["angle"]), await app.media.get(path) if path else image["reason"] or "не нарисовано")
        for image, path in zip(images, paths, strict=True)
    ]
    kind = {".png": "PNG", ".webp": "WEBP"}.get(sheet.suffix.lower(), "JPEG")
    sheet.parent.mkdir(parents=True, exist_ok=True)
    sheet.write_bytes(await asyncio.to_thread(draw, frames, kind=kind))
