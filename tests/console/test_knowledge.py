"""The shop's knowledge in the console: brought, read, checked, searched, and added to by people."""

from pathlib import Path
from typing import Any

import pytest

from saudager.console import knowledge
from saudager.knowledge import papers
from tests.console.conftest import Console, OpenConsole

PAGE = "/console/knowledge"
BEDS = """# Кровати

| Модель | Размер, см | Цена, ₸ |
|---|---|---|
| Кровать «Аврора» | 160×200 | 189 000 |
| Кровать «Лотос» | 180×200 | 246 500 |

## Доставка

Доставка по городу бесплатная.
"""
BED = "Сколько стоит кровать «Лотос»?"
ASEL, BOLAT = "77010000001@c.us", "77010000002@c.us"


@pytest.fixture
async def console(open_console: OpenConsole) -> Console:
    opened: Console = await open_console()
    return opened


async def upload(console: Console, *named: tuple[str, str | bytes]) -> Any:
    files = [("files", (name, text.encode() if isinstance(text, str) else text)) for name, text in named]
    response = await console.post(f"{PAGE}/upload", files=files)
    await console.shop.settles()
    return response


def folder(console: Console) -> Path:
    return console.app.settings.knowledge_folder


async def undo(console: Console, response: Any) -> None:
    """Press the button beside what the page has just said."""
    assert response.status_code == 204, response.text
    done = await console.post(response.headers["hx-trigger"].split('"undo": "')[1].split('"')[0])
    assert done.status_code == 204, done.text
    await console.shop.settles()


async def test_what_is_uploaded_is_read_in_the_background_and_answered_by(console: Console):
    assert "Документов ещё нет" in await console.sees(PAGE)
    assert (await upload(console, ("кровати.md", BEDS))).status_code == 204
    shown = await console.sees(PAGE)
    assert "кровати.md прочитан 1 3" in shown
    assert "246 500 ₸" in (await console.shop.ask_as_customer(BED))[0]


async def test_while_documents_are_read_the_page_tells_how_far_it_is(open_console: OpenConsole):
    console = await open_console()
    await console.app.db.run(_reading_has_got, "2 из 5: прайс.pdf", now=console.shop.clock.now())
    assert "Читаем документы: 2 из 5: прайс.pdf" in await console.sees(f"{PAGE}/shelf")
    folder(console).joinpath("новый.md").write_text(BEDS)
    assert "новый.md ждёт чтения" in await console.sees(PAGE)


async def test_a_document_that_is_not_read_yet_can_be_taken_out_and_brought_back(console: Console):
    folder(console).joinpath("тяжёлый.md").write_text(BEDS)
    page = await console.get(PAGE)
    row = page.text.partition('<tr id="unread-')[2].partition("</tr>")[0]
    removed = await console.post(row.split('hx-post="')[1].split('"')[0])
    assert not list(folder(console).glob("*.md"))
    await undo(console, removed)
    assert "тяжёлый.md прочитан" in await console.sees(PAGE)


def _reading_has_got(session: Any, far: str, *, now: Any) -> None:
    from datetime import timedelta

    from saudager.queues import tasks

    tasks.enqueue(session, "read_knowledge", task_id="read_knowledge:x", now=now, due=now + timedelta(days=1))
    tasks.report_progress(session, "read_knowledge:x", far)


async def test_an_open_page_learns_of_documents_and_questions(console: Console):
    async def marks() -> list[str]:
        now = console.shop.clock.now()
        return [await console.app.db.read(mark, None, now=now) for mark in knowledge.WATCHES.values()]

    before = await marks()
    await upload(console, ("кровати.md", BEDS))
    await console.shop.ask_as_customer("Есть ли у вас парковка для гостей?")
    assert all(one != other for one, other in zip(before, await marks(), strict=True))


async def test_what_cannot_be_taken_is_refused_in_one_sentence_and_nothing_is_kept(console: Console):
    unfit = (
        ([("beds.md", BEDS), ("install.exe", b"MZ")], "Файл «install.exe» такого вида не читается."),
        ([("beds.md", BEDS), ("big.pdf", b"%PDF-" + b"0" * papers.LARGEST)], "Файл «big.pdf» больше 20 МБ"),
        ([("synonyms.txt", "x")], "занято"),
        ([("beds.md", BEDS)] * 11, "не больше 10 файлов"),
    )
    for files, sentence in unfit:
        refused = await upload(console, *files)
        assert refused.status_code == 409 and sentence in refused.text
    assert not list(folder(console).iterdir())


async def test_problems_and_conflicting_prices_are_shown_with_both_places(console: Console):
    dearer = "Модель;Размер, см;Цена, ₸\nКровать «Лотос»;180×200;251 000\n"
    await upload(console, ("beds.md", BEDS), ("beds-new.csv", dearer), ("пусто.txt", b""))
    shown = await console.sees(PAGE)
    assert "пусто.txt: файл пуст" in shown and "не прочитан" in shown
    assert "цены расходятся: 1" in shown
    assert "Цена: 251 000 ₸ beds-new.csv, стр. 1, строка 2" in shown.partition("Не используем")[2]
    assert "Цена: 246 500 ₸ beds.md, стр. 1, строка 2" in shown.partition("Не используем")[2]
    await console.post(f"{PAGE}/words", {"which": "ranking", "text": "beds.md\n"})
    await console.shop.settles()
    assert "246 500 ₸" in (await console.shop.ask_as_customer(BED))[0]


async def test_a_document_is_shown_as_it_was_read_page_by_page_and_tables_as_tables(console: Console):
    await upload(console, ("кровати.md", BEDS))
    page = await console.get(f"{PAGE}/document?file=кровати.md")
    assert '<th scope="col">Цена</th>' in page.text
    assert "<td>246 500 ₸</td>" in page.text
    shown = console.text(page)
    assert "Страница 1 · Кровати" in shown and "Кровати › Доставка Доставка по городу бесплатная." in shown
    original = await console.get(f"{PAGE}/original?file=кровати.md")
    assert original.text == BEDS and "attachment" in original.headers["content-disposition"]
    for path in ("../saudager.db", "нет.md", ".answers.lock"):
        assert (await console.get(f"{PAGE}/original?file={path}")).status_code == 404
        assert (await console.get(f"{PAGE}/document?file={path}")).status_code == 404


async def test_a_long_document_goes_on_by_key(console: Console):
    rows = "\n".join(f"Товар номер {number};{number}000" for number in range(1, 451))
    await upload(console, ("прайс.csv", f"Товар;Цена, ₸\n{rows}\n"))
    seen, page = 0, await console.get(f"{PAGE}/document?file=прайс.csv")
    for _ in range(3):
        seen += page.text.count("<td>Товар номер")
        more = page.text.partition("document/more?")[2].partition('"')[0].replace("&amp;", "&")
        page = await console.get(f"{PAGE}/document/more?{more}") if more else page
    assert (seen, more) == (450, "")


async def test_a_removed_document_is_forgotten_at_once_and_comes_back_as_it_was(console: Console):
    await upload(console, ("кровати.md", BEDS))
    removed = await console.post(f"{PAGE}/remove?file=кровати.md")
    assert "246 500" not in "".join(await console.shop.ask_as_customer(BED))
    assert "кровати.md убран" in await console.sees(PAGE)
    await undo(console, removed)
    assert "246 500 ₸" in (await console.shop.ask_as_customer(BED, chat=BOLAT))[0]
    assert (await console.post(f"{PAGE}/remove?file=../saudager.db")).status_code == 404


async def test_a_document_written_over_by_a_new_one_can_be_had_back(console: Console):
    await upload(console, ("кровати.md", BEDS))
    await upload(console, ("кровати.md", BEDS.replace("246 500", "299 000")))
    page = await console.get(PAGE)
    assert "прежний, до" in console.text(page)
    ticket = page.text.partition("bring-back?ticket=")[2].partition('"')[0]
    assert (await console.post(f"{PAGE}/bring-back?ticket={ticket}")).status_code == 204
    assert folder(console).joinpath("кровати.md").read_text() == BEDS


async def test_the_search_tells_what_it_finds_in_which_order_and_by_which_words(console: Console):
    await upload(console, ("кровати.md", BEDS))
    await console.post(f"{PAGE}/words", {"which": "synonyms", "text": "топчан > кровать"})
    shown = await console.sees(f"{PAGE}/search?question=Сколько стоит топчан лотосс 180х200?")
    assert "1 подходит на" in shown and "Модель: Кровать «Лотос»" in shown.partition("Что нашлось")[2]
    assert "топчан → кровать · синоним" in shown
    assert "лотос · похоже по написанию" in shown
    assert "Ничего не нашлось" in await console.sees(f"{PAGE}/search?question=абракадабра")


async def test_a_question_without_an_answer_becomes_one_that_the_next_customer_gets(console: Console):
    await upload(console, ("кровати.md", BEDS))
    await console.shop.ask_as_customer("Можно ли вернуть кровать через месяц?", chat=ASEL)
    await console.shop.ask_as_customer("А вернуть кровать через месяц можно?", chat=BOLAT)
    page = await console.get(f"{PAGE}/questions")
    assert "спросили: 2" in console.text(page)
    asked = [part.partition('"')[0] for part in page.text.split('name="asked" value="')[1:]]
    answer = {
        "question": "Можно вернуть кровать через месяц",
        "answer": "# Нет.\nВернуть можно за 14 дней.",
        "asked": asked,
    }
    written = await console.post(f"{PAGE}/answers", answer)
    assert "Вопросов без ответа нет" in await console.sees(f"{PAGE}/questions")
    told = await console.shop.ask_as_customer("Можно вернуть кровать через месяц?", chat="77010000003@c.us")
    assert "14 дней" in told[0]
    assert (
        "## Можно вернуть кровать через месяц?\n\n\\# Нет.\nВернуть"
        in folder(console).joinpath("Ответы магазина.md").read_text()
    )
    await undo(console, written)
    assert "спросили: 2" in await console.sees(f"{PAGE}/questions")
    assert "Ответов магазина ещё нет" in await console.sees(f"{PAGE}/answers")


async def test_a_question_that_needs_no_answer_is_taken_off_and_can_be_put_back(console: Console):
    await upload(console, ("кровати.md", BEDS))
    await console.shop.ask_as_customer("Есть ли у вас <script>alert(1)</script> парковка для гостей?")
    page = await console.get(f"{PAGE}/questions")
    assert "парковка" in page.text and "<script>alert" not in page.text
    dismissed = await console.post(f"{PAGE}/questions/dismiss", {"asked": ["1"]})
    assert "Вопросов без ответа нет" in await console.sees(f"{PAGE}/questions")
    await undo(console, dismissed)
    assert "парковка" in await console.sees(f"{PAGE}/questions")


async def test_own_answers_are_changed_and_removed_and_both_can_be_undone(console: Console):
    async def write(question: str, answer: str) -> Any:
        return await console.post(f"{PAGE}/answers", {"question": question, "answer": answer})

    async def mark(question: str) -> str:
        page = await console.get(f"{PAGE}/answers")
        return page.text.partition(f'dir="auto">{question}')[0].rpartition('aria-labelledby="is-')[2].partition('"')[0]

    await write("Есть ли парковка?", "Да, у входа.")
    await write("Работаете ли вы в праздники?", "Нет.\n\nПо праздникам отдыхаем.")
    assert (await write("есть ли парковка", "Ещё раз")).status_code == 409
    assert (await write("", "Ответ")).status_code == 409
    parking = await mark("Есть ли парковка?")
    better, worse = ({"question": "Есть парковка?", "answer": answer} for answer in ("Да, 20 мест.", "Нет."))
    changed = await console.post(f"{PAGE}/answers/change?mark={parking}", better)
    stale = await console.post(f"{PAGE}/answers/change?mark={parking}", worse)
    assert stale.status_code == 404 and "уже изменили" in stale.text
    assert "20 мест" in (await console.shop.ask_as_customer("Есть парковка?"))[0]
    await undo(console, changed)
    shown = await console.sees(f"{PAGE}/answers")
    assert "Да, у входа." in shown and "20 мест" not in shown
    removed = await console.post(f"{PAGE}/answers/remove?mark={await mark('Есть ли парковка?')}")
    assert "Да, у входа." not in await console.sees(f"{PAGE}/answers")
    await undo(console, removed)
    shown = await console.sees(f"{PAGE}/answers")
    assert "Да, у входа." in shown and "По праздникам отдыхаем." in shown


async def test_the_word_lists_are_edited_with_their_mistakes_told_and_an_undo(console: Console):
    await console.post(f"{PAGE}/words", {"which": "synonyms", "text": "диван софа"})
    changed = await console.post(f"{PAGE}/words", {"which": "synonyms", "text": "диван"})
    assert "не понятно" in await console.sees(f"{PAGE}/words")
    back = await console.post(changed.headers["hx-trigger"].split('"undo": "')[1].split('"')[0])
    assert back.headers["hx-redirect"] == f"{PAGE}/words"
    assert "диван софа" in await console.sees(f"{PAGE}/words")
    await console.post(f"{PAGE}/words", {"which": "ranking", "text": "нет-такого.pdf"})
    assert "Таких документов нет: нет-такого.pdf" in await console.sees(f"{PAGE}/words")


async def test_a_viewer_reads_everything_and_changes_nothing(console: Console):
    await upload(console, ("кровати.md", BEDS))
    viewer = await console.another(role="viewer")
    for path in ("", "/questions", "/answers", "/search?question=кровать", "/words", "/document?file=кровати.md"):
        assert "Сохранить" not in await viewer.sees(f"{PAGE}{path}")
    assert (await viewer.post(f"{PAGE}/upload", files=[("files", ("a.md", b"x"))])).status_code == 403
    for path in ("remove?file=кровати.md", "answers", "words", "questions/dismiss", "read"):
        assert (await viewer.post(f"{PAGE}/{path}", {"which": "ranking"})).status_code == 403
