"""The pictures of the demo: one of its windows from four sides, drawn on this machine when the shop has opened."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.studio import series
from saudager.studio.models import Keeping, PictureSeries
from saudager.studio.subjects import Thing

_WINDOW = Thing(name="Окно ПВХ 70 мм, 1500×1500", color="белый", details="двустворчатое, поворотно-откидное")
_VIEWS = ("front", "three_quarter", "side", "detail")


def ask_for(session: Session, *, now: datetime) -> None:
    """Ask for them, once: where any series is known nothing is done."""
    if session.scalar(select(PictureSeries.id).limit(1)) is None:
        series.begin(session, _WINDOW, views=_VIEWS, keeping=Keeping.FIRST, looks_up=False, by="Марат", now=now)
