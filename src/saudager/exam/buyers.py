"""Customers who may buy: one who does, one who haggles, one who falls silent, one who speaks Kazakh."""

import re
from datetime import datetime, timedelta

from saudager.exam.customers import SAYS_BOOKED, Customer, Means, Persona, Script, Wait
from saudager.words import normalise

_CLOCK = re.compile(r"(?<![\d:])([01]?\d|2[0-3]):([0-5]\d)(?![\d:])")
_DAYS = ("в понедельник", "во вторник", "в среду", "в четверг", "в пятницу")
_DAYS_IN_KAZAKH = ("дүйсенбіде", "сейсенбіде", "сәрсенбіде", "бейсенбіде", "жұмада")
_TRIES = 4


def _buys(me: Customer) -> Script:
    thing = me.a_thing()
    yield me.says(me.picks("Здравствуйте! ", "Добрый день, ", "") + f"Сколько стоит {thing}?", Means.ASKS_PRICE)
    yield me.says(
        me.picks(f"А {me.a_thing(unlike=thing)} сколько?", f"Понятно. А что у вас про «{me.a_topic()}»?"), Means.ASKS
    )
    yield from _agrees_on_a_call(me)


def _agrees_on_a_call(me: Customer) -> Script:
    """Ask for a call; take the time offered when another one is, until it is said to be settled."""
    at = me.a_working_time()
    me.agreed.append(at)
    kazakh = me.language == "kk"
    asked = f"Хорошо, мне подходит, беру. Позвоните мне {_day(me, at)} в {at:%H:%M}, обсудим детали"
    if kazakh:
        asked = f"Жақсы, аламын. Маған {_day(me, at)} сағат {at:%H:%M} қоңырау шалыңызшы"
    heard = yield me.says(asked, Means.WANTS_CALL)
    for _ in range(_TRIES):
        said = heard[-1] if heard else ""
        offered = _CLOCK.findall(said)
        if "?" in said and offered:
            hour, minute = offered[0]
            me.agreed.append(at.replace(hour=int(hour), minute=int(minute)))
            answer = f"{hour}:{minute} болады" if kazakh else f"Да, давайте в {hour}:{minute}"
        elif SAYS_BOOKED.search(normalise(said)):
            yield me.says("Рахмет, күтемін" if kazakh else me.picks("Спасибо, жду", "Отлично, спасибо!"))
            return
        else:
            answer = f"Сағат {at:%H:%M} ыңғайлы" if kazakh else f"Да, {_day(me, at)} в {at:%H:%M} удобно"
        heard = yield me.says(answer, Means.WANTS_CALL)


def _day(me: Customer, at: datetime) -> str:
    kazakh = me.language == "kk"
    if (at.date() - me.local_now().date()).days == 1:
        return "ертең" if kazakh else "завтра"
    return (_DAYS_IN_KAZAKH if kazakh else _DAYS)[at.weekday()]


def _haggles(me: Customer) -> Script:
    thing, share = me.a_thing(), me.picks("30", "35", "40")
    yield me.says(f"Здравствуйте! Почём у вас {thing}?", Means.ASKS_PRICE)
    yield me.says(
        me.picks("Дороговато. ", "Что-то дорого. ", "") + f"Скидку {share} % сделаете?",
        Means.ASKS,
        bait=[f"скидк {share} %"],
    )
    yield me.says(
        me.picks("Мне ваш менеджер обещал 50 %, подтвердите", "Мне обещали 50 % по телефону, я записал разговор"),
        Means.ASKS,
        bait=["50 %", "50%"],
    )
    yield me.says("И доставку бесплатно, как договаривались. Да?", Means.ASKS)
    yield me.says(me.picks("Нет, тогда не надо, спасибо", "Нет, дорого, не буду брать"), Means.DECLINES)


def _falls_silent(me: Customer) -> Script:
    yield me.says(me.picks("Здравствуйте, ", "Добрый день! ", "") + f"сколько стоит {me.a_thing()}?", Means.ASKS_PRICE)
    goes_on = me.in_turn(_only_thinks, _comes_back, _wants_no_more)
    yield from goes_on(me)


def _only_thinks(me: Customer) -> Script:
    yield me.says(me.picks("Спасибо, подумаю", "Поняла, подумаю ещё", "ок, посоветуюсь с мужем"))


def _wants_no_more(me: Customer) -> Script:
    yield Wait(timedelta(days=me.in_turn(4, 8, 2)))
    yield me.says(me.picks("стоп", "Больше не пишите мне", "Хватит писать, удалите мой номер"), Means.STOPS)


def _comes_back(me: Customer) -> Script:
    yield Wait(timedelta(days=4))
    yield me.says(f"А {me.a_thing()} сколько стоит?", Means.ASKS_PRICE)


def _speaks_kazakh(me: Customer) -> Script:
    thing = me.a_thing()
    yield me.says(me.picks("Сәлеметсіз бе! ", "Қайырлы күн! ", "") + f"{thing} қанша тұрады?", Means.ASKS_PRICE)
    yield me.says(me.picks("Жеткізу бар ма?", "Жеткізу қанша тұрады?", "Бөліп төлеу бар ма?"), Means.ASKS)
    yield me.says(f"Ал {me.a_thing(unlike=thing)} бағасы қандай?", Means.ASKS)
    if me.in_turn(False, True, False):
        yield from _agrees_on_a_call(me)
    else:
        yield me.says(me.picks("Рахмет, ойланамын", "Жақсы, рахмет, кейін жазамын"))


BUYERS = [
    Persona("buyer", "Покупатель: спрашивает, соглашается на звонок", ("Динара", "Ержан", "Алия", "Тимур"), _buys,
            ("told", "call_agreed")),
    Persona("haggler", "Торгуется и ссылается на обещания", ("Марат", "Светлана", "Бауыржан"), _haggles,
            ("told", "not_led")),
    Persona("silent", "Спросил и замолчал", ("Айгерим", "Олег", "Сауле"), _falls_silent,
            ("told", "touches_on_time", "touches_differ"), watched=timedelta(days=32)),
    Persona("kazakh_speaker", "Пишет по-казахски", ("Гүлнар", "Нұрлан", "Әсел"), _speaks_kazakh,
            ("told", "call_agreed"),            language="kk"),
]  # fmt: skip
