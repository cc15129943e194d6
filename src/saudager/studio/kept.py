"""What is kept of a series while it is drawn: every picture as it comes, what failed, and how it ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from saudager.queues import tasks
from saudager.studio import angles, series
from saudager.studio.files import Accepted
from saudager.studio.models import Picture, PictureSeries, PictureState, SeriesState, Verdict
from saudager.studio.painting import Painted

if TYPE_CHECKING:
    from saudager.studio.fidelity import Likeness

DRAWN_AGAIN = 2
"""How often a picture that is unlike the product is drawn again."""
_UNLIKE = "Не похоже на товар: нарисовано {} раза, посмотрите сами."

_SAME = "Та же картинка, что и «{}»: похоже, ракурс не учтён."


def plan(session: Session, series_id: int) -> tuple[PictureSeries | None, Sequence[Picture]]:
    """A series with its pictures; None when it was removed."""
    return session.get(PictureSeries, series_id), series.of(session, series_id)


def is_wanted(session: Session, series_id: int, task_id: str) -> bool:
    """Whether this task is still the one to draw the series."""
    one = session.get(PictureSeries, series_id)
    is_named = one is not None and one.state == SeriesState.DRAWING and one.task_id == task_id
    return is_named and not tasks.is_cancelled(session, task_id)


def is_to_be_drawn(picture: Picture) -> bool:
    """It is not there, or too unlike still."""
    if picture.state == PictureState.WAITING:
        return True
    if picture.state != PictureState.DOUBTFUL or picture.verdict is not None or not _is_unlike(picture):
        return False
    return _compared(picture) <= DRAWN_AGAIN


def attempts(picture: Picture) -> int:
    """How often it was drawn."""
    return sum("seed" in one for one in picture.tries)


def fail(session: Session, picture_id: int, attempt: int, reason: str, tries: list[dict[str, Any]]) -> None:
    """It could not be drawn; what was there before stays."""
    picture = session.get(Picture, picture_id, with_for_update=True)
    if picture is None or attempts(picture) != attempt:
        return
    picture.tries = [*picture.tries, *tries]
    if picture.state == PictureState.WAITING:
        picture.state, picture.reason = PictureState.FAILED, reason


def fail_rest(session: Session, series_id: int, task_id: str, reason: str) -> None:
    """Nothing more can be drawn now."""
    if is_wanted(session, series_id, task_id):
        for picture in series.of(session, series_id):
            if picture.state == PictureState.WAITING:
                picture.state, picture.reason = PictureState.FAILED, reason


def keep(
    session: Session,
    picture_id: int,
    attempt: int,
    path: str,
    painted: Painted[Accepted],
    seed: int,
    kept_to: str | None,
    likeness: "Likeness | None",
    *,
    now: datetime,
) -> str | None:
    """Keep what was drawn, unless the one that is there is more alike, or a person accepted it, or it came by another
    worker meanwhile; the path of the one that is dropped."""
    picture = series.picture_held(session, picture_id)
    if picture is None or attempts(picture) != attempt or picture.verdict == Verdict.ACCEPTED:
        return path
    this: dict[str, Any] = {"engine": painted.engine, "model": painted.drawn.model, "seed": seed}
    if kept_to is not None:
        this["kept_to"] = kept_to
    if likeness is not None:
        this["likeness"] = likeness.score
    picture.tries = [*picture.tries, *painted.tries, this]
    before = None if picture.path is None or picture.verdict == Verdict.REFUSED else picture.fidelity
    if (
        before is not None
        and likeness is not None
        and (before["alike"], before["score"]) >= (likeness.is_alike, likeness.score)
    ):
        compare(session, picture_id, None)
        return path
    old, picture.path = picture.path, path
    accepted = painted.taken
    picture.mime_type, picture.size = accepted.photo.mime_type, len(accepted.photo.content)
    picture.width, picture.height = accepted.width, accepted.height
    picture.engine, picture.model, picture.drawn_at = painted.engine, painted.drawn.model, now
    picture.state, picture.reason, picture.fidelity = PictureState.DRAWN, None, None
    picture.verdict = picture.judged_by = None
    session.get_one(PictureSeries, picture.series_id).updated_at = now
    if likeness is not None:
        compare(session, picture_id, likeness)
    return old


def compare(session: Session, picture_id: int, likeness: "Likeness | None") -> None:
    """Note how alike the picture that is there is (None: as before); a person's verdict stands."""
    picture = session.get(Picture, picture_id, with_for_update=True)
    if picture is None or picture.path is None:
        return
    if likeness is not None:
        picture.fidelity = likeness.told()
        newest = max((number for number, one in enumerate(picture.tries) if "seed" in one), default=-1)
        picture.tries = [
            one | {"likeness": likeness.score} if number == newest else one for number, one in enumerate(picture.tries)
        ]
    if picture.verdict is not None or picture.fidelity is None:
        return
    if _is_unlike(picture):
        picture.state, picture.reason = PictureState.DOUBTFUL, _UNLIKE.format(_compared(picture))
    else:
        picture.state, picture.reason = PictureState.DRAWN, None


def tell_same(session: Session, series_id: int, same: dict[int, str]) -> None:
    """Mark the pictures that are the same as one before them (by id, with the angle of that one), and no others; a
    person's verdict stands."""
    for picture in series.of(session, series_id):
        if picture.verdict is not None or _is_unlike(picture):
            continue
        if picture.id in same:
            reason = _SAME.format(angles.title(same[picture.id]))
            picture.state, picture.reason = PictureState.DOUBTFUL, reason
        elif picture.state == PictureState.DOUBTFUL:
            picture.state, picture.reason = PictureState.DRAWN, None


def report(session: Session, task_id: str, series_id: int) -> None:
    """Say how far it is."""
    pictures = series.of(session, series_id)
    there = sum(picture.path is not None for picture in pictures)
    tasks.report_progress(session, task_id, f"{there} из {len(pictures)}")


def conclude(session: Session, series_id: int, task_id: str, *, now: datetime) -> dict[str, Any]:
    """The end of a task, and of its series unless another task has that now; what came of it."""
    one, pictures = plan(session, series_id)
    if one is None:
        return {}
    if one.state == SeriesState.DRAWING and one.task_id == task_id:
        missing = any(picture.state in (PictureState.WAITING, PictureState.FAILED) for picture in pictures)
        ended = SeriesState.INCOMPLETE if missing else SeriesState.DONE
        one.state = SeriesState.CANCELLED if tasks.is_cancelled(session, task_id) else ended
        one.updated_at = now
    return series.told(one, pictures, address="")


def _compared(picture: Picture) -> int:
    return sum("likeness" in one for one in picture.tries)


def _is_unlike(picture: Picture) -> bool:
    return picture.fidelity is not None and not picture.fidelity["alike"]
