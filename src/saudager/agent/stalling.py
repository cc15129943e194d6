"""Talks that go nowhere: thanks for thanks, and a machine that sends the same line again and again."""

import re
from datetime import timedelta

from saudager.agent.briefing import OpenTurn
from saudager.contracts import Kind
from saudager.conversations import transcript
from saudager.conversations.models import Author, Message
from saudager.words import normalise

NOTHING_TO_SAY = "nothing_to_say"
REPEATS_ITSELF = "repeats_itself"

_SAME_LINES = 3
_WITHIN = timedelta(hours=1)
_LONGEST_COURTESY = 14
_WORD = re.compile(r"[^\W\d_]+")
_THANKS_WORDS = """
спасибо спасибочки спасиб спс пасиб пасибо благодарю благодарим благодарен благодарна большое огромное вам тебе вас
всем за ответ ответы помощь информацию инфу консультацию оперативность быстрый внимание терпение подробный очень
помогли выручили пожалуйста не что обращайтесь рада рад были помочь взаимно и того же тоже до свидания связи встречи
пока всего доброго хорошего хорошей хороших дня вечера ночи утра выходных недели прекрасного отличного
продуктивного удачи удачного удачной здоровья добра доброй спокойной ночи с наступающим праздником
удачных продаж мира
рахмет рақмет ракмет көп коп үлкен улкен сізге сизге сізгеде де сіздерге оқасы окасы жоқ жок сау болыңыз болыныз
болсын күніңіз кунин куниниз жақсы жаксы өтсін отсин кеш кешіңіз көмегіңіз комегиниз үшін ушин аман ризамын
алла разы
thanks thank you very much so a lot thx ty thnx many for the your help info quick reply answer appreciate it have
nice good great day evening weekend one too same to bye goodbye see welcome cheers take care
"""
_ASSENT_WORDS = """
ок окей оке ok okay okey хорошо хор ладно ладненько понятно понял поняла поняли понятненько ясно ясненько отлично
супер класс классно круто здорово прекрасно замечательно договорились добро принято принял приняла учту да ага угу
все всё вопросов нет больше пока так буду знать иметь ввиду виду в жду ждем ждём
жақсы жаксы жарайды жарайт түсінікті тусиникти түсіндім тусиндим керемет мақұл макул иә ия болды
perfect cool fine great good got understood noted alright sure yes yep
"""
_THANKS, _ASSENT = frozenset(_THANKS_WORDS.split()), frozenset(_ASSENT_WORDS.split())
_HEART = re.compile(
    r"(?:спас|спс|пасиб|благодар|взаимно|удач|хорош(?:его|ей|их)|добро(?:го|й)|свидан|р[ахқ]{1,2}мет|сау|"
    r"thank|thx|thnx|bye|cheers|you too|same to you)"
)
"""What makes a line thanks or wishes, and not an answer to what we asked."""
_SIGNS = re.compile(r"[\W_]*")
_FACES = (Kind.STICKER,)


def stalled(turn: OpenTurn) -> str | None:
    """Why nothing is to be said: ``nothing_to_say`` or ``repeats_itself``; None when there is something."""
    if _has_been_courteous(turn):
        return NOTHING_TO_SAY
    return REPEATS_ITSELF if _repeats_itself(turn) else None


def _repeats_itself(turn: OpenTurn) -> bool:
    """The same line for the third time in a row within an hour, though it was answered."""
    theirs = [line for line in (*turn.earlier, *turn.lines) if line.author == Author.CUSTOMER and not line.history]
    last = theirs[-_SAME_LINES:]
    said = {normalise(transcript.bare_words(line)).strip() for line in last}
    if len(last) < _SAME_LINES or len(said) > 1 or said == {""}:
        return False
    answered = any(line.turn_id is not None for line in last)
    return answered and last[-1].sent_at - last[0].sent_at <= _WITHIN


def _has_been_courteous(turn: OpenTurn) -> bool:
    """Nothing but courtesy is new, and our last line has answered a courtesy already."""
    ours = turn.last_of_ours
    if ours is None or ours.author != Author.BOT or ours.turn_id is None:
        return False
    asked = "?" in transcript.words(ours)
    answered = [line for line in turn.earlier if line.turn_id == ours.turn_id and line.author == Author.CUSTOMER]
    return bool(answered) and _all(answered, asked=False) and _all(turn.lines, asked=asked)


def _all(lines: list[Message], *, asked: bool) -> bool:
    return all(
        line.kind in _FACES or (line.kind == Kind.TEXT and is_courtesy(line.text or "", asked=asked)) for line in lines
    )


def is_courtesy(text: str, *, asked: bool = False) -> bool:
    """Whether a line is thanks, assent, good wishes or a sign and asks nothing; after a question of ours an «ок» and
    a 👍 may be its answer, so that only thanks and wishes are courtesy."""
    if "?" in text:
        return False
    plain = normalise(text)
    words = _WORD.findall(plain)
    if not words:
        return bool(plain.strip()) and not asked and _SIGNS.fullmatch(plain) is not None
    if len(words) > _LONGEST_COURTESY or re.search(r"\d", plain):
        return False
    if asked:
        return _HEART.search(plain) is not None and all(word in _THANKS for word in words)
    return all(word in _THANKS or word in _ASSENT for word in words)
