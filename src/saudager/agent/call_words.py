"""What a line wants of calls: one, another time, none, or something else altogether."""

import re

from saudager.calls.reading import read_line
from saudager.words import normalise

_ASKS = re.compile(
    r"созвон(?!ил)|(?<!вам )(?<!куда )(?<!не )\b(?:по|пере)звони(?:те|м)\b(?! (?:им|ему|ей|на|в)\b)"
    r"|(?:можете|могли бы|можно вас попросить|прошу|давайте|хочу|хотел\w* бы) (?:\w+ )?(?:(?:по|пере)звонить|набрать)\b"
    r"(?! (?:на|в|им|ему|ей|вам)\b)"
    r"|(?:мне|нам|меня|нас) (?:по|пере)звон(?:ить|ят|ит)\b|наберите (?:меня|мне|нас)\b|набрать меня\b"
    r"|(?:обратн\w+|закаж\w+|заказать|нужен|хочу|жду) (?:обратн\w+ )?звон(?:ок|ка)\b|свяжитесь со мной"
    r"|по телефону (?:обсуд|поговор)"
    r"|(?:хочу|можно|давайте|готов|хотел\w* бы) (?:с вами )?(?:поговорить|пообщаться|обсудить)"
    r"(?: голосом| по телефону| лично)"
    r"|обсудим (?:голосом|по телефону)|(?:запишите меня|записаться) на (?:звонок|созвон|консультаци)"
    r"|[қк]о[ңн]ырау шал|хабарласы(?:ңыз|ныз)|байланысы(?:ңыз|ныз)|звондап|звонда(?:ңыз|ныз|йсыз)|телефонмен сөйлес"
    r"|\bcall (?:me|us)\b|\bcall back\b|\b(?:have|schedule|book|arrange|set up) a (?:phone )?call\b"
    r"|\bgive me a (?:call|ring)\b|\bphone me\b"
)
_NOT_ASKS = re.compile(
    r"не (?:надо |нужно |стоит )?(?:мне )?(?:пере|по)?звон|звонить не (?:надо|нужно)|без звонк"
    r"|я (?:вам |уже )?(?:пере)?звонил|(?:мне|нам) (?:уже )?(?:пере|по)?звонил"
    r"|куда (?:вам |мне )?(?:по)?звонить|вам (?:пере|по)звонить|не дозвон|звонила? вам"
    r"|дверн\w+ звон|звонок (?:на двер|дверн|велосипед)|[қк]о[ңн]ырау шалма|звондама"
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
_NO_TOPIC = re.compile(
    r"да|нет|не|ок|окей|ага|угу|хорошо|отлично|супер|ладно|тогда|можно|можете|могу|сможете|давай(?:те)?|удобно|подойд\w+|подход\w+"
    r"|устро\w+|время|вариант|слот|раз|это|то|и|а|но|если|или|буду|будет|смогу|получится|выйдет|жду|спасибо|благодарю|мне|меня|нам"
    r"|нас|вам|вы|я|мы|пожалуйста|пж|плиз|лучше|наверное|ближе|примерно|договорились|готов\w*|свобод\w+|запиш\w+|запис\w+"
    r"|перен\w+|передвин\w+|сдвин\w+|поменя\w+|отмен\w+|измен\w+|успе\w+|передум\w+|здравствуйте|добрый|день|привет"
    r"|созвон\w*|\w*звон\w*|наб[ер]\w+|разговор\w*|поговор\w+|обсуд\w+|телефон\w*|связ\w+|свяж\w+|друг\w+|так|уже|ещё|еще|все"
    r"|перв\w+|втор\w+|трет\w+|последн\w+|люб\w+|пойд[её]т|сойд[её]т|норм\w*|ждать|хочу|хотел\w*|надо|нужно|на|в|с|по|к|у|со"
    r"|жарайды|болады|ия|иә|маған|маган|бізге|ыңғайлы|ынгайлы|қоңырау|конырау|коңырау|шал\w*|хабарлас\w*|рахмет|рақмет|жақсы|жаксы"
    r"|ауыстыр\w*|бірінші|екінші|үшінші|дұрыс|бола|ма|ба|ме|бе|сөйлес\w*|сәлеметсіз|кел\w+|нұсқа\w*"
    r"|ok|okay|yes|no|please|works|fine|good|great|thanks|thank|me|us|for|call|let|lets|let's|that|is|be|would|will|i|can|you|we|the"
    r"|a|it|to|at|on|could|suits|first|second|third|one|option|reschedule|move|cancel|my|our|make|better|instead|s|any|time|whenever"
)
_ABOUT_A_CALL = re.compile(r"созвон|позвон|қоңырау|звонк|\bcall\b")
_TELLS = re.compile(r"рассказать|подсказать|айтайын|айтып бер|explain|tell you")
_ORDINALS = (
    re.compile(r"\b(?:перв\w+|1-?(?:й|ый|е)?|бірінші(?:сі)?|(?:the )?first)\b"),
    re.compile(r"\b(?:втор\w+|2-?(?:й|ой|е)?|екінші(?:сі)?|(?:the )?second)\b"),
    re.compile(r"\b(?:трет\w+|3-?(?:й|ий|е)?|үшінші(?:сі)?|(?:the )?third|последн\w+|the last)\b"),
)
_CHOICE_WORDS = re.compile(r"вариант|время|слот|нұсқа|option|one\b|давайте|подойд|удобн|болады|ok|ок\b")
_UNKNOWN_KINDS = frozenset("?xn")
"""What the grammar of times calls words it does not know."""
_ANY = re.compile(
    r"люб(?:ое|ой|ым)|когда угодно|все равно|без разницы|кез келген|бәрібір|\bany ?time\b|whenever|either"
)


def asks_for_a_call(text: str) -> bool:
    """«Можете позвонить?», not «вы мне звонили» and not «не звоните»."""
    plain = normalise(text)
    return bool(_ASKS.search(plain)) and not _NOT_ASKS.search(plain)


def is_about_the_call(sentence: str) -> bool:
    """Whether a sentence, said when a call is agreed upon, speaks of it.

    It asks for one, or names nothing but a time, a choice or a change. «Доставка завтра в 15:00 удобно?» does not.
    """
    if asks_for_a_call(sentence):
        return True
    words = [word.text.lower() for word in read_line(sentence).words if word.kind in _UNKNOWN_KINDS]
    return all(_NO_TOPIC.fullmatch(word) for word in words)


def cancels(text: str) -> bool:
    """Said by somebody who has a call ahead."""
    return bool(_CANCELS.search(normalise(text)))


def moves(text: str) -> bool:
    """Said by somebody who has a call ahead."""
    return bool(_MOVES.search(normalise(text)))


def is_about_a_call(line: str) -> bool:
    """Whether a line of ours speaks of a call."""
    return bool(_ABOUT_A_CALL.search(normalise(line)))


def offers_to_tell(line: str) -> bool:
    """Whether a line of ours offers words and no call: «Рассказать, чем они отличаются?»"""
    return bool(_TELLS.search(normalise(line)))


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
