"""What was said since a moment, as the agent knows it."""

from datetime import datetime

from sqlalchemy.orm import Session

from saudager.db.statements import Statement

_COUNTS = Statement("""
    select
        count(case when author = 'customer' then 1 end),
        count(case when author = 'bot' and delivery_state in ('sent', 'delivered', 'read') then 1 end),
        count(case when author = 'customer' and is_voice and coalesce(voice_transcription, '') <> '' then 1 end)
    from messages where received_at >= :since and not history""")


def since(session: Session, moment: datetime) -> dict[str, int]:
    """Lines of customers, messages of ours that left, and voice notes put into words."""
    received, sent, transcribed = _COUNTS(session, since=moment).fetchone()
    return {
        "messages_received_today": received,
        "messages_sent_today": sent,
        "voice_transcribed_today": transcribed,
    }
