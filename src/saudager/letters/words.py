"""Letters in our own words, in three languages: what is said when no model writes, made of the facts alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from saudager.languages import Language
from saudager.letters import facts, naming
from saudager.letters.greetings import closing, greeting
from saudager.letters.subjects import Offer, Subject
from saudager.sales.metrics import Figures, InCurrency, Lapsed

_MOST_TOP, _MOST_LAPSED, _MOST_OFFERS = 3, 2, 8
_SHARE_WORTH_NAMING = 0.05

Said = dict[Language, str]
_SUBJECTS: dict[str, Said] = {
    "offer": {"ru": "Предложение для {whom}", "kk": "{whom} үшін ұсыныс", "en": "An offer for {whom}"},
    "follow_up": {
        "ru": "Будем рады продолжить работу с {whom}",
        "kk": "{whom}: ынтымақтастықты жалғастыруға қуаныштымыз",
        "en": "Happy to continue working with {whom}",
    },
    "thanks": {
        "ru": "Спасибо за сотрудничество, {whom}",
        "kk": "Ынтымақтастық үшін рақмет, {whom}",
        "en": "Thank you for working with us, {whom}",
    },
    "news": {"ru": "Новости для {whom}", "kk": "{whom} үшін жаңалықтар", "en": "News for {whom}"},
    "service": {
        "ru": "О ваших покупках, {whom}",
        "kk": "Сатып алуларыңыз туралы, {whom}",
        "en": "About your purchases, {whom}",
    },
    "win_back": {
        "ru": "Будем рады снова работать с {whom}",
        "kk": "{whom}: қайта жұмыс істеуге қуаныштымыз",
        "en": "We would be glad to work with {whom} again",
    },
}
_YOU: Said = {"ru": "вами", "kk": "Сіз", "en": "you"}
_YOU_IN: dict[str, str] = {
    "offer": "вас", "news": "вас", "follow_up": "вами", "win_back": "вами", "thanks": "коллеги", "service": "коллеги"
}  # fmt: skip
_OPENINGS: dict[str, Said] = {
    "offer": {
        "ru": "Пишу вам от имени {shop} с предложением, которое может быть вам полезно.",
        "kk": "Сізге {shop} атынан пайдалы болуы мүмкін ұсыныспен жазып отырмын.",
        "en": "I am writing on behalf of {shop} with an offer that may be useful to you.",
    },
    "follow_up": {
        "ru": "Пишу вам от имени {shop}, чтобы продолжить наш разговор о закупках.",
        "kk": "Сізге {shop} атынан сатып алулар туралы әңгімемізді жалғастыру үшін жазып отырмын.",
        "en": "I am writing on behalf of {shop} to pick up where we are with your purchases.",
    },
    "thanks": {
        "ru": "Спасибо, что вы с {shop}: мы ценим ваше доверие.",
        "kk": "{shop} таңдағаныңыз үшін рақмет: сеніміңізді бағалаймыз.",
        "en": "Thank you for choosing {shop}: we value your trust.",
    },
    "news": {
        "ru": "Делюсь новостями {shop}.",
        "kk": "{shop} жаңалықтарымен бөлісемін.",
        "en": "Here is the news from {shop}.",
    },
    "service": {
        "ru": "Пишу вам от имени {shop} о ваших покупках.",
        "kk": "Сізге {shop} атынан сатып алуларыңыз туралы жазып отырмын.",
        "en": "I am writing on behalf of {shop} about your purchases.",
    },
    "win_back": {
        "ru": "Пишу вам от имени {shop}: нам важно, чтобы вам было удобно работать с нами.",
        "kk": "Сізге {shop} атынан жазып отырмын: бізбен жұмыс істеу сізге ыңғайлы болғаны маңызды.",
        "en": "I am writing on behalf of {shop}: we want working with us to be convenient for you.",
    },
}
_SHOPLESS: Said = {"ru": "нашей компании", "kk": "компаниямыз", "en": "our company"}
_POSITIONS: tuple[tuple[re.Pattern[str], Said], ...] = (
    (
        re.compile(r"закуп|снабж|логист|procure|purchas|supply|сатып ал|жабдық", re.IGNORECASE),
        {
            "ru": "Надеюсь, эти цифры пригодятся вам при планировании закупок.",
            "kk": "Бұл сандар сатып алуды жоспарлауда керек болады деп үміттенемін.",
            "en": "I hope these figures help you plan your purchases.",
        },
    ),
    (
        re.compile(r"финанс|бухгалт|эконом|cfo|financ|account|қаржы|есепші", re.IGNORECASE),
        {
            "ru": "Надеюсь, такой свод будет удобен для сверки и бюджета.",
            "kk": "Мұндай жиынтық салыстыруға және бюджетке ыңғайлы болады деп үміттенемін.",
            "en": "I hope this summary is handy for your records and budget.",
        },
    ),
    (
        re.compile(r"(?<!\w)(?:ит|it|cio|cto)(?!\w)|информац|техн|инженер|систем|engineer|technolog", re.IGNORECASE),
        {
            "ru": "Надеюсь, такой взгляд на закупки пригодится вам при планировании инфраструктуры.",
            "kk": "Сатып алуларға осындай көзқарас инфрақұрылымды жоспарлауда керек болады деп үміттенемін.",
            "en": "I hope this view of your purchases helps you plan your infrastructure.",
        },
    ),
    (
        re.compile(r"директор|руковод|владел|собствен|основател|глав|начальн|ceo|owner|head|director|founder|басшы|иесі",
                   re.IGNORECASE),
        {
            "ru": "Надеюсь, вам как руководителю будет полезна эта картина целиком.",
            "kk": "Басшы ретінде сізге осы жалпы көрініс пайдалы болады деп үміттенемін.",
            "en": "I hope the whole picture is useful to you as a decision maker.",
        },
    ),
)  # fmt: skip
_RESULTS: Said = {"ru": "Ваши покупки {period}:", "kk": "{period} сатып алуларыңыз:", "en": "Your purchases {period}:"}
_TOTAL: Said = {"ru": "Сумма покупок: {money}", "kk": "Сатып алу сомасы: {money}", "en": "Total purchases: {money}"}
_GROWN: Said = {
    "ru": " (+{percent} к прошлому {period})",
    "kk": " (өткен {period} қарағанда +{percent})",
    "en": " (+{percent} compared to the previous {period})",
}
_GROWN_TO: dict[Language, tuple[str, str]] = {
    "ru": ("году", "периоду"), "kk": ("жылға", "кезеңге"), "en": ("year", "period")
}  # fmt: skip
_ORDERS: Said = {"ru": "Количество заказов: {count}", "kk": "Тапсырыс саны: {count}", "en": "Number of orders: {count}"}
_AVERAGE: Said = {"ru": "Средний чек: {money}", "kk": "Орташа чек: {money}", "en": "Average order: {money}"}
_LAST: Said = {"ru": "Последняя покупка: {day}", "kk": "Соңғы сатып алу: {day}", "en": "Last purchase: {day}"}
_TOP: Said = {"ru": "Ваши главные позиции:", "kk": "Негізгі позицияларыңыз:", "en": "What you buy most:"}
_PART: Said = {
    "ru": "{name}: {percent} от общего объёма",
    "kk": "{name}: жалпы көлемнің {percent}",
    "en": "{name}: {percent} of the total",
}
_LAPSED: Said = {
    "ru": "Раньше вы регулярно брали {name}, последний раз — {day}. Если нужно снова, подготовим предложение.",
    "kk": "Бұрын сіз {name} тұрақты алып тұрдыңыз, соңғы рет — {day}. Қайта керек болса, ұсыныс дайындаймыз.",
    "en": "You used to buy {name} regularly, the last time on {day}. If you need it again, we will prepare an offer.",
}
_OFFERED: Said = {"ru": "Предлагаю обратить внимание:", "kk": "Назар аударуды ұсынамын:", "en": "May I suggest:"}
_ASKS: dict[str, Said] = {
    "offer": {
        "ru": "Если предложение интересно, ответьте на это письмо — обсудим детали.",
        "kk": "Ұсыныс қызықты болса, осы хатқа жауап беріңіз — егжей-тегжейін талқылаймыз.",
        "en": "If this is of interest, just reply to this letter and we will discuss the details.",
    },
    "thanks": {
        "ru": "Если чем-то можем помочь, просто ответьте на это письмо.",
        "kk": "Көмегіміз керек болса, осы хатқа жауап беріңіз.",
        "en": "If we can help with anything, just reply to this letter.",
    },
}
_ASK_OF = {"follow_up": "offer", "news": "offer", "win_back": "thanks", "service": "thanks"}
_POINTS: dict[str, Said] = {
    "total": {
        "ru": "Покупки {period}: {money}",
        "kk": "{period} сатып алу сомасы: {money}",
        "en": "Purchases {period}: {money}",
    },
    "top": {
        "ru": "Главная позиция: {name}, {percent}",
        "kk": "Негізгі позиция: {name}, {percent}",
        "en": "Bought most: {name}, {percent}",
    },
    "offer": {"ru": "Предложение: {offer}", "kk": "Ұсыныс: {offer}", "en": "Offer: {offer}"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OwnWords:
    """A letter of ours."""

    subject: str
    body: str
    key_points: list[str]


def letters(subject: Subject) -> Iterator[OwnWords]:
    """The letter from the fullest to the barest; the barest has no figures, and names neither goods nor the company."""
    nameless = replace(subject, is_person=True)
    for with_top, with_lapsed, with_figures, with_offers in (
        (True, True, True, True),
        (True, False, True, True),
        (False, False, True, True),
        (False, False, False, True),
        (False, False, True, False),
        (False, False, False, False),
    ):
        if not (with_figures and with_offers):
            subject = nameless
        figures = subject.figures if with_figures else None
        blocks = [greeting(subject), _opening(subject)]
        blocks += [_results(figures, subject.language), _position(subject)] if figures and figures.main else []
        if figures and figures.main and with_top and len(figures.currencies) == 1:
            blocks.insert(-1, _top(figures.main, subject.language))
        blocks += _lapsed(figures, subject) if figures and with_lapsed else []
        blocks += [_offers(subject)] if with_offers and subject.offers else []
        blocks += [_ASKS[_ASK_OF.get(subject.purpose, subject.purpose)][subject.language], closing(subject)]
        points = list(_points(figures, subject.offers if with_offers else (), subject.language))
        yield OwnWords(_title(subject), "\n\n".join(block for block in blocks if block), points)


def period(figures: Figures, language: Language) -> str:
    """«за 2024 год», «за последние 12 месяцев»."""
    months = figures.months_back
    if year := facts.calendar_year(figures):
        return {"ru": f"за {year} год", "kk": f"{year} жылғы", "en": f"in {year}"}[language]
    if language == "kk":
        return f"Соңғы {months} айдағы"
    if language == "en":
        return "over the last month" if months == 1 else f"over the last {months} months"
    counted = "месяца" if months % 10 in (2, 3, 4) and months % 100 not in (12, 13, 14) else "месяцев"
    return "за последний месяц" if months == 1 else f"за последние {months} {counted}"


def offered(offer: Offer) -> str:
    """``HP ProLiant Gen11 — 890 000 ₽``; the name alone where the catalogue has no price."""
    return f"{offer.name} — {naming.money(offer.price, offer.currency)}" if offer.price is not None else offer.name


def _title(subject: Subject) -> str:
    language, purpose = subject.language, subject.purpose
    whom = subject.company if not subject.is_person else _YOU_IN[purpose] if language == "ru" else _YOU[language]
    if subject.is_person and purpose in ("thanks", "service"):
        return _SUBJECTS[purpose][language].format(whom="").rstrip(", ")
    return _SUBJECTS[purpose][language].format(whom=whom)


def _opening(subject: Subject) -> str:
    shop = f"«{subject.shop}»" if subject.shop and subject.language != "en" else subject.shop
    return _OPENINGS[subject.purpose][subject.language].format(shop=shop or _SHOPLESS[subject.language])


def _results(figures: Figures, language: Language) -> str:
    lines = [_RESULTS[language].format(period=period(figures, language))]
    for one in figures.currencies:
        if not one.orders or one.total <= 0:
            continue
        total = _TOTAL[language].format(money=naming.money(one.total, one.currency))
        lines.append(f"• {total}{_growth(figures, one, language)}")
    main = figures.main
    if main and len(figures.currencies) == 1:
        lines.append(f"• {_ORDERS[language].format(count=main.orders)}")
        if main.average is not None and main.orders > 1:
            lines.append(f"• {_AVERAGE[language].format(money=naming.money(main.average, main.currency))}")
    if figures.last_purchase_on:
        lines.append(f"• {_LAST[language].format(day=naming.day(figures.last_purchase_on.isoformat(), language))}")
    return "\n".join(lines)


def _growth(figures: Figures, one: InCurrency, language: Language) -> str:
    """Only growth is worth telling a customer."""
    if one.growth is None or facts.trend(one.growth) != facts.UP:
        return ""
    year, other = _GROWN_TO[language]
    told = _GROWN[language].format(
        percent=naming.percent(one.growth), period=year if figures.months_back == 12 else other
    )
    return told if len(figures.currencies) == 1 else ""


def _top(main: InCurrency, language: Language) -> str:
    top = [one for one in main.top if one.share >= _SHARE_WORTH_NAMING and one.amount > 0][:_MOST_TOP]
    lines = [
        f"• {_PART[language].format(name=naming.title(one.name), percent=naming.percent(one.share))}" for one in top
    ]
    return "\n".join([_TOP[language], *lines]) if lines else ""


def _position(subject: Subject) -> str:
    said = subject.position or ""
    return next((words[subject.language] for pattern, words in _POSITIONS if pattern.search(said)), "")


def _lapsed(figures: Figures, subject: Subject) -> list[str]:
    if subject.purpose not in ("offer", "follow_up", "win_back") or figures.main is None:
        return []
    return [_lapsed_one(one, subject.language) for one in figures.main.lapsed[:_MOST_LAPSED]]


def _lapsed_one(one: Lapsed, language: Language) -> str:
    day = naming.day(one.last_on.isoformat(), language)
    name = naming.title(one.name)
    return _LAPSED[language].format(name=name if language == "en" else f"«{name}»", day=day)


def _offers(subject: Subject) -> str:
    lines = [f"• {offered(offer)}" for offer in subject.offers[:_MOST_OFFERS]]
    return "\n".join([_OFFERED[subject.language], *lines])


def _points(figures: Figures | None, offers: tuple[Offer, ...], language: Language) -> Iterator[str]:
    if figures and (main := figures.main):
        if money := ", ".join(naming.money(one.total, one.currency) for one in figures.currencies if one.total > 0):
            said = _POINTS["total"][language].format(period=period(figures, language), money=money)
            yield said[0].upper() + said[1:]
        for top in [one for one in main.top if one.amount > 0 and len(figures.currencies) == 1][:1]:
            yield _POINTS["top"][language].format(name=naming.title(top.name), percent=naming.percent(top.share))
    for offer in offers[:2]:
        yield _POINTS["offer"][language].format(offer=offered(offer))
