"""Fixed polite lines for what no model need think about, in the customer's language."""

import re
from enum import Enum


class Language(Enum):
    """The languages customers are answered in."""

    RUSSIAN = "ru"
    KAZAKH = "kk"
    ENGLISH = "en"


_KAZAKH = re.compile(r"[әіңғүұқөһӘІҢҒҮҰҚӨҺ]")
_LATIN = re.compile(r"[a-zA-Z]")
_CYRILLIC = re.compile(r"[а-яёА-ЯЁ]")


def language_of(text: str) -> Language:
    """Kazakh by its own letters, English when mostly Latin, Russian otherwise."""
    if _KAZAKH.search(text):
        return Language.KAZAKH
    return Language.ENGLISH if len(_LATIN.findall(text)) > len(_CYRILLIC.findall(text)) else Language.RUSSIAN


GREETING = {
    Language.RUSSIAN: "Здравствуйте! Чем можем помочь?",
    Language.KAZAKH: "Сәлеметсіз бе! Қалай көмектесе аламыз?",
    Language.ENGLISH: "Hello! How can we help you?",
}
MISSED_CALL = {
    Language.RUSSIAN: "Здравствуйте! Видим ваш звонок. Напишите, пожалуйста, ваш вопрос — ответим прямо здесь.",
    Language.KAZAKH: "Сәлеметсіз бе! Қоңырауыңызды көрдік. Сұрағыңызды осында жазыңызшы — бірден жауап береміз.",
    Language.ENGLISH: "Hello! We saw your call. Please write your question here and we will answer right away.",
}
VOICE_NOT_UNDERSTOOD = {
    Language.RUSSIAN: "Не получилось прослушать голосовое. Напишите, пожалуйста, текстом — сразу отвечу.",
    Language.KAZAKH: "Дауыстық хабарды тыңдай алмадым. Мәтінмен жазыңызшы — бірден жауап беремін.",
    Language.ENGLISH: "I could not listen to the voice note. Please write it as text and I will answer right away.",
}
WILL_FIND_OUT = {
    Language.RUSSIAN: "Хороший вопрос. Уточню у коллег и вернусь к вам с точным ответом.",
    Language.KAZAKH: "Жақсы сұрақ. Әріптестерімнен нақтылап, дәл жауабын жазамын.",
    Language.ENGLISH: "Good question. I will check with my colleagues and come back with an exact answer.",
}
