"""Somebody says what he wants, or asks what there is: «хочу окна», «какие у вас двери есть?»."""

import re

from saudager.words import normalise

_TO_BUY = "купить|заказать|приобрести|взять|выбрать|подобрать|поставить|установить|сделать|buy|order|get"
_BROWSES = re.compile(
    r"(?<!\w)(?:хочу|хотим|хотела?|хотели|нуж(?:ен|на|но|ны)|интересу(?:ет|ют|юсь|емся)|ищ(?:у|ем)|подбира(?:ю|ем)"
    r"|как(?:ие|ой|ая|ое)(?: \w+){0,4}? (?:есть|бывают|имеются|продаете|предлагаете|делаете)"
    r"|что(?: \w+){0,3}? есть|покажите|ассортимент|керек|қандай(?: \w+){0,4}? бар"
    r"|what(?: \w+){0,3} do you (?:have|sell|make)|looking for|i (?:want|need))(?!\w)"
)
_DOES = re.compile(rf"(?<!\w)(?!(?:{_TO_BUY})(?!\w))\w{{2,}}(?:ать|ять|еть|ить|уть|ыть|оть|сти|чь)(?:ся)?(?!\w)")


def browses(text: str) -> bool:
    """Whether somebody looks for goods; not what he wants to do: «хочу вернуть», «нужно узнать»."""
    plain = normalise(text).replace("ё", "е")
    return _BROWSES.search(plain) is not None and _DOES.search(plain) is None
