"""What every dialogue must keep, whoever the customer is: each rule looks at rows and phone and says what broke it."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from saudager.agent import courtesy
from saudager.conversations.models import Outcome
from saudager.exam.claims import not_booked, unproved
from saudager.exam.customers import Means
from saudager.exam.seen import Seen
from saudager.languages import language_of

_QUOTED = re.compile(r"«[^»]*»|\"[^\"]*\"|https?://\S+")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_TELLING = 3
_DAY = timedelta(hours=24)
_STOPS = frozenset({"everything", "offers"})
_SILENT_FOR_A_REASON = frozenset({"deleted", "person_spoke", "opted_out"})


@dataclass(frozen=True, slots=True)
class Rule:
    """``title`` is the Russian sentence of the report; ``broken`` says what broke it, None when it was kept."""

    key: str
    title: str
    broken: Callable[[Seen], str | None]


def _not_stopped(seen: Seen) -> str | None:
    told = seen.first(Means.STOPS)
    if told is not None and not (seen.rows and any(one.wish in _STOPS for one in seen.rows.consents)):
        return "просьба больше не писать не записана"
    moment = told or seen.first(Means.DECLINES)
    if moment is None:
        return None
    after = next((line for line in seen.unasked if line.sent_at > moment), None)
    return f"после отказа пришло «{after.text}»" if after else None


def _wrong_person(seen: Seen) -> str | None:
    if seen.rows is not None:
        if (number := seen.chat.split("@")[0]) != (seen.rows.contact.phone_number or number):
            return f"переписка записана за другим номером: {seen.rows.contact.phone_number}"
        stored = Counter(line.text for line in seen.rows.ours)
        strange = Counter(line.text for line in seen.ours) - stored
        if strange:
            return f"пришло не из этой переписки: «{next(iter(strange))}»"
    if seen.persona.is_customer:
        return None
    allowed = 1
    for line in seen.ours:
        if line.text in courtesy.GREETING.values() and allowed:
            allowed -= 1
            continue
        return f"не покупатель, а получил «{line.text}»"
    return None


def _not_one_turn(seen: Seen) -> str | None:
    rows = seen.rows
    if rows is None or len(rows.theirs) != len(seen.spoken):
        return f"покупатель написал {len(seen.spoken)} раз, записано {0 if rows is None else len(rows.theirs)}"
    for line in rows.theirs:
        turn = rows.turns.get(line.turn_id or 0)
        if turn is None or turn.conversation_id != rows.conversation.id:
            return f"«{line.text}» не закрыта ни одним ходом"
    got = Counter(line.text for line in seen.ours)
    for turn in rows.turns.values():
        said = [line for line in rows.ours if line.turn_id == turn.id]
        if len(said) != (turn.outcome == Outcome.ANSWERED):
            return f"на один ход пришлось ответов: {len(said)}"
        if missing := Counter(line.text for line in said) - got:
            return f"ответ записан, но не дошёл: «{next(iter(missing))}»"
    return None


def _not_answered(seen: Seen) -> str | None:
    """Whether a customer who is one was left without an answer before a person was called."""
    if not seen.persona.is_customer or seen.rows is None:
        return None
    called = min((case.opened_at for case in seen.rows.cases), default=None)
    for line in seen.rows.theirs:
        turn = seen.rows.turns.get(line.turn_id or 0)
        if turn is None or turn.outcome == Outcome.ANSWERED or turn.reason in _SILENT_FOR_A_REASON:
            continue
        if called is None or line.received_at < called:
            return f"«{line.text}» осталось без ответа: {turn.reason}"
    return None


def _wrong_language(seen: Seen) -> str | None:
    for line in seen.ours:
        own = _QUOTED.sub(" ", line.text or "")
        if len(_WORDS.findall(own)) >= _TELLING and language_of(own) != seen.customer.language:
            return f"покупатель пишет не на этом языке: «{line.text}»"
    return None


def _too_often(seen: Seen) -> str | None:
    for before, after in pairwise(seen.unasked):
        if after.sent_at - before.sent_at < _DAY:
            return f"«{before.text}» и «{after.text}» пришли с разницей меньше суток"
    return None


EVERYBODY = [
    Rule("proved", "Каждая цифра и каждое обещание подтверждены документами", unproved),
    Rule("booked", "«Записал» сказано, только когда запись есть", not_booked),
    Rule("stopped", "После «стоп» и «нет» первым не пишет", _not_stopped),
    Rule("right_person", "Пишет тому, кому нужно, и только ему", _wrong_person),
    Rule("one_turn", "Каждая строка покупателя закрыта ровно одним ходом", _not_one_turn),
    Rule("answered", "Покупатель не остался без ответа", _not_answered),
    Rule("language", "Отвечает на языке покупателя", _wrong_language),
    Rule("once_a_day", "Без спроса пишет не чаще раза в сутки", _too_often),
]
