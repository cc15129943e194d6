"""What a recipient sees: the letter's text as it was written, the same as HTML, and the chart of his year."""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any, Protocol

from saudager import templates
from saudager.contracts import Picture
from saudager.letters import chart

PACKAGE = "saudager.letters"
CHART = "year.png"
LONGEST_ALT = 1000
_DASH = re.compile(r"^\s*[-–—•*·▪]\s+(?=\S)")
_NUMBER = re.compile(r"^\s*\d{1,2}[.)]\s+(?=\S)")
_DASH_OR_NUMBER = re.compile(f"{_DASH.pattern}|{_NUMBER.pattern}")
_GAP = re.compile(r"\n\s*\n")
_PICTURE_OF = "Покупки по месяцам: %(figures)s."
_WHY_OFFER = "Вы получили это письмо, потому что ваш адрес есть у нас среди клиентов. Пишет %(sender)s."
_WHY_SERVICE = "Это письмо о ваших делах с нами. Пишет %(sender)s."
_UNSUBSCRIBE = "Отписаться от предложений"
_BY_ANSWER = "Чтобы больше не получать предложений, ответьте на это письмо словом «стоп»."


class Words(Protocol):
    """What of a letter is shown."""

    @property
    def subject(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def year(self) -> Sequence[Sequence[str]] | None: ...


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes: the name people know, and the address answers go to."""

    name: str
    address: str

    @property
    def shown(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph by its ``lines``, or a list by its ``points``."""

    lines: Sequence[str] = ()
    points: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A letter as it is sent."""

    text: str
    html: str
    pictures: tuple[Picture, ...]


def render(letter: Words, *, sender: Sender, unsubscribe: str | None, is_offer: bool = True) -> Rendered:
    """Both parts of the letter from its plain text; nothing in it is taken for markup.

    ``unsubscribe`` is the page behind the link; an offer without one says that the answer «стоп» does the same.
    """
    say = _speaker(letter.language)
    picture = _picture(letter.year)
    foot = [say(_WHY_OFFER if is_offer else _WHY_SERVICE, sender=sender.shown)]
    if is_offer and unsubscribe is None:
        foot.append(say(_BY_ANSWER))
    link = unsubscribe if is_offer else None
    before, after = _around_the_chart(blocks(letter.body)) if picture else (blocks(letter.body), [])
    html = templates.render(
        PACKAGE,
        "letter.mjml",
        language=letter.language,
        lang=letter.language,
        subject=letter.subject,
        before=before,
        after=after,
        picture=CHART if picture else None,
        alt=say(_PICTURE_OF, figures=_in_words(letter.year or ())) if picture else "",
        foot=foot,
        unsubscribe=link,
    )
    if link:
        foot.append(f"{say(_UNSUBSCRIBE)}: {link}")
    text = "\n".join([letter.body.strip(), "", "-- ", *foot])
    return Rendered(text, html, (picture,) if picture else ())


def with_pictures_inside(shown: Rendered) -> str:
    """The HTML for a browser, which knows no content ids."""
    html = shown.html
    for picture in shown.pictures:
        html = html.replace(f'"cid:{picture.name}"', f'"data:{picture.mime_type};base64,{picture.data}"')
    return html


def blocks(body: str) -> list[Block]:
    """The paragraphs and lists of a plain text: points begin with a dash or a dot, and those of a list of two or more
    with a number."""
    found: list[Block] = []
    for paragraph in _GAP.split(body.strip()):
        lines = paragraph.splitlines()
        mark = _DASH_OR_NUMBER if sum(map(bool, map(_NUMBER.match, lines))) > 1 else _DASH
        for are_points, group in groupby(lines, key=lambda line: mark.match(line) is not None):
            shown = tuple(mark.sub("", line).strip() for line in group)
            found.append(Block(points=shown) if are_points else Block(lines=shown))
    return found


def _around_the_chart(found: list[Block]) -> tuple[list[Block], list[Block]]:
    """The chart stands behind the first list, which tells of the figures, else before the signature."""
    place = next((number for number, block in enumerate(found, start=1) if block.points), max(len(found) - 1, 1))
    return found[:place], found[place:]


def _picture(year: Sequence[Sequence[str]] | None) -> Picture | None:
    drawn = [(month, Decimal(amount)) for month, amount in year or ()]
    if not any(amount for _, amount in drawn):
        return None
    return Picture(name=CHART, data=b64encode(chart.draw(drawn)).decode())


def _in_words(year: Sequence[Sequence[str]]) -> str:
    """``01.2026 — 125 000, 02.2026 — 0``: months in digits read in every language."""
    told = ", ".join(f"{month[5:]}.{month[:4]} — {_amount(Decimal(amount))}" for month, amount in year)
    return told if len(told) <= LONGEST_ALT else f"{told[:LONGEST_ALT].rpartition(',')[0]}…"


def _amount(amount: Decimal) -> str:
    places = 0 if amount == amount.to_integral_value() else 2
    return f"{amount:,.{places}f}".replace(",", " ").replace(".", ",").replace("-", "−")


def _speaker(language: str) -> Any:
    def say(words: str, **values: str) -> str:
        return templates.say(PACKAGE, language, words, **values)

    return say
