"""The owner sets up in the console who draws: each is tried for nothing, kept sealed, and draws the next picture."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from saudager import attention, doctor
from saudager.bootstrap import bootstrap
from saudager.engines.order import Engines
from saudager.operators import audit
from saudager.providers.images import Drawing
from saudager.settings import Settings
from saudager.shop_settings import following
from saudager.studio import series
from saudager.studio.models import Keeping
from saudager.studio.subjects import Thing
from tests.console.conftest import Console, OpenConsole
from tests.fakes.painters import KEY, MODEL, PICTURE, FakePainters

PAGE = "/console/connections/engines"
PAINTERS = "/console/connections/painters"
WRONG = "sk_wrong-secret-0123456789"


@pytest.fixture
async def vendors() -> AsyncIterator[FakePainters]:
    async with FakePainters() as fake:
        yield fake


@pytest.fixture
def open_shop_of(open_console: OpenConsole, vendors: FakePainters) -> Callable[..., Any]:
    """A console of a shop whose vendors are the fake ones; nobody draws unless ``values`` give a key."""
    addresses = {
        f"{vendor.kind}_base_url": vendor.base_url
        for vendor in (vendors.openai, vendors.gemini, vendors.openrouter, vendors.pollinations)
    }

    async def open_it(**values: Any) -> Console:
        console: Console = await open_console(hosted=True, **addresses | values)
        return console

    return open_it


def key(secret: str = KEY, **more: str) -> dict[str, str]:
    return {"config.pollinations_api_key": secret, "config.pollinations_model": MODEL} | more


def names(app: Any) -> list[str]:
    return [painter.engine.name for painter in app.painters]


def writers(app: Any) -> list[str]:
    return [engine.name for engine in app.model.engines] if isinstance(app.model, Engines) else []


async def test_a_key_the_vendor_refuses_is_not_stored_and_his_words_are_shown(open_shop_of, vendors):
    console = await open_shop_of()
    answer = await console.post(f"{PAINTERS}/pollinations", key(WRONG))
    seen = console.text(answer)
    assert "Не работает. Pollinations:" in seen
    assert "Not a key of ours" in seen
    assert "Сохранить всё равно" in seen
    assert WRONG not in answer.text
    assert names(console.app) == ["offline"]
    await console.post(f"{PAINTERS}/pollinations", key(WRONG, untested="yes"))
    assert names(console.app) == ["pollinations"]


async def test_a_good_key_draws_the_next_picture_without_a_restart_and_trying_it_costs_nothing(open_shop_of, vendors):
    console = await open_shop_of()
    assert "Всё работает." in console.text(await console.post(f"{PAINTERS}/pollinations/test", key()))
    answer = await console.post(f"{PAINTERS}/pollinations", key())
    assert answer.headers["hx-redirect"] == PAGE
    assert vendors.pollinations.calls == 0
    (painter,) = console.app.painters
    drawn = await painter.engine.draw(Drawing(prompt="A red door", seed=1, angle="front"))
    assert (drawn.content, vendors.pollinations.asked[0].model) == (PICTURE, MODEL)


async def test_a_key_stands_nowhere_in_the_clear(open_shop_of, caplog):
    console = await open_shop_of()
    await console.post(f"{PAINTERS}/pollinations", key())
    form = await console.get(f"{PAINTERS}/pollinations")
    assert "задан; оставьте пустым" in form.text
    for shown in (form.text, (await console.get("/console/audit")).text, caplog.text):
        assert KEY not in shown
    kept = b"".join(path.read_bytes() for path in console.app.settings.data_dir.rglob("*") if path.is_file())
    assert MODEL.encode() in kept and KEY.encode() not in kept
    assert KEY not in repr([finding async for finding in doctor.examine(console.app)])
    (entry,) = await console.app.db.read(audit.listed)
    assert (entry.action, entry.about) == ("painter.changed", "painter:pollinations")
    assert entry.details == {"fields": ["pollinations_api_key", "pollinations_model"]}


async def test_what_a_person_was_told_of_its_key_is_over_once_another_one_is_entered(open_shop_of, vendors):
    console = await open_shop_of(pollinations_api_key=WRONG, patience=0)

    def begin(session):
        series.begin(
            session,
            Thing(name="Дверь"),
            views=["front"],
            keeping=Keeping.FIRST,
            looks_up=False,
            by="test",
            now=console.app.clock.now(),
        )

    await console.app.db.run(begin)
    await console.shop.settles()
    (told,) = await console.app.db.read(attention.waiting)
    assert "Pollinations: ключ не принят" in told.reason
    assert vendors.pollinations.calls == 1
    await console.post(f"{PAINTERS}/pollinations", key())
    assert await console.app.db.read(attention.waiting) == []


async def test_a_key_left_empty_stays_as_it_is(open_shop_of, vendors):
    console = await open_shop_of(pollinations_api_key=KEY)
    await console.post(f"{PAINTERS}/pollinations", key("", **{"config.pollinations_model": "flux"}))
    assert console.app.settings.pollinations_model == "flux"
    assert names(console.app) == ["pollinations"]


async def test_a_key_is_shared_with_the_model_that_writes_and_stays_with_it(open_shop_of):
    console = await open_shop_of()
    form = {"config.openai_api_key": KEY, "config.openai_image_model": MODEL, "config.openai_image_quality": "high"}
    await console.post(f"{PAINTERS}/openai", form)
    assert (names(console.app), writers(console.app)) == (["openai"], ["openai"])
    assert console.app.settings.openai_image_quality == "high"
    await console.post(f"{PAINTERS}/openai/remove")
    assert (names(console.app), writers(console.app)) == (["offline"], ["openai"])
    await console.post(f"{PAINTERS}/openai", form)
    assert names(console.app) == ["openai"]
    await console.post(f"{PAGE}/openai/remove")
    assert (names(console.app), writers(console.app)) == (["offline"], [])


async def test_the_last_one_that_is_removed_leaves_this_machine_drawing(open_shop_of):
    console = await open_shop_of(image_engines="openai,gemini", openai_api_key=KEY, gemini_api_key=KEY)
    await console.post(f"{PAINTERS}/openai/remove")
    assert names(console.app) == ["gemini"]
    await console.post(f"{PAINTERS}/gemini/remove")
    assert names(console.app) == ["offline"]
    assert console.app.settings.image_engines == ("offline",)
    assert "Эта машина рисует простые картинки" in await console.sees(PAGE)


async def test_the_order_is_changed_at_once(open_shop_of):
    console = await open_shop_of(image_engines="openai,gemini", openai_api_key=KEY, gemini_api_key=KEY)
    await console.post(f"{PAINTERS}/gemini/earlier")
    assert names(console.app) == ["gemini", "openai"]


async def test_the_console_wins_after_a_start_and_in_another_process(
    open_shop_of, vendors, settings: Callable[..., Settings]
):
    console = await open_shop_of()
    other = bootstrap(settings(), poll=None)
    await console.post(f"{PAINTERS}/pollinations", key())
    await following.catch_up(other)
    again = bootstrap(settings(), poll=None)
    for app in (console.app, other, again):
        assert names(app) == ["pollinations"]
    await other.close()
    await again.close()


async def test_a_server_of_ones_own_needs_an_address_and_no_key(open_shop_of, vendors):
    vendors.compatible.wants_key = False
    console = await open_shop_of()
    bare = await console.post(f"{PAINTERS}/compatible", {"config.compatible_image_base_url": "192.168.1.5:8080"})
    assert "Заполните это поле." in console.text(bare)
    form = {"config.compatible_image_base_url": "192.168.1.5:8080", "config.compatible_image_model": MODEL}
    wrong = await console.post(f"{PAINTERS}/compatible", form)
    assert 'id="config.compatible_image_base_url-error">Нужен адрес' in wrong.text
    form |= {"config.compatible_image_base_url": vendors.compatible.base_url}
    await console.post(f"{PAINTERS}/compatible", form)
    assert names(console.app) == ["compatible"]
    await console.post(f"{PAINTERS}/compatible/remove")
    assert names(console.app) == ["offline"]
    assert console.app.settings.compatible_image_base_url is None


async def test_the_page_tells_how_each_is_doing(open_shop_of):
    console = await open_shop_of(pollinations_api_key=KEY, gemini_api_key=KEY)
    gemini, pollinations = console.app.painters
    gemini.stopped = "Your prepayment credits are depleted."
    pollinations.rests_until = console.app.clock.now().replace(hour=23, minute=59)
    seen = await console.sees(PAGE)
    pictures = seen[seen.index("Картинки Кто рисует") :]
    assert "Gemini gemini-nano-banana-2.1 не рисует Your prepayment credits are depleted." in pictures
    assert "Pollinations flux отдыхает до" in pictures
    assert "OpenRouter не настроена" in pictures


@pytest.mark.parametrize("role", ["manager", "viewer"])
async def test_only_the_owner_may(open_shop_of, role):
    owner = await open_shop_of(pollinations_api_key=KEY)
    other = await owner.another(role=role)
    for path in ("", "/test", "/remove", "/earlier"):
        assert (await other.post(f"{PAINTERS}/pollinations{path}", key())).status_code == 403
    assert (await other.get(f"{PAINTERS}/pollinations")).status_code == 403
    assert "Настроить" not in await other.sees(PAGE)
    assert names(owner.app) == ["pollinations"]


async def test_one_nobody_knows_has_no_form(open_shop_of):
    console = await open_shop_of()
    assert (await console.get(f"{PAINTERS}/offline")).status_code == 404


async def test_the_form_of_ones_own_server_is_called_so_in_the_owners_language(open_shop_of):
    console = await open_shop_of()
    await console.post("/console/profile", {"name": "Марат", "language": "en"})
    assert "<h1>Your own picture server</h1>" in (await console.get(f"{PAINTERS}/compatible")).text
