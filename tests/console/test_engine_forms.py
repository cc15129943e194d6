"""The owner enters the models' keys in the console: each is tried, kept sealed, and answers the next customer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from saudager import attention, doctor
from saudager.bootstrap import bootstrap
from saudager.engines.order import Engines
from saudager.operators import audit
from saudager.settings import Settings
from saudager.shop_settings import following
from saudager.vault import Vault
from tests.console.conftest import Console, OpenConsole
from tests.fakes.models import FakeModels

pytestmark = pytest.mark.slow

ENGINES = "/console/connections/engines"
SECRET = "sk-console-secret-0123456789"
SAID = "Здравствуйте! Двери есть, приезжайте."


@pytest.fixture
async def models() -> AsyncIterator[FakeModels]:
    async with FakeModels() as fake:
        for vendor in fake.vendors:
            vendor.key = SECRET
        yield fake


@pytest.fixture
def open_shop_of(open_console: OpenConsole, models: FakeModels) -> Callable[..., Any]:
    """A console of a shop whose vendors are the fake ones; no engine has a key unless ``values`` give it one."""
    addresses = {f"{vendor.kind}_base_url": vendor.base_url for vendor in models.vendors if vendor.kind != "compatible"}

    async def open_it(**values: Any) -> Console:
        console: Console = await open_console(hosted=True, **addresses | values)
        return console

    return open_it


def key(name: str = "openai", secret: str = SECRET, **more: str) -> dict[str, str]:
    return {f"config.{name}_api_key": secret, f"config.{name}_model": f"{name}-model"} | more


def names(app: Any) -> list[str]:
    return [engine.name for engine in app.model.engines] if isinstance(app.model, Engines) else []


def everything_kept(console: Console) -> bytes:
    """Every file of the shop: database, its journal, logs."""
    return b"".join(path.read_bytes() for path in console.app.settings.data_dir.rglob("*") if path.is_file())


async def test_a_key_the_vendor_refuses_is_not_stored_and_his_words_are_shown(open_shop_of, models):
    console = await open_shop_of()
    answer = await console.post(f"{ENGINES}/openai", key(secret="sk-wrong-secret-0123456789"))
    seen = console.text(answer)
    assert "Не работает. openai:" in seen
    assert "API key not valid" in seen
    assert "Сохранить всё равно" in seen
    assert "sk-wrong" not in answer.text
    assert names(console.app) == []
    assert "openai-model" in answer.text
    assert await console.app.db.read(attention.waiting) == []


async def test_what_is_refused_is_stored_all_the_same_when_the_owner_says_so(open_shop_of):
    console = await open_shop_of()
    answer = await console.post(f"{ENGINES}/openai", key(secret="sk-wrong-secret-0123456789", untested="yes"))
    assert answer.headers["hx-redirect"] == ENGINES
    assert names(console.app) == ["openai"]


async def test_a_good_key_answers_the_next_customer_without_a_restart(open_shop_of, models):
    console = await open_shop_of(patience=0)
    models.openai.answers(
        lambda asked: (
            {"reply": SAID, "actions": []}
            if "reply" in str(asked.schema)
            else {"isClient": True, "confidence": 0.95, "reasoning": "Спрашивает о двери."}
            if asked.schema
            else "Готов."
        )
    )
    answer = await console.post(f"{ENGINES}/openai", key())
    assert answer.headers["hx-redirect"] == ENGINES
    await console.shop.customer_says("Здравствуйте, двери есть?")
    await console.shop.time_passes(minutes=1)
    assert console.shop.answers() == [SAID]
    assert {asked.model for asked in models.openai.requests} == {"openai-model"}
    assert "OpenAI openai-model готов" in await console.sees(ENGINES)


async def test_a_key_stands_nowhere_in_the_clear(open_shop_of, caplog):
    console = await open_shop_of()
    await console.post(f"{ENGINES}/openai", key())
    form = await console.get(f"{ENGINES}/openai")
    assert "задан; оставьте пустым" in form.text
    for shown in (form.text, (await console.get("/console/audit")).text, caplog.text):
        assert SECRET not in shown
    assert b"openai-model" in everything_kept(console)
    assert SECRET.encode() not in everything_kept(console)
    assert SECRET not in repr([finding async for finding in doctor.examine(console.app)])
    (entry,) = await console.app.db.read(audit.listed)
    assert (entry.action, entry.about) == ("engine.changed", "engine:openai")
    assert entry.details == {"fields": ["openai_api_key", "openai_model"]}


async def test_a_key_left_empty_stays_as_it_is(open_shop_of, models):
    console = await open_shop_of()
    await console.post(f"{ENGINES}/openai", key())
    answer = await console.post(f"{ENGINES}/openai", key(secret="", **{"config.openai_model": "another-model"}))
    assert answer.headers["hx-redirect"] == ENGINES
    assert models.openai.requests[-1].model == "another-model"
    assert console.app.settings.openai_api_key.get_secret_value() == SECRET


async def test_a_removed_key_lets_the_offline_engine_answer(open_shop_of, models):
    console = await open_shop_of(patience=0, openai_api_key=SECRET)
    assert names(console.app) == ["openai"]
    await console.post(f"{ENGINES}/openai/remove")
    assert console.app.model is console.app.offline
    await console.shop.customer_says("Здравствуйте, двери есть?")
    await console.shop.time_passes(minutes=1)
    assert console.shop.answers()
    assert models.openai.calls == 0


async def test_the_console_wins_over_the_environment_after_a_start_and_in_another_process(
    open_shop_of, settings: Callable[..., Settings]
):
    console = await open_shop_of(gemini_api_key="of-the-environment")
    other = bootstrap(settings(gemini_api_key="of-the-environment"), poll=None)
    await console.post(f"{ENGINES}/openai", key())
    await console.post(f"{ENGINES}/gemini/remove")
    await following.catch_up(other)
    again = bootstrap(settings(gemini_api_key="of-the-environment"), poll=None)
    for app in (console.app, other, again):
        assert names(app) == ["openai"]
    await other.close()
    await again.close()


async def test_the_order_is_changed_at_once(open_shop_of):
    console = await open_shop_of(openai_api_key=SECRET, gemini_api_key=SECRET, engines="gemini,openai")
    await console.post(f"{ENGINES}/openai/earlier")
    assert names(console.app) == ["openai", "gemini"]
    await console.post(f"{ENGINES}/openai/earlier")
    assert names(console.app) == ["openai", "gemini"]


async def test_an_engine_outside_the_order_is_asked_last_once_it_is_set_up(open_shop_of):
    console = await open_shop_of(gemini_api_key=SECRET, engines="gemini")
    await console.post(f"{ENGINES}/openai", key())
    assert names(console.app) == ["gemini", "openai"]


async def test_a_server_of_ones_own_needs_an_address_and_no_key(open_shop_of, models):
    models.compatible.key = "none"
    console = await open_shop_of()
    bare = await console.post(f"{ENGINES}/compatible", {"config.compatible_base_url": "192.168.1.5:11434"})
    assert "Заполните это поле." in console.text(bare)
    form = {"config.compatible_base_url": "192.168.1.5:11434", "config.compatible_model": "own"}
    wrong = await console.post(f"{ENGINES}/compatible", form)
    assert 'id="config.compatible_base_url-error">Нужен адрес' in wrong.text
    await console.post(f"{ENGINES}/compatible", form | {"config.compatible_base_url": models.compatible.base_url})
    assert names(console.app) == ["compatible"]
    await console.post(f"{ENGINES}/compatible/remove")
    assert names(console.app) == []


async def test_a_model_nobody_knows_the_price_of_is_refused_under_a_daily_cap(open_shop_of):
    console = await open_shop_of(daily_budget="3 USD")
    answer = await console.post(f"{ENGINES}/openai", key(untested="yes"))
    assert 'id="config.openai_model-error">Задан дневной предел' in answer.text
    assert names(console.app) == []


async def test_what_is_being_asked_is_asked_to_its_end_before_the_old_engine_closes(open_shop_of, models):
    console = await open_shop_of(openai_api_key=SECRET)
    old = console.app.model
    models.openai.fail("hang")
    asking = asyncio.create_task(anext(old.try_each()))
    while not models.openai.hanging:
        await asyncio.sleep(0)
    await console.post(f"{ENGINES}/openai/remove")
    closing, *_ = console.app.retiring
    for _ in range(5):
        await console.sees(ENGINES)
    assert not closing.done()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await closing


async def test_an_exam_in_a_process_of_its_own_asks_the_engine_the_console_has(open_shop_of, models):
    console = await open_shop_of()
    form = {"config.compatible_base_url": models.compatible.base_url, "config.compatible_model": "own"}
    await console.post(f"{ENGINES}/compatible", form | {"config.compatible_api_key": SECRET})
    models.compatible.fail_always("hang")
    await console.post("/console/salesperson/exams", {"suite": "answers", "engine": "agno"})
    sitting = asyncio.create_task(console.shop.settles())
    async with asyncio.timeout(60):
        while not models.compatible.hanging:
            await asyncio.sleep(0.05)
    await console.post("/console/salesperson/exams/1/cancel")
    await sitting


@pytest.mark.parametrize("role", ["manager", "viewer"])
async def test_only_the_owner_may(open_shop_of, role):
    owner = await open_shop_of(openai_api_key=SECRET)
    other = await owner.another(role=role)
    for path in ("/openai", "/openai/test", "/openai/remove", "/openai/earlier"):
        assert (await other.post(ENGINES + path, key())).status_code == 403
    assert (await other.get(f"{ENGINES}/openai")).status_code == 403
    assert "Настроить" not in await other.sees(ENGINES)
    assert names(owner.app) == ["openai"]


async def test_a_key_whose_vault_is_gone_is_told_by_the_doctor_and_can_be_entered_again(open_shop_of):
    console = await open_shop_of()
    await console.post(f"{ENGINES}/openai", key())
    console.app.vault = Vault(console.app.settings.data_dir / "another.key")
    await following.catch_up(console.app)
    assert names(console.app) == []
    assert "OPENAI_API_KEY" in [finding.about async for finding in doctor.examine(console.app) if not finding.good]
    await console.post(f"{ENGINES}/openai", key())
    assert names(console.app) == ["openai"]


async def test_the_doctor_lists_what_the_console_changed_without_the_key(open_shop_of):
    console = await open_shop_of()
    await console.post(f"{ENGINES}/openai", key())
    said = [finding.says async for finding in doctor.examine(console.app) if finding.about == "settings"]
    assert "OPENAI_API_KEY is set (the environment says unset)" in said[0]
    assert "OPENAI_MODEL is 'openai-model'" in said[0]
