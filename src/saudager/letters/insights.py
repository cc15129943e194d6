"""Insights into what a company buys: code computes each value and trend, a model may phrase them."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from saudager import prompts
from saudager.app import App
from saudager.errors import OutsideError, Refused
from saudager.letters import facts, naming, subjects
from saudager.letters.guarding import Guard
from saudager.letters.schemas import PersonalizationData, SalesInsight
from saudager.letters.subjects import Subject
from saudager.letters.words import period
from saudager.moments import spoken_now
from saudager.providers.llm import Task
from saudager.sales import metrics
from saudager.sales.metrics import Figures, InCurrency
from saudager.sales.models import Person
from saudager.settings import Settings
from saudager.truth.named import NamedFact

FALLBACK = "fallback"
"""The engine of words that no model wrote."""
TEMPERATURE, MOST_TOKENS = 0.3, 1500
_ROUNDS = 2
_MOST_RECOMMENDATIONS, _LONGEST = 5, 400
_SHIFT_WORTH_TELLING = Decimal("0.03")
_NOTHING = "Покупок {period} не было."

Progress = Callable[[str], None]


def _silent(words: str) -> None:
    """Nobody wants to know how far it is."""


@dataclass(frozen=True, slots=True)
class Insights:
    """What was found about a company and one of its people; ``engine`` phrased it, ``fallback``: nobody."""

    data: PersonalizationData
    facts: list[NamedFact]
    figures: Figures
    engine: str


async def find(
    app: App,
    company_id: int,
    person_id: int,
    *,
    now: datetime,
    months_back: int = 12,
    on_progress: Progress = _silent,
) -> Insights:
    """Raises NotFound for an unknown company or person, Refused for a person of another company."""
    on_progress("Считаем покупки")
    figures, subject = await app.db.read(_read, company_id, person_id, months_back, app.settings, now=now)
    if subject.figures is None:
        return Insights(_of_nothing(subject, figures), subject.rows, figures, FALLBACK)
    data, engine = await phrase(app, subject, now=now, on_progress=on_progress)
    return Insights(data, subject.rows, figures, engine)


async def phrase(
    app: App, subject: Subject, *, now: datetime, on_progress: Progress = _silent
) -> tuple[PersonalizationData, str]:
    """The insights of a subject with figures, in a model's words where they hold, and who found the words."""
    data = computed(subject)
    rows = [NamedFact("language", "ru"), *(row for row in subject.rows if row.name != "language")]
    guard = Guard(rows, now.astimezone(app.settings.zone))
    prompt = await app.db.read(prompts.in_force, "sales_insights", app.settings.prompts_dir)
    instructions = prompt.fill(
        company_name=subject.company,
        person_name=subject.person,
        person_position=subject.position or "неизвестна",
        facts="\n".join(facts.said(row) for row in subject.rows if row.name not in ("language", "shop", "sender")),
        metrics="\n".join(f"{one.metric_name}: {one.value} ({one.trend})" for one in data.sales_insights),
        current_datetime=spoken_now(now.astimezone(app.settings.zone)),
    )
    task = Task(
        instructions,
        contact_id=subject.contact_id,
        until=time.monotonic() + app.settings.engine_deadline,
        temperature=TEMPERATURE,
        max_tokens=MOST_TOKENS,
    )
    engine, kept = FALLBACK, data
    for _ in range(_ROUNDS):
        on_progress("Ищем, о чём сказать")
        try:
            answered = await app.model.extract(task, PersonalizationData)
        except OutsideError:
            break
        kept, remarks = _merged(kept, answered.value, guard)
        engine = answered.engine
        if not remarks:
            break
        told = tuple(f"Так написать нельзя: {remark}" for remark in remarks)
        task = Task(
            task.instructions,
            remarks=told,
            contact_id=task.contact_id,
            until=task.until,
            temperature=TEMPERATURE,
            max_tokens=MOST_TOKENS,
        )
    return kept, engine if kept != data else FALLBACK


def computed(subject: Subject) -> PersonalizationData:
    """All fields by code alone, in Russian; for a subject with figures."""
    figures = subject.figures
    assert figures is not None
    main = figures.main
    assert main is not None
    totals = [naming.money(one.total, one.currency) for one in figures.currencies if one.orders]
    alone = len(figures.currencies) == 1
    top = [
        f"{naming.title(one.name)} — {naming.percent(one.share)}" if alone else naming.title(one.name)
        for one in main.top
        if one.amount > 0 and naming.share(one.share) > 0
    ]
    return PersonalizationData(
        company_name=subject.company,
        person_name=subject.person,
        person_position=subject.position or "",
        total_purchases=" и ".join(totals),
        last_purchase_date=figures.last_purchase_on.isoformat() if figures.last_purchase_on else None,
        top_products=top,
        sales_insights=list(_insights(figures, main)),
        recommendations=list(_recommendations(subject, figures, main))[:_MOST_RECOMMENDATIONS],
    )


def _of_nothing(subject: Subject, figures: Figures) -> PersonalizationData:
    """Honestly: nothing was bought, so nothing is concluded."""
    last = figures.last_purchase_on
    advice = "О покупках в письме не говорить: их не было."
    if last:
        advice = f"Спросить, что изменилось: последняя покупка была {naming.day(last.isoformat(), 'ru')}."
    return PersonalizationData(
        company_name=subject.company,
        person_name=subject.person,
        person_position=subject.position or "",
        total_purchases=_NOTHING.format(period=period(figures, "ru")),
        last_purchase_date=last.isoformat() if last else None,
        top_products=[],
        sales_insights=[],
        recommendations=[advice],
    )


def _insights(figures: Figures, main: InCurrency) -> Iterator[SalesInsight]:
    """Of several currencies the sums of each, and no shares: they would be read as parts of everything."""
    if len(figures.currencies) == 1:
        yield from _of_one_currency(figures, main)
    else:
        yield from (
            _total(figures, one, f"Сумма покупок, {one.currency}", f"Покупки в {one.currency}")
            for one in figures.currencies
            if one.orders
        )
    for lapsed in main.lapsed[:1]:
        day = naming.day(lapsed.last_on.isoformat(), "ru")
        yield SalesInsight(
            metric_name=f"Перестали покупать: {naming.title(lapsed.name)}",
            value=day,
            trend=facts.DOWN,
            description=f"Раньше брали примерно раз в {lapsed.usual_days} дн., последний раз — {day}.",
        )


def _of_one_currency(figures: Figures, main: InCurrency) -> Iterator[SalesInsight]:
    yield _total(figures, main, "Сумма покупок", "Покупки")
    orders = Decimal(main.orders - main.orders_before) / main.orders_before if main.orders_before else Decimal(1)
    before = f" {_before(figures).capitalize()} было {main.orders_before}." if main.orders_before else ""
    yield SalesInsight(
        metric_name="Количество заказов",
        value=str(main.orders),
        trend=facts.trend(orders),
        description=f"Заказов {period(figures, 'ru')}: {main.orders}.{before}",
    )
    if main.average is not None and main.orders > 1:
        yield _average(main)
    for top in [one for one in main.top if one.amount > 0][:1]:
        yield SalesInsight(
            metric_name=f"Доля: {naming.title(top.name)}",
            value=naming.percent(top.share),
            trend=_trend_of_category(main, top.category),
            description=f"Больше всего покупают «{naming.title(top.name)}»: {naming.percent(top.share)} покупок.",
        )
    yield from _shifts(main)


def _total(figures: Figures, one: InCurrency, name: str, bought: str) -> SalesInsight:
    trend = facts.trend(one.growth) if one.growth is not None else facts.STEADY
    total = f"{bought} {period(figures, 'ru')}: {naming.money(one.total, one.currency)}."
    if one.growth is not None and trend != facts.STEADY:
        more = "больше" if one.growth > 0 else "меньше"
        total += f" Это на {naming.percent(one.growth)} {more}, чем {_before(figures)}."
    elif not one.orders_before:
        trend = facts.UP
        total += " В прошлом таком же периоде их не было."
    return SalesInsight(metric_name=name, value=naming.money(one.total, one.currency), trend=trend, description=total)


def _before(figures: Figures) -> str:
    return "год назад" if figures.months_back == 12 else "в прошлом периоде"


def _average(main: InCurrency) -> SalesInsight:
    assert main.average is not None
    before = main.total_before / main.orders_before if main.orders_before and main.total_before > 0 else None
    value = naming.money(main.average, main.currency)
    return SalesInsight(
        metric_name="Средний чек",
        value=value,
        trend=facts.trend(main.average / before - 1) if before else facts.STEADY,
        description=f"В среднем один заказ — {value}.",
    )


def _trend_of_category(main: InCurrency, category: str | None) -> str:
    shift = next((one for one in main.categories if one.category == category), None)
    if shift is None or shift.share_before is None:
        return facts.STEADY
    return _way(shift.share - shift.share_before)


def _way(moved: Decimal) -> str:
    return facts.STEADY if abs(moved) < _SHIFT_WORTH_TELLING else facts.UP if moved > 0 else facts.DOWN


def _shifts(main: InCurrency) -> Iterator[SalesInsight]:
    """The category whose part has changed most."""
    moved = [(abs(one.share - one.share_before), one) for one in main.categories if one.share_before is not None]
    for change, one in sorted(moved, key=lambda pair: pair[0], reverse=True)[:1]:
        if change >= _SHIFT_WORTH_TELLING and one.share_before is not None:
            now, before = naming.percent(one.share), naming.percent(one.share_before)
            yield SalesInsight(
                metric_name=f"Доля категории: {naming.title(one.category)}",
                value=now,
                trend=_way(one.share - one.share_before),
                description=f"Доля категории «{naming.title(one.category)}» была {before}, стала {now}.",
            )


def _recommendations(subject: Subject, figures: Figures, main: InCurrency) -> Iterator[str]:
    for offer in subject.offers[:2]:
        yield f"Предложить «{offer.name}»."
    for lapsed in main.lapsed[:2]:
        day = naming.day(lapsed.last_on.isoformat(), "ru")
        yield f"Напомнить о «{naming.title(lapsed.name)}»: последний раз брали {day}."
    alone = len(figures.currencies) == 1
    for top in [one for one in main.top if one.amount > 0 and alone][:1]:
        yield f"Предложить новинки к «{naming.title(top.name)}»: на это приходится {naming.percent(top.share)} покупок."
    if alone and main.growth is not None and facts.trend(main.growth) == facts.DOWN:
        yield "Узнать, почему покупки снизились, и не называть этого в письме упрёком."
    if figures.expected_next_on:
        yield f"Написать до {naming.day(figures.expected_next_on.isoformat(), 'ru')}: тогда ждём следующую покупку."
    elif figures.missed_on:
        yield f"Спросить, что изменилось: покупку ждали {naming.day(figures.missed_on.isoformat(), 'ru')}."


def _merged(
    kept: PersonalizationData, told: PersonalizationData, guard: Guard
) -> tuple[PersonalizationData, list[str]]:
    """Our figures with the model's words where nothing is wrong with them, and what is wrong with the others."""
    remarks: list[str] = []
    by_name = {one.metric_name.strip(): one.description for one in told.sales_insights}
    insights = []
    for at, one in enumerate(kept.sales_insights):
        same_place = told.sales_insights[at].description if at < len(told.sales_insights) else ""
        words = _fit(by_name.get(one.metric_name, same_place), guard, remarks)
        insights.append(one.model_copy(update={"description": words}) if words else one)
    advice = [words for said in told.recommendations[:_MOST_RECOMMENDATIONS] if (words := _fit(said, guard, remarks))]
    data = kept.model_copy(update={"sales_insights": insights, "recommendations": advice or kept.recommendations})
    return data, remarks


def _fit(said: str, guard: Guard, remarks: list[str]) -> str:
    """The words in one line, '' when they may not be said."""
    words = " ".join(said.split())[:_LONGEST]
    if not words:
        return ""
    problems = guard.problems(words)
    remarks += problems
    return "" if problems else words


def _read(
    session: Session, company_id: int, person_id: int, months_back: int, settings: Settings, *, now: datetime
) -> tuple[Figures, Subject]:
    today = now.astimezone(settings.zone).date()
    figures = metrics.of_company(session, company_id, months_back=months_back, today=today)
    person = session.get(Person, person_id)
    if person is not None and person.company_id != company_id:
        raise Refused(f"Человек № {person_id} из другой компании.")
    wanted = subjects.Wanted(person_id=person_id, include_sales_data=False)
    return figures, subjects.subject(session, wanted, settings=settings, now=now).with_figures(figures)


def passed_on(data: PersonalizationData) -> Sequence[str]:
    """What a letter is told of them."""
    return [one.description for one in data.sales_insights] + [f"Совет: {one}" for one in data.recommendations]
