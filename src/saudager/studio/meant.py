"""Which things the words of a customer mean: never another one, of another colour or year, in its place."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from saudager.colours import hex_of
from saudager.knowledge import lemmas
from saudager.knowledge.lemmas import Word
from saudager.languages import language_of, seeing
from saudager.languages.russian import lemma
from saudager.languages.sounds import sound_key
from saudager.languages.translation import in_russian
from saudager.studio.models import PictureSeries
from saudager.words import normalise

_LATIN, _CYRILLIC = re.compile("[A-Za-z]"), re.compile("[А-Яа-яЁё]")
_LONGEST = 700
"""Characters of a line that are read."""
_YEAR = re.compile(r"(?:18|19|20)\d\d")
_SHORTEST_NAME, _LONGEST_ENDING = 4, 4
_SAYS_NOTHING = re.compile(
    r"(?:при|вы|от|пере|по)?(?:сл|шл)ать|отправ\w+|скинуть|кинуть|показ\w+|(?:по)?смотреть|(?:у)?видеть|глянуть|получить"
    r"|фото\w*|фотк\w+|картинк\w+|изображени\w+|снимок|выглядеть|смотреться|вживую|живой|реальный|покрупнее|пример"
    r"|какой|пожалуйста|ваш|другой|весь|цвет|ракурс|вид|ещё|еще|авто|машина|товар|модель"
)
_ANGLES = {
    "front": r"спереди|перед|фронт\w*|front",
    "side": r"сбоку|бок|боковой|профиль|side",
    "rear": r"сзади|зад|задний|rear|back",
    "interior": r"салон|внутри|интерьер|внутренний|interior|inside",
    "detail": r"деталь|вблизи|крупно|detail",
}


@dataclass(slots=True)
class Wanted:
    """What words name: a thing, and how it is told from others."""

    names: list[Word] = field(default_factory=list)
    """In Russian, as far as they are words of a language."""
    said: list[Word] = field(default_factory=list)
    """As they stand."""
    colours: set[str] = field(default_factory=set)
    years: set[str] = field(default_factory=set)
    angles: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Told:
    """A series by its words: ``known`` are all of them, ``key`` those that tell it from things alike."""

    known: list[str]
    key: list[str]
    colours: set[str]
    years: set[str]


def wanted_in(texts: Sequence[str], called: Mapping[str, tuple[str, ...]]) -> Wanted:
    """The first of the texts that names a thing tells which; what the ones before it say of colour, year and angle
    holds for it. ``called`` are the merchant's synonyms."""
    wanted = Wanted()
    for text in texts:
        part, whole = _read(seeing.about(text), called), _read(text[:_LONGEST], called)
        for read in (part, whole):
            wanted.colours, wanted.years = wanted.colours or read.colours, wanted.years or read.years
            wanted.angles = wanted.angles or read.angles
        named = part if part.names else whole
        wanted.names, wanted.said = named.names, named.said
        if wanted.names:
            break
    return wanted


def told_by(series: PictureSeries, product: str) -> Told:
    """``product`` is what the catalogue calls it, if it has it."""
    told, subject = _read(f"{series.title} {product}", {}), series.subject
    colour = hex_of(str(subject.get("color") or ""))
    key = str(subject.get("model") or subject.get("brand")) if subject["kind"] == "car" else _proper(series.title)
    return Told(
        known=[word.token for word in (*told.names, *told.said)],
        key=list(lemmas.tokens(key)),
        colours=told.colours | ({colour} if colour else set()),
        years=told.years,
    )


def score(wanted: Wanted, told: Told, angles: Sequence[str], others: Collection[str]) -> int:
    """How much of what is asked for it is; 0: it may be another thing. What is asked for may have words beside its name
    («Камри в такси»), if they are none of the ``others``' words."""
    if wanted.colours and not wanted.colours & told.colours:
        return 0
    if wanted.years and told.years and not wanted.years & told.years:
        return 0
    of_angles = [word for angle in angles for word in re.findall(r"\w+", angle)]
    hits = [word for word in wanted.names if _is_among(word, told.known)]
    strangers = [word for word in wanted.names if word not in hits and not _is_among(word, of_angles)]
    said = [*wanted.names, *wanted.said]
    is_another = any(_is_among(word, others) for word in strangers)
    is_named = bool(told.key) and all(any(_is_among(word, [key]) for word in said) for key in told.key)
    if not hits or (strangers and (is_another or not is_named)):
        return 0
    return len(hits) + len(wanted.colours & told.colours) + len(wanted.years & told.years)


def from_the_angle(wanted: Wanted, angles: Sequence[str]) -> list[str]:
    """Those of the angles that are asked for, in words of the merchant's own too; all when none is."""
    own = [one for one in angles if any(_is_among(word, re.findall(r"\w+", one)) for word in wanted.names)]
    if wanted.angles:
        return [one for one in angles if one in wanted.angles] or own
    return own or list(angles)


def _read(text: str, called: Mapping[str, tuple[str, ...]]) -> Wanted:
    wanted = Wanted(said=[Word(word) for word in re.findall(r"\w+", normalise(text))])
    language = language_of(text)
    is_latin = len(_LATIN.findall(text)) > len(_CYRILLIC.findall(text))
    plain = in_russian(text, language) if is_latin or language != "ru" else text
    typed = {lemma(one.token): (one.token,) for one in wanted.said}
    for word in lemmas.of_question(plain.replace("/", " "), called):
        if shade := hex_of(word.token):
            wanted.colours.add(shade)
        elif _YEAR.fullmatch(word.token):
            wanted.years.add(word.token)
        elif angle := next((angle for angle, said in _ANGLES.items() if re.fullmatch(said, word.token)), None):
            wanted.angles.add(angle)
        elif not _SAYS_NOTHING.fullmatch(word.token):
            wanted.names.append(Word(word.token, (*word.synonyms, *typed.get(word.token, ()))))
    return wanted


def _proper(title: str) -> str:
    """The words of a title that are a name of its own: in quotes, in capitals or Latin letters, or with figures."""
    quoted = " ".join(re.findall(r"[«\"“]([^»\"”]+)[»\"”]", title))
    words = re.findall(r"[\w-]+", title)
    named = [word for word in words[1:] if word[0].isupper() or re.search(r"\d", word)]
    latin = [word for word in words if re.fullmatch(r"[A-Za-z][\w-]*", word)]
    return " ".join([quoted, *named, *(latin if len(latin) < len(words) else [])])


def _is_among(word: Word, tokens: Collection[str]) -> bool:
    return any(_is_same(one, token) for one in word for token in tokens)


def _is_same(asked: str, known: str) -> bool:
    """The same word, or one name in two alphabets, with an ending the lemma has not lost."""
    if asked == known:
        return True
    heard, named = sound_key(asked), sound_key(known)
    if min(len(heard), len(named)) < _SHORTEST_NAME or re.search(r"\d", asked + known):
        return False
    return heard.startswith(named) and len(heard) - len(named) <= _LONGEST_ENDING
