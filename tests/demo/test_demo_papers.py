"""The visitor's own documents over HTTP: what he adds is answered by, and what cannot be taken is refused in words."""

from pathlib import Path

import pytest

from saudager.knowledge import documents, papers
from tests.demo.conftest import OpenDemo
from tests.demo.visitor import visiting

pytestmark = pytest.mark.slow

BEDS = """# Кровати

| Модель | Размер, см | Цена, ₸ |
|---|---|---|
| Кровать «Аврора» | 160×200 | 189 000 |
| Кровать «Лотос» | 180×200 | 246 500 |
"""
BED = "Сколько стоит кровать «Лотос»?"


async def test_the_next_answer_rests_on_what_was_uploaded_until_it_is_taken_away(open_demo: OpenDemo):
    async with open_demo() as address, visiting(address) as visitor:
        assert "246 500" not in await visitor.asks(BED)
        assert (await visitor.uploads(("кровати.md", BEDS.encode()))).status_code == 204
        assert "246 500 ₸ (источник: кровати.md, стр. 1, строка 2)" in await visitor.asks(f"{BED} Уже есть цена?")
        assert "кровати.md 1 страница, 2 фрагмента" in visitor.words("papers")
        assert (await visitor.http.post("/papers/forget", json={"file": "кровати.md"})).status_code == 204
        await visitor.sees(lambda it: "кровати.md" not in it.words("papers"))
        assert "246 500" not in await visitor.asks(f"{BED} А теперь?")


async def test_each_document_tells_its_own_problems_and_whose_price_is_answered(open_demo: OpenDemo):
    dearer = "Модель;Размер, см;Цена, ₸\nКровать «Лотос»;180×200;251 000\n"
    async with open_demo() as address, visiting(address) as visitor:
        await visitor.uploads(("beds.md", BEDS.encode()))
        answer = await visitor.uploads(("beds-new.csv", dearer.encode()), ("пусто.txt", b""))
        assert answer.status_code == 204
        await visitor.sees(lambda it: "пусто.txt" in it.words("papers") and "цены расходятся" in it.words("papers"))
        shown = visitor.words("papers")
        assert "не прочитано пусто.txt: файл пуст" in shown
        assert "цены расходятся beds-new.csv, строка 2: 251 000 ₸, а beds.md, стр. 1: 246 500 ₸" in shown
        assert "отвечаем по beds-new.csv" in shown
        assert "251 000 ₸" in await visitor.asks(BED)


async def test_reading_many_uploaded_documents_shows_how_far_it_is_and_the_shop_answers_meanwhile(open_demo: OpenDemo):
    long = "\n\n".join(f"# Раздел {number}\n\nОписание кровати номер {number}." for number in range(400)).encode()
    async with open_demo() as address, visiting(address) as visitor:
        await visitor.sees(lambda it: it.words("reading") == "")
        await visitor.uploads(*((f"long-{number}.md", long) for number in range(4)))
        await visitor.sees(lambda it: "long-3.md" in it.words("papers") and "Читаю" not in it.words("papers"))
        assert any("Читаю…" in shown and "из 4." in shown for shown in visitor.ever("papers"))
        assert visitor.ever("reading")[-1] == ""


async def test_a_file_that_cannot_be_taken_is_refused_in_one_sentence_and_nothing_is_kept(
    open_demo: OpenDemo, tmp_path: Path
):
    good, folder = ("beds.md", BEDS.encode()), tmp_path / "data" / "knowledge_base"
    unfit = (
        ([good, ("прайс.pages", b"x")], "Файл «прайс.pages» такого вида не читается."),
        ([good, ("install.exe", b"MZ")], "Файл «install.exe» такого вида не читается."),
        ([good, ("big.pdf", b"%PDF-" + b"0" * papers.LARGEST)], "Файл «big.pdf» больше 20 МБ"),
        ([good, ("...pdf", b"x")], "Имя файла «...pdf» не годится"),
        ([good, ("synonyms.txt", b"x")], "Имя «synonyms.txt» занято"),
        ([good] * 11, "За один раз можно добавить не больше 10 файлов, а выбрано 11."),
    )
    async with open_demo() as address, visiting(address) as visitor:
        before = sorted(path.name for path in folder.iterdir())
        for files, sentence in unfit:
            answer = await visitor.uploads(*files)
            assert answer.status_code == 409
            assert answer.json()["error"].startswith(sentence)
        foreign = await visitor.uploads(good, origin="https://evil.example")
        assert (foreign.status_code, foreign.json()["error"]) == (403, "Этот запрос пришёл с чужой страницы.")
        gone = await visitor.http.post("/papers/forget", json={"file": "../saudager.db"})
        assert gone.status_code == 404
        assert sorted(path.name for path in folder.iterdir()) == before
        assert (tmp_path / "data" / "saudager.db").exists()


async def test_a_name_with_folders_or_markup_stays_inside_the_folder_and_outside_the_page(
    open_demo: OpenDemo, tmp_path: Path
):
    async with open_demo() as address, visiting(address) as visitor:
        for name in ("../../../outside.md", "<img src=x onerror=alert(1)>.md"):
            assert (await visitor.uploads((name, BEDS.encode()))).status_code == 204
        await visitor.sees(lambda it: "outside.md" in it.words("papers") and "img" in it.words("papers"))
        assert (tmp_path / "data" / "knowledge_base" / "outside.md").exists()
        assert not list(tmp_path.glob("outside.md"))
        assert "<img" not in visitor.pieces["papers"]


def test_what_is_named_as_readable_is_what_the_form_offers():
    named = documents.READABLE.replace(" и ", ", ").split(", ")
    assert {f".{kind.lower()}" for kind in named} <= set(documents.SUFFIXES)
