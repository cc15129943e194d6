"""Files customers sent, what is left of files that never came whole, and made-up mail go when they are old."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from saudager.app import App
from saudager.gateway.media import PARTIAL
from saudager.providers.mail import PlayedMailer

HALVES_KEPT = timedelta(days=1)
TRIAL_MAIL_KEPT = timedelta(days=30)


async def forget_old_files(app: App, task_id: str) -> int:
    """The task: delete files older than MEDIA_KEPT_DAYS (0 keeps them for ever) and halves of files; how many."""
    now, days = app.clock.now(), app.settings.media_kept_days
    before = now - timedelta(days=days) if days else None
    return await asyncio.to_thread(_delete_old, app.settings.media_folder, before, now - HALVES_KEPT)


async def forget_trial_mail(app: App, task_id: str) -> int:
    """The task: delete letters that lie in a mailbox for trying things out; how many."""
    before = app.clock.now() - TRIAL_MAIL_KEPT
    return sum([await asyncio.to_thread(mailer.forget, before) for mailer in _played(app)])


def _played(app: App) -> Iterator[PlayedMailer]:
    for mailbox in app.mailboxes.values():
        for mailer in mailbox.mailers.values():
            if hasattr(mailer, "write_back"):
                yield cast(PlayedMailer, mailer)


def _delete_old(folder: Path, before: datetime | None, halves_before: datetime) -> int:
    deleted = 0
    for file in folder.glob("[0-9a-f][0-9a-f]/*"):
        limit = halves_before if file.suffix == PARTIAL else before
        if limit is not None and file.stat().st_mtime < limit.timestamp():
            file.unlink(missing_ok=True)
            deleted += 1
    return deleted
