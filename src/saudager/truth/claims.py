"""Words that promise something: done deals, discounts, gifts, addresses, and what must not be told at all."""

import re
from collections.abc import Sequence

from saudager.providers.llm import Fact
from saudager.words import normalise, sentences, stems

_CONTACT = re.compile(
    r"(?P<link>(?:https?://|www\.)\S+|(?<![\w@.])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:kz|ru|com|net|org|me|"
    r"io|shop|store|example)(?![\w])(?:/\S*)?)"
    r"|(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<phone>(?<![\w.])\+?[78][\s(-]*\d{3}[\s)-]*\d{3}[\s-]*\d{2}[\s-]*\d{2}(?!\d))"
    r"|(?P<always>24\s?/\s?7)",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"\b(?:записал[аи]?|забронировал[аи]?|зарезервировал[аи]?|оформил[аи]?|отправил[аи]?|выслал[аи]?|"
    r"отложил[аи]?|назначил[аи]?"
    r"|перен[её]с(?:ла|ли)?|отменил[аи]?|передал[аи]?|вн[её]с(?:ла|ли)?|закрепил[аи]?|подтвердил[аи]?|"
    r"принял[аи]?|начислил[аи]?|списал[аи]?|добавил[аи]?"
    r"|вы\s+записаны|(?:заказ|бронь|запись|заявка|оплата|доставка)\s+(?:уже\s+)?(?:оформлен|"
    r"подтвержден|принят|прошл|получен|назначен|созда)\w*"
    r"|(?:место|время|мастер|замерщик)\s+(?:за\s+вами\s+)?(?:закреплен|забронирован|назначен|выехал|"
    r"будет\s+у\s+вас)\w*"
    r"|i(?:\s+have|'ve)?\s+(?:booked|reserved|sent|scheduled|confirmed)|is\s+booked|жазып\s+қойдым|"
    r"брондадым|жібердім)(?!\w)"
)
_NEEDS_WORD = (
    (re.compile(r"скид\w*|дисконт\w*|жеңілдік\w*|discount\w*|уступ(?:им|лю)|сброс(?:им|лю)"), "скид", "скидки"),
    (re.compile(r"бесплатн\w*|даром\b|тегін|for free|free of charge"), "бесплат", "бесплатного"),
    (re.compile(r"в подарок|подар(?:им|ок|ки|ю)|бонус\w*|кэшб[эе]к\w*|gift"), "подар", "подарка"),
    (re.compile(r"\bакци[яию]\w*|распродаж\w*|promo\w*"), "акци", "акции"),
    (re.compile(r"гаранти[яию]\w*|кепілдік\w*|warranty"), "гарант", "гарантии"),
    (re.compile(r"рассрочк\w*|кредит\w*|бөліп төлеу"), "рассроч", "рассрочки"),
    (re.compile(r"верн[её]м\s+деньги|возврат\s+денег|вернем\s+разниц\w*"), "возвра", "возврата денег"),
)
_GUARANTEES = re.compile(
    r"гарантиру(?:ю|ем)|обеща(?:ю|ем)|клян(?:усь|емся)|100\s*%|сто\s+процентов|точно\s+успеем|we guarantee|i promise"
)
_DENIES = re.compile(r"\bне\b|\bнет\b|\bни\b|\bбез\b|\bжоқ\b|\bcannot\b|\bno\b|\bnot\b|уточн\w+|узна\w+|спрош\w+")
_INTERNAL = re.compile(
    r"промпт\w*|\bprompt\w*|системн\w+\s+(?:инструкц|сообщен|настройк)\w*|мо(?:и|их|ей|"
    r"им)\s+инструкц\w*|мне\s+(?:запрещено|велено|предписано)"
    r"|языков\w+\s+модел\w*|нейросет\w*|language model|\bllm\b|\bgpt\b|openai|gemini|openrouter|"
    r"баз[аеуы]\s+знаний|knowledge[_ ]base"
    r"|\{[a-z_]+\}|\bjson\b|\bfact\b|briefing|hand_over|контекст\w*\s+(?:диалога|запроса|беседы)|"
    r"фрагмент\w*\s+документ\w*|модератор\w*"
    r"|is_client|isclient|spin\b|system prompt|instructions"
)


def hide_contacts(draft: str) -> str:
    """The draft with links, addresses and phones blanked, so that their digits are not read as figures."""
    return _CONTACT.sub(lambda hit: "¤" * len(hit.group()), draft)


def strangers(draft: str, facts: Sequence[Fact]) -> list[str]:
    """Links, e-mail addresses and phone numbers that no passage holds."""
    known = normalise(" ".join(fact.text for fact in facts))
    digits = re.sub(r"\D", "", known)
    problems = []
    for hit in _CONTACT.finditer(draft):
        written = hit.group().strip(".,;:!?)»")
        if hit.lastgroup == "phone":
            held = re.sub(r"\D", "", written)[1:] in digits
        else:
            held = re.sub(r"\s", "", normalise(written)) in re.sub(r"\s", "", known)
        if not held:
            problems.append(f"«{written}»: такого контакта в документах нет.")
    return problems


def promises(draft: str, facts: Sequence[Fact]) -> list[str]:
    """Promises without a row behind them, and words that must stay in the house."""
    problems = []
    for sentence in sentences(draft):
        plain = normalise(sentence)
        done, promised = _DONE.search(plain), _GUARANTEES.search(plain)
        if done and not _DENIES.search(plain[: done.start()]):
            problems.append(f"«{done.group()}»: говорит о сделанном, а записи об этом нет.")
        denied = promised and _DENIES.search(plain[: promised.start()])
        if promised and not denied and not _holds(promised.group(), sentence, facts):
            problems.append(f"«{promised.group()}»: обещание, за которым нет документа.")
        problems.extend(_unfounded(sentence, plain, facts))
        if inner := _INTERNAL.search(plain):
            problems.append(f"«{inner.group()}»: внутреннее слово, покупателю его не говорят.")
    return problems


def _unfounded(sentence: str, plain: str, facts: Sequence[Fact]) -> list[str]:
    problems = []
    for pattern, needed, of_what in _NEEDS_WORD:
        hit = pattern.search(plain)
        if hit and not plain.endswith("?") and not _DENIES.search(plain) and not _holds(needed, sentence, facts):
            problems.append(f"«{hit.group()}»: в документах нет {of_what} на это.")
    return problems


def _holds(needed: str, sentence: str, facts: Sequence[Fact]) -> bool:
    """A passage says the same word of the same thing: beside the word they share another one, or it is all there is."""
    about = {one for one in stems(sentence) if not one.startswith(needed[:4])}
    for fact in facts:
        words = stems(f"{fact.text} {fact.section}")
        if needed in normalise(f"{fact.text} {fact.section}") and (not about or about & words):
            return True
    return False
