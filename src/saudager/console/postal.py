"""Whether letters to operators can leave: what the pages that send them say when they cannot."""

from saudager.app import App
from saudager.errors import OutsideError
from saudager.operators import system_mail


async def has_mail(app: App) -> bool:
    """False only when it is known that no mailbox is connected; while the gateway is away, letters wait for it."""
    try:
        return await system_mail.mailbox(app) is not None
    except OutsideError:
        return True
