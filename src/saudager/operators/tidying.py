"""What signing in leaves behind goes once it is of no use: links, sessions, browsers, failures, notes; old audit."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.db.batches import in_batches
from saudager.db.statements import Statement
from saudager.operators import attempts
from saudager.operators.sessions import ABSOLUTE, CODE_WITHIN, IDLE

LINKS_KEPT = timedelta(days=30)
"""After a link was used or ran out."""
BROWSERS_KEPT = timedelta(days=180)
"""Then a browser is new again, and is reported as such."""
MAILS_KEPT = timedelta(days=180)


async def forget_sign_ins(app: App, task_id: str) -> int:
    """The task: drop all of it that has had its time; how many rows."""
    now = app.clock.now()
    await app.db.run(attempts.forget_old, now=now)
    steps = (forget_links, forget_sessions, forget_browsers, forget_mails)
    return sum([await in_batches(app.db, step, now=now) for step in steps])


async def forget_audit(app: App, task_id: str) -> int:
    """The task: drop what the audit log holds from before AUDIT_KEPT_DAYS (0 keeps it for ever); how many rows."""
    days = app.settings.audit_kept_days
    if not days:
        return 0
    return await in_batches(app.db, _forget_audit, before=app.clock.now() - timedelta(days=days))


def _forget_audit(session: Session, *, before: datetime, limit: int) -> int:
    return _AUDIT(session, before=before, limit=limit).rowcount


def forget_links(session: Session, *, limit: int, now: datetime) -> int:
    return _LINKS(session, before=now - LINKS_KEPT, limit=limit).rowcount


def forget_sessions(session: Session, *, limit: int, now: datetime) -> int:
    moments = {"idle": now - IDLE, "absolute": now - ABSOLUTE, "no_code": now - CODE_WITHIN}
    return _SESSIONS(session, **moments, limit=limit).rowcount


def forget_browsers(session: Session, *, limit: int, now: datetime) -> int:
    return _BROWSERS(session, before=now - BROWSERS_KEPT, limit=limit).rowcount


def forget_mails(session: Session, *, limit: int, now: datetime) -> int:
    return _MAILS(session, before=now - MAILS_KEPT, limit=limit).rowcount


_AUDIT = Statement("""
    delete from audit where id in (select id from audit where at < :before order by id limit :limit)""")
_LINKS = Statement("""
    delete from operator_links where digest in (
        select digest from operator_links where coalesce(used_at, expires_at) <= :before limit :limit)""")
_SESSIONS = Statement("""
    delete from operator_sessions where id in (
        select id from operator_sessions
        where seen_at <= :idle or begun_at <= :absolute or (awaits_code and begun_at <= :no_code) limit :limit)""")
_BROWSERS = Statement("""
    delete from operator_browsers where (operator_id, digest) in (
        select operator_id, digest from operator_browsers where seen_at <= :before limit :limit)""")
_MAILS = Statement("""
    delete from system_mails where id in (
        select id from system_mails where at <= :before order by at limit :limit)""")
