"""What a recipient sees of a letter: two parts that say the same, a chart that can be told, and nothing foreign."""

import re
from base64 import b64decode
from dataclasses import dataclass, field
from decimal import Decimal
from io import BytesIO

import pytest
from PIL import Image

from saudager.letters import chart, rendering
from saudager.letters.chart import Year
from saudager.letters.rendering import Block, Sender, blocks, render
from tests.campaigns.people import BODY, YEAR

SENDER = Sender("Тёплый Дом", "sales@dom.example")
LINK = "https://shop.example/u/abc"


@dataclass(frozen=True)
class Letter:
    subject: str = "Итоги года"
    body: str = BODY
    language: str = "ru"
    year: list[list[str]] | None = field(default_factory=lambda: YEAR)


def test_the_text_part_is_the_letter_as_it_was_written_and_a_footer() -> None:
    text = render(Letter(), sender=SENDER, unsubscribe=LINK).text

    assert text.startswith(BODY)
    assert text.removeprefix(BODY).splitlines()[:3] == ["", "", "-- "]
    assert "sales@dom.example" in text
    assert text.endswith(f"Отписаться от предложений: {LINK}")


def test_the_html_part_says_the_same_in_paragraphs_and_a_list() -> None:
    html = render(Letter(), sender=SENDER, unsubscribe=LINK).html

    assert "<li>18 заказов на 2 450 000 ₸</li><li>рост 15 % к прошлому году</li>" in html
    assert "<p>С уважением,<br />Тёплый Дом</p>" in html.replace("<br>", "<br />")
    assert f'href="{LINK}"' in html
    assert 'name="viewport"' in html
    assert "prefers-color-scheme: dark" in html


def test_the_chart_lies_inside_and_its_figures_are_told_in_words() -> None:
    shown = render(Letter(), sender=SENDER, unsubscribe=LINK)

    (picture,) = shown.pictures
    assert f"cid:{picture.name}" in shown.html
    assert Image.open(BytesIO(b64decode(picture.data))).format == "PNG"
    (alt,) = re.findall(r'<img alt="([^"]*)"', shown.html)
    assert "01.2025 — 10 000, 02.2025 — 0, 03.2025 — 30 000" in alt
    assert "12.2025 — 120 000" in alt


def test_the_chart_stands_behind_the_list_of_figures_and_before_the_signature() -> None:
    html = render(Letter(), sender=SENDER, unsubscribe=LINK).html

    assert html.index("рост 15 %") < html.index("<img") < html.index("С уважением")


@pytest.mark.parametrize("year", [None, [], [["2025-01", "0.00"]]])
def test_without_purchases_there_is_no_chart(year: list[list[str]] | None) -> None:
    shown = render(Letter(year=year), sender=SENDER, unsubscribe=LINK)

    assert shown.pictures == ()
    assert "<img" not in shown.html


def test_nothing_is_fetched_from_anywhere() -> None:
    html = render(Letter(), sender=SENDER, unsubscribe=LINK).html

    assert set(re.findall(r"https?://[^\s\"')<]+", html)) == {LINK, "http://www.w3.org/1999/xhtml"}
    assert "@import" not in html
    assert "<script" not in html


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "{{ subject }}", "{% raw %}", '" onload="x', "<!-- -->"]
)
def test_words_are_never_markup(hostile: str) -> None:
    shown = render(
        Letter(subject=hostile, body=f"{hostile}\n\n- {hostile}"),
        sender=Sender(hostile, "sales@dom.example"),
        unsubscribe=LINK,
    )
    plain = render(Letter(subject="x", body="x\n\n- x"), sender=Sender("x", "sales@dom.example"), unsubscribe=LINK)

    assert shown.html.count("<") == plain.html.count("<")
    assert shown.html.count('"') == plain.html.count('"')
    assert shown.text.startswith(hostile)


def test_an_offer_without_a_link_says_how_to_stop_offers_by_answering() -> None:
    shown = render(Letter(), sender=SENDER, unsubscribe=None)

    assert "ответьте на это письмо словом «стоп»" in shown.text
    assert "ответьте на это письмо словом «стоп»" in shown.html


def test_a_service_letter_has_no_link() -> None:
    shown = render(Letter(), sender=SENDER, unsubscribe=LINK, is_offer=False)

    assert LINK not in shown.text + shown.html
    assert "«стоп»" not in shown.text


@pytest.mark.parametrize(("language", "says"), [("kk", "Ұсыныстардан бас тарту"), ("en", "Unsubscribe from offers")])
def test_the_footer_speaks_the_recipients_language(language: str, says: str) -> None:
    shown = render(Letter(language=language), sender=SENDER, unsubscribe=LINK)

    assert says in shown.text
    assert says in shown.html
    assert f'<html lang="{language}"' in shown.html
    assert not re.search("получили|Покупки|Пишет", shown.text.removeprefix(BODY) + shown.html)


def test_a_letter_is_small_enough_for_every_mail_program() -> None:
    shown = render(Letter(body="\n\n".join([BODY] * 10)), sender=SENDER, unsubscribe=LINK)

    picture = sum(len(one.data) for one in shown.pictures)
    assert len(shown.html.encode()) + picture < 30_000


def test_lists_are_told_from_paragraphs() -> None:
    assert blocks("Раз\nдва\n\n• один\n• два\nИтого: 3") == [
        Block(lines=("Раз", "два")),
        Block(points=("один", "два")),
        Block(lines=("Итого: 3",)),
    ]
    assert blocks("1. Первое\n2. Второе") == [Block(points=("Первое", "Второе"))]
    assert blocks("5. мая мы открылись") == [Block(lines=("5. мая мы открылись",))]
    assert blocks("-5 % на всё") == [Block(lines=("-5 % на всё",))]


def _year(*amounts: int) -> Year:
    return [(f"2025-{month:02}", Decimal(amount)) for month, amount in enumerate(amounts, start=1)]


def test_the_chart_is_small_sharp_and_the_same_every_time() -> None:
    year = _year(125_000, 0, 340_000, 98_000, -60_000, 410_000, 220_000, 0, 515_000, 330_000, 2_450_000, 180_000)

    drawn = chart.draw(year)

    assert drawn == chart.draw(year)
    assert len(drawn) <= 6_000
    picture = Image.open(BytesIO(drawn))
    assert (picture.size, picture.mode) == ((chart.WIDTH * 2, chart.HEIGHT * 2), "P")


def test_bars_are_as_high_as_their_figures_and_refunds_hang_below_the_line() -> None:
    def heights(colour: tuple[int, int, int]) -> list[int]:
        points = picture.load()
        assert points is not None
        columns = [sum(points[x, y] == colour for y in range(picture.height)) for x in range(picture.width)]
        return [height for x, height in enumerate(columns) if height and columns[x - 1] != height]

    picture = Image.open(BytesIO(chart.draw(_year(100, 50, 0, -25)))).convert("RGB")
    high, half = heights((38, 122, 98))
    (below,) = heights((199, 103, 58))

    assert abs(high - 2 * half) <= 2
    assert abs(half - 2 * below) <= 4


@pytest.mark.parametrize("year", [_year(0), _year(-5, -7), _year(*range(12)), _year(10**12)])
def test_every_year_can_be_drawn(year: Year) -> None:
    assert Image.open(BytesIO(chart.draw(year))).width == chart.WIDTH * 2


def test_a_short_alternative_text_is_cut_between_figures() -> None:
    year = [[f"{2020 + month // 12}-{month % 12 + 1:02}", "1234567890123.45"] for month in range(60)]

    (alt,) = re.findall(r'<img alt="([^"]*)"', render(Letter(year=year), sender=SENDER, unsubscribe=None).html)

    assert len(alt) < rendering.LONGEST_ALT + 40
    assert alt.endswith("1 234 567 890 123,45….")
