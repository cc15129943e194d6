"""Files customers sent, what is left of files that never came whole, and made-up mail go when they are old."""

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import cast

from saudager.app import App
from saudager.gateway import media
from saudager.providers.mail import PlayedMailer

HALVES_KEPT = timedelta(days=1)
TRIAL_MAIL_KEPT = timedelta(days=30)
_HALF = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}[.\w]+")


async def forget_old_files(app: App, task_id: str) -> int:
    """The task: delete files older than MEDIA_KEPT_DAYS (0 keeps them for ever) and halves of files; how many. What
    else the storage keeps is left alone."""
    now, days = app.clock.now(), app.settings.media_kept_days
    old = [path async for path in app.media.halves("", before=now - HALVES_KEPT) if _HALF.fullmatch(path)]
    if days:
        before = now - timedelta(days=days)
        old += [path async for path in app.media.below("", before=before) if media.is_a_customers(path)]
    for path in old:
        await app.media.delete(path)
    return len(old)


async def forget_trial_mail(app: App, task_id: str) -> int:
    """The task: delete letters that lie in a mailbox for trying things out; how many."""
    before = app.clock.now() - TRIAL_MAIL_KEPT
    return sum([await asyncio.to_thread(mailer.forget, before) for mailer in _played(app)])


def _played(app: App) -> Iterator[PlayedMailer]:
    for mailbox in app.mailboxes.values():
        for mailer in mailbox.mailers.values():
            if hasattr(mailer, "write_back"):
                yield cast(PlayedMailer, mailer)
