"""The demo over real HTTP: what a browser would be told, and what it may not do."""

import asyncio
import os
import re
import signal
import socket
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from saudager import demo
from saudager.bootstrap import SIMULATOR, TRIAL_MAILBOX, bootstrap, connect_accounts
from saudager.clock import MovableClock
from saudager.errors import ConfigurationError
from tests.demo.conftest import OpenDemo
from tests.demo.visitor import visiting
from tests.fakes.serving import refused_url

pytestmark = pytest.mark.slow

PRICE = "Сколько стоит двустворчатое окно 1500 на 1500 в профиле Премиум 76?"


async def test_a_price_question_is_answered_with_the_figure_and_its_source_row(open_demo: OpenDemo):
    async with open_demo() as address, visiting(address) as visitor:
        await visitor.says(PRICE)
        await visitor.sees(lambda it: it.answers and "data-place" in it.pieces[it.order[-1]])
        assert "131 000 ₸ (источник: prices.pdf, стр. 1, строка 3)" in visitor.answers[0]
        why = visitor.words("why")
        assert "все цифры подтверждены" in why
        assert "Размер, мм 1500×1500 Профиль Премиум 76 Цена 131 000 ₸" in why
        assert re.search(r"клиент уверенность (?:0,[89]\d|1,00) · по правилам, без сети", why)
        assert re.search(r"prices\.pdf, стр\. 1, строка 3 · 1\.1\. Двустворчатые окна · совпадение [01],\d\d", why)
        assert re.search(r"поиск [\d,]+ мс модель [\d,]+ мс проверка [\d,]+ мс", why)


async def test_on_a_first_start_the_page_answers_at_once_and_the_question_when_the_papers_are_read(open_demo: OpenDemo):
    async with open_demo(knows=False) as address, visiting(address) as visitor:
        assert "Читаю документы" in visitor.words("reading")
        await visitor.says(PRICE)
        await visitor.sees(lambda it: it.lines)
        assert visitor.answers == []
        await visitor.sees(lambda it: it.answers)
        assert "131 000 ₸" in visitor.answers[0]
        assert visitor.words("reading") == ""
        assert "prices.pdf" in visitor.words("papers")


async def test_what_waits_for_a_person_is_listed_until_somebody_has_looked(open_demo: OpenDemo):
    async with open_demo() as address, visiting(address) as visitor:
        await visitor.says("Есть ли у вас диваны?")
        await visitor.sees(lambda it: "диваны" in it.words("desk"))
        assert "В документах нет ответа" in visitor.words("desk")
        about = re.search('data-settle="(.*?)" data-about="(.*?)"', visitor.pieces["desk"])
        assert about is not None
        await visitor.http.post("/settle", json={"kind": about[1], "about": about[2]})
        await visitor.sees(lambda it: "диваны" not in it.words("desk"))


async def test_a_question_without_an_answer_is_listed_until_it_is_dealt_with_and_again_when_asked_again(
    open_demo: OpenDemo,
):
    async with open_demo() as address, visiting(address) as visitor:
        for times in (1, 2):
            await visitor.says("Есть ли у вас диваны?")
            await visitor.sees(lambda it: "«Есть ли у вас диваны?» этот чат" in it.words("questions"))
            question = re.search(r'data-question="(\d+)"', visitor.pieces["questions"])
            assert question is not None
            for _ in range(times):
                answer = await visitor.http.post("/questions/settle", json={"id": int(question[1])})
                assert answer.status_code == 204
            await visitor.sees(lambda it: "диваны" not in it.words("questions"))


async def test_the_page_says_when_it_will_answer_and_the_clock_brings_that_moment(open_demo: OpenDemo):
    async with open_demo(patience_complete=60) as address, visiting(address) as visitor:
        await visitor.says(PRICE)
        await visitor.sees(lambda it: "data-until" in it.pieces["next"])
        before = visitor.now
        await visitor.http.post("/clock", json={"hours": 1})
        await visitor.sees(lambda it: it.answers and it.now - before >= 3_600_000)
        assert "Ничего не запланировано" in visitor.words("next")


async def test_a_day_on_the_page_shows_it_as_a_new_day(open_demo: OpenDemo):
    async with open_demo() as address, visiting(address) as visitor:
        await visitor.says(PRICE)
        await visitor.sees(lambda it: it.answers)
        await visitor.http.post("/clock", json={"days": 1})
        await visitor.says("А какая гарантия?")
        await visitor.sees(lambda it: len(it.answers) == 2)
        assert len([key for key in visitor.order if key.startswith("day-")]) == 2


async def test_a_restart_keeps_the_conversation_and_never_goes_back_in_time(open_demo: OpenDemo):
    async with open_demo() as address, visiting(address) as visitor:
        await visitor.http.post("/clock", json={"days": 3})
        await visitor.says(PRICE)
        await visitor.sees(lambda it: it.answers)
        said, then = visitor.lines, visitor.now
    async with open_demo() as address, visiting(address) as visitor:
        assert [line.rsplit(" ", 2)[0] for line in visitor.lines] == [line.rsplit(" ", 2)[0] for line in said]
        assert visitor.now >= then - 1000
        await visitor.says("А стандарт?")
        await visitor.sees(lambda it: len(it.answers) == 2)
        assert "94 500 ₸" in visitor.answers[1]


@pytest.mark.parametrize(
    ("what", "shown", "answered"),
    [
        ("photo", "Фото", None),
        ("voice", "Голосовое сообщение", "Не получилось прослушать голосовое"),
        ("location", "Геопозиция 51.1284, 71.4306", None),
        ("missed_call", "Пропущенный звонок", "Видим ваш звонок"),
    ],
)
async def test_whatever_a_customer_sends_is_a_line_of_the_chat(
    open_demo: OpenDemo, what: str, shown: str, answered: str | None
):
    async with open_demo() as address, visiting(address) as visitor:
        await visitor.http.post("/attach", json={"what": what})
        await visitor.sees(lambda it: it.answers)
        assert shown in visitor.lines[0]
        assert answered is None or answered in visitor.answers[0]


async def test_a_new_customer_has_a_new_number_and_an_empty_chat(open_demo: OpenDemo):
    async with open_demo() as address, visiting(address) as visitor:
        assert "+7 701 000 00 01" in visitor.words("presence")
        await visitor.http.post("/again", json={})
        await visitor.says(PRICE)
        await visitor.sees(lambda it: it.answers)
        await visitor.http.post("/again", json={})
        await visitor.sees(lambda it: it.order == ["hello"])
        assert "+7 701 000 00 02" in visitor.words("presence")


async def test_what_a_customer_writes_never_becomes_part_of_the_page(open_demo: OpenDemo):
    evil = """<script>alert("1")</script><img src=x onerror='alert(2)'> " onfocus="alert(3) {{ 7 * 7 }}"""
    async with open_demo() as address, visiting(address) as visitor:
        await visitor.says(evil)
        await visitor.sees(lambda it: it.answers)
        page = (await visitor.http.get("/")).text
        for markup in [page, *visitor.pieces.values()]:
            assert "<script>alert" not in markup
            assert "<img" not in markup
            assert ' onfocus="alert' not in markup
        assert evil in visitor.lines[0]


async def test_a_line_of_a_hundred_thousand_characters_is_taken_and_shown_in_part(open_demo: OpenDemo):
    async with open_demo() as address, visiting(address) as visitor:
        await visitor.says((PRICE + " ж" * 50_000)[:100_000])
        await visitor.sees(lambda it: it.answers)
        assert "и ещё 97 000 знаков" in visitor.lines[0]
        assert len(visitor.pieces[visitor.order[1]]) < 10_000
        assert (await visitor.says("ж" * 100_001)).status_code == 422
        assert (await visitor.says("ж" * 1_000_001)).status_code == 413
        assert (await visitor.says(" \n ")).status_code == 422


async def test_only_what_changed_is_sent(open_demo: OpenDemo):
    async with open_demo() as address, visiting(address) as visitor:
        await visitor.says(PRICE + " ж" * 1400)
        await visitor.sees(lambda it: it.answers and "data-place" in it.pieces[it.order[-1]])
        before = visitor.bytes
        await visitor.says("а доставка в Караганду?")
        await visitor.sees(lambda it: len(it.lines) == 3)
        assert visitor.bytes - before < 4000


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_another_site_cannot_speak_for_the_visitor(open_demo: OpenDemo, headers: dict[str, str]):
    async with open_demo() as address, visiting(address) as visitor:
        answer = await visitor.http.post("/say", json={"text": PRICE}, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (403, "Этот запрос пришёл с чужой страницы.")
        own = await visitor.http.post("/say", json={"text": PRICE}, headers={"origin": address.rstrip("/")})
        assert own.status_code == 204


async def test_a_foreign_name_for_this_machine_is_not_answered(open_demo: OpenDemo):
    async with open_demo() as address, visiting(address) as visitor:
        port = address.rstrip("/").rpartition(":")[2]
        assert (await visitor.http.get("/", headers={"host": f"evil.example:{port}"})).status_code == 421
        assert (await visitor.http.get("/", headers={"host": f"localhost:{port}"})).status_code == 200


async def test_every_answer_carries_the_safe_headers_and_says_errors_in_russian(open_demo: OpenDemo):
    async with open_demo() as address, visiting(address) as visitor:
        for path in ("/", "/static/demo.js", "/nowhere", "/why/999"):
            answer = await visitor.http.get(path)
            assert "default-src 'self'" in answer.headers["content-security-policy"]
            assert "unsafe" not in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"
        page = await visitor.http.get("/nowhere", headers={"accept": "text/html"})
        assert (page.status_code, "Такой страницы нет." in page.text) == (404, True)
        assert (await visitor.http.get("/docs")).status_code == 404
        again = await visitor.http.get("/static/demo.css")
        kept = await visitor.http.get("/static/demo.css", headers={"if-none-match": again.headers["etag"]})
        assert kept.status_code == 304
        assert not re.search(
            r"<script(?! src=\"/static/)|\sstyle=|\son\w+=|https?://", (await visitor.http.get("/")).text
        )


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.com", ""])
async def test_the_demo_refuses_every_address_that_is_not_loopback(settings, host: str):
    app = bootstrap(settings(), clock=MovableClock(running=True), poll=None)
    try:
        with pytest.raises(ConfigurationError, match="HOST holds"):
            await demo.run(app, asyncio.timeout(None), lambda site: None, host=host)
    finally:
        await app.close()


async def test_a_port_that_is_taken_is_named(open_demo: OpenDemo):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"PORT holds {port}: something answers there already"):
            async with open_demo(port=port):
                pass


async def test_the_sample_papers_are_laid_out_only_in_an_empty_folder(open_demo: OpenDemo, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "note.txt").write_text("Своё")
    async with open_demo(knows=False, knowledge_dir=own) as address, visiting(address) as visitor:
        await visitor.sees(lambda it: it.words("reading") == "")
        assert [path.name for path in own.iterdir()] == ["note.txt"]


async def test_a_demo_with_an_open_page_stops_without_waiting_for_it(open_demo: OpenDemo):
    loop = asyncio.get_running_loop()
    async with (
        open_demo() as address,
        httpx.AsyncClient(base_url=address, trust_env=False) as http,
        http.stream("GET", "/events") as stream,
    ):
        lines = stream.aiter_lines()
        await anext(lines)
        began = loop.time()
        signal.raise_signal(signal.SIGTERM)
        async for _ in lines:
            pass
    assert loop.time() - began < 2.5


async def test_without_a_simulator_there_is_nothing_to_show(settings):
    app = bootstrap(settings(), clock=MovableClock(running=True), poll=None)
    try:
        with pytest.raises(ConfigurationError, match="simulator"):
            await demo.run(app, asyncio.timeout(None), lambda site: None)
        await connect_accounts(app)
    finally:
        await app.close()


REAL_SHOP = {
    "RABBITMQ_URL": "amqp://127.0.0.1:9",
    "GATEWAY_DATABASE_URL": "sqlite:///real_gateway.db",
    "AGENT_DATABASE_URL": "sqlite:///real_agent.db",
    **{"WAPPI_TOKEN": "wappi", "WAPPI_PROFILE_ID": "7", "WAPPI_BASE_URL": "http://127.0.0.1:9"},
    **{"SMTP_HOST": "127.0.0.1", "SMTP_USER": "shop@example.kz", "SMTP_PASS": "secret", "SMTP_PORT": "9"},
    **{"IMAP_HOST": "127.0.0.1", "IMAP_PORT": "9", "FROM_EMAIL": "shop@example.kz", "RESEND_API_KEY": "re_1"},
    **{"KASPI_TOKEN": "kaspi", "KASPI_BASE_URL": "http://127.0.0.1:9", "S3_BUCKET": "shop"},
    **{"S3_ACCESS_KEY": "key", "S3_SECRET_KEY": "secret", "S3_ENDPOINT": "http://127.0.0.1:9"},
}


async def test_nothing_of_a_real_shop_is_part_of_the_demo(tmp_path: Path):
    shop = REAL_SHOP | {"DATA_DIR": str(tmp_path), "LOG_LEVEL": "ERROR"}
    run = "from saudager.cli import main; main()"
    port = refused_url().rpartition(":")[2]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", run, "demo", "--port", port,
        env=os.environ | shop, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert "Откройте http://" in (await process.stdout.readline()).decode()
        with closing(sqlite3.connect(tmp_path / "demo" / "saudager.db")) as database:
            names = {name for (name,) in database.execute("select name from accounts")}
            assert names == {SIMULATOR, TRIAL_MAILBOX}
            assert database.execute("select count(*) from shops where config is not null").fetchone() == (0,)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
