"""Units as people write them in Russian, Kazakh and English, and the one name each is compared by."""

import re
from decimal import Decimal

HOME_CURRENCY = "KZT"

_MONEY = {
    HOME_CURRENCY: r"₸|тенге|теңге\w{0,3}|тнг|тг|kzt|tenge",
    "USD": r"\$|доллар\w*|dollars?|usd",
    "EUR": r"€|евро|euros?|eur",
    "RUB": r"₽|руб\w*|rou?bles?|rub",
}
_PERCENT = r"%|процент\w*|пайыз\w*|percent|per cent"
_QUANTITIES = {
    "mm": r"мм|mm|миллиметр\w*",
    "cm": r"см|cm|сантиметр\w*",
    "m2": r"м2|м²|m2|m²|sqm|кв\.?\s?м|квадрат\w*(?:\s+метр\w*)?",
    "km": r"км|km|километр\w*",
    "m": r"пог\.?\s?м|погонн\w+\s+метр\w*|метр(?:а|ов|у)?|м|m|met(?:re|er)s?",
    "kg": r"кг|kg|килограмм\w*",
    "g": r"грамм\w*|г|g",
    "ml": r"мл|ml",
    "l": r"литр\w*|л|l|lit(?:re|er)s?",
    "piece": r"шт|штук\w*|единиц\w*|дана|pcs|pieces?|pc|units?",
    "pair": r"пар[аыу]?|pairs?|жұп",
    "day": r"(?:рабоч\w+\s+|календарн\w+\s+|working\s+|business\s+|calendar\s+)?"
    r"(?:дн(?:я|ей|ям|ями|и|ях)?|день|суток|сутки|days?"
    r"|күн\w*)",
    "week": r"недел\w*|weeks?|апта\w*",
    "month": r"месяц\w*|мес|months?|ай(?:ға|да|дан|лық)?",
    "year": r"год(?:а|у|ом|ов)?|лет|года|years?|жыл\w*",
    "hour": r"час(?:а|ов|у|ам)?|ч|hours?|сағат(?!қа)\w*",
    "minute": r"минут\w*|мин|minutes?|min",
    "floor": r"этаж\w*",
    "degree": r"°\s?c|°\s?с|°|градус\w*",
    "db": r"дб",
    "chamber": r"камер\w*",
}
_SCALES = {1000: r"тыс\.?|тысяч\w*|мың\w*|thousand|k|к", 1_000_000: r"млн\.?|миллион\w*|mln|million|m(?=\s?(?:kzt|₸))"}
_IN_LEAST = {
    "week": (7, "day"),
    "year": (12, "month"),
    "hour": (60, "minute"),
    "cm": (10, "mm"),
    "m": (1000, "mm"),
    "km": (1_000_000, "mm"),
    "kg": (1000, "g"),
    "l": (1000, "ml"),
    "pair": (1, ""),
    "piece": (1, ""),
}


def _one_of(patterns: dict[str, str]) -> str:
    return "|".join(f"(?P<{name}>{pattern})" for name, pattern in patterns.items())


_AFTER = re.compile(
    rf"\s?(?:(?:{_one_of({f'x{scale}': pattern for scale, pattern in _SCALES.items()})})(?![\w²]))?"
    rf"\s?(?:(?:{_one_of(_MONEY)})(?!\w)|(?P<percent>{_PERCENT})(?!\w)|(?:{_one_of(_QUANTITIES)})(?![\w²])\.?)?"
)


def in_least(value: Decimal, unit: str) -> tuple[Decimal, str]:
    """The amount in the least unit of its sort, so that two years and 24 months are one; a count has none."""
    factor, least = _IN_LEAST.get(unit, (1, unit))
    return value * factor, least


def unit_after(text: str, start: int) -> tuple[int, str, str, int]:
    """What follows a number in normalised text: scale, kind ('money', 'percent', 'quantity' or ''), unit, end."""
    found = _AFTER.match(text, start)
    if not found or not found.group().strip():
        return 1, "", "", start
    named = {name for name, value in found.groupdict().items() if value}
    scale = next((scale for scale in _SCALES if f"x{scale}" in named), 1)
    currency = next((currency for currency in _MONEY if currency in named), None)
    if currency:
        return scale, "money", currency, found.end()
    if "percent" in named:
        return scale, "percent", "%", found.end()
    quantity = next((unit for unit in _QUANTITIES if unit in named), None)
    if quantity:
        return scale, "quantity", quantity, found.end()
    return scale, "money", HOME_CURRENCY, found.end()


def unit_of_heading(heading: str) -> tuple[str, str] | None:
    """Kind and unit a column's heading gives its plain numbers: «Срок, дней» → quantity, day."""
    lowered = heading.lower()
    for part in reversed(re.split(r"[,(]\s*", lowered)):
        _, kind, unit, end = unit_after(f" {part.strip(' )')}", 0)
        if kind and end >= len(part.strip(" )")):
            return kind, unit
    return ("money", HOME_CURRENCY) if re.search(r"цен|стоим|тариф|доплат|баға|price", lowered) else None
