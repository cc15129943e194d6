"""Drafts: a reply that waits for a person's word, and what follows when he gives it."""

from datetime import datetime

from sqlalchemy.orm import Session

from saudager.agent import aftermath, briefing, by_mail, stepping_in
from saudager.agent.briefing import OpenTurn
from saudager.agent.thought import Thought
from saudager.contracts import Media
from saudager.conversations import handover, outbox, turns
from saudager.conversations.models import Author, Turn
from saudager.conversations.outbox import Fate
from saudager.errors import NotFound, Refused
from saudager.settings import Settings
from saudager.studio import showing
from saudager.trust import drafts
from saudager.trust.models import Draft
from saudager.trust.topics import Topic

WAITING, OVERTAKEN, REJECTED = "draft_waiting", "draft_overtaken", "draft_rejected"
"""Why a turn is silent whose answer was drafted."""


def lay(session: Session, turn: OpenTurn, thought: Thought, topic: Topic, *, may_wait: bool, now: datetime) -> Fate:
    """Close the turn with its reply as a draft, in the place of a draft that waited."""
    conversation = turn.conversation
    held = outbox.hold_back(session, conversation, turn.lines, WAITING, may_wait=may_wait, now=now, trace=thought.trace)
    if isinstance(held, Fate):
        return held
    overtake(session, conversation.id, now=now)
    drafts.put(session, conversation.id, held, topic, thought.reply or "", now=now)
    return Fate.SAID


def overtake(session: Session, conversation_id: int, *, now: datetime) -> None:
    """A newer answer covers what a waiting draft was about."""
    if (draft := drafts.overtake(session, conversation_id, now=now)) is not None:
        session.get_one(Turn, draft.turn_id).reason = OVERTAKEN


def approve(session: Session, draft_id: int, text: str, settings: Settings, *, by: str, now: datetime) -> Draft:
    """Say the draft with these words, and store what follows from an answer; edited words are the operator's own.

    Raises NotFound, and Refused when the draft was decided before, the customer has written more, or ``text``
    is empty or too long.
    """
    draft = _to_decide(session, draft_id)
    said = stepping_in.typed(text)
    if turns.unanswered(session, draft.conversation_id) and not _is_held(session, draft, now=now):
        raise Refused("Клиент написал ещё. Новый черновик будет через несколько секунд.")
    turn = briefing.drafted_turn(session, draft.turn_id, settings)
    author = Author.BOT if said == draft.text.strip() else Author.HUMAN
    outbox.say_held_back(
        session,
        session.get_one(Turn, draft.turn_id),
        turn.lines,
        said,
        author=author,
        by=by,
        now=now,
        signature=by_mail.signature(settings),
        pictures=pictures_of(session, draft),
    )
    drafts.sent(session, draft, said, by=by, now=now)
    aftermath.follow(session, turn, None, settings, is_client=bool(turn.contact.is_client), now=now)
    return draft


def pictures_of(session: Session, draft: Draft) -> list[Media]:
    """What goes out with the draft: of the pictures it was written with, those that may be shown still."""
    wanted = session.get_one(Turn, draft.turn_id).trace.get("pictures", [])
    made = [(one["id"], Media.model_validate(one["media"])) for one in wanted]
    return [media for id, media in made if showing.may_be_shown(session, id, media)]


def reject(session: Session, draft_id: int, reason: str, *, by: str, now: datetime) -> Draft:
    """Leave the draft unsaid; the customer hears nothing. Raises as ``approve`` does."""
    draft = _to_decide(session, draft_id)
    session.get_one(Turn, draft.turn_id).reason = REJECTED
    drafts.rejected(session, draft, reason, by=by, now=now)
    return draft


def _to_decide(session: Session, draft_id: int) -> Draft:
    """The draft and its conversation, held in the order in which turns hold them."""
    draft = session.get(Draft, draft_id)
    if draft is None:
        raise NotFound("Такого черновика нет.")
    turns.unanswered(session, draft.conversation_id)
    return drafts.to_decide(session, draft_id)


def _is_held(session: Session, draft: Draft, *, now: datetime) -> bool:
    return handover.silent_until(session, draft.conversation_id, now=now) is not None
