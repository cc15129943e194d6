"""A line is taken for the language it is written in, whatever letters the customer types."""

import pytest

from saudager.languages import Language, language_of

KAZAKH = """
канша турады
терезе керек
бар ма
салем
сәлем
Сәлеметсіз бе, бағасы қанша?
Салеметсизбе бул койлек бар ма 44 размер
Калайсыздар, шкафтын багасын айтыныз
Доставка канша турады Туркестанга
каспи ред болады ма
Рассрочкаға бересіздер ме?
Здравствуйте, мынау неше теңге? и доставка Атырауга бар ма
вот мынау канша? скидка барма
Камри 30 га бампер бар ма алдынгы
Акумулятор 75 лик канша турат
тойхана 20 шілдеге бос па?
адрес айтып жиберинизши
бугин ашыксыздар ма
оптом алсак канша болады 100 штук
Керек емес болып қалды, заказды отмена жасаныз
Айфон 13 128 барма?
размер кайсы бар екен, 38 керек маған
УЗИ-ге жазылайын, ертең бос уақыт бар ма
металлокерамика коронка қанша тұрады
haneul 225/45 R17 бағасы қанша
qansha turady
Salem, jetkizu bar ma Astanaga?
kerek emes
Бейсенбі
жаксы
"""
ENGLISH = """
Hello, how much is the sofa?
is this still available
Price please
hi do you have size 38 in black?
Do you deliver to Esentai? and can I pay with visa
medium, maybe large
refund please, wrong color
do you have Тёплый Дом windows
Can I pay by card or only Kaspi?
need translation of diploma eng-rus with notary. how long
Hey, still open?
happy birthday bro!!
oops wrong chat
wholesale price?
thanks
twenty five chairs
Haneul tyres, what is the price
my order hasn't arrived
I'm outside, black Toyota, please come down
delivery
"""
RUSSIAN = """
сколько стоит окно
skolko stoit okno
est li dostavka v Karagandu
zdravstvuyte, hochu zakazat dver
mozhno v rassrochku?
Зимняя резина 205/55 r16 липучка что есть?
Пылесос робот xiaomi, а запчасти щётки к нему есть?
на тұсаукесер оформление шарами делаете?
Казпочтой отправьте, индекс 070000 Усть-Каменогорск
живём в Нұрлы жол, можно замер на завтра?
скока стоит 5w40
имплант альфабио сколько стоит
полис тұмар страхование принимаете
R17 225/65 летние bridgestone какая цена за комплект
Пробка на Саина, минут 20 ещё
доставка по Карагандинской области есть?
рахмет, а рассрочка у вас на сколько месяцев
QR скиньте
Haneul 225/45 R17
Apple Watch Ultra 2
iPhone 13 pro max 256
Kaspi Red
+7 701 000 00 00
3
🙏
Ага
в Талдыкоргане есть магазин?
Айнұр меня зовут, я заказывала торт
нужен тамада на узату, двуязычный
крем май бар, что из этого есть
"""
LINES = [
    (language, line)
    for language, lines in (("kk", KAZAKH), ("en", ENGLISH), ("ru", RUSSIAN))
    for line in lines.strip().splitlines()
]


@pytest.mark.parametrize(("language", "line"), LINES)
def test_a_line_is_taken_for_its_language(language: Language, line: str) -> None:
    assert language_of(line) == language


@pytest.mark.parametrize("line", ["5", "Haneul 225/45 R17", "👍", "Kaspi Red"])
def test_figures_and_names_keep_the_language_of_the_conversation(line: str) -> None:
    assert language_of(line, before="kk") == "kk"
    assert language_of(line, before="en") == "en"


def test_words_outweigh_the_language_of_the_conversation() -> None:
    assert language_of("а доставка сколько стоит", before="kk") == "ru"
    assert language_of("жеткізу қанша", before="ru") == "kk"
    assert language_of("how long is the warranty", before="ru") == "en"
