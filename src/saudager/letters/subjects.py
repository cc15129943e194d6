"""What one letter is about: who gets it, what his company bought, what is offered, and who signs."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.errors import NotFound, Refused
from saudager.languages import Language
from saudager.letters import facts, naming
from saudager.operators.models import Operator
from saudager.orders.models import Product
from saudager.orders.naming import plain
from saudager.sales import metrics
from saudager.sales.metrics import Figures
from saudager.sales.models import Company, Person
from saudager.settings import Settings
from saudager.truth.named import NamedFact

PURPOSES = ("offer", "follow_up", "thanks", "news", "service", "win_back")
LANGUAGES: tuple[Language, ...] = ("ru", "kk", "en")
MOST_PRODUCTS, LONGEST_CONTEXT = 20, 5000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What letter is asked for. ``products`` are ids of the catalogue; ``language`` None: the recipient's own, else the
    shop's."""

    person_id: int
    context: str = ""
    tone: str = "professional"
    purpose: str = "offer"
    products: tuple[int, ...] = ()
    include_sales_data: bool = True
    user_id: int | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A product of the catalogue; no price, no figure is said of it."""

    id: int
    name: str
    price: Decimal | None
    currency: str
    available: bool

    @property
    def facts(self) -> list[NamedFact]:
        said = [NamedFact("offered_product", self.name)]
        if self.price is not None:
            said.append(NamedFact("price", naming.amount(self.price, self.currency), self.name))
        if self.available:
            said.append(NamedFact("available", "true", self.name))
        return said


@dataclass(frozen=True, slots=True)
class Subject:
    """Everything a letter may rest on."""

    company_id: int
    company: str
    """Without its form: «ТехКом»."""
    is_person: bool
    person: str
    greeted: str | None
    """How he is greeted; None: without a name."""
    position: str | None
    contact_id: int | None
    language: Language
    tone: str
    purpose: str
    context: str
    figures: Figures | None
    """None: sales are not to be spoken of, or nothing was bought."""
    offers: tuple[Offer, ...]
    shop: str
    signature: str
    """One or two lines."""

    def with_figures(self, figures: Figures) -> "Subject":
        """The same about purchases, if there were any."""
        return replace(self, figures=figures if figures.main and figures.main.orders else None)

    @property
    def rows(self) -> list[NamedFact]:
        """All of it as facts the guard reads."""
        said = [
            NamedFact("language", self.language),
            NamedFact("shop", self.shop),
            NamedFact("sender", " ".join(self.signature.split())),
            NamedFact("customer_name", self.person),
            NamedFact("company", self.company),
        ]
        said += [NamedFact("position", self.position)] if self.position else []
        said += facts.of_figures(self.figures) if self.figures else []
        for offer in self.offers:
            said += offer.facts
        return list(dict.fromkeys(one for one in said if one.value))


def subject(session: Session, wanted: Wanted, *, settings: Settings, now: datetime) -> Subject:
    """Read it all; raises NotFound for an unknown person or product, Refused for what cannot be asked for."""
    person = session.get(Person, wanted.person_id)
    company = session.get(Company, person.company_id) if person else None
    if person is None or company is None:
        raise NotFound(f"Получателя № {wanted.person_id} нет.")
    if wanted.purpose not in PURPOSES:
        raise Refused(f"Цель «{wanted.purpose[:40]}» неизвестна: {', '.join(PURPOSES)}.")
    if len(wanted.context) > LONGEST_CONTEXT:
        raise Refused(f"Контекст длиннее {LONGEST_CONTEXT} знаков: сократите его.")
    found = Subject(
        company_id=company.id,
        company=naming.firm(company.name),
        is_person=company.is_person,
        person=plain(person.name),
        greeted=naming.greeted(person.name),
        position=plain(person.position)[:100] if person.position else None,
        contact_id=person.contact_id,
        language=_language(wanted.language or person.language, settings),
        tone=plain(wanted.tone)[:60] or "professional",
        purpose=wanted.purpose,
        context=wanted.context.strip(),
        figures=None,
        offers=offers(session, wanted.products),
        shop=plain(settings.shop_name),
        signature=_signature(session, wanted.user_id, settings),
    )
    if not wanted.include_sales_data:
        return found
    today = now.astimezone(settings.zone).date()
    return found.with_figures(metrics.of_company(session, company.id, today=today))


def _language(asked: str | None, settings: Settings) -> Language:
    if asked is not None and asked not in LANGUAGES:
        raise Refused(f"На языке «{asked[:20]}» писем не пишем: ru, kk или en.")
    found = asked or settings.letter_language
    return next(one for one in LANGUAGES if one == found)


def offers(session: Session, products: tuple[int, ...]) -> tuple[Offer, ...]:
    """In the order they were asked for; raises NotFound for an unknown one, Refused for too many."""
    wanted = list(dict.fromkeys(products))
    if len(wanted) > MOST_PRODUCTS:
        raise Refused(f"В одном письме не больше {MOST_PRODUCTS} товаров.")
    found = {one.id: one for one in session.scalars(select(Product).where(Product.id.in_(wanted)))} if wanted else {}
    if missing := [str(one) for one in wanted if one not in found]:
        raise NotFound(f"Нет товара № {', '.join(missing)}.")
    return tuple(
        Offer(
            one.id,
            naming.title(one.name),
            one.price if one.price is not None and one.price > 0 else None,
            one.currency,
            bool(one.stock and one.stock > 0),
        )
        for one in (found[key] for key in wanted)
    )


def _signature(session: Session, user_id: int | None, settings: Settings) -> str:
    """The operator who asked and the shop; else LETTER_SIGNATURE, else SHOP_NAME."""
    operator = session.get(Operator, user_id) if user_id is not None else None
    if operator is not None and operator.disabled_at is None:
        return "\n".join(dict.fromkeys((plain(operator.name), plain(settings.shop_name))))
    own = [plain(line) for line in settings.letter_signature.replace("\\n", "\n").splitlines()]
    return "\n".join(line for line in own if line) or plain(settings.shop_name)
