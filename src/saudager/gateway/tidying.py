"""Old files of customers, halves of files, made-up mail, and what was said in chats long quiet go by themselves."""

import asyncio
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.db.batches import in_order
from saudager.db.statements import Statement
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


async def forget_said(app: App, task_id: str) -> int:
    """The task: empty the log of what was said in chats in which nothing has come or gone for CONVERSATIONS_KEPT_DAYS
    (0 keeps it for ever); how many messages. Their ids stay, by which nothing is taken in twice."""
    days = app.settings.conversations_kept_days
    if not days:
        return 0
    return await in_order(app.db, _forget_said, before=app.clock.now() - timedelta(days=days))


def _forget_said(session: Session, *, after: int, before: datetime, limit: int) -> tuple[int, int | None]:
    rows = _LOGGED(session, after=after, before=before, limit=limit).fetchall()
    told = [id for id, is_told in rows if is_told]
    for id in told:
        _EMPTY(session, id=id)
    return len(told), rows[-1][0] if len(rows) == limit else None


async def forget_trial_mail(app: App, task_id: str) -> int:
    """The task: delete letters that lie in a mailbox for trying things out; how many."""
    before = app.clock.now() - TRIAL_MAIL_KEPT
    return sum([await asyncio.to_thread(mailer.forget, before) for mailer in _played(app)])


def _played(app: App) -> Iterator[PlayedMailer]:
    for mailbox in app.mailboxes.values():
        for mailer in mailbox.mailers.values():
            if hasattr(mailer, "write_back"):
                yield cast(PlayedMailer, mailer)


_LOGGED = Statement("""
    select l.id, (l.message_text is not null or l.subject is not null) and not exists (
        select 1 from message_log y where y.account = l.account and y.chat = l.chat and y.created_at >= :before)
    from message_log l where l.id > :after and l.created_at < :before order by l.id limit :limit""")
_EMPTY = Statement("update message_log set message_text = null, subject = null, thread = null where id = :id")
