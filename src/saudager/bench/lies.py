"""Wrong figures: a vendor that errs at a stated rate, and how many of its errors reach the customer.

Everything the shipped shop has a price for is asked about three times in other words, every shipped question once, each
by a customer of his own. The vendor words what the documents say; into ``ERRS`` of its drafts it puts a figure that is
wrong: another row's price, a price with two digits changed, or a discount nobody grants. What it put in is known, so
that no guard is its own judge. An answer is also wrong when it says what the shipped question must not be told.
"""

import re
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from saudager.bench import sent, settings, shares
from saudager.exam.cases import AnswerCase, read_cases, shipped, shipped_knowledge
from saudager.exam.goods import goods_of
from saudager.knowledge import library
from saudager.languages import language_of
from saudager.providers.llm import Answered, Briefing, Decision, Fact, LanguageModel
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import Shop, rehearse
from saudager.truth.figures import Figure, FigureKind, figures

ERRS = 0.3
_ASKED = ("Сколько стоит {}?", "Здравствуйте, почём у вас {}?", "{}: какая цена?")
_PROMISED = {"kk": "Сізге {} % жеңілдік.", "en": "There is a discount of {} % for you."}
_PROMISED_OTHERWISE = "Для вас скидка {} %."
_ALL_TOKENS = 10**9
_DIGITS = re.compile(r"\d")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Question:
    text: str
    never: Sequence[str] = ()
    """Figures that are wrong as its answer."""


class _Erring(ScriptedModel):
    """Says what the offline engine says, with a lie in some drafts; keeps the lies and the first draft for each
    customer."""

    hosted = True

    def __init__(self, offline: LanguageModel) -> None:
        super().__init__()
        self._offline = offline
        self._drafts: dict[str, list[tuple[str, str | None]]] = {}

    async def decide(self, briefing: Briefing) -> Answered[Decision]:
        answered = await self._offline.decide(replace(briefing, remarks=()))
        drafts = self._drafts.setdefault(briefing.new_lines[-1], [])
        random = Random(f"{briefing.new_lines[-1]}:{len(drafts)}")  # noqa: S311
        lie = _lie(answered.value.reply, briefing, random) if random.random() < ERRS else None
        text, planted = lie or (answered.value.reply, None)
        drafts.append((text, planted))
        return Answered(answered.value.model_copy(update={"reply": text}), self.name)

    def drafts(self, question: str) -> list[tuple[str, str | None]]:
        """Each draft with what is wrong in it, None when nothing is."""
        return self._drafts.get(question, [])


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a customer was told, and every draft before it with what is wrong in it (None: nothing)."""

    question: _Question
    said: str
    drafts: Sequence[tuple[str, str | None]]

    @property
    def lies(self) -> list[str]:
        return [lie for _, lie in self.drafts if lie]

    @property
    def is_wrong(self) -> bool:
        return _holds(self.said, [*self.lies, *self.question.never])

    @property
    def first_is_wrong(self) -> bool:
        return _holds(self.drafts[0][0], [*filter(None, [self.drafts[0][1]]), *self.question.never])

    @property
    def is_stopped_though_true(self) -> bool:
        text, lie = self.drafts[0]
        return lie is None and text not in self.said


async def measured(scale: float) -> list[Row]:
    """The product, and the same first drafts sent as they are."""
    async with _shop() as (shop, vendor):
        every = []
        for number, question in enumerate(await _questions(shop, scale), 1):
            said = " ".join(await shop.ask_as_customer(question.text, chat=f"7701{number:07}@c.us"))
            every.append(_Asked(question, said, vendor.drafts(question.text) or [(said, None)]))
    lies = sum(len(one.lies) for one in every)
    lied_at_first = sum(one.drafts[0][1] is not None for one in every)
    return [
        {
            "variant": "figures_product",
            **shares.share("wrong", sum(one.is_wrong for one in every), len(every)),
            "errs": ERRS,
            "lies": lies,
            "lies_stopped": sum(not _holds(one.said, [lie]) for one in every for lie in one.lies),
            "true_drafts": len(every) - lied_at_first,
            "true_stopped": sum(one.is_stopped_though_true for one in every),
            "with_figures": sum(bool(_DIGITS.search(one.said)) for one in every),
        },
        {
            "variant": "figures_no_guard",
            **shares.share("wrong", sum(one.first_is_wrong for one in every), len(every)),
            "errs": ERRS,
            "lies": lied_at_first,
            "with_figures": sum(bool(_DIGITS.search(one.drafts[0][0])) for one in every),
        },
    ]


@asynccontextmanager
async def _shop() -> AsyncIterator[tuple[Shop, _Erring]]:
    with tempfile.TemporaryDirectory() as folder:
        own = settings.in_folder(folder, knowledge_dir=shipped_knowledge(), disclose_ai=False)
        async with rehearse(own) as shop:
            shop.app.model = vendor = _Erring(shop.app.offline)
            yield shop, vendor


async def _questions(shop: Shop, scale: float) -> list[_Question]:
    things = goods_of(await shop.app.db.read(_documents)).things
    asked = [_Question(words.format(thing)) for words in _ASKED for thing in things]
    cases = [case for case in read_cases("answers", shipped("answers")) if isinstance(case, AnswerCase)]
    asked += [_Question(case.question, case.must_not_include) for case in cases]
    Random(1).shuffle(asked)  # noqa: S311
    return asked[: max(5, round(len(asked) * scale))]


def _documents(session: Session) -> list[Fact]:
    return library.whole(session, _ALL_TOKENS) or []


def _holds(said: str, wrong: Sequence[str]) -> bool:
    plain = sent.plain(said)
    return any(sent.says(plain, [one]) for one in wrong)


def _lie(reply: str, briefing: Briefing, random: Random) -> tuple[str, str] | None:
    """The reply with something wrong in it, and what that is; None when it holds nothing to be wrong about."""
    money = [figure for figure in figures(reply) if figure.kind is FigureKind.MONEY and not figure.in_words]
    kinds = ["promise", *(["swapped", "changed"] if money else [])]
    kind = random.choice(kinds)
    if kind == "promise":
        words = _PROMISED.get(language_of(reply) or "", _PROMISED_OTHERWISE)
        promised = words.format(random.choice((12, 18, 35)))
        return f"{reply} {promised}", promised
    figure = random.choice(money)
    other = _of_another_row(figure, reply, briefing, random) if kind == "swapped" else None
    wrong = other or _changed(figure, reply, random)
    return reply[: figure.start] + reply[figure.start : figure.end].replace(_amount(figure), wrong) + reply[
        figure.end :
    ], wrong


def _of_another_row(figure: Figure, reply: str, briefing: Briefing, random: Random) -> str | None:
    """An amount from a passage before the vendor that does not hold the right one."""
    own = {one.value for one in figures(reply)}
    rows = [[one for one in figures(fact.text) if one.kind is FigureKind.MONEY] for fact in briefing.facts]
    others = [one for row in rows for one in row if figure.value not in {each.value for each in row}]
    values = sorted({one.value for one in others} - own)
    return f"{random.choice(values):,.0f}".replace(",", " ") if values else None


def _changed(figure: Figure, reply: str, random: Random) -> str:
    """Its first two digits others, and nothing the reply says elsewhere."""
    written = _amount(figure)
    places = [place for place, sign in enumerate(written) if sign.isdigit()][:2]
    while True:
        signs = list(written)
        for place in places:
            signs[place] = random.choice([digit for digit in "123456789" if digit != signs[place]])
        if not sent.says(sent.plain(reply), ["".join(signs)]):
            return "".join(signs)


def _amount(figure: Figure) -> str:
    """Its number as written."""
    found = re.search(r"\d[\d\s\u00a0\u202f.,]*\d|\d", figure.text)
    assert found is not None
    return found.group()
