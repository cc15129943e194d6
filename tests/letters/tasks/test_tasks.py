"""A letter is asked for once and written once, whatever becomes of the task on its way."""

import asyncio

import pytest

from saudager.errors import NotFound, Refused, Unreachable
from saudager.letters import desk, tasks
from saudager.letters.models import LetterState
from saudager.letters.tasks import (
    generate_personalized_letter,
    generate_sales_insights,
    regenerate_personalized_letter,
)
from saudager.queues import table
from tests.letters.tasks.pen import people

pytestmark = pytest.mark.both_kinds


async def ask(shop, *, recipient_id=1, **more):
    return await shop.app.db.run(
        generate_personalized_letter.enqueue, recipient_id=recipient_id, now=shop.clock.now(), **more
    )


async def anew(shop, letter_id, **more):
    return await shop.app.db.run(
        regenerate_personalized_letter.enqueue, letter_id=letter_id, now=shop.clock.now(), **more
    )


async def status(shop, task_id):
    return await shop.app.db.read(tasks.status, task_id, now=shop.clock.now())


async def letters(shop):
    return [row.letter for row in (await shop.app.db.read(desk.listed)).rows]


async def cancel(shop, task_id):
    await shop.app.db.run(tasks.cancel, task_id, now=shop.clock.now())


async def is_at(shop, task_id, progress):
    async with asyncio.timeout(10):
        while (found := await status(shop, task_id)).progress != progress:
            await asyncio.sleep(0.005)
    return found


async def test_a_letter_that_was_asked_for_lies_on_the_desk_as_a_draft(shop, pen):
    task_id = await ask(
        shop,
        user_id=None,
        context="Новые решения для вашей отрасли",
        tone="professional",
        purpose="offer",
        products=[],
        include_sales_data=True,
    )
    await shop.settles()
    found = await status(shop, task_id)
    assert found.state == "completed"
    assert found.result == {
        "letter_id": 1,
        "subject": "Письмо 1 для ТехКом",
        "body": "Добрый день, Иван Петрович!\n\nУ вас 18 заказов. Новые решения для вашей отрасли",
        "key_points": ["18 заказов"],
        "engine": "scripted",
        "facts": [
            {"name": "total", "label": "2025-03..2026-03", "value": "2450000 KZT"},
            {"name": "orders", "label": "", "value": "18"},
        ],
    }
    (letter,) = await letters(shop)
    assert (letter.state, letter.version, letter.personalization["company_name"]) == ("draft", 1, "ТехКом")


async def test_the_same_id_asked_for_twice_is_one_task_and_one_letter(shop, pen):
    assert await ask(shop, task_id="spring:1") == await ask(shop, task_id="spring:1") == "spring:1"
    await shop.settles()
    assert await ask(shop, task_id="spring:1") == "spring:1"
    await shop.settles()
    assert len(await letters(shop)) == len(pen.commissions) == 1


async def test_asked_for_at_the_same_moment_it_is_still_one_letter(shop, pen):
    asked = await asyncio.gather(*(ask(shop, task_id="spring:1") for _ in range(20)))
    assert set(asked) == {"spring:1"}
    await shop.settles()
    assert len(await letters(shop)) == len(pen.commissions) == 1


async def test_an_id_that_stands_for_something_else_is_refused(shop):
    await ask(shop, task_id="spring:1")
    with pytest.raises(Refused, match="Этим ключом"):
        await ask(shop, task_id="spring:1", context="Другое")
    with pytest.raises(Refused, match="Этим ключом"):
        await shop.app.db.run(
            generate_sales_insights.enqueue, company_id=1, person_id=1, task_id="spring:1", now=shop.clock.now()
        )
    assert len(await letters(shop)) == 1


@pytest.mark.parametrize("wrong", [{"recipient_id": 99}, {"products": [7]}])
async def test_what_is_not_there_is_told_at_once_and_nothing_is_kept(shop, wrong):
    with pytest.raises(NotFound):
        await ask(shop, **wrong)
    assert await letters(shop) == []


async def test_a_task_says_what_it_is_doing(shop, pen):
    pen.hold = asyncio.Event()
    task_id = await ask(shop)
    assert (await is_at(shop, task_id, "Пишем письмо")).state == "running"
    (letter,) = await letters(shop)
    assert letter.state == LetterState.WRITING
    pen.hold.set()
    await shop.settles()
    assert (await status(shop, task_id)).state == "completed"


async def test_what_cannot_be_written_fails_with_its_reason_and_is_not_tried_again(shop, pen):
    pen.faults = [Refused("Контекст длиннее, чем можно.")]
    task_id = await ask(shop)
    await shop.settles()
    found = await status(shop, task_id)
    assert (found.state, found.error) == ("failed", "Контекст длиннее, чем можно.")
    (letter,) = await letters(shop)
    assert (letter.state, letter.reason) == ("failed", "Контекст длиннее, чем можно.")
    assert len(pen.commissions) == 1


async def test_what_breaks_is_tried_again_and_is_one_letter(shop, pen):
    pen.faults = [Unreachable("no network"), Unreachable("no network")]
    task_id = await ask(shop)
    await shop.settles()
    assert (await status(shop, task_id)).state == "retrying"
    await shop.time_passes(minutes=1)
    assert (await status(shop, task_id)).state == "completed"
    (letter,) = await letters(shop)
    assert (letter.state, letter.version) == ("draft", 1)


async def test_what_keeps_breaking_fails_and_can_be_put_back(shop, pen):
    pen.faults = [Unreachable("no network")] * 3
    task_id = await ask(shop)
    await shop.time_passes(minutes=1)
    found = await status(shop, task_id)
    assert (found.state, found.error) == ("failed", "Unreachable('no network')")
    assert [letter.state for letter in await letters(shop)] == ["failed"]
    await shop.app.db.run(table.redrive, tasks.QUEUE, now=shop.clock.now())
    await shop.settles()
    assert [letter.state for letter in await letters(shop)] == ["draft"]


async def test_a_queued_task_that_is_cancelled_is_never_run(shop, pen):
    pen.hold = asyncio.Event()
    busy = [await ask(shop) for _ in range(8)]
    for one in busy:
        await is_at(shop, one, "Пишем письмо")
    task_id = await ask(shop, recipient_id=2)
    await cancel(shop, task_id)
    await cancel(shop, task_id)
    pen.hold.set()
    await shop.settles()
    assert (await status(shop, task_id)).state == "cancelled"
    assert {commission.person_id for commission in pen.commissions} == {1}
    newest = (await letters(shop))[0]
    assert (newest.person_id, newest.state, newest.reason) == (2, "dropped", "cancelled")


async def test_of_a_running_task_that_is_cancelled_nothing_is_kept(shop, pen):
    pen.hold = asyncio.Event()
    task_id = await ask(shop)
    await is_at(shop, task_id, "Пишем письмо")
    await cancel(shop, task_id)
    assert (await status(shop, task_id)).state == "cancelled"
    pen.hold.set()
    await shop.settles()
    assert (await status(shop, task_id)).state == "cancelled"
    (letter,) = await letters(shop)
    assert (letter.state, letter.body) == ("dropped", "")


async def test_a_task_that_is_over_cannot_be_cancelled(shop):
    task_id = await ask(shop)
    await shop.settles()
    with pytest.raises(Refused, match="уже закончена"):
        await cancel(shop, task_id)
    with pytest.raises(NotFound):
        await cancel(shop, "nobody")
    assert [letter.state for letter in await letters(shop)] == ["draft"]


async def test_a_letter_written_anew_keeps_what_it_said_before(shop, pen):
    await ask(shop, context="Первое", purpose="offer")
    await shop.settles()
    await anew(shop, 1, context="Второе", tone="friendly")
    await shop.settles()
    (letter,) = await letters(shop)
    assert (letter.version, letter.state, letter.body[-6:]) == (2, "draft", "Второе")
    assert (pen.commissions[-1].tone, pen.commissions[-1].purpose) == ("friendly", "offer")
    (earlier,) = await shop.app.db.read(desk.versions, 1)
    assert (earlier.version, earlier.body[-6:]) == (1, "Первое")


async def test_a_letter_that_cannot_be_written_anew_keeps_its_words(shop, pen):
    await ask(shop)
    await shop.settles()
    pen.faults = [Refused("Не вышло.")]
    await anew(shop, 1, context="Второе")
    await shop.settles()
    (letter,) = await letters(shop)
    assert (letter.state, letter.version, letter.reason, letter.body[:6]) == ("draft", 1, "Не вышло.", "Добрый")


async def test_a_cancelled_run_does_not_write_into_the_letter_that_is_written_anew_again(shop, pen):
    await ask(shop)
    await shop.settles()
    pen.hold = first = asyncio.Event()
    task_id = await anew(shop, 1, context="Второе")
    await is_at(shop, task_id, "Пишем письмо")
    await cancel(shop, task_id)
    pen.hold = asyncio.Event()
    other = await anew(shop, 1, context="Третье")
    await is_at(shop, other, "Пишем письмо")
    first.set()
    pen.hold.set()
    await shop.settles()
    (letter,) = await letters(shop)
    assert (letter.version, letter.body[-6:]) == (2, "Третье")


async def test_while_a_letter_is_written_nobody_else_begins_or_edits_it(shop, pen):
    await ask(shop)
    await shop.settles()
    pen.hold = asyncio.Event()
    await anew(shop, 1)
    with pytest.raises(Refused, match="сейчас пишется"):
        await anew(shop, 1)
    with pytest.raises(Refused, match="сейчас пишется"):
        await shop.app.db.run(desk.edit, 1, "Тема", "Текст", now=shop.clock.now())
    pen.hold.set()
    await shop.settles()


async def test_insights_come_with_the_facts_they_rest_on(shop):
    task_id = await shop.app.db.run(generate_sales_insights.enqueue, company_id=1, person_id=1, now=shop.clock.now())
    await shop.settles()
    result = (await status(shop, task_id)).result
    assert result["insights"]["sales_insights"][0]["metric_name"] == "Заказы"
    assert (result["engine"], result["facts"][1]["value"]) == ("scripted", "18")


async def test_insights_of_somebody_elses_person_are_refused(shop):
    with pytest.raises(Refused, match="другой компании"):
        await shop.app.db.run(generate_sales_insights.enqueue, company_id=1, person_id=5, now=shop.clock.now())


async def test_a_task_put_into_the_queue_by_hand_writes_one_letter(shop, pen):
    body = {"task": "generate_personalized_letter", "arguments": {"recipient_id": 1, "context": "Вручную"}}
    pen.faults = [Unreachable("no network")]
    await shop.app.db.run(table.publish, tasks.QUEUE, body, id="mine", key="mine", now=shop.clock.now())
    await shop.time_passes(minutes=1)
    assert (await status(shop, "mine")).result["body"].endswith("Вручную")
    assert len(await letters(shop)) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"recipient_id": 99}, "Получателя 99 нет."),
        ({"recipient_id": "1"}, "recipient_id"),
        ({}, "recipient_id"),
        ({"recipient_id": 1, "purpose": "spam"}, "purpose"),
    ],
)
async def test_a_task_put_in_by_hand_that_cannot_be_done_says_why(shop, arguments, says):
    body = {"task": "generate_personalized_letter", "arguments": arguments}
    await shop.app.db.run(table.publish, tasks.QUEUE, body, id="mine", key="mine", now=shop.clock.now())
    await shop.settles()
    found = await status(shop, "mine")
    assert found.state == "failed"
    assert says in found.error
    assert await letters(shop) == []


async def test_without_a_model_and_without_sales_there_is_an_honest_letter(open_shop):
    shop = await open_shop()
    await shop.app.db.run(people)
    task_id = await ask(shop, recipient_id=2)
    insights = await shop.app.db.run(generate_sales_insights.enqueue, company_id=1, person_id=2, now=shop.clock.now())
    await shop.settles()
    found = await status(shop, task_id)
    assert (found.state, found.error) == ("completed", None)
    assert found.result["engine"] == "fallback"
    assert "Анна" in found.result["body"]
    assert (await status(shop, insights)).result["insights"]["top_products"] == []
