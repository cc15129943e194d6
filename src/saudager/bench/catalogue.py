"""A made-up catalogue of goods that differ in a word or two, and questions about them in other forms of the words."""

from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Any

from pymorphy3 import MorphAnalyzer

HEADINGS = ("Артикул", "Товар", "Цвет", "Материал", "Назначение", "Особенность", "Гарантия, мес.", "Цена, ₸")

_WORDS = {
    "thing": """стол стул кресло полка лампа шкаф комод ваза корзина зеркало коврик чайник поднос ящик вешалка табурет
        кувшин подушка сумка рюкзак чехол фартук зонт кошелёк шкатулка кашпо фонарь скамья гамак палатка тележка
        подставка ширма рамка скатерть подсвечник кружка тарелка хлебница термос""",
    "colour": """белый чёрный серый красный синий зелёный жёлтый бежевый коричневый розовый фиолетовый голубой оранжевый
        бордовый серебристый золотистый""",
    "material": "дуб сосна бук орех стекло металл алюминий керамика пластик бамбук лён хлопок кожа войлок",
    "place": """кухня спальня гостиная прихожая ванная балкон дача офис гараж кафе школа больница подъезд терраса
        мастерская поход""",
    "trait": """подсветка крышка ручка замок карман колесо рисунок вышивка подкладка подлокотник зажим крючок узор
        надпись ремень таймер фильтр полочка ножка магнит""",
}
_CHOICES = {name: words.split() for name, words in _WORDS.items()}
_LEFT_OUT = ("", "colour", "material", "place", "trait")
_ASKED = (
    ("Хочу купить", "sing", "accs", "."),
    ("Почём у вас", "plur", "nomn", "?"),
    ("Есть ли что-нибудь из", "plur", "gent", "?"),
    ("Интересуемся", "plur", "ablt", ", сколько стоит?"),
)
_VARIANTS = 4
_SHORTEST_WITH_TYPO = 5


@dataclass(frozen=True, slots=True)
class Looks:
    """What tells one thing of the catalogue from another, in dictionary forms."""

    thing: str
    colour: str
    material: str
    place: str
    trait: str


@dataclass(frozen=True, slots=True)
class Goods:
    """One row of the catalogue."""

    article: str
    looks: Looks
    months: int
    price: int

    @property
    def cells(self) -> tuple[str, ...]:
        """Under HEADINGS."""
        looks = self.looks
        price = f"{self.price:,}".replace(",", " ")
        name = looks.thing.capitalize()
        return (self.article, name, looks.colour, looks.material, looks.place, looks.trait, str(self.months), price)

    @property
    def row(self) -> str:
        """As a passage has it: ``Артикул: A00001; Товар: Стол; …``, under 20 words."""
        return "; ".join(f"{heading}: {cell}" for heading, cell in zip(HEADINGS, self.cells, strict=True))

    @property
    def prose(self) -> str:
        """As a person would describe it."""
        said = " ".join(_described(self.looks, "sing", "nomn")).capitalize()
        return f"{said}: артикул {self.article}, гарантия {self.months} мес., доставка по городу бесплатная."


def goods(count: int) -> list[Goods]:
    """Rows in which four and four are alike but for one word; the same for the same count."""
    random = Random(1)  # noqa: S311
    looks: dict[Looks, None] = {}
    while len(looks) < count:
        first = Looks(**{name: random.choice(words) for name, words in _CHOICES.items()})
        looks[first] = None
        for _ in range(_VARIANTS - 1):
            looks[_changed(first, random)] = None
    return [
        Goods(f"A{number:05}", one, random.randrange(6, 61, 6), random.randrange(30, 5000) * 100)
        for number, one in enumerate(list(looks)[:count])
    ]


def questions(catalogue: list[Goods], count: int, *, typo: bool) -> list[tuple[str, str]]:
    """(question, article) pairs; all that is asked for fits that one row, one of the five words is left out if it can
    be. With ``typo`` two neighbouring letters of one word have changed places."""
    random = Random(2 + typo)  # noqa: S311
    fitting = Counter(_key(one.looks, left_out) for one in catalogue for left_out in _LEFT_OUT)
    asked = []
    for one in random.sample(catalogue, count):
        left_out = random.choice([name for name in _LEFT_OUT if fitting[_key(one.looks, name)] == 1])
        opening, number, case, end = random.choice(_ASKED)
        words = _described(one.looks, number, case, left_out)
        if typo:
            _misspell(words, random)
        asked.append((f"{opening} {' '.join(words)}{end}", one.article))
    return asked


def _changed(looks: Looks, random: Random) -> Looks:
    name = random.choice([name for name in _CHOICES if name != "thing"])
    return replace(looks, **{name: random.choice(_CHOICES[name])})


def _key(looks: Looks, left_out: str) -> tuple[str, ...]:
    return (left_out, *(getattr(looks, name) for name in _CHOICES if name != left_out))


def _described(looks: Looks, number: str, case: str, left_out: str = "") -> list[str]:
    """Белый стол из дуба для кухни с подсветкой, in that number and case."""
    words = [_formed(looks.thing, frozenset({number, case}))]
    if left_out != "colour":
        words.insert(0, _agreeing(looks.colour, looks.thing, number, case))
    for name, link, needed in (("material", "из", "gent"), ("place", "для", "gent"), ("trait", "с", "ablt")):
        if left_out != name:
            words += [link, _formed(getattr(looks, name), frozenset({"sing", needed}))]
    return words


def _agreeing(adjective: str, noun: str, number: str, case: str) -> str:
    gender = str(_parsed(noun, "NOUN").tag.gender)
    grammemes = {number, case} | ({gender} if number == "sing" else set())
    if case == "accs" and gender == "masc":
        grammemes.add("inan")
    return _formed(adjective, frozenset(grammemes), "ADJF")


@cache
def _formed(word: str, grammemes: frozenset[str], part: str = "NOUN") -> str:
    return str(_parsed(word, part).inflect(set(grammemes)).word)


@cache
def _parsed(word: str, part: str) -> Any:
    return next(one for one in _analyser().parse(word) if part in one.tag and "nomn" in one.tag)


@cache
def _analyser() -> Any:
    return MorphAnalyzer()


def _misspell(words: list[str], random: Random) -> None:
    at = random.choice([at for at, word in enumerate(words) if len(word) >= _SHORTEST_WITH_TYPO])
    word = words[at]
    places = [place for place in range(1, len(word) - 1) if word[place] != word[place + 1]]
    place = random.choice(places)
    words[at] = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
