"""The salesperson earns trust topic by topic: by how often a person sends its drafts as they stand."""

import pytest

from saudager.agent import drafting
from saudager.attention import Why
from saudager.operators import audit
from saudager.providers.llm import Verdict
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import Shop
from saudager.trust import drafts, ramp
from saudager.trust.likeness import likeness
from saudager.trust.models import Mode
from saudager.trust.topics import Topic, topics_of

pytestmark = pytest.mark.slow

BUYER = Verdict(is_client=True, confidence=0.95, reasoning="Спрашивает цену.")


@pytest.mark.parametrize(
    ("line", "topics"),
    [
        ("Сколько стоит окно 1500 на 1500?", [Topic.PRICE]),
        ("Терезе қанша тұрады?", [Topic.PRICE]),
        ("How much is the window?", [Topic.PRICE]),
        ("Есть ли в наличии белые?", [Topic.AVAILABILITY]),
        ("Жеткізу бар ма?", [Topic.DELIVERY, Topic.AVAILABILITY]),
        ("Вы доставляете в Караганду и сколько стоит доставка?", [Topic.DELIVERY, Topic.PRICE]),
        ("Можно в рассрочку через Каспи?", [Topic.PAYMENT]),
        ("Какая гарантия на профиль?", [Topic.WARRANTY]),
        ("Позвоните мне завтра", [Topic.CALLS]),
        ("Где мой заказ?", [Topic.ORDER]),
        ("Where is my order?", [Topic.ORDER]),
        ("Расскажите о профиле", [Topic.OTHER]),
    ],
)
def test_what_a_line_is_about(line, topics):
    assert topics_of([line]) == topics


@pytest.mark.parametrize(
    ("draft", "sent", "least", "most"),
    [
        ("Окно стоит 131 000 ₸.", "Окно  стоит 131 000 ₸.\n", 1, 1),
        ("Окно стоит 131 000 ₸.", "Окно стоит 130 000 ₸.", 0, 0),
        ("Окно стоит 131 000 ₸.", "Окно стоит 131000 ₸.", 1, 1),
        ("Доставим в среду после обеда.", "Доставим в среду после обеда, хорошо?", 0.8, 0.99),
        ("Доставим в среду после обеда.", "Нет, так не получится совсем никак", 0, 0.4),
    ],
)
def test_agreement_is_lost_with_words_and_all_of_it_with_a_figure(draft, sent, least, most):
    assert least <= likeness(draft, sent) <= most


def test_the_bound_needs_many_drafts_and_few_disagreements():
    assert ramp.lower_bound(20, 20) > 0.8 > ramp.lower_bound(10, 10)
    assert ramp.lower_bound(19, 20) < 0.8
    assert ramp.more_needed(0, 0) == 20
    assert ramp.more_needed(20, 20) == 0
    assert ramp.lower_bound(0, 0) == 0
    more = ramp.more_needed(19, 20)
    assert ramp.lower_bound(19 + more, 20 + more) >= 0.8 > ramp.lower_bound(18 + more, 19 + more)


@pytest.fixture
def shop_of(open_shop):
    async def open_one(**values) -> Shop:
        model = ScriptedModel(lambda briefing: "Какой вам нужен размер и профиль?", everybody=BUYER)
        shop: Shop = await open_shop(model=model, **values)
        await shop.app.db.run(ramp.set_all, Mode.DRAFT, by="Асель", now=shop.clock.now())
        return shop

    return open_one


async def _draft_and(shop: Shop, number: int, text: str | None) -> None:
    """A customer of his own asks for a price, and his draft is approved, or sent with another text."""
    await shop.customer_says("Сколько стоит окно?", chat=f"7701000{number:04}@c.us")
    await shop.time_passes(seconds=20)
    (draft,) = await shop.app.db.read(drafts.waiting)
    said = text or draft.text
    await shop.app.db.run(drafting.approve, draft.id, said, shop.app.settings, by="Асель", now=shop.clock.now())


async def _price(shop: Shop) -> ramp.Record:
    return next(one for one in await shop.app.db.read(ramp.records) if one.topic is Topic.PRICE)


async def test_twenty_drafts_sent_as_they_stand_make_a_topic_automatic_and_no_other(shop_of):
    shop = await shop_of()
    for number in range(19):
        await _draft_and(shop, number, None)
    price = await _price(shop)
    assert (price.mode, price.sent, price.more) == (Mode.DRAFT, 19, 1)
    await _draft_and(shop, 19, None)
    price = await _price(shop)
    assert (price.mode, price.changed_by) == (Mode.AUTOMATIC, ramp.BY_ITSELF)
    (noted,) = await shop.app.db.read(audit.listed, action="trust.earned")
    assert (noted.about, noted.details) == ("topic:price", {"agreed": 20, "decided": 20})
    assert [(entry.kind, entry.about) for entry in await shop.desk()] == [(Why.TRUSTED, "topic:price")]
    await shop.customer_says("Сколько стоит окно?", chat="77010009999@c.us")
    await shop.time_passes(seconds=30)
    assert len(shop.answers("77010009999@c.us")) == 1
    await shop.customer_says("А гарантия какая?", chat="77010009999@c.us")
    await shop.time_passes(seconds=30)
    assert len(shop.answers("77010009999@c.us")) == 1


async def test_a_draft_that_had_to_be_rewritten_puts_trust_off(shop_of):
    shop = await shop_of()
    await _draft_and(shop, 0, "Здравствуйте! Напишите, пожалуйста, ширину с высотой.")
    for number in range(1, 20):
        await _draft_and(shop, number, None)
    price = await _price(shop)
    assert (price.mode, price.edited, price.agreed, price.decided) == (Mode.DRAFT, 1, 19, 20)
    assert price.more > 0


async def test_put_back_by_hand_a_topic_climbs_anew(shop_of):
    shop = await shop_of()
    for number in range(20):
        await _draft_and(shop, number, None)
    await shop.time_passes(seconds=1)
    now = shop.clock.now()
    await shop.app.db.run(ramp.set_mode, Topic.PRICE, Mode.DRAFT, ramp=True, by="Асель", now=now)
    assert await shop.desk() == []
    await _draft_and(shop, 20, None)
    price = await _price(shop)
    assert (price.mode, price.decided, price.more) == (Mode.DRAFT, 1, 19)
