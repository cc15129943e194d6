"""What a document says is kept whole, and what cannot be read is told."""

from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from saudager.knowledge import documents, library
from saudager.knowledge.passages import Excerpt, cut
from tests.knowledge import papers

FILLER = "Plain words of an ordinary paragraph that says nothing else. "


def excerpts(path: Path) -> list[Excerpt]:
    return cut(documents.read(path, path.name))


def rows(path: Path) -> list[tuple[int, int | None, str]]:
    return [(found.page, found.row, found.text) for found in excerpts(path) if found.row is not None]


def test_a_price_row_stays_one_fact_with_its_headings_and_its_section(sample_shop: list[library.Read]) -> None:
    prices = [excerpt for document in sample_shop for excerpt, _ in document.excerpts if "131 000" in excerpt.text]

    assert prices == [
        Excerpt(
            page=1,
            row=3,
            section="Прайс-лист магазина «Тёплый Дом» › 1. Окна › 1.1. Двустворчатые окна",
            text="Изделие: Окно двустворчатое; Размер, мм: 1500×1500; Профиль: Премиум 76; Цена: 131 000 ₸",
        )
    ]


def test_the_sample_shop_is_read_without_a_problem(sample_shop: list[library.Read]) -> None:
    assert {document.reading.file: document.reading.problems for document in sample_shop} == {
        "faq.pdf": [],
        "prices.pdf": [],
        "terms.pdf": [],
    }
    assert sum(document.reading.pages for document in sample_shop) >= 10


def test_page_numbers_and_running_titles_are_no_passages(sample_shop: list[library.Read]) -> None:
    assert not [excerpt for document in sample_shop for excerpt, _ in document.excerpts if "стр." in excerpt.text]


def test_a_question_stays_with_its_answer(sample_shop: list[library.Read]) -> None:
    faq = sample_shop[0].excerpts
    asked = [excerpt.text for excerpt, _ in faq if excerpt.text.startswith("Ставите ли вы окна зимой?")]

    assert len(asked) == 1
    assert "до −20 °C" in asked[0]


def test_running_text_is_cut_between_sentences_into_pieces_a_person_would_quote(tmp_path: Path) -> None:
    long = papers.draw(tmp_path / "long.pdf", papers.heading("About"), papers.text(FILLER * 40))

    pieces = [found.text for found in excerpts(long)]

    assert len(pieces) > 3
    assert all(300 <= len(piece) <= 700 for piece in pieces[:-1])
    assert all(piece.endswith(".") for piece in pieces)
    assert " ".join(pieces) == (FILLER * 40).strip()


def test_text_of_a_ruled_table_is_not_repeated_as_running_text(tmp_path: Path) -> None:
    mixed = papers.draw(
        tmp_path / "mixed.pdf",
        papers.text("Before the table."),
        papers.table(["Thing", "Price"], ["Door", "100"], ["Window", "200"]),
        papers.text("After the table."),
    )

    assert [found.text for found in excerpts(mixed)] == [
        "Before the table.",
        "Thing: Door; Price: 100 ₸",
        "Thing: Window; Price: 200 ₸",
        "After the table.",
    ]


def test_a_table_that_goes_on_over_the_page_keeps_its_headings(tmp_path: Path) -> None:
    long = papers.draw(
        tmp_path / "long.pdf",
        papers.heading("Prices"),
        papers.table(["Thing", "Price"], *([f"Thing {i}", str(i * 100)] for i in range(1, 61)), repeat=0),
    )

    found = excerpts(long)

    assert [found.text for found in found] == [
        f"Thing: Thing {i}; Price: {f'{i * 100:,}'.replace(',', ' ')} ₸" for i in range(1, 61)
    ]
    assert {found.section for found in found} == {"Prices"}
    assert [found.row for found in found if found.page == 2][:2] == [1, 2]


def test_merged_cells_mean_what_they_cover(tmp_path: Path) -> None:
    merged = papers.draw(
        tmp_path / "merged.pdf",
        papers.table(
            ["Thing", "Price", ""],
            ["", "Standard", "Premium"],
            ["Fixed", "", ""],
            ["Window 500", "10", "20"],
            ["Opening", "", ""],
            ["Window 600", "30", "40"],
            merged=[((0, 0), (0, 1)), ((1, 0), (2, 0)), ((0, 2), (2, 2)), ((0, 4), (2, 4))],
        ),
    )

    assert [(found.row, found.section, found.text) for found in excerpts(merged)] == [
        (1, "Fixed", "Thing: Window 500; Price, Standard: 10 ₸; Price, Premium: 20 ₸"),
        (2, "Opening", "Thing: Window 600; Price, Standard: 30 ₸; Price, Premium: 40 ₸"),
    ]


def test_figures_may_head_the_columns_of_a_price_matrix(tmp_path: Path) -> None:
    matrix = papers.draw(
        tmp_path / "matrix.pdf", papers.table(["Height", "600", "900"], ["500", "10", "20"], ["700", "30", "40"])
    )

    assert rows(matrix) == [(1, 1, "Height: 500; 600: 10; 900: 20"), (1, 2, "Height: 700; 600: 30; 900: 40")]


def test_a_frame_around_text_is_no_table(tmp_path: Path) -> None:
    framed = papers.draw(tmp_path / "framed.pdf", papers.table(["Only a note in a frame."]), papers.text("And text."))

    assert [found.row for found in excerpts(framed)] == [None]
    assert "Only a note in a frame." in excerpts(framed)[0].text


def test_a_heading_with_nothing_under_it_is_a_statement(tmp_path: Path) -> None:
    poster = papers.draw(
        tmp_path / "poster.pdf", papers.heading("Open on Sunday"), papers.heading("Terms"), papers.text(FILLER)
    )

    assert [found.text for found in excerpts(poster)] == ["Open on Sunday", FILLER.strip()]


def test_a_hyphen_at_the_end_of_a_line_stays_in_its_word(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "hyphen.pdf"), invariant=1)
    for top, words in [(700, "Slopes of sandwich-"), (688, "panels cost 6 200 a"), (676, "metre.")]:
        canvas.drawString(72, top, words)
    canvas.save()

    assert [found.text for found in excerpts(tmp_path / "hyphen.pdf")] == [
        "Slopes of sandwich-panels cost 6 200 ₸ a metre."
    ]


def test_a_page_drawn_at_another_scale_reads_the_same(tmp_path: Path) -> None:
    def draw(name: str, scale: float) -> list[Excerpt]:
        canvas = Canvas(str(tmp_path / name), invariant=1)
        canvas.scale(scale, scale)
        for size, top, words in [(16, 700, "Delivery"), (10, 660, "To Karaganda"), (10, 648, "in two days.")]:
            canvas.setFont("Helvetica", size / scale)
            canvas.drawString(72 / scale, top / scale, words)
        canvas.save()
        return excerpts(tmp_path / name)

    assert draw("one.pdf", 1) == draw("ten.pdf", 10) == [Excerpt(1, None, "Delivery", "To Karaganda in two days.")]


def test_an_encrypted_file_is_reported(tmp_path: Path) -> None:
    locked = papers.draw(tmp_path / "locked.pdf", papers.text("Secret prices"), password="secret")

    reading = documents.read(locked, "locked.pdf")

    assert reading.content == []
    assert [(found.page, found.problem) for found in reading.problems] == [
        (None, "locked.pdf: файл закрыт паролем; сохраните его без пароля.")
    ]


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"not a pdf at all", bytes(range(256)) * 40])
def test_a_broken_file_is_reported(tmp_path: Path, content: bytes) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(content)

    reading = documents.read(broken, "broken.pdf")

    assert [found.problem for found in reading.problems] == [
        "broken.pdf: файл повреждён, прочитать его нельзя; сохраните его заново."
    ]


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_file_cut_short_never_stops_the_reading(tmp_path: Path, share: float) -> None:
    whole = papers.draw(
        tmp_path / "whole.pdf",
        papers.table(["Thing", "Price"], ["Door", "100"]),
        *(papers.text(FILLER * 3), papers.new_page(), papers.text(FILLER)) * 5,
    ).read_bytes()
    short = tmp_path / "short.pdf"
    short.write_bytes(whole[: int(len(whole) * share)])

    reading = documents.read(short, "short.pdf")

    assert reading.problems or reading.content
    assert all(found.problem.startswith("short.pdf") for found in reading.problems)


def test_a_scanned_page_is_reported_by_its_number_and_the_rest_is_kept(tmp_path: Path) -> None:
    scans = papers.draw_scans(
        tmp_path / "scans.pdf", ["Delivery to Karaganda costs 15 000.", None, "Returns within 14 days, with a receipt."]
    )

    reading = documents.read(scans, "scans.pdf")

    assert [(found.page, found.problem) for found in reading.problems] == [
        (2, "scans.pdf, стр. 2: похоже на скан, текста нет; нужен файл с текстом.")
    ]
    assert [found.page for found in cut(reading)] == [1, 3]


def test_a_page_without_a_word_is_reported(tmp_path: Path) -> None:
    blank = papers.draw_scans(tmp_path / "blank.pdf", ["Delivery to Karaganda costs 15 000.", ""])

    assert [found.problem for found in documents.read(blank, "blank.pdf").problems] == [
        "blank.pdf, стр. 2: текста нет; страница пуста или повреждена."
    ]


def test_a_damaged_page_is_reported_and_the_tables_of_the_others_are_kept(tmp_path: Path) -> None:
    sound = papers.draw(
        tmp_path / "sound.pdf",
        papers.table(["Thing", "Price"], ["Door", "100"]),
        papers.new_page(),
        papers.table(["Thing", "Price"], ["Window", "200"]),
    ).read_bytes()
    first_page = sound.index(b"stream") + 10
    damaged = tmp_path / "damaged.pdf"
    damaged.write_bytes(sound[:first_page] + b"\xff" * 40 + sound[first_page + 40 :])

    reading = documents.read(damaged, "damaged.pdf")

    assert {found.page for found in reading.problems} == {1}
    assert rows(damaged) == [(2, 1, "Thing: Window; Price: 200 ₸")]
