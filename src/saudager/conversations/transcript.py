"""A conversation as words: what a person would read aloud, whatever kind of line it was."""

import re
from collections.abc import Sequence

from sqlalchemy.orm import Session

from saudager.contracts import Kind
from saudager.conversations import lines
from saudager.conversations.models import Author, Message
from saudager.db.statements import Statement
from saudager.providers.llm import Said

_MARKS = {
    Kind.VOICE: "[голосовое]",
    Kind.IMAGE: "[фото]",
    Kind.VIDEO: "[видео]",
    Kind.DOCUMENT: "[документ]",
    Kind.STICKER: "[стикер]",
    Kind.LOCATION: "[геопозиция]",
    Kind.CONTACT: "[контакт]",
    Kind.POLL: "[опрос]",
    Kind.MISSED_CALL: "[пропущенный звонок]",
    Kind.OTHER: "[сообщение другого вида]",
}

PICTURES = "pictures/"
"""Where the shop's own pictures are kept."""
_ANSWERS = re.compile(r"\s*(re|fwd?|aw|ответ|отв|жауап)\s*(\[\d+\])?\s*:", re.IGNORECASE)

_SAYS_NOTHING = re.compile(
    r"\W*(?:вопрос|вопросик|запрос|письмо|привет|здравствуйте|добрый день|без темы|тема|сұрақ|сәлем|тақырыпсыз|"
    r"question|request|hello|hi|no subject)\W*",
    re.IGNORECASE,
)
_RECENT = Statement(f"""
    select {lines.COLUMNS} from messages where id in (
        select id from (
            select id from messages where conversation_id = :conversation order by id desc limit :limit) last
        union
        select id from messages
        where conversation_id = :conversation and turn_id is null and author = 'customer' and not history)
    order by id""")  # noqa: S608


def words(message: Message) -> str:
    """The line as text: ``[фото] вот такое окно``, ``[ТРАНСКРИБАЦИЯ] сколько стоит…``, ``[удалено]``; a picture we sent
    is ``[картинка: Стол, спереди]``."""
    if message.deleted:
        return "[удалено]"
    if message.voice_transcription:
        return f"[ТРАНСКРИБАЦИЯ] {message.voice_transcription}"
    mark = _MARKS.get(Kind(message.kind))
    if mark is None:
        return _with_subject(message)
    if message.kind == Kind.DOCUMENT and (message.media or {}).get("file_name"):
        mark = f"[документ: {message.media['file_name']}]"  # type: ignore[index]
    if is_our_picture(message):
        return f"[картинка: {message.text}]"
    return f"{mark} {message.text}" if message.text else mark


def is_our_picture(message: Message) -> bool:
    """Whether the line is one of the shop's own pictures, and no photo of a customer's."""
    return str((message.media or {}).get("path")).startswith(PICTURES)


def _with_subject(message: Message) -> str:
    """A letter's words below its subject, when that says something the words do not; of an answer it never does."""
    subject, text = message.subject or "", message.text or ""
    if not subject or _ANSWERS.match(subject) or subject.lower() in text.lower():
        return text
    if text and _SAYS_NOTHING.fullmatch(subject):
        return text
    return f"{subject}\n{text}".strip()


def bare_words(message: Message) -> str:
    """What was said in the line and nothing else: '' for a picture without a caption, or a deleted line."""
    return "" if message.deleted else message.voice_transcription or message.text or ""


def awaits_words(message: Message) -> bool:
    """Whether the line is a voice note that is still being put into words."""
    return message.is_voice and message.voice_transcription is None and not message.deleted


def recent(session: Session, conversation_id: int, *, limit: int) -> list[Message]:
    """The last lines of a conversation and every one that is not answered yet, oldest first."""
    return lines.read(_RECENT(session, conversation=conversation_id, limit=limit).fetchall())


def as_said(messages: Sequence[Message]) -> list[Said]:
    return [Said("customer" if message.author == Author.CUSTOMER else "us", words(message)) for message in messages]
