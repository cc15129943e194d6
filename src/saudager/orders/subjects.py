"""What one message to a buyer is about: the order as it stands, who gets it, and what may be offered beside."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.contracts import MessageClass
from saudager.conversations import transcript
from saudager.conversations.models import Conversation
from saudager.languages import Language, language_of
from saudager.orders import recommendations
from saudager.orders.delivery import Way, way_of
from saudager.orders.models import Order, OrderLine, Shop, Trigger
from saudager.orders.naming import first_name, plain, short, unlinked
from saudager.orders.recommendations import Recommendation
from saudager.providers.llm import Said
from saudager.settings import Settings

_LINES_OF_TALK, _LINES_TELLING_LANGUAGE = 10, 3
_OFFERED = frozenset({Trigger.POST_PURCHASE, Trigger.CROSS_SELL})
_MARKETING = frozenset({Trigger.REVIEW_REQUEST, Trigger.CROSS_SELL, Trigger.REPLENISHMENT})


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the order; its name is cut to what a message has room for."""

    name: str
    quantity: Decimal
    price: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class Subject:
    """Everything a message about an order may rest on."""

    trigger: Trigger
    code: str
    shop_name: str
    buyer_name: str | None
    """His first name."""
    language: Language
    stage: str
    way: Way
    city: str | None
    total: Decimal
    currency: str
    placed_on: date
    """In the shop's zone, as ``planned_on``."""
    planned_on: date | None
    """When it is to reach him; None when nobody knows, or the day is past."""
    lines: tuple[Item, ...]
    recommended: tuple[Recommendation, ...]
    first_contact: bool
    """He has never written to us."""
    history: tuple[Said, ...]
    contact_id: int | None

    @property
    def message_class(self) -> MessageClass:
        """What the door judges it by: an offer makes a message marketing."""
        offers = self.trigger in _MARKETING or bool(self.recommended)
        return MessageClass.MARKETING if offers else MessageClass.SERVICE

    @property
    def is_pointless(self) -> bool:
        """Whether it is to offer something and there is nothing to offer."""
        return self.trigger is Trigger.CROSS_SELL and not self.recommended

    def without_offer(self) -> "Subject":
        """The same for who may get no marketing."""
        return replace(self, recommended=())


def subject(
    session: Session, order_id: int, trigger: Trigger, *, first_contact: bool, settings: Settings, now: datetime
) -> Subject:
    """Read what a message about the order may say; at most one product is offered to who never wrote to us."""
    order = session.get_one(Order, order_id)
    shop = session.get_one(Shop, order.shop_id)
    history = _history(session, order.contact_id)
    limit = (1 if first_contact else 2) if trigger in _OFFERED else 0
    shop_name = plain(settings.shop_name or shop.name)
    planned_on = order.planned_delivery_at and order.planned_delivery_at.astimezone(settings.zone).date()
    return Subject(
        trigger=trigger,
        code=plain(order.code),
        shop_name=unlinked(shop_name) if first_contact else shop_name,
        buyer_name=first_name(order.buyer_name),
        language=_language(history, settings),
        stage=order.stage,
        way=way_of(order.state, order.delivery, order.handed_over_at),
        city=order.city and plain(order.city),
        total=order.total,
        currency=order.currency,
        placed_on=order.placed_at.astimezone(settings.zone).date(),
        planned_on=planned_on if planned_on and planned_on >= now.astimezone(settings.zone).date() else None,
        lines=tuple(_items(session, order_id)),
        recommended=tuple(recommendations.goes_with(session, order_id, limit=limit)) if limit else (),
        first_contact=first_contact,
        history=history,
        contact_id=order.contact_id,
    )


def _items(session: Session, order_id: int) -> Sequence[Item]:
    chosen = select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.number)
    return [Item(short(line.name), line.quantity, line.price, line.total) for line in session.scalars(chosen)]


def _history(session: Session, contact_id: int | None) -> tuple[Said, ...]:
    """The end of his newest conversation."""
    if contact_id is None:
        return ()
    newest = select(Conversation.id).where(Conversation.contact_id == contact_id)
    found = session.scalar(newest.order_by(Conversation.last_message_at.desc().nulls_last()).limit(1))
    return tuple(transcript.as_said(transcript.recent(session, found, limit=_LINES_OF_TALK))) if found else ()


def _language(history: Sequence[Said], settings: Settings) -> Language:
    """That of his last lines, else the one set for buyers who have not written."""
    usual: Language = {"kk": "kk", "en": "en"}.get(settings.ai_seller_language, "ru")  # type: ignore[assignment]
    last = [said.text for said in history if said.author == "customer"][-_LINES_TELLING_LANGUAGE:]
    return language_of(" ".join(last), before=usual)
