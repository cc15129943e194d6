"""Charts a person reads at a glance: laid out here, drawn by ``charts.html``, with every figure in a table too."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil, log10

WIDTH, HEIGHT = 360, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 4, 356, 18, 130
_ROW = 30
_STEPS = (1, 2, 5, 10)
_DURATIONS = (10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 43200, 86400, 172800, 604800)
"""Seconds an axis of durations may end at."""

Values = Sequence[float | None]
Show = Callable[[float], str]
Level = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Series:
    """One thing over the days: ``kind`` is ``bars`` or ``line``, ``colour`` a class of the style sheet."""

    name: str
    values: Values
    kind: str
    colour: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar and what is told of it on hover."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    says: str


@dataclass(frozen=True, slots=True)
class Label:
    """A word in the chart; ``anchor`` start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    strong: bool = False


@dataclass(slots=True)
class Chart:
    """What a chart is drawn from, and the same as a table."""

    title: str
    said: str
    """What a reader should see in it, in a sentence; also what a screen reader says of the picture."""
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    width: int = WIDTH
    height: int = HEIGHT
    bars: list[Bar] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)
    """Points as SVG wants them, and a class."""
    grid: list[float] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    legend: list[tuple[str, str]] = field(default_factory=list)
    """A class, and what it stands for."""

    @property
    def is_empty(self) -> bool:
        return not self.bars and not self.lines


def by_day(
    title: str,
    said: str,
    day_heading: str,
    days: Sequence[str],
    series: Sequence[Series],
    show: Show,
    *,
    durations: bool = False,
    cap: tuple[str, float] | None = None,
) -> Chart:
    """Series over days, from zero: bars first, lines over them; ``cap`` is a line that should not be crossed."""
    values = [value for one in series for value in one.values if value is not None]
    highest = max([*values, *([cap[1]] if cap else [])], default=0)
    rows = [
        [day, *("–" if (value := one.values[place]) is None else show(value) for one in series)]
        for place, day in enumerate(days)
    ]
    chart = Chart(title, said, [day_heading, *(one.name for one in series)], list(reversed(rows)))
    if not any(values):
        return chart
    top = _duration(highest) if durations else _round(highest)

    def level(value: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * value / top, 1)

    step = (_RIGHT - _LEFT) / len(days)
    chart.grid += [level(top), level(0)]
    chart.labels.append(Label(_LEFT, level(top) - 5, show(top)))
    chart.labels += _ends(days)
    for one in series:
        if one.kind == "bars":
            chart.bars += _day_bars(one, days, step, level, show)
        else:
            chart.lines += [(points, f"line-{one.colour}") for points in _stretches(one.values, step, level)]
    if len(series) > 1:
        chart.legend += [(one.colour, one.name) for one in series]
    if cap:
        chart.lines.append((f"{_LEFT},{level(cap[1])} {_RIGHT},{level(cap[1])}", "line-cap"))
        chart.labels.append(Label(_RIGHT, level(cap[1]) - 5, cap[0], "end", strong=True))
    return chart


def by_month(title: str, said: str, headings: Sequence[str], months: Sequence[tuple[str, float]], show: Show) -> Chart:
    """A bar a month from one zero, those below it in another colour."""
    rows = [[month, show(value)] for month, value in reversed(months)]
    chart = Chart(title, said, headings, rows)
    highest, lowest = (most(0.0, *(value for _, value in months)) for most in (max, min))
    if highest == lowest:
        return chart
    top, bottom = (_round(highest) if highest else 0.0), (-_round(-lowest) if lowest else 0.0)

    def level(value: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * (value - bottom) / (top - bottom), 1)

    step = (_RIGHT - _LEFT) / len(months)
    chart.grid += sorted({level(end) for end in (top, 0.0, bottom)})
    chart.labels += [Label(_LEFT, level(end) - 5, show(end)) for end in (top, bottom) if end]
    chart.labels += _ends([month for month, _ in months])
    for place, (month, value) in enumerate(months):
        if value:
            x, y, gap = _LEFT + place * step, level(max(value, 0.0)), min(step * 0.2, 4)
            height = max(round(level(min(value, 0.0)) - y, 1), 1)
            colour = "first" if value > 0 else "bad"
            bar = Bar(round(x + gap / 2, 1), y, round(step - gap, 1), height, colour, f"{month}: {show(value)}")
            chart.bars.append(bar)
    return chart


def steps(
    title: str,
    said: str,
    headings: Sequence[str],
    counts: Sequence[tuple[str, int]],
    show: Show,
    percent: Show,
) -> Chart:
    """A funnel: how many took each step, from the same zero, and which part of the first that is."""
    most = counts[0][1] if counts else 0
    part_of = [percent(count / most) if most else "–" for _, count in counts]
    rows = [[name, show(count), share] for (name, count), share in zip(counts, part_of, strict=True)]
    chart = Chart(title, said, headings, rows, height=_ROW * len(counts) + 4)
    for place, (name, count) in enumerate(counts if most else []):
        y, words = place * _ROW + 14, f"{show(count)} · {part_of[place]}" if place else show(count)
        width = max((_RIGHT - _LEFT) * count / most, 1)
        chart.bars.append(Bar(_LEFT, y + 4, round(width, 1), 8, "first", f"{name}: {words}"))
        chart.labels += [Label(_LEFT, y, name), Label(_RIGHT, y, words, "end", strong=True)]
    return chart


def shares(
    title: str,
    said: str,
    headings: Sequence[str],
    rows: Sequence[tuple[str, Sequence[int]]],
    kinds: Sequence[tuple[str, str]],
    show: Show,
) -> Chart:
    """A bar a row, cut into parts; ``kinds`` are the class and the name of each part. A number stands where it fits."""
    table = [[name, *(show(count) for count in counts)] for name, counts in rows]
    chart = Chart(title, said, headings, table, height=_ROW * len(rows) + 4)
    if not any(sum(counts) for _, counts in rows):
        return chart
    for place, (name, counts) in enumerate(rows):
        y, x, total = place * _ROW + 14, float(_LEFT), sum(counts)
        chart.labels += [Label(_LEFT, y, name), Label(_RIGHT, y, show(total), "end", strong=True)]
        for (colour, part), count in zip(kinds, counts, strict=True):
            width = (_RIGHT - _LEFT) * count / total if total else 0
            if width:
                chart.bars.append(Bar(round(x, 1), y + 4, round(width, 1), 8, colour, f"{name}, {part}: {show(count)}"))
            x += width
    chart.legend += list(kinds)
    return chart


def _day_bars(one: Series, days: Sequence[str], step: float, level: Level, show: Show) -> list[Bar]:
    found = []
    gap = min(step * 0.2, 4)
    for place, value in enumerate(one.values):
        if value:
            y = level(value)
            x = _LEFT + place * step + gap / 2
            says = f"{days[place]}: {one.name} {show(value)}"
            found.append(Bar(round(x, 1), y, round(step - gap, 1), round(_BOTTOM - y, 1), one.colour, says))
    return found


def _stretches(values: Values, step: float, level: Level) -> list[str]:
    """The points of a line, broken where there is no value; a lone value becomes a short dash."""
    found: list[list[str]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            found.append([])
        else:
            found[-1].append(f"{round(_LEFT + (place + 0.5) * step, 1)},{level(value)}")
    return [" ".join(points if len(points) > 1 else (*points, _beside(points[0], step))) for points in found if points]


def _beside(point: str, step: float) -> str:
    x, y = point.split(",")
    return f"{round(float(x) + min(step / 2, 6), 1)},{y}"


def _ends(days: Sequence[str]) -> list[Label]:
    y, middle = HEIGHT - 4, days[len(days) // 2]
    ends = [Label(_LEFT, y, days[0]), Label(_RIGHT, y, days[-1], "end")]
    return [*ends, Label((_LEFT + _RIGHT) / 2, y, middle, "middle")] if len(days) > 6 else ends


def _round(highest: float) -> float:
    """The nearest of 1, 2, 5, 10, 20, 50, … that is not below."""
    scale = 10.0 ** (ceil(log10(highest)) - 1) if highest > 0 else 1
    return next(scale * step for step in _STEPS if scale * step >= highest * 0.9999)


def _duration(highest: float) -> float:
    return next((end for end in _DURATIONS if end >= highest), highest)
