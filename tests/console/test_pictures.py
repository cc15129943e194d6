"""The console's pages of pictures: a series asked for, the sheet it comes in on, and what a person says of each."""

import asyncio
import io
import re
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.console import pictures as pages
from saudager.operators import audit
from saudager.orders.models import Product
from saudager.providers.images import Drawing, NoPicture, Painter
from saudager.providers.images.scripted import ScriptedImageModel
from saudager.studio import asking, listing, series
from saudager.studio.models import Picture
from tests.console.conftest import Console, OpenConsole
from tests.orders import rows

PAGE = "/console/pictures"
FORM: dict[str, Any] = {
    "once": "0123456789abcdef",
    "kind": "words",
    "words": "Toyota Camry 2021 белый седан",
    "angles": ["front", "side"],
    "keeping": "first",
}
ODD = "<b>сверху</b> & сбоку"


def flat(colour: str = "#f4f4f2") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(out, "PNG")
    return out.getvalue()


class Brush(ScriptedImageModel):
    """What the engine draws, angle by angle: a colour, or "" for what it refuses; it waits for ``hold`` if there is
    one."""

    def __init__(self) -> None:
        super().__init__(self._draw, name="openai")
        self.colours: dict[str, str] = {}
        self.hold: asyncio.Event | None = None

    async def _draw(self, asked: Drawing) -> bytes:
        if self.hold is not None:
            await self.hold.wait()
        colour = self.colours.get(asked.angle, "#f4f4f2")
        if not colour:
            raise NoPicture("модель отказалась рисовать")
        return flat(colour)


@pytest.fixture
def brush() -> Brush:
    return Brush()


@pytest.fixture
async def console(open_console: OpenConsole, brush: Brush) -> Console:
    opened: Console = await open_console(role="manager", painters=[Painter(brush)])
    return opened


async def ask(console: Console, files: Any = None, **changed: Any) -> Any:
    answer = await console.post(f"{PAGE}/new", FORM | changed, **({"files": files} if files else {}))
    await console.shop.settles()
    return answer


async def pictures(console: Console, number: int = 1) -> list[Picture]:
    return list((await console.app.db.read(listing.one, number)).pictures)


async def deeds(console: Console) -> list[tuple[str, str]]:
    return [(entry.action, entry.about) for entry in await console.app.db.read(audit.listed)]


def catalogue(session: Session, *, now: Any) -> None:
    shop = rows.shop(session, at=now)
    for sku, name in (("SOFA-1", "Диван угловой «Астана»"), ("WIN-70", "Окно ПВХ 70 мм"), ("X", "<i>Шкаф</i>")):
        session.add(
            Product(shop_id=shop, sku=sku, name=name, price=Decimal(94_500), currency="KZT", stock=None, updated_at=now)
        )


async def test_before_the_first_series_the_page_says_how_it_fills(console):
    page = await console.get(PAGE)
    assert "Картинок ещё нет" in console.text(page)
    assert f'href="{PAGE}/new"' in page.text


async def test_one_line_of_words_becomes_a_contact_sheet(console):
    answer = await ask(console)
    assert answer.headers["hx-redirect"] == f"{PAGE}/1"
    page = await console.get(f"{PAGE}/1")
    shown = console.text(page)
    assert "Toyota Camry 2021 белый седан" in shown
    assert "Нарисовано 2 из 2" in shown
    assert "спереди" in shown
    assert re.search(r"похоже на \d+\s%", shown)
    assert "OpenAI" in shown
    first, second = await pictures(console)
    for one in (first, second):
        assert f'href="/{one.path}"' in page.text
        assert f'src="/{one.path.rpartition(".")[0]}.small.webp"' in page.text
        assert str(one.seed) in shown
        assert one.prompt.split("\n")[0][:60] in shown
    assert f'src="/{first.path.rpartition(".")[0]}.small.webp"' in (await console.get(PAGE)).text
    assert ("pictures.asked", "series:1") in await deeds(console)


async def test_a_form_sent_twice_begins_one_series(console, brush):
    await ask(console)
    assert (await ask(console)).headers["hx-redirect"] == f"{PAGE}/1"
    assert len(brush.asked) == 2
    assert [action for action, _ in await deeds(console)].count("pictures.asked") == 1


async def test_no_more_series_are_begun_than_may_be_drawn_at_once(console, monkeypatch):
    monkeypatch.setattr(asking, "MOST_AT_ONCE", 0)
    assert "больше не поместится" in (await ask(console)).text
    assert (await console.app.db.read(series.listed))[1] == 0


async def test_a_car_is_asked_for_by_its_fields(console, brush):
    fields = {
        "kind": "car",
        "brand": "Kia",
        "model": "Rio",
        "year": "2019",
        "car_color": "красный",
        "body_type": "седан",
    }
    await ask(console, **fields)
    assert brush.asked[0].subject == {
        "kind": "car", "brand": "Kia", "model": "Rio", "year": "2019", "color": "красный", "body_type": "седан"
    }  # fmt: skip


async def test_a_product_of_the_catalogue_is_found_by_name_and_drawn(console, brush):
    await console.app.db.run(catalogue, now=console.shop.clock.now())
    found = await console.get(f"{PAGE}/new/products?q=диван")
    assert "Диван угловой" in console.text(found)
    assert "Окно" not in console.text(found)
    assert "<i>Шкаф" not in (await console.get(f"{PAGE}/new")).text
    assert "Таких товаров нет" in await console.sees(f"{PAGE}/new/products?q=zzz")
    chosen = await console.get(f"{PAGE}/new?product=1")
    assert 'value="1" checked' in chosen.text
    await ask(console, kind="product", product="1", color="серый", details="с подушками")
    assert brush.asked[0].subject["name"] == "Диван угловой «Астана»"
    assert brush.asked[0].subject["details"] == "с подушками"
    assert "SOFA-1" in await console.sees(f"{PAGE}/1")
    assert "Диван" in await console.sees(f"{PAGE}?product=1")
    assert "Таких картинок нет" in await console.sees(f"{PAGE}?product=2")


async def test_ones_own_words_are_angles_too(console):
    await ask(console, own=f"сверху, багажник открыт\n{ODD}")
    assert [one.angle for one in await pictures(console)] == ["front", "side", "сверху", "багажник открыт", ODD]
    page = await console.get(f"{PAGE}/1")
    assert "<b>сверху" not in page.text
    assert ODD in console.text(page) or "&lt;b&gt;сверху" in page.text


async def test_the_merchants_photo_goes_to_every_drawing(console, brush):
    photo = {"photo": ("camry.png", flat("#b3202a"), "image/png")}
    await ask(console, photo, keeping="photo")
    assert [len(asked.references) for asked in brush.asked[:2]] == [1, 1]
    held = await console.app.db.read(series.held, 1)
    assert held.photo.startswith("pictures/")
    assert await console.app.media.has(held.photo)
    assert f'href="/{held.photo}"' in (await console.get(f"{PAGE}/1")).text


@pytest.mark.parametrize(
    ("changed", "photo", "says"),
    [
        ({"words": " — "}, None, "Напишите, что нарисовать"),
        ({"kind": "car", "brand": " "}, None, "Назовите марку машины."),
        ({"kind": "car", "brand": "Kia", "year": "дветысячи"}, None, "Год машины пишут четырьмя цифрами"),
        ({"kind": "product"}, None, "Выберите товар каталога."),
        ({"kind": "product", "product": "77"}, None, "Такого товара в каталоге нет."),
        ({"angles": []}, None, "Нужен хотя бы один ракурс"),
        ({"own": ",".join(f"ракурс {number}" for number in range(30))}, None, "не больше 24"),
        ({"keeping": "photo"}, None, "Выберите фото товара"),
        ({"keeping": "photo"}, b"%PDF-1.7 not a picture", "Это не картинка"),
        ({"keeping": "photo", "angles": []}, flat(), "Нужен хотя бы один ракурс"),
        ({"keeping": "photo"}, b"x" * (20 * 1024 * 1024 + 1), "Файл больше 20 МБ."),
    ],
)
async def test_what_is_wrong_is_said_beside_the_form_and_nothing_begins(console, changed, photo, says):
    files = None if photo is None else {"photo": ("photo.png", photo, "image/png")}
    answer = await ask(console, files, **changed)
    assert answer.status_code == 200
    assert "hx-redirect" not in answer.headers
    assert says in console.text(answer)
    assert not answer.text.startswith("<!doctype")
    assert await deeds(console) == []
    assert [path async for path in console.app.media.below("pictures/")] == []


async def test_what_is_wrong_is_said_in_the_readers_language(console):
    await console.post("/console/profile", {"name": "Марат", "language": "en"})
    car = {"kind": "car", "brand": "Kia"}
    assert "four digits, from 1885 to 2100" in console.text(await ask(console, **car, year="дветысячи"))
    assert "no such product" in console.text(await ask(console, kind="product", product="77"))


async def test_the_form_says_who_will_draw(console):
    shown = await console.sees(f"{PAGE}/new")
    assert "Рисует: OpenAI" in shown
    assert "Ключа рисующей модели нет" not in shown


async def test_without_a_key_the_form_says_that_drawings_are_plain(open_console):
    console = await open_console(role="manager")
    shown = await console.sees(f"{PAGE}/new")
    assert "Ключа рисующей модели нет" in shown
    assert "Посмотреть в интернете" not in shown


async def test_a_picture_that_failed_says_why_and_only_it_is_drawn_again(console, brush):
    brush.colours["side"] = ""
    await ask(console)
    shown = await console.sees(f"{PAGE}/1")
    assert "модель отказалась рисовать" in shown
    assert "Дорисовать недостающее" in shown
    assert "Side" not in (await console.sees(f"{PAGE}?state=done"))
    assert "Toyota" in await console.sees(f"{PAGE}?state=incomplete")
    brush.colours.clear()
    brush.asked.clear()
    assert (await console.post(f"{PAGE}/1/go-on")).status_code == 204
    await console.shop.settles()
    assert [asked.angle for asked in brush.asked] == ["side"]
    assert "Нарисовано 2 из 2" in await console.sees(f"{PAGE}/1")
    assert ("pictures.went_on", "series:1") in await deeds(console)


async def test_what_is_unlike_waits_for_a_persons_eye(console, brush):
    brush.colours["side"] = "#b3202a"
    await ask(console)
    shown = await console.sees(f"{PAGE}/1")
    assert "посмотрите сами" in shown
    assert "Не похоже на товар" in shown
    assert "посмотрите: 1" in await console.sees(f"{PAGE}?state=doubtful")
    assert (await console.post(f"{PAGE}/1/accept")).status_code == 204
    assert [one.verdict for one in await pictures(console)] == ["accepted", None]
    assert (await console.post(f"{PAGE}/1/2/accept")).status_code == 204
    assert [one.verdict for one in await pictures(console)] == ["accepted", "accepted"]
    assert "Таких картинок нет" in await console.sees(f"{PAGE}?state=doubtful")
    assert {("pictures.accepted", "series:1"), ("picture.accepted", "picture:2")} <= {*await deeds(console)}


async def test_who_accepts_what_was_drawn_anew_since_is_told_so(console, brush):
    await ask(console)
    shown = (await console.get(f"{PAGE}/1")).text
    accept_all, accept_side = re.findall(rf'hx-post="({PAGE}/1(?:/2)?/accept[^"]*)"', shown)
    assert (await console.post(f"{PAGE}/1/2/redraw")).status_code == 204
    await console.shop.settles()
    assert (await console.post(accept_side)).status_code == 409
    assert (await console.post(accept_all)).status_code == 204
    assert [one.verdict for one in await pictures(console)] == ["accepted", None]
    shown = (await console.get(f"{PAGE}/1")).text
    (accept_all,) = re.findall(rf'hx-post="({PAGE}/1/accept[^"]*)"', shown)
    assert (await console.post(accept_all)).status_code == 204
    assert [one.verdict for one in await pictures(console)] == ["accepted", "accepted"]


async def test_what_could_not_be_compared_for_sure_is_accepted_one_by_one(console):
    await ask(console, angles=["front", "side", "interior"])
    shown = await console.sees(f"{PAGE}/1")
    assert "не точно: с этого ракурса видны другие цвета" in shown
    await console.post(f"{PAGE}/1/accept")
    assert [one.verdict for one in await pictures(console)] == ["accepted", "accepted", None]
    assert (await console.post(f"{PAGE}/1/3/accept")).status_code == 204
    assert (await pictures(console))[2].verdict == "accepted"


async def test_a_refused_picture_can_be_drawn_again(console, brush):
    await ask(console)
    assert (await console.post(f"{PAGE}/1/2/refuse")).status_code == 204
    assert "отклонена" in await console.sees(f"{PAGE}/1")
    old = (await pictures(console))[1].path
    brush.asked.clear()
    assert (await console.post(f"{PAGE}/1/2/redraw")).status_code == 204
    await console.shop.settles()
    assert [asked.angle for asked in brush.asked] == ["side"]
    again = (await pictures(console))[1]
    assert (again.verdict, again.path != old) == (None, True)
    assert await console.app.media.has(old) is False
    assert (await console.post(f"{PAGE}/1/99/redraw")).status_code == 404
    assert (await console.post(f"{PAGE}/2/2/accept")).status_code == 404


async def test_a_series_that_is_drawn_can_be_stopped_and_gone_on_with(console, brush):
    brush.hold = asyncio.Event()
    await console.post(f"{PAGE}/new", FORM)
    shown = await console.sees(f"{PAGE}/1")
    assert "Нарисовано 0 из 2" in shown
    assert "Остановить" in shown
    assert (await console.post(f"{PAGE}/1/cancel")).status_code == 204
    brush.hold.set()
    await console.shop.settles()
    assert "остановлена" in await console.sees(f"{PAGE}/1")
    assert (await pictures(console))[1].path is None
    await console.post(f"{PAGE}/1/go-on")
    await console.shop.settles()
    assert "Нарисовано 2 из 2" in await console.sees(f"{PAGE}/1")


async def test_the_marks_of_the_page_change_with_every_picture_and_verdict(console):
    async def marks() -> tuple[str, str]:
        now = console.shop.clock.now()
        one = await console.app.db.read(pages.WATCHES["series"], "1", now=now)
        return one, await console.app.db.read(pages.WATCHES["pictures"], None, now=now)

    seen = [await marks()]
    await console.post(f"{PAGE}/new", FORM)
    seen.append(await marks())
    await console.shop.settles()
    seen.append(await marks())
    await console.post(f"{PAGE}/1/1/accept")
    seen.append(await marks())
    for place in (0, 1):
        assert len({mark[place] for mark in seen}) == 4
    assert await console.app.db.read(pages.WATCHES["series"], "x", now=console.shop.clock.now()) == ""


async def test_all_pictures_come_in_one_file(console):
    await ask(console, own="сверху")
    answer = await console.get(f"{PAGE}/1/archive")
    assert answer.headers["content-type"] == "application/zip"
    assert ".zip" in answer.headers["content-disposition"]
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    assert packed.namelist() == ["01-front.png", "02-side.png", "03-сверху.png"]
    assert Image.open(io.BytesIO(packed.read("03-сверху.png"))).size == (64, 64)
    await console.post(f"{PAGE}/new", FORM | {"once": "f" * 16})
    assert (await console.get(f"{PAGE}/2/archive")).status_code == 404


async def test_all_angles_come_on_one_sheet_with_a_frame_for_what_failed(console, brush):
    brush.colours["side"] = ""
    await ask(console)
    answer = await console.get(f"{PAGE}/1/sheet")
    assert answer.headers["content-type"] == "image/jpeg"
    sheet = Image.open(io.BytesIO(answer.content))
    assert (sheet.format, sheet.width > 2 * 64) == ("JPEG", True)
    brush.colours["front"] = ""
    await ask(console, once="f" * 16)
    assert (await console.get(f"{PAGE}/2/sheet")).status_code == 404


async def test_a_removed_series_leaves_nothing_behind(console):
    await ask(console, {"photo": ("camry.png", flat(), "image/png")}, keeping="photo")
    assert len([path async for path in console.app.media.below("pictures/")]) == 6
    answer = await console.post(f"{PAGE}/1/remove")
    assert answer.headers["hx-redirect"] == PAGE
    assert [path async for path in console.app.media.below("pictures/")] == []
    assert await console.app.db.read(lambda session: session.scalars(select(Picture)).all()) == []
    assert (await console.get(f"{PAGE}/1")).status_code == 404


async def test_a_viewer_looks_and_changes_nothing(console):
    await ask(console)
    viewer = await console.another(role="viewer", name="Лена")
    shown = await viewer.sees(f"{PAGE}/1")
    assert "Принять" not in shown
    assert "Удалить" not in shown
    assert "Новые картинки" not in await viewer.sees(PAGE)
    for path in ("new", "1/go-on", "1/cancel", "1/accept", "1/remove", "1/1/accept", "1/1/refuse", "1/1/redraw"):
        assert (await viewer.post(f"{PAGE}/{path}", FORM)).status_code == 403
    assert (await viewer.get(f"{PAGE}/1/archive")).status_code == 200


async def test_what_a_series_is_called_cannot_become_markup(console):
    await ask(console, words="<script>alert(1)</script> диван")
    for path in (PAGE, f"{PAGE}/1"):
        page = await console.get(path)
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;" in page.text


async def test_an_order_shows_the_accepted_pictures_of_what_was_bought(console):
    def buy(session: Session) -> int:
        catalogue(session, now=console.shop.clock.now())
        lines = [("SOFA-1", "Диван угловой «Астана»", 1, "94500.00"), ("WIN-70", "Окно", 2, "92000.00")]
        return rows.order(session, 1, at=console.shop.clock.now(), lines=lines).id

    order = await console.app.db.run(buy)
    await ask(console, kind="product", product="1")
    assert f'href="{PAGE}/1"' not in (await console.get(f"/console/orders/{order}")).text
    await console.post(f"{PAGE}/1/1/accept")
    page = (await console.get(f"/console/orders/{order}")).text
    first, second = await pictures(console)
    assert page.count(f'href="{PAGE}/1"') == 1
    assert first.path.rpartition(".")[0] in page
    assert second.path.rpartition(".")[0] not in page


async def test_series_are_found_by_what_they_show(console):
    await ask(console)
    await ask(console, words="Диван угловой серый", once="e" * 16)
    assert "Camry" not in await console.sees(f"{PAGE}?q=ДИВАН")
    assert "Диван" not in await console.sees(f"{PAGE}/list?q=camry")
    assert (await console.get(f"{PAGE}?state=none")).status_code == 422
