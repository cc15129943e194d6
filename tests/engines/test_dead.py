"""The whole shop with real adapters and no vendor that can be reached."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from saudager.demo.shop import SAMPLE_SHOP
from saudager.providers.llm import FaultKind
from saudager.rehearsal import rehearse
from saudager.settings import Settings
from tests.engines.conftest import KEY

pytestmark = pytest.mark.slow

NOBODY = "http://127.0.0.1:9"
"""Nothing listens on the discard port."""
KINDS = ["openrouter", "gemini", "openai", "compatible"]
QUESTION = "Здравствуйте! Сколько стоит доставка?"


async def test_with_every_vendor_dead_the_customer_gets_what_the_offline_engine_would_say(
    tmp_path: Path, settings: Callable[..., Settings], has_read: Path
):
    for name in ("offline", "dead"):
        (tmp_path / name).mkdir()
        shutil.copy(has_read, tmp_path / name)
    async with rehearse(settings(data_dir=tmp_path / "offline", knowledge_dir=SAMPLE_SHOP)) as shop:
        expected = await shop.ask_as_customer(QUESTION)
    keys = {f"{kind}_base_url": NOBODY for kind in KINDS} | {f"{kind}_api_key": KEY for kind in KINDS}
    dead = settings(
        data_dir=tmp_path / "dead",
        knowledge_dir=SAMPLE_SHOP,
        compatible_model="own-model",
        daily_budget="3 USD",
        **keys,
    )
    async with rehearse(dead, hosted=True) as shop:
        assert await shop.ask_as_customer(QUESTION) == expected != []
        turn = (await shop.turns())[-1]
    assert turn.trace["model"] == "offline"
    tried = [(call["engine"], call["fault"]) for call in turn.trace["calls"]]
    assert tried == [(kind, FaultKind.CONNECT) for kind in KINDS]
    assert KEY not in str(turn.trace)
