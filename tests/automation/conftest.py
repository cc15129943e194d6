"""A shop with rules for every test of this folder that wants one."""

from typing import Any

import pytest

from saudager.providers.llm import Verdict
from saudager.providers.llm.scripted import ScriptedModel
from tests.automation.ruled import Ruled

CLIENT = Verdict(is_client=True, confidence=1.0, reasoning="клиент")


@pytest.fixture
async def ruled(open_shop: Any) -> Ruled:
    """Everybody who writes to it is a customer."""
    return Ruled(await open_shop(model=ScriptedModel(everybody=CLIENT)))
