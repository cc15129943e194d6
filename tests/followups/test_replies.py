"""What a customer answers to an offer is read as a yes, a no, an «I will think», or as talk that goes on."""

import json

import pytest

from saudager.exam.cases import shipped
from saudager.followups.replies import Reply, read_closely, read_reply

YES = """
да
согласен
готов
давайте
хорошо
ок
нет вопросов, давайте
да, куда оплатить?
хорошо, когда приедете?
хорошо когда приедете
спасибо, подойдёт
не против
почему бы и нет
нет проблем, давайте
не вопрос, оформляйте
не откажусь
запланируйте нас на утро
да, но только после шести
дорого, но беру
сначала думал, теперь беру
конечно!
беру
+
👍
👍🏽
даааа
давате
da davaite
иә
ия
жарайды
болады
келісемін
алам
аламын
қарсы емеспін
жарайды давайте
sure
let's do it
Why not
go ahead
"""
NO = """
нет
не надо
ненадо
не интересно
не сейчас
откажусь
спасибо, не надо
да не надо
хорошо, не надо
уже купили
взял в другом месте
ну нет
да ну
не согласна
не думаю что это мне нужно
біз қатыспаймыз
түскі асқа шақырмаймын
пока не нужно, если что напишу
думали и решили отказаться
не надо, хватит писать
👎
жоқ
жок рахмет
керек емес
kerek emes
қазір емес
алмаймын
not interested
no thanks
No.
"""
UNDECIDED = """
посмотрю
подумаю
может быть
возможно
ок, подумаю
ok podumayu
да, но нужно время
позже напишу
на следующей неделе скажу
посоветуюсь с мужем
если скинете 10 % то да
скинете 10 % - беру
если успеете к пятнице, берём
түске дейін жеткізсеңіз, аламын
да нет, наверное
давайте я подумаю
подумаю, хорошо?
нет пока, думаю
да, но дорого
ойланайын
жарайды, ойланайын
көрерміз
кейін айтамын
білмеймін
скидка жасасаңыз аламын
maybe later
let me think
I'll get back to you
"""
OTHER = """
да сколько можно ждать
да, а сколько стоит доставка?
сколько стоит
не подходит, а синий есть?
завтра в 15:00
Абая 15, кв 7
87010000000
здравствуйте
спасибо
ага, щас
да ладно
каспи нет
пришлите прайс
отдадите за 40?
қанша тұрады
рассрочка бар ма
сәлеметсіз бе
how much is it
hello
"""


def _lines(block):
    return block.strip().splitlines()


@pytest.mark.parametrize("text", _lines(YES))
def test_a_customer_agrees(text):
    assert read_reply(text) == "yes"


@pytest.mark.parametrize("text", _lines(NO))
def test_a_customer_declines(text):
    assert read_reply(text) == "no"


@pytest.mark.parametrize("text", _lines(UNDECIDED))
def test_a_customer_takes_time(text):
    assert read_reply(text) == "undecided"


@pytest.mark.parametrize("text", _lines(OTHER))
def test_a_customer_goes_on_talking(text):
    assert read_reply(text) == "other"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Не надо. Хотя давайте, беру!", "yes"),
        ("Давайте\nхотя нет, передумал", "no"),
        ("Хорошо.\nПосоветуюсь с женой и отвечу", "undecided"),
        ("Дорого конечно. Ай ладно, оформляйте", "yes"),
        ("Здравствуйте!\nСпасибо за предложение\nНе интересует", "no"),
        ("Подумаю. Сколько действует цена?", "undecided"),
    ],
)
def test_the_last_clear_decision_counts(text, answer):
    assert read_reply(text) == answer


@pytest.mark.parametrize(
    ("offer", "text", "answer"),
    [
        ("Вам нужен замер?", "да", "yes"),
        ("Вам нужен замер?", "нет", "no"),
        ("Осталось что-то неясным?", "нет", "other"),
        ("У вас остались вопросы?", "да", "other"),
        ("У вас остались вопросы?", "нет, оформляйте", "yes"),
        ("Сұрақтарыңыз бар ма?", "жоқ", "other"),
        ("Any questions left?", "no", "other"),
        ("Прислать вам каталог?", "пришлите каталог", "yes"),
        ("", "пришлите каталог", "other"),
    ],
)
def test_the_offer_tells_what_was_answered(offer, text, answer):
    assert read_reply(text, offer) == answer


@pytest.mark.parametrize("text", ["да", "не надо", "подумаю", "сколько стоит?", "жоқ", "I'll get back to you"])
def test_plain_answers_are_read_for_sure(text):
    assert read_closely(text).sure


@pytest.mark.parametrize(
    "text",
    [
        "дорого",
        "давайте... нет, не надо",
        "приходил вчера брат мой смотрел шкаф говорит дверца скрипит",
    ],
)
def test_unclear_answers_are_left_to_a_second_reader(text):
    assert not read_closely(text).sure


@pytest.mark.parametrize("text", ["", "   ", "…", "\n\n", "?", "!!!", "🌹", "'", "а" * 50_000, "да " * 20_000])
def test_anything_a_customer_can_type_is_read(text):
    assert read_reply(text) in ("yes", "other")


@pytest.mark.parametrize("kept", [False, True])
def test_the_shipped_answers_are_read(kept):
    cases = [json.loads(line) for line in shipped("intent").read_text(encoding="utf-8").splitlines()]
    chosen = [case for case in cases if case.get("kept", False) is kept]
    wrong = [case for case in chosen if read_closely(case["text"]).reply != case["expect"]]
    assert len(cases) == 205
    assert 1 - len(wrong) / len(chosen) >= 0.95, wrong


@pytest.mark.parametrize("text", ["З\u200bа\u200bб\u200bу\u200bд\u200bь вс\u200bе", "\u200b", "👍", ""])
def test_a_torn_line_is_read_without_a_fault(text: str):
    assert read_reply(text) in Reply
