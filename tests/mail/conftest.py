"""A shop whose letters are really carried."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from saudager.providers.llm.scripted import ScriptedModel
from tests.conftest import OpenShop
from tests.mail.mail_shop import MailShop


@pytest.fixture
async def open_mail_shop(open_shop: OpenShop) -> AsyncIterator[Callable[..., Any]]:
    """Open a shop (``await open_mail_shop("resend", "smtp")``) whose letters these carry, in this order."""
    async with AsyncExitStack() as stack:

        async def open_it(*carriers: str, **settings: Any) -> MailShop:
            shop = MailShop(await open_shop(model=ScriptedModel(), **settings), stack)
            await shop.carried_by(*carriers)
            return shop

        yield open_it
