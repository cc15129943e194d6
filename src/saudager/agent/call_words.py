"""What a line wants of calls: one, another time, none; and what we say about them, in the customer's language."""

import re

from saudager.languages import Language
from saudager.words import normalise

_ASKS = re.compile(
    r"созвон|(?<!не )\b(?:по|пере)звони(?:те|м|ть)?\b|наберите|звонок\b|звоночек|по телефону (?:обсуд|поговор|расска)"
    r"|(?:хочу|можно|давайте|готов|хотел\w* бы) (?:с вами )?(?:поговорить|пообщаться|обсудить)"
    r"(?: голосом| по телефону| лично)"
    r"|обсудим (?:голосом|по телефону)|(?:запишите меня|записаться) на (?:звонок|созвон|консультаци)"
    r"|қоңырау шал|коңырау шал|конырау шал|хабарласы(?:ңыз|ныз)|звондап|звонда(?:ңыз|ныз|йсыз)|телефонмен сөйлес"
    r"|\bcall me\b|\b(?:have|schedule|book|arrange|set up) a (?:phone )?call\b|\bgive me a (?:call|ring)\b|\bphone me\b"
)
_NOT_ASKS = re.compile(
    r"не (?:надо |нужно |стоит )?(?:мне )?(?:пере|по)?звон|без звонк"
    r"|я (?:вам |уже )?(?:пере)?звонил|(?:мне|нам) (?:уже )?(?:пере|по)?звонил"
    r"|не дозвон|звонила? вам|дверн\w+ звон|звонок (?:на двер|дверн|велосипед)|қоңырау шалмаңыз|звондамаңыз"
    r"|don'?t call|do not call|no calls|i (?:have )?called"
)
_CANCELS = re.compile(
    r"отмен(?:ите|яю|им|ить|яем|а)"
    r"|не (?:смогу|получится|выйдет|сможем)\b.{0,30}(?:созвон|звон|разгов|завтра|сегодня|в это время|в \d)"
    r"|(?:созвон|звонок|разговор) (?:больше )?не (?:нужен|надо)|передумал\w* (?:созван|звон|говор)"
    r"|бас тарт|болдырма|керек емес қоңырау|қоңырау керек емес|\bcancel\b"
)
_MOVES = re.compile(
    r"перенес|перенос|перепис|передвин|сдвин|на другое время|в другое время|другой день"
    r"|поменя(?:ть|йте|ем) время|давайте лучше"
    r"|лучше (?:в|на|завтра|послезавтра)|не (?:смогу|получится|успеваю).{0,40}(?:давайте|можно|лучше)"
    r"|ауыстыр|басқа уақыт|\b(?:reschedule|move it|another time|postpone)\b"
)
_ABOUT_A_CALL = re.compile(r"созвон|позвон|қоңырау|звонк|\bcall\b")
_ORDINALS = (
    re.compile(r"\b(?:перв\w+|1-?(?:й|ый|е)?|бірінші(?:сі)?|(?:the )?first)\b"),
    re.compile(r"\b(?:втор\w+|2-?(?:й|ой|е)?|екінші(?:сі)?|(?:the )?second)\b"),
    re.compile(r"\b(?:трет\w+|3-?(?:й|ий|е)?|үшінші(?:сі)?|(?:the )?third|последн\w+|the last)\b"),
)
_CHOICE_WORDS = re.compile(r"вариант|время|слот|нұсқа|option|one\b|давайте|подойд|удобн|болады|ok|ок\b")
_ANY = re.compile(
    r"люб(?:ое|ой|ым)|когда угодно|все равно|без разницы|кез келген|бәрібір|\bany ?time\b|whenever|either"
)

OFFER: dict[Language, str] = {
    "ru": "Давайте созвонимся! Свободно: {slots}. Какое время вам удобно?",
    "kk": "Қоңырау арқылы сөйлесейік! Бос уақыт: {slots}. Қайсысы ыңғайлы?",
    "en": "Let us have a call! Free times: {slots}. Which one suits you?",
}
BOOKED: dict[Language, str] = {
    "ru": "Записала созвон: {at}. Напомним заранее; если планы изменятся, напишите.",
    "kk": "Қоңырауға жаздым: {at}. Алдын ала еске саламыз; жоспарыңыз өзгерсе, жазыңыз.",
    "en": "The call is booked {at}. We will remind you; write to us if your plans change.",
}
MOVED: dict[Language, str] = {
    "ru": "Перенесла созвон: теперь {at}.",
    "kk": "Қоңырауды ауыстырдым: енді {at}.",
    "en": "The call has been moved: now {at}.",
}
CANCELLED: dict[Language, str] = {
    "ru": "Отменила созвон, который был назначен {at}. Если захотите поговорить, напишите.",
    "kk": "{at} белгіленген қоңырауды тоқтаттым. Сөйлескіңіз келсе, жазыңыз.",
    "en": "I have cancelled the call that was set {at}. Write to us whenever you want to talk.",
}
TAKEN: dict[Language, str] = {
    "ru": "Это время уже занято. Ближайшее свободное: {slots}. Что из этого подойдёт?",
    "kk": "Бұл уақыт бос емес. Ең жақын бос уақыт: {slots}. Қайсысы ыңғайлы?",
    "en": "That time is taken. The nearest free times: {slots}. Which of them suits you?",
}
OUT_OF_HOURS: dict[Language, str] = {
    "ru": "В это время мы не созваниваемся: {hours}. Ближайшее свободное: {slots}. Что подойдёт?",
    "kk": "Бұл уақытта қоңырау шалмаймыз: {hours}. Ең жақын бос уақыт: {slots}. Қайсысы ыңғайлы?",
    "en": "We do not have calls at that time: {hours}. The nearest free times: {slots}. Which one suits you?",
}
PAST: dict[Language, str] = {
    "ru": "Это время уже прошло. Ближайшее свободное: {slots}. Что подойдёт?",
    "kk": "Бұл уақыт өтіп кетті. Ең жақын бос уақыт: {slots}. Қайсысы ыңғайлы?",
    "en": "That time has passed. The nearest free times: {slots}. Which one suits you?",
}
HOURS: dict[Language, str] = {
    "ru": "созвоны с понедельника по пятницу, с {begin}:00 до {end}:00",
    "kk": "қоңыраулар дүйсенбіден жұмаға дейін, {begin}:00–{end}:00",
    "en": "calls are Monday to Friday, {begin}:00 to {end}:00",
}
NO_TIMES: dict[Language, str] = {
    "ru": "Свободного времени для созвона пока нет, передам коллегам — подберём и напишем вам.",
    "kk": "Қоңырауға бос уақыт әзірше жоқ, әріптестеріме айтамын — уақыт тауып, жазамыз.",
    "en": "There is no free time for a call at the moment; I will tell my colleagues and we will write to you.",
}


def asks_for_a_call(text: str) -> bool:
    """«Можете позвонить?», not «вы мне звонили» and not «не звоните»."""
    plain = normalise(text)
    return bool(_ASKS.search(plain)) and not _NOT_ASKS.search(plain)


def cancels(text: str) -> bool:
    """Said by somebody who has a call ahead."""
    return bool(_CANCELS.search(normalise(text)))


def moves(text: str) -> bool:
    """Said by somebody who has a call ahead."""
    return bool(_MOVES.search(normalise(text)))


def is_about_a_call(line: str) -> bool:
    """Whether a line of ours speaks of a call."""
    return bool(_ABOUT_A_CALL.search(normalise(line)))


def chosen(text: str, count: int) -> int | None:
    """Which of ``count`` times in the order they were named: «второе», «первый вариант», «любое»; None: not said."""
    plain = normalise(text)
    if _ANY.search(plain):
        return 0
    for place, ordinal in enumerate(_ORDINALS[:count]):
        hit = ordinal.search(plain)
        if hit and (_CHOICE_WORDS.search(plain) or hit.group() == plain.strip(" .!")):
            return place
    return None
