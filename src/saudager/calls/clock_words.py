"""Words for hours, parts of the day and what stands beside them, each line opening with what they mean.

The sign of a line is its kind (see ``saudager.calls.reading``), what stands behind it its value.
"""

CLOCK = """
H часа часов часам часами часах часиков часика ч
1 час часу часик часе часок
S сағат сағатта сағатқа саат сағ сагатта сағаты
S:abl сағаттан
I минута минуты минут минуту минуток минутки минутку мин минуттай минутта
I:abl минуттан
A полчаса полчасика получаса полчасик
h половина половину половине половины полов пол половинка
j жарым жарымда жарымға жарымнан жарымнын жартысында
l жарты
m1.5 полтора полторы
q четверть четверти
v в во
~ около примерно приблизительно ориентировочно порядка шамамен шамасында шамада кезінде маңында районе
k к ко
i на
p после позже позднее попозже
p:kk кейін соң
e до по раньше пораньше перед
e:kk дейін бұрын
s с со от начиная
r через спустя
b без қалғанда қала қалады
y кетті өтті өткенде кеткенде кеткен өткен
| между арасында аралығында арасы аралықта
u и мен пен бен
o или либо немесе әлде
g назад тому
P0 утро утром утречком утречка утру таңертең таңертеңгі таңертеңгілік таңғы таңда таңмен ертеңгілік ертеңгісін ертемен
P0:of утра
P1 днем днём днeм күндіз күндізгі түстекейін
P2 вечер вечером вечерком вечерку вечеру кешке кешкі кешкісін кешқұрым кешкілік кешкурым кеште кешкеқарай
P2:of вечера
P3 ночь ночью түнде түнгі
P3:of ночи
L обед обеда обеду обедом обеде обеденное түстен түске түсте түскі түс полудня полудню
Z12 полдень полдене талтүс талтүсте
Z0 полночь полночи полуночи
& работы жұмыстан жұмысқа
f1 первой первую первая бірінші
f2 второй вторую вторая екінші
V когда время времени временем уақыт уақытта уақытым уақытыңыз қашан потом кейінірек кейінрек днях выходные выходных
V выходной демалыс сейчас щас счас қазір скоро жақында рабочее рабочие будни будний будням
"""

ENGLISH_CLOCK = """
H hours hrs hr h o'clock oclock o’clock
1 hour
I minutes minute mins min
h half
q quarter
v at @
~ around about approximately approx roughly circa ish
k by say
i for on
p after
y past
e before until till til
s from since
r in within
t to
| between
u and
o or
g ago
+ later
P0 morning mornings
P0:am am a.m a.m.
P1 afternoon
P1:pm pm p.m p.m.
P2 evening tonight
P3 night
L lunch lunchtime
Z12 noon midday
Z0 midnight
& work
f1 first
f2 second
V when whenever anytime time sometime soon weekend now available convenient
"""

CARDINALS = """
0 ноль нуль ноля
1 один одного одному
2 два двух двум пару пара
3 три трех трём трёх трем тройка
4 четыре четырех четырем четыри
5 пять пяти
6 шесть шести
7 семь семи
8 восемь восьми
9 девять девяти
10 десять десяти
11 одиннадцать одиннадцати
12 двенадцать двенадцати
13 тринадцать тринадцати
14 четырнадцать четырнадцати
15 пятнадцать пятнадцати
16 шестнадцать шестнадцати
17 семнадцать семнадцати
18 восемнадцать восемнадцати
19 девятнадцать девятнадцати
20 двадцать двадцати
30 тридцать тридцати
40 сорок сорока
50 пятьдесят пятидесяти
"""
KAZAKH_CARDINALS = """
0 нөл
1 бір
2 екі
3 үш
4 төрт
5 бес
6 алты
7 жеті
8 сегіз
9 тоғыз
10 он
20 жиырма
30 отыз
40 қырық
50 елу
"""
ENGLISH_CARDINALS = """
1 one
2 two couple
3 three
4 four
5 five
6 six
7 seven
8 eight
9 nine
10 ten
11 eleven
12 twelve
13 thirteen
14 fourteen
15 fifteen
16 sixteen
17 seventeen
18 eighteen
19 nineteen
20 twenty
30 thirty
40 forty
50 fifty
"""
ORDINALS = """
перв втор треть четверт пят шест седьм восьм девят десят одиннадцат двенадцат тринадцат четырнадцат пятнадцат
шестнадцат семнадцат восемнадцат девятнадцат двадцат
"""
ENGLISH_ORDINALS = """
first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth
sixteenth seventeenth eighteenth nineteenth twentieth
"""
