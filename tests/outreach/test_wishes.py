"""A customer who asks us to stop is understood, and nobody who only used such a word is silenced."""

import json

import pytest

from saudager.exam.cases import shipped
from saudager.outreach.wishes import Wish, read_wish

STOPS = {Wish.STOP_ALL, Wish.STOP_OFFERS}
CASES = [json.loads(line) for line in shipped("optout").read_text(encoding="utf-8").splitlines()]

NO_MORE_MESSAGES = """
больше не пишите мне
отпишите меня
удалите мой номер
хватит мне писать
не беспокойте
қайтадан жазбаңыз
маған жазбаңыз
stop texting me
unsubscribe
стоп
STOP
отписка
отписаться
задолбали своими сообщениями, отстаньте
Не звоните и не пишите мне!
не хочу больше ничего от вас получать
можете мне больше не писать?
мне надоели ваши смс
сделайте так, чтобы мне больше не приходили сообщения
удалите меня из базы
вы ошиблись номером, не пишите сюда больше
ещё раз напишете — заблокирую
мені тыныш қойыңыз
больше не пишите, мы с мужем взяли диван у других
если надо будет, сама напишу, а вы мне не пишите
не надо, пожалуйста, мне писать
удалите меня из списка рассылки и не пишите мне больше
сізден хабарлама алғым келмейді
please remove my number from your database
I asked you to stop messaging me
"""
NO_MORE_OFFERS = """
не присылайте рекламу
без рассылок, пожалуйста
акции мне не нужны, не шлите
не надо спама
жарнама жібермеңіз
no more promotions please
рекламу больше не шлите, напишите, когда привезут мой заказ
уберите меня из рассылки
не беспокойте меня своими акциями
рассылка керек емес
I'm not interested in your newsletter
"""
WRITE_AGAIN = """
можете снова писать
верните рассылку
подпишите меня обратно
присылайте акции
қайта жазсаңыз болады
subscribe me again
раньше просила не писать мне, теперь можете снова писать
я передумал, включите рассылку обратно
маған акцияларды жіберіп тұрыңыз
you can text me again
"""
NOTHING_OF_THE_KIND = """
стоп-сигнал есть?
5 стопок бумаги
не присылайте курьера
не пишите на упаковке цену
остановка рядом есть?
как прекратить течь?
хватит ли 5 метров?
отключите звук на видео
не звоните, лучше пишите
не надо звонить, пишите сюда
удалите позицию из заказа
отмените заказ
больше не надо, спасибо, того что взял хватит
не интересует эта модель, а другая?
нет, спасибо
перестаньте обманывать, где мой заказ
номер удалите из накладной и поставьте другой
спишите бонусы
подпишите договор
стоп, а доставка?
мне больше не писать адрес? он тот же
напишите мне когда появится
жазыңыз
керек емес
please stop by
does the bus stop here
don't write the price on the box
full stop
не пишите до завтра
пишите после 18
достали уже ждать
не беспокойтесь, я подожду
отпишитесь, как приедет машина
почему вы мне больше не пишете?
если чёрного нет, то не пишите мне
не пишите мне, что всё готово, пока не проверите
не отписывайте меня от рассылки
удалите старый номер, новый 8 777
не шлите мне больше фото
скидка мне не нужна
больше не пишите, имени хватит
на торте больше ничего не пишите
имя и дату, больше не пишите
табличка «не беспокоить» есть?
рекламу на радио остановите, бюджет кончился
не пишите мне. я за рулём
не надо мне смс о готовности
не пишите мой номер
больше не беспокоит зуб
сколько можно писать одно и то же
they don't contact me
не пишите мне, пишите мужу
удалите мой номер, поставьте другой
цифру пять, больше не пишите
не пишите. а размер есть?
мне не пишете
мне больше не писать?
футболка «отстаньте от меня» есть?
больше не беспокоит, спасибо
адресті жазып қойыңыз
пишите
присылайте фото
text me again
қорапқа бағасын жазбаңыз
қоңырау шалмаңыз, жазыңыз
"""
MANNERS = {
    "with a greeting and thanks": "Здравствуйте! {}. Спасибо",
    "in capitals and without patience": "{}!!!",
    "with a hand folded": "{} 🙏",
}
LONG_LINE = """
Здравствуйте! Спасибо за сообщение, диван привезли вовремя, курьер вежливый, на остановке не стоял и лишнего не просил.
Вопрос такой: в накладной два раза стоит подушка, удалите одну, пожалуйста, второй мне не нужно. И ещё, акции у вас до
конца месяца? Если да, напишите мне цену на кресло, больше ничего не надо. Звонить днём не надо, я на работе, лучше
пишите сюда. Сообщения читаю вечером, не беспокойтесь, если отвечу не сразу. На коробке имя не пишите, это подарок,
хватит открытки. Да, и рекламу на пакете можно не клеить. Стоп, чуть не забыла: рассрочка на полгода есть?
"""


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        (text, wish)
        for lines, wish in (
            (NO_MORE_MESSAGES, Wish.STOP_ALL),
            (NO_MORE_OFFERS, Wish.STOP_OFFERS),
            (WRITE_AGAIN, Wish.RESUME),
            (NOTHING_OF_THE_KIND, None),
        )
        for text in lines.strip().splitlines()
    ],
)
def test_a_wish_is_read_from_what_is_meant(text, wish):
    assert read_wish(text) is wish


@pytest.mark.parametrize("manner", MANNERS.values(), ids=MANNERS)
@pytest.mark.parametrize(
    ("lines", "wish"), [(NO_MORE_MESSAGES, Wish.STOP_ALL), (NO_MORE_OFFERS, Wish.STOP_OFFERS)], ids=["all", "offers"]
)
def test_the_manner_of_saying_it_changes_nothing(lines, wish, manner):
    said = [manner.format(text.strip("!?")) for text in lines.strip().splitlines()]
    assert {text: read_wish(text) for text in said if "?" not in text} == dict.fromkeys(said, wish)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("bolshe ne pishite mne", Wish.STOP_ALL),
        ("otpishite menya pozhaluista", Wish.STOP_ALL),
        ("hvatit slat mne reklamu", Wish.STOP_OFFERS),
        ("непишите мне болше", Wish.STOP_ALL),
        ("не прсылайте рекламу", Wish.STOP_OFFERS),
        ("пиристаньте мне песать", Wish.STOP_ALL),
        ("жазбаныз маган", Wish.STOP_ALL),
        ("мазаламаныз", Wish.STOP_ALL),
        ("jazbaniz", Wish.STOP_ALL),
        ("zharnama zhibermeniz", Wish.STOP_OFFERS),
        ("маған рекламу не шлите", Wish.STOP_OFFERS),
    ],
)
def test_careless_spelling_and_other_letters_are_read_alike(text, wish):
    assert read_wish(text) is wish


def test_a_long_ordinary_message_silences_nobody():
    assert read_wish(LONG_LINE) is None
    assert read_wish(LONG_LINE.replace("\n", " ")) is None
    assert read_wish(LONG_LINE.lower().replace(",", "").replace(".", "")) is None


def test_a_wish_at_the_end_of_a_long_message_is_heard():
    assert read_wish("Диван привезли вчера, царапина на ножке.\nБольше не покупаю у вас.\nНе пишите мне больше.") is (
        Wish.STOP_ALL
    )


def test_of_a_letter_neither_the_signature_nor_the_quoted_text_is_read():
    asked = "Просим удалить наш адрес из вашей базы, больше не пишите.\n\nС уважением,\nИван Примеров\nТОО Образец"
    assert read_wish(asked) is Wish.STOP_ALL
    assert read_wish("Добрый день, цена подходит.\n> Не хотите писем? Отпишите меня от рассылки.") is None


@pytest.mark.parametrize(
    "text", ["", " ", "🙏", "?!", "123", "x" * 5000, "не " * 2000, "писать мне и " * 400, "как опять " * 400]
)
def test_odd_lines_ask_for_nothing(text):
    assert read_wish(text) is None


def test_of_the_shipped_cases_nearly_all_are_read_and_nobody_is_silenced():
    read = [(case, read_wish(case["text"]) in STOPS) for case in CASES]
    assert [case["text"] for case, stopped in read if stopped and not case["expect"]] == []
    assert sum(stopped is case["expect"] for case, stopped in read) >= 0.97 * len(read)


def test_the_shipped_cases_are_many_and_some_were_kept_aside():
    assert len(CASES) >= 160
    assert 0.4 <= sum(case["expect"] for case in CASES) / len(CASES) <= 0.5
    assert sum(case.get("kept", False) for case in CASES) >= 0.3 * len(CASES)
