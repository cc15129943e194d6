"""What changes on the pages of letters, in a word that is cheap to ask for."""

from sqlalchemy.orm import Session

from saudager.db.statements import Statement


def mark(session: Session) -> str:
    """Changes whenever a letter comes or is another than before."""
    return "-".join(str(part) for part in _MARK(session).fetchone())


def mark_of_one(session: Session, letter_id: int) -> str:
    """Changes whenever something on the letter's page does, its progress too."""
    row = _MARK_OF_ONE(session, id=letter_id, about=f"letter:{letter_id}").fetchone()
    return "" if row is None else "-".join(str(part) for part in row)


_MARK = Statement("""
    select (select max(id) from letters), (select max(updated_at) from letters), (
        select max(v.fate_at) from (select id from letters order by id desc limit 50) l
        join outreach_verdicts v on v.about = 'letter:' || l.id and v.verdict = 'write')""")
_MARK_OF_ONE = Statement("""
    select l.state, l.updated_at, l.version, l.reason, v.fate, v.fate_at, m.progress
    from letters l
    left join outreach_verdicts v on v.about = :about and v.verdict = 'write'
    left join queue_messages m on m.queue = 'email_tasks' and m.msg_id = l.task_id and l.state = 'writing'
    where l.id = :id""")
