"""A letter to one person: a model phrases the facts, the guard looks, else the words are ours."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from saudager import promises, prompts
from saudager.app import App
from saudager.errors import OutsideError
from saudager.knowledge import search
from saudager.languages import Language
from saudager.letters import facts, insights, subjects, words
from saudager.letters.greetings import dressed
from saudager.letters.guarding import Guard
from saudager.letters.insights import FALLBACK, Progress
from saudager.letters.schemas import PersonalizationData, PersonalizedEmailContent
from saudager.letters.subjects import Subject, Wanted
from saudager.moments import spoken_now
from saudager.orders.naming import plain
from saudager.providers.llm import Fact, Task
from saudager.settings import Settings
from saudager.truth.named import NamedFact
from saudager.truth.style import LETTER_CHARACTERS, complaints, tidy_letter

__all__ = ["FALLBACK", "Checked", "Commission", "Marked", "Written", "check", "write"]

Commission = Wanted
"""What is asked for."""

TEMPERATURE, MOST_TOKENS = 0.7, 1500
_ROUNDS = 2
_PASSAGES, _LONGEST_QUERY = 6, 600
_LONGEST_SUBJECT, _LONGEST_POINT, _MOST_POINTS = 150, 300, 5
_LEAST_BODY = 80
_FOR_GREETING = 400
"""Characters of a letter that greeting and signature take."""


@dataclass(frozen=True, slots=True)
class Written:
    """A letter whose every figure stands in ``facts`` or in a passage of the shop's documents."""

    subject: str
    body: str
    """Plain text, with greeting and signature."""
    key_points: list[str]
    personalization: PersonalizationData | None
    """None without sales data."""
    facts: list[NamedFact]
    year: list[tuple[str, str]] | None
    """The last twelve months in the main currency, oldest first: ``("2026-01", "125000.00")``; None: nothing bought."""
    engine: str
    language: Language
    remarks: list[str] = field(default_factory=list)
    """What the guard found in the model's drafts, and why no model wrote it: Russian sentences."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A figure of a letter and what proves it: a fact, the text of a passage, or nothing."""

    where: str
    """subject or body."""
    start: int
    end: int
    text: str
    fact: NamedFact | None
    passage: str | None

    @property
    def is_proved(self) -> bool:
        return self.fact is not None or self.passage is not None


@dataclass(frozen=True, slots=True)
class Checked:
    """How a letter stands to its facts: its figures in reading order, and Russian warnings for who edits it."""

    figures: list[Marked]
    warnings: list[str]


async def write(
    app: App, commission: Commission, *, now: datetime, on_progress: Progress = lambda words: None
) -> Written:
    """Find the facts and the words. Raises NotFound for an unknown person or product, Refused for what cannot be asked
    for; whatever happens to the models, there is a letter."""
    on_progress("Считаем покупки")
    subject, passages = await app.db.read(_read, commission, app.settings, now=now)
    data = None
    if subject.figures is not None:
        data, _ = await insights.phrase(app, subject, now=now, on_progress=on_progress)
    on_progress("Пишем письмо")
    guard = Guard(subject.rows, now.astimezone(app.settings.zone))
    remarks: list[str] = []
    found = await _by_model(app, subject, data, passages, guard, remarks, now=now, on_progress=on_progress)
    content, engine = found or (_by_us(subject, guard), FALLBACK)
    main = subject.figures.main if subject.figures else None
    return Written(
        subject=content.subject,
        body=content.body,
        key_points=content.key_points,
        personalization=data,
        facts=subject.rows,
        year=[(month, f"{total:.2f}") for month, total in main.months[-12:]] if main else None,
        engine=engine,
        language=subject.language,
        remarks=list(dict.fromkeys(remarks)),
    )


def check(
    rows: Sequence[NamedFact], subject: str, body: str, *, now: datetime, passages: Sequence[Fact] = ()
) -> Checked:
    """What an edited letter claims beyond its facts; a person may send it all the same."""
    guard = Guard(rows, now)
    marked = [
        Marked(where, one.start, one.end, one.text, one.row, one.source.text if one.source else None)
        for where, text in (("subject", subject), ("body", body))
        for one in guard.figures(text, passages)
    ]
    return Checked(marked, _problems(guard, PersonalizedEmailContent(subject=subject, body=body), passages))


async def _by_model(
    app: App,
    subject: Subject,
    data: PersonalizationData | None,
    passages: list[Fact],
    guard: Guard,
    remarks: list[str],
    *,
    now: datetime,
    on_progress: Progress,
) -> tuple[PersonalizedEmailContent, str] | None:
    """A model's letter that may go; None when there is none. What was wrong with its drafts is added to ``remarks``."""
    prompt = await app.db.read(prompts.in_force, "letter", app.settings.prompts_dir)
    task = Task(
        _instructions(subject, data, passages, prompt, now=now.astimezone(app.settings.zone)),
        contact_id=subject.contact_id,
        until=time.monotonic() + app.settings.engine_deadline,
        temperature=TEMPERATURE,
        max_tokens=MOST_TOKENS,
    )
    for _ in range(_ROUNDS):
        try:
            answered = await app.model.extract(task, PersonalizedEmailContent)
        except OutsideError:
            remarks.append("Модель не ответила: письмо составлено по шаблону, пожелание в нём не учтено.")
            return None
        on_progress("Проверяем цифры")
        content = _tidied(subject, answered.value)
        problems = _problems(guard, content, passages)
        if problems:
            more = await app.db.read(_passages, content.body, app.settings, now=now)
            problems = _problems(guard, content, [*passages, *more])
        if not problems:
            return _with_fit_points(guard, content, passages), answered.engine
        remarks += problems
        told = tuple(f"Так написать нельзя: {problem}" for problem in problems)
        task = replace(task, remarks=told, until=time.monotonic() + app.settings.engine_deadline)
    remarks.append("Модель дважды написала то, чего нет в фактах: письмо составлено по шаблону.")
    return None


def _by_us(subject: Subject, guard: Guard) -> PersonalizedEmailContent:
    """The fullest letter of ours that passes; an odd name or title leaves the barest."""
    ours = [PersonalizedEmailContent(subject=one.subject, body=one.body, key_points=one.key_points)
            for one in words.letters(subject)]  # fmt: skip
    chosen = next((one for one in ours if not _problems(guard, one, ())), ours[-1])
    return _with_fit_points(guard, chosen, ())


def _problems(guard: Guard, content: PersonalizedEmailContent, passages: Sequence[Fact]) -> list[str]:
    """Why subject and body may not go."""
    found = [*guard.problems(content.subject, passages), *guard.problems(content.body, passages)]
    found += [one for one in complaints(content.body, letter=True) if one != "Ответ пуст."]
    if not content.subject or len(content.subject) > _LONGEST_SUBJECT:
        found.append(f"Тема: от одного до {_LONGEST_SUBJECT} знаков.")
    if len(content.body) < _LEAST_BODY:
        found.append("Слишком коротко: из этого не понять, зачем письмо.")
    return list(dict.fromkeys(found))


def _with_fit_points(
    guard: Guard, content: PersonalizedEmailContent, passages: Sequence[Fact]
) -> PersonalizedEmailContent:
    """Key points stay inside the house, so a wrong one is left out."""
    points = [one for one in content.key_points if not guard.problems(one, passages)]
    return content.model_copy(update={"key_points": points})


def _tidied(subject: Subject, content: PersonalizedEmailContent) -> PersonalizedEmailContent:
    points = [plain(tidy_letter(one)).lstrip("• ")[:_LONGEST_POINT] for one in content.key_points[:_MOST_POINTS]]
    return PersonalizedEmailContent(
        subject=plain(tidy_letter(content.subject)).strip('«»" '),
        body=dressed(subject, tidy_letter(content.body)),
        key_points=[one for one in points if one],
    )


def _read(session: Session, commission: Commission, settings: Settings, *, now: datetime) -> tuple[Subject, list[Fact]]:
    subject = subjects.subject(session, commission, settings=settings, now=now)
    asked = " ".join([subject.context[:_LONGEST_QUERY], *(offer.name for offer in subject.offers[:_PASSAGES])]).strip()
    return subject, _passages(session, asked, settings, now=now) if asked else []


def _passages(session: Session, asked: str, settings: Settings, *, now: datetime) -> list[Fact]:
    today = now.astimezone(settings.zone).date()
    query = asked[: _LONGEST_QUERY * 3]
    promised = promises.facts(session, query, today=today, currency=settings.currency)
    return [*search.search(session, query, limit=_PASSAGES), *promised]


def _instructions(
    subject: Subject,
    data: PersonalizationData | None,
    passages: Sequence[Fact],
    prompt: prompts.Prompt,
    *,
    now: datetime,
) -> str:
    known = [facts.said(row) for row in subject.rows if row.name not in _TOLD_APART]
    who = [subject.person, subject.position or "", "" if subject.is_person else f"компания «{subject.company}»"]
    return prompt.fill(
        shop_name=subject.shop or "магазин",
        recipient=", ".join(part for part in who if part),
        purpose=_PURPOSES[subject.purpose],
        tone=_TONES.get(subject.tone.lower(), subject.tone),
        letter_language=_LANGUAGES[subject.language],
        context=_fenced(subject.context) or "(ничего особенного)",
        facts="\n".join(known) or "О покупках ничего не известно.",
        insights="\n".join(insights.passed_on(data)) if data else "Нет.",
        offers="\n".join(words.offered(offer) for offer in subject.offers) or "Товаров не назвали.",
        passages="\n".join(f"— {_fenced(f'{one.section} {one.text}')}" for one in passages) or "Ничего не нашлось.",
        most_characters=str(LETTER_CHARACTERS - _FOR_GREETING),
        current_datetime=spoken_now(now),
    )


def _fenced(text: str) -> str:
    """Foreign words in one line, so that they pass for no heading of the instructions."""
    return plain(text.replace("#", " "))


_TOLD_APART = frozenset(("language", "shop", "sender", "customer_name", "company", "position", "offered_product"))
_PURPOSES = {
    "offer": "предложение",
    "follow_up": "продолжить разговор и напомнить о себе",
    "thanks": "поблагодарить за сотрудничество, ничего не продавая",
    "news": "рассказать новости",
    "service": "сообщить по делу о покупках, ничего не продавая",
    "win_back": "вернуть клиента, который давно не покупал, без упрёка",
}
_TONES = {
    "professional": "деловой, уважительный",
    "friendly": "дружеский, простой",
    "formal": "официальный",
    "casual": "непринуждённый",
    "persuasive": "убедительный, без давления",
    "urgent": "собранный, без нажима и без выдуманных сроков",
}
_LANGUAGES: dict[Language, str] = {"ru": "русский", "kk": "казахский", "en": "английский"}
