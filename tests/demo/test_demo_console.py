"""The console of the demo: one press on its page opens it, with the made-up companies in it, and no other page may."""

import asyncio
import re

import httpx
import pytest

from saudager.demo.sample_customers import CUSTOMERS
from saudager.providers.images import Painter
from saudager.providers.images.offline import OfflineImageModel
from tests.browser import browsing, need_browser
from tests.demo.conftest import OpenDemo
from tests.demo.visitor import PATIENCE, visiting

pytestmark = pytest.mark.slow

COMPANIES = {"to": "/console/companies"}


async def test_a_press_on_the_page_opens_the_console_on_the_room_asked_for(open_demo: OpenDemo):
    async with (
        open_demo() as address,
        httpx.AsyncClient(timeout=PATIENCE, base_url=address, follow_redirects=True) as http,
    ):
        assert 'action="/console/walk-in"' in (await http.get("/")).text
        page = await http.post("/console/walk-in", data=COMPANIES)
        assert (page.status_code, page.url.path) == (200, "/console/companies")
        assert len(re.findall(r'href="/console/companies/\d+"', page.text)) == 12
        assert (await http.get("/console/settings")).status_code == 200, "the visitor is an owner"


async def test_every_room_the_page_names_is_there(open_demo: OpenDemo):
    async with (
        open_demo() as address,
        httpx.AsyncClient(timeout=PATIENCE, base_url=address, follow_redirects=True) as http,
    ):
        rooms = re.findall(r'name="to" value="(.*?)"', (await http.get("/")).text)
        assert len(rooms) >= 4
        for room in rooms:
            page = await http.post("/console/walk-in", data={"to": room})
            assert (page.status_code, page.url.path) == (200, room)


async def test_one_of_its_windows_is_drawn_from_four_sides_without_being_asked_for(open_demo: OpenDemo):
    async with (
        open_demo(painters=[Painter(OfflineImageModel())]) as address,
        httpx.AsyncClient(timeout=PATIENCE, base_url=address, follow_redirects=True) as http,
        asyncio.timeout(PATIENCE),
    ):
        assert "Окно ПВХ" in (await http.post("/console/walk-in", data={"to": "/console/pictures"})).text
        while "Нарисовано 4 из 4" not in (page := (await http.get("/console/pictures/1")).text):
            await asyncio.sleep(0.1)
        thumbnails = re.findall(r'src="(/pictures/[^"]+)"', page)
        assert [(await http.get(one)).headers["content-type"] for one in thumbnails] == ["image/webp"] * 4


async def test_made_up_customers_have_written_once_and_are_answered_like_the_visitor(open_demo: OpenDemo):
    booked = "Записала созвон: в понедельник"
    for _ in range(2):  # the second time it is the same shop, restarted
        async with open_demo(customers=CUSTOMERS) as address, visiting(address) as visitor, asyncio.timeout(PATIENCE):
            await visitor.http.post("/console/walk-in", data={"to": "/console/inbox"})
            while booked not in (page := (await visitor.http.get("/console/inbox")).text):
                await asyncio.sleep(0.1)
            for _, name, _ in CUSTOMERS:
                assert page.count(f">{name}<") == 1
            assert visitor.lines == []
            today = (await visitor.http.get("/console/today")).text
            assert "Клиент спрашивает: «А рулонные шторы на окна вы делаете?»" in today
            assert "Передано человеку: жалуется" in today
    async with open_demo(customers=CUSTOMERS) as address, visiting(address) as visitor:
        assert "131 000 ₸" in await visitor.asks("Сколько стоит окно 1500 на 1500 в профиле Премиум 76?")


async def test_pressing_again_opens_it_again_for_the_same_owner(open_demo: OpenDemo):
    async with (
        open_demo() as address,
        httpx.AsyncClient(timeout=PATIENCE, base_url=address, follow_redirects=True) as http,
    ):
        await http.post("/console/walk-in", data=COMPANIES)
        http.cookies.clear()
        assert (await http.get("/console/companies")).url.path == "/console/sign-in"
        await http.post("/console/walk-in", data=COMPANIES)
        operators = (await http.get("/console/operators")).text
        assert set(re.findall(r'href="/console/operators/(\d+)"', operators)) == {"1"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "shop.example"}, 421),
        ({"origin": "https://shop.example"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
    ],
)
async def test_no_other_sites_page_walks_in(open_demo: OpenDemo, headers: dict[str, str], status: int):
    async with open_demo() as address, httpx.AsyncClient(timeout=PATIENCE, base_url=address) as http:
        refused = await http.post("/console/walk-in", data=COMPANIES, headers=headers)
        assert refused.status_code == status
        assert "set-cookie" not in refused.headers


async def test_it_leads_to_no_other_site(open_demo: OpenDemo):
    async with open_demo() as address, httpx.AsyncClient(timeout=PATIENCE, base_url=address) as http:
        sent = await http.post("/console/walk-in", data={"to": "https://shop.example/"})
        assert (sent.status_code, sent.headers["location"]) == (303, "/console/today")


@pytest.mark.browser
async def test_in_a_browser_a_companys_letter_is_a_few_presses_away(open_demo: OpenDemo):
    need_browser()
    async with open_demo() as address, browsing(address) as page:
        async with page.context.expect_page() as opened:
            await page.get_by_role("button", name="Компании", exact=True).click()
        console = await opened.value
        await console.get_by_role("link", name="TOO «Steppe Trade»").click()
        await console.get_by_role("link", name="Написать письмо").click()
        await console.get_by_role("button", name="Написать").wait_for()
