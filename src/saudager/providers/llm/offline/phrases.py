"""What the offline salesperson says around the figures, in Russian, Kazakh and English."""

import re

from saudager.languages import Language

GREETING: dict[Language, str] = {"ru": "Здравствуйте!", "kk": "Сәлеметсіз бе!", "en": "Hello!"}
FIND_OUT: dict[Language, str] = {
    "ru": "Точного ответа под рукой нет — уточню и напишу вам.",
    "kk": "Нақты жауабын анықтап, сізге жазамын.",
    "en": "I do not have the exact answer at hand; I will find out and write to you.",
}
FIND_OUT_REST: dict[Language, str] = {
    "ru": "По остальному уточню и напишу вам.",
    "kk": "Қалғанын анықтап, сізге жазамын.",
    "en": "I will find out the rest and write to you.",
}
SEE_BELOW: dict[Language, str] = {
    "ru": "Как это выглядит, видно на картинке ниже.",
    "kk": "Қалай көрінетіні төмендегі суретте.",
    "en": "The picture below shows what it looks like.",
}
FIND_OUT_SIZE: dict[Language, str] = {
    "ru": "Цену под ваш размер уточню и напишу вам.",
    "kk": "Сіздің өлшеміңізге бағаны анықтап, жазамын.",
    "en": "I will find out the price for your size and write to you.",
}
NO_DISCOUNT: dict[Language, str] = {
    "ru": "Скидку обещать не могу: называю только цены из прайса.",
    "kk": "Жеңілдікке уәде бере алмаймын: тек прайстағы бағаны айтамын.",
    "en": "I cannot promise a discount: I only name prices from our list.",
}
OTHER_DISCOUNT: dict[Language, str] = {
    "ru": "Такую скидку дать не могу, называю только то, что есть в прайсе.",
    "kk": "Мұндай жеңілдік бере алмаймын, тек прайстағысын айтамын.",
    "en": "I cannot give such a discount, I only name what is in our list.",
}
BACK_TO_MATTER: dict[Language, str] = {
    "ru": "Я помогаю с товарами и заказами нашего магазина.",
    "kk": "Мен дүкеніміздің тауарлары мен тапсырыстары бойынша көмектесемін.",
    "en": "I help with the goods and orders of our shop.",
}
CALL_A_PERSON: dict[Language, str] = {
    "ru": "Хорошо, позову коллегу, он напишет вам здесь.",
    "kk": "Жақсы, әріптесімді шақырамын, ол осында жазады.",
    "en": "Sure, I will ask a colleague to write to you here.",
}
A_MACHINE: dict[Language, str] = {
    "ru": "Вам отвечает ИИ-помощник магазина. Если нужен человек, скажите — позову.",
    "kk": "Сізге дүкеннің ЖИ-көмекшісі жауап береді. Адам керек болса, айтыңыз — шақырамын.",
    "en": "You are talking to the shop's AI assistant. If you want a person, say so and I will ask one to come.",
}
HOW_TO_HELP: dict[Language, str] = {
    "ru": "Подскажите, что вы подбираете?",
    "kk": "Сізге не керек екенін айтыңызшы?",
    "en": "What are you looking for?",
}
WELCOME: dict[Language, str] = {
    "ru": "Пожалуйста! Если появятся вопросы, пишите.",
    "kk": "Оқасы жоқ! Сұрақтарыңыз болса, жазыңыз.",
    "en": "You are welcome! Write if you have more questions.",
}
AGREED: dict[Language, str] = {
    "ru": "Хорошо. Подскажите, к какому сроку вам нужно?",
    "kk": "Жақсы. Сізге қай уақытқа керек?",
    "en": "Good. When do you need it?",
}
DECLINED: dict[Language, str] = {
    "ru": "Понимаю. Если передумаете, пишите — подскажу.",
    "kk": "Түсіндім. Ойыңыз өзгерсе, жазыңыз.",
    "en": "I see. Write if you change your mind.",
}
NOTED: dict[Language, str] = {"ru": "Понимаю вас.", "kk": "Түсіндім.", "en": "I see."}
PRICE_DEPENDS: dict[Language, str] = {
    "ru": "Цена зависит от вида и размера",
    "kk": "Бағасы түрі мен өлшеміне байланысты",
    "en": "The price depends on the kind and the size",
}
WHICH_SIZE: dict[Language, str] = {
    "ru": "Какой размер вам нужен?",
    "kk": "Сізге қандай өлшем керек?",
    "en": "Which size do you need?",
}
WHICH_VARIANT: dict[Language, str] = {
    "ru": "Какой вариант вам ближе?",
    "kk": "Қай нұсқа сізге ұнайды?",
    "en": "Which option suits you better?",
}

_OUR_DOCUMENTS_SAY: dict[Language, str] = {"ru": "", "kk": "Біздің құжаттарда былай жазылған:", "en": "Our papers say:"}
_RUSSIAN_WORDS = re.compile(r"(?<!\w)[А-Яа-яЁё]{3,}")
_MANY = 2


def quoted(said: str, language: Language) -> str:
    """A sentence; Russian words of the documents are quoted to who writes in another language."""
    if language == "ru" or len(_RUSSIAN_WORDS.findall(said)) < _MANY:
        return f"{said}."
    inside = said.translate({ord("«"): '"', ord("»"): '"'})
    return f"{_OUR_DOCUMENTS_SAY[language]} «{inside}»."


TOGETHER: dict[Language, str] = {"ru": "Вместе", "kk": "Барлығы", "en": "Together"}
AND_OTHERS: dict[Language, str] = {"ru": "и другие", "kk": "және басқалары", "en": "and others"}
SORRY: dict[Language, str] = {
    "ru": "Мне жаль, что так вышло. Передам коллеге, он разберётся и напишет вам здесь.",
    "kk": "Осылай болғанына өкінемін. Әріптесіме жеткіземін, ол осында жазады.",
    "en": "I am sorry about this. I will ask a colleague to look into it and write to you here.",
}
NEXT_QUESTIONS: dict[Language, tuple[str, ...]] = {
    "ru": (
        "К какому сроку вам нужно?",
        "Что для вас важнее: цена или срок?",
        "Что смущает в том варианте, который есть сейчас?",
        "Посчитать вам всё вместе?",
    ),
    "kk": ("Сізге қай уақытқа керек?", "Сізге не маңыздырақ: баға ма, мерзім бе?"),
    "en": ("When do you need it?", "What matters more to you: price or time?"),
}
"""Situation, problem, implication and need-payoff questions, asked in this order and each once."""
