"""The console's pages of orders: found, told in plain words, steered, and decided by a person's hand."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.bench.kaspi_shop import Item, KaspiShop
from saudager.console import orders as pages
from saudager.operators import audit
from saudager.orders import sync
from saudager.orders.models import Order, OrderTrigger, Trigger, TriggerState
from saudager.outreach import consent
from saudager.providers.marketplace import Stage
from tests.console.conftest import Console, OpenConsole
from tests.orders import rows

PAGE = "/console/orders"
Build = Callable[..., Any]


async def build(console: Console, do: Callable[..., Any]) -> Any:
    """Put the past into the tables."""
    return await console.app.db.run(do, at=console.shop.clock.now())


def _three(session: Session, *, at: Any) -> dict[str, int]:
    """Айгерим was thanked and it was read, Болат's delivery waits for the hours, the third has no number."""
    shop = rows.shop(session, at=at, name="Чайники")
    aigerim, bolat = rows.buyer(session, 1, at=at, name="Айгерим"), rows.buyer(session, 2, at=at, name="<b>Болат</b>")
    read = rows.order(session, shop, at=at - timedelta(hours=1), contact=aigerim, code="496000777")
    rows.written(session, read, at=at, fate="read", text="Спасибо, Айгерим!", engine="fallback")
    waits = rows.order(session, shop, at=at - timedelta(hours=2), contact=bolat, stage=Stage.READY, code="496000888")
    due = at + timedelta(hours=3)
    late = {"due_at": due, "late_at": at + timedelta(hours=48)}
    one = rows.trigger(session, waits, at=at, trigger=Trigger.ORDER_READY, reason="quiet_hours", **late)
    masked = rows.order(session, shop, at=at - timedelta(hours=3), stage=Stage.APPROVED, code="510000111")
    masked.buyer_name = "Ерлан Серик"
    rows.trigger(session, masked, at=at, state=TriggerState.REFUSED, reason="no_phone")
    return {"shop": shop, "read": read.id, "waits": waits.id, "masked": masked.id, "trigger": one.id, "bolat": bolat}


@pytest.mark.both_kinds
async def test_a_day_ahead_says_what_will_be_written_about_orders(open_console: OpenConsole):
    console = await open_console()
    await build(console, _three)
    assert "15:00 <b>Болат</b> заказ готов 496000888 напишем" in await console.sees("/console/preview?day=2026-03-11")
    assert "496000888" not in await console.sees("/console/preview?day=2026-03-12")
    await console.app.db.run(consent.note, 2, consent.EVERYTHING, "стоп", console.shop.clock.now())
    assert "496000888 не напишем" in await console.sees("/console/preview?day=2026-03-11&who=stop")


@pytest.mark.both_kinds
async def test_the_list_says_what_was_bought_by_whom_and_what_was_said(open_console: OpenConsole):
    console = await open_console()
    await build(console, _three)
    page = await console.get(PAGE)
    shown = console.text(page)
    assert "496000777" in shown and "Айгерим" in shown and "85 000 ₸" in shown.replace("\xa0", " ")
    assert "спасибо за заказ: прочитано" in shown
    assert "заказ готов: подождёт (ждёт часов, когда можно писать)" in shown
    assert "спасибо за заказ: нет (номер покупателя неизвестен)" in shown
    assert "<b>Болат</b>" in shown and "<b>Болат" not in page.text


FOUND = {
    "q=496000777": ["496000777"],
    "q=4960": ["496000777", "496000888"],
    "q=0000002": ["496000888"],
    "q=айгер": ["496000777"],
    "q=ерлан": ["510000111"],
    "stage=approved": ["510000111"],
    "only=written": ["496000777"],
    "only=waiting": ["496000888"],
    "only=not_written": ["510000111"],
    "only=problem": [],
    "q=4960&only=waiting": ["496000888"],
    "q=4960&stage=approved": [],
    "q=%25_": [],
}


@pytest.mark.both_kinds
async def test_an_order_is_found_by_number_buyer_phone_stage_and_what_was_said(open_console: OpenConsole):
    console = await open_console()
    await build(console, _three)
    found = {}
    for asked in FOUND:
        page = await console.get(f"{PAGE}?{asked}")
        found[asked] = [code for code in ("496000777", "496000888", "510000111") if f"<b>{code}</b>" in page.text]
    assert found == FOUND


@pytest.mark.both_kinds
async def test_what_did_not_arrive_and_what_only_a_person_can_mend_is_one_list(open_console: OpenConsole):
    def trouble(session: Session, *, at: Any) -> None:
        shop = rows.shop(session, at=at, name="Чайники")
        for number, fate in enumerate(["failed", "delivered", "unsettled"]):
            order = rows.order(session, shop, at=at, contact=rows.buyer(session, number, at=at), code=f"lost-{fate}")
            rows.written(session, order, at=at, fate=fate, reason="no_whatsapp" if fate == "failed" else None)
        stuck = rows.order(session, shop, at=at, contact=rows.buyer(session, 9, at=at), code="stuck")
        rows.trigger(session, stuck, at=at, reason="no_account")

    console = await open_console()
    await build(console, trouble)
    shown = await console.sees(f"{PAGE}?only=problem")
    assert [code for code in ("lost-failed", "lost-delivered", "lost-unsettled", "stuck") if code in shown] == [
        "lost-failed",
        "lost-unsettled",
        "stuck",
    ]
    assert "нет подключённого номера, с которого писать" in shown


@pytest.mark.both_kinds
async def test_a_long_list_goes_on_by_key_and_shows_nothing_twice(open_console: OpenConsole):
    codes = [f"{number:04}" for number in range(120)]

    def many(session: Session, *, at: Any) -> None:
        shop, buyer = rows.shop(session, at=at, name="Чайники"), rows.buyer(session, 1, at=at)
        for number, code in enumerate(codes):
            order = rows.order(session, shop, at=at - timedelta(minutes=number // 2), contact=buyer, code=code)
            rows.written(session, order, at=at)

    console = await open_console()
    await build(console, many)
    for only in ("all", "written"):
        page, parts = await console.get(f"{PAGE}?only={only}"), 0
        seen: list[str] = []
        while True:
            seen += [code for code in codes if f"<b>{code}</b>" in page.text]
            parts += 1
            more = page.text.partition("after=")[2].partition('"')[0]
            if not more:
                break
            page = await console.get(f"{PAGE}/list?only={only}&after={more}")
        assert (parts, sorted(seen)) == (3, codes)
    assert (await console.get(f"{PAGE}/list?after=nonsense")).status_code == 404


async def test_an_order_tells_its_lines_its_history_and_every_message_with_its_fate(open_console: OpenConsole):
    console = await open_console()
    ids = await build(console, _three)
    shown = (await console.sees(f"{PAGE}/{ids['read']}")).replace("\xa0", " ")
    assert "Окно ELITE 70" in shown and "Итого 85 000 ₸" in shown
    assert "спасибо за заказ прочитано" in shown and "Спасибо, Айгерим!" in shown
    assert "Готовая фраза: модель не ответила или написала лишнее." in shown
    shown = await console.sees(f"{PAGE}/{ids['masked']}")
    assert "Почему: номер покупателя неизвестен." in shown and "маркетплейс его не показывает" in shown
    shown = await console.sees(f"{PAGE}/{ids['waits']}")
    assert "Напишем 15:00." in shown and "Почему не сейчас: ждёт часов, когда можно писать." in shown
    assert (await console.get(f"{PAGE}/999")).status_code == 404


@pytest.mark.both_kinds
async def test_a_message_that_waits_is_stopped_once_and_can_be_let_go_on(open_console: OpenConsole):
    console = await open_console(role="manager")
    ids = await build(console, _three)
    path = f"{PAGE}/{ids['waits']}/messages/{ids['trigger']}"
    stopped = await console.post(f"{path}/stop")
    assert stopped.status_code == 204
    assert (await console.post(f"{path}/stop")).status_code == 409
    assert "Почему: остановил человек." in await console.sees(f"{PAGE}/{ids['waits']}")
    assert (await console.post(f"{PAGE}/{ids['read']}/messages/{ids['trigger']}/go-on")).status_code == 404
    assert (await console.post(f"{path}/go-on")).status_code == 204
    assert (await console.post(f"{path}/go-on")).status_code == 409
    assert await console.app.db.read(_state, ids["trigger"]) == ("waiting", None)
    told = [entry.action for entry in await console.app.db.read(audit.listed)]
    assert told == ["order.message_went_on", "order.message_stopped"]


def _state(session: Session, trigger_id: int) -> tuple[str, str | None]:
    one = session.get_one(OrderTrigger, trigger_id)
    return one.state, one.reason


async def test_a_buyer_is_found_by_his_orders_number_in_the_inbox_and_among_contacts(open_console: OpenConsole):
    console = await open_console()
    ids = await build(console, _three)
    for page in ("/console/inbox?q=496000888", "/console/contacts?query=496000888"):
        shown = await console.sees(page)
        assert "Болат" in shown and "Айгерим" not in shown
    shown = (await console.sees(f"/console/contacts/{ids['bolat']}")).replace("\xa0", " ")
    assert "Заказы готов или в пути 496000888 85 000 ₸ Чайники" in shown
    assert "Последний заказ 496000888" in await console.sees("/console/inbox/2")


async def test_what_is_handed_out_of_a_contact_holds_his_orders_lines(open_console: OpenConsole):
    import io
    import json
    import zipfile

    console = await open_console()
    ids = await build(console, _three)
    handed_out = await console.get(f"/console/contacts/{ids['bolat']}/export")
    with zipfile.ZipFile(io.BytesIO(handed_out.content)) as archive:
        lines, orders = (json.loads(archive.read(f"data/{table}.json")) for table in ("order_lines", "orders"))
    assert [order["code"] for order in orders] == ["496000888"]
    assert [(line["name"], line["order_id"]) for line in lines] == [("Окно ELITE 70", ids["waits"])]


@pytest.mark.both_kinds
async def test_an_open_page_learns_of_each_change(open_console: OpenConsole):
    console = await open_console()
    ids = await build(console, _three)
    path = f"{PAGE}/{ids['waits']}/messages/{ids['trigger']}"
    seen = []
    for deed in ("", "stop", "go-on"):
        if deed:
            await console.post(f"{path}/{deed}")
        now = console.shop.clock.now()
        marks = (("orders", None), ("order", str(ids["waits"])))
        seen.append([await console.app.db.read(pages.WATCHES[name], about, now=now) for name, about in marks])
    assert all(
        earlier != later for before, after in pairwise(seen) for earlier, later in zip(before, after, strict=True)
    )


async def test_a_viewer_looks_and_the_shops_are_the_owners(open_console: OpenConsole):
    console = await open_console(role="viewer")
    ids = await build(console, _three)
    shown = await console.sees(f"{PAGE}/{ids['waits']}")
    assert "Не писать" not in shown
    assert (await console.post(f"{PAGE}/{ids['waits']}/messages/{ids['trigger']}/stop")).status_code == 403
    manager = await console.another(role="manager")
    assert (await manager.get(f"{PAGE}/shops/new")).status_code == 403
    assert (await manager.post(f"{PAGE}/shops/{ids['shop']}/disconnect")).status_code == 403
    assert (await manager.post(f"{PAGE}/messages", {"ai_seller_enabled": "1"})).status_code == 403
    assert (await manager.post(f"{PAGE}/shops/{ids['shop']}/pause")).status_code == 204


async def test_a_shop_is_tried_then_connected_paused_and_told_how_it_is(open_console: OpenConsole):
    console = await open_console()
    assert "Подключите магазин" in await console.sees(PAGE)
    shown = await console.sees(f"{PAGE}/shops/new?at=kaspi")
    assert "самое рискованное для номера WhatsApp" in shown and "Пока только читать заказы" in shown
    async with KaspiShop(now=console.shop.clock.now) as kaspi:
        kaspi.place(items=[Item("SKU-1", "Чайник", 2, Decimal(9990))], phone="7015550101")
        form = {f"config.{name}": value for name, value in kaspi.form.items()} | {"at": "kaspi", "name": "Чайники"}
        wrong = await ends(console, console.post(f"{PAGE}/shops/test", form | {"config.token": "not-the-token"}))
        assert "Не работает." in console.text(wrong) and "токен" in console.text(wrong)
        empty = await ends(console, console.post(f"{PAGE}/shops/new", form | {"config.token": ""}))
        assert "Исправьте отмеченные поля." in console.text(empty)
        assert "Подключите магазин" in await console.sees(f"{PAGE}/shops")
        assert "Всё работает." in console.text(await ends(console, console.post(f"{PAGE}/shops/test", form)))

        connected = await ends(console, console.post(f"{PAGE}/shops/new", form | {"writes": "no"}))
        path = connected.headers["hx-redirect"]
        await console.shop.time_passes(minutes=10)
        await ends(console, sync.sync_orders(console.app, "look-1"))
        page = await console.get(path)
        shown = console.text(page)
        assert "читается" in shown and "не пишет покупателям" in shown and "Заказов 1" in shown
        assert kaspi.form["token"] not in page.text
        assert "Чайник" in await console.sees(f"{PAGE}/1")
        taken = await ends(console, console.post(f"{PAGE}/shops/new", form))
        assert taken.status_code == 409 and "уже есть" in taken.text

        paused = await console.post(f"{path}/resume")
        assert paused.status_code == 204
        assert "о заказах, сделанных" not in await console.sees(f"{PAGE}/shops")
        kaspi.fail_always("list", "403")
        await console.shop.time_passes(minutes=10)
        await ends(console, sync.sync_orders(console.app, "look-2"))
        assert "не читается" in await console.sees(f"{PAGE}/shops")
        assert "Магазины" in await console.sees("/console/today")
        renamed = await console.post(f"{path}/rename", {"name": "Чайники и чашки"})
        assert renamed.status_code == 204 and "Чайники и чашки" in await console.sees(f"{PAGE}/shops")
        assert (await console.post(f"{path}/account", {"account": "nobody"})).status_code == 404
        assert (await console.post(f"{path}/disconnect")).status_code == 204
    assert "Подключите магазин" in await console.sees(f"{PAGE}/shops")
    told = {entry.action for entry in await console.app.db.read(audit.listed)}
    assert {"shop.connected", "shop.resumed", "shop.renamed", "shop.disconnected"} <= told


async def test_a_shop_elsewhere_needs_only_a_name(open_console: OpenConsole):
    console = await open_console()
    connected = await console.post(f"{PAGE}/shops/new", {"at": "elsewhere", "name": "Ozon", "writes": "yes"})
    shown = await console.sees(connected.headers["hx-redirect"])
    assert "не на маркетплейсе" in shown and "POST /kaspi/orders?shop_id=1" in shown
    assert "Назовите магазин" in (await console.post(f"{PAGE}/shops/new", {"at": "elsewhere", "name": " "})).text


async def test_occasions_are_switched_with_their_days_and_the_change_can_be_undone(open_console: OpenConsole):
    console = await open_console()
    form = {
        "ai_seller_enabled": "1",
        "on.ORDER_READY": "1",
        "on.CROSS_SELL": "1",
        "ai_seller_review_days": "3",
        "ai_seller_cross_sell_days": "7,5",
        "ai_seller_replenishment_days": "30",
        "ai_seller_language": "kk",
        "template.ORDER_READY": "order_ready/ru",
    }
    saved = await console.post(f"{PAGE}/messages", form)
    assert saved.status_code == 200, saved.text
    settings = console.app.settings
    assert settings.ai_seller_triggers == ("ORDER_READY", "CROSS_SELL")
    assert (settings.ai_seller_cross_sell_days, settings.ai_seller_language) == (7.5, "kk")
    assert settings.ai_seller_templates == "ORDER_READY=order_ready/ru"
    wrong = await console.post(f"{PAGE}/messages", form | {"ai_seller_review_days": "400"})
    assert "Число больше 0 и до 90." in console.text(wrong)
    assert console.app.settings.ai_seller_review_days == 3
    undone = await console.post(saved.headers["hx-trigger"].split('"undo": "')[1].split('"')[0])
    assert undone.status_code == 204
    assert console.app.settings.ai_seller_triggers[0] == "POST_PURCHASE"
    assert console.app.settings.ai_seller_language == "ru"


@pytest.mark.both_kinds
async def test_what_is_written_and_not_gone_is_taken_back_when_its_occasion_is_switched_off(open_console: OpenConsole):
    console = await open_console()

    def at_the_door(session: Session, *, at: Any) -> dict[str, int]:
        shop, buyer = rows.shop(session, at=at), rows.buyer(session, 1, at=at)
        orders = {trigger: rows.order(session, shop, at=at, contact=buyer) for trigger in Trigger}
        return {
            trigger: rows.written(session, order, at=at, fate=None, trigger=trigger).id
            for trigger, order in orders.items()
        }

    ids = await build(console, at_the_door)
    form = {"ai_seller_enabled": "1", "on.ORDER_READY": "1", "ai_seller_review_days": "3"}
    await console.post(f"{PAGE}/messages", form)

    def states(session: Session) -> dict[str, tuple[str, str | None]]:
        found = {name: session.get_one(OrderTrigger, id) for name, id in ids.items()}
        return {name: (one.state, one.reason) for name, one in found.items()}

    after = await console.app.db.read(states)
    assert after.pop("ORDER_READY") == ("written", None)
    assert set(after.values()) == {("stopped", "off")}


async def test_what_would_be_written_is_shown_and_nothing_is_sent(open_console: OpenConsole):
    console = await open_console(role="manager")
    ids = await build(console, _three)
    page = await console.sees(f"{PAGE}/messages")
    assert "496000777 · Айгерим" in page and "Что ждёт 496000888 заказ готов 15:00" in page
    shown = await console.post(f"{PAGE}/messages/preview", {"order": ids["waits"], "trigger": "ORDER_DELIVERED"})
    assert "496000888" in console.text(shown) and "первое сообщение этому человеку" in console.text(shown)
    empty = await console.post(f"{PAGE}/messages/preview", {"order": ids["waits"], "trigger": "CROSS_SELL"})
    assert "Предложить нечего" in console.text(empty)
    assert await console.app.db.read(_state, ids["trigger"]) == ("waiting", "quiet_hours")
    assert console.shop.answers("77010000002@c.us") == []


async def test_results_tell_what_became_of_messages_and_whether_they_help(open_console: OpenConsole):
    console = await open_console()
    await build(console, _three)
    shown = await console.sees(f"{PAGE}/results")
    assert "Отправлено 1" in shown and "номер покупателя неизвестен 1" in shown and "Сравнивать пока некого" in shown

    def helped(session: Session, *, at: Any) -> None:
        groups, chance = {True: 400, False: 400}, Random(7)
        before = at - timedelta(days=90)
        rows.crowd(session, 1, groups, at=before, returns={True: 0.1, False: 0.35}, chance=chance, share=0.5)

    await build(console, helped)
    shown = await console.sees(f"{PAGE}/results")
    assert "Сообщения помогают" in shown and "скорее всего от +" in shown
    await console.shop.time_passes(minutes=1)
    assert (await console.post(f"{PAGE}/results/reset")).status_code == 204
    assert "Отправлено 0" in await console.sees(f"{PAGE}/results")


async def test_a_person_accepts_hands_over_by_the_code_and_cancels_and_a_refusal_is_told_plainly(
    open_console: OpenConsole,
):
    console = await open_console()
    async with KaspiShop(now=console.shop.clock.now) as kaspi:
        codes = [kaspi.place(items=[Item("SKU-1", "Чайник", 1, Decimal(9990))], phone="7015550101") for _ in range(3)]
        form = {f"config.{name}": value for name, value in kaspi.form.items()} | {"at": "kaspi", "name": "Чайники"}
        assert (await ends(console, console.post(f"{PAGE}/shops/new", form))).status_code == 204
        await console.shop.time_passes(minutes=10)
        first, second, third = [await console.app.db.read(_order, code) for code in codes]
        assert "Принять заказ" in await console.sees(f"{PAGE}/{first}")
        twice = asyncio.gather(*(console.post(f"{PAGE}/{first}/accept") for _ in range(2)))
        assert sorted(answer.status_code for answer in await ends(console, twice)) == [204, 409]
        assert len(kaspi.written) == 1
        again = await ends(console, console.post(f"{PAGE}/{first}/accept"))
        assert again.status_code == 409 and "уже принят" in again.text
        shown = await console.sees(f"{PAGE}/{first}")
        assert "Принять заказ" not in shown and "Шаг 2. Код, который назвал покупатель" in shown

        assert (await ends(console, console.post(f"{PAGE}/{first}/send-code"))).status_code == 204
        wrong = await ends(console, console.post(f"{PAGE}/{first}/complete", {"code": "000000"}))
        assert wrong.status_code == 409 and "код неверный" in wrong.text
        right = await ends(console, console.post(f"{PAGE}/{first}/complete", {"code": kaspi.code_sent_for(codes[0])}))
        assert right.status_code == 204, right.text
        assert "Что сделать с заказом" not in await console.sees(f"{PAGE}/{first}")

        cancelled = await ends(
            console, console.post(f"{PAGE}/{second}/cancel", {"reason": "MERCHANT_OUT_OF_STOCK", "comment": "нет"})
        )
        assert cancelled.status_code == 204, cancelled.text
        assert "Товара нет в наличии" in await console.sees(f"{PAGE}/{second}")

        kaspi.fail("write", "cut_after")
        lost = await ends(console, console.post(f"{PAGE}/{third}/accept"))
        assert lost.status_code == 204, lost.text
        assert len([one for one in kaspi.written if one.code == codes[2]]) == 1
        viewer = await console.another(role="viewer")
        assert (await viewer.post(f"{PAGE}/{third}/cancel", {"reason": "MERCHANT_OUT_OF_STOCK"})).status_code == 403
        assert "Что сделать с заказом" not in await viewer.sees(f"{PAGE}/{third}")
    told = [entry.action for entry in await console.app.db.read(audit.listed)]
    assert told[:5] == ["order.accepted", "order.cancelled", "order.completed", "order.code_sent", "order.accepted"]


async def ends(console: Console, work: Awaitable[Any]) -> Any:
    """What came of a deed that keeps the marketplace's pace, for which the clock is moved on."""
    task = asyncio.ensure_future(work)
    while not task.done():
        await asyncio.wait({task}, timeout=0.002)
        console.shop.clock.move_to(console.shop.clock.now() + timedelta(milliseconds=1))
    return task.result()


def _order(session: Session, code: str) -> int:
    return session.scalars(select(Order.id).where(Order.code == code)).one()
