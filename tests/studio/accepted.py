"""Pictures somebody of the shop has accepted, put where a drawing would have put them."""

import io
from hashlib import sha256

from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.queues import tasks
from saudager.studio import series
from saudager.studio.drawing import thumbnail_of
from saudager.studio.models import Keeping, Picture, PictureState, SeriesState, Verdict
from saudager.studio.subjects import Car, Thing

CAMRY = Car(brand="Toyota", model="Camry", year=2021, color="white", body_type="sedan")
TABLE = Thing(name="Стол «Дастархан»", color="белый")


def drawn(kind: str = "PNG", colour: str = "#f4f4f2", size: tuple[int, int] = (64, 48)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


async def pictured(
    app: App,
    subject: Car | Thing = CAMRY,
    views: tuple[str, ...] = ("front", "side"),
    *,
    verdict: Verdict | None = Verdict.ACCEPTED,
    state: PictureState = PictureState.DRAWN,
    kind: str = "PNG",
) -> list[str]:
    """A series whose pictures are there; their paths."""
    paths = []
    for angle in views:
        mime_type = f"image/{kind.lower()}"
        name = sha256(f"{subject.title} {angle}".encode()).hexdigest()[:32]
        paths.append(f"pictures/{name}.{kind.lower()}")
        await app.media.put(paths[-1], drawn(kind), mime_type=mime_type, now=app.clock.now())
        small = thumbnail_of(paths[-1])
        await app.media.put(small, drawn("WEBP"), mime_type="image/webp", now=app.clock.now())

    def store(session: Session) -> None:
        now = app.clock.now()
        one = series.begin(
            session, subject, views=list(views), keeping=Keeping.FIRST, looks_up=False, by="test", now=now
        )
        tasks.cancel(session, one.task_id, now=now)
        one.state = SeriesState.DONE
        for picture, path in zip(series.of(session, one.id), paths, strict=True):
            picture.state, picture.path, picture.mime_type = state, path, f"image/{kind.lower()}"
            picture.size = len(drawn(kind))
            if verdict is not None:
                series.judge(session, picture.id, verdict, by="Асель", now=now)

    await app.db.run(store)
    return paths


async def judged(app: App, path: str, verdict: Verdict) -> None:
    """Somebody's word on the picture that lies there."""

    def judge(session: Session) -> None:
        picture = session.scalars(select(Picture).where(Picture.path == path)).one()
        series.judge(session, picture.id, verdict, by="Асель", now=app.clock.now())

    await app.db.run(judge)
