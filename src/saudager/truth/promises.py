"""Promises no document holds, and words that must stay in the house."""

import re

from saudager.truth.boasts import boasts
from saudager.truth.conditions import unmet
from saudager.truth.known import Known
from saudager.truth.rows import is_true
from saudager.truth.told import misnamed
from saudager.words import normalise, sentences, stems

_NEEDS_WORD = (
    (r"скид\w*|дисконт\w*|жеңілдік\w*|discount\w*|уступ(?:им|лю|ить)|сброс(?:им|лю)|"
        r"дешевле\sсдела\w+", r"скид|discount|жеңілдік", "скидки"),
    (r"бесплатн\w*|даром\b|тегін\w*|for free|free of charge|free (?:delivery|shipping|"
        r"installation|measur\w+)|is free|за наш счет|on us\b|"
        r"on the house", r"бесплат|тегін|free|\b0\b(?![.,]\d)", "бесплатного"),
    (r"розыгрыш\w*|разыгрыва\w+|\bпризы?\b|в подарок|подар(?:им|ок|ки|ю)\b|"
        r"(?<!\w)дар(?:им|ю)\b(?!.*скид)|сыйға|сыйлық\w*|\bбонус\w*|кэшб[эе]к\w*|"
        r"gifts?\b|as a present", r"подар|бонус|кэшб|gift|bonus|cashback|сый", "подарка"),
    (r"\bакци[яию]\w*|распродаж\w*|\bpromo\w*|\bon sale\b", r"акци|promo|скид|discount|распрод", "акции"),
    (r"гаранти[яию]\w*|кепілдік\w*|warranty", r"гарант|warrant|guarantee|кепілдік", "гарантии"),
    (r"рассрочк\w*|кредит\w*|бөліп төлеу\w*|instal+ments?", r"рассроч|instal|кредит|credit|бөліп", "рассрочки"),
    (r"верн[еу]м\s(?:вам\s)?(?:деньги|разниц\w*)|возврат\sденег|money back", r"возвра|refund|return", "возврата денег"),
    (r"(?:верн(?!\w*с[ья]\b)|возвра(?!\w*с[ья]\b)|обмен|помен|return|exchange|refund)\w*[^.!?]{0,40}"
        r"(?:в любо\w+ (?:время|момент|день)|когда угодно|any ?time|whenever)"
        r"|(?:в любо\w+ (?:время|момент)|когда угодно)[^.!?]{0,30}(?:верн|возвра|обмен|помен)|"
        r"пожизненн\w+|бессрочн\w+|lifetime|өмір бойы",
        r"в любо\w+ (?:время|момент|день)|any ?time|бессроч|пожизн|lifetime|forever|unlimited|өмір", "такого срока"),
    (r"круглосуточно|тәулік бойы|around the clock", r"круглосут|тәулік|around the clock|00:00|24",
     "круглосуточной работы"),
    (r"(?:есть|все|имеется) в наличии|в наличии есть|\bin stock\b|қоймада бар",
     r"налич|stock|склад|остат|available|қойма",
     "наличия"),
)  # fmt: skip
_NEEDED = [(re.compile(f"(?<!\\w)(?:{said})"), re.compile(needed), of_what) for said, needed, of_what in _NEEDS_WORD]
_DENIED = [
    (re.compile(said), frozenset(shown_by.split()))
    for said, shown_by in (
        (r"без предоплат|предоплат\w+ (?:не|нет)|no prepayment|no deposit", "prepayment deposit advance"),
        (r"нет (?:\w+ )?(?:в наличии|на складе)|наличии (?:\w+ )?нет|закончил|распродан|"
        r"out of stock|sold out|қоймада жоқ", "stock available"),
        (r"скид\w+ (?:\w+ )?нет|без скид|нет скид|no discount", "discount"),
        (r"без гаранти|гаранти\w+ нет|нет гаранти|no warranty", "warranty"),
        (r"рассрочк\w+ нет|нет рассрочк|no instal", "instalment installment"),
        (r"(?:долг|задолженност)\w* (?:\w+ ){0,4}(?:погашен|закрыт|нет)|нет (?:долг|задолж)", "debt owed overdue"),
        (r"не доставляем|доставк\w+ нет|нет доставк|no delivery", "delivery"),
    )
]  # fmt: skip
_SURELY = re.compile(
    r"гарантиру(?:ю|ем)|обеща(?:ю|ем)(?! не)|клян(?:усь|емся)|100\s*%|сто\sпроцентов|ручаюсь|точно успеем|даю слово"
    r"|кепілдік бере\w+|уәде бере\w+|we guarantee|i guarantee|i promise|we promise"
    r"|(?:точно|обязательно|непременно|гарантированно|definitely|міндетті түрде)\s(?:\w+\s){0,3}?"
    r"(?:привез|достав|приед|успе|сдела|будет|перезвон|позвон|установ|верн|get|"
    r"deliver|arrive|call|be there|жеткіз|келе)\w*"
    r"|может\s(?:уже\s)?не\s(?:быть|остаться|хватить)|(?:разбирают|уходят|заканчива\w+)\s(?:очень\s)?быстро"
)
_TOMORROW = re.compile(
    r"(?:(?<!\w)(?:завтра|послезавтра|сегодня(?: же)?|ертең|бүгін|tomorrow|today)(?!\w).{0,40}"
    r"(?:привез|достав|приед|пришл|будет готов|установ|смонтир|перезвон|позвон|сдела|"
    r"отгруз|жеткіз|дайын|deliver|arrive|call you|be ready)"
    r"|(?:привез|достав|приед|пришл|будет готов|установ|смонтир|перезвон|позвон|сдела|"
    r"отгруз|жеткіз|deliver|arrive|call you|be ready)"
    r"\w*.{0,30}(?<!\w)(?:завтра|послезавтра|сегодня|ертең|бүгін|tomorrow|today)(?!\w))"
)
_DENIES = re.compile(
    r"(?<!\w)(?:не|нет|ни|без|кроме|жоқ|емес|cannot|can't|no(?!\s(?:questions|problem|worries|hidden|extra|wait))|not|don't|without|"
    r"уточн\w+|узна\w+|спрош\w+|анықта\w+|find out)(?!\w)"
    r"|алма(?:й|с|ды)\w*|бере? ?алма|\w+ма(?:йды|ймыз|ймын|ған)(?!\w)|\w+ме(?:йді|йміз|ймін|ген)(?!\w)"
)
_CONDITION = re.compile(r"(?:от|при|за|для|с|если|from|over|for|when)\s")
"""A label that says when («от 3 окон») rather than of what."""
_DIGITS = re.compile(r"\d+")
_INTERNAL = re.compile(
    r"[{\[]\s*\"|\"\s*:\s*[\"\d\[{]|"
    r"промпт\w*|\bprompt\w*|системн\w+\s(?:инструкц|сообщен|настройк)\w*|(?:мо(?:и|их|"
    r"ей|им|я|ю)|внутренн\w+|данн\w+ мне|мне дан\w+)\s(?:\w+\s)?инструкц\w*"
    r"|по инструкции (?:мне|я)|мне\s(?:запрещено|велено|предписано|поручено|"
    r"дали инструкц|приказано)|(?:хозяин|владелец|руководство|"
    r"директор)\s(?:\w+\s)?(?:запретил|велел|просил не|сказал не)"
    r"|языков\w+\sмодел\w*|нейросет\w*|искусственн\w+\sинтеллект\w*|тілдік модель\w*|"
    r"language model|\bllm\b|(?:chat)?gpt\b|openai|\bgemini\b|openrouter|claude\b|"
    r"\bas an ai\b|i am an ai"
    r"|баз[аеуы]\sзнаний|knowledge[_ ]base|\{+[a-z_]+\}+|\[(?:имя|name|компания|дата|"
    r"сумма)[^\]]*\]|\bjson\b|\bbriefing\b|hand_over|\bapi\b|\bsql\b"
    r"|контекст\w*\s(?:диалога|запроса|беседы)|фрагмент\w*\sдокумент\w*|модератор\w*|"
    r"is_client|isclient|\bspin\b|system (?:prompt|message)|my instructions"
    r"|(?<![\w@./-])[a-z]+_[a-z_]+(?![\w@./-])|(?<![\w/?&])[a-z]+\[[^\]]*\]|\b(?:null|"
    r"undefined|nan|traceback|true|false)\b|=\s?(?:true|false)"
)


def promises(draft: str, known: Known) -> list[str]:
    """Promises without a row behind them, and inner words."""
    problems = []
    before = ""
    for sentence in sentences(draft):
        plain = normalise(sentence)
        surely = _SURELY.search(plain)
        if surely and not _DENIES.search(plain[: surely.start()]) and not _verbatim(surely.group(), known):
            problems.append(f"«{surely.group()}»: обещание, за которым нет документа.")
        tomorrow = _TOMORROW.search(plain)
        if tomorrow and not plain.endswith("?") and not known.moments:
            problems.append(f"«{tomorrow.group()}»: обещан день, которого нет в документах.")
        problems.extend((*boasts(plain, known), *misnamed(plain, known), *unmet(plain, known)))
        problems.extend(_contradicted(plain, known))
        problems.extend(_unfounded(before, plain, known))
        if inner := _INTERNAL.search(plain):
            problems.append(f"«{inner.group()}»: внутреннее слово, покупателю его не говорят.")
        before = plain
    return problems


def _unfounded(before: str, plain: str, known: Known) -> list[str]:
    problems = []
    for said, needed, of_what in _NEEDED:
        hit = said.search(plain)
        if not hit or plain.endswith("?") or _DENIES.search(plain):
            continue
        about = stems(plain) - stems(hit.group())
        if not _holds(needed, about | stems(before), plain, known):
            problems.append(f"«{hit.group()}»: в документах нет {of_what} на это.")
    return problems


def _holds(needed: re.Pattern[str], about: frozenset[str], plain: str, known: Known) -> bool:
    """A passage says the same word of the same thing; a row says it by its name, and is not zero."""
    held = [words for text, words in known.texts[: len(known.passages)] if needed.search(text)]
    if any(not about or about & {word for word in words if not needed.search(word)} for words in held):
        return True
    for row, (text, _) in zip(known.rows, known.texts[len(known.passages) :], strict=True):
        if _numbered_otherwise(row.label, plain, known):
            continue
        if needed.search(text) and (is_true(row) or needed.search(" 0 ")):
            labelled = frozenset() if _CONDITION.match(normalise(row.label)) else stems(row.label)
            if not labelled or labelled & about or not _labels_touch(about, known):
                return True
    return False


def _numbered_otherwise(label: str, plain: str, known: Known) -> bool:
    """«Корм 12+» is not «Корм 7+»: the sentence has a number that labels bear, and this one bears another."""
    own, said = set(_DIGITS.findall(label)), set(_DIGITS.findall(plain))
    return bool(own) and not own & said and any(said & set(_DIGITS.findall(row.label)) for row in known.rows)


def _labels_touch(about: frozenset[str], known: Known) -> bool:
    return any(stems(row.label) & about for row in known.rows)


def _contradicted(plain: str, known: Known) -> list[str]:
    """«Предоплата не нужна» where a row names one."""
    problems = []
    for said, shown_by in _DENIED:
        hit = said.search(plain)
        rows = [row for row in known.rows if hit and shown_by & frozenset(row.name.lower().split("_")) and is_true(row)]
        about = stems(plain)
        if any(not (labelled := stems(row.label)) or labelled & about for row in rows):
            problems.append(f"«{hit.group() if hit else ''}»: строка говорит другое.")
    return problems


def _verbatim(said: str, known: Known) -> bool:
    return any(said in text for text, _ in known.texts)
