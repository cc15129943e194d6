"""Rules and sequences in the console: taken ready-made, mended where they are wrong, tried on the past and followed."""

import re

import pytest

from tests.console.conftest import Console, OpenConsole

PAGE = "/console/automation"
GREETING = """\
rule: greeting
title: Приветствие
when: customer_wrote
if:
  - event.is_first
then:
  - add_task:
      text: "Поздороваться с {contact.name|новым клиентом}"
"""
CARE = """\
sequence: care
title: Забота
steps:
  - add_task: {text: "Позвонить {contact.name|клиенту}"}
  - wait: 3d
  - add_task: {text: "Позвонить ещё раз"}
"""


@pytest.fixture
async def console(open_console: OpenConsole) -> Console:
    opened: Console = await open_console(role="owner")
    return opened


async def save(console: Console, text: str) -> str:
    """The page of what was saved."""
    saved = await console.post(f"{PAGE}/save", {"text": text})
    assert saved.status_code == 204, saved.text
    return str(saved.headers["hx-redirect"])


async def test_every_ready_scenario_can_be_looked_at_and_opened_in_the_editor(console: Console):
    shown = await console.get(f"{PAGE}/shipped")
    offered = re.findall(r"new\?scenario=([\w-]+)", shown.text)
    assert len(offered) == 3
    for name in offered:
        editor = await console.sees(f"{PAGE}/new?scenario={name}")
        assert f"sequence: {name}" in editor or f"rule: {name}" in editor


async def test_a_mistake_is_told_with_its_place_and_nothing_is_kept_until_it_is_mended(console: Console):
    wrong = GREETING.replace("is_first", "is_frist")
    checked = await console.post(f"{PAGE}/check", {"text": wrong})
    assert 'data-line="5"' in checked.text
    assert "is_first" in checked.text, "the nearest known word is suggested"
    refused = await console.post(f"{PAGE}/save", {"text": wrong})
    assert "Не сохранено" in refused.text
    assert "Правил ещё нет" in await console.sees(PAGE)
    assert "поставить задачу" in (await console.post(f"{PAGE}/check", {"text": GREETING})).text


async def test_a_rule_is_saved_off_tried_on_the_past_switched_on_and_its_runs_are_shown(console: Console):
    shop = console.shop
    await shop.customer_says("Здравствуйте")
    await shop.time_passes(minutes=2)
    page = await save(console, GREETING)
    assert "выключено" in await console.sees(page)
    tried = console.text(await console.get(f"{page}/try?days=30"))
    assert "Подошло бы: 1 из 1" in tried
    assert (await console.post(f"{page}/switch?on=true")).status_code == 204
    await shop.customer_says("Добрый день", chat="77010000002@c.us")
    await shop.time_passes(minutes=2)
    one = await console.sees(page)
    assert "включено" in one
    assert "add_task сделано" in one
    await shop.customer_says("И ещё", chat="77010000002@c.us")
    await shop.time_passes(minutes=2)
    idle = '<span class="tag">условия не выполнены</span>'
    assert idle not in (await console.get(f"{page}/runs")).text, "what it did is not buried"
    assert idle in (await console.get(f"{page}/runs?idle=true")).text
    listed = await console.sees(PAGE)
    assert "за 7 дней сделано 1" in listed


async def test_an_older_version_is_put_in_force_again(console: Console):
    page = await save(console, GREETING)
    assert await save(console, GREETING.replace("Поздороваться", "Познакомиться")) == page
    assert "Познакомиться" in await console.sees(page)
    assert (await console.post(f"{page}/force?version=1")).status_code == 204
    assert "Поздороваться" in await console.sees(page)
    assert "№ 2" in await console.sees(page)


async def test_somebody_is_set_on_a_sequence_by_hand_seen_on_his_way_and_taken_off(console: Console):
    shop = console.shop
    await shop.customer_says("Здравствуйте")
    await shop.time_passes(minutes=2)
    contact = await shop.contact()
    page = await save(console, CARE)
    off = await console.post(f"{page}/begin?contact={contact.id}")
    assert off.status_code == 409
    await console.post(f"{page}/switch?on=true")
    begun = await console.post(f"{page}/begin?contact={contact.id}")
    journey = begun.headers["hx-redirect"]
    await shop.settles()
    assert "add_task сделано" in await console.sees(journey)
    assert "идёт" in await console.sees(page)
    assert (await console.post(f"{page}/begin?contact={contact.id}")).status_code == 409, "he is on it already"
    assert (await console.post(f"{journey}/stop")).status_code == 204
    assert "остановил человек" in await console.sees(journey)
    assert (await console.post(f"{journey}/stop")).status_code == 404


@pytest.mark.parametrize("role", ["viewer", "manager"])
async def test_only_an_owner_writes_and_switches(console: Console, role: str):
    page = await save(console, GREETING)
    other = await console.another(role)
    assert "Приветствие" in await other.sees(page)
    for path in (f"{page}/switch?on=true", f"{page}/force?version=1"):
        assert (await other.post(path)).status_code == 403
    assert (await other.post(f"{PAGE}/save", {"text": GREETING})).status_code == 403
