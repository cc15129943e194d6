"""Series as they are looked through: the newest first with their pictures, and what changed among them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.db.statements import Statement
from saudager.orders.models import Product
from saudager.studio import series
from saudager.studio.models import Picture, PictureSeries, PictureState, Verdict

_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Row:
    """A series and its pictures in their order."""

    series: PictureSeries
    pictures: Sequence[Picture]

    @property
    def there(self) -> list[Picture]:
        """Those that are drawn."""
        return [one for one in self.pictures if one.path]

    @property
    def accepted(self) -> list[Picture]:
        """Those a person has accepted: what the salesperson may send."""
        return [one for one in self.there if one.verdict == Verdict.ACCEPTED]

    @property
    def unseen(self) -> list[Picture]:
        """Those that wait for a person's eye."""
        return [one for one in self.there if one.state == PictureState.DOUBTFUL and one.verdict is None]

    @property
    def alike(self) -> list[Picture]:
        """Those a person may accept without looking at each: surely like the product, or what the others are compared
        with."""
        return [
            one
            for one in self.there
            if one.state == PictureState.DRAWN and one.verdict is None and not (one.fidelity or {}).get("doubt")
        ]

    @property
    def missing(self) -> list[Picture]:
        """Those that are still to be drawn."""
        return [one for one in self.pictures if one.state in (PictureState.WAITING, PictureState.FAILED)]


@dataclass(frozen=True, slots=True)
class Listed:
    """Series, newest first, and what to ask for as ``after`` to get more."""

    rows: list[Row]
    next: int | None


def found(
    session: Session,
    *,
    state: str | None = None,
    product_id: int | None = None,
    query: str = "",
    after: int | None = None,
) -> Listed:
    """Series with all words of ``query`` in their title or session id. The state ``doubtful`` is that of series with a
    picture that waits for a person's eye."""
    wanted = select(PictureSeries).order_by(PictureSeries.id.desc()).limit(_AT_ONCE + 1)
    if state == PictureState.DOUBTFUL:
        unseen = select(Picture.series_id).where(Picture.state == state, Picture.verdict.is_(None))
        wanted = wanted.where(PictureSeries.id.in_(unseen))
    elif state:
        wanted = wanted.where(PictureSeries.state == state)
    if product_id is not None:
        wanted = wanted.where(PictureSeries.product_id == product_id)
    folded = func.lower if session.info["kind"].IS_SERVER else func.folded
    for word in query.lower().split():
        named = folded(PictureSeries.title + " " + PictureSeries.session_id)
        wanted = wanted.where(named.contains(word, autoescape=True))
    if after is not None:
        wanted = wanted.where(PictureSeries.id < after)
    several = session.scalars(wanted).all()
    shown = several[:_AT_ONCE]
    return Listed(_rows(session, shown), shown[-1].id if len(several) > _AT_ONCE else None)


def one(session: Session, series_id: int) -> Row:
    """Raises NotFound."""
    return Row(series.held(session, series_id), series.of(session, series_id))


def accepted_of(session: Session, shop_id: int, articles: Collection[str]) -> dict[str, list[Picture]]:
    """The accepted pictures of what a shop sells under these articles, the newest series first."""
    rows = session.execute(
        select(Product.sku, Picture)
        .join(PictureSeries, PictureSeries.product_id == Product.id)
        .join(Picture, Picture.series_id == PictureSeries.id)
        .where(Product.shop_id == shop_id, Product.sku.in_(articles), Picture.verdict == Verdict.ACCEPTED)
        .order_by(Product.sku, PictureSeries.id.desc(), Picture.number)
    ).all()
    return {article: [picture for _, picture in group] for article, group in groupby(rows, lambda row: row[0])}


def mark(session: Session) -> str:
    """Changes whenever a series comes, goes or is another than before."""
    return "-".join(str(part) for part in _MARK(session).fetchone())


def mark_of_one(session: Session, series_id: int) -> str:
    """Changes whenever something about a series or its pictures does."""
    return "|".join("-".join(str(part) for part in row) for row in _MARK_OF_ONE(session, id=series_id).fetchall())


def _rows(session: Session, several: Sequence[PictureSeries]) -> list[Row]:
    pictures = session.scalars(
        select(Picture)
        .where(Picture.series_id.in_([one.id for one in several]))
        .order_by(Picture.series_id, Picture.number)
    ).all()
    of = {number: list(group) for number, group in groupby(pictures, lambda one: one.series_id)}
    return [Row(one, of.get(one.id, [])) for one in several]


_MARK = Statement("""
    select (select max(id) from picture_series), (select count(*) from picture_series),
        (select max(updated_at) from picture_series), (select max(drawn_at) from pictures),
        (select count(*) from pictures where verdict = 'accepted'),
        (select count(*) from pictures where verdict = 'refused')""")
_MARK_OF_ONE = Statement("""
    select s.state, s.updated_at, p.number, p.state, p.path, p.verdict, p.reason, p.drawn_at
    from picture_series s join pictures p on p.series_id = s.id where s.id = :id order by p.number""")
