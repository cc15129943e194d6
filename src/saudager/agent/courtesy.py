"""Fixed polite lines for what no model need think about, in the customer's language."""

from collections.abc import Sequence

from saudager.languages import Language, language_of


def of_lines(lines: Sequence[str]) -> Language:
    """The language of what was written; marks such as ``[фото]`` say nothing about it."""
    return language_of(" ".join(line for line in lines if not line.startswith("[")))


GREETING: dict[Language, str] = {
    "ru": "Здравствуйте! Чем можем помочь?",
    "kk": "Сәлеметсіз бе! Қалай көмектесе аламыз?",
    "en": "Hello! How can we help you?",
}
LETTER_GREETING: dict[Language, str] = {"ru": "Здравствуйте!", "kk": "Сәлеметсіз бе!", "en": "Hello!"}
MISSED_CALL: dict[Language, str] = {
    "ru": "Здравствуйте! Видим ваш звонок. Напишите, пожалуйста, ваш вопрос — ответим прямо здесь.",
    "kk": "Сәлеметсіз бе! Қоңырауыңызды көрдік. Сұрағыңызды осында жазыңызшы — бірден жауап береміз.",
    "en": "Hello! We saw your call. Please write your question here and we will answer right away.",
}
VOICE_NOT_UNDERSTOOD: dict[Language, str] = {
    "ru": "Не получилось прослушать голосовое. Напишите, пожалуйста, текстом — сразу отвечу.",
    "kk": "Дауыстық хабарды тыңдай алмадым. Мәтінмен жазыңызшы — бірден жауап беремін.",
    "en": "I could not listen to the voice note. Please write it as text and I will answer right away.",
}
WILL_FIND_OUT: dict[Language, str] = {
    "ru": "Хороший вопрос. Уточню у коллег и вернусь к вам с точным ответом.",
    "kk": "Жақсы сұрақ. Әріптестерімнен нақтылап, дәл жауабын жазамын.",
    "en": "Good question. I will check with my colleagues and come back with an exact answer.",
}
CLOSED_NOW: dict[Language, str] = {
    "ru": "Спасибо за сообщение! Сейчас мы не отвечаем, напишем вам после {opens}.",
    "kk": "Хабарламаңызға рақмет! Қазір жауап бермейміз, сізге {opens} кейін жазамыз.",
    "en": "Thank you for your message! We are not answering right now and will write to you after {opens}.",
}
HANDED_OVER: dict[Language, str] = {
    "ru": "Ваше сообщение передано сотруднику магазина. Сотрудники отвечают здесь с понедельника по пятницу, "
    "с {begins} до {ends}.",
    "kk": "Хабарламаңыз дүкен қызметкеріне жеткізілді. Қызметкерлер осында дүйсенбіден жұмаға дейін, сағат {begins} "
    "мен {ends} аралығында жауап береді.",
    "en": "Your message has been passed to a member of our staff. They answer here Monday to Friday, from {begins} to "
    "{ends}.",
}
SORRY: dict[Language, str] = {
    "ru": "Нам очень жаль, что так вышло.",
    "kk": "Осылай болғанына өкінеміз.",
    "en": "We are very sorry about this.",
}
AI_WRITES: dict[Language, str] = {
    "ru": "Вам отвечает ИИ-помощник магазина.",
    "kk": "Сізге дүкеннің ЖИ-көмекшісі жауап береді.",
    "en": "You are talking to the shop's AI assistant.",
}
