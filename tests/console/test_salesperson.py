"""The salesperson's page: his prompts, what he may promise, a trial, an exam."""

import json
import re
from pathlib import Path

import pytest

from saudager import promises, prompts
from saudager.console.salesperson.prompts import _FIELDS, TITLES
from saudager.exam import runs
from saudager.operators import audit
from saudager.prompts import versions
from saudager.providers.llm.scripted import ScriptedModel
from tests.console.conftest import Console, OpenConsole

PROMPTS, PROMISES = "/console/salesperson/prompts/sales", "/console/salesperson/promises"
TRIAL, EXAMS = "/console/salesperson/trial", "/console/salesperson/exams"
SHIPPED = prompts.load("sales").text
OWN = "Отвечай одним словом.\n" + SHIPPED
DISCOUNT = {"kind": "discount", "words": "Скидка 10 % при заказе от двух дверей", "figure": "10"}


def _told(response) -> dict:
    return json.loads(response.headers["hx-trigger"])["told"]


async def _in_force(console: Console) -> str | None:
    standing = await console.app.db.read(versions.standing, "sales")
    return standing.text if standing else None


async def _deeds(console: Console) -> list[str]:
    return [entry.action for entry in await console.app.db.read(audit.listed)]


# ---- prompts


async def test_every_prompt_is_listed_with_what_is_in_force(open_console: OpenConsole) -> None:
    console = await open_console()
    assert (await console.sees("/console/salesperson")).count("поставляемый") == len(TITLES)
    await console.post(PROMPTS, {"text": OWN})
    assert "ваша версия 1" in await console.sees("/console/salesperson")


async def test_a_saved_prompt_answers_the_next_customer_and_can_be_undone(open_console: OpenConsole) -> None:
    model = ScriptedModel(["Да."] * 2)
    console = await open_console(model=model)
    saved = await console.post(PROMPTS, {"text": OWN, "note": "короче"})
    assert saved.status_code == 200
    await console.shop.ask_as_customer("Здравствуйте, двери есть?")
    assert model.briefings[-1].instructions.startswith("Отвечай одним словом.")
    page = await console.sees(PROMPTS)
    assert "короче" in page
    assert "Отвечай одним словом." in page
    undone = await console.post(_told(saved)["undo"])
    assert undone.headers["hx-redirect"] == PROMPTS
    assert await _in_force(console) is None
    assert await _deeds(console) == ["prompt.put_back", "prompt.saved"]


async def test_a_wrong_placeholder_is_named_beside_the_editor_and_nothing_is_saved(open_console: OpenConsole) -> None:
    console = await open_console()
    answer = await console.post(PROMPTS, {"text": OWN.replace("{new_message}", "{новое}")})
    assert "не хватает поля {new_message}" in console.text(answer)
    assert "hx-trigger" not in answer.headers
    answer = await console.post(PROMPTS, {"text": OWN + "{price_list}"})
    assert "неизвестное поле {price_list}" in console.text(answer)
    assert await _in_force(console) is None
    assert await _deeds(console) == []


async def test_what_another_operator_saved_meanwhile_is_not_overwritten(open_console: OpenConsole) -> None:
    console = await open_console()
    other = await console.another()
    await other.post(PROMPTS, {"text": OWN})
    refused = await console.post(PROMPTS, {"text": OWN + "Ещё.", "based_on": ""})
    assert refused.status_code == 409
    assert "Айгуль" in refused.text
    assert (await console.post(PROMPTS, {"text": OWN + "Ещё.", "based_on": "1"})).status_code == 200


async def test_an_earlier_version_and_the_shipped_one_are_put_in_force_again(open_console: OpenConsole) -> None:
    console = await open_console()
    await console.post(PROMPTS, {"text": OWN})
    await console.post(PROMPTS, {"text": OWN + "Ещё.", "based_on": "1"})
    await console.post(f"{PROMPTS}/force?version=1")
    assert await _in_force(console) == OWN
    await console.post(f"{PROMPTS}/force?version=")
    assert await _in_force(console) is None
    assert (await console.post(f"{PROMPTS}/force?version=99")).status_code == 404
    assert "№ 2" in await console.sees(PROMPTS)


async def test_two_versions_are_compared_by_signs_and_not_by_colour_alone(open_console: OpenConsole) -> None:
    console = await open_console()
    await console.post(PROMPTS, {"text": OWN.replace("на «вы»", "на «ты»").replace("На «вы»", "На «ты»")})
    page = await console.sees(f"{PROMPTS}/compare?former=&latter=1")
    assert "+ добавлено: Отвечай одним словом." in page
    assert "− убрано: 2–4 предложения" in page
    assert "Тексты одинаковы" in await console.sees(f"{PROMPTS}/compare?former=1&latter=1")


async def test_many_versions_come_page_by_page(open_console: OpenConsole) -> None:
    console = await open_console()
    for number in range(33):
        now = console.app.clock.now()
        base = number or None
        await console.app.db.run(versions.save, "sales", f"{OWN}{number}", based_on=base, note="", by="Марат", now=now)
    page = await console.get(PROMPTS)
    assert "№ 33" in page.text and "№ 4<" in page.text and "№ 3<" not in page.text
    (more,) = re.findall(r'hx-get="([^"]*before=\d+)"', page.text)
    rest = await console.get(more)
    assert "№ 3<" in rest.text and "№ 1<" in rest.text and "before=" not in rest.text


def test_every_placeholder_is_explained() -> None:
    assert {field for name in TITLES for field in prompts.PLACEHOLDERS[name]} == _FIELDS.keys()
    assert tuple(TITLES) == versions.EDITABLE


async def test_a_viewer_reads_and_changes_nothing(open_console: OpenConsole) -> None:
    console = await open_console(role="viewer")
    assert "Сохранить и включить" not in await console.sees(PROMPTS)
    for path, form in ((PROMPTS, {"text": OWN}), (PROMISES, DISCOUNT), (TRIAL, {"words": "Двери есть?"})):
        assert (await console.post(path, form)).status_code == 403
    assert (await console.post(EXAMS, {"suite": "intent"})).status_code == 403
    for path in ("/console/salesperson", PROMISES, TRIAL, EXAMS):
        await console.sees(path)


# ---- promises


async def test_an_added_promise_may_be_said_and_taken_back(open_console: OpenConsole) -> None:
    said = "Да, на две двери сделаем скидку 10 %."
    console = await open_console(model=ScriptedModel([said] * 3))
    assert "Обещаний ещё нет" in await console.sees(PROMISES)
    added = await console.post(PROMISES, DISCOUNT)
    assert await console.shop.ask_as_customer("Есть скидка на двери?") == [said]
    assert "действует" in await console.sees(f"{PROMISES}/list")
    await console.post(_told(added)["undo"])
    assert "не обещаем" in await console.sees(f"{PROMISES}/list")
    answers = await console.shop.ask_as_customer("Есть скидка на двери?", chat="77010000002@c.us")
    assert answers != [said]
    assert await _deeds(console) == ["promise.withdrawn", "promise.added"]


async def test_what_is_wrong_with_a_promise_stands_beside_its_field_and_the_rest_is_kept(
    open_console: OpenConsole,
) -> None:
    console = await open_console()
    form = DISCOUNT | {"figure": "120", "valid_from": "2026-03-20", "valid_until": "2026-03-01"}
    answer = await console.post(PROMISES, form)
    text = console.text(answer)
    assert "скидка от 1 до 100 процентов" in text
    assert "не раньше первого дня" in text
    assert 'value="Скидка 10 % при заказе от двух дверей"' in answer.text
    assert await console.app.db.read(promises.everything) == []


async def test_a_changed_promise_says_the_new(open_console: OpenConsole) -> None:
    console = await open_console()
    await console.post(PROMISES, DISCOUNT)
    assert 'value="10"' in (await console.get(f"{PROMISES}/1")).text
    await console.post(f"{PROMISES}/1", DISCOUNT | {"words": "Скидка 7 %", "figure": "7"})
    assert "Скидка 7 %" in await console.sees(PROMISES)
    assert (await console.get(f"{PROMISES}/2")).status_code == 404


async def test_a_promise_is_shown_as_it_was_typed_and_never_as_html(open_console: OpenConsole) -> None:
    console = await open_console()
    await console.post(PROMISES, DISCOUNT | {"words": "<b>Скидка</b> 10 %"})
    assert "<b>Скидка" not in (await console.get(PROMISES)).text
    assert "<b>Скидка</b> 10 %" in await console.sees(PROMISES)


# ---- the trial


async def test_the_trial_answers_with_its_why_and_keeps_its_talk(open_console: OpenConsole) -> None:
    model = ScriptedModel(["Да, скидка есть.", "Да, на две двери сделаем скидку 10 %."])
    console = await open_console(model=model)
    await console.post(PROMISES, DISCOUNT)
    first = await console.post(TRIAL, {"words": "Здравствуйте, скидка на двери есть?"})
    assert 'name="client" value="yes"' in first.text
    said = re.findall(r'name="said" value="([^"]*)"', first.text)
    assert len(said) == 2
    second = await console.post(TRIAL, {"words": "А скидка на две двери?", "said": said, "client": "yes"})
    text = console.text(second)
    assert "Здравствуйте, скидка на двери есть?" in text
    assert "Почему так: все цифры подтверждены" in text
    assert "Обещания магазина" in text
    assert [one.text for one in model.briefings[-1].history][:1] == ["Здравствуйте, скидка на двери есть?"]
    assert console.shop.answers() == []


async def test_an_unsaved_prompt_is_tried_with_its_errors_told(open_console: OpenConsole) -> None:
    model = ScriptedModel(["Да."])
    console = await open_console(model=model)
    form = {"words": "Двери есть?", "client": "yes", "prompt": "sales"}
    wrong = await console.post(TRIAL, form | {"text": "Без полей."})
    assert "не хватает поля" in console.text(wrong)
    assert ">Двери есть?</textarea>" in wrong.text
    await console.post(TRIAL, form | {"text": OWN})
    assert model.briefings[0].instructions.startswith("Отвечай одним словом.")
    assert await _in_force(console) is None


async def test_a_stranger_is_told_to_be_left_in_peace(open_console: OpenConsole) -> None:
    console = await open_console()
    answer = await console.post(TRIAL, {"words": "Мам, купи хлеба, я задержусь у бабушки"})
    assert "это не клиент" in console.text(answer)


# ---- exams


async def test_an_exam_is_begun_watched_and_stopped(open_console: OpenConsole) -> None:
    console = await open_console()
    begun = await console.post(EXAMS, {"suite": "answers"})
    assert "Страницу можно закрыть" in _told(begun)["text"]
    assert "Идёт: Ответы по документам" in await console.sees(f"{EXAMS}/list")
    assert (await console.post(EXAMS, {"suite": "intent"})).status_code == 409
    await console.post(f"{EXAMS}/1/cancel")
    await console.shop.settles()
    page = await console.sees(EXAMS)
    assert "остановлен" in page
    assert "Идёт:" not in page


async def test_a_report_names_what_failed_and_what_changed_since(open_console: OpenConsole) -> None:
    console = await open_console()
    now = console.app.clock.now()
    wrong = [{"case": 4, "text": "<i>потом</i>", "expect": "undecided", "got": "yes"}]
    result = {"suite": "intent", "total": 200, "passed": 199, "accuracy": 0.995, "wrong": wrong}

    def take(session, result):
        number = runs.begin(session, "intent", "offline", by="Марат", now=now)
        runs.close(session, number, result, None, now=now)

    await console.app.db.run(take, result | {"passed": 200, "accuracy": 1.0, "wrong": []})
    await console.app.db.run(take, result)
    await console.shop.settles()
    page = await console.sees(f"{EXAMS}/2")
    assert "99 %" in page and "199 из 200" in page
    assert "стало хуже случаи 4" in page
    assert "написано <i>потом</i> должно быть undecided получилось yes" in page
    assert "Все случаи прошли" in await console.sees(f"{EXAMS}/1")


def test_the_exams_offered_are_those_there_are() -> None:
    from saudager.console.salesperson import exams
    from saudager.exam import page

    assert tuple(exams.SUITES) == runs.SUITES
    assert page.SUITES.keys() == exams.SUITES.keys()


def test_no_template_of_the_page_needs_an_inline_style() -> None:
    folder = Path(prompts.__file__).parents[1] / "console" / "templates"
    for template in folder.glob("salesperson*.html"):
        assert not re.search(r'\sstyle="|<script|hx-on|\son[a-z]+="', template.read_text(encoding="utf-8")), template


@pytest.mark.parametrize("path", ["/console/salesperson", PROMPTS, PROMISES, TRIAL, EXAMS])
async def test_each_page_has_one_heading_and_watches_what_can_be_watched(open_console: OpenConsole, path: str) -> None:
    console = await open_console()
    page = (await console.get(path)).text
    assert page.count("<h1") == 1
