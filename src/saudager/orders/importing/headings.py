"""The columns we understand: how each is headed in our template and in the files of Kaspi, Ozon, Wildberries and 1C.

Where the headings are from (read 2026-11, in public programs that read such files; no file of a vendor was at hand):
Kaspi: the archive of orders of the seller's office, XLSX («№ заказа», «Дата поступления заказа», «Название товара в
Kaspi Магазине»…). Ozon: «Заказы со своего склада → Экспорт CSV», split by semicolons («Номер заказа», «Номер
отправления», «Принят в обработку»…), and «Список товаров → Товары CSV» («Артикул», «Текущая цена с учетом скидки,
руб.», «Доступно на складе Ozon, шт»…). Wildberries: assembly tasks of a delivery («№ задания», «Дата создания»,
«Стоимость», «Артикул продавца», «Статус задания»). 1C: whatever list or report the shop saves; the words are those of
its documents («Номенклатура», «Контрагент», «Сумма документа»). Kaspi's price list (SKU, model, price, PP1) is assumed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a file tells of."""

    ORDERS = "orders"
    CATALOGUE = "catalogue"


@dataclass(frozen=True, slots=True)
class Field:
    """A thing we want to know of a row: its name with us, what a person calls it, and headings that mean it."""

    name: str
    title: str
    headings: tuple[str, ...]
    """Of two that a file has, the one named earlier is taken."""
    is_needed: bool = False


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a file, counted from 0, holds a field, and what hinders reading it."""

    of: Mapping[str, int]
    problems: tuple[str, ...] = ()


ORDER_FIELDS = (
    Field(
        "code",
        "Номер заказа",
        (
            "номер отправления",
            "номер заказа",
            "№ заказа",
            "заказ №",
            "№ задания",
            "номер задания",
            "номер документа",
            "номер",
            "заказ",
        ),
        is_needed=True,
    ),
    Field(
        "placed_at",
        "Дата заказа",
        (
            "дата заказа",
            "принят в обработку",
            "дата поступления заказа",
            "дата создания заказа",
            "дата оформления заказа",
            "дата оформления",
            "дата создания",
            "дата документа",
            "дата",
        ),
        is_needed=True,
    ),
    Field("status", "Статус", ("статус", "статус заказа", "статус задания", "состояние", "состояние заказа")),
    Field(
        "total",
        "Сумма заказа",
        ("сумма заказа", "сумма отправления", "сумма документа", "итого по заказу", "итоговая сумма"),
    ),
    Field("currency", "Валюта", ("валюта", "код валюты отправления", "код валюты", "валюта документа")),
    Field(
        "buyer",
        "Покупатель",
        (
            "покупатель",
            "имя покупателя",
            "имя получателя",
            "получатель",
            "фио покупателя",
            "фио",
            "клиент",
            "имя клиента",
            "контрагент",
        ),
    ),
    Field(
        "phone",
        "Телефон",
        (
            "телефон",
            "телефон покупателя",
            "телефон получателя",
            "телефон клиента",
            "номер телефона",
            "контактный телефон",
            "телефон контрагента",
        ),
    ),
    Field("city", "Город", ("город", "город доставки", "населенный пункт")),
    Field("delivery", "Способ доставки", ("способ доставки", "доставка", "вид доставки")),
    Field("payment", "Способ оплаты", ("способ оплаты", "оплата", "вид оплаты", "форма оплаты")),
    Field(
        "planned_delivery_at",
        "Плановая дата доставки",
        ("плановая дата доставки", "планируемая дата доставки", "дата доставки план"),
    ),
    Field("cancellation_reason", "Причина отмены", ("причина отмены", "причина отмены заказа")),
    Field(
        "sku",
        "Артикул",
        ("артикул", "артикул продавца", "артикул товара", "sku", "код товара", "код номенклатуры"),
    ),
    Field(
        "item",
        "Товар",
        (
            "товар",
            "наименование товара",
            "название товара",
            "название товара в kaspi магазине",
            "название в системе продавца",
            "наименование",
            "номенклатура",
        ),
    ),
    Field("category", "Категория", ("категория", "категория товара", "вид номенклатуры", "предмет")),
    Field("quantity", "Количество", ("количество", "кол-во", "количество товара")),
    Field(
        "price",
        "Цена",
        ("цена", "цена за единицу", "цена за штуку", "итоговая стоимость товара", "цена товара"),
    ),
    Field("line_total", "Сумма по товару", ("сумма по товару", "сумма", "стоимость", "сумма строки", "всего")),
)

PRODUCT_FIELDS = (
    Field(
        "sku",
        "Артикул",
        ("артикул", "артикул продавца", "артикул товара", "sku", "код товара", "код номенклатуры", "код"),
        is_needed=True,
    ),
    Field(
        "name",
        "Название",
        (
            "название",
            "название товара",
            "наименование товара",
            "наименование",
            "номенклатура",
            "товар",
            "model",
        ),
        is_needed=True,
    ),
    Field(
        "category",
        "Категория",
        ("категория", "категория товара", "коммерческая категория", "вид номенклатуры", "предмет", "группа"),
    ),
    Field("price", "Цена", ("цена", "текущая цена с учетом скидки", "цена продажи", "розничная цена", "price")),
    Field("currency", "Валюта", ("валюта", "код валюты")),
    Field(
        "stock",
        "Остаток",
        (
            "остаток",
            "доступно на моих складах",
            "остаток на складе",
            "доступный остаток",
            "в наличии",
            "количество",
            "pp1",
        ),
    ),
    Field("more_stock", "Остаток на другом складе", ("остаток на другом складе", "доступно на складе ozon", "pp2")),
)

FIELDS: Mapping[Kind, tuple[Field, ...]] = {Kind.ORDERS: ORDER_FIELDS, Kind.CATALOGUE: PRODUCT_FIELDS}

_AMOUNTS = ("total", "price", "line_total")
_UNIT = re.compile(r"\s*[,(]\s*(шт|руб|₽|rub|₸|тг|тенге|kzt)\.?\s*\)?$")
_SIGNS = re.compile(r"[\s:*]+$")
_CURRENCIES = {"руб": "RUB", "₽": "RUB", "rub": "RUB", "₸": "KZT", "тг": "KZT", "тенге": "KZT", "kzt": "KZT"}


def recognise(headings: Sequence[str], kind: Kind) -> Columns:
    """Find the columns of a file by its headings; what is missing or stands there twice is a problem in Russian."""
    places: dict[str, list[int]] = {}
    for place, heading in enumerate(headings):
        places.setdefault(plain(heading), []).append(place)
    found: dict[str, int] = {}
    problems: list[str] = []
    for field in FIELDS[kind]:
        known = next((places[heading] for heading in field.headings if heading in places), [])
        if len(known) > 1:
            letters = ", ".join(letter(place) for place in known)
            problems.append(
                f"колонка «{headings[known[0]]}» есть несколько раз (столбцы {letters}): укажите, какую читать."
            )
        elif known and known[0] not in found.values():
            found[field.name] = known[0]
    return Columns(found, (*problems, *(() if problems else missing(found, kind))))


def missing(columns: Mapping[str, int], kind: Kind) -> tuple[str, ...]:
    """What the file does not tell and we cannot do without, in Russian."""
    lacking = [field.title for field in FIELDS[kind] if field.is_needed and field.name not in columns]
    if kind is Kind.ORDERS and not any(name in columns for name in _AMOUNTS):
        lacking.append("Сумма заказа (или Цена, или Сумма по товару)")
    if not lacking:
        return ()
    return (f"не найдены колонки: {', '.join(lacking)}. Укажите, какие колонки файла их содержат.",)


def count(headings: Sequence[str], kind: Kind) -> int:
    """How many fields a row would head."""
    written = {plain(heading) for heading in headings}
    return sum(any(heading in written for heading in field.headings) for field in FIELDS[kind])


def plain(heading: str) -> str:
    """A heading as the table of fields writes it: small letters, no unit, no signs behind."""
    words = " ".join(heading.lower().replace("ё", "е").split())
    return _SIGNS.sub("", _UNIT.sub("", _SIGNS.sub("", words)))


def currency(heading: str) -> str | None:
    """The currency a heading names: «Цена, руб.» is in RUB."""
    unit = _UNIT.search(_SIGNS.sub("", " ".join(heading.lower().split())))
    return _CURRENCIES.get(unit[1]) if unit else None


def letter(place: int) -> str:
    """A column, counted from 0, as a spreadsheet calls it: 0 is A, 27 is AB."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
