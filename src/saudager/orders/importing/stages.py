"""How far an order is by its status, in whatever words it is told."""

from saudager.providers.marketplace import Stage

_STAGES: dict[Stage, tuple[str, ...]] = {
    Stage.PLACED: (
        "новый",
        "новая",
        "новое",
        "создан",
        "оформлен",
        "ожидает подтверждения",
        "ожидает оплаты",
        "не оплачен",
        "не подтвержден",
        "не согласован",
        "на согласовании",
    ),
    Stage.APPROVED: (
        "оплачен",
        "подтвержден",
        "принят",
        "принят магазином",
        "одобрен",
        "согласован",
        "открыт",
        "в работе",
        "в обработке",
        "в резерве",
        "к выполнению",
        "к обеспечению",
        "к отгрузке",
        "на сборке",
        "собран",
        "упаковывается",
        "ожидает",
        "ожидает сборки",
        "ожидает отгрузки",
        "ожидает передачи курьеру",
    ),
    Stage.READY: (
        "отправлен",
        "отгружен",
        "отсортирован",
        "в пути",
        "в доставке",
        "доставляется",
        "у водителя",
        "у курьера",
        "передан курьеру",
        "передан в доставку",
        "передан на доставку",
        "в процессе отгрузки",
        "готов к выдаче",
        "ожидает выдачи",
        "ожидает в пункте выдачи",
    ),
    Stage.DELIVERED: (
        "доставлен",
        "выдан",
        "получен",
        "вручен",
        "продан",
        "выполнен",
        "завершен",
        "закрыт",
        "готов к закрытию",
    ),
    Stage.CANCELLED: ("отменен", "отмена", "отменяется", "отклонен", "аннулирован", "брак"),
    Stage.RETURNED: ("возврат", "возвращен", "возвращается", "ожидает возврата", "невыкуп", "не выкуплен"),
}
"""Statuses in the words of Kaspi, Ozon, Wildberries, 1C and of people; «отменена» and «отменено» count as «отменен»."""
_STAGE_OF = {word: stage for stage, words in _STAGES.items() for word in words}
_KNOWN_STAGES = {stage.value: stage for stage in Stage if stage is not Stage.UNKNOWN}


def stage(words: str) -> Stage:
    """How far an order is by its status in Russian; UNKNOWN for what nobody has told us yet."""
    plain = words.lower().replace("ё", "е").strip(" .")
    for word in (plain, plain[:-1]):
        if word in _STAGE_OF:
            return _STAGE_OF[word]
    return _KNOWN_STAGES.get(plain, Stage.UNKNOWN)
