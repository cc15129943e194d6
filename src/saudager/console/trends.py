"""The charts of the first page, in words: what each shows over the days, and how its figures are written."""

from collections.abc import Callable, Sequence
from functools import cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_percent

from saudager.console import charts
from saudager.console.charts import Chart, Series
from saudager.console.door import Visitor
from saudager.engines.spend import MICRO
from saudager.overview.day import OUTCOMES, Figures, quantile
from saudager.overview.funnel import Funnel

Show = Callable[[float], str]

_MINUTE, _HOUR = 60, 3600
_TOUCHES = 5
_COLOURS = ("first", "good", "warn", "quiet", "bad")


def charts_of(visitor: Visitor, figures: Sequence[Figures], funnel: Funnel, cap: float | None) -> list[Chart]:
    """Every chart of the page; ``cap`` is what hosted engines may cost a day, in US dollars."""
    locale = Locale.parse(visitor.language)
    days = [format_date(day.day, "d MMM", locale=locale) for day in figures]
    return [
        _messages(visitor, figures, days),
        _waits(visitor, figures, days),
        _funnel(visitor, funnel),
        _touches(visitor, figures),
        _opt_outs(visitor, figures, days),
        _spend(visitor, figures, days, cap),
    ]


def duration(visitor: Visitor) -> Show:
    """Seconds as «12 с», «3 мин», «2,5 ч»."""

    def show(seconds: float) -> str:
        if seconds < _MINUTE:
            return visitor.say("%(n)s с", n=round(seconds))
        if seconds < 2 * _HOUR:
            return visitor.say("%(n)s мин", n=round(seconds / _MINUTE))
        return visitor.say("%(n)s ч", n=visitor.wording.number(round(seconds / _HOUR, 1)))

    return show


def dollars(visitor: Visitor) -> Show:
    """US dollars to the cent, and what is less than one as it is."""
    return lambda amount: visitor.wording.money(
        round(amount, 2) if amount >= 0.1 or not amount else round(amount, 4), "$"
    )


def _messages(visitor: Visitor, figures: Sequence[Figures], days: Sequence[str]) -> Chart:
    written, answered = sum(day.lines for day in figures), sum(day.answers + day.by_people for day in figures)
    say, count = visitor.say, visitor.wording.number
    return charts.by_day(
        say("Сообщения по дням"),
        say("Клиенты написали %(lines)s, от магазина ушло %(answers)s.", lines=count(written), answers=count(answered)),
        say("День"),
        days,
        [
            Series(say("написали клиенты"), [day.lines for day in figures], "bars", "first"),
            Series(say("ответил магазин"), [day.answers + day.by_people for day in figures], "line", "second"),
        ],
        _whole(visitor),
    )


def _waits(visitor: Visitor, figures: Sequence[Figures], days: Sequence[str]) -> Chart:
    say, show = visitor.say, duration(visitor)
    medians = sorted(day.median_seconds for day in figures if day.median_seconds is not None)
    usual = quantile(medians, 0.5)
    return charts.by_day(
        say("Сколько ждут ответа"),
        say("Ответов ещё не было.") if usual is None else say("Обычно ждут %(span)s.", span=show(usual)),
        say("День"),
        days,
        [
            Series(say("половина ждёт не дольше"), [day.median_seconds for day in figures], "line", "first"),
            Series(say("девять из десяти не дольше"), [day.p90_seconds for day in figures], "line", "third"),
        ],
        show,
        durations=True,
    )


def _funnel(visitor: Visitor, funnel: Funnel) -> Chart:
    say, count = visitor.say, _whole(visitor)
    return charts.steps(
        say("От первого сообщения до сделки"),
        say(
            "Из %(contacts)s новых контактов купили или договорились %(bought)s.",
            contacts=count(funnel.contacts),
            bought=count(funnel.bought),
        ),
        [say("Шаг"), say("Сколько"), say("Доля")],
        [
            (say("написали впервые"), funnel.contacts),
            (say("покупатели"), funnel.customers),
            (say("договорились о звонке"), funnel.called),
            (say("сделка или покупка"), funnel.bought),
        ],
        count,
        lambda share: str(format_percent(share, locale=visitor.language)),
    )


def _touches(visitor: Visitor, figures: Sequence[Figures]) -> Chart:
    say, count = visitor.say, _whole(visitor)
    names = (say("ответили"), say("согласились"), say("отказались"), say("промолчали"), say("просили не писать"))
    came = {
        touch: [sum(day.touches.get(str(touch), {}).get(outcome, 0) for day in figures) for outcome in OUTCOMES]
        for touch in range(1, _TOUCHES + 1)
    }
    written = sum(counts.get("written", 0) for day in figures for counts in day.touches.values())
    return charts.shares(
        say("Чем кончились напоминания"),
        say("Отправлено %(count)s; здесь те, о которых уже известно, чем кончилось.", count=count(written)),
        [say("Напоминание"), *names],
        [(say("касание %(n)s", n=touch), counts) for touch, counts in came.items()],
        list(zip(_COLOURS, names, strict=True)),
        count,
    )


def _opt_outs(visitor: Visitor, figures: Sequence[Figures], days: Sequence[str]) -> Chart:
    say, count = visitor.say, _whole(visitor)
    return charts.by_day(
        say("Просили больше не писать"),
        say("За это время %(count)s.", count=count(sum(day.opted_out for day in figures))),
        say("День"),
        days,
        [Series(say("просили не писать"), [day.opted_out for day in figures], "bars", "third")],
        count,
    )


def _spend(visitor: Visitor, figures: Sequence[Figures], days: Sequence[str], cap: float | None) -> Chart:
    say, show = visitor.say, dollars(visitor)
    spent = [day.micro_usd / MICRO for day in figures]
    limit = None if cap is None else (say("предел %(sum)s", sum=show(cap)), cap)
    return charts.by_day(
        say("Потрачено на модели"),
        say("За это время %(sum)s.", sum=show(sum(spent))),
        say("День"),
        days,
        [Series(say("потрачено"), spent, "bars", "first")],
        show,
        cap=limit,
    )


def _whole(visitor: Visitor) -> Show:
    return cache(lambda count: visitor.wording.number(round(count)))
