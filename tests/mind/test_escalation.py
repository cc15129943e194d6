"""When a person must take over: what calls for one, in three languages, and what only sounds so."""

import pytest

from saudager.agent.escalation import Reason, reason_in, waiting_line
from saudager.settings import Settings

CALLS = [
    "Позовите человека",
    "позовите менеджера пожалуйста",
    "Хочу поговорить с живым человеком",
    "соедините с оператором",
    "можно менеджера?",
    "оператор",
    "нужен живой человек",
    "мне нужен менеджер, не бот",
    "переключите меня на оператора",
    "не хочу общаться с роботом",
    "pozovite cheloveka",
    "mozhno menedzhera",
    "есть кто живой?",
    "как связаться с вашим директором",
    "пусть мне ответит менеджер",
    "адаммен сөйлескім келеді",
    "менеджерді шақырыңызшы",
    "операторга косыныз",
    "тірі адам бар ма",
    "I want to talk to a human",
    "can I speak to a real person please",
    "get me a manager",
    "connect me to an operator",
    "human please",
    "верните деньги",
    "Верните мне предоплату, я передумал",
    "хочу оформить возврат",
    "возврат",
    "деньги верните, 3 недели прошло",
    "ақшамды қайтарыңыз",
    "акшамды кайтар",
    "I want a refund",
    "give me my money back",
    "refund please",
    "оплатил дважды",
    "у меня деньги списали, а заказа нет",
    "с карты списали 25000 два раза",
    "оплата прошла, деньги списались а чека нет",
    "екі рет төледім",
    "ақша шешіліп кетті бірақ тапсырыс жоқ",
    "I was charged twice",
    "payment failed but money was deducted",
    "хочу пожаловаться на вашего курьера",
    "Мне нахамили в магазине",
    "это просто безобразие",
    "вы издеваетесь?",
    "мошенники",
    "привезли разбитое стекло",
    "прислали не тот размер",
    "до сих пор не привезли заказ",
    "жду уже третий день, где мой заказ??",
    "обещали во вторник и никто не приехал",
    "купил у вас чайник, через неделю сломался",
    "подам на вас в суд",
    "напишу в роспотребнадзор",
    "пишу претензию, ответьте письменно",
    "шағым жазамын",
    "сынып қалған тауар келді",
    "басқа зат жіберіпсіздер",
    "тапсырысым әлі келген жоқ",
    "ұят емес пе сендерге",
    "the item arrived broken",
    "you sent the wrong size",
    "still haven't received my order",
    "this is unacceptable",
    "worst service ever",
    "достали уже со своими ботами",
    "сколько можно ждать",
    "vernite dengi",
    "vy moshenniki",
]
ORDINARY = [
    "стол на 6 человек",
    "кто менеджер проекта",
    "Сколько человек помещается в беседку?",
    "нас будет 12 человек",
    "кресло для руководителя есть?",
    "вы берёте менеджеров на работу?",
    "Я вчера говорил с менеджером Айгуль, она назвала цену 84 000",
    "мне надо посоветоваться с директором",
    "обсужу с начальником и напишу",
    "это бот или человек?",
    "вы живой человек?",
    "сколько можно взять в рассрочку",
    "сколько можно заказать за раз?",
    "какие у вас условия возврата?",
    "возврат возможен, если не подойдёт размер?",
    "а если не понравится, можно вернуть деньги?",
    "what is your refund policy?",
    "can I return it if it doesn't fit?",
    "ақшаны қайтаруға бола ма, егер сәйкес келмесе?",
    "оплатил, когда доставка?",
    "можно оплатить в два раза?",
    "деньги сразу списываются или после доставки?",
    "у меня сломался старый холодильник, хочу новый",
    "мне не подходит, есть другой?",
    "есть гарантия, если сломается?",
    "ужасно красивый диван",
    "до сих пор не могу выбрать цвет",
    "посуда и судочки есть?",
    "передайте менеджеру спасибо",
    "переключите на казахский",
    "позвоните мне завтра",
    "are you a human or a bot?",
    "office chair for a manager",
    "human hair wig price?",
    "6 адамға арналған үстел бар ма",
    "қанша адам сыяды",
    "адам басына қанша",
    "пришлите другой вариант",
    "пришли фото другого цвета",
    "не мошенники? а то меня уже обманули в другом магазине",
    "сколько стоит составить претензию?",
    "жду прайс",
    "спасибо, жду",
    "нужен специалист по установке окон, сколько стоит?",
    "вызов мастера сколько стоит",
    "директор сказал брать 10 штук",
    "Обсудить с мужем надо",
    "можно двойную оплату картой и наличкой?",
    "у вас робот пылесос есть?",
    "когда менеджер пришлёт договор?",
    "кеше менеджермен сөйлестім, бағасы қымбат екен",
    "қайтару шарттары қандай",
    "төлем қалай жасалады",
    "стол для переговоров на 10 человек с доставкой",
    "хочу вернуться к вопросу по окнам",
    "курс для операторов есть?",
    "нам нужна форма для сотрудников ресторана",
    "подарок начальнику",
    "в подарок живому классику",
    "до сих пор не решили с женой",
]
REASONS = {
    "Позовите человека": Reason.WANTS_PERSON,
    "адаммен сөйлескім келеді": Reason.WANTS_PERSON,
    "это просто безобразие": Reason.ANGRY,
    "Мне нахамили в магазине": Reason.COMPLAINS,
    "подам на вас в суд": Reason.COMPLAINS,
    "хочу оформить возврат": Reason.MONEY_BACK,
    "позовите директора и верните деньги": Reason.MONEY_BACK,
    "оплатил дважды": Reason.PAYMENT,
}


@pytest.mark.parametrize("line", CALLS)
def test_it_calls_for_a_person(line):
    assert reason_in([line]) is not None


@pytest.mark.parametrize("line", ORDINARY)
def test_an_ordinary_line_does_not(line):
    assert reason_in([line]) is None


@pytest.mark.parametrize(("line", "reason"), REASONS.items())
def test_the_shop_is_told_the_gravest_reason(line, reason):
    assert reason_in([line]) is reason


def test_a_complaint_may_be_spread_over_lines():
    assert reason_in(["Обещали привезти во вторник.", "Но так никто и не приехал"]) is Reason.COMPLAINS


def test_a_wish_stands_in_one_line():
    assert reason_in(["Позовите, когда будет готово.", "Человек шесть придёт"]) is None


def test_a_very_long_line_is_read_in_time():
    assert reason_in(["а ещё вот что " * 10_000]) is None
    assert reason_in(["жду уже не " * 2_000]) is None


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
@pytest.mark.parametrize("reason", Reason)
def test_the_waiting_line_says_when_people_work_and_connects_nobody(language, reason, tmp_path):
    settings = Settings(_env_file=None, data_dir=tmp_path, working_hours_start=9, working_hours_end=17)
    said = waiting_line(reason, language, settings)
    assert "9:00" in said and "17:00" in said
    assert "соединя" not in said.lower()
