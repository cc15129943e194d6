"""The letters' calls as the document describes them: good, bad and repeated input."""

import asyncio
from typing import Any

import httpx
import pytest

from saudager import keys
from saudager.keys import Scope
from saudager.letters import desk
from tests.letters.tasks.conftest import EMAILS, site

LETTER = {
    "recipient_id": 1,
    "context": "Предложение новой линейки продуктов",
    "tone": "professional",
    "purpose": "offer",
    "products": [],
    "include_sales_data": True,
}


async def written(shop: Any, http: httpx.AsyncClient, **changed: Any) -> int:
    """A letter that lies on the desk."""
    asked = await http.post(f"{EMAILS}/generate_personalized/", json=LETTER | changed)
    assert asked.status_code == 202, asked.text
    await shop.settles()
    status = (await http.get(f"{EMAILS}/task_status/{asked.json()['task_id']}/")).json()
    assert status["status"] == "done", status
    return int(status["result"]["letter_id"])


@pytest.mark.both_kinds
async def test_insights_are_asked_for_and_told_when_they_are_there(shop, http):
    asked = await http.post(f"{EMAILS}/generate_sales_insights/", json={"company_id": 1, "person_id": 1})
    assert asked.status_code == 202
    assert asked.json()["message"] == "Генерация инсайтов по продажам запущена"
    await shop.settles()
    status = (await http.get(f"{EMAILS}/task_status/{asked.json()['task_id']}/")).json()
    assert (status["status"], status["error"]) == ("done", None)
    assert status["result"]["insights"]["company_name"] == "ТехКом"


@pytest.mark.both_kinds
async def test_a_letter_goes_from_the_call_to_the_door(shop, http):
    number = await written(shop, http)
    letter = (await http.get(f"{EMAILS}/{number}/")).json()
    assert (letter["state"], letter["recipient"]["company_name"]) == ("draft", "ТехКом")
    assert letter["facts"][1] == {"name": "orders", "label": "", "value": "18"}
    edited = await http.patch(f"{EMAILS}/{number}/", json={"body": "Скидка 25 %\x00"})
    assert (edited.status_code, edited.json()["version"], edited.json()["body"]) == (200, 2, "Скидка 25 %")
    assert edited.json()["warnings"] == ["«25 %»: такой цифры в данных нет."]
    approved = await http.post(f"{EMAILS}/{number}/approve/")
    assert (approved.status_code, approved.json()["approved_by"]) == (200, "API")
    await shop.time_passes(minutes=2)
    assert (await http.post(f"{EMAILS}/{number}/approve/")).status_code == 409
    assert (await http.post(f"{EMAILS}/{number}/send/")).status_code == 409
    await shop.time_passes(minutes=2)
    (arrived,) = shop.letters("ivan@techcom.example")
    assert (arrived.subject, "Скидка 25 %" in arrived.text) == ("Письмо 1 для ТехКом", True)
    letter = (await http.get(f"{EMAILS}/{number}/")).json()
    assert (letter["state"], letter["fate"]["state"], letter["reason"]) == ("sent", "sent", None)


async def test_the_running_task_shows_its_progress_and_is_cancelled_once(shop, http, pen):
    pen.hold = asyncio.Event()
    task = (await http.post(f"{EMAILS}/generate_personalized/", json=LETTER)).json()["task_id"]
    async with asyncio.timeout(10):
        while (status := (await http.get(f"{EMAILS}/task_status/{task}/")).json())["progress"] != "Пишем письмо":
            await asyncio.sleep(0.005)
    assert status["status"] == "running"
    for _ in range(2):
        cancelled = await http.post(f"{EMAILS}/tasks/{task}/cancel/")
        assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    pen.hold.set()
    await shop.settles()
    assert (await http.get(f"{EMAILS}/task_status/{task}/")).json()["status"] == "cancelled"


async def test_the_same_key_is_the_same_task_and_another_body_under_it_is_refused(shop, http, pen):
    key = {"idempotency-key": "весна 2026".encode()}
    first, second = [await http.post(f"{EMAILS}/generate_personalized/", json=LETTER, headers=key) for _ in range(2)]
    assert first.json() == second.json()
    other = await http.post(f"{EMAILS}/generate_personalized/", json=LETTER | {"tone": "friendly"}, headers=key)
    assert other.status_code == 409
    await shop.settles()
    assert len(pen.commissions) == 1


async def test_a_letter_is_written_anew_and_what_is_left_out_stays(shop, http, pen):
    number = await written(shop, http)
    body = {
        "context": "Обновленное предложение",
        "tone": "friendly",
        "purpose": "follow_up",
        "include_sales_data": True,
    }
    asked = await http.post(f"{EMAILS}/{number}/regenerate_personalized/", json=body)
    assert (asked.status_code, asked.json()["message"]) == (202, "Перегенерация письма запущена")
    await shop.settles()
    await http.post(f"{EMAILS}/{number}/regenerate_personalized/", json={"tone": "formal"})
    await shop.settles()
    last = pen.commissions[-1]
    assert (last.context, last.tone, last.purpose) == ("Обновленное предложение", "formal", "follow_up")
    assert (await http.get(f"{EMAILS}/{number}/")).json()["version"] == 3


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"recipient_id": 99}, 404, "Получателя 99 нет"),
        ({"recipient_id": 1, "products": [7]}, 404, "Нет товара № 7"),
        ({}, 422, "recipient_id: Field required"),
        ({"recipient_id": "1"}, 422, "recipient_id"),
        ({"recipient_id": 0}, 422, "recipient_id"),
        ({"recipient_id": 1, "purpose": "spam"}, 422, "purpose"),
        ({"recipient_id": 1, "context": "щ" * 4001}, 422, "context"),
        ({"recipient_id": 1, "products": list(range(1, 22))}, 422, "products"),
        ({"recipient_id": 1, "include_sales_data": "yes"}, 422, "include_sales_data"),
        ({"recipient_id": 1, "language": "de"}, 422, "language"),
        ([1], 422, "В запросе"),
    ],
)
async def test_a_letter_that_cannot_be_asked_for_is_told_why_and_nothing_is_kept(shop, http, body, status, says):
    answer = await http.post(f"{EMAILS}/generate_personalized/", json=body)
    assert (answer.status_code, says in answer.json()["error"]) == (status, True), answer.text
    assert (await http.get(f"{EMAILS}/")).json() == {"results": [], "next": None}


async def test_a_field_nobody_knows_is_passed_over(shop, http):
    assert await written(shop, http, priority="high") == 1


@pytest.mark.parametrize(
    ("person", "status"), [({"company_id": 9, "person_id": 1}, 404), ({"company_id": 1, "person_id": 5}, 409)]
)
async def test_insights_for_nobody_are_told_at_once(http, person, status):
    assert (await http.post(f"{EMAILS}/generate_sales_insights/", json=person)).status_code == status


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/9/"),
        ("PATCH", "/9/"),
        ("POST", "/9/approve/"),
        ("POST", "/9/send/"),
        ("POST", "/9/drop/"),
        ("POST", "/9/regenerate_personalized/"),
        ("GET", "/task_status/nobody/"),
        ("POST", "/tasks/nobody/cancel/"),
    ],
)
async def test_what_is_not_there_is_not_found(http, method, path):
    body = {"json": {}} if method == "PATCH" or "regenerate" in path else {}
    answer = await http.request(method, f"{EMAILS}{path}", **body)
    assert answer.status_code == 404
    assert answer.json()["error"]


async def test_a_letter_to_who_refused_or_has_no_address_is_written_and_not_sent(shop, http):
    for person in (3, 4):
        number = await written(shop, http, recipient_id=person)
        for deed in ("approve", "send"):
            assert (await http.post(f"{EMAILS}/{number}/{deed}/")).status_code == 409
    number = await written(shop, http, recipient_id=3, purpose="service")
    assert (await http.post(f"{EMAILS}/{number}/approve/")).status_code == 200


@pytest.mark.parametrize("words", [{"subject": " "}, {"body": "\x07"}])
async def test_a_letter_without_words_is_refused(shop, http, words):
    number = await written(shop, http)
    assert (await http.patch(f"{EMAILS}/{number}/", json=words)).status_code == 409


async def test_a_subject_stays_one_line(shop, http):
    number = await written(shop, http)
    edited = await http.patch(f"{EMAILS}/{number}/", json={"subject": "Тема\r\nBcc: all@example.org"})
    assert edited.json()["subject"] == "Тема Bcc: all@example.org"


async def test_a_dropped_letter_stays_dropped(shop, http):
    number = await written(shop, http)
    for _ in range(2):
        assert (await http.post(f"{EMAILS}/{number}/drop/")).json()["state"] == "dropped"
    for deed in ("approve/", "send/"):
        assert (await http.post(f"{EMAILS}/{number}/{deed}")).status_code == 409
    assert (await http.patch(f"{EMAILS}/{number}/", json={"subject": "Тема"})).status_code == 409


@pytest.mark.both_kinds
async def test_the_list_is_narrowed_and_comes_in_pages(shop, http):
    for person in (1, 2, 5):
        await written(shop, http, recipient_id=person)
    first = (await http.get(f"{EMAILS}/?limit=2")).json()
    assert [row["id"] for row in first["results"]] == [3, 2]
    rest = (await http.get(f"{EMAILS}/?limit=2&after={first['next']}")).json()
    assert ([row["id"] for row in rest["results"]], rest["next"]) == ([1], None)
    for narrowed, ids in (
        ("company_id=2", [3]),
        ("person_id=2", [2]),
        ("state=sent", []),
        ("search=дом", [3]),
        ("search=техком", [3, 2, 1]),
        ("search=100%25", []),
    ):
        found = (await http.get(f"{EMAILS}/?{narrowed}")).json()["results"]
        assert [row["id"] for row in found] == ids, narrowed
    assert (await http.get(f"{EMAILS}/?state=lost")).status_code == 422


async def test_every_call_wants_a_key_with_the_scope(shop):
    other = keys.new()
    await shop.app.db.run(keys.keep, other, "watcher", [Scope.WATCH], now=shop.clock.now())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site(shop.app)), base_url="http://shop") as http:
        for headers in ({}, {"x-api-key": other}):
            assert (
                await http.post(f"{EMAILS}/generate_personalized/", json=LETTER, headers=headers)
            ).status_code == 401
            assert (await http.get(f"{EMAILS}/", headers=headers)).status_code == 401
    assert (await shop.app.db.read(desk.listed)).rows == []
