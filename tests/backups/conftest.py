"""A shop with something of everything in it, and the commands run on its folder."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from saudager.cli import main
from saudager.rehearsal import rehearse
from saudager.settings import Settings

Command = Callable[..., Result]
ANSWERS = "# Окна\n\nДоставка по городу стоит 3 000 ₸. Гарантия на окна 3 года.\n"


@pytest.fixture
def command(tmp_path: Path, storage: str | None, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)

    def run(*words: object, folder: Path = tmp_path, url: str | None = storage) -> Result:
        environment = {"DATA_DIR": str(folder), "DATABASE_URL": url}
        return CliRunner().invoke(main, [str(word) for word in words], env=environment)

    return run


@pytest.fixture
def a_day(settings: Callable[..., Settings]) -> Callable[[], Awaitable[None]]:
    """A customer asks and is answered; there is a document, a photo, a key and a file of settings."""

    async def pass_by() -> None:
        shop_settings = settings()
        shop_settings.knowledge_folder.mkdir(exist_ok=True)
        (shop_settings.knowledge_folder / "ответы.md").write_text(ANSWERS, encoding="utf-8")
        (shop_settings.media_folder / "2026").mkdir(parents=True)
        (shop_settings.media_folder / "2026" / "фото.jpg").write_bytes(os.urandom(3000))
        (shop_settings.data_dir / ".env").write_text("SHOP_NAME=Тёплый Дом\n", encoding="utf-8")
        async with rehearse(shop_settings) as shop:
            await shop.ask_as_customer("Сколько стоит доставка?")
            await shop.customer_says("Спасибо\n\\N \t 'кавычки' 😀")
            await shop.time_passes(hours=1)

    return pass_by
