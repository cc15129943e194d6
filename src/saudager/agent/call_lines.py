"""What we say about calls, in the customer's language; every time in it comes from a row."""

from saudager.languages import Language

OFFER: dict[Language, str] = {
    "ru": "Давайте созвонимся! Свободно: {slots}. Какое время вам удобно?",
    "kk": "Қоңырау арқылы сөйлесейік! Бос уақыт: {slots}. Қайсысы ыңғайлы?",
    "en": "Let us have a call! Free times: {slots}. Which one suits you?",
}
BOOKED: dict[Language, str] = {
    "ru": "Записала созвон: {at}. Если планы изменятся, напишите.",
    "kk": "Қоңырауға жаздым: {at}. Жоспарыңыз өзгерсе, жазыңыз.",
    "en": "The call is booked {at}. Write to us if your plans change.",
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
TOO_FAR: dict[Language, str] = {
    "ru": "Так далеко вперёд мы не записываем. Ближайшее свободное: {slots}. Что подойдёт?",
    "kk": "Мұндай алыс күнге жазбаймыз. Ең жақын бос уақыт: {slots}. Қайсысы ыңғайлы?",
    "en": "We do not book that far ahead. The nearest free times: {slots}. Which one suits you?",
}
WHICH: dict[Language, str] = {
    "ru": "Какое из них записать? {slots}.",
    "kk": "Қайсысын жазайын? {slots}.",
    "en": "Which of them shall I book? {slots}.",
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
