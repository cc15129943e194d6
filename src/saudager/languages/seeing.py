"""Whether a line asks to be shown a picture of something, in Russian, Kazakh and English."""

import re
from enum import Enum, auto

from saudager.languages.recognition import language_of
from saudager.languages.translation import in_russian
from saudager.words import normalise

_LONGEST = 700
"""Characters of a line that are read."""
_MARK = re.compile(r"\[[^\]]*\]")
"""What stands for a picture or a voice note of the customer's own."""
_PICTURE = r"(?:фото(?:чк\w+|графи\w+)?|фотк\w+|картинк\w+|изображени\w+|снимок|снимк\w+)(?!\w)"
_SHOW = (
    r"(?:(?:при|вы|от|пере|по)(?:шли(?:те)?|слать)|отправ(?:ь|ьте|ить|ляйте)|(?:по|за|с)?ки(?:нь|ньте|нуть|нете|нешь|дайте)"
    r"|покаж(?:и|ите|ете|ешь)|показать|посмотреть|увидеть|глянуть|видеть|получить)(?!\w)"
)
_BETWEEN = r"\W+(?:[\w-]+\W+){0,5}?"
_ASKS = re.compile(rf"(?<!\w)(?:{_SHOW}{_BETWEEN}{_PICTURE}|{_PICTURE}{_BETWEEN}{_SHOW})")
_WONDERS = re.compile(
    rf"(?<!\w)(?:(?:есть|можно|нужн\w+|хочу|хотел\w*|а){_BETWEEN}{_PICTURE}|{_PICTURE}{_BETWEEN}(?:есть|можно|имеется)(?!\w)"
    r"|как\s+(?:\w+\s+){0,2}?(?:выгляд\w+|смотр(?:ится|ятся))|(?:выгляд\w+|смотр(?:ится|ятся))\s+как(?!\w))"
)
_ASKS_IN_KAZAKH = re.compile(
    r"(?<!\w)(?:сурет|фото)\w*\W+(?:\w+\W+){0,3}?(?:жібер|көрсет|таста|салып)(?!сем|дім|ейін|емін|сеңіз бола)\w*"
)
_WONDERS_IN_ENGLISH = re.compile(r"\blooks? like\b")
_NOT_OURS = re.compile(
    rf"(?<!\w)(?:(?:я|мы|могу|можем|куда|вам|вот|если){_BETWEEN}{_SHOW}|{_SHOW}\s+вам(?!\w)|(?:на|по|с|со|из|под|без)\s+(?:\w+\s+)?{_PICTURE}"
    rf"|(?:не|больше не){_BETWEEN}(?:{_SHOW}|присыла\w+)"
    rf"|{_PICTURE}\s+на\s+(?:паспорт|документ|виз|удост|памят|холст|круж|футбол|торт))"
)
_IS_SEEN = re.compile(r"(?<!\w)(?:могу|можно|можем)(?:\s+ли)?(?:\s+(?:я|мы|мне|нам))?\s+(?:посмотреть|увидеть|видеть)")
_JOINT = re.compile(r"\s*,\s*(?:(?:и|а|а также|and|also)\s+)?|\s+(?:и|а также|плюс|and|және)\s+")


class Sight(Enum):
    """What a line wants to see."""

    ASKED = auto()
    """A picture is to be sent: «пришлите фото»."""
    WONDERED = auto()
    """A picture would answer: «как он выглядит?»"""


def sight_in(text: str) -> Sight | None:
    """Whether the line wants to see something; None when it does not. Of a very long one only the beginning counts."""
    text = text[:_LONGEST]
    plain = normalise(in_russian(_MARK.sub(" ", text), language_of(text)))
    if _NOT_OURS.search(plain) and not _IS_SEEN.search(plain):
        return None
    written = normalise(text)
    if _ASKS.search(plain) or _ASKS_IN_KAZAKH.search(written):
        return Sight.ASKED
    return Sight.WONDERED if _WONDERS.search(plain) or _WONDERS_IN_ENGLISH.search(written) else None


def besides(text: str) -> str | None:
    """What a line asks beside the picture, as a question of its own: «пришлите фото стола и цену» asks «стола и цену»;
    None when it asks nothing else."""
    parts = [part for part in _JOINT.split(text[:_LONGEST]) if part.strip()]
    seen = [part for part in parts if sight_in(part) or _names_a_picture(part)]
    left = [part for part in parts if part not in seen]
    if not seen or not left:
        return None
    named = " ".join(_shown_thing(part) for part in seen)
    return " ".join(f"{named} {', '.join(left)}".split())


def _names_a_picture(part: str) -> bool:
    plain = normalise(in_russian(part, language_of(part)))
    return re.search(rf"(?<!\w){_PICTURE}", plain) is not None


def _shown_thing(part: str) -> str:
    """What of a part names the thing."""
    plain = in_russian(part, language_of(part))
    return re.sub(
        rf"(?i)(?<!\w)(?:{_PICTURE}|{_SHOW}|есть|можно|пожалуйста|как|выгляд\w+|смотрится)(?!\w)|[?!.]", " ", plain
    )


def about(text: str) -> str:
    """The part of a line that speaks of the picture; the whole line where no part does."""
    text = text[:_LONGEST]
    parts = [part for part in _JOINT.split(text) if part.strip() and (sight_in(part) or _names_a_picture(part))]
    return " ".join(parts) or text
