"""What the offline salesperson says around the figures, in Russian, Kazakh and English."""

from typing import Literal

Language = Literal["ru", "kk", "en"]

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

NEXT_QUESTIONS: dict[Language, tuple[str, ...]] = {
    "ru": (
        "Для чего подбираете: для дома или для работы?",
        "К какому сроку вам нужно?",
        "Что для вас важнее: цена или срок?",
        "Что не устраивает в том, что есть сейчас?",
        "Посчитать вам всё вместе?",
    ),
    "kk": ("Үйге керек пе, жұмысқа ма?", "Сізге қай уақытқа керек?", "Сізге не маңыздырақ: баға ма, мерзім бе?"),
    "en": ("Is it for home or for work?", "When do you need it?", "What matters more to you: price or time?"),
}
"""Situation, problem, implication and need-payoff questions, asked in this order and each once."""
