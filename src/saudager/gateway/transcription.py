"""Voice notes become words: each is fetched, put into words and told to the agent; no recording is kept."""

import logging
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import tracing
from saudager.app import App
from saudager.contracts import Heard, IncomingMessage, Kind, Media, VoiceTranscription, lane_key
from saudager.errors import BadCredentials, QueueFull, RateLimited, Rejected
from saudager.gateway import accounts
from saudager.gateway.models import LoggedMessage
from saudager.providers.channels import Line
from saudager.providers.speech import Transcript
from saudager.queues import table
from saudager.queues.table import Lease, Policy
from saudager.queues.table import Message as QueueMessage

QUEUE = "voice_transcription"
_PATIENCE_WITH_LIMITS = timedelta(minutes=5)
_BEFORE_ASKING_AGAIN = timedelta(minutes=1)
_log = logging.getLogger(__name__)


class _KeyRefused(Rejected):
    """The transcriber, named by its setting, does not accept our key."""

    def __init__(self, message: str, *, transcriber: str) -> None:
        super().__init__(message)
        self.transcriber = transcriber


def ask_for_words(session: Session, account: str, line: Line, *, now: datetime) -> bool:
    """Queue a voice note; False when so many wait that it would not be heard in time."""
    try:
        table.require_room(session, QUEUE)
    except QueueFull as error:
        _log.warning("a voice note of %s will not be put into words: %s", account, error)
        return False
    note = VoiceTranscription(
        id=f"{account}:{line.message_id}",
        created_at=now,
        account=account,
        chat=line.chat,
        message_id=line.message_id,
        file=line.file or line.message_id,
        media=line.media or Media(),
    )
    table.publish(session, QUEUE, note.model_dump_json(exclude_none=True), id=note.id, key=note.id, now=now)
    return True


async def put_into_words(app: App, lease: Lease) -> None:
    """Put one voice note into words. What is useless to repeat is given up at once; a limit of the vendor is waited
    for, some minutes long, before its refusals count as attempts. An account whose key or session is refused is paused
    and waited for as long as the queue keeps the note; a refused key of the transcriber is told to a person."""
    (message,) = lease.messages
    note = VoiceTranscription.model_validate(message.body)
    began = time.perf_counter()
    try:
        with tracing.span("voice note", account=note.account):
            heard = await _listen(app, note)
    except RateLimited as error:
        again = app.clock.now() + timedelta(seconds=error.retry_after)
        if again > datetime.fromtimestamp(message.created_at, UTC) + _PATIENCE_WITH_LIMITS:
            raise
        _log.info("a voice note of %s waits: %s", note.account, error)
        await app.db.run(table.put_back, lease, until=again)
    except BadCredentials as error:
        _log.warning("a voice note of %s waits for its account: %s", note.account, error)
        await app.db.run(_wait_for_account, lease, note, error, now=app.clock.now())
    except Rejected as error:
        _log.warning("a voice note of %s cannot be put into words: %s", note.account, error)
        if isinstance(error, _KeyRefused):
            await app.db.run(_ask_for_a_key, note, error, now=app.clock.now())
        await app.db.run(table.fail, POLICY, lease, repr(error), now=app.clock.now(), final=True)
    else:
        took = time.perf_counter() - began
        _log.info("a voice note of %s is words after %.1f s (%s)", note.account, took, heard.language or "no language")
        engine = "" if app.transcriber is None else app.transcriber.name
        await app.db.run(_pass_on_words, lease, note, heard, engine, now=app.clock.now())


async def _listen(app: App, note: VoiceTranscription) -> Transcript:
    if app.transcriber is None:
        raise Rejected("nobody is set who turns voice notes into words")
    audio, mime_type = await accounts.channel_of(app, note.account).fetch_media(note.file)
    try:
        return await app.transcriber.transcribe_audio(audio, note.media.mime_type or mime_type)
    except BadCredentials as error:
        raise _KeyRefused(str(error), transcriber=app.transcriber.name) from error


def _wait_for_account(
    session: Session, lease: Lease, note: VoiceTranscription, error: BadCredentials, *, now: datetime
) -> None:
    accounts.not_accepted(session, note.account, error, now=now)
    table.put_back(session, lease, until=now + _BEFORE_ASKING_AGAIN)


def _ask_for_a_key(session: Session, note: VoiceTranscription, error: _KeyRefused, *, now: datetime) -> None:
    name = error.transcriber
    reason = f"Голосовые не распознаются: ключ {name.upper()}_API_KEY не принят, проверьте его. ({error})"
    accounts.ask_for_a_person(session, note.account, reason, about=f"transcriber:{name}", now=now)


def _pass_on_words(
    session: Session, lease: Lease, note: VoiceTranscription, heard: Transcript, engine: str, *, now: datetime
) -> None:
    paid = None
    if heard.model is not None:
        paid = Heard(engine=engine, model=heard.model, tokens_in=heard.tokens_in, tokens_out=heard.tokens_out)
    _amend(session, note, heard.text, id=f"{note.id}:transcript", heard=paid, now=now)
    table.finish(session, lease, now=now)


def give_up(session: Session, message: QueueMessage, reason: str, now: datetime) -> None:
    """A voice note nobody could put into words is told to the agent as one without any."""
    note = VoiceTranscription.model_validate(message.body)
    _amend(session, note, "", id=f"{note.id}:no-transcript", now=now)


def _amend(
    session: Session, note: VoiceTranscription, words: str, *, id: str, heard: Heard | None = None, now: datetime
) -> None:
    """Tell the agent the words of a line it has, unless the line was deleted meanwhile."""
    line = session.scalars(
        select(LoggedMessage).where(LoggedMessage.account == note.account, LoggedMessage.message_id == note.message_id)
    ).one()
    if line.kind == Kind.DELETION:
        return
    line.message_text = words or None
    amendment = IncomingMessage(
        id=id,
        created_at=now,
        account=note.account,
        phone_number=line.phone_number,
        chat=note.chat,
        message_id=note.message_id,
        message_text=words,
        kind=Kind.VOICE,
        is_voice=True,
        heard=heard,
        sent_at=line.created_at,
    )
    table.publish(
        session,
        "incoming_messages",
        amendment.model_dump_json(exclude_none=True),
        id=id,
        key=lane_key(note.account, note.chat),
        now=now,
    )


POLICY = Policy(QUEUE, max_attempts=3, lease=60, backoff=5, batch=1, on_dead=give_up)
