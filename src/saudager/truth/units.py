"""Units as people write them in Russian, Kazakh and English, and the one name each is compared by."""

import re

HOME_CURRENCY = "KZT"

_MONEY = {
    HOME_CURRENCY: r"₸|тенге|теңге|тнг|тг|kzt|tenge",
    "USD": r"\$|доллар\w*|usd",
    "EUR": r"€|евро|eur",
    "RUB": r"₽|руб\w*|rub",
}
_PERCENT = r"%|процент\w*|пайыз\w*|percent"
_QUANTITIES = {
    "mm": r"мм|миллиметр\w*",
    "cm": r"см|сантиметр\w*",
    "m2": r"м2|м²|кв\.?\s?м|квадратн\w+\s+метр\w*",
    "km": r"км|километр\w*",
    "m": r"пог\.?\s?м|погонн\w+\s+метр\w*|метр(?:а|ов|у)?|м",
    "kg": r"кг|килограмм\w*",
    "g": r"грамм\w*|г",
    "ml": r"мл",
    "l": r"литр\w*|л",
    "piece": r"шт|штук\w*|единиц\w*|дана",
    "day": r"(?:рабоч\w+\s+|календарн\w+\s+)?(?:дн(?:я|ей|ям|ями|и|ях)?|день|суток|сутки|days?|күн\w*)",
    "week": r"недел\w*|weeks?|апта\w*",
    "month": r"месяц\w*|мес|months?|ай(?:ға)?",
    "year": r"год(?:а|у|ом|ов)?|лет|года|years?|жыл\w*",
    "hour": r"час(?:а|ов|у|ам)?|ч|hours?|сағат\w*",
    "minute": r"минут\w*|мин|minutes?",
    "floor": r"этаж\w*",
    "degree": r"°\s?c|°\s?с|°|градус\w*",
    "db": r"дб",
    "chamber": r"камер\w*",
}
_SCALES = {1000: r"тыс\.?|тысяч\w*|мың|k|к", 1_000_000: r"млн\.?|миллион\w*|mln"}


def _one_of(patterns: dict[str, str]) -> str:
    return "|".join(f"(?P<{name}>{pattern})" for name, pattern in patterns.items())


_AFTER = re.compile(
    rf"\s?(?:(?:{_one_of({f'x{scale}': pattern for scale, pattern in _SCALES.items()})})(?![\w²]))?"
    rf"\s?(?:(?:{_one_of(_MONEY)})(?!\w)|(?P<percent>{_PERCENT})(?!\w)|(?:{_one_of(_QUANTITIES)})(?![\w²])\.?)?"
)


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
