"""The moderator tells customers from everybody else who writes to a shop's number."""

import importlib.util
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

from saudager import prompts
from saudager.agent import acquaintance
from saudager.agent.moderator import acted_on, by_rules, has_buying_words, judge
from saudager.providers.llm import Person, Said, Verdict
from saudager.providers.llm.scripted import ScriptedModel
from tests.mind.dialogues import FRESH, KEPT, LAST, SEEN, UNTUNED, Dialogue

SURE = 0.8


def person(lines: Sequence[str], name: str = "") -> Person:
    said = [Said("us", line[2:]) if line.startswith("> ") else Said("customer", line) for line in lines]
    return Person(name=name or None, lines=said)


def who(*lines: str, name: str = "") -> bool | None:
    return acted_on(by_rules(person(lines, name)), SURE)


def right(dialogues: Sequence[Dialogue]) -> float:
    return sum(who(*lines, name=name) is expected for expected, lines, name in dialogues) / len(dialogues)


@pytest.mark.parametrize("dialogues", [SEEN, KEPT, FRESH, LAST], ids=["seen", "kept", "fresh", "last"])
def test_dialogues_the_classifier_was_not_trained_on_are_settled_right(dialogues: Sequence[Dialogue]) -> None:
    assert right(dialogues) >= 0.9


def test_most_dialogues_nobody_tuned_for_are_settled_right() -> None:
    assert right(UNTUNED) >= 0.85


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["Здравствуйте, сколько будет стоить замена ремня на фольксваген поло?"], ""),
        (["Запишите на стрижку в пятницу утром"], "Лена"),
        (["сосед, а у тебя ещё остался мёд? возьму две банки"], "Сосед Петрович"),
        (["Сумка пришла без ремешка, как вернуть?"], ""),
        (["Прокат лыж на троих на выходные сколько?"], ""),
        (["ертеңге орын бар ма? тырнақ жасатайын деп едім"], ""),
        (["kansha turady dostavka?"], ""),
        (["Hi, what's the price of a haircut for a boy?"], "Mark"),
        (["Добрый день, выставьте счёт на 30 стульев, оплатим по перечислению"], "ТОО Орион"),
    ],
)
def test_whoever_wants_what_the_shop_sells_is_a_customer(lines: list[str], name: str) -> None:
    assert who(*lines, name=name) is True


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["мам, я у бабушки, заберёшь меня вечером?"], "Доча"),
        (["купи по дороге хлеб и сметану"], "Жена"),
        (["Балам, үйге қашан келесің?"], "Апа"),
        (["бро, в субботу на рыбалку едем?"], "Димон"),
        (["С днём рождения, дружище! Здоровья тебе"], ""),
        (["Здравствуйте, мы производим упаковку, хотим предложить вам сотрудничество, прайс выслать?"], ""),
        (["Сколько вы платите за интернет? Подключим вас дешевле"], ""),
        (["Продвижение в инстаграме для вашего бизнеса, первые заявки за неделю"], ""),
        (["Я курьер, стою у входа, кто примет посылку?"], ""),
        (["Клиент не берёт трубку, везу заказ обратно?"], ""),
        (["Здравствуйте, вам продавцы не нужны? Есть опыт, могу прислать резюме"], ""),
        (["Сәлеметсіз бе, жұмыс бар ма? Тәжірибем бар"], ""),
        (["Шеф, я завтра не выйду на смену, заболела"], "Продавец Аня"),
        (["Вам одобрен кредит до 5 000 000 тенге"], "Банк"),
        (["Никому не сообщайте код из смс: 4410"], ""),
        (["Уважаемые родители, завтра собрание в 17:30"], "Кл рук 5Б"),
        (["соседи, завтра не будет воды до вечера"], "Чат дома"),
        (["Вы выиграли айфон! Заберите приз по ссылке https://win.example"], ""),
        (["Заработок на дому от 300 000, без вложений"], ""),
        (["Ой, извините, не туда написала"], ""),
        (["Комнату ещё сдаёте?", "> Здравствуйте, это автосервис.", "простите, ошибся номером"], ""),
    ],
)
def test_family_friends_suppliers_couriers_job_seekers_banks_schools_spam_and_wrong_numbers_are_not(
    lines: list[str], name: str
) -> None:
    assert who(*lines, name=name) is False


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["Здравствуйте"],
        ["Сәлеметсіз бе!"],
        ["good evening"],
        ["👍"],
        ["[фото]"],
        ["Добрый день, это Салтанат"],
        ["Геннадий"],
        ["???"],
        ["можно вопрос?"],
    ],
)
def test_a_greeting_a_name_a_smiley_or_a_photo_says_nothing_yet(lines: list[str]) -> None:
    assert who(*lines) is None


def test_the_last_lines_tell_more_than_the_first() -> None:
    assert who("Добрый день, вы торты печёте?", "> Да! Какой вам нужен?", "я кондитер, ищу работу, возьмёте?") is False
    assert who("Это такси?", "> Нет, это магазин ковров.", "ой. а ковёр 2 на 3 сколько стоит?") is True


def test_a_short_answer_to_what_we_offered_is_a_customers() -> None:
    assert who("> Диван есть серый и белый, какой вам?", "белый") is True
    assert who("белый") is None


def test_our_own_lines_make_nobody_a_customer() -> None:
    assert who("> Здравствуйте! Сколько окон вам нужно? Доставка бесплатно, рассрочка есть.") is None


def test_a_question_about_what_the_shop_deals_in_speaks_for_a_customer() -> None:
    lines = person(["бузгунчи остались?"])
    without, with_goods = by_rules(lines), by_rules(lines, goods=frozenset({"бузгунчи"}))
    assert with_goods.is_client is True
    assert without.is_client is not True or with_goods.confidence > without.confidence


def test_a_verdict_names_the_words_that_decided_and_whom_it_looks_like() -> None:
    assert "«стоит»" in by_rules(person(["Сколько стоит доставка?"])).reasoning
    assert "работ" in by_rules(person(["Ищу работу продавцом, есть опыт"])).reasoning
    assert "соискателя" in by_rules(person(["Ищу работу продавцом, есть опыт"])).reasoning


async def test_a_hosted_engine_judges_when_there_is_one() -> None:
    hosted = ScriptedModel([], everybody=Verdict(is_client=False, confidence=0.93, reasoning="Так решила модель."))
    answered = await judge(hosted, prompts.load("moderator"), person(["Сколько стоит стол?"]))
    assert answered.value.reasoning == "Так решила модель."


async def test_without_a_hosted_engine_the_shop_judges_itself() -> None:
    answered = await judge(ScriptedModel([]), prompts.load("moderator"), person(["Сколько стоит стол?"]))
    assert (answered.engine, answered.value.is_client) == ("offline", True)


@pytest.mark.parametrize(
    "text", ["!" * 100_000 + "ц", "да " * 30_000, "[" * 100_000, "1" * 100_000 + "x", "а " * 50_000, "." * 100_000]
)
def test_odd_text_is_judged_at_once(text: str) -> None:
    acquaintance.learned()
    began = time.process_time()
    by_rules(person([text] * 20))
    has_buying_words(text)
    assert time.process_time() - began < 0.5


def test_a_judgement_takes_about_a_millisecond() -> None:
    people = [person(lines, name) for _, lines, name in SEEN]
    for one in people:
        by_rules(one)
    began = time.process_time()
    for one in people:
        by_rules(one)
    assert (time.process_time() - began) / len(people) < 0.003


@pytest.mark.parametrize(
    ("text", "buying"),
    [
        ("а окна у вас почём?", True),
        ("хочу заказать дверь", True),
        ("сколько стоит доставка торта на субботу?", True),
        ("ты дома?", False),
        ("предлагаем прайс на профиль", False),
        ("я курьер, выходите", False),
        ("спасибо", False),
        ("ок", False),
    ],
)
def test_words_of_buying_are_heard(text: str, buying: bool) -> None:
    assert has_buying_words(text) is buying


def test_what_a_courier_says_next_does_not_make_him_a_customer_and_a_question_does():
    assert not has_buying_words("Ладно, оставляю у консьержа", soon=True)
    assert has_buying_words("А сколько у вас стоит окно?", soon=True)


def test_the_shipped_weights_are_those_of_the_training_data() -> None:
    assert acquaintance.learned().fingerprint == _training().fingerprint(), "run scripts/train_moderator.py"
    assert acquaintance.WEIGHTS.stat().st_size <= 900_000


def _training() -> ModuleType:
    script = Path(__file__).parents[2] / "scripts" / "train_moderator.py"
    spec = importlib.util.spec_from_file_location("train_moderator", script)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
