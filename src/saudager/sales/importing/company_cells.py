"""The company a row names: known by its tax number, or by its name when nobody else in the file has that name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from saudager.importing import values
from saudager.importing.faults import RowReader
from saudager.importing.values import Cell, Unreadable, shown
from saudager.sales import companies, naming

MOST_WARNINGS = 100


@dataclass(slots=True)
class CompaniesSeen:
    """The companies of a file by their keys, and numbers that look mistyped."""

    by_key: dict[str, companies.Told] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def take(self, reader: RowReader, line: int) -> str | None:
        """The key of the row's company; None when it cannot be read."""
        name = reader.take("company", partial(values.text, most=300), needed=True)
        number = reader.take("tax_id", tax_id)
        if name is None:
            return None
        key = naming.company_key(name, number)
        if key not in self.by_key:
            self.by_key[key] = companies.Told(name, tax_id=number, key=key)
            if number and naming.is_misspelt(number) and len(self.warnings) < MOST_WARNINGS:
                self.warnings.append(f"строка {line}: в номере {number} («{name}») похоже на опечатку: сверьте его.")
        return key

    def settle(self, keys: Iterable[str]) -> Mapping[str, str]:
        """What each key stands for: a name alone is the company of that name whose number the file tells elsewhere."""
        numbered: dict[str, list[str]] = {}
        for key, told in self.by_key.items():
            if told.tax_id:
                numbered.setdefault(naming.company_key(told.name), []).append(key)
        settled = {key: numbered[key][0] if len(numbered.get(key, ())) == 1 else key for key in keys}
        for key in self.by_key.keys() - set(settled.values()):
            del self.by_key[key]
        return settled


def tax_id(cell: Cell) -> str | None:
    words = shown(cell).strip()
    if not words:
        return None
    read = naming.tax_id(words.zfill(12) if isinstance(cell, int | float) and 10 < len(words) < 12 else words)
    if read is None:
        raise Unreadable("ожидается БИН или ИИН из 12 цифр, либо ИНН из 10 или 12")
    return read


def email(cell: Cell) -> str | None:
    words = values.text(cell, most=300)
    if words is None:
        return None
    read = naming.email(words)
    if read is None:
        raise Unreadable("ожидается один адрес почты, например ivan@company.kz")
    return read
