"""Whatever a shop writes its documents in, a price row stays one fact and a question keeps its answer."""

import zipfile
from datetime import date
from pathlib import Path

import pytest

from saudager.exam.cases import shipped_knowledge
from saudager.knowledge import documents
from saudager.knowledge.passages import Excerpt, cut
from tests.knowledge import papers

pytestmark = pytest.mark.slow


def excerpts(path: Path) -> list[Excerpt]:
    return cut(documents.read(path, path.name))


def told(path: Path) -> list[tuple[str, str]]:
    return [(found.section, found.text) for found in excerpts(path)]


def problems(path: Path) -> list[str]:
    return [found.problem for found in documents.read(path, path.name).problems]


def test_a_markdown_table_gives_rows_with_headings_sections_and_the_note_below(tmp_path: Path) -> None:
    prices = papers.write(
        tmp_path / "prices.md",
        "# Прайс\n\n## Диваны\n\nЦены за 1 шт.\n\n"
        "| Модель | 90×200 | Цена, **₸** |\n|---|:-:|--:|\n"
        "| «Алтай» | 34 000 | 189 000* |\n| *Тулпар* | — | 98 000 |\n\n"
        "\\* Цена до 1 мая.\n\nПрим.: ножки отдельно.\n",
    )

    assert told(prices) == [
        ("Прайс › Диваны", "Цены за 1 шт."),
        ("Прайс › Диваны", "Модель: «Алтай»; 90×200: 34 000 ₸; Цена: 189 000 ₸*"),
        ("Прайс › Диваны", "Модель: Тулпар; 90×200: —; Цена: 98 000 ₸"),
        ("Прайс › Диваны", "Цена до 1 мая."),
        ("Прайс › Диваны", "Прим.: ножки отдельно."),
    ]


@pytest.mark.parametrize(
    "written",
    [
        "### Есть парковка?\n\nДа, во дворе.\n\nНа 6 машин.",
        "**Есть парковка?** Да, во дворе.\nНа 6 машин.",
        "**7. Есть парковка?**\nДа, во дворе. На 6 машин.",
        "**Есть парковка?**\n\nДа, во дворе. На 6 машин.",
        "Вопрос: Есть парковка?\nОтвет: Да, во дворе.\nНа 6 машин.",
        "Вопрос 3: Есть парковка?\n\nОтвет: Да, во дворе. На 6 машин.",
        "В: Есть парковка?\nО: Да, во дворе. На 6 машин.",
        "Есть парковка?\nДа, во дворе. На 6 машин.",
    ],
)
@pytest.mark.parametrize("name", ["faq.md", "faq.txt"])
def test_a_question_stays_with_its_answer_however_it_is_marked(tmp_path: Path, name: str, written: str) -> None:
    faq = papers.write(tmp_path / name, f"# Вопросы\n\n{written}\n\n### Есть кофе?\nДа.\n")

    assert [(where, text.replace("\n", " ")) for where, text in told(faq)] == [
        ("Вопросы", "Есть парковка? Да, во дворе. На 6 машин."),
        ("Вопросы", "Есть кофе? Да."),
    ]


def test_a_list_item_with_a_figure_is_one_fact_under_the_line_that_introduces_it(tmp_path: Path) -> None:
    terms = papers.write(
        tmp_path / "terms.md",
        "# Доставка\n\nЦена за посылку:\n\n- Астана — 6 000 тг,\n  1–2 дня\n- Алматы — 9 500 тг\n",
    )

    assert told(terms) == [
        ("Доставка", "Цена за посылку:"),
        ("Доставка › Цена за посылку", "Астана — 6 000 тг, 1–2 дня"),
        ("Доставка › Цена за посылку", "Алматы — 9 500 тг"),
    ]


def test_headings_of_a_plain_text_are_told_by_how_they_stand(tmp_path: Path) -> None:
    about = papers.write(
        tmp_path / "about.txt",
        "САЛОН «УЮТ»\n\n1. Часы работы\n\nПн 10:00-19:00\nВс 11:00-16:00\n\n"
        "2.1. Оплата\n\nКартой и наличными.\n\nКонтакты\n--------\n\nТел.: +7 700 000 00 01\n\nВозврат товара\n\n"
        "Возврат в течение 14 дней с чеком, упаковка должна быть целой, а сам товар без\n"
        "следов использования и сборки, деньги вернём тем же способом за пять рабочих\nдней.\n",
    )

    assert told(about) == [
        ("САЛОН «УЮТ» › 1. Часы работы", "Пн 10:00-19:00\nВс 11:00-16:00"),
        ("САЛОН «УЮТ» › 1. Часы работы › 2.1. Оплата", "Картой и наличными."),
        ("Контакты", "Тел.: +7 700 000 00 01"),
        (
            "Контакты › Возврат товара",
            "Возврат в течение 14 дней с чеком, упаковка должна быть целой, а сам товар без следов использования и "
            "сборки, деньги вернём тем же способом за пять рабочих дней.",
        ),
    ]


def test_every_row_and_every_answer_of_the_shipped_documents_is_one_passage() -> None:
    folder = shipped_knowledge()
    found = {path.name: excerpts(path) for path in sorted(folder.iterdir())}

    def lines(name: str) -> list[str]:
        return (folder / name).read_text(encoding="utf-8").splitlines()

    for name in ("price.md", "delivery.md"):
        drawn = sum(line.startswith("|") for line in lines(name))
        heads = 2 * sum(line.startswith("|--") for line in lines(name))
        assert sum(excerpt.row is not None for excerpt in found[name]) == drawn - heads
        assert all(": " in excerpt.text and excerpt.section for excerpt in found[name] if excerpt.row)
    assert len(found["stock.csv"]) == len(lines("stock.csv")) - 1
    assert len(found["faq.md"]) == sum(line.startswith("**") for line in lines("faq.md"))


def test_a_quotation_mark_that_is_never_closed_swallows_no_rows_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "price.csv").write_text('Товар,Цена\n"Нож складной,700\nДоска,1200\nТёрка,900\n', encoding="utf-8")
    reading = documents.read(tmp_path / "price.csv", "price.csv")
    assert [passage.text for passage in cut(reading)][1:] == [
        "Товар: Доска; Цена: 1 200 ₸",
        "Товар: Тёрка; Цена: 900 ₸",
    ]
    assert ["в строке 2" in problem.problem for problem in reading.problems] == [True]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_csv_is_read_whatever_its_delimiter_and_encoding(tmp_path: Path, delimiter: str, encoding: str) -> None:
    rows = [["Товар", "Цена, тг"], ["«Стол, 2 м»", "189000"], ["Стул", "9 500"]]
    written = "\r\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    prices = papers.write(tmp_path / "prices.csv", written, encoding)

    assert [(found.row, found.text) for found in excerpts(prices)] == [
        (2, "Товар: «Стол, 2 м»; Цена: 189 000 тг"),
        (3, "Товар: Стул; Цена: 9 500 тг"),
    ]


def test_sizes_may_head_the_columns_of_a_sheet_and_titles_stand_between_its_rows(tmp_path: Path) -> None:
    prices = papers.write(
        tmp_path / "prices.csv",
        "Матрасы;;\nМодель;90×200;160×200\nМягкие;;\nТыныш;46000;76 000\nЭко;34 000;—\n\n"
        "Врачи;;\nВрач;Стаж, лет;Дни\nЛи;12;вт, чт\nХирурги;;\nКим;21;пн\n",
    )

    assert told(prices) == [
        ("Матрасы › Мягкие", "Модель: Тыныш; 90×200: 46 000 ₸; 160×200: 76 000 ₸"),
        ("Матрасы › Мягкие", "Модель: Эко; 90×200: 34 000 ₸; 160×200: —"),
        ("Врачи", "Врач: Ли; Стаж, лет: 12; Дни: вт, чт"),
        ("Врачи › Хирурги", "Врач: Ким; Стаж, лет: 21; Дни: пн"),
    ]


def test_a_long_sheet_is_read_in_a_breath(tmp_path: Path) -> None:
    rows = "".join(f"Товар {number};{number};{number + 1000}\n" for number in range(20_000))
    prices = papers.write(tmp_path / "prices.csv", f"Товар;Остаток;Цена\n{rows}")

    assert len(excerpts(prices)) == 20_000


def test_a_docx_keeps_headings_lists_answers_and_merged_cells(tmp_path: Path) -> None:
    price = papers.write_docx(
        tmp_path / "price.docx",
        ("Title", "Прайс-лист"),
        ("Heading 1", "Окна"),
        [
            ["Изделие", "Цена", None],
            [None, "Стандарт", "Премиум"],
            ["Глухие", None, None],
            ["Окно 500", "10 000", "20 000"],
        ],
        ("Normal", "Доставка:"),
        ("List Bullet", "Астана — 6 000 тг"),
        ("bold", "Есть парковка?"),
        ("Normal", "Да, во дворе."),
    )

    assert told(price) == [
        ("Прайс-лист › Окна › Глухие", "Изделие: Окно 500; Цена, Стандарт: 10 000 ₸; Цена, Премиум: 20 000 ₸"),
        ("Прайс-лист › Окна", "Доставка:"),
        ("Прайс-лист › Окна › Доставка", "Астана — 6 000 тг"),
        ("Прайс-лист › Окна", "Есть парковка?\nДа, во дворе."),
    ]


def test_a_workbook_is_read_sheet_by_sheet_as_it_shows_itself(tmp_path: Path) -> None:
    price = papers.write_xlsx(
        tmp_path / "price.xlsx",
        {
            "Шины": [
                ["ТОО «Шина»"],
                [],
                ["Модель", "Размер", "Закуп", "Цена", "Скидка", "Дата"],
                ["Летние"],
                ["Jol S1", "195/65 R15", 9000, 20900, 0.05, date(2026, 5, 1)],
                [],
                ["Зимние"],
                ["Ice 7", "195/65 R15", 9100, 27100.5, None, None],
                ["* Цены до конца месяца."],
            ],
            "Услуги": [["Работа", "Цена, ₸"], ["Монтаж", 4000]],
        },
        merged=["A1:F1", "A4:F4"],
        formats={"D5": "#,##0 [$₸-43F]", "E5": "0%", "D8": "#,##0.00"},
        hidden_columns=["C"],
    )

    assert [(found.page, found.row, found.section, found.text) for found in excerpts(price)] == [
        (
            *(1, 5, "Шины › ТОО «Шина» › Летние"),
            "Модель: Jol S1; Размер: 195/65 R15; Цена: 20 900 ₸; Скидка: 5 %; Дата: 01.05.2026",
        ),
        (1, 8, "Шины › ТОО «Шина» › Зимние", "Модель: Ice 7; Размер: 195/65 R15; Цена: 27 100,5 ₸"),
        (1, None, "Шины › ТОО «Шина»", "* Цены до конца месяца."),
        (2, 2, "Услуги", "Работа: Монтаж; Цена: 4 000 ₸"),
    ]


def test_what_a_workbook_does_not_tell_is_reported_and_what_is_hidden_stays_hidden(tmp_path: Path) -> None:
    price = papers.write_xlsx(
        tmp_path / "price.xlsx",
        {"Прайс": [["Товар", "Цена"], ["Стол", "=2*3"], ["Стул", 500]], "Закуп": [["Товар", "Цена"], ["Стул", 100]]},
        hidden=["Закуп"],
    )

    assert [found.text for found in excerpts(price)] == ["Товар: Стол; Цена: —", "Товар: Стул; Цена: 500 ₸"]
    assert problems(price) == [
        "price.xlsx, лист «Прайс»: в ячейках B2 формулы без готового значения; откройте файл в Excel и сохраните его.",
        "price.xlsx, лист «Закуп»: лист скрыт и потому не читается.",
    ]


NAMES = ["a.docx", "a.xlsx", "a.md", "a.txt", "a.csv"]


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_file_is_reported(tmp_path: Path, name: str) -> None:
    empty = papers.write(tmp_path / name, "")

    assert problems(empty) == [f"{name}: файл пуст; сохраните его заново."]


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx"])
@pytest.mark.parametrize("content", [b"PK", b"PK\x03\x04" + bytes(range(256)) * 9, b"no archive at all"])
def test_a_damaged_office_file_is_reported(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)

    assert problems(tmp_path / name) == [f"{name}: файл повреждён, прочитать его нельзя; сохраните его заново."]


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_an_office_file_with_a_damaged_part_never_stops_the_reading(tmp_path: Path, name: str, share: float) -> None:
    path = tmp_path / name
    if name.endswith("docx"):
        papers.write_docx(path, ("Heading 1", "Окна"), [["Изделие", "Цена"], ["Окно", "100"]])
    else:
        papers.write_xlsx(path, {"Прайс": [["Изделие", "Цена"], ["Окно", 100]]})
    with zipfile.ZipFile(path) as whole:
        parts = {part: whole.read(part) for part in whole.namelist()}
    main = "word/document.xml" if name.endswith("docx") else "xl/worksheets/sheet1.xml"
    parts[main] = parts[main][: int(len(parts[main]) * share)]
    with zipfile.ZipFile(path, "w") as damaged:
        for part, content in parts.items():
            damaged.writestr(part, content)

    assert problems(path) == [f"{name}: файл повреждён, прочитать его нельзя; сохраните его заново."]


def test_a_locked_or_old_office_file_is_reported(tmp_path: Path) -> None:
    start = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    (tmp_path / "locked.xlsx").write_bytes(start + "EncryptedPackage".encode("utf-16-le") + bytes(600))
    (tmp_path / "old.docx").write_bytes(start)

    assert problems(tmp_path / "locked.xlsx") == ["locked.xlsx: файл закрыт паролем; сохраните его без пароля."]
    assert problems(tmp_path / "old.docx") == [
        "old.docx: это старый формат Office; откройте файл и сохраните его как DOCX или XLSX."
    ]


def test_a_file_under_a_wrong_name_is_reported_with_the_right_one(tmp_path: Path) -> None:
    book = papers.write_xlsx(tmp_path / "a.xlsx", {"Прайс": [["Изделие", "Цена"], ["Окно", 100]]}).read_bytes()
    paper = papers.draw(tmp_path / "a.pdf", papers.text("Delivery costs 5 000.")).read_bytes()
    for name, content in [("b.docx", book), ("b.csv", book), ("b.txt", paper), ("b.xlsx", paper)]:
        (tmp_path / name).write_bytes(content)

    assert problems(tmp_path / "b.docx") == ["b.docx: внутри это файл XLSX; дайте ему имя с окончанием .xlsx."]
    assert problems(tmp_path / "b.csv") == [
        "b.csv: внутри это файл Office; дайте ему имя с окончанием .docx или .xlsx."
    ]
    assert problems(tmp_path / "b.txt") == ["b.txt: внутри это PDF; дайте файлу имя с окончанием .pdf."]
    assert problems(tmp_path / "b.xlsx") == ["b.xlsx: внутри это PDF; дайте файлу имя с окончанием .pdf."]


def test_an_archive_that_would_swell_is_not_unpacked(tmp_path: Path) -> None:
    bomb = papers.write_docx(tmp_path / "bomb.docx", ("Normal", "Здравствуйте."))
    with (
        zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("word/media/x", "w") as part,
    ):
        for _ in range(160):
            part.write(bytes(1024 * 1024))

    assert bomb.stat().st_size < 2 * 1024 * 1024
    assert problems(bomb) == [
        "bomb.docx: в развёрнутом виде файл слишком велик; удалите из него картинки или разделите его."
    ]


def test_a_small_file_of_endless_text_is_reported_and_not_read(tmp_path: Path) -> None:
    long = papers.write_docx(tmp_path / "long.docx", ("Normal", "a" * 3_000_001))
    torn = papers.write_docx(tmp_path / "torn.docx", ("Normal", "Начало."))
    with zipfile.ZipFile(torn) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(torn, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, part in parts.items():
            packed.writestr(name, part.replace(b"<w:body>", b"<w:body>" + b"<w:p/>" * 50_000))
    plain = papers.write(tmp_path / "long.txt", "a " * 1_500_001)
    endless = papers.write_docx(tmp_path / "endless.docx", ("Normal", "Здравствуйте."))
    with (
        zipfile.ZipFile(endless, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("word/comments.xml", "w") as comments,
    ):
        for _ in range(41):
            comments.write(b"a" * 1024 * 1024)

    too_long = "в файле слишком много текста, больше 3 миллионов знаков; разделите его."
    assert problems(long) == [f"long.docx: {too_long}"]
    assert problems(plain) == [f"long.txt: {too_long}"]
    assert problems(torn) == ["torn.docx: в файле больше 50000 абзацев и ячеек; разделите его."]
    assert problems(endless) == ["endless.docx: в файле слишком много текста; разделите его на несколько."]
    assert excerpts(long) == excerpts(plain) == excerpts(endless) == []


def test_of_a_table_without_end_the_beginning_is_read_and_the_rest_reported(tmp_path: Path) -> None:
    csv = papers.write(tmp_path / "long.csv", "Товар;Цена\n" + "Стул;900\n" * 25_000)
    wide = [[None] * 16_383 + [number] for number in range(14)]
    book = papers.write_xlsx(tmp_path / "wide.xlsx", {"Прайс": wide, "Ещё": [["Стол", 500]]})

    assert len(excerpts(csv)) == 24_999
    assert problems(csv) == ["long.csv: прочитаны первые 25000 строк; разделите таблицу."]
    assert problems(book) == [
        "wide.xlsx, лист «Прайс»: прочитан до строки 13: в файле слишком много ячеек; разделите его.",
        "wide.xlsx, лист «Ещё»: не прочитан: в файле слишком много ячеек; разделите его.",
    ]


def test_a_huge_file_is_reported_and_not_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as file:
        file.truncate(51 * 1024 * 1024)

    assert problems(huge) == ["huge.txt: файл больше 50 МБ; разделите его или уберите картинки."]


def test_pictures_and_other_kinds_of_files_are_named_with_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "noise.csv").write_bytes(b"\x00\x01\x02")

    assert problems(tmp_path / "photo.jpg") == [
        "photo.jpg: такие файлы не читаются; сохраните документ как один из этих: PDF, DOCX, XLSX, CSV, TSV, MD, TXT."
    ]
    assert problems(tmp_path / "noise.csv") == [
        "noise.csv: это не таблица CSV; откройте её в Excel и сохраните как «CSV UTF-8» или XLSX."
    ]
